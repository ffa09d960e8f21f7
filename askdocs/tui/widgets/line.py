"""A line to type in, into which anything can be pasted."""

from __future__ import annotations

from textual import events
from textual.widgets import Input

from askdocs.render import visible


class Line(Input):
    """Textual's Input, but what is pasted is made harmless first, and the cursor doesn't blink."""

    def __init__(self, placeholder: str, *, id: str | None = None) -> None:  # noqa: A002 (as Textual calls it)
        super().__init__(placeholder=placeholder, id=id, select_on_focus=False)
        self.cursor_blink = False

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        if lines := event.text.strip().splitlines():
            self.replace(visible(lines[0]).replace("\t", " "), *self.selection)
