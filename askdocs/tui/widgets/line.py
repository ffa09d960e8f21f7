"""One line to type in: a name, a file, or what to look for."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widgets import Input

from askdocs.rendering.render import one_line
from askdocs.tui.keymap import MOVE

_LONGEST = 1_000


class Line(Input):
    """Whatever is pasted becomes harmless text on one line, as far as there is room."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "submit", "OK")]

    def __init__(self, value: str = "", *, placeholder: str = "", id: str | None = None) -> None:  # noqa: A002 (Textual's)
        super().__init__(value, placeholder, max_length=_LONGEST, select_on_focus=False, compact=True, id=id)
        self.cursor_blink = False

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        start, end = sorted(self.selection)
        room = _LONGEST - len(self.value) + end - start
        self.replace(one_line(event.text[: 10 * _LONGEST])[:room], start, end)


class Filter(Line):
    """The up and down keys move in the list that is filtered."""

    BINDING_GROUP_TITLE = "Finding"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Choose"),
        Binding("up", "screen.move(-1)", "Up", show=False, group=MOVE, id="up"),
        Binding("down", "screen.move(1)", "Down", show=False, group=MOVE, id="down"),
        Binding("pageup", "screen.move(-10)", "Page up", show=False, group=MOVE, id="page_up"),
        Binding("pagedown", "screen.move(10)", "Page down", show=False, group=MOVE, id="page_down"),
    ]
