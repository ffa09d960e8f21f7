"""Feedback: passages marked "more like this" or "not this" move the question's embedding towards them or away.

Rocchio, "Relevance Feedback in Information Retrieval" (in Salton, The SMART Retrieval System, 1971), on unit-length
embeddings: the question plus a share of the mean of the passages that were liked, less a share of the mean of the
others. The weights were chosen by `python -m benchmarks.feedback`; figures in docs/retrieval.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from askdocs.answering.cited import document_now
from askdocs.catalog.catalog import Catalog
from askdocs.errors import UsageError
from askdocs.searching.question import ParsedQuestion
from askdocs.searching.retriever import RetrievedChunk, Retriever
from askdocs.types import Citation

if TYPE_CHECKING:
    from askdocs.types import Embeddings

LIKE_WEIGHT = 1.0
UNLIKE_WEIGHT = 0.25

ALIKE = 0.95
"""The cosine from which two passages say the same."""

MORE = 100
"""How many passages more are ranked where some are left out, so that enough others remain."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """The passages that a person wants more like, and those that are not what was asked for."""

    like: tuple[Citation, ...] = ()
    unlike: tuple[Citation, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.like or self.unlike)


@dataclass(frozen=True, slots=True)
class Ranking:
    """The passages that came first for a question after `feedback`, not judged; `marked` tells it in words."""

    feedback: Feedback
    marked: str
    citations: tuple[Citation, ...]


def ranked_by_feedback(
    feedback: Feedback,
    catalog: Catalog,
    retriever: Retriever,
    question: ParsedQuestion,
    embedding: Embeddings,
    top_k: int,
    weight: float,
) -> tuple[Embeddings, list[RetrievedChunk]]:
    """A question's embedding, moved by what was marked, and the passages that then come first, without those.

    Raises UsageError if a marked passage is no longer in the index.
    """
    import numpy as np

    like, unlike = _marked(catalog, feedback.like), _marked(catalog, feedback.unlike)
    embedding = moved(embedding, like, unlike)
    ranked = retriever.retrieve(question, embedding, top_k + MORE, weight)
    ids, rows = catalog.existing_vectors([item.stored.id for item in ranked])
    return embedding, others(ranked, ids, rows, np.vstack([part for part in (like, unlike) if len(part)]))


def _marked(catalog: Catalog, citations: Sequence[Citation]) -> Embeddings:
    """The embeddings of the passages that are cited. Raises UsageError if one is gone."""
    import numpy as np

    found = []
    for citation in citations:
        now = document_now(catalog, citation)
        chunks = catalog.document_chunks(now[0].id) if now else []
        same = [stored.id for stored in chunks if stored.chunk.text.split() == citation.quote.split()]
        ids, rows = catalog.existing_vectors(same[:1])
        if not ids:
            raise UsageError(f"the passage in {citation.document.full_path} is no longer in the index; ask again")
        found.append(rows[0])
    return np.array(found, dtype=np.float32)


def moved(question: Embeddings, like: Embeddings, unlike: Embeddings) -> Embeddings:
    """The embedding of a question, shape (1, dimension), moved towards some passages and away from others."""
    import numpy as np

    at = question.copy()
    if len(like):
        at += LIKE_WEIGHT * like.mean(axis=0)
    if len(unlike):
        at -= UNLIKE_WEIGHT * unlike.mean(axis=0)
    length = np.linalg.norm(at)
    return at / length if length > 0 else question


def others(
    candidates: Sequence[RetrievedChunk], ids: Sequence[int], embeddings: Embeddings, marked: Embeddings
) -> list[RetrievedChunk]:
    """The `candidates` that say something else than every passage that is `marked`; `embeddings` are by chunk `ids`."""
    nearest = dict(zip(ids, (embeddings @ marked.T).max(axis=1).tolist(), strict=True)) if ids else {}
    return [item for item in candidates if nearest.get(item.stored.id, 1.0) < ALIKE]
