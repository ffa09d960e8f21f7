"""How SQLite files are begun and opened."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from askdocs.catalog.connection import begin

AT_ONCE = 4


def test_programs_that_begin_a_database_at_once_all_can(tmp_path: Path) -> None:
    """SQLite refuses some of them, in about one of twenty rounds, though their timeout is seconds."""

    def begun(path: Path, barrier: Barrier) -> str:
        connection = sqlite3.connect(path, isolation_level=None, timeout=5)
        barrier.wait()
        begin(connection, 7)
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
        connection.close()
        return str(mode)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        for turn in range(100):
            barrier = Barrier(AT_ONCE)
            turns = [threads.submit(begun, tmp_path / f"{turn}.sqlite", barrier) for _ in range(AT_ONCE)]
            assert [done.result() for done in turns] == ["wal"] * AT_ONCE
