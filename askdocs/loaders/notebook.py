"""Jupyter notebooks: cells in order, Markdown as Markdown, with the text that came out of the code."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from askdocs.errors import LoadError
from askdocs.loaders.markdown import structure
from askdocs.loaders.metadata import first_heading, metadata
from askdocs.types import Block, BlockKind, Document, Heading, Place, Span, Unit

_SEPARATOR = "\n\n"
_LONGEST_OUTPUT = 5000
"""Characters of what one cell put out; the rest is left out, which a line says."""

_MOST_CELLS = 100_000


def load_notebook(path: str, data: bytes) -> Document:
    """A notebook; its text is that of its cells, each followed by its text output, with a blank line between.

    Pictures and other output that is no plain text are left out. The title is that of the notebook's metadata, else the
    first heading of the highest level.
    """
    notebook = _parsed(data)
    builder = _Builder()
    for number, cell in enumerate(_cells(notebook), start=1):
        builder.add(number, cell)
    said = notebook.get("metadata")
    about = metadata(said if isinstance(said, dict) else {})
    return Document(
        path=path,
        media_type="application/x-ipynb+json",
        encoding="utf-8",
        text=builder.text,
        title=about.title or first_heading(builder.headings),
        headings=tuple(builder.headings),
        blocks=tuple(builder.blocks),
        unit=Unit.CELLS,
        places=tuple(builder.places),
        author=about.author,
        date=about.date,
        tags=about.tags,
        warning=builder.warning,
    )


class _Builder:
    def __init__(self) -> None:
        self.headings: list[Heading] = []
        self.blocks: list[Block] = []
        self.places: list[Place] = []
        self._pieces: list[str] = []
        self._length = 0
        self._pictures = 0
        self._cut = 0

    @property
    def text(self) -> str:
        return _SEPARATOR.join(self._pieces)

    @property
    def warning(self) -> str | None:
        """What is not in the text."""
        left_out = [
            f"{count} {what if count == 1 else what + 's'}"
            for count, what in ((self._pictures, "picture"), (self._cut, "long output"))
            if count
        ]
        return f"{' and '.join(left_out)} left out" if left_out else None

    def add(self, number: int, cell: dict[str, object]) -> None:
        start = self._length
        source = _joined(cell.get("source", cell.get("input")))
        kind = cell.get("cell_type")
        if kind == "heading":  # of old notebooks
            level = cell.get("level")
            source = f"{'#' * (level if isinstance(level, int) and 1 <= level <= 6 else 1)} {source}"
        if kind in ("markdown", "heading"):
            at = self._append(source)
            headings, blocks = structure(source)
            self.headings += [Heading(h.level, h.title, h.span.shifted(at)) for h in headings]
            self.blocks += [Block(block.kind, block.span.shifted(at)) for block in blocks]
        else:
            self._block(source)
        for output in _dicts(cell.get("outputs")):
            self._block(self._output(output))
        if self._length > start:
            first = start if start == 0 else start + len(_SEPARATOR)
            self.places.append(Place(Span(first, self._length), number, str(number)))

    def _block(self, text: str) -> None:
        if text.strip():
            at = self._append(text)
            self.blocks.append(Block(BlockKind.CODE, Span(at, at + len(text))))

    def _append(self, text: str) -> int:
        """Add a piece; where it begins. One that is blank is not added."""
        if not text.strip():
            return self._length
        at = self._length + (len(_SEPARATOR) if self._pieces else 0)
        self._pieces.append(text)
        self._length = at + len(text)
        return at

    def _output(self, output: dict[str, object]) -> str:
        """The text of an output: what was printed, a result, or the error that it ended with."""
        if output.get("output_type") in ("error", "pyerr"):
            return f"{output.get('ename', '')}: {output.get('evalue', '')}"
        data = output.get("data", output)
        if not isinstance(data, dict):
            return ""
        self._pictures += any(str(key).startswith("image/") or key in ("png", "jpeg", "svg") for key in data)
        text = _joined(data.get("text/plain", data.get("text"))).strip("\r\n")
        if "\n" not in text and text.startswith("<") and text.endswith(">"):  # what Python calls an object
            return ""
        if len(text) > _LONGEST_OUTPUT:
            self._cut += 1
            return text[:_LONGEST_OUTPUT].rsplit("\n", 1)[0]
        return text


def _parsed(data: bytes) -> dict[str, object]:
    try:
        notebook = json.loads(data)
    except (ValueError, RecursionError) as exc:
        raise LoadError("is not a notebook, or is damaged: its JSON can't be read") from exc
    if not isinstance(notebook, dict):
        raise LoadError("is not a notebook: it has no cells")
    return notebook


def _cells(notebook: dict[str, object]) -> Sequence[dict[str, object]]:
    """The cells of a notebook of format 4, or in the worksheets of format 3."""
    holders = [notebook, *_dicts(notebook.get("worksheets"))]
    if not any(isinstance(holder.get("cells"), list) for holder in holders):
        raise LoadError("is not a notebook: it has no cells")
    cells = [cell for holder in holders for cell in _dicts(holder.get("cells"))]
    if len(cells) > _MOST_CELLS:
        raise LoadError(f"has {len(cells):,} cells; at most {_MOST_CELLS:,} are read")
    return cells


def _dicts(value: object) -> Iterator[dict[str, object]]:
    """The records in a list, if it is one."""
    return (entry for entry in value if isinstance(entry, dict)) if isinstance(value, list) else iter(())


def _joined(value: object) -> str:
    """Text that may be stored as a list of lines; a lone surrogate, which no text can hold, becomes a mark."""
    lines = value if isinstance(value, list) else [value]
    text = "".join(line for line in lines if isinstance(line, str))
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
