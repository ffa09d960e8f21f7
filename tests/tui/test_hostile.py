"""Documents, names, questions and messages are data: shown, never obeyed."""

from __future__ import annotations

import pytest

from askdocs.errors import ModelError
from askdocs.tui.screens.library import LibraryScreen
from askdocs.tui.screens.main import MainScreen
from askdocs.types import Failure
from tests.tui.driving import Driver, running
from tests.tui.fake import FakeAssistant

MARKUP = "[red]roof[/red] [@click=app.quit]press[/] [/] [$primary] [link=https://example.org]x[/link] \\[b]"
ESCAPES = "\x1b[31mroof\x1b[0m \x1b]0;owned\x07 \x1b]8;;https://example.org\x1b\\x \x1bP$q\x1b\\ \x9b2J \x08\x0b\x0c"
BIDI = "roof \u202egnp.exe\u202c \u2066x\u2069 \u200b\u200f"


def written(driver: Driver) -> str:
    """Everything that goes to the terminal as text."""
    strips = driver.app.screen._compositor.render_strips()
    return "".join(segment.text for strip in strips for segment in strip)


def assert_harmless(driver: Driver) -> None:
    text = written(driver)
    assert not [character for character in text if ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0]
    assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f") & set(text)
    metas = [segment.style.meta for strip in driver.app.screen._compositor.render_strips() for segment in strip
             if segment.style]  # fmt: skip
    assert not any("@click" in meta for meta in metas)
    assert not any(segment.style.link for strip in driver.app.screen._compositor.render_strips() for segment in strip
                   if segment.style)  # fmt: skip


@pytest.mark.parametrize("hostile", [MARKUP, ESCAPES, BIDI], ids=["markup", "escapes", "bidi"])
async def test_everywhere(hostile: str) -> None:
    """Hostile text in a document, a path, a title, a question, a warning, a reason and an error does nothing."""
    path = f"notes/{hostile}.txt"
    fake = FakeAssistant(files={path: f"{hostile} The roof was repaired. {hostile}\n\nAnother roof.\n"})
    fake.failures = (Failure(path, hostile),)
    fake.warnings = (hostile,)
    async with running(fake, size=(140, 40)) as driver:
        await driver.settle()
        await driver.paste(f"{hostile} roof repaired")
        assert_harmless(driver)
        await driver.press("enter")
        await driver.settle()
        assert_harmless(driver)
        await driver.press("tab", "space", "space", "enter")
        await driver.until(lambda: driver.document.settled)
        await driver.see("repaired")
        assert_harmless(driver)
        await driver.press("escape", "f2")
        assert isinstance(driver.app.screen, LibraryScreen)
        await driver.see("1 source", "failed")
        await driver.press("down")
        assert_harmless(driver)
        await driver.press("slash")
        await driver.paste(hostile)
        assert_harmless(driver)
        await driver.press("escape", "escape")
        fake.trouble = ModelError(f"the model {hostile} is missing")
        await driver.ask("why")
        fake.indexing_trouble = ModelError(f"the model {hostile} is missing")
        await driver.press("escape", "f5")
        await driver.see("✗ the model")
        assert_harmless(driver)


async def test_markup_is_shown_as_it_is() -> None:
    """Square brackets reach the reader's eyes unchanged."""
    fake = FakeAssistant(files={"a.txt": "The [red]roof[/red] was repaired [@click=app.quit]here[/].\n"})
    fake.commit()
    async with running(fake) as driver:
        await driver.ask("was [b]the roof[/b] repaired here")
        await driver.see(
            "was [b]the roof[/b] repaired here", "The [red]roof[/red] was repaired [@click=app.quit]here[/]."
        )
        await driver.pilot.click(driver.citations[0], offset=(50, 1))
        assert isinstance(driver.app.screen, MainScreen)


async def test_line_of_a_megabyte() -> None:
    """A document that is one line of 1 MB without a space opens at its end like any other."""
    fake = FakeAssistant(files={"a.txt": "x" * 1_000_000 + "\n\nThe roof was repaired.\n"})
    fake.commit()
    async with running(fake) as driver:
        await driver.ask("roof was repaired")
        await driver.press("tab", "enter")
        await driver.see("  3 ▌ The roof was repaired.", "xxxxxxxx")
