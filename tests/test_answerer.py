"""Answers: the sentences that answer are marked, the confidence is a probability, and the verdict follows it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from askdocs.answering.answerer import (
    FOUND_FROM,
    Asked,
    ReadChunk,
    ReadSentence,
    answers,
    cite,
    confidence,
    features,
    read,
    still_there,
    verdict,
)
from askdocs.catalog.records import FileState, Source, StoredChunk, StoredDocument
from askdocs.chunking.chunker import sentence_spans
from askdocs.indexing.freshness import FilesNow
from askdocs.searching.retriever import LEXICAL_WEIGHT, RetrievedChunk
from askdocs.types import Chunk, Citation, Freshness, Locator, Span, Unit, Verdict
from tests.fakes import HashedEncoder

TEXT = "The house is old. The roof was repaired in 1987. It rains often. Nobody minds."
LOCATOR = Locator(Unit.LINES, (), 1, 1)


def words(text: str, language: str | None = None) -> Sequence[str]:
    assert language is None
    return [word.strip(".?,!") for word in text.lower().split()]


def chunk(
    text: str = TEXT, *, path: str = "/docs/a.txt", start: int = 40, dense: float = 0.5, chunk_id: int = 1
) -> RetrievedChunk:
    """A retrieved passage that stands at `start` in its document."""
    state = FileState(0, 0, 0)
    with suppress(OSError):
        state = FileState.of(Path(path).stat())
    document = StoredDocument(1, Source(1, path), "", None, b"", state)
    stored = StoredChunk(chunk_id, document, Chunk(Span(start, start + len(text)), text, "", LOCATOR))
    return RetrievedChunk(stored, score=1.0, dense=dense, lexical=1.0)


def asked_of(question: str, encoder: HashedEncoder, weight: float = LEXICAL_WEIGHT) -> Asked:
    """The question with every word equally rare."""
    return Asked(encoder.encode_questions([question]), {None: dict.fromkeys(words(question), 1.0)}, weight, 100)


def citations_of(question: str, *chunks: RetrievedChunk, encoder: HashedEncoder | None = None) -> tuple[Citation, ...]:
    encoder = encoder or HashedEncoder()
    asked = asked_of(question, encoder)
    return cite(read(chunks, asked, {}, encoder, words), asked, lambda _: frozenset())


def cited(question: str, *chunks: RetrievedChunk) -> list[list[str]]:
    """The evidence of each citation, as text."""
    citations = citations_of(question, *chunks)
    return [
        [span.shifted(-citation.span.start).of(citation.quote) for span in citation.evidence] for citation in citations
    ]


def test_the_sentence_that_answers_is_the_evidence() -> None:
    """Of a passage the sentence is marked that says what was asked for, as a span of the document."""
    assert cited("when was the roof repaired", chunk()) == [["The roof was repaired in 1987."]]


def test_two_sentences_that_answer_alike_are_both_evidence_in_reading_order() -> None:
    """A second sentence that is as good is marked too."""
    text = "Roofs were repaired in May. Bread is baked daily. Roofs were repaired in June."
    assert cited("roofs were repaired in", chunk(text)) == [
        ["Roofs were repaired in May.", "Roofs were repaired in June."]
    ]


@pytest.mark.parametrize("question", ["when was the roof repaired", "zebra", "?", "…"])
@pytest.mark.parametrize("text", [TEXT, "word", "日本語。次の文。", "- a\n- b\n\n- c", "???", "x" * 500])
def test_every_citation_has_evidence_inside_it(question: str, text: str) -> None:
    """At least one sentence of each passage is marked, however little it has to do with the question."""
    (evidence,) = cited(question, chunk(text))
    assert evidence
    assert all(part.strip() == part != "" for part in evidence)


class OppositeEncoder(HashedEncoder):
    """Passages lie opposite to questions, as far apart as can be."""

    def _embeddings(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = super()._embeddings(texts)
        return np.asarray(-rows if self.encoded else rows, dtype=np.float32)

    def encode_questions(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return -super().encode(texts)


def test_a_passage_unlike_the_question_has_evidence_too() -> None:
    """Negative similarities are no reason to mark nothing."""
    citations = citations_of("house roof rains minds", chunk(), encoder=OppositeEncoder())
    assert all(citation.evidence for citation in citations)


def test_citations_are_numbered_by_rank() -> None:
    """The first passage is number 1."""
    chunks = [chunk("One."), chunk("Two."), chunk("Three.")]
    assert sorted(citation.number for citation in citations_of("two", *chunks)) == [1, 2, 3]
    assert citations_of("two") == ()


def test_the_passage_with_the_better_sentence_comes_first() -> None:
    """Of passages that rank alike, the one with a sentence nearer to the question is cited first."""
    citations = citations_of("when was the roof repaired", chunk("Nobody minds. It rains."), chunk())
    assert [citation.quote for citation in citations] == [TEXT, "Nobody minds. It rains."]


def trust(question: str, sentence: float = 0.5, dense: float = 0.5, weight: float = LEXICAL_WEIGHT) -> float:
    passage = ReadChunk(chunk(dense=dense), (ReadSentence(Span(0, 17), sentence, frozenset()),), sentence)
    return confidence(features([passage], asked_of(question, HashedEncoder(), weight), words))


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(-1, 1), st.sampled_from(["roof", "roof zebra", "", "zebra"]))
def test_confidence_is_a_probability_that_grows_with_similarity(
    one: float, two: float, dense: float, question: str
) -> None:
    """It lies between 0 and 1, and a nearer sentence never lowers it."""
    low, high = sorted((one, two))
    assert 0 <= trust(question, low, dense) <= trust(question, high, dense) <= 1


def test_confidence_goes_by_the_words_where_the_encoder_does_not_know_the_language() -> None:
    """A passage that holds more of what was asked for is trusted more."""
    strange = 10 * LEXICAL_WEIGHT
    assert trust("roof repaired", weight=strange) > trust("roof zebra", weight=strange)


def test_cosines_decide_nothing_where_the_encoder_does_not_know_the_language() -> None:
    """Evidence is then what the words say: a cosine of an unknown language is one of letters."""
    sentences = tuple(
        ReadSentence(span, similarity, frozenset(words(span.of(TEXT))))
        for span, similarity in zip(sentence_spans(TEXT), (2.0, 0.1, 0.1, 0.1), strict=True)
    )
    passage = ReadChunk(chunk(), sentences, 1.0)
    question = "roof repaired"
    for weight, lit in ((LEXICAL_WEIGHT, "The house is old."), (10 * LEXICAL_WEIGHT, "The roof was repaired in 1987.")):
        (citation,) = cite([passage], asked_of(question, HashedEncoder(), weight), lambda _: frozenset())
        assert citation.evidence[0].shifted(-citation.span.start).of(TEXT) == lit


def test_a_sentence_with_the_words_moves_its_passage_as_the_words_are_weighed() -> None:
    """What words count for in ranking they count for in reading, so that a lead by words is made up for by words."""
    first = replace(chunk("Nobody minds. It rains."), score=2.0)
    for weight, expected in ((LEXICAL_WEIGHT, first.stored.chunk.text), (10 * LEXICAL_WEIGHT, TEXT)):
        asked = asked_of("roof was repaired", HashedEncoder(), weight)
        best, _ = read([first, chunk()], asked, {}, HashedEncoder(), words)
        assert best.retrieved.stored.chunk.text == expected


@pytest.mark.parametrize(
    ("certainty", "freshness", "hidden", "expected"),
    [
        (FOUND_FROM, Freshness.CURRENT, False, Verdict.FOUND),
        (1.0, Freshness.EDITED, True, Verdict.FOUND),
        (1.0, Freshness.OUTDATED, True, Verdict.INDEX_UNRELIABLE),
        (FOUND_FROM - 0.01, Freshness.CURRENT, False, Verdict.NOT_IN_DOCUMENTS),
        (0.0, Freshness.CURRENT, True, Verdict.INDEX_UNRELIABLE),
    ],
)
def test_the_verdict_follows_confidence_freshness_and_what_may_be_hidden(
    certainty: float, freshness: Freshness, hidden: bool, expected: Verdict
) -> None:
    """Found is what stands in its file; the rest is not in the documents only if the index can vouch for that."""
    passage = ReadChunk(replace(chunk(), freshness=freshness), (), 0.0)
    assert verdict(answers(certainty, [passage]), hidden) is expected


def test_passages_of_files_that_are_gone_are_left_out(work: Path) -> None:
    """The next best take their place, so that `top_k` are cited where there are as many."""
    (work / "here.txt").write_text(TEXT)
    here, gone = str(work / "here.txt"), str(work / "gone.txt")
    chunks = [chunk(path=gone), chunk(path=here), chunk(path=gone), chunk(path=here), chunk(path=here)]
    kept = still_there(chunks, FilesNow(), 2)
    assert [item.stored.document.absolute_path for item in kept] == [here, here]
    assert still_there([chunk(path=gone)], FilesNow(), 5) == []
