"""What a conversation can be restricted to: the folders, file endings and documents that there are."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from askdocs.render import one_line
from askdocs.tui.display import count
from askdocs.types import DocumentInfo


@dataclass(frozen=True, slots=True)
class Choice:
    """A value for a `field` of a DocumentFilter, and what to show of it, made harmless."""

    field: str
    value: str
    label: str
    detail: str

    def fits(self, words: Sequence[str]) -> bool:
        """Whether all `words`, in lower case, are in what is shown."""
        text = f"{self.label} {self.detail}".lower()
        return all(word in text for word in words)


def choices(documents: Sequence[DocumentInfo], sources: Sequence[str]) -> list[Choice]:
    """Folders from the sources down, then endings, the most frequent first, then the documents."""
    folders = Counter(folder for document in documents for folder in _folders(document.path, sources))
    endings = Counter(PurePath(document.full_path).suffix.lower().removeprefix(".") for document in documents)
    return [
        *(Choice("chosen", folder, one_line(folder), count(of, "document")) for folder, of in sorted(folders.items())),
        *(
            Choice("types", ending, one_line(f"type:{ending or 'none'}"), count(of, "document"))
            for ending, of in sorted(endings.items(), key=lambda item: (-item[1], item[0]))
        ),
        *(_document(document) for document in documents),
    ]


def _document(document: DocumentInfo) -> Choice:
    path, title = one_line(document.full_path), one_line(document.title)
    return Choice("chosen", document.full_path, path, "" if path.endswith(title) else title)


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
