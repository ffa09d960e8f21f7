"""Tables in text (CSV, TSV): the text is the file itself, the names of the columns are the heading of every row."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from typing import Literal

from askdocs.errors import LoadError
from askdocs.loaders.canonical import is_header
from askdocs.loaders.text import decode, paragraphs
from askdocs.types import Block, BlockKind, Document, Heading, Place, Span, Unit

_DELIMITERS = ",;\t|"
_LOOKED_AT = 50
"""Rows from which the delimiter is told."""

_MOST_ROWS = 2_000_000
_SAID = re.compile(r"\"?sep=([^\w\s]|\t)\"?(?:\r\n|\r|\n)")
"""The line in front of a table by which Excel is told the delimiter; it shows none."""

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def _load(media_type: str, delimiters: str, path: str, data: bytes) -> Document:
    """A table, its places the rows as a spreadsheet would number them; a row may have several lines.

    The delimiter is the one that makes rows of equal length. Where quotation marks are wrong every line is a row.
    """
    text, encoding = decode(data)
    said = _SAID.match(text)
    start = said.end() if said else 0
    delimiter = said[1] if said else _delimiter(text, delimiters)
    warning = None
    try:
        headings, blocks, places = _table(_rows(text, start, delimiter, csv.QUOTE_MINIMAL))
    except csv.Error:
        try:
            headings, blocks, places = _table(_rows(text, start, delimiter, csv.QUOTE_NONE))
            warning = "has quotation marks that aren't closed; every line was read as a row"
        except csv.Error:
            headings, blocks, places = [], list(paragraphs(text)), []
            warning = f"is no table: it has a cell of more than {csv.field_size_limit():,} characters"
    if len(blocks) == 1:
        headings, blocks = [], [Block(BlockKind.TABLE, blocks[0].span)]
    return Document(
        path=path,
        media_type=media_type,
        encoding=encoding,
        text=text,
        title=None,
        headings=tuple(headings),
        blocks=tuple(blocks),
        unit=Unit.ROWS if places else Unit.LINES,
        places=tuple(places),
        warning=warning,
    )


load_csv = partial(_load, "text/csv", _DELIMITERS)
load_tsv = partial(_load, "text/tab-separated-values", "\t")


def _table(rows: Iterable[tuple[Span, list[str]]]) -> tuple[list[Heading], list[Block], list[Place]]:
    headings: list[Heading] = []
    blocks: list[Block] = []
    places: list[Place] = []
    for number, (span, cells) in enumerate(rows, start=1):
        if number > _MOST_ROWS:
            raise LoadError(f"has more than {_MOST_ROWS:,} rows")
        if not any(cell.strip() for cell in cells):
            continue
        is_names = not blocks and is_header([cell.strip() for cell in cells])
        if is_names:
            headings.append(Heading(1, ", ".join(" ".join(cell.split()) for cell in cells), span))
        blocks.append(Block(BlockKind.HEADING if is_names else BlockKind.TABLE, span))
        places.append(Place(span, number))
    return headings, blocks, places


def _rows(text: str, start: int, delimiter: str, quoting: Literal[0, 3]) -> Iterator[tuple[Span, list[str]]]:
    """Every row with the characters that it is made of, without those that end it; csv.Error for wrong quotes."""
    at = start

    def lines() -> Iterator[str]:
        nonlocal at
        for match in _LINE.finditer(text, start):
            at = match.end()
            yield match[0]

    for cells in csv.reader(lines(), delimiter=delimiter, quoting=quoting, strict=True):
        row = text[start:at].rstrip("\r\n")
        yield Span(start, start + len(row)), cells
        start = at


def _delimiter(text: str, delimiters: str) -> str:
    """The one with the most rows of one length, more than one cell long."""

    def evenness(delimiter: str) -> tuple[int, int]:
        lengths: Counter[int] = Counter()
        with suppress(csv.Error):
            for _, (_, cells) in zip(range(_LOOKED_AT), _rows(text, 0, delimiter, csv.QUOTE_MINIMAL), strict=False):
                lengths[len(cells)] += len(cells) > 1
        length, count = max(lengths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        return count, length

    return max(delimiters, key=evenness)
