"""A page as a person sees it: where a quote stands on it, and its picture."""

from __future__ import annotations

import ctypes
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from askdocs.errors import LoadError
from askdocs.loaders import images
from askdocs.loaders.kinds import IMAGES
from askdocs.loaders.ocr import NOT_INSTALLED, is_installed, read_picture
from askdocs.loaders.pdf_letters import compared
from askdocs.loaders.pdf_lines import Box, PageText
from askdocs.loaders.pdf_page import Reader, opened
from askdocs.loaders.quote_on_page import lines_in, stretches, words_stand
from askdocs.loaders.sniffing import sniff

WHOLE = 10_000
"""Into so many parts width and height of a page are divided for marks that are made before its picture."""

_MOST_PIXELS = 40_000_000

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
        return _boxes(reader, page, read, stretches(read, quote, before))


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
            stands.append(_stands_on(pages.get(number), quote))
        return stands


def _stands_on(page: PageText | None, quote: str) -> bool:
    if page is None or not compared(quote):
        return not compared(quote)
    return _is_picture(page) or bool(stretches(page, quote)) or words_stand(page, quote)


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
            found = stretches(read, quote, before, begins=page == first, ends=page == last)
            if slides:
                found = found or lines_in(read, quote)
            marked = None if _is_picture(read) and not (found or slides) else _boxes(reader, page, read, found)
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
        parts = stretches(read, quote, before, begins=page == first, ends=page == last)
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
