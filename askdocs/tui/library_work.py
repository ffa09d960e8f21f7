"""What the worker threads of the library and the first start do, and the messages in which they tell of it.

As in `work.py`, any exception becomes something to read here.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from textual.message import Message

from askdocs.events import IndexPlan
from askdocs.indexing.library import LibrarySource
from askdocs.rendering.render import visible
from askdocs.tui.forest import Node, grow
from askdocs.tui.work import or_trouble, trouble_text

if TYPE_CHECKING:
    from askdocs.assistant import Assistant


@dataclass
class LikelySourcesFound(Message):
    """Folders to propose to somebody who has no source yet."""

    paths: tuple[str, ...]


@dataclass
class LibraryRead(Message):
    """All sources with their files; `trouble` says why they can't be told."""

    sources: tuple[LibrarySource, ...]
    trouble: str = ""


@dataclass
class LibraryGrown(Message):
    """The trees of those files that have all `words`."""

    roots: tuple[Node, ...]
    words: tuple[str, ...]


@dataclass
class SourceAdded(Message):
    """A folder or file is a source now, at this absolute path; `trouble` says why it isn't."""

    path: str
    trouble: str = ""


@dataclass
class SourceForgotten(Message):
    """A source and what came of it have left the index; `trouble` says why not."""

    path: str
    trouble: str = ""


@dataclass
class TextRead(Message):
    """A whole document, safe to show; `trouble` says why there is nothing to read."""

    text: str
    trouble: str = ""


@or_trouble(lambda _: LikelySourcesFound(()))
def find_likely_sources(assistant: Assistant) -> LikelySourcesFound:
    """Folders to begin with; nothing hangs on them either."""
    return LikelySourcesFound(assistant.likely_sources())


@or_trouble(partial(LibraryRead, ()))
def read_library(assistant: Assistant, plan: IndexPlan | None) -> LibraryRead:
    """All sources with their files."""
    return LibraryRead(assistant.library(plan))


def grow_library(sources: tuple[LibrarySource, ...], words: tuple[str, ...]) -> LibraryGrown:
    """The trees of those files that have all `words`."""
    return LibraryGrown(grow(sources, words), words)


def add_source(assistant: Assistant, path: str) -> SourceAdded:
    """Make a folder or file a source."""
    try:
        return SourceAdded(os.path.abspath(assistant.add([path])[0]))
    except Exception as exc:
        return SourceAdded(path, trouble_text(exc))


def forget_source(assistant: Assistant, path: str) -> SourceForgotten:
    """Forget a source with all that came of it."""
    try:
        assistant.forget(path)
    except Exception as exc:
        return SourceForgotten(path, trouble_text(exc))
    return SourceForgotten(path)


@or_trouble(partial(TextRead, ""))
def read_text(assistant: Assistant, document_id: int) -> TextRead:
    """A whole document as it was indexed."""
    return TextRead(visible(assistant.text(document_id)))
