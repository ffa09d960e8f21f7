"""What people do with askdocs, each once from end to end: the real program, with the real encoder, in tmux."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.slow.tmux import askdocs
from tests.support import SEEDS, run_process, write_files

pytestmark = pytest.mark.slow

LIBRARY = {
    "library/roof.md": "# The old library\n\n## The roof\n\nThe roof of the old library was repaired in 1987 by a firm "
    "from Leeds.\nIt cost nine thousand pounds.\n\n## The cellar\n\nThe cellar is flooded every spring.\n",
    "whales.txt": "Blue whales eat krill, up to four tons a day in summer.\n",
}
ROOF = "When was the roof of the library repaired?"


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


@pytest.mark.usefixtures("notes")
def test_asking_following_up_and_reading(work: Path) -> None:
    """A question is found, a follow-up leans on it, its passage opens in the document, and Esc leads out again."""
    with askdocs(work) as terminal:
        terminal.see("2 documents")
        terminal.type(ROOF)
        terminal.press("Enter")
        terminal.see("Found", "1987", "notes/library/roof.md")
        terminal.type("How much did it cost?")
        terminal.press("Enter")
        terminal.see("Asked as:", "It cost nine thousand")
        terminal.press("Tab", "Enter")
        terminal.see("The old library", "passage 1 of", "The cellar")
        terminal.press("F1")
        terminal.press("Escape", "Escape")
        terminal.see("How much did it cost?", "Found")


def test_indexing_with_failures(work: Path, notes: Path) -> None:
    """A file that can't be read is counted and named with its reason, and read once it is mended."""
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
    """What was asked is there at the next start, its citations as they stand then, and can be written to a file."""
    with askdocs(work) as terminal:
        terminal.see("2 documents")
        terminal.type(ROOF)
        terminal.press("Enter")
        terminal.see("Found", "1987")
    write_files(work / "notes", {"library/roof.md": f"A line before.\n\n{LIBRARY['library/roof.md']}"})
    with askdocs(work) as terminal:
        terminal.see("2 documents")
        terminal.press("F3")
        terminal.see(ROOF)
        terminal.press("Enter")
        terminal.see(ROOF, "1987", "lines")
        terminal.press("C-e")
        terminal.see(".md")
        terminal.press("Enter")
        terminal.see("Exported to")
    (exported,) = work.glob("when-was-the-roof*.md")
    text = exported.read_text()
    assert "1987" in text
    assert "[^1]: " in text
    assert "notes/library/roof" in text.replace("\\", "")
