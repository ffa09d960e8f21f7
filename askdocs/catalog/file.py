"""The catalogue's one SQLite file: connection, transactions, and the one row about the index as a whole."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from askdocs.catalog import schema
from askdocs.catalog.connection import Access, clear_errors, connect, connect_to_read
from askdocs.catalog.records import FileState, StoredEncoder
from askdocs.errors import IndexTrouble
from askdocs.types import IndexCounts


class CatalogFile:
    """A connection to the catalogue; safe to share between threads, which then take turns."""

    def __init__(self, path: Path) -> None:
        """Open the catalogue at `path`, made new if there is none; only to be read where it can't be written.

        Raises IndexDamaged if the file is something else, or was written by a newer askdocs.
        """
        self.path = path
        self._lock = threading.RLock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._open()
        except OSError as exc:
            raise IndexTrouble(f"{path.parent} can't be used as an index: {exc.strerror}") from exc

    def _open(self) -> None:
        with clear_errors(self.path):
            self._connection, self.access = connect(self.path)
            try:
                self._opened_as = self._appearance()
                schema.prepare(self._connection, self.path, may_write=self.access is Access.WRITE)
            except BaseException:
                self._connection.close()
                raise

    def _appearance(self) -> tuple[FileState, bool] | None:
        """What changes when somebody writes to the file, or has begun to."""
        try:
            return FileState.of(self.path.stat()), self.path.with_name(f"{self.path.name}-wal").exists()
        except OSError:
            return None

    def _look_again(self) -> None:
        """Open the file anew if it was frozen and isn't any more: SQLite doesn't look for changes in one that is."""
        if self.access is not Access.FROZEN or self._connection.in_transaction:
            return
        if self._appearance() != self._opened_as:
            self._connection.close()
            self._open()

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, for writing. Raises IndexTrouble where nothing can be written."""
        if self.access is not Access.WRITE:
            raise IndexTrouble(
                f"the index {self.path.parent} can't be written: its files may only be read; copy the folder to where "
                "it can be written, and use the copy"
            )
        with self._held("BEGIN IMMEDIATE"):
            yield

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything read inside is of one moment."""
        with self._held("BEGIN"):
            yield

    @contextmanager
    def _held(self, begin: str) -> Iterator[None]:
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            self._look_again()
            with clear_errors(self.path):
                self._connection.execute(begin)
                try:
                    yield
                    self._connection.execute("COMMIT")
                except BaseException:
                    if self._connection.in_transaction:  # of some errors SQLite makes an end itself
                        self._connection.execute("ROLLBACK")
                    raise

    def _rows(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self._lock, clear_errors(self.path):
            self._look_again()
            return self._connection.execute(sql, parameters).fetchall()

    def _column(self, sql: str, parameters: Sequence[object] = ()) -> list[Any]:
        """The first column of what is found."""
        return [row[0] for row in self._rows(sql, parameters)]

    def _value(self, sql: str, parameters: Sequence[object] = ()) -> Any:
        """The one value that is found."""
        ((value,),) = self._rows(sql, parameters)
        return value

    # The index as a whole

    @property
    def identity(self) -> bytes:
        """16 random bytes that tell this index from every other."""
        return bytes(self._value("SELECT identity FROM catalog"))

    @property
    def generation(self) -> int:
        return int(self._value("SELECT generation FROM catalog"))

    @property
    def forgotten(self) -> int:
        """The generation before which removals are no longer known."""
        return int(self._value("SELECT forgotten FROM catalog"))

    @property
    def complete(self) -> bool:
        """Whether the last run came to its end."""
        return bool(self._value("SELECT complete FROM catalog"))

    def set_complete(self, complete: bool) -> None:
        with self.transaction():
            self._connection.execute("UPDATE catalog SET complete = ?1 WHERE complete != ?1", (complete,))

    @property
    def encoder(self) -> StoredEncoder | None:
        """The encoder behind the embeddings, or None before anything is embedded."""
        ((name, *others),) = self._rows("SELECT encoder, fingerprint, precision, note FROM catalog")
        return StoredEncoder(name, *others) if name else None

    def set_encoder(self, encoder: StoredEncoder) -> None:
        with self.transaction():
            self._connection.execute(
                "UPDATE catalog SET encoder = ?, fingerprint = ?, precision = ?, note = ?",
                (encoder.name, encoder.fingerprint, encoder.precision, encoder.note),
            )

    def counts(self) -> IndexCounts:
        (row,) = self._rows("SELECT documents, chunks, (SELECT count(*) FROM failures), generation FROM catalog")
        return IndexCounts(*row)

    def _count(self, documents: int = 0, chunks: int = 0) -> None:
        self._connection.execute(
            "UPDATE catalog SET documents = documents + ?, chunks = chunks + ?", (documents, chunks)
        )

    def _next_generation(self) -> int:
        return int(self._value("UPDATE catalog SET generation = generation + 1 RETURNING generation"))

    # Moving

    def copy_to(self, path: Path) -> None:
        """Write the catalogue as it is at one moment to a new file, compacted; others may write to it meanwhile."""
        with self._lock, clear_errors(path):
            self._look_again()
            self._connection.execute("VACUUM INTO ?", (os.fspath(path),))

    def become(self, other: CatalogFile) -> None:
        """Take over everything from `other` in one transaction: whoever has this catalogue open sees all or nothing."""
        with self._lock, other._lock, clear_errors(self.path):
            other._connection.backup(self._connection)


def copy_catalog(file: Path, path: Path) -> None:
    """Copy the catalogue in `file`, as it is at one moment, to a new file; `file` may be read-only."""
    with clear_errors(file):
        connection, _ = connect_to_read(file)
        with closing(connection):
            schema.known_version(connection, file)
            connection.execute("VACUUM INTO ?", (os.fspath(path),))
