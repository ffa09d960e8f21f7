"""Pieces of text become passages of even length, and an edit changes only the passages near it.

Where a passage begins is decided by what stands around that place and never by how far it is from the start of the
text. At distances of some passages there are anchors, places that always part: the local maxima of Bjorner, Blass and
Gurevich, "Content-dependent chunking for differential compression, the local maximum approach" (2010). Between two
anchors the pieces are divided at the least cost, as a paragraph is into lines by Knuth and Plass, "Breaking paragraphs
into lines" (1981). So an edit can't be felt beyond the anchors next to those near it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import inf

from askdocs.types import Span

TARGET_TOKENS = 150
"""The length that costs nothing."""

MOST_TOKENS = 230
"""No passage of several pieces is longer, whatever the encoder takes."""

ANCHOR_REACH = 4
"""For so many passages of the target's length to both sides an anchor is the strongest place."""

CUT_COST = 0.2
"""What it costs to cut what reads as one thing, for each step of cutting; 1 is what a passage of no length costs."""

_SCRAPS_A_PASSAGE = 30
"""A piece of less than one part in this many of the limit goes with the next, so that words are not divided singly."""

_SCRAPS_THAT_END = 8
"""One in this many stays apart all the same, chosen by its content."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that isn't cut any further.

    `depth` says how often its block had to be cut to part it from what precedes it, 0 where a block begins;
    `fingerprint` is a hash of its text.
    """

    span: Span
    tokens: int
    depth: int
    fingerprint: int
    is_heading: bool


def packed(section: Sequence[Piece], limit: int) -> list[Span]:
    """Passages of neighbouring pieces of one section, at most `limit` tokens unless what stays together has more.

    A heading stays with what follows it.
    """
    pieces = _without_scraps(section, limit)
    target = max(1, min(TARGET_TOKENS, limit * 3 // 4))
    bounds = [0, *_anchors(pieces, ANCHOR_REACH * target), len(pieces)]
    return [span for start, end in pairwise(bounds) for span in _divided(pieces[start:end], target, limit)]


def _without_scraps(pieces: Sequence[Piece], limit: int) -> list[Piece]:
    """`pieces`, where headings, and scraps but for some, are one with what follows them."""
    groups: list[list[Piece]] = []
    tokens = 0  # of the last group
    for piece in pieces:
        if groups and _goes_on(groups[-1], tokens, piece, limit):
            groups[-1].append(piece)
            tokens += piece.tokens
        else:
            groups.append([piece])
            tokens = piece.tokens
    return [group[0] if len(group) == 1 else _joined(group) for group in groups]


def _goes_on(group: Sequence[Piece], tokens: int, piece: Piece, limit: int) -> bool:
    """Whether `piece` belongs to the heading or scrap that `group` is so far."""
    last = group[-1]
    return last.is_heading or (
        tokens * _SCRAPS_A_PASSAGE < limit
        and last.fingerprint % _SCRAPS_THAT_END > 0
        and piece.depth >= group[0].depth  # else a block ends here
        and tokens + piece.tokens <= limit
    )


def _joined(group: Sequence[Piece]) -> Piece:
    first, last = group[0], group[-1]
    tokens = sum(piece.tokens for piece in group)
    return Piece(Span(first.span.start, last.span.end), tokens, first.depth, last.fingerprint, last.is_heading)


def _anchors(pieces: Sequence[Piece], reach: int) -> list[int]:
    """The pieces that always begin a passage: within `reach` tokens no place parts as well, and neither end is.

    A place parts the better the less had to be cut for it, and among equals by chance of what follows.
    """
    strengths = [(-piece.depth, piece.fingerprint) for piece in pieces]
    starts = [0, *accumulate(piece.tokens for piece in pieces)]
    before, after = [0] * len(pieces), [starts[-1]] * len(pieces)  # the next places on either side that part as well
    stronger: list[int] = []
    for at in range(1, len(pieces)):
        while stronger and strengths[stronger[-1]] < strengths[at]:
            after[stronger.pop()] = starts[at]
        before[at] = starts[stronger[-1]] if stronger else 0
        stronger.append(at)
    return [at for at in range(1, len(pieces)) if min(starts[at] - before[at], after[at] - starts[at]) >= reach]


def _divided(pieces: Sequence[Piece], target: int, limit: int) -> list[Span]:
    """`pieces` as passages of at most `limit` tokens, whose lengths and cuts cost least together."""
    least = [0.0]  # the cost of the pieces up to each
    begins = [0]  # where the last passage of them begins
    for end in range(1, len(pieces) + 1):
        tokens, best, begin = 0, inf, end - 1
        for start in range(end - 1, -1, -1):
            tokens += pieces[start].tokens
            if tokens > limit and start < end - 1:
                break
            cut = CUT_COST * pieces[start].depth if start else 0.0
            cost = least[start] + cut + (tokens / target - 1) ** 2
            if cost < best:
                best, begin = cost, start
        least.append(best)
        begins.append(begin)
    spans: list[Span] = []
    end = len(pieces)
    while end:
        spans.append(Span(pieces[begins[end]].span.start, pieces[end - 1].span.end))
        end = begins[end]
    return spans[::-1]
