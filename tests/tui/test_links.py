"""Links in documents: inert until one is chosen, shown whole before, and opened only where that can do no harm."""

from __future__ import annotations

from pathlib import Path

import pytest

from askdocs.opening import links
from askdocs.tui.screens.links import LinksScreen
from askdocs.tui.screens.reader import ReaderScreen
from askdocs.types import DocumentInfo
from tests.tui.driving import Driver, running
from tests.tui.fake import FakeAssistant
from tests.tui.test_hostile import BIDI, ESCAPES, MARKUP, assert_harmless

NOTE = DocumentInfo(1, "notes/house.md", "house.md")
SIZES = pytest.mark.parametrize("size", [(80, 24), (160, 48)], ids=["80x24", "160x48"])


def found(text: str) -> list[tuple[str, str]]:
    return [(link.span.of(text), link.target) for link in links.find(text, 0, len(text))]


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("see https://a.example/b?c=d#e.", "https://a.example/b?c=d#e"),
        ("(see http://a.example/b_(c))", "http://a.example/b_(c)"),
        ("<https://a.example/>", "https://a.example/"),
        ("[text](garden.txt)", "garden.txt"),
        ("[text](<the garden.txt> 'title')", "the garden.txt"),
        ("[text](a_(b).md)", "a_(b).md"),
        ("[1]: https://a.example/ 'title'", "https://a.example/"),
        ("[[file:garden.org][the garden]]", "garden.org"),
        ("`the garden <garden.rst>`_", "garden.rst"),
        ("link:garden.adoc[the garden]", "garden.adoc"),
        ('<a href="javascript:alert(1)">', "javascript:alert(1)"),
        ("write to anna@mail.example.", "mailto:anna@mail.example"),
        ("write to mailto:anna@mail.example, now", "mailto:anna@mail.example"),
        ("ftp://a.example/b", "ftp://a.example/b"),
    ],
)
def test_links_are_found_as_they_are_written(text: str, target: str) -> None:
    """Bare addresses end before the sentence does; markup says where the others end."""
    assert [link for _, link in found(text)] == [target]


def test_what_is_no_link() -> None:
    """Times, ratios, footnotes, wiki names and endless addresses lead nowhere."""
    assert found("at 12:30, 3:4, [1], [[Garden]], a@b, C: x, https://, https://a.example/" + "x" * 3_000) == []


def test_only_what_is_in_sight_is_looked_at() -> None:
    """Links that begin before it and go on are, and of a megabyte no more than a little around it."""
    text = "https://a.example/ " + "x" * 1_000_000 + " https://b.example/ " + "(" * 1_000_000
    start = text.index("https://b")
    assert [link.target for link in links.find(text, start + 9, start + 99)] == ["https://b.example/"]
    assert not list(links.find(text, 100, 900))


@pytest.mark.parametrize(
    ("target", "address", "host"),
    [
        ("https://a.example/b c", "https://a.example/b%20c", "a.example"),
        ("HTTPS://A.example:8443/%20", "https://a.example:8443/%20", "a.example"),
        ("https://bank.example@evil.example/", "https://bank.example@evil.example/", "evil.example"),
        ("https://аррӏе.example/ä", "https://xn--80ak6aa92e.example/%C3%A4", "xn--80ak6aa92e.example"),
        ("http://[::1]/x", "http://[::1]/x", "::1"),
        ("mailto:anna@mail.example?subject=a b", "mailto:anna@mail.example?subject=a%20b", ""),
    ],
)
def test_what_is_shown_is_what_is_opened(target: str, address: str, host: str) -> None:
    """An address in ASCII, and whose it really is."""
    place = links.destination(target, NOTE)
    assert (place.address, place.host, place.refused, place.is_file) == (address, host, "", False)


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("javascript:alert(1)", "javascript: is not opened"),
        ("ftp://a.example/", "ftp: is not opened"),
        ("data:text/html,x", "data: is not opened"),
        ("https:///x", "no address"),
        ("https://[::1/x", "no address"),
        (f"https://{'a' * 70}.example/", "no address"),
        ("#roof", "another place in this document"),
        ("https://a\ufffdb.example/", "can't be shown"),
    ],
)
def test_what_is_not_opened_says_why(target: str, why: str) -> None:
    """Other kinds of links can do anything."""
    assert why in links.destination(target, NOTE).refused


def test_files_are_opened_if_they_are_documents(work: Path) -> None:
    """From the document's own folder, however the path is written; nothing else of the disk, nor of an archive."""

    def opens(target: str) -> bool:
        place = links.checked(links.destination(target, NOTE), lambda: [DocumentInfo(2, "notes/the garden.txt", "")])
        return place.is_file and not place.refused

    for target in ("the%20garden.txt#hedge", "./x/../the garden.txt", f"file://{work}/notes/the%20garden.txt"):
        assert opens(target), target
    for target in ("../secret.txt", "/etc/passwd", "file:///etc/passwd", "garden.txt", "", "//host/the garden.txt"):
        assert not opens(target), target
    inside = DocumentInfo(3, "notes/mail.eml", "", inside=("a.md",))
    assert "notes/mail.eml" in links.destination("the%20garden.txt", inside).refused


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What xdg-open was given, once it was."""
    told = tmp_path / "told"
    program = tmp_path / "bin" / "xdg-open"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nprintf "%s|" "$#" "$@" > {told}.part && mv {told}.part {told}\n', encoding="ascii")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    return told


def linked(work: Path) -> FakeAssistant:
    (work / "notes").mkdir()
    (work / "notes" / "garden.pdf").write_bytes(b"")
    text = (
        "The roof was repaired.\n\nSee [the garden](garden.pdf), https://archive.example/$(id)?a=b&c;d and\n"
        "[this](javascript:x).\n\n" + "Nothing.\n\n" * 60
    )
    fake = FakeAssistant(files={"notes/house.md": text, "notes/garden.pdf": "Green."})
    fake.commit()
    return fake


async def read(driver: Driver) -> None:
    await driver.ask("When was the roof repaired?")
    await driver.press("tab", "enter")
    await driver.until(lambda: isinstance(driver.app.screen, ReaderScreen) and driver.document.settled)


@SIZES
async def test_a_link_is_looked_at_and_opened(work: Path, opened: Path, size: tuple[int, int]) -> None:
    """l lists those in sight with their whole addresses; Enter opens one, by a list of arguments and no shell."""
    async with running(linked(work), size) as driver:
        await read(driver)
        await driver.press("l")
        await driver.see("Links in sight", "archive.example", "notes/garden.pdf", "✗ not opened")
        assert not opened.exists()
        await driver.press("down", "enter")
        await driver.until(opened.exists)
        assert opened.read_text() == "1|https://archive.example/$(id)?a=b&c;d|"
        await driver.see("Opened with xdg-open.")
        await driver.press("l", "end", "enter")
        await driver.see("Not opened: javascript: is not opened")
        assert isinstance(driver.app.screen, LinksScreen)
        await driver.press("up", "escape")
        assert isinstance(driver.app.screen, ReaderScreen)


async def test_a_click_on_a_link(work: Path, opened: Path) -> None:
    """It opens nothing, but the list at that link; a click beside links is none."""
    async with running(linked(work)) as driver:
        await read(driver)
        lines = driver.text().splitlines()
        row = next(number for number, line in enumerate(lines) if "archive.example" in line)
        await driver.pilot.click(offset=(3, row))
        await driver.pilot.click(offset=(lines[row].index("See"), row))
        assert isinstance(driver.app.screen, ReaderScreen)
        await driver.pilot.click(offset=(lines[row].index("archive"), row))
        screen = driver.app.screen
        assert isinstance(screen, LinksScreen)
        assert screen._list.highlighted == 1
        assert not opened.exists()


async def test_a_file_that_is_no_document(work: Path, opened: Path) -> None:
    """Is named, with why it isn't opened."""
    fake = linked(work)
    async with running(fake) as driver:
        await read(driver)
        del fake.indexed[1]
        await driver.press("l", "enter")
        await driver.see("Not opened: notes/garden.pdf", "your documents")
        await driver.press("end", "l")
        await driver.see("No link is in sight.")
        assert not opened.exists()


async def test_hostile_links_are_harmless() -> None:
    """Escape codes, markup and marks that turn directions are shown in the list, and not obeyed."""
    hostile = f"The roof was repaired. [a](<{ESCAPES} {MARKUP} {BIDI}>) https://[red]x[/red].example/\n"
    fake = FakeAssistant(files={"notes/house.md": hostile})
    fake.commit()
    async with running(fake) as driver:
        await read(driver)
        await driver.press("l")
        await driver.see("Links in sight")
        assert_harmless(driver)
