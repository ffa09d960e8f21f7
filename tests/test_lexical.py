"""The word index: words in any form find their passages, and a question has no syntax."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askdocs.searching.lexical import LexicalIndex, _identifiers

IDENTITY = b"0123456789abcdef"
TEXTS = {
    1: "The roof of the library was repaired in 1987.",
    2: "Café owners repair their own chairs.",
    3: "Whales sing; whales dive; whales sleep.",
}
ENTRIES = [(id_, 10 * id_, text, None) for id_, text in TEXTS.items()]


@pytest.fixture(scope="module")
def index() -> LexicalIndex:
    opened = LexicalIndex(None, IDENTITY)
    opened.update([], ENTRIES, 5)
    return opened


def found(index: LexicalIndex, question: str, top_k: int = 10) -> list[int]:
    return [hit.chunk_id for hit in index.search(question, top_k)]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("library", [1]),
        ("LIBRARIES", [1]),
        ("who repaired the roof?", [1, 2]),
        ("cafe", [2]),
        ("1987", [1]),
        ("whale", [3]),
        ("unicorn", []),
        ("", []),
        ("?!…", []),
    ],
)
def test_words_are_found_in_any_case_form_and_accent(index: LexicalIndex, question: str, expected: list[int]) -> None:
    """Case, plural, tense and accents make no difference; what shares no word is not found."""
    assert sorted(found(index, question)) == expected


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("fails with ERR_4021.", ["err_4021"]),
        ("see § 12.3, or § 12.3.1", ["12.3", "12.3.1"]),
        ("Don’t!", ["don't"]),
        ("1,000 of 1,000,000 pounds; 1,5", ["1000", "1000000"]),
        ("os.path.join, std::vector, a@b.com", ["os.path.join", "std::vector", "a@b.com"]),
        ("O'Brien's and the king's", ["o'brien"]),
        ("he/she is well-known, e.g. in the U.S.", []),
    ],
)
def test_identifiers_and_numbers_are_words_besides_their_parts(text: str, whole: list[str]) -> None:
    """What punctuation joins is kept whole where it says more than its parts."""
    alone = LexicalIndex(None, IDENTITY)
    alone.update([], [(1, 1, text, None)], 5)
    assert all(found(alone, f"{word} x") for word in whole)
    assert list(_identifiers(text)) == whole


def test_contracted_words_leave_nothing_behind(index: LexicalIndex) -> None:
    """What stands after an English apostrophe is no word, and what stands after others is."""
    expected = "i can is the roof d artagnan"
    assert index.words("I'm, can't, isn’t, the roof's; d'Artagnan") == expected.split()


def test_an_identifier_is_found_before_its_parts() -> None:
    """`ERR_4021` ranks the passage that has it before those that have as much of it in pieces."""
    index = LexicalIndex(None, IDENTITY)
    texts = ["ERR 17, then line 4021", "restart on ERR_4021 now", "ERR_17 on line 4021", "ERR ERR 4021 4021"]
    index.update([], [(id_, id_, text, None) for id_, text in enumerate(texts, start=1)], 5)
    assert found(index, "what does ERR_4021 mean?")[0] == 2
    assert set(found(index, "4021")) == {1, 2, 3, 4}


def test_hits_come_best_first_and_at_most_as_many_as_asked(index: LexicalIndex) -> None:
    """The passage with more of the words comes first, scores fall, and `top_k` bounds the list."""
    hits = index.search("repaired roof library", 10)
    assert hits[0].chunk_id == 1
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert found(index, "repaired roof", 1) == [1]


@given(st.one_of(st.text(max_size=60), st.text(alphabet='+-&|!(){}[]^"~*?:\\/ \x00roof', max_size=40)))
def test_a_question_has_no_syntax(index: LexicalIndex, question: str) -> None:
    """Whatever characters a question has, it is searched for and is no error."""
    assert {*found(index, question)} <= {*TEXTS}


def test_words_can_be_required_and_documents_chosen(index: LexicalIndex) -> None:
    """What lacks a required word, or is of no chosen document, is not found; what is found keeps its score."""
    assert [hit.chunk_id for hit in index.search("repaired roof chairs", 10, required=["chairs"])] == [2]
    assert index.search("repaired roof", 10, required=["roof"]) == index.search("repaired roof", 10)[:1]
    assert [hit.chunk_id for hit in index.search("repaired roof", 10, documents=[20])] == [2]
    assert index.search("repaired", 10, documents=[]) == []


def test_an_endless_question_is_cut(index: LexicalIndex) -> None:
    """Thousands of different words are no error."""
    assert found(index, " ".join(f"word{n}" for n in range(5_000))) == []
    assert found(index, "whales " + " ".join(f"word{n}" for n in range(5_000))) == [3]


def test_content_words_leave_out_what_carries_no_meaning(index: LexicalIndex) -> None:
    """Function words go; the others come in the form in which they are indexed."""
    assert index.content_words("When were the roofs of the library repaired?") == index.words("roof library repair")


GERMAN = "Die Häuser der Städte wurden von den Bürgermeistern gezählt, und die Zählung dauerte Jahre."
RUSSIAN = "Крыши библиотек ремонтировали рабочие."


def test_passages_are_stemmed_in_their_language_and_a_question_in_all() -> None:
    """A question finds other forms of its words in each; what is of no language is English."""
    index = LexicalIndex(None, IDENTITY)
    assert index.languages == ["en"]
    entries = [(4, 4, GERMAN, "de"), (5, 5, RUSSIAN, "ru"), (6, 6, GERMAN, None), (7, 7, "รถไฟ", "th")]
    index.update([], [*ENTRIES, *entries], 5)
    assert set(index.languages) == {"en", "de", "ru"}
    assert index.languages[0] == "en"
    assert index.words("Bürgermeister", "de") == index.words("Bürgermeistern", "de")
    assert index.words("Bürgermeister", "th") == index.words("Bürgermeister", "en")
    assert index.words("Bürgermeister") != index.words("Bürgermeistern")
    assert found(index, "bürgermeister")[:2] == [4, 6], "four-grams bridge what the English stemmer leaves apart"
    assert found(index, "рабочий и библиотека") == [5]
    assert found(index, "who repaired libraries")[0] == 1
    assert set(index.rarities("Welche Bürgermeister?", "de")) >= set(index.words("Bürgermeister", "de"))


KOREAN = [
    "오래된 도서관은 교회 뒤에 있으며, 지붕은 1987년 여름에 수리되었다.",
    "고래는 주로 크릴새우를 먹으며 여름에는 북쪽 바다에서 산다.",
    "빵집에서는 아침마다 빵을 굽고 저녁에는 남은 빵을 나누어 준다.",
]


@pytest.mark.parametrize(
    ("question", "expected"),
    [("도서관의 지붕을 언제 수리했는가?", 4), ("고래가 먹는 것은 무엇인가?", 5), ("누가 빵을 굽는가?", 6)],
)
def test_korean_words_are_found_whatever_particle_they_carry(question: str, expected: int) -> None:
    """도서관의 finds 도서관은: what stands between blanks is cut into pairs of syllables, on both sides."""
    index = LexicalIndex(None, IDENTITY)
    index.update([], [*ENTRIES, *((number, number, text, "ko") for number, text in enumerate(KOREAN, 4))], 5)
    assert found(index, question)[0] == expected
    assert index.words("도서관은") == ["도서", "서관", "관은"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("प्रदेश क़लम", ["परदेश", "कलम"]),
        ("தமிழ்நாடு", ["தமிழநாடு"]),
        ("كِتَابٌ", ["كتاب"]),
        ("Mu\u0308ller", ["muller"]),
        ("ล้านบาท", ["ลาน", "านบ", "นบา", "บาท"]),
        ("คุณก็", ["คุณ", "ุณก"]),
        ("็", []),
    ],
)
def test_marks_part_no_word(index: LexicalIndex, text: str, expected: list[str]) -> None:
    """Viramas, tones, vowels above letters and accents are dropped: a word with them is one, and found without."""
    assert index.words(text) == expected
    assert [word for _, word in index.placed_words(text)] == expected


def test_only_an_english_question_has_words_without_meaning() -> None:
    """What English passes over may be a word of another language, or of its stem: a search in German, French goals."""
    index = LexicalIndex(None, IDENTITY)
    french = "Le but de la loi est dans son premier article, et il n'est pas dans les autres."
    index.update([], [*ENTRIES, (4, 4, GERMAN, "de"), (5, 5, french, "fr")], 5)
    assert index.content_words("Suche", "de") == index.words("Suche", "de")
    assert index.content_words("Wonach ist die Suche in den Akten?", "en") == index.words(
        "Wonach ist die Suche in den Akten?", "en"
    )
    assert index.content_words("Quel est le but de la loi ?", "fr") == index.words("Quel est le but de la loi ?", "fr")
    assert index.content_words("What is the goal of such a law?", "fr") == index.words("goal law", "fr")
    assert index.content_words("What is the goal of such a law?", "de") == index.words("goal law", "de")


def test_a_required_word_is_required_in_the_language_of_each_passage() -> None:
    """As it is indexed there."""
    index = LexicalIndex(None, IDENTITY)
    index.update([], [*ENTRIES, (4, 4, GERMAN, "de"), (5, 5, "Ein Bürgermeister ohne Häuser.", "de")], 5)
    assert [hit.chunk_id for hit in index.search("Städte Bürgermeister", 10, required=["Städte"])] == [4]
    assert {hit.chunk_id for hit in index.search("Bürgermeister", 10, required=["Bürgermeister"])} == {4, 5}
    assert [hit.chunk_id for hit in index.search("repaired roof", 10, required=["roofs"])] == [1]
    kept = {hit.chunk_id: hit.score for hit in index.search("Städte Bürgermeister", 10)}
    assert index.search("Städte Bürgermeister", 10, required=["Städte"])[0].score == pytest.approx(kept[4])


def test_updates_remove_add_and_remember_their_generation(tmp_path: Path) -> None:
    """One update changes words and generation together, also for an index opened again, to be read or written."""
    assert LexicalIndex.saved(tmp_path / "lexical", IDENTITY) is None
    first = LexicalIndex(tmp_path / "lexical", IDENTITY)
    first.update([], ENTRIES, 5)
    before = LexicalIndex.saved(tmp_path / "lexical", IDENTITY)
    first.update([1], [(4, 9, "A new roof.", None)], 6)
    after = LexicalIndex.saved(tmp_path / "lexical", IDENTITY)
    assert before is not None
    assert after is not None
    for index in (first, after, LexicalIndex(tmp_path / "lexical", IDENTITY)):
        assert index.generation == 6
        assert found(index, "roof") == [4]
    assert before.generation == 5
    assert found(before, "roof") == [1], "what is open stays as it is"


def test_what_a_commit_that_broke_off_has_left_is_in_nobodys_way(tmp_path: Path) -> None:
    """Deletions that were never committed, under names that tantivy takes next, don't stop the next update."""
    folder = tmp_path / "lexical"
    LexicalIndex(folder, IDENTITY).update([], ENTRIES, 5)
    (segment,) = {path.stem for path in folder.glob("*.term")}
    for number in range(100):
        (folder / f"{segment}.{number}.del").write_bytes(b"half")
    (folder / f"{segment[::-1]}.term").write_bytes(b"half")
    LexicalIndex(folder, IDENTITY).update([1], [(4, 9, "A new roof.", None)], 6)
    assert found(LexicalIndex(folder, IDENTITY), "roof") == [4]
    assert not (folder / f"{segment[::-1]}.term").exists()


def test_the_index_of_another_catalogue_is_started_anew(tmp_path: Path) -> None:
    """Words of a catalogue that was replaced are never found in the new one."""
    LexicalIndex(tmp_path / "lexical", IDENTITY).update([], ENTRIES, 5)
    other = LexicalIndex(tmp_path / "lexical", b"another identity")
    assert (other.generation, found(other, "roof")) == (0, [])


def test_words_of_any_length_and_script_are_no_error() -> None:
    """Endless words are left out; words of other scripts are found."""
    index = LexicalIndex(None, IDENTITY)
    index.update([], [(1, 1, "x" * 100_000 + " Ελλάδα", None), (2, 1, "крыша библиотеки", None)], 1)
    assert found(index, "ελλάδα") == [1]
    assert found(index, "Крыша") == [2]
    assert found(index, "x" * 100_000) == []


def test_in_a_large_index_words_without_meaning_count_only_where_there_are_no_others() -> None:
    """They change no answer much and cost most of the time; alone, or in a quoted phrase, they are looked for."""
    large = LexicalIndex(None, IDENTITY, many=3)
    large.update([], ENTRIES, 5)
    small = LexicalIndex(None, IDENTITY, many=4)
    small.update([], ENTRIES, 5)
    assert found(small, "whales in the library") == [3, 1]
    assert found(large, "who was in the library") == [1]
    assert found(large, "their whales") == [3]
    assert set(found(small, "their whales")) == {2, 3}
    assert found(large, "was the") == found(small, "was the") == [1]
    assert [hit.chunk_id for hit in large.search("the roof", 10, required=["the roof"])] == [1]


LETTERS = st.sampled_from("aéß漢字ไทยक्षिा'’ .,-_:@1½\u0301\u200d\x00\n")


@given(st.text(st.one_of(LETTERS, st.characters(exclude_categories=["Cs"])), max_size=60))
def test_placed_words_are_the_words_that_are_indexed(index: LexicalIndex, text: str) -> None:
    """All of them, identifiers included, each inside the text."""
    for language in (None, "de", "ru"):
        placed = list(index.placed_words(text, language))
        assert sorted(word for _, word in placed) == sorted([*index.words(text, language), *_identifiers(text)])
        assert all(0 <= span.start < span.end <= len(text) for span, _ in placed)
