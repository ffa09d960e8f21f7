"""The FAISS index: cosine over unit vectors, by chunk id; exact up to a size, approximate beyond.

The file is never changed in place: it is the *base*. What came after it lives in memory, the added chunks in a small
exact index, the removed ones as a set that searches pass over; folding writes a new base. Past EXACT_UP_TO chunks the
base is an inverted file with 8-bit codes, which looks at enough of its cells to find the nearest ten of the index's own
vectors (docs/search-at-size.md has the figures, and those of what did worse).

The file is FAISS's own format with a trailer that says which catalogue and generation it belongs to, so that both
change in one rename and a file that was cut short is noticed.
"""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from askdocs.errors import IndexTrouble
from askdocs.searching.recall_probes import EmbeddingsOf, Probes
from askdocs.types import Hit

if TYPE_CHECKING:
    from askdocs.types import Embeddings

EXACT_UP_TO = 100_000
"""Chunks up to which every one is looked at."""

_TRAILER = struct.Struct("<8s16sQQQd")  # magic, catalogue, generation, chunks trained for, size of the rest, recall
_MAGIC = b"askdocs2"

_CELLS = 2  # times the square root of the chunks
_SAMPLES_A_CELL = 40
_TRAINING_ROUNDS = 8
_BATCH = 10_000

_GROWTH = 1.5
"""How many times its size an approximate index may grow or shrink before its cells are chosen anew."""


@dataclass(frozen=True, slots=True)
class SavedVectors:
    """What the file's trailer says: `recall` is None and `trained_for` 0 where search is exact."""

    generation: int
    trained_for: int
    recall: float | None

    def can_grow_to(self, chunks: int, exact_up_to: int = EXACT_UP_TO) -> bool:
        """Whether an index of so many chunks may be made by adding and removing alone."""
        if self.recall is None:
            return chunks <= exact_up_to
        return self.trained_for / _GROWTH <= chunks <= self.trained_for * _GROWTH


class VectorIndex:
    """Nearest passages by cosine; `generation` is that of the catalogue it is level with.

    `recall` is the share of the nearest ten that it finds, None if it finds all; scores are cosines, but near ones
    where it is approximate.
    """

    def __init__(self, generation: int = 0) -> None:
        self.generation = generation
        self.recall: float | None = None
        self._base: Any = None  # of FAISS; never changed
        self._delta: Any = None  # faiss.IndexIDMap over a flat one; None while it is empty
        self._removed: set[int] = set()
        self._passed_over: Any = None  # a FAISS selector of them, made when it is needed

    def add(self, ids: Sequence[int], embeddings: Embeddings) -> None:
        """Add rows, shape (len(ids), dimension)."""
        import faiss
        import numpy as np

        if not len(ids):
            return
        dimension = embeddings.shape[1]
        if self._base is not None and self._base.d != dimension:  # another encoder: nothing of it can be left
            self._base = self.recall = None
        if self._delta is None or self._delta.d != dimension:
            self._delta = faiss.IndexIDMap(faiss.IndexFlatIP(dimension))
        self._delta.add_with_ids(np.ascontiguousarray(embeddings, dtype=np.float32), np.asarray(ids, dtype=np.int64))

    def remove(self, ids: Iterable[int]) -> None:
        """Leave `ids` out of searches from now on; they needn't be there, and must not be added again."""
        self._removed.update(ids)
        self._passed_over = None

    def search(self, embedding: Embeddings, top_k: int, only: Sequence[int] | None = None) -> list[Hit]:
        """The `top_k` nearest to one row, shape (1, dimension), best first; of the chunks `only`, if they are given."""
        indexes = [index for index in (self._base, self._delta) if index is not None and index.d == embedding.shape[1]]
        hits = [hit for index in indexes for hit in self._nearest(index, embedding, top_k, only)]
        return sorted(hits, key=lambda hit: (-hit.score, hit.chunk_id))[:top_k]

    def _nearest(self, index: Any, embedding: Embeddings, top_k: int, only: Sequence[int] | None) -> Iterator[Hit]:
        import faiss

        if only is not None:
            selector = faiss.IDSelectorBatch(_ids(set(only) - self._removed))
        else:
            if self._removed and self._passed_over is None:
                self._passed_over = faiss.IDSelectorNot(faiss.IDSelectorBatch(_ids(self._removed)))
            selector = self._passed_over
        parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
        if isinstance(index, faiss.IndexIVF):
            # The nearest of few lie further away than the nearest of all.
            spread = 1.0 if only is None else index.ntotal / max(1, len(only))
            cells = min(index.nlist, math.ceil(index.nprobe * max(1.0, spread)))
            parameters = faiss.SearchParametersIVF(sel=selector, nprobe=cells)  # type: ignore[call-arg]
        with _one_thread():
            scores, ids = index.search(embedding, min(top_k, index.ntotal), params=parameters)
        return (Hit(int(id_), float(score)) for id_, score in zip(ids[0], scores[0], strict=True) if id_ >= 0)

    @classmethod
    def open(cls, path: Path, identity: bytes) -> VectorIndex | None:
        """The index in `path`, mapped rather than read; None if it is missing, damaged (it is removed), or foreign."""
        saved = saved_vectors(path, identity)
        if saved is None:
            return None
        index = cls(saved.generation)
        index.recall = saved.recall
        try:
            index._base = _read(path, mapped=True)
        except RuntimeError:
            with suppress(OSError):
                path.unlink()  # or it would go unnoticed until something reads it again
            return None
        return index


def saved_vectors(path: Path, identity: bytes) -> SavedVectors | None:
    """What the file in `path` holds, without FAISS; None if it is missing, cut short, or of another catalogue."""
    try:
        with path.open("rb") as file:
            size = file.seek(-_TRAILER.size, os.SEEK_END)
            magic, written_identity, generation, trained_for, written_size, recall = _TRAILER.unpack(file.read())
    except (OSError, struct.error):
        return None
    if (magic, written_identity, written_size) != (_MAGIC, identity, size):
        return None
    return SavedVectors(generation, trained_for, recall if trained_for else None)


def is_whole(path: Path) -> bool:
    """Whether a file ends as that of some catalogue and some askdocs does."""
    try:
        with path.open("rb") as file:
            file.seek(-min(2 * _TRAILER.size, file.seek(0, os.SEEK_END)), os.SEEK_END)
            return _MAGIC[:-1] in file.read()
    except OSError:
        return False


def stored_rows(path: Path) -> Iterator[tuple[Sequence[int], Embeddings]]:
    """Ids and embeddings in the file, a batch at a time; near embeddings where it is approximate.

    Raises RuntimeError if it can't be read.
    """
    import faiss

    index = _read(path, mapped=True)
    cells: Any = index if isinstance(index, faiss.IndexIVF) else None
    if cells is not None:
        for cell in range(cells.nlist):
            size = cells.invlists.list_size(cell)
            if not size:
                continue
            ids = faiss.rev_swig_ptr(cells.invlists.get_ids(cell), size)
            codes = faiss.rev_swig_ptr(cells.invlists.get_codes(cell), size * cells.code_size)
            embeddings = cells.sq.decode(codes.reshape(size, cells.code_size))
            if cells.by_residual:
                embeddings += cells.quantizer.reconstruct(cell)
            yield ids.tolist(), embeddings
        return
    flat = faiss.downcast_index(index.index)
    ids = faiss.vector_to_array(index.id_map).tolist()
    for start in range(0, len(ids), _BATCH):
        some = ids[start : start + _BATCH]
        yield some, flat.reconstruct_n(start, len(some))


def build(
    path: Path,
    identity: bytes,
    generation: int,
    ids: Sequence[int],
    embeddings_of: EmbeddingsOf,
    exact_up_to: int = EXACT_UP_TO,
) -> None:
    """Write an index of the chunks `ids` to `path`, replacing it in one step; for no chunks there is no file.

    Holds the finished index in memory, but never all embeddings.
    """
    import faiss

    if not len(ids):
        with suppress(OSError):  # one that stays is of an older generation, and passed over
            path.unlink(missing_ok=True)
        return
    dimension = embeddings_of(ids[:1]).shape[1]
    if len(ids) <= exact_up_to:
        index = faiss.IndexIDMap(faiss.IndexFlatIP(dimension))
        for some in batched(ids):
            index.add_with_ids(embeddings_of(some), _ids(some))
        _write(index, path, identity, SavedVectors(generation, 0, None))
        return
    index = _trained(ids, embeddings_of, dimension)
    probes = Probes(ids, embeddings_of)
    for some in batched(ids):
        embeddings = embeddings_of(some)
        index.add_with_ids(embeddings, _ids(some))
        probes.see(some, embeddings)
    recall = probes.tune(index)
    _write(index, path, identity, SavedVectors(generation, len(ids), recall))


def fold(
    path: Path,
    identity: bytes,
    generation: int,
    removed: Sequence[int],
    added: Sequence[int],
    every: Sequence[int],
    embeddings_of: EmbeddingsOf,
) -> bool:
    """Write the index in `path` anew without the chunks `removed` and with those `added`; False if it can't be read.

    An approximate index keeps its cells. Its recall is measured again, on `every` chunk that is then in it, and more
    cells are looked at if need be.
    """
    import faiss

    saved = saved_vectors(path, identity)
    if saved is None:
        return False
    try:
        index = _read(path, mapped=False)
    except RuntimeError:
        return False
    index.remove_ids(faiss.IDSelectorBatch(_ids(removed)))
    for some in batched(added):
        embeddings = embeddings_of(some)
        if embeddings.shape[1] != index.d:
            return False
        index.add_with_ids(embeddings, _ids(some))
    recall = None
    if saved.recall is not None:
        probes = Probes(every, embeddings_of)
        for some in batched(every):
            probes.see(some, embeddings_of(some))
        recall = probes.tune(index)
    _write(index, path, identity, SavedVectors(generation, saved.trained_for, recall))
    return True


def _trained(ids: Sequence[int], embeddings_of: EmbeddingsOf, dimension: int) -> Any:
    """An empty inverted file with cells chosen from a sample of the chunks."""
    import faiss
    import numpy as np

    cells = round(_CELLS * math.sqrt(len(ids)))
    index: Any = faiss.index_factory(dimension, f"IVF{cells},SQ8", faiss.METRIC_INNER_PRODUCT)
    index.cp.niter = _TRAINING_ROUNDS
    index.cp.min_points_per_centroid = 1
    chosen = np.random.default_rng(0).permutation(len(ids))[: _SAMPLES_A_CELL * cells]
    sample = sorted(ids[at] for at in chosen)
    index.train(np.concatenate([embeddings_of(some) for some in batched(sample)]))
    return index


@contextmanager
def _one_thread() -> Iterator[None]:
    """One thread for one question: several wait for each other, on a busy machine far longer than they work."""
    import faiss

    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)  # of those that this thread starts
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)


def _read(path: Path, *, mapped: bool) -> Any:
    import faiss

    # Windows doesn't let a file be replaced that is mapped.
    return faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC if mapped and os.name != "nt" else 0)


def _write(index: Any, path: Path, identity: bytes, saved: SavedVectors) -> None:
    import faiss

    part = path.with_suffix(".part")
    try:
        faiss.write_index(index, str(part))
        with part.open("r+b") as file:
            size = file.seek(0, os.SEEK_END)
            recall = saved.recall or 0.0
            file.write(_TRAILER.pack(_MAGIC, identity, saved.generation, saved.trained_for, size, recall))
            file.flush()
            os.fsync(file.fileno())
        # The folder isn't flushed: a power cut may bring the old file back, which is caught up, or passed over if what
        # was removed since is forgotten. It costs no more than building anew.
        part.replace(path)
    except (OSError, RuntimeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "the disk is full, or reports an error"
        raise IndexTrouble(f"{path} can't be written: {reason}; run the command again when that is mended") from exc
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _ids(ids: Iterable[int]) -> Any:
    import numpy as np

    return np.fromiter(ids, np.int64)


def batched(ids: Sequence[int], size: int = _BATCH) -> Iterator[Sequence[int]]:
    """`ids` in parts of `size`, the last of which may be smaller."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
