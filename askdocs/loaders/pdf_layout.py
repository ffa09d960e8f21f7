"""The lines of a page in the order in which they are read, and joined to paragraphs.

A PDF says where letters stand, not what follows what. The order in which they are drawn is nearly always that in which
they are read, so it is kept unless the page itself speaks against it: lines that jump up without going to another
column, or that run across two columns of prose.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from askdocs.loaders.pdf_lines import Gap, Line, cut
from askdocs.types import BlockKind

_FEWEST_SPLIT = 5
"""Lines that run across the same gap, from which on it may part columns."""

_MOST_RUNS = 2_000
"""With more of them, a page is a drawing, and stays in its order: finding places takes the square of their number."""

_PROSE = 18
"""Characters that the parts of a line have on average where they are columns of prose, not cells."""

_SENTENCE_END = re.compile(r"[.!?:;。！？][\"'”’)\]]*$")
_ITEM = re.compile(r"(?:[-*+•·‣–●○▪■□◦➢✓\uf0a7\uf0a8\uf0b7\uf0d8\uf0fc\uf06e\uf076]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s")
_MAY_BEGIN_ITEM = frozenset("-*+•·‣–●○▪■□◦➢✓\uf0a7\uf0a8\uf0b7\uf0d8\uf0fc\uf06e\uf076(0123456789")
_WIDEST_LINE_PITCH = 2.4
"""The distance of two lines of a paragraph, in heights of a line, at most."""

_WIDEST_ROW_PITCH = 4.0
"""The same of two rows of a table."""


@dataclass(slots=True)
class Paragraph:
    """Lines that read as one thing; `names` are those of the columns, if it is a table's rows or what names them."""

    kind: BlockKind
    lines: list[Line]
    names: str = ""


def in_order(lines: Sequence[Line]) -> list[Line]:
    """The lines as they are read; those that stand turned against most of the page come last."""
    upright: list[Line] = []
    others: list[Line] = []
    most = 0
    if any(line.turns for line in lines):
        characters: Counter[int] = Counter()
        for line in lines:
            characters[line.turns] += line.end - line.start
        most = characters.most_common(1)[0][0]
    for line in lines:
        (upright if line.turns == most else others).append(line)
    return [*_in_order(_by_columns(upright)), *sorted(others, key=lambda line: line.turns)]


@dataclass(slots=True)
class _Run:
    """Lines that come from top to bottom as they are drawn."""

    lines: list[Line]
    left: float
    bottom: float
    right: float
    top: float


def _in_order(lines: list[Line]) -> list[Line]:
    """Lines of which none stands above one that comes before it in the same column.

    Only what stands wrong is moved: in front of the first that it stands above.
    """
    runs = list(_runs(lines))
    if not 1 < len(runs) <= _MOST_RUNS:
        return lines
    ordered: list[_Run] = []
    for run in runs:
        at = next(
            (
                at
                for at, other in enumerate(ordered)
                if other.top < run.bottom + 0.3 * run.lines[0].height
                and other.left < run.right
                and run.left < other.right
            ),
            len(ordered),
        )
        ordered.insert(at, run)
    return [line for run in ordered for line in run.lines]


def _runs(lines: Iterable[Line]) -> Iterator[_Run]:
    run: _Run | None = None
    for line in lines:
        if run and line.bottom > run.lines[-1].top - 0.3 * line.height:
            yield run
            run = None
        if run:
            run.lines.append(line)
            run.left, run.right = min(run.left, line.left), max(run.right, line.right)
            run.bottom, run.top = min(run.bottom, line.bottom), max(run.top, line.top)
        else:
            run = _Run([line], line.left, line.bottom, line.right, line.top)
    if run:
        yield run


def _by_columns(lines: list[Line]) -> list[Line]:
    """The lines, but those that run across two columns of prose cut, and the columns one after the other."""
    gapped = [line for line in lines if line.gaps]
    if len(gapped) < _FEWEST_SPLIT:
        return lines
    gutter = _gutter_of(gapped)
    across = [(line, gap) for line in gapped for gap in line.gaps if gap.left < gutter < gap.right]
    if len(across) < _FEWEST_SPLIT or not _is_prose(across):
        return lines
    ordered: list[Line] = []
    columns: tuple[list[Line], list[Line]] = [], []
    for line in lines:
        gap = next((gap for gap in line.gaps if gap.left < gutter < gap.right), None)
        if gap:
            for column, part in zip(columns, cut(line, gap), strict=True):
                column.append(part)
        elif line.left < gutter < line.right:
            ordered += [*columns[0], *columns[1], line]
            columns = [], []
        else:
            columns[line.left >= gutter].append(line)
    return [*ordered, *columns[0], *columns[1]]


def _gutter_of(lines: Sequence[Line]) -> float:
    """The x at which most lines have a gap."""
    steps = sorted(step for line in lines for gap in line.gaps for step in ((gap.left, 1), (gap.right, -1)))
    most = depth = 0
    best = 0.0
    for (x, step), (following, _) in pairwise(steps):
        depth += step
        if depth > most:
            most, best = depth, (x + following) / 2
    return best


def _is_prose(across: Sequence[tuple[Line, Gap]]) -> bool:
    """Whether sentences go on within the parts on either side of a gap, rather than from one side to the other."""
    lefts = [line.text[: gap.start - line.start] for line, gap in across]
    rights = [line.text[gap.end - line.start :] for line, gap in across]
    if min(fmean(map(len, lefts)), fmean(map(len, rights))) < _PROSE:
        return False
    down = fmean(_goes_on(above, below) for side in (lefts, rights) for above, below in pairwise(side))
    beside = fmean(_goes_on(left, right) for left, right in zip(lefts, rights, strict=True))
    return down > 0.4 and down > beside


def _goes_on(text: str, following: str) -> bool:
    return following[:1].islower() and not _SENTENCE_END.search(text)


def paragraphs(lines: Sequence[Line]) -> Iterator[Paragraph]:
    """The lines joined to paragraphs, rows of tables and items of lists; a table's rows are lines of one paragraph."""
    for group in _groups(lines):
        yield from _cut_group(group)


def _groups(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Lines of about the same size that stand below each other."""
    group: list[Line] = []
    for line in lines:
        if group:
            above = group[-1]
            height = above.height
            drop = above.bottom - line.bottom
            widest = _WIDEST_ROW_PITCH if line.gaps and above.gaps else _WIDEST_LINE_PITCH
            if (
                not 0.3 * height < drop < widest * height
                or line.left >= above.right
                or line.right <= above.left
                or line.turns != above.turns
                or not 0.87 < line.height / (height or 1) < 1.15
            ):
                yield group
                group = []
        group.append(line)
    if group:
        yield group


def _cut_group(group: list[Line]) -> Iterator[Paragraph]:
    if len(group) == 1:
        yield _paragraph(group)
        return
    left, right = min(line.left for line in group), max(line.right for line in group)
    width = right - left
    pitch = sorted(above.bottom - line.bottom for above, line in pairwise(group))[(len(group) - 1) // 3]
    paragraph = [group[0]]
    is_item = _is_item(group[0].text)
    table = _is_row(group[0])
    for above, line in pairwise(group):
        row = _is_row(line)
        apart = above.bottom - line.bottom > 1.25 * pitch + 0.5
        if table or row:
            ends = apart or not (table and (row or line.right - line.left < 0.6 * width))
        else:
            ends = apart or _is_item(line.text) or _ends(above, line, left, right, is_item)
        if ends:
            yield _paragraph(paragraph, table)
            paragraph = []
            is_item = _is_item(line.text)
            table = row
        paragraph.append(line)
    yield _paragraph(paragraph, table)


def _ends(above: Line, line: Line, left: float, right: float, is_item: bool) -> bool:
    """Whether a paragraph ends between two lines, by what they leave free at their ends and how they are indented."""
    if above.right < right - 0.15 * (right - left) and _SENTENCE_END.search(above.text):
        return True
    if above.right < left + 0.6 * (right - left) and not line.text[0].islower():
        return True
    if is_item:
        return line.left < above.left - 0.8 * line.height and not line.text[0].islower()
    return line.left > above.left + 0.8 * line.height and above.left < left + 2 and line.left < (2 * left + right) / 3


def _is_row(line: Line) -> bool:
    return len(line.gaps) > 1 or (len(line.gaps) == 1 and line.gaps[0].right - line.gaps[0].left > 2 * line.height)


def _paragraph(lines: list[Line], table: bool = False) -> Paragraph:
    if table and len(lines) > 1:
        return Paragraph(BlockKind.TABLE, lines)
    return Paragraph(BlockKind.LIST if _is_item(lines[0].text) else BlockKind.PARAGRAPH, lines)


def _is_item(text: str) -> bool:
    return (text[0] in _MAY_BEGIN_ITEM or text[1:2] in (".", ")")) and _ITEM.match(text) is not None
