"""What a question says besides its words: quoted phrases, words to leave out, and filters on documents.

    "force majeure" path:contracts/* type:txt author:"Anna Kovacs" tag:lease language:en after:2023-01-31 -draft

Only these forms mean anything; all other punctuation is text.
"""

from __future__ import annotations

import os
import re
from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from fnmatch import fnmatch
from pathlib import PurePath
from typing import Any

from askdocs.errors import UsageError
from askdocs.types import INSIDE

_FILTERS = {
    "path": "paths", "type": "types", "author": "authors", "tag": "tags", "language": "languages",
    "after": "after", "before": "before",
}  # fmt: skip
"""What the filters of a question are called in `document_filter`."""

_FILTER = re.compile(rf'(?<!\S)({"|".join(_FILTERS)}):(?:"([^"]+)"|([^\s"]+))', re.IGNORECASE)
_PHRASE = re.compile(r'"([^"]+)"|“([^”]+)”|„([^“”]+)[“”]|«([^»]+)»')
_EXCLUDED = re.compile(r"(?<!\S)-([^\W\d_][\w'’.-]*)")
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_WORKING_DIRECTORY = os.path.join(os.curdir, "")

_WRITTEN = {"chosen": ""} | {field: f"{name}:" for name, field in _FILTERS.items()}
"""What stands before each part of a filter when it is told."""


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """Which documents may answer; empty fields let everything through, of several values any will do.

    `paths` are shell patterns for a file or a folder of the path as people see it; `types` are file endings without
    the dot; `after` and `before` bound the day that a document states, else that of its file, both included; `authors`
    are parts of names, `tags` whole ones, both without regard to case and accents; `languages` are ISO 639-1 codes.
    `chosen` are paths themselves, those of folders with a separator at their end, and choose what is inside; `within`
    are filters that have to be passed too.
    """

    paths: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    after: date | None = None
    before: date | None = None
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()
    within: tuple[DocumentFilter, ...] = ()

    def __bool__(self) -> bool:
        return self != DocumentFilter()

    def __str__(self) -> str:
        """All that it asks for, as it is written in a question."""
        return " ".join(dict.fromkeys(part for part, _ in self.parts()))

    def admits(self, path: str, *, holds: bool = False) -> bool:
        """Whether a document of this full path may answer, as far as that tells; what is inside one that may, may too.

        If it `holds` documents, nobody knows which, it may where one inside could, whatever its type.
        """
        if not all(outer.admits(path, holds=holds) for outer in self.within):
            return False
        around_chosen = holds and any(chosen.startswith(f"{path}{INSIDE}") for chosen in self.chosen)
        if self.chosen and not around_chosen and not any(_is_chosen(path, chosen) for chosen in self.chosen):
            return False
        if self.paths and not any(_path_matches(path, pattern) for pattern in self.paths):
            return False
        endings = {PurePath(name).suffix.lower().removeprefix(".") for name in path.split(INSIDE)}
        return holds or not self.types or not endings.isdisjoint(self.types)

    def narrowed(self, other: DocumentFilter) -> DocumentFilter:
        """The documents that both let through."""
        if not self or not other:
            return self or other
        return replace(self, within=(*self.within, other))

    def parts(self) -> Iterator[tuple[str, DocumentFilter]]:
        """Each thing that it asks for, as it is written, and the filter without it."""
        for name, prefix in _WRITTEN.items():
            value = getattr(self, name)
            several = isinstance(value, tuple)
            for part in value if several else filter(None, (value,)):
                rest: Any = tuple(other for other in value if other != part) if several else None
                shown = f'"{part}"' if " " in str(part) else part or "none"
                yield f"{prefix}{shown}", replace(self, **{name: rest})
        for outer in self.within:
            others = tuple(other for other in self.within if other != outer)
            for part, rest in outer.parts():
                yield part, replace(self, within=(*others, *filter(None, (rest,))))


def document_filter(
    paths: Iterable[str] = (),
    types: Iterable[str] = (),
    after: Iterable[str] = (),
    before: Iterable[str] = (),
    authors: Iterable[str] = (),
    tags: Iterable[str] = (),
    languages: Iterable[str] = (),
) -> DocumentFilter:
    """The filter that such words of a question make. Raises UsageError for a date that is none."""
    return DocumentFilter(
        paths=tuple(paths),
        types=tuple(value.lower().removeprefix(".") for value in types),
        after=max((_day("after", value, last=False) for value in after), default=None),
        before=min((_day("before", value, last=True) for value in before), default=None),
        authors=tuple(authors),
        tags=tuple(tags),
        languages=tuple(re.split("[-_]", value.lower())[0] for value in languages),
    )


@dataclass(frozen=True, slots=True)
class ParsedQuestion:
    """A question taken apart: `text` is what to look for, without filters and left-out words."""

    text: str
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    documents: DocumentFilter = field(default_factory=DocumentFilter)

    def of(self, documents: DocumentFilter) -> ParsedQuestion:
        """The same, asked only of those `documents` that its own filters let through."""
        return replace(self, documents=documents.narrowed(self.documents))


def parse(question: str) -> ParsedQuestion:
    """Take a question apart. Raises UsageError for a date that is none."""
    found: dict[str, list[str]] = {name: [] for name in _FILTERS}
    for match in _FILTER.finditer(question):
        found[match[1].lower()].append(match[2] or match[3])
    text = _FILTER.sub(" ", question)
    phrases = tuple(" ".join(next(filter(None, match.groups())).split()) for match in _PHRASE.finditer(text))
    bare = _PHRASE.sub(" ", text)
    excluded = tuple(match[1] for match in _EXCLUDED.finditer(bare))
    filters = document_filter(**{_FILTERS[name]: values for name, values in found.items()})
    if excluded:
        text = _EXCLUDED.sub(" ", text)
    return ParsedQuestion(" ".join(text.split()), tuple(filter(None, phrases)), excluded, filters)


def holds_phrase(text: str, phrase: str) -> bool:
    """Whether `text` holds `phrase` to the letter, but for case and the kind of white space."""
    return " ".join(phrase.split()).casefold() in " ".join(text.split()).casefold()


def _path_matches(path: str, pattern: str) -> bool:
    path, pattern = (text.replace(INSIDE, os.sep) for text in (path, pattern))
    text, pattern = str(PurePath(path)), pattern.rstrip("/")
    parted = [match.start() for match in re.finditer(re.escape(os.sep), text)]
    runs = (text[start:end] for start in [0, *(at + 1 for at in parted)] for end in [*parted, len(text)] if start < end)
    return any(fnmatch(run, pattern) for run in runs)


def _is_chosen(path: str, chosen: str) -> bool:
    if chosen == _WORKING_DIRECTORY:
        return not os.path.isabs(path)
    return path == chosen or path.startswith(chosen if chosen.endswith(os.sep) else f"{chosen}{INSIDE}")


def _day(name: str, value: str, *, last: bool) -> date:
    """The first or last day of a year, month or day: "before:2024" goes to its end."""
    match = _DATE.fullmatch(value)
    year, month, day = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    try:
        if not last or day:
            return date(year, month or 1, day or 1)
        month = month or 12
        return date(year, month, monthrange(year, month)[1])
    except ValueError as exc:
        raise UsageError(f"{name}:{value} is no date; write {name}:2023, {name}:2023-01 or {name}:2023-01-31") from exc
