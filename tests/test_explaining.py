"""Why a passage came where it did, in the numbers that it was ranked by."""

from __future__ import annotations

from pathlib import Path

import pytest

from askdocs import Assistant
from askdocs.answering.explaining import Explanation
from askdocs.config import Settings
from askdocs.errors import UsageError
from askdocs.rendering.render_why import MOST_SHADES, confidence_rows, ranking_rows, render_why, shade, word_rows
from askdocs.searching.question import DocumentFilter
from tests.fakes import HashedEncoder
from tests.support import ROOF_QUESTION, edit, index_all, run_cli, write_files


def explained(
    assistant: Assistant, question: str, number: int = 1, documents: DocumentFilter | None = None
) -> Explanation:
    answer = assistant.ask(question, documents=documents)
    return assistant.explain(answer.standalone_question, answer.citations[number - 1], documents)


@pytest.mark.parametrize(
    "question", [ROOF_QUESTION, "what do whales eat?", '"lively starter" for bread', "roof -krill"]
)
def test_the_numbers_are_those_of_the_ranking(assistant: Assistant, notes: Path, question: str) -> None:
    """The score of every citation is made of what is explained of it."""
    index_all(assistant, notes)
    answer = assistant.ask(question)
    for citation in answer.citations:
        of = assistant.explain(answer.standalone_question, citation)
        assert of.score == citation.score
        assert of.score == of.read >= of.fused
        share = of.lexical / of.standing.best_lexical
        assert of.fused == pytest.approx(of.dense + of.weight * share)
        assert of.text == citation.quote
        assert [said.span.of(of.text) for said in of.sentences]


def test_places_are_counted_in_each_leg(assistant: Assistant, notes: Path) -> None:
    """The passage that is asked for word by word comes first in all; one that shares no word has no place by words."""
    index_all(assistant, notes)
    first = explained(assistant, ROOF_QUESTION)
    assert (first.standing.dense, first.standing.lexical, first.standing.fused) == (1, 1, 1)
    assert first.lexical == first.standing.best_lexical
    last = explained(assistant, "krill", 3)
    assert (last.lexical, last.standing.lexical) == (0, None)
    assert last.standing.dense in (2, 3)


def test_words_are_found_in_their_forms(assistant: Assistant, notes: Path) -> None:
    """A word of the question is told as it stands there, with all its places in the passage and its rarity."""
    write_files(
        notes, {"works.txt": "Repairs of roofs: a repaired ROOF, the roof’s repair. Café ERR_4021 costs 1,000."}
    )
    index_all(assistant, notes)
    of = explained(assistant, "repairing the roof at cafe err_4021 for zebras: 1000")
    words = {word.word: word for word in of.words}
    assert [span.of(of.text) for span in words["roof"].places] == ["roofs", "ROOF", "roof"]
    assert [span.of(of.text) for span in words["repairing"].places] == ["Repairs", "repaired", "repair"]
    assert [span.of(of.text) for span in words["cafe"].places] == ["Café"]
    assert [span.of(of.text) for span in words["err_4021"].places] == ["ERR_4021"]
    assert [span.of(of.text) for span in words["1000"].places] == ["1,000"]
    assert (words["zebras"].holding, words["zebras"].places) == (0, ())
    assert (words["roof"].holding, words["cafe"].holding) == (2, 1)
    assert words["zebras"].rarity > words["cafe"].rarity > words["roof"].rarity > 0
    assert "the" not in words


def test_a_word_above_the_passage_is_told_as_such(assistant: Assistant, notes: Path) -> None:
    """What counts though the quote doesn't hold it stands in a heading or the title."""
    flour = "".join(f"Mix {number} grams of flour with water and salt.\n\n" for number in range(60))
    write_files(notes, {"long.md": f"# Baking\n\n{flour}Feed the leaven.\n"})
    index_all(assistant, notes)
    of = explained(assistant, "baking leaven")
    (baking, leaven) = of.words
    assert "Baking" not in of.text
    assert (baking.places, baking.above) == ((), True)
    assert (len(leaven.places), leaven.above) == (1, False)


def test_words_are_found_in_the_forms_of_the_documents_language(assistant: Assistant, work: Path) -> None:
    """A German passage has its question's words in German forms."""
    text = "---\nlang: de\n---\nDie Häuser in den Verträgen fehlen."
    index_all(assistant, write_files(work / "texts", {"a.md": text}))
    of = explained(assistant, "Haus Vertrages")
    assert [[span.of(of.text) for span in word.places] for word in of.words] == [["Häuser"], ["Verträgen"]]


def test_scripts_without_spaces_and_likenesses_are_marked(assistant: Assistant, work: Path) -> None:
    """Pairs of characters that are shared are found where they stand, and words that share four letters are alike."""
    folder = write_files(
        work / "texts", {"a.txt": "高さは東京塔の三倍です。", "b.txt": "Die Dachstuhlsanierung war teuer."}
    )
    index_all(assistant, folder)
    of = explained(assistant, "東京塔の高さ")
    assert {span.of(of.text) for word in of.words for span in word.places} == {"東京", "京塔", "塔の", "高さ"}
    of = explained(assistant, "Sanierung Dachstuhl")
    assert [span.of(of.text) for span in of.alike] == ["Dachstuhlsanierung"]


def test_a_scope_explains_as_it_asked(assistant: Assistant, notes: Path) -> None:
    """The best word score, and the number of passages that it has a place among, are those of the chosen documents."""
    index_all(assistant, notes)
    only = DocumentFilter(chosen=("notes/kitchen/",))
    of = explained(assistant, "whales and bread", documents=only)
    assert of.lexical == of.standing.best_lexical
    assert (of.standing.among, explained(assistant, "whales and bread").standing.among) == (1, 3)


def test_a_passage_that_is_gone_is_told(assistant: Assistant, notes: Path) -> None:
    """Its document has changed and been indexed anew, so that it doesn't come up."""
    index_all(assistant, notes)
    answer = assistant.ask(ROOF_QUESTION)
    edit(notes / "roof.txt", "Nothing.")
    index_all(assistant)
    with pytest.raises(UsageError, match=r"notes/roof\.txt doesn't come up"):
        assistant.explain(ROOF_QUESTION, answer.citations[0])


def test_an_edited_passage_and_a_copy_are_explained(assistant: Assistant, notes: Path) -> None:
    """A passage that is cited where it stands now, or from another document, is still the one that was ranked."""
    write_files(notes, {"copy.txt": (notes / "roof.txt").read_text()})
    index_all(assistant, notes)
    edit(notes / "roof.txt", "New.\n\n" + (notes / "roof.txt").read_text())
    answer = assistant.ask(ROOF_QUESTION)
    for citation in answer.citations:
        assert assistant.explain(ROOF_QUESTION, citation).score == citation.score


@pytest.mark.parametrize("retrieval", ["dense", "lexical"])
def test_one_leg_alone_is_explained(notes: Path, retrieval: str) -> None:
    """The fused score is the cosine, or the share of the best word score."""
    with Assistant.open("index", settings=Settings(retrieval=retrieval), encoder=HashedEncoder()) as assistant:
        index_all(assistant, notes)
        of = explained(assistant, ROOF_QUESTION)
        assert of.fused == pytest.approx(of.dense if retrieval == "dense" else 1.0)
        assert render_why(of, width=60)


def test_hostile_words_are_shown_harmlessly(assistant: Assistant, work: Path) -> None:
    """Neither the question's nor the document's escapes and line ends come through."""
    folder = write_files(work / "texts", {"a.txt": "The \x1b[31mroof\x1b[0m [red]was\u202e repaired\r\nhere.\n"})
    index_all(assistant, folder)
    text = render_why(explained(assistant, "\x1b[31mroof\u202e [red] repaired"), width=60)
    assert not [
        character for character in text if (ord(character) < 0x20 and character != "\n") or character == "\u202e"
    ]
    assert "\x9b" not in text


def test_what_the_confidence_is_made_of_is_told(assistant: Assistant, notes: Path) -> None:
    """The two probabilities that are multiplied make the one that is shown."""
    index_all(assistant, notes)
    answer = assistant.ask(ROOF_QUESTION)
    assert answer.features
    rows = confidence_rows(answer.confidence, answer.features)
    shown, there, first = (float(number.rstrip("%")) / 100 for number, _ in rows[:3])
    assert shown == pytest.approx(there * first, abs=0.011)
    assert [name for name, *_ in ranking_rows(explained(assistant, ROOF_QUESTION))] == [
        "meaning", "words", "together", "sentences",
    ]  # fmt: skip


def test_shades_grow_with_nearness() -> None:
    """From none to all, and never beyond."""
    shades = [shade(number / 100) for number in range(-100, 101)]
    assert shades == sorted(shades)
    assert (shades[0], shades[-1]) == (0, MOST_SHADES)


@pytest.mark.usefixtures("indexed")
def test_the_command_line_says_why_too() -> None:
    """`ask --why` adds to each citation what it was ranked by; it can't be mixed with JSON."""
    ran = run_cli("ask", ROOF_QUESTION, "-k", "2", "--why", "--type", "txt")
    ran.assert_clear(0)
    assert ran.stdout.startswith("Asked of: type:txt\n\nFound")
    assert "\nWhy [1]\n\nmeaning    cosine" in ran.stdout
    assert "\nWhy [2]\n\n" in ran.stdout
    assert max(map(len, ran.stdout.splitlines())) <= 80
    run_cli("ask", "roof", "--why", "--json").assert_clear(2, "--why is for people")


def test_a_question_without_end_is_explained_in_part(assistant: Assistant, notes: Path) -> None:
    """Of a thousand words the rarest are listed, and none of them fills the screen."""
    index_all(assistant, notes)
    of = explained(assistant, " ".join(["x" * 50, *(f"roof{number}" for number in range(1000))]))
    rows = word_rows(of)
    assert len(rows) < 50
    assert rows[-1] == ("…", f"{len(of.words) - len(rows) + 1:,} more", "")
    assert max(len(word) for word, *_ in rows) < 40
