"""Refit the constants of the confidence: `python -m benchmarks.calibrate SET... [--limit N]`.

Each SET is a folder of data as `askdocs eval` reads it. Its own questions are asked, and those of the next set as ones
that it doesn't answer; then both are asked of indexes with some of its documents only, where the questions whose
documents are left out have near neighbours but no answer. Answerable and other questions weigh the same, an index of
some documents a quarter of the whole one, questions that a set says its corpus doesn't answer a quarter, and every
set the same. The two logistic regressions are fitted together, by the likelihood of their product. Prints the
constants, and for each set, left out of the fit: the area under the ROC curve and the calibration error on its whole
index, and that area where documents are left out.
"""

from __future__ import annotations

import argparse
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from askdocs import Assistant
from askdocs.answering.answerer import IS_FIRST, IS_THERE
from askdocs.config import Settings, cache_folder
from askdocs.quality import evaluation, known_answers
from askdocs.quality.known_answers import EvaluationQuestion, EvaluationSet
from askdocs.types import Answer, Features

Floats = NDArray[np.float64]
Asked = tuple[EvaluationQuestion, str]
"""A question and its kind, as in a Sample."""

_SIZES = (40, 10, 3)
_SEED = 20_261_124
_RIDGE = 1e-5
_LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class Sample:
    """A question asked of a set: what its confidence is made from, and whether the first passage answered.

    `kind` is "own", "missing" (its documents were left out), "foreign" or "adversarial"; `whole` says that none were.
    """

    set_name: str
    kind: str
    whole: bool
    features: Features
    right: bool


def samples(folder: Path, foreign: Path, limit: int) -> Iterator[Sample]:
    """The questions of `folder` and of `foreign`, asked of all documents of `folder` and of a few."""
    data = known_answers.read_set(folder)
    documents = known_answers.write_files(data, cache_folder() / "evaluation")
    others = known_answers.sample(known_answers.read_set(foreign).questions, limit)
    own = [(question, "own" if _relevant(question) else "adversarial") for question in data.questions]
    index = documents.with_name("index-calibration")
    with Assistant.open(index, settings=Settings()) as assistant:
        _index(assistant, documents)
        asked = [*known_answers.sample(own, limit), *((question, "foreign") for question in others)]
        yield from _ask(assistant, data, asked, whole=True)
    generator = random.Random(_SEED)
    answered = list(dict.fromkeys(id_ for question, _ in own for id_ in sorted(_relevant(question))))
    file_names = dict(zip(data.files, sorted(path.name for path in documents.iterdir()), strict=True))
    for size in (len(data.files) // 2, *_SIZES):
        kept = set(generator.sample(answered, min(size, len(answered) // 2)))
        known = [
            (question, "own" if _relevant(question) & kept else "missing") for question, kind in own if kind == "own"
        ]
        asked = [
            *_first(known, "own", limit // 3),
            *_first(known, "missing", limit // 3),
            *((question, "foreign") for question in others[: limit // 6]),
        ]
        with tempfile.TemporaryDirectory() as name:
            some = Path(name) / "documents"
            some.mkdir()
            for id_ in kept:
                shutil.copy(documents / file_names[id_], some)
            shutil.copytree(index, Path(name) / "index")  # with the embeddings, so that nothing is embedded again
            with Assistant.open(Path(name) / "index", settings=Settings()) as assistant:
                _index(assistant, some)
                assistant.forget(documents)
                yield from _ask(assistant, data, asked, whole=False)


def _relevant(question: EvaluationQuestion) -> set[str]:
    """The documents that answer."""
    graded = {id_ for id_, grade in question.grades.items() if grade > 0}
    return graded | {expected.document_id for expected in question.answers}


def _first(questions: Sequence[Asked], kind: str, count: int) -> Sequence[Asked]:
    return known_answers.sample([asked for asked in questions if asked[1] == kind], count)


def _index(assistant: Assistant, folder: Path) -> None:
    for _ in assistant.index([folder]):
        pass


def _ask(assistant: Assistant, data: EvaluationSet, asked: Sequence[Asked], *, whole: bool) -> Iterator[Sample]:
    id_of = known_answers.document_ids(data)
    for question, kind in asked:
        answer = assistant.ask(question.text)
        if answer.features is not None:
            right = kind == "own" and answers_first(answer, question, id_of)
            yield Sample(data.name, kind, whole, answer.features, right)


def answers_first(answer: Answer, question: EvaluationQuestion, id_of: Callable[[str], str]) -> bool:
    """Whether the first citation is of a relevant document, or holds an answer where places are known."""
    if not answer.citations:
        return False
    first = answer.citations[0]
    if question.answers:
        return evaluation.holds(first, question, id_of)
    return question.grades.get(id_of(first.document.path), 0) > 0


def _matrix(chosen: Sequence[Sample], names: Sequence[str]) -> Floats:
    return np.array([[getattr(sample.features, name, 1.0) for name in names] for sample in chosen])


def _weights(chosen: Sequence[Sample]) -> Floats:
    groups = [(sample.set_name, sample.whole, sample.kind) for sample in chosen]
    counts = Counter(groups)
    weights = np.array([_share(whole, kind) / counts[name, whole, kind] for name, whole, kind in groups])
    return np.asarray(weights / weights.sum())


def _share(whole: bool, kind: str) -> float:
    if whole:
        return 0.25 if kind == "adversarial" else 1
    return 0.25 if kind == "own" else 0.125


def _probabilities(theta: Floats, there: Floats, first: Floats) -> tuple[Floats, Floats]:
    logits = there @ theta[: there.shape[1]], first @ theta[there.shape[1] :]
    return 1 / (1 + np.exp(-np.clip(logits[0], -40, 40))), 1 / (1 + np.exp(-np.clip(logits[1], -40, 40)))


def fit(chosen: Sequence[Sample]) -> Floats:
    """The constants, those of IS_THERE first, in the order of the names there."""
    there, first = _matrix(chosen, list(IS_THERE)), _matrix(chosen, list(IS_FIRST))
    right = np.array([sample.right for sample in chosen], dtype=float)
    weights = _weights(chosen)

    def loss(theta: Floats) -> float:
        is_there, is_first = _probabilities(theta, there, first)
        product = np.clip(is_there * is_first, _LEAST, 1 - _LEAST)
        likelihood = right * np.log(product) + (1 - right) * np.log(1 - product)
        return float(-(weights * likelihood).sum() + _RIDGE * (theta**2).sum())

    start = np.array([*IS_THERE.values(), *IS_FIRST.values()])
    return np.asarray(minimize(loss, start, method="L-BFGS-B", options={"maxiter": 2000, "maxfun": 100_000}).x)


def predict(theta: Floats, chosen: Sequence[Sample]) -> Floats:
    is_there, is_first = _probabilities(theta, _matrix(chosen, list(IS_THERE)), _matrix(chosen, list(IS_FIRST)))
    return is_there * is_first


def _area(theta: Floats, chosen: Sequence[Sample]) -> float:
    return evaluation.roc_area(predict(theta, chosen), np.array([sample.kind == "own" for sample in chosen]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", type=Path)
    parser.add_argument("--limit", type=int, default=300)
    options = parser.parse_args()
    sets: list[Path] = options.sets
    everything: list[Sample] = []
    for folder, foreign in zip(sets, [*sets[1:], sets[0]], strict=True):
        everything += samples(folder, foreign, options.limit)
        print(f"asked {folder.name}", flush=True)
    for name in dict.fromkeys(sample.set_name for sample in everything):
        left_out = [sample for sample in everything if sample.set_name == name and sample.kind != "adversarial"]
        theta = fit([sample for sample in everything if sample.set_name != name] or everything)
        whole = [sample for sample in left_out if sample.whole]
        gone = [sample for sample in left_out if not sample.whole and sample.kind != "foreign"]
        error = evaluation.calibration_error(predict(theta, whole), np.array([sample.right for sample in whole]))
        area, area_gone = _area(theta, whole), _area(theta, gone)
        print(f"{name:24} ROC area {area:.3f}  calibration error {error:.3f}  documents left out {area_gone:.3f}")
    theta = fit(everything)
    print("IS_THERE =", dict(zip(IS_THERE, np.round(theta[: len(IS_THERE)], 2).tolist(), strict=True)))
    print("IS_FIRST =", dict(zip(IS_FIRST, np.round(theta[len(IS_THERE) :], 2).tolist(), strict=True)))


if __name__ == "__main__":
    main()
