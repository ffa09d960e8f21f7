"""A follow-up question is made to stand alone with words of the conversation before it; nothing is invented.

The rules are few and cautious: a question that stands alone is left as it is. They know English; in another language a
question is searched for as it was asked. `python -m benchmarks.conversations` measures them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from askdocs.types import Answer, Verdict

_WORD = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
_NUMBER = re.compile(r"\d[\d.,:/-]*")
_OPENING = re.compile(r"\s*(?:and|but|or|so|then|also)\b[\s,]*", re.IGNORECASE)
_ABOUT = re.compile(r"\s*(?:what about|how about|what of|same for)\b", re.IGNORECASE)
_CLOSING = re.compile(r"\b(?:there|too|as well|instead)\s*\?*\s*$", re.IGNORECASE)
_DUMMY_IT = re.compile(  # "is it possible for a tenant to ...", "how long does it take to ..."
    r"\b(?:is|was|be|it)\s+(?:it|is|was)\s+(?!able\b|going\b|due\b|similar\b|close\b|related\b|used\b)(?:\w+\s+){1,2}"
    r"(?:for\s+(?:\S+\s+){1,12})?(?:to|that|if)\b|\bit\s+(?:takes?|costs?|means?)\s+(?:for\s+(?:\S+\s+){1,12})?to\b",
    re.IGNORECASE,
)
_DEICTIC = re.compile(r"\bth(?:is|ese)\s+(?:year|month|week|morning|evening|time|days?|season)\b", re.IGNORECASE)
_TOKEN = re.compile(r"[^\W_]+|[,;:!?.]")  # "it's" is "it", "s"
_SUBJECTS = frozenset(["he", "she", "they"])
_OBJECTS = frozenset(["him", "them"])
_POINTING_WORDS = """
he him his she her hers it its they them their theirs this that these those himself herself itself themselves ones
"""
_AUXILIARY_WORDS = """
am are can could did do does had has have is may might must shall should was were will would
"""
_FUNCTION_WORDS = """
a about after all also an and any as at be because been before being but by doing during each for from having how i if
in into just like long many me more most much my no nor not of off on or our out over own please same so some such tell
than the then there through to too under until up us very we what when where which while who whom whose why with you
your s re d ll ve describe explain compare list show give name happen happens happened know
"""
_RELATION_WORDS = """
advantage alternative application author background benefit cause characteristic component condition consequence
definition detail difference disadvantage drawback effect example exception feature finding history impact implication
importance kind limitation meaning outcome part purpose reason relationship result risk role significance similarities
source symptom theme type use
"""
_MODIFIER_WORDS = """
basic best biggest common different famous good greatest important key known largest likely main major other possible
potential side significant similar specific typical usual
"""
_ASKING_WORDS = """
how what when where which who whom whose why
"""
_BORDER_WORDS = """
although and because but how if once or that though unless until what when where which while who whom whose why
, ; : ! ? .
"""
_POINTING = frozenset(_POINTING_WORDS.split())
_AUXILIARIES = frozenset(_AUXILIARY_WORDS.split())
_ASKING = frozenset(_ASKING_WORDS.split()) | _AUXILIARIES
_BORDERS = frozenset(_BORDER_WORDS.split())
_EMPTY = frozenset(_FUNCTION_WORDS.split()) | _POINTING | _AUXILIARIES
_RELATIONS = frozenset(_RELATION_WORDS.split())
_MODIFIERS = frozenset(_MODIFIER_WORDS.split())
_PREPOSITIONS = frozenset(["about", "at", "by", "during", "for", "from", "in", "of", "on", "to", "under"])
_MOST_BORROWED = 8
_ENOUGH, _PLENTY = 2, 5
"""Content words besides numbers of a question that begins with "and" and needs no others all the same."""
_FEW = 2
"""Content words of a clause that can't yet be both what is asked and whom a pronoun stands for."""


def stand_alone(question: str, earlier: Sequence[Answer]) -> str:
    """`question` with what it leans on from the `earlier` answers of the conversation, oldest first, added to it.

    The question itself if it stands alone, or nothing was asked before.
    """
    if not earlier or not leans(question):
        return question
    borrowed = _borrowed(question, earlier[-1])
    own = {word.lower() for word in _WORD.findall(question)}
    if any(map(_NUMBER.fullmatch, own)):  # "and in 2020?" asks of another year
        borrowed = [word for word in borrowed if not _NUMBER.fullmatch(word)]
    added = [word for word in dict.fromkeys(borrowed) if word.lower() not in own][:_MOST_BORROWED]
    return f"{question.strip()} ({' '.join(added)})" if added else question


def _borrowed(question: str, before: Answer) -> list[str]:
    """The words that a question may lean on, those that matter most first.

    A pronoun stands for something named, as a rule by a name: the other words of the question before would lead back
    to the passage that answered that. Where there is no name, or the question goes on ("and in 2020?", "why?"), all its
    words count, and where the answer was found the names in its sentences.
    """
    words = _content_words(before.standalone_question)
    points = _has_pronoun(question)
    if not _content_words(question) or (_goes_on(question) and not points):
        return words
    names = [word for word in words if word[0].isupper()]
    if names or not points or before.verdict is not Verdict.FOUND or not before.citations:
        return names or words
    citation = before.citations[0]
    return words + _names(" ".join(span.of(citation.quote) for span in citation.lit))


def leans(question: str) -> bool:
    """Whether the question needs something said before: it goes on ("and ..."), or points at what it doesn't name."""
    return _goes_on(question) or _has_pronoun(question) or _is_relation(question) or not _content_words(question)


def _goes_on(question: str) -> bool:
    """Whether the question takes up the one before: not if a whole question of its own follows on "and"."""
    opening = _OPENING.match(question)
    rest = question[opening.end() :] if opening else question
    if _ABOUT.match(rest) or _CLOSING.search(rest):
        return True
    return opening is not None and not _is_whole(rest)


def _is_whole(question: str) -> bool:
    """Whether it has a question word or an auxiliary in front, a verb, and enough to look for, or at least plenty."""
    words = [word.lower() for word in _WORD.findall(question)]
    content = [word.lower() for word in _content_words(question) if not _NUMBER.fullmatch(word)]
    asks = not _ASKING.isdisjoint(words[:2])  # "in which year ..."
    says = not _AUXILIARIES.isdisjoint(words) or words[1:2] == content[:1]  # "who repaired ..."
    return (asks and says and len(content) >= _ENOUGH) or len(content) >= _PLENTY


def _is_relation(question: str) -> bool:
    """Whether all that is asked for belongs to something that isn't named: "What are the main advantages?"."""
    words = {word.lower() for word in _content_words(question)} - _MODIFIERS
    return len(words) == 1 and bool(_RELATIONS & {word.removesuffix("s") for word in words} | _RELATIONS & words)


def _has_pronoun(question: str) -> bool:
    """Whether a pronoun has nothing in the question that it could stand for."""
    tokens = _TOKEN.findall(_DEICTIC.sub(" ", _DUMMY_IT.sub(" ", question)))
    words = ["", *(token.lower() for token in tokens), ""]
    before: list[str] = []  # content words of the clauses before, and of this one
    here: list[str] = []
    for token, (previous, word, following) in zip(tokens, zip(words, words[1:], words[2:], strict=False), strict=True):
        is_pronoun = word in _POINTING and (len(word) == 1 or not token.isupper())  # IT and ITS are names
        if is_pronoun and not before and _points(word, previous, following, here):
            return True
        if word in _BORDERS:
            before, here = before + here, []
        elif word not in _EMPTY:
            here.append(token)
    return False


def _points(word: str, previous: str, following: str, here: Sequence[str]) -> bool:
    """Whether a pronoun can't stand for one of the content words `here`, those before it in its own clause."""
    if not here:
        return True
    if word == "ones":
        return len(here) <= _FEW
    if word in {"this", "these"}:
        return True
    if word in {"that", "those"}:  # "in that war", but not "the law that ..."
        return previous in _PREPOSITIONS and following not in _BORDERS
    goes_on = following != "" and following not in _EMPTY | _BORDERS
    if word in _SUBJECTS or (word == "it" and (goes_on or following in _AUXILIARIES or following == "s")):
        return previous in _AUXILIARIES
    if word in _OBJECTS or word == "it" or (word == "her" and not goes_on):  # "what did he take with him?"
        return previous != "with" or len(here) < _FEW
    return previous in _PREPOSITIONS and len(here) < _FEW and here[0].islower()


def _content_words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text) if re.split("['’]", word.lower())[0] not in _EMPTY]


def _names(text: str) -> list[str]:
    """Words written with a capital that don't begin a sentence: names, as a rule."""
    words = _WORD.findall(text)
    return [word for word in words[1:] if word[0].isupper() and word.lower() not in _EMPTY]
