"""The text that a loader makes of a file that is none: pieces with a blank line between, rows and items a line each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from askdocs.errors import LoadError
from askdocs.loaders.metadata import Metadata
from askdocs.loaders.text import with_lead_ins
from askdocs.types import Block, BlockKind, Document, Heading, Place, Span, Unit

_IN_RUNS = (BlockKind.LIST, BlockKind.TABLE)
_MOST_CHARACTERS = 100_000_000
_LONGEST_NAME = 120
LONGEST_AGAIN = 300
"""Characters of a cell over several rows that is read in each of them."""

_NUMBER = re.compile(r"[-+(]?[^\w\s]?\s?\d[\d.,\s/:%-]*\)?[^\w\s]?$")
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
    (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip


class Canonical:
    """Pieces are added in the order of reading; each has the place that was named last."""

    def __init__(self) -> None:
        self.headings: list[Heading] = []
        self.places: list[Place] = []
        self.blocks: list[Block] = []
        self._pieces: list[str] = []
        self._length = 0
        self._place: tuple[int, str] | None = None
        self._run = False

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    def document(
        self,
        path: str,
        media_type: str,
        unit: Unit,
        about: Metadata,
        *,
        title: str | None,
        encoding: str = "utf-8",
        warning: str | None = None,
    ) -> Document:
        """The document of all that was added, with what the file says of itself.

        A list is one block with the short paragraph that leads to it.
        """
        text = self.text
        return Document(
            path=path,
            media_type=media_type,
            encoding=encoding,
            text=text,
            title=title,
            headings=tuple(self.headings),
            blocks=tuple(with_lead_ins(text, self.blocks)),
            unit=unit,
            places=tuple(self.places),
            author=about.author,
            date=about.date,
            tags=about.tags,
            language=about.language,
            warning=warning,
        )

    def place(self, number: int, label: str = "") -> None:
        """What is added from here on is there."""
        self._place = (number, label)

    def end_run(self) -> None:
        """The next row or item begins another table or list."""
        self._run = False

    def add(self, kind: BlockKind, text: str) -> None:
        """A piece; rows and items that follow each other are one block. One that is blank is not added."""
        text = text.strip("\r\n").rstrip() if kind is BlockKind.CODE else text.strip()
        if not text:
            return
        last = self.blocks[-1] if self.blocks else None
        joins = last if last and self._run and last.kind is kind and kind in _IN_RUNS else None
        separator = "\n" if joins else "\n\n" if last else ""
        start = self._length + len(separator)
        self._pieces += (separator, text)
        self._length = start + len(text)
        if self._length > _MOST_CHARACTERS:
            raise LoadError(f"has more than {_MOST_CHARACTERS:,} characters of text")
        if joins:
            self.blocks[-1] = Block(kind, Span(joins.span.start, self._length))
        else:
            self.blocks.append(Block(kind, Span(start, self._length)))
        self._run = True
        if self._place:
            number, label = self._place
            if self.places and (self.places[-1].number, self.places[-1].label) == self._place:
                start = self.places.pop().span.start
            self.places.append(Place(Span(start, self._length), number, label))

    def heading(self, level: int, text: str, title: str | None = None) -> None:
        """A heading, in one line; one that has another `title` keeps its lines."""
        text = " ".join(text.split()) if title is None else text
        if text.strip():
            self.add(BlockKind.HEADING, text)
            self.headings.append(Heading(level, text if title is None else title, self.blocks[-1].span))


def is_header(cells: Sequence[str]) -> bool:
    """Whether a row looks like the names of columns: all there, different, short, and none a number."""
    return len(cells) > 1 and all(map(is_name, cells)) and len(set(cells)) == len(cells)


def is_name(cell: str) -> bool:
    """Whether a cell can be the name of a column."""
    return 0 < len(cell) <= _LONGEST_NAME and not _NUMBER.match(cell)


def table_lines(rows: Iterable[Sequence[str | None]], header: bool | None = None) -> list[str]:
    """Every row of a table as a line that stands for itself; `header` says whether the first has the names, if known.

    The row of names is no line if others have text, as it is in all of them. Blank lines stand for blank rows. A cell
    is None where the one above it goes on, and has its text again if that is short.
    """
    cells: list[list[str]] = []
    for row in rows:
        above = [cell if len(cell) <= LONGEST_AGAIN else "" for cell in cells[-1]] if cells else []
        above += [""] * (len(row) - len(above))
        cells.append(
            [again if cell is None else " ".join(cell.split()) for cell, again in zip(row, above, strict=False)]
        )
    has_names = any(map(any, cells[1:])) and (is_header(cells[0]) if header is None else header)
    return [joined(row, cells[0]) for row in cells[1:]] if has_names else [joined(row) for row in cells]


def joined(cells: Sequence[str], names: Sequence[str] = ()) -> str:
    """The cells of a row that aren't blank, each with the name of its column, if it has one."""
    return "; ".join(
        f"{names[at].rstrip(':')}: {cell}" if at < len(names) and names[at] else cell
        for at, cell in enumerate(cells)
        if cell
    )


def numeral(number: int, form: str) -> str:
    """A number as lists have it: `form` is what 1 would be, `1`, `a`, `A`, `i` or `I`."""
    written = str(number)
    if form in ("a", "A"):
        written = chr(ord("a") + (number - 1) % 26) * (min(number - 1, 1000) // 26 + 1)
    elif form in ("i", "I") and number < 4000:
        written = ""
        for value, digits in _ROMAN:
            written += digits * (number // value)
            number %= value
    return written.upper() if form.isupper() else written


def whole_number(text: str | None, otherwise: int) -> int:
    """The number that an attribute is, `otherwise` if it is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else otherwise
