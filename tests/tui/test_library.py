"""The library: what is there to be seen, and what is done about it, over a real assistant."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock
from textual import events

from askdocs.assistant import Assistant
from askdocs.indexing.library import LibraryFile, LibrarySource, State
from askdocs.tui.forest import grow, rows
from askdocs.tui.screens.confirm import ConfirmScreen
from askdocs.tui.screens.document import DocumentScreen
from askdocs.tui.screens.library import LibraryScreen
from askdocs.tui.screens.main import MainScreen
from askdocs.tui.widgets.library import LibraryTree
from askdocs.tui.widgets.path_input import PathInput
from askdocs.types import SourceRules
from tests.conftest import OpenAssistant
from tests.fakes import HashedEncoder
from tests.support import BINARY, NOTES, ROOF_QUESTION, edit, index_all, write_files
from tests.tui.driving import Driver, running_on
from tests.tui.test_hostile import BIDI, ESCAPES, MARKUP, assert_harmless

if TYPE_CHECKING:
    from askdocs.types import Embeddings

SIZES = pytest.mark.parametrize("size", [(80, 24), (160, 48)], ids=["80x24", "160x48"])
MORE = {f"{number}.txt": f"Note number {number} tells of the cellar {number}.\n" for number in range(40)}


class SlowEncoder(HashedEncoder):
    """Takes a moment for every few passages, so that something can happen meanwhile; asking waits for `asking`."""

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__()
        self.seconds = seconds
        self.asking = threading.Event()
        self.asking.set()

    def encode(self, texts: Sequence[str]) -> Embeddings:
        time.sleep(self.seconds)
        return super().encode(texts)

    def encode_questions(self, texts: Sequence[str]) -> Embeddings:
        self.asking.wait(10)
        return super().encode_questions(texts)


async def open_library(driver: Driver) -> LibraryTree:
    await driver.settle()
    await driver.press("f2")
    assert isinstance(driver.app.screen, LibraryScreen)
    await driver.see("Library", "source")
    return driver.app.screen.query_one(LibraryTree)


async def go_to(driver: Driver, name: str) -> None:
    tree = driver.app.screen.query_one(LibraryTree)
    await driver.press("home")
    for _ in range(50):
        if tree.node and tree.node.name == name:
            return
        await driver.press("down")
    raise AssertionError(driver.text())


async def add(driver: Driver, path: str | Path) -> None:
    await driver.press("a")
    assert isinstance(driver.app.focused, PathInput)
    await driver.type(str(path))
    await driver.press("enter")


@SIZES
async def test_everything_is_there(assistant: Assistant, notes: Path, size: tuple[int, int]) -> None:
    """Sources, folders and files with their state in a sign and words; more about the one under the cursor."""
    write_files(notes, {"bad.txt": BINARY})
    index_all(assistant, notes)
    write_files(notes, {"new.md": "New.\n"})
    edit(notes / "whales.txt", "No whales.\n")
    async with running_on(assistant, size) as driver:
        await open_library(driver)
        await driver.see("1 source · 3 documents · 3 passages · ✗ 1 failed · not watching", "▾ notes  3 documents")
        await driver.see("✗ bad.txt  failed: ", "+ new.md  new", "≠ whales.txt  changed", "✓ roof.txt", "▸ kitchen")
        assert "bread.md" not in driver.text()
        await go_to(driver, "kitchen")
        await driver.press("right", "down")
        await driver.see("✓ bread.md  Baking", "notes/kitchen/bread.md", "✓ indexed · 73 bytes · 1 passage")
        await driver.press("left", "left")
        await driver.until(lambda: "bread.md" not in driver.text())
        await driver.press("escape")
        assert isinstance(driver.app.screen, MainScreen)


async def test_it_can_be_filtered(assistant: Assistant, notes: Path) -> None:
    """By words of names, titles and states, wherever folders are folded; Esc shows all again."""
    index_all(assistant, notes)
    write_files(notes, {"kitchen/new.md": "New.\n"})
    async with running_on(assistant) as driver:
        await open_library(driver)
        await driver.see("+ new.md" if "▾ kitchen" in driver.text() else "▸ kitchen")
        await driver.press("slash")
        await driver.type("BAKing")
        await driver.see("1 file with “BAKing”: Esc shows all", "✓ bread.md  Baking")
        assert "roof.txt" not in driver.text()
        await driver.press("enter")
        await driver.see("notes/kitchen/bread.md")
        await driver.press("slash", *["backspace"] * 6)
        await driver.type("new kit")
        await driver.see("1 file with", "+ new.md  new")
        await driver.press("escape")
        await driver.see("3 documents", "roof.txt")
        assert isinstance(driver.app.screen, LibraryScreen)


@SIZES
async def test_a_document_is_read(assistant: Assistant, notes: Path, size: tuple[int, int]) -> None:
    """Enter opens it at its beginning, and Esc comes back to the same place."""
    index_all(assistant, notes)
    async with running_on(assistant, size) as driver:
        tree = await open_library(driver)
        await go_to(driver, "roof.txt")
        await driver.press("enter")
        assert isinstance(driver.app.screen, DocumentScreen)
        await driver.see("notes/roof.txt", "The roof of the old library")
        await driver.press("escape")
        assert isinstance(driver.app.screen, LibraryScreen)
        assert tree.node
        assert tree.node.name == "roof.txt"


async def test_a_document_that_has_gone_meanwhile(assistant: Assistant, notes: Path) -> None:
    """That is said instead of its text."""
    index_all(assistant, notes)
    async with running_on(assistant) as driver:
        await open_library(driver)
        await go_to(driver, "roof.txt")
        (notes / "roof.txt").unlink()
        index_all(assistant)
        await driver.press("enter")
        await driver.see("no longer in the index")


@SIZES
async def test_adding_a_folder_while_asking(work: Path, open_assistant: OpenAssistant, size: tuple[int, int]) -> None:
    """A question is being answered; a folder is added, and indexed; the answer comes, and so does the next."""
    write_files(work / "notes", NOTES)
    write_files(work / "more", MORE)
    encoder = SlowEncoder(0.05)
    assistant = open_assistant(encoder=encoder)
    index_all(assistant, work / "notes")
    async with running_on(assistant, size) as driver:
        await driver.settle()
        encoder.asking.clear()
        await driver.type(ROOF_QUESTION + "\n")
        await driver.see("Looking…")
        await driver.press("f2")
        await add(driver, "more")
        await driver.see("43 documents", "more  40 documents")
        await driver.press("escape")
        encoder.asking.set()
        await driver.settle()
        await driver.see("● Found", "notes/roof.txt")
        assert (await driver.ask("Note number 7 tells of the cellar 7")).has_class("-found")


async def test_what_can_not_be_added_is_told_where_it_was_typed(assistant: Assistant, notes: Path) -> None:
    """A path that isn't there, of a kind that isn't read, or inside a source; it can be put right and tried again."""
    index_all(assistant, notes)
    write_files(notes.parent, {"x.exe": "x", "more/a.txt": "A cellar.\n"})
    async with running_on(assistant) as driver:
        await open_library(driver)
        await add(driver, "nowhere")
        await driver.see("nowhere: No such file or directory")
        line = driver.app.screen.query_one(PathInput)
        for path, told in (("x.exe", "not a kind of file"), ("notes/kitchen", "is part of the source notes")):
            line.value = path
            await driver.press("enter")
            await driver.see(told)
        line.value = ""
        await driver.type("mo")
        await driver.see("more/")
        await driver.press("tab", "enter")
        await driver.see("2 sources", "▾ more  1 document")
        await driver.until(lambda: "No such file" not in driver.text())


async def test_the_palette_adds_and_pauses(assistant: Assistant, notes: Path) -> None:
    """What it offers besides the library itself does what its keys do."""
    async with running_on(assistant) as driver:
        await driver.see("Nothing is indexed yet")
        await driver.press("escape")
        commands = {command.title: command.callback for command in driver.app.get_system_commands(driver.main)}
        commands["Add a folder"]()
        await driver.until(lambda: isinstance(driver.app.focused, PathInput))
        await driver.type(str(notes))
        await driver.press("enter")
        await driver.see("3 documents")
        write_files(notes, {"bad.txt": BINARY})
        commands["Re-index"]()
        await driver.see("✗ 1 failed")
        edit(notes / "bad.txt", "Good.\n")
        commands["Retry failures"]()
        await driver.see("4 documents")
        await driver.until(lambda: not driver.strip.running)
        offered = {command.title for command in driver.app.get_system_commands(driver.main)}
        assert not offered & {"Pause", "Go on"}  # as nothing goes on


async def test_keys_in_one_burst(assistant: Assistant, notes: Path) -> None:
    """What follows a or / is typed and not done, Enter included; leaving twice leaves once."""
    write_files(notes.parent / "dry", {"a.txt": "A cellar.\n"})
    index_all(assistant, notes)
    async with running_on(assistant) as driver:
        await driver.settle()
        for _ in range(3):
            driver.app.post_message(events.Key("f2", None))
        await driver.pilot.pause()
        assert len(driver.app.screen_stack) < 3  # the key also leaves what it opens
        if isinstance(driver.app.screen, MainScreen):
            await driver.press("f2")
        await driver.see("1 source")
        await driver.type("adry\n")
        await driver.see("2 sources", "dry  1 document")
        await driver.type("/roof dry\x7f\x7f\x7f\x7f\n")
        await driver.see("1 file with “roof”", "roof.txt")
        assert len(assistant.sources()) == 2
        for _ in range(6):
            driver.app.post_message(events.Key("escape", None))
        await driver.until(lambda: isinstance(driver.app.screen, MainScreen))
        assert len(driver.app.screen_stack) == 1


async def test_what_is_stopped_as_it_begins_ends(assistant: Assistant, notes: Path) -> None:
    """Indexing and its stop or an errand in one burst come before the worker has begun: it still ends, and tells so."""
    write_files(notes.parent / "dry", {"a.txt": "A cellar.\n"})
    index_all(assistant, notes)
    async with running_on(assistant) as driver:
        await driver.settle()
        driver.strip.start()
        driver.strip.stop()
        await driver.until(lambda: not driver.strip.running, "its end")
        assert driver.strip.said == "Indexing was stopped. What was done stays."
        await open_library(driver)
        await driver.type("risadry\n")
        await driver.see("2 sources", "dry  1 document")
        await driver.until(lambda: not driver.strip.running, "the end of the last run")


async def test_reindexing_with_failures(assistant: Assistant, notes: Path) -> None:
    """What fails is counted while it goes on, listed with its reason, retried, and gone from the list once mended."""
    index_all(assistant, notes)
    write_files(notes, {"bad.txt": BINARY, "worse.pdf": b"%PDF-1.7 nothing", "good.txt": "Good.\n"})
    async with running_on(assistant) as driver:
        await driver.settle()
        failed: list[int] = []
        driver.strip.watch(driver.strip, "progress", lambda now: failed.append(now.failed))
        await driver.press("f5")
        await driver.see("Indexed: 1 added · 2 failed. F2 lists the failures.")
        assert max(failed) == 2
        await open_library(driver)
        await driver.see("✗ 2 failed", "✗ bad.txt  failed: ", "✗ worse.pdf  failed: ", "f Failed", "t Retry")
        await driver.press("t")
        await driver.see("Indexed: 2 failed.")
        edit(notes / "bad.txt", "Not bad.\n")
        (notes / "worse.pdf").unlink()
        await driver.press("r")
        await driver.see("5 documents", "✓ bad.txt")
        await driver.until(lambda: "failed" not in driver.text().replace("· 1 failed", ""), "no failures")


async def test_forgetting_asks_once(assistant: Assistant, notes: Path) -> None:
    """What is lost is said; any other key than y keeps it. Only sources can be forgotten."""
    write_files(notes.parent / "more", {"a.txt": "A cellar.\n"})
    index_all(assistant, notes, notes.parent / "more")
    async with running_on(assistant) as driver:
        await open_library(driver)
        await go_to(driver, "roof.txt")
        await driver.press("d")
        await driver.see("Only a whole source can be forgotten: roof.txt is part of notes.")
        await go_to(driver, "notes")
        await driver.press("d")
        assert isinstance(driver.app.screen, ConfirmScreen)
        await driver.see("Forget notes? 3 documents and 3 passages leave the index", "y Forget")
        await driver.press("enter", "n")
        assert isinstance(driver.app.screen, LibraryScreen)
        assert len(assistant.sources()) == 2
        await driver.press("d", "y")
        await driver.see("1 source · 1 document")
        assert [source.path for source in assistant.sources()] == ["more"]
        assert (notes / "roof.txt").exists()


async def test_forgetting_while_indexing(work: Path, open_assistant: OpenAssistant) -> None:
    """The run makes room for it and then goes on with what is left."""
    write_files(work / "notes", NOTES)
    write_files(work / "more", {f"{number}.txt": f"{name}\n" * 300 for number, name in enumerate(MORE)})
    assistant = open_assistant(encoder=SlowEncoder(0.4))
    index_all(assistant, work / "notes")
    assistant.add([work / "more"])
    async with running_on(assistant) as driver:
        await driver.settle()
        await driver.press("f5")
        await driver.until(lambda: driver.strip.progress.done)
        await driver.press("f2")
        await driver.see("notes  3 documents")
        await go_to(driver, "notes")
        assert driver.strip.running
        await driver.press("d", "y")
        await driver.until(lambda: [source.path for source in assistant.sources()] == ["more"], "forgetting")
        await driver.see("1 source · 40 documents")
        assert not driver.strip.shown


async def test_a_pause_holds_no_lock(work: Path, open_assistant: OpenAssistant) -> None:
    """Meanwhile another process may write, questions are answered, and nothing starts by itself; then it goes on."""
    write_files(work / "notes", NOTES)
    write_files(work / "more", {f"{number}.txt": f"{name}\n" * 300 for number, name in enumerate(MORE)})
    assistant, other = open_assistant(encoder=SlowEncoder(0.2)), open_assistant()
    index_all(assistant, work / "notes")
    assistant.add([work / "more"])
    async with running_on(assistant, watch=True) as driver:
        await driver.until(lambda: driver.strip.progress.done, "progress")
        await driver.press("f9")
        await driver.see("Paused", "F9 Go on", "Esc Stop", "paused: F9 goes on")
        write_files(work / "third", {"a.txt": "A third cellar.\n"})
        other.add([work / "third"])
        assert (await driver.ask(ROOF_QUESTION)).has_class("-found")
        assert not driver.strip.running
        before = assistant.status().counts.documents
        assert before < 43
        await driver.press("f9")
        await driver.see("44 documents", "watching")
        assert not driver.strip.shown


async def test_a_paused_run_can_be_stopped(work: Path, open_assistant: OpenAssistant) -> None:
    """Then it is over, until it is asked for again."""
    write_files(work / "more", {f"{number}.txt": f"{name}\n" * 300 for number, name in enumerate(MORE)})
    assistant = open_assistant(encoder=SlowEncoder(0.2))
    assistant.add([work / "more"])
    async with running_on(assistant) as driver:
        await driver.until(lambda: driver.strip.progress.done, "progress")
        await driver.press("f9")
        await driver.see("Paused")
        await driver.press("escape")
        await driver.see("Indexing was stopped.", "behind: F5")
        assert not driver.strip.shown
        await driver.press("f5")
        await driver.see("40 documents", "up to date")


async def test_a_busy_index_is_told_in_words(assistant: Assistant, notes: Path, work: Path) -> None:
    """Adding and forgetting while another process writes say so, and work when it has finished."""
    index_all(assistant, notes)
    write_files(work / "more", {"a.txt": "A cellar.\n"})
    async with running_on(assistant) as driver:
        await open_library(driver)
        with FileLock(work / "index" / "writer.lock"):
            await add(driver, "more")
            await driver.see("wait for it")
            await driver.press("escape", "home", "d", "y")
            await driver.see("wait for it")
            await driver.press("i")
            await driver.see("wait for it")
        await driver.press("d", "y")
        await driver.see("0 sources", "Nothing is indexed yet: a adds a folder or a file.")
        await add(driver, "more")
        await driver.see("1 source · 1 document")


async def test_one_source_is_indexed(assistant: Assistant, notes: Path, work: Path) -> None:
    """i looks at the source that the cursor is in, and at no other."""
    write_files(work / "more", {"a.txt": "A cellar.\n"})
    index_all(assistant, notes, work / "more")
    write_files(work, {"more/b.txt": "B.\n", "notes/c.txt": "C.\n"})
    async with running_on(assistant) as driver:
        await open_library(driver)
        await driver.see("+ b.txt", "+ c.txt")
        await go_to(driver, "roof.txt")
        await driver.press("i")
        await driver.see("✓ c.txt", "+ b.txt", "Indexed: 1 added.")


async def test_watching_is_switched(assistant: Assistant, notes: Path) -> None:
    """w does what F6 does, and the library follows the files."""
    index_all(assistant, notes)
    async with running_on(assistant) as driver:
        await open_library(driver)
        await driver.press("w")
        await driver.see("· watching")
        write_files(notes, {"new.md": "New.\n"})
        await driver.see("✓ new.md", "4 documents")
        await driver.press("w")
        await driver.see("not watching")


async def test_the_mouse_does_it_too(assistant: Assistant, notes: Path) -> None:
    """A click goes there, one on the marker folds, two open."""
    index_all(assistant, notes)
    async with running_on(assistant) as driver:
        tree = await open_library(driver)
        await driver.see("▸ kitchen")
        await driver.pilot.click(tree, offset=(4, 1))
        await driver.see("▾ kitchen", "bread.md")
        await driver.pilot.click(tree, offset=(20, 3))
        assert tree.node
        assert tree.node.name == "roof.txt"
        await driver.pilot.click(tree, offset=(20, 3), times=2)
        assert isinstance(driver.app.screen, DocumentScreen)


async def test_hostile_names_titles_and_paths(assistant: Assistant, work: Path) -> None:
    """Nothing in the name of a file or folder, in a title, or in what is typed is obeyed."""
    folder = work / "evil [red]\x1b[31m\u202e"
    names = [hostile.replace("/", "") for hostile in (MARKUP, ESCAPES, BIDI, "宽宽宽.", "e\u0301\u0301.")]
    write_files(folder, {f"{name}.md": f"# {BIDI}{MARKUP}\n\n{MARKUP}\n" for name in names})
    with open(os.path.join(os.fsencode(folder), b"caf\xe9.md"), "w") as file:
        file.write("A roof.\n")
    index_all(assistant, folder)
    async with running_on(assistant) as driver:
        await driver.settle()
        assert_harmless(driver)
        tree = await open_library(driver)
        await driver.see("6 documents", "caf�.md")
        for _ in range(7):
            assert_harmless(driver)
            assert {tree.render_line(y).cell_length for y in range(8)} == {tree.scrollable_content_region.width}
            await driver.press("down")
        await driver.press("enter")
        await driver.until(lambda: driver.document.settled)
        assert_harmless(driver)
        await driver.press("escape", "home", "d")
        assert_harmless(driver)
        await driver.press("n", "a")
        await driver.paste(ESCAPES)
        await driver.press("enter")
        await driver.see("file or directory")
        assert_harmless(driver)


def source_of(*paths: str) -> LibrarySource:
    """Documents, each by its file's path and, behind bars, the names that lead on."""
    files = [
        LibraryFile(file, State.INDEXED, number, tuple(inside), passages=1)
        for number, (file, *inside) in enumerate(path.split("|") for path in sorted(paths))
    ]
    return LibrarySource("/home/anna/notes", "notes", SourceRules(), True, tuple(files))


def shown(source: LibrarySource, *words: str) -> list[str]:
    return ["  " * node.depth + node.name for node in rows(grow([source], words), None)]


def test_documents_inside_files_stand_below_them() -> None:
    """An attachment below its message, a member below its archive; a name that only looks so is a name."""
    source = source_of("in/mail.eml", "in/mail.eml|report.pdf", "in/mail.eml|old.zip|a/b.txt", "in/x > y.md")
    assert shown(source) == [
        "notes", "  in", "    mail.eml", "      old.zip", "        a/b.txt", "      report.pdf", "    x > y.md",
    ]  # fmt: skip
    assert shown(source, "b.txt") == ["notes", "  in", "    mail.eml", "      old.zip", "        a/b.txt"]
    (root,) = grow([source])
    assert (root.documents, root.passages) == (4, 4)
    assert rows([root], None)[4].shown == "notes/in/mail.eml > old.zip > a/b.txt"


def test_a_source_that_is_a_file_holds_what_is_inside_it() -> None:
    """It is one row, with the others below."""
    assert shown(source_of("", "|report.pdf")) == ["notes", "  report.pdf"]
    assert rows(grow([source_of("|report.pdf")]), None)[1].shown == "notes > report.pdf"


def test_a_filter_without_a_match_leaves_nothing() -> None:
    """Not even the source."""
    assert shown(source_of("a.md"), "zebra") == []
