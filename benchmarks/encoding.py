"""The encoder against `SentenceTransformer.encode` on the same passages."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from askdocs.config import cache_folder
from askdocs.encoder import SentenceTransformersEncoder, open_encoder
from askdocs.models import resolve_model
from benchmarks.ratio import Ratio, compare
from benchmarks.texts import passages


def run() -> Iterator[Ratio]:
    texts = passages(200)
    folder, name = resolve_model("")
    plain = SentenceTransformersEncoder(folder, name, "", "")
    for precision in ("float32", "int8"):
        fast = open_encoder("", precision, cache_folder() / "models")
        yield compare(f"ONNX {fast.precision}", partial(fast.encode, texts), name, partial(plain.encode, texts))
