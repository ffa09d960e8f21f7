"""Whether the processor at hand sums products of bytes exactly: tried, as no processor's name tells.

Without an instruction that adds products of an unsigned and a signed byte up in 32 bits (as VNNI's), ONNX Runtime adds
two of them in 16 bits, which large weights of eight bits overflow without a sign.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from askdocs.encoding.onnx_encoder import Weights, open_session
from askdocs.errors import BrokenExport

DEPTH, WIDTH = 384, 64
LARGEST_WEIGHT, LARGEST_ACTIVATION = 127, 255
_ROWS = (1, 40)  # a text of one token may be multiplied otherwise than a long one

# DynamicQuantizeMatMul, with which exports multiply too, by a constant matrix of the largest weights. These stand at
# the end of the bytes; tests/test_onnx_sums.py makes the same graph with onnx.
_BEFORE_WEIGHTS = bytes.fromhex(
    "08083ab9010a4f0a0b61637469766174696f6e730a07776569676874730a057363616c650a047a65726f120473756d7322154479"
    "6e616d69635175616e74697a654d61744d756c3a0d636f6d2e6d6963726f736f6674120473756d732a110801100142057363616c"
    "654a040000803f2a0d0801100342047a65726f4a01005a220a0b61637469766174696f6e7312130a110801120d0a061204726f77"
    "730a03088003621a0a0473756d7312120a100801120c0a061204726f77730a02084042040a00101142110a0d636f6d2e6d696372"
    "6f736f667410013a98c0012a94c001088003084010034207776569676874734a80c001"
)
GRAPH = _BEFORE_WEIGHTS + bytes([LARGEST_WEIGHT]) * (DEPTH * WIDTH)


@cache
def quantised_weights() -> Weights:
    """The finest quantised weights that this machine multiplies exactly: of eight bits, or else of seven."""
    try:
        session = open_session(GRAPH)
    except BrokenExport:
        return "int7"
    return "int8" if sums_exactly(lambda activations: session.run(None, {"activations": activations})[0]) else "int7"


def sums_exactly(multiply: Callable[[Any], Any]) -> bool:
    """Whether `multiply`, by DEPTH x WIDTH of the largest weights, makes no error with the largest activations."""
    activations = (np.full((rows, DEPTH), LARGEST_ACTIVATION, np.float32) for rows in _ROWS)
    expected = DEPTH * LARGEST_ACTIVATION * LARGEST_WEIGHT
    return all(bool((multiply(rows) == expected).all()) for rows in activations)
