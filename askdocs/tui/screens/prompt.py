"""One line asked for, over whatever is on show."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from askdocs.rendering.render import one_line, visible
from askdocs.tui import work
from askdocs.tui.messages import Exported, ExportProposed
from askdocs.tui.screens.modal import Modal
from askdocs.tui.widgets.keys import KeyBar
from askdocs.tui.widgets.line import Line

if TYPE_CHECKING:
    from askdocs.assistant import Assistant
    from askdocs.sessions.sessions import Session


class PromptScreen(Modal[str | None]):
    """Asks for `what`, and is left with it, or with None."""

    CSS_PATH = "prompt.tcss"
    AUTO_FOCUS = "Line"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Cancel", id="back")]

    def __init__(self, what: str, value: str = "", hint: str = "") -> None:
        super().__init__()
        self._what = what
        self._line = Line(one_line(value))
        self._hint = Static(Content(hint), id="hint")

    def compose(self) -> ComposeResult:
        """What is asked for, the line, and what there is to say about it."""
        with Vertical(id="box"):
            yield Static(Content(self._what), id="title")
            yield self._line
            yield self._hint
        yield KeyBar()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """That is it."""
        message.stop()
        self.take(message.value)

    def take(self, value: str) -> None:
        """Do with `value` what is to be done with it."""
        self.dismiss(value)

    def say(self, trouble: str) -> None:
        """Why it can't be that."""
        self._hint.update(Content(f"✗ {visible(trouble)}"))
        self._hint.add_class("-trouble")


class ExportScreen(PromptScreen):
    """Asks for a file, and writes a conversation to it."""

    def __init__(self, assistant: Assistant, load: Callable[[], Session]) -> None:
        """`load` reads the conversation."""
        super().__init__("Export this conversation to", hint="The ending says how: .md, .html or .json.")
        self._assistant = assistant
        self._load = load
        self._session: Session | None = None

    def on_mount(self) -> None:
        """Read it first."""
        work.in_thread(self, "export", work.propose_export, self._assistant, self._load)

    def on_export_proposed(self, message: ExportProposed) -> None:
        """Offer a name that nothing has yet."""
        self._session = message.session
        if message.session is None:
            self.say(message.trouble)
        elif not self._line.value:
            self._line.value = message.name

    def take(self, value: str) -> None:
        """Write the file."""
        if self._session and value.strip():
            work.in_thread(self, "export", work.export_session, self._session, value.strip())

    def on_exported(self, message: Exported) -> None:
        """Say where it is, or why it isn't."""
        if message.trouble:
            self.say(message.trouble)
            return
        self.app.notify(f"Exported to {one_line(message.path)}.", markup=False)
        self.dismiss(message.path)
