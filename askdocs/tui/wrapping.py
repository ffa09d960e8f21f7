"""Where the rows of a text begin when it is wrapped: fast for megabytes, right for wide characters."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from rich.cells import cell_len, get_character_cell_size

from askdocs.locators import LINE_END
from askdocs.types import Span

TAB_WIDTH = 8  # as in terminals, and in Textual's texts
_JOINER = "\u200d"  # what it joins is drawn in the cells of what comes first
_WIDENER = "\ufe0f"  # what comes before it is drawn as an emoji
_MOST_CHARACTERS_A_CELL = 8  # a row of combining characters must end somewhere

_NARROW = r"\x20-\x7e\xa0-\xac\xae-\u02ff\u0370-\u0482\u2010-\u2027\u2190-\u2193\u2400-\u243f\u2500-\u25fc"
_NOT_NARROW = re.compile(f"[^{_NARROW}]")


@dataclass(frozen=True, slots=True)
class Layout:
    """A text of `length` characters cut into lines, and those into rows of at most `width` cells.

    `lines` and `rows` hold the offsets at which each begins; every line begins a row.
    """

    width: int
    length: int
    lines: array[int]
    rows: array[int]

    def row_at(self, offset: int) -> int:
        """The row (from 0) that holds the character at `offset`."""
        return max(0, bisect_right(self.rows, offset) - 1)

    def line_at(self, offset: int) -> int:
        """The line (from 0) that holds the character at `offset`."""
        return max(0, bisect_right(self.lines, offset) - 1)

    def row_span(self, row: int) -> Span:
        """The characters of `row`, with the line end or the space that it was broken at."""
        end = self.rows[row + 1] if row + 1 < len(self.rows) else self.length
        return Span(self.rows[row], end)


def lay_out(text: str, width: int) -> Layout:
    """`text` wrapped to `width` cells, at spaces and between wide characters where that is possible."""
    lines = array("I", (0,))
    rows = array("I")
    start = 0
    for match in LINE_END.finditer(text):
        rows.append(start)
        rows.extend(_breaks(text, start, match.start(), width))
        start = match.end()
        lines.append(start)
    if start < len(text) or not rows:
        rows.append(start)
        rows.extend(_breaks(text, start, len(text), width))
    elif lines[-1] == len(text):
        lines.pop()  # what follows the last line end is no line
    return Layout(width, len(text), lines, rows)


def _breaks(text: str, start: int, end: int, width: int) -> Iterator[int]:
    """Where the line from `start` to `end` must be broken."""
    if not _NOT_NARROW.search(text, start, end):
        return _narrow_breaks(text, start, end, width)
    widest = TAB_WIDTH * text.count("\t", start, end) + 2 * (end - start - text.count("\t", start, end))
    if widest <= width:
        return iter(())
    return _mixed_breaks(text, start, end, width)


def _narrow_breaks(text: str, start: int, end: int, width: int) -> Iterator[int]:
    while end - start > width:
        space = text.rfind(" ", start + 1, start + width + 1)
        if space < 0 or text[start:space].isspace():
            start += width
        else:
            start = space + 1
        if start < end:
            yield start


def _mixed_breaks(text: str, start: int, end: int, width: int) -> Iterator[int]:
    line = start
    joined = text.find(_JOINER, start, end) >= 0 or text.find(_WIDENER, start, end) >= 0
    column = 0  # the cells of the row before the character at `offset`
    candidate, candidate_column = start, 0  # where the row could be broken, and the cells before that
    previous = 0
    for offset in range(start, end):
        character = text[offset]
        cells = _cells(character)
        if joined and character != "\t":
            if offset > line and text[offset - 1] == _JOINER:
                cells = 0
            elif cells and text.startswith(_WIDENER, offset + 1):
                cells = 2
        if offset > candidate and (cells == 2 or previous == 2 or text[offset - 1] in " \t") and cells:
            candidate, candidate_column = offset, column
        reach = cells if character != "\t" else _to_next_stop(column)
        full = column + reach > width and character != " "
        if full or offset - start >= width * _MOST_CHARACTERS_A_CELL:
            if candidate == start:
                candidate, candidate_column = offset, column
            yield candidate
            start = candidate
            column -= candidate_column
            candidate_column = 0
        column += cells if character != "\t" else _to_next_stop(column)
        previous = cells


def with_stops(text: str, column: int = 0) -> str:
    """`text`, which begins at `column`, with spaces up to the next tab stop in place of each tab."""
    if "\t" not in text:
        return text
    shown, *rest = text.split("\t")
    for part in rest:
        shown += " " * _to_next_stop(column + cell_len(shown)) + part
    return shown


def _to_next_stop(column: int) -> int:
    return TAB_WIDTH - column % TAB_WIDTH


class _CellSizes(dict[str, int]):
    def __missing__(self, character: str) -> int:
        cells = self[character] = get_character_cell_size(character)
        return cells


_SIZES = _CellSizes({"\t": TAB_WIDTH})
_cells = _SIZES.__getitem__
