"""What can be done with a cited document: find, jump, split, copy, open."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import pytest
from textual import events
from textual.command import CommandPalette

from askdocs.config import Settings
from askdocs.tui.app import AskdocsApp
from askdocs.tui.screens.main import MainScreen
from askdocs.tui.screens.reader import ReaderScreen
from askdocs.tui.widgets.citation import CitationView
from askdocs.tui.widgets.document import DocumentView
from askdocs.tui.widgets.finding import FindBar, FindInput
from askdocs.tui.widgets.outline import Outline
from askdocs.tui.widgets.reading import ReaderPane
from tests.conftest import OpenAssistant
from tests.support import index_all, write_files
from tests.tui.driving import ROOF, Driver, indexed_home, running
from tests.tui.fake import FakeAssistant
from tests.tui.test_hostile import BIDI, ESCAPES, MARKUP, assert_harmless

SIZES = pytest.mark.parametrize("size", [(80, 24), (160, 48)], ids=["80x24", "160x48"])
CHAPTERS = "\n\n".join(
    f"{'#' * (1 + number % 3)} Chapter {number}\n\n"
    + "\n\n".join(f"Roof {number}.{line} is dry." for line in range(20))
    for number in range(30)
).replace("Roof 3.4 is dry.", "Zebras eat grass.")


def book() -> FakeAssistant:
    fake = FakeAssistant(files={"book.md": CHAPTERS})
    fake.commit()
    return fake


async def read(driver: Driver, question: str) -> None:
    """Ask, and open the first passage."""
    await driver.ask(question)
    await driver.press("tab", "enter")
    await driver.until(lambda: driver.app.screen.query(ReaderPane), "the reader")
    await driver.until(lambda: driver.document.settled and driver.document.has_focus, "the text")


def count(driver: Driver) -> str:
    return str(driver.app.screen.query_one("#count").render())


def matches(driver: Driver, kind: str = "match") -> list[str]:
    """The texts on the screen that are lit as matches, or as the current one."""
    style = driver.document.rich_style + driver.document.get_component_rich_style(f"document--{kind}")
    return [
        segment.text
        for strip in driver.app.screen._compositor.render_strips()
        for segment in strip
        if segment.style and (segment.style.reverse, segment.style.color, segment.style.bgcolor)
        == (style.reverse, style.color, style.bgcolor)
    ]  # fmt: skip


# Finding


@SIZES
async def test_find_next_previous_end(size: tuple[int, int]) -> None:
    """/ asks what to find, Enter goes to the text, n and N from match to match; after Escape n is a citation again."""
    async with running(book(), size) as driver:
        await read(driver, "zebras grass")
        await driver.press("slash")
        await driver.type("chapter 1")
        await driver.see("Chapter 10", "of 11")
        number = int(count(driver).split()[0])
        assert matches(driver, "current-match") == ["Chapter 1"]
        await driver.press("enter")
        assert driver.document.has_focus
        await driver.press("n")
        assert count(driver) == f"{number % 11 + 1} of 11"
        await driver.press("N", "N")
        assert count(driver) == f"{(number - 2) % 11 + 1} of 11"
        assert matches(driver, "current-match") == ["Chapter 1"]
        await driver.press("escape")
        assert not driver.app.screen.query_one(FindBar).display
        assert not matches(driver)
        await driver.press("n")
        await driver.see("passage 2 of 5")
        await driver.press("escape")
        await driver.until(lambda: not driver.app.screen.query(ReaderPane))


async def test_finding_begins_where_one_is() -> None:
    """The first match is the next one below, and what isn't there is said to be not there."""
    async with running(book()) as driver:
        await read(driver, "zebras grass")
        await driver.press("end", "slash")
        await driver.type("roof")
        await driver.until(lambda: count(driver).endswith("of 599"))
        assert int(count(driver).split()[0]) > 579
        await driver.type(" of gold")
        await driver.until(lambda: count(driver) == "no match")
        assert not matches(driver)
        await driver.press("enter", "n")
        assert count(driver) == "no match"


async def test_find_in_five_megabytes() -> None:
    """Words at the end of a long document are found, and it can be scrolled and typed on meanwhile."""
    line = "The quick brown fox jumps over the lazy dog, and nothing else happens in this line.\n"
    text = f"The roof was repaired.\n\n{line * (5_000_000 // len(line))}\nZebras eat grass.\n"
    fake = FakeAssistant(files={"long.txt": text})
    fake.commit()
    async with running(fake, (160, 48)) as driver:
        await read(driver, "roof was repaired")
        await driver.press(*["pagedown"] * 20, "end", "home", "slash")
        await driver.type("zebras")
        await driver.see("Zebras eat grass.", "1 of 1")
        assert matches(driver, "current-match") == ["Zebras"]
        await driver.press(*["backspace"] * 6)
        await driver.type("fox")
        await driver.until(lambda: count(driver).startswith("1 of 59,"))
        await driver.press("enter", "N")
        assert count(driver).startswith("59,")
        assert matches(driver, "current-match") == ["fox"]


async def test_what_is_pasted_to_be_found_is_harmless() -> None:
    """Escapes, markup and line ends become visible text on one line, and find what is shown like them."""
    hostile = f"{MARKUP} {ESCAPES} {BIDI}"
    fake = FakeAssistant(files={"a.txt": f"# {hostile}\nThe roof was repaired. {hostile}\n"})
    fake.commit()
    async with running(fake, (140, 40)) as driver:
        await read(driver, "roof was repaired")
        await driver.press("slash")
        await driver.paste(f"{hostile}\nmore")
        assert_harmless(driver)
        await driver.paste("\n")
        await driver.press("ctrl+u")
        await driver.paste(hostile)
        await driver.until(lambda: count(driver) == "1 of 2")
        await driver.press("escape", "t")
        await driver.until(lambda: driver.app.screen.query_one(Outline).has_focus)
        assert_harmless(driver)


# The outline


@SIZES
async def test_outline_jumps(size: tuple[int, int]) -> None:
    """t lists the headings with the one that is read marked; Enter goes to one, Escape leaves all as it was."""
    async with running(book(), size) as driver:
        await read(driver, "zebras grass")
        await driver.press("t")
        await driver.see("▸ Chapter 3")
        await driver.press("down", "down", "enter")
        await driver.see("Roof 5.0 is dry.")
        assert "▸" not in driver.text()
        assert driver.document.has_focus
        await driver.press("t")
        await driver.see("▸     Chapter 5")
        await driver.press("end", "escape")
        assert driver.document.has_focus
        await driver.see("Roof 5.0 is dry.")
        await driver.press("t", "end", "enter")
        await driver.see("Roof 29.0 is dry.")


async def test_outline_with_the_mouse() -> None:
    """A click on a heading goes there."""
    async with running(book()) as driver:
        await read(driver, "Roof 0.4 is dry")
        await driver.press("t")
        await driver.see("▸ Chapter 0")
        await driver.pilot.click(Outline, offset=(8, 2))
        await driver.see("Roof 2.0 is dry.")


async def test_no_outline() -> None:
    """A document without headings says so."""
    fake = FakeAssistant(files={"a.txt": "The roof was repaired.\n"})
    fake.commit()
    async with running(fake) as driver:
        await read(driver, "roof was repaired")
        await driver.press("t")
        await driver.see("no headings")
        assert driver.document.has_focus


# Beside the conversation


def first_row(driver: Driver) -> str:
    """The number of the line at the top of the text."""
    view = driver.document
    layout = view._layout
    assert layout is not None
    return str(layout.line_at(layout.rows[view.scroll_offset.y]) + 1)


async def test_split_and_full_screen() -> None:
    """f puts the document beside the conversation, where it stays until it is closed, and f makes it alone again."""
    async with running(book(), (160, 48)) as driver:
        await read(driver, "zebras grass")
        await driver.press("pagedown", "pagedown")
        row = first_row(driver)
        await driver.press("f")
        await driver.until(lambda: isinstance(driver.app.screen, MainScreen))
        await driver.until(lambda: driver.app.screen.query(ReaderPane) and driver.document.has_focus)
        await driver.see("● Found", "passage 1 of 5")
        assert first_row(driver) == row
        await driver.press("tab")
        assert driver.app.focused is driver.citations[0]
        await driver.press("down", "enter")
        await driver.see("passage 2 of 5", "● Found")
        await driver.press("escape")
        await driver.until(lambda: not driver.app.screen.query(ReaderPane))
        assert driver.app.focused is driver.citations[1]
        await driver.press("enter")
        await driver.see("passage 2 of 5", "● Found")
        await driver.until(lambda: driver.document.has_focus)
        await driver.press("f")
        await driver.until(lambda: isinstance(driver.app.screen, ReaderScreen))
        await driver.see("passage 2 of 5")
        await driver.press("escape", "enter")
        await driver.until(lambda: isinstance(driver.app.screen, ReaderScreen))


async def test_a_question_can_be_asked_beside_a_document() -> None:
    """What is typed while reading is no question; Tab and Escape lead to the box, and the document stays."""
    async with running(book(), (160, 48)) as driver:
        await read(driver, "zebras grass")
        await driver.press("f")
        await driver.until(lambda: isinstance(driver.app.screen, MainScreen) and driver.app.screen.query(ReaderPane))
        await driver.until(lambda: driver.document.has_focus)
        await driver.press("x", "tab", "escape")
        await driver.ask("Which roof is dry")
        await driver.see("passage 1 of 5", "Which roof is dry")
        assert driver.fake.asked[-1] == "Which roof is dry"


async def test_a_narrow_terminal_has_room_for_one() -> None:
    """The document gets a screen of its own as the terminal shrinks, at the same line, and goes back as it grows."""
    async with running(book(), (160, 48)) as driver:
        await read(driver, "zebras grass")
        await driver.press("f")
        await driver.until(lambda: isinstance(driver.app.screen, MainScreen) and driver.app.screen.query(ReaderPane))
        await driver.until(lambda: driver.document.has_focus and driver.document.settled)
        await driver.press("pagedown")
        row = first_row(driver)
        for _ in range(2):
            await driver.pilot.resize_terminal(80, 24)
            await driver.until(lambda: isinstance(driver.app.screen, ReaderScreen))
            await driver.until(lambda: driver.document.has_focus and driver.document.settled)
            assert first_row(driver) == row
            await driver.press("f")
            assert isinstance(driver.app.screen, ReaderScreen)
            await driver.pilot.resize_terminal(160, 48)
            await driver.until(lambda: isinstance(driver.app.screen, MainScreen))
            await driver.until(lambda: driver.app.screen.query(ReaderPane) and driver.document.settled)
            assert first_row(driver) == row


async def test_a_resize_beneath_the_palette_waits() -> None:
    """What lies over the conversation stays on top; the document makes room when that has been left."""
    async with running(book(), (160, 48)) as driver:
        await read(driver, "zebras grass")
        await driver.press("f")
        await driver.until(lambda: isinstance(driver.app.screen, MainScreen) and driver.app.screen.query(ReaderPane))
        await driver.until(lambda: driver.document.has_focus and driver.document.settled)
        for size, screen in (((80, 24), ReaderScreen), ((160, 48), MainScreen)):
            await driver.press("ctrl+p")
            await driver.pilot.resize_terminal(*size)
            await driver.pilot.pause()
            assert isinstance(driver.app.screen, CommandPalette)
            await driver.press("escape")
            await driver.until(lambda screen=screen: isinstance(driver.app.screen, screen))  # type: ignore[misc]
            await driver.until(lambda: driver.app.screen.query(ReaderPane) and driver.document.has_focus)
            await driver.see("passage 1 of 5")


async def test_what_was_read_is_forgotten() -> None:
    """Nothing of a document that was closed is kept, neither alone nor beside the conversation."""

    def alive() -> int:
        gc.collect()
        return sum(type(item) in (ReaderPane, FindInput) for item in gc.get_objects())

    async with running(book(), (160, 48)) as driver:
        await driver.ask("zebras grass")
        await driver.press("tab")
        for reshape in ((), (), ("f",), (), ()):
            await driver.press("enter")
            await driver.until(lambda: isinstance(driver.app.focused, DocumentView) and driver.app.focused.settled)
            await driver.press(*reshape)
            await driver.until(lambda: isinstance(driver.app.focused, DocumentView) and driver.app.focused.settled)
            await driver.press("escape")
            await driver.until(lambda: isinstance(driver.app.focused, CitationView))
        assert alive() <= 2  # of the last one


@pytest.mark.parametrize("key", ["escape", "f"])
async def test_keys_in_one_burst_leave_it_once(key: str) -> None:
    """A second press that arrives with the first takes nothing away below."""
    async with running(book(), (160, 48)) as driver:
        await read(driver, "zebras grass")
        for _ in range(3):
            driver.app.post_message(events.Key(key, None))
        await driver.until(lambda: isinstance(driver.app.screen, MainScreen))
        await driver.see("● Found")


async def test_many_resizes_keep_the_place() -> None:
    """Wrapping anew again and again never moves the text."""
    prose = "\n".join(f"Line {number}: " + "some words that make it long " * 20 for number in range(200))
    fake = FakeAssistant(files={"long.txt": prose})
    fake.commit()
    async with running(fake) as driver:
        await read(driver, "words that make long")
        await driver.press(*["pagedown"] * 5, "up")
        top = driver.document.top
        for width in (61, 97, 73, 119, 55, 80):
            await driver.pilot.resize_terminal(width, 24)
            await driver.until(lambda: driver.document.settled)
        assert driver.document.top == top


# Copying


def clipboard_program(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = folder / "bin" / "xclip"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\ncat > {folder}/taken\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setenv("DISPLAY", ":0")
    return folder / "taken"


@pytest.fixture
def no_clipboard(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS has pbcopy only")
async def test_ask_read_open_copy(
    open_assistant: OpenAssistant, work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole way over a real index: the quote and its source reach both clipboards, the editor gets the line."""
    taken = clipboard_program(tmp_path, monkeypatch)
    editor = tmp_path / "editor"
    editor.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/opened\n')
    editor.chmod(0o755)
    (work / "askdocs.toml").write_text(f'editor = "{editor} +{{line}} {{path}}"\n')
    write_files(work / "notes", {"roof.md": f"Intro.\n\n{ROOF}"})
    assistant = open_assistant()
    index_all(assistant, work / "notes")
    async with AskdocsApp(assistant, Settings(watch=False)).run_test(size=(100, 30), notifications=True) as pilot:
        driver = Driver(pilot, FakeAssistant())
        await read(driver, "When was the roof repaired?")
        await driver.see("The roof was repaired in March 2019")
        await driver.press("c")
        await driver.see("Copied as plain text (xclip).")
        quoted = "The roof was repaired in March 2019 by Miller & Sons. It had leaked for years.\n"
        assert quoted in driver.app.clipboard
        assert driver.app.clipboard.endswith("\n— “The roof”, lines 3-5, notes/roof.md\n")
        assert taken.read_text() == driver.app.clipboard
        await driver.press("o")
        await driver.until((tmp_path / "opened").exists)
        await driver.until(lambda: (tmp_path / "opened").read_text())
        assert (tmp_path / "opened").read_text() == f"+3 {work}/notes/roof.md\n"
        await driver.press("escape")
        await driver.until(lambda: isinstance(driver.app.screen, MainScreen))


@pytest.mark.usefixtures("no_clipboard")
async def test_a_passage_is_copied_without_being_opened() -> None:
    """c in the answers; without a clipboard on this machine the terminal still gets it, and that is said."""
    async with running(indexed_home()) as driver:
        await driver.ask("When was the roof repaired?")
        await driver.press("tab", "c")
        await driver.see("Copied as plain text. If your")
        assert driver.app.clipboard.startswith("The roof was repaired in March 2019")


@pytest.mark.usefixtures("no_clipboard")
async def test_the_palette_copies_other_forms() -> None:
    """Plain text and BibTeX, from the answers and from the reader, where it offers the rest too."""
    async with running(indexed_home()) as driver:
        await driver.ask("When was the roof repaired?")
        await choose(driver, "tab", command="copy as bibtex")
        await driver.until(lambda: driver.app.clipboard.startswith("@misc{roof-lines-3,"))
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.app.screen, ReaderScreen) and driver.document.has_focus)
        await choose(driver, command="copy as plain")
        await driver.until(lambda: driver.app.clipboard.endswith("\n\n— line 3, notes/roof.md\n"))
        await choose(driver, command="outline")
        await driver.see("▸ The roof")
        await driver.press("escape")
        await choose(driver, command="find")
        assert driver.app.screen.query_one(FindInput).has_focus


async def choose(driver: Driver, *keys: str, command: str) -> None:
    await driver.press(*keys, "ctrl+p")
    await driver.until(lambda: isinstance(driver.app.screen, CommandPalette))
    await driver.type(command)
    await driver.until(lambda: command in driver.text().lower().split("🔎")[-1].partition("\n")[2], "the command")
    await driver.press("enter")
    await driver.until(lambda: not isinstance(driver.app.screen, CommandPalette))


# Opening


async def test_what_cannot_be_opened_says_what_to_set(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that isn't there, one that fails, one of the terminal where there is none, a file that has gone."""
    monkeypatch.delenv("VISUAL", raising=False)
    async with running(indexed_home(), (120, 40)) as driver:
        await driver.ask("When was the roof repaired?")
        await driver.press("tab", "o")
        await driver.see("roof.md is not there any more")
        write_files(work, {"notes/roof.md": ROOF})
        for editor, said in (
            ("/no/such/editor", "can't be started"),
            ("false", "exit code 1"),
            ("vim '", "No closing quotation"),
            ("vim", "needs a terminal of its own: set `editor`"),
        ):
            driver.app.clear_notifications()
            monkeypatch.setenv("EDITOR", editor)
            await driver.press("o")
            await driver.see(said)
        (work / "askdocs.toml").write_text("editor = 3\n")
        await driver.press("o")
        said = "editor must be a text"  # after a path of any length, which a notification breaks into lines
        await driver.until(lambda: any(said in shown.message for shown in driver.app._notifications))
