"""A file's document and all that lies inside, each with the names that lead to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from askdocs.types import Document


def members(document: Document, inside: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Document]]:
    """`document`, which lies `inside` its file, and the documents inside it, in order.

    Their names are told apart by numbers where they are the same: `notes.txt`, `notes.txt (2)`.
    """
    yield inside, document
    seen: Counter[str] = Counter()
    for child in document.children:
        seen[child.path] += 1
        name = child.path if seen[child.path] == 1 else f"{child.path} ({seen[child.path]})"
        yield from members(child, (*inside, name))
