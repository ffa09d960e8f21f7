"""The tables of the catalogue, and how those of an older askdocs become today's."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from askdocs.catalog.connection import begin, execute_all, version_of
from askdocs.errors import IndexDamaged, IndexTrouble

FILE = "catalog.sqlite"
"""What it is called in the folder of an index."""

VERSION = 3
_APPLICATION_ID = int.from_bytes(b"askd")

_TABLES = """
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
CREATE TABLE sources (
    id INTEGER PRIMARY KEY,
    path BLOB NOT NULL UNIQUE,       -- absolute, as the file system encodes it
    device INTEGER,                  -- that it was on when it was last indexed
    include TEXT NOT NULL DEFAULT '[]',  -- JSON: patterns
    exclude TEXT NOT NULL DEFAULT '[]',
    hidden INTEGER NOT NULL DEFAULT 0,
    links INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE documents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source_id INTEGER NOT NULL REFERENCES sources (id),
    path BLOB NOT NULL,              -- relative to the source; empty where the source is the file itself; what is
                                     -- inside a file has that file's, and behind zero bytes the names that lead to it
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
CREATE INDEX documents_by_path ON documents (source_id, path, size, mtime_ns, inode);
CREATE TABLE document_metadata (     -- where a document says anything of itself, or was read in part
    document_id INTEGER PRIMARY KEY REFERENCES documents (id) ON DELETE CASCADE,
    author TEXT,
    date TEXT,                       -- ISO 8601
    tags TEXT NOT NULL,              -- JSON list
    language TEXT,                   -- ISO 639-1, as stated or as the text tells
    warning TEXT                     -- what of it could not be read
);
CREATE TABLE embeddings (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL UNIQUE,        -- hash of the encoder's fingerprint and the exact text embedded
    vector BLOB NOT NULL             -- float32, little-endian, unit length
);
CREATE TABLE sentences (             -- of what was embedded, where the encoder tells them
    embedding_id INTEGER PRIMARY KEY REFERENCES embeddings (id) ON DELETE CASCADE,
    spans BLOB NOT NULL,             -- uint32, little-endian: start and end of each, in the exact text embedded
    vectors BLOB NOT NULL            -- int8: a row for each, whose direction alone counts
);
CREATE TABLE chunks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never reused: also the id in FAISS and tantivy
    document_id INTEGER NOT NULL REFERENCES documents (id),
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    text TEXT NOT NULL,
    context TEXT NOT NULL,
    locator TEXT NOT NULL,           -- JSON: [unit, headings, start, end, start label, end label]
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
    loader TEXT,                     -- the media type whose loader failed; NULL if none came to it
    failed_at INTEGER,               -- seconds since 1970; NULL if that was before it was kept
    PRIMARY KEY (source_id, path)
);
"""

_MIGRATIONS = {
    1: """\
ALTER TABLE catalog ADD COLUMN documents INTEGER NOT NULL DEFAULT 0;
ALTER TABLE catalog ADD COLUMN chunks INTEGER NOT NULL DEFAULT 0;
ALTER TABLE catalog ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0;
UPDATE catalog SET documents = (SELECT count(*) FROM documents), chunks = (SELECT count(*) FROM chunks);
""",
    2: """
CREATE TABLE document_metadata (
    document_id INTEGER PRIMARY KEY REFERENCES documents (id) ON DELETE CASCADE,
    author TEXT,
    date TEXT,
    tags TEXT NOT NULL,
    language TEXT,
    warning TEXT
);
INSERT INTO document_metadata (document_id, tags, language)
SELECT * FROM (SELECT id, '[]', told_language(text) AS language FROM documents) WHERE language IS NOT NULL;
UPDATE chunks SET locator = json_array(
    'lines', json(json_extract(locator, '$.headings')),
    json_extract(locator, '$.start_line'), json_extract(locator, '$.end_line'), '', ''
);
CREATE TABLE sentences (
    embedding_id INTEGER PRIMARY KEY REFERENCES embeddings (id) ON DELETE CASCADE,
    spans BLOB NOT NULL,
    vectors BLOB NOT NULL
);
ALTER TABLE sources ADD COLUMN device INTEGER;
ALTER TABLE sources ADD COLUMN include TEXT NOT NULL DEFAULT '[]';
ALTER TABLE sources ADD COLUMN exclude TEXT NOT NULL DEFAULT '[]';
ALTER TABLE sources ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sources ADD COLUMN links INTEGER NOT NULL DEFAULT 0;
CREATE INDEX documents_by_path ON documents (source_id, path, size, mtime_ns, inode);
ALTER TABLE failures ADD COLUMN loader TEXT;
ALTER TABLE failures ADD COLUMN failed_at INTEGER;
""",
}
"""What makes of a catalogue of each version one of the next."""


def prepare(connection: sqlite3.Connection, path: Path, *, may_write: bool = True) -> None:
    """Make the tables of a new database, or bring those of an older askdocs up to date, all or nothing.

    Raises IndexDamaged if the database is another program's or a newer askdocs', IndexTrouble for an older one that may
    not be written.
    """
    execute = connection.execute
    version = known_version(connection, path)
    execute("PRAGMA foreign_keys = ON")
    # FULL: derived indexes are numbered after commits, so a commit must not be undone by a power cut.
    execute("PRAGMA synchronous = FULL")
    if version == VERSION:
        return
    if not may_write:
        raise IndexTrouble(
            f"{path} was written by an older askdocs (format {version}) and can't be brought up to date here, as it "
            "may only be read; copy the folder to where it can be written, and use the copy"
        )
    if version == 0:
        begin(connection, _APPLICATION_ID)  # first of all, while that goes into the file itself: see is_catalog
    execute("BEGIN IMMEDIATE")
    try:
        version = known_version(connection, path)  # another process may have been quicker
        if version == 0:
            execute_all(connection, _TABLES)
            execute("INSERT INTO catalog (only, identity, generation, complete) VALUES (1, ?, 0, 1)", (os.urandom(16),))
        else:
            from askdocs.chunking.told_language import language_of

            connection.create_function("told_language", 1, language_of, deterministic=True)
            for older in range(version, VERSION):
                execute_all(connection, _MIGRATIONS[older])
        execute(f"PRAGMA user_version = {VERSION}")
        execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # of some errors SQLite makes an end itself
            execute("ROLLBACK")
        raise


def known_version(connection: sqlite3.Connection, path: Path) -> int:
    """The version of a database, 0 for an empty one; IndexDamaged if it is another program's or a newer askdocs'."""
    instead = "choose another folder for the index"
    return version_of(connection, path, _APPLICATION_ID, VERSION, IndexDamaged, instead)


def is_catalog(path: str | bytes) -> bool:
    """Whether a file is a catalogue, as the first bytes of an SQLite database tell."""
    try:
        with open(path, "rb") as file:
            header = file.read(72)
    except OSError:
        return False
    return header.startswith(b"SQLite format 3\0") and header[68:] == _APPLICATION_ID.to_bytes(4)
