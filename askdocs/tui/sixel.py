"""Pages as Sixel: six rows of pixels at a time, one colour after the other.

A character stands for six pixels, one below the other, that have the current colour. `$` goes back to the left edge
for the next colour, `-` to the next six rows. See https://vt100.net/docs/vt3xx-gp/chapter14.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from askdocs.tui.overlay import Overlay, overlay
from askdocs.tui.pictures import in_cells

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askdocs.loaders.page_view import PagePicture

_COLOURS = 255  # terminals have 256, as a rule; a row of a page of text has 16, all that a VT340 has
_SIX = 6
_ALL = 2**_SIX - 1
_FIRST = ord("?")  # the character of six pixels without the current colour
_LEAST_RUN = 4  # of equal characters, for which a number is shorter


def paint(picture: PagePicture, columns: int, drawn: tuple[int, int], cell: tuple[int, int]) -> Overlay:
    """`picture`, of which a cell has the pixels `drawn`, in so many columns of cells of a terminal."""
    from PIL import Image

    page, outline = in_cells(picture, columns, *drawn)
    reduced = Image.fromarray(page).quantize(_COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    numbers = np.asarray(reduced)
    palette = np.array(reduced.getpalette(), np.uint16).reshape(-1, 3)
    percent = [f"2;{red};{green};{blue}" for red, green, blue in ((palette * 100 + 127) // 255).tolist()]
    (width, height), (wide, high) = drawn, cell
    down = np.arange(high) * height // high

    def encode(row: int, start: int, end: int) -> str:
        across = np.arange(start * wide, end * wide) * width // wide
        return _encoded(numbers[row * height + down][:, across], percent)

    return overlay(outline, encode)


def _encoded(numbers: NDArray[np.uint8], percent: list[str]) -> str:
    """The sequence of a picture of colours by their number: its size, its colours, and what has each of them."""
    height, width = numbers.shape
    places, sixels = _sixels(numbers)
    lines, body, ends = _runs(places, sixels, width)
    used = np.flatnonzero(np.bincount(numbers.ravel())).tolist()
    defined = "".join(f"#{register};{percent[number]}" for register, number in enumerate(used))
    bands, start = [""] * -(-height // _SIX), 0
    for line, end in zip(lines.tolist(), ends.tolist(), strict=True):
        band, number = divmod(line, _COLOURS)
        bands[band] += f"{'$' if bands[band] else ''}#{used.index(number)}{body[start:end]}"
        start = end
    return f'\x1bP0;1;0q"1;1;{width};{height}{defined}{"-".join(bands)}\x1b\\'


def _sixels(numbers: NDArray[np.uint8]) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Where something has a colour, in order, and which of the six pixels there do, the first being 1.

    A place is one of the `width` of a line, and a line what has one colour of six rows: there are `_COLOURS` lines for
    each six rows. Of six that are alike, as on empty paper, only one is looked at.
    """
    height, width = numbers.shape
    bands = -(-height // _SIX)
    six = numbers[np.minimum(np.arange(bands * _SIX), height - 1)].reshape(bands, _SIX, width)
    lines = np.arange(bands, dtype=np.int32)[:, None, None] * _COLOURS + six
    everywhere = lines * width + np.arange(width, dtype=np.int32)
    alike = (six == six[:, :1]).all(axis=1)
    mixed = everywhere.transpose(0, 2, 1)[~alike]
    places = np.concatenate([everywhere[:, 0][alike], mixed.ravel()])
    bits = np.full(len(places), _ALL, np.uint8)
    bits[len(places) - mixed.size :] = np.tile(1 << np.arange(_SIX, dtype=np.uint8), len(mixed))
    order = np.argsort(places)
    places = places[order]
    firsts = np.flatnonzero(np.diff(places, prepend=-1))
    places, sixels = places[firsts], np.bitwise_or.reduceat(bits[order], firsts)
    sixels[places >= (bands - 1) * _COLOURS * width] &= 2 ** (height - (bands - 1) * _SIX) - 1
    return places, sixels


def _runs(
    places: NDArray[np.int32], sixels: NDArray[np.uint8], width: int
) -> tuple[NDArray[np.int32], str, NDArray[np.int64]]:
    """The lines that something is on, the characters of all, with numbers for what repeats, and where each ends."""
    lines = places // width
    begins = np.diff(lines, prepend=-1) | (np.diff(places, prepend=-1) != 1) | np.diff(sixels, prepend=0)
    runs = np.flatnonzero(begins)
    places, lines, sixels = places[runs], lines[runs], sixels[runs]
    lengths = np.diff(runs, append=len(begins))
    firsts = np.diff(lines, prepend=-1) != 0
    gaps = places - np.where(firsts, lines * width, np.roll(places + lengths, 1))
    # Each run has a gap before it. Both are `!`, four digits and the character; or, if short, that up to three times.
    count = np.stack([gaps, lengths], axis=1).reshape(-1, 1)
    character = np.stack([np.full_like(sixels, _FIRST), sixels + _FIRST], axis=1).reshape(-1, 1)
    short = count < _LEAST_RUN
    digits = np.where(short, character, count // (1000, 100, 10, 1) % 10 + ord("0"))
    text = np.concatenate([np.full_like(character, ord("!")), digits, character], axis=1)
    never = _LEAST_RUN
    kept = count >= np.where(short, (never, never, never, 3, 2, 1), (1, 1000, 100, 10, 1, 1))
    ends = kept.sum(axis=1).cumsum()[1::2]
    return lines[firsts], text[kept].astype(np.uint8).tobytes().decode("ascii"), ends[np.roll(firsts, -1)]
