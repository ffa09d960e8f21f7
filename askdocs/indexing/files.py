"""The files of a source: found by walking it, and read without ever being led out of it."""

from __future__ import annotations

import hashlib
import math
import os
import stat
import time
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from askdocs.catalog.records import FileState, Source, shown_path
from askdocs.catalog.schema import FILE, is_catalog
from askdocs.errors import LoadError
from askdocs.indexing.ignoring import IGNORE_FILES, Filter, filter_of, ignore_lines
from askdocs.loaders import media_type
from askdocs.loaders.kinds import UNREAD, is_in_maildir
from askdocs.types import Failure

Seen: TypeAlias = tuple[bytes, os.stat_result | str]
"""A path in a source with the file's status, or with why that can't be told; a folder's ends with a slash."""

LARGEST_IGNORE_FILE = 1_000_000
"""Bytes."""

_SLASH = ord("/")


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file of a source."""

    source: Source
    relative_path: str
    state: FileState

    @property
    def absolute_path(self) -> str:
        return self.source.join(self.relative_path)


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder being walked: the names in it that are not dealt with yet, those of folders with a slash."""

    prefix: bytes
    names: Iterator[bytes]
    chosen: Filter | None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What a walk leaves out: what is no plain file (a link, a pipe), and how many files without text by ending."""

    skipped: list[Failure] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)


def walk(
    source: Source, left_out: LeftOut, until: float = math.inf, unread: Container[str | None] = UNREAD
) -> Iterator[Seen]:
    """What is in a source, in the order of the paths' bytes, but for what is `left_out`.

    One folder's names are in memory at a time, with those of the folders around it. If the source itself is not there,
    at the beginning or any more at the end, that is said of the path "". Past the moment `until` of the monotonic clock
    no further name is looked at. Files in a folder of a media type that is `unread` are no documents.
    """
    root = os.fsencode(source.path)
    before = _root_status(source)
    if isinstance(before, str) or stat.S_ISREG(before.st_mode):
        yield b"", before
        return
    if source.device not in (None, before.st_dev) and not os.listdir(root):
        emptied = "is empty, and on another disk than before; mount its own, or, if all is gone for good, run "
        yield b"", f"{emptied}`askdocs forget {shown_path(source.path)}`"
        return
    chosen = filter_of(source.rules) if source.rules.include or source.rules.exclude else None
    look = os.stat if source.rules.links else os.lstat
    pending: list[_Folder] = []
    entered: bytes | None = b""
    while (entered is not None or pending) and time.monotonic() < until:
        if entered is not None:
            try:
                pending.append(_listed(source, root, entered, chosen, left_out, unread))
            except FileNotFoundError:
                pass  # gone since its parent was listed, or the source has: the end will show
            except (OSError, LoadError) as exc:
                yield entered, f"can't be listed: {_strerror(exc)}"
            entered = None
            continue
        folder = pending[-1]
        chosen = folder.chosen
        where = os.path.join(root, folder.prefix)
        for name in folder.names:
            if name[-1] == _SLASH:
                entered = folder.prefix + name
                break
            try:
                status = look(where + name)
            except FileNotFoundError:
                continue
            except PermissionError as exc:  # not to look into the folder, so that of the others in it nothing is known
                yield folder.prefix, f"can't be looked into: {_strerror(exc)}"
                pending.pop()
                break
            except OSError as exc:
                yield folder.prefix + name, f"can't be looked at: {_strerror(exc)}"
                continue
            if stat.S_ISREG(status.st_mode):
                yield folder.prefix + name, status
        else:
            pending.pop()
    after = _root_status(source)
    if isinstance(after, str) or not os.path.samestat(before, after):
        yield b"", "was taken away while it was looked at; index again"


def _root_status(source: Source) -> os.stat_result | str:
    """The status of a source's folder or file, or why there is none."""
    gone = f"if it is gone for good, run `askdocs forget {shown_path(source.path)}`"
    try:
        status = os.lstat(source.path)
    except (FileNotFoundError, NotADirectoryError):
        return f"is not there; {gone}"
    except OSError as exc:
        return f"can't be looked at: {_strerror(exc)}"
    if stat.S_ISLNK(status.st_mode):
        return f"has become a symbolic link; index what it points to, and {gone}"
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
        return f"is no longer a file or a folder; {gone}"
    return status


def is_there(source: Source) -> bool:
    """Whether a source's folder or file is where it was."""
    return device_of(source) is not None


def device_of(source: Source) -> int | None:
    """The device that a source is on, or None if it is not there."""
    status = _root_status(source)
    return None if isinstance(status, str) else status.st_dev


def _listed(
    source: Source,
    root: bytes,
    prefix: bytes,
    above: Filter | None,
    left_out: LeftOut,
    unread: Container[str | None],
) -> _Folder:
    """The names in the folder `prefix` that neither the filter from `above` nor its own ignore files leave out.

    Files of the `unread` media types, and those that have none, are no documents.

    Raises OSError or, for an ignore file, LoadError if they can't be told.
    """
    hidden, links = source.rules.hidden, source.rules.links
    names: list[str] = []
    others: list[str] = []
    no_documents: list[str] = []
    ignore_files: list[str] = []
    path = os.path.join(root, prefix)
    around = os.fsdecode(path[-5:])
    around = around if is_in_maildir(around) else ""  # names alone tell everywhere else
    for entry in _entries(path):
        name = entry.name
        if name[0] == ".":
            if name in IGNORE_FILES and entry.is_file(follow_symlinks=False):
                ignore_files.append(name)
            if not hidden or name == ".git":
                continue
        if entry.is_dir(follow_symlinks=False):
            names.append(name + "/")
        elif name == FILE and entry.is_file(follow_symlinks=False) and is_catalog(os.path.join(path, FILE.encode())):
            return _Folder(prefix, iter(()), above)  # an index, which holds no documents
        elif media_type(around + name) in unread:
            if not entry.is_symlink():
                no_documents.append(name)
            elif not links or os.path.isdir(os.path.join(path, os.fsencode(name))):
                others.append(name)
        elif entry.is_file(follow_symlinks=False):
            names.append(name)
        else:
            others.append(name)
    chosen = above
    if above or ignore_files:
        folder = os.fsdecode(prefix)
        chosen = _filter(source, above, folder, ignore_files)
        names = [name for name in names if not _left_out(chosen, folder, name)]
        others = [name for name in others if not _left_out(chosen, folder, name)]
        no_documents = [name for name in no_documents if not _left_out(chosen, folder, name)]
    left_out.passed_over.update(os.path.splitext(name)[1].lower() for name in no_documents)
    for name in sorted(others):
        reason = _why_not(source, os.fsdecode(path) + name)
        if reason:
            left_out.skipped.append(Failure(shown_path(os.fsdecode(path) + name), reason))
        else:
            names.append(name)
    ordered = sorted(os.fsencode("\0".join(names)).split(b"\0")) if names else []  # encoded in one go
    return _Folder(prefix, iter(ordered), chosen)


def _filter(source: Source, above: Filter | None, folder: str, ignore_files: Sequence[str]) -> Filter:
    lines: list[str] = []
    for name in IGNORE_FILES:
        if name in ignore_files:
            try:
                lines += ignore_lines(_read_ignore_file(source.join(folder + name)))
            except LoadError as exc:
                raise LoadError(f"its {name} {exc}") from exc
    return (above or filter_of(source.rules)).below(folder, lines)


def _read_ignore_file(path: str) -> bytes:
    size = os.lstat(path).st_size
    if size > LARGEST_IGNORE_FILE:
        raise LoadError(f"is too large ({size / 1e6:,.0f} MB)")
    return read_file(path)


def _left_out(chosen: Filter, folder: str, name: str) -> bool:
    return chosen.leaves_out(folder + name.removesuffix("/"), is_folder=name.endswith("/"))


def left_out(source: Source, relative: str) -> str:
    """Why `walk` doesn't reach a path in a source: it is hidden, or a pattern leaves it out; "" where it does."""
    chosen: Filter | None = filter_of(source.rules) if source.rules.include or source.rules.exclude else None
    folder = ""
    for name in relative.split(os.sep) if relative else []:
        if name.startswith(".") and (not source.rules.hidden or name == ".git"):
            return f"{name} is hidden"
        ignore_files = [file for file in IGNORE_FILES if os.path.isfile(source.join(folder + file))]
        if chosen or ignore_files:
            try:
                chosen = _filter(source, chosen, folder, ignore_files)
            except LoadError as exc:
                return f"{folder} can't be looked into, {exc},"
            if chosen.leaves_out(folder + name, is_folder=os.path.isdir(source.join(folder + name))):
                return f"{name} is left out"
        folder += name + "/"
    return ""


def _entries(path: bytes) -> Iterator[os.DirEntry[str]]:
    """What is in a folder; one that has just become a link to another is not followed."""
    path = path[:-1] or path  # with a slash at its end even O_NOFOLLOW would follow it
    folder = os.open(path, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0))
    try:
        with os.scandir(folder) as entries:
            yield from entries
    finally:
        os.close(folder)


def _why_not(source: Source, path: str) -> str:
    """Why an entry that is named like a document, but is no plain file, is left out; "" for a link to be followed."""
    try:
        if not stat.S_ISLNK(os.lstat(path).st_mode):
            return "is not a regular file"
        if not source.rules.links:
            return "is a symbolic link; index what it points to instead"
        if not stat.S_ISREG(os.stat(path).st_mode):
            return "is a symbolic link to something else than a file; index what it points to instead"
    except OSError as exc:
        return f"is a symbolic link that leads nowhere: {_strerror(exc)}"
    if _real_path(source, path) is None:
        return "is a symbolic link that leads out of its source; index what it points to instead"
    return ""


def _real_path(source: Source, path: str) -> str | None:
    """Where a file of a source is, or None if a link leads out of the source, or to somewhere else in it unasked."""
    root = os.path.realpath(source.path)
    real = os.path.realpath(path)
    if source.rules.links:
        return real if real == root or real.startswith(os.path.join(root, "")) else None
    return real if real == root + path.removeprefix(source.path) else None


def read_found(file: FoundFile) -> bytes:
    """The bytes of a file of a source; LoadError if they can't be read, change meanwhile, or are not of the source."""
    real = _real_path(file.source, file.absolute_path)
    if real is None:
        raise LoadError("is reached by a symbolic link now; index again")
    return read_file(real)


def read_file(path: str) -> bytes:
    """The bytes of a file; LoadError if they can't be read, or change while they are."""
    try:
        with open(path, "rb", opener=_open_regular) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise LoadError("is not a regular file")
            before = FileState.of(status)
            data = file.read(before.size + 1)
            after = FileState.of(os.fstat(file.fileno()))
    except FileNotFoundError as exc:
        raise LoadError("has gone since the folder was looked at; index again") from exc
    except OSError as exc:
        raise LoadError(f"can't be read: {_strerror(exc)}") from exc
    if data and not before.size and before == after:
        raise LoadError("is said to be empty and is not, like the files of /proc; copy it to a real file")
    if before != after or len(data) != after.size:
        raise LoadError("was being written while it was read; index again")
    return data


def content_hash(data: bytes) -> bytes:
    """What identifies a file's content: 16 bytes of BLAKE2b."""
    return hashlib.blake2b(data, digest_size=16).digest()


def _open_regular(path: str, flags: int) -> int:
    """Open a file, without following a link or waiting for a pipe, which it may have become a moment ago."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0))


def _strerror(exc: Exception) -> str:
    return (exc.strerror if isinstance(exc, OSError) else None) or str(exc)
