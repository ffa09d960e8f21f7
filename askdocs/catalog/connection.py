"""How SQLite files are opened (to write where possible, else to read), and what SQLite's errors mean to people."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path

from askdocs.errors import AskdocsError, IndexDamaged, IndexTrouble

_PATIENCE = 5.0  # seconds
_PAUSE = 0.005


class Access(Enum):
    """What may be done with a catalogue."""

    WRITE = "write"
    READ = "read"
    """Others may write to it: what they commit is seen."""
    FROZEN = "frozen"
    """Nobody has it open to write, and no trace of reading can be left beside it."""


_MEANINGS = {
    sqlite3.SQLITE_FULL: "can't be written: the disk is full; make room and run the command again",
    sqlite3.SQLITE_BUSY: "is locked by another program; run the command again when that has ended",
    sqlite3.SQLITE_LOCKED: "is locked; run the command again",
    sqlite3.SQLITE_READONLY: "can't be written: the file or its folder is read-only",
    sqlite3.SQLITE_CANTOPEN: "can't be opened: it or its folder is missing, or may not be read and written",
    sqlite3.SQLITE_IOERR: "can't be read or written: the disk reports an error, is full, or is gone",
}
"""What SQLite's result codes mean to a person."""


def connect(path: Path) -> tuple[sqlite3.Connection, Access]:
    """A connection to the database at `path`, made new if there is none and it can be.

    SQLite writes beside a database even to read it. Where the folder can't be written, it is opened as what
    somebody else is writing to, or as what nobody is. Raises IndexTrouble and sqlite3.DatabaseError.
    """
    if may_be_written(path):
        return sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30), Access.WRITE
    if not path.exists():
        raise IndexTrouble(f"{path.parent} holds no index, and none can be made: the folder can't be written")
    return connect_to_read(path)


def connect_to_read(path: Path) -> tuple[sqlite3.Connection, Access]:
    """A connection to a database that is there, which won't be changed."""
    connection = _reading(path, "mode=ro")
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as exc:
        connection.close()
        if exc.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
            raise
    else:
        return connection, Access.READ
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and log.stat().st_size:
        raise IndexTrouble(
            f"{path} was not closed by who wrote it last ({log.name} holds changes), and can't be put in order here: "
            f"copy the folder {path.parent} to where it can be written, and use the copy"
        )
    return _reading(path, "immutable=1"), Access.FROZEN


def _reading(path: Path, how: str) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?{how}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=30)


def begin(connection: sqlite3.Connection, application: int) -> None:
    """Make an empty database one of the `application`, written by way of a log, so that readers wait for nobody.

    Where several programs do so at once, SQLite refuses some without waiting, whatever their timeout: each holds what
    the others wait for. So it is tried again.
    """
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            connection.execute(f"PRAGMA application_id = {application}")
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(_PAUSE)
        else:
            return


def may_be_written(path: Path) -> bool:
    """Whether a database at `path` can be written, or made: file and folder must allow it."""
    # As whom files are opened, where the system can tell; tests are run as somebody else than who started them.
    effective = os.access in os.supports_effective_ids
    places = [path.parent, path] if path.exists() else [path.parent]
    return all(os.access(place, os.W_OK, effective_ids=effective) for place in places)


def execute_all(connection: sqlite3.Connection, statements: str) -> None:
    """Execute statements that each end a line, in the transaction under way, which `executescript` would commit."""
    for statement in statements.split(";\n"):
        connection.execute(statement)


def files_of(path: Path) -> list[Path]:
    """What the database at `path` may consist of: the files that SQLite keeps beside it, and then its own."""
    return [path.with_name(f"{path.name}{ending}") for ending in ("-journal", "-wal", "-shm", "")]


def delete_database(path: Path) -> None:
    """Delete what there is of the database at `path`. Raises OSError."""
    for file in files_of(path):
        file.unlink(missing_ok=True)


@contextmanager
def clear_errors(path: Path) -> Iterator[None]:
    """What SQLite raises inside over the database at `path`, as one of our errors."""
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise  # a bug, not the file
    except sqlite3.DatabaseError as exc:
        raise _trouble(path, exc) from exc


def _trouble(path: Path, exc: sqlite3.DatabaseError) -> IndexTrouble:
    # Python's own errors, as of text that isn't UTF-8, have no code.
    code = getattr(exc, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    if code in _MEANINGS:
        return IndexTrouble(f"{path} {_MEANINGS[code]}")
    # Not what Python says of text, as that would quote all of it.
    reason = exc if hasattr(exc, "sqlite_errorcode") else "text in it is not UTF-8"
    return IndexDamaged(
        f"{path} is damaged or no askdocs catalogue ({reason}); `askdocs verify --repair` mends what it can. If "
        "that is not enough, move it away and run `askdocs index` with your folders to build anew"
    )


def version_of(
    connection: sqlite3.Connection, path: Path, application: int, newest: int, error: type[AskdocsError], instead: str
) -> int:
    """The version of a database, 0 for an empty one.

    Raises `error` if it isn't of the `application`, with what to do `instead`, or if its version is past the `newest`.
    """
    # One statement, as another program may make the tables between two.
    ((found, version, has_tables),) = connection.execute(
        """
        SELECT application_id, user_version, EXISTS (SELECT 1 FROM sqlite_master)
        FROM pragma_application_id, pragma_user_version
        """
    ).fetchall()
    if found != application and has_tables:
        raise error(f"{path} is another program's database; {instead}")
    if version > newest:
        raise error(
            f"{path} was written by a newer askdocs (format {version}, this one reads {newest}); upgrade askdocs"
        )
    return int(version)
