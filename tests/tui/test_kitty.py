"""Pages in Kitty, and in terminals that take no pixels."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
import unicodedata
import zlib

from askdocs.config import Settings
from askdocs.loaders.page_view import PagePicture
from askdocs.tui import kitty
from askdocs.tui.screens.picture import PictureScreen
from askdocs.tui.widgets.page import PageView
from tests.tui.driving import Driver, running
from tests.tui.fake import FakeAssistant
from tests.tui.test_process import ROOT, in_terminal, read_until

KITTY = {"TERM": "xterm-kitty", "COLORTERM": "truecolor"}
WHITE, BLACK = b"\xff\xff\xff", b"\0\0\0"
PLACEHOLDER = "\U0010eeee"
SENT = re.compile(r"\x1b_G([^;\x1b]*);?([^\x1b]*)\x1b\\")


def test_the_marks_of_rows_and_columns() -> None:
    """As many as the protocol has, in its order, all of them drawn above what they mark and none made of others."""
    marks = kitty._marks()
    assert len(marks) == kitty.MOST == len(set(marks))
    assert (marks[0], marks[1], marks[-1]) == ("\u0305", "\u030d", "\U0001d244")
    assert list(marks) == sorted(marks)
    assert all(unicodedata.combining(mark) == 230 and not unicodedata.decomposition(mark) for mark in marks)


def pixels_of(sequence: str) -> tuple[dict[str, str], bytes]:
    """The terms of the one picture that `sequence` sends, and its pixels."""
    pieces = SENT.findall(sequence)
    assert "".join(f"\x1b_G{terms};{piece}\x1b\\" for terms, piece in pieces) == sequence
    assert all(len(piece) <= 4096 for _, piece in pieces)
    assert [terms.rpartition(",")[2] for terms, _ in pieces] == ["m=1"] * (len(pieces) - 1) + ["m=0"]
    terms = dict(term.split("=") for term in pieces[0][0].split(","))
    return terms, zlib.decompress(base64.b64decode("".join(piece for _, piece in pieces)))


def test_a_page_is_sent_whole() -> None:
    """In its pixels, the quote tinted, white below the last of them, so that it fills its cells exactly."""
    picture = PagePicture(2, 3, 8, 6, (WHITE + BLACK) * 24, ((0, 4, 4, 6),))
    painting = kitty.paint(picture, 4, (2, 4), 0x123456)
    assert painting
    terms, pixels = pixels_of(painting.sent_before)
    assert terms == {
        "a": "T", "U": "1", "q": "2", "f": "24", "o": "z", "i": str(0x123456), "s": "8", "v": "8", "c": "4", "r": "2",
        "m": "0",
    }  # fmt: skip
    rows = [pixels[start : start + 24] for start in range(0, len(pixels), 24)]
    assert rows[:4] == [(WHITE + BLACK) * 4] * 4
    assert rows[4:6] == [(b"\xff\xe8\x60" + BLACK) * 2 + (WHITE + BLACK) * 2] * 2
    assert rows[6:] == [WHITE * 8] * 2
    assert (painting.size, painting.begins) == ((4, 2), (0, 1))
    assert painting.marked == frozenset({1})
    assert list(painting.runs(1, 2, 9)) == [(f"{PLACEHOLDER}\u030d\u030e{PLACEHOLDER}\u030d\u0310", 0x123456, 0xFFFFFF)]


def test_large_pages() -> None:
    """Are sent in no more pixels than letters need, in pieces; one with more rows than there are marks isn't."""
    wide = 1000
    noise = bytes(range(256)) * (wide * 3 * 40 // 256 + 1)
    painting = kitty.paint(PagePicture(1, 1, wide, 40, noise[: wide * 40 * 3], ()), 100, (10, 20), 0x10000)
    assert painting
    assert len(pixels_of(painting.sent_before)[1]) == wide * 40 * 3
    assert kitty.paint(PagePicture(1, 1, 10, 20 * 298, WHITE * 200 * 298, ()), 1, (10, 20), 0x10000) is None


def with_a_page() -> FakeAssistant:
    fake = FakeAssistant(files={"notes/plan.pdf": "The roof was repaired.\n"})
    fake.commit()
    return fake


async def look_at_it(driver: Driver) -> PageView:
    await driver.ask("When was the roof repaired?")
    await driver.press("tab", "enter")
    await driver.until(lambda: driver.document.settled and driver.document.has_focus)
    await driver.press("g")
    assert isinstance(driver.app.screen, PictureScreen)
    await driver.see("the quote is marked ▌")
    return driver.app.screen.query_one(PageView)


async def test_cells_say_what_they_show() -> None:
    """Each cell in sight names its own row and column in the colour that is the picture's number, however scrolled."""
    async with running(with_a_page(), settings=Settings(pictures="kitty")) as driver:
        view = await look_at_it(driver)
        columns = view.virtual_size.width
        await driver.press("plus", "down", "down")
        await driver.until(lambda: view.virtual_size.width > columns)
        marks, (left, top) = kitty._marks(), view.scroll_offset
        for y in (0, 5):
            cells, *_ = [segment for segment in view.render_line(y) if PLACEHOLDER in segment.text]
            begins = [f"{PLACEHOLDER}{marks[top + y]}{marks[column]}" for column in (left, left + 1)]
            assert cells.text[:6] == "".join(begins)
            assert cells.style
            assert cells.style.color
            assert cells.style.color.triplet
            assert int(cells.style.color.triplet.hex[1:], 16) == view._drawing.id  # type: ignore[union-attr]
            assert cells.cell_length == view.scrollable_content_region.width - 2
        driver.app.settings = Settings(pictures="blocks")
        await driver.press("n")
        await driver.until(lambda: PLACEHOLDER not in driver.text())


PAGE = """
from askdocs.config import Settings
from askdocs.tui.app import run
from tests.tui.test_kitty import with_a_page

raise SystemExit(run(with_a_page(), Settings(watch=False)))
"""


def output_of(environment: dict[str, str]) -> str:
    """All that a terminal with that environment is sent while a page is looked at, turned, and left."""
    ours, process = in_terminal(PAGE, environment)
    try:
        output = read_until(ours, "up to date")
        for keys, words in ((b"roof repaired\r", "Found"), (b"\t", "Why"), (b"\r", "Outline"), (b"g", "marked")):
            os.write(ours, keys)
            output += read_until(ours, words)
        os.write(ours, b"n")
        output += read_until(ours, "3 of 3")
        os.write(ours, b"\x11")
        output += read_until(ours, None)
        assert process.wait(timeout=10) == 0, output
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    return output


def test_what_a_terminal_is_sent() -> None:
    """Kitty gets each picture before the cells that show it, is asked for no answer, and is told to forget them all."""
    output = output_of(KITTY)
    sent = [dict(term.split("=") for term in terms.split(",")) for terms, _ in SENT.findall(output) if "i=" in terms]
    assert [terms["a"] for terms in sent] == ["T", "T", "d", "d"]
    assert all(terms["q"] == "2" for terms in sent)
    assert [sent[2]["i"], sent[3]["i"]] == [sent[0]["i"], sent[1]["i"]]
    number = int(sent[0]["i"])
    cell = f"38;2;{number >> 16};{number >> 8 & 255};{number & 255};48;2;255;255;255m{PLACEHOLDER}"
    assert output.index("a=T") < output.index(cell)


def test_what_other_terminals_are_sent() -> None:
    """Blocks, and not one sequence of the protocol."""
    output = output_of({"TERM": "xterm-256color", "COLORTERM": "truecolor", "KITTY_WINDOW_ID": "1"})
    assert "▌" in output
    assert "\x1b_G" not in output
    assert PLACEHOLDER not in output


def test_nothing_of_it_is_imported_before_a_page_is_shown() -> None:
    """The first paint pays nothing for it."""
    late = {f"askdocs.tui.{name}" for name in ("pictures", "pixels", "blocks", "kitty", "overlay", "sixel", "iterm2")}
    code = f"import sys, askdocs.tui.app; print(sorted({late} & sys.modules.keys()))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "[]\n"
