"""Several processes at one index."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import PROJECT, run_cli, write_files

pytestmark = pytest.mark.slow


def test_readers_see_whole_answers_while_a_writer_is_at_work(tmp_path: Path) -> None:
    """For a minute eight processes ask while a ninth edits and re-indexes: no error, no passage that is older than what
    was indexed when they asked, and never two versions of a file in one answer."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.slow.crowd", str(tmp_path), "60"],
        cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr[-5000:]
    *readers, writer = done.stdout.splitlines()
    assert len(readers) == 8
    edits = re.match(r"(\d+) edits", writer)
    assert edits is not None
    assert int(edits[1]) > 20, done.stdout


@pytest.mark.usefixtures("hashed_cli")
def test_a_writer_that_is_killed_leaves_the_lock_to_the_next(work: Path) -> None:
    """While one process writes, another is told which; once that is dead, the other can go on at once."""
    write_files(work / "notes", {f"{n}.txt": f"Note {n} on thing{n}. " * 3000 for n in range(100)})
    writer = subprocess.Popen(
        [sys.executable, "-m", "tests.slow.hashed", "index", "notes"],
        cwd=work, env={"PYTHONPATH": str(PROJECT), "PATH": ""}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    with writer:
        while not (work / "index" / "writer.json").exists():
            assert writer.poll() is None
        run_cli("status").assert_clear(0)
        run_cli("index", "notes").assert_clear(3, f"process {writer.pid}")
        run_cli("verify", "--repair").assert_clear(3, f"process {writer.pid}")
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    run_cli("index", "notes").assert_clear(0)
    run_cli("verify").assert_clear(0)
