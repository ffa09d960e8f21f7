"""The catalogue's chunks and their embeddings: read, kept and removed, and what derived indexes have missed of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from askdocs.catalog.file import CatalogFile
from askdocs.catalog.records import StoredChunk, locator_of, locator_values
from askdocs.catalog.rows import DOCUMENT, DOCUMENTS, LISTED, json_list, stored_document
from askdocs.catalog.sentences import Sentences
from askdocs.types import Chunk, Span

if TYPE_CHECKING:
    from askdocs.types import Embeddings


class ChunkTables(CatalogFile):
    """Chunks and embeddings; those of a document are changed with it, by `DocumentTables`."""

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

    @property
    def has_chunks(self) -> bool:
        """Whether there is anything to ask about; quicker than counting."""
        return bool(self._value("SELECT EXISTS (SELECT 1 FROM chunks)"))

    def chunks(self, ids: Sequence[int]) -> dict[int, StoredChunk]:
        """The chunks of these ids that exist, by id."""
        rows = self._rows(
            f"""
            SELECT {DOCUMENT}, c.id, c.start, c."end", c.text, c.context, c.locator
            FROM chunks c, {DOCUMENTS}
            WHERE d.id = c.document_id AND c.id {LISTED}
            """,
            (json_list(ids),),
        )
        stored = {}
        for *document, id_, start, end, text, context, locator in rows:
            chunk = Chunk(Span(start, end), text, context, locator_of(json.loads(locator)))
            stored[id_] = StoredChunk(id_, stored_document(document), chunk)
        return stored

    def spread_chunks(self, most: int) -> list[StoredChunk]:
        """At most so many chunks, spread evenly over the index; always the same ones of the same index."""
        ((first, last),) = self._rows("SELECT min(id), max(id) FROM chunks")
        if first is None:
            return []
        ids = range(first, last + 1, max(1, (last + 1 - first) // most))
        return [stored for _, stored in sorted(self.chunks(ids[:most]).items())]

    def document_chunks(self, document_id: int) -> list[StoredChunk]:
        """The chunks of a document, in reading order."""
        return sorted(self.chunks(self.chunk_ids([document_id])).values(), key=lambda stored: stored.chunk.span)

    def chunk_ids(self, document_ids: Sequence[int]) -> list[int]:
        """The chunks of these documents."""
        return self._column(f"SELECT id FROM chunks WHERE document_id {LISTED}", (json_list(document_ids),))

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
            f"""
            SELECT c.id, e.vector FROM chunks c JOIN embeddings e ON e.id = c.embedding_id
            WHERE c.id {LISTED}
            """,
            (json_list(ids),),
        )
        vectors = np.frombuffer(b"".join(vector for _, vector in rows), dtype="<f4")
        return [id_ for id_, _ in rows], vectors.reshape(len(rows), -1) if rows else vectors.reshape(0, 0)

    def chunk_sentences(self, ids: Sequence[int]) -> dict[int, Sentences]:
        """The sentences of these chunks' embedded texts, by chunk id, where they are known."""
        rows = self._rows(
            f"""
            SELECT c.id, s.spans, s.vectors FROM chunks c JOIN sentences s ON s.embedding_id = c.embedding_id
            WHERE c.id {LISTED}
            """,
            (json_list(ids),),
        )
        return {id_: Sentences.unpacked(spans, vectors) for id_, spans, vectors in rows}

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

    def _remove_chunks(self, ids: Sequence[int], generation: int) -> None:
        """Delete chunks; their embeddings stay until `drop_unused_embeddings`, for other documents to take up."""
        for id_ in ids:
            (embedding_id,) = self._connection.execute(
                "DELETE FROM chunks WHERE id = ? RETURNING embedding_id", (id_,)
            ).fetchone()
            self._connection.execute("INSERT INTO removed_chunks VALUES (?, ?)", (id_, generation))
            self._connection.execute("INSERT OR IGNORE INTO released_embeddings VALUES (?)", (embedding_id,))
        self._count(chunks=-len(ids))

    # What derived indexes have missed

    def chunk_ids_since(self, generation: int) -> list[int]:
        """The chunks added after `generation`."""
        # In the order of the index on generations, which is that of ids too: by id alone SQLite would read every row.
        return self._column("SELECT id FROM chunks WHERE generation > ? ORDER BY generation, id", (generation,))

    def removed_since(self, generation: int) -> list[int]:
        """The chunks removed after `generation`, which must not be `forgotten` unless it is 0."""
        return self._column("SELECT chunk_id FROM removed_chunks WHERE generation > ?", (generation,))

    def changes_since(self, generation: int) -> int:
        """How many chunks were added or removed after `generation`."""
        number = self._value(
            """
            SELECT (SELECT count(*) FROM chunks WHERE generation > ?1)
                 + (SELECT count(*) FROM removed_chunks WHERE generation > ?1)
            """,
            (generation,),
        )
        return int(number)

    def forget_removed(self, generation: int) -> None:
        """Forget which chunks were removed up to `generation`, with which all derived indexes must be level."""
        with self.transaction():
            self._connection.execute("DELETE FROM removed_chunks WHERE generation <= ?", (generation,))
            self._connection.execute("UPDATE catalog SET forgotten = max(forgotten, ?)", (generation,))
