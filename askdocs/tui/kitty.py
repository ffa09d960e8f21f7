"""Pages in all their pixels, in terminals that know Kitty's graphics protocol and its Unicode placeholders.

The picture is sent once, under a number. After that a cell of it is a character like any other: its colour is the
number, and two marks over it are its row and column. So it scrolls, is covered and is redrawn as all text is. The
terminal is asked nothing: https://sw.kovidgoyal.net/kitty/graphics-protocol/.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from askdocs.tui.pictures import WHITE, Drawing, in_cells

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from askdocs.loaders.page_view import PagePicture

_PLACEHOLDER = "\U0010eeee"
_NUMBERS = (
    "305 30d-30e 310 312 33d-33f 346 34a-34c 350-352 357 35b 363-36f 483-487 592-595 597-599 59c-5a1 5a8-5a9 5ab-5ac "
    "5af 5c4 610-617 657-65b 65d-65e 6d6-6dc 6df-6e2 6e4 6e7-6e8 6eb-6ec 730 732-733 735-736 73a 73d 73f-741 743 745 "
    "747 749-74a 7eb-7f1 7f3 816-819 81b-823 825-827 829-82d 951 953-954 f82-f83 f86-f87 135d-135f 17dd 193a 1a17 "
    "1a75-1a7c 1b6b 1b6d-1b73 1cd0-1cd2 1cda-1cdb 1ce0 1dc0-1dc1 1dc3-1dc9 1dcb-1dcc 1dd1-1de6 1dfe 20d0-20d1 "
    "20d4-20d7 20db-20dc 20e1 20e7 20e9 20f0 2cef-2cf1 2de0-2dff a66f a67c-a67d a6f0-a6f1 a8e0-a8f1 aab0 aab2-aab3 "
    "aab7-aab8 aabe-aabf aac1 fe20-fe26 10a0f 10a38 1d185-1d189 1d1aa-1d1ad 1d242-1d244"
)
"""The marks that stand for 0, 1, 2, ... as the protocol has them."""

MOST = 297
"""Columns, and rows, of a picture: as many marks as there are."""

_PIECE = 4096  # characters of a picture that may be sent at a time


@dataclass(frozen=True, slots=True)
class Painting(Drawing):
    """A page whose cells show the picture of the number `id`."""

    id: int
    sequence: str

    def runs(self, row: int, start: int, end: int) -> Iterator[tuple[str, int, int]]:
        """The ink is the number."""
        marks = _marks()
        cells = (f"{_PLACEHOLDER}{marks[row]}{marks[column]}" for column in range(start, min(end, self.size[0])))
        yield "".join(cells), self.id, WHITE

    @property
    def sent_before(self) -> str:
        """Sends the picture."""
        return self.sequence

    @property
    def sent_after(self) -> str:
        """Has the terminal forget the picture."""
        return f"\x1b_Ga=d,d=I,i={self.id},q=2\x1b\\"


def paint(picture: PagePicture, columns: int, cell: tuple[int, int], number: int) -> Painting | None:
    """`picture` in so many columns, under a `number`; None if it has more than `MOST` rows."""
    page, outline = in_cells(picture, columns, *cell)
    _, rows = size = outline[2]
    if rows > MOST:
        return None
    return Painting(*outline, id=number, sequence="".join(_sent(page, size, number)))


def _sent(page: NDArray[np.uint8], size: tuple[int, int], number: int) -> Iterator[str]:
    (height, width, _), (columns, rows) = page.shape, size
    text = base64.b64encode(zlib.compress(page.tobytes(), 1)).decode("ascii")
    pieces = [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)]
    head = f"a=T,U=1,q=2,f=24,o=z,i={number},s={width},v={height},c={columns},r={rows},"
    for left, piece in zip(range(len(pieces) - 1, -1, -1), pieces, strict=True):
        yield f"\x1b_G{head}m={int(left > 0)};{piece}\x1b\\"
        head = ""


@cache
def _marks() -> str:
    """The mark of each number."""
    found: list[str] = []
    for part in _NUMBERS.split():
        first, _, last = part.partition("-")
        found += map(chr, range(int(first, 16), int(last or first, 16) + 1))
    return "".join(found)
