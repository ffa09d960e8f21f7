"""Where the spans of a document are, for people, and what stands where they are sent."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cached_property

from askdocs.types import Document, Heading, Locator, Span

LINE_END = re.compile(r"\r\n|\r|\n")


class Locators:
    """Where the spans of a document are, for people."""

    def __init__(self, document: Document) -> None:
        self._document = document
        # Lines, of which there may be a million, are counted without a value for each.
        lines = [] if document.places else [0, *(match.end() for match in LINE_END.finditer(document.text))]
        self._place_starts = [place.span.start for place in document.places] or lines
        self._heading_starts = [heading.span.start for heading in document.headings]
        self._heading_paths = _heading_paths(document.headings)

    def locator(self, span: Span) -> Locator:
        """The places that `span` is in, and the headings that its end stands under."""
        headings = self._heading_paths[bisect_left(self._heading_starts, span.end)]
        start, end = (max(1, bisect_right(self._place_starts, at)) for at in (span.start, span.end - 1))
        if not self._document.places:
            return Locator(self._document.unit, headings, start, end)
        first, last = self._document.places[start - 1], self._document.places[end - 1]
        return Locator(self._document.unit, headings, first.number, last.number, first.label, last.label)

    def span(self, locator: Locator) -> Span | None:
        """All that stands at the places of `locator`, for who knows nothing else; None if there are no such places."""
        document = self._document
        if locator.unit is not document.unit:
            return None
        if not document.places:
            ends = [*self._place_starts[1:], len(document.text)]
            if not 1 <= locator.start <= locator.end <= len(ends):
                return None
            return Span(self._place_starts[locator.start - 1], ends[locator.end - 1])
        first = self._named.get((locator.start, locator.start_label))
        last = self._named.get((locator.end, locator.end_label))
        return Span(first.start, last.end) if first and last and first <= last else None

    @cached_property
    def _named(self) -> dict[tuple[int, str], Span]:
        """Where each place lies, by its number and label; one in several parts from the first to the last.

        What stands before the first, as the head of a message does, belongs to it.
        """
        named: dict[tuple[int, str], Span] = {}
        for at, place in enumerate(self._document.places):
            name = place.number, place.label
            named[name] = Span(named[name].start if name in named else at and place.span.start, place.span.end)
        return named


def _heading_paths(headings: Sequence[Heading]) -> list[tuple[str, ...]]:
    """For every number of headings passed so far: the titles that one stands under, outermost first."""
    paths: list[tuple[str, ...]] = [()]
    open_headings: list[Heading] = []
    for heading in headings:
        while open_headings and open_headings[-1].level >= heading.level:
            open_headings.pop()
        open_headings.append(heading)
        paths.append(tuple(above.title for above in open_headings if above.title))
    return paths
