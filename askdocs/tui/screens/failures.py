"""The files that could not be read, each with its reason."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from askdocs.render import failure_details, one_line
from askdocs.tui.display import count
from askdocs.tui.widgets.document import DocumentView
from askdocs.tui.widgets.keys import KeyBar
from askdocs.types import Failure


class FailuresScreen(ModalScreen[None]):
    """A list to scroll through; thousands are no trouble."""

    CSS_PATH = "failures.tcss"
    AUTO_FOCUS = "DocumentView"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Back", id="back"),
        Binding("f2", "dismiss", "Back", show=False, id="failures"),
    ]

    def __init__(self, failures: tuple[Failure, ...]) -> None:
        super().__init__()
        self._failures = failures

    def compose(self) -> ComposeResult:
        """How many, and which."""
        with Vertical(id="box"):
            number = count(len(self._failures), "file")
            yield Static(f"{number} could not be read", id="title", markup=False)
            yield Static(
                "They are tried again when they change, or by `askdocs index --retry-failed`.", id="hint", markup=False
            )
            yield DocumentView(numbered=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """Fill the list."""
        self.query_one(DocumentView).show("\n".join(map(_entry, self._failures)))


def _entry(failure: Failure) -> str:
    lines = [one_line(failure.reason), *filter(None, [failure_details(failure)])]
    return "".join([f"{one_line(failure.path)}\n", *(f"    {line}\n" for line in lines)])
