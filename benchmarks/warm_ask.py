"""A question to an open index of 100,000 passages against its bare parts, and where the time goes.

The parts: the question's embedding, a flat FAISS search and a plain tantivy query of the same texts, ten hits each.
What is asked is a sentence of the documents, so that it is found. A question that isn't is measured by itself: before
it says that the documents hold no answer, askdocs looks at all 10,000 files for what the index doesn't hold, so that
its bare parts have a walk over them.
"""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from askdocs import Assistant
from askdocs.answering import answerer
from askdocs.catalog.catalog import Catalog
from askdocs.config import Settings, cache_folder
from askdocs.encoding.encoder import open_encoder
from askdocs.searching.question import parse
from askdocs.searching.retriever import LEXICAL_WEIGHT, RetrievedChunk, Retriever
from askdocs.types import Verdict
from benchmarks.ratio import Measurement, Ratio, measured, paired, seconds
from benchmarks.search_at_size import fill, material_for

PASSAGES = 100_000
_QUESTIONS = 60
_WORDS = 8  # of a sentence at least, so that it may be found
_TRIED = 500  # one in six is, as passages of shuffled sentences have the embeddings of others
_REPEATS = 3
_PARTS = ("encoding the question", "retrieval", "reading", "all of an answer")


def run() -> Iterator[Ratio | Measurement]:
    encoder = open_encoder("", "int8", cache_folder() / "models")
    material = material_for(encoder)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "documents").mkdir()
        catalog = Catalog(folder / "index" / "catalog.sqlite")
        fill(catalog, PASSAGES, material, folder / "documents")
        retriever = Retriever(folder / "index", catalog)
        retriever.write()
        bare = _Bare(catalog, folder / "bare")
        documents = str(folder / "documents")

        def read(chunks: Sequence[RetrievedChunk], asked: answerer.Asked) -> None:
            known = catalog.chunk_sentences([item.stored.id for item in chunks])
            answerer.read(chunks, asked, known, encoder, retriever.lexical.words)

        def in_parts(question: str) -> tuple[float, float, float]:
            """Seconds of encoding, retrieval and reading, by hand."""
            embedding = encoder.encode_questions([question])
            lexical = retriever.lexical
            found = retriever.retrieve(parse(question), embedding, 2 * answerer.READ, LEXICAL_WEIGHT)
            asked = answerer.Asked(embedding, {None: lexical.rarities(question)}, LEXICAL_WEIGHT, lexical.passages)
            return (
                seconds(lambda: encoder.encode_questions([question])),
                seconds(lambda: retriever.retrieve(parse(question), embedding, 2 * answerer.READ, LEXICAL_WEIGHT)),
                seconds(lambda: read(found[: answerer.READ], asked)),
            )

        with Assistant.open(folder / "index", settings=Settings(), encoder=encoder) as assistant:

            def bare_search(question: str) -> None:
                bare.search(question, encoder.encode_questions([question]))

            def bare_miss(question: str) -> None:
                bare_search(question)
                for within, _, names in os.walk(documents):
                    for file in names:
                        os.stat(os.path.join(within, file))

            def of_verdict(questions: Sequence[str], *, found: bool) -> list[str]:
                verdicts = ((question, assistant.ask(question).verdict) for question in questions)
                return [q for q, verdict in verdicts if (verdict is Verdict.FOUND) == found][:_QUESTIONS]

            long = [sentence for sentence in material.sentences if len(sentence.split()) >= _WORDS]
            tried = random.Random(1).sample(long, _TRIED)
            hits, misses = of_verdict(tried, found=True), of_verdict(material.questions, found=False)
            medians: list[tuple[float, float]] = []
            slowest: list[tuple[float, float]] = []
            missed: list[tuple[float, float]] = []
            parts = []
            for _ in range(_REPEATS):
                pairs = _timed(hits, bare_search, assistant.ask)
                medians.append(_percentile(pairs, 50))
                slowest.append(_percentile(pairs, 95))
                missed.append(_percentile(_timed(misses, bare_miss, assistant.ask), 50))
                parts.append([*np.median([in_parts(q) for q in hits], axis=0), medians[-1][1]])
        catalog.close()
    bare_parts = "encoding, bare FAISS and a bare tantivy query"
    for what, baseline, pairs in (
        ("p50 of asking", bare_parts, medians),
        ("p95 of asking", bare_parts, slowest),
        ("p50 of asking in vain", f"{bare_parts}, and os.walk with os.stat", missed),
    ):
        plain, ours = zip(*pairs, strict=True)
        yield paired(what, ours, baseline, plain, "times as long")
    for part, taken in zip(_PARTS, zip(*parts, strict=True), strict=True):
        yield measured(part, "ms", [1000 * float(each) for each in taken])


def _timed(
    questions: Sequence[str], plain: Callable[[str], object], ours: Callable[[str], object]
) -> list[tuple[float, float]]:
    """Seconds of each question, both taking turns."""
    return [
        (seconds(lambda q=q: plain(q)), seconds(lambda q=q: ours(q)))  # type: ignore[misc]
        for q in questions
    ]


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
