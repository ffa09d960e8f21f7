"""The interface as a process: what it imports, and how it ends."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from askdocs.sessions.sessions import Sessions
from tests.tui.driving import ROOF

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
heavy |= {"askdocs.indexing.planner", "askdocs.answering.follow_ups", "askdocs.searching.question"}
heavy |= {"askdocs.loaders", "tomllib", "hashlib"}
heavy |= {"askdocs.tui.widgets.reading", "askdocs.rendering.citing", "askdocs.opening.opener"}
heavy |= {"askdocs.tui.screens.reader", "askdocs.tui.screens.sessions", "textual.widgets._progress_bar"}
heavy |= {"askdocs.rendering.exporting", "askdocs.tui.screens.history", "askdocs.tui.screens.prompt"}
heavy |= {"askdocs.tui.screens.library", "askdocs.indexing.library"}
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
VANISHING = """
import fcntl, signal, sys, termios
from pathlib import Path

fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGHUP, signal.{on_hangup})

from tests.tui.driving import indexed_home
from askdocs.config import Settings
from askdocs.tui.app import run

fake = indexed_home()
fake.folder = Path(sys.argv[1])
raise SystemExit(run(fake, Settings(watch=False)))
"""

HOSTILE = """
from dataclasses import replace
from askdocs.config import Settings
from askdocs.tui.app import run
from askdocs.types import Failure
from tests.tui.fake import FakeAssistant
from tests.tui.test_process import PAYLOAD

name = PAYLOAD.replace("/", "|")
text = f"{PAYLOAD} The roof was repaired. {PAYLOAD}\\n\\nZebra " + PAYLOAD * 3_000 + "\\nThe end.\\n"
fake = FakeAssistant(files={f"notes/{name}.txt": text, "other.txt": "Another roof."})
fake.failures = (Failure(f"notes/{name}", PAYLOAD),)
fake.warnings = (PAYLOAD,)
fake.commit()
for key, document in fake.indexed.items():
    fake.indexed[key] = replace(document, info=replace(document.info, title=f"Title {PAYLOAD}", date=PAYLOAD))
raise SystemExit(run(fake, Settings(watch=False, editor=PAYLOAD)))
"""
UNSAFE = re.compile(
    "[\x07\x08\x0b\x0c\x0e\x7f-\x9f\u2028\u200b\u200e\u202a-\u202e\u2066-\u2069\ue000-\uf8ff\U000e0000-\U000e0fff]"
)
PAYLOAD = (
    "\x1b[38;5;199mred\x1b[0m \x1b]0;owned\x07 \x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\ "
    "\x1b]52;c;b3duZWQ=\x07 \x1bP$q q\x1b\\ \x1b_apc\x1b\\ \x1b^pm\x1b\\ \x9b38;5;199m \x9d0;owned\x9c \x90q\x9c "
    "\x1bc \x1b(0 \x0e \x08\x0b\x0c\x7f \u202egnp.exe\u202c \u2066x\u2069 \u200b\u200e\u2028 \ue000 "
    "[red]markup[/red] [@click=app.quit]x[/] \U000e0041"
)
"""Colours, titles, links, clipboard, device control, a reset, bidi overrides, zero width, private use, markup, tags."""
ASKED = """
from askdocs.config import Settings
from tests.tui.driving import indexed_home
from askdocs.tui.app import run

raise SystemExit(run(indexed_home(), Settings(watch=False)))
"""
LEFT, ENTERED = "\x1b[?1049l", "\x1b[?1049h"  # the screen that programs like this one have to themselves


def test_first_paint_imports_nothing_heavy() -> None:
    """The interface paints without torch, FAISS, numpy and the like, and what only later is used; then it collects."""
    done = subprocess.run(
        [sys.executable, "-c", FIRST_PAINT], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(("gate", "shown"), [("indexing", "indexing…"), ("loading", "Indexed:")])
def test_quitting_does_not_wait(gate: str, shown: str) -> None:
    """Ctrl+Q ends the process at once, with exit code 0 and no traceback, though a worker is stuck."""
    ours, process = in_terminal(WHILE.format(gate=gate))
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


@pytest.mark.parametrize("on_hangup", ["SIG_DFL", "SIG_IGN"], ids=["terminal", "nohup"])
def test_a_terminal_that_vanishes_ends_it_and_loses_nothing(on_hangup: str, tmp_path: Path) -> None:
    """With SIGHUP or, under nohup, without: the process ends soon, and what was answered last is kept."""
    ours, process = in_terminal_of_its_own(on_hangup, tmp_path)
    try:
        read_until(ours, "up to date")
        os.write(ours, b"roof repaired\r")
        read_until(ours, "Found")
        os.close(ours)
        assert process.wait(timeout=20) == 129
    finally:
        process.kill()
        process.wait()
    (info,) = Sessions(tmp_path, lambda: "fake").listed()
    assert (info.name, info.questions) == ("roof repaired", 1)


@pytest.mark.parametrize("way", ["terminal", "nohup", "quit"])
def test_what_is_not_kept_yet_is_kept_on_the_way_out(way: str, tmp_path: Path) -> None:
    """An answer that could not be written down before is, when the terminal vanishes or somebody leaves."""
    folder = tmp_path / "missing"
    ours, process = in_terminal_of_its_own("SIG_IGN" if way == "nohup" else "SIG_DFL", folder)
    try:
        read_until(ours, "up to date")
        os.write(ours, b"roof repaired\r")
        read_until(ours, "isn't kept")
        folder.mkdir()
        if way == "quit":
            os.write(ours, b"\x11")
            read_until(ours, None)
        os.close(ours)
        assert process.wait(timeout=20) == (0 if way == "quit" else 129)
    finally:
        process.kill()
        process.wait()
    (info,) = Sessions(folder, lambda: "fake").listed()
    assert (info.name, info.questions) == ("roof repaired", 1)


def in_terminal_of_its_own(on_hangup: str, folder: Path) -> tuple[int, subprocess.Popen[bytes]]:
    """The interface, which keeps conversations in `folder`, in a terminal whose other end is the descriptor."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", VANISHING.format(on_hangup=on_hangup), folder],
        cwd=ROOT,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color"},
        start_new_session=True,
    )
    os.close(theirs)
    return ours, process


def test_nothing_of_a_document_reaches_the_terminal_as_a_command() -> None:
    """No escape code in a text, path, title, date, reason, warning, question or setting is sent, on any screen."""
    ours, process = in_terminal(HOSTILE)
    output = ""
    try:
        output += read_until(ours, "up to date")
        for keys, shown in (
            (f"\x1b[200~{PAYLOAD.replace(chr(27), '')} roof repaired\x1b[201~", "roof repaired"),
            ("\r", "Found"),
            ("\t  ", "Esc"),
            ("\r", "Zebra"),
            ("\x1b[F", "The end."),
            ("\x1b[H\x1bOP", "Reading"),
            ("\x1b", "Next"),
            ("\x1b", "Fold"),
            ("\x1bOQ", "Forget"),
            ("\x1b", "Fold"),
            ("\x1b[19~", "max_file_mb"),
            ("\x1b", "Fold"),
            ("\x10", "Search for"),
            (f"\x1b[200~{PAYLOAD.replace(chr(27), '')}\x1b[201~", "gnp"),
            ("\x1b", "Fold"),
        ):
            os.write(ours, keys.encode())
            output += read_until(ours, shown)
        os.write(ours, b"\x11")
        output += read_until(ours, None)
        assert process.wait(timeout=10) == 0
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    assert "Traceback" not in output
    output = re.sub("\x1b]22;[a-z]+\x07", "", output)  # the shape of the mouse's pointer
    for mark in ("␛[38;5;199m", "owned", "evil.example", "[red]markup[/red]"):
        assert mark in output
    for command in ("\x1b[38;5;199m", "\x1b]", "\x1bP", "\x1b_", "\x1b^", "\x1bc", "\x1b(0"):
        assert command not in output, repr(command)
    assert [output[max(0, match.start() - 40) : match.end()] for match in UNSAFE.finditer(output)] == []


def in_terminal(code: str, environment: Mapping[str, str] | None = None) -> tuple[int, subprocess.Popen[bytes]]:
    """`code` in a Python of its own, in a terminal whose other end is the descriptor."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color", **(environment or {})},
    )
    os.close(theirs)
    return ours, process


def read_until(terminal: int, words: str | None) -> str:
    """What comes out of `terminal` until `words` do, or until it closes."""
    output = b""
    deadline = time.monotonic() + 30
    while words is None or words.encode() not in output:
        assert time.monotonic() < deadline, f"{words!r} never came: {output[-3000:]!r}"
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                data = os.read(terminal, 65536)
            except OSError:
                break
            if not data:
                break
            output += data
    return output.decode(errors="replace")


def test_an_editor_of_the_terminal_gets_it(tmp_path: Path) -> None:
    """o hands the terminal, as it was before the interface, to an editor, and takes it back when that is left."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "roof.md").write_text(ROOF)
    editor = tmp_path / "nano"
    editor.write_text(
        '#!/bin/sh\necho "EDITING $*"; stty -a | grep -o "[-]*icanon"; read line; echo "GOT $line"; exit 1\n'
    )
    editor.chmod(0o755)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", ASKED],
        cwd=tmp_path,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color", "EDITOR": str(editor), "PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )
    os.close(theirs)
    try:
        output = read_until(ours, "up to date")
        os.write(ours, b"When was the roof repaired?\r")
        output = read_until(ours, "Miller")
        os.write(ours, b"\t")
        output = read_until(ours, "Open outside")
        os.write(ours, b"o")
        output = read_until(ours, "icanon")
        assert f"EDITING +3 {tmp_path}/notes/roof.md" in output
        assert LEFT in output.partition("EDITING")[0]
        assert "-icanon" not in output
        os.write(ours, b"hello\n")
        output = read_until(ours, "Open outside")
        assert "GOT hello" in output
        assert ENTERED in output.partition("GOT")[2]
        os.write(ours, b"\x11")
        output = read_until(ours, None)
        assert process.wait(timeout=10) == 0, output
    finally:
        process.kill()
        process.wait()
        os.close(ours)
