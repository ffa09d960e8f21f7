"""Pages drawn over cells, in terminals that draw pictures at the cursor: what Sixel and iTerm2's protocol share.

Such a picture is no text. It stays where it was drawn until text is written over it, and knows nothing of scrolling or
of what covers it. So each row of cells has a picture of its own, drawn with the blanks beneath it: after them, as they
clear what was there. Textual cuts the strips of a row where others cover it, and writes those parts alone that have
changed; a strip that is cut, cuts its picture. So what is on the screen is right after every update, as it is of text.

The cursor is saved before the blanks and restored after the picture, wherever terminals put it meanwhile. No picture
is drawn on the last line of a terminal, which would scroll some: the keys are there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from textual.strip import Strip

from askdocs.tui.pictures import WHITE, Drawing, Outline

if TYPE_CHECKING:
    from rich.console import Console

_KEPT = 500  # parts of rows, as they are sent; some 5 MB
_SAVE, _RESTORE = "\x1b7", "\x1b8"


@dataclass(frozen=True, slots=True)
class Overlay(Drawing):
    """A page over white cells; `over` makes the sequence that draws a row from one column to another at the cursor."""

    over: Callable[[int, int, int], str]

    def runs(self, row: int, start: int, end: int) -> Iterator[tuple[str, int, int]]:  # noqa: ARG002
        """Blanks."""
        yield " " * (min(end, self.size[0]) - start), 0, WHITE

    def prepare(self, in_sight: int) -> None:
        """Encode all rows, if so many columns show them whole, so that nobody who scrolls waits for that."""
        columns, rows = self.size
        if columns <= in_sight:
            for row in range(rows):
                self.over(row, 0, columns)


def overlay(outline: Outline, encode: Callable[[int, int, int], str]) -> Overlay:
    """A page whose rows are encoded when they are first asked for, and kept for the next time."""
    return Overlay(*outline, lru_cache(_KEPT)(encode))


class OverlaidStrip(Strip):
    """Cells of which those from `at` on are drawn over, by `draw`, with so many `columns` of a picture."""

    __slots__ = ["_at", "_columns", "_draw"]

    def __init__(self, strip: Strip, at: int, columns: range, draw: Callable[[int, int], str]) -> None:
        super().__init__(list(strip), strip.cell_length)
        self._at = at
        self._columns = columns
        self._draw = draw

    def crop(self, start: int, end: int | None = None) -> Strip:
        """The cells between two positions, with what is drawn over them."""
        start, end = max(0, start), self.cell_length if end is None else min(self.cell_length, end)
        before = self._at - start
        columns = self._columns[max(0, -before) : max(0, end - self._at)]
        return OverlaidStrip(super().crop(start, end), max(0, before), columns, self._draw)

    def divide(self, cuts: Iterable[int]) -> list[Strip]:
        """The cells up to each position, with what is drawn over them."""
        places = (cut for cut in cuts if cut <= self.cell_length)
        return [self.crop(start, end) for start, end in pairwise((0, *places))]

    def render(self, console: Console) -> str:
        """The sequences that write the cells and draw over them; the cursor stays on the line."""
        cells = super().render(console)
        if not self._columns:
            return cells
        picture = self._draw(self._columns.start, self._columns.stop)
        return f"{_SAVE}{cells}{_RESTORE}{_right(self._at)}{picture}{_RESTORE}{_right(self.cell_length)}"


def _right(cells: int) -> str:
    return f"\x1b[{cells}C" if cells else ""
