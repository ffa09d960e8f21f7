"""Finding passages: nearest by meaning, best by words, and the two scores made one."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from askdocs.catalog import Catalog, StoredChunk
from askdocs.lexical import LexicalIndex
from askdocs.types import Hit
from askdocs.vectors import VectorIndex

if TYPE_CHECKING:
    from askdocs.types import Embeddings

DENSE_WEIGHT = 0.6
POOL = 200
"""How many hits each leg brings; the fused ranking is made of their union."""

_WEIGHTS = {"hybrid": DENSE_WEIGHT, "dense": 1.0, "lexical": 0.0}

_FOLD_SHARE = 0.1
_FOLD_LEAST = 2000
_BATCH = 1000


@dataclass(frozen=True, slots=True)
class RetrievedChunk:
    """A chunk with the score that ranks it, and those of the two legs; `lexical` is 0 where no word is shared."""

    stored: StoredChunk
    score: float
    dense: float
    lexical: float


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
            if lexical.generation > generation:
                raise AssertionError("the word index is ahead of its catalogue")
            if lexical.generation != generation:
                since = lexical.generation
                lexical.update(self._catalog.removed_since(since), self._texts_since(since), generation)
            self.catch_up_vectors()
            since = self._saved_generation
            pending = len(self._catalog.chunk_ids_since(since)) + len(self._catalog.removed_since(since))
            if pending > max(_FOLD_LEAST, _FOLD_SHARE * len(self.vectors)) or not self._vectors_path.exists():
                self.vectors.save(self._vectors_path, self._catalog.identity)
                self._saved_generation = generation

    def _texts_since(self, generation: int) -> Iterator[tuple[int, str]]:
        for ids in _batched(self._catalog.chunk_ids_since(generation)):
            for id_, stored in self._catalog.chunks(ids).items():
                yield id_, stored.chunk.embedded_text

    def retrieve(self, question: str, embedding: Embeddings, top_k: int, mode: str) -> list[RetrievedChunk]:
        """The `top_k` best passages for a question and its embedding, shape (1, dimension), best first.

        `mode` is the setting `retrieval`: what ranks.
        """
        pool = max(POOL, top_k)
        self.catch_up_vectors()
        dense = {hit.chunk_id: hit.score for hit in self.vectors.search(embedding, pool)}
        lexical = {hit.chunk_id: hit.score for hit in self.lexical.search(question, pool)}
        # The word index may be a moment behind: what the catalogue has dropped is never shown.
        stored = self._catalog.chunks([*dense, *(lexical.keys() - dense.keys())])
        known = [id_ for id_ in lexical if id_ in stored and id_ not in dense]
        if known:
            similarities = self._catalog.chunk_vectors(known) @ embedding[0]
            dense |= zip(known, map(float, similarities), strict=True)
        dense = {id_: score for id_, score in dense.items() if id_ in stored}
        lexical = {id_: lexical.get(id_, 0.0) for id_ in dense}
        return [
            RetrievedChunk(stored[hit.chunk_id], hit.score, dense[hit.chunk_id], lexical[hit.chunk_id])
            for hit in fuse(dense, lexical, _WEIGHTS[mode])[:top_k]
        ]


def fuse(dense: Mapping[int, float], lexical: Mapping[int, float], weight: float) -> list[Hit]:
    """One ranking of the chunks that both mappings score: a convex combination, `weight` that of `dense`.

    After Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval" (2023).
    """
    dense_scores = _standardised(list(dense.values()))
    lexical_scores = _standardised([lexical[id_] for id_ in dense])
    fused = [
        Hit(id_, weight * d + (1 - weight) * w) for id_, d, w in zip(dense, dense_scores, lexical_scores, strict=True)
    ]
    return sorted(fused, key=lambda hit: (-hit.score, hit.chunk_id))


def _standardised(scores: Sequence[float]) -> list[float]:
    """`scores` with mean 0 and standard deviation 1; all 0 if they are all the same."""
    if not scores:
        return []
    mean = sum(scores) / len(scores)
    deviation = (sum((score - mean) ** 2 for score in scores) / len(scores)) ** 0.5
    return [(score - mean) / deviation if deviation > 1e-9 else 0.0 for score in scores]


def _batched(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _BATCH):
        yield ids[start : start + _BATCH]
