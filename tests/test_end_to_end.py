"""The whole way with the real model on the seeds that askdocs ships with."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from askdocs import Assistant
from askdocs.config import Settings
from askdocs.encoding.encoder import Encoder
from askdocs.events import Indexed
from askdocs.types import Verdict
from tests.support import (
    SEED_FILE,
    SEEDS,
    assert_citations_hold,
    cited_paths,
    found_paths,
    index_all,
    run_process,
    write_files,
)

COUNTRIES = "How many countries did China call out?"
TUNGSTEN = "What is the boiling point of tungsten?"
HONEY = "# Beekeeping\n\nA hive of honeybees makes about thirty kilograms of honey in a good summer.\n"
TOWER = "The bell tower of Ashby was struck by lightning in 1911 and rebuilt two years later.\n"


@pytest.fixture
def seeds(work: Path) -> Path:
    """The seeds, copied to where they can be changed."""
    return Path(shutil.copytree(SEEDS, work / "seeds"))


@pytest.fixture
def real(seeds: Path, bundled_encoder: Encoder) -> Iterator[Assistant]:
    """An assistant with the bundled model that has indexed the seeds, as `askdocs index` does."""
    with Assistant.open("index", settings=Settings(), encoder=bundled_encoder) as assistant:
        assert index_all(assistant).added == len(list(seeds.iterdir()))
        yield assistant


def test_a_question_that_the_seeds_answer_is_answered_exactly(real: Assistant, seeds: Path) -> None:
    """The first quote holds the answer, and is what the decoded file has at its span and lines."""
    answer = real.ask(COUNTRIES)
    assert answer.verdict is Verdict.FOUND
    assert 0.5 <= answer.confidence <= 1
    first = answer.citations[0]
    text = (seeds / SEED_FILE).read_bytes().decode("utf-8")
    assert "43 countries" in first.quote
    assert first.span.of(text) == first.quote
    assert first.document.path == f"seeds/{SEED_FILE}"
    lines = text.split("\n")[first.locator.start - 1 : first.locator.end]
    assert first.quote in "\n".join(lines)
    assert any("43 countries" in span.of(text) for span in first.evidence)
    assert_citations_hold(real, answer)


@pytest.mark.parametrize(
    ("question", "holds"),
    [
        ("Who is the Chinese envoy to the United Nations?", "Zhang Jun"),
        ("How many Uyghurs live in the area?", "11 million"),
        ("What did the US State Department estimate?", "two million"),
    ],
)
def test_other_questions_find_their_passage(real: Assistant, question: str, holds: str) -> None:
    """The passages cited for a question hold its answer."""
    answer = real.ask(question)
    assert any(holds in citation.quote for citation in answer.citations)
    assert_citations_hold(real, answer)


@pytest.mark.parametrize("question", [TUNGSTEN, "Who won the football world cup in 1998?", "asdf qwer zxcv"])
def test_what_the_seeds_do_not_tell_is_not_in_the_documents(real: Assistant, question: str) -> None:
    """A question about something else gets the verdict not_in_documents and a low confidence."""
    answer = real.ask(question)
    assert answer.verdict is Verdict.NOT_IN_DOCUMENTS
    assert answer.confidence < 0.5
    assert answer.warnings == ()


@pytest.mark.usefixtures("work")
def test_files_added_edited_renamed_and_deleted_are_picked_up(real: Assistant, seeds: Path) -> None:
    """Each change is counted rightly, the rename embeds nothing, and what is deleted is never cited again."""
    write_files(seeds, {"honey.md": HONEY, "tower.txt": TOWER})
    assert index_all(real) == Indexed(added=2, unchanged=1, embedded=2)
    assert cited_paths(real.ask("How much honey does a hive make?"))[0] == "honey.md"

    (seeds / "tower.txt").rename(seeds / "bells.txt")
    assert index_all(real) == Indexed(renamed=1, unchanged=2, embedded=0)
    assert cited_paths(real.ask("When was the bell tower struck by lightning?"))[0] == "bells.txt"

    write_files(seeds, {"honey.md": HONEY.replace("thirty", "forty")})
    assert index_all(real) == Indexed(changed=1, unchanged=2, embedded=1)
    assert "forty kilograms" in real.ask("How much honey does a hive make?").citations[0].quote

    (seeds / "honey.md").unlink()
    # At once, before anything is indexed again:
    assert "honey.md" not in cited_paths(real.ask("How much honey does a hive make?"))
    assert index_all(real) == Indexed(deleted=1, unchanged=2)
    answer = real.ask("How much honey does a hive make?")
    assert "honey.md" not in cited_paths(answer)
    assert answer.verdict is Verdict.NOT_IN_DOCUMENTS


def test_an_assistant_that_was_open_before_sees_what_another_indexes(
    real: Assistant, seeds: Path, bundled_encoder: Encoder
) -> None:
    """An interface left open cites new files, and never again those that were deleted meanwhile."""
    write_files(seeds, {"honey.md": HONEY})
    with Assistant.open("index", settings=Settings(), encoder=bundled_encoder) as writer:
        index_all(writer)
        assert cited_paths(real.ask("How much honey does a hive make?"))[0] == "honey.md"
        (seeds / "honey.md").unlink()
        index_all(writer)
        for _ in range(2):
            assert "honey.md" not in cited_paths(real.ask("How much honey does a hive make?"))
            assert "honey.md" not in found_paths(real.search("honey hive bees"))


def test_a_deleted_file_is_not_listed_by_search_either(real: Assistant, seeds: Path) -> None:
    """A search does not show passages of a file that is gone, even before the next indexing."""
    write_files(seeds, {"honey.md": HONEY})
    index_all(real)
    (seeds / "honey.md").unlink()
    assert "honey.md" not in found_paths(real.search("honey hive bees"))


def test_a_file_that_changed_since_is_said_to_have(real: Assistant, seeds: Path) -> None:
    """A citation of a file that is no longer as it was indexed comes with a warning that says what to run."""
    with (seeds / SEED_FILE).open("a") as file:
        file.write("\nOne more line.\n")
    answer = real.ask(COUNTRIES)
    assert any(SEED_FILE in warning and "askdocs index" in warning for warning in answer.warnings)
    assert_citations_hold(real, answer)


def test_asking_while_another_thread_indexes_is_answered_all_along(real: Assistant, seeds: Path) -> None:
    """Questions during an indexing neither fail nor quote wrongly, and find the new files at its end."""
    write_files(seeds, {f"{n}.txt": f"Ship number {n} sailed to harbour {n * 7} in spring." for n in range(200)})
    failures: list[BaseException] = []

    def index() -> None:
        try:
            for round_ in range(3):
                index_all(real)
                for n in range(round_ * 30, round_ * 30 + 30):
                    (seeds / f"{n}.txt").unlink()
        except BaseException as exc:
            failures.append(exc)

    thread = threading.Thread(target=index)
    thread.start()
    asked = 0
    while thread.is_alive():
        answer = real.ask(COUNTRIES)
        assert "43 countries" in answer.citations[0].quote
        asked += 1
    thread.join()
    assert not failures
    assert asked
    index_all(real)
    assert "Ship number 150" in real.ask("Where did ship number 150 sail?").citations[0].quote


def test_the_commands_do_the_same_in_processes_of_their_own(work: Path, seeds: Path) -> None:
    """`index`, `ask --json`, and an unanswerable `ask` as a script sees them: stdout, stderr and exit codes."""
    indexed = run_process("index", cwd=work)
    assert (indexed.exit_code, indexed.stdout.split(",")[0]) == (0, "1 added")
    asked = run_process("ask", COUNTRIES, "--json", cwd=work)
    assert (asked.exit_code, asked.stderr) == (0, "")
    answer = json.loads(asked.stdout)
    assert answer["verdict"] == "found"
    first = answer["citations"][0]
    start, end = first["span"]
    text = (seeds / SEED_FILE).read_bytes().decode("utf-8")
    assert text[start:end] == first["quote"]
    assert "43 countries" in first["quote"]
    refused = run_process("ask", TUNGSTEN, cwd=work)
    assert (refused.exit_code, refused.stderr) == (1, "")
    assert "Not in your documents" in refused.stdout


def test_what_is_read_and_asked_is_nobody_elses_business(
    work: Path, seeds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Indexing and asking leave nothing in the home folder, where ONNX Runtime would keep a number for this machine and
    what it is about to tell its maker."""
    for name in ("CI", "GITHUB_ACTIONS", "ORT_RUNNING_UNIT_TESTS", "XDG_CACHE_HOME"):  # with these it is silent anyway
        monkeypatch.delenv(name, raising=False)
    home = work / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in [name for name in os.environ if name.startswith("ORT_")]:
        monkeypatch.delenv(name)
    assert run_process("index", str(seeds), cwd=work).exit_code == 0
    assert run_process("ask", COUNTRIES, cwd=work).exit_code == 0
    assert list(home.rglob("*")) == []
