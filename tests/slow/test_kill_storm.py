"""300 times kill -9."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import PROJECT

pytestmark = pytest.mark.slow


def test_an_index_survives_being_killed_300_times(quick_folder: Path) -> None:
    """While indexing, re-indexing, building and migrating: after each kill the index verifies and answers, no passage
    that was committed is embedded again, and at the end it equals one that was made without interruption."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.slow.storm", str(quick_folder), "300", "1"],
        cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr[-5000:]
    assert done.stdout.startswith("300 kills"), done.stdout
