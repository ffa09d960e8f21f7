"""The façade: what scripts and front ends may rely on."""

from __future__ import annotations

import dataclasses
import json
import threading
from pathlib import Path

import pytest

import askdocs
from askdocs import Assistant
from askdocs.config import Settings
from askdocs.errors import AskdocsError, IndexDamaged, IndexTrouble, ModelError, NothingIndexed, UsageError
from askdocs.rendering.render import verdict_text
from askdocs.rendering.render_json import answer_json
from askdocs.searching.question import DocumentFilter, document_filter
from askdocs.types import Verdict
from tests.conftest import OpenAssistant
from tests.fakes import HashedEncoder
from tests.support import (
    ROOF_QUESTION,
    UNANSWERED,
    assert_citations_hold,
    cited_paths,
    found_paths,
    index_all,
    write_files,
)


def test_an_answer_quotes_exactly_and_mirrors_its_json(assistant: Assistant, notes: Path) -> None:
    """Every attribute that the JSON has is there under the same name, and spans hold in the file itself."""
    index_all(assistant, notes)
    answer = assistant.ask(ROOF_QUESTION, top_k=2)
    assert answer.verdict is Verdict.FOUND
    assert len(answer.citations) == 2
    assert_citations_hold(assistant, answer)
    first = answer.citations[0]
    assert first.document.path == "notes/roof.txt"
    assert (notes / "roof.txt").read_bytes().decode()[first.span.start : first.span.end] == first.quote
    values = json.loads(answer_json(answer))
    assert values["question"] == answer.question == answer.standalone_question == ROOF_QUESTION
    assert values["citations"][0]["span"] == [first.span.start, first.span.end]
    assert values["citations"][0]["evidence"] == [[span.start, span.end] for span in first.evidence]
    assert values["index"] == dataclasses.asdict(answer.index)


def test_what_no_document_tells_is_not_in_the_documents(assistant: Assistant, notes: Path) -> None:
    """The nearest passages are shown all the same, with a low confidence."""
    index_all(assistant, notes)
    answer = assistant.ask(UNANSWERED)
    assert answer.verdict is Verdict.NOT_IN_DOCUMENTS
    assert answer.confidence < 0.5
    assert answer.citations


def test_with_failed_files_what_is_not_found_is_unreliable(assistant: Assistant, notes: Path) -> None:
    """The answer may be in the file that could not be read; a warning says where to look."""
    write_files(notes, {"bad.txt": bytes(range(256)) * 10})
    index_all(assistant, notes)
    missing = assistant.ask(UNANSWERED)
    assert missing.verdict is Verdict.INDEX_UNRELIABLE
    assert any("askdocs status" in warning for warning in missing.warnings)
    assert assistant.ask(ROOF_QUESTION).verdict is Verdict.FOUND


def test_a_search_ranks_passages_without_a_verdict(assistant: Assistant, notes: Path) -> None:
    """Results have document, span, text, locator and falling scores; `top_k` bounds them."""
    index_all(assistant, notes)
    results = assistant.search("whales eat krill")
    assert results[0].document.path == "notes/whales.txt"
    scores = [result.score for result in results]
    assert scores == sorted(scores, reverse=True)
    for result in results:
        assert result.span.of(assistant.text(result.document.id)) == result.text
    assert len(assistant.search("whales eat krill", top_k=1)) == 1


def test_nothing_indexed_is_an_error_that_says_what_to_do(assistant: Assistant) -> None:
    """Asking and searching an empty index raise NothingIndexed."""
    for ask in (assistant.ask, assistant.search):
        with pytest.raises(NothingIndexed, match="askdocs index"):
            ask("What?")


def test_status_tells_what_there_is(assistant: Assistant, notes: Path) -> None:
    """Counts, sources, failures and the encoder; a generation that grows with changes only."""
    assert (assistant.status().encoder, assistant.status().sources) == (None, ())
    write_files(notes, {"bad.txt": bytes(range(256)) * 10})
    index_all(assistant, notes)
    status = assistant.status()
    assert (status.counts.documents, status.counts.chunks, status.counts.failed) == (3, 3, 1)
    assert status.sources == ("notes",)
    assert [failure.path for failure in status.failures] == ["notes/bad.txt"]
    assert status.encoder
    assert "hashed" in status.encoder
    (notes / "roof.txt").unlink()
    index_all(assistant)
    assert assistant.status().counts.generation > status.counts.generation


def test_a_forgotten_source_is_never_cited_again(assistant: Assistant, notes: Path, work: Path) -> None:
    """Its documents go at once, those of others and all files stay."""
    other = write_files(work / "other", {"zebra.txt": "Zebras have stripes."})
    index_all(assistant, notes, other)
    assistant.forget(notes)
    assert "roof.txt" not in cited_paths(assistant.ask(ROOF_QUESTION))
    assert assistant.status().sources == ("other",)
    assert (notes / "roof.txt").exists()
    with pytest.raises(UsageError, match="not a source"):
        assistant.forget(notes)


def test_a_source_whose_folder_is_gone_can_be_forgotten(assistant: Assistant, notes: Path) -> None:
    """The advice that indexing gives about a missing source works."""
    index_all(assistant, notes)
    notes.rename(notes.with_name("moved"))
    assistant.forget("notes")
    assert assistant.status().counts.documents == 0


def test_nothing_happens_until_the_events_are_taken(assistant: Assistant, notes: Path) -> None:
    """`index` is a generator: calling it writes nothing."""
    assistant.index([notes])
    assert assistant.status().sources == ()


def test_without_paths_the_seeds_are_indexed_first_and_then_what_is_known(
    assistant: Assistant, work: Path, notes: Path
) -> None:
    """`seeds` is the source of an index without any, and of no other."""
    with pytest.raises(UsageError, match="name a folder"):
        index_all(assistant)
    write_files(work / "seeds", {"seed.txt": "A seed."})
    assert index_all(assistant).added == 1
    assistant.forget("seeds")
    index_all(assistant, notes)
    assert index_all(assistant).unchanged == 3
    assert assistant.status().sources == ("notes",)


def test_a_document_can_be_read_until_it_is_gone(assistant: Assistant, notes: Path) -> None:
    """Its text is had as it was indexed; afterwards an error says to ask again."""
    index_all(assistant, notes)
    result = assistant.search("sourdough")[0]
    text = assistant.text(result.document.id)
    assert text == (notes / "kitchen" / "bread.md").read_text()
    (notes / "kitchen" / "bread.md").unlink()
    assert assistant.text(result.document.id) == text
    index_all(assistant)
    with pytest.raises(UsageError, match="ask again"):
        assistant.text(result.document.id)


def test_paths_inside_the_working_directory_are_shown_relative(
    assistant: Assistant, notes: Path, tmp_path: Path
) -> None:
    """Other paths are shown whole."""
    outside = write_files(tmp_path / "outside", {"zebra.txt": "Zebras have stripes."})
    index_all(assistant, notes, outside)
    assert assistant.ask(ROOF_QUESTION).citations[0].document.path == "notes/roof.txt"
    assert assistant.search("zebras stripes")[0].document.path == str(outside / "zebra.txt")


def test_the_index_is_where_the_settings_say(work: Path) -> None:
    """Without a folder `open` takes that of the settings, which it makes."""
    with Assistant.open(settings=Settings(index="deep/er/index"), encoder=HashedEncoder()) as assistant:
        assert assistant.status().counts.documents == 0
    assert (work / "deep" / "er" / "index" / "catalog.sqlite").exists()


def test_an_index_may_be_used_by_an_absolute_or_a_relative_path(notes: Path, work: Path) -> None:
    """`open` takes text and Path alike."""
    for index in ("index", work / "index", str(work / "index")):
        with Assistant.open(index, settings=Settings(), encoder=HashedEncoder()) as assistant:
            index_all(assistant, notes)
            assert assistant.status().counts.documents == 3


def test_a_missing_model_is_an_error_only_where_one_is_needed(notes: Path, open_assistant: OpenAssistant) -> None:
    """Status, plan and indexing without news work; asking names the model."""
    index_all(open_assistant(), notes)
    with Assistant.open("index", settings=Settings(model="/no/such/model")) as assistant:
        assert assistant.status().counts.documents == 3
        assert assistant.plan().unchanged == 3
        assert index_all(assistant).unchanged == 3
        with pytest.raises(ModelError, match="/no/such/model"):
            assistant.ask("roof")


def test_threads_may_share_an_assistant(assistant: Assistant, notes: Path) -> None:
    """Several threads ask at once, and each gets its own answer."""
    index_all(assistant, notes)
    questions = {"whales eat krill": "whales.txt", ROOF_QUESTION: "roof.txt", "sourdough flour water": "bread.md"}
    wrong: list[object] = []

    def ask(question: str, expected: str) -> None:
        try:
            cited = [cited_paths(assistant.ask(question))[0] for _ in range(20)]
            wrong.extend(path for path in cited if path != expected)
        except BaseException as exc:
            wrong.append(exc)

    threads = [threading.Thread(target=ask, args=item) for item in questions.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_every_error_of_its_own_is_an_askdocs_error() -> None:
    """One `except AskdocsError` catches all that a person can do something about."""
    for kind in (UsageError, ModelError, IndexTrouble, NothingIndexed, IndexDamaged):
        assert issubclass(kind, AskdocsError)
    assert askdocs.AskdocsError is AskdocsError


def test_the_package_says_its_version_and_is_typed() -> None:
    """`askdocs.__version__` is there, and so is py.typed for type checkers of others."""
    assert askdocs.__version__.count(".") == 2
    assert Path(askdocs.__file__).with_name("py.typed").exists()


def test_quoted_phrases_must_be_there_to_the_letter(assistant: Assistant, notes: Path) -> None:
    """An answer cites only passages with the phrase, a search lists them first, and without any nothing is found."""
    index_all(assistant, notes)
    answer = assistant.ask('what of "lively starter" and whales that eat krill')
    assert [citation.document.path for citation in answer.citations] == ["notes/kitchen/bread.md"]
    results = assistant.search('what of "lively starter" and whales that eat krill')
    assert results[0].document.path == "notes/kitchen/bread.md"
    assert len(results) == 3
    missing = assistant.ask('"krill eat whales"')
    assert (missing.verdict, missing.confidence) == ("not_in_documents", 0.0)
    assert missing.citations


def test_words_and_documents_can_be_left_out(assistant: Assistant, notes: Path) -> None:
    """A word after a minus keeps passages out, and filters keep documents out; a filter that nothing passes is told."""
    index_all(assistant, notes)
    assert "notes/whales.txt" not in [result.document.path for result in assistant.search("roof library -krill")]
    assert [result.document.path for result in assistant.search("whales type:md")] == ["notes/kitchen/bread.md"]
    assert assistant.search("roof -err_4021") == assistant.search("roof")
    with pytest.raises(UsageError, match="no indexed document passes the filters"):
        assistant.ask("whales path:elsewhere")


def test_a_filter_may_be_given_beside_the_question(assistant: Assistant, notes: Path) -> None:
    """It narrows the question's own, and the question is reported as it was asked."""
    index_all(assistant, notes)
    only = document_filter(types=["md"], after=["1990"])
    answer = assistant.ask("whales", documents=only)
    assert (answer.question, cited_paths(answer)) == ("whales", ["bread.md"])
    assert found_paths(assistant.search("whales", documents=only)) == ["bread.md"]
    kitchen = document_filter(paths=["kitchen"])
    assert found_paths(assistant.search("whales path:bread.md path:roof.txt", documents=kitchen)) == ["bread.md"]
    with pytest.raises(UsageError, match=r"passes the filters: path:kitchen path:roof\.txt; leave some"):
        assistant.search("whales path:roof.txt", documents=kitchen)
    with pytest.raises(UsageError, match="no indexed document passes the filters"):
        assistant.search("whales before:1990", documents=only)


def test_an_answer_of_chosen_documents_says_which(assistant: Assistant, notes: Path) -> None:
    """Filters in the question and beside it are told together; without any the answer is of all documents."""
    index_all(assistant, notes)
    kitchen = DocumentFilter(chosen=("notes/kitchen/",))
    answer = assistant.ask("Who repaired the roof? type:md", documents=kitchen)
    assert (answer.verdict, cited_paths(answer)) == (Verdict.NOT_IN_DOCUMENTS, ["bread.md"])
    assert answer.scope == json.loads(answer_json(answer))["scope"] == "notes/kitchen/ type:md"
    assert verdict_text(answer).startswith("Not in the chosen documents")
    everywhere = assistant.ask(UNANSWERED)
    assert everywhere.scope == ""
    assert verdict_text(everywhere).startswith("Not in your documents")
    assert [document.path for document in assistant.documents(kitchen)] == ["notes/kitchen/bread.md"]
    assert len(assistant.documents()) == 3


def test_the_same_passage_in_several_documents_is_cited_once(assistant: Assistant, notes: Path) -> None:
    """Copies are named beside the passage, but for those whose file is gone."""
    for name in ("copy.txt", "gone.txt"):
        (notes / name).write_text((notes / "whales.txt").read_text().upper())
    index_all(assistant, notes)
    (notes / "gone.txt").unlink()
    answer = assistant.ask("what do blue whales eat?")
    quotes = [citation.quote.casefold() for citation in answer.citations]
    assert len(quotes) == len(set(quotes)) == 3
    first = answer.citations[0]
    assert {first.document.path, *(document.path for document in first.also_in)} == {
        "notes/copy.txt",
        "notes/whales.txt",
    }
