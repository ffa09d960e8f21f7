"""The box where questions are typed: Enter asks, the arrows bring earlier questions back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Offset
from textual.message import Message
from textual.widgets import TextArea

from askdocs.rendering.render import visible
from askdocs.types import LONGEST_QUESTION
from askdocs.wording import count

_EARLIER = Binding.Group("earlier questions")
_SCROLL = Binding.Group("scroll the answers")


class QuestionBox(TextArea):
    """One question, on as many lines as it needs."""

    BINDING_GROUP_TITLE = "Asking"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "ask", "Ask", tooltip="ask the question"),
        Binding(
            "shift+enter,alt+enter,ctrl+j",
            "newline",
            "New line",
            show=False,
            tooltip="begin another line",
            id="newline",
        ),
        Binding("tab", "screen.leave_box", "Passages", tooltip="to the passages of the latest answer", id="passages"),
        Binding("up", "cursor_up", "Question before", show=False, group=_EARLIER),
        Binding("down", "cursor_down", "Question after", show=False, group=_EARLIER),
        Binding("pageup", "screen.scroll_transcript(-1)", "Scroll up", show=False, group=_SCROLL, id="page_up"),
        Binding("pagedown", "screen.scroll_transcript(1)", "Scroll down", show=False, group=_SCROLL, id="page_down"),
    ]

    @dataclass
    class Asked(Message):
        """Somebody wants to know."""

        question: str

    def __init__(self) -> None:
        super().__init__(placeholder="Ask your documents a question", highlight_cursor_line=False)
        self.cursor_blink = False
        self._asked: list[str] = []
        self._recalled = 0  # how many questions back; 0 is the draft
        self._draft = ""

    def action_ask(self) -> None:
        """Hand over the question and make room for the next."""
        question = self.text.strip()
        self._recalled = 0
        self.text = ""
        if not question:
            return
        if self._asked[-1:] != [question]:
            self._asked.append(question)
        self.post_message(self.Asked(question))

    def action_newline(self) -> None:
        """Begin another line of the same question."""
        self.take("\n")

    def action_cursor_up(self, select: bool = False) -> None:
        """Up a row; from the first, to the question before."""
        if not select and self.navigator.is_first_wrapped_line(self.cursor_location):
            self._recall(self._recalled + 1)
        else:
            super().action_cursor_up(select)

    def action_cursor_down(self, select: bool = False) -> None:
        """Down a row; from the last, to the question after."""
        if not select and self.navigator.is_last_wrapped_line(self.cursor_location):
            self._recall(self._recalled - 1)
        else:
            super().action_cursor_down(select)

    def take(self, text: str) -> None:
        """Put `text` in at the cursor, made harmless, as far as there is room."""
        text = visible(text).replace("\t", " ")
        room = LONGEST_QUESTION - len(self.text) + len(self.selected_text)
        if len(text) > room:
            text = text[: max(0, room)]
            self.notify(
                f"A question ends at {count(LONGEST_QUESTION, 'character')}; the rest was left out.",
                severity="warning",
                markup=False,
            )
        result = self.replace(text, *self.selection, maintain_selection_offset=False)
        self.move_cursor(result.end_location)

    def scroll_cursor_visible(self, center: bool = False, animate: bool = False) -> Offset:
        """Not while undoing has taken away the cursor's line: Textual moves the cursor only afterwards."""
        if self.cursor_location[0] >= self.document.line_count:
            return Offset()
        return super().scroll_cursor_visible(center, animate)

    def remember(self, questions: list[str]) -> None:
        """Questions of earlier days, oldest first, come before those of today."""
        self._asked[:0] = questions

    def take_back(self, question: str) -> None:
        """Put a past question in place of what is there, which undoing brings back."""
        self._recalled = 0
        self.replace(visible(question)[:LONGEST_QUESTION], (0, 0), self.document.end)
        self.move_cursor(self.document.end)

    def _recall(self, back: int) -> None:
        if not 0 <= back <= len(self._asked):
            return
        if not self._recalled:
            self._draft = self.text
        self._recalled = back
        self.text = self._asked[-back] if back else self._draft
        self.move_cursor(self.document.end)

    async def _on_key(self, event: events.Key) -> None:
        # In order with what is typed: bindings wait until the key has gone up to the app, and letters overtake them.
        own = [binding.action for binding in self._bindings.key_to_bindings.get(event.key, []) if _is_own(binding)]
        if own:
            event.stop()
            event.prevent_default()
            await self.run_action(own[0])
        elif event.character == "?" and not self.text:
            event.stop()
            event.prevent_default()
            await self.run_action("app.help")
        elif event.is_printable and len(self.text) >= LONGEST_QUESTION and not self.selected_text:
            event.stop()
            event.prevent_default()
            self.app.bell()

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.take(event.text)


def _is_own(binding: Binding) -> bool:
    """Whether a key does something in the box itself."""
    return "." not in binding.action and not binding.priority
