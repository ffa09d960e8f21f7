"""Conversations are kept, found, restored, exported; past questions come back."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import cast

import pytest
from textual.widgets import Input, OptionList, Static

from askdocs import Assistant
from askdocs.config import Settings
from askdocs.errors import ModelError, UsageError
from askdocs.searching.question import DocumentFilter
from askdocs.sessions.sessions import Conversation
from askdocs.tui.app import AskdocsApp
from askdocs.tui.screens import main
from askdocs.tui.screens.history import HistoryScreen
from askdocs.tui.screens.main import MainScreen
from askdocs.tui.screens.prompt import ExportScreen, PromptScreen
from askdocs.tui.screens.sessions import SessionsScreen
from askdocs.tui.widgets import transcript
from askdocs.tui.widgets.citation import CitationView
from tests.support import NOTES, ROOF_QUESTION, index_all, write_files
from tests.tui.driving import ROOF, Driver, indexed_home, running
from tests.tui.fake import FakeAssistant
from tests.tui.test_hostile import BIDI, ESCAPES, MARKUP, assert_harmless
from tests.tui.test_scope import chips, restricted

SIZES = pytest.mark.parametrize("size", [(80, 24), (160, 48)], ids=["80x24", "160x48"])


def line(driver: Driver) -> Input:
    return driver.app.screen.query_one(Input)


def listed(driver: Driver) -> list[str]:
    """The names in the list on show, in order."""
    options = driver.app.screen.query_one(OptionList).options
    return [str(option.prompt).split("\n")[0] for option in options]


def highlighted(driver: Driver) -> str:
    option = driver.app.screen.query_one(OptionList).highlighted_option
    return str(option.prompt).split("\n")[0] if option else ""


async def said(driver: Driver, words: str) -> None:
    """Wait until `words` stand below the line that is asked for, over however many lines."""
    await driver.until(lambda: words in str(driver.app.screen.query_one("#hint", Static).content), words)


async def kept(driver: Driver, number: int) -> None:
    """Wait until so many questions are kept in all."""
    await driver.until(lambda: sum(info.questions for info in driver.fake.sessions.listed()) == number, "a kept answer")


async def open_sessions(driver: Driver) -> None:
    await driver.press("f3")
    await driver.until(lambda: isinstance(driver.app.screen, SessionsScreen))
    await driver.until(lambda: listed(driver), "the conversations")


@SIZES
async def test_a_session_is_restored_and_goes_on(size: tuple[int, int]) -> None:
    """After a new start F3 brings it back: its cards, its files as they are now, and what a follow-up needs."""
    fake = indexed_home()
    async with running(fake, size) as driver:
        await driver.ask("When was the roof repaired?")
        await driver.ask("boiling point of tungsten")
        fake.trouble = ModelError("the model is missing; install it")
        await driver.ask("hopeless")
        fake.trouble = None
        await kept(driver, 3)
    fake.files["notes/roof.md"] = "A new first line.\n\n" + ROOF
    del fake.files["notes/garden.txt"]
    async with running(fake, size) as driver:
        await driver.see("F3 goes back to earlier conversations.")
        assert not driver.cards
        await open_sessions(driver)
        await driver.see("When was the roof repaired?", "3 questions")
        await driver.press("enter")
        await driver.until(lambda: len(driver.cards) == 3, "the cards")
        assert driver.app.focused is driver.box
        first, second, third = driver.cards
        assert first.has_class("-found")
        assert second.has_class("-not-in-documents")
        assert third.has_class("-trouble")
        await driver.see("the model is missing; install it")
        await driver.until(lambda: any(view.gone for view in driver.citations), "the check of its citations")
        notices = [view._notice() for view in driver.citations]
        assert any("Edited" in notice for notice in notices)
        assert any("Gone" in notice for notice in notices)
        await driver.ask("and the gate?")
        assert fake.asked[-1] == "and the gate? (boiling point of tungsten)"
        await kept(driver, 4)
        assert [info.questions for info in fake.sessions.listed()] == [4]


@SIZES
async def test_a_session_is_restored_with_its_scope_and_its_rankings(size: tuple[int, int]) -> None:
    """Chips show the documents that were asked last, and they are asked on; what was marked is marked further."""
    fake = indexed_home()
    async with running(fake, size) as driver:
        await driver.ask("When was the roof repaired?")
        await restricted(driver, DocumentFilter(chosen=("notes/garden.txt",)))
        await driver.ask("When is the garden gate painted?")
        liked = driver.citations[-2].citation
        await driver.press("tab", "m")
        await driver.see("≈ Ranked anew")
        fake.trouble = UsageError("the passage is no longer in the index; ask again")
        await driver.press("m")
        await driver.until(lambda: driver.cards[-1].has_class("-trouble"), "the trouble")
        fake.trouble = None
        await kept(driver, 4)
        await driver.press("ctrl+n")
        assert not chips(driver)
    asked = len(fake.asked)
    async with running(fake, size) as driver:
        await driver.settle()
        await open_sessions(driver)
        await driver.press("enter")
        await driver.until(lambda: len(driver.cards) == 4, "the cards")
        assert chips(driver) == ["notes/garden.txt"]
        assert [card.documents for card in driver.cards] == [None, *[DocumentFilter(chosen=("notes/garden.txt",))] * 3]
        ranked, failed = driver.cards[2:]
        assert ranked.has_class("-ranked")
        assert failed.has_class("-trouble")
        await driver.see("↳ more like [1] garden.txt", "no longer in the index")
        assert [view.citation.quote for view in ranked.query(CitationView)] == ["The hedge is cut in June."]
        await driver.ask("When was the roof repaired?")
        assert fake.asked_of[asked:] == [DocumentFilter(chosen=("notes/garden.txt",))]
        ranked.query(CitationView).first().focus()
        await driver.press("x")
        await driver.until(lambda: len(driver.cards) == 6, "another ranking")
        marked = fake.marked[-1]
        assert marked
        assert [citation.quote for citation in (*marked.like, *marked.unlike)] == [
            liked.quote,
            "The hedge is cut in June.",
        ]
        await kept(driver, 6)
        await driver.press("ctrl+n")
        await driver.until(lambda: not chips(driver))
        await open_sessions(driver)
        await driver.press("enter")
        await driver.until(lambda: len(driver.cards) == 6, "the cards")
        assert chips(driver) == ["notes/garden.txt"]


async def test_a_new_conversation_begins_without_the_old() -> None:
    """Ctrl+N empties the screen; follow-ups know nothing of before, and what is asked goes into another session."""
    fake = indexed_home()
    async with running(fake) as driver:
        await driver.ask("When was the roof repaired?")
        await driver.press("ctrl+n")
        await driver.see("Ask a question")
        assert not driver.cards
        await driver.ask("and the hedge?")
        assert fake.asked[-1] == "and the hedge?"
        await kept(driver, 2)
        assert [info.name for info in fake.sessions.listed()] == ["and the hedge?", "When was the roof repaired?"]
        await driver.press("ctrl+l")
        await driver.ask("garden gate")
        await kept(driver, 3)
        assert {info.questions for info in fake.sessions.listed()} == {1, 2}


async def test_a_question_that_waits_stays_when_another_conversation_is_opened() -> None:
    """It is answered below what was restored, and kept there."""
    fake = indexed_home()
    async with running(fake) as driver:
        await driver.ask("When was the roof repaired?")
        await kept(driver, 1)
        await driver.press("ctrl+n")
        fake.asking.clear()
        await driver.type("garden gate painted\n")
        await driver.until(lambda: driver.cards)
        await open_sessions(driver)
        await driver.press("enter")
        await driver.until(lambda: len(driver.cards) == 2, "the restored card")
        assert [card.question for card in driver.cards] == ["When was the roof repaired?", "garden gate painted"]
        fake.asking.set()
        await kept(driver, 2)
        assert [info.questions for info in fake.sessions.listed()] == [2]


@SIZES
async def test_sessions_are_found_renamed_and_deleted(size: tuple[int, int]) -> None:
    """/ looks through names, questions and quotes; R renames; D deletes when pressed twice, all else keeps it."""
    fake = indexed_home()
    async with running(fake, size) as driver:
        for question in ("roof repaired lately", "hedge June", "gate green spring"):
            await driver.ask(question)
            await driver.press("ctrl+n")
        await kept(driver, 3)
        await open_sessions(driver)
        assert listed(driver) == ["gate green spring", "hedge June", "roof repaired lately"]
        await driver.press("slash")
        await driver.type("miller LATELY")
        await driver.until(lambda: listed(driver) == ["roof repaired lately"], "what was looked for")
        await driver.type("x")
        await driver.see("Nothing of it is in any.")
        await driver.press("backspace")
        await driver.until(lambda: listed(driver) == ["roof repaired lately"])
        await driver.press("escape")
        await driver.until(lambda: len(listed(driver)) == 3)
        await driver.press("pagedown")
        assert highlighted(driver) == "roof repaired lately"
        await driver.press("pageup")
        assert highlighted(driver) == "gate green spring"
        await driver.press("home", "down", "r")
        assert isinstance(driver.app.screen, PromptScreen)
        assert line(driver).value == "hedge June"
        await driver.press("ctrl+u")
        await driver.type("Hecke\n")
        await driver.until(lambda: listed(driver) == ["gate green spring", "Hecke", "roof repaired lately"])
        assert highlighted(driver) == "Hecke"
        await driver.press("r", "ctrl+u", "enter")
        await driver.see("✗ a conversation needs a name")
        await driver.press("d")
        await driver.see("D once more deletes “Hecke” with its 1 question")
        await driver.press("down")
        await driver.until(lambda: "D once more" not in driver.text())
        await driver.press("d", "up", "d")
        await driver.see("D once more deletes “Hecke”")
        assert len(fake.sessions.listed()) == 3
        await driver.press("d")
        await driver.until(lambda: listed(driver) == ["gate green spring", "roof repaired lately"], "the deletion")
        await driver.press("escape")
        assert isinstance(driver.app.screen, MainScreen)
        assert len(fake.sessions.listed()) == 2


async def test_a_burst_of_keys_deletes_nothing() -> None:
    """What comes in one read with the / is looked for, though its letters are keys of the list."""
    fake = indexed_home()
    async with running(fake) as driver:
        await driver.ask("roof repaired")
        await kept(driver, 1)
        await open_sessions(driver)
        await driver.type("/dd red")
        await driver.until(lambda: len(line(driver).value) == 6)
        assert sorted(line(driver).value) == sorted("dd red")
        assert len(fake.sessions.listed()) == 1
        assert isinstance(driver.app.screen, SessionsScreen)


async def test_a_burst_of_enters_leaves_one_screen() -> None:
    """Whatever is pressed twice or more takes effect once: nothing below is left or opened with it."""
    fake = indexed_home()
    async with running(fake) as driver:
        await driver.ask("roof repaired")
        await kept(driver, 1)
        await driver.press("ctrl+r")
        await driver.until(lambda: isinstance(driver.app.screen, HistoryScreen))
        await driver.until(lambda: listed(driver))
        await driver.type("\n\n\n")
        await driver.until(lambda: isinstance(driver.app.screen, MainScreen))
        await driver.until(lambda: driver.box.text == "roof repaired")
        await open_sessions(driver)
        await driver.press("r")
        await driver.until(lambda: isinstance(driver.app.screen, PromptScreen))
        await driver.type("\n\n")
        await driver.until(lambda: isinstance(driver.app.screen, SessionsScreen))
        await driver.type("\n\n")
        await driver.until(lambda: isinstance(driver.app.screen, MainScreen))
        assert [card.question for card in driver.cards] == ["roof repaired"]


async def test_filtering_and_enter_open_with_two_hands_on_the_keys() -> None:
    """From the filter the arrows choose and Enter opens."""
    fake = indexed_home()
    async with running(fake) as driver:
        for question in ("alpha one", "alpha two", "gate three"):
            await driver.ask(question)
            await driver.press("ctrl+n")
        await kept(driver, 3)
        await open_sessions(driver)
        await driver.press("slash")
        await driver.type("alpha")
        await driver.until(lambda: listed(driver) == ["alpha two", "alpha one"])
        await driver.press("down", "enter")
        await driver.until(lambda: [card.question for card in driver.cards] == ["alpha one"])


async def test_a_deleted_conversation_on_show_begins_anew() -> None:
    """Deleting what is on show leaves it on the screen; what comes next is kept as a new one."""
    fake = indexed_home()
    async with running(fake) as driver:
        await driver.ask("roof repaired")
        await kept(driver, 1)
        await open_sessions(driver)
        await driver.see("on show")
        await driver.press("d", "d")
        await driver.see("None is kept yet")
        await driver.press("escape")
        assert len(driver.cards) == 1
        await driver.ask("hedge in June")
        await kept(driver, 1)
        assert [info.name for info in fake.sessions.listed()] == ["hedge in June"]


@SIZES
async def test_a_conversation_is_exported(size: tuple[int, int], work: Path) -> None:
    """Ctrl+E offers a name; the ending is the format, nothing is overwritten, what goes wrong is said on the spot."""
    fake = indexed_home()
    async with running(fake, size) as driver:
        await driver.press("ctrl+e")
        await driver.see("✗ nothing has been asked in this conversation yet")
        await driver.press("escape")
        await driver.ask("When was the roof repaired?")
        await driver.press("ctrl+e")
        await driver.until(lambda: line(driver).value == "when-was-the-roof-repaired.md")
        await driver.press("enter")
        await driver.see("Exported to")
        assert "[^1]: " in (work / "when-was-the-roof-repaired.md").read_text()
        await driver.press("ctrl+e")
        await driver.until(lambda: line(driver).value == "when-was-the-roof-repaired-2.md")
        for name, says in (
            ("when-was-the-roof-repaired.md", "is there already"),
            ("roof.txt", "names no format"),
            ("nowhere/roof.md", "No such file or directory"),
        ):
            await driver.press("ctrl+a", "ctrl+k")
            await driver.type(name + "\n")
            await said(driver, says)
        assert isinstance(driver.app.screen, ExportScreen)
        await driver.press("ctrl+a", "ctrl+k")
        await driver.type("roof.json\n")
        await driver.until(lambda: isinstance(driver.app.screen, MainScreen))
        assert json.loads((work / "roof.json").read_text())["exchanges"][0]["question"] == "When was the roof repaired?"
        assert sorted(os.listdir(work)) == ["roof.json", "when-was-the-roof-repaired.md"]


async def test_a_kept_conversation_is_exported_from_the_list(work: Path) -> None:
    """E in the list writes the one that is highlighted."""
    fake = indexed_home()
    async with running(fake) as driver:
        await driver.ask("roof repaired")
        await driver.press("ctrl+n")
        await kept(driver, 1)
        await open_sessions(driver)
        await driver.press("e")
        await driver.until(lambda: line(driver).value == "roof-repaired.md")
        await driver.press(*["backspace"] * 2)
        await driver.type("html\n")
        await driver.until(lambda: isinstance(driver.app.screen, SessionsScreen), "the list")
        assert "<h2" in (work / "roof-repaired.html").read_text()


@SIZES
async def test_past_questions_are_found_and_asked_again(size: tuple[int, int]) -> None:
    """Ctrl+R looks through all conversations; Enter takes a question into the box, undo gives back the draft."""
    fake = indexed_home()
    async with running(fake, size) as driver:
        for question in ("When was the roof repaired?", "hedge in June", "What of the\nleaking roof?"):
            await driver.paste(question)
            await driver.press("enter")
            await driver.settle()
            await driver.press("ctrl+n")
        await kept(driver, 3)
    async with running(fake, size) as driver:
        await driver.settle()
        await driver.type("my draft")
        await driver.press("ctrl+r")
        await driver.until(lambda: isinstance(driver.app.screen, HistoryScreen))
        await driver.until(lambda: listed(driver))
        assert listed(driver) == ["What of the leaking roof?", "hedge in June", "When was the roof repaired?"]
        await driver.type("ROOF")
        await driver.until(lambda: len(listed(driver)) == 2)
        await driver.press("down", "enter")
        assert driver.box.text == "When was the roof repaired?"
        assert driver.app.focused is driver.box
        await driver.press("ctrl+z")
        assert driver.box.text == "my draft"
        await driver.press("ctrl+r")
        await driver.until(lambda: listed(driver))
        await driver.press("ctrl+r", "ctrl+r", "up", "enter")
        assert driver.box.text == "hedge in June"
        await driver.press("ctrl+r")
        await driver.type("nothing like it")
        await driver.until(lambda: not listed(driver))
        await driver.press("escape")
        assert driver.box.text == "hedge in June"


async def test_arrow_keys_reach_earlier_days() -> None:
    """Up goes on past the first question of today to those of kept conversations."""
    fake = indexed_home()
    before = Conversation(fake.sessions)
    for question in ("oldest", "older"):
        before.note(question, None, "")
    before.save()
    async with running(fake) as driver:
        await driver.settle()
        await driver.until(lambda: driver.box._asked)
        await driver.ask("today")
        seen = []
        for key in ("up", "up", "up", "up", "down"):
            await driver.press(key)
            seen.append(driver.box.text)
        assert seen == ["today", "older", "oldest", "oldest", "older"]


async def test_what_is_too_long_to_show_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a very long conversation the latest answers are shown, and the rest is told of."""
    monkeypatch.setattr(transcript, "MOST_ENTRIES", 4)
    fake = indexed_home()
    conversation = Conversation(fake.sessions)
    for number in range(10):
        conversation.note(f"question {number}", None, "no model")
    conversation.save()
    async with running(fake) as driver:
        await open_sessions(driver)
        await driver.press("enter")
        await driver.see("6 earlier questions", "question 9")
        assert conversation.id
        assert len(fake.sessions.load(conversation.id).exchanges) == 10


async def test_where_nothing_can_be_kept_it_is_said_once(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions are answered all the same, can be exported, and are kept as soon as that is possible."""
    monkeypatch.setattr(main, "STATUS_EVERY", 0.2)
    fake = indexed_home()
    fake.folder = work / "missing"
    async with running(fake) as driver:
        await driver.ask("When was the roof repaired?")
        await driver.see("✗ This conversation isn't kept; Ctrl+E exports it.", "can't be written")
        await driver.ask("hedge in June")
        assert driver.text().count("isn't kept") == 1
        await driver.press("ctrl+e")
        await driver.until(lambda: line(driver).value)
        await driver.press("enter")
        await driver.see("Exported to")
        (work / "missing").mkdir()
        await kept(driver, 2)
        assert driver.text().count("isn't kept") == 1


async def test_what_was_not_kept_is_when_another_conversation_begins(work: Path) -> None:
    """Leaving a conversation writes down what there was no time or room for before."""
    fake = indexed_home()
    fake.folder = work / "missing"
    async with running(fake) as driver:
        await driver.ask("When was the roof repaired?")
        await driver.see("✗ This conversation isn't kept")
        (work / "missing").mkdir()
        await driver.press("ctrl+n")
        await kept(driver, 1)


async def test_a_file_damaged_while_it_is_used_is_told_and_nothing_on_show_is_unkept() -> None:
    """The answer that finds the damage is in the new file."""
    fake = indexed_home()
    async with running(fake, (160, 48)) as driver:
        await driver.ask("roof repaired")
        await kept(driver, 1)
        fake.sessions.path.write_bytes(b"rubbish" * 1000)
        await driver.ask("hedge in June")
        await driver.see("✗", "was damaged, and is sessions-damaged-1.sqlite now")
        assert "isn't kept" not in driver.text()
        await kept(driver, 1)


async def test_a_damaged_file_is_told_at_the_start() -> None:
    """It is set aside with a line that says so, and everything goes on."""
    fake = indexed_home()
    (fake.folder / "sessions.sqlite").write_bytes(b"rubbish" * 1000)
    async with running(fake, (160, 48)) as driver:
        await driver.see("was damaged, and is sessions-damaged-1.sqlite now")
        await driver.ask("roof repaired")
        await kept(driver, 1)


@pytest.mark.parametrize("hostile", [MARKUP, ESCAPES, BIDI], ids=["markup", "escapes", "bidi"])
@pytest.mark.usefixtures("work")
async def test_hostile_names_questions_and_pastes_are_harmless(hostile: str) -> None:
    """In the list, the filter, the name, the file and the history they are text."""
    fake = indexed_home()
    conversation = Conversation(fake.sessions)
    conversation.note(f"{hostile} roof", None, hostile)
    conversation.save()
    assert conversation.id
    fake.sessions.rename(conversation.id, f"{hostile} name")
    async with running(fake, (140, 40)) as driver:
        await driver.settle()
        await open_sessions(driver)
        assert_harmless(driver)
        await driver.press("d")
        await driver.see("D once more")
        assert_harmless(driver)
        await driver.press("slash")
        await driver.paste(hostile * 100_000)
        assert len(line(driver).value) <= 1_000
        assert_harmless(driver)
        await driver.press("escape")
        await driver.until(lambda: listed(driver))
        await driver.press("r")
        await driver.until(lambda: "name" in line(driver).value)
        assert_harmless(driver)
        await driver.press("escape", "e")
        await driver.until(lambda: line(driver).value)
        await driver.press("ctrl+u")
        await driver.paste(f"\n\n{hostile}.doc")
        await driver.press("enter")
        await said(driver, "names no format")
        assert_harmless(driver)
        await driver.press("escape", "escape", "ctrl+r")
        await driver.until(lambda: listed(driver))
        assert_harmless(driver)
        await driver.press("enter")
        assert_harmless(driver)
        await open_sessions(driver)
        await driver.press("enter")
        await driver.until(lambda: driver.cards)
        assert_harmless(driver)


@pytest.mark.parametrize("key", ["ctrl+j", "alt+enter", "shift+enter"])
async def test_a_question_of_several_lines(key: str) -> None:
    """The keys that terminals have for it begin a new line; Enter asks all of it, and the arrows move in it first."""
    fake = indexed_home()
    async with running(fake) as driver:
        await driver.ask("garden gate")
        await driver.type("When was")
        await driver.press(key)
        await driver.type("the roof repaired?")
        assert driver.box.text == "When was\nthe roof repaired?"
        await driver.press("up")
        assert driver.box.text == "When was\nthe roof repaired?"
        await driver.press("up")
        assert driver.box.text == "garden gate"
        await driver.press("down", "enter")
        await driver.until(lambda: fake.asked[-1] == "When was\nthe roof repaired?")


async def test_undoing_a_long_paste() -> None:
    """Of many lines, with the cursor far below those that are left."""
    async with running(indexed_home()) as driver:
        await driver.type("before")
        await driver.paste("\n".join(map(str, range(30))))
        await driver.until(lambda: driver.box.show_vertical_scrollbar)
        await driver.press("ctrl+z")
        assert driver.box.text == "before"
        assert driver.box.cursor_location == (0, 6)


async def test_a_megabyte_pasted_is_cut_at_the_longest_question() -> None:
    """Control characters and the end of a bracketed paste among it are text; one line says what was left out."""
    async with running(indexed_home()) as driver:
        await driver.paste("\x1b[201~rm -rf\x00\r\n\x07" * 70_000)
        assert len(driver.box.text) == 10_000
        assert not set(driver.box.text) & {chr(code) for code in range(32) if code != 10}
        await driver.see("A question ends at 10,000")
        assert not driver.cards
        assert_harmless(driver)


async def test_a_real_assistant_keeps_and_restores(assistant: Assistant, work: Path) -> None:
    """With the real core: asked, left, restored after the file was edited."""
    notes = write_files(work / "notes", NOTES)
    index_all(assistant, notes)
    for start in range(2):
        app = AskdocsApp(assistant, Settings(watch=False))
        async with app.run_test(size=(120, 40)) as pilot:
            driver = Driver(pilot, cast("FakeAssistant", assistant))
            await driver.settle()
            if start == 0:
                await driver.ask(ROOF_QUESTION)
                await kept(driver, 1)
                continue
            (notes / "roof.txt").write_text(f"New.\n\n{NOTES['roof.txt']}")
            await open_sessions(driver)
            await driver.press("enter")
            await driver.see("● Found", "Edited: the file has changed")
