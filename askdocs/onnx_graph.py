"""Turns a transformer into an ONNX graph that runs fast on a processor: traced, fused, relieved of padding, quantised.

Before it is quantised, the channels of its states are made of like size, or the few large ones would decide the scale
of all (docs/retrieval.md has what that gives).

The graph is for unpadded input only: it takes the attention mask as all ones, or has no such input at all.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

OPSET = 17
MAPPED_FROM_BYTES = 1024
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
OUTPUT = "last_hidden_state"
# What a fused graph holds beside plain MatMul; embeddings are quantised because they are most of the file to load.
QUANTISED = ("MatMul", "Attention", "EmbedLayerNormalization", "Gather")

ACTIVATIONS = ("BiasGelu", "FastGelu", "Gelu")
SMOOTHED = {"EmbedLayerNormalization": 0.5, "LayerNormalization": 0.5, **dict.fromkeys(ACTIVATIONS, 0.65)}
"""Operators whose outputs have channels of very different size, and how much of that goes into the weights."""

Samples = Sequence[Mapping[str, Any]]
"""Inputs of the graph by name, one text each."""


def trace(network: Any, tokenizer: Any, path: Path) -> None:
    """Write a transformers model as ONNX: INPUTS (those it takes) to OUTPUT, over free batch and length.

    Attention is traced in its eager form, the one that onnxruntime fuses, by the TorchScript exporter: the newer one
    needs onnxscript and writes a graph that does not fuse.
    """
    import torch

    network.set_attn_implementation("eager")
    network.config.use_cache = False
    taken = inspect.signature(network.forward).parameters
    sample = tokenizer(["a first example text", "and another"], padding=True, return_tensors="pt")
    names = [name for name in INPUTS if name in sample and name in taken]

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
            states: torch.Tensor = self.network(**dict(zip(names, inputs, strict=True))).last_hidden_state
            return states

    with torch.inference_mode():
        torch.onnx.export(
            Network().eval(),
            tuple(sample[name] for name in names),
            str(path),
            input_names=names,
            output_names=[OUTPUT],
            dynamic_axes={name: {0: "batch", 1: "sequence"} for name in (*names, OUTPUT)},
            opset_version=OPSET,
            dynamo=False,
        )


def convert(
    traced: Path, converted: Path, weights: Path, config: Any, samples: Samples, *, fuse: bool, quantise: bool
) -> None:
    """Write the graph to run from the traced one; `config` is the transformers model's.

    `samples` are ordinary inputs, by which a graph is prepared for being quantised.
    `weights`, a file beside `converted`, takes the weights: onnxruntime maps that file instead of reading it, which
    opens all-MiniLM-L6-v2 four times as fast.
    """
    import onnx
    import onnxruntime
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.transformers import optimizer

    stage = converted.with_name("stage.onnx")
    if fuse:
        heads, width = getattr(config, "num_attention_heads", 0), getattr(config, "hidden_size", 0)
        model = optimizer.optimize_model(str(traced), "bert", num_heads=heads, hidden_size=width, opt_level=0).model
        drop_masks(model)
        split_skip_layer_norms(model)
        prune(model)
    else:
        model = onnx.load(str(traced))
    if quantise:
        kept = smooth(model, samples) if fuse else []
        # Marks the graph as prepared; without the mark, quantize_dynamic logs advice through the root logger.
        model.metadata_props.add(key="onnx.quant.pre_process", value="onnxruntime.quant")
        quantize_dynamic(
            model,
            str(stage),
            op_types_to_quantize=list(QUANTISED),
            per_channel=True,
            reduce_range=True,  # seven-bit weights: with eight, AVX2's multiply-add of u8 by s8 saturates
            weight_type=QuantType.QInt8,
            nodes_to_exclude=kept,
            extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},  # of fused operators' outputs
        )
    else:
        onnx.save(model, str(stage))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(converted)
    external = "session.optimized_model_external_initializers"
    options.add_session_config_entry(f"{external}_file_name", weights.name)
    options.add_session_config_entry(f"{external}_min_size_in_bytes", str(MAPPED_FROM_BYTES))
    converted.unlink(missing_ok=True)
    weights.unlink(missing_ok=True)
    onnxruntime.InferenceSession(
        str(stage), options, providers=["CPUExecutionProvider"], disabled_optimizers=["SkipLayerNormFusion"]
    )
    stage.unlink()


def drop_masks(model: Any) -> None:
    """Take the mask away from fused attention, in place: without padding it changes nothing and costs time."""
    for node in model.graph.node:
        if node.op_type == "Attention" and not any(node.input[4:]):
            del node.input[3:]
        elif node.op_type == "EmbedLayerNormalization" and len(node.input) > 7:
            node.input[7] = ""


def split_skip_layer_norms(model: Any) -> None:
    """Write SkipLayerNormalization as additions and LayerNormalization, in place: on a processor four times as fast.

    The bias is added first, where onnxruntime folds it into a quantised product.
    """
    from onnx import helper

    nodes: list[Any] = []
    for node in model.graph.node:
        if node.op_type != "SkipLayerNormalization" or any(node.output[1:]):
            nodes.append(node)
            continue
        product, skipped, scale, shift, *bias = node.input
        output = node.output[0]
        epsilon = next(attribute.f for attribute in node.attribute if attribute.name == "epsilon")
        if any(bias):
            nodes.append(helper.make_node("Add", [product, bias[0]], [f"{output}_biased"], f"{output}_bias"))
            product = f"{output}_biased"
        nodes.append(helper.make_node("Add", [product, skipped], [f"{output}_sum"], f"{output}_skip"))
        inputs = [f"{output}_sum", scale, shift]
        nodes.append(helper.make_node("LayerNormalization", inputs, [output], f"{output}_norm", epsilon=epsilon))
    model.graph.ClearField("node")
    model.graph.node.extend(nodes)


def smooth(model: Any, samples: Samples) -> list[str]:
    """Divide the inputs of products by the size of each channel, and multiply the weights by it, in place.

    What it computes stays the same. Returns the product that is worth keeping as it is: the first of activations, a
    third of all that quantising would still change. After Xiao et al., "SmoothQuant" (2023).
    """
    from onnx import helper, numpy_helper

    graph = model.graph
    weights = {item.name: item for item in graph.initializer}
    made_by = {name: node.op_type for node in graph.node for name in node.output}
    products = [
        node
        for node in graph.node
        if node.op_type in ("MatMul", "Attention")
        and made_by.get(node.input[0]) in SMOOTHED
        and len(weights[node.input[1]].dims if node.input[1] in weights else ()) == 2
    ]
    sizes = _channel_sizes(model, {node.input[0] for node in products}, samples)
    nodes: list[Any] = []
    of_product = {node.output[0]: node for node in products}
    for node in graph.node:
        if node.output[0] in of_product:
            entry, weight = node.input[0], weights[node.input[1]]
            matrix = numpy_helper.to_array(weight)
            share = SMOOTHED[made_by[entry]]
            reach = np.maximum(np.abs(matrix).max(axis=1), 1e-4)
            scale = np.maximum(sizes[entry], 1e-4) ** share / reach ** (1 - share)
            scale = (scale / np.exp(np.log(scale).mean())).astype(np.float32)
            weight.CopyFrom(numpy_helper.from_array(matrix * scale[:, None], weight.name))
            divisor, smoothed = f"{node.output[0]}_divisor", f"{node.output[0]}_smoothed"
            graph.initializer.append(numpy_helper.from_array(1 / scale, divisor))
            nodes.append(helper.make_node("Mul", [entry, divisor], [smoothed], smoothed))
            node.input[0] = smoothed
            made_by[smoothed] = made_by[entry]
        nodes.append(node)
    graph.ClearField("node")
    graph.node.extend(nodes)
    return [node.name for node in nodes if node.output[0] in of_product and made_by[node.input[0]] in ACTIVATIONS][:1]


def _channel_sizes(model: Any, names: Iterable[str], samples: Samples) -> dict[str, Any]:
    """The largest absolute value of each channel of the values `names` in a graph, over all samples."""
    import onnx
    import onnxruntime

    wanted = sorted(names)
    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    watched.graph.output.extend(
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in wanted
    )
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(watched.SerializeToString(), options, providers=["CPUExecutionProvider"])
    sizes: dict[str, Any] = {}
    taken = [item.name for item in session.get_inputs()]
    for sample in samples:
        for name, value in zip(wanted, session.run(wanted, {key: sample[key] for key in taken}), strict=True):
            largest = np.abs(value).reshape(-1, value.shape[-1]).max(axis=0)
            sizes[name] = np.maximum(sizes.get(name, 0), largest)
    return sizes


def prune(model: Any) -> None:
    """Remove the nodes, inputs and weights that no output needs, in place, and declare the fused operators' domain."""
    from onnx import helper

    graph = model.graph
    needed = {output.name for output in graph.output}
    nodes: list[Any] = []
    for node in reversed(graph.node):  # sorted: producers come before their consumers
        if needed.intersection(node.output):
            needed.update(node.input)
            nodes.append(node)
    kept = {
        "node": list(reversed(nodes)),
        "input": [item for item in graph.input if item.name in needed],
        "initializer": [item for item in graph.initializer if item.name in needed],
    }
    for field, items in kept.items():
        graph.ClearField(field)
        getattr(graph, field).extend(items)
    if all(item.domain != "com.microsoft" for item in model.opset_import):
        model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
