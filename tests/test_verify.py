"""`askdocs verify`: nothing that can be wrong with an index goes unnoticed, and after a repair nothing is wrong."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from askdocs.assistant import Assistant
from askdocs.catalog.catalog import Catalog
from askdocs.events import IndexPart, Verified, VerifyEvent, Verifying
from askdocs.indexing.files import content_hash
from askdocs.loaders import MEDIA_TYPES
from askdocs.searching.lexical import LexicalIndex
from askdocs.searching.vectors import build, saved_vectors
from tests.conftest import OpenAssistant
from tests.fakes import HashedEncoder
from tests.support import (
    BINARY,
    PROJECT,
    ROOF,
    WHALES,
    assert_nothing_lost,
    index_all,
    run_cli,
    unprivileged,
    verified,
    write_files,
)

LONG = "\n\n".join(f"Paragraph {n} tells of thing{n} and its neighbours at some length. " * 4 for n in range(40))


@pytest.fixture
def sound(indexed: Path, work: Path) -> Path:
    """The folder of an index that is sound."""
    report = verified(run_cli("verify", "--json"))
    assert report["sound"]
    assert report["problems"] == report["pending"] == report["repaired"] == []
    assert indexed.is_dir()
    return work / "index"


def in_sql(*statements: str) -> Callable[[Path], None]:
    """Harm that is done by somebody with an SQLite shell, who has no foreign keys."""

    def harm(index: Path) -> None:
        with sqlite3.connect(index / "catalog.sqlite") as connection:
            for statement in statements:
                connection.execute(statement)
        connection.close()

    harm.__name__ = statements[0]
    return harm


ROOF_ID = "(SELECT id FROM documents WHERE path = CAST('roof.txt' AS BLOB))"
OF_ROOF = f"document_id = {ROOF_ID}"
EMBEDDING = f"(SELECT embedding_id FROM chunks WHERE {OF_ROOF})"


@pytest.mark.parametrize(
    "harm",
    [
        in_sql(f"UPDATE chunks SET start = start + 1 WHERE {OF_ROOF}"),
        in_sql(f'UPDATE chunks SET "end" = 999999 WHERE {OF_ROOF}'),
        in_sql(f"UPDATE chunks SET start = -5 WHERE {OF_ROOF}"),
        in_sql(f"UPDATE chunks SET start = 'one' WHERE {OF_ROOF}"),
        in_sql(f"UPDATE chunks SET text = 'Other words.' WHERE {OF_ROOF}"),
        in_sql(f"UPDATE chunks SET text = CAST(x'ff6f6f' AS TEXT) WHERE {OF_ROOF}"),
        in_sql(f"UPDATE chunks SET context = 'Another title' WHERE {OF_ROOF}"),
        in_sql(f"UPDATE chunks SET locator = 'line one' WHERE {OF_ROOF}"),
        in_sql(f"UPDATE chunks SET locator = '[1, 2]' WHERE {OF_ROOF}"),
        in_sql(f"UPDATE chunks SET embedding_id = 999 WHERE {OF_ROOF}"),
        in_sql(f"UPDATE chunks SET embedding_id = (SELECT max(id) FROM embeddings) WHERE {OF_ROOF}"),
        in_sql(f"UPDATE documents SET text = upper(text) WHERE id = {ROOF_ID}"),
        in_sql(f"UPDATE documents SET text = text || 'More.' WHERE id = {ROOF_ID}"),
        in_sql(f"UPDATE documents SET headings = '[[1, \"x\", 0, 99999]]' WHERE id = {ROOF_ID}"),
        in_sql(f"UPDATE documents SET headings = '[' WHERE id = {ROOF_ID}"),
        in_sql(f"UPDATE documents SET encoding = 'utf-16' WHERE id = {ROOF_ID}"),
        in_sql(f"UPDATE documents SET source_id = 99 WHERE id = {ROOF_ID}"),
        in_sql(f"DELETE FROM documents WHERE id = {ROOF_ID}"),
        in_sql(f"DELETE FROM embeddings WHERE id = {EMBEDDING}"),
        in_sql(f"UPDATE embeddings SET vector = zeroblob(4096) WHERE id = {EMBEDDING}"),
        in_sql(f"UPDATE embeddings SET vector = x'0000c07f' || substr(vector, 5) WHERE id = {EMBEDDING}"),
        in_sql(f"UPDATE embeddings SET vector = substr(vector, 1, 400) WHERE id = {EMBEDDING}"),
        in_sql(f"UPDATE embeddings SET vector = 'text' WHERE id = {EMBEDDING}"),
        in_sql(f"UPDATE embeddings SET key = x'00' WHERE id = {EMBEDDING}"),
        in_sql(f"UPDATE sentences SET spans = x'0000000000900000' WHERE embedding_id = {EMBEDDING}"),
        in_sql(f"UPDATE sentences SET spans = substr(spans, 1, 5) WHERE embedding_id = {EMBEDDING}"),
        in_sql(f"UPDATE sentences SET vectors = substr(vectors, 2) WHERE embedding_id = {EMBEDDING}"),
    ],
    ids=lambda harm: harm.__name__,
)
@pytest.mark.usefixtures("indexed")
def test_a_document_that_is_wrong_is_found_and_dropped_to_be_read_again(
    sound: Path, harm: Callable[[Path], None]
) -> None:
    """Whatever of a document is altered: exit code 3, a repair that drops it and says so, and all is there again."""
    harm(sound)
    found = run_cli("verify", "--json")
    found.assert_clear(3)
    assert not verified(found)["sound"]
    assert run_cli("verify").exit_code == 3, "looking alone must not mend"
    mended = run_cli("verify", "--repair", "--json")
    mended.assert_clear(0)
    report = verified(mended)
    assert report["sound"]
    assert report["repaired"]
    run_cli("verify").assert_clear(0)
    assert run_cli("ask", "whales").exit_code in (0, 3), "the others can be asked meanwhile"
    ran = run_cli("index")
    ran.assert_clear(0)
    embedded = re.search(r"(\d) passages? embedded", ran.stdout)
    assert embedded is not None
    assert int(embedded[1]) <= 2, "the right embeddings are kept"
    assert_nothing_lost()
    run_cli("verify").assert_clear(0)


@pytest.mark.parametrize(
    "harm",
    [
        in_sql("UPDATE catalog SET chunks = chunks + 1"),
        in_sql("UPDATE catalog SET documents = 0"),
        in_sql("UPDATE catalog SET generation = 1"),
        in_sql("UPDATE catalog SET forgotten = generation + 1"),
        in_sql("INSERT INTO removed_chunks SELECT id, generation FROM chunks"),
        in_sql("INSERT INTO failures (source_id, path, reason, size, mtime_ns) VALUES (99, x'61', 'reason', 0, 0)"),
        in_sql("INSERT INTO embeddings (key, vector) VALUES (x'00', x'00')"),
    ],
    ids=lambda harm: harm.__name__,
)
def test_what_is_wrong_besides_documents_is_corrected(sound: Path, harm: Callable[[Path], None]) -> None:
    """Counters, generations and rows of nothing are corrected, and no document has to be read again for it."""
    harm(sound)
    run_cli("verify").assert_clear(3)
    run_cli("verify", "--repair").assert_clear(0)
    run_cli("verify").assert_clear(0)
    assert_nothing_lost()
    ran = run_cli("index")
    assert ran.stdout.startswith("0 added, 0 updated, 0 renamed, 0 deleted, 3 unchanged")


def test_embeddings_of_an_encoder_that_nobody_knows_are_dropped(sound: Path, hashed_cli: HashedEncoder) -> None:
    """Without the name of what made them no embedding can be compared with a question."""
    in_sql("UPDATE catalog SET encoder = NULL, fingerprint = NULL")(sound)
    run_cli("verify").assert_clear(3)
    run_cli("verify", "--repair").assert_clear(0)
    run_cli("index").assert_clear(0)
    assert hashed_cli.encoded == 3
    assert_nothing_lost()


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def with_a_flipped_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def without_a_passage(index: Path) -> None:
    """A vector file of the right catalogue and generation that lacks a passage, has one twice, and one too many."""
    with_rows(index, lambda ids: [*ids[1:], ids[1], 500])


def with_rows(index: Path, change: Callable[[list[int]], list[int]], exact_up_to: int = 100) -> None:
    catalog = Catalog(index / "catalog.sqlite")
    saved = saved_vectors(index / "vectors.faiss", catalog.identity)
    assert saved is not None
    ids = change(catalog.chunk_ids_since(0))
    known = dict.fromkeys(catalog.chunks(ids))
    some = next(iter(known))
    build(
        index / "vectors.faiss", catalog.identity, saved.generation, ids,
        lambda ids: catalog.chunk_vectors([id_ if id_ in known else some for id_ in ids]), exact_up_to,
    )  # fmt: skip
    catalog.close()


@pytest.mark.parametrize("harm", [cut, with_a_flipped_bit, lambda path: path.write_bytes(BINARY)])
def test_a_damaged_vector_file_is_found_and_made_anew(sound: Path, harm: Callable[[Path], None]) -> None:
    """A single flipped bit is enough; the model isn't needed."""
    harm(sound / "vectors.faiss")
    report = verified(run_cli("verify", "--json"))
    assert {problem["part"] for problem in report["problems"]} == {"vectors"}
    run_cli("verify", "--repair").assert_clear(0)
    run_cli("verify").assert_clear(0)
    assert_nothing_lost()


def test_a_vector_file_with_other_passages_is_found(sound: Path) -> None:
    """One that lacks a passage, has one twice and one that never was, is told to do all three."""
    without_a_passage(sound)
    ran = run_cli("verify")
    assert "lacks 1 passage" in ran.stdout
    assert "1 passage that the catalogue no longer has" in ran.stdout
    assert "1 passage more than once" in ran.stdout
    run_cli("verify", "--repair").assert_clear(0)
    assert_nothing_lost()


@pytest.mark.parametrize("name", ["*.idx", "*.term", "*.store", "*.fast", "*.fieldnorm", "meta.json"])
@pytest.mark.parametrize("harm", [cut, with_a_flipped_bit])
def test_a_damaged_word_index_is_found_and_made_anew(sound: Path, name: str, harm: Callable[[Path], None]) -> None:
    """A single flipped bit in any of its files is enough."""
    if name == "meta.json" and harm is with_a_flipped_bit:
        harm = cut  # it has no checksum; what a bit in it means shows in the ids
    harm(next((sound / "lexical").glob(name)))
    report = verified(run_cli("verify", "--json"))
    assert {problem["part"] for problem in report["problems"]} == {"words"}
    run_cli("verify", "--repair").assert_clear(0)
    run_cli("verify").assert_clear(0)
    assert_nothing_lost()


def test_a_word_index_with_other_passages_is_found(sound: Path) -> None:
    """One that lacks a passage and has one that never was is told to do so."""
    catalog = Catalog(sound / "catalog.sqlite")
    lexical = LexicalIndex(sound / "lexical", catalog.identity)
    lexical.update([1], [(777, 1, "never was", None)], lexical.generation)
    catalog.close()
    ran = run_cli("verify")
    assert "lacks 1 passage" in ran.stdout
    assert "1 passage that the catalogue never had" in ran.stdout
    run_cli("verify", "--repair").assert_clear(0)
    assert_nothing_lost()


def test_looking_leaves_no_trace(sound: Path) -> None:
    """Without --repair no file of the index is written, even where something is wrong."""
    cut(sound / "vectors.faiss")
    cut(next((sound / "lexical").glob("*.term")))
    before = {path: path.stat() for path in sound.rglob("*") if path.is_file()}
    run_cli("verify").assert_clear(3)
    assert {path: path.stat().st_mtime_ns for path in sound.rglob("*") if path.is_file()} == {
        path: status.st_mtime_ns for path, status in before.items()
    }


@pytest.mark.usefixtures("sound")
def test_files_that_went_on_make_an_index_old_and_not_wrong(indexed: Path) -> None:
    """Changed and deleted files are pending, each by name and reason; the index is sound."""
    write_files(indexed, {"roof.txt": ROOF + "And again in 2001.\n"})
    (indexed / "whales.txt").unlink()
    ran = run_cli("verify", "--json")
    ran.assert_clear(0)
    report = verified(ran)
    pending = {os.path.basename(entry["path"]): entry["reason"] for entry in report["pending"]}
    assert pending == {"roof.txt": "has changed since it was indexed", "whales.txt": "is gone"}
    assert report["pending_count"] == 2
    assert "pending     notes/whales.txt: is gone" in run_cli("verify").stdout


def test_a_file_changed_behind_its_time_is_pending(sound: Path, indexed: Path) -> None:
    """Contents are compared, whatever size and time say."""
    path = indexed / "whales.txt"
    status = path.stat()
    path.write_text(WHALES.replace("krill", "algae"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    (entry,) = verified(run_cli("verify", "--json"))["pending"]
    assert entry["path"] == os.path.join("notes", "whales.txt")
    assert "askdocs index --full" in entry["reason"]
    run_cli("index", "--full").assert_clear(0)
    assert verified(run_cli("verify", "--json"))["pending"] == []
    assert sound.is_dir()


@pytest.mark.usefixtures("hashed_cli")
def test_a_file_without_permission_is_pending(public_work: Path) -> None:
    """What can't be read now says nothing about what was read then."""
    write_files(public_work / "notes", {"secret.txt": ROOF})
    run_cli("index", "notes").assert_clear(0)
    (public_work / "notes" / "secret.txt").chmod(0)
    with unprivileged(public_work):
        ran = run_cli("verify")
    ran.assert_clear(0)
    assert "Permission denied" in ran.stdout


def test_a_derived_index_that_is_missing_or_behind_is_no_problem(
    sound: Path, indexed: Path, open_assistant: OpenAssistant
) -> None:
    """What a killed run leaves behind comes back by itself, and is told as pending."""
    write_files(indexed, {"new.txt": "Fresh text of zebras."})
    events = open_assistant(sound).index()
    for event in events:
        if type(event).__name__ == "Progressed":
            break
    events.close()
    ran = run_cli("verify")
    ran.assert_clear(0)
    assert "behind" in ran.stdout
    (sound / "vectors.faiss").unlink()
    shutil.rmtree(sound / "lexical")
    ran = run_cli("verify")
    ran.assert_clear(0)
    assert ran.stdout.count("is missing") == 2


def test_the_file_of_another_index_is_no_problem(sound: Path, work: Path) -> None:
    """Derived files of another catalogue are passed over, and so told."""
    run_cli("--index", "other", "index", "notes").assert_clear(0)
    shutil.copy(work / "other" / "vectors.faiss", sound)
    shutil.rmtree(sound / "lexical")
    shutil.copytree(work / "other" / "lexical", sound / "lexical")
    ran = run_cli("verify")
    ran.assert_clear(0)
    assert ran.stdout.count("of another index") == 2
    assert_nothing_lost()
    run_cli("index").assert_clear(0)
    assert "another index" not in run_cli("verify").stdout


def garble_page(index: Path, table: str) -> None:
    """Overwrite the root page of a table or an SQL index."""
    path = index / "catalog.sqlite"
    connection = sqlite3.connect(path)
    (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    connection.close()
    data = bytearray(path.read_bytes())
    data[(page - 1) * 4096 : page * 4096] = (BINARY * 2)[:4096]
    path.write_bytes(data)


@pytest.mark.parametrize("table", ["chunks", "documents", "embeddings"])
@pytest.mark.parametrize("options", [(), ("--repair",)])
def test_a_damaged_table_can_not_be_repaired_and_says_what_to_do(
    sound: Path, table: str, options: tuple[str, ...]
) -> None:
    """The report says that nothing is lost, and the command that makes all of it anew; asking ends clearly too."""
    garble_page(sound, table)
    ran = run_cli("verify", *options)
    ran.assert_clear(3)
    assert "made from your files" in ran.stdout
    assert "askdocs index notes" in ran.stdout
    for command in (("ask", "roof"), ("search", "roof"), ("index",), ("status",)):
        ran = run_cli(*command)
        assert ran.exit_code in (0, 1, 3)
        assert "Traceback" not in ran.stderr
    assert run_cli("ask", "roof of the library").exit_code == 3 or table == "embeddings"


def test_a_damaged_index_inside_the_sqlite_file_is_made_anew(sound: Path) -> None:
    """What SQLite keeps twice it can make again: entries that an SQL index lacks."""
    in_sql(
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = 'CREATE INDEX chunks_by_document ON chunks (document_id) WHERE id < 0' "
        "WHERE name = 'chunks_by_document'",
    )(sound)
    in_sql("REINDEX chunks_by_document")(sound)
    in_sql(
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = 'CREATE INDEX chunks_by_document ON chunks (document_id)' "
        "WHERE name = 'chunks_by_document'",
    )(sound)
    ran = run_cli("verify")
    ran.assert_clear(3)
    assert "chunks_by_document" in ran.stdout
    run_cli("verify", "--repair").assert_clear(0)
    run_cli("verify").assert_clear(0)
    assert_nothing_lost()


def test_a_repair_waits_for_no_writer(sound: Path, indexed: Path, open_assistant: OpenAssistant) -> None:
    """While another process indexes, looking is possible and finds nothing wrong; repairing names the holder."""
    write_files(indexed, {"new.txt": "Fresh text."})
    events = open_assistant(sound).index()
    next(events)
    run_cli("verify", "--repair").assert_clear(3, f"process {os.getpid()}")
    for _ in events:
        run_cli("verify").assert_clear(0)


def test_an_approximate_index_is_looked_through_too(work: Path, assistant: Assistant) -> None:
    """Ids and near embeddings of an inverted file are compared with the catalogue."""
    write_files(work / "notes", {"long.txt": LONG, "other.txt": LONG.replace("Paragraph", "Section")})
    index_all(assistant, work / "notes")
    index = work / "index"
    with_rows(index, list, exact_up_to=10)
    report = report_of(assistant.verify())
    assert report.sound, report.problems
    with_rows(index, lambda ids: ids[3:], exact_up_to=10)
    report = report_of(assistant.verify())
    assert [problem.reason for problem in report.problems] == ["vectors.faiss lacks 3 passages"]
    with_rows(index, lambda ids: ids[::-1], exact_up_to=10)
    swapped = index / "vectors.faiss"
    data = bytearray(swapped.read_bytes())
    middle = len(data) - 100
    data[middle - 8 * 1024 : middle] = os.urandom(8 * 1024)
    swapped.write_bytes(data)
    assert not report_of(assistant.verify()).sound
    assert report_of(assistant.verify(repair=True)).sound
    assert assistant.ask("thing7").citations


def test_many_problems_are_counted_and_the_first_listed(work: Path, assistant: Assistant) -> None:
    """A report stays short, however much is wrong."""
    write_files(work / "notes", {f"{n}.txt": f"Note {n} on thing{n}." for n in range(150)})
    index_all(assistant, work / "notes")
    in_sql("UPDATE chunks SET start = start + 1")(work / "index")
    report = report_of(assistant.verify())
    assert len(report.problems) == 100
    assert report.problem_count == 150
    assert "and 50 more" in run_cli("verify").stdout


def test_progress_is_told_part_by_part(assistant: Assistant, notes: Path) -> None:
    """Every part is announced, none goes beyond its total, and the report comes last."""
    index_all(assistant, notes)
    events: list[VerifyEvent] = list(assistant.verify())
    told = [event for event in events if isinstance(event, Verifying)]
    assert {event.part for event in told} == {*IndexPart}
    assert all(0 <= event.done <= event.total for event in told)
    assert len(told) == len(events) - 1
    report = events[-1]
    assert isinstance(report, Verified)
    assert {part: report.checked[part] for part in list(IndexPart)[1:]} == dict.fromkeys(list(IndexPart)[1:], 3)


@pytest.mark.usefixtures("hashed_cli", "work")
def test_an_empty_index_is_sound() -> None:
    """There is nothing that could be wrong."""
    run_cli("verify").assert_clear(0)
    run_cli("verify", "--repair").assert_clear(0)


def report_of(events: object) -> Verified:
    *_, last = list(events)  # type: ignore[call-overload]
    assert isinstance(last, Verified)
    return last


@pytest.mark.usefixtures("hashed_cli")
def test_documents_of_every_format_are_sound(work: Path) -> None:
    """Whatever a file is read as, its text is looked at in the way that is right for it."""
    files = {f"file{ending}": f"{ROOF}\n{WHALES}" for ending in MEDIA_TYPES}
    files |= {"data.json": '{"roof": "repaired in 1987"}', "data.xml": "<a><b>roof</b></a>", "late.yaml": "a: roof"}
    files["page.html"] = "<html><body><h1>The <b>roof</b></h1><p>Repaired &amp; painted in 1987.</p></body></html>"
    files["table.csv"] = 'name;year\n"roof; old";1987\nwall;1990\n'
    files["table.tsv"] = "name\tyear\nroof\t1987\n"
    files["book.ipynb"] = '{"cells": [{"cell_type": "markdown", "metadata": {}, "source": ["# Roof\\n", "Old."]}], \
        "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    write_files(work / "notes", files)
    assert run_cli("index", "notes").exit_code in (0, 4)
    assert verified(run_cli("verify", "--json"))["checked"]["documents"] > 50


FIXTURES = PROJECT / "tests" / "loaders" / "fixtures"
NOTICE = "(SELECT id FROM documents WHERE path = CAST('pdf/notice.pdf' AS BLOB))"
BOTTLES = "(SELECT id FROM documents WHERE path = CAST('bottles.xlsx' AS BLOB))"
TEX = "(SELECT id FROM documents WHERE path = CAST('museum.tex' AS BLOB))"


@pytest.fixture
def formats(work: Path, hashed_cli: HashedEncoder) -> Path:
    """The folder of an index of documents of several kinds, each from a real file."""
    assert hashed_cli
    for name in ("pdf/notice.pdf", "bottles.xlsx", "museum.tex", "tour.srt"):
        write_files(work / "files", {name: (FIXTURES / name).read_bytes()})
    run_cli("index", "files").assert_clear(0)
    return work / "index"


@pytest.mark.usefixtures("hashed_cli")
def test_files_that_are_no_text_are_loaded_again(work: Path) -> None:
    """Of every fixture nothing is wrong and nothing waits; how many were loaded again, the report says."""
    shutil.copytree(FIXTURES, work / "files")
    assert run_cli("index", "files").exit_code == 4
    report = verified(run_cli("verify", "--json"))
    assert report["problems"] == report["pending"] == []
    made = {
        ".csv",
        ".docx",
        ".epub",
        ".html",
        ".ipynb",
        ".odp",
        ".ods",
        ".odt",
        ".pdf",
        ".pptx",
        ".rtf",
        ".srt",
        ".tsv",
    }
    made |= {".vtt", ".xls", ".xlsx"}
    found = [path for path in FIXTURES.rglob("*.*") if path.suffix in made]
    assert len(found) - 2 <= report["files_read"] <= len([*FIXTURES.rglob("*.*")])


@pytest.mark.parametrize(
    ("document", "value", "path"),
    [
        (NOTICE, "'$[2]', 3, '$[3]', 3", "files/pdf/notice.pdf"),
        (NOTICE, "'$[0]', 'slides'", "files/pdf/notice.pdf"),
        (BOTTLES, "'$[4]', 'Collection!A9:E9'", "files/bottles.xlsx"),
        (TEX, "'$[2]', 1, '$[3]', 1", "files/museum.tex"),
    ],
)
def test_a_passage_that_is_cited_elsewhere_is_found_and_mended(
    formats: Path, document: str, value: str, path: str
) -> None:
    """Another page, a kind of places that the document hasn't, other cells, another line."""
    last = f"(SELECT max(id) FROM chunks WHERE document_id = {document})"
    in_sql(f"UPDATE chunks SET locator = json_set(locator, {value}) WHERE id = {last}")(formats)
    report = verified(run_cli("verify", "--json"))
    assert {problem["path"] for problem in report["problems"]} == {path}
    assert report["problems"][0]["reason"].endswith("is not where it is cited")
    run_cli("verify", "--repair").assert_clear(0)
    run_cli("index").assert_clear(0)
    run_cli("verify").assert_clear(0)


def test_a_file_that_is_read_otherwise_makes_an_index_old_and_not_wrong(formats: Path) -> None:
    """As by a loader that has got better: it waits, and a repair has it read anew, which embeds nothing again."""
    in_sql(f"UPDATE documents SET text = text || ' More.' WHERE id = {BOTTLES}")(formats)
    ran = run_cli("verify")
    ran.assert_clear(0)
    assert "; 3 files loaded again\n" in ran.stdout
    assert "pending     files/bottles.xlsx: is the same file, but this askdocs reads it otherwise" in ran.stdout
    mended = run_cli("verify", "--repair")
    mended.assert_clear(0)
    assert "dropped 1 document; run `askdocs index`" in mended.stdout
    assert "1 added" in run_cli("index").stdout
    report = verified(run_cli("verify", "--json"))
    assert (report["sound"], report["pending"]) == (True, [])


def test_a_file_that_can_no_longer_be_read_waits(formats: Path) -> None:
    """What was a PDF is none to this askdocs; what is inside a file that has gone on waits with it, once."""
    damaged = formats.parent / "files" / "pdf" / "notice.pdf"
    damaged.write_bytes(BINARY)
    in_sql(f"UPDATE documents SET content_hash = x'{content_hash(BINARY).hex()}' WHERE id = {NOTICE}")(formats)
    report = verified(run_cli("verify", "--json"))
    assert report["sound"]
    (pending,) = report["pending"]
    assert pending["path"] == "files/pdf/notice.pdf"
    assert pending["reason"].startswith("could be read when it was indexed, and now can't: ")
