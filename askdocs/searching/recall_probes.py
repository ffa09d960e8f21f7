"""What tunes an approximate vector index: questions made from its own vectors, whose nearest chunks are known.

It has to look at as many of its cells as it takes to find these.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from askdocs.types import Embeddings

EmbeddingsOf = Callable[[Sequence[int]], "Embeddings"]
"""The embeddings of chunks by id, in the order asked for."""

RECALL_FLOOR = 0.99
"""The share of the exact nearest ten that an approximate index has to find."""

_PROBES = 256
"""How many there are."""

_MARGIN = 0.005
"""How far above the floor their recall has to be, as so few measure it only so well."""

_NEAREST = 10
_ASKED_FOR = 200
"""How many chunks the index is asked for, among which the nearest ten have to be: as many as in a search."""

_LEAST_SHARE = 1 / 16
"""Of the cells, that is looked at in any case: questions are not made of passages, and can be harder than probes."""

_STEP = 1.4
"""How many times as many cells are tried next."""

_APART = 0.7
"""How far a probe lies from the chunk that it is made of: at a cosine of .7, as questions do from their answers."""


class Probes:
    """Questions that lie near chunks, and the exact nearest of all chunks that they have been shown."""

    def __init__(self, ids: Sequence[int], embeddings_of: EmbeddingsOf) -> None:
        import numpy as np

        chosen = np.random.default_rng(1).choice(len(ids), (3, min(_PROBES, len(ids))))
        of, some, others = (embeddings_of([ids[at] for at in row]) for row in chosen)
        probes = of + _APART * (some - others)  # a shift as chunks differ, not a random one, which none would share
        self._embeddings = np.ascontiguousarray(probes / np.linalg.norm(probes, axis=1, keepdims=True), np.float32)
        self._made_of = np.array([ids[at] for at in chosen[0]])[:, None]
        self._ids = np.empty((len(probes), 0), np.int64)
        self._scores = np.empty((len(probes), 0), np.float32)

    def see(self, ids: Sequence[int], embeddings: Embeddings) -> None:
        """Take more chunks into account."""
        import numpy as np

        seen = np.array(ids, np.int64)
        scores = self._embeddings @ embeddings.T
        scores[self._made_of == seen] = -2  # what a probe is made of is too easily found
        nearest = np.argpartition(-scores, min(_NEAREST, len(ids) - 1))[:, :_NEAREST]
        self._scores = np.hstack([self._scores, np.take_along_axis(scores, nearest, 1)])
        self._ids = np.hstack([self._ids, seen[nearest]])
        best = np.argsort(-self._scores)[:, :_NEAREST]
        self._scores = np.take_along_axis(self._scores, best, 1)
        self._ids = np.take_along_axis(self._ids, best, 1)

    def tune(self, index: Any) -> float:
        """Let `index` look at as few cells as give the recall that is wanted; returns the recall that it then has."""
        cells = math.ceil(_LEAST_SHARE * index.nlist)
        while True:
            index.nprobe = min(cells, index.nlist)
            recall = self._recall(index)
            if recall >= min(1.0, RECALL_FLOOR + _MARGIN) or cells >= index.nlist:
                return recall
            cells = math.ceil(cells * _STEP)

    def _recall(self, index: Any) -> float:
        """The share of the nearest ten among what `index` finds, which is then put in exact order."""
        _, found = index.search(self._embeddings, min(_ASKED_FOR, index.ntotal))
        pairs = zip(self._ids.tolist(), found.tolist(), strict=True)
        return float(sum(len({*nearest} & {*some}) for nearest, some in pairs) / self._ids.size)
