"""What a person says of passages, "more like this" and "not this", moves the question among the embeddings.

Rocchio, "Relevance Feedback in Information Retrieval" (in Salton, The SMART Retrieval System, 1971), on unit-length
embeddings: the question plus a share of the mean of the passages that were liked, less a share of the mean of the
others. The weights were chosen by `python -m benchmarks.feedback`; figures in docs/retrieval.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from askdocs.retriever import RetrievedChunk
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
