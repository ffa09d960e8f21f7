"""The cited document."""

from __future__ import annotations

from rich.style import Style
from textual.events import MouseScrollDown, MouseScrollUp

from askdocs.tui.screens.help import Page
from askdocs.tui.screens.main import MainScreen
from askdocs.tui.screens.reader import ReaderScreen
from askdocs.tui.widgets.citation import CitationView
from askdocs.tui.widgets.transcript import Transcript
from tests.tui.driving import ROOF, Driver, indexed_home, running
from tests.tui.fake import FakeAssistant

LONG = "\n\n".join(f"Paragraph {number} is about nothing." for number in range(1000))


async def open_first(driver: Driver, question: str) -> None:
    await driver.ask(question)
    await driver.press("tab", "enter")
    assert isinstance(driver.app.screen, ReaderScreen)
    await driver.until(lambda: driver.document.settled, "the text")


def lit(driver: Driver) -> list[str]:
    """The texts on the screen that have the style of evidence."""
    style = driver.document.get_component_rich_style("document--evidence")
    return [
        segment.text
        for strip in driver.app.screen._compositor.render_strips()
        for segment in strip
        if segment.style and same_colours(segment.style, style)
    ]


def same_colours(one: Style, other: Style) -> bool:
    return (one.bgcolor, one.bold, one.underline) == (other.bgcolor, other.bold, other.underline)


async def test_open_next_back() -> None:
    """Enter opens the passage, n and p go through the citations of the answer, Escape leads back to where one was."""
    async with running(indexed_home()) as driver:
        await driver.ask("When was the roof repaired?")
        await driver.press("tab", "down", "up", "enter")
        await driver.see("[1] notes/roof.md", "passage 1 of 4", "March 2019")
        await driver.press("p")
        await driver.see("[4] notes/garden.txt", "passage 4 of 4", "hedge")
        await driver.press("n")
        await driver.see("[1] notes/roof.md", "March 2019")
        await driver.press("escape")
        assert isinstance(driver.app.screen, MainScreen)
        assert driver.app.focused is driver.citations[0]


async def test_passage_is_in_sight_and_lit() -> None:
    """A document opens at the passage, with its line number beside it and nothing but the evidence lit."""
    fake = FakeAssistant(files={"long.txt": LONG.replace("Paragraph 700 is about nothing.", "Zebras eat grass.")})
    fake.commit()
    async with running(fake) as driver:
        await open_first(driver, "zebras grass")
        await driver.see("1401 ▌ Zebras eat grass.")
        assert lit(driver) == ["Zebras eat grass."]


async def test_evidence_of_a_long_passage_is_in_sight() -> None:
    """When the answering sentence is far down in the passage, the document opens at the sentence."""
    passage = "\n".join([*["Nothing of interest stands here."] * 200, "Zebras eat grass.", "And so on."])
    fake = FakeAssistant(files={"long.txt": passage})
    fake.commit()
    async with running(fake) as driver:
        await open_first(driver, "zebras grass")
        await driver.see("Zebras eat grass.")


async def test_last_lines_can_be_reached() -> None:
    """The End key shows the last line of a long document."""
    fake = FakeAssistant(files={"long.txt": LONG})
    fake.commit()
    async with running(fake) as driver:
        await open_first(driver, "Paragraph 3 about nothing")
        await driver.press("end")
        await driver.see("1999   Paragraph 999 is about nothing.")


async def test_resizing_keeps_the_place() -> None:
    """Another width wraps the text anew and leaves the same text at the top."""
    prose = "\n".join(f"Line {number}: " + "some words that make it long " * 8 for number in range(500))
    fake = FakeAssistant(files={"long.txt": prose})
    fake.commit()
    async with running(fake) as driver:
        await open_first(driver, "words that make long")
        await driver.press(*["pagedown"] * 5)
        first = next(line for line in driver.text().splitlines()[3:] if "Line" in line)
        number = first.split(":")[0]
        await driver.pilot.resize_terminal(120, 30)
        await driver.until(lambda: driver.document.settled)
        await driver.see(number)


async def test_wide_characters_are_cut_nowhere() -> None:
    """Chinese and Japanese text wraps so that every character is on the screen."""
    sentence = "屋根は二千十九年に修理されました。長い間雨漏りしていました。"
    fake = FakeAssistant(files={"wide.txt": sentence * 5 + " roof repair"})
    fake.commit()
    async with running(fake) as driver:
        await open_first(driver, "roof repair")
        shown = "".join(line[6:] for line in driver.text().splitlines()[2:-1])
        assert "".join(shown.split()) == sentence * 5 + "roofrepair"


async def test_windows_line_ends() -> None:
    """Carriage returns of a Windows file neither show nor shift the evidence or the line numbers."""
    fake = FakeAssistant(files={"windows.txt": "First line.\r\n\r\nSecond.\r\nZebras eat grass. Lions don't.\r\n"})
    fake.commit()
    async with running(fake) as driver:
        await open_first(driver, "zebras grass")
        await driver.see("  4 ▌ Zebras eat grass. Lions")
        assert "␍" not in driver.text()


async def test_deleted_document() -> None:
    """A document that was deleted while its answer was on show is not opened: the reader says what happened."""
    async with running(indexed_home()) as driver:
        await driver.ask("When was the roof repaired?")
        del driver.fake.files["notes/roof.md"]
        driver.fake.commit()
        await driver.press("tab", "enter")
        await driver.see("no longer in your documents")
        assert "March 2019" not in driver.text()
        await driver.press("p")
        await driver.see("garden.txt", "hedge")
        await driver.press("escape")
        await driver.see("● Found")


async def test_passage_that_moved() -> None:
    """If lines were added above the passage, it is shown where it stands now, and that is said."""
    async with running(indexed_home()) as driver:
        await driver.ask("When was the roof repaired?")
        driver.fake.files["notes/roof.md"] = "A new line.\n\n" + ROOF
        driver.fake.commit()
        await driver.press("tab", "enter")
        await driver.see("The passage has moved to here", "  5 ▌ The roof was repaired")
        assert "".join(lit(driver)).startswith("The roof was repaired")


async def test_passage_that_is_gone() -> None:
    """If the passage was rewritten, the document is shown with nothing marked, and that is said."""
    async with running(indexed_home()) as driver:
        await driver.ask("When was the roof repaired?")
        driver.fake.files["notes/roof.md"] = "Nobody knows anything about the roof any more.\n"
        driver.fake.commit()
        await driver.press("tab", "enter")
        await driver.see("the passage is no longer in it", "Nobody knows anything")
        assert not lit(driver)
        assert "▌" not in driver.text()


async def test_the_wheel_scrolls() -> None:
    """The wheel of the mouse moves the answers, a document, and the help, whatever has the focus."""
    fake = FakeAssistant(files={"long.txt": LONG})
    fake.commit()
    async with running(fake) as driver:
        for _ in range(3):
            card = await driver.ask("Paragraph 3 about nothing")
        transcript = driver.main.query_one(Transcript)
        await driver.until(lambda: transcript.scroll_offset.y > 0)
        before = transcript.scroll_offset.y
        await driver.pilot._post_mouse_events([MouseScrollUp], transcript, (10, 5))
        await driver.until(lambda: transcript.scroll_offset.y < before)
        card.query(CitationView).first().action_open()
        await driver.until(lambda: isinstance(driver.app.screen, ReaderScreen) and driver.document.settled)
        before = driver.document.scroll_offset.y
        await driver.pilot._post_mouse_events([MouseScrollDown], driver.document, (10, 5))
        await driver.until(lambda: driver.document.scroll_offset.y > before)
        await driver.press("escape", "f1")
        page = driver.app.screen.query_one(Page)
        await driver.pilot._post_mouse_events([MouseScrollDown], page, (10, 5))
        await driver.until(lambda: page.scroll_offset.y > 0)


SCRIPTS = {
    "wide.txt": "屋根 roof は二千十九年に修理されました。 repaired ｡ﾟ 각 한국어\n",
    "marks.txt": "Ro\u0301o\u0308f roof repaired हिन्दी ก็ไม่ " + "e\u0301" * 120 + "\n",
    "emoji.txt": "The roof 👩\u200d👩\u200d👧 repaired 👍🏽 ❤\ufe0f " + "👩\u200d👩\u200d👧" * 40 + "\n",
    "rtl.txt": "הגג תוקן roof repaired במרץ 2019. שָׁלוֹם سقف البيت\n",
    "tabs.txt": "roof\trepaired\tyear\nlonger\tx\ty\n屋根\tx\ty\n",
}


async def test_every_script_is_aligned_and_whole() -> None:
    """Wide, combining, joined and right-to-left characters: all rows end at the edge, nothing is lost or moved."""
    fake = FakeAssistant(files=SCRIPTS)
    fake.commit()
    async with running(fake, (70, 40)) as driver:
        card = await driver.ask("roof repaired")
        for view in card.query(CitationView):
            view.folded = False
        await driver.pilot.pause()
        assert {strip.cell_length for strip in driver.app.screen._compositor.render_strips()} == {70}
        for view in card.query(CitationView):
            view.action_open()
            await driver.until(lambda: isinstance(driver.app.screen, ReaderScreen) and driver.document.settled)
            strips = driver.app.screen._compositor.render_strips()
            assert {strip.cell_length for strip in strips} == {70}
            shown = "".join(line[6:] for line in driver.text().splitlines()[2:-1])
            assert "".join(shown.split()) == "".join(SCRIPTS[view.citation.document.path].split())
            await driver.press("escape")
