"""The line at the bottom: the keys that do something here."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

from askdocs.tui.keymap import binding_of


class KeyBar(Widget):
    """Textual's Footer as one widget that is drawn, not seven that are made anew whenever the focus moves."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"keys--key", "keys--what"}
    DEFAULT_CSS = """
    KeyBar {
        dock: bottom;
        height: 1;
        background: $panel;

        .keys--key {
            color: $text-accent;
            text-style: bold;
        }

        .keys--what {
            color: $foreground;
        }
    }
    """

    def on_mount(self) -> None:
        """Draw anew whenever other keys matter."""
        self.screen.bindings_updated_signal.subscribe(self, self._other_keys)

    def _other_keys(self, _screen: Screen[object]) -> None:
        self.refresh()

    def render(self) -> Content:
        """As many as fit, the most local first."""
        return Content("").join(
            Content.assemble(" ", (shown, ".keys--key"), " ", (what, ".keys--what"), " ")
            for _, shown, what in self._fitting()
        )

    def on_click(self, event: events.Click) -> None:
        """A click on a key is a press of it."""
        end = 0
        for key, shown, what in self._fitting():
            end += _width(shown, what)
            if event.x < end:
                self.app.simulate_key(key)
                return

    def _fitting(self) -> list[tuple[str, str, str]]:
        fitting = []
        room = self.size.width
        for key, shown, what in self._keys():
            room -= _width(shown, what)
            if room < 0:
                break
            fitting.append((key, shown, what))
        return fitting

    def _keys(self) -> list[tuple[str, str, str]]:
        bindings: dict[str, Binding] = {}
        for active in self.screen.active_bindings.values():
            if active.binding.show and active.enabled:
                bindings.setdefault(active.binding.action, active.binding)
        for name in ("help", "commands"):  # which reach modal screens too
            bindings.setdefault(name, binding_of(self, name))
        return [
            (binding.key, _capital(self.app.get_key_display(binding)), binding.description)
            for binding in bindings.values()
        ]


def _capital(key: str) -> str:
    return key.capitalize() if len(key) > 1 and key.isalnum() else key


def _width(shown: str, what: str) -> int:
    return len(shown) + len(what) + 3
