"""Measure follow-up questions: `python -m benchmarks.conversations SET... [--limit N] [--samples N]`.

Each SET is a folder of question answering, as `askdocs eval` reads it: English, with several questions on a paragraph.
Two questions on the same paragraph, or on paragraphs of the same title, that share a phrase become a conversation: the
second is asked the way people go on, by one of the rules in `_SAID` that fit it. What stands around the phrase must say
that it is a whole noun phrase; whether it is called "it", "they", "he", "she" or "there" is counted in the set's texts.

| rule | the second question becomes |
|---|---|
| pronoun | the phrase a pronoun: "when was it founded?" |
| possessive | "the N of X", "X's N" become "its N" |
| there | "in X" becomes "there", where X is a place |
| demonstrative | the phrase's last word, or that before "of", is kept: "that war", "this university" |
| definite | the same with "the": "the battle" |
| dropped | "of X", "in X" at the end are left out: "What are the main themes?" |
| what about | of a question in the same frame only what differs is left: "what about X?", "and in 1990?" |
| and | the same, where the question word differs: "and where?" |
| of the answer | the phrase is not in the first question but in its answer: "When was she born?" |
| why | a question why, about nearly the same words, is a bare "why?" |

Conversations of three and four turns go on about one phrase that only the first turn names. Asked through the product:
the last turn alone, with the answers before it, and the original question (the ceiling); and originals, which stand
alone, after a question on the same and on another matter, as they are and begun with "And". R@10: one of ten passages
is of the right document, R@1: the first.
No rule or word here is one of `askdocs.answering.follow_ups`, which would make the measurement circular.
"""

from __future__ import annotations

import argparse
import itertools
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from askdocs import Assistant
from askdocs.answering.follow_ups import stand_alone
from askdocs.config import Settings, cache_folder
from askdocs.quality import known_answers
from askdocs.types import Answer


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_SEED = 20_261_124
_TOKEN = re.compile(r"\w+(?:[-.]\w+)*|['’]s\b|[^\w\s]")
_LONGEST_PHRASE = 6
_LARGEST_POOL = 60
_LONGEST_FOLLOW_UP = 9
"""Words: 95 % of the follow-ups in TREC CAsT 2019 have no more."""
_DETERMINERS = _set("a an the")
_PREPOSITIONS = _set("of in at on to from for by with about during into against under over between near")
_PLACED = _set("in at")
_AUXILIARIES = _set("is are was were do does did has have had can could will would should")
_WH = _set("who what when where which why how whom whose")
_LINKS = _set("of the")
_SMALL = _DETERMINERS | _PREPOSITIONS | _AUXILIARIES | _WH | _LINKS | _set("and that this it its be as or not many")
_CLASSES = _set(
    """
    act algorithm army battle bill bridge cathedral church city company conference council country court dynasty empire
    festival film forest game government institute island king kingdom language law library machine museum network party
    plan problem programme program province region religion revolution river school show state station system theorem
    theory treaty tribe university valley war
    """
)
_PRONOUNS = {  # subject, object, possessive
    "thing": ("it", "it", "its"),
    "things": ("they", "them", "their"),
    "man": ("he", "him", "his"),
    "woman": ("she", "her", "her"),
}


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is asked in turn; the last turn leaves out what `original` says, and `document` answers it."""

    rule: str
    turns: tuple[str, ...]
    original: str
    document: str
    same_paragraph: bool


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase in the tokens of a question, without its determiner."""

    tokens: tuple[str, ...]
    start: int
    end: int

    @property
    def text(self) -> str:
        words = self.tokens[self.start : self.end]
        return " ".join(words)

    @property
    def outer(self) -> int:
        """Where it starts with its determiner."""
        has_determiner = self.start > 0 and self.tokens[self.start - 1].lower() in _DETERMINERS
        return self.start - has_determiner

    def before(self, count: int = 1) -> str:
        """The token so many places before it and its determiner, lower case; empty beyond the question."""
        at = self.outer - count
        return self.tokens[at].lower() if at >= 0 else ""

    @property
    def after(self) -> str:
        return self.tokens[self.end].lower() if self.end < len(self.tokens) else "?"

    def replaced(self, by: str, start: int, end: int) -> str:
        return _joined((*self.tokens[:start], *by.split(), *self.tokens[end:]))


class Usage:
    """How words are used in the texts of a set."""

    def __init__(self, texts: Sequence[str]) -> None:
        """`texts` are all documents."""
        self._texts = texts
        words = (word.lower() for word in re.findall(r"\w+", "\n".join(texts)))
        self._pairs = Counter(itertools.pairwise(words))

    @cache  # noqa: B019  lives as long as the run
    def sort_of(self, name: str) -> str:
        """The key in _PRONOUNS of what the texts call a thing of this name."""
        plural = self._count(name, "", " (?:are|were|have)") - self._count(name, "", " (?:is|was|has)")
        if name.lower().endswith("s") and not name.lower().endswith(("ss", "us", "is")) and plural >= 0:
            return "things"
        everywhere = self._count(name)
        with_article = self._count(name, "[Tt]he ")
        if not name[0].isupper() or name.split()[-1].lower() in _CLASSES or 2 * with_article > everywhere:
            return "thing"
        men, women = (
            self._count(name, "", rf"\b[^\n]{{0,160}}?\b(?:{words})") for words in ("he|his|him", "she|hers?")
        )
        if 4 * max(men, women) < everywhere or self.is_place(name):
            return "thing"
        return "man" if men >= women else "woman"

    @cache  # noqa: B019
    def is_place(self, name: str) -> bool:
        return name[0].isupper() and self._count(name, "in ") * 8 >= max(self._count(name), 8)

    def is_verb(self, word: str) -> bool:
        """Whether it follows "to" rather than "the"."""
        return word not in _SMALL and (
            word.endswith("ed") or self._pairs["to", word] > max(1, self._pairs["the", word] / 2)
        )

    def _count(self, name: str, before: str = "", after: str = "") -> int:
        pattern = re.compile(rf"\b{before}{re.escape(name)}{after}\b")
        return sum(len(pattern.findall(text)) for text in self._texts if name in text)


def _tokens(question: str) -> tuple[str, ...]:
    return tuple(_TOKEN.findall(question.strip()))


def _joined(tokens: Sequence[str]) -> str:
    text = re.sub(r" (?=[?.,;:)]|['’]s\b)", "", " ".join(tokens)).strip(" ,")
    return text if text.endswith("?") else f"{text.rstrip('.')}?"


def _words(tokens: Sequence[str]) -> set[str]:
    """Content words, cut so that "founded" and "founding" are one."""
    return {token.lower()[:5] for token in tokens if token[0].isalnum() and token.lower() not in _SMALL}


def shared_phrases(first: Sequence[str], second: tuple[str, ...], usage: Usage) -> Iterator[Phrase]:
    """The noun phrases of the second question that are in the first one too, the longest first."""
    said = f" {' '.join(first).lower()} "
    return (phrase for phrase in _phrases(second, usage) if f" {phrase.text.lower()} " in said)


@cache
def _phrases(question: tuple[str, ...], usage: Usage) -> tuple[Phrase, ...]:
    """The noun phrases of a question, the longest first."""
    ends = [(start, start + n) for n in range(_LONGEST_PHRASE, 0, -1) for start in range(1, len(question) - n + 1)]
    phrases = (Phrase(question, start, end) for start, end in ends)
    return tuple(phrase for phrase in phrases if _is_whole(phrase, usage))


def _is_whole(phrase: Phrase, usage: Usage) -> bool:
    words = phrase.tokens[phrase.start : phrase.end]
    inner = [word.lower() for word in words[1:-1]]
    if any(not word[0].isalpha() for word in words) or any(w in _SMALL and w not in _LINKS for w in inner):
        return False
    if words[0].lower() in _SMALL or words[-1].lower() in _SMALL:
        return False
    named = all(word[0].isupper() or word in _LINKS for word in words)
    if not named and (
        phrase.outer == phrase.start or usage.is_verb(words[-1])
    ):  # "force" of "the force of", "what force"
        return False
    goes_on = (
        named
        and phrase.end < len(phrase.tokens)
        and (phrase.tokens[phrase.end][0].isupper() or phrase.tokens[phrase.end][0].isdigit())
    )
    if phrase.outer > 1 and phrase.tokens[phrase.outer - 1][0].isupper():
        return False
    led = phrase.before() in _PREPOSITIONS | _AUXILIARIES or usage.is_verb(phrase.before())
    after = phrase.after
    closed = not after[0].isalnum() or after in (_PREPOSITIONS - {"of"}) | _AUXILIARIES or usage.is_verb(after)
    return led and closed and not goes_on


def _said(phrase: Phrase, usage: Usage, chance: random.Random) -> Iterator[tuple[str, str]]:
    """The ways to say the question that the phrase is in without it: rule, question."""
    subject, object_, possessive = _PRONOUNS[usage.sort_of(phrase.text)]
    if phrase.outer < phrase.start and subject in {"he", "she"}:
        subject, object_, possessive = _PRONOUNS["thing"]
    words = [word.lower() for word in phrase.tokens[phrase.start : phrase.end]]
    before, outer, end = phrase.before(), phrase.outer, phrase.end
    at_end = not phrase.after[0].isalnum() and phrase.after[0] not in "'’"
    if phrase.after in {"'s", "’s"}:
        yield "possessive", phrase.replaced(possessive, outer, end + 1)
        return
    if before in _PLACED and usage.is_place(phrase.text):
        yield "there", phrase.replaced("there", outer - 1, end)
    elif before == "of" and phrase.before(3) == "the" and phrase.before(2) not in _SMALL:
        yield "possessive", phrase.replaced(f"{possessive} {phrase.before(2)}", outer - 3, end)
    elif before in _PREPOSITIONS:
        yield "pronoun", phrase.replaced(object_, outer, end)
    elif before in _AUXILIARIES and not at_end:
        yield "pronoun", phrase.replaced(subject, outer, end)
    elif usage.is_verb(before):
        yield "pronoun", phrase.replaced(object_, outer, end)
    if before in {"of", "in", "for"} and at_end and len(_words(phrase.tokens[: outer - 1])) >= 1:
        left = phrase.tokens[: outer - 1]
        if left[-1].lower() not in _SMALL and left[-1].islower():
            yield "dropped", _joined(left)
    head = words[words.index("of") - 1] if "of" in words else words[-1]
    if head in _CLASSES and len(words) > 1:
        yield "demonstrative", phrase.replaced(f"{chance.choice(['that', 'this'])} {head}", outer, end)
        yield "definite", phrase.replaced(f"the {head}", outer, end)


def _elliptic(first: tuple[str, ...], second: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The ways to say the second question by what it has that the first one hasn't."""
    one, two = ([token.lower() for token in tokens if token[0].isalnum()] for tokens in (first, second))
    words = [token for token in second if token[0].isalnum()]
    head = next((n for n, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))
    rest = range(min(len(one), len(two)) - head)
    tail = next((n for n in rest if one[-1 - n] != two[-1 - n]), len(rest))
    kept, other = words[head : len(two) - tail], one[head : len(one) - tail]
    same = len(two) - len(kept)
    if two[0] == "why" and len(_words(second) & _words(first)) >= max(2, len(_words(second)) - 1):
        yield "why", "why?"
    if not kept or not other or same < max(3, len(kept)) or max(len(kept), len(other)) > 4:
        return
    if head == 0 and kept[0].lower() in _WH and {*map(str.lower, kept), *other} <= _WH | _AUXILIARIES | {"year"}:
        yield "and", f"and {kept[0].lower()}?"
    elif head > 1 and _words(kept) and not {kept[-1].lower(), kept[0].lower()} & (_AUXILIARIES | _WH):
        lead = words[head - 1].lower()
        if lead in _DETERMINERS:
            kept, lead = [lead, *kept], words[head - 2].lower()
        has_name = kept[0] in _DETERMINERS or any(word[0].isupper() or word[0].isdigit() for word in kept)
        if lead in _PREPOSITIONS - {"of"}:
            yield "what about", f"and {lead} {' '.join(kept)}?"
        elif has_name and (tail == 0 or two[-tail] in _PREPOSITIONS | _AUXILIARIES) and kept[-1].lower() not in _SMALL:
            yield "what about", f"what about {' '.join(kept)}?"


def _typed(question: str, chance: random.Random) -> str:
    """As some people type: without capital and question mark, or going on with "and"."""
    way = chance.random()
    if way < 0.1 and question.split()[0].lower() in _WH:
        return f"and {question[0].lower()}{question[1:]}"
    return f"{question[0].lower()}{question[1:].rstrip('?')}" if way < 0.3 else question


def conversations(data: known_answers.EvaluationSet) -> dict[int, list[Conversation]]:
    """All that the rules make of the set's questions, by the number of turns; one for each last question."""
    usage = Usage(list(data.files.values()))
    title_of = {id_: content.partition("\n\n")[0] for id_, content in data.files.items()}
    by_title: dict[str, list[known_answers.EvaluationQuestion]] = defaultdict(list)
    for question in data.questions:
        if question.answers:
            by_title[title_of[question.answers[0].document_id]].append(question)
    made: dict[int, list[Conversation]] = {2: [], 3: [], 4: []}
    for questions in by_title.values():
        for second in questions:
            chance = random.Random(f"{_SEED}{second.id}")
            others = [question for question in questions if question.text.strip() != second.text.strip()]
            found = _pairs(second, others, data.files, usage, chance)
            if found:
                made[2].append(found)
            for turns in (3, 4):
                longer = _chain(second, others, usage, chance, turns)
                if longer:
                    made[turns].append(longer)
    return made


def _pairs(
    second: known_answers.EvaluationQuestion,
    others: Sequence[known_answers.EvaluationQuestion],
    files: Mapping[str, str],
    usage: Usage,
    chance: random.Random,
) -> Conversation | None:
    """The second question after one of the others: a rare rule if one fits, else any."""
    document = second.answers[0].document_id
    rare: list[Conversation] = []
    common: dict[str, list[Conversation]] = defaultdict(list)
    tokens = _tokens(second.text)
    for first in others:
        near = first.answers[0].document_id == document
        before = _tokens(first.text)
        for rule, text in _elliptic(before, tokens) if near else ():
            rare.append(Conversation(rule, (first.text, text), second.text, document, near))
        for phrase in itertools.islice(shared_phrases(before, tokens, usage), 1):
            for rule, text in _said(phrase, usage, chance):
                common[rule].append(Conversation(rule, (first.text, _typed(text, chance)), second.text, document, near))
        answer = first.answers[0]
        given = _tokens(answer.span.of(files[answer.document_id]))
        for phrase in itertools.islice(shared_phrases(given, tokens, usage), 1):
            is_all = _words(given) <= _words(phrase.text.split())
            if is_all and f" {phrase.text.lower()} " not in f" {' '.join(before).lower()} ":
                ways = [text for rule, text in _said(phrase, usage, chance) if rule in {"pronoun", "possessive"}]
                for text in ways:
                    turns = (first.text, _typed(text, chance))
                    common["of the answer"].append(Conversation("of the answer", turns, second.text, document, near))
    if rare:
        return chance.choice(rare)
    if not common:
        return None
    chosen = common[chance.choice(sorted(common))]
    return chance.choice([one for one in chosen if one.same_paragraph == chance.choice([True, False])] or chosen)


def _chain(
    last: known_answers.EvaluationQuestion,
    others: Sequence[known_answers.EvaluationQuestion],
    usage: Usage,
    chance: random.Random,
    turns: int,
) -> Conversation | None:
    """A conversation about one phrase that ends with `last`."""
    document = last.answers[0].document_id
    near = [question for question in others if question.answers[0].document_id == document]
    for pool in (near, list(others)):
        chance.shuffle(pool)
        for first in pool[:_LARGEST_POOL]:
            opening = _tokens(first.text)
            phrase = next(shared_phrases(opening, _tokens(last.text), usage), None)
            if phrase is None:
                continue
            said = dict(_said(phrase, usage, chance))
            middle: list[str] = []
            for question in pool[:_LARGEST_POOL]:
                again = next(shared_phrases(opening, _tokens(question.text), usage), None)
                if question != first and again and again.text.lower() == phrase.text.lower():
                    ways = [way for _, way in _said(again, usage, chance) if way not in middle]
                    middle += [chance.choice(ways)] if ways else []
            if said and len(middle) >= turns - 2:
                rule = chance.choice(sorted(said))
                asked = (first.text, *middle[: turns - 2], _typed(said[rule], chance))
                return Conversation(rule, asked, last.text, document, pool is near)
    return None


class Measurement:
    """Asks, and tells where the right document is; what has been searched for already isn't searched for again."""

    def __init__(self, assistant: Assistant, data: known_answers.EvaluationSet) -> None:
        """`data` is what is indexed."""
        self._assistant = assistant
        self._id_of = known_answers.document_ids(data)
        self._answers: dict[str, Answer] = {}

    def ask(self, question: str, earlier: Sequence[Answer] = ()) -> Answer:
        searched = stand_alone(question, earlier)
        if searched not in self._answers:
            self._answers[searched] = self._assistant.ask(question, top_k=10, earlier=earlier)
        return replace(self._answers[searched], question=question)

    def rank(self, answer: Answer, document: str) -> int:
        """From 1, among the documents of ten passages; 0 where it isn't."""
        found = list(dict.fromkeys(self._id_of(citation.document.path) for citation in answer.citations))
        return found.index(document) + 1 if document in found else 0

    def follow(self, turns: Sequence[str]) -> Answer:
        answers: list[Answer] = []
        for turn in turns:
            answers.append(self.ask(turn, answers))
        return answers[-1]


def report_follow_ups(measurement: Measurement, chosen: Sequence[Conversation]) -> None:
    """Print R@10 and R@1 of the last turns: alone, rewritten, original; and the share that is rewritten."""
    rows: dict[str, list[tuple[int, int, int, bool]]] = defaultdict(list)
    for one in chosen:
        followed = measurement.follow(one.turns)
        ranks = (
            measurement.rank(measurement.ask(one.turns[-1]), one.document),
            measurement.rank(followed, one.document),
            measurement.rank(measurement.ask(one.original), one.document),
            followed.standalone_question != one.turns[-1],
        )
        length = "up to" if len(one.turns[-1].split()) <= _LONGEST_FOLLOW_UP else "over"
        where = "the same" if one.same_paragraph else "another"
        for name in (" all", f" {length} {_LONGEST_FOLLOW_UP} words", f" in {where} paragraph", one.rule):
            rows[name].append(ranks)
    print(f"  {'':24}{'n':>5}   R@10 alone, rewritten, original, gain    R@1 alone, rewritten, original   rewritten")
    for name, values in sorted(rows.items()):
        *ranks_of, changed = zip(*values, strict=True)
        ten = [sum(rank > 0 for rank in column) / len(values) for column in ranks_of]
        one_ = [sum(rank == 1 for rank in column) / len(values) for column in ranks_of]
        gain = f"{ten[1] / ten[0] - 1:+.1%}" if ten[0] else "-"
        shown = [*(f"{value:.3f}" for value in ten), f"{gain:>7}", *(f"{value:.3f}" for value in one_)]
        print(f"  {name:24}{len(values):5}   {'  '.join(shown)}  {sum(changed) / len(values):.2f}", flush=True)


def report_stand_alone(measurement: Measurement, pairs: Sequence[tuple[str, str, str]], name: str) -> None:
    """Print R@10 and R@1 of questions that stand alone: (question before, question, document), with and without."""
    ranks, changed = [], []
    for before, question, document in pairs:
        followed = measurement.ask(question, [measurement.ask(before)])
        ranks.append((measurement.rank(measurement.ask(question), document), measurement.rank(followed, document)))
        if followed.standalone_question != question:
            changed.append(followed.standalone_question)
    ten = [sum(rank > 0 for rank in column) / len(pairs) for column in zip(*ranks, strict=True)]
    one = [sum(rank == 1 for rank in column) / len(pairs) for column in zip(*ranks, strict=True)]
    print(
        f"  {name}: n {len(pairs)}, R@10 alone {ten[0]:.3f}, after another {ten[1]:.3f}, "
        f"R@1 {one[0]:.3f}, {one[1]:.3f}, rewritten {len(changed)}"
    )
    for text in changed[:10]:
        print(f"    {text}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", type=Path)
    parser.add_argument(
        "--limit", type=int, default=300, help="conversations of two turns; a third of it of three and of four"
    )
    parser.add_argument("--samples", type=int, default=0, help="only show so many conversations")
    options = parser.parse_args()
    for folder in options.sets:
        data = known_answers.read_set(folder)
        made = conversations(data)
        chance = random.Random(_SEED)
        chosen = {
            turns: chance.sample(all_, min(options.limit if turns == 2 else options.limit // 3, len(all_)))
            for turns, all_ in made.items()
        }
        print(data.name, {turns: len(all_) for turns, all_ in made.items()}, Counter(one.rule for one in made[2]))
        if options.samples:
            for one in [one for all_ in chosen.values() for one in all_[: options.samples]]:
                print(f"  {one.rule}: {' / '.join(one.turns)}   <- {one.original}")
            continue
        documents = known_answers.write_files(data, cache_folder() / "evaluation")
        with Assistant.open(documents.with_name("index-default-int8"), settings=Settings()) as assistant:
            for _ in assistant.index([documents]):
                pass
            measurement = Measurement(assistant, data)
            for turns, all_ in chosen.items():
                print(f" {turns} turns")
                report_follow_ups(measurement, all_)
            pairs = [(one.turns[0], one.original, one.document) for one in chosen[2]]
            elsewhere = [(other[0], one[1], one[2]) for one, other in zip(pairs, pairs[1:] + pairs[:1], strict=True)]
            print(" questions that stand alone")
            for some, name in ((pairs, "on the same matter"), (elsewhere, "on another matter")):
                report_stand_alone(measurement, some, name)
                begun = [(before, f"And {text[0].lower()}{text[1:]}", document) for before, text, document in some]
                report_stand_alone(measurement, begun, f'{name}, begun with "And"')


if __name__ == "__main__":
    main()
