"""What long work tells while it goes on and at its end: frozen values, as those of `types.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from askdocs.types import Failure, IndexCounts

# Indexing


@dataclass(frozen=True, slots=True)
class Renamed:
    """A file that moved without changing."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class IndexPlan:
    """What indexing would do, as paths.

    `excluded` are indexed and still there, but no longer asked for; `failed` can't be read, as is known beforehand,
    and `failed_before` was found out by an earlier run; `skipped` are left out for what they are (links, devices);
    `forgotten` are sources whose folders have gone, and their documents to other sources.
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    renamed: tuple[Renamed, ...] = ()
    deleted: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    failed: tuple[Failure, ...] = ()
    failed_before: tuple[Failure, ...] = ()
    skipped: tuple[Failure, ...] = ()
    forgotten: tuple[str, ...] = ()
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class Planned:
    """The folders have been looked at; this is what will be done."""

    plan: IndexPlan


@dataclass(frozen=True, slots=True)
class EncoderLoading:
    """The embedding model is being loaded, which can take seconds."""

    name: str


@dataclass(frozen=True, slots=True)
class Progressed:
    """`done` of `total` bytes of new and changed files are dealt with, `files` of them whole; `path` is the latest."""

    path: str
    done: int
    total: int
    files: int = 0


@dataclass(frozen=True, slots=True)
class FileFailed:
    """A file could not be read; it is listed and indexing goes on."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class Indexed:
    """Indexing is done: how many files of each sort, and how many passages had to be embedded."""

    added: int = 0
    changed: int = 0
    renamed: int = 0
    deleted: int = 0
    excluded: int = 0
    unchanged: int = 0
    failed: int = 0
    embedded: int = 0
    failures: tuple[Failure, ...] = ()


IndexEvent: TypeAlias = Planned | EncoderLoading | Progressed | FileFailed | Indexed

# Watching


@dataclass(frozen=True, slots=True)
class Touched:
    """The `paths` of sources in which something may have changed; `untold` is why the system can't tell of changes."""

    paths: frozenset[str]
    untold: str = ""


@dataclass(frozen=True, slots=True)
class Watching:
    """The index is level with its files, and waits for them to change; `untold` says why it may notice that late."""

    untold: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """What has changed can't be indexed for now, and why; it is tried again."""

    reason: str


WatchEvent: TypeAlias = IndexEvent | Watching | Held

# Verifying, exporting and importing


class IndexPart(StrEnum):
    """What an index consists of, as `askdocs verify` looks through it."""

    CATALOG = "catalog"
    DOCUMENTS = "documents"
    EMBEDDINGS = "embeddings"
    WORDS = "words"
    VECTORS = "vectors"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong with an index; `path` is the document that it concerns, if it is one."""

    part: IndexPart
    path: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Verifying:
    """`done` of `total` things in a part of the index are looked at."""

    part: IndexPart
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Verified:
    """Every part is looked at: how much there is, what is wrong, and what is not but waits for the next indexing.

    Of many problems and pending files the first are listed, and all counted. `repaired` says what was done about what
    was wrong before; `advice` what to do about what still is, if a repair can't. `files_read` is how many files were
    loaded again, as their text can't be seen in them.
    """

    checked: Mapping[IndexPart, int]
    problems: tuple[Problem, ...]
    problem_count: int
    pending: tuple[Failure, ...]
    pending_count: int
    repaired: tuple[str, ...] = ()
    advice: str = ""
    files_read: int = 0

    @property
    def sound(self) -> bool:
        return not self.problem_count


VerifyEvent: TypeAlias = Verifying | Verified


@dataclass(frozen=True, slots=True)
class Moved:
    """An index is exported or imported: how much it holds, and its sources as they are now."""

    counts: IndexCounts
    sources: tuple[str, ...]
