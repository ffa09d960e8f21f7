"""What a conversation can be restricted to: the folders, file endings and documents that there are."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Self

from askdocs.rendering.render import one_line
from askdocs.types import DocumentInfo
from askdocs.wording import count


@dataclass(frozen=True, slots=True)
class Choice:
    """A value for a `field` of a DocumentFilter, what to show of it, made harmless, and `text` to look for words in."""

    field: str
    value: str
    label: str
    detail: str
    text: str

    @classmethod
    def of(cls, field: str, value: str, label: str, detail: str) -> Self:
        label, detail = one_line(label), one_line(detail)
        return cls(field, value, label, detail, f"{label} {detail}".lower())


def choices(documents: Sequence[DocumentInfo], sources: Sequence[str]) -> list[Choice]:
    """Folders from the sources down, then endings, the most frequent first, then the documents."""
    folders = Counter(folder for document in documents for folder in _folders(document.path, sources))
    endings = Counter(ending for document in documents for ending in _endings(document))
    return [
        *(Choice.of("chosen", folder, folder, count(of, "document")) for folder, of in sorted(folders.items())),
        *(
            Choice.of("types", ending, f"type:{ending or 'none'}", count(of, "document"))
            for ending, of in sorted(endings.items(), key=lambda item: (-item[1], item[0]))
        ),
        *(Choice.of("chosen", item.full_path, item.full_path, item.own_title) for item in documents),
    ]


def _endings(document: DocumentInfo) -> set[str]:
    """Those of its file and of what it is inside it, any of which lets it through."""
    return {PurePath(name).suffix.lower().removeprefix(".") for name in (document.path, *document.inside)}


def _folders(path: str, sources: Iterable[str]) -> Iterator[str]:
    """The folders that a document lies in, as a DocumentFilter names them: its source and those below."""
    tops = [top for top in (os.path.join(source, "") for source in sources) if _is_below(path, top)]
    if not tops:
        return  # a file that is a source itself
    top = max(tops, key=len)
    yield top
    start = 0 if top == _HERE else len(top)
    while (end := path.find(os.sep, start)) >= 0:
        start = end + len(os.sep)
        yield path[:start]


_HERE = os.path.join(os.curdir, "")


def _is_below(path: str, folder: str) -> bool:
    return not os.path.isabs(path) if folder == _HERE else path.startswith(folder)
