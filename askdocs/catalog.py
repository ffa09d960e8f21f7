"""The catalogue: all SQL, with `schema.py`. One SQLite file holds sources, documents, chunks, embeddings and failures.

It is the truth; the FAISS and tantivy indexes are derived from it. Every change is one transaction with a
number of its own, the generation, so that a derived index can ask what it has missed.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from askdocs import schema
from askdocs.connection import Access, clear_errors, connect, connect_to_read
from askdocs.errors import IndexTrouble
from askdocs.records import (
    FileState,
    ReadDocument,
    Source,
    StoredChunk,
    StoredDocument,
    StoredEncoder,
    StoredFailure,
    locator_of,
    locator_values,
)
from askdocs.sentences import Sentences
from askdocs.types import Chunk, Document, Heading, IndexCounts, SourceRules, Span

if TYPE_CHECKING:
    from askdocs.types import Embeddings

_ROWS_AT_ONCE = 10_000

_UNKNOWN = "en"
"""The language in which words are understood if none is known."""

_IS_FILE = "instr(d.path, x'00') = 0"
"""Of a document d: it is a file's own, and not inside one."""


class Catalog:
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

    # The index as a whole

    @property
    def identity(self) -> bytes:
        """16 random bytes that tell this index from every other."""
        return bytes(self._rows("SELECT identity FROM catalog")[0][0])

    @property
    def generation(self) -> int:
        return int(self._rows("SELECT generation FROM catalog")[0][0])

    @property
    def forgotten(self) -> int:
        """The generation before which removals are no longer known."""
        return int(self._rows("SELECT forgotten FROM catalog")[0][0])

    @property
    def complete(self) -> bool:
        """Whether the last run came to its end."""
        return bool(self._rows("SELECT complete FROM catalog")[0][0])

    def set_complete(self, complete: bool) -> None:
        with self.transaction():
            self._connection.execute("UPDATE catalog SET complete = ?1 WHERE complete != ?1", (complete,))

    @property
    def encoder(self) -> StoredEncoder | None:
        """The encoder behind the embeddings, or None before anything is embedded."""
        row = self._rows("SELECT encoder, fingerprint, precision, note FROM catalog")[0]
        return StoredEncoder(*row) if row[0] else None

    def set_encoder(self, encoder: StoredEncoder) -> None:
        with self.transaction():
            self._connection.execute(
                "UPDATE catalog SET encoder = ?, fingerprint = ?, precision = ?, note = ?",
                (encoder.name, encoder.fingerprint, encoder.precision, encoder.note),
            )

    def counts(self) -> IndexCounts:
        return IndexCounts(
            *self._rows(
                """
                SELECT documents, chunks, (SELECT count(*) FROM failures), generation FROM catalog
                """
            )[0]
        )

    @property
    def has_chunks(self) -> bool:
        """Whether there is anything to ask about; quicker than counting."""
        return bool(self._rows("SELECT EXISTS (SELECT 1 FROM chunks)")[0][0])

    def _next_generation(self) -> int:
        return int(
            self._connection.execute("UPDATE catalog SET generation = generation + 1 RETURNING generation").fetchone()[
                0
            ]
        )

    def clear(self) -> None:
        """Forget every document, chunk and embedding, but not the sources."""
        with self.transaction():
            for document in self.documents():
                self.remove_document(document.id)
            self._connection.execute("DELETE FROM released_embeddings")
            self._connection.execute("DELETE FROM embeddings")
            self._connection.execute("DELETE FROM failures")
            self._connection.execute(
                "UPDATE catalog SET encoder = NULL, fingerprint = NULL, precision = NULL, note = NULL"
            )

    # Moving

    def copy_to(self, path: Path) -> None:
        """Write the catalogue as it is at one moment, whoever writes meanwhile, to a new file without gaps."""
        with self._lock, clear_errors(path):
            self._look_again()
            self._connection.execute("VACUUM INTO ?", (os.fspath(path),))

    def become(self, other: Catalog) -> None:
        """Take over everything from `other` in one transaction: whoever has this catalogue open sees all or nothing."""
        with self._lock, other._lock, clear_errors(self.path):
            other._connection.backup(self._connection)

    def settle(self, paths: Mapping[int, str], identity: bytes, generation: int) -> None:
        """Make ready to take the place of a catalogue of this identity and generation, with sources, by id, at `paths`.

        Whatever was derived from that one is then too old to be used.
        """
        with self.transaction():
            for source_id, path in paths.items():
                self._connection.execute(
                    "UPDATE sources SET path = ?, device = NULL WHERE id = ?", (os.fsencode(path), source_id)
                )
            self._connection.execute("DELETE FROM removed_chunks")
            self._connection.execute(
                "UPDATE catalog SET identity = ?1, generation = max(generation, ?2) + 1", (identity, generation)
            )
            self._connection.execute("UPDATE catalog SET forgotten = generation")

    # Sources

    def sources(self) -> list[Source]:
        rows = self._rows("SELECT id, path, include, exclude, hidden, links, device FROM sources ORDER BY path")
        return [
            Source(
                id_, os.fsdecode(path),
                SourceRules(tuple(json.loads(include)), tuple(json.loads(exclude)), bool(hidden), bool(links)), device,
            )
            for id_, path, include, exclude, hidden, links, device in rows
        ]  # fmt: skip

    def put_source(self, source: Source) -> Source:
        """Store a source or, if there is one of its path, its rules; until it is indexed the index is not complete."""
        rules = source.rules
        values = (json.dumps(rules.include), json.dumps(rules.exclude), rules.hidden, rules.links)
        with self.transaction():
            path = os.fsencode(source.path)
            stored = self._connection.execute(
                """
                INSERT INTO sources (path, include, exclude, hidden, links) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (path) DO UPDATE SET
                    include = excluded.include, exclude = excluded.exclude,
                    hidden = excluded.hidden, links = excluded.links
                WHERE (include, exclude, hidden, links)
                    != (excluded.include, excluded.exclude, excluded.hidden, excluded.links)
                RETURNING id
                """,
                (path, *values),
            ).fetchall()
            if stored:
                self.set_complete(False)
            (id_,) = self._rows("SELECT id FROM sources WHERE path = ?", (path,))[0]
        return replace(source, id=id_)

    def set_device(self, source: Source, device: int) -> None:
        """Record what a source was found on; costs nothing if it is known."""
        with self.transaction():
            self._connection.execute(
                "UPDATE sources SET device = ?1 WHERE id = ?2 AND device IS NOT ?1", (device, source.id)
            )

    def source_counts(self) -> dict[int, tuple[int, int]]:
        """How many documents and failures each source has, by its id."""
        rows = self._rows(
            """
            SELECT id, (SELECT count(*) FROM documents WHERE source_id = sources.id),
                   (SELECT count(*) FROM failures WHERE source_id = sources.id)
            FROM sources
            """
        )
        return {id_: (documents, failed) for id_, documents, failed in rows}

    def remove_source(self, source: Source) -> None:
        """Forget a source with all that came from it."""
        with self.transaction():
            for document in self.file_documents(source):
                self.remove_document(document.id)
            self._connection.execute("DELETE FROM failures WHERE source_id = ?", (source.id,))
            self._connection.execute("DELETE FROM sources WHERE id = ?", (source.id,))
            self.drop_unused_embeddings()

    # Documents

    _DOCUMENT = (
        "d.id, s.id, s.path, d.path, d.title, d.content_hash, d.size, d.mtime_ns, d.inode, "
        "m.author, m.date, m.tags, m.language"
    )

    def documents(self) -> list[StoredDocument]:
        """All, those inside a file after its own."""
        rows = self._rows(
            f"""
            SELECT {self._DOCUMENT}
            FROM documents d JOIN sources s ON s.id = d.source_id LEFT JOIN document_metadata m ON m.document_id = d.id
            ORDER BY s.path, d.path
            """
        )
        return [_stored_document(row) for row in rows]

    def file_documents(self, source: Source) -> list[StoredDocument]:
        """The documents of a source's files, without those inside."""
        rows = self._rows(
            f"""
            SELECT {self._DOCUMENT}
            FROM documents d JOIN sources s ON s.id = d.source_id LEFT JOIN document_metadata m ON m.document_id = d.id
            WHERE d.source_id = ? AND {_IS_FILE} ORDER BY d.path
            """,
            (source.id,),
        )
        return [_stored_document(row) for row in rows]

    def holdings(self) -> list[tuple[int, bytes, int, str | None, str | None, str | None, int, int, str | None]]:
        """Of every document its source's id, path, own id, title, author, date, size, number of chunks, and warning."""
        return self._rows(
            """
            SELECT d.source_id, d.path, d.id, d.title, m.author, m.date, d.size, coalesce(c.chunks, 0), m.warning
            FROM documents d LEFT JOIN document_metadata m ON m.document_id = d.id
            LEFT JOIN (SELECT document_id, count(*) AS chunks FROM chunks GROUP BY document_id) c
                ON c.document_id = d.id
            """
        )

    def file_states(self, source: Source) -> Iterator[tuple[bytes, int, int, int, int]]:
        """Of each file of a source its path, the document's id, and the size, mtime_ns and inode it was read with.

        In the order of the paths; read bit by bit, so that there may be any number.
        """
        after: bytes | None = None
        while True:
            rows = self._rows(
                f"""
                SELECT d.path, d.id, d.size, d.mtime_ns, d.inode FROM documents d
                WHERE d.source_id = ?1 AND {_IS_FILE} {"" if after is None else "AND d.path > ?2"}
                ORDER BY d.path LIMIT {_ROWS_AT_ONCE}
                """,
                (source.id,) if after is None else (source.id, after),
            )
            yield from rows
            if len(rows) < _ROWS_AT_ONCE:
                return
            after = rows[-1][0]

    def documents_of_ids(self, ids: Sequence[int]) -> list[StoredDocument]:
        """The documents of these ids that exist, in the order of their paths."""
        rows = self._rows(
            f"""
            SELECT {self._DOCUMENT}
            FROM documents d JOIN sources s ON s.id = d.source_id LEFT JOIN document_metadata m ON m.document_id = d.id
            WHERE d.id IN (SELECT value FROM json_each(?))
            ORDER BY s.path, d.path
            """,
            (json.dumps(list(ids)),),
        )
        return [_stored_document(row) for row in rows]

    def said(self, what: str) -> list[str]:
        """What documents say of themselves: every `author`, `tag` or `language` that is stored, each once."""
        column = {
            "author": "author FROM document_metadata",
            "tag": "value FROM document_metadata, json_each(tags)",
            "language": "language FROM document_metadata",
        }[what]
        return [value for (value,) in self._rows(f"SELECT DISTINCT {column}") if value is not None]

    def document_ids_where(
        self,
        *,
        authors: Sequence[str] | None = None,
        tags: Sequence[str] | None = None,
        languages: Sequence[str] | None = None,
        days: tuple[str, str] | None = None,
        times: tuple[int, int] = (0, 0),
        pieces: Sequence[bytes] = (),
        endings: Sequence[str] = (),
    ) -> list[int]:
        """The documents that have one of each of these, spelt as they are stored; None where anything will do.

        The day that a document states lies between the two `days`; where it states none, its file's time does between
        the two `times`, the latter excluded. Its path holds one of the `pieces`, and one of the `endings` (ASCII,
        in small letters), if there are any.
        """
        conditions: list[tuple[str, Sequence[object]]] = []
        for column, values in (("m.author", authors), ("m.language", languages)):
            if values is not None:
                conditions.append((f"{column} IN (SELECT value FROM json_each(?))", (json.dumps(values),)))
        if tags is not None:
            one = "SELECT 1 FROM json_each(m.tags) WHERE value IN (SELECT value FROM json_each(?))"
            conditions.append((f"EXISTS ({one})", (json.dumps(tags),)))
        if days is not None:
            stated, else_ = "substr(m.date, 1, 10) BETWEEN ? AND ?", "d.mtime_ns >= ? AND d.mtime_ns < ?"
            conditions.append((f"iif(m.date IS NULL, {else_}, {stated})", (*times, *days)))
        if pieces:
            holds = " OR ".join(["instr(s.path, ?) OR instr(d.path, ?)"] * len(pieces))
            conditions.append((f"({holds})", [piece for piece in pieces for _ in range(2)]))
        if endings:
            # Anywhere, as what is inside a file has names behind that of the file.
            holds = " OR ".join(["instr(lower(CAST(s.path AS TEXT) || CAST(d.path AS TEXT)), ?)"] * len(endings))
            conditions.append((f"({holds})", endings))
        rows = self._rows(
            f"""
            SELECT d.id
            FROM documents d JOIN sources s ON s.id = d.source_id LEFT JOIN document_metadata m ON m.document_id = d.id
            WHERE {" AND ".join(["TRUE", *(condition for condition, _ in conditions)])}
            """,
            [value for _, values in conditions for value in values],
        )
        return [id_ for (id_,) in rows]

    def document(self, document_id: int) -> tuple[StoredDocument, str, tuple[Heading, ...]] | None:
        """A document with its text and headings, or None if there is none of that id."""
        rows = self._rows(
            f"""
            SELECT {self._DOCUMENT}, d.text, d.headings
            FROM documents d JOIN sources s ON s.id = d.source_id LEFT JOIN document_metadata m ON m.document_id = d.id
            WHERE d.id = ?
            """,
            (document_id,),
        )
        if not rows:
            return None
        *row, text, headings = rows[0]
        outline = tuple(Heading(level, title, Span(start, end)) for level, title, start, end in json.loads(headings))
        return _stored_document(row), text, outline

    def document_at(self, path: str, inside: Sequence[str] = ()) -> int | None:
        """The id of the document in the file of this absolute path, or `inside` it; None if there is none."""
        for source in self.sources():
            root = os.path.join(source.path, "")
            if path == source.path or path.startswith(root):
                kept_under = _inner_path(os.fsencode(path[len(root) :]), inside)
                rows = self._rows("SELECT id FROM documents WHERE source_id = ? AND path = ?", (source.id, kept_under))
                if rows:
                    return int(rows[0][0])
        return None

    def put_documents(
        self, source: Source, relative_path: str, content_hash: bytes, state: FileState, read: Sequence[ReadDocument]
    ) -> None:
        """Store what was `read` of a file, its own document and those inside, in place of what was known of it.

        The embeddings of all chunks must be there already. A chunk that reads as before keeps its id, wherever in its
        document it has moved.
        """
        with self.transaction():
            path = os.fsencode(relative_path)
            before = self._family(source.id, path)
            stored = {self._put_document(source, path, content_hash, state, item, before) for item in read}
            for document_id in before.values():
                if document_id not in stored:
                    self._remove_document(document_id)
            self._clear_failure(source.id, path)

    def _put_document(
        self,
        source: Source,
        file_path: bytes,
        content_hash: bytes,
        state: FileState,
        read: ReadDocument,
        before: Mapping[bytes, int],
    ) -> int:
        document, path = read.document, _inner_path(file_path, read.inside)
        self._count(documents=0 if path in before else 1)
        headings = [[h.level, h.title, h.span.start, h.span.end] for h in document.headings]
        document_id: int
        (document_id,) = self._connection.execute(
            """
            INSERT INTO documents (source_id, path, media_type, encoding, title, headings, text,
                                   content_hash, size, mtime_ns, inode)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (source_id, path) DO UPDATE SET
                media_type = excluded.media_type, encoding = excluded.encoding, title = excluded.title,
                headings = excluded.headings, text = excluded.text, content_hash = excluded.content_hash,
                size = excluded.size, mtime_ns = excluded.mtime_ns, inode = excluded.inode
            RETURNING id
            """,
            (
                source.id, path, document.media_type, document.encoding, document.title,
                json.dumps(headings), document.text, content_hash, state.size, state.mtime_ns, state.inode,
            ),
        ).fetchone()  # fmt: skip
        reads_alike = self._language(document_id) == (document.language or _UNKNOWN)
        self._put_metadata(document_id, document)
        self._put_chunks(document_id, read.chunks, read.keys, reads_alike)
        return document_id

    def _language(self, document_id: int) -> str:
        """In which language the words of a document are understood."""
        rows = self._rows("SELECT language FROM document_metadata WHERE document_id = ?", (document_id,))
        return (rows and rows[0][0]) or _UNKNOWN

    def _family(self, source_id: int, path: bytes) -> dict[bytes, int]:
        """The documents of a file, its own and those inside, with the paths that they are kept under."""
        rows = self._rows(
            "SELECT path, id FROM documents WHERE source_id = ?1 AND (path = ?2 OR (path > ?3 AND path < ?4))",
            (source_id, path, path + b"\0", path + b"\1"),
        )
        return dict(rows)

    def _put_metadata(self, document_id: int, document: Document) -> None:
        self._connection.execute("DELETE FROM document_metadata WHERE document_id = ?", (document_id,))
        if any((document.author, document.date, document.tags, document.language, document.warning)):
            self._connection.execute(
                "INSERT INTO document_metadata VALUES (?, ?, ?, ?, ?, ?)",
                (
                    document_id, document.author, document.date, json.dumps(document.tags), document.language,
                    document.warning,
                ),
            )  # fmt: skip

    def _put_chunks(self, document_id: int, chunks: Sequence[Chunk], keys: Sequence[bytes], reads_alike: bool) -> None:
        generation = self._next_generation()
        before: dict[tuple[str, str], list[int]] = {}
        added = 0
        for id_, text, context in self._rows(
            "SELECT id, text, context FROM chunks WHERE document_id = ? ORDER BY id DESC", (document_id,)
        ):
            before.setdefault((text, context), []).append(id_)
        for chunk, key in zip(chunks, keys, strict=True):
            locator = json.dumps(locator_values(chunk.locator), ensure_ascii=False)
            if reads_alike and (kept := before.get((chunk.text, chunk.context))):
                self._connection.execute(
                    'UPDATE chunks SET start = ?, "end" = ?, locator = ? WHERE id = ?',
                    (chunk.span.start, chunk.span.end, locator, kept.pop()),
                )
                continue
            self._connection.execute(
                """
                INSERT INTO chunks (document_id, start, "end", text, context, locator, embedding_id, generation)
                VALUES (?, ?, ?, ?, ?, ?, (SELECT id FROM embeddings WHERE key = ?), ?)
                """,
                (
                    document_id, chunk.span.start, chunk.span.end, chunk.text, chunk.context, locator,
                    key, generation,
                ),
            )  # fmt: skip
            added += 1
        self._count(chunks=added)
        self._remove_chunks([id_ for ids in before.values() for id_ in ids], generation)

    def remove_document(self, document_id: int) -> None:
        """Forget a document with all others of its file, as that is read as a whole or not at all."""
        with self.transaction():
            rows = self._rows("SELECT source_id, path FROM documents WHERE id = ?", (document_id,))
            family = [self._family(source_id, _file_path(path)).values() for source_id, path in rows]
            for id_ in {document_id}.union(*family):
                self._remove_document(id_)

    def _remove_document(self, document_id: int) -> None:
        ids = [id_ for (id_,) in self._rows("SELECT id FROM chunks WHERE document_id = ?", (document_id,))]
        self._remove_chunks(ids, self._next_generation())
        deleted = self._connection.execute("DELETE FROM documents WHERE id = ?", (document_id,)).rowcount
        self._count(documents=-deleted)

    def _count(self, documents: int = 0, chunks: int = 0) -> None:
        self._connection.execute(
            "UPDATE catalog SET documents = documents + ?, chunks = chunks + ?", (documents, chunks)
        )

    def _remove_chunks(self, ids: Sequence[int], generation: int) -> None:
        """Delete chunks; their embeddings stay until `drop_unused_embeddings`, for other documents to take up."""
        for id_ in ids:
            (embedding_id,) = self._connection.execute(
                "DELETE FROM chunks WHERE id = ? RETURNING embedding_id", (id_,)
            ).fetchone()
            self._connection.execute("INSERT INTO removed_chunks VALUES (?, ?)", (id_, generation))
            self._connection.execute("INSERT OR IGNORE INTO released_embeddings VALUES (?)", (embedding_id,))
        self._count(chunks=-len(ids))

    def move_document(self, document_id: int, source: Source, relative_path: str, state: FileState) -> None:
        """Record that a document's file has another path, or only another state."""
        path = os.fsencode(relative_path)
        with self.transaction():
            self._next_generation()
            ((source_id, before),) = self._rows("SELECT source_id, path FROM documents WHERE id = ?", (document_id,))
            for old, id_ in self._family(source_id, before).items():
                self._connection.execute(
                    "UPDATE documents SET source_id = ?, path = ?, size = ?, mtime_ns = ?, inode = ? WHERE id = ?",
                    (source.id, path + old[len(before) :], state.size, state.mtime_ns, state.inode, id_),
                )
            self._clear_failure(source.id, path)

    def warnings(self) -> list[tuple[StoredDocument, str]]:
        """The documents of which something could not be read, and what."""
        rows = self._rows(
            f"""
            SELECT {self._DOCUMENT}, m.warning
            FROM documents d JOIN sources s ON s.id = d.source_id JOIN document_metadata m ON m.document_id = d.id
            WHERE m.warning IS NOT NULL
            ORDER BY s.path, d.path
            """
        )
        return [(_stored_document(row), warning) for *row, warning in rows]

    # Failures

    def failures(self, source: Source | None = None) -> list[StoredFailure]:
        rows = self._rows(
            """
            SELECT s.id, s.path, f.path, f.reason, f.size, f.mtime_ns, f.loader, f.failed_at
            FROM failures f JOIN sources s ON s.id = f.source_id
            WHERE ?1 IS NULL OR f.source_id = ?1
            ORDER BY s.path, f.path
            """,
            (source.id if source else None,),
        )
        return [
            StoredFailure(Source(source_id, os.fsdecode(root)), os.fsdecode(path), *values)
            for source_id, root, path, *values in rows
        ]

    def put_failure(self, failure: StoredFailure) -> StoredFailure:
        """Record that a file can't be read, and when; what was known of it before is no longer true and goes."""
        path = os.fsencode(failure.relative_path)
        failure = replace(failure, reason=_storable(failure.reason), failed_at=failure.failed_at or int(time.time()))
        with self.transaction():
            for (document_id,) in self._rows(
                "SELECT id FROM documents WHERE source_id = ? AND path = ?", (failure.source.id, path)
            ):
                self.remove_document(document_id)
            self._connection.execute(
                """
                INSERT OR REPLACE INTO failures (source_id, path, reason, size, mtime_ns, loader, failed_at)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
                (
                    failure.source.id, path, failure.reason, failure.size, failure.mtime_ns, failure.loader,
                    failure.failed_at,
                ),
            )  # fmt: skip
        return failure

    def clear_failure(self, failure: StoredFailure) -> None:
        with self.transaction():
            self._clear_failure(failure.source.id, os.fsencode(failure.relative_path))

    def _clear_failure(self, source_id: int, path: bytes) -> None:
        self._connection.execute("DELETE FROM failures WHERE source_id = ? AND path = ?", (source_id, path))

    # Embeddings

    def missing_keys(self, keys: Iterable[bytes]) -> set[bytes]:
        """Those of `keys` that have no embedding yet."""
        found = {key for key in set(keys) if self._rows("SELECT 1 FROM embeddings WHERE key = ?", (key,))}
        return set(keys) - found

    def put_embeddings(
        self, keys: Sequence[bytes], embeddings: Embeddings, sentences: Sequence[Sentences] | None = None
    ) -> None:
        """Keep embeddings, and those of the `sentences` of each text if they are known."""
        with self.transaction():
            self._connection.executemany(
                "INSERT OR IGNORE INTO embeddings (key, vector) VALUES (?, ?)",
                zip(keys, (row.astype("<f4").tobytes() for row in embeddings), strict=True),
            )
            if sentences is not None:
                self._connection.executemany(
                    "INSERT OR IGNORE INTO sentences SELECT id, ?, ? FROM embeddings WHERE key = ?",
                    ((*known.packed(), key) for key, known in zip(keys, sentences, strict=True)),
                )

    def drop_unused_embeddings(self, *, everywhere: bool = False) -> None:
        """Delete the embeddings of removed chunks that no other chunk has taken up; costs what was removed.

        `everywhere` also those that a run which broke off has made of documents that have changed since; looks at all.
        """
        with self.transaction():
            self._connection.execute(
                f"""
                DELETE FROM embeddings
                WHERE {"TRUE" if everywhere else "id IN (SELECT embedding_id FROM released_embeddings)"}
                AND NOT EXISTS (SELECT 1 FROM chunks WHERE embedding_id = embeddings.id)
                """
            )
            # With a condition, as SQLite writes to the file even to empty an empty table.
            self._connection.execute("DELETE FROM released_embeddings WHERE TRUE")

    # Chunks

    def chunks(self, ids: Sequence[int]) -> dict[int, StoredChunk]:
        """The chunks of these ids that exist, by id."""
        rows = self._rows(
            f"""
            SELECT {self._DOCUMENT}, c.id, c.start, c."end", c.text, c.context, c.locator
            FROM chunks c JOIN documents d ON d.id = c.document_id JOIN sources s ON s.id = d.source_id
            LEFT JOIN document_metadata m ON m.document_id = d.id
            WHERE c.id IN (SELECT value FROM json_each(?))
            """,
            (json.dumps(list(ids)),),
        )
        stored = {}
        for *document, id_, start, end, text, context, locator in rows:
            chunk = Chunk(Span(start, end), text, context, locator_of(json.loads(locator)))
            stored[id_] = StoredChunk(id_, _stored_document(document), chunk)
        return stored

    def spread_chunks(self, most: int) -> list[StoredChunk]:
        """At most so many chunks from all over the index, always the same ones of the same index."""
        ((first, last),) = self._rows("SELECT min(id), max(id) FROM chunks")
        if first is None:
            return []
        ids = range(first, last + 1, max(1, (last + 1 - first) // most))
        return [stored for _, stored in sorted(self.chunks(ids[:most]).items())]

    def document_chunks(self, document_id: int) -> list[StoredChunk]:
        """The chunks of a document, in reading order."""
        ids = [id_ for (id_,) in self._rows("SELECT id FROM chunks WHERE document_id = ?", (document_id,))]
        return sorted(self.chunks(ids).values(), key=lambda stored: stored.chunk.span)

    def chunk_ids(self, document_ids: Sequence[int]) -> list[int]:
        """The chunks of these documents."""
        rows = self._rows(
            "SELECT id FROM chunks WHERE document_id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(document_ids)),),
        )
        return [id_ for (id_,) in rows]

    def chunk_vectors(self, ids: Sequence[int]) -> Embeddings:
        """The embeddings of these chunks, in the order asked for; all must exist."""
        import numpy as np

        existing, vectors = self.existing_vectors(ids)
        rows = {id_: row for row, id_ in enumerate(existing)}
        return vectors[np.array([rows[id_] for id_ in ids], dtype=np.int64)]

    def existing_vectors(self, ids: Sequence[int]) -> tuple[list[int], Embeddings]:
        """Those of the chunks `ids` that exist, in any order, and the embedding of each."""
        import numpy as np

        rows = self._rows(
            """
            SELECT c.id, e.vector FROM chunks c JOIN embeddings e ON e.id = c.embedding_id
            WHERE c.id IN (SELECT value FROM json_each(?))
            """,
            (json.dumps(list(ids)),),
        )
        vectors = np.frombuffer(b"".join(vector for _, vector in rows), dtype="<f4")
        return [id_ for id_, _ in rows], vectors.reshape(len(rows), -1) if rows else vectors.reshape(0, 0)

    def chunk_sentences(self, ids: Sequence[int]) -> dict[int, Sentences]:
        """The sentences of these chunks' embedded texts, by chunk id, where they are known."""
        rows = self._rows(
            """
            SELECT c.id, s.spans, s.vectors FROM chunks c JOIN sentences s ON s.embedding_id = c.embedding_id
            WHERE c.id IN (SELECT value FROM json_each(?))
            """,
            (json.dumps(list(ids)),),
        )
        return {id_: Sentences.unpacked(spans, vectors) for id_, spans, vectors in rows}

    def chunk_ids_since(self, generation: int) -> list[int]:
        """The chunks added after `generation`."""
        # In the order of the index on generations, which is that of ids too: by id alone SQLite would read every row.
        rows = self._rows("SELECT id FROM chunks WHERE generation > ? ORDER BY generation, id", (generation,))
        return [id_ for (id_,) in rows]

    def removed_since(self, generation: int) -> list[int]:
        """The chunks removed after `generation`, which must not be `forgotten` unless it is 0."""
        return [id_ for (id_,) in self._rows("SELECT chunk_id FROM removed_chunks WHERE generation > ?", (generation,))]

    def changes_since(self, generation: int) -> int:
        """How many chunks were added or removed after `generation`."""
        return int(
            self._rows(
                """
                SELECT (SELECT count(*) FROM chunks WHERE generation > ?1)
                     + (SELECT count(*) FROM removed_chunks WHERE generation > ?1)
                """,
                (generation,),
            )[0][0]
        )

    def forget_removed(self, generation: int) -> None:
        """Forget which chunks were removed up to `generation`, with which all derived indexes must be level."""
        with self.transaction():
            self._connection.execute("DELETE FROM removed_chunks WHERE generation <= ?", (generation,))
            self._connection.execute("UPDATE catalog SET forgotten = max(forgotten, ?)", (generation,))


def copy_catalog(file: Path, path: Path) -> None:
    """Copy the catalogue in `file`, as it is at one moment, to a new file; `file` may be read-only."""
    with clear_errors(file):
        connection, _ = connect_to_read(file)
        with closing(connection):
            schema.known_version(connection, file)
            connection.execute("VACUUM INTO ?", (os.fspath(path),))


def _inner_path(file_path: bytes, inside: Sequence[str]) -> bytes:
    """The path that a document inside a file is kept under: behind a zero byte, which no file's path holds."""
    return b"\0".join(
        (file_path, *(_storable(name).replace("\0", "\N{REPLACEMENT CHARACTER}").encode() for name in inside))
    )


def _file_path(path: bytes) -> bytes:
    """The path of the file in which a document is kept under `path`."""
    return path.partition(b"\0")[0]


def _storable(text: str) -> str:
    """`text` as SQLite takes it: what is not Unicode in a file's name, spelt out."""
    return text.encode(errors="backslashreplace").decode()


def _stored_document(row: Sequence[Any]) -> StoredDocument:
    id_, source_id, root, path, title, content_hash, size, mtime_ns, inode, author, date, tags, language = row
    path, *inside = path.split(b"\0")
    # Positional, as there may be very many.
    return StoredDocument(
        id_,
        _source(source_id, root),
        os.fsdecode(path),
        title,
        content_hash,
        FileState(size, mtime_ns, inode),
        author,
        date,
        tuple(name.decode() for name in inside),
        tuple(json.loads(tags)) if tags and tags != "[]" else (),
        language,
    )


@lru_cache(maxsize=100)
def _source(id_: int, path: bytes) -> Source:
    return Source(id_, os.fsdecode(path))
