"""Indexing from the interface, and indexing by others while it is open."""

from __future__ import annotations

from datetime import UTC, datetime

from askdocs.errors import IndexBusy, IndexDamaged
from askdocs.tui.screens.library import LibraryScreen
from askdocs.tui.screens.main import MainScreen
from askdocs.tui.screens.reader import ReaderScreen
from askdocs.types import Failure, Freshness, IndexStatus
from tests.tui.driving import home, indexed_home, running


async def test_reindex_shows_progress_and_a_summary() -> None:
    """F5 shows the files going by and ends with what was done."""
    fake = indexed_home()
    fake.files["notes/cellar.txt"] = "The cellar floods in April.\n"
    fake.files["notes/roof.md"] = "The roof is gone.\n"
    del fake.files["notes/garden.txt"]
    async with running(fake) as driver:
        await driver.see("3 files behind: F5")
        fake.indexing.clear()
        await driver.press("f5")
        await driver.see("Indexing 3 files", "indexing…")
        fake.indexing.set()
        await driver.see("Indexed: 1 added · 1 changed · 1 deleted.", "2 documents", "up to date")
        assert not driver.strip.running


async def test_nothing_changed() -> None:
    """A re-index without changes says so."""
    async with running(indexed_home()) as driver:
        await driver.press("f5")
        await driver.see("Indexed: nothing had changed.")


async def test_questions_are_answered_while_indexing() -> None:
    """Typing, asking and reading go on during a re-index."""
    fake = indexed_home()
    fake.files["notes/cellar.txt"] = "The cellar floods in April.\n"
    async with running(fake) as driver:
        await driver.settle()
        fake.indexing.clear()
        await driver.press("f5")
        await driver.until(lambda: driver.strip.running)
        card = await driver.ask("When was the roof repaired?")
        assert card.has_class("-found")
        await driver.press("tab", "enter")
        assert isinstance(driver.app.screen, ReaderScreen)
        await driver.see("March 2019")
        assert driver.strip.running
        fake.indexing.set()
        await driver.until(lambda: not driver.strip.running)


async def test_escape_stops_indexing() -> None:
    """Escape stops after the file at hand; what was committed stays, and F5 carries on."""
    fake = indexed_home()
    fake.files.update({f"notes/{number}.txt": f"Note {number}.\n" for number in range(100)})
    fake.stubborn = True
    async with running(fake) as driver:
        await driver.settle()
        fake.indexing.clear()
        await driver.press("f5")
        await driver.see("Indexing 100 files", "Esc Stop")
        await driver.press("escape")
        await driver.see("Stopping…")
        fake.indexing.set()
        await driver.see("Indexing was stopped.")
        await driver.until(lambda: fake.generators_closed == 2)
        assert 2 < len(fake.indexed) < 102
        await driver.press("f5")
        await driver.until(lambda: len(fake.indexed) == 102)


async def test_stopping_the_first_indexing_asks_what_waits() -> None:
    """A question that waited for the first indexing is asked of what there is when that is stopped."""
    fake = home()
    fake.indexing.clear()
    async with running(fake) as driver:
        await driver.until(lambda: driver.strip.running)
        await driver.type("garden gate painted green\n")
        await driver.press("escape")
        fake.indexing.set()
        await driver.until(lambda: fake.asked)
        await driver.settle()


async def test_one_indexing_at_a_time() -> None:
    """F5 during indexing starts no second one."""
    fake = indexed_home()
    fake.files["notes/cellar.txt"] = "The cellar floods in April.\n"
    async with running(fake) as driver:
        await driver.settle()
        fake.indexing.clear()
        await driver.press("f5", "f5", "f5")
        fake.indexing.set()
        await driver.settle()
        assert fake.index_runs == 1


async def test_failures_are_listed() -> None:
    """Files that could not be read are counted at the top and listed by F2 with their reasons."""
    fake = home()
    reason = "is not text, whatever its name says"
    at = datetime(2026, 5, 4, 13, 2, tzinfo=UTC)
    fake.failures = (Failure("notes/scan.txt", reason, "text/plain", at),)
    async with running(fake) as driver:
        await driver.see("1 failed (F2)", "Indexed: 2 added · 1 failed. F2 lists the failures.")
        await driver.press("f2")
        assert isinstance(driver.app.screen, LibraryScreen)
        await driver.see("✗ 1 failed", f"✗ scan.txt  failed: {reason}")
        await driver.press("f")
        await driver.see("1 file with “failed”", "text/plain, since 2026-05-04 13:02", f"  {reason}\n")
        await driver.until(lambda: "roof.md" not in driver.text())
        await driver.press("t")
        await driver.until(lambda: fake.retried == 1)
        await driver.press("escape", "escape")
        assert isinstance(driver.app.screen, MainScreen)


async def test_a_rebuild_that_broke_off_is_told() -> None:
    """Above the sources of the library stands what to do about it."""
    fake = indexed_home()
    fake.rebuild = "index/rebuild.sqlite"
    async with running(fake, (160, 40)) as driver:
        await driver.settle()
        await driver.press("f2")
        await driver.see("index/rebuild.sqlite is of a rebuild", "`askdocs index --rebuild` goes on with it")


async def test_trouble_with_indexing_is_told() -> None:
    """When indexing can't run, the reason is on the screen and questions are still answered."""
    fake = indexed_home()
    fake.indexing_trouble = IndexBusy("the index is being written by process 7 on desk; wait for it")
    async with running(fake) as driver:
        await driver.press("f5")
        await driver.see("✗ the index is being written by process 7 on desk")
        assert (await driver.ask("When was the roof repaired?")).has_class("-found")


async def test_damaged_index_is_told() -> None:
    """When the index can't be read at all, that is said and a question gets a card, not silence."""
    fake = indexed_home()

    def damaged() -> IndexStatus:
        raise IndexDamaged("index/catalog.sqlite is not a database")

    fake.status = damaged  # type: ignore[method-assign]
    async with running(fake) as driver:
        await driver.see("✗ index/catalog.sqlite is not a database", "trouble with the index")
        await driver.ask("roof")


async def test_deletion_by_another_process() -> None:
    """When another process drops a document, its passages on show are marked and can no longer be opened."""
    async with running(indexed_home()) as driver:
        await driver.settle()
        await driver.ask("When was the roof repaired?")
        del driver.fake.files["notes/roof.md"]
        driver.fake.commit()
        driver.main._read_status()
        await driver.see("Gone: no longer in your documents.")
        gone = [view for view in driver.citations if view.gone]
        assert {view.citation.document.path for view in gone} == {"notes/roof.md"}
        gone[0].focus()
        await driver.press("enter")
        assert isinstance(driver.app.screen, MainScreen)
        answers = await driver.ask("When was the roof repaired?")
        assert answers.answer
        assert {citation.document.path for citation in answers.answer.citations} == {"notes/garden.txt"}


async def test_edit_by_another_process() -> None:
    """When another process indexes a new version of a document, its passages on show say that it has changed."""
    async with running(indexed_home()) as driver:
        await driver.settle()
        await driver.ask("When was the roof repaired?")
        driver.fake.files["notes/roof.md"] = "Nobody knows.\n"
        driver.fake.commit()
        driver.main._read_status()
        await driver.see("Outdated: the file has changed, and this is what was indexed.")
        outdated = [view.citation for view in driver.citations if view.citation.freshness is Freshness.OUTDATED]
        assert {citation.document.path for citation in outdated} == {"notes/roof.md"}
