"""Ctrl-C and SIGTERM, at any moment: a clean end, and nothing lost."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from tests.support import PROJECT, run_cli, write_files

pytestmark = pytest.mark.slow

COMMANDS: tuple[Sequence[str], ...] = (("index", "notes"), ("index", "--rebuild"), ("verify",), ("ask", "thing 7"))


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.usefixtures("hashed_cli")
def test_a_command_that_is_stopped_ends_cleanly(work: Path, sent: signal.Signals) -> None:
    """It ends with 130 or 143, or had ended before; it shows no traceback, and the next run goes on."""
    texts = {f"{n:03}.txt": f"Note {n}\n\n" + f"The number {n} stands for thing {n * 7}. " * 40 for n in range(150)}
    write_files(work / "notes", texts)
    generator = random.Random(sent)
    stopped = 0
    for number in range(32):
        code, said, took = stopped_after(generator.uniform(0, 0.8), COMMANDS[number % len(COMMANDS)], sent, work)
        assert "Traceback" not in said, said
        assert code in (0, 1, 3, 128 + sent), (code, said)
        assert code != 3 or "nothing is indexed" in said, said
        assert took < 10
        stopped += code == 128 + sent
    assert stopped > 5
    run_cli("index", "notes").assert_clear(0)
    run_cli("verify").assert_clear(0)
    assert "150 unchanged" in run_cli("index").stdout


def stopped_after(delay: float, command: Sequence[str], sent: signal.Signals, work: Path) -> tuple[int, str, float]:
    """The exit code of a command that gets a signal, what it says on stderr, and for how long it went on."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.slow.hashed", *command],
        cwd=work, env={"PYTHONPATH": str(PROJECT), "PATH": ""}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        # As in a shell of one's own: what is started in the background ignores Ctrl-C, and hands that on.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(delay)
    asked = time.monotonic()
    process.send_signal(sent)
    _, said = process.communicate(timeout=60)
    return process.returncode, said, time.monotonic() - asked
