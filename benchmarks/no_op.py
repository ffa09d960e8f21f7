"""Indexing 10,000 files again that haven't changed, against a walk that looks at each of them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from askdocs import Assistant
from askdocs.config import Settings
from benchmarks.ratio import Ratio, compare

FILES = 10_000
_A_FOLDER = 100


def run() -> Iterator[Ratio]:
    with tempfile.TemporaryDirectory() as name:
        documents = Path(name) / "documents"
        for number in range(FILES):
            folder = documents / f"{number // _A_FOLDER}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{number}.txt").write_text(f"Note {number}.", encoding="utf-8")

        def walk() -> None:
            for parent, _, names in os.walk(documents):
                for file_name in names:
                    os.stat(os.path.join(parent, file_name))

        with Assistant.open(Path(name) / "index", settings=Settings()) as assistant:
            list(assistant.index([documents]))
            yield compare(
                f"indexing {FILES:,} unchanged files", lambda: list(assistant.index()),
                "os.walk with os.stat", walk, "times as long", repeats=15,
            )  # fmt: skip
