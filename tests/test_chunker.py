"""Chunks: exact, complete, in order, and never longer than the encoder can see."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import replace
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from askdocs.chunking.chunker import TokenCounts, chunk_document, sentence_spans
from askdocs.errors import LoadError
from askdocs.loaders import load
from askdocs.types import Block, BlockKind, Chunk, Document, Locator, Place, Span, Unit
from tests.fakes import HashedEncoder
from tests.support import bundled_model_folder

HOSTILE = [
    "日本語の文章は空白がない。次の文です！",
    "한국어 문장입니다. ",
    "e\u0301\u0327" * 7,
    "👩‍👩‍👧‍👦🏽",
    "\U0001f1e6\U0001f1ff",
    "\r\n", "\r", "\n", "\n\n", "\r\n\r\n", "\t", " ", "\u00a0", "\u2028", "\x0b\x0c", "\u3000",
    "\x00", "\x1b[31m", "\ufeff", "\u202e", "\ufffd",
    "a" * 300, "word " * 40, "- item one\n- item two\n", "1. first\n2. second\n",
    "# Heading\n", "## Deeper *still*\n", "Setext\n===\n", "```\ncode  block\n\nmore\n```\n", "~~~\nunclosed",
    "| a | b |\n|---|---|\n| 1 | 2 |\n", "> quoted\n", "---\ntitle: x\n---\n", "[ref]: http://example.com\n",
    "Dr. Smith paid $3.50. He left. Why?", "<b>html</b>", "\\[x\\]", "﷽", "ก็ไม่มีช่องว่าง",
]  # fmt: skip
TEXTS = st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=30)), max_size=25).map("".join)
SPELT_OUT = re.compile("[\u0370-\u1cff\uac00-\ud7a3]")
KINDS = st.sampled_from(["text/plain", "text/markdown"])


@pytest.fixture(scope="module")
def bundled_counts() -> TokenCounts:
    """The token counts of the bundled model."""
    tokenizer = Tokenizer.from_file(str(bundled_model_folder() / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return lambda texts: [len(encoding.ids) for encoding in tokenizer.encode_batch_fast(list(texts))]


def document(text: str, kind: str = "text/plain") -> Document:
    return load("test", kind, text.encode("utf-8"))


def assert_sound(read: Document, chunks: Sequence[Chunk], counts: TokenCounts, max_tokens: int) -> None:
    """What holds of the chunks of every document."""
    text = read.text
    end = 0
    for chunk in chunks:
        assert end <= chunk.span.start < chunk.span.end <= len(text)
        assert not text[end : chunk.span.start].strip()
        assert chunk.span.of(text) == chunk.text
        assert chunk.text.strip()
        assert chunk.embedded_text.endswith(chunk.text)
        assert 1 <= chunk.locator.start <= chunk.locator.end
        end = chunk.span.end
    assert not text[end:].strip()
    for chunk, count in zip(chunks, counts([chunk.embedded_text for chunk in chunks]), strict=True):
        assert count <= max_tokens or SPELT_OUT.search(chunk.text)


def encodable(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


@given(TEXTS.filter(encodable), KINDS, st.integers(16, 128))
def test_chunks_of_any_text_are_exact_complete_ordered_and_short(text: str, kind: str, max_tokens: int) -> None:
    """Spans are ordered, in range, apart and exact, hold all that is not blank, and fit the encoder."""
    try:
        read = document(text, kind)
    except LoadError:  # so many control characters that it is no text
        return
    counts = HashedEncoder().token_counts
    chunks = chunk_document(read, counts, max_tokens)
    assert_sound(read, chunks, counts, max_tokens)
    assert chunk_document(read, counts, max_tokens) == chunks


@settings(max_examples=40)
@given(text=TEXTS.filter(encodable), kind=KINDS)
def test_chunks_hold_with_the_tokenizer_of_the_bundled_model(text: str, kind: str, bundled_counts: TokenCounts) -> None:
    """The same is true in the tokens of the model that ships with askdocs."""
    try:
        read = document(text * 3, kind)
    except LoadError:
        return
    assert_sound(read, chunk_document(read, bundled_counts, 256), bundled_counts, 256)


@given(TEXTS)
def test_sentences_hold_every_character_that_is_not_blank(text: str) -> None:
    """Sentences are ordered, apart, trimmed, and lose nothing but blanks."""
    end = 0
    for span in sentence_spans(text):
        assert span.start >= end
        assert not text[end : span.start].strip()
        assert span.of(text) == span.of(text).strip() != ""
        end = span.end
    assert not text[end:].strip()


def test_an_edit_of_a_long_paragraph_moves_no_sentence_far_from_it() -> None:
    """A text is looked at in windows, whose ends stay where they were: what follows is cut as before."""
    generator = random.Random(11)
    words = ["".join(generator.choices("aeioulnrst", k=generator.randint(2, 9))) for _ in range(2000)]
    text = " ".join(" ".join(generator.choices(words, k=15)).capitalize() + "." for _ in range(8000))
    assert len(text) > 600_000
    new = "A sentence that was not there. And one more! "
    at = text.index(". ", 150_000) + 2
    edited = text[:at] + new + text[at:]
    before = {span.shifted(len(new) if span.start >= at else 0) for span in sentence_spans(text)}
    assert len(set(sentence_spans(edited)) ^ before) <= 6


@pytest.mark.parametrize(
    ("unit", "size"),
    [
        ("a", 1_000_000),
        ("中", 300_000),
        ("e\u0301", 1_000_000),
        ("👍🏽", 100_000),
        ("…", 100_000),
        ("ab\x00", 100_000),
        ("https://example.com/path?", 100_000),
    ],
    ids=["latin", "chinese", "combining", "emoji", "punctuation", "nul", "address"],
)
def test_a_megabyte_without_blanks_is_cut_to_fit(unit: str, size: int, bundled_counts: TokenCounts) -> None:
    """A text that has no place to cut is cut anyway, and stays exact."""
    text = unit * (size // len(unit.encode()))
    read = Document("x", "text/plain", "utf-8", text, None, (), _one_block(text))
    chunks = chunk_document(read, bundled_counts, 256)
    assert_sound(read, chunks, bundled_counts, 256)
    assert len(chunks) > 1


def _one_block(text: str) -> tuple[Block, ...]:
    return (Block(BlockKind.PARAGRAPH, Span(0, len(text))),)


def test_blocks_that_fit_stay_whole() -> None:
    """A list, a fenced block and a paragraph that fit are not cut in two."""
    code = "```python\nfor x in y:\n\n    print(x)\n```"
    items = "- one apple\n- two pears\n- three plums"
    text = f"# Title\n\n{'Some words here. ' * 12}\n\n{code}\n\n{'More words here. ' * 12}\n\n{items}\n"
    chunks = chunk_document(document(text, "text/markdown"), HashedEncoder().token_counts, 64)
    assert len(chunks) > 2
    for whole in (code, items):
        assert any(whole in chunk.text for chunk in chunks)


def test_a_heading_stays_with_what_follows_it() -> None:
    """No passage ends in a heading whose section comes after it."""
    sections = [f"## Part {n}\n\n{'Plain words of that part. ' * 8}\n" for n in range(6)]
    chunks = chunk_document(
        document("# Book\n\n" + "\n".join(sections), "text/markdown"), HashedEncoder().token_counts, 64
    )
    assert len(chunks) >= 6
    for chunk in chunks:
        assert not chunk.text.splitlines()[-1].startswith("#")


def test_long_paragraphs_are_cut_between_sentences() -> None:
    """Where a paragraph has to be cut, every passage starts with a sentence."""
    text = " ".join(f"Sentence number {n} says something about roofs." for n in range(60))
    chunks = chunk_document(document(text), HashedEncoder().token_counts, 64)
    assert len(chunks) > 3
    assert all(chunk.text.startswith("Sentence") and chunk.text.endswith(".") for chunk in chunks)


SENTENCE_IN = {
    "English": "The old library stands behind the church, and its roof was repaired in the summer of 1987. ",
    "Russian": "Старая библиотека стоит за церковью, и крыша её была отремонтирована летом 1987 года. ",
    "Greek": "Η παλιά βιβλιοθήκη βρίσκεται πίσω από την εκκλησία και η στέγη της επισκευάστηκε το 1987. ",
    "Hindi": "पुराना पुस्तकालय चर्च के पीछे है और उसकी छत की मरम्मत 1987 की गर्मियों में की गई थी। ",
    "Arabic": "تقع المكتبة القديمة خلف الكنيسة، وقد تم إصلاح سقفها في صيف عام 1987. ",
    "Thai": "ห้องสมุดเก่าตั้งอยู่หลังโบสถ์ของหมู่บ้าน และหลังคาของมันได้รับการซ่อมแซมในฤดูร้อนปีนั้น ",
    "Korean": "오래된 도서관은 교회 뒤에 있으며, 그 지붕은 1987년 여름에 수리되었다. ",
}


@pytest.mark.parametrize("language", SENTENCE_IN)
def test_passages_are_as_much_to_read_in_every_alphabet(language: str, bundled_counts: TokenCounts) -> None:
    """An encoder that spells a language out, or knows none of its words, makes passages neither shorter nor longer."""
    chunks = chunk_document(document(SENTENCE_IN[language] * 60), bundled_counts, 256)
    assert 5 <= mean(len(chunk.text) for chunk in chunks) / len(SENTENCE_IN[language]) <= 10
    if language == "English":
        assert all(count <= 256 for count in bundled_counts([chunk.embedded_text for chunk in chunks]))


def test_a_chunk_carries_its_headings_as_context_and_locator() -> None:
    """The path of headings is embedded with a passage and told by its locator, and is no part of the quote."""
    text = "# Manual\n\nIntro text.\n\n## Roof\n\n### Repairs\n\nIt was repaired in 1987.\n"
    chunks = chunk_document(document(text, "text/markdown"), HashedEncoder().token_counts, 32)
    last = chunks[-1]
    assert last.locator.headings == ("Manual", "Roof", "Repairs")
    assert last.text.endswith("It was repaired in 1987.")
    assert "Manual" in last.context
    assert "Manual" not in last.text
    assert last.embedded_text == f"{last.context}\n{last.text}"


def test_an_endless_title_leaves_room_for_the_passage() -> None:
    """Title and headings are shortened rather than pushing the passage over the limit."""
    counts = HashedEncoder().token_counts
    read = document(f"# {'title ' * 5000}\n\n{'body ' * 100}\n", "text/markdown")
    assert_sound(read, chunk_document(read, counts, 32), counts, 32)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_locators_count_lines_by_any_line_end(newline: str) -> None:
    """Lines are counted from 1, whether they end as on Unix, on Windows or on an old Mac."""
    text = newline.join(["Title", "", "First words. " * 12, "second line " * 12, "", "Last words. " * 20])
    chunks = chunk_document(document(text), HashedEncoder().token_counts, 64)
    assert chunks[0].locator.start == 1
    assert chunks[-1].locator.end == 6
    lines = text.split(newline)
    for chunk in chunks:
        cited = newline.join(lines[chunk.locator.start - 1 : chunk.locator.end])
        assert chunk.text in cited


def test_a_blank_document_has_no_chunks() -> None:
    """Nothing is cited of a text that says nothing."""
    for text in ("", " \n\t\r\n ", "\ufeff"):
        assert chunk_document(document(text), HashedEncoder().token_counts, 64) == []


def test_places_of_a_document_become_those_of_its_chunks() -> None:
    """Where a document has pages, a chunk's locator names the first and the last that it stands on, by their labels."""
    text = "Preface words here.\n\nFirst page begins and goes on\n\nto the second page."
    starts = [0, text.index("First"), text.index("to the")]
    places = tuple(
        Place(Span(start, end), number, label)
        for number, (start, end, label) in enumerate(
            zip(starts, [*starts[1:], len(text)], ("iv", "1", "2"), strict=True), start=1
        )
    )
    document = replace(load("a.txt", "text/plain", text.encode()), unit=Unit.PAGES, places=places)
    counts = HashedEncoder(max_tokens=60).token_counts
    assert [chunk.locator for chunk in chunk_document(document, counts, 60)] == [
        Locator(Unit.PAGES, (), 1, 3, "iv", "2")
    ]
    one_each = [chunk.locator for chunk in chunk_document(document, counts, 12)]
    assert one_each[0] == Locator(Unit.PAGES, (), 1, 1, "iv", "iv")
    assert one_each[-1] == Locator(Unit.PAGES, (), 3, 3, "2", "2")
