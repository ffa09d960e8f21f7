"""A page drawn with the characters of a terminal: four dots in two colours a cell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from askdocs.tui.pictures import Drawing, in_cells

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askdocs.loaders.page_view import PagePicture

ACROSS = 2
"""Pixels that a cell is wide."""

_DOWN = 4  # and high, as cells are twice as high as wide; two of them make a dot
_GLYPHS = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"  # by which dots have ink: 1 and 2 above, 4 and 8 below
_LEAST_CONTRAST = 24
_SHADES = 0xF0  # of a colour, so that neighbouring cells are alike and drawn together


@dataclass(frozen=True, slots=True)
class Blocks(Drawing):
    """A glyph each cell, in the colour of the ink on that of the paper."""

    glyphs: NDArray[np.uint8]
    ink: NDArray[np.uint32]
    paper: NDArray[np.uint32]

    def runs(self, row: int, start: int, end: int) -> Iterator[tuple[str, int, int]]:
        """What looks the same is one."""
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


def draw(picture: PagePicture, columns: int) -> Blocks:
    """`picture` in so many columns, with the quote marked."""
    page, outline = in_cells(picture, columns, ACROSS, _DOWN)
    _, rows = outline[2]
    halves = page.astype(np.uint16).reshape(rows, 2, _DOWN // 2, columns, ACROSS, 3)
    dots = (halves[:, :, 0] + halves[:, :, 1]) // 2
    dots = dots.transpose(0, 2, 1, 3, 4).reshape(rows, columns, 4, 3)
    light = (dots[..., 0] * 2 + dots[..., 1] * 5 + dots[..., 2]) // 8  # as bright as it looks, nearly
    lowest, highest = light.min(axis=2, keepdims=True), light.max(axis=2, keepdims=True)
    inked = (2 * light < lowest + highest) & (highest - lowest >= _LEAST_CONTRAST)
    glyphs = (inked @ np.array((1, 2, 4, 8), np.uint8)).astype(np.uint8)
    return Blocks(*outline, glyphs, ink=_colour(dots, inked), paper=_colour(dots, ~inked))


def _colour(dots: NDArray[np.uint16], chosen: NDArray[np.bool_]) -> NDArray[np.uint32]:
    """The mean colour of the chosen dots of each cell, in coarse steps; black where there are none."""
    count = np.maximum(chosen.sum(axis=2, dtype=np.uint16), 1)[..., None]
    mean = (dots * chosen[..., None]).sum(axis=2, dtype=np.uint16) // count
    coarse = (mean & _SHADES).astype(np.uint32)
    coarse |= coarse >> 4
    colour: NDArray[np.uint32] = (coarse[..., 0] << 16) | (coarse[..., 1] << 8) | coarse[..., 2]
    return colour
