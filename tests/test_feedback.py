"""More like this, and not this."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from askdocs import Assistant
from askdocs.answering.feedback import Feedback, moved
from askdocs.errors import UsageError
from askdocs.searching.question import DocumentFilter
from askdocs.types import Citation
from tests.fakes import HashedEncoder
from tests.support import edit, index_all, write_files

SHIPS = {
    "harbour.txt": "The harbour master counts masts, sails and rigging of every ship.\n",
    "sails.txt": "Masts and rigging hold the sails against a storm.\n",
    "storm.txt": "A storm brought hail, thunder and lightning over the valley.\n",
    "hail.txt": "Thunder and lightning came with hail as large as eggs.\n",
    "eggs.txt": "Eggs are boiled for ten minutes.\n",
}


@pytest.fixture
def ships(work: Path, assistant: Assistant) -> Assistant:
    index_all(assistant, write_files(work / "ships", SHIPS))
    return assistant


def paths(citations: tuple[Citation, ...]) -> list[str]:
    return [Path(citation.document.path).name for citation in citations]


def cited(assistant: Assistant, question: str, name: str) -> Citation:
    return next(item for item in assistant.ranked(question) if Path(item.document.path).name == name)


def test_without_marks_it_is_the_ranking_of_an_answer(ships: Assistant) -> None:
    """The same passages, evidence and scores as an answer cites."""
    assert ships.ranked("a storm") == ships.ask("a storm").citations


def test_more_like_this_brings_what_is_like_it(ships: Assistant) -> None:
    """One word can mean two things; the passage that was liked decides which, and isn't shown again."""
    for liked, near, far in (("sails.txt", "harbour.txt", "hail.txt"), ("storm.txt", "hail.txt", "harbour.txt")):
        found = paths(ships.ranked("storm", feedback=Feedback(like=(cited(ships, "storm", liked),))))
        assert liked not in found
        assert found.index(near) < found.index(far)


def test_not_this_leaves_it_out_with_what_says_the_same(ships: Assistant, work: Path) -> None:
    """Copies and near-duplicates go too, others stay."""
    text = SHIPS["storm.txt"]
    write_files(work / "ships", {"copy.txt": text.upper(), "near.txt": text * 2})
    index_all(ships)
    found = paths(ships.ranked("storm", feedback=Feedback(unlike=(cited(ships, "storm", "storm.txt"),))))
    assert not {"storm.txt", "copy.txt", "near.txt"} & set(found)
    assert {"sails.txt", "hail.txt"} <= set(found)


def test_not_this_moves_away(ships: Assistant) -> None:
    """What is like a passage that was not wanted is farther from the question than without that."""
    unliked = Feedback(unlike=(cited(ships, "storm", "storm.txt"),))
    before = ships.explain("storm", cited(ships, "storm", "hail.txt"))
    (hail,) = (item for item in ships.ranked("storm", feedback=unliked) if item.document.path == "ships/hail.txt")
    assert ships.explain("storm", hail, feedback=unliked).dense < before.dense - 0.01


def test_feedback_stays_in_its_scope(ships: Assistant) -> None:
    """Only chosen documents are ranked."""
    liked = Feedback(like=(cited(ships, "storm", "sails.txt"),))
    only = DocumentFilter(chosen=("ships/hail.txt", "ships/eggs.txt"))
    assert set(paths(ships.ranked("storm", documents=only, feedback=liked))) == {"hail.txt", "eggs.txt"}


def test_a_marked_passage_that_is_gone_is_told(ships: Assistant, work: Path) -> None:
    """It can't be an example any more."""
    liked = Feedback(like=(cited(ships, "storm", "sails.txt"),))
    edit(work / "ships" / "sails.txt", "Nothing.")
    index_all(ships)
    with pytest.raises(UsageError, match=r"ships/sails\.txt is no longer in the index; ask again"):
        ships.ranked("storm", feedback=liked)


def test_all_marked_leaves_nothing(ships: Assistant) -> None:
    """Then there are no other passages, which is no error."""
    assert ships.ranked("storm", feedback=Feedback(unlike=ships.ranked("storm"))) == ()


def test_rankings_can_be_explained(ships: Assistant) -> None:
    """With the same feedback the numbers are those of the ranking."""
    liked = Feedback(like=(cited(ships, "storm", "sails.txt"),))
    for citation in ships.ranked("storm", feedback=liked):
        assert ships.explain("storm", citation, feedback=liked).score == citation.score


def test_a_question_moves_on_the_sphere() -> None:
    """The embedding stays of unit length, nearer to what was liked and farther from what wasn't."""
    question, like, unlike = HashedEncoder().encode(["storm sails", "sails masts", "storm hail"])[:, None]
    none = like[:0]
    nearer, farther = moved(question, like, none), moved(question, none, unlike)
    assert np.linalg.norm(nearer) == pytest.approx(1)
    assert nearer @ like.T > question @ like.T
    assert farther @ unlike.T < question @ unlike.T
    assert np.allclose(moved(question, none, none), question)
