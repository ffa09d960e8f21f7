"""Whatever is wrong with an index: a clear message that says what to do, exit code 3, and nothing lost."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import OpenAssistant
from tests.fakes import HashedEncoder
from tests.support import (
    BINARY,
    NOTES,
    ROOF_QUESTION,
    WHALES,
    assert_nothing_lost,
    run_cli,
    run_process,
    unprivileged,
    write_files,
)


@pytest.mark.usefixtures("work")
def test_an_index_from_another_encoder_is_refused_with_what_to_run(
    indexed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asking, searching and indexing name both encoders and the command; the index stays as it is."""
    hashed = HashedEncoder()
    monkeypatch.setattr("askdocs.encoding.encoder.open_encoder", lambda *_, **__: HashedEncoder("other"))
    write_files(indexed, {"new.txt": "Fresh text."})
    for command in (("ask", "roof"), ("search", "roof"), ("index",)):
        run_cli(*command).assert_clear(3, "hashed", "other", "askdocs index --rebuild")
    monkeypatch.setattr("askdocs.encoding.encoder.open_encoder", lambda *_, **__: hashed)
    (indexed / "new.txt").unlink()
    assert_nothing_lost()
    run_cli("index").assert_clear(0)
    assert_nothing_lost()


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def emptied(path: Path) -> None:
    os.truncate(path, 0)


def garbled(path: Path) -> None:
    path.write_bytes(BINARY[: path.stat().st_size] or BINARY)


def with_a_garbled_head(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(bytes([0xEE]) * 24 + data[24:])


@pytest.mark.parametrize("harm", [Path.unlink, truncated, emptied, garbled, with_a_garbled_head])
@pytest.mark.usefixtures("indexed", "hashed_cli")
def test_a_damaged_vector_file_comes_back_without_the_model(work: Path, harm: Callable[[Path], None]) -> None:
    """vectors.faiss is derived: whatever happens to it, asking and indexing go on, and embed no passage anew."""
    harm(work / "index" / "vectors.faiss")
    assert json.loads(run_cli("search", "library roof", "--json").stdout)["results"]
    ran = run_cli("index")
    ran.assert_clear(0)
    assert "0 passages embedded" in ran.stdout
    assert_nothing_lost()


@pytest.mark.parametrize("harm", [Path.unlink, truncated, emptied, garbled])
@pytest.mark.usefixtures("indexed")
def test_a_damaged_word_index_comes_back_without_the_model(work: Path, harm: Callable[[Path], None]) -> None:
    """Every file of the word index may be lost or damaged: it comes back from the catalogue."""
    intact = work / "intact"
    shutil.copytree(work / "index" / "lexical", intact)
    for name in sorted(path.name for path in intact.iterdir() if path.suffix != ".lock"):
        shutil.rmtree(work / "index" / "lexical")
        shutil.copytree(intact, work / "index" / "lexical")
        harm(work / "index" / "lexical" / name)
        ran = run_cli("index")
        ran.assert_clear(0)
        assert "0 passages embedded" in ran.stdout
        assert_nothing_lost()
    shutil.rmtree(work / "index" / "lexical")
    assert_nothing_lost()


@pytest.mark.parametrize("harm", [garbled, with_a_garbled_head])
@pytest.mark.parametrize("command", [("ask", "roof"), ("search", "roof"), ("status",), ("index",), ("forget", "notes")])
@pytest.mark.usefixtures("indexed")
def test_a_catalogue_that_is_no_database_is_refused_and_left_alone(
    work: Path, harm: Callable[[Path], None], command: tuple[str, ...]
) -> None:
    """The message names the file and what to do; askdocs doesn't write over what it doesn't know."""
    catalog = work / "index" / "catalog.sqlite"
    harm(catalog)
    before = catalog.read_bytes()
    run_cli(*command).assert_clear(3, "catalog.sqlite", "askdocs index")
    assert catalog.read_bytes() == before


@pytest.mark.parametrize("command", [("ask", ROOF_QUESTION), ("status",), ("index",), ("search", "roof")])
@pytest.mark.usefixtures("indexed")
def test_a_catalogue_that_was_cut_short_is_refused(work: Path, command: tuple[str, ...]) -> None:
    """Half a database is damage, and is said to be."""
    truncated(work / "index" / "catalog.sqlite")
    run_cli(*command).assert_clear(3, "catalog.sqlite", "askdocs index")


@pytest.mark.parametrize("version", [0, 1])
@pytest.mark.usefixtures("hashed_cli")
def test_a_database_of_another_program_is_refused_and_left_alone(work: Path, version: int) -> None:
    """An SQLite file that askdocs didn't make is not taken for a catalogue, and gets no tables."""
    catalog = work / "index" / "catalog.sqlite"
    catalog.parent.mkdir()
    connection = sqlite3.connect(catalog)
    connection.execute("CREATE TABLE addresses (name TEXT)")
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    before = catalog.read_bytes()
    run_cli("status").assert_clear(3, "catalog.sqlite")
    assert catalog.read_bytes() == before


@pytest.mark.usefixtures("indexed")
def test_a_catalogue_of_a_newer_askdocs_is_refused(work: Path) -> None:
    """The message says to upgrade."""
    connection = sqlite3.connect(work / "index" / "catalog.sqlite")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    run_cli("status").assert_clear(3, "newer askdocs", "upgrade")


def test_a_catalogue_put_back_from_a_backup_works(indexed: Path, work: Path) -> None:
    """Derived indexes that are ahead of an older catalogue follow it back."""
    shutil.copy(work / "index" / "catalog.sqlite", work / "backup")
    (indexed / "roof.txt").rename(work / "roof.txt")
    write_files(indexed, {"new.txt": "Fresh text of zebras."})
    run_cli("index").assert_clear(0)
    (work / "roof.txt").rename(indexed / "roof.txt")
    (indexed / "new.txt").unlink()
    shutil.copy(work / "backup", work / "index" / "catalog.sqlite")
    assert_nothing_lost()
    run_cli("index").assert_clear(0)
    assert_nothing_lost()


@pytest.mark.usefixtures("hashed_cli")
def test_an_index_folder_that_is_a_file_is_refused(work: Path) -> None:
    """The message names the path."""
    write_files(work, {"index": "not a folder"})
    run_cli("status").assert_clear(3, "index")


@pytest.mark.usefixtures("hashed_cli")
def test_an_index_that_may_not_be_written_says_so(public_work: Path) -> None:
    """Indexing into a folder without permission is trouble with the index, told without a traceback."""
    write_files(public_work / "notes", NOTES)
    run_cli("index", "notes").assert_clear(0)
    for path in (public_work / "index").rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    (public_work / "index").chmod(0o555)
    with unprivileged(public_work):
        write_files(public_work / "notes", {"new.txt": WHALES})
        run_cli("index").assert_clear(3, "index")
        run_cli("--index", "notes/roof.txt/index", "status").assert_clear(3, "roof.txt")
    (public_work / "notes" / "new.txt").unlink()
    assert_nothing_lost()


def test_a_writer_that_is_at_work_is_named(indexed: Path, work: Path, open_assistant: OpenAssistant) -> None:
    """A second `askdocs index` ends at once with exit code 3 and says who is writing."""
    write_files(indexed, {"new.txt": "Fresh text."})
    events = open_assistant(work / "index").index()
    next(events)
    run_cli("index").assert_clear(3, f"process {os.getpid()}")
    list(events)
    run_cli("index").assert_clear(0)


@pytest.mark.usefixtures("indexed")
def test_forgetting_what_is_no_source_is_a_usage_error() -> None:
    """The message lists the sources that there are."""
    run_cli("forget", "elsewhere").assert_clear(2, "elsewhere", "notes")
    assert_nothing_lost()


def test_real_processes_end_without_a_traceback(work: Path) -> None:
    """The same holds of the installed command, of whose messages nothing reaches stdout."""
    write_files(work / "index", {"catalog.sqlite": BINARY})
    ran = run_process("status", cwd=work)
    ran.assert_clear(3, "catalog.sqlite", "askdocs index")
    assert ran.stdout == ""
    run_process("ask", cwd=work).assert_clear(2, "QUESTION")
    run_process(cwd=work).assert_clear(2, "terminal")
