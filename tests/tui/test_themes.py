"""Colours: enough contrast in each theme, a theme of one's own, and what is told without any colour."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from rich.segment import Segment
from textual.color import Color
from textual.command import CommandPalette
from textual.filter import Monochrome

from askdocs.config import Settings, load_settings
from askdocs.errors import SettingsError
from askdocs.tui.themes import THEMES
from askdocs.types import Failure, Verdict
from tests.tui.driving import Driver, app_for, indexed_home, running

DECORATION = set(" ▌▐▁▔▎▏▕│─╭╮╰╯┃━╸╺█▀▄▂▃▅▆▇▊▉▋▍\u2588🔎")


def segments(driver: Driver) -> Iterator[Segment]:
    """What is drawn, without what a modal screen dims behind itself."""
    screen = driver.app.screen
    for y, strip in enumerate(screen._compositor.render_strips()):
        for child in screen.children if screen.is_modal else [screen]:
            if child.region.y <= y < child.region.bottom:
                yield from strip.crop(child.region.x, child.region.right)


def faintest(driver: Driver) -> tuple[float, str]:
    """The lowest contrast of any text on the screen to what it stands on, and the text."""
    found = [(21.0, "nothing")]
    for segment in segments(driver):
        if segment.style and set(segment.text) - DECORATION:
            assert segment.style.color and segment.style.bgcolor
            ink, ground = Color.from_rich_color(segment.style.color), Color.from_rich_color(segment.style.bgcolor)
            found.append((contrast(ink, ground), segment.text.strip()))
    return min(found)


def contrast(one: Color, other: Color) -> float:
    """The contrast ratio of WCAG 2."""
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: Color) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (colour.r / 255, colour.g / 255, colour.b / 255)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


async def through_everything(driver: Driver, look: Callable[[str], Awaitable[None]]) -> None:
    """Show every screen and every state of a card, calling `look` at each."""
    await look("welcome")
    await driver.type("a question")
    await look("typing")
    await driver.press("ctrl+a", "ctrl+k")
    await driver.ask("boiling point of tungsten")
    await look("not in the documents")
    await driver.ask("When was the roof repaired?")
    await look("found")
    await driver.press("tab", "space", "space")
    await look("a passage in focus")
    await driver.press("down", "space")
    await look("a passage unfolded")
    await driver.press("enter")
    await driver.until(lambda: driver.document.settled)
    await look("reading")
    await driver.press("f1")
    await look("help about reading")
    await driver.press("escape", "escape", "escape", "f2")
    await driver.until(lambda: driver.document.settled)
    await look("failures")
    await driver.press("escape", "f8")
    await driver.see("precision")
    await look("settings")
    await driver.press("down", "down", "enter")
    await driver.press(*"zzz", "enter")
    await driver.see("must be one of")
    await look("a setting refused")
    await driver.press("escape", "escape", "ctrl+p")
    await driver.until(lambda: "Leave askdocs" in driver.text())
    await look("commands")
    await driver.press("escape")
    driver.fake.verdict = Verdict.INDEX_UNRELIABLE
    driver.fake.warnings = ("something is odd",)
    driver.fake.files["notes/roof.md"] = "Rewritten.\n"
    del driver.fake.files["notes/garden.txt"]
    driver.fake.touch()
    await driver.see("Gone", "Outdated")
    await look("gone and outdated")
    await driver.ask("When was the roof repaired?")
    await look("unreliable")
    driver.fake.trouble = ValueError("oh")
    await driver.ask("why?")
    await look("trouble")


@pytest.mark.parametrize("theme", [theme.name for theme in THEMES])
async def test_text_can_be_read(theme: str, work: Path) -> None:
    """All text on all screens has the contrast of WCAG AA (4.5 : 1), in the contrast themes of AAA (7 : 1)."""
    enough = 7 if theme.endswith("-contrast") else 4.5
    faint = []
    fake = indexed_home()
    fake.failures = (Failure("notes/a.pdf", "it is damaged"),)
    async with running(fake, size=(100, 40), settings=Settings(theme=theme)) as driver:
        await driver.settle()

        async def look(where: str) -> None:
            await driver.pilot.pause()
            ratio, text = faintest(driver)
            if ratio < enough:
                faint.append(f"{where}: {ratio:.2f} {text!r}")

        await through_everything(driver, look)
    assert not faint, "\n".join(faint)
