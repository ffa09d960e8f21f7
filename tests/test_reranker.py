"""The optional cross-encoder: a small one made on the spot decides the order, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from askdocs import Assistant
from askdocs.config import Settings
from askdocs.encoding.reranker import Reranker
from askdocs.errors import ModelError
from askdocs.rendering.render_why import ranking_rows
from tests.fakes import HashedEncoder
from tests.support import ROOF_QUESTION, assert_citations_hold, index_all, write_files

PASSAGES = ["The roof of the library.", "Whales eat krill.", "", "bread " * 400]


@pytest.fixture(scope="module")
def cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny BERT with random weights that gives a pair one score."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

    folder = tmp_path_factory.mktemp("cross-encoder")
    letters = [*"abcdefghijklmnopqrstuvwxyz", *(f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")]
    (folder / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters]))
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=5 + len(letters), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=64, initializer_range=0.5,
    )  # fmt: skip
    config.num_labels = 1
    BertForSequenceClassification(config).save_pretrained(folder)
    BertTokenizer(vocab_file=str(folder / "vocab.txt"), model_max_length=64).save_pretrained(folder)
    return folder


def opened(reranker: str) -> Assistant:
    return Assistant.open("index", settings=Settings(reranker=reranker), encoder=HashedEncoder())


def test_scores_are_those_of_the_model_for_each_pair(cross_encoder: Path) -> None:
    """Passages of any length, in any company, get the model's own score, between 0 and 1."""
    reranker = Reranker(str(cross_encoder))
    together = reranker.scores("who eats krill?", PASSAGES * 5)
    alone = [reranker.scores("who eats krill?", [passage])[0] for passage in PASSAGES]
    assert together == pytest.approx(alone * 5, abs=1e-5)
    assert all(0 <= score <= 1 for score in together)
    assert len({round(score, 5) for score in alone}) == len(PASSAGES)
    assert reranker.scores("who eats krill?", []) == []


def test_passages_come_in_the_order_of_the_reranker(cross_encoder: Path, notes: Path) -> None:
    """Asking and searching give the same passages as without it, cited as exactly, best for the reranker first."""
    with opened("") as plain, opened(str(cross_encoder)) as assistant:
        index_all(assistant, notes)
        for question in (ROOF_QUESTION, "what do whales eat?", "bread"):
            before, after = plain.ask(question), assistant.ask(question)
            assert_citations_hold(assistant, after)
            scores = [citation.score for citation in after.citations]
            assert scores == sorted(scores, reverse=True)
            assert {c.quote for c in after.citations} == {c.quote for c in before.citations}
            texts = [result.text for result in assistant.search(question)]
            assert texts == [citation.quote for citation in after.citations]
        orders = [[c.quote for c in each.ask(ROOF_QUESTION).citations] for each in (plain, assistant)]
        assert orders[0] != orders[1]
        phrase = assistant.ask('krill "lively starter"')
        assert [c.document.path for c in phrase.citations] == ["notes/kitchen/bread.md"]


def test_what_comes_before_it_has_read_is_the_ranking_without_it(cross_encoder: Path, notes: Path) -> None:
    """It is there without the reranker's model, and an answer's passages are explained with what the reranker gave."""
    with opened("") as plain, opened(str(cross_encoder)) as assistant:
        index_all(assistant, notes)
        assert assistant.reranks
        assert not plain.reranks
        assert assistant.ranked(ROOF_QUESTION) == plain.ask(ROOF_QUESTION).citations
        assert assistant._index._reranker is None
        for citation in assistant.ask(ROOF_QUESTION).citations:
            of = assistant.explain(ROOF_QUESTION, citation)
            assert of.score == of.reranked == pytest.approx(citation.score, abs=1e-5)
            assert ("reranker", f"{of.reranked:.3f}, which decides", "") in ranking_rows(of)


def test_all_that_it_reads_has_its_score(cross_encoder: Path, work: Path) -> None:
    """Searching lists the 30 passages that it has read, best first for it, then the others with lower scores."""
    write_files(work / "notes", {f"{number}.txt": f"The roof, report number {number}." for number in range(40)})
    with opened(str(cross_encoder)) as assistant:
        index_all(assistant, work / "notes")
        results = assistant.search("the roof report", 35)
        texts = [result.text for result in results[:30]]
        expected = Reranker(str(cross_encoder)).scores("the roof report", texts)
        all_scores = [result.score for result in results]
        cited = [citation.score for citation in assistant.ask("the roof report", 35).citations]
    assert len(results) == 35
    assert [result.score for result in results[:30]] == pytest.approx(expected, abs=1e-5)
    assert expected == sorted(expected, reverse=True)
    for scores in (all_scores, cited):
        assert len(scores) == 35
        assert scores == sorted(scores, reverse=True)


def test_a_reranker_that_is_missing_or_none_is_named(cross_encoder: Path, work: Path) -> None:
    """The message says which, and which setting to change."""
    with pytest.raises(ModelError, match=r"no model folder ./mine; set `reranker` in askdocs.toml"):
        Reranker("./mine")
    (work / "empty").mkdir()
    with pytest.raises(ModelError, match=r"the reranker empty in .* can't be loaded"):
        Reranker("empty")
    config = json.loads((cross_encoder / "config.json").read_text())
    config |= {"id2label": {"0": "no", "1": "yes"}, "label2id": {"no": 0, "yes": 1}}
    for path in cross_encoder.iterdir():
        (work / "empty" / path.name).write_bytes(path.read_bytes())
    (work / "empty" / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="the reranker empty"):
        Reranker("empty")
