"""Loading in a process of its own, so that a file on which a parser hangs, crashes or eats memory fails alone."""

from __future__ import annotations

import io
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
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
"""Seconds that one file may take."""

OCR_TIME_LIMIT = 3600.0
"""The same where pages are read by OCR: some seconds each, of at most `ocr.MOST_PAGES`."""

PICTURE_TIME_LIMIT = 20.0
"""Seconds that the picture of a page may take."""

MEMORY_LIMIT = 2_000_000_000
"""Bytes of address space that the process may have."""

WORKER = ("-m", "askdocs.loaders.worker", str(MEMORY_LIMIT))
"""Arguments for the interpreter; one more, as in `worker.FUNCTIONS`, makes it do something else than load."""


class IsolatedLoader:
    """A process that loads one file after another: started at the first, and again after one that it didn't survive.

    `load` is for one thread at a time; `close` may be called from another and ends a load that goes on.
    """

    def __init__(
        self,
        time_limit: float = TIME_LIMIT,
        command: Sequence[str] = WORKER,
    ) -> None:
        """`command` are the interpreter's arguments."""
        self._time_limit = time_limit
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
        """As `loaders.load`; LoadError too if the process takes too long, or doesn't survive it."""
        loaded = self.ask(path, kind, data)
        if isinstance(loaded, tuple):
            return unpacked(loaded)
        raise LoadError(str(loaded))

    def ask(self, *request: object) -> object:
        """What the process makes of `request`, or the reason why it can't; LoadError as for `load`."""
        process = self._started()
        timed_out = threading.Event()

        def stop() -> None:
            timed_out.set()
            _kill(process)

        watchdog = threading.Timer(self._time_limit, stop)
        watchdog.daemon = True
        watchdog.start()
        try:
            answer = _exchange(process, request)
            code = process.wait() if answer is None else 0
        finally:
            watchdog.cancel()
        if answer is not None:
            return _Values(io.BytesIO(answer)).load()
        if self._closed:
            raise LoadError("was not read to its end: indexing was stopped")
        if timed_out.is_set():
            raise LoadError(f"took more than {self._time_limit:,.0f} s to read")
        raise LoadError(f"crashed its parser ({_ending(code)})")

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


def _exchange(process: subprocess.Popen[bytes], request: tuple[object, ...]) -> bytes | None:
    """The worker's answer, None if it ended before it gave one."""
    if process.stdin is None or process.stdout is None:
        return None
    try:
        send(process.stdin, request)
        return receive(process.stdout)
    except OSError:
        return None


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
