"""The vector index: the nearest by id, exact or nearly, and a file that is whole, its own, or ignored."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from askdocs.searching.recall_probes import RECALL_FLOOR
from askdocs.searching.vectors import SavedVectors, VectorIndex, build, fold, saved_vectors

IDENTITY = b"0123456789abcdef"
FIRST = 100
"""The id of the first row."""


def unit_rows(count: int, dimension: int = 16, seed: int = 1) -> NDArray[np.float32]:
    rows = np.random.default_rng(seed).standard_normal((count, dimension)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def made_alike(count: int, seed: int = 1) -> NDArray[np.float32]:
    """Unit rows that lie in groups, as those of real texts do."""
    generator = np.random.default_rng(seed)
    rows = unit_rows(20)[generator.integers(20, size=count)] + 0.6 * unit_rows(count, seed=seed + 1)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def of(rows: NDArray[np.float32]) -> Callable[[Sequence[int]], NDArray[np.float32]]:
    """The embeddings of chunks by id, of which the first is FIRST."""
    return lambda ids: rows[np.array(ids, np.int64) - FIRST]


def filled(count: int = 50, generation: int = 7) -> tuple[VectorIndex, NDArray[np.float32]]:
    rows = unit_rows(count)
    index = VectorIndex(generation)
    index.add(range(FIRST, FIRST + count), rows)
    return index, rows


def built(path: Path, rows: NDArray[np.float32], generation: int = 7, exact_up_to: int = 1000) -> VectorIndex:
    build(path, IDENTITY, generation, range(FIRST, FIRST + len(rows)), of(rows), exact_up_to)
    index = VectorIndex.open(path, IDENTITY)
    assert index is not None
    return index


def nearest(rows: NDArray[np.float32], query: NDArray[np.float32], top_k: int, left: set[int]) -> list[int]:
    """By brute force, of the chunks `left`."""
    scores = {FIRST + at: float(row @ query[0]) for at, row in enumerate(rows) if FIRST + at in left}
    return sorted(scores, key=lambda id_: -scores[id_])[:top_k]


@settings(max_examples=40)
@given(
    st.integers(0, 40), st.integers(0, 40), st.integers(1, 60), st.sets(st.integers(100, 139)),
    st.none() | st.sets(st.integers(90, 160)),
)  # fmt: skip
def test_search_gives_the_nearest_in_order_as_brute_force_does(
    tmp_path_factory: pytest.TempPathFactory,
    saved: int,
    added: int,
    top_k: int,
    removed: set[int],
    only: set[int] | None,
) -> None:
    """Ids and scores are those of sorted inner products, whatever is in the file, was added, removed or asked for."""
    rows = unit_rows(saved + added)
    path = tmp_path_factory.mktemp("vectors") / "vectors.faiss"
    index = built(path, rows[:saved]) if saved else VectorIndex()
    index.add(range(FIRST + saved, FIRST + saved + added), rows[saved:])
    index.remove(sorted(removed))
    query = unit_rows(1, seed=2)
    left = {FIRST + at for at in range(len(rows))} - removed
    expected = nearest(rows, query, top_k, left if only is None else left & only)
    hits = index.search(query, top_k, None if only is None else sorted(only))
    assert [hit.chunk_id for hit in hits] == expected
    assert [hit.score for hit in hits] == pytest.approx(
        [float(rows[id_ - FIRST] @ query[0]) for id_ in expected], abs=1e-5
    )


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    """Searching, adding nothing to, and removing from an index without a dimension are no errors; no file is made."""
    index = VectorIndex()
    index.remove([1, 2])
    index.add([], np.zeros((0, 0), dtype=np.float32))
    assert index.search(unit_rows(1), 5) == []
    build(tmp_path / "vectors.faiss", IDENTITY, 1, [], of(unit_rows(1)))
    assert os.listdir(tmp_path) == []


def test_an_index_that_was_emptied_takes_vectors_of_another_size(tmp_path: Path) -> None:
    """After everything is removed, another encoder's embeddings may follow, in memory and in the file."""
    path = tmp_path / "vectors.faiss"
    index = built(path, unit_rows(5))
    index.remove(range(100, 105))
    assert index.search(unit_rows(1, dimension=8), 5) == []
    index.add([1], unit_rows(1, dimension=8))
    assert [hit.chunk_id for hit in index.search(unit_rows(1, dimension=8), 5)] == [1]
    assert not fold(path, IDENTITY, 8, range(100, 105), [200], [], of(unit_rows(101, dimension=8)))


def test_a_saved_index_opens_as_it_was(tmp_path: Path) -> None:
    """Ids, scores and generation survive; no partial file stays behind; the trailer tells without opening."""
    index, rows = filled()
    opened = built(tmp_path / "vectors.faiss", rows)
    assert (opened.generation, opened.recall) == (7, None)
    assert opened.search(rows[3:4], 50) == pytest.approx(index.search(rows[3:4], 50))
    assert os.listdir(tmp_path) == ["vectors.faiss"]
    assert saved_vectors(tmp_path / "vectors.faiss", IDENTITY) == SavedVectors(7, 0, None)


def test_a_file_of_another_catalogue_is_ignored(tmp_path: Path) -> None:
    """Only a file that this catalogue can have written is used."""
    path = tmp_path / "vectors.faiss"
    built(path, unit_rows(50))
    assert VectorIndex.open(path, b"another identity") is None
    assert VectorIndex.open(path, IDENTITY) is not None
    assert VectorIndex.open(tmp_path / "missing.faiss", IDENTITY) is None
    assert not fold(path, b"another identity", 8, [], [], [], of(unit_rows(1)))


@pytest.mark.parametrize("exact_up_to", [0, 1000])
def test_a_file_cut_anywhere_is_ignored(tmp_path: Path, exact_up_to: int) -> None:
    """However little is missing, a truncated file is noticed, and is not folded into a new one."""
    path = tmp_path / "vectors.faiss"
    built(path, unit_rows(50), exact_up_to=exact_up_to)
    whole = path.read_bytes()
    for kept in (0, 1, 10, len(whole) // 2, len(whole) - 41, len(whole) - 8, len(whole) - 1):
        path.write_bytes(whole[:kept])
        assert VectorIndex.open(path, IDENTITY) is None
        assert not fold(path, IDENTITY, 8, [], [], [], of(unit_rows(1)))


def test_a_file_that_is_not_what_its_trailer_says_is_removed(tmp_path: Path) -> None:
    """Damage that only FAISS notices is noticed once: the next indexing finds no file, and writes one."""
    path = tmp_path / "vectors.faiss"
    built(path, unit_rows(50))
    whole = path.read_bytes()
    path.write_bytes(b"\xee" * 24 + whole[24:])
    assert not fold(path, IDENTITY, 8, [], [], [], of(unit_rows(1)))
    assert VectorIndex.open(path, IDENTITY) is None
    assert os.listdir(tmp_path) == []


def test_saving_replaces_the_file_in_one_step(tmp_path: Path) -> None:
    """Whoever opened the old file keeps it; whoever opens later gets the new one, without anything between."""
    path = tmp_path / "vectors.faiss"
    rows = unit_rows(60)
    before = built(path, rows[:50], generation=1)
    found = before.search(rows[:1], 60)
    after = built(path, rows, generation=2)
    assert (len(found), before.search(rows[:1], 60)) == (50, found)
    assert (len(after.search(rows[:1], 60)), after.generation) == (60, 2)


@pytest.mark.parametrize("exact_up_to", [0, 10_000])
def test_a_write_that_breaks_off_leaves_the_old_file(tmp_path: Path, exact_up_to: int) -> None:
    """Whatever ends a build or a fold, what was there serves on, and nothing half done is left."""
    path = tmp_path / "vectors.faiss"
    rows = made_alike(3000)
    built(path, rows[:2000], exact_up_to=exact_up_to)
    before = path.read_bytes()

    def interrupted(ids: Sequence[int]) -> NDArray[np.float32]:
        if max(ids) >= FIRST + 2500:
            raise KeyboardInterrupt
        return of(rows)(ids)

    with pytest.raises(KeyboardInterrupt):
        build(path, IDENTITY, 8, range(FIRST, FIRST + 3000), interrupted, exact_up_to)
    with pytest.raises(KeyboardInterrupt):
        fold(path, IDENTITY, 8, [], range(FIRST + 2000, FIRST + 3000), range(FIRST, FIRST + 3000), interrupted)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["vectors.faiss"]


def recall(index: VectorIndex, rows: NDArray[np.float32], left: set[int], only: set[int] | None = None) -> float:
    """The share of the nearest ten that is among the 50 found, over questions like the rows."""
    queries = made_alike(100, seed=9)
    chosen = None if only is None else sorted(only)
    found = [{hit.chunk_id for hit in index.search(query[None], 50, chosen)} for query in queries]
    expected = [nearest(rows, query[None], 10, left if only is None else left & only) for query in queries]
    return float(np.mean([len(some & {*best}) / 10 for some, best in zip(found, expected, strict=True)]))


def test_an_approximate_index_finds_what_it_says(tmp_path: Path) -> None:
    """What share of the nearest ten it finds is told, above the floor, and true of questions that it never saw."""
    rows = made_alike(4000)
    index = built(tmp_path / "vectors.faiss", rows, exact_up_to=0)
    everything = set(range(FIRST, FIRST + 4000))
    assert index.recall is not None
    assert index.recall >= RECALL_FLOOR
    assert saved_vectors(tmp_path / "vectors.faiss", IDENTITY) == SavedVectors(7, 4000, index.recall)
    assert recall(index, rows, everything) >= RECALL_FLOOR
    assert index._base.nprobe < index._base.nlist, "every cell is looked at: nothing is approximate here"
    (first, *_) = index.search(rows[5:6], 10)
    assert first.chunk_id == FIRST + 5
    assert first.score == pytest.approx(1, abs=0.02)


def test_an_approximate_index_follows_changes(tmp_path: Path) -> None:
    """Added chunks are found and removed ones are not, before folding and after; filters hold, and lose no recall."""
    rows = made_alike(5000)
    path = tmp_path / "vectors.faiss"
    index = built(path, rows[:4000], exact_up_to=0)
    added, removed = range(FIRST + 4000, FIRST + 5000), range(FIRST, FIRST + 500)
    index.add(added, rows[4000:])
    index.remove(removed)
    left = set(range(FIRST + 500, FIRST + 5000))
    few = set(range(FIRST + 3900, FIRST + 4100)) | set(removed)
    assert fold(path, IDENTITY, 8, removed, added, sorted(left), of(rows))
    folded = VectorIndex.open(path, IDENTITY)
    assert folded is not None
    assert folded.generation == 8
    assert folded.recall is not None
    assert folded.recall >= RECALL_FLOOR
    for each in (index, folded):
        assert recall(each, rows, left) >= RECALL_FLOOR
        assert recall(each, rows, left, few) >= RECALL_FLOOR
        for query in made_alike(20, seed=5):
            assert {hit.chunk_id for hit in each.search(query[None], 200)} <= left
            assert {hit.chunk_id for hit in each.search(query[None], 300, sorted(few))} <= left & few


def test_what_is_folded_in_may_be_unlike_the_rest(tmp_path: Path) -> None:
    """Recall is measured again, and more cells are looked at where the new chunks lie in many of them."""
    alike, unlike = made_alike(4000), unit_rows(1500)
    rows = np.vstack([alike, unlike])
    path = tmp_path / "vectors.faiss"
    before = built(path, alike, exact_up_to=0)
    everything = range(FIRST, FIRST + 5500)
    assert fold(path, IDENTITY, 8, [], everything[4000:], everything, of(rows))
    folded = VectorIndex.open(path, IDENTITY)
    assert folded is not None
    assert folded.recall is not None
    assert folded.recall >= RECALL_FLOOR
    assert folded._base.nprobe > before._base.nprobe


def test_cells_are_chosen_anew_when_an_index_has_outgrown_them() -> None:
    """A file is changed rather than built anew while it stays exact, or about as large as what it was trained for."""
    exact, approximate = SavedVectors(1, 0, None), SavedVectors(1, 1000, 0.995)
    assert exact.can_grow_to(100, exact_up_to=100)
    assert not exact.can_grow_to(101, exact_up_to=100)
    assert [approximate.can_grow_to(count) for count in (500, 1000, 1400, 1600)] == [False, True, True, False]
