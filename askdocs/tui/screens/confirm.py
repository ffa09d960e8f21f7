"""A question before something is lost."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from askdocs.rendering.render import visible
from askdocs.tui.screens.modal import Modal
from askdocs.tui.widgets.keys import KeyBar


class ConfirmScreen(Modal[bool]):
    """`y` says yes; Enter doesn't, as it may have been meant for something else."""

    CSS_PATH = "confirm.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "answer(False)", "No", id="back"),
        Binding("n", "answer(False)", "No", show=False),
    ]

    def __init__(self, question: str, yes: str) -> None:
        """`yes` is what happens then, in a word."""
        super().__init__()
        self._question = question
        self._bindings.bind("y", "answer(True)", yes)

    def compose(self) -> ComposeResult:
        """The question; the answers are keys."""
        with Vertical(id="box"):
            yield Static(Content(visible(self._question)))
        yield KeyBar()

    def action_answer(self, sure: bool) -> None:
        """Go back with the answer."""
        self.dismiss(sure)
