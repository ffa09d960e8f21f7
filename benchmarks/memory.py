"""The most memory that indexing a gigabyte of text takes, up to the end of building both derived indexes.

An encoder that hashes stands in for the model, which would take a day: its embeddings lie in groups, as real ones do,
so that the vector index is built as it would be. What the model itself takes is measured beside it.
`python -m benchmarks.memory 50` indexes so many megabytes instead.
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.ratio import Measurement, measured
from benchmarks.texts import passages, vocabulary

if TYPE_CHECKING:
    from askdocs.types import Embeddings, Span

MEGABYTES = 1000
PEAK = "peak resident memory of indexing 1 GB of text"

_A_FILE = 49_500_000
"""Bytes, just under the largest file that is indexed by default."""
_PARAGRAPH_WORDS = 100
_DIMENSION = 384
_GROUPS = 3000
_APART = 0.6


class HashingEncoder:
    """Unit vectors that hang on the text alone: near one of some centres, which the text's hash chooses."""

    name = fingerprint = "hashing"
    precision = "float32"
    note = ""
    max_tokens = 256
    tells_sentences = True

    def __init__(self) -> None:
        import numpy as np

        generator = np.random.default_rng(1)
        self._centres = generator.standard_normal((_GROUPS, _DIMENSION), np.float32)
        self._shifts = _APART * generator.standard_normal((_GROUPS, _DIMENSION), np.float32)

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        return [2 + len(text) // 6 for text in texts]

    def encode(self, texts: Sequence[str]) -> Embeddings:
        import numpy as np

        digests = (blake2b(text.encode(), digest_size=12).digest() for text in texts)
        chosen = np.frombuffer(b"".join(digests), np.uint32).reshape(-1, 3) % _GROUPS
        rows = self._centres[chosen[:, 0]] + self._shifts[chosen[:, 1]] - self._shifts[chosen[:, 2]]
        embeddings: Embeddings = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return embeddings

    def encode_with_sentences(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Span]]
    ) -> tuple[Embeddings, list[Embeddings]]:
        inside = [self.encode([span.of(text) for span in spans]) for text, spans in zip(texts, sentences, strict=True)]
        return self.encode(texts), inside

    def encode_questions(self, texts: Sequence[str]) -> Embeddings:
        return self.encode(texts)


def run(megabytes: int = MEGABYTES) -> Iterator[Measurement]:
    with tempfile.TemporaryDirectory() as name:
        documents = Path(name) / "documents"
        _write(documents, megabytes)
        peak = _in_a_process("--index", name)
    _in_a_process("--encode", name)  # the first may have to convert the model
    what = PEAK if megabytes == MEGABYTES else f"peak resident memory of indexing {megabytes} MB of text"
    yield measured(what, "MB", [peak["megabytes"]])
    yield measured("passages in that text", "passages", [peak["passages"]])
    yield measured("resident memory of a process that has embedded with the bundled model", "MB",
                   [_in_a_process("--encode", name)["megabytes"]])  # fmt: skip


def _write(folder: Path, megabytes: int) -> None:
    """Text files of words in a random order, in paragraphs."""
    folder.mkdir()
    words = vocabulary()
    generator = random.Random(1)
    left = megabytes * 1_000_000
    while left > 0:
        size = min(_A_FILE, left)
        left -= size
        with (folder / f"{left}.txt").open("w", encoding="utf-8") as file:
            while size > 0:
                size -= file.write(" ".join(generator.choices(words, k=_PARAGRAPH_WORDS)) + ".\n\n")


def _in_a_process(*arguments: str) -> dict[str, float]:
    command = (sys.executable, "-m", "benchmarks.memory", *arguments)
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    values: dict[str, float] = json.loads(done.stdout)
    return values


def _index(folder: Path) -> int:
    """Index the documents in `folder` to the end; how many passages there are."""
    from askdocs import Assistant
    from askdocs.config import Settings

    with Assistant.open(folder / "index", settings=Settings(), encoder=HashingEncoder()) as assistant:
        for _ in assistant.index([folder / "documents"]):
            pass
        return assistant.status().counts.chunks


def _encode() -> int:
    """Embed a slice of passages, as indexing does."""
    from askdocs.config import cache_folder
    from askdocs.encoding.encoder import open_encoder

    encoder = open_encoder("", "int8", cache_folder() / "models")  # converted before, see `run`
    encoder.token_counts(passages(32))
    return len(encoder.encode(passages(32)))


if __name__ == "__main__":
    if sys.argv[1:2] in (["--index"], ["--encode"]):
        count = _index(Path(sys.argv[2])) if sys.argv[1] == "--index" else _encode()
        unit = 1 if sys.platform == "darwin" else 1024  # of what getrusage tells, in bytes
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
        print(json.dumps({"megabytes": most, "passages": count}))
    else:
        for figure in run(int(sys.argv[1]) if sys.argv[1:] else MEGABYTES):
            print(figure)
