"""Pages of PDFs as pictures."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from askdocs.config import Settings
from askdocs.loaders.page_view import PagePicture
from askdocs.tui.app import AskdocsApp
from askdocs.tui.blocks import draw
from askdocs.tui.screens.picture import PictureScreen
from askdocs.tui.screens.reader import ReaderScreen
from askdocs.tui.widgets.page import PageView
from tests.conftest import OpenAssistant
from tests.loaders.test_ocr import HEADER, WORDS, tesseract_of
from tests.support import index_all, install_program, write_files
from tests.test_presentations import LAST_ARGUMENTS
from tests.tui.driving import Driver, indexed_home, running
from tests.tui.fake import FakeAssistant
from tests.tui.test_hostile import assert_harmless

FIXTURES = Path(__file__).parents[1] / "loaders" / "fixtures"
REPORT = {"report.pdf": (FIXTURES / "pdf" / "report.pdf").read_bytes()}
QUIET = Settings(watch=False)
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
    assert drawing.marked == frozenset({1})
    assert list(drawing.runs(0, 0, 2)) == [("  ", 0x000000, 0xFFFFFF)]
    assert drawing.ink[1].tolist() == [0, 0]
    assert drawing.paper[1].tolist() == [0, 0xFFEE66]


@asynccontextmanager
async def at_the_page(
    open_assistant: OpenAssistant,
    work: Path,
    size: tuple[int, int],
    files: Mapping[str, str | bytes] = REPORT,
    question: str = "stairs of house A are cleaned",
    settings: Settings = QUIET,
) -> AsyncIterator[Driver]:
    """The reader over the passage of a document that answers; at first one on the last page of a report of three."""
    write_files(work / "notes", files)
    assistant = open_assistant()
    assistant.adopt(settings)
    index_all(assistant, work / "notes")
    async with AskdocsApp(assistant, settings).run_test(size=size, notifications=True) as pilot:
        driver = Driver(pilot, FakeAssistant())
        await driver.ask(question)
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


SCANNED = {"scanned.pdf": (FIXTURES / "pdf" / "scanned.pdf").read_bytes()}
RECOGNISING = Settings(watch=False, ocr=True)


@contextmanager
def tesseract_behind(gate: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """A Tesseract that notes its process in `gate`.waits and goes no further as long as `gate` isn't there."""
    write_files(gate.parent, {"table": f"{HEADER}{WORDS}", gate.name: ""})
    script = (
        'if [ "$1" = --list-langs ]; then echo "List of languages:"; echo eng; exit; fi\n'
        f"cat > /dev/null\necho $$ > {gate}.waits\n"
        f"until [ -e {gate} ]; do sleep 0.02; done\ncat {gate.parent}/table\n"
    )
    with tesseract_of(gate.parent, patch, script):
        yield


@SIZES
async def test_a_scanned_page(
    open_assistant: OpenAssistant, work: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is shown at once, can be looked at while Tesseract looks for the quote, and has it marked once it is found."""
    gate = work / "gate"
    with tesseract_behind(gate, monkeypatch):
        async with at_the_page(open_assistant, work, size, SCANNED, "the roof 1987", RECOGNISING) as driver:
            gate.unlink()
            await driver.press("g")
            await driver.see("page 1 of 2 · a picture of text, in which Tesseract looks for the quote…")
            await driver.press("n")
            await driver.see("page 2 of 2 · a picture of text")  # the quote goes on there
            await driver.press("p")
            await driver.see("page 1 of 2 · a picture of text, in which Tesseract looks for the quote…")
            assert not re.search("^▌ ", driver.text(), re.MULTILINE)
            gate.touch()
            await driver.see("page 1 of 2 · the quote is marked ▌")
            assert re.search("^▌ ", driver.text(), re.MULTILINE)
            await driver.press("plus")
            await driver.see("page 1 of 2 · the quote is marked ▌")


async def test_leaving_a_page_ends_what_reads_it(
    open_assistant: OpenAssistant, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who goes back while Tesseract looks for the quote leaves no process behind that does."""
    gate = work / "gate"
    with tesseract_behind(gate, monkeypatch):
        async with at_the_page(open_assistant, work, (80, 24), SCANNED, "the roof 1987", RECOGNISING) as driver:
            gate.unlink()
            waits = work / "gate.waits"
            waits.unlink()
            await driver.press("g")
            await driver.until(lambda: waits.exists() and waits.read_text().strip())
            tesseract = int(waits.read_text())
            assert is_running(tesseract)
            await driver.press("escape")
            await driver.until(lambda: not is_running(tesseract))


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_page_of_what_is_attached(open_assistant: OpenAssistant, work: Path) -> None:
    """The PDF in a message is shown as one in a folder is, and its name leads to it."""
    files = {"inspection.eml": (FIXTURES / "inspection.eml").read_bytes()}
    async with at_the_page(open_assistant, work, (160, 48), files, "the entrance hall type:pdf") as driver:
        await driver.press("g")
        await driver.see("page 1 of 2 · the quote is marked ▌ · notes/inspection.eml > notice.pdf")
        await driver.press("escape")
        (work / "notes" / "inspection.eml").write_bytes(b"Subject: Nothing\n\nis attached.\n")
        await driver.press("g")
        await driver.see("notes/inspection.eml no longer holds notice.pdf, or not as a document")


JIB = "lifts three tonnes at the end of its jib"
CRANE = {"crane.pptx": (FIXTURES / "slides" / "crane.pptx").read_bytes()}


@SIZES
async def test_a_slide(
    open_assistant: OpenAssistant, work: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """LibreOffice draws the presentation once, hidden slides with it; the lines and cells of the quote are marked."""
    gate, calls = work / "gate", work / "calls"
    script = (
        f"echo >> {calls}\nuntil [ -e {gate} ]; do sleep 0.02; done\n{LAST_ARGUMENTS}"
        f'cp {FIXTURES}/slides/crane.pdf "$1/slides.pdf"\n'
    )
    install_program(work / "bin", "soffice", script, monkeypatch)
    async with at_the_page(open_assistant, work, size, CRANE, JIB) as driver:
        await driver.press("g")
        await driver.see("LibreOffice draws the slides…")
        await driver.press("plus", "minus")
        gate.touch()
        await driver.see("slide 3 of 4 · the quote is marked ▌")
        assert re.search("^▌ ", driver.text(), re.MULTILINE)
        await driver.press("n")
        await driver.see("slide 4 of 4 · the quote is on slide 3")
        await driver.press("escape", "g")
        await driver.see("slide 3 of 4 · the quote is marked ▌")
        assert calls.read_text().count("\n") == 1


async def test_a_slide_without_libreoffice(
    open_assistant: OpenAssistant, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has to be installed is told in the place of the picture."""
    files = {"cr[red]ane\x1b[1m\u202e.pptx": CRANE["crane.pptx"]}
    async with at_the_page(open_assistant, work, (160, 48), files, JIB) as driver:
        monkeypatch.setenv("PATH", "/nowhere")
        await driver.press("g")
        await driver.see("cr[red]ane", "slides are drawn by LibreOffice, which isn't installed (libreoffice-impress)")
        assert_harmless(driver)
        await driver.press("escape")
        assert isinstance(driver.app.screen, ReaderScreen)


async def test_texts_have_no_pages() -> None:
    """g does nothing there."""
    async with running(indexed_home()) as driver:
        await driver.ask("When was the roof repaired?")
        await driver.press("tab", "enter")
        await driver.until(lambda: isinstance(driver.app.screen, ReaderScreen) and driver.document.has_focus)
        await driver.press("g")
        assert isinstance(driver.app.screen, ReaderScreen)
        assert "g Page" not in driver.text()
