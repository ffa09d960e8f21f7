"""The sentences of a passage as the catalogue keeps them: where they are, and their embeddings in a byte a number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from askdocs.types import Span

if TYPE_CHECKING:
    from askdocs.types import Embeddings

_LARGEST = 127


@dataclass(frozen=True, slots=True)
class Sentences:
    """The sentences of a text, in order, and an embedding of each, a row of unit length or of zeros."""

    spans: tuple[Span, ...]
    embeddings: Embeddings

    def packed(self) -> tuple[bytes, bytes]:
        """Spans and embeddings as bytes: little-endian starts and ends, and rows whose direction alone counts.

        Rounding to a byte moves a cosine by some .001.
        """
        import numpy as np

        ends = np.array([(span.start, span.end) for span in self.spans], dtype="<u4")
        largest = np.abs(self.embeddings).max(axis=1, keepdims=True, initial=1e-12)
        return ends.tobytes(), np.rint(self.embeddings * (_LARGEST / largest)).astype(np.int8).tobytes()

    @classmethod
    def unpacked(cls, spans: bytes, embeddings: bytes) -> Self:
        """What `packed` has made bytes of."""
        import numpy as np

        ends = np.frombuffer(spans, dtype="<u4").reshape(-1, 2).tolist()
        width = len(embeddings) // max(1, len(ends))
        rows = np.frombuffer(embeddings, dtype=np.int8).reshape(len(ends), width).astype(np.float32)
        rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1)
        return cls(tuple(Span(start, end) for start, end in ends), rows)
