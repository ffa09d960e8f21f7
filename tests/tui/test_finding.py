"""Words found in long texts."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askdocs.tui import finding
from askdocs.tui.finding import MOST_MATCHES, NOTHING, find
from askdocs.types import Span


def found(text: str, query: str) -> list[str]:
    matches = find(text, query, lambda: False)
    assert matches is not None
    return [matches.span(number).of(text) for number in range(len(matches))]


def test_capitals_matter_only_if_there_are_any() -> None:
    """A query in small letters finds all, one with a capital what is written like it."""
    assert found("Roof, roof, ROOF", "roof") == ["Roof", "roof", "ROOF"]
    assert found("Roof, roof, ROOF", "Roof") == ["Roof"]


def test_a_blank_stands_for_a_line_end() -> None:
    """Words that were broken over lines are found together."""
    assert found("in March\n    2019, in March 2019", "march 2019") == ["March\n    2019", "March 2019"]


def test_a_query_is_no_pattern() -> None:
    """What means something to a regular expression stands for itself."""
    assert found("a.b [x] (a|b)* \\d", ".") == ["."]
    assert found("a.b [x] (a|b)* \\d", "(a|b)* \\d") == ["(a|b)* \\d"]
    assert found("anything", "  ") == []


@given(st.text("ab \n", max_size=200), st.text("ab ", min_size=1, max_size=6), st.integers(1, 20))
def test_stretches_make_no_difference(text: str, query: str, stretch: int) -> None:
    """However a text is cut up to be searched, the matches are those of one search."""
    words = query.split()
    pattern = r"\s{1,40}".join(map(re.escape, words))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finding, "_STRETCH", stretch)
        assert found(text, query) == [match[0] for match in re.finditer(pattern, text) if words]


def test_a_search_can_be_given_up() -> None:
    """Between two stretches."""
    assert find("x" * 1_000_000, "x", lambda: True) is None


def test_there_is_an_end_to_matches() -> None:
    """So that no query eats the memory; it is said that there are more."""
    matches = find("x" * (MOST_MATCHES + 1), "x", lambda: False)
    assert matches is not None
    assert (len(matches), matches.more) == (MOST_MATCHES, True)


def test_matches_are_told_by_place() -> None:
    """The first from an offset on, round and round, and what of them lies in a row."""
    matches = find("abc abc abc", "abc", lambda: False)
    assert matches is not None
    assert [matches.first_from(offset) for offset in (0, 1, 8, 9)] == [0, 1, 2, 0]
    assert matches.within(Span(2, 6)) == [Span(2, 3), Span(4, 6)]
    assert matches.within(Span(3, 4)) == []
    assert NOTHING.first_from(3) == 0
