"""Prepares a fused graph for being quantised: the few channels that are very large would decide the scale of all.

Those of states are made of like size, those of activations get products of their own. docs/retrieval.md has what that
gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

SMOOTHED = ("EmbedLayerNormalization", "LayerNormalization")
SHARE = 0.6
"""Operators whose outputs have channels of very different size, and how much of that goes into the weights."""

ACTIVATIONS = ("Gelu", "FastGelu")
LARGEST = 8
"""Operators a few of whose channels are very large, and how many of these go through products of their own."""

Samples = Sequence[Mapping[str, Any]]
"""Inputs of the graph by name, one text each."""


def set_apart(model: Any, samples: Samples) -> None:
    """Send the largest channels of activations through products of their own, in place; the results stay the same."""
    from onnx import helper

    graph = model.graph
    chains = list(_feed_forwards(graph))
    sizes = _channel_sizes(model, [chain[2].output[0] for chain in chains], samples)
    inside = {node.output[0] for chain in chains for node in chain}
    instead: dict[str, list[Any]] = {}
    for chain in chains:
        order = np.argsort(sizes[chain[2].output[0]])
        rest = _through(graph, chain, np.sort(order[:-LARGEST]), "_rest")
        largest = _through(graph, chain[:4], np.sort(order[-LARGEST:]), "_largest")
        end = chain[-1].output[0]
        both = [rest[-1].output[0], largest[-1].output[0]]
        instead[end] = [*rest, *largest, helper.make_node("Add", both, [end], f"{end}_whole")]
    nodes: list[Any] = []
    for node in graph.node:
        output = node.output[0]
        nodes += instead.get(output, [] if output in inside else [node])
    graph.ClearField("node")
    graph.node.extend(nodes)


def _feed_forwards(graph: Any) -> Iterator[list[Any]]:
    """The nodes from one product through an activation to the next: with the first's bias, and the second's if any."""
    made_by = {name: node for node in graph.node for name in node.output}
    used_by: dict[str, list[Any]] = {}
    for node in graph.node:
        for name in node.input:
            used_by.setdefault(name, []).append(node)
    constants = {item.name for item in graph.initializer}
    for activation in graph.node:
        if activation.op_type not in ACTIVATIONS:
            continue
        biased = made_by.get(activation.input[0])
        product = made_by.get(biased.input[0]) if biased else None
        chain = [product, biased, activation, *used_by.get(activation.output[0], [])]
        if [node and node.op_type for node in chain] != ["MatMul", "Add", activation.op_type, "MatMul"]:
            continue
        if not constants.issuperset(chain[at].input[1] for at in (0, 1, 3)):
            continue
        end = used_by.get(chain[3].output[0], [])
        if len(end) == 1 and end[0].op_type == "Add" and end[0].input[1] in constants:
            chain += end
        if all(len(used_by[node.output[0]]) == 1 for node in chain[:-1]):
            yield chain


def _through(graph: Any, chain: Sequence[Any], channels: Any, suffix: str) -> list[Any]:
    """Copies of the nodes of a feed-forward, for some of the channels in its middle only."""
    from onnx import numpy_helper

    weights = {item.name: item for item in graph.initializer}
    nodes: list[Any] = []
    for node, axis in zip(chain, (1, 0, None, 0, None), strict=False):
        copy = type(node)()
        copy.CopyFrom(node)
        copy.name += suffix
        copy.output[0] += suffix
        if nodes:
            copy.input[0] = nodes[-1].output[0]
        if axis is not None:
            part = numpy_helper.to_array(weights[node.input[1]]).take(channels, axis)
            copy.input[1] = f"{copy.output[0]}_weight"
            graph.initializer.append(numpy_helper.from_array(part, copy.input[1]))
        nodes.append(copy)
    return nodes


def smooth(model: Any, samples: Samples) -> None:
    """Divide the states that go into products by the size of each channel, and multiply the weights by it, in place.

    What it computes stays the same. After Xiao et al., "SmoothQuant" (2023).
    """
    from onnx import helper, numpy_helper

    graph = model.graph
    weights = {item.name: item for item in graph.initializer}
    states = {node.output[0] for node in graph.node if node.op_type in SMOOTHED}
    products: dict[str, list[Any]] = {}
    for node in graph.node:
        if node.op_type in ("MatMul", "Attention") and node.input[0] in states and node.input[1] in weights:
            products.setdefault(node.input[0], []).append(node)
    sizes = _channel_sizes(model, products, samples)
    nodes: list[Any] = []
    for node in graph.node:
        nodes.append(node)
        entry = node.output[0]
        if entry not in products:
            continue
        matrices = [numpy_helper.to_array(weights[product.input[1]]) for product in products[entry]]
        reach = np.maximum(np.abs(np.concatenate(matrices, axis=1)).max(axis=1), 1e-4)
        scale = np.maximum(sizes[entry], 1e-4) ** SHARE / reach ** (1 - SHARE)
        scale = (scale / np.exp(np.log(scale).mean())).astype(np.float32)
        divisor, smoothed = f"{entry}_divisor", f"{entry}_smoothed"
        graph.initializer.append(numpy_helper.from_array(1 / scale, divisor))
        nodes.append(helper.make_node("Mul", [entry, divisor], [smoothed], smoothed))
        for product, matrix in zip(products[entry], matrices, strict=True):
            weight = f"{product.output[0]}_smoothed_weight"
            graph.initializer.append(numpy_helper.from_array(matrix * scale[:, None], weight))
            product.input[0], product.input[1] = smoothed, weight
    graph.ClearField("node")
    graph.node.extend(nodes)


def round_words(model: Any) -> None:
    """Keep the embeddings of words in bytes, in place, with a scale for each word, which loses next to nothing.

    With one scale for all they are a large part of what rounding adds; in float32 they take four times the memory.
    """
    from onnx import TensorProto, helper, numpy_helper

    graph = model.graph
    weights = {item.name: item for item in graph.initializer}
    nodes: list[Any] = []
    for node in graph.node:
        if node.op_type != "EmbedLayerNormalization" or any(node.input[7:]) or any(node.output[2:]):
            nodes.append(node)
            continue
        ids, segments, words, places, of_segments, scale, shift = node.input[:7]
        output = node.output[0]
        table = numpy_helper.to_array(weights[words])
        unit = np.maximum(np.abs(table).max(axis=1, keepdims=True), 1e-12) / 127
        constants = {
            f"{words}_bytes": np.round(table / unit).astype(np.int8),
            f"{words}_units": unit.astype(np.float32),
            f"{output}_start": np.zeros(1, np.int64),
        }
        graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in constants.items())
        whole, units, start = constants

        def add(operator: str, inputs: list[str], name: str, **attributes: Any) -> str:
            nodes.append(helper.make_node(operator, inputs, [name], name, **attributes))
            return name

        rows = add("Cast", [add("Gather", [whole, ids], f"{output}_rows")], f"{output}_cast", to=TensorProto.FLOAT)
        total = add("Mul", [rows, add("Gather", [units, ids], f"{output}_row_units")], f"{output}_words")
        length = add("Shape", [ids], f"{output}_length", start=1)
        total = add("Add", [total, add("Slice", [places, start, length], f"{output}_places")], f"{output}_placed")
        if segments:
            kinds = add("Gather", [of_segments, segments], f"{output}_kinds")
            total = add("Add", [total, kinds], f"{output}_sum")
        epsilon = next(attribute.f for attribute in node.attribute if attribute.name == "epsilon")
        add("LayerNormalization", [total, scale, shift], output, epsilon=epsilon)
    graph.ClearField("node")
    graph.node.extend(nodes)


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
