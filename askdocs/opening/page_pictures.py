"""The pages of a cited document as pictures, with the quote marked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from askdocs.catalog.catalog import Catalog
from askdocs.errors import LoadError, UsageError
from askdocs.indexing.files import content_hash, read_file
from askdocs.loaders import media_type
from askdocs.loaders.isolated import IsolatedLoader, contents, marks, pictures
from askdocs.opening.presentations import Conversion
from askdocs.types import Citation, Unit

if TYPE_CHECKING:
    from askdocs.loaders.page_view import Mark, PagePicture

_CONVERTED = 4
"""So many PDFs of presentations are kept."""

_BEFORE_QUOTE = 1_000
"""Characters that tell which of several occurrences on a page a quote is."""


class PagePictures:
    """The pages, or slides, of the document that a citation is of, for as long as somebody looks at them.

    `picture` and `find_quote` are for one thread at a time each, and may be called side by side; `close` may be called
    at any time and ends both.
    """

    def __init__(self, catalog: Catalog, citation: Citation, converted: dict[bytes, bytes], *, ocr: bool) -> None:
        """Raises UsageError if the document has no pages, or is no longer there.

        The PDFs that are made of presentations are kept in `converted`, by the hash of these; `ocr` is how the document
        was indexed.
        """
        found = catalog.document(citation.document.id)
        if found is None:
            raise UsageError(f"{citation.document.full_path} is no longer in your documents; ask again")
        if not citation.locator.unit.is_shown:
            raise UsageError(f"{citation.document.full_path} has no pages that could be shown")
        self._stored, text, _ = found
        span, locator = citation.span, citation.locator
        before = text[max(0, span.start - _BEFORE_QUOTE) : span.start]
        self._is_slides = locator.unit is Unit.SLIDES
        self._quote = (citation.quote, before, locator.start, locator.end)
        self._data: bytes | None = None
        self._recognised: dict[int, list[Mark]] = {}
        self._ocr = ocr
        self._converted = converted
        self._conversion = Conversion()
        self._contents, self._pictures, self._marks = contents(), pictures(), marks()

    def close(self) -> None:
        """End whatever goes on."""
        for process in (self._contents, self._conversion, self._pictures, self._marks):
            process.close()

    def picture(self, page: int, width: int) -> PagePicture:
        """A page (counted from 1), `width` pixels wide, with the quote marked.

        Its marks are None where only `find_quote` can tell them. Raises UsageError if there is no such page, or the
        document can't be read.
        """
        from askdocs.loaders.page_view import PagePicture

        picture = PagePicture(*self._ask(self._pictures, page, width, *self._quote, self._is_slides))
        if picture.marks is None and page in self._recognised:
            size = picture.width, picture.height
            picture = replace(picture, marks=tuple(_scaled(mark, size) for mark in self._recognised[page]))
        return picture

    def find_quote(self, page: int) -> None:
        """Read a page of which `picture` has no marks by OCR, which takes seconds, so that it has some from now on.

        Raises UsageError if that can't be; `picture` then finds none.
        """
        try:
            self._recognised[page] = self._ask(self._marks, page, *self._quote)
        except UsageError:
            self._recognised[page] = []
            raise

    def _ask(self, process: IsolatedLoader, *request: object) -> Any:
        """What a process makes of the document and what is wanted of it; UsageError with the reason if it can't."""
        if self._data is None:
            self._data = self._content()
        return _answer(self._stored.info.full_path, process, self._data, *request)

    def _content(self) -> bytes:
        """The document's bytes, from whatever it lies in."""
        path = self._stored.absolute_path
        try:
            data = read_file(path)
        except LoadError as exc:
            raise UsageError(f"{self._stored.info.path} {exc}") from exc
        if inside := self._stored.inside:
            kind = media_type(path) or ""
            data = _answer(self._stored.info.path, self._contents, path, kind, data, inside, self._ocr)
            self._contents.close()
        return self._slides(data) if self._is_slides else data

    def _slides(self, data: bytes) -> bytes:
        """A PDF of a presentation, of which the last few are kept."""
        digest = content_hash(data)
        if made := self._converted.get(digest):
            return made
        try:
            made = self._conversion.pdf(data)
        except LoadError as exc:
            raise UsageError(f"{self._stored.info.full_path} {exc}") from exc
        self._converted[digest] = made
        for old in list(self._converted)[:-_CONVERTED]:
            self._converted.pop(old, None)
        return made


def _answer(name: str, process: IsolatedLoader, *request: object) -> Any:
    """What a process makes of a request; UsageError with the reason, about what is called so, if it can't."""
    try:
        answer = process.ask(*request)
    except LoadError as exc:
        answer = str(exc)
    if isinstance(answer, str):
        raise UsageError(f"{name} {answer}")
    return answer


def _scaled(mark: Mark, size: tuple[int, int]) -> Mark:
    """A mark on a picture of that size."""
    from askdocs.loaders.page_view import WHOLE

    (left, top, right, bottom), (width, height) = mark, size
    return left * width // WHOLE, top * height // WHOLE, right * width // WHOLE, bottom * height // WHOLE
