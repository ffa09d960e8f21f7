"""The headings of a document as a list over its text: only the rows in sight are drawn."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from askdocs.rendering.render import one_line
from askdocs.tui.keymap import MOVE
from askdocs.types import Heading

_INDENT = 2
_DEEPEST = 8  # levels that are indented
_LONGEST_TITLE = 500  # characters; no screen is wider


class Outline(ScrollView, can_focus=True):
    """One heading a row, the one that is being read marked; Enter or a click goes to one."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Outline {
        display: none;
        layer: over;
        dock: left;
        width: 60%;
        max-width: 60;
        height: 1fr;
        overflow-x: hidden;
        background: $surface;
        border-right: outer $primary;
        scrollbar-size-vertical: 1;

        &.-shown {
            display: block;
        }

        .outline--here {
            color: $text-accent;
            text-style: bold;
        }

        .outline--cursor {
            background: $primary;
            color: $background;
            text-style: bold;
        }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"outline--here", "outline--cursor"}
    BINDING_GROUP_TITLE = "The outline"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Go there", id="open"),
        Binding("up", "move(-1)", "Before", show=False, group=MOVE, id="up"),
        Binding("down", "move(1)", "After", show=False, group=MOVE, id="down"),
        Binding("pageup", "move_page(-1)", "Page up", show=False, group=MOVE, id="page_up"),
        Binding("pagedown", "move_page(1)", "Page down", show=False, group=MOVE, id="page_down"),
        Binding("home", "move(-1000000000)", "First", show=False, group=MOVE, id="top"),
        Binding("end", "move(1000000000)", "Last", show=False, group=MOVE, id="bottom"),
    ]

    cursor: reactive[int] = reactive(0)

    @dataclass
    class Chosen(Message):
        """Somebody wants to read on from there."""

        heading: Heading

    def __init__(self) -> None:
        super().__init__()
        self._headings: Sequence[Heading] = ()
        self._here = -1
        self._highest = 1

    def show(self, headings: Sequence[Heading], offset: int) -> bool:
        """List the headings that have a title, that of the text at `offset` marked; False if there are none."""
        self._headings = [heading for heading in headings if heading.title.strip()]
        if not self._headings:
            return False
        self._highest = min(heading.level for heading in self._headings)
        self._here = bisect_right([heading.span.start for heading in self._headings], offset) - 1
        self.virtual_size = Size(self.size.width, len(self._headings))
        self.add_class("-shown")
        self.cursor = max(0, self._here)
        self.call_after_refresh(self._show_cursor)
        self.focus()
        return True

    def hide(self) -> None:
        """Uncover the text."""
        self.remove_class("-shown")

    def action_move(self, rows: int) -> None:
        """Down (or up) by so many headings, not past the last."""
        self.cursor = min(max(0, self.cursor + rows), len(self._headings) - 1)

    def action_move_page(self, pages: int) -> None:
        """Down (1) or up (-1) by as many headings as are in sight."""
        self.action_move(pages * max(1, self.size.height - 1))

    def action_choose(self) -> None:
        """Go to the heading under the cursor."""
        self.post_message(self.Chosen(self._headings[self.cursor]))

    def on_click(self, event: events.Click) -> None:
        """Go to the heading that was clicked."""
        offset = event.get_content_offset(self)
        if offset and self.scroll_offset.y + offset.y < len(self._headings):
            self.cursor = self.scroll_offset.y + offset.y
            self.action_choose()

    def watch_cursor(self) -> None:
        """Keep it in sight."""
        self._show_cursor()
        self.refresh()

    def _show_cursor(self) -> None:
        top, height = self.scroll_offset.y, self.size.height
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, force=True)
        elif self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False, force=True)

    def render_line(self, y: int) -> Strip:
        """One heading, indented by its level."""
        width, row = self.scrollable_content_region.width, self.scroll_offset.y + y
        style = self.rich_style
        if row >= len(self._headings):
            return Strip.blank(width, style)
        if row == self.cursor:
            style += self.get_component_rich_style("outline--cursor")
        elif row == self._here:
            style += self.get_component_rich_style("outline--here")
        heading = self._headings[row]
        indent = " " * (_INDENT * min(heading.level - self._highest, _DEEPEST))
        mark = "▸ " if row == self._here else "  "
        strip = Strip([Segment(f"{mark}{indent}{one_line(heading.title[:_LONGEST_TITLE])}", style)])
        return strip.adjust_cell_length(width, style)
