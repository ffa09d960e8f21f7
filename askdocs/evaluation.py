"""How good the answers are, on data with known ones; everything goes through the product's own files and index.

Measures are those of ir_measures; confidence intervals are bootstrapped over questions (Efron and Tibshirani), and two
settings are compared by a paired randomisation test (Smucker, Allan and Carterette 2007).
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from askdocs.assistant import Assistant
from askdocs.errors import UsageError
from askdocs.types import Answer, Citation, Span, Verdict

Item = TypeVar("Item")

RANKING_DEPTH = 400
"""Passages asked for to rank documents by: enough for 100 different ones as a rule."""

_RESAMPLES = 10_000
_SEED = 20_261_123
_CALIBRATION_BINS = 10


@dataclass(frozen=True, slots=True)
class Expected:
    """A place that answers: characters of a document's file."""

    document_id: str
    span: Span


@dataclass(frozen=True, slots=True)
class EvaluationQuestion:
    """A question with what is known of its answer: graded documents, or places; no places means unanswerable."""

    id: str
    text: str
    grades: Mapping[str, int] = field(default_factory=dict)
    answers: tuple[Expected, ...] = ()


@dataclass(frozen=True, slots=True)
class EvaluationSet:
    """Questions and the files to ask them of: `files` maps a document's id to its content."""

    name: str
    files: Mapping[str, str]
    questions: tuple[EvaluationQuestion, ...]
    has_answers: bool

    @property
    def key(self) -> str:
        """What its cached files and index are kept under."""
        digest = hashlib.blake2b(digest_size=8)
        for id_, content in self.files.items():
            digest.update(f"{id_}\0{content}\0".encode(errors="surrogatepass"))
        return f"{_safe(self.name)}-{digest.hexdigest()}"


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


# Reading data


def read_set(folder: Path, foreign: Path | None = None) -> EvaluationSet:
    """The data in `folder`: corpus.jsonl with queries.jsonl and qrels.tsv, or with questions.jsonl.

    The questions of the set `foreign` are added as ones that the corpus doesn't answer. Raises UsageError, naming
    file, line and id, for what doesn't fit together.
    """
    files: dict[str, str] = {}
    offsets: dict[str, int] = {}
    corpus = folder / "corpus.jsonl"
    for line, row in _rows(corpus, ("_id", "text")):
        title = " ".join(str(row.get("title") or "").split())
        id_ = str(row["_id"])
        if id_ in files:
            raise UsageError(f"{corpus}, line {line}: the id {id_!r} is there twice")
        files[id_] = f"{title}\n\n{row['text']}" if title else row["text"]
        offsets[id_] = len(files[id_]) - len(row["text"])
    has_answers = (folder / "questions.jsonl").exists()
    read = _read_answers if has_answers else _read_grades
    questions = list(read(folder, files, offsets))
    if foreign is not None:
        name = "questions.jsonl" if (foreign / "questions.jsonl").exists() else "queries.jsonl"
        text = "question" if name == "questions.jsonl" else "text"
        questions += [EvaluationQuestion(f"foreign-{line}", row[text]) for line, row in _rows(foreign / name, (text,))]
        has_answers = True
    return EvaluationSet(folder.resolve().name, files, tuple(questions), has_answers)


def _read_grades(folder: Path, files: Mapping[str, str], _: Mapping[str, int]) -> Iterator[EvaluationQuestion]:
    queries = {str(row["_id"]): str(row["text"]) for _, row in _rows(folder / "queries.jsonl", ("_id", "text"))}
    grades: dict[str, dict[str, int]] = {}
    path = folder / "qrels.tsv"
    for line, text in _lines(path):
        if line == 1 and text.startswith("query-id"):
            continue
        try:
            query, document, grade = text.split("\t")
            value = int(grade)
        except ValueError as exc:
            raise UsageError(f"{path}, line {line}: not `query-id<tab>corpus-id<tab>score`: {text[:80]!r}") from exc
        for id_, known, where in ((query, queries, "queries.jsonl"), (document, files, "corpus.jsonl")):
            if id_ not in known:
                raise UsageError(f"{path}, line {line}: the id {id_!r} is not in {where}")
        grades.setdefault(query, {})[document] = value
    for id_, text in queries.items():
        if any(grade > 0 for grade in grades.get(id_, {}).values()):
            yield EvaluationQuestion(id_, text, grades=grades[id_])


def _read_answers(folder: Path, files: Mapping[str, str], offsets: Mapping[str, int]) -> Iterator[EvaluationQuestion]:
    path = folder / "questions.jsonl"
    for line, row in _rows(path, ("id", "question", "doc_id", "answers")):
        place = f"{path}, line {line}, id {row['id']!r}"
        document = str(row["doc_id"])
        if document not in files:
            raise UsageError(f"{place}: the document {document!r} is not in corpus.jsonl")
        answers = []
        for answer in row["answers"]:
            span = Span(answer["start"], answer["start"] + len(answer["text"])).shifted(offsets[document])
            if span.of(files[document]) != answer["text"]:
                raise UsageError(f"{place}: its answer is not at character {answer['start']} of {document!r}")
            answers.append(Expected(document, span))
        yield EvaluationQuestion(str(row["id"]), str(row["question"]), answers=tuple(answers))


def read_own_questions(path: Path, files: Mapping[str, str]) -> tuple[EvaluationQuestion, ...]:
    """A user's questions.jsonl of their own documents: {"question", "document", "quote"}; no quote: unanswerable.

    `files` maps the paths of the indexed documents to their texts. Raises UsageError naming line and question.
    """
    questions = []
    for line, row in _rows(path, ("question",)):
        place = f"{path}, line {line}, question {str(row['question'])[:60]!r}"
        quote = row.get("quote")
        answers: tuple[Expected, ...] = ()
        if quote:
            document = str(row.get("document", ""))
            matches = [known for known in files if known == document or known.endswith(f"/{document}")]
            if len(matches) != 1:
                found = "not indexed" if not matches else f"one of several: {', '.join(matches[:3])}"
                raise UsageError(f"{place}: the document {document!r} is {found}")
            start = files[matches[0]].find(quote)
            if start < 0:
                raise UsageError(f"{place}: the quote is not in {matches[0]}")
            answers = (Expected(matches[0], Span(start, start + len(quote))),)
        questions.append(EvaluationQuestion(str(line), str(row["question"]), answers=answers))
    if not questions:
        raise UsageError(f"{path} has no questions")
    return tuple(questions)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with path.open(encoding="utf-8") as file:
            for line, text in enumerate(file, start=1):
                if text.strip():
                    yield line, text.rstrip("\r\n")
    except OSError as exc:
        raise UsageError(f"{path}: {exc.strerror}; docs/evaluation.md describes the data that can be used") from exc
    except UnicodeDecodeError as exc:
        raise UsageError(f"{path} is not UTF-8: {exc}") from exc


def _rows(path: Path, required: Sequence[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    for line, text in _lines(path):
        try:
            row = json.loads(text)
        except ValueError as exc:
            raise UsageError(f"{path}, line {line}: not JSON ({exc})") from exc
        missing = [name for name in required if not isinstance(row, dict) or name not in row]
        if missing:
            raise UsageError(f"{path}, line {line}: {missing[0]!r} is missing")
        yield line, row


# Asking


def write_files(data: EvaluationSet, cache: Path) -> Path:
    """The set's documents as files, in a folder below `cache` that is filled once."""
    folder = cache / data.key / "documents"
    done = folder.with_name("written")
    if not done.exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in zip(_file_names(data), data.files.values(), strict=True):
            (folder / name).write_bytes(content.encode("utf-8", errors="replace"))
        done.touch()
    return folder


def document_ids(data: EvaluationSet) -> Callable[[str], str]:
    """From a path in what `write_files` has written to the document's id."""
    ids = dict(zip(_file_names(data), data.files, strict=True))
    return lambda path: ids[Path(path).name]


def _file_names(data: EvaluationSet) -> list[str]:
    return [f"{number:06}-{_safe(id_)}.txt" for number, id_ in enumerate(data.files)]


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name)[:60]


def sample(questions: Sequence[Item], limit: int | None) -> Sequence[Item]:
    """At most `limit` of the questions, always the same ones."""
    if limit is None or limit >= len(questions):
        return questions
    return random.Random(_SEED).sample(list(questions), limit)  # noqa: S311  nothing secret


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
        holding = [_holds(citation, question, id_of) for citation in answer.citations]
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


def answers_first(answer: Answer, question: EvaluationQuestion, id_of: Callable[[str], str]) -> bool:
    """Whether the first citation is of a relevant document, or holds an answer where places are known."""
    if not answer.citations:
        return False
    first = answer.citations[0]
    if question.answers:
        return _holds(first, question, id_of)
    return question.grades.get(id_of(first.document.path), 0) > 0


def _holds(citation: Citation, question: EvaluationQuestion, id_of: Callable[[str], str]) -> bool:
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
    generator = np.random.default_rng(_SEED)
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
    generator = np.random.default_rng(_SEED)
    means = [generator.choice(array, len(array)).mean() for _ in range(1000)]
    low, high = np.quantile(means, [0.025, 0.975])
    return Measured(name, float(array.mean()), float(low), float(high), len(array))


def compare(before: Evaluation, after: Evaluation) -> list[Difference]:
    """The measures that are means under two settings, with the p-value of a paired randomisation test."""
    import numpy as np

    generator = np.random.default_rng(_SEED)
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
