"""File names are data: whatever is in them, files are indexed, cited and listed, and terminals are left in peace."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.support import ROOF, ROOF_QUESTION, run_cli, run_process, write_files

NAMES = [
    "new\nline.txt",
    "tab\tand\rreturn.txt",
    "quote's.txt",
    'double"quote.txt',
    "back\\slash.txt",
    "-k.txt",
    "--help.txt",
    "[bold]markup.txt",
    "*glob?.txt",
    "$(date) `date` ; rm -rf ~.txt",
    "%s %d.txt",
    "'; DROP TABLE documents; --.txt",
    "\x1b[2J\x1b]0;title\x07escape.txt",
    "\u202eright-to-left.txt",
    "\x7f\x80\x9b31m.txt",
    "  blanks  .txt",
    "~.txt",
    "😀 émoji.txt",
    "e\u0301 combining.txt",
    "not-unicode-\udcff\udcfe.txt",
    "x" * 251 + ".txt",
]


@pytest.fixture(params=NAMES, ids=[ascii(name)[1:-1][:24] for name in NAMES])
def name(request: pytest.FixtureRequest) -> str:
    """An evil name of a file."""
    return str(request.param)


def assert_harmless(text: str) -> None:
    """Nothing in `text` is obeyed by a terminal."""
    assert all(character.isprintable() or character in "\n\t" for character in text), ascii(text)


@pytest.mark.usefixtures("hashed_cli")
def test_a_file_of_any_name_is_indexed_cited_searched_listed_and_forgotten(work: Path, name: str) -> None:
    """Every command works on it; JSON has its exact path and text shows nothing that a terminal obeys."""
    write_files(work / "notes", {"other.txt": "Something else entirely."})
    path = os.path.join("notes", name)
    with open(path, "w") as file:
        file.write(ROOF)
    dry = run_cli("index", "notes", "--dry-run")
    dry.assert_clear(0)
    assert len(dry.stdout.splitlines()) == 3
    indexed = run_cli("index", "notes")
    indexed.assert_clear(0)
    assert indexed.stdout.startswith("2 added")
    answer = json.loads(run_cli("ask", ROOF_QUESTION, "--json").stdout)
    assert answer["citations"][0]["document"]["path"] == path
    found = json.loads(run_cli("search", ROOF_QUESTION, "--json").stdout)
    assert found["results"][0]["document"]["path"] == path
    for ran in (dry, indexed, run_cli("ask", ROOF_QUESTION), run_cli("search", "roof"), run_cli("status")):
        ran.assert_clear(0)
        assert_harmless(ran.stdout)
        assert_harmless(ran.stderr)
    os.unlink(path)
    gone = run_cli("index")
    gone.assert_clear(0)
    assert "1 deleted" in gone.stdout


@pytest.mark.usefixtures("work", "hashed_cli")
def test_a_bad_file_of_any_name_is_listed_harmlessly(name: str) -> None:
    """A failure names the file without obeying its name."""
    path = os.path.join("notes", name)
    os.mkdir("notes")
    with open(path, "wb") as file:
        file.write(bytes(range(256)) * 10)
    ran = run_cli("index", "notes")
    ran.assert_clear(4)
    assert len(ran.stderr.splitlines()) == 1
    for text in (ran.stderr, run_cli("status").stdout):
        assert_harmless(text)
    listed = json.loads(run_cli("status", "--json").stdout)["failures"]
    assert [failure["path"] for failure in listed] == [path]


@pytest.mark.usefixtures("hashed_cli")
def test_a_source_of_any_name_can_be_added_and_forgotten(work: Path, name: str) -> None:
    """A folder and a file are sources under any name; forgetting one says so harmlessly and keeps the files."""
    folder = ("folder " + name)[:255]
    write_files(work / folder, {"roof.txt": ROOF})
    with open(name, "w") as file:
        file.write(ROOF * 2)
    for source in (folder, os.path.join(".", name)):
        added = run_cli("index", "--", source)
        added.assert_clear(0)
        assert added.stdout.startswith("1 added")
        forgotten = run_cli("forget", "--", source)
        forgotten.assert_clear(0)
        assert_harmless(forgotten.stderr)
        assert json.loads(run_cli("status", "--json").stdout)["documents"] == 0
    assert os.path.exists(name)


@pytest.mark.usefixtures("hashed_cli")
def test_a_source_of_any_name_may_vanish(work: Path, name: str) -> None:
    """A source that is no longer there is a failure with advice, whatever it was called."""
    folder = ("folder " + name)[:255]
    write_files(work / folder, {"roof.txt": ROOF})
    run_cli("index", folder).assert_clear(0)
    os.rename(folder, "elsewhere")
    ran = run_cli("index")
    ran.assert_clear(4, "askdocs forget")
    assert_harmless(ran.stderr)
    assert_harmless(run_cli("status").stdout)


@pytest.mark.usefixtures("work", "hashed_cli")
def test_a_path_of_any_name_that_is_missing_is_named_harmlessly(name: str) -> None:
    """Errors show what was typed without obeying it."""
    for ran in (run_cli("index", "--", name), run_cli("forget", "--", name)):
        ran.assert_clear(2)
        assert_harmless(ran.stderr)


@pytest.mark.parametrize(
    "name", ["-x", "~", "new\nline", "quote'\"s", "\x1b[2J", "émoji 😀", "not-unicode-\udcff"], ids=ascii
)
@pytest.mark.usefixtures("hashed_cli")
def test_an_index_of_any_name_works(work: Path, name: str) -> None:
    """The folder of the index may be called anything; what can't be used is refused in one line."""
    notes = write_files(work / "notes", {"roof.txt": ROOF})
    index = os.path.join(".", name)
    for ran in (run_cli("--index", index, "index", notes), run_cli("--index", index, "ask", ROOF_QUESTION)):
        ran.assert_clear(3 if name.startswith("not-unicode") else 0)
    os.makedirs(index, exist_ok=True)
    with open(os.path.join(index, "catalog.sqlite"), "wb") as file:
        file.write(bytes(range(256)) * 10)
    ran = run_cli("--index", index, "status")
    ran.assert_clear(3)
    assert_harmless(ran.stderr)


@pytest.mark.usefixtures("hashed_cli")
def test_document_text_is_shown_and_never_obeyed(work: Path) -> None:
    """Escapes, directions and markup in a document come out as text, in quotes and titles."""
    evil = "\x1b]0;owned\x07[red]Title[/red]\u202e\n\n" + ROOF.strip() + " \x1b[2J\x9b31m [link=http://x]click[/link]\n"
    write_files(work / "notes", {"evil.txt": evil + "Plain words follow here. " * 40})
    run_cli("index", "notes").assert_clear(0)
    for ran in (run_cli("ask", ROOF_QUESTION), run_cli("search", "roof repaired")):
        ran.assert_clear(0)
        assert_harmless(ran.stdout)
        assert "[red]Title[/red]" in ran.stdout
    answer = json.loads(run_cli("ask", ROOF_QUESTION, "--json").stdout)
    assert any(ROOF.strip() in citation["quote"] for citation in answer["citations"])


def test_bytes_that_are_no_text_are_allowed_on_a_real_command_line(work: Path) -> None:
    """A path that is not valid UTF-8 reaches a process of its own and comes back in its message."""
    ran = run_process("index", b"missing-\xff", cwd=work)
    ran.assert_clear(2, "missing-")
