"""What the catalogue keeps of files, documents and chunks, as values."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from askdocs.types import Chunk, Document, DocumentInfo, Locator, SourceRules, Unit


class FileState(NamedTuple):
    """What tells quickly whether a file is still the one that was read.

    A named tuple, as two are made and compared for every file that hasn't changed.
    """

    size: int
    mtime_ns: int
    inode: int

    @classmethod
    def of(cls, stat: os.stat_result) -> FileState:
        return cls(stat.st_size, stat.st_mtime_ns, stat.st_ino)


@dataclass(frozen=True, slots=True)
class Source:
    """A folder or a single file that is indexed; `path` is absolute.

    Its `rules`, and the `device` that it was on when it was last indexed, don't make it another source.
    """

    id: int
    path: str
    rules: SourceRules = field(default=SourceRules(), compare=False)
    device: int | None = field(default=None, compare=False)

    def join(self, relative: str) -> str:
        """The absolute path of a file of this source."""
        return os.path.join(self.path, relative) if relative else self.path


@dataclass(frozen=True, slots=True)
class StoredEncoder:
    """What made the embeddings; `note` says why it was not the one asked for."""

    name: str
    fingerprint: str
    precision: str
    note: str

    @property
    def description(self) -> str:
        """For people."""
        return f"{self.name}, {self.precision}" + (f" ({self.note})" if self.note else "")


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document's row, without its text.

    One that lies `inside` a file's document has that file's path, hash and state.
    """

    id: int
    source: Source
    relative_path: str
    title: str | None
    content_hash: bytes
    state: FileState
    author: str | None = None
    date: str | None = None
    inside: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    language: str | None = None

    @property
    def absolute_path(self) -> str:
        """That of the file."""
        return self.source.join(self.relative_path)

    @property
    def info(self) -> DocumentInfo:
        """What people see of it; a document that names itself nowhere goes by its file's name."""
        path = shown_path(self.absolute_path)
        title = self.title or (self.inside[-1] if self.inside else Path(path).name)
        return DocumentInfo(self.id, path, title, self.author, self.date, self.inside, self.tags, self.language)


class Holding(NamedTuple):
    """What the library shows of a document; `path` is the one that it is kept under (see `inner_path`).

    A named tuple, as all documents are looked at together.
    """

    source_id: int
    path: bytes
    document_id: int
    title: str | None
    author: str | None
    date: str | None
    size: int
    chunks: int
    warning: str | None


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A document as it goes into the catalogue: `keys` are those of the chunks' embeddings.

    `inside` leads to it from the file's own document, for which that is empty.
    """

    document: Document
    chunks: Sequence[Chunk]
    keys: Sequence[bytes]
    inside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredFailure:
    """A file that could not be read when it had this size and time.

    `loader` is the media type of the loader that failed, if one came to it; `failed_at` is in seconds since 1970, None
    where it isn't known.
    """

    source: Source
    relative_path: str
    reason: str
    size: int
    mtime_ns: int
    loader: str | None = None
    failed_at: int | None = None

    @classmethod
    def looked_at_again(cls, source: Source, relative_path: str, reason: str) -> StoredFailure:
        """A failure that every run looks at again: its cause (a limit, permissions) changes without the file.

        It has a size that no file has.
        """
        return cls(source, relative_path, reason, -1, 0)


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk with the document that it is part of."""

    id: int
    document: StoredDocument
    chunk: Chunk


def embedding_key(fingerprint: str, precision: str, text: str) -> bytes:
    """What the embedding of `text` is kept under: a hash of all that decides what it is."""
    import hashlib

    return hashlib.blake2b(
        f"{fingerprint}\0{precision}\0{text}".encode(errors="surrogatepass"), digest_size=16
    ).digest()


def shown_path(path: str) -> str:
    """An absolute path as people see it: relative if it lies inside the working directory."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive
        return path
    return path if relative.startswith(os.pardir) else relative


def in_unicode(text: str) -> str:
    """`text` without lone surrogates, which stand for bytes that no encoding could read."""
    return text.encode(errors="replace").decode()


def locator_values(locator: Locator) -> tuple[object, ...]:
    """A locator as JSON can keep it."""
    return (
        locator.unit, locator.headings, locator.start, locator.end, locator.start_label, locator.end_label,
    )  # fmt: skip


def locator_of(values: Sequence[Any]) -> Locator:
    """What `locator_values` has made values of."""
    unit, headings, *places = values
    return Locator(Unit(unit), tuple(headings), *places)
