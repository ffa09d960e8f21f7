"""The documents that pass a question's filters: SQL tells by their rows, then paths are looked at one by one."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from operator import contains, eq

from askdocs.catalog.catalog import Catalog
from askdocs.errors import UsageError
from askdocs.searching.question import DocumentFilter
from askdocs.wording import first_of

_FIRST, _LAST = date(1900, 1, 1), date(2200, 1, 1)
"""The times of files lie between them."""

_NAMED = 10

_PARTING = re.compile(r"\s*[*?/>]\s*|\[.*")
"""What parts a pattern into pieces that stand in a path as they are written; none is told behind a bracket."""

_UNMARKED = str.maketrans("łŁøØđĐıħĦŧŦ", "lLoOdDihHtT") | {"æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe"}
"""Letters that Unicode doesn't take for others with a mark."""


def admitted(catalog: Catalog, documents: DocumentFilter) -> list[int]:
    """The ids of the documents that pass.

    Raises UsageError if none does, or if the index has no document of a language, author or tag that is asked for.
    """
    pieces = [_longest_piece(pattern) for pattern in documents.paths]
    ids = catalog.document_ids_where(
        authors=_stored(catalog, "author", documents.authors, contains),
        tags=_stored(catalog, "tag", documents.tags, eq),
        languages=_stored(catalog, "language", documents.languages, eq),
        days=_days(documents),
        times=(_midnight(documents.after or _FIRST), _midnight(documents.before or _LAST, days_on=1)),
        pieces=[os.fsencode(piece) for piece in pieces] if os.sep == "/" and all(pieces) else (),
        endings=[f".{ending}" for ending in documents.types]
        if all(documents.types) and "".join(documents.types).isascii()
        else (),
    )
    for outer in documents.within:
        ids = sorted(set(ids) & set(admitted(catalog, outer)))
    if documents.paths or documents.types or documents.chosen:
        ids = [found.id for found in catalog.documents_of_ids(ids) if documents.admits(found.info.full_path)]
    if not ids:
        raise UsageError(f"no indexed document passes the filters: {documents}; leave some of them out")
    return ids


def _stored(
    catalog: Catalog, what: str, wanted: Sequence[str], matches: Callable[[str, str], bool]
) -> list[str] | None:
    """What is stored that `matches` any of the `wanted` values, both folded; None if none is wanted."""
    if not wanted:
        return None
    known = catalog.stated(what)
    folded = [_folded(value) for value in wanted]
    found = [value for value in known if any(matches(_folded(value), one) for one in folded)]
    if not found:
        values = " or ".join(f'{what}:"{value}"' for value in wanted)
        raise UsageError(f"no indexed document has {values}; {_listed(known, what)}")
    return found


def _listed(known: Iterable[str], what: str) -> str:
    """The values that there are, or the first of them."""
    values = sorted(known, key=_folded)
    if not values:
        return f"none states a{'n' if what == 'author' else ''} {what}"
    return f"there are: {first_of(values, _NAMED)}"


def _folded(text: str) -> str:
    """`text` as it is compared: without case, accents and more than one blank at a time."""
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text.translate(_UNMARKED))
        text = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(text.casefold().split())


def _longest_piece(pattern: str) -> str:
    """The longest literal piece of a shell pattern: every path that fits the pattern holds it."""
    return max(_PARTING.split(pattern.strip()), key=len)


def _days(documents: DocumentFilter) -> tuple[str, str] | None:
    if not documents.after and not documents.before:
        return None
    return (documents.after or date.min).isoformat(), (documents.before or date.max).isoformat()


def _midnight(day: date, days_on: int = 0) -> int:
    """When a day, or the day so many `days_on`, begins in local time, in nanoseconds since 1970."""
    begins = datetime.combine(min(max(day, _FIRST), _LAST) + timedelta(days=days_on), time()).astimezone()
    return int(begins.timestamp()) * 1_000_000_000
