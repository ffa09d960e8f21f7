"""Catalogues of every earlier version become today's, and those of a later one are left alone."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from askdocs import Assistant
from askdocs.catalog import schema
from askdocs.config import Settings
from tests.fakes import HashedEncoder
from tests.older import TABLES, make
from tests.support import (
    NOTES,
    ROOF_QUESTION,
    assert_nothing_lost,
    run_cli,
    write_files,
)


@pytest.mark.parametrize("version", TABLES)
@pytest.mark.parametrize("command", [("verify",), ("ask", ROOF_QUESTION), ("index",), ("status",), ("search", "roof")])
@pytest.mark.usefixtures("hashed_cli")
def test_an_older_catalogue_is_brought_up_to_date_by_whatever_comes_first(
    notes: Path, work: Path, version: int, command: tuple[str, ...]
) -> None:
    """It verifies, answers, and has nothing to embed, as if today's had made it."""
    make(version, work / "index", notes)
    run_cli(*command).assert_clear(0)
    run_cli("verify").assert_clear(0)
    assert_nothing_lost()
    assert run_cli("index").stdout.strip().endswith("3 unchanged, 0 failed; 0 passages embedded")
    report = json.loads(run_cli("verify", "--json").stdout)
    assert (report["sound"], report["pending"]) == (True, [])
    answer = json.loads(run_cli("ask", "lively starter", "--json").stdout)
    assert answer["citations"][0]["locator"] == {
        "kind": "lines",
        "headings": ["Baking"],
        "start_line": 1,
        "end_line": 3,
    }


@pytest.mark.parametrize("version", TABLES)
@pytest.mark.usefixtures("hashed_cli")
def test_documents_of_an_older_catalogue_are_told_their_language(work: Path, version: int) -> None:
    """By their texts, as today's indexing does: filters go by it, and words are stemmed in it."""
    german = "Das Dach der Büchereien wurde 1987 erneuert und ist seitdem nicht mehr undicht, was auch zu hoffen war.\n"
    make(version, work / "index", write_files(work / "notes", {"dach.txt": german, "data.txt": "x = 1\n"}))
    (result,) = json.loads(run_cli("search", "language:de Bücherei", "--json").stdout)["results"]
    assert result["document"]["language"] == "de"
    with Assistant.open(settings=Settings(), encoder=HashedEncoder()) as assistant:
        (citation,) = assistant.ask("Bücherei language:de").citations
        assert any(word.places for word in assistant.explain("Bücherei language:de", citation).words)
    run_cli("verify").assert_clear(0)


def test_every_version_up_to_the_last_has_its_tables_kept_here() -> None:
    """Whoever changes the schema keeps what it was, so that its migration is tested."""
    assert [*TABLES] == [*range(1, schema.VERSION)]
    assert [*schema._MIGRATIONS] == [*TABLES]


@pytest.mark.parametrize("version", TABLES)
@pytest.mark.usefixtures("hashed_cli")
def test_a_migrated_catalogue_has_the_tables_of_a_new_one(notes: Path, work: Path, version: int) -> None:
    """Tables, columns and SQL indexes are the same, but for the order of columns."""
    make(version, work / "index", notes)
    run_cli("status").assert_clear(0)
    run_cli("--index", "new", "status").assert_clear(0)
    assert tables(work / "index") == tables(work / "new")


def tables(index: Path) -> dict[str, list[str]]:
    connection = sqlite3.connect(index / "catalog.sqlite")
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")]
    found = {
        name: sorted(column for _, column, *_ in connection.execute(f"PRAGMA table_info({name})")) for name in names
    }
    connection.close()
    return found


@pytest.mark.parametrize("version", TABLES)
@pytest.mark.usefixtures("hashed_cli")
def test_an_older_export_can_be_imported(notes: Path, work: Path, version: int) -> None:
    """The file stays as it is; the imported index is today's."""
    make(version, work / "index", notes)
    shutil.move(work / "index" / "catalog.sqlite", work / "old.askdocs")
    before = (work / "old.askdocs").read_bytes()
    shutil.rmtree(work / "index")
    run_cli("import", "old.askdocs").assert_clear(0)
    assert (work / "old.askdocs").read_bytes() == before
    run_cli("verify").assert_clear(0)
    assert_nothing_lost()


@pytest.mark.parametrize("command", [("verify", "--repair"), ("ask", "roof"), ("index",), ("export", "moved")])
@pytest.mark.usefixtures("hashed_cli")
def test_a_newer_catalogue_is_refused_and_stays_byte_for_byte_as_it_was(work: Path, command: tuple[str, ...]) -> None:
    """The message says to upgrade; no file of the index is written or deleted."""
    write_files(work / "notes", NOTES)
    run_cli("index", "notes").assert_clear(0)
    connection = sqlite3.connect(work / "index" / "catalog.sqlite")
    connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    connection.execute("ALTER TABLE catalog ADD COLUMN invention TEXT")
    connection.close()
    before = {path: path.read_bytes() for path in (work / "index").rglob("*") if path.is_file()}
    run_cli(*command).assert_clear(3, "newer askdocs", "upgrade")
    assert {path: path.read_bytes() for path in (work / "index").rglob("*") if path.is_file()} == before
