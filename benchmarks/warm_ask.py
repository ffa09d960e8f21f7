"""A question to an open index of 100,000 passages against its bare parts, and where the time goes.

The parts: the question's embedding, a flat FAISS search and a plain tantivy query of the same texts, ten hits each.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from askdocs import Assistant, answerer
from askdocs.catalog import Catalog
from askdocs.config import Settings, cache_folder
from askdocs.encoder import open_encoder
from askdocs.question import parse
from askdocs.retriever import LEXICAL_WEIGHT, RetrievedChunk, Retriever
from benchmarks.ratio import Measurement, Ratio, measured, paired, seconds
from benchmarks.search_at_size import fill, material_for

PASSAGES = 100_000
_QUESTIONS = 60
_REPEATS = 3
_PARTS = ("encoding the question", "retrieval", "reading", "all of an answer")


def run() -> Iterator[Ratio | Measurement]:
    encoder = open_encoder("", "int8", cache_folder() / "models")
    material = material_for(encoder)
    questions = material.questions[:_QUESTIONS]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "documents").mkdir()
        catalog = Catalog(folder / "index" / "catalog.sqlite")
        fill(catalog, PASSAGES, material, folder / "documents")
        retriever = Retriever(folder / "index", catalog)
        retriever.write()
        bare = _Bare(catalog, folder / "bare")

        def read(chunks: Sequence[RetrievedChunk], asked: answerer.Asked) -> None:
            known = catalog.chunk_sentences([item.stored.id for item in chunks])
            answerer.read(chunks, asked, known, encoder, retriever.lexical.words)

        def in_parts(question: str) -> tuple[float, float, float]:
            """Seconds of encoding, retrieval and reading, by hand."""
            embedding = encoder.encode_questions([question])
            lexical = retriever.lexical
            found = retriever.retrieve(parse(question), embedding, 2 * answerer.READ, LEXICAL_WEIGHT)
            asked = answerer.Asked(embedding, lexical.rarities(question), LEXICAL_WEIGHT, lexical.passages)
            return (
                seconds(lambda: encoder.encode_questions([question])),
                seconds(lambda: retriever.retrieve(parse(question), embedding, 2 * answerer.READ, LEXICAL_WEIGHT)),
                seconds(lambda: read(found[: answerer.READ], asked)),
            )

        with Assistant.open(folder / "index", settings=Settings(), encoder=encoder) as assistant:

            def bare_search(question: str) -> None:
                bare.search(question, encoder.encode_questions([question]))

            for question in questions[:10]:
                assistant.ask(question)
                bare_search(question)
            medians: list[tuple[float, float]] = []
            slowest: list[tuple[float, float]] = []
            parts = []
            for _ in range(_REPEATS):
                pairs = [
                    (seconds(lambda q=q: bare_search(q)), seconds(lambda q=q: assistant.ask(q)))  # type: ignore[misc]
                    for q in questions
                ]
                medians.append(_percentile(pairs, 50))
                slowest.append(_percentile(pairs, 95))
                parts.append([*np.median([in_parts(q) for q in questions], axis=0), medians[-1][1]])
        catalog.close()
    for what, pairs in (("p50 of asking", medians), ("p95 of asking", slowest)):
        plain, ours = zip(*pairs, strict=True)
        yield paired(what, ours, "encoding, bare FAISS and a bare tantivy query", plain, "times as long")
    for part, taken in zip(_PARTS, zip(*parts, strict=True), strict=True):
        yield measured(part, "ms", [1000 * float(each) for each in taken])


def _percentile(pairs: Sequence[tuple[float, float]], percent: float) -> tuple[float, float]:
    bare, ours = np.percentile(pairs, percent, axis=0).tolist()
    return bare, ours


class _Bare:
    """What FAISS and tantivy do by themselves."""

    def __init__(self, catalog: Catalog, folder: Path) -> None:
        import faiss
        import tantivy

        ids = catalog.chunk_ids_since(0)
        vectors = catalog.chunk_vectors(ids)
        self._vectors = faiss.IndexFlatIP(vectors.shape[1])
        self._vectors.add(vectors)
        folder.mkdir()
        schema = tantivy.SchemaBuilder().add_text_field("text", tokenizer_name="en_stem").build()
        self._words = tantivy.Index(schema, path=str(folder))
        writer = self._words.writer(heap_size=50_000_000, num_threads=1)
        for start in range(0, len(ids), 1000):
            for stored in catalog.chunks(ids[start : start + 1000]).values():
                writer.add_document(tantivy.Document(text=stored.chunk.text))
        writer.commit()
        writer.wait_merging_threads()
        self._words.reload()

    def search(self, question: str, embedding: Any) -> None:
        self._vectors.search(embedding, 10)
        query, _ = self._words.parse_query_lenient(question, ["text"])
        self._words.searcher().search(query, 10)
