"""The interface as a process: what it imports, and how it ends."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FIRST_PAINT = """
import asyncio, gc, sys
import askdocs.cli
from tests.tui.driving import app_for, indexed_home

async def main():
    async with app_for(indexed_home()).run_test() as pilot:
        await pilot.pause()

gc.disable()
asyncio.run(main())
assert gc.isenabled()
heavy = {"torch", "transformers", "sentence_transformers", "faiss", "numpy", "scipy", "tantivy", "markdown_it"}
heavy -= {"markdown_it"}  # Textual's own
heavy |= {"askdocs.planner", "askdocs.conversation", "askdocs.question", "askdocs.loaders", "tomllib", "hashlib"}
heavy |= {"askdocs.tui.screens.reader", "textual.widgets._progress_bar"}
print(sorted(heavy & sys.modules.keys()))
"""
WHILE = """
from tests.tui.driving import home
from askdocs.config import Settings
from askdocs.tui.app import run

fake = home()
fake.stubborn = True
fake.{gate}.clear()
raise SystemExit(run(fake, Settings(watch=False)))
"""


def test_first_paint_imports_nothing_heavy() -> None:
    """The interface paints without torch, FAISS, numpy and the like, and what only later is used; then it collects."""
    done = subprocess.run(
        [sys.executable, "-c", FIRST_PAINT], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(("gate", "shown"), [("indexing", "indexing…"), ("loading", "Indexed:")])
def test_quitting_does_not_wait(gate: str, shown: str) -> None:
    """Ctrl+Q ends the process at once, with exit code 0 and no traceback, though a worker is stuck."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", WHILE.format(gate=gate)],
        cwd=ROOT,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color"},
    )
    os.close(theirs)
    try:
        output = read_until(ours, shown)
        pressed = time.monotonic()
        os.write(ours, b"\x11")
        output += read_until(ours, None)
        code = process.wait(timeout=10)
        assert time.monotonic() - pressed < 5
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    assert code == 0, output
    assert "Traceback" not in output


def read_until(terminal: int, words: str | None) -> str:
    """What comes out of `terminal` until `words` do, or until it closes."""
    output = b""
    deadline = time.monotonic() + 30
    while words is None or words.encode() not in output:
        assert time.monotonic() < deadline, output
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                data = os.read(terminal, 65536)
            except OSError:
                break
            if not data:
                break
            output += data
    return output.decode(errors="replace")
