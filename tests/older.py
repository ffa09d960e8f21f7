"""Catalogues as earlier versions of askdocs wrote them: their own tables, filled from today's, what is new undone."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

from askdocs import Assistant
from askdocs.config import Settings
from askdocs.encoding.encoder import Encoder
from tests.fakes import HashedEncoder

APPLICATION_ID = int.from_bytes(b"askd")

_CATALOG = """
CREATE TABLE catalog (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    identity BLOB NOT NULL,          -- tells this index from every other
    generation INTEGER NOT NULL,     -- grows with every transaction that changes documents
    encoder TEXT,                    -- the encoder behind all embeddings; NULL before there are any
    fingerprint TEXT,
    precision TEXT,
    note TEXT,
    complete INTEGER NOT NULL        -- 0 while a run is under way or after one that broke off
);
"""
_CATALOG_2 = """
CREATE TABLE catalog (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    identity BLOB NOT NULL,          -- tells this index from every other
    generation INTEGER NOT NULL,     -- grows with every transaction that changes documents
    encoder TEXT,                    -- the encoder behind all embeddings; NULL before there are any
    fingerprint TEXT,
    precision TEXT,
    note TEXT,
    complete INTEGER NOT NULL,       -- 0 while a run is under way or after one that broke off
    documents INTEGER NOT NULL DEFAULT 0,  -- how many there are: counting them takes long where they are many
    chunks INTEGER NOT NULL DEFAULT 0,
    forgotten INTEGER NOT NULL DEFAULT 0   -- removed_chunks is complete from this generation on
);
"""
_DOCUMENTS = """
CREATE TABLE documents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source_id INTEGER NOT NULL REFERENCES sources (id),
    path BLOB NOT NULL,              -- relative to the source; empty where the source is the file itself
    media_type TEXT NOT NULL,
    encoding TEXT NOT NULL,
    title TEXT,
    headings TEXT NOT NULL,          -- JSON: [[level, title, start, end], ...]
    text TEXT NOT NULL,
    content_hash BLOB NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    UNIQUE (source_id, path)
);
"""
_DOCUMENTS_2 = """
CREATE TABLE documents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source_id INTEGER NOT NULL REFERENCES sources (id),
    path BLOB NOT NULL,              -- relative to the source; empty where the source is the file itself
    media_type TEXT NOT NULL,
    encoding TEXT NOT NULL,
    title TEXT,
    content_hash BLOB NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    headings TEXT NOT NULL,          -- JSON: [[level, title, start, end], ...]
    text TEXT NOT NULL,              -- last, as SQLite reads through all of it to what comes after
    UNIQUE (source_id, path)
);
"""
_OTHERS = """
CREATE TABLE sources (
    id INTEGER PRIMARY KEY,
    path BLOB NOT NULL UNIQUE        -- absolute, as the file system encodes it
);
CREATE TABLE embeddings (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL UNIQUE,        -- hash of the encoder's fingerprint and the exact text embedded
    vector BLOB NOT NULL             -- float32, little-endian, unit length
);
CREATE TABLE chunks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never reused: also the id in FAISS and tantivy
    document_id INTEGER NOT NULL REFERENCES documents (id),
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    text TEXT NOT NULL,
    context TEXT NOT NULL,
    locator TEXT NOT NULL,           -- JSON
    embedding_id INTEGER NOT NULL REFERENCES embeddings (id),
    generation INTEGER NOT NULL
);
CREATE INDEX chunks_by_document ON chunks (document_id);
CREATE INDEX chunks_by_embedding ON chunks (embedding_id);
CREATE INDEX chunks_by_generation ON chunks (generation);
CREATE TABLE removed_chunks (
    chunk_id INTEGER PRIMARY KEY,
    generation INTEGER NOT NULL
);
CREATE INDEX removed_chunks_by_generation ON removed_chunks (generation);
CREATE TABLE released_embeddings (
    embedding_id INTEGER PRIMARY KEY -- of a chunk that was removed: perhaps nobody's now
);
CREATE TABLE failures (
    source_id INTEGER NOT NULL REFERENCES sources (id),
    path BLOB NOT NULL,
    reason TEXT NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    PRIMARY KEY (source_id, path)
);
"""
TABLES = {1: (_CATALOG, _DOCUMENTS, _OTHERS), 2: (_CATALOG_2, _DOCUMENTS_2, _OTHERS)}
"""By version, as released; never to be changed."""

_TRAILERS = {1: b"askdocs1" + bytes(32), 2: b"askdocs2" + bytes(48)}


def make(version: int, index: Path, source: Path, encoder: Encoder | None = None) -> None:
    """Make an index of `source` as that version has left it."""
    with Assistant.open(index, settings=Settings(), encoder=encoder or HashedEncoder()) as assistant:
        for _ in assistant.index([source]):
            pass
    turn_back(version, index)


def turn_back(version: int, index: Path) -> None:
    """Make of an index of today one as that version has left it."""
    today = index / "today.sqlite"
    (index / "catalog.sqlite").rename(today)
    old = sqlite3.connect(index / "catalog.sqlite")
    old.execute("PRAGMA journal_mode = WAL")
    for tables in TABLES[version]:
        old.executescript(tables)
    old.execute(f"PRAGMA user_version = {version}")
    old.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    old.execute("ATTACH ? AS today", (str(today),))
    old.create_function("as_then", 1, _locator_as_then, deterministic=True)
    names = [name for (name,) in old.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")]
    for name in names:
        columns = [column for _, column, *_ in old.execute(f"PRAGMA main.table_info({name})")]
        taken = ", ".join("as_then(locator)" if column == "locator" else f'"{column}"' for column in columns)
        old.execute(f"DELETE FROM main.{name}")
        old.execute(f"INSERT INTO main.{name} SELECT {taken} FROM today.{name}")
    old.commit()
    old.close()
    today.unlink()
    shutil.rmtree(index / "lexical", ignore_errors=True)
    (index / "vectors.faiss").write_bytes(b"what FAISS wrote" + _TRAILERS[version])


def _locator_as_then(locator: str) -> str:
    unit, headings, start, end, *_ = json.loads(locator)
    return json.dumps({"kind": unit, "headings": headings, "start_line": start, "end_line": end})
