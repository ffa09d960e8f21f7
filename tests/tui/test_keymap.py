"""Keys: named actions get others, vim's are there on demand, and help and palette tell the ones that hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from textual.binding import Binding
from textual.command import CommandPalette
from textual.widgets import Static

from askdocs.config import Settings, load_settings
from askdocs.errors import SettingsError
from askdocs.tui.app import run
from askdocs.tui.keymap import VIM, _classes, actions, key_text, keymap, places
from askdocs.tui.screens.help import HelpScreen
from askdocs.tui.screens.main import MainScreen
from askdocs.tui.screens.reader import ReaderScreen
from askdocs.tui.screens.sessions import SessionsScreen
from askdocs.tui.widgets import question
from askdocs.tui.widgets.path_input import PathInput
from askdocs.types import Verdict
from tests.tui.driving import Driver, indexed_home, running
from tests.tui.fake import FakeAssistant

if TYPE_CHECKING:
    from askdocs.assistant import Assistant

MAIN = {
    "Library", "Add a folder", "Retry failures", "Re-index", "Watch", "Ask as typed", "Clear", "Conversations",
    "New conversation", "Past questions", "Export", "Scope",
}  # fmt: skip
FORMS = {"Copy as Markdown", "Copy as plain text", "Copy as BibTeX"}
KEYLESS = {"Theme", "Add a folder", "Retry failures", *FORMS}
LONG = "\n\n".join(f"Paragraph {number} is about the roof." for number in range(200))


def keys(**keys: str) -> Settings:
    return Settings(keys=keys)


async def test_an_action_has_the_keys_that_settings_give_it() -> None:
    """The new keys work, also while a question is typed, the old one no longer does, and all texts name the new one."""
    fake = indexed_home()
    fake.verdict = Verdict.INDEX_UNRELIABLE
    async with running(fake, (100, 60), keys(index="f11, ctrl+t", help="f12")) as driver:
        await driver.settle()
        await driver.see("F11 Re-index", "F12 explains the rest")
        await driver.press("f5")
        assert fake.index_runs == 0
        await driver.press("a", "ctrl+t")
        await driver.until(lambda: fake.index_runs == 1)
        await driver.settle()
        await driver.press("backspace")
        await driver.ask("boiling point of tungsten")
        await driver.see("F11 brings the index up to date, F2 lists")
        await driver.press("f12")
        await driver.see("F11 Ctrl+T", "bring the index up to date")
        await driver.press("f12")
        assert isinstance(driver.app.screen, MainScreen)
        commands = {command.title: command.help for command in driver.app.get_system_commands(driver.main)}
        assert commands["Re-index"].endswith("(F11, Ctrl+T)")


class Derived(MainScreen):
    """A main screen; its module names no widget that has keys."""


async def test_a_screen_has_the_keys_of_what_its_bases_name() -> None:
    """A widget counts to a screen also if it is the module of one of its bases that names it."""
    async with running(indexed_home()) as driver:
        screen = Derived(cast("Assistant", driver.fake), watch=False)
        assert screen.focused is None
        assert question.QuestionBox in places(screen)


async def test_keys_can_be_swapped() -> None:
    """Two actions change places without a clash."""
    fake = indexed_home()
    async with running(fake, settings=keys(index="ctrl+l", clear="f5")) as driver:
        await driver.settle()
        await driver.ask("When was the roof repaired?")
        await driver.press("ctrl+l")
        await driver.until(lambda: fake.index_runs == 1)
        await driver.settle()
        assert driver.cards
        await driver.press("f5")
        assert not driver.cards


async def test_the_library_knows_keys_of_ones_own() -> None:
    """What it says of keys, and those that open a line to type on, are as settings have them; no other opens one."""
    async with running(indexed_home(), settings=keys(add_source="plus", find="f10", back="f12")) as driver:
        await driver.settle()
        await driver.press("f2", "a", "slash")
        library = driver.app.screen
        assert not library.query_one(PathInput).display
        assert not library.query_one("#filter").display
        await driver.press("f10", *"roof")
        await driver.see("with “roof”: F12 shows all")
        await driver.press("f12", "plus")
        assert library.query_one(PathInput).display


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ('indx = "f11"', r"there is no action 'indx'; there are: add_source, .*, watch"),
        ('index = "f119"', r"keys.index: there is no key 'f119'; there are: single characters, f1 to f24, enter"),
        ('index = "f11,,f10"', "keys.index: there is no key ''"),
        ('index = "ctlr+x"', "there is no key 'ctlr\\+x'"),
        ('index = "f6"', r"keys.index: f6 is the key of watch \(Watch\) already: give that another one too"),
        ('index = "?"', "question_mark is the key of 'Help' already"),
        ('quit = "q"', "q could no longer be typed; choose a key that types nothing, as in ctrl\\+q"),
        ('index = "ctrl+k"', "ctrl\\+k is the key of 'Delete [a-z ]+' already: choose another"),
        ('fold = "f5"', r"keys.fold: f5 is the key of index \([A-Z]"),
        ('index = "f11"\nwatch = "f11"', r"line 3: keys.watch: f11 is the key of index"),
        ('next_citation = "q"', r"q is the key of back \(Back\) already"),
    ],
)  # fmt: skip
def test_what_is_no_action_or_key_or_is_taken_is_told(work: Path, table: str, says: str) -> None:
    """The interface doesn't start with it, and says where it stands and what there is."""
    (work / "askdocs.toml").write_text(f"[keys]\n{table}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=says if says.startswith("line") else f"line 2: .*{says}"):
        run(cast("Assistant", indexed_home()), load_settings(work, {}))


def test_the_same_key_in_two_places_is_no_clash() -> None:
    """What can't be pressed at once may share a key."""
    assert keymap(keys(next_citation="space", index="ctrl+shift+f5")) == {
        "next_citation": "space",
        "index": "ctrl+shift+f5",
    }


def test_keys_are_spelled_as_one_likes() -> None:
    """Capitals don't matter but in letters, and Shift with a letter is the capital."""
    given = keymap(keys(clear="F11 , Ctrl+T,shift+r, R ,/"))
    assert given["clear"] == "f11,ctrl+t,R,R,slash"


@pytest.mark.parametrize(
    ("key", "text"),
    [("f5", "F5"), ("ctrl+p", "Ctrl+P"), ("escape", "Esc"), ("question_mark", "?"), ("n", "n"), ("pageup", "PgUp"),
     ("up", "↑"), ("ctrl+shift+left", "Ctrl+Shift+←"), ("space", "Space"), ("enter", "Enter")],
)  # fmt: skip
def test_keys_in_texts(key: str, text: str) -> None:
    """Keys are called what stands on them."""
    assert key_text(key) == text


def test_every_key_has_a_name() -> None:
    """Each binding of ours can be given another key, but for those that every program has."""
    unnamed = {
        (owner.__name__, binding.key)
        for owner in _classes()
        for binding in vars(owner).get("BINDINGS", ())
        if isinstance(binding, Binding) and not binding.id
    }
    assert unnamed == {
        ("CitationView", "shift+tab"),
        ("CitationView", "tab"),
        ("AskdocsApp", "question_mark"),
        ("Filter", "enter"),
        ("Line", "enter"),
        ("HelpScreen", "enter,question_mark"),
        ("FindInput", "enter"),
        ("ReaderPane", "N"),
        ("ConfirmScreen", "n"),
        ("LibraryScreen", "q"),
        ("PathInput", "enter"),
        ("Chip", "left,shift+tab"),
        ("Chip", "right,tab"),
        ("Chip", "down"),
        ("WhyScreen", "enter"),
        ("Suggestion", "shift+tab"),
        ("Suggestion", "tab"),
        ("QuestionBox", "enter"),
        ("QuestionBox", "up"),
        ("QuestionBox", "down"),
    }
    assert VIM.keys() <= actions().keys() | {"page_picture"}


# vim


async def test_vim_moves_between_passages() -> None:
    """j, k, g and G move between passages, i and / lead back to the question, where every letter is one."""
    async with running(indexed_home(), settings=Settings(vim=True)) as driver:
        await driver.settle()
        await driver.type("jkgGi/")
        assert driver.box.text == "jkgGi/"
        await driver.press("ctrl+u")
        await driver.ask("When was the roof repaired?")
        for key in ("i", "slash"):
            await driver.press("tab", "j", "j", "k")
            assert driver.citations[1].has_focus
            await driver.press("G")
            assert driver.citations[-1].has_focus
            await driver.press("g")
            assert driver.citations[0].has_focus
            await driver.press(key)
            assert driver.box.has_focus
            assert driver.box.text == ""
        await driver.press("tab", "up", "down", "down", "up", "escape")
        assert driver.box.has_focus


async def test_vim_scrolls_the_text() -> None:
    """In the reader j and k scroll by a row, Ctrl+D and Ctrl+U by half a page, g and G to the ends."""
    fake = FakeAssistant(files={"long.txt": LONG})
    fake.commit()
    async with running(fake, settings=Settings(vim=True)) as driver:
        await driver.ask("Paragraph about the roof")
        await driver.press("tab", "enter")
        assert isinstance(driver.app.screen, ReaderScreen)
        await driver.until(lambda: driver.document.settled)
        for key, row in (("g", 0), ("j", 1), ("j", 2), ("k", 1), ("ctrl+d", 11), ("ctrl+u", 1)):
            await driver.press(key)
            assert driver.document.scroll_offset.y == row, key
        await driver.press("G")
        await driver.see("Paragraph 199")
        await driver.press("f1", "j", "G", "g", "q")
        assert isinstance(driver.app.screen, ReaderScreen)


async def test_without_vim_letters_are_for_the_question() -> None:
    """On a passage, j begins a question."""
    async with running(indexed_home()) as driver:
        await driver.ask("When was the roof repaired?")
        await driver.press("tab", "j")
        assert driver.box.has_focus
        assert driver.box.text == "j"


async def test_a_key_of_ones_own_wins_over_vim() -> None:
    """The table keys has the last word."""
    async with running(indexed_home(), settings=Settings(vim=True, keys={"down": "z"})) as driver:
        await driver.ask("When was the roof repaired?")
        await driver.press("tab", "z", "z")
        assert driver.citations[2].has_focus


# Help and palette


def help_text(driver: Driver) -> str:
    assert isinstance(driver.app.screen, HelpScreen)
    return "\n".join(str(static.render()) for static in driver.app.screen.query(Static))


@pytest.mark.usefixtures("work")
async def test_help_is_about_the_screen_in_view() -> None:
    """Each screen has its own help, made from its bindings; what has the focus comes first."""
    async with running(indexed_home()) as driver:
        await driver.ask("When was the roof repaired?")
        await driver.press("f1")
        text = help_text(driver)
        assert text.index("Asking") < text.index("Passages") < text.index("The index") < text.index("Anywhere")
        assert "● Found" in text
        await driver.press("escape", "tab", "f1")
        text = help_text(driver)
        assert text.index("Passages") < text.index("Asking")
        await driver.press("escape", "enter")
        await driver.until(lambda: driver.document.settled)
        await driver.press("question_mark")
        text = help_text(driver)
        assert "next passage of the answer" in text
        assert "Asking" not in text
        assert "Found" not in text
        await driver.press("escape", "escape", "f8")
        await driver.see("precision")
        await driver.press("f1")
        assert "take the setting out of the file" in help_text(driver)


async def test_help_comes_over_modal_screens_and_goes() -> None:
    """F1 works on a list that is modal, leaves the palette alone, and closes what it has opened."""
    async with running(indexed_home()) as driver:
        await driver.ask("When was the roof repaired?")
        await driver.press("f3")
        assert isinstance(driver.app.screen, SessionsScreen)
        await driver.see("F1 Help", "1 question")
        await driver.press("f1")
        assert "go on with the conversation" in help_text(driver)
        await driver.press("f1")
        assert isinstance(driver.app.screen, SessionsScreen)
        await driver.press("escape", "ctrl+p", "f1")
        assert isinstance(driver.app.screen, CommandPalette)


@pytest.mark.parametrize("place", ["question", "passage", "reader"])
async def test_the_palette_has_all_that_can_be_done(place: str) -> None:
    """Each named action of the screen in view that is no movement is a command, with its key, and can be run."""
    async with running(indexed_home()) as driver:
        await driver.ask("When was the roof repaired?")
        if place != "question":
            await driver.press("tab")
        if place == "reader":
            await driver.press("enter")
            await driver.until(lambda: driver.document.settled)
        commands = {command.title: command for command in driver.app.get_system_commands(driver.app.screen)}
        expected = {
            "question": {"Passages", *MAIN},
            "passage": {"Open", "Fold", "Question", "Copy", "Open outside", "Why", "More", "Not this", *FORMS, *MAIN},
            "reader": {
                "Back",
                "Next",
                "Previous",
                "Find",
                "Outline",
                "Links",
                "Copy",
                "Open outside",
                "Answers",
                *FORMS,
            },
        }[place]  # fmt: skip
        assert set(commands) == expected | {"Help", "Quit", "Settings", "Theme"}
        assert all(command.help.endswith(")") for title, command in commands.items() if title not in KEYLESS)
        if place == "reader":
            await driver.press("ctrl+p", *"next")
            await driver.see("Next passage of the answer, or next match (n)")
            await driver.press("enter")
            await driver.see("passage 2 of 4")
