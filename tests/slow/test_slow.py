"""Checks that take long: `make check-slow`."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from tests.support import PROJECT, run_process, write_files

pytestmark = pytest.mark.slow


def test_the_wheel_holds_the_package_and_nothing_else(tmp_path: Path) -> None:
    """Seeds, index, tests and benchmarks stay out of the wheel, styles and the type marker are in it."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(PROJECT)]
    subprocess.run(command, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"askdocs"}
    assert "askdocs/py.typed" in names
    assert any(name.endswith(".tcss") for name in names)


def test_an_index_survives_being_killed_again_and_again(work: Path) -> None:
    """With the real model too, after kill -9 at any moment the next command works, and at the end all is there once."""
    texts = {f"{n:03}.txt": f"Note {n}\n\n" + f"The number {n} stands for thing {n * 7}. " * 40 for n in range(120)}
    write_files(work / "notes", texts)
    generator = random.Random(7)
    for _ in range(10):
        process = subprocess.Popen(
            [sys.executable, "-m", "askdocs", "index", "notes"], cwd=work, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )  # fmt: skip
        time.sleep(generator.uniform(0.3, 4))
        process.send_signal(signal.SIGKILL)
        _, stderr = process.communicate()
        assert b"Traceback" not in stderr
        status = run_process("status", "--json", cwd=work)
        assert status.exit_code == 0, status.stderr
    assert run_process("index", "notes", cwd=work).exit_code == 0
    again = run_process("index", cwd=work)
    assert again.stdout.startswith("0 added, 0 updated, 0 renamed, 0 deleted, 120 unchanged, 0 failed; 0 passages")
    counts = json.loads(run_process("status", "--json", cwd=work).stdout)
    assert counts["documents"] == 120
    found = json.loads(run_process("search", "-k", "1000", "--json", "thing number", cwd=work).stdout)["results"]
    assert len({(result["document"]["path"], *result["span"]) for result in found}) == len(found)
