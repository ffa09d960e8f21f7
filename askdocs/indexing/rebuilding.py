"""An index made anew beside the one that answers, whose place it takes when it is whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from askdocs.catalog.catalog import Catalog
from askdocs.catalog.connection import delete_database
from askdocs.errors import IndexDamaged, IndexTrouble

FILE = "rebuild.sqlite"
"""What its catalogue is called meanwhile, in the folder of the index."""


@contextmanager
def beside(catalog: Catalog, fingerprint: str) -> Iterator[Catalog]:
    """A catalogue without sources beside `catalog`, for the encoder of this fingerprint; it goes if all ends well.

    What one that broke off had embedded is in it. Only for who holds the writer's lock.
    """
    path = _path(catalog)
    with closing(_opened(path, fingerprint)) as new:
        new.number_on_from(catalog)
        yield new
    _remove(path)


def replace(catalog: Catalog, new: Catalog) -> None:
    """Let `catalog` become `new` in one transaction; both stay open, and so do those of others."""
    new.prepare_to_replace(catalog, {})
    catalog.become(new)


def unfinished(catalog: Catalog) -> Path | None:
    """The file of one that is under way or broke off, None if there is none."""
    path = _path(catalog)
    return path if path.exists() else None


def _path(catalog: Catalog) -> Path:
    return catalog.path.with_name(FILE)


def _opened(path: Path, fingerprint: str) -> Catalog:
    try:
        new = Catalog(path)
    except IndexDamaged:
        _remove(path)
        return Catalog(path)
    if new.encoder and new.encoder.fingerprint != fingerprint:
        new.close()
        _remove(path)
        return Catalog(path)
    new.clear_but_embeddings()
    return new


def _remove(path: Path) -> None:
    try:
        delete_database(path)
    except OSError as exc:
        raise IndexTrouble(f"{path} can't be removed: {exc.strerror}") from exc
