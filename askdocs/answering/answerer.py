"""Retrieved passages become an Answer: what is quoted, which sentences answer, and how far to trust it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import accumulate, islice
from typing import TYPE_CHECKING

from askdocs.catalog.records import StoredChunk
from askdocs.catalog.sentences import Sentences
from askdocs.chunking.chunker import sentence_spans
from askdocs.encoding.encoder import Encoder
from askdocs.encoding.reranker import RERANKED, Reranker
from askdocs.indexing.freshness import FilesNow
from askdocs.searching.retriever import LEXICAL_WEIGHT, RetrievedChunk
from askdocs.types import Citation, Features, Freshness, Span, Verdict

if TYPE_CHECKING:
    from askdocs.types import Embeddings

Words = Callable[[str, str | None], Sequence[str]]
"""The words of a text in a language as the word index compares them: lower case, stemmed."""

FunctionWords = Callable[[str | None], Set[str]]
"""The words of a language that say nothing by themselves, in the form of `Words`."""

FOUND_FROM = 0.4
"""The confidence from which a question counts as answered."""

READ = 8
"""Passages whose sentences are looked at one by one, and which may change places for what they say."""

_EVIDENCE_WEIGHT = 0.4
_FEW_WORDS = 6
_SHARED_WORDS = 2.0
_NEW_WORDS = 0.17
_NEARLY_AS_GOOD = 0.12

# Fitted by `python -m benchmarks.calibrate`; figures in docs/retrieval.md.
IS_THERE = {
    "sentence": 12.31,
    "passage": 4.36,
    "size": -0.53,
    "coverage": 12.86,
    "missing": -3.19,
    "strangeness": 4.44,
    "intercept": -4.51,
}
IS_FIRST = {"margin": 8.64, "intercept": 0.04}
_LEAST_MARGIN, _MOST_MARGIN = -0.1, 0.3


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the answerer sees it.

    `rarities` are its content words with their idf, stemmed as in passages of each language, in which some of them may
    be; `lexical_weight` says how well the encoder knows its language; `passages` is the size of the index: the larger,
    the likelier a good cosine by chance.
    """

    embedding: Embeddings
    rarities: Mapping[str | None, Mapping[str, float]]
    lexical_weight: float
    passages: int

    @property
    def known(self) -> float:
        """How well the encoder knows the question's language, up to 1: what a cosine counts for; 0 for words alone."""
        return min(1.0, LEXICAL_WEIGHT / self.lexical_weight) if self.lexical_weight else 1.0

    def brevity(self, language: str | None) -> float:
        """What the share of its words in a passage means: less for a long question, which no passage repeats."""
        return min(1.0, _FEW_WORDS / max(1, len(self.rarities[language])))


@dataclass(frozen=True, slots=True)
class ReadSentence:
    """A sentence of a passage, `span` being inside it, its cosine with the question, and its words, stemmed."""

    span: Span
    similarity: float
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class ReadChunk:
    """A passage taken apart into sentences; `strength` is the best that one of them says for it."""

    retrieved: RetrievedChunk
    sentences: tuple[ReadSentence, ...]
    strength: float

    @property
    def score(self) -> float:
        """What ranks it among the passages that were read."""
        return self.read_score if self.retrieved.reranked is None else self.retrieved.reranked

    @property
    def read_score(self) -> float:
        """The score of the two legs and of the best sentence; never less than before reading."""
        return self.retrieved.score + _EVIDENCE_WEIGHT * max(self.strength, 0.0)


def still_there(candidates: Iterable[RetrievedChunk], files: FilesNow, top_k: int) -> list[RetrievedChunk]:
    """The first `top_k` of `candidates` whose files exist."""
    return list(islice((item for item in candidates if files.exists(item.stored.document)), top_k))


def shown_once(chunks: Sequence[RetrievedChunk]) -> list[RetrievedChunk]:
    """Of passages that read the same but for case and white space, the first; it keeps the others."""
    alike: dict[str, list[RetrievedChunk]] = {}
    for item in chunks:
        alike.setdefault(" ".join(item.stored.chunk.text.split()).casefold(), []).append(item)
    return [
        replace(first, also_in=tuple({item.stored.document.id: item.stored for item in others}.values()))
        for first, *others in alike.values()
    ]


def reranked(question: str, chunks: Sequence[RetrievedChunk], reranker: Reranker) -> list[RetrievedChunk]:
    """The first of `chunks` in the order in which a reranker puts them, then the others.

    Those get scores from the reranker's lowest downwards, as they ranked.
    """
    first, others = chunks[:RERANKED], chunks[RERANKED:]
    scores = reranker.scores(question, [item.stored.chunk.embedded_text for item in first])
    read = [replace(item, reranked=score) for item, score in zip(first, scores, strict=True)]
    lowest = min(scores, default=0.0)
    best = max((item.score for item in others), default=0.0)
    below = [replace(item, reranked=lowest + item.score - best) for item in others]
    return [*sorted(read, key=lambda item: -item.ranked_by), *below]


def read(
    chunks: Sequence[RetrievedChunk], asked: Asked, known: Mapping[int, Sentences], encoder: Encoder, words: Words
) -> list[ReadChunk]:
    """Take passages apart; the first few change places by their best sentence, which is what a person looks for.

    `known` are the sentences that the index keeps, by chunk id; those of other passages are embedded now.
    """
    taken = _sentences([item.stored for item in chunks], asked, known, encoder)
    words_weight = 1 / asked.known if asked.known else 1.0
    passages: list[ReadChunk] = []
    for item, inside in zip(chunks, taken, strict=True):
        text, language = item.stored.chunk.text, item.stored.document.language
        rarities, brevity = asked.rarities[language], asked.brevity(language)
        similarities = (inside.embeddings @ asked.embedding[0]).tolist()
        sentences = tuple(
            ReadSentence(span, similarity, frozenset(words(span.of(text), language)))
            for span, similarity in zip(inside.spans, similarities, strict=True)
        )
        weight = brevity * words_weight
        strengths = (said.similarity + _coverage(rarities, said.words) * weight for said in sentences)
        passages.append(ReadChunk(item, sentences, max(strengths, default=0.0)))
    return [*sorted(passages[:READ], key=lambda item: -item.score), *passages[READ:]]


def _sentences(
    stored: Sequence[StoredChunk], asked: Asked, known: Mapping[int, Sentences], encoder: Encoder
) -> list[Sentences]:
    """The sentences of passages, as spans of their texts: those that are `known`, the others embedded now."""
    kept = [_inside(item, known.get(item.id)) for item in stored]
    spans = [[] if inside else sentence_spans(item.chunk.text) for item, inside in zip(stored, kept, strict=True)]
    texts = [span.of(item.chunk.text) for item, found in zip(stored, spans, strict=True) for span in found]
    rows = encoder.encode(texts) if texts else asked.embedding[:0]
    return [
        inside or Sentences(tuple(found), rows[end - len(found) : end])
        for inside, found, end in zip(kept, spans, accumulate(map(len, spans)), strict=True)
    ]


def _inside(stored: StoredChunk, known: Sentences | None) -> Sentences | None:
    """What is `known` of a passage's embedded text, as spans of its text.

    None if that was cut elsewhere into context and text: two passages may differ in nothing else.
    """
    if known is None or not known.spans:
        return None
    start = stored.chunk.text_start
    before = known.spans[0].start - start
    if before < 0 or stored.chunk.text[:before].strip():
        return None
    return Sentences(tuple(span.shifted(-start) for span in known.spans), known.embeddings)


def vouched(passages: Iterable[ReadChunk], files: FilesNow) -> list[ReadChunk]:
    """The passages where they stand in their files now, or marked as outdated.

    One that stands no more is cited from another document that reads the same; none is named in which it doesn't stand.
    """
    return [replace(item, retrieved=_vouched(item.retrieved, files)) for item in passages]


def _vouched(item: RetrievedChunk, files: FilesNow) -> RetrievedChunk:
    stored, freshness = files.standing(item.stored)
    standing = [(copy, how) for copy, how in map(files.standing, item.also_in) if how is not Freshness.OUTDATED]
    if freshness is Freshness.OUTDATED:
        # To the letter, as the sentences that were found in one are to be found in the other.
        same = next((at for at, (copy, _) in enumerate(standing) if copy.chunk.text == stored.chunk.text), None)
        if same is not None:
            stored, freshness = standing.pop(same)
    return replace(item, stored=stored, freshness=freshness, also_in=tuple(copy for copy, _ in standing))


def features(passages: Sequence[ReadChunk], asked: Asked, words: Words) -> Features:
    """What the confidence that the first of `passages` answers is made from; there must be one."""
    first = passages[0]
    margin = first.read_score - passages[1].read_score if len(passages) > 1 else _MOST_MARGIN
    known = asked.known
    stored = first.retrieved.stored
    language = stored.document.language
    coverage = _coverage(asked.rarities[language], frozenset(words(stored.chunk.embedded_text, language)))
    return Features(
        sentence=known * max((sentence.similarity for sentence in first.sentences), default=0.0),
        passage=known * first.retrieved.dense,
        size=math.log10(max(1, asked.passages)),
        coverage=(1 - known) * coverage,
        missing=(1 - coverage) * asked.brevity(language),
        strangeness=1 - known,
        margin=max(_LEAST_MARGIN, min(margin, _MOST_MARGIN)),
    )


def confidence(of: Features) -> float:
    """The estimated probability that the first passage answers.

    That the documents hold an answer, times that it comes first: a logistic regression each.
    """
    return is_there(of) * is_first(of)


def is_there(of: Features) -> float:
    """The estimated probability that the documents hold an answer."""
    return _logistic(IS_THERE, of)


def is_first(of: Features) -> float:
    """The estimated probability that an answer comes first, if there is one."""
    return _logistic(IS_FIRST, of)


def _logistic(weights: Mapping[str, float], of: Features) -> float:
    logit = sum(weight * getattr(of, name, 1.0) for name, weight in weights.items())
    return 1 / (1 + math.exp(-max(-40.0, min(40.0, logit))))


def answers(confidence: float, passages: Sequence[ReadChunk]) -> bool:
    """Whether the first of `passages` answers, and still stands in its file."""
    return confidence >= FOUND_FROM and passages[0].retrieved.freshness is not Freshness.OUTDATED


def changes(passages: Iterable[ReadChunk]) -> list[str]:
    """What to say of the documents cited that have changed, and what to do about it."""
    said = {}
    for item in passages:
        path = item.retrieved.stored.document.info.full_path
        if item.retrieved.freshness is Freshness.OUTDATED:
            said[path] = f"{path} has changed, and may no longer say what is quoted; run `askdocs index`"
        elif item.retrieved.freshness is Freshness.EDITED:
            said.setdefault(path, f"{path} has changed since it was indexed; run `askdocs index`")
    return list(said.values())


def verdict(answered: bool, hidden: bool) -> Verdict:
    """The outcome; `hidden` says that an answer could be in what the index doesn't hold."""
    if answered:
        return Verdict.FOUND
    return Verdict.INDEX_UNRELIABLE if hidden else Verdict.NOT_IN_DOCUMENTS


def cite(passages: Sequence[ReadChunk], asked: Asked, function_words: FunctionWords) -> tuple[Citation, ...]:
    """Numbered citations, each with the sentences that answer best."""
    return tuple(
        Citation(
            number=number,
            document=item.retrieved.stored.document.info,
            span=item.retrieved.stored.chunk.span,
            locator=item.retrieved.stored.chunk.locator,
            quote=item.retrieved.stored.chunk.text,
            evidence=_evidence(item, asked, function_words),
            score=item.score,
            also_in=tuple(copy.document.info for copy in item.retrieved.also_in),
            freshness=item.retrieved.freshness,
        )
        for number, item in enumerate(passages, start=1)
    )


def _evidence(item: ReadChunk, asked: Asked, function_words: FunctionWords) -> tuple[Span, ...]:
    """The best sentence, and a second that is nearly as good, in reading order and as spans of the document."""
    language = item.retrieved.stored.document.language
    scores = _sentence_scores(item.sentences, asked.known, asked.rarities[language], function_words(language))
    ranked = sorted(range(len(scores)), key=lambda at: -scores[at])
    chosen = sorted(at for at in ranked[:2] if scores[at] >= scores[ranked[0]] - _NEARLY_AS_GOOD)
    return tuple(item.sentences[at].span.shifted(item.retrieved.stored.chunk.span.start) for at in chosen)


def _sentence_scores(
    sentences: Sequence[ReadSentence], known: float, rarities: Mapping[str, float], function_words: Set[str]
) -> list[float]:
    """How likely each sentence of one passage is to hold the answer.

    Its own cosine with the question, as far as its language is `known` to the encoder; the question's words in it, each
    word's rarity shared among the sentences that hold it (a word in every sentence says nothing about which one
    answers); and, a little, how many words it adds to the question's: an answer is something that the question doesn't
    say.
    """
    holding = {word: sum(word in sentence.words for sentence in sentences) for word in rarities}
    total = sum(rarities.values()) or 1.0
    return [
        known * sentence.similarity
        + _SHARED_WORDS * sum(rarities[word] / holding[word] for word in rarities if word in sentence.words) / total
        + _NEW_WORDS * math.log1p(len(sentence.words - function_words - rarities.keys()))
        for sentence in sentences
    ]


def _coverage(rarities: Mapping[str, float], held: Set[str]) -> float:
    """The share of the asked words' rarity that the words `held` make up; 0 if nothing is asked."""
    total = sum(rarities.values())
    return sum(rarity for word, rarity in rarities.items() if word in held) / total if total else 0.0
