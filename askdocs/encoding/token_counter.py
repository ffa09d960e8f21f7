"""A model's tokens counted and made, far quicker than by tokenizing where words are tokenized one by one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from struct import calcsize
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Integers: TypeAlias = NDArray[np.int64]

_BATCH = 256
"""Texts looked at together; it bounds memory and not speed."""

_MOST_WORDS = 200_000
_LONGEST_WORD = 40
"""Characters; what is longer hardly comes twice and is not remembered."""

_TOKEN_BYTES = 3 * calcsize("i")
"""Of a word each token is remembered by its id and by the characters of the word from which and to which it goes."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a text, special ones included: ids, types, and the characters that each stands for, shape (n, 2).

    Special tokens stand for none.
    """

    ids: Integers
    type_ids: Integers
    offsets: Integers

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def of(cls, encoding: Any) -> Tokens:
        """Those of a `tokenizers.Encoding` that has them."""
        import numpy as np

        ids, type_ids = np.array([encoding.ids, encoding.type_ids], np.int64)
        return cls(ids, type_ids, np.array(encoding.offsets, np.int64).reshape(-1, 2))


class TokenCounter:
    """Counts tokens exactly as `tokenizer` makes them, and makes them; safe to call from several threads.

    A tokenizer of BERT's kind splits at blanks first, so that a text has its words' tokens. Words come again and
    again: the tokens of those that were seen are remembered. Other tokenizers are simply run.
    """

    def __init__(self, tokenizer: Any) -> None:
        """Take over `tokenizer`, a `tokenizers.Tokenizer` of the caller's own."""
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._tokenizer = tokenizer
        self._before, self._after = _frame(tokenizer)
        self._by_words = _splits_at_blanks(json.loads(tokenizer.to_str())) and not any(tokenizer.encode("a").type_ids)
        self._counts: dict[str, int] = {}
        self._tokens: dict[str, bytes] = {}

    def counts(self, texts: Sequence[str]) -> list[int]:
        """The tokens of each text, with the special ones that frame it."""
        counts: list[int] = []
        frame = len(self._before) + len(self._after)
        for start in range(0, len(texts), _BATCH):
            batch = texts[start : start + _BATCH]
            if self._by_words:
                rows, known = _words(batch), self._counts
                if found := self._found(rows, known):
                    known = {
                        word: _count(found[word]) if word in found else known[word] for row in rows for word in row
                    }
                counts += [frame + sum(map(known.__getitem__, row)) for row in rows]
            else:
                counts += map(len, self._tokenizer.encode_batch_fast(batch))
        return counts

    def tokens(self, texts: Sequence[str]) -> list[Tokens]:
        """The tokens of each text."""
        if not self._by_words:
            return list(map(Tokens.of, self._tokenizer.encode_batch(texts)))
        rows, known = _words(texts), self._tokens
        if found := self._found(rows, known):
            known = {word: found[word] if word in found else known[word] for row in rows for word in row}
        return [self._joined(row, known) for row in rows]

    def _joined(self, words: Sequence[str], known: Mapping[str, bytes]) -> Tokens:
        import numpy as np

        parts = [known[word] for word in words]
        tokens = np.frombuffer(b"".join(parts), np.intc).reshape(-1, 3)
        counts = np.fromiter(map(len, parts), np.int64, len(parts)) // _TOKEN_BYTES
        first, last = len(self._before), len(self._before) + len(tokens)
        ids = np.zeros(last + len(self._after), np.int64)
        ids[:first], ids[first:last], ids[last:] = self._before, tokens[:, 0], self._after
        offsets = np.zeros((len(ids), 2), np.int64)
        offsets[first:last] = tokens[:, 1:] + np.repeat(_starts(words), counts)[:, None]
        return Tokens(ids, np.zeros_like(ids), offsets)

    def _found(self, rows: Sequence[Sequence[str]], known: Mapping[str, object]) -> dict[str, bytes]:
        """The tokens of the words in `rows` that aren't `known`, which from now on are, but for long ones."""
        if all(map(known.__contains__, chain.from_iterable(rows))):
            return {}
        new = list(set(chain.from_iterable(rows)).difference(known))
        found = dict(zip(new, self._made(new), strict=True))
        if len(self._tokens) > _MOST_WORDS:
            self._counts, self._tokens = {}, {}  # other ones, as other threads may be reading the old
        short = {word: tokens for word, tokens in found.items() if len(word) <= _LONGEST_WORD}
        self._counts.update({word: _count(tokens) for word, tokens in short.items()})
        self._tokens.update(short)
        return found

    def _made(self, words: Sequence[str]) -> Iterator[bytes]:
        """The tokens of each of `words`, made of all together, which is quicker than one by one."""
        import numpy as np

        (encoding,) = self._tokenizer.encode_batch([" ".join(words)], add_special_tokens=False)
        starts = _starts(words)
        offsets = np.array(encoding.offsets, np.int64).reshape(-1, 2)
        words_of = np.searchsorted(starts, offsets[:, 1] - 1, "right") - 1
        tokens = np.column_stack([encoding.ids, offsets - starts[words_of, None]]).astype(np.intc)
        bounds = np.searchsorted(words_of, np.arange(len(words) + 1))
        return (tokens[first:last].tobytes() for first, last in pairwise(bounds))


def _count(tokens: bytes) -> int:
    return len(tokens) // _TOKEN_BYTES


def _words(texts: Sequence[str]) -> list[list[str]]:
    # Only these two: what else is blank is for the tokenizer to say.
    return [text.replace("\n", " ").split(" ") for text in texts]


def _starts(words: Sequence[str]) -> Integers:
    """Where each of `words` begins in the text that they make, with a blank between two."""
    import numpy as np

    lengths = np.fromiter(map(len, words), np.int64, len(words)) + 1
    starts: Integers = lengths.cumsum() - lengths
    return starts


def _frame(tokenizer: Any) -> tuple[list[int], list[int]]:
    """The special tokens before and after those of a text."""
    encoding = tokenizer.encode("a")
    own = [at for at, is_special in enumerate(encoding.special_tokens_mask) if not is_special]
    return (encoding.ids[: own[0]], encoding.ids[own[-1] + 1 :]) if own else (encoding.ids, [])


def _splits_at_blanks(description: dict[str, Any]) -> bool:
    """Whether the tokenizer so described, by its tokenizer.json, never looks past a blank."""
    kinds = [(description.get(part) or {}).get("type") for part in ("normalizer", "pre_tokenizer", "model")]
    whole = [token["content"] for token in description.get("added_tokens", ())]
    return (
        kinds[0] in (None, "BertNormalizer")
        and kinds[1:] == ["BertPreTokenizer", "WordPiece"]
        and not any(" " in token or "\n" in token for token in whole)
    )
