"""The vector index: exact neighbours by id, and a file that is whole, its own, or ignored."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from askdocs.vectors import VectorIndex

IDENTITY = b"0123456789abcdef"


def unit_rows(count: int, dimension: int = 16, seed: int = 1) -> NDArray[np.float32]:
    rows = np.random.default_rng(seed).standard_normal((count, dimension)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def filled(count: int = 50, generation: int = 7) -> tuple[VectorIndex, NDArray[np.float32]]:
    rows = unit_rows(count)
    index = VectorIndex(generation)
    index.add(range(100, 100 + count), rows)
    return index, rows


@settings(max_examples=25)
@given(st.integers(0, 40), st.integers(1, 60), st.sets(st.integers(100, 139)))
def test_search_gives_the_nearest_in_order_as_brute_force_does(count: int, top_k: int, removed: set[int]) -> None:
    """Ids and scores are those of sorted inner products, whatever was removed, and never padding."""
    index, rows = filled(count)
    index.remove(sorted(removed))
    query = unit_rows(1, seed=2)
    scores = {100 + at: float(row @ query[0]) for at, row in enumerate(rows) if 100 + at not in removed}
    expected = sorted(scores, key=lambda id_: -scores[id_])[:top_k]
    hits = index.search(query, top_k)
    assert [hit.chunk_id for hit in hits] == expected
    assert [hit.score for hit in hits] == pytest.approx([scores[id_] for id_ in expected], abs=1e-5)
    assert len(index) == len(scores)


@settings(max_examples=25)
@given(st.sets(st.integers(90, 160)), st.integers(1, 60))
def test_a_search_can_be_kept_to_some_ids(only: set[int], top_k: int) -> None:
    """Of the ids named, the nearest that are there; as if there were no others."""
    index, _ = filled(50)
    query = unit_rows(1, seed=2)
    expected = [hit for hit in index.search(query, 50) if hit.chunk_id in only][:top_k]
    assert index.search(query, top_k, sorted(only)) == expected


def test_an_empty_index_finds_nothing() -> None:
    """Searching, adding nothing to, and removing from an index without a dimension are no errors."""
    index = VectorIndex()
    index.remove([1, 2])
    index.add([], np.zeros((0, 0), dtype=np.float32))
    assert index.search(unit_rows(1), 5) == []
    assert len(index) == 0


def test_an_index_that_was_emptied_takes_vectors_of_another_size() -> None:
    """After everything is removed, another encoder's embeddings may follow."""
    index, _ = filled(5)
    index.remove(range(100, 105))
    index.add([1], unit_rows(1, dimension=8))
    assert [hit.chunk_id for hit in index.search(unit_rows(1, dimension=8), 5)] == [1]


def test_a_saved_index_opens_as_it_was(tmp_path: Path) -> None:
    """Ids, scores and generation survive; no partial file stays behind."""
    index, rows = filled()
    index.save(tmp_path / "vectors.faiss", IDENTITY)
    opened = VectorIndex.open(tmp_path / "vectors.faiss", IDENTITY, 7)
    assert opened is not None
    assert opened.generation == 7
    assert opened.search(rows[3:4], 50) == index.search(rows[3:4], 50)
    assert os.listdir(tmp_path) == ["vectors.faiss"]


def test_a_file_of_another_catalogue_or_of_its_future_is_ignored(tmp_path: Path) -> None:
    """Only a file that this catalogue can have written is used."""
    path = tmp_path / "vectors.faiss"
    filled(generation=7)[0].save(path, IDENTITY)
    assert VectorIndex.open(path, b"another identity", 7) is None
    assert VectorIndex.open(path, IDENTITY, 6) is None
    assert VectorIndex.open(path, IDENTITY, 99) is not None
    assert VectorIndex.open(tmp_path / "missing.faiss", IDENTITY, 7) is None


def test_a_file_cut_anywhere_is_ignored(tmp_path: Path) -> None:
    """However little is missing, a truncated file is noticed."""
    path = tmp_path / "vectors.faiss"
    filled()[0].save(path, IDENTITY)
    whole = path.read_bytes()
    for kept in (0, 1, 10, len(whole) // 2, len(whole) - 41, len(whole) - 8, len(whole) - 1):
        path.write_bytes(whole[:kept])
        assert VectorIndex.open(path, IDENTITY, 7) is None


def test_saving_replaces_the_file_in_one_step(tmp_path: Path) -> None:
    """A reader that opened the old file keeps it; whoever opens later gets the new one, without anything between."""
    path = tmp_path / "vectors.faiss"
    filled(generation=1)[0].save(path, IDENTITY)
    with path.open("rb") as before:
        old = before.read()
        filled(count=60, generation=2)[0].save(path, IDENTITY)
        before.seek(0)
        assert before.read() == old
    opened = VectorIndex.open(path, IDENTITY, 2)
    assert opened is not None
    assert len(opened) == 60
