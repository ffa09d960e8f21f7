"""`askdocs eval`: data is checked before anything is indexed, and the measures are those that were defined."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from askdocs.errors import UsageError
from askdocs.quality.evaluation import Evaluation, compare, evaluate
from askdocs.quality.known_answers import document_ids, read_set, write_files
from askdocs.quality.self_checking import SelfCheck, check
from tests.conftest import OpenAssistant
from tests.fakes import HashedEncoder
from tests.support import index_all, run_cli

CORPUS = [
    {"_id": "a/1", "title": "Roofs", "text": "The roof of the library was repaired in 1987."},
    {"_id": "a:1", "title": "", "text": "Sourdough bread needs flour, water and salt."},
    {"_id": "c", "text": "Blue whales eat krill all day long."},
]
Rows = Sequence[Mapping[str, object]]


def write_rows(path: Path, rows: Rows) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def ranking_set(folder: Path, qrels: str = "q1\ta/1\t1\nq2\tc\t2\n") -> Path:
    write_rows(folder / "corpus.jsonl", CORPUS)
    write_rows(
        folder / "queries.jsonl",
        [
            {"_id": "q1", "text": "library roof repaired"},
            {"_id": "q2", "text": "krill whales"},
            {"_id": "q3", "text": "?"},
        ],
    )
    (folder / "qrels.tsv").write_text(f"query-id\tcorpus-id\tscore\n{qrels}", encoding="utf-8")
    return folder


def answer_set(folder: Path, start: int = 40) -> Path:
    write_rows(folder / "corpus.jsonl", CORPUS)
    questions: Rows = [
        {"id": 1, "question": "library roof repaired", "doc_id": "a/1", "answers": [{"text": "1987", "start": start}]},
        {"id": 2, "question": "zebra umbrellas", "doc_id": "c", "answers": []},
    ]
    write_rows(folder / "questions.jsonl", questions)
    return folder


def test_a_ranking_set_is_measured_through_the_product(work: Path, open_assistant: OpenAssistant) -> None:
    """A set whose words decide is ranked perfectly, and only judged queries count."""
    data = read_set(ranking_set(work / "data"))
    assistant = open_assistant(work / "index")
    index_all(assistant, write_files(data, work / "cache"))
    *counts, result = evaluate(assistant, data.name, data.questions, document_ids(data), has_answers=False)
    assert counts == [1, 2]
    assert isinstance(result, Evaluation)
    assert {measure.name: measure.value for measure in result.measures} == {
        "nDCG@10": 1.0, "R@10": 1.0, "R@100": 1.0, "RR@10": 1.0,
    }  # fmt: skip


def test_an_answer_set_is_measured_through_the_product(work: Path, open_assistant: OpenAssistant) -> None:
    """Passages, lit sentences and verdicts are judged by the places of the answers, titles counted in."""
    data = read_set(answer_set(work / "data"))
    assistant = open_assistant(work / "index")
    index_all(assistant, write_files(data, work / "cache"))
    *_, result = evaluate(assistant, data.name, data.questions, document_ids(data), has_answers=True)
    assert isinstance(result, Evaluation)
    values = {measure.name: measure.value for measure in result.measures}
    assert (values["R@1"], values["R@5"], values["document first"], values["evidence"]) == (1.0, 1.0, 1.0, 1.0)
    assert values["ROC area"] == 1.0
    assert 0.0 <= values["calibration error"] <= 1.0


@pytest.mark.parametrize(
    ("qrels", "says"),
    [
        ("q1\tmissing\t1\n", "line 2: the id 'missing' is not in corpus.jsonl"),
        ("q9\tc\t1\n", "line 2: the id 'q9' is not in queries.jsonl"),
        ("q1 c 1\n", "line 2: not `query-id"),
        ("q1\tc\tmuch\n", "line 2: not `query-id"),
    ],
)
def test_judgements_that_fit_nothing_are_refused(tmp_path: Path, qrels: str, says: str) -> None:
    """A bad line of qrels is an error naming file, line and id."""
    with pytest.raises(UsageError, match=r"qrels\.tsv") as caught:
        read_set(ranking_set(tmp_path, qrels))
    assert says in str(caught.value)


def test_an_answer_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A span that doesn't hold its answer is an error naming file, line and id."""
    with pytest.raises(UsageError, match=r"questions\.jsonl, line 1, id 1: its answer is not at character 39"):
        read_set(answer_set(tmp_path, start=39))


@pytest.mark.parametrize(("line", "says"), [("{", "not JSON"), ('{"_id": 1}', "'text' is missing"), ("[]", "missing")])
def test_a_malformed_line_is_refused(tmp_path: Path, line: str, says: str) -> None:
    """What is not the JSON described is an error naming the line."""
    folder = ranking_set(tmp_path)
    with (folder / "corpus.jsonl").open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    with pytest.raises(UsageError, match=f"line 4.*{says}"):
        read_set(folder)


def test_the_command_compares_two_settings(
    work: Path, hashed_cli: HashedEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--compare` reports the same measures under another setting, with p-values; a second run embeds nothing."""
    monkeypatch.setenv("ASKDOCS_CACHE", str(work / "cache"))
    folder = ranking_set(work / "data")
    done = run_cli("eval", folder, "--compare", "retrieval=dense", "--json")
    values = json.loads(done.stdout)
    assert values["measures"]["nDCG@10"] == {"value": 1.0, "low": 1.0, "high": 1.0, "questions": 2}
    assert values["compared"][0]["p_values"]["nDCG@10"] == 1.0
    sentences = (hashed_cli.encoded - len(CORPUS)) // 2  # those of the first passages, in each of the two evaluations
    hashed_cli.encoded = 0
    run_cli("eval", folder)
    assert hashed_cli.encoded == sentences


def test_the_command_refuses_what_it_cannot_measure(work: Path) -> None:
    """A folder without data, an unknown setting and no argument at all each get a message and exit code 2."""
    (work / "empty").mkdir()
    run_cli("eval", work / "empty").assert_clear(2, "corpus.jsonl", "docs/evaluation.md")
    run_cli("eval").assert_clear(2, "--self")
    run_cli("eval", ranking_set(work / "data"), "--set", "speed=9").assert_clear(2, "there is no setting 'speed'")


@pytest.mark.usefixtures("hashed_cli")
def test_own_questions_are_asked_of_the_own_index(work: Path, notes: Path) -> None:
    """A user's questions.jsonl is measured on the user's index, and a quote that isn't there is refused."""
    run_cli("index", notes)
    own = work / "own.jsonl"
    write_rows(own, [{"question": "who repaired the library roof", "document": "roof.txt", "quote": "Anna Kovacs"}])
    values = json.loads(run_cli("eval", own, "--json").stdout)
    assert values["measures"]["R@1"]["value"] == 1.0
    write_rows(own, [{"question": "who", "document": "roof.txt", "quote": "Otto"}])
    run_cli("eval", own).assert_clear(2, "line 1", "the quote is not in")


def test_a_difference_is_significant_only_where_chance_is_unlikely() -> None:
    """The paired randomisation test tells a constant gain from noise."""
    before = Evaluation("x", (), {"R@1": {str(at): 0.0 for at in range(40)}})
    better = Evaluation("x", (), {"R@1": {str(at): 1.0 for at in range(40)}})
    mixed = Evaluation("x", (), {"R@1": {str(at): float(at % 2) - 0.5 for at in range(40)}})
    assert compare(before, better)[0].p_value < 0.001
    assert compare(before, mixed)[0].p_value > 0.5


def test_a_folder_checks_itself(work: Path, notes: Path, open_assistant: OpenAssistant) -> None:
    """Passages are found by some of their words, and questions on far-off matters are refused."""
    assistant = open_assistant(work / "index")
    index_all(assistant, notes)
    *_, report = check(assistant, 10)
    assert isinstance(report, SelfCheck)
    assert report.asked == 3
    assert report.found_in_ten == 1.0
    assert report.lost == ()
