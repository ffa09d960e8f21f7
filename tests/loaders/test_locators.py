"""Of every format, five questions are answered with the place at which a person finds the answer."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from askdocs import Assistant
from askdocs.config import Settings
from askdocs.loaders import MEDIA_TYPES, media_type
from tests.fakes import HashedEncoder
from tests.support import index_all

HERE = Path(__file__).parent
UNREADABLE = {"encrypted.pdf", "scanned.pdf"}
CASES = [json.loads(line) for line in (HERE / "locators.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """The fixtures indexed, all together, as a person would."""
    folder = tmp_path_factory.mktemp("locators")
    shutil.copytree(HERE / "fixtures", folder / "fixtures")
    with Assistant.open(
        folder / "index", settings=Settings(archives=True), encoder=HashedEncoder(max_tokens=256)
    ) as opened:
        failed = index_all(opened, folder / "fixtures").failures
        assert {Path(failure.path).name for failure in failed} == UNREADABLE
        yield opened


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['file']}-{case['question']}")
def test_the_answer_is_cited_where_it_stands(case: dict[str, str | int], assistant: Assistant) -> None:
    """The first citation holds the answer, its locator the place, and its quote is what the document has there."""
    answer = assistant.ask(f"{case['question']} path:{case['file']}")
    citation = answer.citations[0]
    locator = citation.locator
    assert str(case["quote contains"]) in citation.quote
    assert locator.unit == case["unit"]
    place = case["place"]
    if isinstance(place, int):
        assert locator.start <= place <= locator.end
    else:
        assert _in_order(locator.start_label) <= _in_order(place) <= _in_order(locator.end_label)
    text = assistant.document(citation.document.id).text
    assert citation.span.of(text) == citation.quote
    if locator.unit == "lines" and not citation.document.inside:
        lines = (HERE / "fixtures" / str(case["file"])).read_text(encoding="utf-8").splitlines(keepends=True)
        assert citation.quote in "".join(lines[locator.start - 1 : locator.end])


def _in_order(label: str) -> str:
    """`label` so that A9 comes before A10."""
    return re.sub(r"\d+", lambda digits: digits[0].zfill(9), label)


def test_every_format_has_five_questions() -> None:
    """No media type that has an ending of its own lacks them, but for the languages of source code beyond one."""
    asked = [media_type(str(case["file"])) for case in CASES]
    for kind in set(MEDIA_TYPES.values()) - {"text/plain"}:
        if not kind.startswith("text/x-") or kind in (
            "text/x-rst",
            "text/x-org",
            "text/x-tex",
            "text/x-log",
            "text/x-ini",
        ):
            assert asked.count(kind) >= 5, kind
