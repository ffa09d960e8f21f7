"""Packing: every piece in one passage, in order, none too long, and boundaries that an edit far off doesn't move."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from statistics import mean, median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askdocs.chunking.chunker import TokenCounts, chunk_document
from askdocs.chunking.packing import ANCHOR_REACH, TARGET_TOKENS, Piece, _anchors, packed
from askdocs.loaders import load
from askdocs.types import Span
from tests.fakes import HashedEncoder
from tests.support import PROJECT

EVALUATION_TEXTS = PROJECT.parent / "shared" / "eval" / "chroma_chunking_eval" / "corpus.jsonl"
LIMIT = 230
MAX_TOKENS = 256


def pieces_of(*sizes: int, seed: int = 0, depth: int = 0) -> list[Piece]:
    """Pieces of so many tokens and characters in a row, a character apart."""
    generator = random.Random(seed)
    starts = accumulate((size + 1 for size in sizes), initial=0)
    return [
        Piece(Span(start, start + size), size, depth, generator.getrandbits(32), is_heading=False)
        for start, size in zip(starts, sizes, strict=False)
    ]


PIECES = st.lists(
    st.tuples(st.integers(1, 190), st.integers(0, 3), st.integers(0, 2**32 - 1), st.booleans()), min_size=1, max_size=60
).map(
    lambda rows: [
        Piece(laid.span, laid.tokens, depth, fingerprint, is_heading)
        for laid, (_, depth, fingerprint, is_heading) in zip(pieces_of(*(row[0] for row in rows)), rows, strict=True)
    ]
)


@given(PIECES, st.integers(10, LIMIT))
def test_passages_hold_every_piece_once_and_stay_short(pieces: list[Piece], limit: int) -> None:
    """Passages leave no piece out, end in no heading that has a text, and are short but for what stays together."""
    groups = [
        [piece for piece in pieces if span.start <= piece.span.start < span.end] for span in packed(pieces, limit)
    ]
    assert [piece for group in groups for piece in group] == pieces
    assert not any(group[-1].is_heading for group in groups[:-1])
    for group in groups:
        bodies = [piece for piece in group if not piece.is_heading]
        assert sum(piece.tokens for piece in group) <= limit or len(bodies) < 2 or len(bodies) < len(group)


@given(st.integers(0, 2**32), st.integers(0, 3), st.integers(0, 5), st.sampled_from([(88, 88), (25, 25), (8, 190)]))
def test_an_edit_is_not_felt_beyond_the_next_anchors(seed: int, gone: int, new: int, sizes: tuple[int, int]) -> None:
    """What lies beyond an anchor that an edit can't reach is divided as before, be the pieces of one size or not."""
    generator = random.Random(seed)
    pieces = pieces_of(*(generator.randint(*sizes) for _ in range(300)), seed=seed)
    first = generator.randrange(300 - gone)
    inserted = pieces_of(*(generator.randint(*sizes) for _ in range(new)), seed=seed + 1)
    edited = laid_out([*pieces[:first], *inserted, *pieces[first + gone :]])
    starts = [0, *accumulate(piece.tokens for piece in pieces)]
    reach = ANCHOR_REACH * TARGET_TOKENS
    anchors = _anchors(pieces, reach)
    left = max((at for at in anchors if starts[at] <= starts[first] - reach), default=0)
    right = min((at for at in anchors if starts[at] >= starts[first + gone] + reach), default=len(pieces))
    kept = set(contents(edited))
    assert {*contents(pieces[:left]), *contents(pieces[right:])} <= kept
    assert {*contents(pieces)} <= kept | {*contents(pieces[left:right])}


def laid_out(pieces: Sequence[Piece]) -> list[Piece]:
    """`pieces` with spans in a row again."""
    spans = (piece.span for piece in pieces_of(*(piece.tokens for piece in pieces)))
    return [Piece(span, p.tokens, p.depth, p.fingerprint, p.is_heading) for span, p in zip(spans, pieces, strict=True)]


def contents(pieces: Sequence[Piece]) -> list[tuple[int, ...]]:
    """The fingerprints in each passage."""
    return [
        tuple(piece.fingerprint for piece in pieces if span.start <= piece.span.start < span.end)
        for span in packed(pieces, LIMIT)
    ]


def test_a_long_section_is_divided_evenly() -> None:
    """The passages of a long section are near the target, with no scrap among them."""
    generator = random.Random(3)
    pieces = pieces_of(*(generator.randint(10, 80) for _ in range(3000)))
    tokens = {piece.fingerprint: piece.tokens for piece in pieces}
    sizes = [sum(map(tokens.__getitem__, content)) for content in contents(pieces)]
    assert 0.9 * TARGET_TOKENS < mean(sizes) < 1.15 * TARGET_TOKENS
    assert min(sizes) > TARGET_TOKENS // 2


def test_blocks_are_parted_rather_than_sentences() -> None:
    """Where it costs little in length a passage ends with a block, not in it."""
    sizes = [30, 40, 25, 35, 45, 30] * 50
    blocks = [0, 1, 1, 0, 1, 0] * 50
    pieces = [
        Piece(piece.span, piece.tokens, depth, piece.fingerprint, is_heading=False)
        for piece, depth in zip(pieces_of(*sizes), blocks, strict=True)
    ]
    begun = {content[0] for content in contents(pieces)}
    at_blocks = sum(piece.fingerprint in begun for piece in pieces if not piece.depth)
    assert at_blocks > 0.9 * len(begun)


# Edits of real and made texts


def long_text(seed: int, paragraphs: int, between: str = "\n\n") -> str:
    """So many paragraphs of one to eight sentences of made words."""
    generator = random.Random(seed)
    words = ["".join(generator.choices("aeioulnrst", k=generator.randint(2, 9))) for _ in range(3000)]
    return between.join(
        " ".join(
            " ".join(generator.choices(words, k=generator.randint(4, 30))).capitalize() + "."
            for _ in range(generator.randint(1, 8))
        )
        for _ in range(paragraphs)
    )


def edited(text: str, seed: int) -> str:
    """`text` with a paragraph or sentence put in, taken out or changed at a place of chance."""
    generator = random.Random(seed)
    mark = "\n\n" if "\n\n" in text else ". "
    parts = text.split(mark)
    at = generator.randrange(1, len(parts) - 1)
    new = f"Seldom was {seed} anything so new, and {generator.random()} wiser. It was put in here"
    match seed % 3:
        case 0:
            parts[at:at] = [new]
        case 1:
            del parts[at]
        case _:
            parts[at] += f" {new}"
    return mark.join(parts)


def changed_passages(text: str, seeds: Sequence[int], counts: TokenCounts, kind: str = "text/plain") -> list[int]:
    """How many passages have to be embedded anew after each of these edits of `text`, the fewest first."""

    def embedded(content: str) -> Counter[str]:
        chunks = chunk_document(load("test", kind, content.encode()), counts, MAX_TOKENS)
        return Counter(chunk.embedded_text for chunk in chunks)

    before = embedded(text)
    assert before.total() > 10
    return sorted((embedded(edited(text, seed)) - before).total() for seed in seeds)


LONG_TEXTS = {
    "paragraphs": lambda: long_text(1, 3800),
    "one block": lambda: long_text(2, 3800, " "),
    "even paragraphs": lambda: "\n\n".join(f"{'So it says in the book of years. ' * 11}{n}" for n in range(4000)),
}


@pytest.mark.parametrize("kind", LONG_TEXTS)
def test_an_edit_of_a_thousand_pages_changes_a_handful_of_passages(kind: str) -> None:
    """Wherever a paragraph or a sentence comes, goes or changes: at most 6 passages as a rule, 15 at worst."""
    changed = changed_passages(LONG_TEXTS[kind](), range(3), HashedEncoder().token_counts)
    assert median(changed) <= 6
    assert changed[-1] <= 15


@pytest.mark.slow
@pytest.mark.parametrize("kind", LONG_TEXTS)
def test_many_edits_of_a_thousand_pages_change_a_handful_of_passages(kind: str) -> None:
    """The same is true of a hundred edits."""
    changed = changed_passages(LONG_TEXTS[kind](), range(100), HashedEncoder().token_counts)
    assert median(changed) <= 6
    assert changed[94] <= 12
    assert changed[-1] <= 20


@pytest.mark.skipif(not EVALUATION_TEXTS.exists(), reason="../shared/eval/chroma_chunking_eval is not here")
@pytest.mark.parametrize("number", range(5))
def test_an_edit_of_a_real_text_changes_a_handful_of_passages(number: int) -> None:
    """The same holds of what people wrote: a speech, reports, articles, abstracts, and records of chats."""
    with EVALUATION_TEXTS.open(encoding="utf-8") as lines:
        text = [json.loads(line)["text"] for line in lines][number]
    changed = changed_passages(text, range(6), HashedEncoder().token_counts)
    assert median(changed) <= 6
    assert changed[-1] <= 15


def test_a_shift_in_a_text_without_blanks_is_felt_nearby() -> None:
    """Where nothing but characters can be parted, what follows an insertion is parted as before."""
    generator = random.Random(5)
    blob = "".join(generator.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=400_000))
    at = generator.randrange(100_000, 300_000)
    counts = HashedEncoder().token_counts

    def embedded(text: str) -> Counter[str]:
        chunks = chunk_document(load("test", "text/plain", text.encode()), counts, MAX_TOKENS)
        return Counter(chunk.embedded_text for chunk in chunks)

    before = embedded(blob)
    assert (embedded(blob[:at] + "putinhere" + blob[at:]) - before).total() < before.total() // 20
