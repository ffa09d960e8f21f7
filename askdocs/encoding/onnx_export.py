"""Makes, once a model, the ONNX export that `onnx_encoder` runs: under a cache folder, checked against the original.

Needs torch, sentence-transformers, onnx and onnxruntime; they are imported only when an export has to be made.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import threading
import time
import uuid
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from askdocs.encoding import onnx_graph
from askdocs.encoding.onnx_encoder import (
    MODEL_FILE,
    RECORD_FILE,
    TOKENIZER_FILE,
    WEIGHTS_FILE,
    ExportRecord,
    OnnxEncoder,
    Role,
    Weights,
    read_record,
)
from askdocs.encoding.pooling import POOLING_MODES, Floats
from askdocs.errors import BrokenExport, ExportMismatch, FastPathError

RECIPE = 5  # part of an export's name: raise it whenever this code would write another graph or record
LOWEST_COSINE: dict[Weights, float] = {"float32": 0.9999, "int8": 0.98, "int7": 0.98}
MODULES = ("Transformer", "Pooling", "Normalize")
UNFINISHED = ".unfinished-"
STALE_AFTER_SECONDS = 24 * 3600
NO_TOKEN_LIMIT = 1_000_000
_ONE_AT_A_TIME = threading.Lock()  # torch's exporter keeps its state in globals
PROBE_WORDS = (1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610)
PROBE = (
    "The committee met on 14 March 2019 to review the annual budget, which had grown by 7.5% since the previous year. "
    "Several members asked why maintenance of the older bridges had been postponed; the engineer replied that steel "
    "prices, staff shortages and a wet autumn were to blame. Café owners near the river (about forty of them) wanted "
    'compensation for lost trade. "How long," one said, "can a small shop wait?" A motion to borrow €2 million over '
    "ten years was passed by nine votes to four. The library's opening hours were extended, a tree-planting scheme was "
    "approved in principle, and the health officer described how vaccination rates among children under five compare "
    "with those of neighbouring districts. Data protection, parking and e-mail notices were left for the next session. "
)


def export_folder(target: Path, fingerprint: str, weights: Weights) -> Path:
    """Name the folder under the cache folder `target` where an export belongs, made or not.

    Those of other weights have other names: machines that share the folder may need different ones.
    """
    return target / f"{fingerprint[:32]}-{weights}-r{RECIPE}"


def export_onnx(model_folder: Path, finished: Path, weights: Weights, fingerprint: str) -> Path:
    """Return the folder `finished` with the export of a model, made first if it is not there.

    Safe beside other processes: an export appears whole, by one rename, and whoever comes second uses the first's.
    Raises FastPathError if the model can't be converted, or the folder not written, and ImportError naming the
    package that is missing.
    """
    with contextlib.suppress(BrokenExport):
        read_record(finished)
        return finished
    _check_modules(model_folder)
    with _ONE_AT_A_TIME, _unfinished_folder(finished.parent) as unfinished:
        _build(model_folder, unfinished, weights, fingerprint)
        _publish(unfinished, finished)
    return finished


def _check_modules(model_folder: Path) -> None:
    """Raise FastPathError, from the folder's JSON alone, unless it is Transformer + Pooling [+ Normalize]."""
    try:
        modules = json.loads((model_folder / "modules.json").read_text(encoding="utf-8"))
        kinds = tuple(str(module["type"]).rsplit(".", 1)[-1] for module in modules)
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise FastPathError(f"{model_folder} is not a sentence-transformers model folder: {exc}") from exc
    if kinds not in (MODULES, MODULES[:2]):
        found = " + ".join(kinds)
        raise FastPathError(f"{model_folder} is {found}: not Transformer + Pooling, with or without Normalize.")


@contextlib.contextmanager
def _unfinished_folder(target: Path) -> Iterator[Path]:
    """Lend a new folder in the cache folder, and remove what is left of it in the end."""
    folder = target / f"{UNFINISHED}{uuid.uuid4().hex}"
    try:
        folder.mkdir(parents=True)
        _remove_stale(target)
        yield folder
    except OSError as exc:
        raise FastPathError(f"cannot write the ONNX export under {target}: {exc.strerror or exc}") from exc
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_stale(target: Path) -> None:
    """Remove what killed exports left behind."""
    for folder in target.glob(f"{UNFINISHED}*"):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime > STALE_AFTER_SECONDS:
                shutil.rmtree(folder)


def _publish(unfinished: Path, finished: Path) -> None:
    """Move a whole export into its place, or leave the one that another process has put there meanwhile."""
    for path in (*unfinished.iterdir(), unfinished):
        _flush(path)
    try:
        unfinished.rename(finished)
    except OSError:
        if not finished.exists():
            raise
        with contextlib.suppress(BrokenExport):
            read_record(finished)
            return
        broken = finished.rename(unfinished.with_name(f"{unfinished.name}-broken"))
        unfinished.rename(finished)
        shutil.rmtree(broken, ignore_errors=True)
    _flush(finished.parent)


def _flush(path: Path) -> None:
    """Have the operating system write a file or folder to the disk (Windows has no such call for folders)."""
    if path.is_dir() and os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _build(model_folder: Path, folder: Path, weights: Weights, fingerprint: str) -> None:
    """Fill `folder` with a checked export: of the fused graph, or of the plain one where fusing fails or strays."""
    with _quiet():
        try:
            from sentence_transformers import SentenceTransformer

            model: Any = SentenceTransformer(str(model_folder), device="cpu", local_files_only=True)
            record = _describe(model, weights, fingerprint)
            probes = _probes(record.max_tokens)
            expected: dict[Role, Floats] = {
                "query": _unit_rows(model.encode_query(probes, batch_size=1, show_progress_bar=False)),
                "document": _unit_rows(model.encode_document(probes, batch_size=1, show_progress_bar=False)),
            }
            model[0].tokenizer.backend_tokenizer.save(str(folder / TOKENIZER_FILE), pretty=False)
            traced = folder / "traced.onnx"
            onnx_graph.trace(model[0].model, model[0].tokenizer, traced)
            samples = [_input(model[0].tokenizer, probe, record.max_tokens) for probe in probes]
        except (FastPathError, ImportError):
            raise
        except Exception as exc:  # torch and transformers raise anything, from KeyError to their own
            raise FastPathError(f"cannot export {model_folder} to ONNX: {exc}") from exc
        failures: list[Exception] = []
        for fuse in (True, False):
            try:
                files, config = (folder / MODEL_FILE, folder / WEIGHTS_FILE), model[0].model.config
                onnx_graph.convert(traced, *files, config, samples, weights, fuse=fuse)
                _verify(folder, replace(record, fused=fuse), probes, expected)
            except ImportError:
                raise
            except Exception as exc:  # a fusion that breaks may raise anything: the plain graph is tried next
                failures.append(exc)
            else:
                break
        else:
            plain = failures[-1]
            if isinstance(plain, ExportMismatch):
                raise plain
            raise FastPathError(f"cannot convert {model_folder} for onnxruntime: {plain}") from plain
    for path in folder.iterdir():
        if path.name not in (RECORD_FILE, MODEL_FILE, WEIGHTS_FILE, TOKENIZER_FILE):
            path.unlink()


def _describe(model: Any, weights: Weights, fingerprint: str) -> ExportRecord:
    """Record what surrounds the network, as sentence-transformers itself understands the folder."""
    import onnxruntime
    import sentence_transformers
    import torch

    transformer, pooling = model[0], model[1]
    modes = (pooling.pooling_mode,) if isinstance(pooling.pooling_mode, str) else tuple(pooling.pooling_mode)
    if transformer.transformer_task != "feature-extraction" or transformer.module_output_name != "token_embeddings":
        raise FastPathError("the ONNX encoder takes models that give text token embeddings.")
    if transformer.query_expansion or transformer.query_length or transformer.document_length:
        raise FastPathError("the ONNX encoder knows no query expansion and no token limit by role.")
    if not transformer.tokenizer.is_fast:
        raise FastPathError("the model's tokenizer has no tokenizer.json form.")
    if unknown := set(modes) - POOLING_MODES:
        raise FastPathError(f"the ONNX encoder knows no {' or '.join(sorted(unknown))} pooling.")
    document = model.prompts[next(name for name in ("document", "passage", "corpus") if name in model.prompts)]
    query = model.prompts["query"]  # this and the line above: as encode_query and encode_document choose
    libraries = (torch, onnxruntime, sentence_transformers)
    return ExportRecord(
        recipe=RECIPE,
        fingerprint=fingerprint,
        weights=weights,
        dimension=int(pooling.get_embedding_dimension()),
        max_tokens=min(int(model.max_seq_length or NO_TOKEN_LIMIT), NO_TOKEN_LIMIT),
        pooling=modes,
        query_prompt=query,
        query_unpooled=_unpooled_tokens(transformer, pooling, query),
        document_prompt=document,
        document_unpooled=_unpooled_tokens(transformer, pooling, document),
        fused=False,
        model_bytes=0,
        weights_bytes=0,
        lowest_cosine=0.0,
        made_with=", ".join(f"{library.__name__} {library.__version__}" for library in libraries),
    )


def _unpooled_tokens(transformer: Any, pooling: Any, prompt: str) -> int:
    if pooling.include_prompt or not prompt:
        return 0
    return int(transformer.preprocess(["text"], prompt=prompt)["prompt_length"])


def _verify(folder: Path, record: ExportRecord, probes: list[str], expected: dict[Role, Floats]) -> None:
    """Write the record; raise ExportMismatch unless the export, as it will be opened, gives the same rows."""
    model_bytes, weights_bytes = ((folder / name).stat().st_size for name in (MODEL_FILE, WEIGHTS_FILE))
    record = replace(record, model_bytes=model_bytes, weights_bytes=weights_bytes)
    (folder / RECORD_FILE).write_text(record.to_json(), encoding="utf-8")
    encoder = OnnxEncoder(folder, "export", threads=1)
    lowest = min(float((encoder.encode(probes, role) * rows).sum(axis=1).min()) for role, rows in expected.items())
    needed = LOWEST_COSINE[record.weights]
    if not lowest >= needed:
        raise ExportMismatch(f"the {record.weights} export strays from its model: cosine {lowest:.4f}<{needed}.")
    (folder / RECORD_FILE).write_text(replace(record, lowest_cosine=round(lowest, 6)).to_json(), encoding="utf-8")


def _probes(max_tokens: int) -> list[str]:
    """Texts of one word up to past the token limit (but not past 700 words), starting at different places."""
    words = (PROBE * 8).split()
    longest = min(2 * max_tokens, 700)
    counts = [*(count for count in PROBE_WORDS if count < longest), longest]
    return [" ".join(words[7 * number : 7 * number + count]) for number, count in enumerate(counts)]


def _input(tokenizer: Any, text: str, max_tokens: int) -> dict[str, Any]:
    """A text as the network takes it."""
    tokens = tokenizer(text, truncation=True, max_length=max_tokens, return_token_type_ids=True, return_tensors="np")
    return {name: values.astype(np.int64) for name, values in tokens.items()}


def _unit_rows(rows: Any) -> Floats:
    array = np.asarray(rows, np.float32)
    lengths = np.linalg.norm(array, axis=1, keepdims=True)
    return np.asarray(array / np.maximum(lengths, 1e-12), np.float32)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silence the exporters: the check that follows decides what they warn about, and nobody else can act on it."""
    import transformers

    messages: Any = transformers.utils.logging

    bars = messages.is_progress_bar_enabled()
    handler = logging.NullHandler()  # else the first message to the root logger would install one that prints
    logging.getLogger().addHandler(handler)
    messages.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.getLogger().removeHandler(handler)
        if bars:
            messages.enable_progress_bar()
