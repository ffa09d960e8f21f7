"""A page as a person sees it: where a quote stands on it, and its picture."""

from __future__ import annotations

import ctypes
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from askdocs.errors import LoadError
from askdocs.loaders import images
from askdocs.loaders.kinds import IMAGES
from askdocs.loaders.ocr import NOT_INSTALLED, is_installed, read_picture
from askdocs.loaders.pdf_letters import compared
from askdocs.loaders.pdf_page import Box, Line, PageText, Reader, opened
from askdocs.loaders.sniffing import sniff
from askdocs.types import Span

_CONTEXT = 200
"""Characters before a quote by which one of several occurrences is chosen."""

_MOST_STEPS = 500_000
"""Pieces of a page that are looked at for one quote, so that a page of equal lines keeps nobody waiting."""

WHOLE = 10_000
"""Into so many parts width and height of a page are divided for marks that are made before its picture."""

_MOST_PIXELS = 40_000_000
_BULLET = re.compile(r"^\W+")
_LEAST_PART = 4
"""Letters of a quote that goes on over several pages by which its part on one of them is told."""


Mark = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class PagePicture:
    """A page as it is displayed: three bytes a pixel, rows from the top; `marks` are where the quote stands on it.

    `number` counts from 1 and `pages` is how many there are; a mark is left, top, right and bottom in pixels. There are
    None if the page is itself a picture, of which OCR alone can say where that is.
    """

    number: int
    pages: int
    width: int
    height: int
    pixels: bytes
    marks: tuple[Mark, ...] | None


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
    doesn't hold the quote, is a picture of text, or the quote has no letter. LoadError if the PDF can't be opened or
    has no such page.
    """
    with opened(data) as document:
        _check(document, page)
        reader = Reader(document)
        read = reader.read(page - 1)
        return _boxes(reader, page, read, _found(read, compared(quote), compared(before)[-_CONTEXT:]))


def picture(
    data: bytes, page: int, width: int, quote: str, before: str, first: int, last: int, slides: bool = False
) -> PagePicture:
    """A page (counted from 1) of the PDF or picture in `data`, `width` pixels wide, with a quote.

    That begins on the page `first` and ends on the page `last`; `before` is what precedes it. On `slides`, which were
    not read from the PDF that is made of them, it is marked line by line as far as it is there. LoadError if the file
    can't be opened, has no such page, or the picture would be absurdly large.
    """
    if sniff(data) in IMAGES:
        with images.opened(data) as image:
            shown, pages = images.page_of(image, page).image, images.page_count(image)
            height = max(1, round(width * shown.height / shown.width))
            _check_size(page, shown.size, width * height)
            pixels = shown.resize((width, height), reducing_gap=2).convert("RGB").tobytes()
            return PagePicture(page, pages, width, height, pixels, None if first <= page <= last else ())
    with opened(data) as document:
        _check(document, page)
        marked: list[Box] | None = []
        if first <= page <= last:
            reader = Reader(document)
            read = reader.read(page - 1)
            found = _found_part(read, compared(quote), compared(before)[-_CONTEXT:], page == first, page == last)
            if slides:
                found = found or _lines_of(read, compared(quote))
            marked = None if _is_picture(read) and not slides else _boxes(reader, page, read, found)
        opened_page = document[page - 1]
        wide, high = opened_page.get_size()
        scale = width / wide if wide > 0 else 0
        _check_size(page, (wide, high), wide * high * scale * scale)
        bitmap = opened_page.render(scale=scale, rev_byteorder=True, force_bitmap_format=2, maybe_alpha=False)
        try:
            size = (bitmap.width, bitmap.height)
            pixels = _without_padding(bitmap)
        finally:
            bitmap.close()
        marks = None if marked is None else tuple(_on_picture(opened_page, size, box) for box in marked)
        return PagePicture(page, len(document), *size, pixels, marks)


def _check_size(page: int, size: tuple[float, float], pixels: float) -> None:
    if not 0 < pixels < _MOST_PIXELS:
        wide, high = size
        raise LoadError(f"has a page {page:,} of {wide:,.0f} by {high:,.0f} points, too large to be shown")


def recognised_marks(data: bytes, page: int, quote: str, before: str, first: int, last: int) -> list[Mark]:
    """The marks that `picture` leaves open, by OCR; on a picture that is WHOLE pixels wide and high.

    Takes seconds. LoadError as from `picture`, and if there is no Tesseract.
    """
    if not is_installed():
        raise LoadError(f"has a picture of text on page {page:,}, {NOT_INSTALLED}")

    def found(read: PageText | None) -> list[Box]:
        if read is None:
            return []
        parts = _found_part(read, compared(quote), compared(before)[-_CONTEXT:], page == first, page == last)
        return [_around(read, *ends) for ends in parts]

    if sniff(data) in IMAGES:
        with images.opened(data) as image:
            shown = images.page_of(image, page)
            return [_on_image(shown.size, box) for box in found(images.recognised_page(shown))]
    with opened(data) as document:
        _check(document, page)
        return [_on_picture(document[page - 1], (WHOLE, WHOLE), box) for box in found(read_picture(document[page - 1]))]


def _on_image(size: tuple[float, float], box: Box) -> Mark:
    width, height = size
    left, right = (round(x / width * WHOLE) for x in (box.left, box.right))
    top, bottom = (round((1 - y / height) * WHOLE) for y in (box.top, box.bottom))
    return left, top, right, bottom


def _is_picture(read: PageText) -> bool:
    """Whether what was indexed of a page can only have been read by OCR."""
    return read.pictured or read.garbled


def _check(document: Any, page: int) -> None:
    if not 1 <= page <= len(document):
        raise LoadError(f"has no page {page:,}, only {len(document):,}")


def _boxes(reader: Reader, page: int, read: PageText, found: Sequence[tuple[int, int]]) -> list[Box]:
    return reader.boxes(page - 1, [(read.numbers[start], read.numbers[end] + 1) for start, end in found])


def _around(read: PageText, start: int, end: int) -> Box:
    """The box of the words that these characters of a recognised page lie in."""
    first, last = (bisect_right(read.words, at, key=lambda word: word[0]) for at in (start, end))
    boxes = [box for _, box in read.words[first - 1 : last]]
    return Box(
        min(box.left for box in boxes), min(box.bottom for box in boxes),
        max(box.right for box in boxes), max(box.top for box in boxes),
    )  # fmt: skip


def _without_padding(bitmap: Any) -> bytes:
    rows, used = bytes(bitmap.buffer), 3 * bitmap.width
    return b"".join(rows[row * bitmap.stride : row * bitmap.stride + used] for row in range(bitmap.height))


def _on_picture(page: Any, size: tuple[int, int], box: Box) -> tuple[int, int, int, int]:
    """Where `box` is on a picture of that size, however the page is cut and turned."""
    from pypdfium2 import raw

    corners = []
    for x, y in ((box.left, box.bottom), (box.right, box.top)):
        across, down = ctypes.c_int(), ctypes.c_int()
        raw.FPDF_PageToDevice(page.raw, 0, 0, *size, 0, x, y, ctypes.byref(across), ctypes.byref(down))
        corners.append((min(max(0, across.value), size[0]), min(max(0, down.value), size[1])))
    (left, right), (top, bottom) = map(sorted, zip(*corners, strict=True))
    return left, top, right, bottom


def _found_part(page: PageText, quote: str, before: str, begins: bool, ends: bool) -> list[tuple[int, int]]:
    """As `_found`, of what of the quote is on a page on which it `begins` and `ends`, or not."""
    if begins and ends:
        return _found(page, quote, before)
    if begins or ends:
        low, high = _LEAST_PART - 1, len(quote)  # the longest beginning, or end, that is there
        best: list[tuple[int, int]] = []
        while low < high:
            middle = (low + high + 1) // 2
            found = _found(page, quote[:middle], before) if begins else _found(page, quote[-middle:], "")
            if found:
                low, best = middle, found
            else:
                high = middle - 1
        return best
    return _lines_of(page, quote)


def _lines_of(page: PageText, quote: str) -> list[tuple[int, int]]:
    """The lines and cells of a page that stand in a quote somewhere; their bullets needn't."""
    found = []
    for piece in (piece for line in page.lines for piece in _cells(page.text, line)):
        start = 0 if piece.text in quote else len(piece.text) - len(_BULLET.sub("", piece.text, count=1))
        if len(piece.text) - start >= _LEAST_PART and piece.text[start:] in quote:
            found.append((piece.places[start], piece.places[-1]))
    return found


def stand_on_pages(data: bytes, parts: Sequence[tuple[int, str]]) -> list[bool]:
    """Whether each quote stands on its page (counted from 1) of the PDF in `data`, each page being read by itself.

    A quote whose lines can't be told apart stands there if all of its words do; of a page that has no text of its
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
                or (page is not None and _is_picture(page))
                or (page is not None and bool(_found(page, letters, "")))
                or (page is not None and _words_stand(page, quote))
            )
        return stands


def _words_stand(page: PageText, quote: str) -> bool:
    """Whether a page has each word of a quote as often as that does, be it in two parts where a line ends."""
    left = Counter(word for line in page.lines for cell in _cell_spans(line) for word in _words(cell.of(page.text)))
    for word in _words(quote):
        ends = (at for at in range(1, len(word)) if left[word[:at]] and left[word[at:]])
        at = len(word) if left[word] else next(ends, 0)
        taken = Counter(filter(None, (word[:at], word[at:])))
        if not at or not taken <= left:
            return False
        left -= taken
    return True


def _words(text: str) -> list[str]:
    return [word for word in map(compared, text.split()) if word]


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
    return (_piece(text, span) for span in _cell_spans(line))


def _cell_spans(line: Line) -> Iterator[Span]:
    start = line.start
    for gap in line.gaps:
        yield Span(start, gap.start)
        start = gap.end
    yield Span(start, line.end)


def _piece(text: str, span: Span) -> _Piece:
    characters, places = [], []
    for place in range(span.start, span.end):
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
