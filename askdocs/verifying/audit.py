"""The SQL that looks through a catalogue without trusting it, and takes out of it what is wrong."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from askdocs.catalog.catalog import Catalog
from askdocs.catalog.connection import clear_errors
from askdocs.catalog.records import Source, shown_path
from askdocs.catalog.rows import LISTED, json_list
from askdocs.types import INSIDE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MOST_MESSAGES = 100
_BATCH = 10_000


@dataclass(frozen=True, slots=True)
class AuditedEmbedding:
    """A chunk's embedding as it is stored: `key` is None if there is none, `spans` if there are no sentences."""

    id: int
    key: bytes | None
    spans: bytes | None
    sentence_bytes: int | None


class AuditedCatalog(Catalog):
    """A catalogue whose rows may hold anything."""

    # Looking

    def file_problems(self) -> list[str]:
        """What SQLite finds wrong with the file, in its words; at most a hundred."""
        rows = self._rows(f"PRAGMA integrity_check({_MOST_MESSAGES})")
        return [str(message) for (message,) in rows if message != "ok"]

    def dangling_rows(self) -> list[str]:
        """Which rows refer to others that aren't there; at most a hundred."""
        rows = self._rows(f'SELECT "table", rowid, parent FROM pragma_foreign_key_check LIMIT {_MOST_MESSAGES}')
        return [f"row {row} of {table} refers to a row of {parent} that isn't there" for table, row, parent in rows]

    def row_counts(self) -> tuple[int, int, int]:
        """Documents, chunks and embeddings, counted one by one."""
        (row,) = self._rows(
            """
            SELECT (SELECT count(*) FROM documents), (SELECT count(*) FROM chunks), (SELECT count(*) FROM embeddings)
            """
        )
        return row[0], row[1], row[2]

    @property
    def newest_row(self) -> int:
        """The highest generation of any chunk, there or removed."""
        highest = self._value(
            """
            SELECT max(coalesce((SELECT max(generation) FROM chunks), 0),
                       coalesce((SELECT max(generation) FROM removed_chunks), 0))
            """
        )
        return int(highest)

    @property
    def highest_chunk(self) -> int:
        """The highest id that a chunk has ever had."""
        return int(self._value("SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'chunks'), 0)"))

    def count_removed_but_there(self) -> int:
        """How many chunks are there though they are said to be removed."""
        return int(self._value("SELECT count(*) FROM removed_chunks WHERE chunk_id IN (SELECT id FROM chunks)"))

    def document_ids(self) -> Iterator[int]:
        """The documents' ids, ascending, read a batch at a time."""
        last = -1
        while ids := self._column("SELECT id FROM documents WHERE id > ? ORDER BY id LIMIT ?", (last, _BATCH)):
            yield from ids
            last = ids[-1]

    def document_format(self, document_id: int) -> tuple[str, str]:
        """A document's media type and encoding."""
        (row,) = self._rows("SELECT media_type, encoding FROM documents WHERE id = ?", (document_id,))
        return row[0], row[1]

    def document_path(self, document_id: int) -> str | None:
        """Where a document is, as people read it; None if its source isn't there."""
        rows = self._rows(
            "SELECT s.id, s.path, d.path FROM documents d JOIN sources s ON s.id = d.source_id WHERE d.id = ?",
            (document_id,),
        )
        if not rows:
            return None
        id_, source, path = rows[0]
        path, *inside = path.split(b"\0")
        file = shown_path(Source(id_, os.fsdecode(source)).join(os.fsdecode(path)))
        return INSIDE.join((file, *(name.decode(errors="replace") for name in inside)))

    def embeddings_of(self, document_id: int) -> dict[int, AuditedEmbedding]:
        """The embedding of each chunk of a document as it is stored, by chunk id."""
        rows = self._rows(
            """
            SELECT c.id, c.embedding_id, e.key, CAST(s.spans AS BLOB), length(CAST(s.vectors AS BLOB))
            FROM chunks c LEFT JOIN embeddings e ON e.id = c.embedding_id
                          LEFT JOIN sentences s ON s.embedding_id = c.embedding_id
            WHERE c.document_id = ?
            """,
            (document_id,),
        )
        return {id_: AuditedEmbedding(*values) for id_, *values in rows}

    def dimension(self) -> int:
        """Of most embeddings; 0 if there are none."""
        likeliest = self._column(
            f"""
            SELECT length(vector) / 4 FROM (SELECT vector FROM embeddings ORDER BY id LIMIT {_BATCH})
            GROUP BY 1 ORDER BY count(*) DESC LIMIT 1
            """
        )
        return next(filter(None, likeliest), 0)

    def vectors(self) -> Iterator[list[tuple[int, bytes]]]:
        """All embeddings as (id, what is stored), a batch at a time."""
        last = -1
        while rows := self._rows(
            "SELECT id, CAST(vector AS BLOB) FROM embeddings WHERE id > ? ORDER BY id LIMIT ?", (last, _BATCH)
        ):
            yield rows
            last = rows[-1][0]

    def vectors_of(self, chunk_ids: Sequence[int]) -> dict[int, bytes]:
        """What is stored as embeddings of those of these chunks that are there."""
        return dict(
            self._rows(
                f"""
                SELECT c.id, CAST(e.vector AS BLOB) FROM chunks c JOIN embeddings e ON e.id = c.embedding_id
                WHERE c.id {LISTED}
                """,
                (json_list(chunk_ids),),
            )
        )

    def chunk_ids_until(self, generation: int) -> NDArray[np.int64]:
        """The chunks added up to `generation`, ascending."""
        import numpy as np

        with self._lock, clear_errors(self.path):
            rows = self._connection.execute("SELECT id FROM chunks WHERE generation <= ? ORDER BY id", (generation,))
            return np.fromiter((id_ for (id_,) in rows), np.int64)

    def documents_with(self, embedding_ids: Iterable[int]) -> list[int]:
        """The documents with passages that have one of these embeddings."""
        return self._column(
            f"SELECT DISTINCT document_id FROM chunks WHERE embedding_id {LISTED}", (json_list(embedding_ids),)
        )

    # Mending

    def rebuild_sql_indexes(self) -> None:
        """Make SQLite's own indexes anew from the tables."""
        with self.transaction():
            self._connection.execute("REINDEX")

    def drop(self, document_ids: Iterable[int], embedding_ids: Iterable[int]) -> None:
        """Remove documents, and with them the embeddings that are wrong; those that are right stay for the next run."""
        with self.transaction():
            for document_id in document_ids:
                self.remove_document(document_id)
            self._connection.execute(f"DELETE FROM embeddings WHERE id {LISTED}", (json_list(embedding_ids),))

    def drop_dangling_rows(self) -> None:
        """Remove rows that belong to a source or a document that isn't there."""
        with self.transaction():
            for document_id in self._column(
                """
                SELECT id FROM documents WHERE source_id NOT IN (SELECT id FROM sources) UNION
                SELECT document_id FROM chunks WHERE document_id NOT IN (SELECT id FROM documents)
                """
            ):
                self.remove_document(document_id)
            self._connection.execute("DELETE FROM failures WHERE source_id NOT IN (SELECT id FROM sources)")
            self._connection.execute("DELETE FROM sentences WHERE embedding_id NOT IN (SELECT id FROM embeddings)")
            self._connection.execute(
                "DELETE FROM document_metadata WHERE document_id NOT IN (SELECT id FROM documents)"
            )

    def correct_counts(self) -> None:
        """Count anew, and let the generation be at least that of every row."""
        with self.transaction():
            self._connection.execute("DELETE FROM removed_chunks WHERE chunk_id IN (SELECT id FROM chunks)")
            self._connection.execute(
                """
                UPDATE catalog SET documents = (SELECT count(*) FROM documents), chunks = (SELECT count(*) FROM chunks),
                                   generation = max(generation, ?)
                """,
                (self.newest_row,),
            )
            self._connection.execute("UPDATE catalog SET forgotten = min(forgotten, generation)")
