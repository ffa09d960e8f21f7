"""A power cut at any moment: what a disk then holds is an older state of the index, sound, and gone on from."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import PROJECT

pytestmark = pytest.mark.slow

EVERY = 10
"""The power is cut after every call but writes, and after one write in so many."""


@pytest.fixture(scope="module", autouse=True)
def tracing() -> None:
    """Needs strace, and leave to use it."""
    try:
        subprocess.run(["strace", "-o", "/dev/null", "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as exc:
        pytest.skip(f"which calls change the index can't be told, which takes strace on Linux: {exc}")


@pytest.mark.parametrize("scenario", ["index", "re-index", "rebuild", "migrate"])
def test_the_power_may_be_cut_at_any_moment(scenario: str, quick_folder: Path) -> None:
    """Without what was not flushed, with some of it torn, or with names as they were: the index opens and is sound,
    answers what it answered before, and indexing brings it level."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.slow.power_cuts", scenario, quick_folder, str(EVERY)],
        cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    counted, _, wrong = done.stdout.partition("\n")
    assert wrong.strip() == ""
    assert int(counted) >= 10
