"""Questions about documents of every format, whose first citation stands at the right place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from askdocs import Assistant
from tests.fakes import HashedEncoder

HERE = Path(__file__).parent
FIXTURES = HERE / "fixtures"
QUESTIONS = [json.loads(line) for line in (HERE / "locators.jsonl").read_text(encoding="utf-8").splitlines()]
FILES = sorted({question["file"] for question in QUESTIONS})


@pytest.fixture(scope="module")
def assistants(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Assistant]]:
    """An index for each file."""
    opened: dict[str, Assistant] = {}
    for file in FILES:
        assistant = Assistant.open(tmp_path_factory.mktemp("index"), encoder=HashedEncoder())
        list(assistant.index([FIXTURES / file]))
        opened[file] = assistant
    yield opened
    for assistant in opened.values():
        assistant.close()


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: f"{question['file']}: {question['question']}")
def test_a_citation_stands_at_the_right_place(question: dict[str, Any], assistants: dict[str, Assistant]) -> None:
    """The passage that holds the answer is cited first, with the place where a person finds it."""
    citation = assistants[question["file"]].ask(question["question"]).citations[0]
    locator = citation.locator
    assert question["quote contains"] in citation.quote
    assert locator.unit == question["unit"]
    if isinstance(question["place"], int):
        assert locator.start <= question["place"] <= locator.end
    else:
        assert question["place"] in (locator.start_label, locator.end_label)
