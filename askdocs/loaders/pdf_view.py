"""A page as a person sees it: where a quote stands on it, and its picture."""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from askdocs.errors import LoadError
from askdocs.loaders.pdf_letters import compared
from askdocs.loaders.pdf_page import Box, Line, PageText, Reader, opened

_CONTEXT = 200
"""Characters before a quote by which one of several occurrences is chosen."""

_MOST_STEPS = 500_000
"""Pieces of a page that are looked at for one quote, so that a page of equal lines keeps nobody waiting."""

_MOST_PIXELS = 40_000_000


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of a line as it is compared: `places` are the positions of its characters in the page's text."""

    text: str
    places: Sequence[int]


def boxes(data: bytes, page: int, quote: str, before: str = "") -> list[Box]:
    """Where `quote` stands on a page (counted from 1) of the PDF in `data`: its glyphs line by line, and nothing else.

    `quote` is what of a passage lies on that page. It is read anew from the page alone: lines are told by their
    letters, blanks and hyphens left aside, so that neither the order of columns nor what was joined matters. `before`
    is text that precedes it on the page and decides between several occurrences. Boxes are in PDF points from the lower
    left corner of the page before it is turned for display, in the order of the quote. There are none if the page
    doesn't hold the quote, or the quote has no letter. LoadError if the PDF can't be opened or has no such page.
    """
    with opened(data) as document:
        if not 1 <= page <= len(document):
            raise LoadError(f"has no page {page:,}, only {len(document):,}")
        reader = Reader(document)
        read = reader.read(page - 1)
        found = _found(read, compared(quote), compared(before)[-_CONTEXT:])
        return reader.boxes(page - 1, [(read.numbers[start], read.numbers[end] + 1) for start, end in found])


def stand_on_pages(data: bytes, parts: Sequence[tuple[int, str]]) -> list[bool]:
    """Whether each quote stands on its page (counted from 1) of the PDF in `data`, each page being read by itself.

    A quote whose lines can't be told apart stands there if all of its letters do; of a page that has no text of its
    own, but a picture that was read by OCR, nothing else is known. LoadError as from `boxes`.
    """
    with opened(data) as document:
        reader = Reader(document)
        pages: dict[int, PageText] = {}
        stands = []
        for number, quote in parts:
            if number not in pages:
                pages = {number: reader.read(number - 1)} if 1 <= number <= len(document) else {}
            letters = compared(quote)
            page = pages.get(number)
            stands.append(
                not letters
                or (page is not None and (page.pictured or page.garbled))
                or (page is not None and bool(_found(page, letters, "")))
                or (page is not None and Counter(letters) <= Counter(compared(page.text)))
            )
        return stands


def _found(page: PageText, quote: str, before: str) -> list[tuple[int, int]]:
    """The stretches of the page's text that make up the quote: the positions of first and last character of each."""
    if not quote:
        return []
    pieces = [piece for line in page.lines for piece in _cells(page.text, line) if piece.text]
    best: list[tuple[int, int]] = []
    most = -1
    steps = iter(range(_MOST_STEPS))
    for number, at in _beginnings(pieces, quote):
        chain = _chain(pieces, quote, number, at, steps)
        if chain:
            above = "".join(piece.text for piece in pieces[max(0, number - _CONTEXT) : number])
            common = _common_end(above + pieces[number].text[:at], before)
            if common > most:
                best, most = chain, common
    return best


def _cells(text: str, line: Line) -> Iterator[_Piece]:
    """The line in the pieces that its gaps cut it into: cells of a row, or parts of two columns."""
    start = line.start
    for gap in line.gaps:
        yield _piece(text, start, gap.start)
        start = gap.end
    yield _piece(text, start, line.end)


def _piece(text: str, start: int, end: int) -> _Piece:
    characters, places = [], []
    for place in range(start, end):
        for character in compared(text[place]):
            characters.append(character)
            places.append(place)
    return _Piece("".join(characters), places)


def _beginnings(pieces: Sequence[_Piece], quote: str) -> Iterator[tuple[int, int]]:
    """Where the quote may begin: a line that holds it whole, or whose end is its beginning."""
    for number, piece in enumerate(pieces):
        at = piece.text.find(quote[0])
        while at >= 0:
            if quote.startswith(piece.text[at : at + len(quote)]):
                yield number, at
            at = piece.text.find(quote[0], at + 1)


def _chain(pieces: Sequence[_Piece], quote: str, number: int, at: int, steps: Iterator[int]) -> list[tuple[int, int]]:
    """The pieces that make up the quote one after the other, the first from `at` on; none if there are no such.

    The piece below is tried first, then all others in turn, until there are no more `steps`.
    """
    taken = min(len(quote), len(pieces[number].text) - at)
    chain, done, used = [(number, at, taken)], taken, {number}
    tried = [_followers(pieces, quote, number, done, used, steps)]
    while done < len(quote):
        following = next(tried[-1], None)
        if following is not None:
            taken = min(len(quote) - done, len(pieces[following].text))
            chain.append((following, 0, taken))
            done += taken
            used.add(following)
            tried.append(_followers(pieces, quote, following, done, used, steps))
        elif len(chain) > 1:
            last, _, taken = chain.pop()
            done -= taken
            used.remove(last)
            tried.pop()
        else:
            return []
    return [(pieces[line].places[start], pieces[line].places[start + count - 1]) for line, start, count in chain]


def _followers(
    pieces: Sequence[_Piece], quote: str, last: int, done: int, used: set[int], steps: Iterator[int]
) -> Iterator[int]:
    """The pieces with which the quote may go on, from the one after the last on and round."""
    for step in range(1, len(pieces)):
        if next(steps, None) is None:
            return
        number = (last + step) % len(pieces)
        if number not in used and quote.startswith(pieces[number].text[: len(quote) - done], done):
            yield number


def _common_end(text: str, other: str) -> int:
    """How many characters the ends of both have in common."""
    count = 0
    while count < min(len(text), len(other)) and text[-1 - count] == other[-1 - count]:
        count += 1
    return count


def render_page(data: bytes, page: int, scale: float = 1.0) -> bytes:
    """A page (counted from 1) of the PDF in `data` as a PNG, `scale` pixels to a PDF point, turned as it is displayed.

    LoadError if the PDF can't be opened, has no such page, or the picture would be absurdly large.
    """
    with opened(data) as document:
        if not 1 <= page <= len(document):
            raise LoadError(f"has no page {page:,}, only {len(document):,}")
        opened_page = document[page - 1]
        width, height = opened_page.get_size()
        if not 0 < width * height * scale * scale < _MOST_PIXELS:
            raise LoadError(f"has a page {page:,} of {width:,.0f} by {height:,.0f} points, too large to be shown")
        bitmap = opened_page.render(scale=scale, rev_byteorder=True, force_bitmap_format=2, maybe_alpha=False)
        try:
            return _png(bitmap.width, bitmap.height, bitmap.stride, bytes(bitmap.buffer))
        finally:
            bitmap.close()


def _png(width: int, height: int, stride: int, pixels: bytes) -> bytes:
    """Three bytes a pixel, rows from the top, as a PNG (RFC 2083)."""

    def part(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    rows = b"".join(b"\0" + pixels[row * stride : row * stride + 3 * width] for row in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", header) + part(b"IDAT", zlib.compress(rows, 6)) + part(b"IEND", b"")
