"""Pages in all their pixels, in terminals that know Kitty's graphics protocol and its Unicode placeholders.

The picture is sent once, under a number. After that a cell of it is a character like any other: its colour is the
number, and two marks over it are its row and column. So it scrolls, is covered and is redrawn as all text is. The
terminal is asked nothing: https://sw.kovidgoyal.net/kitty/graphics-protocol/.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from askdocs.tui.blocks import marker_over, where_marked

if TYPE_CHECKING:
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

_WIDEST = 2400  # pixels, in which letters of a page are sharp
_PIECE = 4096  # characters of a picture that may be sent at a time
_WHITE = 0xFFFFFF
_GUESS = (10, 20)  # pixels of a cell where the terminal doesn't tell
_TERMINALS = ("xterm-kitty", "xterm-ghostty")


@dataclass(frozen=True, slots=True)
class Painting:
    """A page as `blocks.Drawing` is one, but in pixels: `sequence` sends the picture, and has to be sent before."""

    number: int
    pages: int
    size: tuple[int, int]
    marked: frozenset[int] | None
    begins: tuple[int, int] | None
    id: int
    sequence: str

    def runs(self, row: int, start: int, end: int) -> Iterator[tuple[str, int, int]]:
        """The cells of a row from one column to another, as text, ink and paper."""
        marks = _marks()
        cells = (f"{_PLACEHOLDER}{marks[row]}{marks[column]}" for column in range(start, min(end, self.size[0])))
        yield "".join(cells), self.id, _WHITE


def wanted(setting: str, environment: Mapping[str, str]) -> bool:
    """Are pages to be sent so: as the setting `pictures` has it, or as the terminal is one that is known to take them?

    Not where no colours are wanted, nor in a browser; and, unless somebody insists, not where something lies between
    that draws all cells itself, as tmux and screen do.
    """
    if setting == "blocks" or {"NO_COLOR", "TEXTUAL_DRIVER"} & environment.keys():
        return False
    if setting == "kitty":
        return True
    named = environment.get("TERM") in _TERMINALS or environment.get("TERM_PROGRAM") == "ghostty"
    between = {"TMUX", "STY"} & environment.keys() or environment.get("TERM", "").startswith(("tmux", "screen"))
    return named and not between and environment.get("COLORTERM") in ("truecolor", "24bit")


def cell_size() -> tuple[int, int]:
    """Pixels that a cell is wide and high, as the terminal's driver knows them."""
    with suppress(ImportError, OSError):
        import fcntl
        import struct
        import termios

        told = fcntl.ioctl(2, termios.TIOCGWINSZ, b"\0" * 8)
        rows, columns, width, height = struct.unpack("HHHH", told)
        if rows and columns and width >= columns and height >= rows:
            return width // columns, height // rows
    return _GUESS


def across(columns: int, cell: tuple[int, int]) -> int:
    """Pixels that a page is to be drawn wide."""
    return columns * _scaled(columns, cell)[0]


def paint(picture: PagePicture, columns: int, cell: tuple[int, int], number: int) -> Painting | None:
    """`picture`, which is `across` wide, in so many columns, under a `number`; None if it has more than `MOST` rows."""
    width, height = _scaled(columns, cell)
    rows = -(-picture.height // height)
    if rows > MOST:
        return None
    pixels = marker_over(picture, columns * width, rows * height)
    marked, begins = where_marked(picture, width, height)
    return Painting(
        number=picture.number,
        pages=picture.pages,
        size=(columns, rows),
        marked=marked,
        begins=begins,
        id=number,
        sequence="".join(_sent(pixels.tobytes(), pixels.shape[1], pixels.shape[0], columns, rows, number)),
    )


def forget(number: int) -> str:
    """What has the terminal forget a picture."""
    return f"\x1b_Ga=d,d=I,i={number},q=2\x1b\\"


def _scaled(columns: int, cell: tuple[int, int]) -> tuple[int, int]:
    """The pixels of a cell in a picture of so many columns: those that it has, or fewer if that is enough."""
    width = max(1, min(cell[0], _WIDEST // columns))
    return width, max(1, round(width * cell[1] / cell[0]))


def _sent(pixels: bytes, width: int, height: int, columns: int, rows: int, number: int) -> Iterator[str]:
    text = base64.b64encode(zlib.compress(pixels, 1)).decode("ascii")
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
