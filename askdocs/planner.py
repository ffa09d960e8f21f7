"""What changed: the files of the sources against what the catalogue knows of them.

Unchanged files cost a stat. Content is read only where size, time or inode differ, and of new files only where
one of the same size has vanished, to tell a rename from something new.
"""

from __future__ import annotations

import hashlib
import math
import os
import stat
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter

from askdocs.catalog import Catalog
from askdocs.config import home_expanded
from askdocs.errors import LoadError, UsageError
from askdocs.loaders import LOADABLE, media_type
from askdocs.records import FileState, Source, StoredDocument, StoredFailure, shown_path
from askdocs.types import Failure, IndexPlan, Renamed


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file of a source."""

    source: Source
    relative_path: str
    state: FileState

    @property
    def absolute_path(self) -> str:
        return self.source.join(self.relative_path)


@dataclass(slots=True)
class Changes:
    """What has to be done to make the catalogue say what the disk says."""

    added: list[FoundFile] = field(default_factory=list)
    changed: list[FoundFile] = field(default_factory=list)
    renamed: list[tuple[StoredDocument, FoundFile]] = field(default_factory=list)
    touched: list[tuple[StoredDocument, FoundFile]] = field(default_factory=list)
    deleted: list[StoredDocument] = field(default_factory=list)
    refused: list[StoredFailure] = field(default_factory=list)
    failed_before: list[StoredFailure] = field(default_factory=list)
    recovered: list[StoredFailure] = field(default_factory=list)
    skipped: list[Failure] = field(default_factory=list)
    unchanged: int = 0

    def __bool__(self) -> bool:
        """Whether the catalogue has to be told anything."""
        told = (self.added, self.changed, self.renamed, self.touched, self.deleted, self.refused, self.recovered)
        return any(told)

    def with_sources(self, stored: Mapping[str, Source]) -> Changes:
        """The same changes, their files belonging to the `stored` sources, by path, in place of new ones."""

        def settled(file: FoundFile) -> FoundFile:
            return replace(file, source=stored[file.source.path])

        return replace(
            self,
            added=[settled(file) for file in self.added],
            changed=[settled(file) for file in self.changed],
            renamed=[(document, settled(file)) for document, file in self.renamed],
            touched=[(document, settled(file)) for document, file in self.touched],
            refused=[replace(failure, source=stored[failure.source.path]) for failure in self.refused],
        )

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
            failed=tuple(shown_failure(failure) for failure in [*self.refused, *self.failed_before]),
            skipped=tuple(self.skipped),
            unchanged=self.unchanged + len(self.touched),
        )


def shown_failure(failure: StoredFailure) -> Failure:
    """A failure as people read it."""
    return Failure(shown_path(failure.source.join(failure.relative_path)), failure.reason)


def find_changes(catalog: Catalog, sources: Sequence[Source], max_bytes: int) -> Changes:
    """Compare `sources` on disk with the catalogue; files over `max_bytes` are refused."""
    changes = Changes()
    vanished: list[StoredDocument] = []
    for source in sources:
        vanished += _compare(catalog, source, max_bytes, changes)
    _pair_renames(changes, vanished)
    return changes


def _compare(catalog: Catalog, source: Source, max_bytes: int, changes: Changes) -> list[StoredDocument]:
    """Sort one source's files into `changes`; the documents whose files have vanished."""
    states = catalog.file_states(source)
    unreadable: list[str] = []
    differing: list[FoundFile] = []
    for found in walk(source, changes.skipped):
        if isinstance(found, StoredFailure):
            changes.refused.append(found)
            unreadable.append(found.relative_path)
            continue
        path, state = found
        if states.get(path) == state and state.size <= max_bytes:
            changes.unchanged += 1
            del states[path]  # which leaves those that are no longer as they were
        else:
            differing.append(FoundFile(source, path, state))
    known = _documents(catalog, source, list(states))
    failures = {failure.relative_path: failure for failure in catalog.failures(source)}
    for file in differing:
        document = known.get(file.relative_path)
        failure = failures.get(file.relative_path)
        if file.state.size > max_bytes:
            reason = (
                f"is too large ({file.state.size / 1e6:,.0f} MB, the limit is {max_bytes / 1e6:,.0f} MB); "
                "split it, or raise max_file_mb in askdocs.toml"
            )
            changes.refused.append(StoredFailure.looked_at_again(source, file.relative_path, reason))
        elif failure and (failure.size, failure.mtime_ns) == (file.state.size, file.state.mtime_ns):
            changes.failed_before.append(failure)
        elif document is None:
            changes.added.append(file)
        elif _hash_or_none(file) == document.content_hash:
            changes.touched.append((document, file))
        else:
            changes.changed.append(file)

    def hidden(path: str) -> bool:
        return any(not folder or path == folder or path.startswith(folder + os.sep) for folder in unreadable)

    gone = {*known, *failures} - {file.relative_path for file in differing}
    changes.recovered += [failure for path, failure in failures.items() if path in gone and not hidden(path)]
    changes.unchanged += sum(1 for path in known if path in gone and hidden(path))
    return [document for path, document in known.items() if path in gone and not hidden(path)]


def _documents(catalog: Catalog, source: Source, paths: Sequence[str]) -> dict[str, StoredDocument]:
    """By their paths in `source`: its documents at `paths`, and all that other sources have inside it.

    A new source may contain older ones, or lie inside one, and takes their documents over.
    """
    found = {path: document for path in paths if (document := catalog.document_at(source, path))}
    for other in catalog.sources():
        if other != source and (is_inside(other.path, source.path) or is_inside(source.path, other.path)):
            for document in catalog.documents(other):
                if is_inside(document.absolute_path, source.path):
                    found[relative_path(document.absolute_path, source)] = document
    return found


def _pair_renames(changes: Changes, vanished: Sequence[StoredDocument]) -> None:
    """Vanished documents whose content turns up under a new name have been renamed; the others are deleted."""
    by_size: dict[int, list[StoredDocument]] = {}
    for document in vanished:
        by_size.setdefault(document.state.size, []).append(document)
    added = changes.added
    changes.added = []
    for found in added:
        same_size = by_size.get(found.state.size, [])
        digest = _hash_or_none(found) if same_size else None
        match = next((document for document in same_size if document.content_hash == digest), None)
        if match is None or media_type(match.absolute_path) != media_type(found.absolute_path):
            changes.added.append(found)
        else:
            same_size.remove(match)
            changes.renamed.append((match, found))
    changes.deleted = [document for documents in by_size.values() for document in documents]


def read_file(path: str) -> bytes:
    """The bytes of a file; LoadError if they can't be read, or change while they are."""
    try:
        with open(path, "rb", opener=_open_regular) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise LoadError("is not a regular file")
            before = FileState.of(status)
            data = file.read()
            after = FileState.of(os.fstat(file.fileno()))
    except FileNotFoundError as exc:
        raise LoadError("has gone since the folder was looked at; index again") from exc
    except OSError as exc:
        raise LoadError(f"can't be read: {exc.strerror or exc}") from exc
    if before != after or len(data) != after.size:
        raise LoadError("was being written while it was read; index again")
    return data


def content_hash(data: bytes) -> bytes:
    """What identifies a file's content: 16 bytes of BLAKE2b."""
    return hashlib.blake2b(data, digest_size=16).digest()


def _open_regular(path: str, flags: int) -> int:
    """Open without waiting for anything: what was a file a moment ago may be a pipe now."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _hash_or_none(found: FoundFile) -> bytes | None:
    try:
        return content_hash(read_file(found.absolute_path))
    except LoadError:
        return None  # loading it will say why


def walk(
    source: Source, skipped: list[Failure], until: float = math.inf
) -> Iterator[tuple[str, FileState] | StoredFailure]:
    """The documents of a source by path, and the folders that can't be listed; links are not followed.

    Past the moment `until` of the monotonic clock no further folder is looked at.
    """
    folders = [""]
    while folders and time.monotonic() < until:
        folder = folders.pop()
        root = source.join(folder)
        try:
            status = os.lstat(root)
            if stat.S_ISREG(status.st_mode):
                if not folder:
                    yield folder, FileState.of(status)
                continue
            entries = sorted(os.scandir(root), key=attrgetter("name"))
        except OSError as exc:
            yield _unlistable(source, folder, exc)
            continue
        prefix = os.path.join(folder, "")
        for entry in entries:
            name = entry.name
            if name.startswith("."):
                continue
            if entry.is_file(follow_symlinks=False):
                if media_type(name) is None:
                    continue
                try:
                    state = FileState.of(entry.stat(follow_symlinks=False))
                except OSError:
                    continue  # gone between listing and looking
                yield prefix + name, state
            elif entry.is_symlink():
                skipped.append(Failure(shown_path(entry.path), "is a symbolic link; index what it points to instead"))
            elif entry.is_dir(follow_symlinks=False):
                folders.append(prefix + name)
            elif media_type(name) is not None:
                skipped.append(Failure(shown_path(entry.path), "is not a regular file"))


def _unlistable(source: Source, folder: str, exc: OSError) -> StoredFailure:
    reason = f"can't be listed: {exc.strerror or exc}"
    if not folder and isinstance(exc, FileNotFoundError):
        reason = f"is not there; if it is gone for good, run `askdocs forget {shown_path(source.path)}`"
    return StoredFailure.looked_at_again(source, folder, reason)


def find_sources(known: Sequence[Source], paths: Sequence[str | os.PathLike[str]]) -> list[Source]:
    """The sources that cover `paths`: of the `known` ones, or new ones with the id 0. For no paths, all known.

    Raises UsageError naming a path that doesn't exist or can't hold a document.
    """
    if not paths:
        return list(known)
    chosen: list[Source] = []
    for path in paths:
        try:
            real = os.path.realpath(home_expanded(path), strict=True)
        except OSError as exc:
            raise UsageError(f"{os.fspath(path)}: {exc.strerror}; name a folder or a file that exists") from exc
        except ValueError as exc:  # a NUL in it
            raise UsageError(f"{os.fspath(path)}: not a path; name a folder or a file that exists") from exc
        if not os.path.isdir(real) and media_type(real) is None:
            raise UsageError(
                f"{os.fspath(path)}: not a kind of file that can be read (these can: {' '.join(LOADABLE)})"
            )
        covering = [source for source in (*known, *chosen) if is_inside(real, source.path)]
        source = covering[0] if covering else Source(0, real)
        if source not in chosen:
            chosen = [other for other in chosen if not is_inside(other.path, source.path)] + [source]
    return chosen


def relative_path(path: str, source: Source) -> str:
    """The path of a file of a source as the catalogue keeps it."""
    return os.path.relpath(path, source.path) if path != source.path else ""


def is_inside(path: str, folder: str) -> bool:
    """Whether an absolute path is `folder` or below it."""
    return path == folder or path.startswith(os.path.join(folder, ""))
