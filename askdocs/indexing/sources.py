"""Which sources there are to be, and which of them covers what."""

from __future__ import annotations

import os
from collections.abc import Sequence

from askdocs.catalog.catalog import Catalog
from askdocs.catalog.records import Source, shown_path
from askdocs.catalog.schema import FILE
from askdocs.config import home_expanded
from askdocs.errors import UsageError
from askdocs.indexing.files import device_of, left_out
from askdocs.loaders import media_type
from askdocs.types import SourceRules


def find_sources(known: Sequence[Source], paths: Sequence[str | os.PathLike[str]]) -> list[Source]:
    """The sources that cover `paths`: of the `known` ones, or new ones with the id 0. For no paths, all known.

    Raises UsageError naming a path that doesn't exist, can't hold a document, or is left out by the source it lies in.
    """
    if not paths:
        return [source for source in known if not any(is_around(other, source) for other in known)]
    chosen: list[Source] = []
    for path in paths:
        real = real_path(path)
        covering = [source for source in (*known, *chosen) if is_inside(real, source.path)]
        # The outermost, which is to take over those inside it.
        source = min(covering, key=lambda source: len(source.path)) if covering else Source(0, real)
        if source.id and (reason := left_out(source, relative_path(real, source))):
            shown = shown_path(source.path)
            raise UsageError(
                f"{os.fspath(path)}: {reason} in the source {shown}; see `askdocs sources`, and say anew what of it to "
                f"read, as in `askdocs add {shown} --exclude ...`"
            )
        if source not in chosen:
            refuse_to_take_over(source, known)
            chosen = [other for other in chosen if not is_around(source, other)] + [source]
    return chosen


def sources_to_add(
    known: Sequence[Source], paths: Sequence[str | os.PathLike[str]], rules: SourceRules
) -> list[Source]:
    """The sources at exactly these `paths`, with `rules`.

    Raises UsageError as `find_sources` does, and for a path inside another source.
    """
    chosen: list[Source] = []
    for path in paths:
        source = Source(0, real_path(path), rules)
        around = next((other for other in (*known, *chosen) if is_around(other, source)), None)
        if around:
            shown = shown_path(around.path)
            raise UsageError(
                f"{os.fspath(path)} is part of the source {shown}; say what of that to read, as in "
                f"`askdocs add {shown} --exclude ...`"
            )
        refuse_to_take_over(source, known)
        chosen.append(source)
    return chosen


def source_at(known: Sequence[Source], path: str | os.PathLike[str]) -> Source:
    """The source at `path`, which needn't be there any more. Raises UsageError if it isn't one."""
    named = {os.path.realpath(home_expanded(path)), os.path.abspath(home_expanded(path))}
    source = next((source for source in known if source.path in named), None)
    if source:
        return source
    around = next((other for other in known if any(is_inside(name, other.path) for name in named)), None)
    if around:
        raise UsageError(
            f"{os.fspath(path)} is part of the source {shown_path(around.path)}; to leave it out, run "
            f"`askdocs add {shown_path(around.path)} --exclude ...`"
        )
    there_are = ", ".join(shown_path(source.path) for source in known) or "none yet"
    raise UsageError(f"{os.fspath(path)} is not a source; there are: {there_are}")


def settle(catalog: Catalog, read: Sequence[Source]) -> None:
    """Remove sources inside other sources, which have nothing of their own left; note which disks were `read`."""
    sources = catalog.sources()
    for source in sources:
        if any(is_around(other, source) for other in sources):
            catalog.remove_source(source)
    for source in read:
        device = device_of(source)
        if device is not None:
            catalog.set_device(source, device)


def refuse_to_take_over(source: Source, known: Sequence[Source]) -> None:
    """Raise UsageError for a source inside `source` that has rules of its own: they would be lost."""
    for other in known:
        if is_around(source, other) and other.rules != SourceRules():
            inner = shown_path(other.path)
            raise UsageError(
                f"{shown_path(source.path)} holds the source {inner}, of which only a part is read; first run "
                f"`askdocs forget {inner}`"
            )


def real_path(path: str | os.PathLike[str]) -> str:
    """The absolute path, without links, of what can be a source. Raises UsageError for what can't."""
    try:
        real = os.path.realpath(home_expanded(path), strict=True)
    except OSError as exc:
        raise UsageError(f"{os.fspath(path)}: {exc.strerror}; name a folder or a file that exists") from exc
    except ValueError as exc:  # a NUL in it
        raise UsageError(f"{os.fspath(path)}: not a path; name a folder or a file that exists") from exc
    if not os.path.isdir(real) and media_type(real) is None:
        raise UsageError(
            f"{os.fspath(path)}: not a kind of file that is read, by its name; text is, in a copy ending in .txt"
        )
    return real


def completed(begun: str) -> str | None:
    """A path as it is being typed, completed to the first folder or readable file that it may become, if any."""
    if begun == "~":
        return "~/"
    folder, slash, start = begun.rpartition("/")
    try:
        with os.scandir(home_expanded(folder + slash) if slash else ".") as entries:
            names = [
                entry.name + ("/" if entry.is_dir() else "")
                for entry in entries
                if entry.name.startswith(start)
                and (start or not entry.name.startswith("."))
                and entry.name.isprintable()
                and (entry.is_dir() or media_type(entry.name) is not None)
            ]
    except (OSError, ValueError):
        return None
    return folder + slash + min(names) if names else None


def likely_sources(default: str) -> tuple[str, ...]:
    """Folders that are there and may well hold somebody's documents: `default`, ~/Documents, the working directory.

    The latter not if there is nothing in it but what begins with a dot, or an index.
    """
    found = [path for path in (default, "~/Documents") if os.path.isdir(home_expanded(path))]
    here = os.getcwd()
    with os.scandir(here) as entries:
        if here not in ("/", home_expanded("~")) and any(map(_may_be_read, entries)):
            found.append(here)
    return tuple(found)


def _may_be_read(entry: os.DirEntry[str]) -> bool:
    if entry.name.startswith("."):
        return False
    return not os.path.exists(os.path.join(entry.path, FILE)) if entry.is_dir() else media_type(entry.name) is not None


def relative_path(path: str, source: Source) -> str:
    """The path of a file of a source as the catalogue keeps it."""
    return os.path.relpath(path, source.path) if path != source.path else ""


def is_around(source: Source, other: Source) -> bool:
    """Whether `other` lies inside `source`."""
    return source.path != other.path and is_inside(other.path, source.path)


def is_inside(path: str, folder: str) -> bool:
    """Whether an absolute path is `folder` or below it."""
    return path == folder or path.startswith(os.path.join(folder, ""))
