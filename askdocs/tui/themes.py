"""Calm colours: the first is the default; Textual's own themes are there too."""

from __future__ import annotations

from textual.theme import Theme


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
        variables=_scrollbar("#1b1e25", "#3a404d"),
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
        variables=_scrollbar("#f1f1ec", "#c4c4bb"),
    ),
)
