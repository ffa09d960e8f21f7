"""Finding passages: nearest by meaning, best by words, and the two scores made one."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from askdocs.catalog import Catalog, StoredChunk, StoredDocument
from askdocs.errors import UsageError
from askdocs.lexical import LexicalIndex
from askdocs.question import ParsedQuestion, holds_phrase
from askdocs.types import Hit
from askdocs.vectors import VectorIndex

if TYPE_CHECKING:
    from askdocs.types import Embeddings

LEXICAL_WEIGHT = 0.5
"""What the best word score counts for against a cosine."""

POOL = 200
"""How many hits each leg brings; the fused ranking is made of their union."""

_ENGLISH_FRAGMENTS = (0.12, 0.30)
"""Tokens a letter: English lies between; German has .40, Turkish .49, Russian .98, and Thai, all unknown, .04."""

_MOST_LEXICAL_WEIGHT = 20.0
_STRICT_POOL = 5
"""How many times more hits are looked through for phrases and left-out words."""

_FOLD_SHARE = 0.1
_FOLD_LEAST = 2000
_BATCH = 1000


@dataclass(frozen=True, slots=True)
class RetrievedChunk:
    """A chunk with the score that ranks it, and those of the two legs; `lexical` is 0 where no word is shared.

    `literal` says that it holds every quoted phrase of the question, as all do where nothing is quoted; `also_in` are
    other documents with the same passage, which is shown once; `reranked` is the reranker's score, if it has read it.
    """

    stored: StoredChunk
    score: float
    dense: float
    lexical: float
    literal: bool = True
    also_in: tuple[StoredDocument, ...] = ()
    reranked: float | None = None


class Retriever:
    """The two derived indexes of a catalogue, kept level with it."""

    def __init__(self, folder: Path, catalog: Catalog) -> None:
        self._catalog = catalog
        self._vectors_path = folder / "vectors.faiss"
        self._lexical_folder = folder / "lexical"
        self._vectors: VectorIndex | None = None
        self._saved_generation = 0
        self._lexical: LexicalIndex | None = None
        self._lock = threading.RLock()

    @property
    def lexical(self) -> LexicalIndex:
        """The word index, opened at first use."""
        with self._lock:
            if self._lexical is None:
                self._lexical = LexicalIndex(self._lexical_folder, self._catalog.identity)
            return self._lexical

    @property
    def vectors(self) -> VectorIndex:
        """The vector index, opened at first use."""
        with self._lock:
            if self._vectors is None:
                catalog = self._catalog
                opened = VectorIndex.open(self._vectors_path, catalog.identity, catalog.generation)
                self._vectors = opened or VectorIndex()
                self._saved_generation = self._vectors.generation
            return self._vectors

    @property
    def lexical_is_behind(self) -> bool:
        """Whether the word index lacks changes, even after looking again at what another process wrote."""
        if self.lexical.generation != self._catalog.generation:
            self.lexical.reload()
        return self.lexical.generation != self._catalog.generation

    def catch_up_vectors(self) -> None:
        """Bring the vector index in memory level with the catalogue; costs what changed."""
        with self._lock, self._catalog.snapshot():
            generation = self._catalog.generation
            vectors = self.vectors
            if vectors.generation > generation:
                vectors = self._vectors = VectorIndex()
                self._saved_generation = 0
            if vectors.generation == generation:
                return
            vectors.remove(self._catalog.removed_since(vectors.generation))
            for ids in _batched(self._catalog.chunk_ids_since(vectors.generation)):
                vectors.add(ids, self._catalog.chunk_vectors(ids))
            vectors.generation = generation

    def write(self) -> None:
        """Bring both indexes on disk level with the catalogue. Only for who holds the writer's lock.

        The vector file is rewritten only once enough has changed: readers catch up on the rest in memory.
        """
        with self._lock, self._catalog.snapshot():
            generation = self._catalog.generation
            lexical = self.lexical
            if lexical.generation > generation:  # the catalogue was put back from a backup
                lexical.clear()
            if lexical.generation != generation:
                since = lexical.generation
                lexical.update(self._catalog.removed_since(since), self._texts_since(since), generation)
            self.catch_up_vectors()
            since = self._saved_generation
            pending = len(self._catalog.chunk_ids_since(since)) + len(self._catalog.removed_since(since))
            if pending > max(_FOLD_LEAST, _FOLD_SHARE * len(self.vectors)) or not self._vectors_path.exists():
                self.vectors.save(self._vectors_path, self._catalog.identity)
                self._saved_generation = generation

    def _texts_since(self, generation: int) -> Iterator[tuple[int, int, str]]:
        for ids in _batched(self._catalog.chunk_ids_since(generation)):
            for id_, stored in self._catalog.chunks(ids).items():
                yield id_, stored.document.id, stored.chunk.embedded_text

    def retrieve(
        self, question: ParsedQuestion, embedding: Embeddings, top_k: int, weight: float
    ) -> list[RetrievedChunk]:
        """The `top_k` best passages for a question and its embedding, shape (1, dimension), best first.

        Those that hold the question's quoted phrases come before all others; those with left-out words don't come.
        `weight` is that of the words. Raises UsageError if no document passes the question's filters.
        """
        with self._lock, self._catalog.snapshot():
            self.catch_up_vectors()
            scored = self._candidates(question, embedding, max(POOL, top_k))
            stored = scored.stored
            excluded = [frozenset(self.lexical.words(text)) for text in question.excluded]
            kept = {id_ for id_, found in stored.items() if not self._holds_any(excluded, found)}
            held = {id_ for id_ in kept if _holds_phrases(stored[id_], question)}
            ranked = [hit for hit in fuse(scored.dense, scored.lexical, weight) if hit.chunk_id in kept]
            ranked.sort(key=lambda hit: hit.chunk_id not in held)  # stable: otherwise the order stays
            return [
                RetrievedChunk(
                    stored=stored[hit.chunk_id],
                    score=hit.score,
                    dense=scored.dense[hit.chunk_id],
                    lexical=scored.lexical[hit.chunk_id],
                    literal=hit.chunk_id in held,
                )
                for hit in ranked[:top_k]
            ]

    def _candidates(self, question: ParsedQuestion, embedding: Embeddings, pool: int) -> _Scores:
        """What either leg finds, with the scores of both."""
        documents = self._admitted(question) if question.documents else None
        if question.phrases or question.excluded:
            pool *= _STRICT_POOL
        only = None if documents is None else self._catalog.chunk_ids(documents)
        dense = {hit.chunk_id: hit.score for hit in self.vectors.search(embedding, pool, only)}
        hits = self.lexical.search(question.text, pool, documents=documents)
        if question.phrases:
            hits += self.lexical.search(question.text, pool, required=question.phrases, documents=documents)
        lexical = {hit.chunk_id: hit.score for hit in hits}
        # The word index may be a moment behind: what the catalogue has dropped is never shown.
        stored = self._catalog.chunks([*dense, *(lexical.keys() - dense.keys())])
        missing = [id_ for id_ in stored if id_ not in dense]
        if missing:
            similarities = self._catalog.chunk_vectors(missing) @ embedding[0]
            dense |= zip(missing, map(float, similarities), strict=True)
        return _Scores(stored, dense, {id_: lexical.get(id_, 0.0) for id_ in dense})

    def _admitted(self, question: ParsedQuestion) -> list[int]:
        """The documents that pass the question's filters."""
        admitted = [
            document.id
            for document in self._catalog.documents()
            if question.documents.admits(document.info.path, document.state.mtime_ns)
        ]
        if not admitted:
            raise UsageError("no indexed document passes the filters of the question (path:, type:, after:, before:)")
        return admitted

    def _holds_any(self, excluded: Sequence[Set[str]], stored: StoredChunk) -> bool:
        """Whether a passage holds all words, in their indexed form, of anything `excluded`."""
        if not excluded:
            return False
        held = set(self.lexical.words(stored.chunk.text))
        return any(words <= held for words in excluded)


def _holds_phrases(stored: StoredChunk, question: ParsedQuestion) -> bool:
    return all(holds_phrase(stored.chunk.text, phrase) for phrase in question.phrases)


@dataclass(frozen=True, slots=True)
class _Scores:
    """Chunks and their scores in both legs, by chunk id."""

    stored: dict[int, StoredChunk]
    dense: dict[int, float]
    lexical: dict[int, float]


def lexical_weight(mode: str, question: str, tokens: int) -> float:
    """What words count for in ranking, against 1 for a cosine; `mode` is the setting `retrieval`.

    `tokens` is what the encoder cuts the question into, without the special ones. An encoder that spells a question out
    letter by letter, or takes its words for unknown ones, doesn't know its language: then the words must carry it.
    """
    if mode != "hybrid":
        return 0.0 if mode == "dense" else math.inf
    fragments = max(tokens, 1) / (sum(map(str.isalnum, question)) or 1)
    least, most = _ENGLISH_FRAGMENTS
    strangeness = max(1.0, fragments / most, least / fragments)
    return float(min(LEXICAL_WEIGHT * strangeness**3, _MOST_LEXICAL_WEIGHT))


def fuse(dense: Mapping[int, float], lexical: Mapping[int, float], weight: float) -> list[Hit]:
    """One ranking of the chunks that both score: the cosine, plus `weight` times the share of the best word score.

    A combination with fixed bounds for both scores, after Bruch, Gai and Ingber, "An Analysis of Fusion Functions for
    Hybrid Retrieval" (2023). An infinite weight leaves the words alone.
    """
    best = max(lexical.values(), default=0.0)
    shares = {id_: lexical[id_] / best if best > 0 else 0.0 for id_ in dense}
    if math.isinf(weight):
        fused = [Hit(id_, share) for id_, share in shares.items() if share > 0]
    else:
        fused = [Hit(id_, score + weight * shares[id_]) for id_, score in dense.items()]
    return sorted(fused, key=lambda hit: (-hit.score, hit.chunk_id))


def _batched(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _BATCH):
        yield ids[start : start + _BATCH]
