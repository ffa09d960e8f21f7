"""Indexes of rising sizes: what opening, searching and editing one file take, what is found, and what memory holds.

Their passages are real sentences shuffled, their embeddings real ones moved apart as real ones differ, so that a
million take minutes to make and not days. `python -m benchmarks.search_at_size 10000 100000` chooses other sizes.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from askdocs import Assistant
from askdocs.catalog.catalog import Catalog
from askdocs.catalog.records import FileState, ReadDocument, Source, StoredEncoder
from askdocs.catalog.sentences import Sentences
from askdocs.config import Settings, cache_folder
from askdocs.encoding.encoder import Encoder, open_encoder
from askdocs.searching.question import parse
from askdocs.searching.retriever import LEXICAL_WEIGHT, POOL, Retriever
from askdocs.searching.vectors import VectorIndex
from askdocs.types import Chunk, Document, Locator, Span, Unit
from benchmarks.ratio import seconds
from benchmarks.texts import PROJECT

if TYPE_CHECKING:
    from askdocs.types import Embeddings

SIZES = (1_000, 10_000, 100_000, 1_000_000)
EVALUATION_DATA = PROJECT.parent / "shared" / "eval"

_PASSAGES = 3000
_QUESTIONS = 200
_A_DOCUMENT = 10
_SENTENCES = 5
_SLICE = 5000
_APART = 0.35
_EDITS = 8  # the first of which is the coming of the file


@dataclass(frozen=True, slots=True)
class AtSize:
    """What one index takes; times in milliseconds unless they say otherwise, memory in megabytes.

    A search is a question's embedding to ranked passages: both legs, fused. `recall` is that of the nearest ten by
    meaning, over real questions. `edit_ratio` compares the edit of one file, in turns, with that in the first index of
    the run.
    """

    passages: int
    search: str
    build_seconds: float
    open: float
    search_p50: float
    search_p95: float
    dense_p50: float
    lexical_p50: float
    lexical_p95: float
    recall: float
    resident: float
    edit: float
    edit_ratio: float

    def values(self) -> dict[str, object]:
        return {name: round(value, 4) if isinstance(value, float) else value for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Material:
    """What indexes are made of: sentences, and real passages and questions with the embeddings of an encoder."""

    encoder: StoredEncoder
    sentences: list[str]
    embeddings: Embeddings
    questions: list[str]
    question_embeddings: Embeddings


def run(sizes: Sequence[int] = SIZES) -> Iterator[AtSize]:
    encoder = open_encoder("", "int8", cache_folder() / "models")
    material = material_for(encoder)
    with tempfile.TemporaryDirectory() as name:
        first = Path(name) / "first"
        first.mkdir()
        yield _measured(first, sizes[0], material, encoder, first)
        for size in sizes[1:]:
            with tempfile.TemporaryDirectory() as other:
                yield _measured(Path(other), size, material, encoder, first)


def material_for(encoder: Encoder) -> Material:
    """Of the evaluation data where it is at hand, else of the seeds and the project's own documentation."""
    corpora = sorted(EVALUATION_DATA.glob("*/corpus.jsonl"))
    texts = [json.loads(line)["text"] for path in corpora for line in path.open(encoding="utf-8")]
    queries = [
        json.loads(line)["text"]
        for path in sorted(EVALUATION_DATA.glob("*/queries.jsonl"))
        for line in path.open(encoding="utf-8")
    ]
    if not texts:
        paths = [*(PROJECT / "seeds").glob("*.txt"), PROJECT / "README.md", *(PROJECT / "docs").glob("*.md")]
        texts = [path.read_text(encoding="utf-8") for path in sorted(paths)]
    generator = random.Random(1)
    sentences = [
        " ".join(sentence.split())
        for text in texts
        for sentence in re.split(r"(?<=[.!?])\s+", text)
        if 30 < len(sentence) < 400
    ]
    # Sentences that belong together: embeddings of shuffled ones lie apart from those of questions.
    places = generator.sample(range(0, len(sentences), _SENTENCES), min(_PASSAGES, len(sentences) // _SENTENCES))
    real = [" ".join(sentences[at : at + _SENTENCES]) for at in places]
    questions = generator.sample(queries or sentences, min(_QUESTIONS, len(queries or sentences)))
    stored = StoredEncoder(encoder.name, encoder.fingerprint, encoder.precision, encoder.note)
    return Material(stored, sentences, encoder.encode(real), questions, encoder.encode_questions(questions))


def _measured(folder: Path, size: int, material: Material, encoder: Encoder, first: Path) -> AtSize:
    """What an index of `size` takes, made in `folder`; that of the `first` size is in another, or the same."""
    index = folder / "index"
    catalog = Catalog(index / "catalog.sqlite")
    nearest = fill(catalog, size, material)
    build_seconds = seconds(Retriever(index, catalog).write)
    catalog.close()
    edits = [
        (_edit_seconds(first, encoder, 2 * at), _edit_seconds(folder, encoder, 2 * at + 1)) for at in range(_EDITS)
    ]
    first_edit, edit = np.median(edits[1:], axis=0).tolist()
    (folder / "questions.json").write_text(json.dumps([material.questions, nearest]))
    np.save(folder / "questions.npy", material.question_embeddings)
    # In a process of its own, whose memory is the index's alone.
    command = (sys.executable, "-m", "benchmarks.search_at_size", "--measure", str(folder))
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return AtSize(
        passages=size, build_seconds=build_seconds, edit=1000 * edit, edit_ratio=edit / first_edit,
        **json.loads(done.stdout),
    )  # fmt: skip


def fill(catalog: Catalog, size: int, material: Material, folder: Path | None = None) -> list[list[int]]:
    """Store `size` passages; the chunk ids of the nearest ten of each question.

    Their documents are written as files to `folder`, and their sentences kept; without one, nothing can be cited.
    """
    catalog.set_encoder(material.encoder)
    source = catalog.put_source(Source(0, str(folder) if folder else "/benchmark"))
    generator = np.random.default_rng(1)
    chooser = random.Random(1)
    real = material.embeddings
    best_ids = np.empty((len(material.questions), 0), np.int64)
    best_scores = np.empty((len(material.questions), 0), np.float32)
    for start in range(0, size, _SLICE):
        count = min(_SLICE, size - start)
        some, others, third = real[generator.integers(len(real), size=(3, count))]
        rows = some + _APART * (others - third)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        keys = [number.to_bytes(16) for number in range(start, start + count)]
        parts = [chooser.choices(material.sentences, k=_SENTENCES) for _ in range(count)]
        sentences = [_sentences(some, real[generator.integers(len(real), size=_SENTENCES)]) for some in parts]
        with catalog.transaction():
            catalog.put_embeddings(keys, rows, sentences if folder else None)
            for at in range(0, count, _A_DOCUMENT):
                passages = [" ".join(some) for some in parts[at : at + _A_DOCUMENT]]
                path = f"{start + at}.txt"
                document, chunks = _document(path, passages)
                state = FileState(len(document.text), start + at, start + at)
                if folder:
                    (folder / path).write_text(document.text, encoding="utf-8")
                    state = FileState.of((folder / path).stat())
                read = ReadDocument(document, chunks, keys[at : at + len(chunks)])
                catalog.put_documents(source, path, b"", state, [read])
        # Ids are given in order, from 1 on.
        best_scores = np.hstack([best_scores, material.question_embeddings @ rows.T])
        best_ids = np.hstack([best_ids, np.tile(np.arange(start, start + count) + 1, (len(best_ids), 1))])
        order = np.argsort(-best_scores)[:, :10]
        best_scores = np.take_along_axis(best_scores, order, 1)
        best_ids = np.take_along_axis(best_ids, order, 1)
    catalog.set_complete(True)
    nearest: list[list[int]] = best_ids.tolist()
    return nearest


def _sentences(parts: Sequence[str], embeddings: Embeddings) -> Sentences:
    """`parts` as the sentences of a passage, with embeddings for each."""
    ends = accumulate(len(part) + 1 for part in parts)
    return Sentences(
        tuple(Span(end - 1 - len(part), end - 1) for part, end in zip(parts, ends, strict=True)), embeddings
    )


def _document(path: str, passages: Sequence[str]) -> tuple[Document, list[Chunk]]:
    chunks = []
    start = 0
    for line, passage in enumerate(passages, start=1):
        chunks.append(Chunk(Span(start, start + len(passage)), passage, "", Locator(Unit.LINES, (), line, line)))
        start += len(passage) + 1
    return Document(path, "text/plain", "utf-8", "\n".join(passages), None, (), ()), chunks


def _edit_seconds(folder: Path, encoder: Encoder, number: int) -> float:
    """What indexing takes after one file of a folder has changed, or has come, to say another `number`."""
    documents = folder / "documents"
    documents.mkdir(exist_ok=True)
    with Assistant.open(folder / "index", settings=Settings(), encoder=encoder) as assistant:
        assistant.status()
        (documents / "edited.txt").write_text(f"The edition of this note is number {number}.")
        return seconds(lambda: list(assistant.index([documents])))


def _measure(folder: Path) -> dict[str, object]:
    """Open the index in `folder` and search it; what has to be taken in a fresh process."""
    import faiss  # noqa: F401  # importing it is not what opening costs
    import tantivy  # noqa: F401

    questions, nearest = json.loads((folder / "questions.json").read_text())
    embeddings = np.load(folder / "questions.npy")
    index = folder / "index"
    started = time.perf_counter()
    catalog = Catalog(index / "catalog.sqlite")
    retriever = Retriever(index, catalog)
    retriever.catch_up_vectors()
    lexical = retriever.lexical
    opened = time.perf_counter() - started
    vectors = VectorIndex.open(index / "vectors.faiss", catalog.identity)
    assert vectors is not None
    asked = list(zip(questions, embeddings[:, None], strict=True))
    searches = _times(
        [lambda q=q, e=e: retriever.retrieve(parse(q), e, 16, LEXICAL_WEIGHT) for q, e in asked]  # type: ignore[misc]
    )
    words = _times([lambda q=q: lexical.search(q, POOL) for q in questions])  # type: ignore[misc]
    dense = _times([lambda e=e: vectors.search(e, POOL) for _, e in asked])  # type: ignore[misc]
    found = [{hit.chunk_id for hit in vectors.search(embedding, POOL)} for _, embedding in asked]
    return {
        "search": "exact" if vectors.recall is None else f"approximate ({vectors.recall:.4f})",
        "open": 1000 * opened,
        "search_p50": np.percentile(searches, 50),
        "search_p95": np.percentile(searches, 95),
        "dense_p50": np.percentile(dense, 50),
        "lexical_p50": np.percentile(words, 50),
        "lexical_p95": np.percentile(words, 95),
        "recall": float(np.mean([len(some & {*best}) / len(best) for some, best in zip(found, nearest, strict=True)])),
        "resident": int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6,
    }


def _times(actions: Sequence[Callable[[], object]]) -> list[float]:
    """Milliseconds that each action takes when it is done for the second time."""
    for action in actions:
        action()
    return [1000 * seconds(action) for action in actions]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(_measure(Path(sys.argv[2]))))
    else:
        for at_size in run([int(float(size)) for size in sys.argv[1:]] or SIZES):
            print(json.dumps(at_size.values()), flush=True)
