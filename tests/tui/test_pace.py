"""How long something takes is told only when it is known, and then calmly."""

from __future__ import annotations

import pytest

from askdocs.tui.pace import Pace, size_text, time_left


def test_nothing_is_told_at_first() -> None:
    """Not before some seconds have been measured, nor where nothing has been done in them."""
    pace = Pace()
    assert (pace.rate, pace.seconds_left(100)) == (None, None)
    pace.note(100.0, 10)
    pace.note(101.0, 20)
    assert pace.rate is None
    pace.note(104.0, 50)
    assert pace.rate == pytest.approx(10, rel=0.01)
    stuck = Pace()
    for second in range(10):
        stuck.note(second, 7)
    assert stuck.rate is None


def test_a_burst_hardly_moves_it() -> None:
    """Steps of a hundred every ten seconds are a rate of about ten, at any moment."""
    pace = Pace()
    for second in range(60):
        pace.note(second, second // 10 * 100)
        if second > 30:
            assert pace.rate == pytest.approx(10, rel=0.35)


def test_it_follows_a_change() -> None:
    """A minute after the pace has become another one, that one is told."""
    pace = Pace()
    for second in range(60):
        pace.note(second, second * 100)
    for second in range(60):
        pace.note(60 + second, 6000 + second * 10)
    assert pace.rate == pytest.approx(20, abs=10)
    assert pace.seconds_left(6590) == 0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "a few seconds left"),
        (12, "about 10 s left"),
        (44, "about 40 s left"),
        (58, "about 1 min left"),
        (200, "about 3 min left"),
        (7300, "about 2 h left"),
    ],
)
def test_time_in_words(seconds: float, text: str) -> None:
    """As exactly as it can be known."""
    assert time_left(seconds) == text


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 bytes"), (999, "999 bytes"), (1234, "1.2 kB"), (123_456, "123 kB"), (5e9, "5.0 GB")]
)
def test_sizes_in_words(size: float, text: str) -> None:
    """With two or three digits."""
    assert size_text(size) == text
