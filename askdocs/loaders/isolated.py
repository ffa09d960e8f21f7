"""Loading in a process of its own, so that a document on which a parser hangs, crashes or eats memory fails alone."""

from __future__ import annotations

import io
import math
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from askdocs.errors import LoadError
from askdocs.loaders import LINEAR, content_type, load
from askdocs.loaders.ocr import PAGE_SECONDS
from askdocs.loaders.worker import receive, send, unpacked
from askdocs.types import Document

TIME_LIMIT = 120.0
"""Seconds that one document may take."""

WITH_ALL_INSIDE = 10
"""How many times as long a file may take with what is inside it."""

MOST_LOST = 20
"""Documents inside a file that may cost the process; for each the others are read once more."""

OCR_TIME_LIMIT = 3600.0
"""The same where pages are read by OCR: some seconds each, of at most `ocr.MOST_PAGES`."""

PICTURE_TIME_LIMIT = 20.0
"""Seconds that the picture of a page may take."""

MEMORY_LIMIT = 2_000_000_000
"""Bytes of address space that the process may have."""

WORKER = ("-m", "askdocs.loaders.worker", str(MEMORY_LIMIT))
"""Arguments for the interpreter; one more, as in `worker.FUNCTIONS`, makes it do something else than load."""


class _Lost(LoadError):
    """The process took too long over a document, or didn't survive it: the `number`-th in a file, or 0 for itself."""

    def __init__(self, reason: str, number: int) -> None:
        super().__init__(reason)
        self.number = number


class IsolatedLoader:
    """A process that loads one file after another: started at the first, and again after one that it didn't survive.

    `load` is for one thread at a time; `close` may be called from another and ends a load that goes on.
    """

    def __init__(
        self,
        time_limit: float = TIME_LIMIT,
        command: Sequence[str] = WORKER,
        *,
        with_all_inside: float = WITH_ALL_INSIDE,
    ) -> None:
        """`time_limit` is in seconds for a document, and `with_all_inside` as many times that for a file.

        `command` are the interpreter's arguments.
        """
        self._time_limit = time_limit
        self._file_limit = time_limit * with_all_inside
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def load_where_safe(self, path: str, kind: str, data: bytes) -> Document:
        """As `load`, but without that process where the content's loader is known to end soon."""
        return (load if content_type(kind, data) in LINEAR else self.load)(path, kind, data)

    def load(self, path: str, kind: str, data: bytes) -> Document:
        """As `loaders.load`; LoadError too if the process takes too long, or doesn't survive it.

        Where that is for a document inside the file, that alone is not read, as the file's document says.
        """
        lost: dict[int, str] = {}
        until = time.monotonic() + self._file_limit
        while True:
            try:
                loaded = self._answer((path, kind, data, lost), until)
            except _Lost as exc:
                if exc.number == 0 or len(lost) == MOST_LOST:
                    raise
                lost[exc.number] = str(exc)
            else:
                break
        if isinstance(loaded, tuple):
            return unpacked(loaded)
        raise LoadError(str(loaded))

    def ask(self, *request: object) -> object:
        """What the process makes of `request`, or the reason why it can't; LoadError as for `load`."""
        return self._answer(request, math.inf)

    def _answer(self, request: tuple[object, ...], until: float) -> object:
        """As `ask`, by the time `until` at the latest."""
        process = self._started()
        watchdog = _Watchdog(process, self._time_limit, until)
        number = 0
        with watchdog:
            for said in _exchange(process, request):
                value = _Values(io.BytesIO(said)).load()
                if not isinstance(value, int):
                    return value
                number = value
                watchdog.begin()
        code = process.wait()
        if self._closed:
            raise LoadError("was not read to its end: indexing was stopped")
        if not watchdog.killed:
            raise _Lost(f"crashed its parser ({_ending(code)})", number)
        if time.monotonic() < until:
            raise _Lost(f"took more than {self._time_limit:,.0f} s to read", number)
        raise LoadError(f"took more than {self._file_limit:,.0f} s to read with all that is inside")

    def close(self) -> None:
        """End the process, whatever it is doing."""
        with self._lock:
            self._closed = True
            self._end()

    def _started(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._closed:
                raise LoadError("was not read to its end: indexing was stopped")
            if self._process is None or self._process.poll() is not None:
                self._end()
                # -P and the path: the worker is this askdocs, whatever lies in the working directory.
                paths = [str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
                self._process = subprocess.Popen(  # noqa: S603  the interpreter that runs this
                    [sys.executable, "-P", *self._command],
                    env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
            return self._process

    def _end(self) -> None:
        if self._process is not None:
            _kill(self._process)
            for pipe in (self._process.stdin, self._process.stdout):
                with suppress(OSError):  # a request that the process didn't live to read
                    if pipe is not None:
                        pipe.close()
            self._process.wait()
            self._process = None


def loader(*, ocr: bool) -> IsolatedLoader:
    """One that loads files, and with `ocr` reads the pages that are pictures of text too."""
    return IsolatedLoader(OCR_TIME_LIMIT, (*WORKER, "ocr")) if ocr else IsolatedLoader()


def pictures() -> IsolatedLoader:
    """One that is asked what `page_view.picture` is."""
    return IsolatedLoader(PICTURE_TIME_LIMIT, (*WORKER, "picture"))


def contents() -> IsolatedLoader:
    """One that is asked what `contents.content_of` is."""
    return IsolatedLoader(command=(*WORKER, "content"))


def marks() -> IsolatedLoader:
    """One that is asked what `page_view.recognised_marks` is."""
    return IsolatedLoader(PICTURE_TIME_LIMIT + PAGE_SECONDS, (*WORKER, "marks"))


def _exchange(process: subprocess.Popen[bytes], request: tuple[object, ...]) -> Iterator[bytes]:
    """What the worker says, until it ends or is ended."""
    if process.stdin is None or process.stdout is None:
        return
    with suppress(OSError, ValueError):  # as its pipes are closed
        send(process.stdin, request)
        while (said := receive(process.stdout)) is not None:
            yield said


class _Watchdog:
    """Kills a process that is at one thing for longer than `seconds`, or at work past the time `until`."""

    def __init__(self, process: subprocess.Popen[bytes], seconds: float, until: float) -> None:
        self._process = process
        self._seconds = seconds
        self._until = until
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.killed = False
        self.begin()

    def begin(self) -> None:
        """It is at something else from now on."""
        self._deadline = min(self._until, time.monotonic() + self._seconds)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(max(0.0, self._deadline - time.monotonic())):
            if time.monotonic() >= self._deadline:
                self.killed = True
                _kill(self._process)
                return


def _kill(process: subprocess.Popen[bytes]) -> None:
    """With what it has started: Tesseract would go on for a minute."""
    if sys.platform == "win32":
        process.kill()
    elif process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _ending(code: int) -> str:
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"exit code {code}"


class _Values(pickle.Unpickler):
    """Takes nothing from the worker but plain values: a parser might have been taken over."""

    def find_class(self, module: str, name: str) -> object:
        raise LoadError(f"made its parser answer with {module}.{name}")
