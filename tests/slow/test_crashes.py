"""A disk that is full or fails at any moment: one clear line, and once it is mended everything is as it should be."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support import PROJECT

pytestmark = pytest.mark.slow

SCENARIOS = ("index", "re-index", "rebuild", "forget", "ask", "repair", "export", "import", "migrate")
STRIDES = {"error": 1, "full": 4}
"""Every call fails once; a disk that stays full is tried at every fourth."""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """faults.c, compiled."""
    path = tmp_path_factory.mktemp("faults") / "faults.so"
    source = Path(__file__).with_name("faults.c")
    try:
        subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", path, source, "-ldl"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as exc:
        pytest.skip(f"what makes calls fail can't be compiled, which takes a C compiler on Linux: {exc}")
    return path


def under_faults(arguments: Sequence[str | Path], library: Path | None = None) -> tuple[int, str]:
    """The number that a run of `under_faults` prints, and what it found to be wrong."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.slow.under_faults", *arguments],
        cwd=PROJECT, capture_output=True, text=True, check=False,
        env={**os.environ, **({"LD_PRELOAD": str(library)} if library else {})},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    counted, _, wrong = done.stdout.partition("\n")
    return int(counted), wrong.strip()


def test_every_call_that_changes_the_index_may_fail(library: Path, quick_folder: Path) -> None:
    """Whichever write, flush, rename, open or deletion fails, the command ends with one line and exit code 3, or does
    without; after that indexing, verifying and asking work, and nothing is lost."""

    def walked(of: tuple[str, str]) -> tuple[int, str]:
        scenario, way = of
        folder = quick_folder / f"{scenario}-{way}"
        folder.mkdir()
        return under_faults([scenario, way, folder, str(STRIDES[way])], library)

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(walked, [(scenario, way) for way in STRIDES for scenario in SCENARIOS]))
    assert [wrong for _, wrong in results if wrong] == []
    assert all(counted > 20 for counted, _ in results)


def test_a_disk_may_be_too_small_by_any_size(tmp_path: Path) -> None:
    """On a file system that fills up at any stage of a run: one line, exit code 3, and it goes on with more room."""
    probe = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", tmp_path], check=False, capture_output=True, text=True)
    if probe.returncode:
        pytest.skip(f"nothing can be mounted here, which takes root: {probe.stderr}")
    try:
        small, wrong = under_faults(["disk", tmp_path])
    finally:
        subprocess.run(["umount", "--lazy", tmp_path], check=True)
    assert wrong == ""
    assert small > 5


def test_a_clock_that_goes_back_does_no_harm(library: Path, tmp_path: Path) -> None:
    """Nothing that is kept depends on the time of day."""
    assert under_faults(["clock", tmp_path], library) == (0, "")
