"""What the command palette offers for the passage that one is at, besides what keys do."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from textual.app import SystemCommand
from textual.screen import Screen

from askdocs.rendering.citing import Form
from askdocs.tui.widgets.citation import CitationView
from askdocs.tui.widgets.reading import ReaderPane


def copying(screen: Screen[Any]) -> Iterator[SystemCommand]:
    """A command a form in which the passage can be copied where the focus is on `screen`."""
    for at in screen.focused.ancestors_with_self if screen.focused else ():
        if isinstance(at, CitationView | ReaderPane):
            for form in Form:
                copy = partial(at.action_copy, form.name)
                yield SystemCommand(f"Copy as {form}", "The passage, with where it stands", copy)
