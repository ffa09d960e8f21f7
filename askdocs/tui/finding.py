"""Words found in a text of any size, a stretch at a time, so that nobody waits for it."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass

from askdocs.types import Span

MOST_MATCHES = 100_000
_STRETCH = 50_000  # characters between two chances for others to go on, and for the search to be given up
_MOST_BLANKS = 40  # line ends and indentation that a blank between two words may stand for


@dataclass(frozen=True, slots=True)
class Matches:
    """Where matches start and end, in order, none within another; `more` if there are others beyond these."""

    starts: array[int]
    ends: array[int]
    more: bool = False

    def __len__(self) -> int:
        return len(self.starts)

    def span(self, number: int) -> Span:
        """The match of that number, from 0."""
        return Span(self.starts[number], self.ends[number])

    def first_from(self, offset: int) -> int:
        """The number of the first match that starts at `offset` or behind it; after the last comes the first again."""
        number = bisect_left(self.starts, offset)
        return number if number < len(self) else 0

    def within(self, span: Span) -> list[Span]:
        """The parts of matches that lie in `span`."""
        first, last = bisect_right(self.ends, span.start), bisect_left(self.starts, span.end)
        return [
            Span(max(self.starts[number], span.start), min(self.ends[number], span.end))
            for number in range(first, last)
        ]


NOTHING = Matches(array("q"), array("q"))


def find(text: str, query: str, given_up: Callable[[], bool]) -> Matches | None:
    """Where `query` stands in `text`; None once `given_up`.

    Capitals matter if it has any. A blank stands for any blanks, line ends too.
    """
    words = query.split()
    if not words:
        return NOTHING
    pattern = re.compile(
        rf"\s{{1,{_MOST_BLANKS}}}".join(map(re.escape, words)),
        re.IGNORECASE if query == query.lower() else re.NOFLAG,
    )
    longest = len(query) + _MOST_BLANKS * len(words)
    starts, ends = array("q"), array("q")
    for begin in range(0, len(text), _STRETCH):
        if given_up():
            return None
        end = min(begin + _STRETCH, len(text))
        at = max(begin, ends[-1] if ends else 0)
        for match in pattern.finditer(text, at, end + longest):
            if match.start() >= end:
                break
            if len(starts) == MOST_MATCHES:
                return Matches(starts, ends, more=True)
            starts.append(match.start())
            ends.append(match.end())
    return Matches(starts, ends)
