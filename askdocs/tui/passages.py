"""What the command palette offers for the passage or the document that one is at."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from textual.app import SystemCommand
from textual.screen import Screen

from askdocs.citing import Form
from askdocs.tui.widgets.citation import CitationView
from askdocs.tui.widgets.reading import ReaderPane


def commands(screen: Screen[object]) -> Iterator[SystemCommand]:
    """Those for where the focus is on `screen`."""
    for at in screen.focused.ancestors_with_self if screen.focused else ():
        if isinstance(at, CitationView | ReaderPane):
            yield from _of(at)


def _of(at: CitationView | ReaderPane) -> Iterator[SystemCommand]:
    for form, key in zip(Form, (" (c)", "", ""), strict=True):
        yield SystemCommand(
            f"Copy as {form}", f"The passage, with where it stands{key}", partial(at.action_copy, form.name)
        )
    yield SystemCommand("Open outside", "The document at the passage, in its own program (o)", at.action_open_outside)
    if isinstance(at, ReaderPane):
        yield SystemCommand("Find", "Words in the document (/)", at.action_find)
        yield SystemCommand("Outline", "The headings of the document (t)", at.action_outline)
        if at.check_action("reshape", ()):
            yield SystemCommand("Split", "The document beside the conversation, or alone (f)", at.action_reshape)
        if at.check_action("picture", ()):
            yield SystemCommand("Page", "The page as it looks, with the quote marked (g)", at.action_picture)
