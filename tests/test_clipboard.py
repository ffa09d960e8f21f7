"""The clipboard of the system, through stand-ins for the programs that have it."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from askdocs.opening import clipboard

HOSTILE = '$(touch x) "; rm\n-rf `x` \x1b]52;c;x\x07 屋根 \ud800'


def stand_in(folder: Path, name: str, script: str = 'cat > taken; echo "$@" > options') -> None:
    (folder / name).write_text(f"#!/bin/sh\ncd {folder}\n{script}\n")
    (folder / name).chmod(0o755)


def environment(folder: Path, **more: str) -> dict[str, str]:
    return {"PATH": f"{folder}:/usr/bin:/bin", **more}


linux = pytest.mark.skipif(sys.platform == "darwin", reason="macOS has pbcopy only")


@linux
@pytest.mark.parametrize(
    ("program", "display", "options"),
    [("wl-copy", "WAYLAND_DISPLAY", ""), ("xclip", "DISPLAY", "-selection clipboard"),
     ("xsel", "DISPLAY", "--clipboard --input")],
)  # fmt: skip
def test_the_program_of_the_display_takes_the_text(tmp_path: Path, program: str, display: str, options: str) -> None:
    """On its standard input, whatever it says, and only where there is a display."""
    stand_in(tmp_path, program)
    assert clipboard.copy(HOSTILE, environment(tmp_path)) is None
    assert clipboard.copy(HOSTILE, environment(tmp_path, **{display: ":0"})) == program
    assert (tmp_path / "taken").read_bytes() == HOSTILE.encode(errors="replace")
    assert (tmp_path / "options").read_text().strip() == options


@linux
def test_windows_gets_its_own_encoding(tmp_path: Path) -> None:
    """In UTF-16, which is what its program reads."""
    stand_in(tmp_path, "clip.exe")
    assert clipboard.copy("屋根", environment(tmp_path)) == "clip"
    assert (tmp_path / "taken").read_bytes().decode("utf-16-le") == "屋根"


@linux
def test_a_program_that_fails_is_passed_over(tmp_path: Path) -> None:
    """The next is tried, and that there is none is no error."""
    stand_in(tmp_path, "xclip", "exit 1")
    assert clipboard.copy("x", environment(tmp_path, DISPLAY=":0")) is None
    stand_in(tmp_path, "xsel")
    assert clipboard.copy("x", environment(tmp_path, DISPLAY=":0")) == "xsel"


@linux
def test_nobody_waits_for_a_program_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is given up after a moment; one that stays behind to hand the text out is none of these."""
    monkeypatch.setattr(clipboard, "PATIENCE", 0.2)
    stand_in(tmp_path, "xclip", "exec sleep 60")
    began = time.monotonic()
    assert clipboard.copy("x", environment(tmp_path, DISPLAY=":0")) is None
    stand_in(tmp_path, "xclip", "cat > taken; sleep 3 &")
    assert clipboard.copy("x", environment(tmp_path, DISPLAY=":0")) == "xclip"
    assert time.monotonic() - began < 2
