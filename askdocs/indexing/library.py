"""The library: every source with its files, and whether each is indexed, changed, new, failed ..."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from askdocs.catalog.catalog import Catalog
from askdocs.catalog.records import shown_path
from askdocs.events import IndexPlan
from askdocs.indexing.files import is_there
from askdocs.indexing.planner import shown_failure
from askdocs.indexing.sources import is_inside
from askdocs.types import SourceRules


class State(StrEnum):
    """How a file stands to the index, in the word for it."""

    INDEXED = "indexed"
    PARTLY = "read in part"
    CHANGED = "changed"
    NEW = "new"
    GONE = "gone"
    EXCLUDED = "excluded"
    FAILED = "failed"
    SKIPPED = "skipped"


_STALE = (State.CHANGED, State.GONE, State.EXCLUDED)


@dataclass(frozen=True, slots=True)
class LibraryFile:
    """A file of a source, or a document inside one, to which `inside` leads.

    `path` is that of the file, relative to the source, and empty where it is the source itself. `document_id` is None
    where nothing of it is indexed, `size` where it has none of its own or that isn't known. `reason` says why it is as
    it is; `loader` is the media type of what failed to read it, first at `failed_at`.
    """

    path: str
    state: State
    document_id: int | None = None
    inside: tuple[str, ...] = ()
    title: str | None = None
    author: str | None = None
    date: str | None = None
    size: int | None = None
    passages: int = 0
    reason: str = ""
    loader: str | None = None
    failed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LibrarySource:
    """A source with its files in the order of their paths: `path` is absolute, `shown` as people see it.

    `there` says whether its folder or file is where it was.
    """

    path: str
    shown: str
    rules: SourceRules
    there: bool
    files: tuple[LibraryFile, ...]


def look(catalog: Catalog, plan: IndexPlan | None) -> tuple[LibrarySource, ...]:
    """All sources: what the catalogue knows of their files, and what differs on disk as far as `plan` tells."""
    with catalog.snapshot():
        sources = catalog.sources()
        holdings = catalog.holdings()
        failures = catalog.failures()
    files: dict[int, dict[str, LibraryFile]] = {source.id: {} for source in sources}
    for held in holdings:
        key = os.fsdecode(held.path)
        path, *inside = key.split("\0")
        files[held.source_id][key] = LibraryFile(
            path,
            State.PARTLY if held.warning else State.INDEXED,
            document_id=held.document_id,
            inside=tuple(inside),
            title=held.title,
            author=held.author,
            date=held.date,
            size=None if inside else held.size,
            passages=held.chunks,
            reason=held.warning or "",
        )
    for failure in failures:
        shown = shown_failure(failure)
        files[failure.source.id][failure.relative_path] = LibraryFile(
            failure.relative_path,
            State.FAILED,
            size=failure.size if failure.size >= 0 else None,
            reason=shown.reason,
            loader=shown.loader,
            failed_at=shown.at,
        )
    differing = _differing(plan) if plan else {}
    for source in sources:
        _note(files[source.id], source.path, differing)
    return tuple(
        LibrarySource(
            source.path,
            shown_path(source.path),
            source.rules,
            is_there(source),
            tuple(file for _, file in sorted(files[source.id].items())),
        )
        for source in sources
    )


def _differing(plan: IndexPlan) -> dict[str, tuple[State, str]]:
    """What a plan says of files, by their absolute paths."""
    said: list[tuple[str, State, str]] = []
    said += [(path, State.NEW, "") for path in plan.added]
    said += [(path, State.CHANGED, "") for path in plan.changed]
    said += [(path, State.GONE, "") for path in plan.deleted]
    said += [(path, State.EXCLUDED, "no longer asked for in its source") for path in plan.excluded]
    said += [(renamed.old, State.GONE, f"has moved to {renamed.new}") for renamed in plan.renamed]
    said += [(failure.path, State.FAILED, failure.reason) for failure in plan.failed]
    said += [(skipped.path, State.SKIPPED, skipped.reason) for skipped in plan.skipped]
    return {os.path.abspath(path): (state, reason) for path, state, reason in said}


def _note(files: dict[str, LibraryFile], root: str, differing: Mapping[str, tuple[State, str]]) -> None:
    """Enter into the `files` of the source at `root` what a plan says of them; it may be older than the catalogue."""
    for path, (state, reason) in differing.items():
        if not is_inside(path, root):
            continue
        relative = os.path.relpath(path, root) if path != root else ""
        known = files.get(relative)
        if known is None and state in (State.NEW, State.FAILED, State.SKIPPED):
            files[relative] = LibraryFile(relative, state, reason=reason)
        elif known and known.document_id is not None and state in _STALE:
            files[relative] = replace(known, state=state, reason=reason)
    for key, file in files.items():
        if file.inside and (own := files.get(file.path)) and own.state in _STALE:
            files[key] = replace(file, state=own.state, reason=own.reason)
