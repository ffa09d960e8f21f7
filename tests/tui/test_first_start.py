"""The first start: from an empty index to an answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import OptionList

from askdocs.assistant import Assistant
from askdocs.tui.screens.library import LibraryScreen
from askdocs.tui.screens.main import MainScreen
from askdocs.tui.screens.start import StartScreen
from askdocs.tui.widgets.indexing import LONG
from askdocs.tui.widgets.path_input import PathInput
from askdocs.tui.widgets.suggestion import Suggestion
from tests.conftest import OpenAssistant
from tests.support import ROOF_QUESTION, index_all, write_files
from tests.tui.driving import Driver, home, indexed_home, running, running_on
from tests.tui.test_hostile import BIDI, ESCAPES, MARKUP, assert_harmless
from tests.tui.test_library import MORE, SIZES, SlowEncoder


async def started(driver: Driver) -> StartScreen:
    await driver.see("Nothing is indexed yet")
    screen = driver.app.screen
    assert isinstance(screen, StartScreen)
    assert isinstance(driver.app.focused, PathInput)
    return screen


@SIZES
async def test_from_nothing_to_an_answer(
    assistant: Assistant, notes: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    """A folder is typed with the help of Tab, indexed, and a suggested question of it answered."""
    monkeypatch.setenv("HOME", str(notes.parent))
    async with running_on(assistant, size) as driver:
        await started(driver)
        await driver.type("~/no")
        await driver.see("~/notes/")
        await driver.press("tab", "enter")
        await driver.see("Indexed: 3 added.", "› When was the roof of the old library repaired?")
        assert isinstance(driver.app.screen, MainScreen)
        await driver.press("tab")
        assert isinstance(driver.app.focused, Suggestion)
        await driver.press("enter")
        assert driver.box.text == "When was the roof of the old library repaired?"
        await driver.press("enter")
        await driver.see("● Found", "notes/roof.txt")
        assert not driver.main.query(Suggestion)


async def test_a_wrong_path_is_told_where_it_was_typed(assistant: Assistant, notes: Path) -> None:
    """And can be put right."""
    async with running_on(assistant) as driver:
        screen = await started(driver)
        await driver.type("nowhere")
        await driver.press("enter")
        await driver.see("nowhere: No such file or directory")
        await driver.type("x")
        await driver.until(lambda: "No such file" not in driver.text())
        screen.query_one(PathInput).value = f"'{notes}'"  # as some terminals paste what is dropped on them
        await driver.press("enter")
        await driver.see("Indexed: 3 added.")


async def test_likely_folders_are_offered(assistant: Assistant, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are there; Enter on one takes it."""
    write_files(work / "home" / "Documents", {"roof.txt": "The roof was repaired in 1987 by Ben.\n"})
    monkeypatch.setenv("HOME", str(work / "home"))
    async with running_on(assistant) as driver:
        await started(driver)
        await driver.see("Or one of these:", "~/Documents", str(work)[:40])
        await driver.press("tab")
        assert isinstance(driver.app.focused, OptionList)
        await driver.press("down", "enter")
        await driver.see("Indexed: 1 added.")
        assert [Path(source.path).name for source in assistant.sources()] == ["Documents"]


async def test_later(assistant: Assistant, notes: Path) -> None:
    """Esc leaves it for later: F2 adds a folder then, and F5 asks again."""
    async with running_on(assistant) as driver:
        await started(driver)
        await driver.press("escape")
        await driver.see("There are none yet: F2 adds a folder.")
        card = await driver.ask("When was the roof repaired?")
        assert card.has_class("-trouble")
        await driver.press("f5")
        await started(driver)
        await driver.press("escape", "f2")
        assert isinstance(driver.app.screen, LibraryScreen)
        await driver.see("Nothing is indexed yet: a adds a folder or a file.")
        await driver.press("a")
        await driver.type(str(notes))
        await driver.press("enter")
        await driver.see("3 documents")


async def test_seeds_are_indexed_at_once(assistant: Assistant, work: Path) -> None:
    """As after `make run`: a folder of that name in the working directory needs no question."""
    write_files(work / "seeds", {"roof.txt": "The roof was repaired in 1987 by Ben.\n"})
    async with running_on(assistant) as driver:
        await driver.see("Indexed: 1 added.", "They come from seeds.")
        assert isinstance(driver.app.screen, MainScreen)


async def test_the_start_screen_is_asked_once(assistant: Assistant, work: Path) -> None:
    """However often the status is read while it is on show."""
    assert work.exists()
    async with running_on(assistant) as driver:
        await started(driver)
        for _ in range(3):
            driver.main._read_status()
            await driver.until(lambda: not driver.main._reading)
        assert len(driver.app.screen_stack) == 2


async def test_asking_while_a_long_first_indexing_goes_on(
    work: Path, open_assistant: OpenAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A question waits for the end if that is near; if it isn't, the answer comes from what is there, and says so."""
    monkeypatch.setattr("askdocs.tui.widgets.indexing.LONG", 1.0)
    assert LONG > 10
    monkeypatch.setattr("askdocs.indexing.pipeline.GROUP_CHUNKS", 32)  # so that the first documents are soon whole
    monkeypatch.setattr("askdocs.tui.screens.main.STATUS_EVERY", 0.5)
    texts = {name: f"{text} " * 360 for name, text in MORE.items()}  # enough to be answered before its end
    write_files(work / "notes", {**texts, "0.txt": f"{ROOF_QUESTION}\n"})
    assistant = open_assistant(encoder=SlowEncoder(1.0))
    assistant.add([work / "notes"])
    async with running_on(assistant) as driver:
        await driver.type("Which zebra painted seventeen umbrellas?\n")
        await driver.see("Waiting for the index…")
        await driver.until(lambda: driver.cards[0].has_class("-index-unreliable"), "an answer")
        assert driver.strip.running
        await driver.see("left", "kB/s")


@pytest.mark.parametrize("hostile", [MARKUP, ESCAPES, BIDI], ids=["markup", "escapes", "bidi"])
async def test_hostile_folders(assistant: Assistant, work: Path, monkeypatch: pytest.MonkeyPatch, hostile: str) -> None:
    """Their names, among the likely ones, completed, or pasted, are shown and not obeyed."""
    folder = write_files(work / hostile.replace("/", ""), {"a.txt": f"{MARKUP} was repaired in 1987.\n"})
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(work))
    async with running_on(assistant, (160, 48)) as driver:
        await started(driver)
        await driver.see(str(work.parent)[:20])
        assert_harmless(driver)
        await driver.type("~/")
        assert_harmless(driver)
        await driver.paste(f"{hostile}\n{hostile}")
        assert_harmless(driver)
        await driver.press("enter")
        await driver.until(lambda: "file that exists" in " ".join(driver.text().replace("│", "").split()))
        assert_harmless(driver)
        await driver.press("tab", "down", "enter")
        await driver.see("Indexed: 1 added.")
        assert_harmless(driver)


async def test_suggestions_are_chosen_by_mouse_and_arrows() -> None:
    """A click puts one into the box; the arrows go from one to the next, and past the last back to the box."""
    fake = indexed_home()
    fake.suggested = (f"Who {ESCAPES} painted it?", "When was the roof repaired?")
    async with running(fake) as driver:
        await driver.see("To begin with, one of these", "› When was the roof repaired?")
        assert_harmless(driver)
        await driver.press("tab", "down", "down")
        assert driver.app.focused is driver.box
        await driver.type("draft")
        await driver.pilot.click(driver.main.query(Suggestion).last(), offset=(5, 0))
        assert driver.box.text == "When was the roof repaired?"
        await driver.press("ctrl+a", "delete", "tab", "enter")
        assert_harmless(driver)
        await driver.press("enter")
        await driver.until(lambda: driver.cards)
        assert not driver.main.query(Suggestion)


async def test_nothing_to_suggest_suggests_nothing() -> None:
    """Tab then stays where it is."""
    async with running(home()) as driver:
        await driver.settle()
        await driver.press("tab")
        assert driver.app.focused is driver.box
        assert "To begin with" not in driver.text()


async def test_suggestions_follow_the_index(assistant: Assistant, notes: Path) -> None:
    """What another process indexes is what is suggested."""
    index_all(assistant, notes)
    async with running_on(assistant) as driver:
        await driver.see("When was the roof of the old library repaired?")
        write_files(notes, {"a.md": "The bridge was built in 1901.\n"})
        index_all(assistant)
        driver.main._read_status()
        await driver.see("When was the bridge built?")
