"""The writer's lock: one program at a time writes to an index, and any other is told which."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from askdocs.errors import IndexBusy, IndexTrouble

PATIENCE = 1.0
"""Seconds that a writer waits for the lock: whoever only asks holds it for a moment, to bring the word index level."""


@contextmanager
def writing(folder: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the lock of the index in `folder`, which frees itself when its holder dies.

    Raises IndexBusy, naming the holder.
    """
    import socket

    from filelock import FileLock, Timeout

    holder = folder / "writer.json"
    lock = FileLock(folder / "writer.lock", timeout=patience, thread_local=False)
    try:
        lock.acquire()
    except Timeout as exc:
        raise IndexBusy(f"the index {folder} is being written by {_describe(holder)}; wait for it") from exc
    except OSError as exc:
        raise IndexTrouble(f"the index {folder} can't be written: {exc.strerror}") from exc
    try:
        try:
            holder.write_text(json.dumps({"pid": os.getpid(), "host": socket.gethostname()}))
        except OSError as exc:
            raise IndexTrouble(f"the index {folder} can't be written: {exc.strerror}") from exc
        yield
    finally:
        lock.release()


def _describe(holder: Path) -> str:
    try:
        values = json.loads(holder.read_text())
        return f"process {values['pid']} on {values['host']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
