"""docs/performance.md from the results: a table of targets, all figures, and plots.

Only what stands between the two marks is replaced; the rest of the file is written by people.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from benchmarks import keystrokes, long_session, memory, results
from benchmarks.plots import Bar, Line, bars, lines
from benchmarks.ratio import Measurement, Ratio
from benchmarks.results import Figure, Results
from benchmarks.search_at_size import AtSize
from benchmarks.texts import PROJECT

PAGE = PROJECT / "docs" / "performance.md"
PLOTS = PROJECT / "docs" / "plots"
BEGIN, END = "<!-- written by `python -m benchmarks report`: begin -->", "<!-- end -->"


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure of a benchmark has to reach: at least or at most `bound`."""

    text: str
    benchmark: str
    subject: str
    baseline: str
    bound: float
    at_least: bool
    unit: str = "x"


@dataclass(frozen=True, slots=True)
class Row:
    """A target and what was measured."""

    target: Target
    figure: Ratio | Measurement

    @property
    def met(self) -> bool:
        value, bound = self.figure.median, self.target.bound
        return value >= bound if self.target.at_least else value <= bound

    @property
    def bar(self) -> Bar:
        """How many times better than the target."""
        bound = self.target.bound
        values = (self.figure.median, self.figure.lowest, self.figure.highest)
        times, *ends = (value / bound if self.target.at_least else bound / value for value in values)
        return Bar(self.target.text.replace("`", ""), times, min(ends), max(ends), self.met)


LONGEST = "a token of the longest texts"
TARGETS = (
    Target("cold `askdocs ask`, 10,000 passages, against a plain script", "cold-ask", "askdocs ask", "", 10, True),
    Target("its processor time", "cold-ask", "processor time of askdocs ask", "", 1.0, False, "s"),
    Target("first paint against a bare Textual app", "first-paint", "first paint of the interface", "", 1.5, False),
    Target("a key, while 10,000 files are indexed", "keystrokes", keystrokes.P95_INDEXING, "", 50, False, "ms"),
    Target("a key, while a question is answered", "keystrokes", keystrokes.P95_ANSWERING, "", 50, False, "ms"),
    Target("a page of a document of 5 MB", "keystrokes", keystrokes.P95_SCROLLING, "", 50, False, "ms"),
    Target("float32 encoder against `SentenceTransformer.encode`", "encoding", "ONNX float32", "", 1.9, True),
    Target("int8 encoder against `SentenceTransformer.encode`", "encoding", "ONNX int8", "", 3, True),
    Target(
        "float32: a token of passages against one of full texts", "encoding",
        "ONNX float32, a token of passages", LONGEST, 1.18, False,
    ),
    Target(
        "int8: a token of passages against one of full texts", "encoding",
        "ONNX int8, a token of passages", LONGEST, 1.18, False,
    ),
    Target("`askdocs index` against its encoder", "indexing", "askdocs index", "", 0.9, True),
    Target("PDFs against their plain text by pypdfium2", "loading", "PDFs of MMLongBench-Doc", "", 1.5, False),
    Target("no-op re-index of 10,000 files against a walk", "no-op", "indexing 10,000 unchanged files", "", 3, False),
    Target("warm `ask`, p50, 100,000 passages, against its bare parts", "warm-ask", "p50 of asking", "", 1.3, False),
    Target("peak memory of indexing 1 GB of text", "memory", memory.PEAK, "", 1500, False, "MB"),
    Target("memory that questions 101 to 1,000 add", "long-session", long_session.GROWTH, "", 15, False, "MB"),
    Target("indexing against txtai", "peers", "indexing 100 passages", "txtai", 1, True),
    Target("first answer against txtai", "peers", "the first answer of a process", "txtai", 1, True),
    Target("a question against txtai", "peers", "a question", "txtai", 1, True),
    Target("indexing against LlamaIndex", "peers", "indexing 100 passages", "llama-index", 1, True),
    Target("first answer against LlamaIndex", "peers", "the first answer of a process", "llama-index", 1, True),
    Target("a question against LlamaIndex", "peers", "a question", "llama-index", 1, True),
)  # fmt: skip


def write() -> None:
    """Write the page's part and the plots."""
    kept = results.read()
    PLOTS.mkdir(parents=True, exist_ok=True)
    text = "\n".join(_page(kept))
    PAGE.write_text(replaced(PAGE.read_text(encoding="utf-8"), text), encoding="utf-8")


def replaced(page: str, text: str) -> str:
    """`page` with `text` between the marks."""
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n{text}\n{END}{rest.partition(END)[2]}"


def _page(kept: Results) -> Iterator[str]:
    yield from _targets(kept)
    yield from _sizes(kept)
    yield from _figures(kept)
    yield "## Machine\n"
    yield from (f"- {name}: {value}" for name, value in kept.machine.items())
    yield ""
    yield "| benchmark | date | load when it began | minutes |\n|---|---|---|---|"
    yield from (f"| {run.name} | {run.date} | {run.load:.1f} | {run.seconds / 60:.1f} |" for run in kept.runs)


def _targets(kept: Results) -> Iterator[str]:
    rows = list(targets(kept))
    yield "## Targets\n"
    yield "| figure | target | measured (lowest to highest) | |\n|---|---|---|---|"
    for row in rows:
        target, figure = row.target, row.figure
        bound = f"{'at least' if target.at_least else 'at most'} {target.bound:g} {target.unit}"
        spread = f" ({_short(figure.lowest)} to {_short(figure.highest)})" if figure.repeats > 1 else ""
        value = f"{_short(figure.median)} {target.unit}{spread}"
        yield f"| {target.text} | {bound} | {value} | {'met' if row.met else '**missed**'} |"
    yield ""
    if rows:
        drawn = [row.bar for row in rows]
        (PLOTS / "targets.svg").write_text(bars("Times better than the target (1 is the target)", drawn))
        yield "![How far each figure is from its target](plots/targets.svg)\n"


def targets(kept: Results) -> Iterator[Row]:
    """Each target that has been measured."""
    for target in TARGETS:
        run = kept.run(target.benchmark)
        for figure in run.figures if run else ():
            if isinstance(figure, AtSize) or figure.subject != target.subject:
                continue
            if target.baseline and not (isinstance(figure, Ratio) and figure.baseline == target.baseline):
                continue
            yield Row(target, figure)
    run = kept.run("search-at-a-million")
    for figure in run.figures if run else ():
        if not isinstance(figure, AtSize) or figure.passages < 1_000_000:
            continue
        for text, value, bound, at_least, unit in (
            ("one-file edit, 10^6 passages against 10^3", figure.edit_ratio, 1.5, False, "x"),
            ("p95 of a warm search, 10^6 passages", figure.search_p95, 60, False, "ms"),
            ("R@10 against exact, 10^6 passages", figure.recall, 0.99, True, ""),
            ("resident, 10^6 passages", figure.resident, 2500, False, "MB"),
            ("opening, 10^6 passages", figure.open, 1000, False, "ms"),
        ):
            target = Target(text, "search-at-a-million", "", "", bound, at_least, unit)
            yield Row(target, Measurement(text, unit, value, value, value, 1))


def _sizes(kept: Results) -> Iterator[str]:
    runs = filter(None, (kept.run("search-at-size"), kept.run("search-at-a-million")))
    by_size = {figure.passages: figure for run in runs for figure in run.figures if isinstance(figure, AtSize)}
    sizes = [by_size[size] for size in sorted(by_size)]
    if not sizes:
        return
    yield "## By size of the index\n"
    yield "Milliseconds, and megabytes resident; a search is both legs, fused.\n"
    yield (
        "| passages | search | opening | search p50 | p95 | dense p50 | words p50 | p95 | R@10 "
        "| resident | one-file edit |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|---|"
    for at in sizes:
        times = (at.open, at.search_p50, at.search_p95, at.dense_p50, at.lexical_p50, at.lexical_p95)
        cells = " | ".join(map(_short, times))
        yield f"| {at.passages:,} | {at.search} | {cells} | {at.recall:.4f} | {at.resident:.0f} | {_short(at.edit)} |"
    yield ""
    drawn = [
        Line("search p50", tuple((at.passages, at.search_p50) for at in sizes)),
        Line("search p95", tuple((at.passages, at.search_p95) for at in sizes)),
        Line("one-file edit", tuple((at.passages, at.edit) for at in sizes)),
        Line("opening", tuple((at.passages, at.open) for at in sizes)),
    ]
    (PLOTS / "sizes.svg").write_text(lines("Milliseconds by passages in the index", drawn))
    yield "![Times by size of the index](plots/sizes.svg)\n"


def _figures(kept: Results) -> Iterator[str]:
    yield "## All figures\n"
    yield "| benchmark | what | against | median | lowest to highest | repeats |\n|---|---|---|---|---|---|"
    for run in kept.runs:
        for figure in run.figures:
            yield from _row(run.name, figure)
    yield ""
    warm = kept.run("warm-ask")
    parts = [figure for figure in warm.figures if isinstance(figure, Measurement)] if warm else []
    for unit, some in groupby(parts, key=lambda part: part.unit):
        drawn = [Bar(part.subject, part.median, part.lowest, part.highest, True) for part in some]
        (PLOTS / "warm-ask.svg").write_text(bars(f"A warm question, 100,000 passages ({unit})", drawn))
        yield "![Where the time of a warm question goes](plots/warm-ask.svg)\n"


def _row(name: str, figure: Figure) -> Iterator[str]:
    if isinstance(figure, AtSize):
        return
    what, against, said = figure.subject, "", _short(figure.median)
    if isinstance(figure, Ratio):
        what += f" ({_seconds(figure.subject_seconds)})"
        against = f"{figure.baseline} ({_seconds(figure.baseline_seconds)})"
        said += f" {figure.says}"
    else:
        said += f" {figure.unit}"
    spread = f"{_short(figure.lowest)} to {_short(figure.highest)}"
    yield f"| {name} | {what} | {against} | {said} | {spread} | {figure.repeats} |"


def _seconds(value: float) -> str:
    if value >= 1:
        return f"{_short(value)} s"
    return f"{_short(value * 1000)} ms" if value >= 0.001 else f"{_short(value * 1e6)} µs"


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
