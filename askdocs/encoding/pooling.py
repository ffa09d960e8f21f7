"""Token states become embeddings: of a whole text, and of parts of it seen in their context."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askdocs.errors import FastPathError
from askdocs.types import Span

Floats = NDArray[np.float32]

POOLING_MODES = frozenset({"cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"})

MEANS = frozenset({"mean", "mean_sqrt_len_tokens"})
"""The modes under which an embedding is what its tokens say in sum, so that the tokens of a part speak for the part."""

_SMALLEST = np.float32(1e-12)


def pool(states: Floats, modes: Iterable[str], first: int = 0) -> Floats:
    """Pool one unpadded text's token states (t, width) as sentence-transformers does, leaving out the `first` ones."""
    total = len(states)
    if first >= total:
        first = 0
    kept = states[first:]
    parts: list[Floats] = []
    for mode in modes:
        if mode == "cls":
            parts.append(kept[0])
        elif mode == "lasttoken":
            parts.append(kept[-1])
        elif mode == "max":
            parts.append(kept.max(axis=0))
        elif mode == "mean":
            parts.append(kept.mean(axis=0))
        elif mode == "mean_sqrt_len_tokens":
            parts.append(kept.sum(axis=0) / np.sqrt(np.float32(len(kept))))
        elif mode == "weightedmean":
            weights = np.arange(first + 1, total + 1, dtype=np.float32)
            parts.append(weights @ kept / weights.sum())
        else:
            raise FastPathError(f"unknown pooling mode {mode!r}; use the torch encoder for this model.")
    return np.concatenate(parts)


def pool_parts(states: Floats, offsets: NDArray[np.int64], parts: Sequence[Span]) -> Floats:
    """The means of the token states inside each of `parts`, shape (len(parts), width), of unit length.

    `offsets` are the characters that each token stands for, shape (tokens, 2), none for special ones; a part without a
    token has a row of zeros. Known as late chunking: Günther and others, "Late Chunking: Contextual Chunk Embeddings"
    (2024).
    """
    starts, ends = offsets.T
    real = ends > starts
    starts, ends, kept = starts[real], ends[real], states[: len(real)][real]
    rows = np.zeros((len(parts), states.shape[1]), dtype=np.float32)
    for row, part in zip(rows, parts, strict=True):
        # Whatever overlaps, as some tokenizers make one token of a word and the blank before it.
        first, last = np.searchsorted(ends, part.start, "right"), np.searchsorted(starts, part.end)
        if first < last:
            row[:] = unit(kept[first:last].mean(axis=0))
    return rows


def in_order(encoding: Any) -> list[Any]:
    """The windows that a tokenizer has cut a text into at the limit of its tokens, in reading order."""
    return sorted((encoding, *encoding.overflowing), key=lambda window: max(window.offsets))


def unit(row: Floats) -> Floats:
    """`row` with a length of 1, or zeros if it has none."""
    scaled: Floats = row / max(np.linalg.norm(row), _SMALLEST)
    return scaled
