"""What benchmarks make of their measurements."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks import report, results
from benchmarks.plots import Bar, Line, bars, lines
from benchmarks.ratio import measured, paired
from benchmarks.results import Results, Run


def test_a_ratio_is_the_median_of_pairs() -> None:
    """Each pair gives one ratio: noise that both share cancels out."""
    ratio = paired("ours", [1.0, 2.0, 1.0], "theirs", [4.0, 8.0, 5.0], "times quicker")
    assert (ratio.median, ratio.lowest, ratio.highest) == (4.0, 4.0, 5.0)
    assert (ratio.subject_seconds, ratio.baseline_seconds) == (1.0, 5.0)
    assert paired("ours", [3.0], "theirs", [2.0], "times as long").median == 1.5


def test_results_come_back_as_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run is kept in the place of the one before, beside the others."""
    monkeypatch.setattr(results, "RESULTS", tmp_path / "results.json")
    ratio = paired("ours", [1.0], "theirs", [4.0], "times quicker")
    time = measured("time", "s", [1.0, 2.0, 3.0])
    results.keep(Run("b", "2026-01-01", 0.5, 60.0, (time,)))
    results.keep(Run("a", "2026-01-01", 0.5, 60.0, (ratio, time)))
    results.keep(Run("b", "2026-01-02", 0.5, 60.0, (ratio,)))
    kept = results.read()
    assert [(run.name, run.date, run.figures) for run in kept.runs] == [
        ("a", "2026-01-01", (ratio, time)),
        ("b", "2026-01-02", (ratio,)),
    ]


def test_a_report_leaves_what_people_wrote() -> None:
    """Only what stands between the marks is replaced."""
    page = f"# Mine\n\n{report.BEGIN}\nold\n{report.END}\n\nMine too.\n"
    assert report.replaced(page, "new") == f"# Mine\n\n{report.BEGIN}\nnew\n{report.END}\n\nMine too.\n"


def test_a_report_says_which_targets_are_met() -> None:
    """A target is met at its bound, and one that wasn't measured isn't listed."""
    runs = (
        Run("cold-ask", "2026-01-01", 0.5, 60.0, (paired("askdocs ask", [1.0], "x", [10.0], "times quicker"),)),
        Run("first-paint", "2026-01-01", 0.5, 60.0,
            (paired("first paint of the interface", [1.6], "x", [1.0], "times as long"),)),
    )  # fmt: skip
    rows = list(report.targets(Results({}, runs)))
    assert [(row.target.benchmark, row.met) for row in rows] == [("cold-ask", True), ("first-paint", False)]


def test_plots_are_well_formed() -> None:
    """Names are escaped, and one value is enough."""
    for plot in (
        bars("a < b", [Bar("c & d", 2.0, 1.5, 2.5, True)]),
        lines("a < b", [Line("c & d", ((10.0, 1.0), (100.0, 5.0)))]),
    ):
        assert ElementTree.fromstring(plot).tag.endswith("svg")
