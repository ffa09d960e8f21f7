"""Citations of earlier answers, and where they stand now."""

from __future__ import annotations

import os
from dataclasses import replace

from askdocs.catalog.catalog import Catalog
from askdocs.catalog.records import StoredDocument
from askdocs.indexing.freshness import FilesNow, nearest
from askdocs.locators import Locators
from askdocs.types import Citation, Document, Freshness, Heading, Reading, Unit


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
