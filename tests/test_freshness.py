"""Citations are of the files as they are when the answer is made."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askdocs import Assistant
from askdocs.errors import UsageError
from askdocs.indexing import freshness
from askdocs.indexing.freshness import nearest
from askdocs.types import Answer, Freshness, Locator, Unit, Verdict
from tests.conftest import OpenAssistant
from tests.support import NOTES, ROOF, ROOF_QUESTION, edit, index_all, unprivileged, write_files

HEADED = f"# House\n\nIt is old.\n\n## Roof\n\n{ROOF}"


def assert_quotes_are_in_the_files(answer: Answer) -> None:
    """Every citation that isn't outdated is, to the letter and with its evidence, what its file says at its span."""
    for citation in answer.citations:
        text = Path(citation.document.path).read_bytes().decode()
        if citation.freshness is Freshness.OUTDATED:
            assert citation.quote not in text
            continue
        assert citation.span.of(text) == citation.quote
        assert citation.locator.start == text.count("\n", 0, citation.span.start) + 1
        for evidence in citation.evidence:
            assert citation.span.start <= evidence.start < evidence.end <= citation.span.end


def test_files_that_are_as_they_were_are_current(assistant: Assistant, notes: Path) -> None:
    """Nothing is marked and nothing warned of where nothing has changed."""
    index_all(assistant, notes)
    answer = assistant.ask(ROOF_QUESTION)
    assert {citation.freshness for citation in answer.citations} == {Freshness.CURRENT}
    assert answer.warnings == ()


def test_a_file_that_was_only_touched_is_current(assistant: Assistant, notes: Path) -> None:
    """Another time, or another inode, with the same content changes nothing."""
    index_all(assistant, notes)
    edit(notes / "new", ROOF)
    (notes / "new").rename(notes / "roof.txt")
    answer = assistant.ask(ROOF_QUESTION)
    assert (answer.verdict, answer.citations[0].freshness, answer.warnings) == ("found", "current", ())


def test_a_passage_that_moved_is_cited_where_it_stands_now(assistant: Assistant, notes: Path) -> None:
    """Span, evidence, lines and headings are those of the file as it is; the citation is marked and still answers."""
    write_files(notes, {"roof.md": HEADED})
    (notes / "roof.txt").unlink()
    index_all(assistant, notes)
    before = assistant.ask(ROOF_QUESTION).citations[0]
    edit(notes / "roof.md", HEADED.replace("It is old.", "It is old.\n\nAnd large.\n\n# Top"))
    answer = assistant.ask(ROOF_QUESTION)
    first = answer.citations[0]
    assert (answer.verdict, first.freshness) == (Verdict.FOUND, Freshness.EDITED)
    assert first.locator == Locator(Unit.LINES, ("Top", "Roof"), before.locator.start + 4, before.locator.end + 4)
    assert [span.start - first.span.start for span in first.evidence] == [
        span.start - before.span.start for span in before.evidence
    ]
    assert_quotes_are_in_the_files(answer)
    assert any("roof.md has changed" in warning and "askdocs index" in warning for warning in answer.warnings)


def test_a_passage_that_is_no_longer_there_does_not_answer(assistant: Assistant, notes: Path) -> None:
    """It is marked as outdated, quoted as it was indexed, and the verdict is not found."""
    index_all(assistant, notes)
    edit(notes / "roof.txt", ROOF.replace("1987", "1988"))
    answer = assistant.ask(ROOF_QUESTION)
    assert answer.confidence > 0.5
    assert answer.verdict is Verdict.INDEX_UNRELIABLE
    assert answer.citations[0].freshness is Freshness.OUTDATED
    assert "1987" in answer.citations[0].quote
    assert any("roof.txt" in warning and "askdocs index" in warning for warning in answer.warnings)
    index_all(assistant)
    answer = assistant.ask(ROOF_QUESTION)
    assert (answer.verdict, answer.citations[0].freshness, answer.warnings) == ("found", "current", ())


def test_an_outdated_passage_further_down_leaves_the_verdict(assistant: Assistant, notes: Path) -> None:
    """What answers is the first passage; another that is outdated is only marked."""
    index_all(assistant, notes)
    edit(notes / "whales.txt", "Nothing.\n")
    answer = assistant.ask(ROOF_QUESTION)
    assert answer.verdict is Verdict.FOUND
    assert {Path(c.document.path).name: c.freshness for c in answer.citations} == {
        "roof.txt": "current",
        "bread.md": "current",
        "whales.txt": "outdated",
    }


def test_a_copy_steps_in_for_an_outdated_passage(assistant: Assistant, notes: Path) -> None:
    """Another document that says the same is cited in its place, and no document that doesn't is named beside it."""
    write_files(notes, {"a.txt": ROOF, "b.txt": ROOF, "loud.txt": ROOF.upper()})
    index_all(assistant, notes)
    cited = assistant.ask(ROOF_QUESTION).citations[0]
    assert len(cited.also_in) == 3
    edit(Path(cited.document.path), "Nothing.\n")
    edit(notes / "loud.txt", "Nothing.\n")
    answer = assistant.ask(ROOF_QUESTION)
    first = answer.citations[0]
    assert (answer.verdict, first.freshness) == (Verdict.FOUND, Freshness.CURRENT)
    names = {first.document.path, *(document.path for document in first.also_in)}
    assert names == {f"notes/{name}" for name in ("a.txt", "b.txt", "roof.txt")} - {cited.document.path}
    assert_quotes_are_in_the_files(answer)


def test_a_changed_file_that_cannot_be_read_is_not_vouched_for(
    open_assistant: OpenAssistant, public_work: Path
) -> None:
    """Without permission, or when it is no longer text, its passages are outdated."""
    notes = write_files(public_work / "notes", NOTES)
    assistant = open_assistant(public_work / "index")
    index_all(assistant, notes)
    edit(notes / "roof.txt", ROOF + "More.\n")
    with unprivileged(public_work):
        assert assistant.ask(ROOF_QUESTION).citations[0].freshness is Freshness.EDITED
        (notes / "roof.txt").chmod(0)
        assert assistant.ask(ROOF_QUESTION).citations[0].freshness is Freshness.OUTDATED
        (notes / "roof.txt").chmod(0o600)
    (notes / "roof.txt").write_bytes(ROOF.encode() + bytes(range(256)) * 10)
    assert assistant.ask(ROOF_QUESTION).citations[0].freshness is Freshness.OUTDATED


def test_a_changed_file_that_is_huge_is_not_read_again(
    assistant: Assistant, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer waits for no more than so many bytes: what it doesn't wait for, it can't vouch for."""
    monkeypatch.setattr(freshness, "MOST_LOADED", 1000)
    index_all(assistant, notes)
    edit(notes / "roof.txt", ROOF + "More. " * 10)
    assert assistant.ask(ROOF_QUESTION).citations[0].freshness is Freshness.EDITED
    edit(notes / "roof.txt", ROOF + "More. " * 1000)
    assert assistant.ask(ROOF_QUESTION).citations[0].freshness is Freshness.OUTDATED
    monkeypatch.setattr(freshness, "MOST_COMPARED", 10)
    monkeypatch.setattr(freshness, "MOST_LOADED", 10)
    edit(notes / "roof.txt", ROOF)
    assert assistant.ask(ROOF_QUESTION).citations[0].freshness is Freshness.OUTDATED


def test_a_file_whose_place_something_else_has_taken_is_gone(assistant: Assistant, notes: Path) -> None:
    """A folder or a pipe of its name is no document: it is not cited, and nothing waits for it."""
    index_all(assistant, notes)
    (notes / "roof.txt").unlink()
    (notes / "roof.txt").mkdir()
    os.unlink(notes / "whales.txt")
    os.mkfifo(notes / "whales.txt")
    paths = [citation.document.path for citation in assistant.ask(ROOF_QUESTION).citations]
    assert paths == ["notes/kitchen/bread.md"]


def test_a_citation_can_be_checked_again_later(assistant: Assistant, notes: Path) -> None:
    """It follows its passage through edits, renames and indexing, is outdated while the passage isn't there, and ends
    with its file.
    """
    index_all(assistant, notes)
    asked = assistant.ask(ROOF_QUESTION).citations[0]
    path = notes / "roof.txt"

    def now() -> tuple[str, int, Freshness]:
        (checked,) = assistant.recheck([asked])
        assert checked is not None
        assert checked.number == asked.number
        reading = assistant.read(asked)
        assert reading.citation == checked
        if reading.stands:
            assert checked.span.of(reading.text) == checked.quote == asked.quote
            assert [part.of(reading.text) for part in checked.evidence] == [ROOF.strip()]
        assert reading.stands or checked.freshness is Freshness.OUTDATED
        return checked.document.path, checked.locator.start, checked.freshness

    assert now() == ("notes/roof.txt", 1, "current")
    edit(path, "A line.\n\n" + ROOF)
    assert now() == ("notes/roof.txt", 3, "edited")
    index_all(assistant)
    assert now() == ("notes/roof.txt", 3, "current")
    path.rename(notes / "top.txt")
    index_all(assistant)
    assert now() == ("notes/top.txt", 3, "current")
    edit(notes / "top.txt", "Nothing.\n")
    assert now() == ("notes/top.txt", 1, "outdated")
    index_all(assistant)
    assert now() == ("notes/top.txt", 1, "outdated")
    edit(notes / "top.txt", ROOF)
    assert now() == ("notes/top.txt", 1, "edited")
    (notes / "top.txt").unlink()
    assert assistant.recheck([asked]) == [None]
    with pytest.raises(UsageError, match="no longer in your documents; ask again"):
        assistant.read(asked)
    index_all(assistant)
    assert assistant.recheck([asked]) == [None]


@given(st.text("ab", max_size=40), st.text("ab", min_size=1, max_size=3), st.integers(0, 50))
def test_of_many_places_the_nearest_is_found(text: str, quote: str, near: int) -> None:
    """A passage that stands in a file several times is cited where it is nearest to where it stood."""
    places = [at for at in range(len(text)) if text.startswith(quote, at)]
    at = nearest(text, quote, near)
    assert (at is None) == (not places)
    if at is not None:
        assert at in places
        assert abs(at - near) == min(abs(place - near) for place in places)
