"""Slides as every presentation has them: a title, what is on them in reading order, notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from askdocs.loaders.canonical import Canonical
from askdocs.types import BlockKind

_MOST_ORDERED = 500


@dataclass(frozen=True, slots=True)
class Shape:
    """Something on a slide; `lines` are pieces of text, of which neighbouring rows or items belong together.

    The box is (left, top, right, bottom), None where the shape is placed by something unknown.
    """

    lines: tuple[tuple[BlockKind, str], ...]
    box: tuple[int, int, int, int] | None = None
    is_title: bool = False


def add_slide(canonical: Canonical, number: int, shapes: Sequence[Shape], notes: Sequence[str]) -> str | None:
    """Add a slide under its title, else its number, and tell its title; one without any text is not added."""
    notes = [note for note in notes if note.strip()]
    title = next((shape for shape in shapes if shape.is_title and _one_line(shape)), None)
    if not notes and not any(map(_one_line, shapes)):
        return None
    canonical.place(number)
    canonical.heading(1, _one_line(title) if title else f"Slide {number}")
    for shape in reading_order([shape for shape in shapes if shape is not title]):
        canonical.end_run()
        for kind, line in shape.lines:
            canonical.add(kind, line)
    for at, note in enumerate(notes):
        canonical.add(BlockKind.PARAGRAPH, note if at else f"Notes: {note}")
    return _one_line(title) if title else None


def reading_order(shapes: Sequence[Shape]) -> list[Shape]:
    """From top to bottom, and from left to right among those that stand beside each other.

    Shapes without a box keep their place behind the one before them.
    """
    if len(shapes) > _MOST_ORDERED:
        return list(shapes)
    groups: list[list[Shape]] = []
    for shape in shapes:
        if shape.box is None and groups:
            groups[-1].append(shape)
        else:
            groups.append([shape])
    placed = sorted(groups, key=lambda group: _box(group)[1])
    ordered: list[list[Shape]] = []
    while placed:
        _, top, _, bottom = _box(placed[0])
        middle = (top + bottom) / 2
        beside = [group for group in placed if _box(group)[1] <= middle and _box(group)[3] >= middle] or placed[:1]
        ordered += sorted(beside, key=lambda group: _box(group)[0])
        placed = [group for group in placed if group not in beside]
    return [shape for group in ordered for shape in group]


def _box(group: Sequence[Shape]) -> tuple[int, int, int, int]:
    return group[0].box or (0, 0, 0, 0)


def _one_line(shape: Shape) -> str:
    return " ".join(" ".join(line for _, line in shape.lines).split())
