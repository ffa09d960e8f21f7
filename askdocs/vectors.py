"""The FAISS index: exact inner product over unit vectors, by chunk id.

The file is FAISS's own format with a trailer that says which catalogue and generation it belongs to, so that both
change in one rename and a file that was cut short is noticed.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from askdocs.types import Hit

if TYPE_CHECKING:
    from askdocs.types import Embeddings

_TRAILER = struct.Struct("<8s16sQQ")  # magic, identity of the catalogue, generation, size of what FAISS wrote
_MAGIC = b"askdocs1"


class VectorIndex:
    """Nearest passages by cosine; `generation` is that of the catalogue it is level with."""

    def __init__(self, generation: int = 0) -> None:
        self.generation = generation
        self._index: Any = None  # faiss.IndexIDMap2; None until the dimension is known

    def __len__(self) -> int:
        return 0 if self._index is None else int(self._index.ntotal)

    def add(self, ids: Sequence[int], embeddings: Embeddings) -> None:
        """Add rows, shape (len(ids), dimension)."""
        import faiss
        import numpy as np

        if not len(ids):
            return
        if not len(self):
            self._index = faiss.IndexIDMap2(faiss.IndexFlatIP(embeddings.shape[1]))
        self._index.add_with_ids(np.ascontiguousarray(embeddings, dtype=np.float32), np.asarray(ids, dtype=np.int64))

    def remove(self, ids: Sequence[int]) -> None:
        """Remove what is there of `ids`."""
        import numpy as np

        if self._index is not None and len(ids):
            self._index.remove_ids(np.asarray(ids, dtype=np.int64))

    def search(self, embedding: Embeddings, top_k: int, only: Sequence[int] | None = None) -> list[Hit]:
        """The `top_k` nearest to one row, shape (1, dimension), best first; of the chunks `only`, if they are given."""
        if not len(self):
            return []
        import faiss
        import numpy as np

        chosen = None
        if only is not None:
            chosen = faiss.SearchParameters(sel=faiss.IDSelectorBatch(np.array(only, np.int64)))  # type: ignore[call-arg]
        scores, ids = self._index.search(embedding, min(top_k, len(self)), params=chosen)
        return [Hit(int(id_), float(score)) for id_, score in zip(ids[0], scores[0], strict=True) if id_ >= 0]

    def save(self, path: Path, identity: bytes) -> None:
        """Write to `path`, in one step as far as anybody can see."""
        import faiss

        part = path.with_suffix(".part")
        if self._index is None:
            path.unlink(missing_ok=True)
            return
        faiss.write_index(self._index, str(part))
        with part.open("r+b") as file:
            size = file.seek(0, os.SEEK_END)
            file.write(_TRAILER.pack(_MAGIC, identity, self.generation, size))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)

    @classmethod
    def open(cls, path: Path, identity: bytes, newest: int) -> VectorIndex | None:
        """The index in `path`, or None if it is missing, cut short, or not of this catalogue up to `newest`."""
        try:
            with path.open("rb") as file:
                size = file.seek(-_TRAILER.size, os.SEEK_END)
                magic, written_identity, generation, written_size = _TRAILER.unpack(file.read())
        except (OSError, struct.error):
            return None
        if (magic, written_identity, written_size) != (_MAGIC, identity, size) or generation > newest:
            return None
        import faiss

        index = cls(generation)
        try:
            index._index = faiss.read_index(str(path))
        except RuntimeError:
            return None
        return index
