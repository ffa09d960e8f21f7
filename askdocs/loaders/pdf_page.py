"""One page of a PDF: its lines as PDFium finds them, and where they stand.

PDFium is asked about lines rather than characters, since each call costs as much as several lines of Python: where a
line begins and ends, and where its words stand only if there may be a gap between two.
"""

from __future__ import annotations

import ctypes
import math
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import TYPE_CHECKING, Any

from askdocs.errors import LoadError
from askdocs.loaders.pdf_forms import Typed, typed_over
from askdocs.loaders.pdf_letters import END_HYPHEN, spelled
from askdocs.loaders.pdf_lines import Box, Gap, Line, PageText, joined, turned

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

_LINE = re.compile(f"[^\r\n{END_HYPHEN}]+{END_HYPHEN}?")
_BLANKS = re.compile(r"\s+")
_GAP = 0.75
"""The width of a blank, as a share of the line's height, from which on it may part columns or cells."""

_SPARSE = 0.45
"""The width of a character, in heights of its line, from which on even a single run of text may have gaps."""

_BACK = 8
"""The same for a step back, as a multiple of the gap, from which on it begins another line."""

_LED = " " * 4
"""What only leaders leave; PDFium gives one blank between words."""

_FEW_RECTANGLES = 16
"""So many runs of text in a line are looked at one by one; with more, its words are."""


@contextmanager
def opened(data: bytes) -> Iterator[PdfDocument]:
    """The PDF in `data`; LoadError with the reason if PDFium can't open it."""
    import pypdfium2
    from pypdfium2.raw import FORMTYPE_ACRO_FORM

    try:
        document = pypdfium2.PdfDocument(data)
        pages = len(document)
    except pypdfium2.PdfiumError as exc:
        raise LoadError(_reason(data, exc)) from exc
    try:
        if pages < 1:
            raise LoadError("has no page")
        if document.get_formtype() == FORMTYPE_ACRO_FORM:
            document.init_forms()
        yield document
    finally:
        document.close()


def _reason(data: bytes, error: Any) -> str:
    from pypdfium2 import raw

    if error.err_code == raw.FPDF_ERR_PASSWORD:
        return "is encrypted with a password; save it without one"
    if error.err_code == raw.FPDF_ERR_SECURITY:
        return "is encrypted in a way that can't be read; save it without encryption"
    if not data.strip():
        return "is empty"
    if b"%PDF" not in data[:2000]:
        return "is not a PDF, whatever its name says"
    return "is damaged: no PDF can be made out in it; save or download it again"


class Reader:
    """Reads the pages of an open PDF; it keeps the memory that PDFium writes its answers into."""

    def __init__(self, document: PdfDocument) -> None:
        from pypdfium2 import raw

        self._raw = raw
        self._document = document.raw
        self._forms = document.formenv
        self._loose = raw.FS_RECTF()
        self._loose_pointer = _pointer(self._loose)
        self._sides = tuple(ctypes.c_double() for _ in range(4))
        self._side_pointers = tuple(map(_pointer, self._sides))
        self._loose_box = _unchecked(raw.FPDFText_GetLooseCharBox)
        self._count_rectangles = _unchecked(raw.FPDFText_CountRects)
        self._get_rectangle = _unchecked(raw.FPDFText_GetRect)
        self._text_page: Any = None  # of the page that is open, and the same for functions that aren't checked
        self._handle = ctypes.c_void_p()
        self._typed: dict[int, Typed | None] = {}  # by the page's index

    def read(self, index: int) -> PageText:
        """The page of this index (from 0); one without text if it is too damaged to be read."""
        raw = self._raw
        with self._opened(index) as page:
            if not self._text_page:
                return PageText("", (), [])
            text, numbers = self._text()
            told = spelled(text)
            text = text if told is None else told
            lines: list[Line] = []
            typed = self._typed[index]
            for match in _LINE.finditer(text):
                if typed and numbers[match.end() - 1] >= typed.first:
                    self._add_typed(lines, text, match.start(), match.end(), numbers, typed)
                elif not match.group().isspace():
                    self._add_lines(lines, text, match.start(), match.end(), numbers)
            if not lines:
                pictured = typed.pictured if typed else raw.FPDFPage_CountObjects(page) > 0
                return PageText("", (), [], pictured=pictured)
            is_over_picture = typed is not None and typed.pictured and not typed.first
            return PageText(text, numbers, lines, pictured=is_over_picture, garbled=told is None)

    def boxes(self, index: int, parts: Sequence[tuple[int, int]]) -> list[Box]:
        """The boxes of stretches of characters, each from PDFium's number of one to that of the one past the last."""
        with self._opened(index):
            return [box for start, end in parts for box in joined(self._rectangles(start, end))]

    @contextmanager
    def _opened(self, index: int) -> Iterator[Any]:
        raw = self._raw
        page = self._load(index)
        self._text_page = raw.FPDFText_LoadPage(page) if page else None
        self._handle = ctypes.cast(self._text_page, ctypes.c_void_p)
        try:
            yield page
        finally:
            if self._text_page:
                raw.FPDFText_ClosePage(self._text_page)
            if page:
                self._close(page)
            self._text_page = None

    def _load(self, index: int) -> Any:
        """Open a page; what was filled into its forms or typed over it is made part of it, after what is printed."""
        raw = self._raw
        page = raw.FPDF_LoadPage(self._document, index)
        if page and index not in self._typed:
            if self._forms:
                raw.FORM_OnAfterLoadPage(page, self._forms)  # which draws what it was left to draw
            self._typed[index] = typed = typed_over(page)
            if typed and raw.FPDFPage_Flatten(page, raw.FLAT_NORMALDISPLAY) == raw.FLATTEN_SUCCESS:
                self._close(page)
                page = raw.FPDF_LoadPage(self._document, index)
        return page

    def _close(self, page: Any) -> None:
        if self._forms:
            self._raw.FORM_OnBeforeClosePage(page, self._forms)
        self._raw.FPDF_ClosePage(page)

    def _text(self) -> tuple[str, Sequence[int]]:
        raw = self._raw
        count = raw.FPDFText_CountChars(self._text_page)
        if count <= 0:
            return "", ()
        buffer = (ctypes.c_ushort * (2 * count + 2))()
        units = max(0, raw.FPDFText_GetText(self._text_page, 0, count, buffer) - 1)
        text = bytes(memoryview(buffer)[:units]).decode("utf-16-le", errors="replace")
        if len(text) == units == count:
            return text, range(count + 1)
        numbers, unit = [], 0
        for character in text:
            numbers.append(unit if units == count else raw.FPDFText_GetCharIndexFromTextIndex(self._text_page, unit))
            unit += 1 + (character > "\uffff")
        return text, [*numbers, count]

    def _add_lines(self, lines: list[Line], text: str, start: int, end: int, numbers: Sequence[int]) -> None:
        """Add the line of these characters, or lines, where it goes back to its beginning: rows taken for one."""
        line = self._line(text, start, end, numbers)
        for gap in line.gaps:
            if gap.right < gap.left:
                lines.append(self._line(text, start, gap.start, numbers))
                start = gap.end
        lines.append(line if start <= line.start else self._line(text, start, end, numbers))

    def _add_typed(
        self, lines: list[Line], text: str, start: int, end: int, numbers: Sequence[int], typed: Typed
    ) -> None:
        """Add the lines of these characters, parted where one box ends and another begins."""
        boxes = [self._box_of(numbers[at], typed) for at in range(start, end)]
        boxes = [boxes[max(0, at - 1)] if text[start + at].isspace() else box for at, box in enumerate(boxes)]
        for box, group in groupby(range(start, end), key=lambda at: boxes[at - start]):
            characters = list(group)
            first, last = characters[0], characters[-1] + 1
            if not text[first:last].isspace():
                before = len(lines)
                self._add_lines(lines, text, first, last, numbers)
                if box in typed.fields:
                    for line in lines[before:]:
                        line.field = Box(*turned(typed.boxes[box], line.turns))

    def _box_of(self, number: int, typed: Typed) -> int:
        """Which box a character is typed in; -1 if none."""
        if number < typed.first:
            return -1
        self._loose_box(self._handle, number, self._loose_pointer)
        loose = self._loose
        x, y = (loose.left + loose.right) / 2, (loose.bottom + loose.top) / 2
        return next(
            (at for at, box in enumerate(typed.boxes) if box.left <= x <= box.right and box.bottom <= y <= box.top), -1
        )

    def _line(self, text: str, start: int, end: int, numbers: Sequence[int]) -> Line:
        raw, loose, pointer = self._raw, self._loose, self._loose_pointer
        while text[start].isspace():
            start += 1
        while text[end - 1].isspace():
            end -= 1
        first, last = numbers[start], numbers[end - 1]
        self._loose_box(self._handle, first, pointer)
        left, bottom, right, top = loose.left, loose.bottom, loose.right, loose.top
        line = Line(text[start:end], start, end, left, bottom, right, top)
        if last == first:
            return line
        self._loose_box(self._handle, last, pointer)
        if loose.left < left or abs(loose.bottom - bottom) > top - bottom:
            angle = raw.FPDFText_GetCharAngle(self._text_page, first)  # with the clock
            line.turns = -round(angle / (math.pi / 2)) % 4
        if line.turns:
            box = Box(min(left, loose.left), min(bottom, loose.bottom), max(right, loose.right), max(top, loose.top))
            line.left, line.bottom, line.right, line.top = turned(box, line.turns)
            return line
        line.left, line.right = min(left, loose.left), max(right, loose.right)
        if top - bottom < loose.top - loose.bottom < 1.6 * (top - bottom):
            line.bottom, line.top = loose.bottom, loose.top
        rectangles = self._count_rectangles(self._handle, first, last + 1 - first)
        is_sparse = line.right - line.left > _SPARSE * line.height * (end - start)
        is_led = _LED in text[start:end]
        if rectangles > 1 or is_sparse or is_led:
            blanks = [match.span() for match in _BLANKS.finditer(text, start, end)]
            width = _GAP * line.height
            if rectangles <= _FEW_RECTANGLES and not is_sparse and not is_led:
                blanks = self._blanks_between(rectangles, width, blanks, numbers)
            line.gaps = tuple(self._gaps(blanks, numbers, width))
        return line

    def _blanks_between(
        self, count: int, width: float, blanks: list[tuple[int, int]], numbers: Sequence[int]
    ) -> list[tuple[int, int]]:
        """Those of the blanks that lie where two rectangles stand apart."""
        get, (left, _, right, _), pointers = self._get_rectangle, self._sides, self._side_pointers
        apart: list[float] = []
        before, end = -math.inf, math.inf
        for number in range(count):
            get(self._handle, number, *pointers)
            start = left.value
            if start < before:
                return blanks  # not from left to right
            if start - end > width:
                apart.append(start - width / 2)
            before, end = start, right.value
        found = (bisect_left(blanks, x, key=lambda blank: self._left(numbers[blank[1]])) for x in apart)
        return [blanks[at] for at in dict.fromkeys(found) if at < len(blanks)]

    def _left(self, number: int) -> float:
        self._loose_box(self._handle, number, self._loose_pointer)
        return float(self._loose.left)

    def _gaps(self, blanks: Sequence[tuple[int, int]], numbers: Sequence[int], width: float) -> Iterator[Gap]:
        loose, pointer, box_of = self._loose, self._loose_pointer, self._loose_box
        for before, after in blanks:
            box_of(self._handle, numbers[before - 1], pointer)
            right = loose.right
            box_of(self._handle, numbers[after], pointer)
            if not -_BACK * width < loose.left - right <= width:
                yield Gap(right, loose.left, before, after)

    def _rectangles(self, start: int, end: int) -> list[Box]:
        count = self._count_rectangles(self._handle, start, end - start)
        return [self._rectangle(number) for number in range(count)]

    def _rectangle(self, number: int) -> Box:
        self._get_rectangle(self._handle, number, *self._side_pointers)
        left, top, right, bottom = (side.value for side in self._sides)
        return Box(left, bottom, right, top)


def _pointer(value: Any) -> ctypes.c_void_p:
    return ctypes.c_void_p(ctypes.addressof(value))


def _unchecked(function: Any) -> Any:
    """A function of PDFium's that takes what it is given as it is, in two fifths of the time.

    Its arguments must be int (for a C int) or instances of the ctypes that it declares, pointers as c_void_p. What the
    pointers lead to must be kept by the caller.
    """
    return ctypes.cast(function, ctypes.PYFUNCTYPE(ctypes.c_int))
