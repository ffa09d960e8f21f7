"""Files as they are now against what was indexed of them: are they the same, and where does a passage stand?"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from dataclasses import replace

from askdocs.catalog.records import FileState, StoredChunk, StoredDocument
from askdocs.errors import LoadError
from askdocs.indexing.files import content_hash, read_file
from askdocs.loaders import media_type
from askdocs.loaders.isolated import IsolatedLoader
from askdocs.loaders.members import members
from askdocs.locators import Locators
from askdocs.types import Document, Freshness

MOST_COMPARED = 50_000_000
"""Bytes of files that are read, all in all, to tell whether they say what was indexed."""

MOST_LOADED = 2_000_000
"""Bytes of changed files that are loaded again: dense Markdown takes seconds a megabyte."""

LONGEST_LOAD = 5.0
"""Seconds for a file whose parser runs in a process of its own, with all that is inside."""


class FilesNow:
    """The files of documents as they are now: each is looked at once, and read only if size, time or inode differ.

    What can't be read, or is more than an answer can wait for, can't be vouched for.
    """

    def __init__(self) -> None:
        self._states: dict[str, FileState | None] = {}
        self._same: dict[str, bool] = {}
        self._documents: dict[str, dict[tuple[str, ...], Document]] = {}
        self._locators: dict[int, Locators] = {}
        self._comparable, self._loadable = MOST_COMPARED, MOST_LOADED

    def exists(self, stored: StoredDocument) -> bool:
        return self._state(stored) is not None

    def is_same(self, stored: StoredDocument) -> bool:
        """Whether the file says what was indexed: by its state, else by its content."""
        state = self._state(stored)
        if state == stored.state:
            return True
        if state is None or state.size != stored.state.size:
            return False
        path = stored.absolute_path
        if path not in self._same:
            self._same[path] = False
            if state.size <= self._comparable:
                self._comparable -= state.size
                with suppress(LoadError):
                    self._same[path] = content_hash(read_file(path)) == stored.content_hash
        return self._same[path]

    def document(self, stored: StoredDocument) -> Document | None:
        """What the file says, or a document inside it; None if that can't be told."""
        path = stored.absolute_path
        if path not in self._documents:
            self._documents[path] = {}
            state = self._state(stored)
            if state and state.size <= self._loadable:
                self._loadable -= state.size
                self._documents[path] = _loaded(path)
        return self._documents[path].get(stored.inside)

    def standing(self, stored: StoredChunk) -> tuple[StoredChunk, Freshness]:
        """A passage where it stands in its file now; as it was indexed if it stands there no more."""
        if self.is_same(stored.document):
            return stored, Freshness.CURRENT
        document = self.document(stored.document)
        chunk = stored.chunk
        start = nearest(document.text, chunk.text, chunk.span.start) if document else None
        if document is None or start is None:
            return stored, Freshness.OUTDATED
        if stored.document.id not in self._locators:
            self._locators[stored.document.id] = Locators(document)
        span = chunk.span.shifted(start - chunk.span.start)
        locator = self._locators[stored.document.id].locator(span)
        return replace(stored, chunk=replace(chunk, span=span, locator=locator)), Freshness.EDITED

    def _state(self, stored: StoredDocument) -> FileState | None:
        path = stored.absolute_path
        if path not in self._states:
            self._states[path] = _state(path)
        return self._states[path]


def nearest(text: str, quote: str, near: int) -> int | None:
    """Where `quote` stands in `text`, nearest to the offset `near`; None if nowhere."""
    after = text.find(quote, near)
    before = text.rfind(quote, 0, near + len(quote))
    return min((at for at in (before, after) if at >= 0), key=lambda at: abs(at - near), default=None)


def _state(path: str) -> FileState | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return FileState.of(status) if stat.S_ISREG(status.st_mode) else None


def _loaded(path: str) -> dict[tuple[str, ...], Document]:
    """The documents in a file; none if it can't be read (indexing will say why)."""
    try:
        with IsolatedLoader(LONGEST_LOAD, with_all_inside=1) as loader:
            return dict(members(loader.load_where_safe(path, media_type(path) or "", read_file(path))))
    except Exception:  # a parser's bug is no reason to have no answer
        return {}
