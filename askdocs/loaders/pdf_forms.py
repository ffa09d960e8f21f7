"""What was filled into a page's forms, each with what it is the answer to: `Owner:` with `Ines Marlowe`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from askdocs.loaders.pdf_layout import cut
from askdocs.loaders.pdf_page import Box, Line

_MOST_PAIRS = 1_000_000
"""Fields of a page times its lines: with more of them, what was filled in stays where it was drawn, at the end."""


def with_fields(lines: Sequence[Line]) -> list[Line]:
    """Join what stands in a form's field to the printed line beside it; without one it precedes the line below it."""
    fields: defaultdict[Box, list[Line]] = defaultdict(list)
    for line in lines:
        if line.field:
            fields[line.field].append(line)
    if not fields or len(fields) * len(lines) > _MOST_PAIRS:
        return list(lines)
    printed = [part for line in lines if not line.field for part in _around(line, fields)]
    beside: defaultdict[int, list[Box]] = defaultdict(list)
    above: defaultdict[int, list[Box]] = defaultdict(list)
    for field in fields:
        near = [(_distance(line, field), at) for at, line in enumerate(printed) if _shares_row(line, field)]
        if near:
            beside[min(near)[1]].append(field)
        else:
            below = (at for at, line in enumerate(printed) if line.top <= field.bottom)
            above[next(below, len(printed))].append(field)
    ordered: list[Line] = []
    for at, line in enumerate(printed):
        ordered += _written(above[at], fields)
        ordered.append(_joined(line, beside[at], fields) if beside[at] else line)
    return ordered + _written(above[len(printed)], fields)


def _around(line: Line, fields: Iterable[Box]) -> Iterator[Line]:
    """A printed line in the parts that stand before, between and after fields."""
    for gap in line.gaps:
        if any(gap.left < (field.left + field.right) / 2 < gap.right and _shares_row(line, field) for field in fields):
            before, line = cut(line, gap)
            yield before
    yield line


def _shares_row(line: Line, field: Box) -> bool:
    return min(line.top, field.top) - max(line.bottom, field.bottom) > line.height / 2


def _distance(line: Line, field: Box) -> float:
    return max(0.0, field.left - line.right, line.left - field.right)


def _joined(line: Line, beside: Sequence[Box], fields: Mapping[Box, list[Line]]) -> Line:
    before = _written([field for field in beside if field.left < line.left], fields)
    after = _written([field for field in beside if field.left >= line.left], fields)
    pieces = [*before, line, *after]
    return replace(
        line,
        text=" ".join(piece.text for piece in pieces),
        left=min(piece.left for piece in pieces),
        right=max(piece.right for piece in pieces),
        gaps=(),
    )


def _written(chosen: Iterable[Box], fields: Mapping[Box, list[Line]]) -> list[Line]:
    """What stands in the chosen fields, from left to right."""
    return [line for field in sorted(chosen, key=lambda field: field.left) for line in fields[field]]
