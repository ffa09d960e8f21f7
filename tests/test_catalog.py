"""The catalogue: transactions, ids that are never reused, and what derived indexes are told."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from askdocs.catalog.catalog import Catalog
from askdocs.catalog.records import FileState, ReadDocument, Source, StoredEncoder, StoredFailure
from askdocs.catalog.sentences import Sentences
from askdocs.chunking.chunker import chunk_document
from askdocs.errors import IndexDamaged, IndexTrouble
from askdocs.loaders import load
from askdocs.loaders.members import members
from askdocs.types import Document, SourceRules, Span
from tests.fakes import HashedEncoder

STATE = FileState(10, 20, 30)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog(tmp_path / "catalog.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def source(catalog: Catalog) -> Source:
    return catalog.put_source(Source(0, "/docs"))


def put(catalog: Catalog, source: Source, path: str, text: str, state: FileState = STATE) -> int:
    """Store `text` as a Markdown document under `path`; its id."""
    encoder = HashedEncoder(max_tokens=32)
    read = load(path, "text/markdown", text.encode(errors="replace"))
    chunks = chunk_document(read, encoder.token_counts, encoder.max_tokens)
    keys = [chunk.embedded_text.encode() for chunk in chunks]
    if chunks:
        catalog.put_embeddings(keys, encoder.encode([chunk.embedded_text for chunk in chunks]))
    catalog.put_documents(source, path, b"hash", state, [ReadDocument(read, chunks, keys)])
    return next(document.id for document in catalog.file_documents(source) if document.relative_path == path)


def paragraphs(*names: str) -> str:
    """A paragraph of each name, so long that no two are one passage."""
    return "\n\n".join(f"{name} " * 20 for name in names)


def test_a_document_comes_back_as_it_was_put(catalog: Catalog, source: Source) -> None:
    """Text, headings, chunks and embeddings survive the round trip exactly, NUL and all scripts included."""
    text = "# Tïtle 日本 👍\n\nWords with a \x00 in them.\r\n" + " " * 300
    document_id = put(catalog, source, "a.md", text)
    found = catalog.document(document_id)
    assert found is not None
    stored, stored_text, headings = found
    assert stored_text == text
    assert [heading.title for heading in headings] == ["Tïtle 日本 👍"]
    assert (stored.title, stored.state, stored.absolute_path) == ("Tïtle 日本 👍", STATE, "/docs/a.md")
    (chunk,) = catalog.chunks(catalog.chunk_ids_since(0)).values()
    assert chunk.chunk.span.of(text) == chunk.chunk.text
    vector = catalog.chunk_vectors([chunk.id])
    assert vector.dtype == np.float32
    assert np.array_equal(vector, HashedEncoder().encode([chunk.chunk.embedded_text]))


@pytest.mark.parametrize("at_once", [1, 3, 6, 10_000])
def test_states_are_told_by_every_kind_of_name(
    catalog: Catalog, source: Source, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each file of a source has its own state under its own name, bytes that are no text at its ends included, and is
    told once, in the order of the names, however many are read at once."""
    monkeypatch.setattr("askdocs.catalog.documents._ROWS_AT_ONCE", at_once)
    names = ["", "a", "Tïtle 日本/👍.md", os.fsdecode(b"\xe6\x97"), os.fsdecode(b"\xa5\xff"), "z"]
    other = catalog.put_source(Source(0, "/others"))
    for number, name in enumerate(names):
        put(catalog, source, name, name or "root", FileState(number, number, number))
        put(catalog, other, name, name or "root")
    told = [path for path, *_ in islice(catalog.file_states(source), 100)]
    assert told == sorted({*told})
    found = {os.fsdecode(path): tuple(state) for path, _, *state in catalog.file_states(source)}
    assert found == {name: (at, at, at) for at, name in enumerate(names)}
    assert list(catalog.file_states(catalog.put_source(Source(0, "/empty")))) == []
    for path, id_, *_ in catalog.file_states(source):
        (document,) = catalog.documents_of_ids([id_])
        assert (document.source, document.relative_path) == (source, os.fsdecode(path))


def test_a_chunk_that_reads_as_before_keeps_its_id(catalog: Catalog, source: Source) -> None:
    """Only what changed in a document is news to the derived indexes."""
    put(catalog, source, "a.md", paragraphs("one", "two", "three"))
    before = catalog.chunk_ids_since(0)
    generation = catalog.generation
    put(catalog, source, "a.md", paragraphs("zero", "one", "three"))
    added, removed = catalog.chunk_ids_since(generation), catalog.removed_since(generation)
    assert len(before) == 3
    assert (len(added), len(removed)) == (1, 1)
    assert set(catalog.chunk_ids_since(0)) == {*before, *added} - {*removed}
    (text,) = [text for _, text, _ in [catalog.document(catalog.documents()[0].id) or (None, "", ())]]
    for stored in catalog.chunks(catalog.chunk_ids_since(0)).values():
        assert stored.chunk.span.of(text) == stored.chunk.text


def test_chunk_ids_are_never_reused(catalog: Catalog, source: Source) -> None:
    """An id that a derived index may still hold never comes to mean another passage."""
    first = put(catalog, source, "a.md", paragraphs("one", "two"))
    old = catalog.chunk_ids_since(0)
    catalog.remove_document(first)
    second = put(catalog, source, "a.md", paragraphs("one", "two"))
    assert second != first
    assert not {*old} & {*catalog.chunk_ids_since(0)}


def test_every_change_has_a_generation_of_its_own(catalog: Catalog, source: Source) -> None:
    """Putting, moving and removing documents each raise the generation; reading doesn't."""
    generations = [catalog.generation]
    document_id = put(catalog, source, "a.md", "Words.")
    generations.append(catalog.generation)
    catalog.move_document(document_id, source, "b.md", STATE)
    generations.append(catalog.generation)
    catalog.remove_document(document_id)
    generations.append(catalog.generation)
    catalog.counts()
    assert generations == sorted(set(generations))
    assert catalog.generation == generations[-1]


def test_a_transaction_that_fails_leaves_nothing(catalog: Catalog, source: Source) -> None:
    """All of a unit of work is there, or none."""
    before = catalog.counts()

    def put_and_fail() -> None:
        with catalog.transaction():
            put(catalog, source, "a.md", "Words.")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        put_and_fail()
    assert catalog.counts() == before
    assert catalog.documents() == []


def test_embeddings_that_nothing_uses_go(catalog: Catalog, source: Source) -> None:
    """The embeddings of removed documents can be dropped, but for those of passages elsewhere that read the same."""
    one = put(catalog, source, "one.md", paragraphs("same", "first"))
    two = put(catalog, source, "two.md", paragraphs("same", "second"))
    keys = [stored.chunk.embedded_text.encode() for stored in catalog.chunks(catalog.chunk_ids_since(0)).values()]
    catalog.remove_document(one)
    assert catalog.missing_keys(keys) == set()
    catalog.drop_unused_embeddings()
    assert len(catalog.missing_keys(keys)) == 1
    catalog.remove_document(two)
    catalog.drop_unused_embeddings()
    assert catalog.missing_keys(keys) == set(keys)


def test_sentences_stand_and_fall_with_their_embedding(catalog: Catalog, source: Source) -> None:
    """They are read by the passage that they are of, in whatever document it is, and go when its embedding goes."""
    encoder = HashedEncoder(max_tokens=32)
    rows = encoder.encode(["one", "two"])
    spans = (Span(0, 3), Span(4, 7))
    keys = [f"{'same ' * 20}".strip().encode()]
    catalog.put_embeddings(keys, rows[:1], [Sentences(spans, rows)])
    one = put(catalog, source, "one.md", paragraphs("same", "first"))
    two = put(catalog, source, "two.md", paragraphs("second", "same"))
    kept = catalog.chunk_sentences(catalog.chunk_ids_since(0))
    assert {catalog.chunks([id_])[id_].document.id for id_ in kept} == {one, two}
    for sentences in kept.values():
        assert sentences.spans == spans
        assert np.allclose(sentences.embeddings, rows, atol=0.01)
    catalog.remove_document(one)
    catalog.drop_unused_embeddings()
    assert len(catalog.chunk_sentences(catalog.chunk_ids_since(0))) == 1
    catalog.remove_document(two)
    catalog.drop_unused_embeddings()
    assert catalog.missing_keys(keys) == {*keys}
    put(catalog, source, "three.md", paragraphs("same"))
    assert catalog.chunk_sentences(catalog.chunk_ids_since(0)) == {}


def test_removing_a_source_removes_all_that_came_from_it(catalog: Catalog, source: Source) -> None:
    """Documents, passages and failures of a source go with it, and those of others stay."""
    other = catalog.put_source(Source(0, "/other"))
    put(catalog, source, "a.md", "Words.")
    put(catalog, other, "b.md", "Other words.")
    catalog.put_failure(StoredFailure(source, "c.md", "is broken", 1, 2))
    catalog.remove_source(source)
    counts = catalog.counts()
    assert (counts.documents, counts.chunks, counts.failed) == (1, 1, 0)
    assert [known.path for known in catalog.sources()] == ["/other"]


def test_a_failure_replaces_the_document_and_a_document_the_failure(catalog: Catalog, source: Source) -> None:
    """A path is either a document or a failure."""
    put(catalog, source, "a.md", "Words.")
    catalog.put_failure(StoredFailure(source, "a.md", "is broken", 1, 2))
    assert (catalog.counts().documents, catalog.counts().failed) == (0, 1)
    put(catalog, source, "a.md", "Words.")
    assert (catalog.counts().documents, catalog.counts().failed) == (1, 0)


def test_paths_of_any_bytes_come_back(catalog: Catalog) -> None:
    """Sources and documents whose names are not UTF-8 keep them."""
    source = catalog.put_source(Source(0, "/docs-\udcff"))
    put(catalog, source, "a-\udcfe.md", "Words.")
    assert [document.absolute_path for document in catalog.documents()] == ["/docs-\udcff/a-\udcfe.md"]
    assert catalog.put_source(Source(0, "/docs-\udcff")) == source


def test_another_connection_sees_what_is_committed(catalog: Catalog, source: Source, tmp_path: Path) -> None:
    """A snapshot stays as it was while another connection writes; afterwards the news is there."""
    other = Catalog(tmp_path / "catalog.sqlite")
    try:
        with other.snapshot():
            assert other.counts().documents == 0
            put(catalog, source, "a.md", "Words.")
            assert other.counts().documents == 0
        assert other.counts() == catalog.counts()
        assert other.identity == catalog.identity
    finally:
        other.close()


def test_threads_may_share_a_catalogue(catalog: Catalog, source: Source) -> None:
    """Writers and readers in several threads take turns and lose nothing."""
    failures: list[BaseException] = []

    def work(thread: int) -> None:
        try:
            for n in range(10):
                put(catalog, source, f"{thread}-{n}.md", f"Words {thread} {n}.")
                catalog.chunks(catalog.chunk_ids_since(0))
        except BaseException as exc:
            failures.append(exc)

    threads = [threading.Thread(target=work, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert catalog.counts().documents == 40


def test_clearing_keeps_only_the_sources(catalog: Catalog, source: Source) -> None:
    """After `clear` nothing is known but what to index, and derived indexes are told."""
    put(catalog, source, "a.md", paragraphs("one", "two"))
    catalog.set_encoder(StoredEncoder("some", "print", "float32", ""))
    generation = catalog.generation
    catalog.clear()
    counts = catalog.counts()
    assert (counts.documents, counts.chunks, catalog.encoder) == (0, 0, None)
    assert catalog.sources() == [source]
    assert len(catalog.removed_since(generation)) == 2


def test_ids_that_are_not_there_are_left_out(catalog: Catalog) -> None:
    """Asking for a passage or a document that is gone is no error."""
    assert catalog.chunks([1, 2, 3]) == {}
    assert catalog.document(7) is None


def test_many_chunks_are_read_at_once(catalog: Catalog, source: Source) -> None:
    """No limit on bound parameters stands in the way of long lists of ids."""
    put(catalog, source, "a.md", paragraphs("one", "two"))
    assert len(catalog.chunks(range(100_000))) == 2


def test_a_new_catalogue_is_a_new_index(tmp_path: Path) -> None:
    """Two catalogues have different identities; one keeps its own when opened again."""
    first = Catalog(tmp_path / "one.sqlite")
    second = Catalog(tmp_path / "two.sqlite")
    again = Catalog(tmp_path / "one.sqlite")
    try:
        assert first.identity == again.identity != second.identity
    finally:
        for opened in (first, second, again):
            opened.close()


def test_what_is_no_catalogue_is_refused(tmp_path: Path) -> None:
    """A file that is no database is IndexDamaged, a folder in its place IndexTrouble, each naming the path."""
    path = tmp_path / "catalog.sqlite"
    path.write_text("These are notes and not a database. " * 100)
    with pytest.raises(IndexDamaged, match=r"catalog\.sqlite"):
        Catalog(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(IndexTrouble, match=r"catalog\.sqlite"):
        Catalog(path)


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    """A catalogue of a later askdocs is not touched."""
    path = tmp_path / "catalog.sqlite"
    Catalog(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 1000")
    connection.close()
    with pytest.raises(IndexDamaged, match="upgrade askdocs"):
        Catalog(path)


def test_a_catalogue_counts_as_it_goes(catalog: Catalog, source: Source) -> None:
    """What it says to hold is what counting would find, whatever was put, replaced, moved and removed."""

    def counted() -> tuple[int, int]:
        return len(catalog.documents()), len(catalog.chunk_ids_since(0))

    document_id = put(catalog, source, "a.md", paragraphs("one", "two", "three"))
    put(catalog, source, "b.md", paragraphs("one"))
    for change in (
        lambda: put(catalog, source, "a.md", paragraphs("zero", "three")),
        lambda: catalog.move_document(document_id, source, "c.md", STATE),
        lambda: catalog.remove_document(document_id),
        lambda: catalog.remove_document(document_id),
        lambda: catalog.put_failure(StoredFailure(source, "b.md", "is no text", 1, 2)),
        lambda: put(catalog, source, "d.md", paragraphs("four", "five")),
        catalog.clear,
    ):
        change()
        counts = catalog.counts()
        assert (counts.documents, counts.chunks) == counted()


def test_removals_can_be_forgotten(catalog: Catalog, source: Source) -> None:
    """What every derived index has taken in is no longer kept; the catalogue knows from where on it remembers."""
    put(catalog, source, "a.md", paragraphs("one", "two"))
    put(catalog, source, "a.md", paragraphs("two"))
    level = catalog.generation
    put(catalog, source, "a.md", paragraphs("three"))
    assert catalog.changes_since(0) == 3
    catalog.forget_removed(level)
    assert catalog.forgotten == level
    assert len(catalog.removed_since(level)) == len(catalog.removed_since(0)) == 1
    assert catalog.changes_since(level) == 2
    catalog.forget_removed(1)
    assert catalog.forgotten == level


@pytest.mark.parametrize("version", [1, 2])
def test_a_catalogue_of_an_older_format_is_taken_over(tmp_path: Path, version: int) -> None:
    """What an older askdocs wrote is brought up to date in place, with its content and its locators."""
    path = tmp_path / "catalog.sqlite"
    catalog = Catalog(path)
    put(catalog, catalog.put_source(Source(0, "/docs")), "a.md", paragraphs("one", "two"))
    catalog.put_failure(StoredFailure(catalog.sources()[0], "b.md", "is broken", 1, 2))
    expected = catalog.counts()
    chunks = catalog.document_chunks(1)
    catalog.close()
    connection = sqlite3.connect(path)
    for stored in chunks:
        place = stored.chunk.locator
        old = {"kind": "lines", "headings": list(place.headings), "start_line": place.start, "end_line": place.end}
        connection.execute("UPDATE chunks SET locator = ? WHERE id = ?", (json.dumps(old), stored.id))
    for column in ("documents", "chunks", "forgotten") if version == 1 else ():
        connection.execute(f"ALTER TABLE catalog DROP COLUMN {column}")
    for table in ("sentences", "document_metadata"):
        connection.execute(f"DROP TABLE {table}")
    connection.executescript(
        """
        PRAGMA legacy_alter_table = ON;
        CREATE TABLE older (id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE);
        INSERT INTO older SELECT id, path FROM sources;
        DROP TABLE sources;
        ALTER TABLE older RENAME TO sources;
        DROP INDEX documents_by_path;
        CREATE TABLE older (
            source_id INTEGER NOT NULL REFERENCES sources (id), path BLOB NOT NULL, reason TEXT NOT NULL,
            size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, PRIMARY KEY (source_id, path)
        );
        INSERT INTO older SELECT source_id, path, reason, size, mtime_ns FROM failures;
        DROP TABLE failures;
        ALTER TABLE older RENAME TO failures;
        """
    )
    connection.execute(f"PRAGMA user_version = {version}")
    connection.commit()
    connection.close()
    for _ in range(2):
        catalog = Catalog(path)
        assert (catalog.counts(), catalog.forgotten) == (expected, 0)
        assert catalog.document_chunks(1) == chunks
        assert catalog.chunk_sentences([stored.id for stored in chunks]) == {}
        (source,) = catalog.sources()
        assert (source.path, source.rules) == ("/docs", SourceRules())
        assert [path for path, *_ in catalog.file_states(source)] == [b"a.md"]
        assert catalog.failures() == [StoredFailure(source, "b.md", "is broken", 1, 2)]
        catalog.close()


def test_what_a_document_says_of_itself_is_kept_while_it_does(catalog: Catalog, source: Source) -> None:
    """Author and date come with it, what of it could not be read is listed, and all that goes when it says no more."""
    document_id = put(catalog, source, "a.md", "---\nauthor: Ada\ndate: 2021-03-04\n---\n\n# Roof\n\nWords.\n")
    (stored,) = catalog.documents()
    assert (stored.info.author, stored.info.date) == ("Ada", "2021-03-04")
    assert catalog.warnings() == []
    read = load("a.md", "text/markdown", b"Words.")
    read = replace(read, warning="2 of 3 pages have no text")
    catalog.put_documents(source, "a.md", b"", STATE, [ReadDocument(read, [], [])])
    (stored,) = catalog.documents()
    assert (stored.id, stored.info.author, stored.info.date) == (document_id, None, None)
    assert catalog.warnings() == [(stored, "2 of 3 pages have no text")]
    catalog.remove_document(document_id)
    assert catalog.warnings() == []


def put_mail(catalog: Catalog, source: Source, path: str, *attachments: Document, state: FileState = STATE) -> None:
    """Store a mail with attachments, without passages, in place of what was known under `path`."""
    mail = replace(load("", "text/plain", b"Dear all"), path=path, children=attachments)
    read = [ReadDocument(document, [], [], inside) for inside, document in members(mail)]
    catalog.put_documents(source, path, b"hash", state, read)


def attachment(name: str, *children: Document) -> Document:
    return replace(load(name, "text/plain", b"Words."), path=name, children=children)


def test_what_is_inside_a_file_is_kept_with_it(catalog: Catalog, source: Source) -> None:
    """A mail's attachments, and what is inside those, are documents of their own, whatever their names; no others are
    files, and reading the mail again keeps those that are still there, and drops the others."""
    inner = attachment("b.zip", attachment("../x/\0y"), attachment("same"), attachment("same"))
    put_mail(catalog, source, "mail.eml", attachment("a.txt"), inner)
    put(catalog, source, "mail.emlx", "Another.")
    names = ["", "a.txt", "b.zip", "b.zip > ../x/\N{REPLACEMENT CHARACTER}y", "b.zip > same", "b.zip > same (2)", ""]
    before = catalog.documents()
    assert [" > ".join(document.inside) for document in before] == names
    assert {document.absolute_path for document in before} == {"/docs/mail.eml", "/docs/mail.emlx"}
    assert before[4].info.full_path == "/docs/mail.eml > b.zip > same"
    assert before[4].info.title == "same"
    assert [path for path, *_ in catalog.file_states(source)] == [b"mail.eml", b"mail.emlx"]
    assert [document.id for document in catalog.file_documents(source)] == [before[0].id, before[-1].id]
    assert catalog.counts().documents == 7
    put_mail(catalog, source, "mail.eml", attachment("c.txt"), attachment("a.txt"))
    after = catalog.documents()
    assert [document.inside for document in after] == [(), ("a.txt",), ("c.txt",), ()]
    assert [document.id for document in after[:2]] == [document.id for document in before[:2]]
    assert catalog.counts().documents == 4


def test_a_document_is_found_by_its_path(catalog: Catalog, source: Source) -> None:
    """That of a file, that of a source which is a file itself, and those inside; nothing that merely begins alike."""
    put_mail(catalog, source, "in/mail.eml", attachment("a\0.txt", attachment("b.txt")))
    alone = catalog.put_source(Source(0, "/elsewhere/a.txt"))
    put(catalog, alone, "", "Alone.")
    for document in catalog.documents():
        assert catalog.document_at(document.absolute_path, document.inside) == document.id
    for path, inside in (("/docs/in", ()), ("/docsin/mail.eml", ()), ("/docs/in/mail.eml", ("b.txt",)), ("/", ())):
        assert catalog.document_at(path, inside) is None


def test_what_is_inside_a_file_goes_where_it_goes(catalog: Catalog, source: Source) -> None:
    """A move takes all along, with the state; removing any one of them, or a failure of the file, removes all."""
    put_mail(catalog, source, "mail.eml", attachment("a.txt", attachment("b.txt")))
    ids = [document.id for document in catalog.documents()]
    other, state = catalog.put_source(Source(0, "/others")), FileState(7, 8, 9)
    catalog.move_document(ids[0], other, "old/m.eml", state)
    moved = catalog.documents()
    assert [document.id for document in moved] == ids
    assert {(document.absolute_path, document.state) for document in moved} == {("/others/old/m.eml", state)}
    assert [document.inside for document in moved] == [(), ("a.txt",), ("a.txt", "b.txt")]
    catalog.remove_document(ids[2])
    assert (catalog.documents(), catalog.counts().documents) == ([], 0)
    put_mail(catalog, source, "mail.eml", attachment("a.txt"))
    catalog.put_failure(StoredFailure(source, "mail.eml", "is encrypted", 1, 2))
    assert (catalog.documents(), catalog.counts().documents) == ([], 0)
    put_mail(catalog, source, "", attachment("a.txt"))
    catalog.remove_source(source)
    assert (catalog.documents(), catalog.counts().documents) == ([], 0)


def test_chunks_from_all_over(catalog: Catalog, source: Source) -> None:
    """At most as many as asked for, from the first document to the last, and the same ones every time."""
    assert catalog.spread_chunks(10) == []
    for number in range(100):
        put(catalog, source, f"{number:02}.md", f"Note {number}.\n")
    spread = [stored.document.relative_path for stored in catalog.spread_chunks(10)]
    assert spread == [f"{number:02}.md" for number in range(0, 100, 10)]
    assert len(catalog.spread_chunks(30)) == 30
    assert len(catalog.spread_chunks(1000)) == 100


def test_a_document_costs_the_same_however_many_there_are(catalog: Catalog, source: Source) -> None:
    """Among a hundred times as many, SQLite does hardly more for one."""
    read = ReadDocument(load("a.md", "text/markdown", b""), (), ())
    steps: list[None] = []
    work = []
    for start, end in ((0, 10), (10, 1_000)):
        with catalog.transaction():
            for number in range(start, end):
                catalog.put_documents(source, f"{number:04}.md", b"hash", STATE, [read])
        steps.clear()
        catalog._connection.set_progress_handler(lambda: steps.append(None), 10)
        catalog.put_documents(source, f"{start:04}.md", b"other", STATE, [read])
        catalog._connection.set_progress_handler(None, 0)
        work.append(len(steps))
    assert 0 < work[1] < 2 * work[0]
