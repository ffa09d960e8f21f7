"""A question put to an index: the passages that are found for it, ranked and read, and what is made of them."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass

from askdocs.answering import answerer
from askdocs.answering.answerer import Asked, ReadChunk
from askdocs.answering.feedback import Feedback, ranked_by_feedback
from askdocs.catalog.catalog import Catalog
from askdocs.encoding.encoder import Encoder
from askdocs.encoding.reranker import RERANKED, Reranker
from askdocs.indexing.freshness import FilesNow
from askdocs.indexing.pending import find_pending
from askdocs.searching.lexical import LexicalIndex, function_words
from askdocs.searching.question import DocumentFilter, ParsedQuestion, parse
from askdocs.searching.retriever import RetrievedChunk, Retriever, lexical_weight
from askdocs.types import Answer, Citation, SearchResult


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for a question: the first passages, read sentence by sentence and ranked, and then the `others`.

    `question` has been taken apart, `files` are those of the passages; all exist. `lexical` is the index of words.
    """

    question: ParsedQuestion
    asked: Asked
    passages: list[ReadChunk]
    others: list[RetrievedChunk]
    files: FilesNow
    lexical: LexicalIndex


@dataclass(frozen=True, slots=True)
class Finder:
    """What passages are found with. `mode` is the setting `retrieval`; `reranker` gives one, if one is to read them."""

    catalog: Catalog
    retriever: Retriever
    encoder: Encoder
    mode: str
    reranker: Callable[[], Reranker] | None

    def find(
        self,
        question: str,
        top_k: int,
        cited: int,
        documents: DocumentFilter | None = None,
        feedback: Feedback | None = None,
    ) -> Found:
        """At least `top_k` passages for a question if there are as many, none of files that are gone.

        The first `cited` are for an answer. The reranker, which knows the question alone, has no say after `feedback`.
        """
        parsed = parse(question)
        if documents:
            parsed = parsed.of(documents)
        embedding = self.encoder.encode_questions([parsed.text])
        tokens, frame = self.encoder.token_counts([parsed.text, ""])
        weight = lexical_weight(self.mode, parsed.text, tokens - frame)
        reranker = None if feedback else self.reranker
        wanted = max(top_k, RERANKED if reranker else answerer.READ)
        if feedback:
            embedding, candidates = ranked_by_feedback(
                feedback, self.catalog, self.retriever, parsed, embedding, 2 * wanted, weight
            )
        else:
            candidates = self.retriever.retrieve(parsed, embedding, 2 * wanted, weight)
        files = FilesNow()
        chunks = answerer.still_there(candidates, files, 2 * wanted if cited else wanted)
        if cited:
            chunks = answerer.shown_once(chunks)[:wanted]
        if reranker:
            chunks = answerer.reranked(parsed.text, chunks, reranker())
        lexical = self.retriever.lexical
        languages = {item.stored.document.language for item in chunks}
        rarities = {language: lexical.rarities(parsed.text, language) for language in languages}
        asked = Asked(embedding, rarities, weight, lexical.passages)
        readable = max(cited, answerer.READ)
        known = self.catalog.chunk_sentences([item.stored.id for item in chunks[:readable]])
        passages = answerer.read(chunks[:readable], asked, known, self.encoder, lexical.words)
        passages.sort(key=lambda item: not item.retrieved.literal)  # stable: quoted phrases come first
        return Found(parsed, asked, passages, chunks[readable:], files, lexical)


def answer(
    question: str, standalone: str, found: Found, top_k: int, catalog: Catalog, unread: Container[str | None]
) -> Answer:
    """The answer to `question` in what was `found` for it as it stands alone, citing at most `top_k` passages."""
    lexical = found.lexical
    literal = [item for item in found.passages if item.retrieved.literal]
    # A quoted phrase must be there to the letter: where it isn't, the nearest passages are just that.
    features = answerer.features(literal, found.asked, lexical.words) if literal else None
    confidence = answerer.confidence(features) if features else 0.0
    passages = answerer.vouched((literal or found.passages)[:top_k], found.files)
    answered = answerer.answers(confidence, passages)
    counts = catalog.counts()
    warnings = answerer.changes(passages)
    hidden = bool(warnings)
    if not answered:
        pending = find_pending(catalog, found.question.documents, found.files, unread=unread)
        warnings += pending.warnings
        hidden = hidden or pending.hides
    return Answer(
        question=question,
        standalone_question=standalone,
        verdict=answerer.verdict(answered, hidden),
        confidence=confidence,
        citations=answerer.cite(passages, found.asked, function_words),
        index=counts,
        warnings=tuple(warnings),
        features=features,
        scope=str(found.question.documents),
    )


def citations(found: Found, top_k: int) -> tuple[Citation, ...]:
    """The first `top_k` passages, cited as in an answer but not judged."""
    passages = answerer.vouched(found.passages[:top_k], found.files)
    return answerer.cite(passages, found.asked, function_words)


def results(found: Found, top_k: int) -> list[SearchResult]:
    """The first `top_k` passages with the scores that rank them."""
    ranked = [_result(item.retrieved, item.score) for item in found.passages]
    return [*ranked, *(_result(item, item.ranked_by) for item in found.others)][:top_k]


def _result(item: RetrievedChunk, score: float) -> SearchResult:
    chunk = item.stored.chunk
    return SearchResult(item.stored.document.info, chunk.span, chunk.text, chunk.locator, score)
