"""Retrieval: two rankings made one, over derived indexes that follow the catalogue."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askdocs.assistant import Assistant
from askdocs.catalog.catalog import Catalog
from askdocs.catalog.records import StoredChunk
from askdocs.config import Settings
from askdocs.searching.question import parse
from askdocs.searching.retriever import LEXICAL_WEIGHT, RetrievedChunk, Retriever, fuse, lexical_weight
from askdocs.searching.vectors import build
from tests.conftest import OpenAssistant
from tests.fakes import HashedEncoder
from tests.support import NOTES, WHALES, index_all, write_files

SCORES = st.dictionaries(st.integers(1, 50), st.floats(-1, 1, allow_nan=False), max_size=20)
MODES = ("hybrid", "dense", "lexical")


@pytest.fixture
def catalog(work: Path, notes: Path, assistant: Assistant) -> Iterator[Catalog]:
    """The catalogue of an index of the notes."""
    index_all(assistant, notes)
    opened = Catalog(work / "index" / "catalog.sqlite")
    yield opened
    opened.close()


def retrieved(retriever: Retriever, question: str, top_k: int = 10, mode: str = "hybrid") -> list[RetrievedChunk]:
    weight = lexical_weight(mode, question, tokens=1 + len(question) // 5)
    return retriever.retrieve(parse(question), HashedEncoder().encode([question]), top_k, weight)


def names(found: Sequence[RetrievedChunk]) -> list[str]:
    return [Path(item.stored.document.relative_path).name for item in found]


@given(SCORES, st.floats(0, 20), st.data())
def test_fusion_ranks_every_chunk_once_best_first(dense: dict[int, float], weight: float, data: st.DataObject) -> None:
    """No chunk is lost or doubled, scores fall, and ties are broken the same way every time."""
    lexical = {id_: data.draw(st.floats(0, 30)) for id_ in dense}
    hits = fuse(dense, lexical, weight)
    assert sorted(hit.chunk_id for hit in hits) == sorted(dense)
    assert hits == sorted(hits, key=lambda hit: (-hit.score, hit.chunk_id))
    shuffled = dict(reversed(dense.items()))
    assert [hit.chunk_id for hit in fuse(shuffled, lexical, weight)] == [hit.chunk_id for hit in hits]


@given(SCORES, st.floats(0.1, 20), st.data())
def test_what_both_rankings_put_first_comes_first(dense: dict[int, float], weight: float, data: st.DataObject) -> None:
    """A chunk that is best by meaning and best by words is best."""
    lexical = {id_: data.draw(st.floats(0, 30)) for id_ in dense}
    hits = fuse({**dense, 99: 2.0}, {**lexical, 99: 31.0}, weight)
    assert hits[0].chunk_id == 99


def test_only_the_words_count_where_only_they_are_weighed() -> None:
    """Without weight the meaning ranks alone; with an infinite one the words do, and what shares none is left out."""
    dense, lexical = {1: 0.9, 2: 0.1, 3: 0.5}, {1: 1.0, 2: 5.0, 3: 0.0}
    assert [hit.chunk_id for hit in fuse(dense, lexical, 0.0)] == [1, 3, 2]
    assert [hit.chunk_id for hit in fuse(dense, lexical, float("inf"))] == [2, 1]


def test_words_count_for_more_where_the_encoder_does_not_know_the_language() -> None:
    """A question that is spelt out letter by letter, or is one unknown token, is ranked by its words."""
    english = lexical_weight("hybrid", "When was the roof of the library repaired?", tokens=9)
    spelt_out = lexical_weight("hybrid", "Когда была отремонтирована крыша?", tokens=28)
    unknown = lexical_weight("hybrid", "หลังคาห้องสมุดได้รับการซ่อมแซมเมื่อใด", tokens=1)
    assert english == LEXICAL_WEIGHT
    assert spelt_out > 3 * english
    assert unknown > 3 * english
    assert lexical_weight("dense", "roof", tokens=1) == 0


@pytest.mark.parametrize("mode", MODES)
def test_the_passage_with_the_words_and_the_meaning_is_first(work: Path, catalog: Catalog, mode: str) -> None:
    """Every mode finds the obvious; the scores of both legs come along; `top_k` bounds the list."""
    retriever = Retriever(work / "index", catalog)
    found = retrieved(retriever, "what do blue whales eat", mode=mode)
    assert names(found)[0] == "whales.txt"
    assert found[0].dense > 0
    assert found[0].lexical > 0
    assert len(found) <= len(NOTES)
    assert names(retrieved(retriever, "what do blue whales eat", 1, mode)) == ["whales.txt"]


def test_both_indexes_come_back_from_the_catalogue(tmp_path: Path, catalog: Catalog) -> None:
    """In an empty folder the derived indexes are made from the catalogue alone, and rank as before."""
    fresh = Retriever(tmp_path / "elsewhere", catalog)
    (tmp_path / "elsewhere").mkdir()
    fresh.write()
    assert not fresh.lexical_is_behind
    assert names(retrieved(fresh, "sourdough bread"))[0] == "bread.md"
    assert names(retrieved(Retriever(tmp_path / "elsewhere", catalog), "sourdough bread"))[0] == "bread.md"


def test_what_the_catalogue_has_dropped_is_never_shown(work: Path, catalog: Catalog) -> None:
    """A passage removed by another process is not shown, though the word index has yet to hear of it."""
    retriever = Retriever(work / "index", catalog)
    assert "whales.txt" in names(retrieved(retriever, "blue whales"))
    other = Catalog(work / "index" / "catalog.sqlite")
    whales = next(document for document in other.documents() if document.relative_path == "whales.txt")
    other.remove_document(whales.id)
    other.close()
    assert "whales.txt" not in names(retrieved(retriever, "blue whales"))


class ShrinkingCatalog(Catalog):
    """A catalogue of which another process removes all documents whenever chunks have just been read."""

    def chunks(self, ids: Sequence[int]) -> dict[int, StoredChunk]:
        found = super().chunks(ids)
        other = Catalog(self.path)
        for document in other.documents():
            other.remove_document(document.id)
        other.close()
        return found


def test_a_passage_removed_in_the_midst_of_a_search_does_no_harm(work: Path, notes: Path, assistant: Assistant) -> None:
    """A search sees one moment of the catalogue, even while another process deletes what it has found."""
    many = {f"{n:03}.txt": f"whales sing song number{n}. " * 3 for n in range(260)}
    write_files(notes, {**many, "last.txt": "zebra " + "unrelated filler words here " * 8 + "whales"})
    index_all(assistant, notes)
    catalog = ShrinkingCatalog(work / "index" / "catalog.sqlite")
    try:
        # Found by its rare word and not among the nearest: its similarity is looked up afterwards.
        question = "whales sing song zebra"
        assert isinstance(retrieved(Retriever(work / "index", catalog), question), list)
    finally:
        catalog.close()


def test_a_small_change_does_not_rewrite_the_vector_file(work: Path, notes: Path, assistant: Assistant) -> None:
    """What is saved costs what changed: one more file leaves vectors.faiss as it is, and is found all the same."""
    index_all(assistant, notes)
    before = (work / "index" / "vectors.faiss").read_bytes()
    write_files(notes, {"zebra.txt": "Zebras have stripes."})
    index_all(assistant)
    assert (work / "index" / "vectors.faiss").read_bytes() == before
    assert assistant.search("zebra stripes")[0].document.path == "notes/zebra.txt"


def test_a_reader_follows_the_writer(notes: Path, assistant: Assistant, open_assistant: OpenAssistant) -> None:
    """An index opened before a change finds what was added and not what was removed."""
    index_all(assistant, notes)
    reader = open_assistant()
    assert reader.search("zebra stripes")[0].text != "Zebras have stripes."
    write_files(notes, {"zebra.txt": "Zebras have stripes."})
    (notes / "whales.txt").unlink()
    index_all(assistant)
    assert reader.search("zebra stripes")[0].text == "Zebras have stripes."
    assert WHALES.strip() not in [result.text for result in reader.search("whales")]


WORDS = ("roof", "library", "whale", "bread", "ledger", "harbour", "engine", "garden", "violin", "copper")


def fill(notes: Path, assistant: Assistant, count: int) -> None:
    """Index `count` small notes, each with words of its own and some that others have."""
    texts = {
        f"{n:04}.txt": f"{WORDS[n % 10]} {WORDS[n // 10 % 10]} {WORDS[n // 100 % 10]} note{n} of series{n % 7}."
        for n in range(count)
    }
    write_files(notes, texts)
    index_all(assistant, notes)


def written(folder: Path, catalog: Catalog, exact_up_to: int) -> Retriever:
    folder.mkdir()
    Retriever(folder, catalog, exact_up_to).write()
    return Retriever(folder, catalog, exact_up_to)


@pytest.fixture(scope="module")
def exact_and_nearly(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Retriever, Retriever]]:
    """The same six hundred notes in an index that looks at all, and in one that doesn't."""
    folder = tmp_path_factory.mktemp("many")
    with Assistant.open(folder / "index", settings=Settings(), encoder=HashedEncoder()) as assistant:
        fill(folder / "notes", assistant, 600)
    catalog = Catalog(folder / "index" / "catalog.sqlite")
    yield written(folder / "exact", catalog, 10_000), written(folder / "nearly", catalog, 0)
    catalog.close()


@pytest.mark.parametrize("extra", ["", "type:txt", "path:01*.txt", '"note123"', "-whale"])
def test_an_approximate_index_answers_as_an_exact_one(
    exact_and_nearly: tuple[Retriever, Retriever], extra: str
) -> None:
    """The nearest ten are the same but for the few that the recall floor allows, and with the same, exact scores."""
    exact, nearly = exact_and_nearly
    assert exact.recall is None
    assert nearly.recall is not None
    same = 0
    questions = [f"{WORDS[n % 10]} {WORDS[n // 3 % 10]} series{n % 7} {extra}" for n in range(20)]
    for question in questions:
        expected, got = retrieved(exact, question), retrieved(nearly, question)
        assert len(got) == len(expected)
        scores = {item.stored.id: item.score for item in expected}
        both = [item for item in got if item.stored.id in scores]
        assert [item.score for item in both] == pytest.approx([scores[item.stored.id] for item in both], abs=1e-5)
        # Many notes score alike: what counts is how good the found ones are.
        same += sum(a.score >= b.score - 1e-5 for a, b in zip(got, expected, strict=True))
    assert same >= 0.99 * 10 * len(questions)


@pytest.mark.parametrize("exact_up_to", [0, 10_000])
def test_changes_are_folded_in_once_they_are_many(
    work: Path, notes: Path, assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exact_up_to: int
) -> None:
    """The file is left alone up to a number of changes and written beyond it; readers notice, whenever they began."""
    monkeypatch.setattr("askdocs.searching.retriever._FOLD_LEAST", 10)
    fill(notes, assistant, 300)
    catalog = Catalog(work / "index" / "catalog.sqlite")
    folder = tmp_path / "index"
    try:
        reader = written(folder, catalog, exact_up_to)
        assert not catalog.removed_since(0)
        path = folder / "vectors.faiss"
        for gone, left, is_folded in ((range(5), 299, False), (range(5, 50), 255, True)):
            before = path.read_bytes()
            for n in gone:
                (notes / f"{n:04}.txt").unlink()
            write_files(notes, {f"new{gone[0]}.txt": f"zebra{gone[0]} stripes."})
            index_all(assistant)
            found = sorted(names(retrieved(reader, "roof library whale", 1000)))
            assert not {f"{n:04}.txt" for n in gone} & {*found}
            assert len(found) == left if exact_up_to else len(found) > 0.9 * left
            Retriever(folder, catalog, exact_up_to).write()
            assert (path.read_bytes() != before) == is_folded
            assert bool(catalog.removed_since(0)) != is_folded
            for each in (reader, Retriever(folder, catalog, exact_up_to)):
                again = sorted(names(retrieved(each, "roof library whale", 1000)))
                assert again == found if exact_up_to else not {f"{n:04}.txt" for n in gone} & {*again}
                assert not each.lexical_is_behind
                assert names(retrieved(each, f"zebra{gone[0]} stripes"))[0] == f"new{gone[0]}.txt"
        assert reader.recall == (None if exact_up_to else pytest.approx(1, abs=0.01))
    finally:
        catalog.close()


def test_a_large_index_without_its_vector_file_is_built_before_it_is_asked(
    work: Path, notes: Path, assistant: Assistant, open_assistant: OpenAssistant
) -> None:
    """The first question makes the file anew, rather than hold every embedding in memory; of small ones it does not."""
    fill(notes, assistant, 60)
    path = work / "index" / "vectors.faiss"
    for exact_up_to, is_built in ((10_000, False), (50, True)):
        path.unlink(missing_ok=True)
        other = open_assistant("index")
        retriever = other._index._retriever = Retriever(work / "index", other._catalog, exact_up_to)
        assert retriever.vectors_are_missing == is_built
        assert other.search("note7")[0].document.path.endswith("0007.txt")
        assert path.exists() == is_built
        assert not retriever.vectors_are_missing


def test_a_reader_of_long_ago_never_shows_what_is_forgotten(
    work: Path, notes: Path, assistant: Assistant, tmp_path: Path
) -> None:
    """Even if the vector file is gone too, removals that the catalogue has forgotten are not shown."""
    fill(notes, assistant, 50)
    catalog = Catalog(work / "index" / "catalog.sqlite")
    try:
        folder = tmp_path / "index"
        reader = written(folder, catalog, 10_000)
        assert "0007.txt" in names(retrieved(reader, "note7"))
        (notes / "0007.txt").unlink()
        index_all(assistant)
        (folder / "vectors.faiss").unlink()
        catalog.forget_removed(catalog.generation)
        assert "0007.txt" not in names(retrieved(reader, "note7"))
        assert names(retrieved(reader, "note8"))[0] == "0008.txt"
    finally:
        catalog.close()


def test_asking_does_not_wait_for_a_build(
    work: Path, notes: Path, assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one thread builds, others are answered from the old file and the changes since."""
    fill(notes, assistant, 50)
    begun, finish = threading.Event(), threading.Event()

    def slow_build(*arguments: Any) -> None:
        begun.set()
        assert finish.wait(30)
        build(*arguments)

    monkeypatch.setattr("askdocs.searching.retriever.build", slow_build)
    catalog = Catalog(work / "index" / "catalog.sqlite")
    try:
        (tmp_path / "index").mkdir()
        retriever = Retriever(tmp_path / "index", catalog)
        building = threading.Thread(target=retriever.write)
        building.start()
        assert begun.wait(30)
        write_files(notes, {"zebra.txt": "Zebras have stripes."})
        index_all(assistant)
        assert names(retrieved(retriever, "zebras stripes"))[0] == "zebra.txt"
        assert names(retrieved(retriever, "note7"))[0] == "0007.txt"
        finish.set()
        building.join()
        assert names(retrieved(retriever, "zebras stripes"))[0] == "zebra.txt"
    finally:
        finish.set()
        catalog.close()


def test_an_interrupted_build_leaves_the_old_state_in_use(
    work: Path, notes: Path, assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever breaks off loses nothing, and the next run builds."""
    monkeypatch.setattr("askdocs.searching.retriever._FOLD_LEAST", 10)
    fill(notes, assistant, 50)
    catalog = Catalog(work / "index" / "catalog.sqlite")
    folder = tmp_path / "index"
    try:
        retriever = written(folder, catalog, 10_000)
        before = (folder / "vectors.faiss").read_bytes()
        fill(notes, assistant, 100)
        with monkeypatch.context() as patch:
            patch.setattr("faiss.write_index", Mock(side_effect=KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                retriever.write()
        assert (folder / "vectors.faiss").read_bytes() == before
        assert names(retrieved(retriever, "note77"))[0] == "0077.txt"
        retriever.write()
        assert (folder / "vectors.faiss").read_bytes() != before
        assert names(retrieved(retriever, "note77"))[0] == "0077.txt"
    finally:
        catalog.close()
