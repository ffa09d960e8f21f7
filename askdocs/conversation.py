"""A follow-up question is made to stand alone with words of the conversation before it; nothing is invented.

The rules are few and cautious: a question that stands alone is left as it is. They know English; in another language a
question is searched for as it was asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from askdocs.types import Answer, Verdict

_WORD = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
_NUMBER = re.compile(r"\d[\d.,:/-]*")
_OPENING = re.compile(
    r"\s*(?:and|but|or|so|then|also|what about|how about|what of|same for|why(?: not)?\s*\?*$|how(?: so)?\s*\?*$)\b",
    re.IGNORECASE,
)
_CLOSING = re.compile(r"\b(?:there|too|as well|instead)\s*\?*\s*$", re.IGNORECASE)
_DUMMY_IT = re.compile(r"\bit\s+(?:\w+\s+){1,3}(?:to|for|that|if)\b", re.IGNORECASE)  # "is it possible to ..."
_PRONOUNS = """
he him his she her hers it its they them their theirs this that these those himself herself itself themselves
"""
_FUNCTION_WORDS = """
a about after all also am an and any are as at be because been before being but by can could did do does doing during
each for from had has have having how i if in into is just like long many may me might more most much must my no nor
not of off on or our out over own please same shall should so some such tell than the then there through to too under
until up us very was we were what when where which while who whom whose why will with would you your
"""
_POINTING = frozenset(_PRONOUNS.split())
_EMPTY = frozenset(_FUNCTION_WORDS.split()) | _POINTING
_MOST_BORROWED = 8


def stand_alone(question: str, earlier: Sequence[Answer]) -> str:
    """`question` with what it leans on from the `earlier` answers of the conversation, oldest first, added to it.

    The question itself if it stands alone, or nothing was asked before.
    """
    if not earlier or not leans(question):
        return question
    before = earlier[-1]
    borrowed = _content_words(before.standalone_question)
    if before.verdict is Verdict.FOUND and before.citations and _has_pronoun(question):
        citation = before.citations[0]
        lit = " ".join(span.shifted(-citation.span.start).of(citation.quote) for span in citation.evidence)
        borrowed += _names(lit)
    own = {word.lower() for word in _WORD.findall(question)}
    if any(map(_NUMBER.fullmatch, own)):  # "and in 2020?" asks of another year
        borrowed = [word for word in borrowed if not _NUMBER.fullmatch(word)]
    added = [word for word in dict.fromkeys(borrowed) if word.lower() not in own][:_MOST_BORROWED]
    return f"{question.strip()} ({' '.join(added)})" if added else question


def leans(question: str) -> bool:
    """Whether the question needs something said before: it goes on ("and ..."), or points at what it doesn't name."""
    goes_on = _OPENING.match(question) or _CLOSING.search(question)
    return bool(goes_on) or _has_pronoun(question) or not _content_words(question)


def _has_pronoun(question: str) -> bool:
    """Whether a pronoun comes before anything in the question that it could stand for."""
    named = 0
    for word in _WORD.findall(_DUMMY_IT.sub(" ", question)):
        if word.lower() in _POINTING and (len(word) == 1 or not word.isupper()):  # IT and ITS are names
            return named == 0
        named += word.lower() not in _EMPTY
    return False


def _content_words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text) if word.lower() not in _EMPTY]


def _names(text: str) -> list[str]:
    """Words written with a capital that don't begin a sentence: names, as a rule."""
    words = _WORD.findall(text)
    return [word for word in words[1:] if word[0].isupper() and word.lower() not in _EMPTY]
