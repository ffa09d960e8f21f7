"""The encoder against `SentenceTransformer.encode`, itself at its best, and what the machine can multiply."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from askdocs.config import cache_folder
from askdocs.encoding.encoder import Encoder, SentenceTransformersEncoder, open_encoder
from askdocs.encoding.models import resolve_model
from benchmarks.ratio import Ratio, compare, compare_seconds, seconds
from benchmarks.texts import passages

OPERATIONS_A_TOKEN = 2 * 6 * (4 * 384 * 384 + 2 * 384 * 1536)
"""Of the matrices in the six layers of all-MiniLM-L6-v2; a multiplication and an addition for each weight."""

_SIDE = 2000


def run() -> Iterator[Ratio]:
    texts = passages(60)
    long_texts = passages(12, words=600)  # each is cut to what the model reads
    folder, name = resolve_model("")
    plain = SentenceTransformersEncoder(folder, name, "", "")
    generator = np.random.default_rng(1)
    left, right = generator.random((2, _SIDE, _SIDE), np.float32)
    for precision in ("float32", "int8"):
        fast = open_encoder("", precision, cache_folder() / "models")
        yield compare(f"ONNX {fast.precision}", partial(fast.encode, texts), name, partial(plain.encode, texts))
        yield compare_seconds(
            f"ONNX {fast.precision}, a token of passages", partial(_seconds_a_token, fast, texts),
            "a token of the longest texts", partial(_seconds_a_token, fast, long_texts),
            "times as long", repeats=5,
        )  # fmt: skip
        yield compare_seconds(
            f"ONNX {fast.precision}, a token of ordinary passages", partial(_seconds_a_token, fast, texts),
            "as many operations in one product of float32 matrices",
            lambda: seconds(lambda: left @ right) * OPERATIONS_A_TOKEN / (2 * _SIDE**3),
            "times as long", repeats=5,
        )  # fmt: skip


def _seconds_a_token(encoder: Encoder, texts: Sequence[str]) -> float:
    tokens = sum(min(count, encoder.max_tokens) for count in encoder.token_counts(texts))
    return seconds(lambda: encoder.encode(texts)) / tokens
