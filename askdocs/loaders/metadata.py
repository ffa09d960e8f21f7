"""What a document says of itself: title, author, date, tags, language, brought into one form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from askdocs.types import Heading

if TYPE_CHECKING:
    import yaml

_LONGEST = 300
"""Characters of any one of them; more is text that got there by mistake."""

_MOST_FRONT_MATTER = 65_536
_MOST_KEYS = 200
_DEEPEST = 20

_FRONT_MATTER = re.compile(
    r"(?P<fence>---|\+\+\+)[ \t]*(?:\r\n|\r|\n)(?P<values>(?:.*?(?:\r\n|\r|\n))??)"
    r"(?:(?P=fence)|\.\.\.)[ \t]*(?:\r\n|\r|\n|$)",
    re.DOTALL,
)
_KEY = re.compile(r"^([A-Za-z][\w-]*(?: [\w-]+)*) ?:(?:[ \t]+([^\r\n]*))?$", re.MULTILINE)
_ISO = re.compile(
    r"(?<!\d)(\d{4})([-/.]?)(\d{2})\2(\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(?:\.\d+)? ?(Z|[+-]\d{2}:?\d{2})?)?(?!\d)"
)
_DAY_FIRST = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)?[ ~.]+([A-Za-z]{3,9})\.?,?[ ~]+(\d{4})\b")
_MONTH_FIRST = re.compile(r"\b([A-Za-z]{3,9})\.?[ ~]+(\d{1,2})(?:st|nd|rd|th)?,?[ ~]+(\d{4})\b")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LANGUAGE = re.compile(r"([A-Za-z]{2})(?:[-_].*)?$")


@dataclass(frozen=True, slots=True)
class Metadata:
    """As in `Document`."""

    title: str | None = None
    author: str | None = None
    date: str | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None


def metadata(values: Mapping[str, object]) -> Metadata:
    """What is told by `values`, whose keys are names as people write them."""
    by_name: dict[str, object] = {}
    for name, value in values.items():
        by_name.setdefault(str(name).strip().lower(), value)

    def first(*names: str) -> object:
        return next((by_name[name] for name in names if by_name.get(name)), None)

    date = first("date", "created", "published", "pubdate", "lastmod", "modified", "updated")
    return Metadata(
        title=one_line(first("title")) or None,
        author=", ".join(_several(first("author", "authors", "creator", "by"))) or None,
        date=iso_date(str(date)) if date else None,
        tags=tuple(dict.fromkeys(_several(first("tags", "keywords", "tag"), r"[,;]"))),
        language=language_code(str(first("language", "lang", "locale") or "")),
    )


def front_matter(text: str) -> tuple[int, Metadata]:
    """Where the front matter of a Markdown file ends (YAML between `---`, TOML between `+++`), and what it says.

    The end is 0 if there is none. What can't be parsed is read line by line: people don't quote their colons.
    """
    found = _FRONT_MATTER.match(text)
    if not found:
        return 0, Metadata()
    written = found["values"]
    values = _toml(written) if found["fence"] == "+++" else _yaml(written)
    if values is None:
        if written.strip():
            return 0, Metadata()
        values = {}
    return found.end(), metadata(values)


def iso_date(text: str) -> str | None:
    """The day in `text` as ISO 8601, with its time if it says in which zone; None if there is no such day."""
    if match := _ISO.search(text):
        year, _, month, day, time, zone = match.groups()
        return _valid(f"{year}-{month}-{day}", f"T{time}{zone}" if time and zone else "")
    for pattern, order in ((_DAY_FIRST, (2, 1, 0)), (_MONTH_FIRST, (2, 0, 1))):
        if match := pattern.search(text):
            year, month, day = (match.groups()[at] for at in order)
            name = month[:3].lower()
            if name in _MONTHS:
                return _valid(f"{year}-{_MONTHS.index(name) + 1:02}-{int(day):02}", "")
    return None


def language_code(text: str) -> str | None:
    """The ISO 639-1 code in a language tag such as `en-GB`."""
    match = _LANGUAGE.match(text.strip())
    return match[1].lower() if match else None


def first_heading(headings: Sequence[Heading]) -> str | None:
    """What stands for the title of a document that says none: the first heading of the highest level."""
    highest = min(headings, key=lambda heading: heading.level, default=None)
    return highest.title if highest else None


def one_line(value: object) -> str:
    """A value of one line, "" if it is nothing that people would write there."""
    if isinstance(value, list | tuple | dict) or value is None:
        return ""
    line = " ".join(str(value).split())
    return line if len(line) <= _LONGEST else ""


def _valid(day: str, time: str) -> str | None:
    try:
        moment = datetime.fromisoformat(day + time)
    except ValueError:
        return None
    return moment.isoformat() if time else moment.date().isoformat()


def _several(value: object, separator: str = r"(?!)") -> list[str]:
    """The names in a value, which may be one, a list, or records that have a name."""
    values = value if isinstance(value, list) else re.split(separator, value) if isinstance(value, str) else [value]
    named = [entry.get("name") if isinstance(entry, dict) else entry for entry in values]
    return [line for line in map(one_line, named) if line]


def _toml(text: str) -> dict[str, object] | None:
    import tomllib

    try:
        return tomllib.loads(text.replace("\r\n", "\n").replace("\r", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError, ValueError):
        return None


def _yaml(text: str) -> dict[str, object] | None:
    """A YAML mapping, its scalars as they are written; of one that is none each key with what stands below it."""
    if (values := _mapping(text)) is not None:
        return values
    lines = text[:_MOST_FRONT_MATTER].replace("\r\n", "\n").replace("\r", "\n")
    said: dict[str, object] = {}
    for key, following in pairwise([*islice(_KEY.finditer(lines), _MOST_KEYS), None]):
        if key:
            part = lines[key.start() : following.start() if following else None]
            said |= _mapping(part) or {key[1]: (key[2] or "").strip().strip("\"'")}
    return said or None


def _mapping(text: str) -> dict[str, object] | None:
    import yaml

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # makes nothing but strings, lists and dicts
    try:
        if len(text) <= _MOST_FRONT_MATTER and _is_harmless(yaml.parse(text, loader)):
            loaded = yaml.load(text, loader)  # noqa: S506
            return loaded if isinstance(loaded, dict) else None
    except (yaml.YAMLError, ValueError, TypeError):
        pass
    return None


def _is_harmless(events: Iterable[yaml.Event]) -> bool:
    """Whether nothing is deep, and there are no aliases, which can make little text into a lot."""
    import yaml

    depth = 0
    for event in events:
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST or isinstance(event, yaml.AliasEvent):
            return False
    return True
