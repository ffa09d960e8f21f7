"""A page in the cells of a terminal: what all ways to draw it have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askdocs.loaders.page_view import PagePicture

Outline = tuple[int, int, tuple[int, int], frozenset[int] | None, tuple[int, int] | None]
"""The fields of `Drawing`."""

WHITE = 0xFFFFFF
_TINT = np.array((255, 232, 96), np.uint16)  # what a marker leaves of white


@dataclass(frozen=True, slots=True)
class Drawing(ABC):
    """A page in cells, `size` of them in columns and rows.

    `marked` are the rows in which the quote stands, None if that isn't known yet, `begins` the column and row at which
    it does, None also if it isn't on the page. `number` and `pages` are those of the page.
    """

    number: int
    pages: int
    size: tuple[int, int]
    marked: frozenset[int] | None
    begins: tuple[int, int] | None

    @abstractmethod
    def runs(self, row: int, start: int, end: int) -> Iterator[tuple[str, int, int]]:
        """The cells of a row from one column to another, as text, ink and paper, both as 0xRRGGBB."""

    @property
    def sent_before(self) -> str:
        """The sequence that has to be sent before the first cell is."""
        return ""

    @property
    def sent_after(self) -> str:
        """The sequence that has to be sent once no cell is on show."""
        return ""


def in_cells(picture: PagePicture, columns: int, width: int, height: int) -> tuple[NDArray[np.uint8], Outline]:
    """The pixels of `picture` in so many columns of cells of that size, the quote as if marked with a felt pen.

    What of the last cells the page doesn't reach is white paper.
    """
    rows = -(-picture.height // height)
    page = np.full((rows * height, columns * width, 3), 255, np.uint8)
    used = min(picture.width, page.shape[1])
    pixels = np.frombuffer(picture.pixels, np.uint8).reshape(picture.height, picture.width, 3)
    page[: picture.height, :used] = pixels[:, :used]
    for left, top, right, bottom in picture.marks or ():
        part = page[top:bottom, left:right]
        part[:] = part * _TINT // 255
    marked = begins = None
    if picture.marks is not None:
        spans = [range(top // height, -(-bottom // height)) for _, top, _, bottom in picture.marks]
        marked = frozenset(row for span in spans for row in span)
    if picture.marks:
        begins = (picture.marks[0][0] // width, picture.marks[0][1] // height)
    return page, (picture.number, picture.pages, (columns, rows), marked, begins)
