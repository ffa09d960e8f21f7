"""The settings screen: what it shows, writes and refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.events import MouseScrollDown
from textual.widgets import Input

from askdocs.config import ABOUT, Settings, load_settings
from askdocs.tui.screens.main import MainScreen
from askdocs.tui.screens.settings import SettingList, SettingsScreen
from tests.tui.driving import Driver, indexed_home, running
from tests.tui.test_hostile import BIDI, ESCAPES, MARKUP, assert_harmless

SIZES = pytest.mark.parametrize("size", [(80, 24), (160, 48)], ids=["80x24", "160x48"])
MINE = "# Mine.\nwatch = false  # by hand\n\n[keys] # fingers\nclear = 'f11'\n"


async def open_settings(driver: Driver) -> SettingList:
    await driver.settle()
    await driver.press("f8")
    await driver.until(
        lambda: driver.app.screen.query(SettingList) and driver.app.screen.query_one(SettingList).options
    )
    return driver.app.screen.query_one(SettingList)


async def choose(driver: Driver, name: str) -> None:
    settings = driver.app.screen.query_one(SettingList)
    settings.highlighted = settings.get_option_index(name)
    await driver.pilot.pause()


async def put(driver: Driver, name: str, text: str) -> None:
    """Choose the setting, and type `text` in place of its value."""
    await choose(driver, name)
    await driver.press("enter")
    await driver.press("ctrl+u", "ctrl+k")
    await driver.type(text + "\n")


@SIZES
async def test_settings_are_shown_changed_and_remembered(work: Path, size: tuple[int, int]) -> None:
    """Every setting with its value and meaning; a change is in the file, beside all that stood there, and in force."""
    (work / "askdocs.toml").write_text(MINE, encoding="utf-8")
    fake = indexed_home()
    async with running(fake, size, load_settings(work, {})) as driver:
        settings = await open_settings(driver)
        names = {option.id for option in settings.options if not option.disabled}
        assert {name for name in ABOUT if name not in ("keys", "own_theme")} < names
        assert {"keys.index", "keys.up", "own_theme.accent"} < names
        await driver.see("The folder of the index; $ASKDOCS_INDEX wins over it.", "from the next start on")
        await driver.press("down", "down")
        await driver.see("What a CPU computes embeddings in.", "Allowed: int8, float32.")
        await put(driver, "max_file_mb", "7")
        await driver.see("✓ max_file_mb is written; it counts when files are indexed next.")
        await put(driver, "keys.index", "f11,ctrl+t")
        await driver.see("keys.index: f11 is the key of clear")
        await driver.press("escape")
        await put(driver, "keys.index", "ctrl+t")
        await driver.see("✓ keys.index is written; it counts at once.")
        await put(driver, "theme", "nord")
        await driver.until(lambda: driver.app.theme == "nord")
        assert fake.settings.max_file_mb == 7
        await driver.press("escape")
        assert isinstance(driver.app.screen, MainScreen)
        await driver.see("^t Re-index")
    text = (work / "askdocs.toml").read_text(encoding="utf-8")
    assert [line for line in MINE.splitlines() if line not in text.splitlines()] == []
    settings_now = load_settings(work, {})
    assert settings_now.keys == {"clear": "f11", "index": "ctrl+t"}
    assert (settings_now.theme, settings_now.max_file_mb, settings_now.watch) == ("nord", 7, False)


async def test_a_bad_value_is_refused_where_it_is_typed(work: Path) -> None:
    """What is allowed is said below the line, which stays to be corrected; the file stays as it is."""
    (work / "askdocs.toml").write_text(MINE, encoding="utf-8")
    async with running(indexed_home(), (160, 48)) as driver:
        await open_settings(driver)
        for name, text, says in [
            ("precision", "int4", "✗ precision must be one of int8, float32, not 'int4'"),
            ("max_file_mb", "many", "✗ max_file_mb must be a whole number, not 'many'"),
            ("max_file_mb", "0", "✗ max_file_mb must be at least 1, not 0"),
            ("watch", "yes", "✗ watch must be true or false, not 'yes'"),
            ("theme", "drak", "✗ theme must be one of askdocs-dark, askdocs-light"),
            ("keys.index", "f77", "✗ keys.index: there is no key 'f77'; there are: single characters"),
            ("own_theme.accent", "reddish", "✗ own_theme.accent: 'reddish' is no colour; write one as #rrggbb"),
        ]:
            await put(driver, name, text)
            await driver.see(says)
            value = driver.app.screen.query_one(Input)
            assert value.has_focus
            assert value.value == text
            await driver.press("escape")
            assert driver.app.screen.query_one(SettingList).has_focus
    assert (work / "askdocs.toml").read_text(encoding="utf-8") == MINE


async def test_few_values_are_gone_through_and_defaults_come_back(work: Path) -> None:
    """Space writes the next value, Delete takes the setting out of the file, an empty value does so in tables."""
    (work / "askdocs.toml").write_text(MINE, encoding="utf-8")
    async with running(indexed_home()) as driver:
        await open_settings(driver)
        for value in ("dense", "lexical", "hybrid"):
            await choose(driver, "retrieval")
            await driver.press("space")
            await driver.until(lambda value=value: load_settings(work, {}).retrieval == value)  # type: ignore[misc]
            assert driver.app.screen.query_one(SettingList).highlighted_option.id == "retrieval"  # type: ignore[union-attr]
        await choose(driver, "watch")
        await driver.press("delete")
        await driver.until(lambda: load_settings(work, {}).watch)
        await driver.until(lambda: driver.main.watching)
        await put(driver, "keys.clear", "")
        await driver.until(lambda: not load_settings(work, {}).keys)
    assert "watch" not in (work / "askdocs.toml").read_text(encoding="utf-8")


async def test_what_waits_for_the_next_start_is_said(work: Path) -> None:
    """Beside such a setting stands what is in use until then, as well as where the environment or an option decides."""
    (work / "askdocs.toml").write_text("watch = false", encoding="utf-8")
    async with running(indexed_home(), (160, 48), Settings(index="elsewhere")) as driver:
        await open_settings(driver)
        await driver.see("(until the next start: elsewhere)")
        await put(driver, "model", "other")
        await driver.see("✓ model is written; it counts from the next start on, after `askdocs index --rebuild`.")
        await driver.see("other  (until the next start: empty)")
        assert driver.app.settings == Settings(index="elsewhere", watch=False)


async def test_a_broken_file_is_shown_as_such(work: Path) -> None:
    """What can't be read is told with its line, and isn't written over."""
    (work / "askdocs.toml").write_text("watch = true\nindex = \n", encoding="utf-8")
    async with running(indexed_home()) as driver:
        await open_settings(driver)
        await driver.see("✗", "line 2 can't be read as settings")
        await choose(driver, "watch")
        await driver.press("space")
        await driver.see("line 2 can't be read as settings")
    assert (work / "askdocs.toml").read_text(encoding="utf-8") == "watch = true\nindex = \n"


async def test_a_file_that_can_not_be_written_is_told(work: Path) -> None:
    """One line says so; everything else goes on."""
    (work / "askdocs.toml").symlink_to("no such folder/askdocs.toml")
    async with running(indexed_home()) as driver:
        await driver.settle()
        await driver.press("f8")
        await driver.see("can't be read as settings")
        await choose(driver, "watch")
        await driver.press("space")
        await driver.see("can't be")
        await driver.press("escape")
        assert isinstance(driver.app.screen, MainScreen)


@pytest.mark.parametrize("hostile", [MARKUP, ESCAPES, BIDI], ids=["markup", "escapes", "bidi"])
async def test_hostile_values_are_shown(work: Path, hostile: str) -> None:
    """Whatever stands in the file is text, in the list, in the line to edit, and in a refusal."""
    escaped = "".join(f"\\u{ord(character):04x}" for character in hostile)
    (work / "askdocs.toml").write_text(f'editor = "{escaped}"\n', encoding="utf-8")
    async with running(indexed_home(), (160, 48), load_settings(work, {})) as driver:
        await open_settings(driver)
        assert_harmless(driver)
        await choose(driver, "editor")
        await driver.press("enter")
        assert_harmless(driver)
        await driver.press("enter")  # unchanged: nothing is written
        assert load_settings(work, {}).editor == hostile
        await choose(driver, "theme")
        await driver.press("enter")
        await driver.paste(hostile.partition("\n")[0])
        await driver.press("enter")
        await driver.see("theme must be one of")
        assert_harmless(driver)


@pytest.mark.usefixtures("work")
async def test_the_mouse_chooses_and_edits() -> None:
    """A click on a setting opens its value, the wheel scrolls, a click on a key at the bottom presses it."""
    async with running(indexed_home()) as driver:
        settings = await open_settings(driver)
        await driver.pilot.click(SettingList, offset=(5, 3))
        assert driver.app.screen.query_one(Input).has_focus
        await driver.see("retrieval")
        line = driver.text().splitlines()[-1]
        await driver.pilot.click("KeyBar", offset=(line.index("Back"), 0))
        assert settings.has_focus
        await driver.pilot._post_mouse_events([MouseScrollDown], SettingList, (5, 5))
        await driver.until(lambda: settings.scroll_offset.y > 0)
        assert isinstance(driver.app.screen, SettingsScreen)
