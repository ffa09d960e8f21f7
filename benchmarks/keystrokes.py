"""From a key to what it does on the terminal: at rest, while 10,000 files are indexed, while questions are answered,
and in a document of 5 MB.

Letters that stand nowhere else are typed into the question, each at a moment of its own, and timed until the
terminal is sent them; for each that is typed while a question is answered, a question is asked, and it follows at any
moment of the tenth of a second in which the answer is looked for and drawn. In the document, each key shows the next
page. The percentiles are of some 60 keys a round.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from askdocs import Assistant
from askdocs.config import Settings
from benchmarks.first_paint import SEEN
from benchmarks.ratio import Measurement, Ratio, measured, paired
from benchmarks.terminal import Terminal
from benchmarks.texts import passages

FILES = 10_000
LETTERS = "абвгдежзийклмнопрстуфхцчшщъыьэюяАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ"
QUESTION = "What is measured, and how long does it take?"
P95_INDEXING = "p95 of a key while indexing"
P95_ANSWERING = "p95 of a key while answering"
P95_SCROLLING = "p95 of a page of a document of 5 MB"
_ROUNDS = 3
_PAUSE = 0.03, 0.13  # seconds: no multiple of anything that is drawn at intervals
_DELETE_LINE = "\x15"
_REINDEX = "\x1b[15~"
_PAGE_DOWN = "\x1b[6~"
_PASTE = "\x1b[200~{}\x1b[201~"
_ANSWERED = 0.1  # seconds
_LONG = 5_000_000  # characters of the document
_A_PAGE = 1_000  # bytes that are written for one, at least


def run() -> Iterator[Ratio | Measurement]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "few").mkdir()
        (folder / "few" / "lease.txt").write_text("\n\n".join(passages(200)), encoding="utf-8")
        command = (sys.executable, "-m", "askdocs", "--index", str(folder / "index"))
        with Assistant.open(folder / "index", settings=Settings()) as assistant:
            list(assistant.index([folder / "few"]))
            (folder / "many").mkdir()
            for number, text in enumerate(passages(FILES)):
                (folder / "many" / f"{number}.txt").write_text(text, encoding="utf-8")
            with Terminal(command, folder) as terminal:
                terminal.until(SEEN, terminal.started)
                terminal.rest(3)
                resting = [_typed(terminal) for _ in range(_ROUNDS)]
                answering = [_typed(terminal, QUESTION) for _ in range(_ROUNDS)]
                assistant.add([folder / "many"])
                terminal.type(_REINDEX)
                terminal.until("%", terminal.started)
                indexing = [_typed(terminal) for _ in range(_ROUNDS)]
            if assistant.status().counts.documents > FILES:
                raise RuntimeError("all files were indexed before all keys were typed: give it more files")
            scrolling = _scrolled(folder / "long")
    for what, rounds in ((P95_INDEXING, indexing), (P95_ANSWERING, answering), (P95_SCROLLING, scrolling)):
        p95s = list(map(_p95, rounds))
        yield paired(
            what.removeprefix("p95 of "), p95s, "one at rest, p95 of both", list(map(_p95, resting)), "times as long"
        )
        yield measured(what, "ms", [1000 * _p95(times) for times in rounds])
        yield measured(what.replace("p95", "median"), "ms", [1000 * statistics.median(times) for times in rounds])


def _typed(terminal: Terminal, question: str = "") -> list[float]:
    """Seconds from each key to its letter; with a `question`, which is asked before each."""
    pauses = random.Random(1)
    times = []
    for letter in LETTERS:
        if question:
            terminal.until(question[-9:], terminal.type(_PASTE.format(question)))
            terminal.type("\r")
            terminal.rest(pauses.uniform(0.0, _ANSWERED))
        times.append(terminal.until(letter, terminal.type(letter)))
        if question:
            terminal.type(_DELETE_LINE)
        terminal.rest(pauses.uniform(*_PAUSE))
    terminal.type(_DELETE_LINE)
    terminal.rest(0.5)
    return times


def _scrolled(folder: Path) -> list[list[float]]:
    """Seconds from each key to its page of the only document, whose passages come again and again."""
    folder.mkdir()
    text = "\n\n".join(passages(60))
    (folder / "long.txt").write_text("\n\n".join([text] * (_LONG // len(text) + 1)), encoding="utf-8")
    index = folder.with_suffix(".index")
    with Assistant.open(index, settings=Settings()) as assistant:
        list(assistant.index([folder]))
    with Terminal((sys.executable, "-m", "askdocs", "--index", str(index)), folder) as terminal:
        terminal.until(SEEN, terminal.started)
        terminal.rest(3)
        for keys in (f"{QUESTION}\r", "\t", "\r"):
            terminal.type(keys)
            terminal.rest(2)
        return [_paged(terminal) for _ in range(_ROUNDS)]


def _paged(terminal: Terminal) -> list[float]:
    pauses = random.Random(1)
    times = []
    for _ in LETTERS:
        times.append(terminal.drawn(terminal.type(_PAGE_DOWN), _A_PAGE))
        terminal.rest(pauses.uniform(*_PAUSE))
    return times


def _p95(times: Sequence[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]
