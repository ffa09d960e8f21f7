"""Nothing heavy is imported before it is needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import run_cli, run_python

HEAVY = (
    "numpy",
    "torch",
    "transformers",
    "sentence_transformers",
    "faiss",
    "textual",
    "onnx",
    "onnxruntime",
    "tantivy",
    "nupunkt",
    "askdocs.quality.evaluation",
    "askdocs.quality.known_answers",
    "askdocs.quality.self_checking",
)
REPORT = f"""
import sys
print(*sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)
"""


def command(*arguments: str) -> str:
    """Code that runs a command and then goes on."""
    return f"""
import sys
from askdocs.cli import main
sys.argv = ["askdocs", *{arguments!r}]
try:
    main()
except SystemExit as exc:
    assert not exc.code, exc.code
"""


@pytest.mark.parametrize(
    "code",
    [
        "import askdocs",
        "import askdocs.types, askdocs.errors, askdocs.config, askdocs.catalog.catalog, askdocs.assistant",
        "import askdocs.cli",
        "import askdocs.rendering.render",
        "import askdocs.encoding.encoder",
        command("--help"),
        command("ask", "--help"),
        command("--version"),
        command("status"),
        command("status", "--json"),
        command("index", "--dry-run", "notes"),
    ],
    ids=[
        "package",
        "core",
        "cli",
        "render",
        "encoder",
        "help",
        "ask-help",
        "version",
        "status",
        "status-json",
        "dry-run",
    ],
)
@pytest.mark.usefixtures("notes")
def test_what_is_quick_imports_nothing_heavy(work: Path, code: str) -> None:
    """torch, transformers, sentence-transformers, FAISS, Textual and their like stay out of sys.modules."""
    ran = run_python(code + "\n" + REPORT, cwd=work)
    assert ran.exit_code == 0, ran.stderr
    assert ran.stderr.strip() == ""


@pytest.mark.usefixtures("notes", "hashed_cli")
def test_the_status_of_a_filled_index_and_indexing_without_news_load_no_model(work: Path) -> None:
    """An index with documents in it tells its status, and finds nothing to do, without a model."""
    run_cli("index", "notes").assert_clear(0)
    ran = run_python(command("status") + REPORT, cwd=work)
    assert (ran.exit_code, ran.stderr.strip()) == (0, "")
    ran = run_python(command("index") + REPORT, cwd=work)
    assert ran.exit_code == 0, ran.stderr
    assert not {"torch", "transformers", "sentence_transformers", "textual"} & {*ran.stderr.split()}
