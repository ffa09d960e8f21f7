"""How two ways of doing the same are compared on a noisy machine: in turns, as a ratio, with the spread."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

Says = Literal["times quicker", "times as long"]


@dataclass(frozen=True, slots=True)
class Ratio:
    """`subject` against `baseline`: the median over paired repeats, and the extremes.

    `says` is whether it is how many times quicker the subject is, or how many times as long it takes.
    """

    subject: str
    baseline: str
    says: Says
    median: float
    lowest: float
    highest: float
    subject_seconds: float
    baseline_seconds: float
    repeats: int


@dataclass(frozen=True, slots=True)
class Measurement:
    """Something that has no baseline: the median over repeats, and the extremes."""

    subject: str
    unit: str
    median: float
    lowest: float
    highest: float
    repeats: int


def compare(
    subject: str,
    do_subject: Callable[[], object],
    baseline: str,
    do_baseline: Callable[[], object],
    says: Says = "times quicker",
    repeats: int = 5,
) -> Ratio:
    """Time both in turns `repeats` times."""
    return compare_seconds(
        subject, partial(seconds, do_subject), baseline, partial(seconds, do_baseline), says, repeats
    )  # fmt: skip


def compare_seconds(
    subject: str,
    subject_seconds: Callable[[], float],
    baseline: str,
    baseline_seconds: Callable[[], float],
    says: Says,
    repeats: int,
) -> Ratio:
    """Let both say in turns, `repeats` times, how long they took."""
    pairs = [(baseline_seconds(), subject_seconds()) for _ in range(repeats)]
    return paired(subject, [taken for _, taken in pairs], baseline, [taken for taken, _ in pairs], says)


def paired(
    subject: str, subject_seconds: Sequence[float], baseline: str, baseline_seconds: Sequence[float], says: Says
) -> Ratio:
    """The ratio of what was measured in pairs."""
    pairs = zip(subject_seconds, baseline_seconds, strict=True)
    ratios = [other / own if says == "times quicker" else own / other for own, other in pairs]
    return Ratio(
        subject=subject,
        baseline=baseline,
        says=says,
        median=statistics.median(ratios),
        lowest=min(ratios),
        highest=max(ratios),
        subject_seconds=statistics.median(subject_seconds),
        baseline_seconds=statistics.median(baseline_seconds),
        repeats=len(ratios),
    )


def measured(subject: str, unit: str, values: Sequence[float]) -> Measurement:
    """What `values` have in common."""
    return Measurement(subject, unit, statistics.median(values), min(values), max(values), len(values))


def seconds(do: Callable[[], object]) -> float:
    """How long it takes."""
    started = time.perf_counter()
    do()
    return time.perf_counter() - started
