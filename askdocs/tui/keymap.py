"""The keys of named actions: what they are, which of them settings change, and vim's way of moving.

An action is named by the `id` of its `Binding`. What moves in the same way in several places has the same name there.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from textual.app import App
from textual.binding import ActiveBinding, Binding
from textual.dom import DOMNode
from textual.keys import REPLACED_KEYS, Keys, format_key, key_to_character
from textual.screen import Screen
from textual.widget import Widget

from askdocs.config import Settings
from askdocs.errors import SettingsError

if TYPE_CHECKING:
    from askdocs.tui.app import AskdocsApp

VIM = {
    "up": "up,k",
    "down": "down,j",
    "top": "home,g",
    "bottom": "end,G",
    "question": "escape,i,slash",
    "unfold": "right,l",
    "fold_up": "left,h",
    "page_picture": "v",  # its own key is g
}
"""The keys that the setting `vim` gives to actions."""

_SCROLL = Binding.Group("scroll")
MOVE = Binding.Group("move")

SCROLLING = (
    Binding("up", "scroll_up", "Up", show=False, group=_SCROLL, id="up"),
    Binding("down", "scroll_down", "Down", show=False, group=_SCROLL, id="down"),
    Binding("pageup", "page_up", "Up a page", show=False, group=_SCROLL, id="page_up"),
    Binding("pagedown", "page_down", "Down a page", show=False, group=_SCROLL, id="page_down"),
    Binding("home", "scroll_home", "To the beginning", show=False, group=_SCROLL, id="top"),
    Binding("end", "scroll_end", "To the end", show=False, group=_SCROLL, id="bottom"),
)
"""For what scrolls: the keys that it has, by names."""

HALF_PAGES = (
    Binding("ctrl+u", "half_page(-1)", "Up half a page", show=False, group=_SCROLL, id="half_page_up"),
    Binding("ctrl+d", "half_page(1)", "Down half a page", show=False, group=_SCROLL, id="half_page_down"),
)

STEPS = (
    Binding("up", "cursor_up", "Up", show=False, group=MOVE, id="up"),
    Binding("down", "cursor_down", "Down", show=False, group=MOVE, id="down"),
    Binding("home", "first", "To the first", show=False, group=MOVE, id="top"),
    Binding("end", "last", "To the last", show=False, group=MOVE, id="bottom"),
)
LIST = (
    *STEPS,
    Binding("pageup", "page_up", "Up a page", show=False, group=MOVE, id="page_up"),
    Binding("pagedown", "page_down", "Down a page", show=False, group=MOVE, id="page_down"),
)
"""For an OptionList: the keys that it has, by names."""

_NO_COMMANDS = frozenset(
    {"up", "down", "page_up", "page_down", "half_page_up", "half_page_down", "top", "bottom", "newline", "commands"}
)  # what moves, and what makes no sense in the list of commands

_WRITTEN = {"enter": "Enter", "pageup": "PgUp", "pagedown": "PgDn"}
_MODIFIERS = frozenset({"ctrl", "alt", "shift", "super", "hyper", "meta"})
_NAMED = frozenset(key.value for key in Keys if "+" not in key.value and not key.value.startswith("<"))


class Action(NamedTuple):
    """What can be given other keys: its default keys, and what it does in the first place where it does."""

    keys: tuple[str, ...]
    meaning: str


@cache
def actions() -> Mapping[str, Action]:
    """Every named action of the interface; imports all of it."""
    found: dict[str, Action] = {}
    for _, binding in sorted(_named_bindings(), key=lambda named: not named[1].tooltip):
        before = found.get(binding.id or "", Action((), binding.tooltip or binding.description.lower()))
        found[binding.id or ""] = Action(tuple(dict.fromkeys((*before.keys, binding.key))), before.meaning)
    return dict(sorted(found.items()))


def keymap(settings: Settings) -> dict[str, str]:
    """The keys of all actions that have others than their own.

    Raises SettingsError for an action or a key that doesn't exist, and for a key that is taken.
    """
    chosen = VIM if settings.vim else {}
    if not settings.keys:
        return dict(chosen)
    given = {name: ",".join(_keys(name, text)) for name, text in settings.keys.items()}
    combined = {**chosen, **given}
    for name in reversed(given):  # of two, the later one is to blame
        _refuse_clash(name, combined)
    return combined


def default_keys(name: str, settings: Settings) -> str:
    """The keys of the action `name` where the table `keys` has none for it."""
    return VIM[name] if settings.vim and name in VIM else ",".join(actions()[name].keys)


def places(screen: Screen[Any]) -> list[type[DOMNode]]:
    """The classes whose keys can be pressed on `screen`: what has the focus, what its modules name, it, and the app."""
    named = _named_by(type(screen))
    around = map(type, screen.focused.ancestors_with_self) if screen.focused else ()
    found = dict.fromkeys(value for value in (*around, *named) if isinstance(value, type) and issubclass(value, Widget))
    widgets = [value for value in found if not issubclass(value, Screen) and own_bindings(value)]
    return [*widgets, type(screen), type(screen.app)]


def own_bindings(owner: type[DOMNode]) -> list[Binding]:
    """The bindings that `owner` has from classes of this package, as they are written: with all their keys."""
    return [
        binding
        for kind in owner.__mro__
        if kind.__module__.startswith("askdocs.")
        for binding in vars(kind).get("BINDINGS", ())
        if isinstance(binding, Binding)
    ]


def keys_of(node: DOMNode, binding: Binding) -> list[str]:
    """The keys of `binding` as settings have them."""
    return cast("AskdocsApp", node.app).keys.get(binding.id or "", binding.key).split(",")


def binding_of(node: DOMNode, name: str) -> Binding:
    """The binding of the action `name` on the screen of `node`, at its first key."""
    for owner in places(node.screen):
        for binding in own_bindings(owner):
            if binding.id == name:
                return binding.with_key(keys_of(node, binding)[0])
    raise KeyError(name)


def commands(screen: Screen[Any]) -> list[ActiveBinding]:
    """The named actions that can be done on `screen` now, each once; moving about is left to the keys."""
    found: dict[str, ActiveBinding] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        if binding.id and binding.id not in _NO_COMMANDS and active.enabled:
            found.setdefault(binding.id, active)
    return list(found.values())


def key_of(node: DOMNode, name: str) -> str:
    """What a text on the screen of `node` calls the key of the action `name`."""
    return key_text(binding_of(node, name).key)


def key_text(key: str) -> str:
    """`key` as texts write it: F5, Ctrl+P, Esc, ?"""
    *modifiers, last = key.split("+")
    shown = _WRITTEN.get(last) or format_key(last)
    if last not in _WRITTEN and (len(shown) > 1 or modifiers):
        shown = shown.capitalize()
    return "+".join([*map(str.capitalize, modifiers), shown])


def _keys(name: str, text: str) -> Iterator[str]:
    """The keys that `text` gives to the action `name`, as Textual calls them."""
    setting = f"keys.{name}"
    if name not in actions():
        raise SettingsError(f"there is no action {name!r}; there are: {', '.join(actions())}", setting)
    for part in text.split(","):
        key = _spelled(part.strip())
        *modifiers, last = key.split("+")
        if not set(modifiers) <= _MODIFIERS or not (
            len(last) == 1 or last in _NAMED or key_to_character(REPLACED_KEYS.get(last, last))
        ):
            raise SettingsError(
                f"{setting}: there is no key {part.strip()!r}; there are: single characters, f1 to f24, enter, escape, "
                "tab, space, backspace, delete, insert, up, down, left, right, home, end, pageup, pagedown, comma, "
                "all of them also behind ctrl+, alt+ or shift+",
                setting,
            )
        yield key


def _spelled(key: str) -> str:
    if len(key) == 1:
        return next(iter(Binding.make_bindings([Binding(key, "")]))).key
    *modifiers, last = key.lower().split("+")
    return last.upper() if modifiers == ["shift"] and len(last) == 1 else "+".join([*modifiers, last])


def _refuse_clash(name: str, keymap: Mapping[str, str]) -> None:
    new = set(keymap[name].split(",")) - set(actions()[name].keys)
    if any(binding.priority for _, binding in _named_bindings() if binding.id == name):
        for key in new:
            if key_to_character(REPLACED_KEYS.get(key, key)):
                raise SettingsError(
                    f"keys.{name}: {key} could no longer be typed; choose a key that types nothing, as in ctrl+{key}",
                    f"keys.{name}",
                )
    for owner in {owner for owner, binding in _named_bindings() if binding.id == name}:
        for other, binding in _bindings():
            if binding.id == name or not _meet(owner, other):
                continue
            keys = keymap.get(binding.id or "", binding.key).split(",")
            if taken := new.intersection(keys):
                what = f"{binding.id} ({binding.description})" if binding.id else f"{binding.description!r}"
                hint = ": give that another one too, or choose another" if binding.id else ": choose another"
                raise SettingsError(f"keys.{name}: {min(taken)} is the key of {what} already{hint}", f"keys.{name}")


def _meet(one: type[DOMNode], other: type[DOMNode]) -> bool:
    """Can a key reach bindings of both classes at once?"""
    if one is other or issubclass(one, App) or issubclass(other, App):
        return True
    for screen, widget in ((one, other), (other, one)):
        if issubclass(screen, Screen) and widget in _named_by(screen):
            return True
    return False


def _named_by(screen: type[DOMNode]) -> list[object]:
    """What the module of `screen` names, and those of what it is made of."""
    modules = dict.fromkeys(kind.__module__ for kind in screen.__mro__ if kind.__module__.startswith("askdocs."))
    return [value for module in modules for value in vars(sys.modules[module]).values()]


def _named_bindings() -> Iterator[tuple[type[DOMNode], Binding]]:
    return ((owner, binding) for owner, binding in _bindings() if binding.id)


@cache
def _bindings() -> tuple[tuple[type[DOMNode], Binding], ...]:
    """The bindings of every class of the interface, one a key, with those that widgets have from Textual."""
    found = []
    for owner in _classes():
        bound: set[str] = set()
        for kind in owner.__mro__:
            own = list(Binding.make_bindings(vars(kind).get("BINDINGS", ())))
            found += [(owner, binding) for binding in own if binding.key not in bound]
            bound.update(binding.key for binding in own)
    return tuple(found)


def _classes() -> list[type[DOMNode]]:
    import pkgutil
    from importlib import import_module

    from askdocs.tui import app, screens, widgets

    modules = [app]
    for package in (screens, widgets):
        modules += [import_module(f"{package.__name__}.{item.name}") for item in pkgutil.iter_modules(package.__path__)]
    return [
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, DOMNode) and value.__module__ == module.__name__
    ]
