"""How fast something goes on, and how long it will take: smoothed, and unknown rather than guessed."""

from __future__ import annotations

_HALF_LIFE = 20.0  # seconds after which what was measured counts half
_ENOUGH = 3.0  # seconds to have measured for


class Pace:
    """The rate of what is done, from how much of it was done at which times."""

    def __init__(self) -> None:
        self._begun: float | None = None
        self._at = self._seconds = self._amount = 0.0
        self._done = 0

    def note(self, now: float, done: int) -> None:
        """At the time `now` so much is done in all; the first time only begins the measuring."""
        if self._begun is None:
            self._begun = now
        else:
            weight = 0.5 ** ((now - self._at) / _HALF_LIFE)
            self._seconds = self._seconds * weight + now - self._at
            self._amount = self._amount * weight + done - self._done
        self._at, self._done = now, done

    @property
    def rate(self) -> float | None:
        """How much is done in a second; None as long as that can't be told."""
        if self._begun is None or self._at - self._begun < _ENOUGH or self._amount <= 0:
            return None
        return self._amount / self._seconds

    def seconds_left(self, total: int) -> float | None:
        """How long the rest of `total` takes; None as long as that can't be told."""
        rate = self.rate
        return None if rate is None else max(0, total - self._done) / rate


def time_left(seconds: float) -> str:
    """How long something still takes, as exactly as it can be known."""
    if seconds < 8:
        return "a few seconds left"
    if seconds < 55:
        return f"about {max(10, round(seconds, -1)):.0f} s left"
    if seconds < 90 * 60:
        return f"about {max(1, round(seconds / 60))} min left"
    return f"about {round(seconds / 3600)} h left"


def size_text(size: float) -> str:
    """A number of bytes for people."""
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:,.1f} GB"
