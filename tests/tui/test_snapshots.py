"""What the screens look like; `pytest --snapshot-update` accepts a change after it was looked at.

Each test walks through some screens at a size, and takes a picture of each in the dark and in the light theme. All text
is to have the contrast to what it stands on that WCAG asks for.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_textual_snapshot import SVGImageExtension
from syrupy.assertion import SnapshotAssertion

from askdocs.errors import NoSources
from askdocs.sessions.sessions import Conversation
from askdocs.tui.screens.confirm import ConfirmScreen
from askdocs.tui.themes import THEMES
from askdocs.tui.widgets.line import Line
from askdocs.types import Failure, Verdict
from tests.tui.contrast import enough, faintest
from tests.tui.driving import GARDEN, ROOF, Driver, home, running
from tests.tui.fake import FakeAssistant

SMALL = (80, 24)
SIZES = pytest.mark.parametrize("size", [SMALL, (160, 48)], ids=["80x24", "160x48"])
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
PICTURED = ("askdocs-dark", "askdocs-light")
HOUSE = f"""# The house

It was built in 1911, see [the plan](/home/anna/plan.pdf) and <https://archive.example/houses/1911?street=Mill%20Lane>.

#{ROOF}
## The garden

{GARDEN}"""
REPORT = "Report on the roof.\n\nThe slates of the roof are from Wales.\n"


class Album:
    """The pictures of a walk: those that are other than before, and texts that are too faint, are told at its end."""

    def __init__(self, snapshot: SnapshotAssertion, folder: Path) -> None:
        self._snapshot = snapshot.use_extension(SVGImageExtension)
        self._folder = folder
        self._themes: list[str] = []
        self._wrong: list[str] = []

    @asynccontextmanager
    async def walk(self, fake: FakeAssistant, size: tuple[int, int]) -> AsyncIterator[Driver]:
        """The application at its first screen; fails at the end if a picture was wrong.

        All themes are looked at in the small size only, as switching is what takes time.
        """
        self._themes = [theme.name for theme in THEMES] if size == SMALL else list(PICTURED)
        async with running(fake, size) as driver:
            yield driver
        assert not self._wrong, "\n".join(self._wrong)

    async def take(self, driver: Driver, name: str) -> None:
        """Pictures of what is on show, beginning with the theme that is on."""
        driver.app.clear_notifications()
        for theme in self._themes:
            driver.app.theme = theme
            await driver.pilot.pause()
            self.take_one(driver, name)
        self._themes.reverse()

    def take_one(self, driver: Driver, name: str) -> None:
        """A picture in the theme that is on, and a look at its contrast."""
        theme = driver.app.theme
        ratio, text = faintest(driver)
        if ratio < enough(theme):
            self._wrong.append(f"{name}, {theme}: {text!r} has a contrast of {ratio:.2f}")
        if theme in PICTURED:
            name = f"{name}-{theme.removeprefix('askdocs-')}"
            picture = driver.app.export_screenshot(simplify=True)
            if self._snapshot(name=name) != picture:
                path = self._folder / f"{name}.svg"
                path.write_text(picture, encoding="utf-8")
                self._wrong.append(f"{name} looks other than before: {path}")


@pytest.fixture
def album(snapshot: SnapshotAssertion, tmp_path: Path) -> Album:
    return Album(snapshot, tmp_path)


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Times are those of everywhere."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def house() -> FakeAssistant:
    """Three documents, indexed."""
    fake = FakeAssistant(files={"notes/house.md": HOUSE, "notes/garden.txt": GARDEN, "notes/plan.pdf": REPORT})
    fake.suggested = ("When was the roof repaired?", "What is painted green every second spring?")
    fake.commit()
    return fake


@SIZES
async def test_the_first_start(album: Album, size: tuple[int, int]) -> None:
    """Nothing is indexed yet."""
    fake = home()
    fake.indexing_trouble = NoSources("nothing to index yet")
    async with album.walk(fake, size) as driver:
        await driver.see("~/Documents")
        await album.take(driver, "start")


@SIZES
async def test_asking(album: Album, size: tuple[int, int]) -> None:
    """Questions are suggested, answered, not answered, leant on, ranked anew, and restricted."""
    fake = house()
    async with album.walk(fake, size) as driver:
        await driver.settle()
        await driver.see("painted green")
        await album.take(driver, "welcome")
        await driver.ask("boiling point of tungsten")
        await album.take(driver, "not-found")
        await driver.ask("When was the roof repaired?")
        await driver.press("tab")
        await album.take(driver, "answer")
        await driver.press("w")
        await driver.see("How it was ranked")
        await album.take(driver, "why")
        await driver.press("escape", "m")
        await driver.see("Ranked anew")
        await album.take(driver, "more-like-this")
        await driver.press("f7")
        await driver.see("type:txt")
        await driver.press("down", "space", "down", "down", "space")
        await driver.see("1 document will be asked.")
        await album.take(driver, "scope")
        await driver.press("f7")
        await driver.ask("and when was it painted?")
        await driver.press("shift+tab")
        await driver.see("1 document")
        await album.take(driver, "chips")
        fake.asking.clear()
        await driver.press("escape")
        await driver.type("Who leads the choir?\nWhy?\n")
        await driver.see("Looking…")
        await album.take(driver, "waiting")
        fake.trouble = ValueError("oh")
        fake.asking.set()
        await driver.settle()
        await album.take(driver, "trouble")


@SIZES
async def test_files_that_changed(album: Album, size: tuple[int, int]) -> None:
    """Passages of files that have been edited, are outdated, or have gone; then they are indexed."""
    fake = house()
    fake.verdict = Verdict.INDEX_UNRELIABLE
    fake.warnings = ("A folder can't be looked into.",)
    async with album.walk(fake, size) as driver:
        await driver.settle()
        await driver.ask("When was the roof repaired?")
        fake.files["notes/house.md"] = HOUSE.replace("2019", "2020")
        fake.files["notes/garden.txt"] = "A line.\n\n" + GARDEN
        del fake.files["notes/plan.pdf"]
        fake.touch()
        await driver.see("Gone", "3 files behind")
        await driver.press("tab", "space")
        await album.take(driver, "out-of-date")
        fake.ungated = 1
        fake.indexing.clear()
        await driver.press("f5")
        await driver.see("Indexing 3 files", "%")
        await album.take(driver, "indexing")


@SIZES
async def test_reading(album: Album, size: tuple[int, int]) -> None:
    """A document at a passage, its words and headings found, its pages, and it beside the conversation."""
    async with album.walk(house(), size) as driver:
        await driver.settle()
        await driver.ask("When was the roof repaired?")
        await driver.press("tab", "enter")
        await driver.until(lambda: driver.document.settled and driver.document.has_focus)
        await album.take(driver, "reader")
        await driver.press("slash")
        await driver.type("roof")
        await driver.see("1 of 2")
        await album.take(driver, "find")
        await driver.press("escape", "t")
        await driver.see("▸   The roof")
        await album.take(driver, "outline")
        await driver.press("escape", "l")
        await driver.see("Links in sight")
        await album.take(driver, "links")
        await driver.press("escape", "f1")
        await driver.see("Reading")
        await album.take(driver, "help-reading")
        await driver.press("escape")
        if size[0] >= 120:
            await driver.press("f")
            await driver.see("● Found", "passage 1 of")
            await driver.until(lambda: driver.document.settled and driver.document.has_focus)
            await album.take(driver, "split")
            await driver.press("f")
        await driver.press("n", "n")
        await driver.see("page 2", "Report on the roof")
        await driver.press("g")
        await driver.see("the quote is marked ▌")
        await album.take(driver, "picture")


@SIZES
async def test_the_library(album: Album, size: tuple[int, int]) -> None:
    """What is indexed, what failed, what is new; added, forgotten, and read."""
    fake = house()
    fake.failures = (Failure("notes/scans/1.pdf", "is not a PDF, whatever its name says", "application/pdf", None),)
    fake.files["notes/new.md"] = "New.\n"
    async with album.walk(fake, size) as driver:
        await driver.settle()
        await driver.until(lambda: "behind" in driver.text())
        await driver.press("f2")
        await driver.see("+ new.md")
        await driver.press("down", "down", "down", "down", "down", "right", "down")
        await driver.see("application/pdf")
        await album.take(driver, "library")
        await driver.press("a")
        await driver.type("notes")
        await driver.see("notes/")
        await album.take(driver, "add")
        await driver.press("escape", "home", "d")
        await driver.until(lambda: isinstance(driver.app.screen, ConfirmScreen))
        await album.take(driver, "confirm")
        await driver.press("n", "down", "enter")
        await driver.see("painted green")
        await album.take(driver, "document")


@SIZES
async def test_conversations(album: Album, size: tuple[int, int]) -> None:
    """Those that are kept, one about to be deleted, renamed, and exported; a question found again."""
    fake = house()
    for question in ("When was the roof repaired?", "屋根はいつ修理されましたか", "What did the hedge cost?", "Why?"):
        conversation = Conversation(fake.sessions)
        conversation.note(question, fake.ask(question), "")
        conversation.save()
    connection = sqlite3.connect(fake.sessions.path)
    connection.execute("UPDATE sessions SET used = ?", (NOON.timestamp(),))
    connection.commit()
    connection.close()
    async with album.walk(fake, size) as driver:
        await driver.settle()
        await driver.press("f3")
        await driver.see("When was the roof repaired?")
        await driver.press("down", "d")
        await driver.see("D once more")
        await album.take(driver, "sessions")
        await driver.press("r")
        await driver.see("The name of")
        await album.take(driver, "prompt")
        await driver.press("escape", "escape", "ctrl+r")
        await driver.see("When was the roof repaired?", "Why?")
        await driver.type("th")
        await driver.until(lambda: "Why?" not in driver.text())
        await album.take(driver, "history")
        await driver.press("escape")
        await driver.ask("When was the roof repaired?")
        await driver.press("ctrl+e")
        await driver.until(lambda: driver.app.screen.query_one(Line).value)
        await driver.press("backspace", "enter")
        await driver.see("names no format")
        await album.take(driver, "export")


@SIZES
@pytest.mark.usefixtures("work")
async def test_choosing(album: Album, size: tuple[int, int]) -> None:
    """The settings, one of them refused; what the keys do, and all that can be done by name."""
    async with album.walk(house(), size) as driver:
        await driver.settle()
        await driver.press("f8")
        await driver.see("precision")
        await driver.press("down", "down", "enter", *"xyz", "enter")
        await driver.see("must be one of")
        await album.take(driver, "settings")
        await driver.press("escape", "escape", "f1")
        await driver.see("the question", "Asking")
        await album.take(driver, "help")
        for theme in PICTURED:  # Textual's palette keeps the colours in which it was opened
            driver.app.theme = theme
            await driver.press("escape", "ctrl+p")
            await driver.see("Ask as typed")
            album.take_one(driver, "palette")
