"""Turns a transformer into an ONNX graph that runs fast on a processor: traced, fused, relieved of padding, quantised.

Fusing finds the transformer's parts; some are then written apart again, as onnxruntime is quicker with them so.

The graph is for one unpadded text at a time: it takes the attention mask as all ones, or has no such input at all.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import numpy as np

from askdocs.encoding.onnx_encoder import Weights
from askdocs.encoding.onnx_quantising import Samples, round_words, set_apart, smooth

OPSET = 17
MAPPED_FROM_BYTES = 1024
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
OUTPUT = "last_hidden_state"
QUANTISED = ("MatMul", "Attention")


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
    traced: Path, converted: Path, weights_file: Path, config: Any, samples: Samples, weights: Weights, *, fuse: bool
) -> None:
    """Write the graph to run from the traced one; `config` is the transformers model's.

    `samples` are ordinary inputs, by which a graph is prepared for being quantised.
    `weights_file`, a file beside `converted`, takes the weights: onnxruntime maps that file instead of reading it,
    which opens all-MiniLM-L6-v2 four times as fast.
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
        take_apart(model)
        prune(model)
    else:
        model = onnx.load(str(traced))
    if weights != "float32":
        if fuse:
            set_apart(model, samples)
            smooth(model, samples)
            round_words(model)
            prune(model)
        # Marks the graph as prepared; without the mark, quantize_dynamic logs advice through the root logger.
        model.metadata_props.add(key="onnx.quant.pre_process", value="onnxruntime.quant")
        quantize_dynamic(
            model,
            str(stage),
            op_types_to_quantize=list(QUANTISED),
            per_channel=True,
            reduce_range=weights == "int7",
            weight_type=QuantType.QInt8,
            extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},  # of fused operators' outputs
        )
    else:
        onnx.save(model, str(stage))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(converted)
    external = "session.optimized_model_external_initializers"
    options.add_session_config_entry(f"{external}_file_name", weights_file.name)
    options.add_session_config_entry(f"{external}_min_size_in_bytes", str(MAPPED_FROM_BYTES))
    converted.unlink(missing_ok=True)
    weights_file.unlink(missing_ok=True)
    onnxruntime.InferenceSession(
        str(stage),
        options,
        providers=["CPUExecutionProvider"],
        disabled_optimizers=["SkipLayerNormFusion", "BiasGeluFusion"],
    )
    stage.unlink()


def drop_masks(model: Any) -> None:
    """Take the mask away from fused attention, in place: without padding it changes nothing and costs time."""
    for node in model.graph.node:
        if node.op_type == "Attention" and not any(node.input[4:]):
            del node.input[3:]
        elif node.op_type == "EmbedLayerNormalization" and len(node.input) > 7:
            node.input[7] = ""


def take_apart(model: Any) -> None:
    """Write fused operators as the parts with which a processor is quicker, in place.

    A bias is added right after its product, where onnxruntime folds it into a quantised one.
    """
    graph = model.graph
    nodes: list[Any] = []
    for node in graph.node:
        if node.op_type == "SkipLayerNormalization" and not any(node.output[1:]):
            nodes += _layer_norm_parts(node)
        elif node.op_type in ("BiasGelu", "FastGelu") and len(node.input) == 2:
            nodes += _activation_parts(node)
        elif node.op_type == "Attention" and len(node.input) == 3 and _is_plain(node):
            nodes += _attention_parts(graph, node)
        else:
            nodes.append(node)
    graph.ClearField("node")
    graph.node.extend(nodes)


def _layer_norm_parts(node: Any) -> list[Any]:
    """SkipLayerNormalization as additions and LayerNormalization: four times as fast."""
    from onnx import helper

    product, skipped, scale, shift, *bias = node.input
    output = node.output[0]
    epsilon = next(attribute.f for attribute in node.attribute if attribute.name == "epsilon")
    nodes: list[Any] = []
    if any(bias):
        nodes.append(helper.make_node("Add", [product, bias[0]], [f"{output}_biased"], f"{output}_bias"))
        product = f"{output}_biased"
    nodes.append(helper.make_node("Add", [product, skipped], [f"{output}_sum"], f"{output}_skip"))
    inputs = [f"{output}_sum", scale, shift]
    nodes.append(helper.make_node("LayerNormalization", inputs, [output], f"{output}_norm", epsilon=epsilon))
    return nodes


def _activation_parts(node: Any) -> list[Any]:
    """An activation with its bias, as two: a fifth quicker, and nearly twice where the bias is folded away."""
    from onnx import helper

    output = node.output[0]
    activation = node.op_type.removeprefix("Bias")
    return [
        helper.make_node("Add", node.input, [f"{output}_biased"], f"{output}_bias"),
        helper.make_node(activation, [f"{output}_biased"], [output], f"{output}_activation", domain="com.microsoft"),
    ]


def _is_plain(attention: Any) -> bool:
    """Whether every token attends to every other by nothing but their states."""
    return {attribute.name for attribute in attention.attribute} <= {"num_heads", "mask_filter_value"}


def _attention_parts(graph: Any, node: Any) -> list[Any]:
    """Attention as whole products and a softmax: the fused one multiplies each head's few columns by themselves."""
    from onnx import helper, numpy_helper

    entry, output = node.input[0], node.output[0]
    heads = next(attribute.i for attribute in node.attribute if attribute.name == "num_heads")
    weights = {item.name: numpy_helper.to_array(item) for item in graph.initializer if item.name in node.input}
    weight, bias = (np.split(weights[name], 3, axis=-1) for name in node.input[1:])
    width = len(bias[0])
    nodes: list[Any] = []

    def add(operator: str, inputs: list[Any], name: str, **attributes: Any) -> str:
        result = output if name == "output" else f"{output}_{name}"
        for number, value in enumerate(inputs):
            if isinstance(value, np.ndarray):
                inputs[number] = f"{result}_{number}"
                graph.initializer.append(numpy_helper.from_array(value, inputs[number]))
        nodes.append(helper.make_node(operator, inputs, [result], result, **attributes))
        return result

    def projected(name: str, weight: Any, bias: Any) -> str:
        product = add("MatMul", [entry, np.ascontiguousarray(weight)], f"{name}_product")
        biased = add("Add", [product, bias], f"{name}_biased")
        return add("Reshape", [biased, np.array([-1, heads, width // heads])], name)  # token, head, channel

    query, key, value = map(projected, ("query", "key", "value"), weight, bias)
    microsoft: dict[str, Any] = {"domain": "com.microsoft"}
    scale = (width // heads) ** -0.5
    scores = add(
        "FusedMatMul", [query, key], "scores", alpha=scale, transB=1, transBatchA=1, transBatchB=1, **microsoft
    )
    shares = add("Softmax", [scores], "shares", axis=-1)
    mixed = add("FusedMatMul", [shares, value], "mixed", transBatchB=1, **microsoft)
    turned = add("Transpose", [mixed], "turned", perm=[1, 0, 2])
    add("Reshape", [turned, np.array([1, -1, width])], "output")
    return nodes


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
