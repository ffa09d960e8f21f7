"""A page as a picture that can be scrolled."""

from __future__ import annotations

import os
from functools import lru_cache, partial
from typing import TYPE_CHECKING, ClassVar, cast

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from askdocs.tui.overlay import OverlaidStrip, Overlay
from askdocs.tui.pixels import Pixels, cell_size, protocol

if TYPE_CHECKING:
    from askdocs.tui.app import AskdocsApp
    from askdocs.tui.pictures import Drawing

GUTTER = 2
"""Columns before the picture, for what tells marked rows without colour."""

_BEFORE_QUOTE = 4  # columns and rows of what stands before it


class PageView(ScrollView, can_focus=True):
    """Shows a drawing, from the first marked row on; rows with the quote have a sign before them."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    PageView {
        height: 1fr;
        overflow-x: auto;
        overflow-y: scroll;
        scrollbar-size: 1 1;
        background: $background;

        .page--mark {
            color: $primary;
        }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"page--mark"}

    def __init__(self) -> None:
        super().__init__()
        self._drawing: Drawing | None = None
        # Of the picture before the next; 24 bits, and any, as other programs may have sent some.
        self._number = 0x010000 | int.from_bytes(os.urandom(3), "big") >> 1

    @property
    def room(self) -> int:
        """Columns that a picture has that is as wide as the view."""
        return self.scrollable_content_region.width - GUTTER

    @property
    def pixels(self) -> Pixels | None:
        """Those that pages are to be drawn in; None if they are to be drawn with blocks."""
        chosen = protocol(cast("AskdocsApp", self.app).settings.pictures, os.environ)
        return Pixels(chosen, cell_size(), self.room) if chosen else None

    def next_number(self) -> int:
        """One that no picture has had; it is sent as a colour."""
        self._number += 1
        return self._number

    def on_mount(self) -> None:
        """Draw again when the terminal gets the focus: xterm keeps few pictures, and what was covered may be lost."""
        self.watch(self.app, "app_focus", self._draw_again, init=False)

    def _draw_again(self) -> None:
        self.refresh()

    def on_unmount(self) -> None:
        """Leave no picture in the terminal."""
        if self._drawing:
            self._send(self._drawing.sent_after)

    def _send(self, sequence: str) -> None:
        if sequence and (driver := self.app._driver):  # noqa: SLF001 (what Textual itself copies with; it has no other way)
            driver.write(sequence)

    def show(self, drawing: Drawing) -> None:
        """Show it, at the quote; or, if it is the page on show, and not at its quote, at what was in the middle.

        Where the quote was looked for meanwhile, it is shown as soon as it is found.
        """
        before, self._drawing = self._drawing, drawing
        self._send(drawing.sent_before)
        if before:
            self._send(before.sent_after)
        columns, rows = drawing.size
        self.virtual_size = Size(columns + GUTTER, rows)
        x = y = 0.0
        found = before is not None and before.marked is None and drawing.begins is not None
        if before and before.number == drawing.number and not found and not self._is_in_sight(before.begins):
            width, height = self.size.width / 2, self.size.height / 2
            x = (self.scroll_offset.x + width) / before.size[0] * columns - width
            y = (self.scroll_offset.y + height) / before.size[1] * rows - height
        elif drawing.begins:
            x, y = drawing.begins[0] - _BEFORE_QUOTE, drawing.begins[1] - _BEFORE_QUOTE
            if columns + GUTTER <= self.size.width:
                x = 0.0
        self.scroll_to(max(0, x), max(0, y), animate=False, force=True)
        self.refresh()

    @property
    def _in_sight(self) -> range:
        """The columns of the picture that are."""
        left, width = self.scroll_offset.x, self.scrollable_content_region.width - GUTTER
        return range(left, min(left + width, self._drawing.size[0] if self._drawing else 0))

    def _is_in_sight(self, cell: tuple[int, int] | None) -> bool:
        if cell is None:
            return False
        x, y = cell[0] - self.scroll_offset.x, cell[1] - self.scroll_offset.y
        return 0 <= x < self.size.width and 0 <= y < self.size.height

    def render_line(self, y: int) -> Strip:
        """One row of the picture behind its sign."""
        width, row = self.scrollable_content_region.width, self.scroll_offset.y + y
        plain, drawing = self.rich_style, self._drawing
        if drawing is None or row >= drawing.size[1]:
            return Strip.blank(width, plain)
        sign = "▌ " if row in (drawing.marked or ()) else "  "
        segments = [Segment(sign, plain + self.get_component_rich_style("page--mark"))]
        in_sight = self._in_sight
        for text, ink, paper in drawing.runs(row, in_sight.start, in_sight.stop):
            segments.append(Segment(text, _style(ink, paper)))
        return Strip(segments).adjust_cell_length(width, plain)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows as Textual has styled and cut them, with the picture over them if it is drawn so."""
        strips, drawing = super().render_lines(crop), self._drawing
        if not isinstance(drawing, Overlay):
            return strips
        first, columns = self.scroll_offset.y + crop.y, self._in_sight[max(0, crop.x - GUTTER) :]
        return [
            OverlaidStrip(strip, max(0, GUTTER - crop.x), columns, partial(drawing.over, row))
            if row < drawing.size[1]
            else strip
            for row, strip in enumerate(strips, first)
        ]


@lru_cache(4096)
def _style(ink: int, paper: int) -> Style:
    return Style(color=_colour(ink), bgcolor=_colour(paper))


def _colour(value: int) -> Color:
    return Color.from_rgb(value >> 16, value >> 8 & 255, value & 255)
