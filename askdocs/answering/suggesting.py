"""Questions to begin with, made of what documents say themselves: few and plain, rather none than an odd one.

A question that stands in a document as a heading, or alone on a line, is taken as it is. Else a sentence is turned
into the question that it answers, where its form leaves no doubt about how that reads ("The roof was repaired in 2019"
-> "When was the roof repaired?"). Only English sentences have such forms; questions are taken in any language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from askdocs.types import Chunk

READ = 400
"""Passages that are looked at."""

_FEWEST_WORDS, _MOST_WORDS = 4, 14
_LONGEST = 90
_SHORTEST_UNSPACED = 8  # in scripts that put no spaces between words
_GOING_ON = ("and", "but", "or", "so", "if", "really", "right", "otherwise", "found", "somebody")
_SHORTEST_REPLY = 40
_QUESTION = re.compile(
    r"(?:[-*#>\s]|Q[:.]|\d+(?:\.\d+)*[.)]?\s)*(?P<text>¿?\w[^?？؟|<>{}\[\]*_:;=()]{3,90}[?？؟])[*_#\s]*"
)
_SENTENCE = re.compile(r"(?:\A|(?<=\n\n)|(?<=[.!?]\s))[A-Z][^.!?\n]{3,160}(?:\n[^.!?\n]{1,160})?[.]")
_SUBJECT = r"(?P<subject>(?:The|An?|Our|Your) (?:[\w’'-]+ ){1,5}|(?:[A-Z][\w’'-]+ ){1,4})"
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_WHEN = re.compile(
    rf"{_SUBJECT}(?P<verb>was|were) (?:first )?"
    r"(?!(?:interest|bas|locat|situat|involv|us|suppos|requir|allow|need|expect|report|call|nam|consider|estimat|limit)ed\b)"
    r"(?P<done>[a-z]+ed|built|founded|written|made|born|sold|bought|begun|held|laid|sent|won|lost|given|drawn|taken)"
    rf"(?: \w+){{0,4}}? (?:in|on|since) (?:(?:early|late) )?(?:\d{{1,2}} )?(?:(?:{_MONTHS})\b|1\d{{3}}\b|20\d\d\b)"
)
_WHAT = re.compile(
    r"(?P<subject>(?:An? )(?:[\w’'-]+ ){1,3}|"
    r"(?!The |Our |Your )(?:[A-Z][\w’'-]+ )(?:[a-z][\w’'-]+ )?|[A-Z]{2,8} )is (?:an?|the) "
    r"(?:[\w’'-]+ ){0,2}(?:process|method|way|system|set|collection|type|kind|form|tool|language|program|protocol|"
    r"technique|document|contract|agreement|clause|disease|condition|device|measure|unit|law|rule|standard|format|"
    r"library|framework|service|organi[sz]ation|instrument|material|substance|machine|practice|principle|theory|"
    r"procedure|permit|certificate|fee|tax|plan|period|rock|plant|animal|mineral|dish|game|sport)\b"
)
_POINTING = re.compile(r"\b(?:it|its|they|them|this|that|these|those|here|above|below|going on)\b", re.IGNORECASE)
_VAGUE = re.compile(
    r"\b(?:this|that|these|those|it|he|she|they|we|you|i|there|here|what|which|who|one|each|such|both|all|some|any|none|"
    r"another|others?|same|following|former|latter|first|second|third|next|last|results?|reason|problem|idea|point|"
    r"answer|question|case|fact|thing|above|below|itself|now|also|only|its|their)\b|_",
    re.IGNORECASE,
)


def suggest(passages: Iterable[tuple[int, Chunk]], most: int) -> tuple[str, ...]:
    """At most so many questions that `passages`, each with its document's id, answer; of many documents if possible."""
    ranked: list[tuple[int, int, int, int, str]] = []
    of_document: dict[int, int] = {}
    seen: set[str] = set()
    for place, (document_id, chunk) in enumerate(passages):
        for rank, question in _questions(chunk):
            if question.casefold() not in seen:
                seen.add(question.casefold())
                turn = of_document[document_id] = of_document.get(document_id, 0) + 1
                ranked.append((turn, rank, place, len(ranked), question))
    return tuple(question for *_, question in sorted(ranked)[:most])


def _questions(chunk: Chunk) -> Iterator[tuple[int, str]]:
    """The questions that a passage answers, each with how little it is to be trusted to read well."""
    lines = [line for line in chunk.text.split("\n") if line.strip()]
    asking = [line for line, reply in pairwise(lines) if len(reply) >= _SHORTEST_REPLY and "?" not in reply]
    for line in [*chunk.locator.headings[-1:], *asking]:
        if (match := _QUESTION.fullmatch(line)) and (question := _fit(match["text"])):
            yield 0, question
    for sentence in _SENTENCE.finditer(chunk.text):
        text = " ".join(sentence[0].split())
        if match := _WHEN.match(text):
            yield from _asked(1, f"When {match['verb']}", match["subject"], f" {match['done']}")
        elif match := _WHAT.match(text):
            yield from _asked(2, "What is", match["subject"], "")


def _asked(rank: int, beginning: str, subject: str, end: str) -> Iterator[tuple[int, str]]:
    words = subject.split()
    if _VAGUE.search(subject):
        return
    if words[0] in ("The", "A", "An", "Our", "Your"):
        words[0] = words[0].lower()
    if any(word[0].isdigit() for word in words):
        return
    question = f"{beginning} {' '.join(words)}{end}?"
    if len(question) <= _LONGEST:
        yield rank, question


def _fit(question: str) -> str:
    """A question as it stands in a document, if it stands alone and is neither too short nor too long; else ""."""
    words = question.split()
    text = " ".join(words)
    first = text.lstrip("¿")[0]
    wordy = _FEWEST_WORDS <= len(words) <= _MOST_WORDS or (not first.isascii() and len(text) >= _SHORTEST_UNSPACED)
    begins = (first.isupper() or not first.isascii()) and words[0].lower() not in _GOING_ON
    alone = not (_POINTING.search(text) or text.isupper() or ". " in text)
    return text if wordy and begins and alone and len(text) <= _LONGEST and text.isprintable() else ""
