"""The catalogue's documents: each put in, moved and taken out as a whole, with all others of its file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence

from askdocs.catalog.chunks import ChunkTables
from askdocs.catalog.records import FileState, ReadDocument, Source, StoredDocument
from askdocs.catalog.rows import (
    DOCUMENT,
    DOCUMENTS,
    IS_FILE,
    LISTED,
    inner_path,
    json_list,
    path_of_file,
    stored_document,
)
from askdocs.types import Document, Heading, Span

_ROWS_AT_ONCE = 10_000

_UNKNOWN = "en"
"""The language in which words are understood if none is known."""


class DocumentTables(ChunkTables):
    """Documents with their metadata, texts and chunks."""

    # Reading

    def documents(self) -> list[StoredDocument]:
        """All, those inside a file after its own."""
        return self._documents("TRUE")

    def file_documents(self, source: Source) -> list[StoredDocument]:
        """The documents of a source's files, without those inside."""
        return self._documents(f"d.source_id = ? AND {IS_FILE}", source.id)

    def documents_of_ids(self, ids: Sequence[int]) -> list[StoredDocument]:
        """The documents of these ids that exist, in the order of their paths."""
        return self._documents(f"d.id {LISTED}", json_list(ids))

    def _documents(self, condition: str, *parameters: object) -> list[StoredDocument]:
        """Those of which the `condition` holds, in the order of their paths."""
        rows = self._rows(f"SELECT {DOCUMENT} FROM {DOCUMENTS} WHERE {condition} ORDER BY s.path, d.path", parameters)
        return [stored_document(row) for row in rows]

    def file_states(self, source: Source) -> Iterator[tuple[bytes, int, int, int, int]]:
        """Of each file of a source its path, the document's id, and the size, mtime_ns and inode it was read with.

        In the order of the paths; read bit by bit, so that there may be any number.
        """
        after: bytes | None = None
        while True:
            rows = self._rows(
                f"""
                SELECT d.path, d.id, d.size, d.mtime_ns, d.inode FROM documents d
                WHERE d.source_id = ?1 AND {IS_FILE} {"" if after is None else "AND d.path > ?2"}
                ORDER BY d.path LIMIT {_ROWS_AT_ONCE}
                """,
                (source.id,) if after is None else (source.id, after),
            )
            yield from rows
            if len(rows) < _ROWS_AT_ONCE:
                return
            after = rows[-1][0]

    def document(self, document_id: int) -> tuple[StoredDocument, str, tuple[Heading, ...]] | None:
        """A document with its text and headings, or None if there is none of that id."""
        rows = self._rows(f"SELECT {DOCUMENT}, d.text, d.headings FROM {DOCUMENTS} WHERE d.id = ?", (document_id,))
        if not rows:
            return None
        *row, text, headings = rows[0]
        outline = tuple(Heading(level, title, Span(start, end)) for level, title, start, end in json.loads(headings))
        return stored_document(row), text, outline

    # Changing

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
        document, path = read.document, inner_path(file_path, read.inside)
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

    def _put_metadata(self, document_id: int, document: Document) -> None:
        self._connection.execute("DELETE FROM document_metadata WHERE document_id = ?", (document_id,))
        if any((document.author, document.date, document.tags, document.language, document.warning)):
            self._connection.execute(
                "INSERT INTO document_metadata VALUES (?, ?, ?, ?, ?, ?)",
                (
                    document_id, document.author, document.date, json_list(document.tags), document.language,
                    document.warning,
                ),
            )  # fmt: skip

    def _language(self, document_id: int) -> str:
        """In which language the words of a document are understood."""
        stated = self._column("SELECT language FROM document_metadata WHERE document_id = ?", (document_id,))
        return next(filter(None, stated), _UNKNOWN)

    def _family(self, source_id: int, path: bytes) -> dict[bytes, int]:
        """The ids of a file's documents, its own and those inside, by the paths that they are kept under."""
        rows = self._rows(
            "SELECT path, id FROM documents WHERE source_id = ? AND path >= ? AND path < ?",
            (source_id, path, path + b"\1"),
        )
        return dict(rows)

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

    def remove_document(self, document_id: int) -> None:
        """Forget a document with all others of its file, as that is read as a whole or not at all."""
        with self.transaction():
            rows = self._rows("SELECT source_id, path FROM documents WHERE id = ?", (document_id,))
            family = [self._family(source_id, path_of_file(path)).values() for source_id, path in rows]
            for id_ in {document_id}.union(*family):
                self._remove_document(id_)

    def _remove_document(self, document_id: int) -> None:
        self._remove_chunks(self.chunk_ids([document_id]), self._next_generation())
        deleted = self._connection.execute("DELETE FROM documents WHERE id = ?", (document_id,)).rowcount
        self._count(documents=-deleted)

    def _clear_failure(self, source_id: int, path: bytes) -> None:
        self._connection.execute("DELETE FROM failures WHERE source_id = ? AND path = ?", (source_id, path))
