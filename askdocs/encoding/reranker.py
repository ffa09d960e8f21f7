"""The optional reranker: a cross-encoder that reads the question and a passage together."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from askdocs.encoding.models import resolve_model
from askdocs.errors import ModelError

RERANKED = 30
"""Passages that are read: what it costs grows with them, and what is not among them can't come first."""

_BATCH = 8


class Reranker:
    """A sentence-transformers cross-encoder with one score a pair. Safe to call from several threads, which take turns.

    Nogueira and Cho, "Passage Re-ranking with BERT" (2019).
    """

    def __init__(self, model: str) -> None:
        """Load the model in the folder `model`, or of this name on the hub. Raises ModelError if it is none."""
        folder, self.name = resolve_model(model, "reranker")
        from sentence_transformers import CrossEncoder
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            self._model = CrossEncoder(str(folder), local_files_only=True)
            outputs = self._model.num_labels
        except Exception as exc:  # a damaged model makes transformers and safetensors raise almost anything
            raise ModelError(f"the reranker {self.name} in {folder} can't be loaded: {exc}") from exc
        if outputs != 1:
            raise ModelError(f"the reranker {self.name} gives {outputs} scores for a passage, not one; use another")
        self._lock = threading.Lock()

    def scores(self, question: str, passages: Sequence[str]) -> list[float]:
        """How well each passage answers, between 0 and 1 for a model trained with a logistic loss; best is highest."""
        if not passages:
            return []
        pairs = [(question, passage) for passage in passages]
        with self._lock:
            return list(map(float, self._model.predict(pairs, batch_size=_BATCH, show_progress_bar=False)))
