"""Whether a hyphen at the end of a line belongs to its word: decided by the other words of the document alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

from askdocs.loaders.pdf_letters import END_HYPHEN

_WORD = re.compile(r"[^\W\d_]+")
_COMPOUND = re.compile(r"[^\W\d_]+(?:[-\u2010\u2011][^\W\d_]+)+")
_PARTS = re.compile(r"[-\u2010\u2011]")
_LAST_WORD = re.compile(r"(?:[^\W\d_]+[-\u2010\u2011])*([^\W\d_]+)$")
_PUNCTUATION = ".,;:!?()[]\"'“”‘’"
_WIDE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
_ENDS = (END_HYPHEN, "-", "\u2010", "\u00ad")


class Hyphens:
    """What a document's lines tell of its words."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._words: Counter[str] = Counter()
        self._compounds: set[str] = set()
        self._firsts: set[str] = set()
        self._breaks_words = True
        lines = list(lines)
        broken = [
            _parts(line.casefold(), following.casefold())
            for line, following in pairwise(lines)
            if line.endswith(_ENDS)
        ]  # fmt: skip
        broken = [(first, second) for first, second in broken if first and second]
        if broken:
            self._learn(lines)
            self._words.subtract(second for _, second in broken)
            joined = sum(self._is_word(first + second) for first, second in broken)
            kept = sum(
                not self._is_word(first + second) and self._is_compound(first, second) for first, second in broken
            )
            self._breaks_words = joined >= kept

    def _learn(self, lines: list[str]) -> None:
        """Count the words; a token at a time, as each comes many times."""
        tokens = Counter(" ".join(lines).split())
        for token, count in tokens.items():
            words = token.casefold().strip(_PUNCTUATION)
            if words.isalpha():
                self._words[words] += count
                continue
            for compound in _COMPOUND.findall(words):
                self._compounds.add(compound)
                self._firsts.add(_PARTS.split(compound, maxsplit=1)[0])
            found = _WORD.findall(words)
            if found and token.endswith(_ENDS):
                found.pop()  # a part of a word
            for word in found:
                self._words[word] += count

    def ended(self, line: str, following: str) -> str:
        """`line` as it is written before the `following` one: with a blank after it, with its hyphen, or without."""
        if not line.endswith(_ENDS):
            return line if _WIDE.match(following) and _WIDE.match(line[-1]) else f"{line} "
        stem = line[:-1]
        if line[-1] == "\u00ad":
            return stem
        hyphen = "-" if line[-1] == END_HYPHEN else line[-1]
        first, second = _parts(line.casefold(), following.casefold())
        if not first:
            return f"{stem}{hyphen}" if stem[-1:].isalnum() else f"{stem}{hyphen} "  # P-24, or a dash
        if second and following[0].islower() and not self._keeps(first, second):
            return stem
        return f"{stem}{hyphen}"

    def _keeps(self, first: str, second: str) -> bool:
        if self._is_word(first + second):
            return False
        return self._is_compound(first, second) or not self._breaks_words

    def _is_compound(self, first: str, second: str) -> bool:
        return (
            f"{first}-{second}" in self._compounds
            or (first in self._firsts and self._is_word(second))
            or (self._is_word(first) and self._is_word(second))
        )  # fmt: skip

    def _is_word(self, word: str) -> bool:
        return self._words[word] > 0


def _parts(line: str, following: str) -> tuple[str, str]:
    """The parts of the word that is broken between two lines."""
    first, second = _LAST_WORD.search(line[:-1]), _WORD.match(following)
    return first[1] if first else "", second[0] if second else ""
