"""What could hide an answer: files that the catalogue doesn't hold as they are. Looked for quickly, or not to the end.

Files are told apart by size, time and inode. Of those that differ a few are read, so that one that was only touched
counts for nothing. A deleted file hides no answer.
"""

from __future__ import annotations

import os
import time
from collections.abc import Container
from dataclasses import dataclass, field

from askdocs.catalog.catalog import Catalog
from askdocs.catalog.records import Source, shown_path
from askdocs.indexing.files import LeftOut, is_there, walk
from askdocs.indexing.freshness import FilesNow
from askdocs.loaders import CONTAINERS, media_type
from askdocs.loaders.kinds import UNREAD
from askdocs.searching.question import DocumentFilter
from askdocs.wording import count, first_of

LOOK_SECONDS = 2.0
"""How much longer a question that isn't answered may take, to know whether that can be believed."""

_NAMED = 3
_LONGEST_PATH = 40
_MOST_COMPARED = 20


@dataclass(slots=True)
class Pending:
    """What differs between the files and the catalogue, as paths; not all of it if the look was not `finished`."""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    emptied: list[str] = field(default_factory=list)
    broken_off: bool = False
    finished: bool = True

    @property
    def hides(self) -> bool:
        """Whether an answer could be in what the catalogue doesn't hold."""
        return any((self.new, self.changed, self.failed, self.missing, self.emptied, self.broken_off))

    @property
    def warnings(self) -> list[str]:
        """Each kind counted, a few files of it named, and what to do about it."""
        said = []
        if self.broken_off:
            said.append(
                "the last indexing has not come to its end; if it isn't under way any more, run `askdocs index`"
            )
        said += [f"{path} is not there; if it is gone for good, run `askdocs forget {path}`" for path in self.missing]
        said += [
            f"nothing that was indexed from {path} is there any more; if it should be, see whether its drive is mounted"
            for path in self.emptied
        ]
        for paths, what, help_ in (
            (self.new, "not indexed yet", "run `askdocs index`"),
            (self.changed, "changed since indexing", "run `askdocs index`"),
            (self.failed, "could not be read", "`askdocs status` says why"),
        ):
            if paths:
                named = first_of([_short(path) for path in paths], _NAMED)
                said.append(f"{count(len(paths), 'file')} {what}: {named}; {help_}")
        if not self.finished:
            said.append(f"not all files could be looked at in {LOOK_SECONDS:.0f} s; run `askdocs index` to be sure")
        return said


def find_pending(
    catalog: Catalog,
    documents: DocumentFilter,
    files: FilesNow,
    seconds: float = LOOK_SECONDS,
    *,
    unread: Container[str | None] = UNREAD,
) -> Pending:
    """What is pending among the files that may hold `documents`, as far as it is found in so many `seconds`.

    Files of `unread` media types are no documents.
    """
    until = time.monotonic() + seconds
    looking = _Look(catalog, documents, files, unread)
    for source in catalog.sources():
        looking.at(source, until)
    looking.pending.finished = time.monotonic() < until
    return looking.pending


class _Look:
    """One look at all sources."""

    def __init__(
        self, catalog: Catalog, documents: DocumentFilter, files: FilesNow, unread: Container[str | None]
    ) -> None:
        self._catalog = catalog
        self._documents = documents
        self._files = files
        self._unread = unread
        self._comparable = _MOST_COMPARED
        self.pending = Pending(broken_off=not catalog.complete)

    def at(self, source: Source, until: float) -> None:
        """Note what is pending in `source`."""
        failed = {os.fsencode(failure.relative_path) for failure in self._catalog.failures(source)}
        if not is_there(source):
            self.pending.missing.append(shown_path(source.path))
            return
        for path in sorted(failed):
            self._note(source, path, self.pending.failed)
        known = {path: (id_, state) for path, id_, *state in self._catalog.file_states(source)}
        indexed = False
        for path, seen in walk(source, LeftOut(), until, self._unread):
            if time.monotonic() > until:
                return
            document_id, state = known.get(path, (None, None))
            indexed = indexed or document_id is not None
            if path.rstrip(b"/") in failed:
                continue
            if isinstance(seen, str):
                self._note(source, path.rstrip(b"/"), self.pending.failed)
            elif document_id is None:
                self._note(source, path, self.pending.new)
            elif state != [seen.st_size, seen.st_mtime_ns, seen.st_ino] and not self._only_touched(document_id):
                self._note(source, path, self.pending.changed)
        if known and not indexed and time.monotonic() < until:
            self.pending.emptied.append(shown_path(source.path))

    def _only_touched(self, document_id: int) -> bool:
        self._comparable -= 1
        if self._comparable < 0:
            return False
        return all(map(self._files.is_same, self._catalog.documents_of_ids([document_id])))

    def _note(self, source: Source, relative_path: bytes, pending: list[str]) -> None:
        """Add a file to the `pending` ones if it exists, and its path doesn't tell that the question isn't asked of it.

        Nobody knows what the file says of itself now, its day or its author, nor what is inside a message or archive.
        """
        path = source.join(os.fsdecode(relative_path))
        holds = media_type(path) in CONTAINERS
        if os.path.lexists(path) and self._documents.admits(shown_path(path), holds=holds):
            pending.append(shown_path(path))


def _short(path: str) -> str:
    return path if len(path) <= _LONGEST_PATH else f"…/{os.path.basename(path)}"
