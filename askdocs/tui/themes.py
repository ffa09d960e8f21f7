"""Colours: the first theme is the default; Textual's own themes, and one made by settings, are there too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.color import Color, ColorParseError
from textual.theme import BUILTIN_THEMES, Theme, ThemeProvider

from askdocs.config import Settings
from askdocs.errors import SettingsError

if TYPE_CHECKING:
    from askdocs.tui.app import AskdocsApp

OWN = "own"
"""The name of the theme that the table `own_theme` of the settings describes."""


def _scrollbar(track: str, handle: str) -> dict[str, str]:
    return {
        "scrollbar": handle,
        "scrollbar-hover": handle,
        "scrollbar-active": handle,
        "scrollbar-background": track,
        "scrollbar-background-hover": track,
        "scrollbar-background-active": track,
        "scrollbar-corner-color": track,
    }


def _lines(around: str) -> dict[str, str]:
    """What hasn't got the focus is framed in this colour."""
    return {"border-blurred": around}


def _quiet(text: str) -> dict[str, str]:
    """What stands back is in this colour, and nothing is fainter."""
    return dict.fromkeys(("text-muted", "text-disabled", "foreground-muted", "foreground-disabled"), text)


def _cursor(text: str, ground: str) -> dict[str, str]:
    """What is chosen in a list, and what stands back in it, can be read."""
    names = ("block-cursor-{}", "block-cursor-blurred-{}")
    return {name.format(of): colour for name in names for of, colour in (("foreground", text), ("background", ground))}


THEMES = (
    Theme(
        name="askdocs-dark",
        primary="#82aaff",
        secondary="#9fb4d0",
        accent="#f0c674",
        warning="#e5b567",
        error="#e88388",
        success="#a3c99a",
        foreground="#d5d9e0",
        background="#14161b",
        surface="#1b1e25",
        panel="#242832",
        dark=True,
        variables=_lines("#242832") | _scrollbar("#1b1e25", "#3a404d"),
    ),
    Theme(
        name="askdocs-light",
        primary="#2455b3",
        secondary="#4a5f80",
        accent="#9a6700",
        warning="#9a6700",
        error="#b3261e",
        success="#2e6b34",
        foreground="#23272e",
        background="#fafaf7",
        surface="#f1f1ec",
        panel="#e6e6df",
        dark=False,
        variables=_lines("#e6e6df") | _scrollbar("#f1f1ec", "#c4c4bb") | {"foreground-muted": "#62666d"},
    ),
    Theme(
        name="askdocs-dark-contrast",
        primary="#9cc2ff",
        secondary="#c8d8f0",
        accent="#ffd75f",
        warning="#ffd75f",
        error="#ffb0b0",
        success="#9ff09f",
        foreground="#ffffff",
        background="#000000",
        surface="#101010",
        panel="#262626",
        dark=True,
        variables=_lines("#9a9a9a")
        | _scrollbar("#262626", "#d0d0d0")
        | _quiet("#e0e0e0")
        | _cursor("#ffffff", "#003a8c"),
    ),
    Theme(
        name="askdocs-light-contrast",
        primary="#00237a",
        secondary="#22304a",
        accent="#4f3300",
        warning="#4f3300",
        error="#7a0000",
        success="#003d0a",
        foreground="#000000",
        background="#ffffff",
        surface="#f4f4f4",
        panel="#e4e4e4",
        dark=False,
        variables=_lines("#6a6a6a")
        | _scrollbar("#e4e4e4", "#303030")
        | _quiet("#202020")
        | _cursor("#000000", "#c8d8ff"),
    ),
)


def theme_names(settings: Settings) -> list[str]:
    """The themes that there are to choose from."""
    own = [OWN] if settings.own_theme else []
    return [*(theme.name for theme in THEMES), *own, *sorted(BUILTIN_THEMES)]


def own_theme(settings: Settings) -> Theme | None:
    """The theme that the settings describe, if they do. Raises SettingsError for what is no colour or theme."""
    if not settings.own_theme:
        return None
    colours = dict(settings.own_theme)
    base = _theme(colours.pop("base", THEMES[0].name), "own_theme.base")
    for name, colour in colours.items():
        try:
            Color.parse(colour)
        except ColorParseError as exc:
            where = f"own_theme.{name}"
            raise SettingsError(
                f"{where}: {colour!r} is no colour; write one as #rrggbb, as rgb(0,0,0), or by its name", where
            ) from exc
    theme = replace(base, name=OWN)
    vars(theme).update(colours)
    return theme


def check_theme(settings: Settings) -> None:
    """Raise SettingsError if the settings name a theme that isn't there."""
    if settings.theme == OWN and not settings.own_theme:
        raise SettingsError("theme is own, but there is no table own_theme with its colours", "theme")
    if settings.theme != OWN:
        _theme(settings.theme, "theme")


def _theme(name: str, setting: str) -> Theme:
    there = {theme.name: theme for theme in THEMES} | BUILTIN_THEMES
    if name not in there:
        raise SettingsError(f"{setting} must be one of {', '.join(there)}, not {name!r}", setting)
    return there[name]


class ThemeChoice(ThemeProvider):
    """The themes in the command palette, ours first; what is chosen is written to askdocs.toml."""

    @property
    def commands(self) -> list[tuple[str, Callable[[], None]]]:
        """Each theme, and what chooses it."""
        app = cast("AskdocsApp", self.app)
        return [(name, partial(app.choose_theme, name)) for name in theme_names(app.settings)]
