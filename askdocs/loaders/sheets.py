"""The rows of spreadsheets, as lines that stand for themselves: every cell with the name of its column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import TypeAlias

from askdocs.loaders.canonical import Canonical, is_name, joined
from askdocs.types import BlockKind

Value: TypeAlias = str | bool | int | float | date | time | datetime | timedelta

_PLAIN_NAME = re.compile(r"[^\W\d]\w*$")


def add_sheet(canonical: Canonical, name: str, before: int, rows: Iterable[tuple[int, int, Sequence[Value]]]) -> None:
    """Add a sheet: its name as a heading, and its rows, which are (row, first column, values), counted from 0.

    `before` are the rows of the sheets before it: places are counted through, and labelled as cells.
    """
    has_heading = False
    for row, first, cells, names in _named(rows):
        used = [at for at, cell in enumerate(cells) if cell]
        left, right = (_column(first + at) for at in (used[0], used[-1]))
        cells_used = f"{left}{row + 1}" + (f":{right}{row + 1}" if right != left else "")
        canonical.place(before + row + 1, f"{_quoted(name)}!{cells_used}")
        if not has_heading:
            canonical.heading(1, name)
            canonical.end_run()
            has_heading = True
        canonical.add(BlockKind.TABLE, joined(cells, names))


def _named(
    rows: Iterable[tuple[int, int, Sequence[Value]]],
) -> Iterator[tuple[int, int, list[str], Sequence[str]]]:
    """The rows that aren't blank as text, each with the names of its columns, which are no row of their own.

    A row of different texts above a row with cells in its columns has names: the first such, or one after a blank row
    above one that isn't all text. Names that come again, as on each page of a printed list, are no row either.
    """
    names: Sequence[str] = ()
    held: tuple[int, int, list[str]] | None = None  # names without a row under them so far
    below = _with_next(row for row in rows if any(_text(value) for value in row[2]))
    last = -1
    for (row, first, values), following in below:
        cells = [_text(value) for value in values]
        if following is not None and _are_names(values, cells, following[2]):
            more = held is not None and sum(map(bool, cells)) > sum(map(bool, held[2]))
            again = held is None and row > last + 1 and not all(isinstance(value, str) for value in following[2])
            if not names or more or again:
                if held:
                    yield *held, ()
                held, names, last = (row, first, cells), cells, row
                continue
        if cells != names:
            yield row, first, cells, names
        held, last = None, row


def _are_names(values: Sequence[Value], cells: Sequence[str], below: Sequence[Value]) -> bool:
    named = [at for at, cell in enumerate(cells) if cell]
    return (
        len(named) > 1
        and all(isinstance(values[at], str) and is_name(cells[at]) for at in named)
        and len({cells[at] for at in named}) == len(named)
        and sum(bool(_text(below[at])) for at in named if at < len(below)) > 1
    )


def _with_next(
    rows: Iterable[tuple[int, int, Sequence[Value]]],
) -> Iterator[tuple[tuple[int, int, Sequence[Value]], tuple[int, int, Sequence[Value]] | None]]:
    last = None
    for row in rows:
        if last is not None:
            yield last, row
        last = row
    if last is not None:
        yield last, None


def _text(value: Value) -> str:
    """A value as people write it, in one line."""
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e21:  # a long number of an account, say
            return str(int(value))
        return f"{value:.15g}" if abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    return str(value)


def _column(at: int) -> str:
    """The letters of a column, counted from 0."""
    letters = ""
    at += 1
    while at:
        at, letter = divmod(at - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return letters


def _quoted(name: str) -> str:
    """A sheet's name as it is written before a cell."""
    return name if _PLAIN_NAME.match(name) else "'" + name.replace("'", "''") + "'"
