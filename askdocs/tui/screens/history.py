"""Past questions, to be found by what is typed and asked once more."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from askdocs.rendering.render import one_line, visible
from askdocs.tui import work
from askdocs.tui.messages import QuestionsRead
from askdocs.tui.screens.modal import Modal
from askdocs.tui.widgets.keys import KeyBar
from askdocs.tui.widgets.line import Filter

if TYPE_CHECKING:
    from askdocs.assistant import Assistant

_MOST = 5_000
_MOST_SHOWN = 200
_LONGEST_SHOWN = 300


class HistoryScreen(Modal[str | None]):
    """Is left with the question to take into the box, or with None."""

    CSS_PATH = "history.tcss"
    AUTO_FOCUS = "Filter"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "move(1)", "Older", id="history"),
        Binding("escape", "dismiss", "Back", id="back"),
    ]

    def __init__(self, assistant: Assistant) -> None:
        super().__init__()
        self._assistant = assistant
        self._questions: list[str] = []
        self._found: list[str] = []
        self._filter = Filter(placeholder="Words of a question that you asked")
        self._list = OptionList(markup=False)
        self._list.can_focus = False
        self._notice = Static("", id="notice", markup=False)

    def compose(self) -> ComposeResult:
        """What is looked for, and the questions that hold it, the latest first."""
        with Vertical(id="box"):
            yield self._filter
            yield self._list
            yield self._notice
        yield KeyBar()

    def on_mount(self) -> None:
        """Read them, from all conversations."""
        work.in_thread(self, "questions", work.read_questions, self._assistant, _MOST)

    def on_questions_read(self, message: QuestionsRead) -> None:
        """Show the latest."""
        self._questions = message.questions[::-1]
        self._notice.update(Content(visible(message.trouble)))
        self._look()

    def on_key(self, event: events.Key) -> None:
        """What is typed before the line is there is meant for it."""
        if event.character and event.is_printable:
            event.stop()
            self._filter.insert_text_at_cursor(event.character)

    def on_input_changed(self) -> None:
        """Show those that hold every word."""
        self._look()

    def _look(self) -> None:
        words = self._filter.value.casefold().split()
        held = (question for question in self._questions if all(word in question.casefold() for word in words))
        self._found = [question for question, _ in zip(held, range(_MOST_SHOWN), strict=False)]
        self._list.set_options(Option(Content(one_line(question[:_LONGEST_SHOWN]))) for question in self._found)
        self._list.highlighted = 0 if self._found else None

    def action_move(self, step: int) -> None:
        """Up or down in the list."""
        if self._found:
            self._list.highlighted = min(max((self._list.highlighted or 0) + step, 0), len(self._found) - 1)

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """So does a click."""
        self.dismiss(self._found[message.option_index])

    def on_input_submitted(self) -> None:
        """Leave with the highlighted question; with what was typed if there is none."""
        at = self._list.highlighted
        self.dismiss(self._filter.value or None if at is None else self._found[at])
