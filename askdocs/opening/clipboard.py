"""The clipboard of the system, through the program that the system has for it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping

PATIENCE = 2.0
"""Seconds; a program that waits for a display that doesn't answer is given up."""


def copy(text: str, environment: Mapping[str, str]) -> str | None:
    """Put `text` on the clipboard: the name of the program that took it, or None if there is none that does."""
    for program, *options in _programs(environment):
        found = shutil.which(program, path=environment.get("PATH"))
        if found and _taken([found, *options], text.encode(_encoding(program), errors="replace")):
            return program.removesuffix(".exe")
    return None


def _programs(environment: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    if sys.platform == "darwin":
        yield ("pbcopy",)
        return
    if environment.get("WAYLAND_DISPLAY"):
        yield ("wl-copy",)
    if environment.get("DISPLAY"):
        yield ("xclip", "-selection", "clipboard")
        yield ("xsel", "--clipboard", "--input")
    yield ("clip.exe",)  # Windows, and Linux in Windows


def _encoding(program: str) -> str:
    return "utf-16-le" if program == "clip.exe" else "utf-8"


def _taken(command: list[str], data: bytes) -> bool:
    """Did the program take `data`? It may live on to hand it out: in a session of its own, without our terminal."""
    try:
        subprocess.run(  # noqa: S603  one of those above
            command,
            input=data,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE,
            check=True,
            start_new_session=True,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return True
