"""The command line: arguments, exit codes, and data on stdout apart from news on stderr."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import askdocs
from askdocs.cli import cli
from tests.support import (
    NOTES,
    PROJECT,
    ROOF_QUESTION,
    UNANSWERED,
    run_cli,
    run_process,
    write_files,
)

COMMANDS = sorted(cli.commands)


def test_the_commands_of_the_contract_are_there() -> None:
    """What scripts rely on is not renamed."""
    assert {"index", "ask", "search", "status", "add", "sources", "forget"} <= {*COMMANDS}


@pytest.mark.parametrize("command", ["", *COMMANDS])
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_is_that_of_the_golden_file(
    work: Path, command: str, option: str, check_golden: Callable[[str, str], None]
) -> None:
    """`--help` of every command goes to stdout with exit code 0, touches nothing, and changes only on purpose."""
    ran = run_cli(*([command] if command else []), option)
    ran.assert_clear(0)
    check_golden(f"help-{command}.txt" if command else "help.txt", ran.stdout)
    assert os.listdir(work) == []


def test_the_version_is_printed(work: Path) -> None:
    """`--version` names the version and touches nothing."""
    ran = run_cli("--version")
    ran.assert_clear(0)
    assert askdocs.__version__ in ran.stdout
    assert os.listdir(work) == []


@pytest.mark.usefixtures("indexed")
def test_found_is_0_with_the_answer_on_stdout() -> None:
    """The answer is data; nothing is said on stderr."""
    ran = run_cli("ask", ROOF_QUESTION)
    ran.assert_clear(0)
    assert ran.stderr == ""
    assert ran.stdout.startswith("Found")
    assert "notes/roof.txt" in ran.stdout
    assert "line 1" in ran.stdout


@pytest.mark.usefixtures("indexed")
@pytest.mark.parametrize("command", ["ask", "search"])
def test_a_question_needs_no_quotation_marks(command: str) -> None:
    """Words that come one by one are one question; options may stand among them."""
    one_by_one = run_cli(command, *ROOF_QUESTION.split(), "-k", "2", "--json")
    one_by_one.assert_clear(0)
    assert one_by_one.stdout == run_cli(command, ROOF_QUESTION, "-k", "2", "--json").stdout


@pytest.mark.usefixtures("indexed")
def test_not_in_the_documents_is_1() -> None:
    """A question without an answer says so and shows what is nearest."""
    ran = run_cli("ask", UNANSWERED)
    ran.assert_clear(1)
    assert "Not in your documents" in ran.stdout
    assert json.loads(run_cli("ask", UNANSWERED, "--json").stdout)["verdict"] == "not_in_documents"


def test_an_index_that_cannot_vouch_is_3(indexed: Path) -> None:
    """With failed files an answer that isn't found is trouble with the index, and the answer says what to do."""
    write_files(indexed, {"bad.txt": bytes(range(256)) * 10})
    run_cli("index").assert_clear(4)
    ran = run_cli("ask", UNANSWERED)
    ran.assert_clear(3)
    assert "askdocs status" in ran.stdout
    run_cli("ask", ROOF_QUESTION).assert_clear(0)


@pytest.mark.parametrize(
    "arguments",
    [
        ("ask",),
        ("ask", "--colour", "roof"),
        ("search",),
        ("forget",),
        ("status", "extra"),
        ("nonsense",),
        ("--index",),
        ("index", "missing"),
    ],
    ids=" ".join,
)
@pytest.mark.usefixtures("indexed")
def test_wrong_usage_is_2(arguments: tuple[str, ...]) -> None:
    """Nothing goes to stdout, and stderr says what is wrong."""
    ran = run_cli(*arguments)
    ran.assert_clear(2)
    assert ran.stdout == ""
    assert ran.stderr


def test_settings_that_make_no_sense_are_2(work: Path) -> None:
    """A wrong askdocs.toml is named by every command."""
    write_files(work, {"askdocs.toml": "colour = 1"})
    for command in (("ask", "roof"), ("search", "roof"), ("index",), ("status",), ("forget", "x")):
        run_cli(*command).assert_clear(2, "askdocs.toml", "colour")


@pytest.mark.usefixtures("indexed")
def test_a_missing_model_is_3(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the model that the settings ask for."""
    monkeypatch.undo()
    monkeypatch.chdir(work)
    monkeypatch.setenv("ASKDOCS_MODEL", "/no/such/model")
    run_cli("ask", "roof").assert_clear(3, "/no/such/model")


@pytest.mark.usefixtures("hashed_cli")
def test_the_summary_of_an_indexing_is_data_and_failures_are_news(notes: Path) -> None:
    """One line on stdout; a line on stderr for each file that failed; exit code 4."""
    write_files(notes, {"bad.txt": bytes(range(256)) * 10})
    ran = run_cli("index", "notes")
    ran.assert_clear(4, "failed notes/bad.txt: ")
    assert ran.stdout == ("3 added, 0 updated, 0 renamed, 0 deleted, 0 unchanged, 1 failed; 3 passages embedded\n")
    assert len(ran.stderr.splitlines()) == 1


def test_a_dry_run_lists_what_would_happen_and_does_nothing(indexed: Path) -> None:
    """Each change is a line on stdout; the index stays as it is."""
    write_files(indexed, {"new.txt": "New."})
    (indexed / "roof.txt").rename(indexed / "top.txt")
    (indexed / "whales.txt").unlink()
    before = run_cli("status", "--json").stdout
    ran = run_cli("index", "--dry-run")
    ran.assert_clear(0)
    assert [line.split() for line in ran.stdout.splitlines()[:-1]] == [
        ["add", "notes/new.txt"],
        ["rename", "notes/roof.txt", "->", "notes/top.txt"],
        ["delete", "notes/whales.txt"],
    ]
    assert ran.stdout.splitlines()[-1] == (
        "1 to add, 0 to update, 1 to rename, 1 to delete, 0 to exclude, 0 that fail, 0 that failed before, 0 skipped, "
        "1 unchanged"
    )
    assert run_cli("status", "--json").stdout == before


@pytest.mark.usefixtures("indexed")
def test_json_goes_to_stdout_alone() -> None:
    """`--json` of ask, search and status is one JSON object and nothing else."""
    for arguments in (("ask", "roof"), ("search", "roof"), ("status",)):
        ran = run_cli(*arguments, "--json")
        assert ran.stderr == ""
        assert isinstance(json.loads(ran.stdout), dict)
    status = json.loads(run_cli("status", "--json").stdout)
    assert (status["documents"], status["chunks"], status["failed"]) == (3, 3, 0)


@pytest.mark.usefixtures("indexed")
def test_k_bounds_what_is_cited_and_listed() -> None:
    """`-k 1` gives one passage."""
    assert len(json.loads(run_cli("ask", "roof", "-k", "1", "--json").stdout)["citations"]) == 1
    assert len(json.loads(run_cli("search", "roof", "-k", "1", "--json").stdout)["results"]) == 1
    assert len(json.loads(run_cli("search", "roof", "-k", "1000", "--json").stdout)["results"]) == 3


def test_forgetting_a_source_leaves_its_files(indexed: Path) -> None:
    """News on stderr, nothing on stdout, and the documents are gone from the index only."""
    ran = run_cli("forget", "notes")
    ran.assert_clear(0, "notes")
    assert ran.stdout == ""
    assert json.loads(run_cli("status", "--json").stdout)["documents"] == 0
    assert sorted(path.name for path in indexed.rglob("*.*")) == sorted(Path(name).name for name in NOTES)


@pytest.mark.usefixtures("indexed")
def test_the_index_is_chosen_by_option_then_environment_then_settings(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--index` beats $ASKDOCS_INDEX, which beats askdocs.toml, which beats ./index."""

    def documents(*options: str) -> int:
        count = json.loads(run_cli(*options, "status", "--json").stdout)["documents"]
        assert isinstance(count, int)
        return count

    assert documents() == 3
    write_files(work, {"askdocs.toml": 'index = "by-settings"'})
    assert documents() == 0
    monkeypatch.setenv("ASKDOCS_INDEX", str(work / "index"))
    assert documents() == 3
    assert documents("--index", "by-option") == 0
    assert {path.name for path in work.iterdir()} >= {"by-settings", "by-option"}


@pytest.mark.usefixtures("work")
def test_the_interface_needs_a_terminal() -> None:
    """Without one, `askdocs` alone names the command to use instead."""
    run_cli().assert_clear(2, "terminal", "askdocs ask")


@pytest.mark.usefixtures("indexed")
def test_a_process_gives_the_same_codes_and_streams(work: Path) -> None:
    """The installed command, without a terminal: no progress bar, no colour, data apart from news."""
    status = run_process("status", "--json", cwd=work)
    assert (status.exit_code, status.stderr) == (0, "")
    assert json.loads(status.stdout)["documents"] == 3
    again = run_process("index", cwd=work)
    assert (again.exit_code, again.stderr) == (0, "")
    assert again.stdout.startswith("0 added")
    run_process("forget", "elsewhere", cwd=work).assert_clear(2, "elsewhere")


def test_the_script_that_is_installed_is_the_module(work: Path) -> None:
    """`askdocs` and `python -m askdocs` are one."""
    script = Path(sys.executable).with_name("askdocs")
    if not script.exists():
        pytest.skip("the package is not installed with its script")
    done = subprocess.run([script, "--version"], capture_output=True, text=True, check=True, cwd=work)
    assert done.stdout == run_process("--version", cwd=work).stdout


@pytest.mark.usefixtures("indexed")
def test_an_output_that_nobody_reads_is_no_traceback(work: Path) -> None:
    """`askdocs status | head -0` ends quietly."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as broken:
        done = subprocess.run(
            [sys.executable, "-m", "askdocs", "status"], cwd=work, stdout=broken, stderr=subprocess.PIPE, check=False
        )
    assert b"Traceback" not in done.stderr
    assert b"Exception" not in done.stderr


def heeding() -> None:
    """Take Ctrl-C as in a shell of one's own; what is started in the background ignores it, and hands that on."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.usefixtures("bundled_encoder")
def test_interrupting_an_indexing_says_that_nothing_is_lost(work: Path) -> None:
    """Ctrl-C ends with 130 and one line, at whatever moment it comes."""
    write_files(work / "notes", {f"{n}.txt": f"Text number {n}. " * 50 for n in range(2_000)})
    process = subprocess.Popen(
        [sys.executable, "-m", "askdocs", "index", "notes"],
        cwd=work, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=heeding,
    )  # fmt: skip
    lock = work / "index" / "writer.json"
    for _ in range(1_000):
        if lock.exists():
            break
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert b"Traceback" not in stderr
    assert (process.returncode, len(stderr.strip().splitlines())) == (130, 1), stderr
    assert b"run the command again" in stderr
    run_cli("status").assert_clear(0)


_DROPPING = """
import signal, time
from askdocs.cli import cli, process

class Going:
    def __del__(self):
        signal.raise_signal({number})

@cli.command()
def drop():
    Going()
    time.sleep(10)

process()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_comes_while_an_object_goes_is_not_lost(work: Path, number: signal.Signals) -> None:
    """Python drops what is raised there, and says so; the command ends all the same, by one line."""
    ended = subprocess.run(
        [sys.executable, "-c", _DROPPING.format(number=int(number)), "drop"],
        cwd=work, env={**os.environ, "PYTHONPATH": str(PROJECT)}, capture_output=True, text=True, timeout=30,
        check=False, preexec_fn=heeding,
    )  # fmt: skip
    assert (ended.returncode, len(ended.stderr.strip().splitlines())) == (128 + number, 1), ended.stderr
