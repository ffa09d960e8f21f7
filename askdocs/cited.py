"""Citations of earlier answers: where they stand now, and the page that one is on as a picture."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from askdocs.catalog import Catalog
from askdocs.errors import LoadError, UsageError
from askdocs.files import read_file
from askdocs.freshness import FilesNow, nearest
from askdocs.loaders.isolated import picture
from askdocs.locators import Locators
from askdocs.records import StoredDocument
from askdocs.types import Citation, Document, Freshness, Heading, Reading, Unit

if TYPE_CHECKING:
    from askdocs.loaders.pdf_view import PagePicture

_BEFORE_QUOTE = 1_000
"""Characters that tell which of several occurrences on a page a quote is."""


def reading(catalog: Catalog, citation: Citation, files: FilesNow) -> Reading | None:
    """A citation as it is now, in its file or in what is indexed of it; None if its document is gone."""
    found = document_now(catalog, citation)
    if found is None or not files.exists(found[0]):
        return None
    stored, text, headings = found
    indexed = Document(stored.absolute_path, "", "", text, stored.title, headings, ())
    citation = replace(citation, document=stored.info)
    stands = citation.span.of(indexed.text) == citation.quote
    same = files.is_same(stored)
    if same and stands:
        return Reading(replace(citation, freshness=Freshness.CURRENT), indexed.text, stands, indexed.headings)
    # Places other than lines are known to the file alone.
    current = indexed if same and citation.locator.unit is Unit.LINES else files.document(stored)
    start = nearest(current.text, citation.quote, citation.span.start) if current else None
    if current is None or start is None:
        return Reading(replace(citation, freshness=Freshness.OUTDATED), indexed.text, stands, indexed.headings)
    by = start - citation.span.start
    span = citation.span.shifted(by)
    moved = replace(
        citation,
        span=span,
        locator=Locators(current).locator(span),
        evidence=tuple(part.shifted(by) for part in citation.evidence),
        freshness=Freshness.CURRENT if same else Freshness.EDITED,
    )
    return Reading(moved, current.text, stands=True, headings=current.headings)


def document_now(catalog: Catalog, citation: Citation) -> tuple[StoredDocument, str, tuple[Heading, ...]] | None:
    """The document of a citation with its text and headings, which may have been indexed anew and have another id."""
    if found := catalog.document(citation.document.id):
        return found
    again = catalog.document_at(os.path.abspath(citation.document.path), citation.document.inside)
    return None if again is None else catalog.document(again)


def page_picture(catalog: Catalog, citation: Citation, page: int, width: int) -> PagePicture:
    """A page (counted from 1) of the PDF that `citation` is of, `width` pixels wide, with its quote marked.

    Raises UsageError if there is no such document any more, it has no such page, or it can't be read.
    """
    found = document_now(catalog, citation)
    if found is None:
        raise UsageError(f"{citation.document.full_path} is no longer in your documents; ask again")
    if citation.locator.unit is not Unit.PAGES or citation.document.inside:
        raise UsageError(f"{citation.document.full_path} has no pages of its own that could be shown")
    stored, text, _ = found
    before = text[max(0, citation.span.start - _BEFORE_QUOTE) : citation.span.start]
    locator = citation.locator
    try:
        data = read_file(stored.absolute_path)
        return picture(data, page, width, citation.quote, before, locator.start, locator.end)
    except LoadError as exc:
        raise UsageError(f"{stored.info.path} {exc}") from exc
