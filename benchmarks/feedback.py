"""What "more like this" and "not this" give: `python -m benchmarks.feedback SET... [--limit N]`.

Each SET is a folder of ranking data, as `askdocs eval` reads it. Of every question the first relevant document among
the first ten is marked, as a person would. What remains to be found (the residual collection of Chang, Cirillo and
Razon, 1971) is ranked without and with that; questions of which nothing is marked or remains are left out. In the same
way the first document that isn't relevant, among the first ten, is marked with "not this". Documents are ranked by
their best passage; the p-values are those of `askdocs eval --compare`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import ir_measures
from ir_measures import R, nDCG

from askdocs import Assistant
from askdocs.answering.feedback import Feedback
from askdocs.config import Settings, cache_folder
from askdocs.quality import evaluation, known_answers
from askdocs.quality.evaluation import Evaluation
from askdocs.quality.known_answers import EvaluationQuestion
from askdocs.types import Citation

_DEPTH = 60
_SEEN = 10

Ranking = Mapping[str, Citation]
"""Documents by id in their order, each with its best passage."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A question of which one document is marked; `grades` are those of the others."""

    question: EvaluationQuestion
    document: str
    grades: Mapping[str, int]


def ranking(citations: Sequence[Citation], id_of: Callable[[str], str]) -> Ranking:
    """Documents by their best passage."""
    found: dict[str, Citation] = {}
    for citation in citations:
        found.setdefault(id_of(citation.document.path), citation)
    return found


def mark(question: EvaluationQuestion, found: Ranking, *, relevant: bool) -> Marked | None:
    """The first document that is `relevant`, or isn't, if there is one and others remain to be found."""
    good = {document for document, grade in question.grades.items() if grade > 0}
    document = next((document for document in islice(found, _SEEN) if (document in good) == relevant), None)
    if document is None or not good - {document}:
        return None
    return Marked(question, document, {other: grade for other, grade in question.grades.items() if other != document})


def measured(name: str, marked: Sequence[Marked], rankings: Mapping[str, Ranking]) -> Evaluation:
    """The measures by question, of all documents but the marked one."""
    grades = {of.question.id: dict(of.grades) for of in marked}
    scores = {
        of.question.id: {
            document: -float(rank) for rank, document in enumerate(rankings[of.question.id]) if document != of.document
        }
        for of in marked
    }
    values: dict[str, dict[str, float]] = {}
    for metric in ir_measures.iter_calc([nDCG @ 10, R @ 10], grades, scores):
        values.setdefault(str(metric.measure), {})[metric.query_id] = float(metric.value)
    return Evaluation(name, (), values)


def measure(path: Path, limit: int | None) -> None:
    """Print what marking gives on the set in `path`."""
    data = known_answers.read_set(path)
    folder = known_answers.write_files(data, cache_folder() / "evaluation")
    id_of = known_answers.document_ids(data)
    with Assistant.open(folder.with_name("index-default-int8"), settings=Settings()) as assistant:
        for _ in assistant.index([folder]):
            pass
        questions = known_answers.sample(data.questions, limit)
        first = {question.id: ranking(assistant.ranked(question.text, _DEPTH), id_of) for question in questions}
        for relevant in (True, False):
            marks = [mark(question, first[question.id], relevant=relevant) for question in questions]
            marked = [of for of in marks if of is not None]
            after = {}
            for of in marked:
                citation = (first[of.question.id][of.document],)
                said = Feedback(like=citation) if relevant else Feedback(unlike=citation)
                after[of.question.id] = ranking(assistant.ranked(of.question.text, _DEPTH, feedback=said), id_of)
            print(f"{data.name}, {'more like this' if relevant else 'not this'}, {len(marked)} questions")
            before = measured("before", marked, first)
            for change in evaluation.compare(before, measured("after", marked, after)):
                print(f"  {change.name:8} {change.before:.3f} -> {change.after:.3f}  p = {change.p_value:.4f}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what marking one passage gives.")
    parser.add_argument("sets", nargs="+", type=Path)
    parser.add_argument("--limit", type=int)
    options = parser.parse_args()
    for path in options.sets:
        measure(path, options.limit)


if __name__ == "__main__":
    main()
