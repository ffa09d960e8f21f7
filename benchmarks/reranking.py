"""What a reranker costs: 30 passages read by a cross-encoder of the shape of ms-marco-MiniLM-L6, against the encoder.

Its weights are random, since only the cost is measured; the tokenizer is the bundled model's.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import partial

from askdocs.config import cache_folder
from askdocs.encoding.encoder import open_encoder
from askdocs.encoding.models import bundled_folder
from askdocs.encoding.reranker import RERANKED, Reranker
from benchmarks.ratio import Ratio, compare
from benchmarks.texts import passages

QUESTION = "When does the lease of the flat end?"


def run() -> Iterator[Ratio]:
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    encoder = open_encoder("", "int8", cache_folder() / "models")
    texts = passages(RERANKED)
    with tempfile.TemporaryDirectory() as folder:
        config = BertConfig.from_pretrained(bundled_folder())
        config.num_labels = 1
        BertForSequenceClassification(config).save_pretrained(folder)
        AutoTokenizer.from_pretrained(bundled_folder()).save_pretrained(folder)
        reranker = Reranker(folder)
        yield compare(
            f"embedding {RERANKED} passages", partial(encoder.encode, texts),
            "reranking them", partial(reranker.scores, QUESTION, texts),
        )  # fmt: skip
