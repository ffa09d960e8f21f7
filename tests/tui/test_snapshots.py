"""What the screens look like; `pytest --snapshot-update` accepts a change after it was looked at."""

from __future__ import annotations

import warnings
from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from askdocs.errors import NoSources
from askdocs.types import Failure, Verdict
from tests.tui.driving import GARDEN, ROOF, Driver, app_for, home, indexed_home
from tests.tui.fake import FakeAssistant

Compare = Callable[..., bool]
Steps = Callable[[Driver], Awaitable[None]]

SIZES = pytest.mark.parametrize("size", [(80, 24), (160, 48)], ids=["80x24", "160x48"])


def looks_right(compare: Compare, fake: FakeAssistant, size: tuple[int, int], steps: Steps) -> bool:
    async def run_before(pilot: Pilot[None]) -> None:
        driver = Driver(pilot, fake)
        await driver.settle()
        await steps(driver)
        await driver.pilot.pause()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the plug-in's, about event loops
        return compare(app_for(fake), terminal_size=size, run_before=run_before)


@SIZES
def test_answer(snap_compare: Compare, size: tuple[int, int]) -> None:
    """An answer with its passages, and one that isn't in the documents."""

    async def steps(driver: Driver) -> None:
        await driver.ask("boiling point of tungsten")
        await driver.ask("When was the roof repaired?")
        await driver.press("tab")

    assert looks_right(snap_compare, indexed_home(), size, steps)


@SIZES
def test_files_that_changed(snap_compare: Compare, size: tuple[int, int]) -> None:
    """Passages of files that have been edited, are outdated, or have gone."""
    fake = indexed_home()
    fake.files["notes/cellar.txt"] = "The cellar of the roof.\n"
    fake.commit()
    fake.files["notes/roof.md"] = ROOF.replace("2019", "2020")
    fake.files["notes/garden.txt"] = "A line.\n\n" + GARDEN
    fake.verdict = Verdict.INDEX_UNRELIABLE

    async def steps(driver: Driver) -> None:
        await driver.ask("When was the roof repaired?")
        del fake.files["notes/cellar.txt"]
        fake.touch()
        await driver.see("Gone", "3 files behind")
        await driver.press("tab", "space")

    assert looks_right(snap_compare, fake, size, steps)


@SIZES
def test_reader(snap_compare: Compare, size: tuple[int, int]) -> None:
    """A document, open at the passage."""

    async def steps(driver: Driver) -> None:
        await driver.ask("When was the roof repaired?")
        await driver.press("tab", "enter")
        await driver.see("March 2019")

    assert looks_right(snap_compare, indexed_home(), size, steps)


@SIZES
def test_find(snap_compare: Compare, size: tuple[int, int]) -> None:
    """Words found in a document, the match that is in sight told from the others."""

    async def steps(driver: Driver) -> None:
        await driver.ask("When was the roof repaired?")
        await driver.press("tab", "enter")
        await driver.see("March 2019")
        await driver.press("slash")
        await driver.type("roof")
        await driver.see("1 of 2")

    assert looks_right(snap_compare, indexed_home(), size, steps)


@SIZES
def test_outline(snap_compare: Compare, size: tuple[int, int]) -> None:
    """The headings of a document over its text."""
    fake = FakeAssistant(files={"house.md": f"# The house\n\nIt is old.\n\n#{ROOF}\n## The garden\n\n{GARDEN}"})
    fake.commit()

    async def steps(driver: Driver) -> None:
        await driver.ask("When was the roof repaired?")
        await driver.press("tab", "enter")
        await driver.see("March 2019")
        await driver.press("t")
        await driver.see("▸   The roof")

    assert looks_right(snap_compare, fake, size, steps)


def test_split(snap_compare: Compare) -> None:
    """A document beside the conversation."""

    async def steps(driver: Driver) -> None:
        await driver.ask("When was the roof repaired?")
        await driver.press("tab", "enter")
        await driver.see("March 2019")
        await driver.press("f")
        await driver.see("● Found", "passage 1 of 4")
        await driver.until(lambda: driver.document.settled and driver.document.has_focus)

    assert looks_right(snap_compare, indexed_home(), (160, 48), steps)


@SIZES
def test_help(snap_compare: Compare, size: tuple[int, int]) -> None:
    """What the keys do."""

    async def steps(driver: Driver) -> None:
        await driver.press("f1")

    assert looks_right(snap_compare, indexed_home(), size, steps)


def test_indexing(snap_compare: Compare) -> None:
    """Half of the files are indexed."""
    fake = indexed_home()
    fake.files.update({f"notes/{number}.txt": "A note.\n" for number in range(2)})

    async def steps(driver: Driver) -> None:
        await driver.until(lambda: "2 files behind" in driver.text())
        fake.ungated = 1
        fake.indexing.clear()
        await driver.press("f5")
        await driver.see("Indexing 2 files", "50%")

    try:
        assert looks_right(snap_compare, fake, (80, 24), steps)
    finally:
        fake.indexing.set()


@SIZES
@pytest.mark.usefixtures("work")
def test_settings(snap_compare: Compare, size: tuple[int, int]) -> None:
    """The settings, one of them refused."""

    async def steps(driver: Driver) -> None:
        await driver.press("f8")
        await driver.see("precision")
        await driver.press("down", "down", "enter", *"xyz", "enter")
        await driver.see("must be one of")

    assert looks_right(snap_compare, indexed_home(), size, steps)


@pytest.mark.parametrize("theme", ["askdocs-dark-contrast", "askdocs-light-contrast"])
def test_contrast(snap_compare: Compare, theme: str) -> None:
    """The themes of high contrast, with a passage in focus."""

    async def steps(driver: Driver) -> None:
        driver.app.theme = theme
        await driver.ask("boiling point of tungsten")
        await driver.ask("When was the roof repaired?")
        await driver.press("tab")

    assert looks_right(snap_compare, indexed_home(), (80, 24), steps)


@SIZES
def test_library(snap_compare: Compare, size: tuple[int, int]) -> None:
    """What is indexed, what failed, and what is new."""
    fake = indexed_home()
    fake.failures = (Failure("notes/scans/1.pdf", "is not a PDF, whatever its name says", "application/pdf", None),)
    fake.files["notes/new.md"] = "New.\n"

    async def steps(driver: Driver) -> None:
        await driver.until(lambda: "behind" in driver.text())
        await driver.press("f2")
        await driver.see("+ new.md")
        await driver.press("down", "down", "down", "down", "right", "down")
        await driver.see("application/pdf")

    assert looks_right(snap_compare, fake, size, steps)


@SIZES
def test_start(snap_compare: Compare, size: tuple[int, int]) -> None:
    """Nothing is indexed yet."""
    fake = home()
    fake.indexing_trouble = NoSources("nothing to index yet")

    async def run_before(pilot: Pilot[None]) -> None:
        await Driver(pilot, fake).see("~/Documents")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the plug-in's, about event loops
        assert snap_compare(app_for(fake), terminal_size=size, run_before=run_before)


def test_light(snap_compare: Compare) -> None:
    """The light theme."""

    async def steps(driver: Driver) -> None:
        await driver.ask("When was the roof repaired?")
        driver.app.theme = "askdocs-light"

    assert looks_right(snap_compare, indexed_home(), (80, 24), steps)


@SIZES
def test_scope(snap_compare: Compare, size: tuple[int, int]) -> None:
    """What can be chosen, and some of it chosen."""

    async def steps(driver: Driver) -> None:
        await driver.press("f7")
        await driver.see("type:md")
        await driver.press("down", "space", "down", "space")
        await driver.see("1 document will be asked.")

    assert looks_right(snap_compare, indexed_home(), size, steps)


@SIZES
def test_chips(snap_compare: Compare, size: tuple[int, int]) -> None:
    """A conversation with chosen documents, and one of its chips about to be removed."""

    async def steps(driver: Driver) -> None:
        await driver.press("f7")
        await driver.see("type:txt")
        await driver.press("down", "space", "down", "down", "space", "f7")
        await driver.ask("When was the roof repaired?")
        await driver.press("shift+tab")
        await driver.see("1 document")

    assert looks_right(snap_compare, indexed_home(), size, steps)


@SIZES
def test_why(snap_compare: Compare, size: tuple[int, int]) -> None:
    """Why a passage was found."""

    async def steps(driver: Driver) -> None:
        await driver.ask("When was the roof repaired?")
        await driver.press("tab", "w")
        await driver.see("How it was ranked")

    assert looks_right(snap_compare, indexed_home(), size, steps)


@SIZES
def test_more_like_this(snap_compare: Compare, size: tuple[int, int]) -> None:
    """A ranking by what was marked."""

    async def steps(driver: Driver) -> None:
        await driver.ask("When was the roof repaired?")
        await driver.press("tab", "m")
        await driver.see("Ranked anew")

    assert looks_right(snap_compare, indexed_home(), size, steps)


def test_why_in_light(snap_compare: Compare) -> None:
    """Shades and marks in the light theme."""

    async def steps(driver: Driver) -> None:
        driver.app.theme = "askdocs-light"
        await driver.ask("When was the roof repaired?")
        await driver.press("tab", "w")
        await driver.see("How it was ranked")

    assert looks_right(snap_compare, indexed_home(), (80, 24), steps)
