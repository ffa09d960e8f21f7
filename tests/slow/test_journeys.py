"""What people do with askdocs, each once from end to end: the real program, with the real encoder, in tmux."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.slow.tmux import askdocs, wait
from tests.support import SEEDS, run_process, write_files
from tests.test_read_only import mounted_read_only

pytestmark = pytest.mark.slow

LIBRARY = {
    "library/roof.md": "# The old library\n\n## The roof\n\nThe roof of the old library was repaired in 1987 by a firm "
    "from Leeds.\nIt cost nine thousand pounds.\n\n## The cellar\n\nThe cellar is flooded every spring.\n",
    "whales.txt": "Blue whales eat krill, up to four tons a day in summer.\n",
}
ROOF = "When was the roof of the library repaired?"
COLOURS = ("amber", "azure", "copper", "crimson", "emerald", "indigo", "ivory", "scarlet", "silver", "violet")
ARCHIVE = {
    f"archive/{number:04}.txt": f"Letter {number}. The boat number {number} lies in dock {number % 37}; it is painted "
    f"{COLOURS[number % 10]}, with {COLOURS[number // 10 % 10]} sails, and was built by the yard of {number + 1700}.\n"
    for number in range(3_000)
} | {"archive/ferry.txt": "The ferry to Heron Island leaves at seven in the morning, and carries no cars.\n"}
"""Enough that it is still being indexed when a question is answered."""
FERRY = "When does the ferry to Heron Island leave?"


@pytest.fixture
def notes(work: Path) -> Path:
    """Two notes, indexed."""
    write_files(work / "notes", LIBRARY)
    assert run_process("index", "notes", cwd=work).exit_code == 0
    return work / "notes"


def test_first_start(work: Path) -> None:
    """With seeds beside it a first start indexes them by itself, takes the question meanwhile, and answers it."""
    shutil.copytree(SEEDS, work / "seeds")
    with askdocs(work) as terminal:
        terminal.see("documents a question")
        terminal.type("How many countries did China call out?")
        terminal.press("Enter")
        terminal.see("Found", "43 countries", "seeds/", "1 document")


def test_first_start_with_nothing_there(work: Path) -> None:
    """A person is asked for a folder, completes its name, sees it indexed, and is offered questions that it answers."""
    write_files(work / "notes", LIBRARY)
    with askdocs(work) as terminal:
        terminal.see("Nothing is indexed yet", "Choose a folder")
        terminal.type("no")
        terminal.see("notes/")
        terminal.press("Tab", "Enter")
        terminal.see("2 documents", "They come from notes", "To begin with, one of these")
        terminal.press("Tab", "Enter", "Enter")
        terminal.see("Found", "notes/library/roof.md")


def test_asking_following_up_reading_and_opening(work: Path, notes: Path) -> None:
    """A question is found, a follow-up leans on it, its passage opens in the document and in an editor at its line."""
    write_files(work, {"askdocs.toml": f'editor = "sh {work}/open.sh {{line}} {{path}}"\n'})
    write_files(work, {"open.sh": f'echo "$@" > {work}/opened.part; mv {work}/opened.part {work}/opened\n'})
    with askdocs(work) as terminal:
        terminal.see("2 documents")
        terminal.type(ROOF)
        terminal.press("Enter")
        terminal.see("Found", "1987", "notes/library/roof.md")
        terminal.type("How much did it cost?")
        terminal.press("Enter")
        terminal.see("Asked as:", "It cost nine thousand")
        terminal.press("Tab")
        terminal.see("Open outside")
        terminal.press("Enter")
        terminal.see("The old library", "passage 1 of", "The cellar")
        terminal.press("F1")
        terminal.see("the headings of the document")
        terminal.press("Escape")
        terminal.see("passage 1 of")
        terminal.press("Escape")
        terminal.see("How much did it cost?", "Found", "Open outside")
        terminal.press("o")
        terminal.see("Opened with sh")
        wait((work / "opened").exists, lambda: "the editor")
    assert (work / "opened").read_text() == f"1 {notes}/library/roof.md\n"


@pytest.mark.usefixtures("notes")
def test_adding_a_folder_while_asking(work: Path) -> None:
    """While a folder is read that was added in the library, questions are answered; then it answers them too."""
    write_files(work, ARCHIVE)
    with askdocs(work) as terminal:
        terminal.see("2 documents")
        terminal.type(ROOF)
        terminal.press("Enter")
        terminal.see("Found", "1987")
        terminal.press("F2")
        terminal.see("Library  1 source")
        terminal.press("a")
        terminal.type("arch")
        terminal.see("archive/")
        terminal.press("Tab", "Enter")
        terminal.see("Library  2 sources", "of 3,001 files")
        terminal.press("Escape")
        terminal.see("Ask your documents")
        terminal.type("What do blue whales eat?")
        terminal.press("Enter")
        terminal.see("What do blue whales eat?", "krill", "notes/whales.txt", "of 3,001 files")
        terminal.see("3,003 documents", without="of 3,001 files")
        terminal.type(FERRY)
        terminal.press("Enter")
        terminal.see(FERRY, "Found", "seven in the morning", "archive/ferry.txt")


def test_reindexing_with_failures(work: Path, notes: Path) -> None:
    """A run counts a file that can't be read, the library names it with its reason, and a retry once it is mended."""
    write_files(work, {"askdocs.toml": "watch = false\n"})
    with askdocs(work) as terminal:
        terminal.see("2 documents", "up to date")
        (notes / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
        write_files(notes, {"gate.md": "The gate is painted green every second spring.\n"})
        terminal.press("F5")
        terminal.see("1 added", "1 failed", "F2 lists the failures", "3 documents")
        terminal.press("F2")
        terminal.see("broken.pdf", "1 failed")
        terminal.press("f")
        terminal.see("1 file with “failed”", "broken.pdf", without="gate.md")
        (notes / "broken.pdf").write_text("The key to the cellar hangs behind the stove.\n")
        terminal.press("t")
        terminal.see("0 files with “failed”")
        terminal.press("Escape")
        terminal.see("4 documents", without="failed")
        terminal.press("Escape")
        terminal.see("Ask your documents")
        terminal.type("Where is the key to the cellar?")
        terminal.press("Enter")
        terminal.see("Found", "behind the stove")


def test_what_changes_is_indexed_by_itself(work: Path, notes: Path) -> None:
    """A file that can't be read is counted and named with its reason as soon as it is there, and read once mended."""
    with askdocs(work) as terminal:
        terminal.see("2 documents")
        (notes / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
        terminal.see("1 failed")
        terminal.press("F2")
        terminal.see("broken.pdf", "PDF")
        terminal.press("Escape")
        (notes / "broken.pdf").write_text("The gate is painted green every second spring.")
        terminal.see("3 documents", without="1 failed")


@pytest.mark.usefixtures("notes")
def test_a_conversation_is_kept_restored_and_exported(work: Path) -> None:
    """What was asked is there at the next start, its citations as they stand then, and is exported.

    It goes on within its scope.
    """
    with askdocs(work) as terminal:
        terminal.see("2 documents")
        terminal.press("F7")
        terminal.see("Which documents to ask", "notes/library/")
        terminal.type("roof")
        terminal.press("Enter")
        terminal.see("1 document will be asked")
        terminal.press("F7")
        terminal.see("asked of", "notes/library/roof.md ×")
        terminal.type(ROOF)
        terminal.press("Enter")
        terminal.see("Found", "1987", "lines 1-6")
    write_files(work / "notes", {"library/roof.md": f"A line before.\n\n{LIBRARY['library/roof.md']}"})
    with askdocs(work) as terminal:
        terminal.see("2 documents")
        terminal.press("F3")
        terminal.see(ROOF)
        terminal.press("Enter")
        terminal.see(ROOF, "1987", "lines 3-8", "notes/library/roof.md ×")
        terminal.type("What do blue whales eat?")
        terminal.press("Enter")
        terminal.see("Not in the chosen documents", "Asked of: notes/library/roof.md")
        terminal.press("C-e")
        terminal.see(".md")
        terminal.press("Enter")
        terminal.see("Exported to")
    (exported,) = work.glob("when-was-the-roof*.md")
    text = exported.read_text()
    assert "1987" in text
    assert "[^1]: " in text
    assert os.path.join("notes", "library", "roof") in text.replace("\\", "")


@pytest.mark.usefixtures("notes")
def test_a_read_only_home(work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where neither the home nor the index can be written, it answers; what isn't kept is told, and exported."""
    monkeypatch.setenv("HOME", str(work))
    monkeypatch.delenv("ASKDOCS_CACHE")
    with mounted_read_only(work), askdocs(work) as terminal:
        terminal.see("2 documents")
        terminal.type(ROOF)
        terminal.press("Enter")
        terminal.see(
            "Found", "1987", "This conversation isn't kept; Ctrl+E exports it.", "sessions.sqlite can't be written"
        )
        terminal.press("C-e")
        terminal.see("when-was-the-roof")
        terminal.press("Enter")
        terminal.see("can't be written: Read-only file system")
        terminal.press("C-u")
        terminal.type(f"{tmp_path}/roof.md")
        terminal.press("Enter")
        terminal.see("Exported to")
    assert "1987" in (tmp_path / "roof.md").read_text()
