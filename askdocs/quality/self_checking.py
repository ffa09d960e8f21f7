"""Does this very folder work? Known-item questions made from its own passages, and questions that it can't answer.

After Azzopardi, de Rijke and Balog, "Building simulated queries for known-item topics" (2007): a sentence is drawn from
a passage and thinned to some of its content words, so that the passage has to be found by less than it says.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from askdocs.assistant import Assistant
from askdocs.chunking.chunker import sentence_spans
from askdocs.errors import NothingIndexed
from askdocs.types import SearchResult, Verdict

SAMPLE = 200
"""Passages asked for."""

_SEED = 20_261_123
_KEPT_SHARE = 0.6
_FEWEST_WORDS = 4
_WORD = re.compile(r"\w[\w'’.-]*")

_UNANSWERABLE = (
    "What is the boiling point of tungsten in kelvin?",
    "How do I prune a wisteria in late winter?",
    "Who won the women's singles final at Wimbledon in 1978?",
    "What does the clutch release bearing in a tractor do?",
    "How long should a sourdough loaf rest before slicing?",
    "Which moons of Saturn have a retrograde orbit?",
    "How is the tenor clef written for a bassoon?",
    "What is the gestation period of a giraffe?",
    "How many stitches do I cast on for a child's mitten?",
    "When does the ferry to the Isle of Eigg run on Sundays?",
    "Which enamel paint suits a model steam locomotive?",
    "How deep do emperor penguins dive for krill?",
    "What is the offside rule in water polo?",
    "Which yeast makes a dry farmhouse cider?",
    "How was the dome of Florence cathedral built without centring?",
    "What torque do the wheel nuts of a caravan need?",
    "How do beekeepers stop a colony from swarming?",
    "Who wrote the libretto of The Magic Flute?",
    "What is the half-life of caesium-137?",
    "How do you tie a bowline with one hand?",
)


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """How a folder did: shares of sampled passages found first and among ten, and of foreign questions refused.

    `lost` are the documents of which no sampled passage was among the first ten.
    """

    asked: int
    found_first: float
    found_in_ten: float
    refused: float
    lost: tuple[str, ...]


def check(assistant: Assistant, size: int) -> Iterator[int | SelfCheck]:
    """Ask for `size` sampled passages; yields how many have been asked for, and at last the SelfCheck.

    Raises NothingIndexed if no passage is long enough to ask for.
    """
    generator = random.Random(_SEED)  # noqa: S311  nothing secret
    passages = list(assistant.passages())
    generator.shuffle(passages)
    ranks: list[int | None] = []
    found: set[str] = set()
    sampled: set[str] = set()
    for passage in passages:
        if len(ranks) == size:
            break
        question = _thinned(assistant, passage, generator)
        if question is None:
            continue
        results = assistant.search(question, 10)
        rank = next((rank for rank, result in enumerate(results, start=1) if _same(result, passage)), None)
        ranks.append(rank)
        sampled.add(passage.document.full_path)
        if rank:
            found.add(passage.document.full_path)
        yield len(ranks)
    if not ranks:
        raise NothingIndexed("no passage has a sentence long enough to ask for: index more text first")
    verdicts = [assistant.ask(question, 1).verdict for question in _UNANSWERABLE]
    yield SelfCheck(
        asked=len(ranks),
        found_first=sum(rank == 1 for rank in ranks) / len(ranks),
        found_in_ten=sum(rank is not None for rank in ranks) / len(ranks),
        refused=sum(verdict is not Verdict.FOUND for verdict in verdicts) / len(verdicts),
        lost=tuple(sorted(sampled - found)),
    )


def _thinned(assistant: Assistant, passage: SearchResult, generator: random.Random) -> str | None:
    """Some of the content words of one of the passage's sentences, in order; None if it has too few."""
    sentences = [_WORD.findall(span.of(passage.text)) for span in sentence_spans(passage.text)]
    meaning = [[word for word in words if assistant.content_words(word)] for words in sentences]
    askable = [words for words in meaning if round(len(words) * _KEPT_SHARE) >= _FEWEST_WORDS]
    if not askable:
        return None
    words = generator.choice(askable)
    kept = sorted(generator.sample(range(len(words)), round(len(words) * _KEPT_SHARE)))
    return " ".join(words[at] for at in kept)


def _same(result: SearchResult, passage: SearchResult) -> bool:
    """Whether it is the passage, or one that reads the same."""
    return result.text == passage.text or (result.document.id, result.span) == (passage.document.id, passage.span)
