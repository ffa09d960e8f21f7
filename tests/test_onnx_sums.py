"""Weights of eight bits are used where the processor sums their products exactly, and nowhere else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from askdocs.encoding.onnx_encoder import open_session
from askdocs.encoding.onnx_sums import (
    DEPTH,
    GRAPH,
    LARGEST_ACTIVATION,
    LARGEST_WEIGHT,
    WIDTH,
    quantised_weights,
    sums_exactly,
)


def in_32_bits(activations: Any) -> Any:
    """As VNNI and its like multiply."""
    return activations @ np.full((DEPTH, WIDTH), LARGEST_WEIGHT, np.float32)


def in_16_bits(activations: Any) -> Any:
    """As AVX2's vpmaddubsw does: two products are added with saturation, then all pairs in 32 bits."""
    pairs = np.minimum(activations[:, ::2] * LARGEST_WEIGHT + activations[:, 1::2] * LARGEST_WEIGHT, 2**15 - 1)
    return np.repeat(pairs.sum(axis=1, keepdims=True), WIDTH, axis=1)


def one_token_in_16_bits(activations: Any) -> Any:
    """As a kernel of its own for one row might, where the one for many is exact."""
    return in_16_bits(activations) if len(activations) == 1 else in_32_bits(activations)


@pytest.mark.parametrize(
    ("multiply", "exact"), [(in_32_bits, True), (in_16_bits, False), (one_token_in_16_bits, False)]
)
def test_saturating_sums_are_told(multiply: Any, exact: bool) -> None:
    """Sums that are cut off at 16 bits anywhere are not exact ones."""
    assert sums_exactly(multiply) is exact


def test_the_graph_that_is_tried_multiplies_by_a_constant_as_exports_do() -> None:
    """It is DynamicQuantizeMatMul with the largest weights as an initializer, which ONNX Runtime packs beforehand."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    node = helper.make_node(
        "DynamicQuantizeMatMul", ["activations", "weights", "scale", "zero"], ["sums"], domain="com.microsoft"
    )
    graph = helper.make_graph(
        [node],
        "sums",
        [helper.make_tensor_value_info("activations", TensorProto.FLOAT, ["rows", DEPTH])],
        [helper.make_tensor_value_info("sums", TensorProto.FLOAT, ["rows", WIDTH])],
        [
            numpy_helper.from_array(np.ones(1, np.float32), "scale"),
            numpy_helper.from_array(np.zeros(1, np.int8), "zero"),
            numpy_helper.from_array(np.full((DEPTH, WIDTH), LARGEST_WEIGHT, np.int8), "weights"),
        ],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    assert onnx.load_model_from_string(GRAPH) == helper.make_model(graph, opset_imports=opsets, ir_version=8)


def test_this_machine_multiplies_what_it_is_said_to() -> None:
    """By another product than the one tried: random rows that use a whole byte, and the largest weights allowed."""
    import onnx
    from onnx import numpy_helper

    largest = 127 if quantised_weights() == "int8" else 64
    generator = np.random.default_rng(3)
    weights = generator.choice([-largest, largest], (DEPTH, WIDTH)).astype(np.int8)
    rows = generator.integers(128, 256, (7, DEPTH)).astype(np.float32)
    rows[:, 0] = LARGEST_ACTIVATION
    model = onnx.load_model_from_string(GRAPH)
    model.graph.initializer[2].CopyFrom(numpy_helper.from_array(weights, "weights"))
    (sums,) = open_session(model.SerializeToString()).run(None, {"activations": rows})
    assert (sums == rows @ weights.astype(np.float32)).all()
