"""How two ways of doing the same are compared on a noisy machine: in turns, as a ratio, with the spread."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times quicker `subject` is than `baseline`: the median over paired repeats, and the extremes."""

    subject: str
    baseline: str
    median: float
    lowest: float
    highest: float
    baseline_seconds: float

    def values(self) -> dict[str, object]:
        return {
            "subject": self.subject,
            "baseline": self.baseline,
            "times_quicker": round(self.median, 2),
            "from": round(self.lowest, 2),
            "to": round(self.highest, 2),
            "baseline_seconds": round(self.baseline_seconds, 3),
        }


def compare(
    subject: str, do_subject: Callable[[], object], baseline: str, do_baseline: Callable[[], object], repeats: int = 5
) -> Ratio:
    """Time both in turns `repeats` times."""
    ratios, baselines = [], []
    for _ in range(repeats):
        slow = _seconds(do_baseline)
        ratios.append(slow / _seconds(do_subject))
        baselines.append(slow)
    return Ratio(subject, baseline, statistics.median(ratios), min(ratios), max(ratios), statistics.median(baselines))


def _seconds(do: Callable[[], object]) -> float:
    started = time.perf_counter()
    do()
    return time.perf_counter() - started
