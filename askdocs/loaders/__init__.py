"""Files become Documents: a table from media type to the function that loads it."""

from __future__ import annotations

import os
from collections.abc import Callable

from askdocs.errors import LoadError
from askdocs.loaders.markdown import load_markdown
from askdocs.loaders.text import load_text
from askdocs.types import Document

Loader = Callable[[str, bytes], Document]
"""Takes the path to show and the file's bytes; raises LoadError for content that it can't read."""

LOADERS: dict[str, Loader] = {
    "text/plain": load_text,
    "text/markdown": load_markdown,
}

MEDIA_TYPES = {
    ".txt": "text/plain",
    ".text": "text/plain",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".mdown": "text/markdown",
}

LINEAR = frozenset({"text/plain", "text/markdown"})
"""Media types whose loaders are known to end soon; all others are loaded in a process of their own."""

READ_AS_TEXT = frozenset({"text/plain", "text/markdown"})
"""The media types whose documents' text is the decoded file, character for character."""

LOADABLE = tuple(MEDIA_TYPES)
"""The endings of the files that are documents."""


def media_type(path: str) -> str | None:
    """The media type that a file's name stands for, or None if files of that name are not documents."""
    stem, dot, ending = path.rpartition(".")
    named = stem and not stem.endswith(os.sep)  # what begins with its only dot has no ending
    return MEDIA_TYPES.get(dot + ending.lower()) if named else None


def load(path: str, kind: str, data: bytes) -> Document:
    """The Document in `data`, the bytes of a file of media type `kind`; `path` is the name to give it.

    Raises LoadError with a reason that a person understands.
    """
    loader = LOADERS.get(kind)
    if loader is None:
        raise LoadError(f"{kind} files can't be read")
    return loader(path, data)
