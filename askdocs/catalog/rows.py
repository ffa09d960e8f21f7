"""Rows of the catalogue as the values of `records.py`, and names as its columns hold them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from askdocs.catalog.records import FileState, Source, StoredDocument

DOCUMENT = (
    "d.id, s.id, s.path, d.path, d.title, d.content_hash, d.size, d.mtime_ns, d.inode, "
    "m.author, m.date, m.tags, m.language"
)
"""What makes a `stored_document`: columns of `DOCUMENTS`."""

DOCUMENTS = "documents d JOIN sources s ON s.id = d.source_id LEFT JOIN document_metadata m ON m.document_id = d.id"
"""Each document d with its source s and its metadata m, if it has any."""

IS_FILE = "instr(d.path, x'00') = 0"
"""Of a document d: it is a file's own, and not inside one."""

LISTED = "IN (SELECT value FROM json_each(?))"
"""Being one of any number of values, which are given as a `json_list`."""


def json_list(values: Iterable[object]) -> str:
    """Values as one parameter, for `LISTED` and for columns that hold a list."""
    return json.dumps(list(values))


def stored_document(row: Sequence[Any]) -> StoredDocument:
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


def inner_path(file_path: bytes, inside: Sequence[str]) -> bytes:
    """The path that a document inside a file is kept under: behind a zero byte, which no file's path holds."""
    return b"\0".join(
        (file_path, *(storable(name).replace("\0", "\N{REPLACEMENT CHARACTER}").encode() for name in inside))
    )


def path_of_file(path: bytes) -> bytes:
    """The path of the file in which a document is kept under `path`."""
    return path.partition(b"\0")[0]


def storable(text: str) -> str:
    """`text` as SQLite takes it: what is not Unicode in a file's name, spelt out."""
    return text.encode(errors="backslashreplace").decode()
