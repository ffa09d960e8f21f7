"""Why a passage was found, and feedback on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from askdocs import Assistant
from askdocs.answering.feedback import Feedback
from askdocs.tui.screens.help import HelpScreen
from askdocs.tui.screens.why import WhyScreen
from askdocs.tui.widgets.citation import CitationView
from askdocs.types import Verdict
from tests.support import NOTES, ROOF_QUESTION, index_all, write_files
from tests.tui.driving import home, indexed_home, running
from tests.tui.fake import FakeAssistant
from tests.tui.test_hostile import BIDI, ESCAPES, MARKUP, assert_harmless

SIZES = pytest.mark.parametrize("size", [(80, 24), (160, 48)], ids=["80x24", "160x48"])


@SIZES
async def test_why_shows_every_stage_words_and_heat(assistant: Assistant, work: Path, size: tuple[int, int]) -> None:
    """Both legs, their fusion and the sentences with numbers and places; the words found are underlined."""
    index_all(assistant, write_files(work / "notes", NOTES))
    async with running(assistant, size) as driver:
        await driver.ask(ROOF_QUESTION)
        await driver.press("tab", "w")
        await driver.see("Why [1]", "How it was ranked", "meaning", "place 1 of 3", "together", "rarity")
        await driver.press("end")
        await driver.see("█████", "of the asked words' rarity")
        if size[1] > 40:
            underlined = [
                segment.text
                for strip in driver.app.screen._compositor.render_strips()
                for segment in strip
                if segment.style and segment.style.underline
            ]
            assert {"roof", "library", "repaired", "1987"} <= set(underlined)
            assert "of" not in underlined
        await driver.press("escape")
        assert isinstance(driver.app.focused, CitationView)


async def test_why_that_can_not_be_told_is_said() -> None:
    """An error stands where the explanation would."""
    fake = indexed_home()
    async with running(fake) as driver:
        await driver.ask("When was the roof repaired?")
        fake.trouble = ValueError("[red]odd")
        await driver.press("tab", "w")
        await driver.see("askdocs made a mistake of its own (ValueError: [red]odd)")


async def test_other_numbers_than_those_of_the_answer_are_told() -> None:
    """If the index has changed meanwhile, the view says so."""
    fake = indexed_home()
    async with running(fake) as driver:
        await driver.ask("When was the roof repaired?")
        view = driver.citations[0]
        await driver.press("tab", "w")
        await driver.see("cosine 0.610")
        assert "comes out otherwise" not in driver.text()
        screen = driver.app.screen
        assert isinstance(screen, WhyScreen)
        await driver.press("escape")
        told = fake.explain("roof", view.citation)
        screen._citation = driver.citations[1].citation
        assert any("comes out otherwise" in str(widget.render()) for widget in screen._told(told))


@pytest.mark.parametrize("hostile", [MARKUP, ESCAPES, BIDI], ids=["markup", "escapes", "bidi"])
async def test_hostile_text_does_nothing(hostile: str) -> None:
    """In the question's words, the passage and the name of the document; in cards of feedback too."""
    fake = FakeAssistant(files={f"{hostile}.txt": f"{hostile} The roof was repaired.\n\nAnother {hostile}.\n"})
    fake.commit()
    async with running(fake, (140, 40)) as driver:
        await driver.settle()
        await driver.paste(f"{hostile} roof repaired")
        await driver.press("enter")
        await driver.settle()
        await driver.press("tab", "w")
        await driver.see("How it was ranked")
        assert_harmless(driver)
        await driver.press("escape", "m")
        await driver.see("≈ Ranked anew")
        assert_harmless(driver)


@SIZES
async def test_more_like_this_and_not_this_are_cards_of_their_own(size: tuple[int, int]) -> None:
    """They say what they are, make no verdict, leave the marked passages out, and add up."""
    fake = indexed_home()
    async with running(fake, size) as driver:
        card = await driver.ask("When was the roof repaired?")
        assert card.answer
        first = card.answer.citations[0]
        await driver.press("tab", "m")
        await driver.see("↳ more like [1] roof.md", "≈ Ranked anew by what you marked", "was not judged")
        assert fake.marked == [Feedback(like=(first,))]
        new = driver.cards[-1]
        assert new.answer is None
        assert new.has_class("-ranked")
        views = list(new.query(CitationView))
        assert first.quote not in [view.citation.quote for view in views]
        assert all(view.folded for view in views)
        views[0].focus()
        await driver.press("x")
        await driver.until(lambda: len(driver.cards) == 3 and not driver.cards[-1].has_class("-waiting"))
        assert fake.marked[-1] == Feedback((first,), (views[0].citation,))
        assert "not [1]" in driver.cards[-1].marked
        await driver.ask("and the hedge?")
        assert fake.asked[-1] == "and the hedge? (When was the roof repaired?)"


async def test_trouble_with_feedback_is_a_card() -> None:
    """It says what is wrong, and the next question is answered."""
    fake = indexed_home()
    async with running(fake) as driver:
        await driver.ask("When was the roof repaired?")
        fake.trouble = ValueError("odd")
        await driver.press("tab", "x")
        await driver.see("✗ No answer", "ValueError: odd")
        fake.trouble = None
        assert (await driver.ask("roof repaired March")).answer


async def test_with_a_reranker_passages_come_first_and_are_put_in_order_later() -> None:
    """They are shown while it reads, with no verdict yet; the passage that a person is at stays theirs."""
    fake = indexed_home()
    fake.reranks = True
    fake.asking.clear()
    async with running(fake, (100, 40)) as driver:
        await driver.type("When was the roof repaired?\n")
        await driver.see("… The passages are being read more closely…", "▸ [1]")
        card = driver.cards[0]
        before = list(driver.citations)
        assert card.has_class("-waiting")
        assert all(view.folded for view in before)
        await driver.press("tab", "down")
        chosen = driver.app.focused
        assert isinstance(chosen, CitationView)
        fake.asking.set()
        await driver.see("● Found")
        assert card.answer
        assert [view.citation for view in driver.citations] == list(card.answer.citations)
        assert set(driver.citations) == set(before)
        assert driver.citations != before
        assert driver.app.focused is chosen
        assert not driver.citations[0].folded


async def test_trouble_before_the_reranker_is_told_by_the_answer() -> None:
    """What fails in the first stage fails in the second, whose words are shown."""
    fake = home()
    fake.commit()
    fake.reranks, fake.trouble = True, ValueError("odd")
    async with running(fake) as driver:
        card = await driver.ask("roof")
        assert card.has_class("-trouble")
        await driver.see("ValueError: odd")


async def test_help_tells_the_keys() -> None:
    """F1 lists what can be done with a passage, and the scope."""
    async with running(indexed_home(), (100, 60)) as driver:
        await driver.press("f1")
        assert isinstance(driver.app.screen, HelpScreen)
        await driver.see("why this passage", "more like this", "F7")


async def test_a_verdict_is_no_other_for_being_explained() -> None:
    """Keys on a passage that isn't an answer work as well."""
    fake = indexed_home()
    fake.verdict = Verdict.NOT_IN_DOCUMENTS
    async with running(fake) as driver:
        await driver.ask("boiling point of tungsten")
        await driver.press("tab", "w")
        await driver.see("Why [1]", "How it was ranked")


async def test_the_palette_knows_what_keys_do() -> None:
    """Its commands are about the passage that has the focus, and there only where one has."""
    fake = indexed_home()
    async with running(fake) as driver:

        def commands() -> dict[str, Callable[[], object]]:
            return {command.title: command.callback for command in driver.app.get_system_commands(driver.main)}

        await driver.ask("When was the roof repaired?")
        assert not {"Why", "More", "Not this"} & commands().keys()
        await driver.press("tab")
        commands()["Why"]()
        await driver.see("Why [1]")
        await driver.press("escape")
        commands()["Not this"]()
        await driver.see("↳ not [1] roof.md, line", "≈ Ranked anew")
        commands()["Scope"]()
        await driver.see("Which documents to ask")
