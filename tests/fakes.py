"""Stand-ins at the protocols of askdocs."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from askdocs.types import Embeddings, Span

_WORD = re.compile(r"\w+")
_TOKEN = re.compile(r"\w{1,6}|[^\w\s]")


class HashedEncoder:
    """A hashed bag of words: deterministic, and texts that share words are near each other.

    `encoded` counts the passages that had to be embedded so far, `asked` the questions.
    """

    precision = "float32"
    note = ""
    tells_sentences = True

    def __init__(self, name: str = "hashed", max_tokens: int = 128, dimension: int = 1024) -> None:
        self.name = name
        self.max_tokens = max_tokens
        self.fingerprint = f"{name}/{dimension}"
        self.encoded = 0
        self.asked = 0
        self._dimension = dimension
        self._lock = threading.Lock()

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        return [2 + len(_TOKEN.findall(text)) for text in texts]

    def encode(self, texts: Sequence[str]) -> Embeddings:
        with self._lock:
            self.encoded += len(texts)
        return self._embeddings(texts)

    def encode_questions(self, texts: Sequence[str]) -> Embeddings:
        self.asked += len(texts)
        return self._embeddings(texts)

    def encode_with_sentences(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Span]]
    ) -> tuple[Embeddings, list[Embeddings]]:
        inside = [
            self._embeddings([span.of(text) for span in spans]) for text, spans in zip(texts, sentences, strict=True)
        ]
        return self.encode(texts), inside

    def _embeddings(self, texts: Sequence[str]) -> Embeddings:
        rows = np.zeros((len(texts), self._dimension), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in _WORD.findall(text.lower()) or [""]:
                digest = hashlib.blake2b(word.encode(errors="surrogatepass"), digest_size=8).digest()
                row[int.from_bytes(digest) % self._dimension] += 1
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows


class BrokenEncoder(HashedEncoder):
    """Embeds `working` passages and then raises RuntimeError, as a power cut would."""

    def __init__(self, working: int, max_tokens: int = 128) -> None:
        super().__init__(max_tokens=max_tokens)
        self._working = working

    def encode(self, texts: Sequence[str]) -> Embeddings:
        if self.encoded + len(texts) > self._working:
            raise RuntimeError("the power is cut")
        return super().encode(texts)
