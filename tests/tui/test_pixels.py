"""Pages in all their pixels: which terminals get them how, and what is left on the screens of those that draw them."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache
from inspect import getfile
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from rich.console import RenderableType
from rich.segment import Segment
from textual import events
from textual._compositor import CompositorUpdate
from textual.screen import Screen
from textual.strip import Strip

from askdocs.assistant import Assistant
from askdocs.config import Settings
from askdocs.loaders.page_view import PagePicture
from askdocs.tui import iterm2, sixel
from askdocs.tui.app import AskdocsApp
from askdocs.tui.overlay import OverlaidStrip, Overlay
from askdocs.tui.pictures import in_cells
from askdocs.tui.pixels import Pixels, Protocol, protocol
from askdocs.tui.screens.help import HelpScreen
from askdocs.tui.screens.reader import ReaderScreen
from askdocs.tui.widgets.page import GUTTER, PageView
from tests.tui.driving import Driver
from tests.tui.fake import FakePages
from tests.tui.terminal import PictureTerminal, decoded
from tests.tui.test_kitty import look_at_it, output_of, with_a_page

KITTY = {"TERM": "xterm-kitty", "COLORTERM": "truecolor"}
FOOT = {"TERM": "foot", "COLORTERM": "truecolor"}
WEZTERM = {"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm", "COLORTERM": "truecolor"}
WEB = {"TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver"}
BOTH = pytest.mark.parametrize("chosen", ["sixel", "iterm2"])
ROUNDED = 3  # how far a colour may be off in a Sixel, which has them in percent


@pytest.mark.parametrize(
    ("setting", "environment", "chosen"),
    [
        ("auto", KITTY, "kitty"),
        ("auto", {"TERM": "xterm-ghostty", "COLORTERM": "truecolor"}, "kitty"),
        ("auto", {"TERM": "xterm-256color", "TERM_PROGRAM": "ghostty", "COLORTERM": "24bit"}, "kitty"),
        ("auto", {"TERM": "xterm-kitty"}, None),  # the numbers of pictures would be rounded with the colours
        ("auto", KITTY | {"TMUX": "/tmp/tmux-0/default,1,0"}, None),
        ("auto", KITTY | {"TERM": "tmux-256color", "TERM_PROGRAM": "ghostty"}, None),
        ("auto", KITTY | {"STY": "1.x"}, None),
        ("auto", KITTY | {"NO_COLOR": "1"}, None),
        ("auto", KITTY | WEB, None),
        ("auto", {"TERM": "xterm-256color", "COLORTERM": "truecolor", "KITTY_WINDOW_ID": "1"}, None),  # inherited
        ("auto", FOOT, "sixel"),
        ("auto", {"TERM": "foot"}, "sixel"),
        ("auto", FOOT | {"TERM_PROGRAM": "WezTerm"}, "sixel"),  # inherited
        ("auto", FOOT | {"TMUX": "/tmp/tmux-0/default,1,0"}, None),
        ("auto", WEZTERM, "iterm2"),
        ("auto", {"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "iterm2"),
        ("auto", WEZTERM | {"TERM": "screen-256color"}, None),
        ("auto", WEZTERM | {"ZELLIJ": "0"}, None),
        ("auto", WEZTERM | {"NVIM": "/run/user/1000/nvim.1.0"}, None),
        ("auto", WEZTERM | {"NO_COLOR": "1"}, None),
        ("auto", {"TERM": "xterm-256color", "TERM_PROGRAM": "vscode"}, None),  # only where that is switched on
        ("auto", {"TERM": "xterm-256color", "WT_SESSION": "1"}, None),  # from 1.22 on, and that isn't told
        ("auto", {}, None),
        ("blocks", KITTY, None),
        ("kitty", FOOT, "kitty"),
        ("kitty", FOOT | {"NO_COLOR": "1"}, None),
        ("kitty", FOOT | WEB, None),
        ("sixel", {"TERM": "xterm", "TMUX": "/tmp/tmux-0/default,1,0"}, "sixel"),
        ("iterm2", {"TERM": "xterm"}, "iterm2"),
        ("iterm2", WEZTERM | WEB, None),
    ],
)
def test_where_pixels_are_sent(setting: str, environment: dict[str, str], chosen: str | None) -> None:
    """Where the terminal says by its name that it takes them, or the setting insists; never unasked anywhere else."""
    assert protocol(setting, environment) == chosen


def page_of(pixels: NDArray[np.uint8], *marks: tuple[int, int, int, int]) -> PagePicture:
    height, width, _ = pixels.shape
    return PagePicture(1, 1, width, height, pixels.tobytes(), marks)


COLOURS = st.sampled_from([(255, 255, 255), (0, 0, 0), (48, 48, 48), (255, 0, 0), (10, 200, 90)])


@given(st.data())
def test_a_sixel_is_what_was_drawn(data: st.DataObject) -> None:
    """Any pixels in any size of a cell come back as they were, but for the rounding of colours, however it is cut."""
    width, height, columns, rows = (data.draw(st.integers(1, most)) for most in (7, 14, 6, 3))
    size = (rows * height, columns * width)
    palette = np.array(data.draw(st.lists(COLOURS, min_size=1, max_size=4)), np.uint8)
    seed = data.draw(st.integers(0, 2**32 - 1))
    stretch = data.draw(st.integers(1, columns * width))  # equal pixels side by side
    chosen = np.random.default_rng(seed).integers(0, len(palette), size).repeat(stretch, axis=1)[:, : size[1]]
    pixels = palette[chosen]
    painting = sixel.paint(page_of(pixels), columns, (width, height), (width, height))
    row, start = data.draw(st.integers(0, rows - 1)), data.draw(st.integers(0, columns - 1))
    end = data.draw(st.integers(start + 1, columns))
    found, there = decoded(painting.over(row, start, end))
    expected = pixels[row * height : (row + 1) * height, start * width : end * width]
    assert there.all()
    assert np.abs(found.astype(int) - expected).max() <= ROUNDED


def test_a_large_sixel() -> None:
    """Long runs have their number, and 16,000 colours become the 255 that are nearest."""
    across, down = np.meshgrid(np.arange(1280), np.arange(40))
    pixels = np.stack([across // 10 * 2, down * 6, np.full_like(across, 7)], axis=2).astype(np.uint8)
    pixels[:20] = 255
    painting = sixel.paint(page_of(pixels), 128, (10, 20), (10, 20))
    white = painting.over(0, 0, 128)
    assert white.count("!1280~") == 3
    assert np.abs(decoded(white)[0].astype(int) - 255).max() == 0
    assert np.abs(decoded(painting.over(1, 0, 128))[0].astype(int) - pixels[20:]).mean() < 8


def test_a_sixel_fills_the_cells_of_a_terminal() -> None:
    """A page that was drawn in fewer pixels than the cells have is enlarged to all of them."""
    pixels = np.zeros((10, 6, 3), np.uint8)
    pixels[:, ::2] = 255
    found, there = decoded(sixel.paint(page_of(pixels), 2, (3, 5), (12, 25)).over(1, 1, 2))
    assert found.shape == (25, 12, 3)
    assert there.all()
    assert found[7, :, 0].tolist() == [0] * 4 + [255] * 4 + [0] * 4


def test_the_quote_is_marked() -> None:
    """In yellow, in both protocols, and its rows are told."""
    picture = page_of(np.full((8, 8, 3), 255, np.uint8), (0, 4, 4, 6))
    for painting in (sixel.paint(picture, 4, (2, 4), (2, 4)), iterm2.paint(picture, 4, (2, 4))):
        assert (painting.size, painting.marked, painting.begins) == ((4, 2), frozenset({1}), (0, 1))
        terminal = PictureTerminal(4, 3, (2, 4))
        terminal.feed(painting.over(1, 0, 4))
        assert np.abs(terminal.pixels[0, 0].astype(int) - (255, 232, 96)).max() <= ROUNDED
        assert terminal.pixels[2, 0].tolist() == [255] * 3


def test_a_page_is_no_larger_than_letters_need() -> None:
    """Neither wider than 2,400 pixels, nor of more columns than Kitty can number; the others take any."""
    for chosen in Protocol:
        pixels = Pixels(chosen, (20, 40), 100)
        columns = pixels.columns(1000)
        assert columns == (297 if chosen is Protocol.KITTY else 1000)
        assert pixels.across(columns) <= 2400


def test_how_long_a_page_takes() -> None:
    """A page of 1,000 by 1,400 pixels is a matter of a tenth of a second, here with room for a busy machine."""
    pixels = np.frombuffer(FakePages().picture(1, 1000).pixels, np.uint8).reshape(-1, 1000, 3)
    started = time.perf_counter()
    painting = sixel.paint(page_of(pixels), 100, (10, 20), (10, 20))
    for row in range(painting.size[1]):
        painting.over(row, 0, 100)
    assert time.perf_counter() - started < 2


LETTERS = Strip([Segment("ab"), Segment("cdef"), Segment("gh")])


@given(st.lists(st.integers(0, 8), max_size=4).map(sorted), st.integers(0, 8), st.integers(0, 8))
def test_a_strip_that_is_cut_cuts_its_picture(cuts: list[int], start: int, end: int) -> None:
    """Every cell keeps its letter and its column of the picture, in whatever pieces a strip is cut."""

    def drawn(strip: Strip) -> list[tuple[str, int | None]]:
        text = "".join(segment.text for segment in strip)
        assert len(text) == strip.cell_length
        columns: dict[int, int] = {}
        if isinstance(strip, OverlaidStrip):
            columns = dict(enumerate(strip._columns, strip._at))
        assert all(place < len(text) for place in columns)
        return [(letter, columns.get(place)) for place, letter in enumerate(text)]

    strip = OverlaidStrip(LETTERS, 2, range(10, 15), lambda start, end: f"<{start}-{end}>")
    whole = [*zip("ab", [None] * 2), *zip("cdefg", range(10, 15)), ("h", None)]  # noqa: B905
    assert drawn(strip) == whole
    pieces = strip.divide([*cuts, 8])
    assert [cell for piece in pieces for cell in drawn(piece)] == whole
    assert drawn(strip.crop(start, end)) == whole[start:end]
    assert drawn(strip.crop(start, end).crop(1, 3)) == whole[start:end][1:3]


class Watched(AskdocsApp):
    """The application, with a terminal that is told what any terminal would be."""

    CSS_PATH = str(Path(getfile(AskdocsApp)).with_name("screens") / "main.tcss")
    terminal: PictureTerminal

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        super()._display(screen, renderable)
        if isinstance(renderable, CompositorUpdate) and not self._batch_count:
            self.terminal.feed(renderable.render_segments(self.console))


@asynccontextmanager
async def watched(chosen: str, size: tuple[int, int]) -> AsyncIterator[tuple[Driver, PictureTerminal]]:
    fake = with_a_page()
    app = Watched(cast("Assistant", fake), Settings(watch=False, pictures=chosen))
    app.terminal = PictureTerminal(*size)
    async with app.run_test(size=size, notifications=True) as pilot:
        yield Driver(pilot, fake), app.terminal


def assert_right(driver: Driver, terminal: PictureTerminal) -> int:
    """Every cell where the page is in sight shows its pixels, and no other cell has any; returns how many do."""
    screen, count = driver.app.screen, 0
    for row in range(terminal.rows):
        for column in range(terminal.columns):
            pixels, there = terminal.under(column, row)
            view, region = screen.get_widget_at(column, row)
            x, y = column - region.x - GUTTER, row - region.y
            if isinstance(view, PageView) and isinstance(view._drawing, Overlay) and x >= 0:
                x, y = x + view.scroll_offset.x, y + view.scroll_offset.y
                if x < view._drawing.size[0] and y < view._drawing.size[1]:
                    assert there.all(), f"nothing is drawn at {column}, {row}"
                    page = page_of_fake(view._drawing.number, view._drawing.size[0])
                    expected = page[y * 20 : y * 20 + 20, x * 10 : x * 10 + 10]
                    assert np.abs(pixels.astype(int) - expected).max() <= ROUNDED, (column, row)
                    count += 1
                    continue
            assert not there.any(), f"something is left at {column}, {row}"
    return count


@lru_cache
def page_of_fake(number: int, columns: int) -> NDArray[np.uint8]:
    """Its pixels, in full size."""
    return in_cells(FakePages().picture(number, columns * 10), columns, 10, 20)[0]


@BOTH
async def test_what_is_left_on_the_screen(chosen: str) -> None:
    """The page is where it is in sight, and nowhere else, scrolled, covered in part or whole, zoomed, resized, left."""
    async with watched(chosen, (60, 20)) as (driver, terminal):
        view = await look_at_it(driver)
        columns = view.room
        assert assert_right(driver, terminal) == columns * view.size.height
        await driver.press("down", "down", "pagedown", "up")
        await driver.until(lambda: view.scroll_offset.y)
        assert assert_right(driver, terminal) == columns * view.size.height
        driver.app.notify("Something in front of it", timeout=60)
        await driver.see("in front of it")
        assert 0 < assert_right(driver, terminal) < columns * view.size.height
        await driver.press("down")
        await driver.pilot.pause(0.1)
        assert 0 < assert_right(driver, terminal) < columns * view.size.height
        driver.app.clear_notifications()
        await driver.until(lambda: "in front of it" not in driver.text())
        assert assert_right(driver, terminal) == columns * view.size.height
        drawn = terminal.pictures
        driver.app.post_message(events.AppBlur())
        driver.app.post_message(events.AppFocus())
        await driver.until(lambda: terminal.pictures >= drawn + view.size.height, "the page, drawn again")
        await driver.press("f1")
        await driver.until(lambda: isinstance(driver.app.screen, HelpScreen))
        assert assert_right(driver, terminal) == 0
        await driver.press("escape", "plus")
        await driver.until(lambda: view.virtual_size.width > 1.4 * columns)
        await driver.press("right", "right", "right")
        await driver.until(lambda: view.scroll_offset.x)
        assert assert_right(driver, terminal) == columns * (view.size.height - 1)  # of the scroll bar
        terminal = driver.app.terminal = PictureTerminal(50, 16)  # type: ignore[attr-defined]
        await driver.pilot.resize_terminal(50, 16)
        await driver.until(lambda: view.room == 47)
        await driver.press("minus")
        await driver.until(lambda: view.virtual_size.width == 49)
        assert assert_right(driver, terminal) == view.room * view.size.height
        await driver.press("n")
        await driver.see("3 of 3")
        assert_right(driver, terminal)
        await driver.press("escape")
        await driver.until(lambda: isinstance(driver.app.screen, ReaderScreen))
        await driver.pilot.pause()
        assert not terminal.drawn.any()


def test_what_a_terminal_is_left_with() -> None:
    """A terminal that is known to take Sixel has the last page on the screen, at its place, when the program ends."""
    terminal = PictureTerminal(120, 40)
    terminal.feed(output_of(FOOT))
    shown, drawn = terminal.under(GUTTER, 2, 117, 37)
    assert drawn.all()
    assert drawn.sum() == terminal.drawn.sum()
    page, outline = in_cells(FakePages().picture(3, 1170), 117, 10, 20)
    assert outline[4]
    above = outline[4][1] - 4  # rows of what stands before the quote are in sight
    assert np.abs(shown.astype(int) - page[above * 20 :][: len(shown)]).max() <= ROUNDED
