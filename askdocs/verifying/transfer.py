"""An index moved to another place or machine, as one file: the catalogue, from which all else is made again."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path

from askdocs.catalog.catalog import Catalog
from askdocs.catalog.connection import delete_database
from askdocs.catalog.file import copy_catalog
from askdocs.catalog.records import Source, shown_path
from askdocs.config import home_expanded
from askdocs.errors import IndexDamaged, IndexTrouble, UsageError
from askdocs.events import Moved, Verifying
from askdocs.indexing.sources import is_inside
from askdocs.verifying.verifier import verify_catalog


def export(catalog: Catalog, file: Path) -> Iterator[Verifying | Moved]:
    """Write `catalog` to a new `file`, which gets its name once it has been looked through."""
    if os.path.lexists(file):
        raise UsageError(f"{file} is there already; name another file, or delete it")
    if not file.parent.is_dir():
        raise UsageError(f"{file}: {file.parent} is no folder; name a file in one that is there")
    part = file.with_name(f".{file.name}.exporting")  # nobody's own: it is deleted
    try:
        delete_database(part)
        catalog.copy_to(part)
        yield from _checked(part, f"the index {catalog.path.parent}", "run `askdocs verify --repair`")
        with closing(Catalog(part)) as copy:
            moved = _moved(copy)
        _flush(part)
        part.rename(file)
        _flush(file.parent)
    except OSError as exc:
        raise IndexTrouble(f"{file} can't be written: {exc.strerror}") from exc
    finally:
        with suppress(OSError):
            delete_database(part)
    yield moved


def import_from(catalog: Catalog, file: Path, moves: Sequence[str]) -> Iterator[Verifying | Moved]:
    """Let `catalog`, which must be without documents, become what is in `file`. Only for who holds the writer's lock.

    It is brought up to date and looked through as a copy; only then does all of it come into the catalogue, in one
    transaction of SQLite and not by a rename, as others may have the catalogue open.
    """
    if catalog.counts().documents:
        raise UsageError(
            f"the index {catalog.path.parent} holds documents, which importing would replace; choose another with "
            "`askdocs --index DIR import`"
        )
    if not file.is_file():
        raise UsageError(f"{file} is no file; name one that `askdocs export` has written")
    part = catalog.path.with_name("import.part")
    try:
        delete_database(part)
        copy_catalog(file, part)
        yield from _checked(part, str(file), "export it once more, after `askdocs verify --repair`")
        with closing(Catalog(part)) as copy:
            if not copy.counts().documents:
                raise UsageError(f"{file} holds no documents; name a file that `askdocs export` has written")
            copy.prepare_to_replace(catalog, _paths(copy.sources(), moves))
            catalog.become(copy)
    except OSError as exc:
        raise IndexTrouble(f"{file} can't be imported: {exc.strerror}") from exc
    finally:
        with suppress(OSError):
            delete_database(part)
    yield _moved(catalog)


def _checked(part: Path, name: str, advice: str) -> Iterator[Verifying]:
    """Look through a copy; IndexDamaged if it is not sound."""
    for event in verify_catalog(part):
        if isinstance(event, Verifying):
            yield event
        elif not event.sound:
            more = f" and {event.problem_count - 1:,} more" if event.problem_count > 1 else ""
            raise IndexDamaged(f"{name} is not sound ({event.problems[0].reason}{more}); {advice}")


def _moved(catalog: Catalog) -> Moved:
    return Moved(catalog.counts(), tuple(shown_path(source.path) for source in catalog.sources()))


def _paths(sources: Sequence[Source], moves: Sequence[str]) -> dict[int, str]:
    """Where each source is here, by its id: where `moves` say, as OLD=NEW, else where it was."""
    split = [_split(move, sources) for move in moves]
    paths = {}
    for source in sources:
        fitting = [(old, new) for old, new in split if is_inside(source.path, old)]
        if fitting:
            old, new = max(fitting, key=lambda move: len(move[0]))
            paths[source.id] = new if source.path == old else os.path.join(new, os.path.relpath(source.path, old))
        elif os.path.exists(source.path):
            paths[source.id] = source.path
        else:
            raise UsageError(
                f"the source {source.path} isn't on this machine; say where its files are now with "
                f"`--source {source.path}=NEW`, or leave it as it is with `--source {source.path}={source.path}`"
            )
    if len({*paths.values()}) < len(paths):
        raise UsageError("--source puts two sources in the same place; give each its own")
    return paths


def _split(move: str, sources: Sequence[Source]) -> tuple[str, str]:
    """OLD and NEW of a move, parted at the last = before which there is a path that holds a source."""
    for at in sorted((at for at, character in enumerate(move) if character == "="), reverse=True):
        old, new = os.path.normpath(move[:at]), move[at + 1 :]
        if any(is_inside(source.path, old) for source in sources):
            real = os.path.realpath(home_expanded(new))
            if old != os.path.normpath(new) and not os.path.exists(real):
                raise UsageError(f"{new}: there is no such folder or file; name where the files of {old} are now")
            return old, new if old == os.path.normpath(new) else real
    known = ", ".join(source.path for source in sources)
    raise UsageError(f"--source {move}: write OLD=NEW, with an OLD that is or holds one of the sources: {known}")


def _flush(path: Path) -> None:
    """Make sure that a file, or the names in a folder, outlast a power cut."""
    if path.is_dir() and os.name == "nt":
        return  # which keeps no folder open
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
