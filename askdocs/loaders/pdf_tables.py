"""Tables of figures on a page, told by where their cells stand: rows of figures below each other, under names.

What is no such table is left alone: it is better to miss one than to take prose, a table of contents or a form for one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from askdocs.loaders.pdf_cells import YEAR, Cell, Rows, has_figures
from askdocs.loaders.pdf_layout import Paragraph, paragraphs
from askdocs.loaders.pdf_letters import END_HYPHEN, folded
from askdocs.loaders.pdf_lines import Line
from askdocs.types import BlockKind

_FEWEST_ROWS = 3
_FEWEST_WIDE_ROWS = 2
"""The same where there are two columns of figures or more."""

_MOST_BETWEEN = 4
"""Lines without figures that may stand between two rows: a part's name, the beginning of a long label."""

_MOST_PARTING = 8
"""The same between two parts of a table, or at the head of a page on which one goes on."""

_SAME_LEFT = 40.0
"""Points by which the labels of these are further right or left, at most."""

_MOST_NAME_LINES = 12
_LONGEST_NAME = 80
"""Characters of a line of a cell that names a column or row."""

_LONGEST_LABEL = 160
"""The same of a label that leaves the columns free."""

_LONGEST_NAMES = 200
_MOST_ABOVE = 400
"""Characters of all lines that name columns; more of them are prose."""

_WIDEST_PITCH = 4.0
"""The distance of two lines of a table, in heights of a line, at most."""

_COUNTING = 0.8
"""The share of whole numbers that go up from row to row, from which on they are pages or numbers of equations."""

_OFF_MIDDLE = 0.1
"""The share of the columns' width by which what stands over all of them is off their middle, at most."""

_CAPTION = re.compile(r"(?:Tab(?:le|elle|leau|la|ela|ella|el)|Tab\.|表)\s*(?:[A-Z]?[\d.\-–]+|[IVXL]+\b)", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_WHOLE = re.compile(r"\(?(\d{1,4})\)?")


class _Body:
    """Rows of figures below each other, from the line `start` to before `end`, and the columns that they make."""

    def __init__(self, start: int, row: Sequence[Cell]) -> None:
        self.start = self.end = start
        self.rows: list[Sequence[Cell]] = []
        self.columns: list[Cell] = []
        self.left = row[0].left
        self.add(start, row)

    @property
    def right(self) -> float:
        return self.columns[-1].right

    def fits(self, row: Sequence[Cell]) -> bool:
        """Whether cells of a row stand in the columns."""
        return 2 * sum(bool(self.over(cell)) for cell in row[1:]) >= len(row) - 1

    def over(self, cell: Cell) -> list[Cell]:
        """The columns that a cell stands in."""
        left, right = cell.left, cell.right
        return [column for column in self.columns if column.left < right and left < column.right]

    def add(self, at: int, row: Sequence[Cell]) -> None:
        """Another row, which may add columns and make others wider; a cell across several does neither."""
        self.rows.append(row)
        self.end = at + 1
        self.left = min(self.left, row[0].left)
        for cell in row[1:]:
            over = self.over(cell)
            if not over:
                self.columns.append(Cell(cell.left, cell.right, ""))
                self.columns.sort(key=lambda column: column.left)
            elif len(over) == 1:
                over[0].left, over[0].right = min(over[0].left, cell.left), max(over[0].right, cell.right)

    def is_middle(self, cell: Cell) -> bool:
        """Whether a cell stands in the middle over all columns."""
        left = self.columns[0].left
        return abs(cell.left + cell.right - left - self.right) < 2 * _OFF_MIDDLE * (self.right - left)

    def is_table(self) -> bool:
        """Whether there are rows enough, and figures in them that don't just count pages or the like."""
        if len(self.rows) < _FEWEST_WIDE_ROWS:
            return False
        columns: dict[int, list[str]] = defaultdict(list)
        for row in self.rows:
            for cell in row[1:]:
                if cell.is_figure:
                    for column in self.over(cell):
                        columns[id(column)].append(cell.text)
        full = [figures for figures in columns.values() if 2 * len(figures) >= len(self.rows)]
        return len(full) > 1 or (len(full) == 1 and len(self.rows) >= _FEWEST_ROWS and not _counts(full[0]))


@dataclass(frozen=True, slots=True)
class _Table:
    """A table on a page: its names begin at the line `start` and its rows at `rows`, both at the same if it goes on."""

    start: int
    rows: int
    end: int
    names: str
    body: _Body


def says_that_it_is_a_caption(text: str) -> bool:
    """Whether a text begins as captions of tables do: with their number."""
    return _CAPTION.match(text) is not None


def with_tables(pages: Iterable[Sequence[Line]]) -> Iterator[list[Paragraph]]:
    """The lines of each page in paragraphs; what names the columns of a table is one, and its rows are the next."""
    last: _Table | None = None  # at the foot of the page before
    for lines in pages:
        page: list[Paragraph] = []
        at = 0
        for table in (tables := list(_tables(lines, last))):
            page += paragraphs(lines[at : table.start])
            if table.start < table.rows:
                page.append(Paragraph(BlockKind.HEADING, list(lines[table.start : table.rows]), table.names))
            page.append(Paragraph(BlockKind.TABLE, list(lines[table.rows : table.end]), table.names))
            at = table.end
        page += paragraphs(lines[at:])
        last = tables[-1] if tables and at == len(lines) else None
        yield page


def _tables(lines: Sequence[Line], last: _Table | None) -> Iterator[_Table]:
    """The tables of a page, where `last` may go on, with the parts into which they fall as tables of the same names."""
    rows = Rows(lines)
    after = 0
    for body in _bodies(rows):
        above = list(_above(rows, body, after))
        if above and body.is_table() and (names := _names([rows[at] for at in range(above[-1], above[0] + 1)], body)):
            last = _Table(above[-1], above[0] + 1, body.end, names, body)
        elif last and not above and _goes_on(last.body, [rows[at] for at in range(after, body.start)], body):
            last = _Table(after, after, body.end, last.names, body)
        else:
            continue
        yield last
        after = body.end


def _goes_on(above: _Body, between: Sequence[Sequence[Cell]], body: _Body) -> bool:
    """Whether rows go on with the columns above them, or overleaf, behind lines `between` that could be labels."""
    return (
        len(between) <= _MOST_PARTING
        and all(_is_between(row, above) for row in between)
        and all(map(above.over, body.columns))
        and abs(body.left - above.left) < _SAME_LEFT
    )


def _bodies(rows: Rows) -> Iterator[_Body]:
    lines = rows.lines
    body: _Body | None = None
    for at, line in enumerate(lines):
        if body is None and not (line.gaps and _DIGIT.search(line.text, line.gaps[0].end - line.start)):
            continue
        row = rows[at]
        is_row = has_figures(row)
        if body and not (
            _is_below(lines[at - 1], line)
            and (body.fits(row) if is_row else at - body.end < _MOST_BETWEEN and _is_between(row, body))
        ):
            yield body
            body = None
        if is_row:
            if body:
                body.add(at, row)
            else:
                body = _Body(at, row)
    if body:
        yield body


def _is_between(row: Sequence[Cell], body: _Body) -> bool:
    """Whether a line without figures can stand among the rows: a label, not names of other columns, nor prose."""
    if len(row) == 1:
        longest = _LONGEST_NAME if row[0].right > body.columns[0].right else _LONGEST_LABEL
        return row[0].right < body.right and len(row[0].text) <= longest
    return not (len(row) > 2 and body.fits(row)) and all(len(cell.text) <= _LONGEST_NAME for cell in row)


def _is_below(above: Line, line: Line) -> bool:
    height = max(above.height, line.height)
    return (
        line.turns == above.turns
        and 0.2 * height < above.bottom - line.bottom < _WIDEST_PITCH * height
        and line.left < above.right
        and above.left < line.right
    )


def _above(rows: Rows, body: _Body, after: int) -> Iterator[int]:
    """The lines above the rows that name their columns, from the last one on."""
    lines = rows.lines
    first = lines[body.start]
    top, labels = first.bottom, 2
    for at in range(body.start - 1, max(after, body.start - _MOST_NAME_LINES) - 1, -1):
        line, row = lines[at], rows[at]
        is_over = first.bottom + 0.2 * line.height < line.bottom < top + _WIDEST_PITCH * line.height
        if line.turns != first.turns or not is_over or says_that_it_is_a_caption(line.text):
            return
        top = max(top, line.bottom)
        if _names_columns(row, body):
            labels = 1
            yield at
        elif labels and len(row) == 1 and _is_between(row, body):
            labels -= 1
        else:
            return


def _names_columns(row: Sequence[Cell], body: _Body) -> bool:
    """Whether a line stands over the columns of figures, and not at their left, where the rows have their labels."""
    if any(len(cell.text) > _LONGEST_NAME for cell in row):
        return False
    if any(cell.is_figure and not YEAR.fullmatch(cell.text) for cell in row[1:]):
        return False
    first = body.columns[0].left
    if len(row) == 1:
        cell = row[0]
        is_in = cell.left > body.left + 0.3 * (first - body.left) and cell.right > first and cell.left < body.right
        return is_in and not cell.text.endswith(".")
    return body.fits(row) and any(map(body.over, row))


def _names(lines: Sequence[Sequence[Cell]], body: _Body) -> str:
    """What stands over all columns, then the names of each; one over several stands before that of the first.

    There are none where most columns have no name.
    """
    over_all: list[str] = []
    named: list[list[str]] = [[] for _ in range(len(body.columns) + 1)]  # the first are those of the labels
    have_one: set[int] = set()
    for row in lines:
        for cell in row:
            over = [body.columns.index(column) + 1 for column in body.over(cell)]
            have_one.update(over)
            if len(body.columns) > 1 and (len(over) == len(body.columns) or (len(row) == 1 and body.is_middle(cell))):
                over_all.append(cell.text)
            elif over:
                named[over[0]].append(cell.text)
            else:
                lefts = [body.left, *(column.left for column in body.columns)]
                named[min(range(len(lefts)), key=lambda at: abs(lefts[at] - cell.left))].append(cell.text)
    names = ""
    if 2 * len(have_one) >= len(body.columns) and sum(len(cell.text) for row in lines for cell in row) <= _MOST_ABOVE:
        for name in map(_joined, (over_all, *named)):
            if name and len(names) + len(name) <= _LONGEST_NAMES:
                names = f"{names}, {name}" if names else name
    return names


def _joined(lines: Sequence[str]) -> str:
    """The lines of a name as people write it."""
    text = " ".join(lines).replace(f"{END_HYPHEN} ", "-").replace(END_HYPHEN, "-")
    return " ".join(folded(text).split()).rstrip(" ,;:")


def _counts(figures: Sequence[str]) -> bool:
    """Whether nearly all are whole numbers that don't go down."""
    numbers = [int(match[1]) for figure in figures if (match := _WHOLE.fullmatch(figure))]
    rising = sum(number <= following for number, following in pairwise(numbers))
    return rising >= _COUNTING * (len(figures) - 1)
