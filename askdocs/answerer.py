"""Retrieved passages become an Answer: what is quoted, which sentences answer, and how far to trust it."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from askdocs.catalog import FileState, StoredDocument
from askdocs.chunker import sentence_spans
from askdocs.encoder import Encoder
from askdocs.retriever import RetrievedChunk
from askdocs.types import Citation, Span, Verdict

if TYPE_CHECKING:
    from askdocs.types import Embeddings

Words = Callable[[str], Sequence[str]]
"""The words of a text as the lexical index compares them: stemmed, without those that carry no meaning."""

FOUND_FROM = 0.5
"""The confidence from which a question counts as answered."""

_INTERCEPT, _DENSE, _COVERAGE = -5.0, 8.0, 3.0
_SHARED_WORDS_WEIGHT = 0.5
_SECOND_SENTENCE = 0.95


@dataclass(frozen=True, slots=True)
class CheckedChunks:
    """Retrieved passages whose files are still there, and the documents among them whose files have changed."""

    chunks: list[RetrievedChunk]
    changed: list[StoredDocument]


def check_files(candidates: Sequence[RetrievedChunk], top_k: int) -> CheckedChunks:
    """The first `top_k` of `candidates` whose source files exist."""
    states: dict[str, FileState | None] = {}
    kept: list[RetrievedChunk] = []
    changed: dict[int, StoredDocument] = {}
    for candidate in candidates:
        if len(kept) == top_k:
            break
        document = candidate.stored.document
        path = document.absolute_path
        if path not in states:
            states[path] = _state(path)
        state = states[path]
        if state is None:
            continue
        kept.append(candidate)
        if (state.size, state.mtime_ns) != (document.state.size, document.state.mtime_ns):
            changed[document.id] = document
    return CheckedChunks(kept, list(changed.values()))


def _state(path: str) -> FileState | None:
    try:
        return FileState.of(os.stat(path))
    except OSError:
        return None


def confidence(best: RetrievedChunk | None, question: str, words: Words) -> float:
    """The estimated probability that the first passage answers: a logistic regression on two features."""
    if best is None:
        return 0.0
    covered = _coverage(set(words(question)), best.stored.chunk.embedded_text, words)
    return 1 / (1 + math.exp(-(_INTERCEPT + _DENSE * best.dense + _COVERAGE * covered)))


def verdict(confidence: float, warnings: Sequence[str]) -> Verdict:
    """Found where the confidence suffices; else what is missing may be hidden in what the index doesn't hold."""
    if confidence >= FOUND_FROM:
        return Verdict.FOUND
    return Verdict.INDEX_UNRELIABLE if warnings else Verdict.NOT_IN_DOCUMENTS


def cite(
    chunks: Sequence[RetrievedChunk], question: str, embedding: Embeddings, encoder: Encoder, words: Words
) -> tuple[Citation, ...]:
    """Numbered citations of `chunks`, each with the sentences that answer best."""
    sentences = [sentence_spans(item.stored.chunk.text) for item in chunks]
    evidence = iter(_sentence_scores(chunks, sentences, question, embedding, encoder, words))
    return tuple(
        Citation(
            number=number,
            document=item.stored.document.info,
            span=item.stored.chunk.span,
            locator=item.stored.chunk.locator,
            quote=item.stored.chunk.text,
            evidence=_best(spans, [next(evidence) for _ in spans], item.stored.chunk.span.start),
            score=item.score,
        )
        for number, (item, spans) in enumerate(zip(chunks, sentences, strict=True), start=1)
    )


def _sentence_scores(
    chunks: Sequence[RetrievedChunk],
    sentences: Sequence[Sequence[Span]],
    question: str,
    embedding: Embeddings,
    encoder: Encoder,
    words: Words,
) -> list[float]:
    """How well each sentence of each chunk answers: its own similarity plus the question's words that it holds."""
    texts = [span.of(item.stored.chunk.text) for item, spans in zip(chunks, sentences, strict=True) for span in spans]
    if not texts:
        return []
    asked = set(words(question))
    similarities = encoder.encode(texts) @ embedding[0]
    return [
        float(similarity) + _SHARED_WORDS_WEIGHT * _coverage(asked, text, words)
        for similarity, text in zip(similarities, texts, strict=True)
    ]


def _best(spans: Sequence[Span], scores: Sequence[float], offset: int) -> tuple[Span, ...]:
    """The best sentence, and a second that is nearly as good, in reading order and as spans of the document."""
    ranked = sorted(range(len(spans)), key=lambda at: -scores[at])
    chosen = ranked[:1] + [at for at in ranked[1:2] if scores[at] >= _SECOND_SENTENCE * scores[ranked[0]]]
    return tuple(spans[at].shifted(offset) for at in sorted(chosen))


def _coverage(asked: set[str], text: str, words: Words) -> float:
    """The share of the words asked for that `text` holds; 0 if there are none."""
    return len(asked.intersection(words(text))) / len(asked) if asked else 0.0
