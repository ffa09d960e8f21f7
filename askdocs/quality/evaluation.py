"""How good the answers are, on data with known ones; everything goes through the product's own files and index.

Measures are those of ir_measures; confidence intervals are bootstrapped over questions (Efron and Tibshirani), and two
settings are compared by a paired randomisation test (Smucker, Allan and Carterette 2007).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from askdocs.assistant import Assistant
from askdocs.quality.known_answers import SEED, EvaluationQuestion
from askdocs.types import Answer, Citation, Verdict

RANKING_DEPTH = 400
"""Passages asked for to rank documents by: enough for 100 different ones as a rule."""

_RESAMPLES = 10_000
_CALIBRATION_BINS = 10


@dataclass(frozen=True, slots=True)
class Measured:
    """A measure over questions: its mean (or what else it is defined as) and a 95 % confidence interval."""

    name: str
    value: float
    low: float
    high: float
    questions: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All measures of one set under one setting; `values` are by question, for the measures that are means."""

    name: str
    measures: tuple[Measured, ...]
    values: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Difference:
    """One measure under two settings, and how likely so large a difference is by chance."""

    name: str
    before: float
    after: float
    p_value: float


def evaluate(
    assistant: Assistant,
    name: str,
    questions: Sequence[EvaluationQuestion],
    id_of: Callable[[str], str],
    has_answers: bool,
) -> Iterator[int | Evaluation]:
    """Ask every question: yields how many have been asked, and at last the Evaluation.

    `id_of` maps the path of a cited document to the id that the questions know it by.
    """
    if has_answers:
        answers: dict[str, Answer] = {}
        for count, question in enumerate(questions, start=1):
            answers[question.id] = assistant.ask(question.text, top_k=5)
            yield count
        yield _judge_answers(name, questions, answers, id_of)
    else:
        ranking: dict[str, dict[str, float]] = {}
        for count, question in enumerate(questions, start=1):
            scores: dict[str, float] = {}
            for rank, result in enumerate(assistant.search(question.text, RANKING_DEPTH)):
                scores.setdefault(id_of(result.document.path), -float(rank))
            ranking[question.id] = scores
            yield count
        yield _judge_ranking(name, questions, ranking)


def _judge_ranking(
    name: str, questions: Sequence[EvaluationQuestion], ranking: Mapping[str, Mapping[str, float]]
) -> Evaluation:
    import ir_measures
    from ir_measures import RR, R, nDCG

    grades = {question.id: dict(question.grades) for question in questions}
    measures = [nDCG @ 10, R @ 10, R @ 100, RR @ 10]
    values: dict[str, dict[str, float]] = {str(measure): {} for measure in measures}
    for metric in ir_measures.iter_calc(measures, grades, ranking):
        values[str(metric.measure)][metric.query_id] = float(metric.value)
    return Evaluation(name, tuple(_mean(measure, of) for measure, of in values.items()), values)


def _judge_answers(
    name: str,
    questions: Sequence[EvaluationQuestion],
    answers: Mapping[str, Answer],
    id_of: Callable[[str], str],
) -> Evaluation:
    values: dict[str, dict[str, float]] = {name: {} for name in ("R@1", "R@5", "document first", "evidence", "lit")}
    outcomes: list[tuple[bool, bool, Answer]] = []  # answerable, the first passage holds the answer, what was said
    for question in questions:
        answer = answers[question.id]
        holding = [holds(citation, question, id_of) for citation in answer.citations]
        first = answer.citations[0] if answer.citations else None
        outcomes.append((bool(question.answers), holding[:1] == [True], answer))
        if not question.answers:
            continue
        values["R@1"][question.id] = float(any(holding[:1]))
        values["R@5"][question.id] = float(any(holding))
        documents = {expected.document_id for expected in question.answers}
        values["document first"][question.id] = float(first is not None and id_of(first.document.path) in documents)
        if first and holding[0]:
            values["evidence"][question.id] = float(_is_lit(first, question))
            values["lit"][question.id] = sum(map(len, first.evidence)) / len(first.span)
    values = {measure: of for measure, of in values.items() if of}
    measures = [_mean(measure, of) for measure, of in values.items()]
    return Evaluation(name, (*measures, *_judge_verdicts(outcomes)), values)


def holds(citation: Citation, question: EvaluationQuestion, id_of: Callable[[str], str]) -> bool:
    """Whether the passage holds one of the answers whole."""
    document = id_of(citation.document.path)
    return any(
        expected.document_id == document
        and citation.span.start <= expected.span.start
        and expected.span.end <= citation.span.end
        for expected in question.answers
    )


def _is_lit(citation: Citation, question: EvaluationQuestion) -> bool:
    """Whether an answer lies within the lit sentences."""
    lit = {at for span in citation.evidence for at in range(span.start, span.end)}
    return any(
        # Blanks between two lit sentences are lit by nobody.
        all(at in lit or citation.quote[at - citation.span.start].isspace() for at in range(span.start, span.end))
        for span in (expected.span for expected in question.answers)
        if citation.span.start <= span.start and span.end <= citation.span.end
    )


def _judge_verdicts(outcomes: Sequence[tuple[bool, bool, Answer]]) -> Iterator[Measured]:
    """How well confidence and verdict tell the answerable questions, and how well confidence is calibrated."""
    import numpy as np

    answerable = np.array([known for known, _, _ in outcomes])
    correct = np.array([held for _, held, _ in outcomes])
    confidence = np.array([answer.confidence for _, _, answer in outcomes])
    found = np.array([answer.verdict is Verdict.FOUND for _, _, answer in outcomes])
    statistics: dict[str, Callable[[Any], float]] = {
        "calibration error": lambda at: calibration_error(confidence[at], correct[at])
    }
    if not answerable.all():
        statistics |= {
            "ROC area": lambda at: roc_area(confidence[at], answerable[at]),
            "found precision": lambda at: float(answerable[at][found[at]].mean()) if found[at].any() else 1.0,
            "found recall": lambda at: float(found[at][answerable[at]].mean()) if answerable[at].any() else 1.0,
        }
    everything = np.arange(len(outcomes))
    generator = np.random.default_rng(SEED)
    draws = [generator.choice(everything, len(everything)) for _ in range(200)]
    for name, statistic in statistics.items():
        low, high = np.quantile([statistic(draw) for draw in draws], [0.025, 0.975])
        yield Measured(name, statistic(everything), float(low), float(high), len(outcomes))


def roc_area(scores: Any, positive: Any) -> float:
    """The probability that a positive scores above a negative (Mann-Whitney); 0.5 where one of them is missing."""
    from scipy.stats import rankdata

    positives, negatives = int(positive.sum()), int((~positive).sum())
    if not positives or not negatives:
        return 0.5
    ranks = rankdata(scores)
    return float((ranks[positive].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def calibration_error(confidence: Any, correct: Any) -> float:
    """The expected calibration error over equal-width bins (Naeini, Cooper and Hauskrecht 2015)."""
    import numpy as np

    bins = np.minimum((confidence * _CALIBRATION_BINS).astype(int), _CALIBRATION_BINS - 1)
    gaps = [
        abs(confidence[bins == number].mean() - correct[bins == number].mean()) * (bins == number).mean()
        for number in np.unique(bins)
    ]
    return float(sum(gaps))


def _mean(name: str, values: Mapping[str, float]) -> Measured:
    import numpy as np

    array = np.array(list(values.values()))
    generator = np.random.default_rng(SEED)
    means = [generator.choice(array, len(array)).mean() for _ in range(1000)]
    low, high = np.quantile(means, [0.025, 0.975])
    return Measured(name, float(array.mean()), float(low), float(high), len(array))


def compare(before: Evaluation, after: Evaluation) -> list[Difference]:
    """The measures that are means under two settings, with the p-value of a paired randomisation test."""
    import numpy as np

    generator = np.random.default_rng(SEED)
    differences = []
    for name in before.values:
        common = sorted(before.values[name].keys() & after.values.get(name, {}).keys())
        if not common:
            continue
        first = np.array([before.values[name][id_] for id_ in common])
        second = np.array([after.values[name][id_] for id_ in common])
        delta = second - first
        resampled = (abs((generator.choice([-1, 1], len(delta)) * delta).mean()) for _ in range(_RESAMPLES))
        extreme = sum(mean >= abs(delta.mean()) - 1e-12 for mean in resampled)
        p_value = (extreme + 1) / (_RESAMPLES + 1)
        differences.append(Difference(name, float(first.mean()), float(second.mean()), p_value))
    return differences
