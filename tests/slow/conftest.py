"""Fixtures of the checks that take long."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

MEMORY = Path("/dev/shm")


@pytest.fixture
def quick_folder() -> Iterator[Path]:
    """A folder in memory, where the system has one: thousands of commits needn't wait for a disk to fail in order."""
    with tempfile.TemporaryDirectory(prefix="askdocs-", dir=MEMORY if MEMORY.is_dir() else None) as name:
        yield Path(name)
