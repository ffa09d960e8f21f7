"""A page drawn with the characters of a terminal: four dots in two colours a cell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askdocs.loaders.page_view import PagePicture

ACROSS = 2
"""Pixels that a cell is wide."""

_DOWN = 4  # and high, as cells are twice as high as wide; two of them make a dot
_GLYPHS = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"  # by which dots have ink: 1 and 2 above, 4 and 8 below
_TINT = np.array((255, 232, 96), np.uint16)  # what a marker leaves of white
_LEAST_CONTRAST = 24
_SHADES = 0xF0  # of a colour, so that neighbouring cells are alike and drawn together


@dataclass(frozen=True, slots=True)
class Drawing:
    """A page in cells: a glyph each, in the colour of the ink on that of the paper, both as 0xRRGGBB.

    `marked` are the rows in which the quote stands, None if that isn't known yet, `begins` the column and row at which
    it does. `number` and `pages` are those of the page.
    """

    number: int
    pages: int
    glyphs: NDArray[np.uint8]
    ink: NDArray[np.uint32]
    paper: NDArray[np.uint32]
    marked: frozenset[int] | None
    begins: tuple[int, int] | None

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        rows, columns = self.glyphs.shape
        return columns, rows

    def runs(self, row: int, start: int, end: int) -> Iterator[tuple[str, int, int]]:
        """The cells of a row from one column to another, as text, ink and paper; what looks the same is one."""
        text, ink, paper = "", -1, -1
        cells = (self.glyphs[row, start:end], self.ink[row, start:end], self.paper[row, start:end])
        for glyph, cell_ink, cell_paper in zip(*(part.tolist() for part in cells), strict=True):
            if text and (cell_ink, cell_paper) == (ink, paper):
                text += _GLYPHS[glyph]
                continue
            if text:
                yield text, ink, paper
            text, ink, paper = _GLYPHS[glyph], cell_ink, cell_paper
        if text:
            yield text, ink, paper


def draw(picture: PagePicture, columns: int) -> Drawing:
    """`picture` in so many columns, with the quote marked."""
    rows = -(-picture.height // _DOWN)
    page = marker_over(picture, columns * ACROSS, rows * _DOWN).astype(np.uint16)
    halves = page.reshape(rows, 2, _DOWN // 2, columns, ACROSS, 3)
    dots = (halves[:, :, 0] + halves[:, :, 1]) // 2
    dots = dots.transpose(0, 2, 1, 3, 4).reshape(rows, columns, 4, 3)
    light = (dots[..., 0] * 2 + dots[..., 1] * 5 + dots[..., 2]) // 8  # as bright as it looks, nearly
    lowest, highest = light.min(axis=2, keepdims=True), light.max(axis=2, keepdims=True)
    inked = (2 * light < lowest + highest) & (highest - lowest >= _LEAST_CONTRAST)
    marked, begins = where_marked(picture, ACROSS, _DOWN)
    return Drawing(
        number=picture.number,
        pages=picture.pages,
        glyphs=(inked @ np.array((1, 2, 4, 8), np.uint8)).astype(np.uint8),
        ink=_colour(dots, inked),
        paper=_colour(dots, ~inked),
        marked=marked,
        begins=begins,
    )


def marker_over(picture: PagePicture, width: int, height: int) -> NDArray[np.uint8]:
    """The pixels of `picture` on white paper of that size, the quote as if marked with a felt pen."""
    pixels = np.frombuffer(picture.pixels, np.uint8).reshape(picture.height, picture.width, 3)
    page = np.full((height, width, 3), 255, np.uint8)
    used = min(picture.width, width)
    page[: picture.height, :used] = pixels[:, :used]
    for left, top, right, bottom in picture.marks or ():
        part = page[top:bottom, left:right]
        part[:] = part * _TINT // 255
    return page


def where_marked(picture: PagePicture, width: int, height: int) -> tuple[frozenset[int] | None, tuple[int, int] | None]:
    """The rows in which the quote stands, and the column and row at which it begins, in cells of so many pixels.

    Both are None if that isn't known yet, the latter also if it isn't on the page.
    """
    marks = picture.marks
    if marks is None:
        return None, None
    rows = frozenset(row for _, top, _, bottom in marks for row in range(top // height, -(-bottom // height)))
    return rows, (marks[0][0] // width, marks[0][1] // height) if marks else None


def _colour(dots: NDArray[np.uint16], chosen: NDArray[np.bool_]) -> NDArray[np.uint32]:
    """The mean colour of the chosen dots of each cell, in coarse steps; black where there are none."""
    count = np.maximum(chosen.sum(axis=2, dtype=np.uint16), 1)[..., None]
    mean = (dots * chosen[..., None]).sum(axis=2, dtype=np.uint16) // count
    coarse = (mean & _SHADES).astype(np.uint32)
    coarse |= coarse >> 4
    colour: NDArray[np.uint32] = (coarse[..., 0] << 16) | (coarse[..., 1] << 8) | coarse[..., 2]
    return colour
