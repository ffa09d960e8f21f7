"""Converts a sentence-transformers model folder, once, to the ONNX export that `onnx_encoder` runs.

Needs torch, sentence-transformers, onnx and onnxruntime; they are imported only when an export has to be made.
"""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import os
import shutil
import tempfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from askdocs.errors import BrokenExport, ExportMismatch, FastPathError
from askdocs.onnx_encoder import (
    MODEL_FILE,
    POOLING_MODES,
    RECORD_FILE,
    TOKENIZER_FILE,
    ExportRecord,
    Floats,
    OnnxEncoder,
    Precision,
    Role,
    read_record,
)

RECIPE = 1  # part of an export's name: raise it whenever this module would write another graph
LOWEST_COSINE: dict[Precision, float] = {"float32": 0.9999, "int8": 0.98}
STALE_AFTER_SECONDS = 24 * 3600
UNFINISHED = ".unfinished-"
MODULES = ("Transformer", "Pooling", "Normalize")
OPSET = 17
PROBE = (
    "The committee met on 14 March 2019 to review the annual budget, which had grown by 7.5% since the previous year. "
    "Several members asked why maintenance of the older bridges had been postponed again; the engineer replied that "
    "steel prices, staff shortages and a wet autumn were to blame. Café owners near the river (about forty of them) "
    'wanted compensation for lost trade. "How long," one said, "can a small shop wait?" A motion to borrow '
    "€2 million over ten years was passed by nine votes to four. In other business, the library's opening hours "
    "were extended, a tree-planting scheme was approved in principle, and the public health officer described how "
    "vaccination rates among children under five compare with those of neighbouring districts. Questions about data "
    "protection, parking permits and e-mail notices were left for the next session. "
)


def export_folder(target: Path, fingerprint: str, precision: Precision) -> Path:
    """Name the folder under the cache folder `target` where an export belongs, made or not."""
    return target / f"{fingerprint[:32]}-{precision}-r{RECIPE}"


def export_onnx(model_folder: Path, finished: Path, precision: Precision, fingerprint: str) -> Path:
    """Return the folder `finished` with the export of a model, made first if it is not there.

    Safe beside other processes: an export appears whole, by one rename, and whoever comes second uses the first's.
    Raises the subclasses of OnnxError that its docstring draws.
    """
    with contextlib.suppress(BrokenExport):
        read_record(finished)
        return finished
    _check_modules(model_folder)
    with _unfinished_folder(finished.parent) as unfinished:
        _build(model_folder, unfinished, precision, fingerprint)
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
        raise FastPathError(f"the fast path takes {' + '.join(MODULES)}; {model_folder} has {' + '.join(kinds)}.")


@contextlib.contextmanager
def _unfinished_folder(target: Path) -> Iterator[Path]:
    try:
        target.mkdir(parents=True, exist_ok=True)
        _remove_stale(target)
        folder = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=target))
    except OSError as exc:
        raise FastPathError(f"cannot write the ONNX export under {target}: {exc.strerror or exc}") from exc
    try:
        yield folder
    except OSError as exc:
        raise FastPathError(f"cannot write the ONNX export under {target}: {exc.strerror or exc}") from exc
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_stale(target: Path) -> None:
    for folder in target.glob(f"{UNFINISHED}*"):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime > STALE_AFTER_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


def _publish(unfinished: Path, finished: Path) -> None:
    """Move a whole export into its place, or leave the one that another process has put there meanwhile."""
    for path in unfinished.iterdir():
        _flush(path)
    _flush(unfinished)
    for _ in range(2):
        try:
            unfinished.rename(finished)
        except OSError as exc:
            if exc.errno not in (errno.EEXIST, errno.ENOTEMPTY, errno.EACCES) or not finished.exists():
                raise
            with contextlib.suppress(BrokenExport):
                read_record(finished)
                return
            finished.rename(unfinished.with_name(f"{unfinished.name}-broken"))
        else:
            _flush(finished.parent)
            return


def _flush(path: Path) -> None:
    if path.is_dir() and os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _build(model_folder: Path, folder: Path, precision: Precision, fingerprint: str) -> None:
    """Fill `folder` with a verified export: fused if the architecture fuses and stays true, else as torch wrote it."""
    import onnxruntime
    import sentence_transformers
    import torch

    with _quiet():
        try:
            model: Any = sentence_transformers.SentenceTransformer(
                str(model_folder), device="cpu", local_files_only=True
            )
        except Exception as exc:  # a damaged model makes transformers and safetensors raise almost anything
            raise FastPathError(f"{model_folder} can't be loaded: {exc}") from exc
        model.eval()
        record = _describe(model, precision, fingerprint)
        record = replace(
            record,
            made_with=f"torch {torch.__version__}, onnxruntime {onnxruntime.__version__}, "
            f"sentence-transformers {sentence_transformers.__version__}",
        )
        model[0].tokenizer.backend_tokenizer.save(str(folder / TOKENIZER_FILE))
        probes = _probes(record.max_tokens)
        expected: dict[Role, Floats] = {
            "query": _unit_rows(model.encode_query(probes, batch_size=1)),
            "document": _unit_rows(model.encode_document(probes, batch_size=1)),
        }
        _export_graph(model[0], folder / "raw.onnx")
        failure: Exception | None = None
        for fused in (True, False):
            try:
                _convert(folder / "raw.onnx", folder / MODEL_FILE, model[0].model.config, precision, fused)
                _verify(folder, replace(record, fused=fused), probes, expected)
            except OSError:
                raise
            except Exception as exc:  # whatever a fusion breaks, in whichever library: the plain graph comes next
                failure = exc
            else:
                break
        else:
            if isinstance(failure, ExportMismatch):
                raise failure
            raise FastPathError(f"onnxruntime cannot convert {model_folder}: {failure}") from failure
    (folder / "raw.onnx").unlink()
    for leftover in folder.glob("raw.onnx*"):
        leftover.unlink()


def _describe(model: Any, precision: Precision, fingerprint: str) -> ExportRecord:
    transformer, pooling = model[0], model[1]
    modes = (pooling.pooling_mode,) if isinstance(pooling.pooling_mode, str) else tuple(pooling.pooling_mode)
    if transformer.transformer_task != "feature-extraction" or transformer.module_output_name != "token_embeddings":
        raise FastPathError(f"the fast path takes text encoders, not {transformer.transformer_task} models.")
    if transformer.query_expansion or transformer.query_length or transformer.document_length:
        raise FastPathError("the fast path takes no query expansion and no length limit by role.")
    if not getattr(transformer.tokenizer, "is_fast", False):
        raise FastPathError("the model's tokenizer has no tokenizer.json form.")
    if unknown := set(modes) - POOLING_MODES:
        raise FastPathError(f"unknown pooling mode: {', '.join(sorted(unknown))}.")
    document_prompt = next(name for name in ("document", "passage", "corpus") if name in model.prompts)
    return ExportRecord(
        recipe=RECIPE,
        fingerprint=fingerprint,
        precision=precision,
        dimension=int(pooling.get_embedding_dimension()),
        max_tokens=min(int(model.max_seq_length or 1_000_000), 1_000_000),
        pooling=modes,
        pools_prompt=bool(pooling.include_prompt),
        query_prompt=model.prompts["query"],
        document_prompt=model.prompts[document_prompt],
        fused=False,
        model_bytes=0,
        lowest_cosine=0.0,
        made_with="",
    )


def _export_graph(transformer: Any, path: Path) -> None:
    """Trace the transformer, eager attention (the form that fuses), to last_hidden_state over free batch and length."""
    import torch

    network = transformer.model
    network.set_attn_implementation("eager")
    sample = transformer.tokenizer(["a first example text", "another"], padding=True, return_tensors="pt")
    names = [name for name in ("input_ids", "attention_mask", "token_type_ids") if name in sample]

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
            output: torch.Tensor = self.network(**dict(zip(names, inputs, strict=True))).last_hidden_state
            return output

    axes = {name: {0: "batch", 1: "sequence"} for name in (*names, "last_hidden_state")}
    try:
        with torch.inference_mode():
            torch.onnx.export(
                Network(),
                tuple(sample[name] for name in names),
                str(path),
                input_names=names,
                output_names=["last_hidden_state"],
                dynamic_axes=axes,
                opset_version=OPSET,
                dynamo=False,
            )
    except OSError:
        raise
    except Exception as exc:  # torch raises anything from AttributeError to its own errors
        raise FastPathError(f"torch cannot export {type(network).__name__} to ONNX: {exc}") from exc


def _convert(raw: Path, out: Path, config: Any, precision: Precision, fused: bool) -> None:
    import onnx
    import onnxruntime
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.transformers import optimizer

    stage = raw.with_name("raw.onnx.stage")
    graph = onnx.load(str(raw))
    if fused:
        fused_model = optimizer.optimize_model(
            str(raw),
            model_type="bert",
            num_heads=getattr(config, "num_attention_heads", 0),
            hidden_size=getattr(config, "hidden_size", 0),
            opt_level=0,
        )
        graph = fused_model.model
        simplify_unpadded(graph)
    onnx.save(graph, str(stage))
    if precision == "int8":
        quantize_dynamic(
            str(stage),
            str(stage),
            op_types_to_quantize=["MatMul", "Attention"],
            per_channel=True,
            reduce_range=True,  # seven bits: the AVX2 kernel would overflow at eight
            weight_type=QuantType.QInt8,
            extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
        )
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(out)
    onnxruntime.InferenceSession(
        str(stage), options, providers=["CPUExecutionProvider"], disabled_optimizers=["SkipLayerNormFusion"]
    )
    stage.unlink()


def simplify_unpadded(model: Any) -> None:
    """Drop attention masks (no input is ever padded); split SkipLayerNormalization, slow on a CPU. Changes `model`."""
    from onnx import helper

    if all(item.domain != "com.microsoft" for item in model.opset_import):
        model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    nodes: list[Any] = []
    for node in model.graph.node:
        if node.op_type == "Attention":
            del node.input[3:]
        if node.op_type == "EmbedLayerNormalization" and len(node.input) > 7:
            node.input[7] = ""
        if node.op_type != "SkipLayerNormalization" or len([name for name in node.output if name]) > 1:
            nodes.append(node)
            continue
        first, second, scale, shift, *bias = node.input
        output = node.output[0]
        total = f"{output}_sum"
        if bias and bias[0]:
            nodes.append(helper.make_node("Add", [first, bias[0]], [f"{output}_biased"], name=f"{output}_bias"))
            first = f"{output}_biased"
        nodes.append(helper.make_node("Add", [first, second], [total], name=f"{output}_skip"))
        epsilon = next(item.f for item in node.attribute if item.name == "epsilon")
        nodes.append(
            helper.make_node(
                "LayerNormalization", [total, scale, shift], [output], name=f"{output}_norm", epsilon=epsilon
            )
        )
    needed = {output.name for output in model.graph.output}
    kept: list[Any] = []
    for node in reversed(nodes):
        if needed.intersection(node.output):
            needed.update(node.input)
            kept.append(node)
    inputs = [item for item in model.graph.input if item.name in needed]
    weights = [item for item in model.graph.initializer if item.name in needed]
    for field, items in (("node", reversed(kept)), ("input", inputs), ("initializer", weights)):
        model.graph.ClearField(field)
        getattr(model.graph, field).extend(items)


def _verify(folder: Path, record: ExportRecord, probes: list[str], expected: dict[Role, Floats]) -> None:
    """Write the record, then raise ExportMismatch unless the export as opened gives the original's embeddings."""

    def write(lowest: float) -> None:
        size = (folder / MODEL_FILE).stat().st_size
        text = replace(record, model_bytes=size, lowest_cosine=round(lowest, 6)).to_json()
        (folder / RECORD_FILE).write_text(text, encoding="utf-8")

    write(0.0)
    encoder = OnnxEncoder(folder, "export", threads=1)
    lowest = min(float((encoder.encode(probes, role) * rows).sum(axis=1).min()) for role, rows in expected.items())
    if not lowest >= LOWEST_COSINE[record.precision]:
        raise ExportMismatch(
            f"the {record.precision} export strays from the model it was made from: cosine {lowest:.4f}, "
            f"{LOWEST_COSINE[record.precision]} needed."
        )
    write(lowest)


def _probes(max_tokens: int) -> list[str]:
    """Texts of one word up to beyond the token limit (or 700 words), starting at different places."""
    words = (PROBE * 8).split()
    counts = (1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610)
    longest = min(2 * max_tokens, 700)
    return [" ".join(words[7 * i : 7 * i + n]) for i, n in enumerate((*counts, longest)) if n <= longest]


def _unit_rows(rows: Any) -> Floats:
    array = np.asarray(rows, np.float32)
    unit: Floats = array / np.maximum(np.linalg.norm(array, axis=1, keepdims=True), np.float32(1e-12))
    return unit


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silence what the exporters print and warn about: nobody can act on it, and the result is verified."""
    disabled = logging.root.manager.disable
    progress = os.environ.get("TQDM_DISABLE")
    logging.disable(logging.WARNING)
    os.environ["TQDM_DISABLE"] = "1"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)
        if progress is None:
            del os.environ["TQDM_DISABLE"]
        else:
            os.environ["TQDM_DISABLE"] = progress
