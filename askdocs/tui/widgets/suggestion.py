"""A question to begin with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from askdocs.rendering.render import one_line
from askdocs.tui.keymap import MOVE


class Suggestion(Static, can_focus=True):
    """Enter or a click puts it into the box."""

    BINDING_GROUP_TITLE = "Suggestions"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Take", tooltip="take the suggestion into the box", id="take"),
        Binding("up", "screen.move(-1)", "Previous", show=False, group=MOVE, id="up"),
        Binding("down", "screen.move(1)", "Next", show=False, group=MOVE, id="down"),
        Binding("shift+tab", "screen.move(-1)", "Previous", show=False, group=MOVE),
        Binding("tab", "screen.move(1)", "Next", show=False, group=MOVE),
        Binding("escape", "screen.enter_box", "Question", tooltip="back to the question", id="question"),
    ]

    @dataclass
    class Chosen(Message):
        """Somebody may want to ask this."""

        question: str

    def __init__(self, question: str) -> None:
        super().__init__(Content(f"› {one_line(question)}"))
        self.question = question

    def action_choose(self) -> None:
        """Hand it over."""
        self.post_message(self.Chosen(self.question))

    def on_click(self) -> None:
        """As Enter does."""
        self.action_choose()
