"""A program on a terminal of its own: what is typed, and how long until something stands there."""

from __future__ import annotations

import fcntl
import os
import pty
import resource
import select
import struct
import subprocess
import termios
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

_ROWS, _COLUMNS = 30, 100
_PATIENCE = 60.0  # seconds
_AT_ONCE = 1 << 16


class Terminal:
    """Runs `command` until the end of the context, when it is killed."""

    def __init__(self, command: Sequence[str], folder: Path | None = None) -> None:
        self._screen, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, cwd=folder, start_new_session=True
        )
        os.close(theirs)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._screen)

    @property
    def resident(self) -> float:
        """Megabytes of memory that the program has now, as Linux tells."""
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * resource.getpagesize() / 1e6

    def type(self, text: str) -> float:
        """Send keys; the moment before."""
        at = time.perf_counter()
        os.write(self._screen, text.encode())
        return at

    def until(self, text: str, since: float) -> float:
        """Seconds from the moment `since` until the program has written `text`. Raises TimeoutError."""
        written = b""
        while text.encode() not in written:
            left = time.perf_counter() + _PATIENCE - max(since, self.started)
            if left < 0 or not select.select([self._screen], [], [], _PATIENCE)[0]:
                raise TimeoutError(f"{text!r} was not written in {_PATIENCE:.0f} s: {written[-500:]!r}")
            written += os.read(self._screen, _AT_ONCE)
        return time.perf_counter() - since

    def drawn(self, since: float, least: int) -> float:
        """Seconds from the moment `since` until the program has written so many bytes. Raises TimeoutError."""
        written = 0
        while written < least:
            if not select.select([self._screen], [], [], _PATIENCE)[0]:
                raise TimeoutError(f"{least} bytes were not written in {_PATIENCE:.0f} s, only {written}")
            written += len(os.read(self._screen, _AT_ONCE))
        return time.perf_counter() - since

    def rest(self, seconds: float) -> None:
        """Let the program write for a while."""
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            if select.select([self._screen], [], [], left)[0]:
                os.read(self._screen, _AT_ONCE)
