"""The same files and questions, by the same model, given to other programs for searching one's documents.

They are no part of askdocs' own requirements. To have them measured, install them beside it, or elsewhere and name that
Python: `python -m venv peers`, `peers/bin/pip install txtai llama-index-core llama-index-embeddings-huggingface`,
`ASKDOCS_PEERS=peers/bin/python python -m benchmarks peers`. What isn't there is skipped with a line.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from askdocs.encoding.models import bundled_folder
from benchmarks import peer_programs
from benchmarks.ratio import Ratio, compare, compare_seconds
from benchmarks.texts import passages, write_documents

MODULES = {"txtai": "txtai", "llama-index": "llama_index.embeddings.huggingface"}
PASSAGES = 100
_A_FILE = 5
_QUESTIONS = 15


def run() -> Iterator[Ratio]:
    python = os.environ.get("ASKDOCS_PEERS", sys.executable)
    for peer, module in MODULES.items():
        done = subprocess.run((python, "-c", f"import {module}"), check=False, capture_output=True)
        if done.returncode:
            print(f"peers: skipped {peer}, as {python} has no module {module}", file=sys.stderr, flush=True)
        else:
            yield from _against(peer, python)


def _against(peer: str, python: str) -> Iterator[Ratio]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        documents = folder / "documents"
        write_documents(documents, passages(PASSAGES), _A_FILE)
        questions = [text + "?" for text in passages(_QUESTIONS, words=10)]
        interpreters = {"askdocs": sys.executable, peer: python}

        def execute(whose: str, action: str, *asked: str) -> str:
            program = (interpreters[whose], peer_programs.__file__, whose, action)
            command = (*program, str(bundled_folder()), str(documents), str(folder / whose), *asked)
            environment = {**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONPATH": str(Path(__file__).parent.parent)}
            return subprocess.run(
                command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
            ).stdout

        def index(whose: str) -> None:
            shutil.rmtree(folder / whose, ignore_errors=True)
            execute(whose, "index")

        def warm(whose: str) -> float:
            _, *taken = execute(whose, "ask", *questions).splitlines()[-_QUESTIONS:]
            return statistics.median(map(float, taken))

        yield compare(
            f"indexing {PASSAGES} passages", lambda: index("askdocs"), peer, lambda: index(peer), repeats=3
        )  # fmt: skip
        yield compare(
            "the first answer of a process", lambda: execute("askdocs", "ask", questions[0]),
            peer, lambda: execute(peer, "ask", questions[0]), repeats=3,
        )  # fmt: skip
        yield compare_seconds(
            "a question", lambda: warm("askdocs"), peer, lambda: warm(peer), says="times quicker", repeats=3
        )  # fmt: skip
