"""The interface's first paint against a Textual app of one widget: from process start to text on the terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from pathlib import Path

from askdocs import Assistant
from askdocs.config import Settings
from benchmarks.ratio import Ratio, compare_seconds

SEEN = b"your documents a question"
"""What both write: the end of the placeholder, whose first letter stands under the cursor."""

BARE = """
from textual.app import App
from textual.widgets import Static

class Bare(App):
    def compose(self):
        yield Static("Ask your documents a question")

Bare().run()
"""
_ROWS, _COLUMNS = 30, 100
_PATIENCE = 60.0  # seconds


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
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    started = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    )
    os.close(theirs)
    try:
        written = b""
        while SEEN not in written:
            left = started + _PATIENCE - time.perf_counter()
            if left < 0 or not select.select([ours], [], [], left)[0]:
                raise TimeoutError(f"{command[0]} has painted nothing in {_PATIENCE:.0f} s: {written[-500:]!r}")
            written += os.read(ours, 1 << 16)
        return time.perf_counter() - started
    finally:
        process.kill()
        process.wait()
        os.close(ours)
