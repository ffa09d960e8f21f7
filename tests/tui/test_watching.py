"""The interface keeps up with the files: by itself while it watches, else by saying how far behind it is."""

from __future__ import annotations

from askdocs.errors import IndexBusy, IndexTrouble
from askdocs.tui.screens.reader import ReaderScreen
from askdocs.tui.widgets.citation import CitationView
from askdocs.types import Freshness
from tests.tui.driving import GARDEN, ROOF, Driver, indexed_home, running


async def level(driver: Driver) -> None:
    await driver.settle()
    await driver.see("watching" if driver.main.watching else "up to date")


async def test_what_changes_is_indexed_by_itself() -> None:
    """What has changed before the start, and what changes later; nothing is said but that it watches."""
    fake = indexed_home()
    fake.files["notes/cellar.txt"] = "The cellar floods in April.\n"
    async with running(fake, watch=True) as driver:
        await driver.see("3 documents", "watching")
        del fake.files["notes/cellar.txt"]
        fake.touch()
        await driver.see("2 documents", "watching")
        assert "Indexed" not in driver.text()


async def test_a_touch_without_a_change_is_not_seen() -> None:
    """The strip that shows indexing stays hidden."""
    fake = indexed_home()
    async with running(fake, watch=True) as driver:
        await level(driver)
        shown: list[bool] = []
        driver.strip.watch(driver.strip, "shown", shown.append, init=False)
        before = fake.caught_up
        fake.touch()
        await driver.until(lambda: fake.caught_up > before and not driver.strip.running)
        assert shown == []


async def test_without_watching_it_says_how_far_behind_it_is() -> None:
    """As soon as files change, and until they are as they were or F5 is pressed."""
    fake = indexed_home()
    async with running(fake) as driver:
        await level(driver)
        fake.files["notes/cellar.txt"] = "The cellar floods in April.\n"
        fake.touch()
        await driver.see("1 file behind: F5")
        del fake.files["notes/cellar.txt"]
        fake.touch()
        await driver.see("up to date")
        fake.files["notes/garden.txt"] = "No garden.\n"
        fake.touch()
        await driver.see("1 file behind: F5")
        await driver.press("f5")
        await driver.see("Indexed: 1 changed.", "up to date")
        assert fake.caught_up == 0


async def test_f6_switches_watching() -> None:
    """On, which catches up with everything at once, and off."""
    fake = indexed_home()
    async with running(fake) as driver:
        await level(driver)
        fake.files["notes/cellar.txt"] = "The cellar floods in April.\n"
        await driver.press("f6")
        await driver.see("Indexed: 1 added.", "watching")
        fake.files["notes/attic.txt"] = "The attic is dry.\n"
        fake.touch()
        await driver.see("4 documents", "watching")
        await driver.press("f6")
        await driver.see("up to date")
        fake.files["notes/attic.txt"] = "The attic is wet.\n"
        fake.touch()
        await driver.see("1 file behind: F5")


async def test_passages_on_show_are_marked_when_their_files_change() -> None:
    """Edited where it still stands, with its lines as they are now; outdated where it doesn't; gone with the file."""
    fake = indexed_home()
    async with running(fake, (80, 40)) as driver:
        await driver.settle()
        await driver.ask("When was the roof repaired?")
        fake.files["notes/roof.md"] = ROOF.replace("2019", "2020")
        fake.files["notes/garden.txt"] = "A line.\n\n" + GARDEN
        fake.touch()
        await driver.see("Outdated: the file has changed", "Edited. ")
        await driver.see("▲ Was found (75% sure) · its file has changed since: ask again")
        edited = [view.citation for view in driver.citations if view.citation.freshness is Freshness.EDITED]
        assert [citation.locator.start for citation in edited if "gate" in citation.quote] == [3]
        del fake.files["notes/garden.txt"]
        fake.touch()
        await driver.see("Gone. ")
        fake.files.update({"notes/roof.md": ROOF, "notes/garden.txt": GARDEN})
        fake.touch()
        await driver.until(lambda: not any(word in driver.text() for word in ("Outdated", "Edited", "Gone", "Was")))
        assert "● Found (75% sure)" in driver.text()


async def test_an_answer_says_what_the_files_say_now() -> None:
    """Its passages are marked from the beginning, and an outdated first one is no answer."""
    fake = indexed_home()
    fake.files["notes/roof.md"] = ROOF.replace("2019", "2020")
    fake.warnings = ("notes/roof.md has changed; run `askdocs index`",)
    async with running(fake) as driver:
        await driver.settle()
        await driver.ask("When was the roof repaired?")
        await driver.see("Outdated: the file has changed, and this is what was indexed.")


async def open_first(driver: Driver) -> None:
    await driver.press("tab", "enter")
    assert isinstance(driver.app.screen, ReaderScreen)
    await driver.until(lambda: driver.document.settled, "the text")


async def test_an_edited_file_is_read_as_it_is_now() -> None:
    """The passage is marked where it stands, and the new lines are there."""
    fake = indexed_home()
    async with running(fake) as driver:
        await driver.settle()
        await driver.ask("When was the roof repaired?")
        fake.files["notes/roof.md"] = "A new line.\n\n" + ROOF
        await open_first(driver)
        await driver.see("this is what it says now.", "passage has moved to here.", "  5 ▌ The roof was repaired")
        await driver.see("A new line.", "line 5")


async def test_an_outdated_passage_is_read_as_it_was_indexed() -> None:
    """Where it stood, and that is said."""
    fake = indexed_home()
    async with running(fake) as driver:
        await driver.settle()
        await driver.ask("When was the roof repaired?")
        fake.files["notes/roof.md"] = "Nobody knows.\n"
        await open_first(driver)
        await driver.see("this is what was indexed of it", "  3 ▌ The roof was repaired in March 2019")


async def test_another_writer_is_waited_for() -> None:
    """It says so and tries again, without a word in the transcript."""
    fake = indexed_home()
    fake.indexing_trouble = IndexBusy("the index is being written by process 7 on desk; wait for it")
    async with running(fake, watch=True) as driver:
        await driver.see("waiting for another process")
        fake.files["notes/cellar.txt"] = "The cellar floods in April.\n"
        fake.indexing_trouble = None
        await driver.see("3 documents", "watching")
        assert "process 7" not in driver.text()


async def test_trouble_ends_watching() -> None:
    """The reason is told once, and how to go on."""
    fake = indexed_home()
    fake.indexing_trouble = IndexTrouble("the index can't be written: no space left")
    async with running(fake, watch=True) as driver:
        await driver.see("✗ the index can't be written: no space left", "F6 does so again")
        assert not driver.main.watching
        fake.files["notes/cellar.txt"] = "The cellar floods in April.\n"
        fake.touch()
        await driver.see("1 file behind: F5")
        fake.indexing_trouble = None
        await driver.press("f6")
        await driver.see("3 documents", "watching")


async def test_escape_stops_what_goes_on_by_itself() -> None:
    """And it doesn't begin again by itself."""
    fake = indexed_home()
    fake.files.update({f"notes/{number}.txt": f"Note {number}.\n" for number in range(100)})
    fake.indexing.clear()
    async with running(fake, watch=True) as driver:
        await driver.see("Indexing 100 files", "indexing…", "Esc Stop")
        await driver.type("typed meanwhile")
        await driver.see("typed meanwhile")
        await driver.press("escape")
        await driver.see("Indexing was stopped.", "F6 does so again.", "files behind: F5")
        fake.touch()
        await driver.settle()
        assert not driver.strip.running


async def test_f5_during_a_run_by_itself_follows_it() -> None:
    """A person who asks for everything gets it, and is told."""
    fake = indexed_home()
    fake.files["notes/cellar.txt"] = "The cellar floods in April.\n"
    fake.indexing.clear()
    async with running(fake, watch=True) as driver:
        await driver.see("Indexing 1 file")
        await driver.press("f5", "f5")
        fake.indexing.set()
        await driver.see("Indexed: nothing had changed.", "watching")
        assert (fake.index_runs, fake.caught_up) == (1, 1)


async def test_that_the_system_tells_nothing_is_told_once() -> None:
    """Files are then looked for less often."""
    fake = indexed_home()
    async with running(fake) as driver:
        await level(driver)
        for _ in range(3):
            fake.touch("the system can't tell of changes (no watches left)")
        await driver.see("can't tell of changes")
        await driver.settle()
        assert driver.text().count("can't tell of changes") == 1


async def test_a_gone_passage_comes_back_with_its_file() -> None:
    """It can be opened again."""
    fake = indexed_home()
    async with running(fake) as driver:
        await driver.settle()
        await driver.ask("When was the roof repaired?")
        del fake.files["notes/roof.md"]
        fake.touch()
        await driver.see("Gone")
        fake.files["notes/roof.md"] = ROOF
        fake.touch()
        await driver.until(lambda: "Gone" not in driver.text())
        assert not any(view.gone for view in driver.main.query(CitationView))
        await open_first(driver)
