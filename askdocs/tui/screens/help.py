"""What the keys do on the screen from which help was asked for."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from askdocs.tui.keymap import SCROLLING, key_text, keys_of, own_bindings, places
from askdocs.tui.screens.library import LibraryScreen
from askdocs.tui.screens.main import MainScreen
from askdocs.tui.widgets.keys import KeyBar

_VERDICTS = (
    ("● Found", "a passage answers, its sentence in bold; in brackets how sure that is: “perhaps” is below 75%."),
    ("○ Not in your documents", "nothing answers; the nearest passages are there to be checked."),
    ("▲ The index can't vouch", "nothing answers, but files are missing or changed; the card says what to do."),
    ("Edited", "the file has changed, and the passage still stands in it, at the lines shown."),
    ("Outdated", "the file has changed, and the passage is no longer in it; or that can't be told."),
)
_STATES = (
    ("✓ ◐", "indexed; read in part"),
    ("+ ≠ -", "new, changed, and gone or left out since it was indexed"),
    ("✗ ○", "failed; skipped for what it is, as links are"),
)


_WIDEST_KEYS = 20


class Page(VerticalScroll):
    """Text to scroll through."""

    BINDINGS: ClassVar[list[BindingType]] = [*SCROLLING]


class HelpScreen(ModalScreen[None]):
    """One page about the screen `about`, made from its bindings; any of the usual keys leaves it."""

    CSS_PATH = "help.tcss"
    AUTO_FOCUS = "Page"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Back", id="back"),
        Binding("enter,question_mark", "dismiss", "Back", show=False),
    ]

    def __init__(self, about: Screen[object]) -> None:
        super().__init__()
        self._about = about

    def compose(self) -> ComposeResult:
        """Keys by place, what has the focus first; then what the verdicts mean."""
        with Page(id="box"):
            sections = {place: rows for place in places(self._about) if (rows := self._rows(place))}
            width = max(len(keys) for rows in sections.values() for keys in rows if len(keys) <= _WIDEST_KEYS)
            for place, rows in sections.items():
                yield Static(place.BINDING_GROUP_TITLE or "Here", classes="title", markup=False)
                yield Static(Content("\n").join(_row(keys, what, width) for keys, what in rows.items()))
            if isinstance(self._about, MainScreen):
                yield Static("Answers", classes="title", markup=False)
                lines = [Content.assemble((sign, "$text-primary"), f"  {meaning}") for sign, meaning in _VERDICTS]
                yield Static(Content("\n").join(lines))
            if isinstance(self._about, LibraryScreen):
                yield Static("Files in the library", classes="title", markup=False)
                lines = [Content.assemble((f"{sign:<7}", "$text-primary"), meaning) for sign, meaning in _STATES]
                yield Static(Content("\n").join(lines))
        yield KeyBar()

    def _rows(self, place: type[DOMNode]) -> dict[str, str]:
        """What each action does, by its keys; those of a group together."""
        rows: dict[object, tuple[list[str], str]] = {}
        for binding in own_bindings(place):
            what = binding.group.description if binding.group else binding.tooltip or binding.description.lower()
            keys, _ = rows.setdefault(binding.group or binding.action, ([], what))
            keys += [text for text in map(key_text, keys_of(self, binding)) if text not in keys]
        return {" ".join(keys): what for keys, what in rows.values() if what}


def _row(keys: str, what: str, width: int) -> Content:
    """Keys in a column of that width, or on a line of their own if they are too many for it."""
    shown = f"{keys:<{width}}" if len(keys) <= width else f"{keys}\n{'':<{width}}"
    return Content.assemble((f"{shown}  ", "$text-primary"), what)
