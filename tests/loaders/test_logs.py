"""Logs: whole records, in bounded memory and time."""

from __future__ import annotations

import time
import tracemalloc
from pathlib import Path

import pytest

from askdocs.loaders import load
from tests.loaders.checks import assert_sound

LOG = Path(__file__).parent / "fixtures" / "winch.log"


def blocks(text: str) -> list[str]:
    document = load("a.log", "text/x-log", text.encode())
    assert_sound(document, text)
    return [block.span.of(text) for block in document.blocks]


def test_a_record_is_not_torn_apart() -> None:
    """A traceback stays with the line that announces it."""
    text = LOG.read_text(encoding="utf-8")
    (record,) = (block for block in blocks(text) if "Traceback" in block)
    assert "ERROR" in record
    assert "OverflowError: rope slipped" in record
    assert all(block.startswith("2021-") for block in blocks(text))


@pytest.mark.parametrize(
    "start",
    [
        "2024-03-01T10:00:00Z",
        "[2024/03/01 10:00:00]",
        "Mar  1 10:00:00 host sshd[1]:",
        "[Fri Mar 01 10:00:00 2024] [error]",
        '10.0.0.1 - anna [01/Mar/2024:10:00:00 +0100] "GET /"',
        "<34>1 2024-03-01T10:00:00Z host",
        "[    1.234567] usb:",
        "I0301 10:00:00.000 1 a.cc:1]",
        "10:00:00.123 [main]",
        "WARNING: roof",
        "[INFO] roof",
        "01.03.2024 10:00:00",
    ],
)
def test_records_of_many_makers_are_known(start: str) -> None:
    """Whatever form its time has, each record is one block with the lines that go with it."""
    record = f"{start} the roof leaks at the third tile from the left, and nobody knows since when it does so\n  at tile({'x' * 40})\n"
    found = blocks(record * 30)
    assert len(found) == 30
    assert all(block.startswith(start) and block.count("at tile") == 1 for block in found)


def test_lines_without_times_are_records() -> None:
    """Where no line begins with a time, every line may begin a block."""
    assert (
        len(blocks("the roof leaks at the third tile from the left, and nobody knows since when it does\n" * 40)) == 40
    )


@pytest.mark.parametrize(
    "line", ["2024-03-01 10:00:00 INFO a short line of a log that never ends\n", "x\n", "no time " * 12 + "\n"]
)
def test_a_long_log_takes_little_memory_and_time(line: str) -> None:
    """Half a megabyte takes a second, and not many times its size."""
    data = (line * (500_000 // len(line))).encode()
    tracemalloc.start()
    began = time.process_time()
    load("a.log", "text/x-log", data)
    taken = time.process_time() - began
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken < 3  # tracemalloc makes it several times slower
    assert peak < 6 * len(data)
