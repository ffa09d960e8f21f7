"""What was filled into a page's forms, each with what it is the answer to: `Owner:` with `Ines Marlowe`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from askdocs.loaders.pdf_lines import Box, Line, cut

_MOST_PAIRS = 1_000_000
"""Fields of a page times its lines: with more of them, what was filled in stays where it was drawn, at the end."""

_MOST_BOXES = 2_000
"""Fields and notes of a page that are looked at."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What was filled into a page's forms, or typed over it: PDFium's number of its first character, and its boxes.

    `fields` are the numbers of those boxes that are fields of a form; `pictured` is whether anything else is shown.
    """

    first: int
    pictured: bool
    boxes: Sequence[Box]
    fields: frozenset[int]


def typed_over(page: Any) -> Typed | None:
    """What a page of PDFium's has of it, before it is made part of the page; None if nothing."""
    from pypdfium2 import raw

    boxes: list[Box] = []
    fields: set[int] = set()
    for number in range(min(raw.FPDFPage_GetAnnotCount(page), _MOST_BOXES)):
        annotation = raw.FPDFPage_GetAnnot(page, number)
        kind, corners = raw.FPDFAnnot_GetSubtype(annotation), raw.FS_RECTF()
        if kind in (raw.FPDF_ANNOT_WIDGET, raw.FPDF_ANNOT_FREETEXT) and raw.FPDFAnnot_GetRect(annotation, corners):
            if kind == raw.FPDF_ANNOT_WIDGET:
                fields.add(len(boxes))
            left, right = sorted((corners.left, corners.right))
            bottom, top = sorted((corners.bottom, corners.top))
            boxes.append(Box(left, bottom, right, top))
        raw.FPDFPage_CloseAnnot(annotation)
    if not boxes:
        return None
    text_page = raw.FPDFText_LoadPage(page)
    first = max(0, raw.FPDFText_CountChars(text_page))
    raw.FPDFText_ClosePage(text_page)
    return Typed(first, raw.FPDFPage_CountObjects(page) > 0, boxes, frozenset(fields))


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
