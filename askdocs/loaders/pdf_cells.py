"""The cells of a line, where its gaps part them, and which of them are figures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from askdocs.loaders.pdf_lines import Line

_LONGEST_FIGURE = 40
_SIGNS = frozenset(["$", "€", "£", "¥", "₹", "US$", "Rs", "Rs."])
_MARK = re.compile(r"[%)*†‡]+")
_FIGURE = re.compile(
    r"[(\[<>~≈±+\-−–—]*\s?(?:[$€£¥₹]|US\$|Rs\.?)?\s?[(\-−–—]?\s?[.,]?"
    r"\d[\d.,:'’\s/×^±\-−–]*(?:[^\W\d_]{1,3})?[\s%)\]*†‡°²³$€£¥]*"
    r"|[$€£¥₹]?\s?(?:[-−–—]+|[nN]/?[aA]|[nN]il|NIL|[nN]one)\s?[%)]?"
)
YEAR = re.compile(
    r"(?:FY\s?|\d{1,2}[./-]\d{1,2}[./-])?(?:19|20)\d\d(?:\s?[/\-−–]\s?(?:(?:19|20)?\d\d))?(?:\s?\(?[a-z\d*†]\)?)?",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Cell:
    """A cell of a line, or what a column takes: from where to where it stands, and its text."""

    left: float
    right: float
    text: str
    is_figure: bool = False


class Rows(dict[int, list[Cell]]):
    """The cells of each line of a page, found when they are asked for: most lines are no rows."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = lines

    def __missing__(self, at: int) -> list[Cell]:
        self[at] = _cells(self.lines[at])
        return self[at]


def _cells(line: Line) -> list[Cell]:
    """The cells of a line, a currency's sign and the like in one with their figure."""
    cells: list[Cell] = []
    text, before = line.text, line.start
    left, start, sign = line.left, 0, ""
    for gap in (*line.gaps, None):
        right, end = (gap.left, gap.start - before) if gap else (line.right, len(text))
        cell = sign + text[start:end].strip()
        if gap and cell in _SIGNS:
            sign, start = f"{cell} ", gap.end - before
            continue
        if cells and cells[-1].is_figure and _MARK.fullmatch(cell):
            cells[-1].right = right
            cells[-1].text += cell
        elif cell:
            cells.append(Cell(left, right, cell, len(cell) <= _LONGEST_FIGURE and bool(_FIGURE.fullmatch(cell))))
        if gap:
            left, start, sign = gap.right, gap.end - before, ""
    return cells


def has_figures(row: Sequence[Cell]) -> bool:
    """Whether cells are a label with figures behind it; years alone are names."""
    figures = [cell.text for cell in row[1:] if cell.is_figure]
    return 0 < len(row) - 1 <= 3 * len(figures) and not all(map(YEAR.fullmatch, figures))
