"""RTF documents: their paragraphs, list items and table rows; RTF keeps no more than that in one way."""

from __future__ import annotations

import re
from itertools import groupby

from askdocs.errors import LoadError
from askdocs.loaders import sniffing
from askdocs.loaders.canonical import Canonical, table_lines
from askdocs.loaders.metadata import metadata
from askdocs.types import BlockKind, Document, Unit

_MOST_BYTES = 100_000_000
_UNSEEN = re.compile(r"\{[^{}]{0,300}?\\(?:deleted|v)(?![a-z0-9])[^{}]*\}")
_NOTE = re.compile(r"\\(?:footnote|annotation)(?![a-z])")
_INFO = re.compile(r"\{\\info\s?.{0,20000}", re.S)
_CODE_PAGE = re.compile(r"\\ansicpg\d{1,5}")
_CHANGED = re.compile(r"\{\\(?:revtim|creatim)\\yr(\d{4})\\mo(\d{1,2})\\dy(\d{1,2})")
_BULLET = re.compile(r"\s*[•·◦▪⁃\uf000-\uf0ff\ufffd]\t\s*")
_NUMBERED = re.compile(r"\s*(\(?\w{1,5}[.)])\t\s*")


def load_rtf(path: str, data: bytes) -> Document:
    """An RTF document, its places the paragraphs, list items and table rows that aren't blank.

    Deleted text that is still in the file, and hidden text, is left out; that notes and comments are, a warning says.
    """
    if not data.startswith(b"{\\rtf"):
        raise LoadError("is no RTF document" if data else "is empty: it has no bytes")
    if len(data) > _MOST_BYTES:
        raise LoadError(f"has {len(data) / 1e6:,.0f} MB; of RTF at most {_MOST_BYTES / 1e6:,.0f} are read")
    source = _UNSEEN.sub("", data.decode("latin-1"))
    canonical = Canonical()
    number = 0
    lines = (line for line in _text(source).split("\n") if line.strip())
    for is_table, run in groupby(lines, key=lambda line: line.endswith("|")):
        canonical.end_run()
        together = list(run)
        for row in table_lines([line.split("|")[:-1] for line in together]) if is_table else together:
            if not row.strip():
                continue
            number += 1
            canonical.place(number)
            if is_table:
                canonical.add(BlockKind.TABLE, row)
            elif _BULLET.match(row):
                canonical.add(BlockKind.LIST, _BULLET.sub("- ", row, count=1))
            elif _NUMBERED.match(row):
                canonical.add(BlockKind.LIST, _NUMBERED.sub(r"\1 ", row, count=1))
            else:
                canonical.add(BlockKind.PARAGRAPH, row)
    about = metadata(_said(source))
    return canonical.document(
        path,
        sniffing.RTF,
        Unit.PARAGRAPHS,
        about,
        title=about.title if about.title and about.title.strip("? ") else None,  # some write what they can't encode so
        warning="has notes or comments, which are not read" if _NOTE.search(source) else None,
    )


def _text(source: str) -> str:
    """The text; half surrogate pairs, which none can hold, become marks."""
    from striprtf.striprtf import rtf_to_text

    try:
        text = str(rtf_to_text(source, errors="replace"))  # type: ignore[no-untyped-call]
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError) as exc:
        raise LoadError("is damaged: its RTF can't be read") from exc
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _said(source: str) -> dict[str, object]:
    """Title, author, keywords and the day of the last change."""
    found = _INFO.search(source)
    if not found:
        return {}
    info = found[0]
    code_page = _CODE_PAGE.search(source[:1000])
    said: dict[str, object] = {}
    for name in ("title", "author", "keywords"):
        if written := re.search(rf"\{{\\{name} ([^{{}}]{{1,2000}})\}}", info):
            said[name] = _text(f"{{\\rtf1\\ansi{code_page[0] if code_page else ''} {written[1]}}}").strip()
    if changed := sorted(_CHANGED.findall(info)):
        year, month, day = changed[-1]
        said["date"] = f"{year}-{int(month):02}-{int(day):02}"
    return said
