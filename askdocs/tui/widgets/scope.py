"""The chips above the question: which documents are asked, each part removable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import HorizontalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from askdocs.question import DocumentFilter
from askdocs.render import one_line
from askdocs.tui.display import count

_WIDEST = 40


class Chip(Static, can_focus=True):
    """One thing that documents are asked for; `rest` is the filter without it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x,delete,backspace", "remove", "Remove"),
        Binding("enter", "screen.scope", "Change"),
        Binding("left,shift+tab", "app.focus_previous", "Previous", show=False),
        Binding("right,tab", "app.focus_next", "Next", show=False),
        Binding("escape,down", "screen.enter_box", "Question"),
    ]

    @dataclass
    class Removed(Message):
        """It is to count no more."""

        rest: DocumentFilter

    def __init__(self, part: str, rest: DocumentFilter) -> None:
        text = one_line(part)
        shown = text if len(text) <= _WIDEST else f"…{text[1 - _WIDEST :]}"
        super().__init__(Content.assemble(shown, (" ×", "bold")))
        self._rest = rest

    def action_remove(self) -> None:
        """Take it away."""
        self.post_message(self.Removed(self._rest))

    def on_click(self, event: events.Click) -> None:
        """The cross removes, anything else chooses."""
        if event.x >= self.size.width - 2:
            self.action_remove()


class ScopeBar(HorizontalScroll, can_focus=False):
    """Hidden as long as all documents are asked."""

    DEFAULT_CSS = """
    ScopeBar {
        display: none;
        height: 1;
        padding: 0 2;
        scrollbar-size-horizontal: 0;

        &.-shown {
            display: block;
        }

        .scope--what {
            width: auto;
            color: $text-muted;

            &.-none {
                color: $text-warning;
                text-style: bold;
            }
        }

        Chip {
            width: auto;
            padding: 0 1;
            margin-right: 1;
            background: $panel;

            &:focus {
                background: $primary;
                color: $background;
                text-style: bold;
            }
        }
    }
    """

    async def show(self, documents: DocumentFilter) -> None:
        """A chip for each part of the filter; the focus stays among them, if it was there."""
        chips = list(self.query(Chip))
        at = next((place for place, chip in enumerate(chips) if chip.has_focus), None)
        self.set_class(bool(documents), "-shown")
        async with self.batch():
            await self.query("*").remove()
            parts = [Chip(part, rest) for part, rest in documents.parts()]
            what = Static("", classes="scope--what -count", markup=False)
            await self.mount(Static("asked of ", classes="scope--what", markup=False), *parts, what)
        if at is not None and parts:
            parts[min(at, len(parts) - 1)].focus()
        elif at is not None:
            await self.run_action("screen.enter_box")

    def tell(self, documents: int) -> None:
        """How many documents that makes."""
        for line in self.query(".-count").results(Static):
            line.update("▲ no document" if documents == 0 else count(documents, "document"))
            line.set_class(documents == 0, "-none")
