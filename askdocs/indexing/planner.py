"""What changed: the files of the sources against what the catalogue knows of them.

Both come in the order of their paths and are compared side by side, so that unchanged files cost a stat and no memory.
Content is read only where size, time or inode differ, and of new files only where one of the same size has vanished,
to tell a rename from something new.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from askdocs.catalog.catalog import Catalog
from askdocs.catalog.records import FileState, Source, StoredDocument, StoredFailure, shown_path
from askdocs.errors import LoadError
from askdocs.events import IndexPlan, Renamed
from askdocs.indexing.files import FoundFile, LeftOut, content_hash, is_there, read_found, walk
from askdocs.indexing.sources import is_around, relative_path
from askdocs.loaders import media_type
from askdocs.loaders.kinds import UNREAD
from askdocs.types import Failure


@dataclass(slots=True)
class Changes:
    """What has to be done to make the catalogue say what the disk says."""

    added: list[FoundFile] = field(default_factory=list)
    changed: list[FoundFile] = field(default_factory=list)
    renamed: list[tuple[StoredDocument, FoundFile]] = field(default_factory=list)
    touched: list[tuple[StoredDocument, FoundFile]] = field(default_factory=list)
    deleted: list[StoredDocument] = field(default_factory=list)
    excluded: list[StoredDocument] = field(default_factory=list)
    refused: list[StoredFailure] = field(default_factory=list)
    failed_before: list[StoredFailure] = field(default_factory=list)
    recovered: list[StoredFailure] = field(default_factory=list)
    left_out: LeftOut = field(default_factory=LeftOut)
    forgotten: list[Source] = field(default_factory=list)
    sources_read: list[Source] = field(default_factory=list)
    unchanged: int = 0

    def __bool__(self) -> bool:
        """Whether the catalogue has to be told anything."""
        return any(
            (
                self.added, self.changed, self.renamed, self.touched, self.deleted, self.excluded, self.refused,
                self.recovered, self.forgotten,
            )
        )  # fmt: skip

    @property
    def plan(self) -> IndexPlan:
        return IndexPlan(
            added=tuple(shown_path(file.absolute_path) for file in self.added),
            changed=tuple(shown_path(file.absolute_path) for file in self.changed),
            renamed=tuple(
                Renamed(shown_path(document.absolute_path), shown_path(file.absolute_path))
                for document, file in self.renamed
            ),
            deleted=tuple(shown_path(document.absolute_path) for document in self.deleted),
            excluded=tuple(shown_path(document.absolute_path) for document in self.excluded),
            failed=tuple(map(shown_failure, self.refused)),
            failed_before=tuple(map(shown_failure, self.failed_before)),
            skipped=tuple(self.left_out.skipped),
            passed_over=tuple(self.left_out.passed_over.most_common()),
            forgotten=tuple(shown_path(source.path) for source in self.forgotten),
            unchanged=self.unchanged + len(self.touched),
        )


def shown_failure(failure: StoredFailure) -> Failure:
    """A failure as people read it."""
    at = None if failure.failed_at is None else datetime.fromtimestamp(failure.failed_at, UTC).astimezone()
    return Failure(shown_path(failure.source.join(failure.relative_path)), failure.reason, failure.loader, at)


def find_changes(
    catalog: Catalog,
    sources: Sequence[Source],
    max_bytes: int,
    *,
    unread: Container[str | None] = UNREAD,
    full: bool = False,
    retry_failed: bool = False,
) -> Changes:
    """Compare `sources` on disk with the catalogue; files over `max_bytes` are refused, `unread` media types none.

    `full` reads every file, and so finds even a change after which size and time were set back; `retry_failed` takes up
    failed files that have not changed since.
    """
    changes = Changes()
    vanished: list[StoredDocument] = []
    for source in sources:
        vanished += _Comparison(
            catalog, source, max_bytes, changes, unread=unread, full=full, retry_failed=retry_failed
        ).run()
    changes.excluded = [document for document in vanished if _is_file(document.absolute_path)]
    excluded = {document.id for document in changes.excluded}
    _pair_renames(catalog, changes, [document for document in vanished if document.id not in excluded], sources)
    return changes


class _Comparison:
    """One source's files being sorted into `changes`."""

    def __init__(
        self,
        catalog: Catalog,
        source: Source,
        max_bytes: int,
        changes: Changes,
        *,
        unread: Container[str | None],
        full: bool,
        retry_failed: bool,
    ) -> None:
        self._catalog = catalog
        self._source = source
        self._max_bytes = max_bytes
        self._changes = changes
        self._unread = unread
        self._full = full
        self._retry_failed = retry_failed
        self._failures = {os.fsencode(failure.relative_path): failure for failure in catalog.failures(source)}
        # A new source may contain older ones, and takes their documents over.
        self._inherited = {
            os.fsencode(relative_path(document.absolute_path, source)): document
            for other in catalog.sources()
            if is_around(source, other)
            for document in catalog.file_documents(other)
        }

    def run(self) -> list[StoredDocument]:
        """The documents whose files have vanished from where they were."""
        changes, full, max_bytes = self._changes, self._full, self._max_bytes
        changes.sources_read.append(self._source)
        vanished: list[int] = []
        rows = self._catalog.file_states(self._source)
        row = next(rows, None)
        for path, seen in walk(self._source, changes.left_out, unread=self._unread):
            while row is not None and row[0] < path:
                vanished.append(row[1])
                row = next(rows, None)
            if isinstance(seen, str):
                if path[-1:] in b"/":
                    while row is not None and row[0].startswith(path):
                        changes.unchanged += 1
                        row = next(rows, None)
                elif row is not None and row[0] == path:
                    row = next(rows, None)
                if not path:  # it may have been there when the walk began
                    changes.unchanged += len(vanished)
                    vanished.clear()
                    changes.sources_read.remove(self._source)
                self._refuse(path, seen)
                continue
            document_id = None
            if row is not None and row[0] == path:
                _, document_id, size, mtime_ns, inode = row
                row = next(rows, None)
                if (
                    size == seen.st_size
                    and mtime_ns == seen.st_mtime_ns
                    and inode == seen.st_ino
                    and size <= max_bytes
                    and not full
                ):
                    changes.unchanged += 1
                    continue
            self._sort(path, seen, document_id)
        while row is not None:
            vanished.append(row[1])
            row = next(rows, None)
        changes.recovered += self._failures.values()
        return [*self._catalog.documents_of_ids(vanished), *self._inherited.values()]

    def _sort(self, path: bytes, seen: os.stat_result, document_id: int | None) -> None:
        """A file that is not simply unchanged."""
        found = FoundFile(self._source, os.fsdecode(path), FileState.of(seen))
        document = self._inherited.pop(path, None)
        if document_id is not None:
            document = next(iter(self._catalog.documents_of_ids([document_id])), None)
        if found.state.size > self._max_bytes:
            reason = (
                f"is too large ({found.state.size / 1e6:,.0f} MB, the limit is {self._max_bytes / 1e6:,.0f} MB); "
                "split it, raise max_file_mb in askdocs.toml, or leave it out with `askdocs add --exclude`"
            )
            self._refuse(path, reason)
            return
        failure = self._failures.pop(path, None)
        if failure and not self._retry_failed and _still_fails(failure, found):
            self._changes.failed_before.append(failure)
        elif document is None:
            self._changes.added.append(found)
        elif document.state == found.state and not self._full:  # of a source that is taken over
            self._changes.touched.append((document, found))
        elif _hash_or_none(found) != document.content_hash:
            self._changes.changed.append(found)
        elif document.state == found.state and document.source == self._source:
            self._changes.unchanged += 1
        else:
            self._changes.touched.append((document, found))

    def _refuse(self, path: bytes, reason: str) -> None:
        """A file, or a folder with all that is known of what is in it, that can't be looked at."""
        refused = StoredFailure.looked_at_again(self._source, os.fsdecode(path.rstrip(b"/")), reason)
        failure = self._failures.pop(path.rstrip(b"/"), None)
        if failure and failure.reason == reason:
            self._changes.failed_before.append(failure)
        else:
            self._changes.refused.append(refused)
        if path[-1:] in b"/":
            for known in [known for known in self._failures if known.startswith(path)]:
                self._changes.failed_before.append(self._failures.pop(known))
            for known in [known for known in self._inherited if known.startswith(path)]:
                del self._inherited[known]
                self._changes.unchanged += 1


def _pair_renames(
    catalog: Catalog, changes: Changes, vanished: Sequence[StoredDocument], sources: Sequence[Source]
) -> None:
    """Documents of files that have gone, and whose content turns up under a new name, have been renamed.

    The others are deleted, unless their whole source is not there: its disk may be unplugged.
    """
    absent = [source for source in catalog.sources() if not is_there(source)] if changes.added else []
    away = [document for source in absent for document in catalog.file_documents(source)]
    sizes = {document.state.size for document in (*vanished, *away)}
    moved = _Moved([*away, *vanished])  # the last first: of like files rather one that was looked for in vain
    added, changes.added = changes.added, []
    digests = [_hash_or_none(file) if file.state.size in sizes else None for file in added]
    matches = [moved.take(file, digest, file.relative_path) for file, digest in zip(added, digests, strict=True)]
    for file, digest, match in zip(added, digests, matches, strict=True):
        document = match or moved.take(file, digest)
        if document:
            changes.renamed.append((document, file))
        else:
            changes.added.append(file)
    changes.deleted = [document for document in vanished if not moved.took(document)]
    for source in absent:
        own = [moved.took(document) for document in away if document.source == source]
        if source in sources:
            changes.unchanged -= sum(own)
        if own and all(own):
            changes.forgotten.append(source)
            changes.refused = [failure for failure in changes.refused if failure.source != source]
            changes.failed_before = [failure for failure in changes.failed_before if failure.source != source]


class _Moved:
    """Documents whose files have gone from where they were, to be taken by new files of the same content and kind."""

    def __init__(self, documents: Iterable[StoredDocument]) -> None:
        self._like: dict[tuple[bytes, str | None], list[StoredDocument]] = {}
        self._at: dict[tuple[bytes, str | None, str], StoredDocument] = {}
        self._taken: set[int] = set()
        for document in documents:
            kind = document.content_hash, media_type(document.absolute_path)
            self._like.setdefault(kind, []).append(document)
            self._at[*kind, document.relative_path] = document

    def take(self, file: FoundFile, digest: bytes | None, at: str | None = None) -> StoredDocument | None:
        """A document with the content of `file`, each once only; with `at`, one that had this path in its source."""
        if digest is None:
            return None
        kind = digest, media_type(file.absolute_path)
        exact = [self._at[*kind, at]] if at is not None and (*kind, at) in self._at else []
        documents = self._like.get(kind, []) if at is None else exact
        while documents:
            document = documents.pop()
            if not self.took(document):
                self._taken.add(document.id)
                return document
        return None

    def took(self, document: StoredDocument) -> bool:
        return document.id in self._taken


def _still_fails(failure: StoredFailure, found: FoundFile) -> bool:
    """Whether a failed file hasn't changed or, where size and time don't tell, still can't be read."""
    if failure.size >= 0:
        return (failure.size, failure.mtime_ns) == (found.state.size, found.state.mtime_ns)
    try:
        read_found(found)
    except LoadError as exc:
        return str(exc) == failure.reason
    return False


def _hash_or_none(found: FoundFile) -> bytes | None:
    try:
        return content_hash(read_found(found))
    except LoadError:
        return None  # loading it will say why


def _is_file(path: str) -> bool:
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False
