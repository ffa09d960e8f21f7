"""Asking questions and moving about in the answers."""

from __future__ import annotations

import pytest
from textual.command import CommandPalette

from askdocs.errors import ModelError
from askdocs.rendering.render import visible
from askdocs.tui.screens.help import HelpScreen
from askdocs.tui.screens.reader import ReaderScreen
from askdocs.tui.widgets import transcript
from askdocs.tui.widgets.citation import CitationView
from askdocs.tui.widgets.keys import KeyBar
from askdocs.tui.widgets.transcript import Transcript
from askdocs.types import LONGEST_QUESTION, Verdict
from tests.tui.driving import Driver, home, indexed_home, running
from tests.tui.fake import FakeAssistant


async def test_first_start_indexes_and_answers() -> None:
    """With nothing indexed the documents are indexed without being asked for, and then questions are answered."""
    async with running(home()) as driver:
        await driver.see("2 documents", "Indexed: 2 added.", "up to date", "They come from seeds.")
        card = await driver.ask("When was the roof repaired?")
        assert card.has_class("-found")
        await driver.see("● Found", "[1] notes/roof.md", "March 2019")


async def test_a_follow_up_says_what_was_asked_and_can_be_asked_as_typed() -> None:
    """The conversation before is taken into account and shown; F4 asks once more without it."""
    async with running(indexed_home()) as driver:
        await driver.ask("When was the roof repaired?")
        await driver.ask("and the hedge?")
        await driver.see("Asked as: and the hedge? (When was the roof repaired?)")
        await driver.press("f4")
        await driver.until(lambda: driver.fake.asked[2:] == ["and the hedge?"])


async def test_question_box_has_the_focus() -> None:
    """Typing and Enter, nothing else, asks the first question."""
    async with running(indexed_home()) as driver:
        assert driver.app.focused is driver.box
        await driver.ask("hedge in June")
        assert driver.fake.asked == ["hedge in June"]


async def test_burst_of_keys_keeps_its_order() -> None:
    """Enter that arrives in one read with the question asks all of it, and leaves the box empty."""
    async with running(indexed_home()) as driver:
        await driver.type("one question\nanother question\n")
        await driver.until(lambda: len(driver.fake.asked) == 2)
        assert driver.fake.asked == ["one question", "another question"]
        assert driver.box.text == ""


async def test_what_is_deleted_is_what_stood_before() -> None:
    """Keys that delete act in their turn, on nothing that was typed after them, however fast they come."""
    async with running(indexed_home()) as driver:
        for _ in range(20):
            await driver.type("wrong\x15a rof\x7fof?")
            assert driver.box.text == "a roof?"
            await driver.type("\x15")
            assert driver.box.text == ""


async def test_question_before_the_first_indexing_is_done_waits() -> None:
    """A question asked while the documents are first indexed gets a waiting card, then its answer."""
    fake = home()
    fake.indexing.clear()
    async with running(fake) as driver:
        await driver.until(lambda: driver.strip.running)
        await driver.type("When was the roof repaired?\n")
        await driver.see("Waiting for the index…")
        assert not fake.asked
        fake.indexing.set()
        await driver.see("● Found")
        assert fake.asked == ["When was the roof repaired?"]


async def test_question_waits_for_the_encoder() -> None:
    """A question asked while the model loads says so, and needs no second asking."""
    fake = indexed_home()
    fake.loading.clear()
    fake.asking.clear()
    async with running(fake) as driver:
        await driver.type("When was the roof repaired?\n")
        await driver.see("Looking as soon as the model is loaded…")
        fake.loading.set()
        await driver.see("… Looking…")
        fake.asking.set()
        await driver.see("● Found")


async def test_questions_are_answered_in_order() -> None:
    """Several questions at once are answered one after the other, each in its own card."""
    fake = indexed_home()
    fake.asking.clear()
    async with running(fake) as driver:
        await driver.type("garden gate painted green\nroof repaired March\n")
        await driver.see("Waiting for the question before…")
        fake.asking.set()
        await driver.settle()
        answers = [card.answer for card in driver.cards]
        assert [answer.citations[0].document.path for answer in answers if answer] == [
            "notes/garden.txt",
            "notes/roof.md",
        ]


async def test_evidence_is_lit() -> None:
    """The sentence that answers is bold in the card; what stands beside it isn't."""
    async with running(indexed_home()) as driver:
        await driver.ask("When was the roof repaired?")
        bold = [
            segment.text
            for strip in driver.app.screen._compositor.render_strips()
            for segment in strip
            if segment.style and segment.style.bold
        ]
        assert "The roof was repaired in March 2019 by Miller & Sons." in bold
        assert not any("leaked" in text for text in bold)


async def test_not_found_is_said_plainly() -> None:
    """With no answer the card says so and folds the nearest passages, so that none looks like one."""
    async with running(indexed_home()) as driver:
        card = await driver.ask("boiling point of tungsten")
        assert card.has_class("-not-in-documents")
        await driver.see("○ Not in your documents", "These are the nearest passages.")
        assert driver.citations
        assert all(view.folded for view in driver.citations)


async def test_unreliable_index_says_what_to_do() -> None:
    """A card for an index that can't vouch shows the warnings."""
    fake = indexed_home()
    fake.verdict, fake.warnings = Verdict.INDEX_UNRELIABLE, ("the last indexing has not come to its end",)
    async with running(fake) as driver:
        await driver.ask("roof")
        await driver.see("▲ Not found, but the index can't vouch", "! the last indexing has not come to its end")


async def test_while_files_are_indexed_what_is_not_found_may_come() -> None:
    """Nobody is told to index what is being indexed."""
    fake = indexed_home()
    fake.verdict, fake.warnings = Verdict.INDEX_UNRELIABLE, ("3 files not indexed yet; run `askdocs index`",)
    async with running(fake) as driver:
        await driver.see("up to date")
        fake.indexing.clear()
        fake.files["notes/new.txt"] = "The attic is dry."
        await driver.press("f5")
        await driver.see("Indexing 1 file")
        await driver.ask("roof")
        await driver.see("▲ Not found in what was indexed by then", "Ask again when indexing is done.")
        assert "run `askdocs index`" not in driver.text()
        fake.indexing.set()
        await driver.see("up to date")
        await driver.ask("roof")
        await driver.see("▲ Not found, but the index can't vouch", "! 3 files not indexed yet")


async def test_error_becomes_a_card() -> None:
    """An AskdocsError is shown as its own words in the card of the question; the next question is answered."""
    fake = indexed_home()
    fake.trouble = ModelError("the model /models/x is missing; set `model` in askdocs.toml")
    async with running(fake) as driver:
        card = await driver.ask("roof")
        assert card.has_class("-trouble")
        await driver.see("✗ No answer", "the model /models/x is missing")
        fake.trouble = None
        assert (await driver.ask("When was the roof repaired?")).has_class("-found")


async def test_mistake_becomes_a_card() -> None:
    """An error that nobody foresaw is named in the card, without a traceback, and the interface lives on."""
    fake = indexed_home()
    fake.trouble = ZeroDivisionError("division by zero")
    async with running(fake) as driver:
        await driver.ask("roof")
        await driver.see("a mistake of its own (ZeroDivisionError: division by zero)")
        assert "Traceback" not in driver.text()


async def test_encoder_trouble_is_told_early() -> None:
    """If the model can't be loaded, that is said before anything is asked."""
    fake = indexed_home()
    fake.loading_trouble = ModelError("the model /models/x is missing")
    async with running(fake) as driver:
        await driver.see("✗ the model /models/x is missing")


async def test_history() -> None:
    """Up brings earlier questions back, down goes forward again to the draft."""
    async with running(indexed_home()) as driver:
        await driver.ask("first question")
        await driver.ask("second question")
        await driver.type("a draft")
        seen = []
        for key in ("up", "up", "up", "down", "down", "down"):
            await driver.press(key)
            seen.append(driver.box.text)
        assert seen == [
            "second question",
            "first question",
            "first question",
            "second question",
            "a draft",
            "a draft",
        ]


async def test_pasted_lines_are_not_sent() -> None:
    """A paste of several lines stays in the box, whole, until Enter asks it as one question."""
    async with running(indexed_home()) as driver:
        await driver.paste("When was\r\nthe roof\r\nrepaired?")
        assert driver.box.text.split() == ["When", "was", "the", "roof", "repaired?"]
        assert not driver.cards
        await driver.press("enter")
        await driver.see("● Found")


async def test_paste_finds_the_box() -> None:
    """What is pasted or typed while a passage has the focus goes to the question."""
    async with running(indexed_home()) as driver:
        await driver.ask("When was the roof repaired?")
        await driver.press("tab")
        assert isinstance(driver.app.focused, CitationView)
        await driver.type("the")
        assert driver.box.text == "the"
        await driver.press("tab")
        await driver.paste(" not")
        assert driver.box.text == "the not"


async def test_longest_question() -> None:
    """Exactly 10,000 characters fit, whether pasted or typed; what is left out is told."""
    async with running(indexed_home()) as driver:
        await driver.paste("roof " * 10_000)
        await driver.type("x")
        assert len(driver.box.text) == LONGEST_QUESTION
        await driver.see("A question ends at 10,000")
        await driver.press("enter")
        await driver.until(lambda: driver.fake.asked)
        assert len(driver.fake.asked[0]) == len(("roof " * 10_000)[:LONGEST_QUESTION].strip())


async def test_blank_question_is_not_asked() -> None:
    """Enter on an empty or blank box does nothing."""
    async with running(indexed_home()) as driver:
        await driver.type("\n   \n")
        assert not driver.cards


async def test_moving_between_passages() -> None:
    """Tab goes to the latest answer's first passage, the arrows and Tab move on, the last leads back to the box."""
    async with running(indexed_home()) as driver:
        await driver.ask("When was the roof repaired?")
        stops = [*driver.citations, driver.box]
        seen = []
        for key in ("tab", "down", "down", "tab", "down", "tab", "down", "up", "shift+tab", "escape"):
            await driver.press(key)
            seen.append(next(place for place, stop in enumerate(stops) if stop.has_focus))
        assert seen == [0, 1, 2, 3, 4, 0, 1, 0, 0, 4]


async def test_folding() -> None:
    """Space and a click on the marker fold and unfold, a click on a folded passage unfolds it."""
    async with running(indexed_home()) as driver:
        await driver.ask("When was the roof repaired?")
        first, second, *_ = driver.citations
        assert not first.folded
        assert second.folded
        await driver.press("tab", "space")
        assert first.folded
        await driver.pilot.click(first, offset=(10, 1))
        assert not first.folded
        await driver.pilot.click(first, offset=(2, 0))
        assert first.folded


async def test_click_on_a_title_opens_the_document() -> None:
    """The mouse opens a citation by its title."""
    async with running(indexed_home()) as driver:
        await driver.ask("When was the roof repaired?")
        await driver.pilot.click(driver.citations[0], offset=(12, 0))
        assert isinstance(driver.app.screen, ReaderScreen)


@pytest.mark.parametrize("key", ["f1", "question_mark"])
async def test_help(key: str) -> None:
    """F1, and ? in an empty box, show what the keys do; Escape goes back to the question."""
    async with running(indexed_home()) as driver:
        await driver.press(key)
        assert isinstance(driver.app.screen, HelpScreen)
        await driver.see("ask the question")
        await driver.press("escape")
        assert driver.app.focused is driver.box
        assert driver.box.text == ""


async def test_keys_can_be_clicked() -> None:
    """A click on a key at the bottom does what the key does; on a narrow screen the line ends with a whole key."""
    async with running(indexed_home(), size=(50, 24)) as driver:
        await driver.see("⏎ Ask  Tab Passages  F5 Re-index")
        assert "Commands" not in driver.text()
        await driver.pilot.resize_terminal(80, 24)
        await driver.see("^p Commands")
        line = driver.text().splitlines()[-1]
        await driver.pilot.click(KeyBar, offset=(line.index("F1 Help"), 0))
        assert isinstance(driver.app.screen, HelpScreen)


async def test_typing_at_a_passage_goes_to_the_question() -> None:
    """From the first letter that is no key there, in one burst and in order, keys of passages and blanks included."""
    async with running(indexed_home()) as driver:
        await driver.ask("roof repaired")
        await driver.press("tab")
        assert isinstance(driver.app.focused, CitationView)
        await driver.type("How come, mixed with wax? 日本\x7f and\n")
        await driver.until(lambda: len(driver.cards) == 2, "the question")
        assert driver.cards[1].question == "How come, mixed with wax? 日 and"
        assert len(driver.app.screen_stack) == 1


async def test_what_is_pasted_is_a_question_or_nothing() -> None:
    """At a passage or a chip it goes to the question; on another screen, but to a line to type in, nowhere."""
    text = "dd\nx\x1b[2J o a q"
    async with running(indexed_home()) as driver:
        await driver.ask("roof repaired")
        await driver.press("tab")
        await driver.paste(text)
        assert driver.box.text == visible(text)
        assert driver.box.has_focus
        await driver.until(lambda: driver.fake.sessions.listed(), "a kept answer")
        for key in ("f1", "f2", "f3"):
            await driver.press(key)
            await driver.until(lambda: len(driver.app.screen_stack) == 2, "a screen")
            await driver.paste(text)
            assert len(driver.app.screen_stack) == 2
            await driver.press("escape")
            await driver.until(lambda: len(driver.app.screen_stack) == 1, "the end of it")
        await driver.press("tab", "enter")
        await driver.see("passage 1 of")
        await driver.paste(text)
        await driver.see("passage 1 of")
        await driver.press("escape")
        assert driver.box.text == visible(text)
        assert len(driver.cards) == 1
        assert len(driver.fake.sessions.listed()) == 1


async def test_question_mark_in_a_question() -> None:
    """A question mark after other characters is part of the question."""
    async with running(indexed_home()) as driver:
        await driver.type("why?")
        assert driver.box.text == "why?"


async def test_palette_has_the_actions() -> None:
    """The command palette offers what the keys do."""
    async with running(indexed_home()) as driver:
        await driver.press("ctrl+p")
        assert isinstance(driver.app.screen, CommandPalette)
        commands = {command.title: command.help for command in driver.app.get_system_commands(driver.main)}
        assert set(commands) == {
            "Passages", "Re-index", "Library", "Add a folder", "Retry failures", "Watch", "Ask as typed", "Clear",
            "Conversations", "New conversation",
            "Past questions", "Export", "Scope", "Help", "Quit", "Settings", "Theme",
        }  # fmt: skip
        assert commands["Re-index"] == "Bring the index up to date with your files (F5)"


async def test_clear() -> None:
    """Ctrl+L empties the transcript and leaves the box alone."""
    async with running(indexed_home()) as driver:
        await driver.ask("When was the roof repaired?")
        await driver.type("next")
        await driver.press("ctrl+l")
        await driver.see("Ask a question")
        assert not driver.cards
        assert driver.box.text == "next"


async def test_new_answer_comes_into_sight() -> None:
    """The question of the latest answer is on the screen, however much came before."""
    async with running(indexed_home()) as driver:
        for number in range(6):
            await driver.ask(f"garden gate painted green {number}")
        await driver.see("garden gate painted green 5", "● Found")


async def test_transcript_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many questions are asked, only the latest entries stay, and cards that wait."""
    monkeypatch.setattr(transcript, "MOST_ENTRIES", 4)
    fake = indexed_home()
    async with running(fake) as driver:
        await driver.settle()
        await driver.ask("the very first one")
        fake.asking.clear()
        await driver.type("".join(f"question {number}\n" for number in range(6)))
        await driver.until(lambda: len(driver.cards) == 6)
        fake.asking.set()
        await driver.settle()
        await driver.ask("the very last one")
        questions = [card.question for card in driver.cards]
        assert questions == ["question 3", "question 4", "question 5", "the very last one"]
        assert len(fake.asked) == 8


async def test_page_keys_scroll_the_answers() -> None:
    """PgUp and PgDn scroll the transcript while the box keeps the focus."""
    async with running(indexed_home()) as driver:
        for number in range(6):
            await driver.ask(f"garden gate painted green {number}")
        await driver.press(*["pageup"] * 6)
        await driver.see("garden gate painted green 0")
        await driver.press(*["pagedown"] * 6)
        await driver.see("garden gate painted green 5")
        assert driver.app.focused is driver.box


def shown_first(driver: Driver) -> str:
    """The first line of text in the transcript."""
    return next(line.strip() for line in driver.text().splitlines()[1:] if line.strip())


async def test_resizing_keeps_the_place_in_the_transcript() -> None:
    """Another width leaves the same passage at the top, the passage in focus where it is, and the end at the end."""
    words = " ".join(f"word{number}" for number in range(60))
    fake = FakeAssistant(files={f"{number}.txt": f"Roof {number} repaired {words}.\n" for number in range(5)})
    fake.commit()
    async with running(fake, (100, 24)) as driver:
        for number in range(6):
            await driver.ask(f"Question {number}: roof repaired?")
        transcript = driver.main.query_one(Transcript)
        for card in driver.cards:
            for view in card.query(CitationView):
                view.folded = False
        await driver.pilot.pause()
        question = driver.cards[3].query_one(".question")
        transcript.scroll_to_widget(question, animate=False, top=True, force=True)
        await driver.pilot.pause()
        for width in (60, 130, 80):
            await driver.pilot.resize_terminal(width, 24)
            await driver.until(lambda: shown_first(driver) == "Question 3: roof repaired?", f"the place at {width}")
        view = driver.cards[2].query(CitationView)[2]
        view.focus()
        await driver.pilot.pause()
        row = view.region.y
        for width in (60, 130, 80):
            await driver.pilot.resize_terminal(width, 24)
            await driver.until(lambda: view.region.y == row, f"the passage at {width}")
        driver.box.focus()
        transcript.scroll_end(animate=False, immediate=True)
        await driver.pilot.pause()
        for width in (60, 130, 80):
            await driver.pilot.resize_terminal(width, 24)
            await driver.until(lambda: transcript.scroll_offset.y == transcript.max_scroll_y, f"the end at {width}")
