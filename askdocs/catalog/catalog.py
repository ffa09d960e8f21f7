"""The catalogue: sources, failures, and what the library and filters ask of documents.

All other SQL is in `catalog_documents.py`, `catalog_chunks.py` and `catalog_file.py`, each of which the next one up
is made of, and in `schema.py`. One SQLite file holds sources, documents, chunks, embeddings and failures.

It is the truth; the FAISS and tantivy indexes are derived from it. Every change is one transaction with a
number of its own, the generation, so that a derived index can ask what it has missed.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from askdocs.catalog.documents import DocumentTables
from askdocs.catalog.records import Holding, Source, StoredDocument, StoredFailure
from askdocs.catalog.rows import DOCUMENT, DOCUMENTS, LISTED, inner_path, json_list, storable, stored_document
from askdocs.types import SourceRules


class Catalog(DocumentTables):
    """A connection to the catalogue; safe to share between threads, which then take turns."""

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
        values = (json_list(rules.include), json_list(rules.exclude), rules.hidden, rules.links)
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
            id_ = self._value("SELECT id FROM sources WHERE path = ?", (path,))
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
        """Record that a file can't be read, and when; the document that was made of it before is removed."""
        path = os.fsencode(failure.relative_path)
        failure = replace(failure, reason=storable(failure.reason), failed_at=failure.failed_at or int(time.time()))
        with self.transaction():
            document_id = self._kept_at(failure.source, path)
            if document_id is not None:
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

    # What the library, filters and citations ask

    def holdings(self) -> list[Holding]:
        """Every document as the library shows it, in any order."""
        rows = self._rows(
            """
            SELECT d.source_id, d.path, d.id, d.title, m.author, m.date, d.size, coalesce(c.chunks, 0), m.warning
            FROM documents d LEFT JOIN document_metadata m ON m.document_id = d.id
            LEFT JOIN (SELECT document_id, count(*) AS chunks FROM chunks GROUP BY document_id) c
                ON c.document_id = d.id
            """
        )
        return list(map(Holding._make, rows))

    def warnings(self) -> list[tuple[StoredDocument, str]]:
        """The documents of which something could not be read, and what."""
        rows = self._rows(
            f"""
            SELECT {DOCUMENT}, m.warning FROM {DOCUMENTS} WHERE m.warning IS NOT NULL
            ORDER BY s.path, d.path
            """
        )
        return [(stored_document(row), warning) for *row, warning in rows]

    def stated(self, what: str) -> list[str]:
        """Every `author`, `tag` or `language` (that is `what`) that any document states, each once."""
        column = {
            "author": "author FROM document_metadata",
            "tag": "value FROM document_metadata, json_each(tags)",
            "language": "language FROM document_metadata",
        }[what]
        return [value for value in self._column(f"SELECT DISTINCT {column}") if value is not None]

    def document_ids_where(
        self,
        *,
        authors: Sequence[str] | None,
        tags: Sequence[str] | None,
        languages: Sequence[str] | None,
        days: tuple[str, str] | None,
        times: tuple[int, int],
        pieces: Sequence[bytes],
        endings: Sequence[str],
    ) -> list[int]:
        """The documents that have one of each of these, spelt as they are stored; None where anything will do.

        The day that a document states lies between the two `days`; where it states none, its file's time does between
        the two `times`, the latter excluded. Its path holds one of the `pieces`, and one of the `endings` (ASCII,
        in small letters), if there are any.
        """
        conditions: list[tuple[str, Sequence[object]]] = []
        for column, values in (("m.author", authors), ("m.language", languages)):
            if values is not None:
                conditions.append((f"{column} {LISTED}", (json_list(values),)))
        if tags is not None:
            conditions.append((f"EXISTS (SELECT 1 FROM json_each(m.tags) WHERE value {LISTED})", (json_list(tags),)))
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
        return self._column(
            f"SELECT d.id FROM {DOCUMENTS} WHERE {' AND '.join(['TRUE', *(condition for condition, _ in conditions)])}",
            [value for _, values in conditions for value in values],
        )

    def document_at(self, path: str, inside: Sequence[str]) -> int | None:
        """The id of the document in the file of this absolute path, or `inside` it; None if there is none."""
        for source in self.sources():
            root = os.path.join(source.path, "")
            if path == source.path or path.startswith(root):
                found = self._kept_at(source, inner_path(os.fsencode(path[len(root) :]), inside))
                if found is not None:
                    return found
        return None

    def _kept_at(self, source: Source, path: bytes) -> int | None:
        """The id of the document that is kept under this very path; None if there is none."""
        ids = self._column("SELECT id FROM documents WHERE source_id = ? AND path = ?", (source.id, path))
        return ids[0] if ids else None

    # All of it

    def clear(self) -> None:
        """Forget every document, chunk and embedding, but not the sources."""
        with self.transaction():
            self._clear_documents()
            self._connection.execute("DELETE FROM released_embeddings")
            self._connection.execute("DELETE FROM embeddings")
            self._connection.execute(
                "UPDATE catalog SET encoder = NULL, fingerprint = NULL, precision = NULL, note = NULL"
            )

    def clear_but_embeddings(self) -> None:
        """Forget every source, document and chunk; embeddings that no run takes up go at its end."""
        with self.transaction():
            self._clear_documents()
            self._connection.execute("DELETE FROM sources")
            self.set_complete(False)

    def _clear_documents(self) -> None:
        for document in self.documents():
            self.remove_document(document.id)
        self._connection.execute("DELETE FROM failures")

    def number_on_from(self, other: Catalog) -> None:
        """Give no document or chunk an id that one of `other` has or had."""
        with self.transaction():
            for table, last in other._rows("SELECT name, seq FROM sqlite_sequence"):
                self._connection.execute("DELETE FROM sqlite_sequence WHERE name = ? AND seq < ?", (table, last))
                self._connection.execute(
                    "INSERT INTO sqlite_sequence SELECT ?1, ?2 "
                    "WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = ?1)",
                    (table, last),
                )

    def prepare_to_replace(self, other: Catalog, paths: Mapping[int, str]) -> None:
        """Make ready to take the place of `other`, with those sources whose ids `paths` holds at another path.

        Whatever was derived from that one is then too old to be used.
        """
        with self.transaction():
            for source_id, path in paths.items():
                self._connection.execute(
                    "UPDATE sources SET path = ?, device = NULL WHERE id = ?", (os.fsencode(path), source_id)
                )
            self._connection.execute("DELETE FROM removed_chunks")
            self._connection.execute(
                "UPDATE catalog SET identity = ?1, generation = max(generation, ?2) + 1",
                (other.identity, other.generation),
            )
            self._connection.execute("UPDATE catalog SET forgotten = generation")
