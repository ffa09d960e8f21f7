"""Sentences are embedded with their passages, kept with them, and read when a question comes."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from askdocs.answering.answerer import read
from askdocs.assistant import Assistant
from askdocs.catalog.sentences import Sentences
from askdocs.chunking.chunker import sentence_spans
from askdocs.types import Answer, Span
from tests.conftest import OpenAssistant
from tests.fakes import HashedEncoder
from tests.support import ROOF, ROOF_QUESTION, UNANSWERED, index_all, write_files
from tests.test_answerer import TEXT, asked_of, chunk, words

TALE = "# The tale\n\nThe hut is old. A wolf came by in May. The bread was eaten. Nobody saw him leave.\n"


class ForeignEncoder(HashedEncoder):
    """One of whose passages nothing can be told but a single embedding."""

    tells_sentences = False


def lit(answer: Answer) -> list[list[str]]:
    return [
        [span.shifted(-citation.span.start).of(citation.quote) for span in citation.evidence]
        for citation in answer.citations
    ]


def forget_sentences(index: Path) -> None:
    """Make of an index what one of an older format is once it is taken over."""
    connection = sqlite3.connect(index / "catalog.sqlite")
    connection.execute("DELETE FROM sentences")
    connection.commit()
    connection.close()


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=6), st.integers(1, 6))
def test_packing_keeps_places_and_directions(starts: list[int], seed: int) -> None:
    """Spans come back exactly, embeddings with a cosine that a byte a number allows, and zeros as zeros."""
    rows = np.random.default_rng(seed).normal(size=(len(starts), 384)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    rows[::3] = 0
    before = Sentences(tuple(Span(start, 2**32 - 1) for start in starts), rows)
    after = Sentences.unpacked(*before.packed())
    assert after.spans == before.spans
    cosines = (after.embeddings * rows).sum(axis=1)
    assert np.allclose(cosines, rows.any(axis=1), atol=1e-3)
    assert np.allclose(np.linalg.norm(after.embeddings, axis=1), rows.any(axis=1), atol=1e-5)


def test_asking_embeds_the_question_alone(assistant: Assistant, work: Path, encoder: HashedEncoder) -> None:
    """Whatever is quoted, its sentences were embedded with it."""
    index_all(assistant, write_files(work / "notes", {"tale.md": TALE, "roof.txt": ROOF}))
    encoder.encoded = encoder.asked = 0
    assert lit(assistant.ask("when did the wolf come by"))[0] == ["A wolf came by in May."]
    assistant.search("wolf")
    assert (encoder.asked, encoder.encoded) == (2, 0)


def test_an_index_from_before_answers_alike(work: Path, encoder: HashedEncoder, open_assistant: OpenAssistant) -> None:
    """What has no sentences kept has them embedded when it is read, until a rebuild embeds everything anew."""
    notes = write_files(work / "notes", {"tale.md": TALE, "roof.txt": ROOF})
    questions = ("when did the wolf come by", ROOF_QUESTION, UNANSWERED)
    with open_assistant() as assistant:
        index_all(assistant, notes)
        expected = [assistant.ask(question) for question in questions]
    forget_sentences(work / "index")
    with open_assistant() as older:
        encoder.encoded = 0
        answers = [older.ask(question) for question in questions]
        assert encoder.encoded > 0
        assert index_all(older).unchanged == 2
        assert list(map(lit, answers)) == list(map(lit, expected))
        assert [answer.verdict for answer in answers] == [answer.verdict for answer in expected]
        index_all(older, rebuild=True)
        encoder.encoded = 0
        assert list(map(lit, map(older.ask, questions))) == list(map(lit, expected))
        assert encoder.encoded == 0


def test_an_encoder_that_tells_no_sentences_is_asked_for_them(work: Path, open_assistant: OpenAssistant) -> None:
    """A model whose embeddings are no mean of token states embeds the sentences that are read, and finds the same."""
    encoder = ForeignEncoder()
    with open_assistant(encoder=encoder) as assistant:
        index_all(assistant, write_files(work / "notes", {"tale.md": TALE}))
        assert encoder.encoded == 1
        answer = assistant.ask("when did the wolf come by")
    assert lit(answer) == [["A wolf came by in May."]]
    assert encoder.encoded == 1 + len(sentence_spans(answer.citations[0].quote))


def test_sentences_of_another_cut_are_not_taken_for_ones_own() -> None:
    """Two passages may read the same to the encoder and yet begin elsewhere: then the sentences are embedded now."""
    encoder = HashedEncoder()
    asked = asked_of("when was the roof repaired", encoder)
    spans = tuple(span.shifted(7) for span in sentence_spans(TEXT))
    kept = {1: Sentences(spans, encoder.encode(["?"] * len(spans)))}
    encoder.encoded = 0
    (passage,) = read([chunk()], asked, kept, encoder, words)
    assert encoder.encoded == len(spans)
    assert [sentence.span for sentence in passage.sentences] == sentence_spans(TEXT)


def test_kept_and_new_sentences_stay_with_their_passages() -> None:
    """Where the sentences of some passages are kept and those of others aren't, each has its own."""
    encoder = HashedEncoder()
    asked = asked_of("when was the roof repaired", encoder)
    spans = sentence_spans(TEXT)
    kept = {1: Sentences(tuple(spans), encoder.encode([span.of(TEXT) for span in spans]))}
    all_now = read([chunk(), chunk("It rains. The roof is new.")], asked, {}, encoder, words)
    unknown = chunk("It rains. The roof is new.", chunk_id=2)
    for order in ([chunk(), unknown], [unknown, chunk()]):
        assert [item.sentences for item in read(order, asked, kept, encoder, words)] == [
            item.sentences for item in all_now
        ]
