"""Moving an index: one file, one moment, checked before it gets its name and before anything comes of it."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
from pathlib import Path

import pytest

from askdocs.catalog.catalog import Catalog
from tests.conftest import OpenAssistant
from tests.fakes import HashedEncoder
from tests.support import (
    BINARY,
    NOTES,
    ROOF,
    ROOF_QUESTION,
    WHALES,
    assert_nothing_lost,
    cited_paths,
    index_all,
    run_cli,
    write_files,
)

UNCHANGED = "0 added, 0 updated, 0 renamed, 0 deleted, 3 unchanged, 0 failed; 0 passages embedded"


@pytest.fixture
def exported(indexed: Path, work: Path) -> Path:
    """The file that the index of the notes was exported to."""
    assert indexed.is_dir()
    ran = run_cli("export", "moved.askdocs")
    ran.assert_clear(0)
    assert ran.stdout == "3 documents, 3 passages of notes\n"
    return work / "moved.askdocs"


def test_an_index_moves_with_its_documents(exported: Path, work: Path) -> None:
    """On another machine, with the files in another place, it answers, verifies, and embeds nothing anew."""
    (work / "notes").rename(work / "papers")
    shutil.rmtree(work / "index")
    ran = run_cli("import", exported, "--source", f"{work / 'notes'}=papers")
    ran.assert_clear(0)
    assert ran.stdout == "3 documents, 3 passages of papers\n"
    run_cli("verify").assert_clear(0)
    answer = json.loads(run_cli("ask", ROOF_QUESTION, "--json").stdout)
    assert answer["citations"][0]["document"]["path"] == os.path.join("papers", "roof.txt")
    assert run_cli("index").stdout.strip() == UNCHANGED
    (work / "papers").rename(work / "notes")


def test_an_index_can_be_imported_beside_the_old_one(exported: Path) -> None:
    """Where the files are where they were nothing else has to be said, and the two indexes are apart."""
    run_cli("--index", "other", "import", exported).assert_clear(0)
    run_cli("--index", "other", "verify").assert_clear(0)
    run_cli("--index", "other", "forget", "notes").assert_clear(0)
    assert_nothing_lost()


def test_what_was_derived_before_is_not_taken_for_the_imported(exported: Path, work: Path) -> None:
    """Derived files and open assistants of the index that was there before, however old it was, follow."""
    write_files(work / "other", {f"{n}.txt": f"Other thing{n}." for n in range(30)})
    run_cli("--index", "second", "index", "other").assert_clear(0)
    run_cli("--index", "second", "forget", "other").assert_clear(0)
    run_cli("--index", "second", "import", exported).assert_clear(0)
    run_cli("--index", "second", "verify").assert_clear(0)
    assert "roof.txt" in run_cli("--index", "second", "ask", ROOF_QUESTION).stdout


def test_an_open_assistant_sees_what_another_process_imports(
    exported: Path, work: Path, open_assistant: OpenAssistant
) -> None:
    """An interface that is open on an empty index answers from the imported one."""
    reader = open_assistant(work / "second")
    assert reader.status().counts.documents == 0
    reader._index.retriever().catch_up_vectors()
    assert reader._index.retriever().lexical.passages == 0
    run_cli("--index", "second", "import", exported).assert_clear(0)
    assert cited_paths(reader.ask(ROOF_QUESTION))[0] == "roof.txt"


def test_an_export_is_of_one_moment_while_another_process_writes(
    indexed: Path, work: Path, open_assistant: OpenAssistant
) -> None:
    """What is committed at that moment is in it, whole; it can be imported."""
    write_files(indexed, {f"{n}.txt": f"Note {n} on thing{n}. " * 30 for n in range(40)})
    counts = []
    for number, _ in enumerate(open_assistant(work / "index").index()):
        file = work / f"{number}.askdocs"
        run_cli("export", file).assert_clear(0)
        run_cli("--index", f"at-{number}", "import", file).assert_clear(0)
        run_cli("--index", f"at-{number}", "verify").assert_clear(0)
        counts.append(json.loads(run_cli("--index", f"at-{number}", "status", "--json").stdout)["documents"])
    assert counts == sorted(counts)
    assert counts[-1] == 43


def test_an_index_that_holds_documents_is_not_overwritten(exported: Path) -> None:
    """Importing into it is refused, and it stays as it was."""
    run_cli("import", exported).assert_clear(2, "holds documents", "--index")
    assert_nothing_lost()


def test_a_file_that_is_there_is_not_overwritten(exported: Path) -> None:
    """Exporting to it is refused, and it stays as it was."""
    before = exported.read_bytes()
    run_cli("export", exported).assert_clear(2, "is there already")
    assert exported.read_bytes() == before


@pytest.mark.usefixtures("indexed")
def test_exporting_deletes_nobodys_file(work: Path) -> None:
    """What is there beside the export, under a name that begins as its own does, stays; nothing else is left there."""
    (work / "out").mkdir()
    for name in ("notes.part", "notes-wal", "notes.txt"):
        (work / "out" / name).write_text("mine")
    run_cli("export", "out/notes").assert_clear(0)
    assert {path.name for path in (work / "out").iterdir()} == {"notes", "notes.part", "notes-wal", "notes.txt"}
    assert (work / "out" / "notes.part").read_text() == "mine"


@pytest.mark.usefixtures("indexed")
def test_an_export_needs_a_folder() -> None:
    """Below a file, or in a folder that isn't there, no file can be; the error names that, and nothing else."""
    for folder in ("notes/roof.txt", "nowhere"):
        run_cli("export", f"{folder}/moved").assert_clear(2, f"{folder} is no folder")


@pytest.mark.usefixtures("hashed_cli", "work")
def test_nothing_can_not_be_exported() -> None:
    """An empty index is nothing to move; no file is made."""
    run_cli("export", "moved.askdocs").assert_clear(3, "nothing is indexed")
    assert not Path("moved.askdocs").exists()


def test_an_export_holds_nothing_that_was_deleted(indexed: Path, exported: Path) -> None:
    """The text of a document that was taken out of the index is in no corner of the file."""
    assert b"lively starter" in exported.read_bytes()
    (indexed / "kitchen" / "bread.md").unlink()
    run_cli("index").assert_clear(0)
    run_cli("export", "second.askdocs").assert_clear(0)
    assert b"lively starter" not in Path("second.askdocs").read_bytes()


def test_a_source_that_is_not_here_has_to_be_named(exported: Path, work: Path) -> None:
    """The message spells out the option; nothing has been imported; the source may be left as it is."""
    (work / "notes").rename(work / "papers")
    old = str(work / "notes")
    run_cli("--index", "other", "import", exported).assert_clear(2, f"--source {old}=NEW")
    assert json.loads(run_cli("--index", "other", "status", "--json").stdout)["documents"] == 0
    run_cli("--index", "other", "import", exported, "--source", f"{old}=nowhere").assert_clear(2, "nowhere")
    run_cli("--index", "other", "import", exported, "--source", "elsewhere=papers").assert_clear(2, "OLD=NEW", old)
    run_cli("--index", "other", "import", exported, "--source", "papers").assert_clear(2, "OLD=NEW")
    run_cli("--index", "other", "import", exported, "--source", f"{old}={old}").assert_clear(0)
    assert json.loads(run_cli("--index", "other", "status", "--json").stdout)["sources"] == ["notes"]


@pytest.mark.usefixtures("hashed_cli")
def test_one_option_moves_all_sources_in_a_folder(work: Path) -> None:
    """OLD may hold several sources, and have a = in its name; the longest that fits counts."""
    for name in ("a=b/one", "a=b/two", "three"):
        write_files(work / "old" / name, {f"{name[-3:]}.txt": ROOF})
    run_cli("index", "old/a=b/one", "old/a=b/two", "old/three").assert_clear(0)
    run_cli("export", "moved.askdocs").assert_clear(0)
    (work / "old").rename(work / "new")
    (work / "new" / "three").rename(work / "drei")
    moves = [f"{work}/old={work}/new", f"{work}/old/three=drei"]
    ran = run_cli("--index", "i", "import", "moved.askdocs", *(part for move in moves for part in ("--source", move)))
    ran.assert_clear(0)
    assert ran.stdout.strip().endswith("of drei, new/a=b/one, new/a=b/two")


@pytest.mark.usefixtures("hashed_cli")
def test_two_sources_can_not_come_to_the_same_place(work: Path) -> None:
    """A folder is a source once."""
    for name in ("one", "two"):
        write_files(work / name, {f"{name}.txt": ROOF})
    run_cli("index", "one", "two").assert_clear(0)
    run_cli("export", "moved.askdocs").assert_clear(0)
    moves = ["--source", f"{work / 'one'}=notes", "--source", f"{work / 'two'}=notes"]
    write_files(work / "notes", NOTES)
    run_cli("--index", "other", "import", "moved.askdocs", *moves).assert_clear(2, "same place")


def test_what_is_no_export_is_refused(work: Path, exported: Path) -> None:
    """Another program's database, a damaged or cut file, a newer format and an empty file: named, and left alone."""
    data = exported.read_bytes()
    foreign = sqlite3.connect(work / "foreign")
    foreign.execute("CREATE TABLE addresses (name TEXT)")
    foreign.close()
    write_files(work, {"binary": BINARY, "cut": data[: len(data) // 2], "empty": b"", "newer": data})
    newer = sqlite3.connect(work / "newer")
    newer.execute("PRAGMA user_version = 99")
    newer.close()
    refused = {"foreign": 3, "binary": 3, "cut": 3, "newer": 3, "empty": 2, "none": 2, "notes": 2}
    for name, code in refused.items():
        before = (work / name).read_bytes() if (work / name).is_file() else b""
        run_cli("--index", "other", "import", name).assert_clear(code, name)
        assert before == ((work / name).read_bytes() if (work / name).is_file() else b"")
        assert json.loads(run_cli("--index", "other", "status", "--json").stdout)["documents"] == 0
    assert sorted(path.name for path in (work / "other").iterdir() if "import" in path.name) == []


def test_an_export_that_is_not_sound_is_refused(work: Path, exported: Path) -> None:
    """What `askdocs verify` would find is found before anything is imported."""
    with sqlite3.connect(exported) as connection:
        connection.execute("UPDATE chunks SET start = start + 1 WHERE id = 1")
    connection.close()
    run_cli("--index", "other", "import", exported).assert_clear(3, "not sound", "passage 1")
    assert json.loads(run_cli("--index", "other", "status", "--json").stdout)["documents"] == 0
    assert work.is_dir()


def test_an_index_that_is_not_sound_is_not_exported(indexed: Path, work: Path) -> None:
    """A copy that could not be imported is worse than none."""
    with sqlite3.connect(work / "index" / "catalog.sqlite") as connection:
        connection.execute("UPDATE chunks SET start = start + 1 WHERE id = 1")
    connection.close()
    run_cli("export", "moved.askdocs").assert_clear(3, "not sound", "askdocs verify --repair")
    assert [path.name for path in work.iterdir() if "moved" in path.name] == []
    run_cli("verify", "--repair").assert_clear(0)
    run_cli("index").assert_clear(0)
    run_cli("export", "moved.askdocs").assert_clear(0)
    assert indexed.is_dir()


def test_a_copy_of_the_catalogue_itself_can_be_imported(indexed: Path, work: Path) -> None:
    """Of an index whose other files are lost, or of a backup of it."""
    run_cli("--index", "other", "import", work / "index" / "catalog.sqlite").assert_clear(0)
    run_cli("--index", "other", "verify").assert_clear(0)
    assert_nothing_lost()
    assert indexed.is_dir()


def test_changes_since_the_export_are_found_by_the_next_indexing(
    indexed: Path, exported: Path, work: Path, hashed_cli: HashedEncoder
) -> None:
    """The imported index is brought level for what it costs to embed what is new."""
    write_files(indexed, {"new.txt": WHALES.replace("whales", "zebras")})
    run_cli("--index", "other", "import", exported).assert_clear(0)
    hashed_cli.encoded = 0
    ran = run_cli("--index", "other", "index")
    assert re.match(r"1 added, 0 updated, .* 3 unchanged, 0 failed; 1 passage embedded", ran.stdout)
    assert hashed_cli.encoded == 1
    assert work.is_dir()


def test_importing_is_all_or_nothing(exported: Path, work: Path, open_assistant: OpenAssistant) -> None:
    """Until the events are taken to their end the index stays empty, and closing them leaves nothing behind."""
    assistant = open_assistant(work / "other")
    events = iter(assistant.import_from(exported))
    next(events)
    assert assistant.status().counts.documents == 0
    del events
    assert [path.name for path in (work / "other").iterdir() if "import" in path.name] == []
    run_cli("--index", "other", "import", exported).assert_clear(0)
    catalog = Catalog(work / "other" / "catalog.sqlite")
    assert catalog.counts().documents == 3
    catalog.close()
    index_all(assistant)
