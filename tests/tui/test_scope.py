"""Restricting a conversation to some documents."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input, OptionList

from askdocs import Assistant
from askdocs.searching.question import DocumentFilter
from askdocs.tui.choices import choices
from askdocs.tui.screens.scope import MOST_SHOWN, ScopeScreen
from askdocs.tui.widgets.scope import Chip, ScopeBar
from askdocs.types import DocumentInfo
from tests.support import index_all, write_files
from tests.tui.driving import Driver, indexed_home, running
from tests.tui.fake import FakeAssistant
from tests.tui.test_hostile import BIDI, ESCAPES, MARKUP, assert_harmless

SIZES = pytest.mark.parametrize("size", [(80, 24), (160, 48)], ids=["80x24", "160x48"])


def chips(driver: Driver) -> list[str]:
    return [str(chip.render()).removesuffix(" ×") for chip in driver.main.query(Chip)]


async def restricted(driver: Driver, documents: DocumentFilter) -> None:
    """Have these documents chosen."""
    await driver.press("f7")
    await driver.until(lambda: isinstance(driver.app.screen, ScopeScreen))
    await driver.press("escape")
    assert driver.main._scope
    await driver.main._scope.show(documents)
    await driver.pilot.pause()


async def opened(driver: Driver) -> ScopeScreen:
    await driver.settle()
    await driver.press("f7")
    await driver.until(lambda: isinstance(driver.app.screen, ScopeScreen) and driver.app.screen._choices)
    screen = driver.app.screen
    assert isinstance(screen, ScopeScreen)
    return screen


@SIZES
async def test_a_scope_is_chosen_shown_asked_of_and_taken_away(size: tuple[int, int]) -> None:
    """F7 finds and chooses, chips show it, questions keep to it and say so, and a key takes it away."""
    fake = indexed_home()
    async with running(fake, size) as driver:
        await opened(driver)
        await driver.see("notes/", "type:md", "type:txt", "notes/roof.md")
        await driver.type("gard\n")
        await driver.see("✓ notes/garden.txt", "1 document will be asked.")
        await driver.press("f7")
        await driver.see("asked of", "notes/garden.txt ×", "1 document")
        assert driver.box.has_focus
        await driver.ask("When was the roof repaired?")
        await driver.see("○ Not in the chosen documents", "Asked of: notes/garden.txt")
        assert {view.citation.document.path for view in driver.citations} == {"notes/garden.txt"}
        await driver.press("shift+tab")
        assert isinstance(driver.app.focused, Chip)
        await driver.press("x")
        await driver.until(lambda: not driver.main.query(Chip))
        assert not driver.main.query_one(ScopeBar).display
        assert driver.box.has_focus
        await driver.ask("When was the roof repaired?")
        await driver.see("● Found")
        assert fake.asked_of == [DocumentFilter(chosen=("notes/garden.txt",)), None]


async def test_folders_types_and_dates_are_combined() -> None:
    """What is chosen in the list and typed as dates becomes one filter, and comes back when it is opened again."""
    async with running(indexed_home()) as driver:
        screen = await opened(driver)
        await driver.press("down")
        assert isinstance(driver.app.focused, OptionList)
        await driver.press("space", "down", "enter")
        screen.query_one("#after", Input).focus()
        await driver.type("1969")
        await driver.see("1 document will be asked.")
        await driver.press("enter")
        await driver.until(lambda: len(driver.main.query(Chip)) == 3)
        assert chips(driver) == ["notes/", "type:md", "after:1969-01-01"]
        screen = await opened(driver)
        await driver.see("✓ notes/", "✓ type:md", "1969-01-01")
        await driver.press("escape")
        assert chips(driver) == ["notes/", "type:md", "after:1969-01-01"]
        await driver.press("f7", "ctrl+l")
        await driver.until(lambda: not driver.main.query(Chip))


async def test_a_scope_without_documents_is_told_before_it_is_asked() -> None:
    """It can't be chosen; if the documents go later, the chips say so."""
    fake = indexed_home()
    async with running(fake) as driver:
        screen = await opened(driver)
        screen.query_one("#after", Input).focus()
        await driver.type("2999")
        await driver.see("▲ No document is in all of that")
        await driver.press("enter")
        assert driver.app.screen is screen
        await driver.press("backspace", "backspace", "backspace")
        await driver.see("▲ after:2 is no date; write after:2023")
        await driver.press("enter")
        assert driver.app.screen is screen
        await driver.press("backspace")
        screen.query_one("#find", Input).focus()
        await driver.type("garden.txt\n")
        await driver.press("f7")
        await driver.see("asked of", "1 document")
        del fake.files["notes/garden.txt"]
        fake.commit()
        driver.main._read_status()
        await driver.see("▲ no document")
        card = await driver.ask("roof")
        assert card.has_class("-trouble")
        await driver.see("no indexed document passes the filters: notes/garden.txt")


async def test_chips_are_moved_between_and_removed_one_by_one() -> None:
    """Left and right go from chip to chip, delete and backspace remove, Enter opens the choice, Esc leaves."""
    async with running(indexed_home()) as driver:
        await driver.settle()
        await restricted(driver, DocumentFilter(chosen=("notes/",), types=("md", "txt")))
        await driver.press("shift+tab", "left", "backspace")
        await driver.until(lambda: chips(driver) == ["notes/", "type:txt"])
        assert isinstance(driver.app.focused, Chip)
        await driver.press("delete")
        await driver.until(lambda: chips(driver) == ["notes/"])
        await driver.press("escape")
        assert driver.box.has_focus
        await driver.press("shift+tab", "enter")
        assert isinstance(driver.app.screen, ScopeScreen)


async def test_the_mouse_removes_and_chooses() -> None:
    """A click on the cross of a chip removes it, one on a row of the list chooses it."""
    async with running(indexed_home()) as driver:
        await driver.settle()
        await restricted(driver, DocumentFilter(chosen=("notes/",)))
        await driver.pilot.pause()
        chip = driver.main.query(Chip).first()
        await driver.pilot.click(chip, offset=(3, 0))
        assert chips(driver) == ["notes/"]
        await driver.pilot.click(chip, offset=(chip.outer_size.width - 2, 0))
        await driver.until(lambda: not driver.main.query(Chip))
        screen = await opened(driver)
        await driver.pilot.click(screen.query_one(OptionList), offset=(4, 1))
        await driver.see("✓ type:md")


async def test_a_question_keeps_the_scope_that_it_was_asked_in() -> None:
    """One that still waits is answered of the documents that were chosen when it was asked."""
    fake = indexed_home()
    fake.asking.clear()
    async with running(fake) as driver:
        await driver.type("roof repaired\nhedge in June\n")
        await restricted(driver, DocumentFilter(types=("md",)))
        await driver.type("roof March\n")
        fake.asking.set()
        await driver.until(lambda: len(fake.asked_of) == 3)
        assert fake.asked_of == [None, None, DocumentFilter(types=("md",))]
        await driver.settle()


async def test_a_new_conversation_asks_everything() -> None:
    """What was chosen was for the one before; clearing the screen of that keeps it."""
    fake = indexed_home()
    async with running(fake) as driver:
        await driver.settle()
        await restricted(driver, DocumentFilter(types=("md",)))
        await driver.press("ctrl+l")
        assert chips(driver) == ["type:md"]
        await driver.press("ctrl+n")
        await driver.until(lambda: not driver.main.query(Chip))
        await driver.ask("hedge in June")
        assert fake.asked_of == [None]


async def test_thousands_of_documents_are_found_by_typing() -> None:
    """Only the first rows are listed, and how many more there are; what is typed finds any."""
    fake = FakeAssistant(files={f"notes/{number:04}.txt": "A note." for number in range(1000)})
    fake.commit()
    async with running(fake) as driver:
        screen = await opened(driver)
        options = screen.query_one(OptionList)
        assert options.option_count == MOST_SHOWN + 1
        await driver.type("0987")
        await driver.until(lambda: options.option_count == 1)
        await driver.see("notes/0987.txt")
        await driver.type("x")
        await driver.see("Nothing is called so.", "author:kovacs")
        await driver.press("enter", "f7")


@pytest.mark.parametrize("hostile", [MARKUP, ESCAPES, BIDI], ids=["markup", "escapes", "bidi"])
async def test_hostile_names_are_shown_and_can_be_chosen(hostile: str) -> None:
    """A path is neither markup nor a pattern: it picks its document, and shows harmlessly."""
    path = f"notes/{hostile}*.txt"
    fake = FakeAssistant(files={path: "The roof was repaired.\n", "notes/b.txt": "Another roof repaired.\n"})
    fake.commit()
    async with running(fake, (140, 30)) as driver:
        await opened(driver)
        assert_harmless(driver)
        await driver.type("*.txt\n")
        await driver.see("1 document will be asked.")
        assert_harmless(driver)
        await driver.press("f7")
        await driver.until(lambda: driver.main.query(Chip))
        assert_harmless(driver)
        await driver.ask("roof repaired")
        assert_harmless(driver)
        assert {view.citation.document.path for view in driver.citations} == {path}


async def test_with_the_real_assistant(assistant: Assistant, work: Path) -> None:
    """Chosen folders hold what lies in them and nothing else, and a question's own filter narrows further."""
    index_all(assistant, write_files(work / "notes", {"a/old.txt": "The old roof.", "b/new.md": "The new roof."}))
    async with running(assistant) as driver:
        await opened(driver)
        await driver.type("notes/a/\n")
        await driver.see("1 document will be asked.")
        await driver.press("f7")
        await driver.until(lambda: chips(driver) == ["notes/a/"])
        await driver.ask("roof")
        assert [view.citation.document.path for view in driver.citations] == ["notes/a/old.txt"]
        await driver.ask("roof type:md")
        await driver.see("no indexed document passes the filters: notes/a/ type:md")


def test_choices_are_folders_below_their_source_endings_and_documents() -> None:
    """Each with how many documents it holds; nothing above a source, and no folder for a single file."""
    paths = ["/home/a/docs/x/1.txt", "/home/a/docs/2.PDF", "notes/3.txt", "single.md", "notes/Makefile"]
    documents = [DocumentInfo(number, path, f"Title {number}") for number, path in enumerate(paths)]
    found = choices(documents, ["/home/a/docs", "notes", "single.md"])
    assert [(choice.label, choice.detail) for choice in found[:7]] == [
        ("/home/a/docs/", "2 documents"),
        ("/home/a/docs/x/", "1 document"),
        ("notes/", "2 documents"),
        ("type:txt", "2 documents"),
        ("type:none", "1 document"),
        ("type:md", "1 document"),
        ("type:pdf", "1 document"),
    ]
    assert [choice.value for choice in found[7:]] == paths
    for choice in found:
        field = {choice.field: (choice.value,)}
        admitted = [path for path in paths if DocumentFilter(**field).admits(path)]  # type: ignore[arg-type]
        assert len(admitted) == int(choice.detail.split()[0]) if choice.detail[0].isdigit() else admitted


def test_a_source_that_is_the_working_directory_is_a_folder_too() -> None:
    """It holds all relative paths, and only folders below it follow."""
    documents = [DocumentInfo(1, "a/b/c.txt", "C"), DocumentInfo(2, "/else/d.txt", "D")]
    assert [choice.value for choice in choices(documents, ["."])][:3] == ["./", "a/", "a/b/"]
    assert DocumentFilter(chosen=("./",)).admits("a/b/c.txt")
    assert not DocumentFilter(chosen=("./",)).admits("/else/d.txt")
