"""A program in a terminal of tmux: what is typed, and what then stands on the screen."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support import PROJECT

PATIENCE = 60.0


def wait(condition: Callable[[], object], what: Callable[[], str]) -> None:
    """Wait until `condition` holds; `what` tells what else never came."""
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, f"never saw {what()}"
        time.sleep(0.1)


class Terminal:
    """One window of a tmux server of its own."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    def press(self, *keys: str) -> None:
        """Keys by tmux's names: Enter, Tab, Escape, F2, C-e."""
        for key in keys:
            self._tmux("send-keys", key)
            time.sleep(0.05)

    def type(self, text: str) -> None:
        """Text, letter by letter."""
        self._tmux("send-keys", "-l", text)

    def screen(self) -> str:
        return self._tmux("capture-pane", "-p")

    def see(self, *words: str, without: str = "") -> str:
        """Wait until all `words` are on the screen, and nothing of `without`; the screen."""
        screen = ""

        def seen() -> bool:
            nonlocal screen
            screen = self.screen()
            return all(word in screen for word in words) and (not without or without not in screen)

        wait(seen, lambda: f"{words} (without {without!r}):\n{screen}")
        return screen

    def _tmux(self, *arguments: str) -> str:
        command = ("tmux", "-S", str(self._socket), *arguments)
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@contextmanager
def askdocs(work: Path, *arguments: str, columns: int = 100, rows: int = 30) -> Iterator[Terminal]:
    """The interface in `work`, ended however the context is left."""
    assert shutil.which("tmux"), "this check needs tmux: apt-get install tmux"
    folder = tempfile.TemporaryDirectory(prefix="askdocs-")  # a server of its own, each time
    socket = Path(folder.name) / "tmux"
    terminal = Terminal(socket)
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "TERM": "screen-256color"}
    subprocess.run(
        ["tmux", "-S", socket, "-f", os.devnull, "new-session", "-d", "-x", str(columns), "-y", str(rows), "-c", work,
         sys.executable, "-m", "askdocs", *arguments],
        check=True, env=environment,
    )  # fmt: skip
    try:
        yield terminal
    finally:
        subprocess.run(["tmux", "-S", socket, "kill-server"], check=False, capture_output=True)
        folder.cleanup()
