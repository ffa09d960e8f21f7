"""The process for parsers, watched: `python -m tests.slow.guarded MEMORY` tells what a loader does outside its bytes.

What Python does is seen (audit events); what a library in C does by itself isn't, but none is told a name to open.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from askdocs.errors import LoadError
from askdocs.loaders import load
from askdocs.loaders.kinds import IMAGES
from askdocs.loaders.page_view import picture
from askdocs.loaders.worker import serve
from askdocs.types import Document

REACHED_OUT = "reached out: "
_OUTSIDE = (
    "socket.", "subprocess.", "urllib.", "http.", "ftplib.", "smtplib.", "shutil.", "tempfile.", "webbrowser.",
    "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link",
    "os.symlink", "os.truncate", "os.chmod", "os.chown", "os.putenv", "os.kill", "ctypes.dlopen",
)  # fmt: skip
_LIBRARIES = tuple({sys.prefix, sys.base_prefix, str(Path(__file__).resolve().parents[2])})
"""Where modules, and the data that they come with, are read from."""

reached: list[str] = []
loading = False


def watch(event: str, arguments: tuple[object, ...]) -> None:
    """Note what a load does outside its bytes."""
    if not loading:
        return
    if event == "open":
        name = arguments[0]
        path = os.path.abspath(os.fsdecode(name)) if isinstance(name, str | bytes) else ""
        flags = arguments[2] if isinstance(arguments[2], int) else 0
        if isinstance(name, int) or (path.startswith(_LIBRARIES) and not flags & (os.O_WRONLY | os.O_RDWR)):
            return
    elif not event.startswith(_OUTSIDE) or (event == "ctypes.dlopen" and _is_library(arguments)):
        return
    reached.append(f"{event} {arguments!r}"[:300])


def _is_library(arguments: tuple[object, ...]) -> bool:
    return arguments[0] is None or str(arguments[0]).startswith(_LIBRARIES)


def guarded(path: str, kind: str, data: bytes) -> Document:
    """As `load`; LoadError that says so if anything outside was touched, whatever became of it."""
    global loading
    reached.clear()
    loading = True
    try:
        if kind in IMAGES:  # which are only looked at, as no other program may read them
            picture(data, 1, 400, "", "", 1, 1)
        return load(path, kind, data)
    finally:
        loading = False
        if reached:
            raise LoadError(REACHED_OUT + "; ".join(reached))


if __name__ == "__main__":
    sys.addaudithook(watch)
    serve(int(sys.argv[1]), guarded)
