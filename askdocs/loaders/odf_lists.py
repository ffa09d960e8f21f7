"""The numbers of OpenDocument lists, which a file doesn't hold: it says how they are counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from askdocs.loaders.canonical import numeral, whole_number


@dataclass(frozen=True, slots=True)
class _Level:
    """How items are numbered, as `1`, `a` ...; with the numbers of the levels above, as far as so many are `shown`."""

    form: str
    prefix: str
    suffix: str
    start: int
    shown: int


class Lists:
    """How each style numbers its items, by depth from 1, and how far the lists that were met have counted."""

    def __init__(self) -> None:
        self._levels: dict[str, dict[int, _Level]] = {}
        self._counted: dict[str | None, dict[int, int]] = {}

    def add_style(self, style: Element) -> None:
        self._levels[style.get("style:name", "")] = dict(_levels(style))

    def counts(self, list_: Element) -> dict[int, int]:
        """The last number by depth, for a list to count on: that of the list that it continues, if it does."""
        style = list_.get("text:style-name")
        before = self._counted.get(list_.get("text:continue-list"))
        if before is None and list_.get("text:continue-numbering") == "true":
            before = self._counted.get(style)
        counts = dict(before or {})
        self._counted[style] = self._counted[list_.get("xml:id")] = counts
        self._counted.pop(None, None)  # of lists without a name
        return counts

    def mark(self, item: Element, style: str, depth: int, counts: dict[int, int]) -> str:
        """What stands before an item: `2.`, `(a)`, `-` for a bullet; it is counted, and lists in it begin anew."""
        if item.tag == "text:list-header":
            return ""
        for deeper in [other for other in counts if other > depth]:
            del counts[deeper]
        levels = self._levels.get(style, {})
        level = levels.get(depth)
        if level is None:
            return "-"
        counts[depth] = whole_number(item.get("text:start-value"), counts.get(depth, level.start - 1) + 1)
        numbers = []
        for at in range(max(1, depth - level.shown + 1), depth + 1):
            above = levels.get(at, level)
            numbers.append(numeral(counts.get(at, above.start), above.form))
        return f"{level.prefix}{'.'.join(numbers)}{level.suffix}"


def _levels(style: Element) -> Iterator[tuple[int, _Level]]:
    """The levels that have numbers; where nothing stands around one it has a full stop, to be told from the text."""
    for level in style:
        form, prefix = level.get("style:num-format", ""), level.get("style:num-prefix", "")
        if level.tag == "text:list-level-style-number" and form:
            suffix = level.get("style:num-suffix", "" if prefix else ".")
            start, shown = (
                whole_number(level.get("text:start-value"), 1),
                whole_number(level.get("text:display-levels"), 1),
            )
            yield whole_number(level.get("text:level"), 1), _Level(form, prefix, suffix, start, shown)
