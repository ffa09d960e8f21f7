"""Tokens counted, and made, word by word are the tokens that the tokenizer makes."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from askdocs.encoding import token_counter
from askdocs.encoding.token_counter import TokenCounter, Tokens
from tests.support import bundled_model_folder

BERT = Tokenizer.from_file(str(bundled_model_folder() / "tokenizer.json"))
BERT.no_truncation()
BERT.no_padding()
COUNTER = TokenCounter(Tokenizer.from_str(BERT.to_str()))
TEXTS = ["The roof of the old library was repaired in 1987.", "two  blanks", " edges\n", "", "naïve café\u0301 \u0301x"]
ODD = ["a\x1cb \x1d c\u200bd\u2028e\u00a0f\tg\r\nh", "[CLS] [MASK]x x[SEP]", "東京 タワー", "x" * 300, "ß ΣΑΣ. İ"]


def made(tokens: Tokens) -> tuple[list[int], list[int], list[tuple[int, int]]]:
    return tokens.ids.tolist(), tokens.type_ids.tolist(), [(start, end) for start, end in tokens.offsets.tolist()]


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=80), max_size=5))
@example(TEXTS)
@example(ODD)
def test_tokens_are_those_of_the_tokenizer(texts: list[str]) -> None:
    """Blanks of every kind, control characters, accents and special tokens change no count, id or place."""
    encodings = [BERT.encode(text) for text in texts]
    assert COUNTER.counts(texts) == [len(encoding) for encoding in encodings]
    expected = [(encoding.ids, encoding.type_ids, encoding.offsets) for encoding in encodings]
    assert list(map(made, COUNTER.tokens(texts))) == expected


def test_a_frame_of_any_kind_is_kept() -> None:
    """Special tokens on one side only, several, or none stand where the tokenizer puts them; types are its own."""
    for frame in ("[CLS] [CLS] $A", "$A [SEP]", "$A", "[CLS]:1 $A:1 [SEP]:1"):
        tokenizer = Tokenizer.from_str(BERT.to_str())
        tokenizer.post_processor = processors.TemplateProcessing(
            single=frame, special_tokens=[("[CLS]", 101), ("[SEP]", 102)]
        )
        expected = tokenizer.encode_batch(TEXTS)
        found = TokenCounter(tokenizer).tokens(TEXTS)
        assert [made(tokens) for tokens in found] == [(e.ids, e.type_ids, e.offsets) for e in expected]


def test_a_tokenizer_that_looks_past_blanks_is_run_on_whole_texts() -> None:
    """A model that has a token for two words with their blank counts it as one."""
    tokenizer = Tokenizer(models.Unigram([("<unk>", -1.0), ("a", -1.0), (" ", -1.0), ("a a", -0.1)], unk_id=0))
    counter = TokenCounter(tokenizer)
    assert counter.counts(["a a", "aa"]) == [1, 2]
    assert list(map(made, counter.tokens(["a a", "aa"]))) == [([3], [0], [(0, 3)]), ([1, 1], [0, 0], [(0, 1), (1, 2)])]


def test_a_token_that_holds_a_blank_is_counted_once() -> None:
    """A tokenizer of BERT's kind to which such a token was added is run on whole texts too."""
    tokenizer = Tokenizer(models.WordPiece({"[UNK]": 0, "a": 1, "b": 2}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    assert TokenCounter(Tokenizer.from_str(tokenizer.to_str())).counts(["a b"]) == [2]
    tokenizer.add_tokens(["a b"])
    assert TokenCounter(tokenizer).counts(["a b", "b a"]) == [1, 2]


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Past its limit the memory starts anew, and the counts stay right."""
    monkeypatch.setattr(token_counter, "_MOST_WORDS", 3)
    counter = TokenCounter(Tokenizer.from_str(BERT.to_str()))
    for _ in range(3):
        assert counter.counts(TEXTS) == [len(BERT.encode(text)) for text in TEXTS]
        assert [tokens.ids.tolist() for tokens in counter.tokens(TEXTS)] == [BERT.encode(text).ids for text in TEXTS]
