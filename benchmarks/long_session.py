"""A day in the interface: 1,000 questions, a document opened after every tenth, and what stays in memory of it.

The program runs on a terminal of its own, over the seeds and the project's documentation. What it has in memory after
the first 100 questions (the model, the index, what the libraries set aside) is what the rest is compared with.
`python -m benchmarks.long_session 200` asks so many instead.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from askdocs import Assistant
from askdocs.config import Settings
from benchmarks.first_paint import SEEN
from benchmarks.ratio import Measurement, measured
from benchmarks.terminal import Terminal
from benchmarks.texts import PROJECT, vocabulary

QUESTIONS = 1_000
GROWTH = "resident memory that 900 more questions add"
_FIRST = 100
_READ_EVERY = 10
_PATIENCE = 30.0  # seconds
_SHOWN = 0.3  # seconds for what a key opens


def run(questions: int = QUESTIONS) -> Iterator[Measurement]:
    words = [word for word in vocabulary() if word.isalpha()]
    generator = random.Random(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Assistant.open(folder / "index", settings=Settings()) as assistant:
            list(assistant.index([PROJECT / "seeds", PROJECT / "docs", PROJECT / "README.md"]))
            command = (sys.executable, "-m", "askdocs", "--index", str(folder / "index"))
            with Terminal(command, folder) as terminal:
                terminal.until(SEEN, terminal.started)
                terminal.rest(3)
                resident = []
                for number in range(1, questions + 1):
                    terminal.type(f"What is said of {' '.join(generator.sample(words, 4))} ({number})?\r")
                    _wait_for(assistant, number, terminal)
                    if number % _READ_EVERY == 0:
                        _read(terminal)
                    if number % _FIRST == 0:
                        terminal.rest(1)
                        resident.append(terminal.resident)
                        print(f"{number} questions: {resident[-1]:.0f} MB", file=sys.stderr)
    yield measured("resident memory after 100 questions", "MB", [resident[0]])
    yield measured(f"resident memory after {questions:,} questions", "MB", [resident[-1]])
    what = GROWTH if questions == QUESTIONS else f"resident memory that {questions - _FIRST} more questions add"
    yield measured(what, "MB", [resident[-1] - resident[0]])


def _wait_for(assistant: Assistant, number: int, terminal: Terminal) -> None:
    """Let the program work until so many questions are answered, which is when they are kept."""
    deadline = time.monotonic() + _PATIENCE
    while sum(session.questions for session in assistant.sessions.listed()) < number:
        if time.monotonic() > deadline:
            raise TimeoutError(f"question {number} was not answered in {_PATIENCE:.0f} s")
        terminal.rest(0.02)


def _read(terminal: Terminal) -> None:
    """Open the first passage, look through its document and at the next passage, and go back to the question."""
    for keys in ("\t", "\r", "\x1b[6~", "\x1b[6~", "n", "q", "\x1b"):
        terminal.type(keys)
        terminal.rest(_SHOWN)


if __name__ == "__main__":
    for figure in run(int(sys.argv[1]) if sys.argv[1:] else QUESTIONS):
        print(figure)
