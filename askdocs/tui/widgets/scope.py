"""The chips above the question: which documents are asked, each part removable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import HorizontalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from askdocs.rendering.render import one_line
from askdocs.searching.question import DocumentFilter
from askdocs.tui import work
from askdocs.tui.messages import DocumentsCounted
from askdocs.wording import count

if TYPE_CHECKING:
    from askdocs.assistant import Assistant

_WIDEST = 40


class Chip(Static, can_focus=True):
    """One thing that documents are asked for; `rest` is the filter without it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x,delete,backspace", "remove", "Remove", tooltip="ask without this restriction", id="remove"),
        Binding("enter", "screen.scope", "Change", tooltip="choose other documents", id="change_scope"),
        Binding("left,shift+tab", "app.focus_previous", "Previous", show=False),
        Binding("right,tab", "app.focus_next", "Next", show=False),
        Binding("escape", "screen.enter_box", "Question", tooltip="back to the question", id="question"),
        Binding("down", "screen.enter_box", "Question", show=False),
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

    def __init__(self, assistant: Assistant) -> None:
        super().__init__()
        self._assistant = assistant
        self.documents: DocumentFilter | None = None
        """Those that are asked; None for all."""

    def choose(self) -> None:
        """Have a person choose."""
        from askdocs.tui.screens.scope import ScopeScreen

        self.app.push_screen(ScopeScreen(self._assistant, self.documents or DocumentFilter()), self._take)

    async def _take(self, documents: DocumentFilter | None) -> None:
        if documents is not None:
            await self.show(documents)
            await self.run_action("screen.enter_box")

    async def on_chip_removed(self, message: Chip.Removed) -> None:
        """Ask more documents."""
        await self.show(message.rest)

    async def show(self, documents: DocumentFilter) -> None:
        """Ask these documents, with a chip for each part of the filter; the focus stays among the chips."""
        self.documents = documents or None
        at = next((place for place, chip in enumerate(self.query(Chip)) if chip.has_focus), None)
        self.set_class(bool(documents), "-shown")
        parts = [Chip(part, rest) for part, rest in documents.parts()]
        async with self.batch():
            await self.query("*").remove()
            await self.mount(Static("asked of ", classes="scope--what", markup=False), *parts)
            await self.mount(Static("", id="count", classes="scope--what", markup=False))
        if at is not None and parts:
            parts[min(at, len(parts) - 1)].focus()
        elif at is not None:
            await self.run_action("screen.enter_box")
        self.count()

    async def ask_all(self) -> None:
        """Choose nothing any more."""
        await self.show(DocumentFilter())

    def count(self) -> None:
        """Say before anything is asked how many documents that makes, and if it is none."""
        if self.documents:
            work.in_thread(self, "count", work.count_documents, self._assistant, self.documents)

    def on_documents_counted(self, message: DocumentsCounted) -> None:
        """Show it."""
        if message.trouble:
            return  # asking will say what is wrong
        line = self.query_one("#count", Static)
        line.update(count(message.count, "document") if message.count else "▲ no document")
        line.set_class(not message.count, "-none")
