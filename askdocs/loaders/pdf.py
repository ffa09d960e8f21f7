"""PDF: PDFium reads the pages; lines become paragraphs in reading order, without running heads and page numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from askdocs.errors import LoadError
from askdocs.loaders.ocr import HELP, NOT_INSTALLED, is_installed, read_picture
from askdocs.loaders.ocr import MOST_PAGES as MOST_RECOGNISED
from askdocs.loaders.pdf_captions import with_captions
from askdocs.loaders.pdf_forms import with_fields
from askdocs.loaders.pdf_headings import Mark, large_title, marks
from askdocs.loaders.pdf_hyphens import Hyphens
from askdocs.loaders.pdf_info import Info, read_info
from askdocs.loaders.pdf_layout import Paragraph, in_order
from askdocs.loaders.pdf_letters import END_HYPHEN, folded
from askdocs.loaders.pdf_lines import Line, PageText
from askdocs.loaders.pdf_page import Reader, opened
from askdocs.loaders.pdf_running import without_running
from askdocs.loaders.pdf_tables import with_tables
from askdocs.types import Block, BlockKind, Document, Heading, Place, Span, Unit

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

_NONE_READ = "and Tesseract reads nothing in them"

MOST_PAGES = 20_000
MOST_CHARACTERS = 50_000_000

_OPEN_END = re.compile(r"[\w,\-\u2010\u00ad\ufffe)]$")
_BLANKS = re.compile(r"\s+")


def load_pdf(path: str, data: bytes, *, ocr: bool = False) -> Document:
    """A PDF; its headings are its outline's, or else told by their size. With `ocr`, pictures of text are read too."""
    with opened(data) as document:
        if len(document) > MOST_PAGES:
            raise LoadError(f"has {len(document):,} pages, and more than {MOST_PAGES:,} are not read; split it")
        pages = list(_pages(Reader(document), len(document)))
        if ocr:
            _recognise(document, pages)
        info = read_info(document)
    if not any(map(_readable, pages)):
        raise LoadError(_nothing(pages, ocr))
    return document_of(path, "application/pdf", pages, info, _warning(pages, ocr))


def document_of(path: str, media_type: str, pages: Sequence[PageText], info: Info, warning: str | None) -> Document:
    """The document that pages make, of which some can be read; `info` is what it says of itself."""
    lines = list(map(_readable, pages))
    body = _body_height(lines)
    kept = without_running(lines, info.labels, body)
    read = list(with_tables(with_fields(in_order(page)) for page in (kept if any(kept) else lines)))
    headings = marks(read, info.outline, body)
    writer = _Writer(Hyphens(line.text for page in read for paragraph in page for line in paragraph.lines))
    writer.write(read, list(with_captions(read, headings)), info.labels)
    about = info.about
    return Document(
        path=path,
        media_type=media_type,
        encoding="",
        text="".join(writer.parts),
        title=about.title or _title(read[0], body, headings),
        headings=tuple(writer.headings),
        blocks=tuple(writer.blocks),
        unit=Unit.PAGES,
        places=tuple(writer.places),
        author=about.author,
        date=about.date,
        tags=about.tags,
        language=about.language,
        warning=warning,
    )


def _readable(page: PageText) -> list[Line]:
    if page.garbled:
        return []
    return [line for line in page.lines if line.text.isprintable() or folded(line.text).strip()]


class _Writer:
    """Writes the document's text: paragraphs apart and each on one line, rows and items on lines of their own."""

    def __init__(self, hyphens: Hyphens) -> None:
        self.parts: list[str] = []
        self.blocks: list[Block] = []
        self.headings: list[Heading] = []
        self.places: list[Place] = []
        self._hyphens = hyphens
        self._length = 0
        self._block_start = 0
        self._block_kind = BlockKind.PARAGRAPH
        self._last: Paragraph | None = None

    def write(self, pages: Sequence[Sequence[Paragraph]], headings: Sequence[Mark], labels: Sequence[str]) -> None:
        """Write all pages; `headings` are in order."""
        ahead = list(reversed(headings))
        for number, page in enumerate(pages):
            page_start: int | None = None
            for at, paragraph in enumerate(page):
                start = self._begin(paragraph)
                if page_start is None:
                    page_start = start
                    self._end_page(start)
                parts = len(self.parts)
                self._put(paragraph)
                while ahead and (ahead[-1].page, ahead[-1].paragraph) <= (number, at):
                    self._head(ahead.pop(), start, parts)
            if page_start is not None:
                self.places.append(Place(Span(page_start, self._length), number + 1, labels[number]))
        self._end_block()

    def _head(self, mark: Mark, start: int, parts: int) -> None:
        """The heading that the last paragraph is or stands under; it begins at `start`, and with part `parts`.

        The first word of what follows a table is one without a title, so that no passage holds both.
        """
        span = Span(max(0, start - 1), max(0, start - 1))
        if mark.within:
            span = Span(start, self._length)
        elif not mark.title and self._block_kind is BlockKind.HEADING:
            span = Span(start, start)
        elif not mark.title and self._block_start == start:
            span = Span(start, start + len("".join(self.parts[parts:]).split(maxsplit=1)[0]))
            self.blocks.append(Block(BlockKind.HEADING, span))
            self._block_start = span.end
        self.headings.append(Heading(mark.level, mark.title, span))

    def _begin(self, paragraph: Paragraph) -> int:
        """Part the paragraph from what comes before; says where it starts."""
        last = self._last
        if last is None:
            self._block_kind = paragraph.kind
            return 0
        if _is_rest(last, paragraph):
            self._length -= len(self.parts.pop())
            self._add(_clean(self._hyphens.ended(last.lines[-1].text, paragraph.lines[0].text)))
        elif last.kind is paragraph.kind is BlockKind.LIST:
            self._add("\n")
        else:
            self._end_block()
            self._add("\n" if last.names and last.kind is BlockKind.HEADING else "\n\n")
            self._block_start, self._block_kind = self._length, paragraph.kind
        return self._length

    def _put(self, paragraph: Paragraph) -> None:
        lines = paragraph.lines
        are_rows = paragraph.kind is BlockKind.TABLE or bool(paragraph.names)
        for line, following in pairwise(lines):
            if are_rows:
                self._add(_row(line) + "\n")
            else:
                self._add(_clean(self._hyphens.ended(line.text, following.text)))
        self._add(_row(lines[-1]) if are_rows else _whole(lines[-1].text))
        self._last = Paragraph(self._block_kind, lines, paragraph.names)

    def _end_page(self, end: int) -> None:
        """Let the last page end by `end`: what it lost was the hyphen of a word that goes on overleaf."""
        if self.places and self.places[-1].span.end > end:
            last = self.places[-1]
            self.places[-1] = Place(Span(last.span.start, end), last.number, last.label)

    def _end_block(self) -> None:
        if self._block_start < self._length:
            self.blocks.append(Block(self._block_kind, Span(self._block_start, self._length)))

    def _add(self, text: str) -> None:
        self.parts.append(text)
        self._length += len(text)


def _is_rest(last: Paragraph, paragraph: Paragraph) -> bool:
    """Whether a paragraph that stands apart (on the next page, in the next column) is the rest of the last one."""
    if paragraph.kind is not BlockKind.PARAGRAPH or last.kind not in (BlockKind.PARAGRAPH, BlockKind.LIST):
        return False
    above, line = last.lines[-1], paragraph.lines[0]
    return (
        line.text[0].islower()
        and _OPEN_END.search(above.text) is not None
        and line.turns == above.turns
        and 0.9 * above.height < line.height < 1.1 * above.height
    )


def _row(line: Line) -> str:
    """A line with its cells apart."""
    cells, start = [], line.start
    for gap in line.gaps:
        cells.append(line.text[start - line.start : gap.start - line.start])
        start = gap.end
    return "  ".join(map(_whole, [*cells, line.text[start - line.start :]]))


def _whole(text: str) -> str:
    return _clean(text[:-1] + "-" if text.endswith(END_HYPHEN) else text)


def _clean(text: str) -> str:
    text = folded(text)
    return _BLANKS.sub(" ", text) if "  " in text else text


def _title(page: Sequence[Paragraph], body: float, headings: Sequence[Mark]) -> str | None:
    """What is printed largest on the first page, unless the outline says that it names a part."""
    title = large_title(page, body)
    return None if any(mark.title == title for mark in headings if not mark.by_size) else title


def _pages(reader: Reader, count: int) -> Iterator[PageText]:
    characters = 0
    for index in range(count):
        page = reader.read(index)
        characters += len(page.text)
        if characters > MOST_CHARACTERS:
            raise LoadError(f"has more than {MOST_CHARACTERS:,} characters; split it")
        yield page


def _recognise(document: PdfDocument, pages: list[PageText]) -> None:
    """Put in place of pages without text that can be told what Tesseract reads there, as far as it is installed."""
    unread = [index for index, page in enumerate(pages) if page.pictured or page.garbled]
    if is_installed():
        for index in unread[:MOST_RECOGNISED]:
            read = read_picture(document[index])
            if read and read.lines:
                pages[index] = read


def _nothing(pages: Sequence[PageText], ocr: bool) -> str:
    if ocr and any(page.garbled or page.pictured for page in pages):
        return f"has no text, only pictures of it (it is scanned), {_NONE_READ if is_installed() else NOT_INSTALLED}"
    if any(page.garbled for page in pages):
        return f"has text, but its fonts don't tell which letters they draw; {HELP}, or print it anew as PDF"
    if any(page.pictured for page in pages):
        return f"has no text, only pictures of it (it is scanned); {HELP}"
    return "has no text"


def _warning(pages: Sequence[PageText], ocr: bool) -> str | None:
    said = reading_warning(pages)
    if ocr and not is_installed() and any(page.pictured or page.garbled for page in pages):
        return f"{said}; {NOT_INSTALLED}"
    return said


def reading_warning(pages: Sequence[PageText]) -> str | None:
    """Which of the pages were not simply read."""
    said = []
    for number, what in (
        (sum(page.recognised for page in pages), "read by OCR"),
        (sum(page.pictured and not page.lines for page in pages), "no text"),
        (sum(page.pictured and bool(page.lines) for page in pages), "no text but what was typed over it"),
        (sum(page.garbled for page in pages), "text whose letters can't be told"),
    ):
        if number:
            verb = "" if what == "read by OCR" else "has " if number == 1 else "have "
            said.append(f"{number:,} of {len(pages):,} pages {verb}{what}")
    return "; ".join(said) or None


def _body_height(pages: Iterable[Iterable[Line]]) -> float:
    """The height of the lines that hold most of the text."""
    heights: Counter[float] = Counter()
    for lines in pages:
        for line in lines:
            heights[round(line.top - line.bottom, 1)] += line.end - line.start
    return heights.most_common(1)[0][0]
