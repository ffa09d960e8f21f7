"""The transcript takes little of the time that keys have to wait, and shows what it should at once."""

from __future__ import annotations

import gc
import weakref

import pytest
from textual.screen import Screen

from askdocs.tui.widgets.citation import CitationView
from askdocs.tui.widgets.transcript import Transcript
from askdocs.types import Citation, DocumentInfo, Locator, Span, Unit
from tests.tui.driving import indexed_home, running

FOUND = "When was the roof repaired?"


class Knot:
    """Garbage that only a collection finds."""

    def __init__(self) -> None:
        self.itself = self


async def test_an_answer_is_laid_out_at_once() -> None:
    """One layout shows the question and another the whole answer, wherever the transcript was scrolled to."""
    fake = indexed_home()
    async with running(fake) as driver:
        await driver.settle()
        for _ in range(3):
            await driver.ask(FOUND)
        transcript = driver.main.query_one(Transcript)
        transcript.scroll_home(animate=False, immediate=True)
        await driver.type("Who repaired the roof?")
        await driver.pilot.pause(0.1)
        layouts = []

        def note(_screen: Screen[object]) -> None:
            layouts.append((transcript.scroll_offset.y, transcript.max_scroll_y))

        driver.main.screen_layout_refresh_signal.subscribe(driver.box, note, immediate=True)
        fake.asking.clear()
        await driver.type("\n")
        await driver.until(lambda: len(driver.cards) == 4 and layouts, "the question")
        await driver.pilot.pause(0.1)
        waiting, layouts = layouts, []
        fake.asking.set()
        await driver.until(lambda: not driver.cards[-1].has_class("-waiting") and layouts, "the answer")
        await driver.pilot.pause(0.1)
        assert len(waiting) <= 2, waiting  # the box may become smaller in one of its own
        assert len(layouts) == 1, layouts
        for y, end in (waiting[-1], layouts[-1]):
            assert y == end


async def test_the_first_question_is_at_the_top() -> None:
    """What is shorter than the transcript stands at its beginning in every layout."""
    async with running(indexed_home(), (80, 50)) as driver:
        await driver.settle()
        transcript = driver.main.query_one(Transcript)
        rows: set[int] = set()

        def note(_screen: Screen[object]) -> None:
            rows.update(card.region.y - transcript.region.y for card in driver.cards if card.region)

        driver.main.screen_layout_refresh_signal.subscribe(driver.box, note, immediate=True)
        await driver.ask(FOUND)
        assert rows == {1}


async def test_unfolding_the_last_passage_leaves_it_where_it_is() -> None:
    """New answers scroll to the end, and nothing else does."""
    async with running(indexed_home()) as driver:
        await driver.settle()
        for _ in range(3):
            await driver.ask(FOUND)
        last = driver.citations[-1]
        last.focus()
        await driver.pilot.pause()
        transcript = driver.main.query_one(Transcript)
        top, end = transcript.scroll_offset, transcript.max_scroll_y
        await driver.press("space")
        await driver.until(lambda: transcript.max_scroll_y > end, "a longer transcript")
        assert transcript.scroll_offset == top


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Minutes of the meeting in which " * 4, "▸ [1] Minutes of the meeting in which Minutes of the me…  line 3"),
        ("roof.txt", f"▸ [1] …ttic{'/attic' * 5}/notes/roof.txt  line 3"),
        ("The roof", "▸ [1] The roof  line 3"),
    ],
)
def test_a_long_name_leaves_room_for_the_place(title: str, shown: str) -> None:
    """Of a title the beginning is shown, of a path the end, as long as the passage is folded."""
    document = DocumentInfo(1, f"home{'/attic' * 20}/notes/roof.txt", title)
    citation = Citation(1, document, Span(0, 5), Locator(Unit.LINES, (), 3, 3), "Words", (), 1.0)
    assert CitationView(citation, folded=True).render().plain.splitlines()[0] == shown
    assert "…" not in CitationView(citation, folded=False).render().plain


async def test_garbage_is_collected_between_answers() -> None:
    """The poll collects all there is once much has come and gone; a little is left to Python."""
    async with running(indexed_home()) as driver:
        await driver.settle()
        knot = Knot()
        gone = weakref.ref(knot)
        gc.collect()  # it has grown old
        del knot
        driver.main._poll()
        assert gone()
        for _ in range(12):
            gc.collect(1)
        driver.main._poll()
        assert not gone()
