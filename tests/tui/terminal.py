"""A terminal that draws pictures: as much of one as is needed to see what its screen is left with."""

from __future__ import annotations

import base64
import io
import re
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.cells import cell_len

TOKEN = re.compile(
    r"\x1bP(?P<terms>[\d;]*)q(?P<sixel>[^\x1b]*)\x1b\\"
    r"|\x1b\]1337;File=(?P<file>[^:\x1b]*):(?P<data>[^\x1b]*)\x1b\\"
    r"|\x1b\[(?P<values>[\d;]*)(?P<control>[@-~])"
    r"|\x1b(?P<cursor>[78])"
    r"|\x1b\[[^@-~]*[@-~]|\x1b[P_\]][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b."
    r"|(?P<other>[\s\S])"
)
Pixels = tuple[NDArray[np.uint8], NDArray[np.bool_]]
"""Colours, and which of them are a picture's."""

SIXES = [np.array([bits >> row & 1 for row in range(6)], np.bool_) for bits in range(64)]
"""Which of six rows a character stands for, from `?` on."""


class PictureTerminal:
    """Text clears what of a picture is under it; a picture leaves the cursor on the next line, as some terminals do."""

    def __init__(self, columns: int, rows: int, cell: tuple[int, int] = (10, 20)) -> None:
        self.columns, self.rows, self.cell = columns, rows, cell
        width, height = cell
        self.pixels = np.zeros((rows * height, columns * width, 3), np.uint8)
        self.drawn = np.zeros(self.pixels.shape[:2], np.bool_)
        self.pictures = 0  # that were drawn
        self._at = self._saved = (0, 0)

    def feed(self, output: str) -> None:
        """Do what the sequences say; a picture that would scroll the screen is an error."""
        for token in TOKEN.finditer(output):
            column, row = self._at
            if token["sixel"] is not None:
                self._draw(*decoded(token[0]))
            elif token["file"] is not None:
                pixels = self._of_file(token["file"], token["data"])
                self._draw(pixels, np.ones(pixels.shape[:2], np.bool_))
            elif token["cursor"] == "7":
                self._saved = self._at
            elif token["cursor"] == "8":
                self._at = self._saved
            elif token["control"] == "H":
                line, place = (int(value) - 1 for value in (token["values"] or "1;1").split(";"))
                self._at = place, line
            elif token["control"] == "C":
                self._at = min(column + int(token["values"] or 1), self.columns - 1), row
            elif token["control"] == "J":
                self.drawn[:] = False
            elif (character := token["other"]) == "\n":
                self._at = column, min(row + 1, self.rows - 1)
            elif character and character.isprintable() and (width := cell_len(character)):
                assert column + width <= self.columns, f"{character!r} is written past the edge"
                self.under(column, row, width)[1][:] = False
                self._at = column + width, row

    def under(self, column: int, row: int, columns: int = 1, rows: int = 1) -> Pixels:
        """The pixels of cells."""
        width, height = self.cell
        part = np.s_[row * height : (row + rows) * height, column * width : (column + columns) * width]
        return self.pixels[part], self.drawn[part]

    def _draw(self, pixels: NDArray[np.uint8], there: NDArray[np.bool_]) -> None:
        (width, height), (column, row) = self.cell, self._at
        assert row + -(-pixels.shape[0] // height) < self.rows, "the screen scrolls"
        top, left = row * height, column * width
        part = np.s_[top : top + pixels.shape[0], left : left + pixels.shape[1]]
        assert self.drawn[part].shape == there.shape, "a picture reaches past the edge"
        self.pixels[part][there] = pixels[there]
        self.drawn[part] |= there
        self.pictures += 1
        self._at = 0, row + 1

    def _of_file(self, terms: str, data: str) -> NDArray[np.uint8]:
        """The pixels of a PNG in the cells that it is to have."""
        told = dict(term.split("=") for term in terms.split(";"))
        file = base64.b64decode(data)
        assert told.pop("inline") == "1"
        assert told.pop("preserveAspectRatio") == "0"
        assert int(told.pop("size")) == len(file)
        size = int(told.pop("width")) * self.cell[0], int(told.pop("height")) * self.cell[1]
        assert told == {"doNotMoveCursor": "1"}
        with Image.open(io.BytesIO(file), formats=["PNG"]) as image:
            return np.asarray(image.convert("RGB").resize(size, Image.Resampling.NEAREST))


@lru_cache(500)
def decoded(sixel: str) -> Pixels:
    """Those of a Sixel whose pixels are square."""
    whole = re.fullmatch(r'\x1bP0;1;0q"1;1;(\d+);(\d+)([^\x1b]*)\x1b\\', sixel)
    assert whole, sixel[:50]
    width, height = int(whole[1]), int(whole[2])
    pixels = np.zeros((-(-height // 6) * 6, width, 3), np.uint8)
    there = np.zeros(pixels.shape[:2], np.bool_)
    assert not re.search(r";\d+[$-]", whole[3]), "Konsole forgets a colour that is followed so"
    palette: dict[int, tuple[int, ...]] = {}
    colour = left = top = 0
    for part in re.finditer(r"#(\d+)(?:;2;(\d+);(\d+);(\d+))?|(?:!(\d+))?([?-~])|([$-])|([\s\S])", whole[3]):
        assert not part[8], part[8]
        if part[2]:
            palette[int(part[1])] = tuple(round(int(value) * 2.55) for value in part.group(2, 3, 4))
        elif part[1]:
            colour = int(part[1])
        elif part[6]:
            right = left + int(part[5] or 1)
            assert right <= width
            six = SIXES[ord(part[6]) - ord("?")]
            pixels[top : top + 6, left:right][six] = palette[colour]
            there[top : top + 6, left:right][six] = True
            left = right
        else:
            left, top = 0, top + 6 * (part[7] == "-")
    assert not there[height:].any(), "more is drawn than was declared"
    return pixels[:height], there[:height]
