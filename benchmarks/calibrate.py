"""Refit the constants of the confidence: `python -m benchmarks.calibrate SET... [--limit N]`.

Each SET is a folder of data as `askdocs eval` reads it. Its own questions are asked, and those of the next set as ones
that it doesn't answer; both kinds weigh the same, questions that a set says its corpus doesn't answer a quarter, and
every set the same. The two logistic regressions are fitted together, by the likelihood of their product. Prints the
constants, and for each set the area under the ROC curve and the calibration error when it is left out of the fit.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from askdocs import Assistant, evaluation
from askdocs.answerer import IS_FIRST, IS_THERE
from askdocs.config import Settings, cache_folder
from askdocs.types import Features

Floats = NDArray[np.float64]
_RIDGE = 1e-5
_LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class Sample:
    """A question asked of a set: what its confidence is made from, and whether the first passage answered."""

    set_name: str
    kind: str
    features: Features
    right: bool


def samples(folder: Path, foreign: Path, limit: int) -> Iterator[Sample]:
    """The questions of `folder`, and as many of `foreign`, asked of the documents of `folder`."""
    data = evaluation.read_set(folder)
    documents = evaluation.write_files(data, cache_folder() / "evaluation")
    id_of = evaluation.document_ids(data)
    other = evaluation.sample(evaluation.read_set(foreign).questions, limit)
    with Assistant.open(documents.with_name("index-calibration"), settings=Settings()) as assistant:
        for _ in assistant.index([documents]):
            pass
        own = evaluation.sample(data.questions, limit)
        for question, is_own in [*((question, True) for question in own), *((question, False) for question in other)]:
            answer = assistant.ask(question.text)
            if answer.features is None:
                continue
            answerable = is_own and bool(question.answers or question.grades)
            right = answerable and evaluation.answers_first(answer, question, id_of)
            kind = "own" if answerable else "adversarial" if is_own else "foreign"
            yield Sample(data.name, kind, answer.features, right)


def _matrix(chosen: Sequence[Sample], names: Sequence[str]) -> Floats:
    return np.array([[getattr(sample.features, name, 1.0) for name in names] for sample in chosen])


def _weights(chosen: Sequence[Sample]) -> Floats:
    groups = [(sample.set_name, sample.kind) for sample in chosen]
    weights = np.array([(0.25 if kind == "adversarial" else 1) / groups.count((name, kind)) for name, kind in groups])
    return np.asarray(weights / weights.sum())


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
        others = [sample for sample in everything if sample.set_name != name] or everything
        confidence = predict(fit(others), left_out)
        answerable = np.array([sample.kind == "own" for sample in left_out])
        right = np.array([sample.right for sample in left_out])
        area = evaluation.roc_area(confidence, answerable)
        print(f"{name:24} ROC area {area:.3f}  calibration error {evaluation.calibration_error(confidence, right):.3f}")
    theta = fit(everything)
    print("IS_THERE =", dict(zip(IS_THERE, np.round(theta[: len(IS_THERE)], 2).tolist(), strict=True)))
    print("IS_FIRST =", dict(zip(IS_FIRST, np.round(theta[len(IS_THERE) :], 2).tolist(), strict=True)))


if __name__ == "__main__":
    main()
