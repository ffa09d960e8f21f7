"""Pages of PDFs as pictures."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from askdocs.config import Settings
from askdocs.loaders.pdf_view import PagePicture
from askdocs.tui.app import AskdocsApp
from askdocs.tui.blocks import draw
from askdocs.tui.screens.picture import PictureScreen
from askdocs.tui.screens.reader import ReaderScreen
from askdocs.tui.widgets.page import PageView
from tests.conftest import OpenAssistant
from tests.support import index_all, write_files
from tests.tui.driving import Driver, indexed_home, running
from tests.tui.fake import FakeAssistant
from tests.tui.test_hostile import assert_harmless

REPORT = Path(__file__).parents[1] / "loaders" / "fixtures" / "pdf" / "report.pdf"
SIZES = pytest.mark.parametrize("size", [(80, 24), (160, 48)], ids=["80x24", "160x48"])
WHITE, BLACK = b"\xff\xff\xff", b"\0\0\0"


def test_dots_become_quadrants() -> None:
    """Two by two dots a cell, each the mean of two pixels, dark ones in the colour of the ink."""
    rows = [BLACK + WHITE * 3, BLACK + WHITE * 3, WHITE * 2 + BLACK * 2, WHITE * 2 + BLACK * 2]
    drawing = draw(PagePicture(1, 1, 4, 4, b"".join(rows), ()), 2)
    assert list(drawing.runs(0, 0, 2)) == [("▘▄", 0x000000, 0xFFFFFF)]


def test_a_quote_is_marked_with_colour_and_by_its_rows() -> None:
    """What is white becomes yellow inside the marks, what is black stays so, and the rows are told."""
    drawing = draw(PagePicture(1, 1, 4, 8, WHITE * 16 + (BLACK * 2 + WHITE * 2) * 4, ((0, 4, 4, 8),)), 2)
    assert drawing.marked == {1}
    assert list(drawing.runs(0, 0, 2)) == [("  ", 0x000000, 0xFFFFFF)]
    assert drawing.ink[1].tolist() == [0, 0]
    assert drawing.paper[1].tolist() == [0, 0xFFEE66]


@asynccontextmanager
async def at_the_page(open_assistant: OpenAssistant, work: Path, size: tuple[int, int]) -> AsyncIterator[Driver]:
    """The reader over a passage on the last page of a report of three."""
    write_files(work / "notes", {"report.pdf": REPORT.read_bytes()})
    assistant = open_assistant()
    index_all(assistant, work / "notes")
    async with AskdocsApp(assistant, Settings(watch=False)).run_test(size=size, notifications=True) as pilot:
        driver = Driver(pilot, FakeAssistant())
        await driver.ask("stairs of house A are cleaned")
        await driver.press("tab", "enter")
        await driver.until(lambda: isinstance(driver.app.screen, ReaderScreen) and driver.document.has_focus)
        yield driver


def drawn(driver: Driver) -> str:
    """The cells of the picture on the screen."""
    return "".join(re.findall("[▘▝▀▖▌▞▛▗▚▐▜▄▙▟█]", driver.text().partition("the quote")[2]))


@SIZES
async def test_a_page_with_the_quote(open_assistant: OpenAssistant, work: Path, size: tuple[int, int]) -> None:
    """g shows the page with the quote marked, n and p turn pages, + and - zoom, Escape leads back to the text."""
    async with at_the_page(open_assistant, work, size) as driver:
        await driver.press("g")
        assert isinstance(driver.app.screen, PictureScreen)
        await driver.see("page 3 of 3 · the quote is marked ▌")
        view = driver.app.screen.query_one(PageView)
        assert len(drawn(driver)) > 100
        assert re.search("^▌ ", driver.text(), re.MULTILINE)
        columns = view.virtual_size.width
        await driver.press("plus")
        await driver.until(lambda: view.virtual_size.width > 1.4 * columns)
        await driver.press("plus", "plus", "plus")
        await driver.until(lambda: view.virtual_size.width > 3.5 * columns)
        assert re.search("^▌ ", driver.text(), re.MULTILINE)  # the quote stays in sight
        await driver.press("minus", "minus", "minus")
        await driver.press("minus", "minus")
        await driver.until(lambda: view.virtual_size.width == columns)
        await driver.press("n", "p")
        await driver.see("page 2 of 3 · the quote is on page 3")
        await driver.pilot.resize_terminal(100, 30)
        await driver.until(lambda: view.virtual_size.width == 99)
        assert_harmless(driver)
        await driver.press("g")
        assert isinstance(driver.app.screen, ReaderScreen)


async def test_a_page_that_has_gone(open_assistant: OpenAssistant, work: Path) -> None:
    """Why there is no picture is told in its place, and there is a way back."""
    async with at_the_page(open_assistant, work, (80, 24)) as driver:
        (work / "notes" / "report.pdf").write_bytes(b"%PDF-1.7 nothing")
        await driver.press("g")
        await driver.see("notes/report.pdf is damaged")
        await driver.press("n", "escape")
        (work / "notes" / "report.pdf").unlink()
        await driver.press("g")
        await driver.see("notes/report.pdf has gone")
        await driver.press("q")
        assert isinstance(driver.app.screen, ReaderScreen)


async def test_without_colours(open_assistant: OpenAssistant, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With NO_COLOR the picture is grey, and the quote is still told by the sign before its rows."""
    monkeypatch.setenv("NO_COLOR", "1")
    async with at_the_page(open_assistant, work, (80, 24)) as driver:
        await driver.press("g")
        await driver.see("page 3 of 3 · the quote is marked ▌")
        assert re.search("^▌ ", driver.text(), re.MULTILINE)


async def test_texts_have_no_pages() -> None:
    """g does nothing there."""
    async with running(indexed_home()) as driver:
        await driver.ask("When was the roof repaired?")
        await driver.press("tab", "enter")
        await driver.until(lambda: isinstance(driver.app.screen, ReaderScreen) and driver.document.has_focus)
        await driver.press("g")
        assert isinstance(driver.app.screen, ReaderScreen)
        assert "g Page" not in driver.text()
