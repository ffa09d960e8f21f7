"""The ONNX encoder gives sentence-transformers' embeddings, from an export that is whole or not there at all."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from askdocs.encoding import onnx_export, onnx_graph
from askdocs.encoding.onnx_encoder import OnnxEncoder, Weights
from askdocs.encoding.onnx_export import PROBE, export_folder
from askdocs.encoding.onnx_quantising import LARGEST, round_words, set_apart, smooth
from askdocs.encoding.onnx_sums import quantised_weights
from askdocs.encoding.pooling import pool
from askdocs.errors import BrokenExport, ExportMismatch, FastPathError
from askdocs.types import Span
from tests.support import bundled_model_folder

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:torch", "ignore::FutureWarning")

TEXTS = [
    "",
    "Steel",
    "Why were the bridges postponed?",
    "the library's OPENING hours",
    PROBE,
    PROBE * 3,
    "café €2 日本",
]
MODES = ("cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken")


def export_onnx(model: Path, cache: Path, weights: Weights) -> Path:
    """The export of a model under a cache folder, by a fingerprint that stands for the model's path."""
    fingerprint = hashlib.sha256(bytes(model)).hexdigest()
    return onnx_export.export_onnx(model, export_folder(cache, fingerprint, weights), weights, fingerprint)


def make_model(folder: Path, pooling: tuple[str, ...] = ("mean",), **options: Any) -> Path:
    """Save a small BERT of random weights, with a vocabulary of its own, as a sentence-transformers model."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from tokenizers import BertWordPieceTokenizer
    from tokenizers.processors import BertProcessing
    from torch import manual_seed
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    words: Any = BertWordPieceTokenizer(lowercase=True)
    words.train_from_iterator([PROBE] * 3, vocab_size=300, show_progress=False)
    if options.pop("special_tokens", True):
        words.post_processor = BertProcessing(
            ("[SEP]", words.token_to_id("[SEP]")), ("[CLS]", words.token_to_id("[CLS]"))
        )
    manual_seed(7)
    config = BertConfig(
        vocab_size=300,
        hidden_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=96,
        max_position_embeddings=64,
        initializer_range=0.15,
    )
    parts = folder / "transformer"
    BertModel(config).save_pretrained(parts)
    words.save(str(parts / "tokenizer.json"))
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    make_tokenizer: Any = PreTrainedTokenizerFast
    tokenizer = make_tokenizer(tokenizer_file=str(parts / "tokenizer.json"), model_max_length=60, **special)
    tokenizer.save_pretrained(parts)
    transformer = Transformer(str(parts))
    include_prompt = options.pop("include_prompt", True)
    modules: list[Any] = [transformer, Pooling(48, pooling_mode=pooling, include_prompt=include_prompt), Normalize()]
    if extra := options.pop("extra", None):
        modules.insert(2, extra)
    model = SentenceTransformer(modules=modules, device="cpu", **options)
    model.save(str(folder / "model"), create_model_card=False)
    return folder / "model"


def original(model_folder: Path) -> Any:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(model_folder), device="cpu", local_files_only=True)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session", params=["float32", "int8"])
def encoder(request: pytest.FixtureRequest, small: Path, cache: Path) -> OnnxEncoder:
    weights = quantised_weights() if request.param == "int8" else "float32"
    return OnnxEncoder(export_onnx(small, cache, weights), "small", threads=2)


@pytest.fixture(scope="session")
def bundled() -> Path:
    return bundled_model_folder()


def lowest_cosine(ours: Any, theirs: Any) -> float:
    theirs = theirs / np.linalg.norm(theirs, axis=1, keepdims=True)
    return float((ours * theirs).sum(axis=1).min())


def test_rows_are_the_original_embeddings(encoder: OnnxEncoder, small: Path) -> None:
    """Every row has unit length and is the original's, for texts from none to three times the token limit."""
    rows = encoder.encode(TEXTS)
    assert rows.shape == (len(TEXTS), encoder.dimension) == (7, 48)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)
    lowest = 0.9999 if encoder.precision == "float32" else 0.98
    assert lowest_cosine(rows, original(small).encode(TEXTS)) >= lowest
    assert encoder.encode([]).shape == (0, 48)


def test_a_row_depends_on_its_own_text_alone(encoder: OnnxEncoder) -> None:
    """The same text gives the same bits alone, among others, in another order and as a question."""
    rows = encoder.encode(TEXTS)
    assert np.array_equal(rows[::-1], encoder.encode(TEXTS[::-1]))
    for row, text in zip(rows, TEXTS, strict=True):
        assert np.array_equal(row, encoder.encode([text], "query")[0])


def test_threads_share_an_encoder(encoder: OnnxEncoder) -> None:
    """Calls from many threads at once give the same rows and counts as one after another."""
    rows, counts = encoder.encode(TEXTS), encoder.token_counts(TEXTS)
    with ThreadPoolExecutor(8) as callers:
        futures = [callers.submit(encoder.encode, TEXTS) for _ in range(16)]
        counted = [callers.submit(encoder.token_counts, TEXTS) for _ in range(16)]
    assert all(np.array_equal(rows, future.result()) for future in futures)
    assert all(counts == future.result() for future in counted)


def test_token_counts_are_not_truncated(encoder: OnnxEncoder, small: Path) -> None:
    """Counts are those of the original's tokenizer, special tokens included, past the limit too."""
    tokenizer: Any = original(small).tokenizer
    one_by_one = [count for text in TEXTS for count in encoder.token_counts([text])]
    counts = encoder.token_counts(TEXTS)
    assert (
        counts == one_by_one == [len(tokenizer(text, truncation=False, verbose=False)["input_ids"]) for text in TEXTS]
    )
    assert counts[0] == 2
    assert max(counts) > encoder.max_tokens == 60


def test_prompts_by_role_and_left_out_of_pooling(tmp_path: Path) -> None:
    """Questions and passages get their own prompts, which a model may keep out of every pooling."""
    prompts = {"query": "Why were the bridges: ", "document": "the library "}
    model_folder = make_model(tmp_path, MODES, special_tokens=False, include_prompt=False, prompts=prompts)
    encoder = OnnxEncoder(export_onnx(model_folder, tmp_path / "cache", "float32"), "small")
    model = original(model_folder)
    assert encoder.dimension == 48 * len(MODES)
    assert lowest_cosine(encoder.encode(TEXTS[1:], "query"), model.encode_query(TEXTS[1:])) >= 0.9999
    assert lowest_cosine(encoder.encode(TEXTS[1:]), model.encode_document(TEXTS[1:])) >= 0.9999
    assert encoder.token_counts(["steel"], "query") > encoder.token_counts(["steel"])


def test_sentences_are_told_where_an_embedding_is_a_mean(tmp_path: Path) -> None:
    """A prompt shifts nothing, what `encode` sees whole is embedded alike; models that pool otherwise tell none."""
    text = "The library is open. Why were the bridges postponed?"
    spans = [Span(0, 20), Span(21, len(text))]
    prompted = make_model(tmp_path / "prompted", prompts={"document": "the library "})
    encoder = OnnxEncoder(export_onnx(prompted, tmp_path / "cache", "float32"), "small")
    assert encoder.tells_sentences
    rows, (inside,) = encoder.encode_with_sentences([text], [spans])
    assert np.array_equal(rows, encoder.encode([text]))
    counted = zip(TEXTS, encoder.token_counts(TEXTS), strict=True)
    whole = [text for text, count in counted if count <= encoder.max_tokens]
    assert 0 < len(whole) < len(TEXTS)
    assert np.array_equal(encoder.encode_with_sentences(whole, [[] for _ in whole])[0], encoder.encode(whole))
    counts = [encoder.token_counts([span.of(text)])[0] - encoder.token_counts([""])[0] for span in spans]
    (tokens,) = encoder._tokenizer.encode_batch(["the library " + text])
    states = encoder._states(tokens.ids, tokens.type_ids)
    ends = len(tokens) - 1
    expected = [
        states[ends - sum(counts) : ends - counts[1]].mean(axis=0),
        states[ends - counts[1] : ends].mean(axis=0),
    ]
    assert np.allclose(inside, [row / np.linalg.norm(row) for row in expected], atol=1e-6)
    for modes in (("cls",), ("mean", "cls"), ("lasttoken",)):
        other = make_model(tmp_path / "-".join(modes), modes)
        assert not OnnxEncoder(export_onnx(other, tmp_path / "cache", "float32"), "small").tells_sentences


def test_a_text_without_tokens(tmp_path: Path) -> None:
    """Under a tokenizer that adds no special tokens an empty text has a row of zeros."""
    model_folder = make_model(tmp_path, special_tokens=False)
    encoder = OnnxEncoder(export_onnx(model_folder, tmp_path / "cache", "float32"), "small")
    assert encoder.token_counts(["", "x"]) == [0, 1]
    rows = encoder.encode(["", "x"])
    assert not rows[0].any()
    assert rows[1].any()


@pytest.mark.parametrize("first", [0, 3])
@pytest.mark.parametrize("mode", MODES)
def test_pooling(mode: Any, first: int) -> None:
    """Pooling one text is what sentence-transformers does, with the first tokens left out or not."""
    import torch
    from sentence_transformers.sentence_transformer.modules import Pooling

    states = np.random.default_rng(0).normal(size=(11, 8)).astype(np.float32)
    features: dict[str, Any] = {"token_embeddings": torch.from_numpy(states[None]), "prompt_length": first}
    features["attention_mask"] = torch.ones(1, 11, dtype=torch.int64)
    expected = Pooling(8, pooling_mode=mode, include_prompt=False)(features)["sentence_embedding"]
    assert np.allclose(pool(states, [mode], first), expected[0].numpy(), atol=1e-6)


def test_nothing_heavy_is_imported(encoder: OnnxEncoder, small: Path, cache: Path) -> None:
    """Finding a finished export and encoding with it imports neither torch nor anything built on it, nor onnx."""
    folder = export_onnx(small, cache, encoder.record.weights)
    script = (
        "import sys\nfrom pathlib import Path\n"
        "from askdocs.encoding.onnx_encoder import OnnxEncoder\n"
        f"e = OnnxEncoder(Path({str(folder)!r}), 'small')\n"
        "e.encode(['a', 'b']); e.token_counts(['a'])\n"
        "assert not {'torch', 'transformers', 'sentence_transformers', 'onnx'} & set(sys.modules), sys.modules.keys()\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_half_written_export_is_not_used(small: Path, tmp_path: Path) -> None:
    """An export whose weights are cut short or whose record is missing is refused, and made again."""
    folder = export_onnx(small, tmp_path, "float32")
    rows = OnnxEncoder(folder, "small").encode(TEXTS)
    os.truncate(folder / "weights.bin", 1000)
    with pytest.raises(BrokenExport, match="incomplete"):
        OnnxEncoder(folder, "small")
    assert export_onnx(small, tmp_path, "float32") == folder
    assert np.array_equal(OnnxEncoder(folder, "small").encode(TEXTS), rows)
    (folder / "encoder.json").unlink()
    with pytest.raises(BrokenExport, match="no usable ONNX export"):
        OnnxEncoder(folder, "small")
    assert list(tmp_path.iterdir()) == [folder]


def test_two_export_at_once(small: Path, tmp_path: Path) -> None:
    """Both get the one finished export, and nothing else stays in the cache folder."""
    with ThreadPoolExecutor(2) as callers:
        found = list(callers.map(lambda _: export_onnx(small, tmp_path, "float32"), range(2)))
    assert found[0] == found[1]
    assert list(tmp_path.iterdir()) == [found[0]]
    assert OnnxEncoder(found[0], "small").record.lowest_cosine >= 0.9999


@pytest.fixture
def unwritable(tmp_path: Path) -> Iterator[Path]:
    """A folder that cannot be written; for root, who may write anywhere, a path below a file."""
    if os.name == "posix" and os.geteuid() != 0:
        tmp_path.chmod(0o500)
        yield tmp_path
        tmp_path.chmod(0o700)
    else:
        (tmp_path / "file").touch()
        yield tmp_path / "file" / "cache"


def test_an_unwritable_cache_is_its_own_error(small: Path, unwritable: Path) -> None:
    """The error is one line that names the folder."""
    with pytest.raises(FastPathError, match="cannot write the ONNX export under") as raised:
        export_onnx(small, unwritable, "float32")
    assert str(unwritable) in str(raised.value)


@pytest.mark.parametrize("weights", ["float32", "int7"])
def test_a_straying_export_is_refused(
    weights: Weights, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An export that misses the cosine it owes is an error and leaves nothing behind."""
    monkeypatch.setitem(onnx_export.LOWEST_COSINE, weights, 1.1)
    with pytest.raises(ExportMismatch, match=f"the {weights} export strays"):
        export_onnx(small, tmp_path, weights)
    assert not list(tmp_path.iterdir())


def test_what_killed_exports_left_goes_in_time(small: Path, tmp_path: Path) -> None:
    """An export is made beside unfinished ones, which are never taken for it; those of yesterday are removed."""
    for name, hours in (("old", 25), ("young", 1)):
        left = tmp_path / f"{onnx_export.UNFINISHED}{name}"
        left.mkdir()
        (left / "model.onnx").write_bytes(b"half")
        os.utime(left, (time.time() - hours * 3600,) * 2)
    folder = export_onnx(small, tmp_path, "float32")
    assert {path.name for path in tmp_path.iterdir()} == {folder.name, f"{onnx_export.UNFINISHED}young"}
    assert OnnxEncoder(folder, "small").encode(TEXTS).shape == (7, 48)


def quantised_matrices(folder: Path) -> list[Any]:
    """The weights of an export that are bytes and are multiplied: not the embeddings of words."""
    import onnx
    from onnx import numpy_helper

    initializers = onnx.load(str(folder / "model.onnx")).graph.initializer
    found = [item for item in initializers if item.data_type == onnx.TensorProto.INT8 and len(item.dims) == 2]
    return [numpy_helper.to_array(item).astype(int) for item in found if "word_embeddings" not in item.name]


def test_an_export_is_the_same_for_every_processor_of_its_kind(small: Path, cache: Path) -> None:
    """No operator or layout of one processor is in it, and weights of seven bits leave the room that AVX2 needs.

    There the sum of two products of an unsigned and a signed byte has 16 bits.
    """
    import onnx

    for weights in ("float32", "int7"):
        folder = export_onnx(small, cache, weights)
        model = onnx.load(str(folder / "model.onnx"), load_external_data=False)
        assert {node.domain for node in model.graph.node} <= {"", "ai.onnx", "com.microsoft"}
        matrices = quantised_matrices(folder)
        assert bool(matrices) == (weights == "int7")
        assert all(2 * 255 * np.abs(matrix).max() < 2**15 for matrix in matrices)


def test_machines_of_both_kinds_share_a_cache(small: Path, cache: Path) -> None:
    """Each makes and opens its own export where the other's lies already; to the index both are int8.

    The one of eight bits uses them all, and is nearer to the original where its products are summed exactly.
    """
    exact = original(small).encode(TEXTS)
    found: dict[Weights, float] = {}
    kinds: dict[Weights, int] = {"int7": 64, "int8": 127}
    if quantised_weights() == "int7":
        del kinds["int8"]
    for weights, largest in kinds.items():
        folder = export_onnx(small, cache, weights)
        encoder = OnnxEncoder(folder, "small")
        assert (encoder.record.weights, encoder.precision) == (weights, "int8")
        assert max(np.abs(matrix).max() for matrix in quantised_matrices(folder)) == largest
        found[weights] = lowest_cosine(encoder.encode(TEXTS), exact)
    assert sorted(found, key=lambda weights: found[weights]) == list(kinds)


def operators(folder: Path) -> Counter[str]:
    """How many nodes of each operator an export has."""
    import onnx

    return Counter(node.op_type for node in onnx.load(str(folder / "model.onnx"), load_external_data=False).graph.node)


def test_a_graph_has_the_operators_that_are_quick(small: Path, cache: Path) -> None:
    """Attention, biases and skips stand apart, and in int8 nothing with weights is multiplied in float32."""
    exports: tuple[Weights, Weights] = ("float32", quantised_weights())
    float32, int8 = (operators(export_onnx(small, cache, weights)) for weights in exports)
    for found in (float32, int8):
        assert not {"Attention", "QAttention", "BiasGelu", "SkipLayerNormalization"} & found.keys()
        assert (found["Softmax"], found["FusedMatMul"]) == (2, 4)
        assert found["LayerNormalization"] + found["EmbedLayerNormalization"] == 5
    assert float32["MatMul"] == 12  # query, key, value, attention's output and two of the feed-forward in two layers
    assert int8["MatMul"] == 0
    assert int8["MatMulIntegerToFloat"] + int8["DynamicQuantizeMatMul"] == 16  # two more for the largest activations


def test_preparing_for_quantising_changes_no_result(small: Path, cache: Path) -> None:
    """The largest activations have products of their own, channels are smoothed, and the results are as before."""
    import onnx
    import onnxruntime

    model = onnx.load(str(export_onnx(small, cache, "float32") / "model.onnx"))
    generator = np.random.default_rng(1)
    tokens = [generator.integers(5, 300, (1, length)) for length in (3, 20, 60)]
    samples = [
        {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)} for ids in tokens
    ]

    def run(graph: Any) -> list[Any]:
        session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
        names = [item.name for item in session.get_inputs()]
        return [session.run(None, {name: sample[name] for name in names})[0] for sample in samples]

    before = run(model)
    set_apart(model, samples)
    smooth(model, samples)
    found = Counter(node.op_type for node in model.graph.node)
    assert found["Gelu"] == 4
    assert found["Mul"] == 4  # of states: before attention and before the feed-forward of each of two layers
    inside = sorted(
        item.dims[0]
        for item in model.graph.initializer
        if item.name.endswith(("_rest_weight", "_largest_weight")) and item.dims[-1] == 48
    )
    assert inside == [LARGEST, LARGEST, 96 - LARGEST, 96 - LARGEST]
    for ours, theirs in zip(run(model), before, strict=True):
        assert np.allclose(ours, theirs, atol=1e-5)


def test_embeddings_of_words_have_a_scale_each(small: Path, cache: Path) -> None:
    """They are bytes, each word's with its largest number as 127, whatever others have; places stay as they are."""
    import onnx
    from onnx import numpy_helper

    model = onnx.load(str(export_onnx(small, cache, "float32") / "model.onnx"))
    (before,) = [node for node in model.graph.node if node.op_type == "EmbedLayerNormalization"]
    table = {item.name: item for item in model.graph.initializer}[before.input[2]]
    words = numpy_helper.to_array(table) * np.geomspace(0.01, 100, 300, dtype=np.float32)[:, None]
    table.CopyFrom(numpy_helper.from_array(words, table.name))
    round_words(model)
    kept = {item.name: numpy_helper.to_array(item) for item in model.graph.initializer}
    rows, units = kept[f"{table.name}_bytes"], kept[f"{table.name}_units"]
    assert rows.dtype == np.int8
    assert (rows.shape, units.shape) == ((300, 48), (300, 1))
    assert (np.abs(rows[words.any(axis=1)].astype(int)).max(axis=1) == 127).all()
    assert (np.abs(rows * units - words) <= units * 0.501).all()
    assert "EmbedLayerNormalization" not in {node.op_type for node in model.graph.node}


def test_attention_that_is_not_plain_stays_fused() -> None:
    """One that looks only backwards, or at a mask, isn't written as what looks everywhere."""
    from onnx import TensorProto, helper

    nodes = [
        helper.make_node("Attention", ["x", "w", "b"], ["a"], domain="com.microsoft", num_heads=2, unidirectional=1),
        helper.make_node("Attention", ["a", "w", "b", "mask"], ["y"], domain="com.microsoft", num_heads=2),
    ]
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, None)
    model = helper.make_model(helper.make_graph(nodes, "graph", [value], [value]))
    onnx_graph.take_apart(model)
    assert list(model.graph.node) == nodes


def test_other_modules_are_unsupported(tmp_path: Path) -> None:
    """A model with a Dense layer, and a folder that holds no model, are refused for what they are."""
    from sentence_transformers.base.modules import Dense

    with pytest.raises(FastPathError, match="Transformer \\+ Pooling \\+ Dense"):
        export_onnx(make_model(tmp_path, extra=Dense(48, 16)), tmp_path / "cache", "float32")
    with pytest.raises(FastPathError, match="not a sentence-transformers model folder"):
        export_onnx(tmp_path / "cache", tmp_path / "cache", "float32")


@pytest.mark.slow
@pytest.mark.parametrize(("precision", "lowest"), [("float32", 0.9999), ("int8", 0.995)])
def test_the_bundled_model(precision: str, lowest: float, bundled: Path, cache: Path) -> None:
    """all-MiniLM-L6-v2 keeps its embeddings, its limit and its order of texts, with every layer in its quick form."""
    folder = export_onnx(bundled, cache, quantised_weights() if precision == "int8" else "float32")
    encoder = OnnxEncoder(folder, "small")
    assert (encoder.dimension, encoder.max_tokens, encoder.precision) == (384, 256, precision)
    assert lowest_cosine(encoder.encode(TEXTS[1:]), original(bundled).encode(TEXTS[1:])) >= lowest
    found = operators(folder)
    assert (found["Softmax"], found["FusedMatMul"]) == (6, 12)
    assert found["LayerNormalization"] + found["EmbedLayerNormalization"] == 13
    rows = encoder.encode(["How do bridges age?", "The decay of bridges over the years", "A recipe for bean soup"])
    assert rows[0] @ rows[1] > rows[0] @ rows[2] + 0.3
