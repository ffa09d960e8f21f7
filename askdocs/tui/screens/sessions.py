"""The conversations that are kept: found, opened, renamed, deleted, exported."""

from __future__ import annotations

from functools import partial
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
from askdocs.tui.keymap import MOVE, STEPS
from askdocs.tui.messages import SessionsListed
from askdocs.tui.screens.modal import Modal
from askdocs.tui.screens.prompt import ExportScreen, PromptScreen
from askdocs.tui.widgets.keys import KeyBar
from askdocs.tui.widgets.line import Filter
from askdocs.wording import count

if TYPE_CHECKING:
    from collections.abc import Callable

    from askdocs.assistant import Assistant
    from askdocs.sessions.sessions import SessionInfo


class SessionList(OptionList):
    """One conversation an entry."""

    BINDING_GROUP_TITLE = "Conversations"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Open", tooltip="go on with the conversation", id="open"),
        Binding("slash,tab", "screen.filter", "Find", tooltip="find some by their words", id="find"),
        Binding("r", "screen.rename", "Rename", id="rename"),
        Binding("d,delete", "screen.delete", "Delete", id="delete"),
        Binding("e", "screen.export", "Export", tooltip="write the conversation to a file", id="export_listed"),
        *STEPS,
        # Textual's own fail before the list is drawn, as in a burst of keys.
        Binding("pageup", "screen.move(-10)", "Page up", show=False, group=MOVE, id="page_up"),
        Binding("pagedown", "screen.move(10)", "Page down", show=False, group=MOVE, id="page_down"),
    ]


class SessionsScreen(Modal[int | None]):
    """Is left with the number of the conversation to open, or with None."""

    CSS_PATH = "sessions.tcss"
    AUTO_FOCUS = "SessionList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", id="back"),
        Binding("f3", "back", "Back", show=False, id="sessions"),
    ]

    def __init__(self, assistant: Assistant, current: int | None) -> None:
        """`current` is the conversation that is on show."""
        super().__init__()
        self._assistant = assistant
        self._current = current
        self._sessions: dict[str, SessionInfo] = {}
        self._to_delete: str | None = None
        self._filter = Filter(placeholder="/ to find: a name, or words of questions and quotes")
        self._list = SessionList(markup=False)
        self._notice = Static("", id="notice", markup=False)

    def compose(self) -> ComposeResult:
        """What is looked for, what is found, and what there is to say."""
        with Vertical(id="box"):
            yield Static("Conversations", id="title", markup=False)
            yield self._filter
            yield self._list
            yield self._notice
        yield KeyBar()

    def on_mount(self) -> None:
        """List them."""
        self._look()

    def _look(self, change: Callable[[], None] | None = None) -> None:
        work.in_thread(self, "list", work.list_sessions, self._assistant, self._filter.value, change)

    def on_sessions_listed(self, message: SessionsListed) -> None:
        """Show them, with the highlight where it was as far as that is possible."""
        at = self._list.highlighted or 0
        self._sessions = {str(session.id): session for session in message.sessions}
        self._list.set_options(
            Option(_entry(session, current=session.id == self._current), id_) for id_, session in self._sessions.items()
        )
        if self._sessions:
            self._list.highlighted = min(at, len(self._sessions) - 1)
            self._say(message.trouble, "✗ ")
        else:
            nothing = "Nothing of it is in any." if self._filter.value else "None is kept yet: ask a question."
            self._say(message.trouble or nothing, "✗ " if message.trouble else "")

    # Finding

    def action_filter(self) -> None:
        """To the words that are looked for."""
        self.set_focus(self._filter)

    def on_key(self, event: events.Key) -> None:
        """In a burst of keys what follows / is looked for, and none of it done to the conversations."""
        if event.character == "/" and self.focused is not self._filter:
            event.stop()
            self.action_filter()
        elif self.focused is self._filter and event.character and event.is_printable:
            event.stop()
            self._filter.insert_text_at_cursor(event.character)

    def on_input_changed(self) -> None:
        """Look for it as it is typed."""
        self._list.highlighted = None
        self._look()

    def on_input_submitted(self) -> None:
        """Enter opens what is highlighted, also from where it is looked for."""
        self._list.action_select()

    def action_move(self, step: int) -> None:
        """Up or down in the list."""
        if self._sessions:
            at = self._list.highlighted or 0
            self._list.highlighted = min(max(at + step, 0), len(self._sessions) - 1)

    def action_back(self) -> None:
        """From what is looked for to the list, from there to where one came from."""
        if self.focused is self._filter:
            self._filter.value = ""
            self._list.focus()
        else:
            self.dismiss(None)

    # What can be done with one

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """Open it."""
        self.dismiss(int(message.option_id or 0))

    def on_option_list_option_highlighted(self, message: OptionList.OptionHighlighted) -> None:
        """Whatever was to be deleted, it was another."""
        if self._to_delete not in (None, message.option_id):
            self._keep()

    def action_rename(self) -> None:
        """Call it something else."""
        if session := self._highlighted():

            def rename(name: str | None) -> None:
                if name is not None:
                    self._look(partial(self._assistant.sessions.rename, session.id, name))

            self.app.push_screen(PromptScreen("The name of this conversation", session.name), rename)

    def action_delete(self) -> None:
        """Delete it, when asked a second time."""
        session = self._highlighted()
        if session is None:
            return
        if self._to_delete == str(session.id):
            self._to_delete = None
            self._look(partial(self._assistant.sessions.delete, session.id))
        else:
            self._to_delete = str(session.id)
            number = count(session.questions, "question")
            self._say(f"D once more deletes “{one_line(session.name)}” with its {number} for good.", "▲ ")

    def action_export(self) -> None:
        """Write it to a file."""
        if session := self._highlighted():
            self.app.push_screen(ExportScreen(self._assistant, partial(self._assistant.sessions.load, session.id)))

    def _highlighted(self) -> SessionInfo | None:
        option = self._list.highlighted_option
        return self._sessions.get(option.id or "") if option else None

    def _keep(self) -> None:
        self._to_delete = None
        self._say("")

    def _say(self, text: str, sign: str = "") -> None:
        self._notice.update(Content(f"{sign}{visible(text)}"))
        self._notice.set_class(bool(sign), "-trouble")
        self._notice.display = bool(text)


def _entry(session: SessionInfo, *, current: bool) -> Content:
    details = f"{session.used.astimezone():%Y-%m-%d %H:%M} · {count(session.questions, 'question')}"
    shown = " · on show" if current else ""
    return Content(f"{one_line(session.name)}\n  {details}{shown}")
