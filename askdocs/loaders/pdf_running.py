"""Running heads, running feet and page numbers: what stands at the edge of page after page and belongs to none."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from askdocs.loaders.pdf_lines import Line

_OUTERMOST = 4
"""Lines from the upper edge of a page's text, and as many from the lower, that are looked at."""

_MARGIN = 0.15
"""The share of the height over which a document has text that its upper and lower margin take, each."""

_SAME_HEIGHT = 5.0
"""Points by which a running head moves up and down at most."""

_FEWEST_PAGES = 3
_MOST_PAGES = 0.4
"""The share of the pages on which a head of words stands at least; one of fewer names a part and is worth finding."""

_AGREEING = 0.6
"""The share of such lines in which a number that doesn't count the pages is the same."""

_LARGE = 1.2
"""A line so much higher than the body's is a title, unless it stands on most of the pages."""

_NUMBER = re.compile(r"\d+|(?<![^\W_])[ivxlc]+(?![^\W_])", re.IGNORECASE)
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}


@dataclass(slots=True)
class _Seen:
    """A line at the edge of a page, and the numbers in it."""

    page: int
    line: Line
    numbers: list[int]


def without_running(pages: Sequence[Sequence[Line]], labels: Sequence[str], body_height: float) -> list[list[Line]]:
    """The pages without the lines that run through them; the others keep their order.

    `labels` are what the document calls its pages, "" where that is their number.
    """
    seen: dict[tuple[bool, str], list[_Seen]] = defaultdict(list)
    numbered: dict[tuple[bool, str], list[_Seen]] = defaultdict(list)
    edges: list[tuple[list[Line], list[Line]]] = []
    alone: tuple[list[_Seen], list[_Seen]] = [], []
    low, high = _margins(pages)
    for number, lines in enumerate(pages):
        by_height = sorted(lines, key=lambda line: line.bottom)
        both = by_height[: -_OUTERMOST - 1 : -1], by_height[:_OUTERMOST]
        edges.append(both)
        for is_foot, edge in enumerate(both):
            if edge and _NUMBER.fullmatch(edge[0].text):
                alone[bool(is_foot)].append(_Seen(number, edge[0], [_value(edge[0].text.casefold()) - number]))
            for line in edge:
                if low < line.bottom < high:
                    continue
                text = line.text.casefold()
                key = bool(is_foot), _NUMBER.sub("#", text)
                seen[key].append(_Seen(number, line, [_value(found) for found in _NUMBER.findall(text)]))
                if label := _said(text, (labels[number] or str(number + 1)).casefold()):
                    numbered[bool(is_foot), label].append(_Seen(number, line, []))
    running: set[int] = set()
    for alike in seen.values():
        if len(alike) > 1:
            for entries in _at_one_height(alike):
                running.update(id(entry.line) for entry in _running(entries, len(pages), body_height))
    for alike in numbered.values():
        for entries in _at_one_height(alike):
            is_small = median(entry.line.height for entry in entries) <= _LARGE * body_height
            if is_small and len({entry.page for entry in entries}) >= _FEWEST_PAGES:
                running.update(id(entry.line) for entry in entries)
    for entries in alone:
        if len(counting := _constant(entries, 0)) >= max(_FEWEST_PAGES, _AGREEING * len(entries)):
            running.update(id(entry.line) for entry in counting)
    kept = []
    for lines, both in zip(pages, edges, strict=True):
        gone = {id(line) for edge in both for line in _peeled(edge, running)}
        kept.append([line for line in lines if id(line) not in gone] if gone else list(lines))
    return kept


def _at_one_height(alike: list[_Seen]) -> Iterator[list[_Seen]]:
    """Those of the lines that stand about as high as the next, together."""
    alike.sort(key=lambda entry: entry.line.bottom)
    start = 0
    for at, above in enumerate(alike):
        if above.line.bottom - alike[start].line.bottom > _SAME_HEIGHT:
            yield alike[start:at]
            start = at
    yield alike[start:]


def _running(entries: list[_Seen], pages: int, body_height: float) -> list[_Seen]:
    """Those of the lines that read alike (but for numbers), and stand as high, which run through the pages."""
    for position in range(len(entries[0].numbers)):
        if not _counts(entries, position):
            agreeing = _constant(entries, position)
            if len(agreeing) < _AGREEING * len(entries):
                return []
            entries = agreeing
    on = len({entry.page for entry in entries})
    text = entries[0].line.text
    if not re.search(r"[^\W\d_]{2}", _NUMBER.sub("", text)):
        is_certain = on > 1 and all(entry.numbers[:1] == [entry.page + 1] for entry in entries)
        return entries if entries[0].numbers and (on >= _FEWEST_PAGES or is_certain) else []
    if on < max(min(_FEWEST_PAGES, pages), 2, _MOST_PAGES * pages):
        return []
    if on < 0.5 * pages and median(entry.line.height for entry in entries) > _LARGE * body_height:
        return []
    return entries


def _margins(pages: Sequence[Sequence[Line]]) -> tuple[float, float]:
    """Below which height, and above which, running heads stand."""
    bottoms = [line.bottom for lines in pages for line in lines]
    low, high = min(bottoms, default=0.0), max(bottoms, default=0.0)
    return low + _MARGIN * (high - low), high - _MARGIN * (high - low)


def _said(text: str, label: str) -> str:
    """Where a line says the label of its page: "first", "last", or "" if it doesn't."""
    words = text.split()
    return "first" if words[:1] == [label] else "last" if words[-1:] == [label] else ""


def _counts(entries: list[_Seen], position: int) -> bool:
    """Whether the number at this position goes up with the pages."""
    by_page = sorted((entry.page, entry.numbers[position]) for entry in entries)
    rising = [number < following for (_, number), (_, following) in pairwise(by_page)]
    return sum(rising) > 0.8 * len(rising)


def _constant(entries: list[_Seen], position: int) -> list[_Seen]:
    """The lines that have the number there which most of them have."""
    if not entries:
        return []
    commonest = Counter(entry.numbers[position] for entry in entries).most_common(1)[0][0]
    return [entry for entry in entries if entry.numbers[position] == commonest]


def _peeled(edge: Iterable[Line], running: set[int]) -> list[Line]:
    """Lines from the edge inwards, up to the first that doesn't run through the pages."""
    peeled: list[Line] = []
    stop: Line | None = None
    for line in edge:
        if stop is not None and abs(line.bottom - stop.bottom) > 0.5 * stop.height:
            break
        if id(line) in running:
            peeled.append(line)
        elif stop is None:
            stop = line
    return peeled


def _value(number: str) -> int:
    """What a number in Arabic or Roman figures stands for."""
    if number[0].isdigit():
        return int(number[:9])
    values = [_ROMAN[letter] for letter in number]
    return sum(-value if value < max(values[at:]) else value for at, value in enumerate(values))
