"""Embeds texts with an exported model on ONNX Runtime; imports neither torch, transformers nor sentence-transformers.

An export is a folder made by `onnx_export.export_onnx`: `encoder.json` (an `ExportRecord`), `model.onnx` with its
`weights.bin`, and `tokenizer.json`. Texts go through the network one at a time, never padded, each on one thread. An
embedding then depends on its own text alone (int8 measures its scale over the whole input), and no layout measured is
faster.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from askdocs.encoding.pooling import MEANS, Floats, in_order, pool, pool_parts, unit
from askdocs.encoding.token_counter import TokenCounter, Tokens
from askdocs.errors import BrokenExport
from askdocs.types import Span

Weights = Literal["float32", "int8", "int7"]
"""What the weights of an export are in: bytes have seven bits on machines that don't sum products of eight exactly."""

Role = Literal["query", "document"]

RECORD_FILE = "encoder.json"
MODEL_FILE = "model.onnx"
WEIGHTS_FILE = "weights.bin"
TOKENIZER_FILE = "tokenizer.json"

_FEW_TEXTS = 2
"""A question, and nothing at all, are counted without loading another tokenizer."""


@dataclass(frozen=True, slots=True)
class ExportRecord:
    """What the network needs around it, as saved beside it; `pooling` modes are concatenated in their order.

    `*_unpooled` counts the leading tokens, the prompt's, that a model may want kept out of pooling.
    """

    recipe: int
    fingerprint: str
    weights: Weights
    dimension: int
    max_tokens: int
    pooling: tuple[str, ...]
    query_prompt: str
    query_unpooled: int
    document_prompt: str
    document_unpooled: int
    fused: bool
    model_bytes: int
    weights_bytes: int
    lowest_cosine: float
    made_with: str

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> ExportRecord:
        fields = json.loads(text)
        return cls(**{**fields, "pooling": tuple(fields["pooling"])})


def read_record(folder: Path) -> ExportRecord:
    """Read a finished export's record; raises BrokenExport unless the export is there and whole."""
    try:
        record = ExportRecord.from_json((folder / RECORD_FILE).read_text(encoding="utf-8"))
        sizes = tuple((folder / name).stat().st_size for name in (MODEL_FILE, WEIGHTS_FILE, TOKENIZER_FILE))
        whole = sizes[:2] == (record.model_bytes, record.weights_bytes)
    except (OSError, ValueError, TypeError, KeyError) as exc:
        raise BrokenExport(f"no usable ONNX export in {folder}: {exc}. Export the model again.") from exc
    if not whole:
        raise BrokenExport(f"the ONNX export in {folder} is incomplete. Delete the folder and export again.")
    return record


class OnnxEncoder:
    """An encoder over one export; every method may be called from several threads at once.

    `threads` texts are embedded side by side (all usable processors by default), whoever asks for them; a single text
    runs on the caller's own thread, so that a question never queues behind a long `encode` in another thread.
    """

    def __init__(self, folder: Path, name: str, note: str = "", threads: int | None = None) -> None:
        self.record = read_record(folder)
        self.name = name
        self.note = note
        self.fingerprint: str = self.record.fingerprint
        self.dimension: int = self.record.dimension
        self.max_tokens: int = self.record.max_tokens
        self.precision: str = "float32" if self.record.weights == "float32" else "int8"
        self._threads = threads or _usable_processors()
        self._workers = ThreadPoolExecutor(self._threads, "encode")
        self._tokenizer_path = folder / TOKENIZER_FILE
        self._tokenizer = _open_tokenizer(self._tokenizer_path, self.max_tokens)
        self._counter: TokenCounter | None = None
        self._counter_lock = threading.Lock()
        self._session = open_session(str(folder / MODEL_FILE))
        self._inputs = tuple(node.name for node in self._session.get_inputs())
        self._prompts: dict[Role, str] = {"query": self.record.query_prompt, "document": self.record.document_prompt}
        self._unpooled: dict[Role, int] = {
            "query": self.record.query_unpooled,
            "document": self.record.document_unpooled,
        }

    def token_counts(self, texts: Sequence[str], role: Role = "document") -> list[int]:
        """Count each text's tokens as `encode` sees them (prompt and special tokens included), before truncation."""
        prompted = self._prompted(texts, role)
        if self._counter is None and len(prompted) <= _FEW_TEXTS:  # those of a question
            # The tokenizer that embeds will do, unless it cuts something off.
            counts = [len(encoding) for encoding in self._tokenizer.encode_batch_fast(prompted)]
            if max(counts, default=0) < self.max_tokens:
                return counts
        return self._opened_counter().counts(prompted)

    def encode(self, texts: Sequence[str], role: Role = "document") -> Floats:
        """Embed texts into unit rows (n, dimension), in input order; each row depends on its own text alone.

        Only a text without a single token, under a tokenizer that adds none, has a row of zeros.
        """
        encodings = self._tokenizer.encode_batch_fast(self._prompted(texts, role))
        embeddings = np.zeros((len(encodings), self.dimension), np.float32)

        def fill(row: int) -> None:
            if len(encodings[row]):
                states = self._states(encodings[row].ids, encodings[row].type_ids)
                embeddings[row] = self._pool(states, role)

        self._side_by_side(fill, _longest_first(list(map(len, encodings))))
        return embeddings

    def encode_questions(self, texts: Sequence[str]) -> Floats:
        """Embed questions as `encode` embeds passages, with the prompt for questions if the model has one."""
        return self.encode(texts, "query")

    @property
    def tells_sentences(self) -> bool:
        """Whether the states of a passage's tokens tell its sentences: where one mean of them is the embedding."""
        return len(self.record.pooling) == 1 and MEANS.issuperset(self.record.pooling)

    def encode_with_sentences(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Span]]
    ) -> tuple[Floats, list[Floats]]:
        """Embed passages, longer ones in windows, and of each its `sentences`, from the states of its own tokens."""
        windows = self._windows(self._prompted(texts, "document"))
        before = len(self._prompts["document"])
        parts = [[span.shifted(before) for span in spans] for spans in sentences]
        lengths = [sum(map(len, tokens)) for tokens in windows]
        embeddings = np.zeros((len(windows), self.dimension), np.float32)
        inside = [np.zeros((len(spans), self.dimension), np.float32) for spans in parts]

        def fill(row: int) -> None:
            if lengths[row]:
                states = np.concatenate([self._states(tokens.ids, tokens.type_ids) for tokens in windows[row]])
                offsets = np.concatenate([tokens.offsets for tokens in windows[row]])
                embeddings[row] = self._pool(states, "document")
                inside[row] = pool_parts(states, offsets, parts[row])

        self._side_by_side(fill, _longest_first(lengths))
        return embeddings, inside

    def _prompted(self, texts: Sequence[str], role: Role) -> list[str]:
        prompt = self._prompts[role]
        return [prompt + text for text in texts] if prompt else list(texts)

    def _windows(self, prompted: Sequence[str]) -> list[list[Tokens]]:
        """The tokens of passages, whose words have been counted; of longer ones in windows."""
        made = self._opened_counter().tokens(prompted)
        return [
            [tokens] if len(tokens) <= self.max_tokens else list(map(Tokens.of, in_order(self._tokenizer.encode(text))))
            for text, tokens in zip(prompted, made, strict=True)
        ]

    def _opened_counter(self) -> TokenCounter:
        with self._counter_lock:
            if self._counter is None:
                self._counter = TokenCounter(_open_tokenizer(self._tokenizer_path, max_tokens=None))
            return self._counter

    def _states(self, ids: Sequence[int] | NDArray[np.int64], type_ids: Sequence[int] | NDArray[np.int64]) -> Floats:
        rows = {"input_ids": ids, "token_type_ids": type_ids, "attention_mask": np.ones(len(ids), np.int64)}
        feeds = {name: np.asarray(rows[name], np.int64)[None] for name in self._inputs}
        states: Floats = self._session.run(None, feeds)[0][0]
        return states

    def _pool(self, states: Floats, role: Role) -> Floats:
        return unit(pool(states, self.record.pooling, self._unpooled[role]))

    def _side_by_side(self, work: Callable[[int], None], items: Sequence[int]) -> None:
        if self._threads == 1 or len(items) <= 1:
            for item in items:
                work(item)
            return
        list(self._workers.map(work, items))


def _longest_first(lengths: Sequence[int]) -> list[int]:
    return sorted(range(len(lengths)), key=lambda row: -lengths[row])


def _open_tokenizer(path: Path, max_tokens: int | None) -> Any:
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as exc:  # tokenizers raises bare Exception
        raise BrokenExport(f"cannot read {path}: {exc}. Delete its folder and export again.") from exc
    tokenizer.no_padding()
    if max_tokens is None:
        tokenizer.no_truncation()
    else:
        truncation = tokenizer.truncation or {}
        tokenizer.enable_truncation(max_tokens, direction=truncation.get("direction", "right"))
    return tokenizer


def open_session(model: str | bytes) -> Any:
    """Open a graph, as a file or as its bytes, to be run on the caller's thread."""
    import onnxruntime

    onnxruntime.disable_telemetry_events()  # on Windows no variable does that: see the package
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL  # saved optimised
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as exc:  # onnxruntime's errors share no public base class
        raise BrokenExport(f"cannot load {model!r:.300}: {exc}. Delete its folder and export again.") from exc


def _usable_processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
