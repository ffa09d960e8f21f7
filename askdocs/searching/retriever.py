"""Finding passages: nearest by meaning, best by words, and the two scores made one."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from askdocs.catalog.catalog import Catalog
from askdocs.catalog.connection import Access
from askdocs.catalog.records import FileState, StoredChunk
from askdocs.errors import IndexDamaged
from askdocs.searching.filtering import admitted
from askdocs.searching.lexical import Entry, LexicalIndex
from askdocs.searching.question import ParsedQuestion, holds_phrase
from askdocs.searching.vectors import EXACT_UP_TO, VectorIndex, batched, build, fold, saved_vectors
from askdocs.types import Freshness, Hit

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

_FOLD_SHARE = 0.02
_FOLD_LEAST = 2000
"""Changes, and their share in all chunks, that readers catch up on in memory."""

_FEW = 2000
"""Chunks that are compared one by one where the vector index is approximate."""

_BATCH = 1000
_READ_AHEAD = 50


@dataclass(frozen=True, slots=True)
class RetrievedChunk:
    """A chunk with the score that ranks it, and those of the two legs; `lexical` is 0 where no word is shared.

    `literal` says that it holds every quoted phrase of the question, as all do where nothing is quoted; `also_in` is
    the same passage in other documents, which is shown once; `reranked` is the reranker's score, if there is one,
    and below those if it hasn't read it.
    """

    stored: StoredChunk
    score: float
    dense: float
    lexical: float
    literal: bool = True
    also_in: tuple[StoredChunk, ...] = ()
    reranked: float | None = None
    freshness: Freshness = Freshness.CURRENT

    @property
    def ranked_by(self) -> float:
        """The score that its place comes from."""
        return self.score if self.reranked is None else self.reranked


@dataclass(frozen=True, slots=True)
class Standing:
    """The places of a chunk by cosine, by words and by both, from 1; None beyond what is looked at.

    They are `among` so many chunks. `best_lexical` is the highest score by words, which `fuse` measures the others by.
    """

    dense: int | None
    lexical: int | None
    fused: int | None
    among: int
    best_lexical: float


class Retriever:
    """The two derived indexes of a catalogue, kept level with it."""

    def __init__(self, folder: Path, catalog: Catalog, exact_up_to: int = EXACT_UP_TO) -> None:
        """`exact_up_to` is the number of chunks up to which all are looked at."""
        self._catalog = catalog
        self._exact_up_to = exact_up_to
        self._vectors_path = folder / "vectors.faiss"
        self._lexical_folder = folder / "lexical"
        self._vectors = VectorIndex()
        self._vectors_file: FileState | None = None
        self._lexical: LexicalIndex | None = None
        self._lock = threading.RLock()

    @property
    def lexical(self) -> LexicalIndex:
        """The word index, opened at first use."""
        with self._lock:
            if self._lexical is None:
                self._lexical = self._opened_lexical()
            return self._lexical

    def level_in_memory(self) -> None:
        """Have a word index that lacks changes made in memory, where it can't be written."""
        with self._lock:
            if self.lexical.generation != self._catalog.generation:
                self._lexical = self._lexical_in_memory()

    def _opened_lexical(self) -> LexicalIndex:
        """What is saved; where nobody can bring that level, one made in memory, else an empty one for want of any."""
        catalog = self._catalog
        try:
            saved = LexicalIndex.saved(self._lexical_folder, catalog.identity)
        except IndexDamaged:
            saved = None
        if catalog.access is Access.WRITE:
            return saved or LexicalIndex(None, catalog.identity)
        if saved and (saved.generation == catalog.generation or catalog.access is Access.READ):
            return saved
        return self._lexical_in_memory()

    def _lexical_in_memory(self) -> LexicalIndex:
        catalog = self._catalog
        made = LexicalIndex(None, catalog.identity)
        with catalog.snapshot():
            made.update([], _texts_since(catalog, 0), catalog.generation)
        return made

    @property
    def recall(self) -> float | None:
        """The share of the nearest ten that the saved vector index finds; None if it looks at every chunk."""
        saved = saved_vectors(self._vectors_path, self._catalog.identity)
        return saved.recall if saved else None

    @property
    def lexical_is_behind(self) -> bool:
        """Whether the word index lacks changes, even after looking again at what another process wrote."""
        if self.lexical.generation != self._catalog.generation:
            with self._lock:
                self._lexical = self._opened_lexical()
        return self.lexical.generation != self._catalog.generation

    @property
    def vectors_are_missing(self) -> bool:
        """Whether no vector file can be built on, of an index so large that nobody should hold it in memory instead."""
        saved = saved_vectors(self._vectors_path, self._catalog.identity)
        usable = saved and self._catalog.forgotten <= saved.generation <= self._catalog.generation
        return not usable and self._catalog.counts().chunks > self._exact_up_to

    def catch_up_vectors(self) -> None:
        """Bring the vector index in memory level with the catalogue; costs what changed."""
        with self._level_vectors():
            pass

    @contextmanager
    def _level_vectors(self) -> Iterator[VectorIndex]:
        """The vector index, level with the one moment of the catalogue that is seen inside."""
        with self._lock:
            # Before the snapshot, or a file written in between would be ahead of it.
            self._open_vectors()
            with self._catalog.snapshot():
                generation = self._catalog.generation
                if not self._catalog.forgotten <= self._vectors.generation <= generation:
                    self._vectors = VectorIndex()  # one of the two was put back from a backup
                vectors = self._vectors
                if vectors.generation != generation:
                    vectors.remove(self._catalog.removed_since(vectors.generation))
                    for ids in batched(self._catalog.chunk_ids_since(vectors.generation), _BATCH):
                        vectors.add(ids, self._catalog.chunk_vectors(ids))
                    vectors.generation = generation
                yield vectors

    def _open_vectors(self) -> None:
        """Open the vector file if it is another than before."""
        try:
            found = FileState.of(self._vectors_path.stat())
        except OSError:
            found = None
        if found is None or found == self._vectors_file:
            return
        self._vectors_file = found
        self._vectors = VectorIndex.open(self._vectors_path, self._catalog.identity) or self._vectors

    def write(self) -> None:
        """Bring both indexes on disk level with the catalogue. Only for who holds the writer's lock.

        The vector file is written anew only once enough has changed: readers catch up on the rest in memory. All of it
        happens over a connection to the catalogue of its own: whoever asks meanwhile is answered from the old state.
        """
        catalog = Catalog(self._catalog.path)
        try:
            with catalog.snapshot():
                self._write_lexical(catalog)
                level = self._write_vectors(catalog)
            # What both indexes have taken in needn't be remembered.
            if level > catalog.forgotten:
                catalog.forget_removed(level)
        finally:
            catalog.close()

    def _write_lexical(self, catalog: Catalog) -> None:
        lexical = LexicalIndex(self._lexical_folder, catalog.identity)
        generation = catalog.generation
        if lexical.generation and not catalog.forgotten <= lexical.generation <= generation:
            lexical.clear()  # one of the two was put back from a backup
        if (since := lexical.generation) != generation:
            lexical.update(catalog.removed_since(since), _texts_since(catalog, since), generation)

    def _write_vectors(self, catalog: Catalog) -> int:
        """Write the vector file if enough has changed; the generation that it then has."""
        path, identity, generation = self._vectors_path, catalog.identity, catalog.generation
        chunks = catalog.counts().chunks
        saved = saved_vectors(path, identity)
        if saved and catalog.forgotten <= saved.generation <= generation:
            since = saved.generation
            if catalog.changes_since(since) <= max(_FOLD_LEAST, _FOLD_SHARE * chunks):
                return since
            removed, added = catalog.removed_since(since), catalog.chunk_ids_since(since)
            every = catalog.chunk_ids_since(0) if saved.recall is not None else ()
            if saved.can_grow_to(chunks, self._exact_up_to) and fold(
                path, identity, generation, removed, added, every, catalog.chunk_vectors
            ):
                return generation
        build(path, identity, generation, catalog.chunk_ids_since(0), catalog.chunk_vectors, self._exact_up_to)
        return generation

    def retrieve(
        self, question: ParsedQuestion, embedding: Embeddings, top_k: int, weight: float
    ) -> list[RetrievedChunk]:
        """The `top_k` best passages for a question and its embedding, shape (1, dimension), best first.

        Those that hold the question's quoted phrases come before all others; those with left-out words don't come.
        `weight` is that of the words. Raises UsageError if no document passes the question's filters.
        """
        with self._level_vectors() as vectors:
            scored = self._candidates(vectors, question, embedding, max(POOL, top_k))
            ranked = fuse(scored.dense, scored.lexical, weight)
            likely = (hit for hit in ranked if hit.chunk_id in scored.literal)
            first = self._found(likely, question.phrases, question.excluded, top_k)
            # Where fewer than `top_k` hold the phrases, the others don't.
            others = (hit for hit in ranked if hit.chunk_id not in first)
            rest = self._found(others, (), question.excluded, top_k - len(first))
            return [
                RetrievedChunk(
                    stored=stored,
                    score=hit.score,
                    dense=scored.dense[hit.chunk_id],
                    lexical=scored.lexical[hit.chunk_id],
                    literal=not question.phrases or hit.chunk_id in first,
                )
                for hit, stored in [*first.values(), *rest.values()]
            ]

    def standing(self, question: ParsedQuestion, embedding: Embeddings, weight: float, chunk_id: int) -> Standing:
        """The places that `retrieve` gives to a chunk that it finds."""
        with self._level_vectors() as vectors:
            scored = self._candidates(vectors, question, embedding, POOL)
            among = self._catalog.counts().chunks
            if question.documents:
                among = len(self._catalog.chunk_ids(admitted(self._catalog, question.documents)))
        fused = fuse(scored.dense, scored.lexical, weight)
        return Standing(
            dense=_place(scored.dense, chunk_id),
            lexical=_place({id_: score for id_, score in scored.lexical.items() if score > 0}, chunk_id),
            fused=_place({hit.chunk_id: hit.score for hit in fused}, chunk_id),
            among=among,
            best_lexical=max(scored.lexical.values(), default=0.0),
        )

    def _found(
        self, hits: Iterator[Hit], phrases: Sequence[str], excluded: Sequence[str], most: int
    ) -> dict[int, tuple[Hit, StoredChunk]]:
        """The first of `hits` that hold all `phrases` and nothing `excluded`, at most so many; no more are read."""
        found: dict[int, tuple[Hit, StoredChunk]] = {}
        # More than wanted only where some may not pass.
        together = max(most, _READ_AHEAD) if phrases or excluded else most
        while len(found) < most and (some := list(islice(hits, together))):
            stored = self._catalog.chunks([hit.chunk_id for hit in some])
            for hit in some:
                if len(found) < most and self._passes(stored[hit.chunk_id], phrases, excluded):
                    found[hit.chunk_id] = (hit, stored[hit.chunk_id])
        return found

    def _passes(self, stored: StoredChunk, phrases: Sequence[str], excluded: Sequence[str]) -> bool:
        """Whether a passage holds all `phrases`, and of no term `excluded` all words in their indexed form."""
        text, language = stored.chunk.text, stored.document.language
        if not all(holds_phrase(text, phrase) for phrase in phrases):
            return False
        held = set(self.lexical.words(text, language)) if excluded else set()
        return not any(held.issuperset(self.lexical.words(term, language)) for term in excluded)

    def _candidates(self, vectors: VectorIndex, question: ParsedQuestion, embedding: Embeddings, pool: int) -> _Scores:
        """What either leg finds, with the scores of both."""
        documents = admitted(self._catalog, question.documents) if question.documents else None
        if question.phrases or question.excluded:
            pool *= _STRICT_POOL
        only = None if documents is None else self._catalog.chunk_ids(documents)
        dense = self._nearest(vectors, embedding, pool, only)
        hits = self.lexical.search(question.text, pool, documents=documents)
        literal: Sequence[Hit] = []
        if question.phrases:
            literal = self.lexical.search(question.text, pool, required=question.phrases, documents=documents)
        lexical = {hit.chunk_id: hit.score for hit in [*hits, *literal]}
        # The word index may be a moment behind: what the catalogue has dropped is never shown.
        dense |= self._similarities(vectors, sorted(lexical.keys() - dense.keys()), embedding)
        return _Scores(dense, {id_: lexical.get(id_, 0.0) for id_ in dense}, {hit.chunk_id for hit in literal})

    def _nearest(
        self, vectors: VectorIndex, embedding: Embeddings, pool: int, only: Sequence[int] | None
    ) -> dict[int, float]:
        """The nearest chunks with their exact cosines."""
        if vectors.recall is None:
            return {hit.chunk_id: hit.score for hit in vectors.search(embedding, pool, only)}
        if only is None or len(only) > _FEW:
            only = [hit.chunk_id for hit in vectors.search(embedding, pool, only)]
        return self._similarities(vectors, only, embedding)

    def _similarities(self, vectors: VectorIndex, ids: Sequence[int], embedding: Embeddings) -> dict[int, float]:
        """The exact cosines with a question of those of some chunks that exist."""
        if not ids:
            return {}
        if vectors.recall is None:  # quicker than the catalogue, whose embeddings lie far apart
            return {hit.chunk_id: hit.score for hit in vectors.search(embedding, len(ids), ids)}
        existing, rows = self._catalog.existing_vectors(ids)
        return dict(zip(existing, (rows @ embedding[0]).tolist(), strict=True)) if existing else {}


def _texts_since(catalog: Catalog, generation: int) -> Iterator[Entry]:
    for ids in batched(catalog.chunk_ids_since(generation), _BATCH):
        for id_, stored in catalog.chunks(ids).items():
            yield id_, stored.document.id, stored.chunk.embedded_text, stored.document.language


@dataclass(frozen=True, slots=True)
class _Scores:
    """Scores in both legs, by chunk id, and the chunks that hold all words of the question's phrases."""

    dense: dict[int, float]
    lexical: dict[int, float]
    literal: Set[int]


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


def _place(scores: Mapping[int, float], chunk_id: int) -> int | None:
    """The place of a chunk; None past POOL, as what comes there may not be all there is."""
    if chunk_id not in scores:
        return None
    place = 1 + sum(score > scores[chunk_id] for score in scores.values())
    return place if place <= POOL else None
