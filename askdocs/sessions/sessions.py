"""Conversations that are kept: an SQLite file beside the catalogue, to which every answer is added as it comes.

The file is opened for each call and closed after it: other programs may use it, copy it or take it away in between.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from askdocs.catalog.connection import (
    Access,
    begin,
    clear_errors,
    connect,
    execute_all,
    files_of,
    may_be_written,
    version_of,
)
from askdocs.catalog.records import in_unicode
from askdocs.errors import IndexDamaged, IndexTrouble, UsageError
from askdocs.sessions.kept_answers import kept_json, kept_of
from askdocs.types import Answer, Citation

if TYPE_CHECKING:
    from askdocs.answering.feedback import Ranking
    from askdocs.searching.question import DocumentFilter

FILE = "sessions.sqlite"
"""What it is called in the folder of an index."""

VERSION = 1
_APPLICATION_ID = int.from_bytes(b"asks")

MOST_LISTED = 500
LONGEST_NAME = 60
"""Characters of a question that a session is called after; of a name that it is given, ten times as many are kept."""

_MOST_WORDS = 20
_BUSY_MS = 5_000

_TABLES = """
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    created INTEGER NOT NULL,        -- seconds since 1970
    used INTEGER NOT NULL
);
CREATE TABLE questions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- in the order in which they were answered
    session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    asked INTEGER NOT NULL,          -- seconds since 1970
    question TEXT NOT NULL,
    trouble TEXT NOT NULL,           -- why there is no answer
    catalog TEXT NOT NULL,           -- the identity of the catalogue whose ids the answer has
    searched TEXT NOT NULL,          -- the question and all quotes, case folded
    answer TEXT                      -- JSON: see kept_answers; last, as SQLite reads through all before it
);
CREATE INDEX questions_by_session ON questions (session_id);
"""


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """What people see of a kept conversation in a list; `questions` is how many it holds."""

    id: int
    name: str
    created: datetime
    used: datetime
    questions: int


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its answer, or the trouble that there was instead; `at` is when it came.

    `documents` are those that were chosen beside the question, None for all. A `ranking` by what a person has marked is
    not judged, and so has no answer.
    """

    question: str
    answer: Answer | None
    trouble: str
    at: datetime
    documents: DocumentFilter | None = None
    ranking: Ranking | None = None

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The passages that came of it."""
        came = self.answer or self.ranking
        return came.citations if came else ()


@dataclass(frozen=True, slots=True)
class Session:
    """A conversation, oldest question first."""

    info: SessionInfo
    exchanges: tuple[Exchange, ...]


class Sessions:
    """The conversations of one index; to be used from any thread, by any number of programs at once.

    A file that turns out to be damaged is moved aside, which is told by IndexDamaged; the next call begins a new one.
    Every other error is IndexTrouble, and leaves the file as it is.
    """

    def __init__(self, folder: Path, identity: Callable[[], str]) -> None:
        """`identity` is that of the catalogue in `folder`: in no other do its answers' document ids mean anything."""
        self.path = folder / FILE
        self._identity = identity

    def listed(self, words: str = "", most: int = MOST_LISTED) -> list[SessionInfo]:
        """The sessions in whose names, questions and quotes all of `words` stand, the last used first."""
        wanted = in_unicode(words.casefold()).split()[:_MOST_WORDS]
        holds = """
            AND (instr(folded(s.name), ?) OR EXISTS (
                SELECT 1 FROM questions q WHERE q.session_id = s.id AND instr(q.searched, ?)))
            """
        rows = self._rows(
            f"""
            SELECT s.id, s.name, s.created, s.used, (SELECT count(*) FROM questions q WHERE q.session_id = s.id)
            FROM sessions s WHERE TRUE {holds * len(wanted)}
            ORDER BY s.used DESC, s.id DESC LIMIT ?
            """,
            (*(word for word in wanted for _ in range(2)), most),
        )
        return [
            SessionInfo(id_, name, _time(created), _time(used), number) for id_, name, created, used, number in rows
        ]

    def questions(self, most: int) -> list[str]:
        """The last `most` different questions, oldest first."""
        rows = self._rows("SELECT question FROM questions GROUP BY question ORDER BY max(id) DESC LIMIT ?", (most,))
        return [question for (question,) in reversed(rows)]

    def load(self, session_id: int) -> Session:
        """A whole conversation. Raises UsageError if it is no longer kept."""
        sessions = self._rows("SELECT id, name, created, used FROM sessions WHERE id = ?", (session_id,))
        if not sessions:
            raise UsageError("the conversation is no longer kept: it was deleted")
        rows = self._rows(
            "SELECT question, answer, trouble, asked, catalog FROM questions WHERE session_id = ? ORDER BY id",
            (session_id,),
        )
        identity = self._identity() if rows else ""
        exchanges = tuple(
            _exchange(question, answer, trouble, _time(asked), same_catalog=catalog == identity)
            for question, answer, trouble, asked, catalog in rows
        )
        ((id_, name, created, used),) = sessions
        return Session(SessionInfo(id_, name, _time(created), _time(used), len(exchanges)), exchanges)

    def add(self, session_id: int | None, exchanges: Sequence[Exchange]) -> int:
        """Add what was asked to a session, or to a new one if there is none of that id; the id of the session."""
        identity = self._identity()
        now = _seconds(datetime.now(UTC))
        with self._opened(to_write=True) as connection:
            used = connection.execute("UPDATE sessions SET used = ? WHERE id = ?", (now, session_id))
            if session_id is None or not used.rowcount:
                name = in_unicode(default_name(exchanges[0].question))
                ((session_id,),) = connection.execute(
                    "INSERT INTO sessions (name, created, used) VALUES (?, ?, ?) RETURNING id", (name, now, now)
                ).fetchall()
            connection.executemany(
                """
                INSERT INTO questions (session_id, asked, question, answer, trouble, catalog, searched)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    (
                        session_id,
                        _seconds(exchange.at),
                        in_unicode(exchange.question),
                        kept_json((exchange.answer, exchange.documents, exchange.ranking)),
                        in_unicode(exchange.trouble),
                        identity,
                        in_unicode(_searched(exchange)),
                    )
                    for exchange in exchanges
                ],
            )
        return session_id

    def rename(self, session_id: int, name: str) -> None:
        """Call a session something else. Raises UsageError for an empty name."""
        if not name.strip():
            raise UsageError("a conversation needs a name; type one")
        with self._opened(to_write=True) as connection:
            connection.execute(
                "UPDATE sessions SET name = ? WHERE id = ?", (in_unicode(name.strip()[: 10 * LONGEST_NAME]), session_id)
            )

    def delete(self, session_id: int) -> None:
        """Forget a session; what it held is overwritten in the file."""
        if self.path.exists():
            with self._opened(to_write=True) as connection:
                connection.execute("DELETE FROM sessions WHERE id = ?", (session_id,))

    def _rows(self, sql: str, parameters: Sequence[object]) -> list[tuple[Any, ...]]:
        """Nothing if nothing is kept yet: reading makes no file."""
        if not self.path.exists():
            return []
        with self._opened() as connection:
            connection.create_function("folded", 1, str.casefold, deterministic=True)
            return connection.execute(sql, parameters).fetchall()

    @contextmanager
    def _opened(self, *, to_write: bool = False) -> Iterator[sqlite3.Connection]:
        """The database, open as long as it is needed; `to_write` in one transaction."""
        found = _inode(self.path)
        if to_write and not may_be_written(self.path):
            raise IndexTrouble(f"{self.path} can't be written: the file or its folder is missing or read-only")
        try:
            with clear_errors(self.path):
                connection, access = connect(self.path)
                try:
                    _prepare(connection, self.path, access)
                    if not to_write:
                        yield connection
                        return
                    connection.execute("BEGIN IMMEDIATE")
                    yield connection
                    connection.execute("COMMIT")
                finally:
                    connection.close()  # which rolls back what is not committed
        except IndexDamaged as exc:
            raise self._moved_aside(found) from exc

    def _moved_aside(self, found: int | None) -> IndexDamaged:
        """Give a damaged file another name, with its log, unless somebody already has; what there is to tell of it."""
        names = (self.path.with_name(f"sessions-damaged-{number}.sqlite") for number in count(1))
        aside = next(path for path in names if not os.path.lexists(path))
        try:
            if found is not None and _inode(self.path) == found:
                for part, new in zip(files_of(self.path), files_of(aside), strict=True):
                    if part.exists():
                        part.rename(new)
        except OSError as exc:
            return IndexDamaged(
                f"{self.path} is damaged and can't be moved away ({exc.strerror}); no conversation is kept until it is"
            )
        return IndexDamaged(
            f"{self.path} was damaged, and is {aside.name} now; from here on conversations are kept in a new file"
        )


class Conversation:
    """The conversation under way: what is asked is noted at once, and saved as soon as that is possible.

    What can't be saved stays here, and is tried again with what comes next.
    """

    def __init__(self, sessions: Sessions, session_id: int | None = None) -> None:
        """A new conversation, or one that is kept and goes on."""
        self.id = session_id
        self._sessions = sessions
        self._unsaved: deque[Exchange] = deque()
        self._saving = threading.Lock()

    def note(
        self,
        question: str,
        answer: Answer | None,
        trouble: str,
        documents: DocumentFilter | None = None,
        ranking: Ranking | None = None,
    ) -> None:
        """Remember what became of a question, without waiting for anything."""
        self._unsaved.append(Exchange(question, answer, trouble, datetime.now(UTC), documents, ranking))

    def save(self) -> None:
        """Write down all that was noted. Raises IndexTrouble; IndexDamaged even if it could then be saved anew."""
        with self._saving:
            if not (exchanges := tuple(self._unsaved)):
                return
            damaged: IndexDamaged | None = None
            try:
                self.id = self._sessions.add(self.id, exchanges)
            except IndexDamaged as exc:
                damaged = exc
                self.id = self._sessions.add(None, exchanges)
            for _ in exchanges:
                self._unsaved.popleft()
            if damaged:
                raise damaged

    def session(self) -> Session:
        """All of it, kept or not. Raises UsageError if nothing has been asked, or it was deleted."""
        with self._saving:
            unsaved = tuple(self._unsaved)
            if self.id is not None:
                kept = self._sessions.load(self.id)
                exchanges = kept.exchanges + unsaved
                return Session(replace(kept.info, questions=len(exchanges)), exchanges)
        if not unsaved:
            raise UsageError("nothing has been asked in this conversation yet")
        first, last = unsaved[0], unsaved[-1]
        return Session(SessionInfo(0, default_name(first.question), first.at, last.at, len(unsaved)), unsaved)


def default_name(question: str) -> str:
    """What a conversation is called after its first question: all of it if it is short, else its beginning."""
    name = " ".join(question.split())
    if len(name) <= LONGEST_NAME:
        return name
    start = name[: LONGEST_NAME - 1]
    whole_words = start.rpartition(" ")[0]
    return f"{whole_words if len(whole_words) > LONGEST_NAME // 2 else start}…"


def _prepare(connection: sqlite3.Connection, path: Path, access: Access) -> None:
    """Make the tables of a new database. Raises IndexTrouble if it is another program's or a newer askdocs'."""
    execute = connection.execute
    execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
    if (version := _version(connection, path)) == 0:
        if access is not Access.WRITE:
            raise IndexTrouble(f"{path} is empty, and may only be read; delete it to have conversations kept")
        begin(connection, _APPLICATION_ID)
    execute("PRAGMA synchronous = NORMAL")  # of what is lost in a power cut, nothing depends on
    execute("PRAGMA foreign_keys = ON")
    execute("PRAGMA secure_delete = ON")
    if version == 0:
        execute("BEGIN IMMEDIATE")
        if _version(connection, path) == 0:  # else another process was quicker
            execute_all(connection, _TABLES)
            execute(f"PRAGMA user_version = {VERSION}")
        execute("COMMIT")


def _version(connection: sqlite3.Connection, path: Path) -> int:
    instead = "move it away to have conversations kept"
    return version_of(connection, path, _APPLICATION_ID, VERSION, IndexTrouble, instead)


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except OSError:
        return None


def _seconds(time: datetime) -> int:
    return int(time.timestamp())


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _exchange(question: str, kept: str | None, trouble: str, at: datetime, *, same_catalog: bool) -> Exchange:
    if kept is None:
        return Exchange(question, None, trouble, at)
    if read := kept_of(kept, same_catalog=same_catalog):
        answer, documents, ranking = read
        return Exchange(question, answer, trouble, at, documents, ranking)
    return Exchange(question, None, "The answer that was kept can't be read by this askdocs; ask again.", at)


def _searched(exchange: Exchange) -> str:
    quotes = [citation.quote for citation in exchange.citations]
    return "\n".join([exchange.question, *quotes]).casefold()
