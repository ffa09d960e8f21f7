"""Documents against their files: the text is what the file says, and each passage stands where a person is sent to.

What is text itself is decoded, everything else loaded once more in the process for parsers. A file that has changed
makes an index old, not wrong, and so does a loader that has: another askdocs reads the same file otherwise.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, takewhile
from typing import Self

from askdocs.catalog.records import FileState, StoredChunk, StoredDocument, shown_path
from askdocs.errors import LoadError
from askdocs.indexing.files import FoundFile, content_hash, read_found
from askdocs.loaders import READ_AS_TEXT, media_type
from askdocs.loaders.isolated import WORKER, IsolatedLoader, loader
from askdocs.loaders.members import members
from askdocs.locators import Locators
from askdocs.types import Document, Place, Span, Unit
from askdocs.verifying.audit import AuditedCatalog
from askdocs.verifying.findings import Findings

_UNNOTICED = "has changed since it was indexed, but not its size and time; `askdocs index --full` reads it"
_OTHERWISE = (
    "is the same file, but this askdocs reads it otherwise than it was read; `askdocs verify --repair` and then "
    "`askdocs index` bring that in"
)


class FilesAgain:
    """Files read anew, each once if the documents in it come one after the other."""

    def __init__(self, catalog: AuditedCatalog, findings: Findings, *, ocr: bool) -> None:
        self._catalog = catalog
        self._findings = findings
        self._loader = loader(ocr=ocr)
        self._pages = IsolatedLoader(command=(*WORKER, "pages"))
        self._path: str | None = None
        self._data: bytes | None = None
        self._loaded: dict[tuple[str, ...], Document] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._loader.close()
        self._pages.close()

    def check(
        self, stored: StoredDocument, text: str, chunks: Sequence[StoredChunk], wrong: Callable[[str], None]
    ) -> None:
        """Call `wrong` for all that is wrong with a document by its file, if that is still the one that was indexed."""
        if self._path != stored.absolute_path:
            self._path, self._loaded = stored.absolute_path, None
            self._data = self._unchanged(stored)
        if self._data is None:
            return
        kind, encoding = self._catalog.document_format(stored.id)
        document: Document | None = None
        if kind in READ_AS_TEXT and not stored.inside:
            try:
                decoded = self._data.decode(encoding)
            except (LookupError, UnicodeDecodeError):
                wrong(f"its file is not {encoding!r}, in which it is said to be written")
                return
            if decoded != text:
                wrong("its text is not that of its file")
                return
            if all(item.chunk.locator.unit is Unit.LINES for item in chunks):
                document = Document(stored.absolute_path, kind, encoding, text, None, (), ())
        document = document or self._document(stored, text)
        if document:
            _check_places(document, chunks, wrong)
            if document.media_type == "application/pdf" and not stored.inside:
                self._check_pages(document, self._data, chunks, wrong)

    def _unchanged(self, stored: StoredDocument) -> bytes | None:
        """The file's bytes if it is what was indexed; else it is noted as pending."""
        name = shown_path(stored.absolute_path)
        try:
            state = FileState.of(os.stat(stored.absolute_path))
            data = read_found(FoundFile(stored.source, stored.relative_path, state))
        except (FileNotFoundError, NotADirectoryError):
            self._findings.note_pending(name, "is gone")
            return None
        except (OSError, LoadError) as exc:
            self._findings.note_pending(
                name, str(exc) if isinstance(exc, LoadError) else f"can't be read: {exc.strerror}"
            )
            return None
        if content_hash(data) != stored.content_hash:
            unnoticed = state == stored.state
            self._findings.note_pending(name, _UNNOTICED if unnoticed else "has changed since it was indexed")
            return None
        return data

    def _document(self, stored: StoredDocument, text: str) -> Document | None:
        """What this askdocs reads in the file if that has the `text` that was indexed; else it is noted as pending."""
        path = stored.absolute_path
        if self._loaded is None:
            self._loaded = {}
            try:
                loaded = self._loader.load_where_safe(path, media_type(path) or "", self._data or b"")
            except LoadError as exc:
                self._findings.note_pending(
                    shown_path(path), f"could be read when it was indexed, and now can't: {exc}"
                )
                self._data = None
                return None
            self._loaded = dict(members(loaded))
            self._findings.files_read += 1
        document = self._loaded.get(stored.inside)
        if document is None or document.text != text:
            self._findings.read_otherwise.add(stored.id)
            self._findings.note_pending(stored.info.full_path, _OTHERWISE)
            return None
        return document

    def _check_pages(
        self, document: Document, data: bytes, chunks: Sequence[StoredChunk], wrong: Callable[[str], None]
    ) -> None:
        """Check that each part of a passage is found on its page when that page alone is read."""
        parts = [
            (number, page, span.of(document.text))
            for number, item in enumerate(chunks, start=1)
            for page, span in _by_page(document.places, item.chunk.span)
        ]
        try:
            stands = self._pages.ask(data, [(page, quote) for _, page, quote in parts])
        except LoadError as exc:
            stands = str(exc)
        if not isinstance(stands, list) or len(stands) != len(parts):
            reason = f"has pages that can't be looked at one by one: {stands}"
            self._findings.note_pending(shown_path(document.path), reason)
            return
        for (number, page, _), stands_there in zip(parts, stands, strict=True):
            if not stands_there:
                wrong(f"passage {number} is not on page {page:,}")


def _by_page(places: Sequence[Place], span: Span) -> Iterator[tuple[int, Span]]:
    """The parts of `span` on each page: the page's number, and the part."""
    first = bisect_right(places, span.start, key=lambda place: place.span.end)
    for place in takewhile(lambda place: place.span.start < span.end, islice(places, first, None)):
        yield place.number, Span(max(span.start, place.span.start), min(span.end, place.span.end))


def _check_places(document: Document, chunks: Sequence[StoredChunk], wrong: Callable[[str], None]) -> None:
    """Check that each passage is found when nothing but its locator is known."""
    locators = Locators(document)
    for number, item in enumerate(chunks, start=1):
        try:
            span = locators.span(item.chunk.locator)
        except TypeError:  # what is stored of it are no numbers
            span = None
        if span is None or item.chunk.text not in span.of(document.text):
            wrong(f"passage {number} is not where it is cited")
