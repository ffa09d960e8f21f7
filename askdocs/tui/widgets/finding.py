"""One line to find words in a document: what is looked for, and which match of how many is in sight."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Static

from askdocs.tui.finding import Matches
from askdocs.tui.widgets.line import Line


class FindInput(Line):
    """What is to be found."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "submit", "To the text")]

    def on_unmount(self) -> None:
        """Textual's signal would keep it for as long as there is the screen."""
        self.screen.text_selection_started_signal.unsubscribe(self)


class FindBar(Horizontal):
    """Input.Changed tells of another query, Input.Submitted that it is done."""

    DEFAULT_CSS = """
    FindBar {
        display: none;
        height: 1;
        padding: 0 2;
        background: $surface;

        &.-shown {
            display: block;
        }

        #find {
            width: auto;
            padding-right: 1;
            text-style: bold;
        }

        FindInput {
            width: 1fr;
        }

        #count {
            width: auto;
            min-width: 10;
            padding-left: 2;
            text-align: right;
            color: $text-muted;
        }
    }
    """

    def compose(self) -> ComposeResult:
        """The query between its name and the count."""
        yield Static("Find", id="find", markup=False)
        yield FindInput()
        yield Static("", id="count", markup=False)

    def open(self) -> None:
        """Show the line, ready to be typed on."""
        self.add_class("-shown")
        self.query_one(FindInput).focus()

    def say(self, matches: Matches | None, number: int = 0) -> None:
        """Show which match is in sight; None while they are still being looked for."""
        if matches is None:
            count = "…"
        elif not matches:
            count = "no match" if self.query_one(FindInput).value.strip() else ""
        else:
            count = f"{number + 1:,} of {len(matches):,}{'+' if matches.more else ''}"
        self.query_one("#count", Static).update(count)
