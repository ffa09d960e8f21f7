"""Colours: enough contrast in each theme, a theme of one's own, and what is told without any colour."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from rich.segment import Segment
from textual.widgets import Input

from askdocs.config import Settings, load_settings
from askdocs.errors import SettingsError
from askdocs.tui.app import run
from askdocs.types import Failure, Verdict
from tests.tui.contrast import segments
from tests.tui.driving import Driver, indexed_home, running

if TYPE_CHECKING:
    from askdocs.assistant import Assistant


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
    await driver.see("roof.md")
    await driver.press("f")
    await driver.see("it is damaged")
    await look("the library")
    await driver.press("a")
    await look("another source")
    await driver.press("escape", "escape")
    await driver.press("escape", "f8")
    await driver.see("precision")
    await look("settings")
    await driver.press("down", "down", "enter")
    await driver.press(*"zzz", "enter")
    await driver.see("must be one of")
    await look("a setting refused")
    await driver.press("escape", "escape", "f3")
    await driver.see("2 questions · on show")
    await look("conversations")
    await driver.press("escape", "ctrl+r")
    await driver.see("When was the roof repaired?")
    await look("past questions")
    await driver.press("escape", "ctrl+e")
    await driver.see("Export this conversation")
    await look("export")
    await driver.press("escape", "ctrl+p")
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


@pytest.mark.usefixtures("work")
async def test_a_theme_of_ones_own() -> None:
    """The table own_theme is a theme called own: another one with some colours in place of its own."""
    settings = Settings(theme="own", own_theme={"base": "askdocs-light", "primary": "#102030", "accent": "maroon"})
    async with running(indexed_home(), settings=settings) as driver:
        theme = driver.app.current_theme
        assert (theme.primary, theme.accent, theme.background, theme.dark) == ("#102030", "maroon", "#fafaf7", False)
        assert "own" in driver.app.available_themes


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            'watch = true\ntheme = "askdocs-drak"',
            r"line 2: theme must be one of askdocs-dark, .*, nord, .*'askdocs-drak'",
        ),
        ('theme = "own"', "line 1: theme is own, but there is no table own_theme"),
        ('[own_theme]\nbase = "x"', r"line 2: own_theme.base must be one of askdocs-dark, askdocs-light, .*not 'x'"),
        ('[own_theme]\n\naccent = "reddish"', "line 3: own_theme.accent: 'reddish' is no colour; write one as #rrggbb"),
    ],
)
def test_what_is_no_theme_is_told_with_its_line(work: Path, text: str, says: str) -> None:
    """The interface doesn't start with it, and says where it stands and what is allowed."""
    (work / "askdocs.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=rf"askdocs\.toml, {says}"):
        run(cast("Assistant", indexed_home()), load_settings(work, {}))


async def test_a_theme_that_is_chosen_is_remembered(work: Path) -> None:
    """What is chosen in the palette is there at once, and at the next start."""
    (work / "askdocs.toml").write_text('# mine\ntheme = "nord"  # cold\n', encoding="utf-8")
    async with running(indexed_home(), settings=load_settings(work, {})) as driver:
        assert driver.app.theme == "nord"
        await driver.press("ctrl+p", *"theme")
        await driver.see("Change the colours")
        await driver.press("down", "enter")
        await driver.see("Which colours?", "askdocs-light-contrast")
        await driver.press(*"light-con", "down", "enter")
        await driver.until(lambda: driver.app.theme == "askdocs-light-contrast")
        await driver.until(lambda: load_settings(work, {}).theme == "askdocs-light-contrast")
    text = (work / "askdocs.toml").read_text(encoding="utf-8")
    assert text == '# mine\ntheme = "askdocs-light-contrast"  # cold\n'


async def test_a_theme_that_can_not_be_remembered_is_worn_all_the_same(work: Path) -> None:
    """If the settings can't be written, a line says why, and the colours stay until the end."""
    (work / "askdocs.toml").write_text("theme = \n", encoding="utf-8")
    async with running(indexed_home()) as driver:
        driver.app.choose_theme("nord")
        await driver.see("Not remembered", "line 1")
        assert driver.app.theme == "nord"


def uncoloured(segment: Segment) -> bool:
    style = segment.style
    return not style or all(colour is None or colour.is_default for colour in (style.color, style.bgcolor))


@pytest.mark.usefixtures("work")
async def test_without_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """With NO_COLOR no colour is sent; verdicts have signs, evidence is bold, what has the focus is marked."""
    monkeypatch.setenv("NO_COLOR", "1")
    fake = indexed_home()
    fake.failures = (Failure("notes/a.pdf", "it is damaged"),)
    seen = []
    async with running(fake, size=(100, 40), settings=Settings(theme="askdocs-light")) as driver:
        await driver.settle()

        async def look(where: str) -> None:
            await driver.pilot.pause()
            found = list(segments(driver))
            assert all(map(uncoloured, found)), where
            styled = {segment.text.strip() for segment in found if segment.style and segment.style.bold}
            turned = {segment.text for segment in found if segment.style and segment.style.reverse}
            match where:
                case "found":
                    assert "● Found (75% sure)" in styled
                    assert any(text.startswith("The roof was repaired") for text in styled)
                case "a passage in focus":
                    assert "▌" in driver.text()
                case "reading":
                    assert any(s.style and s.style.underline and "roof" in s.text for s in found)
                case "typing":
                    assert " " in turned  # the cursor
                case "settings":
                    assert any(s.style and s.style.underline and "index" in s.text for s in found)
                case "a setting refused":
                    assert "✗ precision must be" in driver.text()
                    assert " " in turned
                case "gone and outdated":
                    assert "▲ Was found" in driver.text()
            seen.append(where)

        await through_everything(driver, look)
    assert {"found", "reading", "settings", "trouble"} <= set(seen)


@pytest.mark.usefixtures("work")
async def test_the_colours_of_the_terminal() -> None:
    """A theme of ANSI colours sends those of the terminal, from the first screen on."""
    async with running(indexed_home(), settings=Settings(theme="ansi-dark")) as driver:
        await driver.settle()
        await driver.ask("When was the roof repaired?")
        colours = {colour for segment in segments(driver) if segment.style
                   for colour in (segment.style.color, segment.style.bgcolor) if colour}  # fmt: skip
        assert colours
        assert all(colour.is_default or colour.is_system_defined for colour in colours)


@pytest.mark.usefixtures("work")
async def test_nothing_moves() -> None:
    """No animation, no blinking cursor in the question or a setting, no smooth scrolling."""
    async with running(indexed_home()) as driver:
        assert driver.app.animation_level == "none"
        assert not driver.box.cursor_blink
        await driver.press("f8")
        await driver.until(lambda: driver.app.screen.query(Input))
        assert not driver.app.screen.query_one(Input).cursor_blink
