"""How long texts are cut into rows."""

from __future__ import annotations

import re
import time

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from askdocs.tui.wrapping import _NARROW, TAB_WIDTH, Layout, lay_out, with_stops

ALPHABET = st.sampled_from("ab cd  \t\n\r屋根。é\u0301\u200d\ufe0f❤👩é–—’…")
TEXTS = st.text(ALPHABET | st.characters(exclude_categories=["Cs"]), max_size=200)


def rows(layout: Layout, text: str) -> list[str]:
    return [layout.row_span(row).of(text) for row in range(len(layout.rows))]


def cells(row: str) -> int:
    return cell_len(with_stops(row.rstrip(" \r\n")))


@given(TEXTS, st.integers(2, 20))
def test_rows_hold_everything_and_fit(text: str, width: int) -> None:
    """The rows put together are the text, and none is wider than the screen."""
    layout = lay_out(text, max(width, TAB_WIDTH))
    assert "".join(rows(layout, text)) == text
    assert all(cells(row) <= max(width, TAB_WIDTH) for row in rows(layout, text))


@given(TEXTS, st.integers(4, 20))
def test_lines_are_those_of_the_locators(text: str, width: int) -> None:
    """Lines end where the loaders say that they do, and each begins a row."""
    layout = lay_out(text, width)
    starts = [0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", text))]
    assert list(layout.lines) == [start for start in starts if start < len(text)] or [0]
    assert set(layout.lines) <= set(layout.rows)


@given(TEXTS, st.integers(4, 20), st.data())
def test_offsets_find_their_rows(text: str, width: int, data: st.DataObject) -> None:
    """`row_at` and `row_span` agree for every offset."""
    layout = lay_out(text, width)
    offset = data.draw(st.integers(0, max(0, len(text) - 1)))
    span = layout.row_span(layout.row_at(offset))
    assert span.start <= offset < span.end or not text


def test_words_stay_whole() -> None:
    """Rows break at spaces, and between wide characters."""
    assert rows(lay_out("the roof was repaired", 9), "the roof was repaired") == ["the roof ", "was ", "repaired"]
    assert rows(lay_out("a 屋根の修理", 6), "a 屋根の修理") == ["a 屋根", "の修理"]


def test_what_is_drawn_as_one_is_not_cut() -> None:
    """Emoji of several characters, and letters with marks, stay in one row, in as many cells as terminals give them."""
    family, heart, thai = "👩\u200d👩\u200d👧", "❤\ufe0f", "ก็"
    assert rows(lay_out(family * 3, 4), family * 3) == [family * 2, family]
    assert rows(lay_out(heart * 5, 8), heart * 5) == [heart * 4, heart]
    assert rows(lay_out(thai * 9, 8), thai * 9) == [thai * 8, thai]


def test_tabs_lead_to_stops() -> None:
    """What follows a tab begins at a multiple of eight, whatever the width of what comes before it."""
    assert with_stops("a\tb") == "a       b"
    assert with_stops("屋根\tb\tc") == "屋根    b       c"
    assert with_stops("b\tc", column=6) == "b c"
    assert rows(lay_out("1234567\t89\t12", 16), "1234567\t89\t12") == ["1234567\t89\t", "12"]


def test_narrow_characters_are_narrow() -> None:
    """Every character that is wrapped the quick way takes exactly one cell."""
    narrow = [chr(code) for code in range(0x20000) if re.match(f"[{_NARROW}]", chr(code))]
    assert all(cell_len(character) == 1 for character in narrow)
    assert len(narrow) > 1000


def test_combining_characters_without_end() -> None:
    """A line of characters without width still becomes rows of bounded length."""
    text = "e" + "\u0301" * 10_000
    assert max(map(len, rows(lay_out(text, 40), text))) <= 320


def test_megabytes() -> None:
    """5 MB of prose are wrapped in less than a few seconds, on any machine."""
    text = "Some words that make a line of prose, as one finds them in a book or a letter to a friend.\n" * 55_000
    began = time.perf_counter()
    lay_out(text, 72)
    assert time.perf_counter() - began < 3
