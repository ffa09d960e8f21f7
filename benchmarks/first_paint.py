"""The interface's first paint against a Textual app of one widget: from process start to text on the terminal."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from askdocs import Assistant
from askdocs.config import Settings
from benchmarks.ratio import Ratio, compare_seconds
from benchmarks.terminal import Terminal

SEEN = "your documents a question"
"""What both write: the end of the placeholder, whose first letter stands under the cursor."""

BARE = """
from textual.app import App
from textual.widgets import Static

class Bare(App):
    def compose(self):
        yield Static("Ask your documents a question")

Bare().run()
"""


def run() -> Iterator[Ratio]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "notes").mkdir()
        (folder / "notes" / "lease.txt").write_text("The lease of the flat ends in May.", encoding="utf-8")
        with Assistant.open(folder / "index", settings=Settings()) as assistant:
            list(assistant.index([folder / "notes"]))
        interface = (sys.executable, "-m", "askdocs", "--index", str(folder / "index"))
        bare = (sys.executable, "-c", BARE)
        yield compare_seconds(
            "first paint of the interface", lambda: first_paint(interface),
            "of a bare Textual app", lambda: first_paint(bare),
            "times as long", repeats=9,
        )  # fmt: skip


def first_paint(command: tuple[str, ...]) -> float:
    """Seconds until `command`, on a terminal of its own, has written what is looked for; it is then ended."""
    with Terminal(command) as terminal:
        return terminal.until(SEEN, terminal.started)
