"""What a question says besides its words: quoted phrases, words to leave out, and filters on documents.

    "force majeure" path:contracts/* type:txt author:"Anna Kovacs" tag:lease language:en after:2023-01-31 -draft

Only these forms mean anything; all other punctuation is text.
"""

from __future__ import annotations

import os
import re
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from fnmatch import fnmatch
from pathlib import PurePath

from askdocs.errors import UsageError

_FILTERS = {
    "path": "paths", "type": "types", "author": "authors", "tag": "tags", "language": "languages",
    "after": "after", "before": "before",
}  # fmt: skip
"""What the filters of a question are called in `document_filter`."""

_FILTER = re.compile(rf'(?<!\S)({"|".join(_FILTERS)}):(?:"([^"]+)"|([^\s"]+))', re.IGNORECASE)
_PHRASE = re.compile(r'"([^"]+)"|“([^”]+)”|„([^“”]+)[“”]|«([^»]+)»')
_EXCLUDED = re.compile(r"(?<!\S)-([^\W\d_][\w'’.-]*)")
_INSIDE = " > "
"""Between the names of documents that are inside each other, as people see them."""

_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """Which documents may answer; empty fields let everything through, of several values any will do.

    `paths` are shell patterns for a file or a folder of the path as people see it; `types` are file endings without
    the dot; `after` and `before` bound the day that a document states, else that of its file, both included; `authors`
    are parts of names, `tags` whole ones, both without regard to case and accents; `languages` are ISO 639-1 codes.
    """

    paths: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    after: date | None = None
    before: date | None = None
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self != DocumentFilter()

    def __str__(self) -> str:
        """As it is written in a question."""
        several = (
            ("path", self.paths), ("type", self.types), ("author", self.authors), ("tag", self.tags),
            ("language", self.languages),
        )  # fmt: skip
        given = [(name, value) for name, values in several for value in values]
        words = [f'{name}:"{value}"' if " " in value else f"{name}:{value}" for name, value in given]
        words += [f"{name}:{day}" for name, day in (("after", self.after), ("before", self.before)) if day]
        return " ".join(words)

    def admits(self, path: str) -> bool:
        """Whether a document of this full path may answer, as far as that tells; one inside another may if that may."""
        if self.paths and not any(_path_matches(path, pattern) for pattern in self.paths):
            return False
        endings = {PurePath(name).suffix.lower().removeprefix(".") for name in path.split(_INSIDE)}
        return not self.types or not endings.isdisjoint(self.types)

    def narrowed(self, other: DocumentFilter) -> DocumentFilter:
        """Both as if written in one question: any of their paths, any of their types, the shorter stretch of time."""
        return DocumentFilter(
            paths=self.paths + other.paths,
            types=self.types + other.types,
            after=max(filter(None, (self.after, other.after)), default=None),
            before=min(filter(None, (self.before, other.before)), default=None),
            authors=self.authors + other.authors,
            tags=self.tags + other.tags,
            languages=self.languages + other.languages,
        )


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
        return replace(self, documents=self.documents.narrowed(documents))


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
    path, pattern = (text.replace(_INSIDE, os.sep) for text in (path, pattern))
    text, pattern = str(PurePath(path)), pattern.rstrip("/")
    parted = [match.start() for match in re.finditer(re.escape(os.sep), text)]
    runs = (text[start:end] for start in [0, *(at + 1 for at in parted)] for end in [*parted, len(text)] if start < end)
    return any(fnmatch(run, pattern) for run in runs)


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
