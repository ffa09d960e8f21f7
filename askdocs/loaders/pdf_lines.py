"""What is on a page of a PDF as it was read: lines of text, and where they stand.

Coordinates are PDF points from the lower left corner of the page, as it is before it is turned for display.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page."""

    left: float
    bottom: float
    right: float
    top: float


@dataclass(frozen=True, slots=True)
class Gap:
    """A wide blank in a line: between which x, and between which characters of the page's text, it lies."""

    left: float
    right: float
    start: int
    end: int


@dataclass(slots=True)
class Line:
    """Characters `start` to `end` of the page's text, which stand on one line.

    The box is seen as the line is read: turned back by its quarter `turns` (against the clock), so that what is read
    later is further right, and the next line lower. `field` is the form's field that it was written into, as
    the box is seen; None if it is printed.
    """

    text: str
    start: int
    end: int
    left: float
    bottom: float
    right: float
    top: float
    turns: int = 0
    gaps: tuple[Gap, ...] = ()
    field: Box | None = None

    @property
    def height(self) -> float:
        return self.top - self.bottom


@dataclass(frozen=True, slots=True)
class PageText:
    """A page's text and lines, in PDFium's order.

    `numbers` are PDFium's of each of the characters, and of the one past the last. `pictured` is whether a page
    without text, but for what was typed over it, shows anything, `garbled` whether its letters can't be told,
    `recognised` whether it was read by OCR. Of such a page `words` tell at which character each begins, and its box;
    PDFium knows nothing of them.
    """

    text: str
    numbers: Sequence[int]
    lines: list[Line]
    pictured: bool = False
    garbled: bool = False
    recognised: bool = False
    words: Sequence[tuple[int, Box]] = ()


def cut(line: Line, gap: Gap) -> tuple[Line, Line]:
    """Part a line at one of its gaps."""
    return (
        replace(line, text=line.text[: gap.start - line.start], end=gap.start, right=gap.left,
            gaps=tuple(other for other in line.gaps if other.end <= gap.start)),
        replace(line, text=line.text[gap.end - line.start :], start=gap.end, left=gap.right,
            gaps=tuple(other for other in line.gaps if other.start >= gap.end)),
    )  # fmt: skip


def turned(box: Box, turns: int) -> tuple[float, float, float, float]:
    """Left, bottom, right and top of `box` after so many quarter turns with the clock."""
    match turns:
        case 1:
            return box.bottom, -box.right, box.top, -box.left
        case 2:
            return -box.right, -box.top, -box.left, -box.bottom
        case 3:
            return -box.top, box.left, -box.bottom, box.right
    return box.left, box.bottom, box.right, box.top


def joined(boxes: Sequence[Box]) -> list[Box]:
    """Boxes that follow each other closely made one."""
    joined: list[Box] = []
    for box in boxes:
        before = joined[-1] if joined else None
        if before and _continues(before, box):
            joined[-1] = Box(
                min(before.left, box.left), min(before.bottom, box.bottom),
                max(before.right, box.right), max(before.top, box.top),
            )  # fmt: skip
        else:
            joined.append(box)
    return joined


def _continues(before: Box, box: Box) -> bool:
    height = max(before.top - before.bottom, box.top - box.bottom)
    overlap = min(before.top, box.top) - max(before.bottom, box.bottom)
    return overlap > 0 and -height < box.left - before.right < height / 2
