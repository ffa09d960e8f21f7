"""Another encoder: it never mixes in, and a rebuild replaces the old one without losing anything."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from askdocs.assistant import Assistant
from askdocs.config import Settings
from askdocs.encoding.encoder import Encoder
from askdocs.errors import EncoderMismatch
from askdocs.events import Indexed, Progressed
from tests.conftest import OpenAssistant
from tests.fakes import BrokenEncoder, HashedEncoder
from tests.support import (
    BINARY,
    ROOF,
    ROOF_QUESTION,
    WHALES,
    assert_citations_hold,
    cited_paths,
    index_all,
    last_event,
    run_cli,
    write_files,
)


def opened(encoder: Encoder) -> Assistant:
    return Assistant.open("index", settings=Settings(), encoder=encoder)


def test_another_encoder_never_mixes_in(notes: Path, assistant: Assistant, open_assistant: OpenAssistant) -> None:
    """Indexing and asking with another encoder are errors that name the command to run; nothing is lost."""
    index_all(assistant, notes)
    other = open_assistant(encoder=HashedEncoder("other"))
    write_files(notes, {"new.txt": "Fresh text."})
    for action in (lambda: index_all(other), lambda: other.ask("roof"), lambda: other.search("roof")):
        with pytest.raises(EncoderMismatch, match=r"hashed, not other.*askdocs index --rebuild"):
            action()
    assert cited_paths(assistant.ask(ROOF_QUESTION))[0] == "roof.txt"


def test_rebuilding_replaces_the_encoder(notes: Path, assistant: Assistant, open_assistant: OpenAssistant) -> None:
    """After `rebuild` the index answers with the new encoder, and no longer with the old one."""
    index_all(assistant, notes)
    other = HashedEncoder("other", dimension=64)
    rebuilt = open_assistant(encoder=other)
    assert index_all(rebuilt, rebuild=True).embedded == other.encoded == 3
    answer = rebuilt.ask(ROOF_QUESTION)
    assert cited_paths(answer)[0] == "roof.txt"
    assert_citations_hold(rebuilt, answer)
    with pytest.raises(EncoderMismatch):
        assistant.ask("roof")


def test_a_rebuild_whose_model_is_missing_loses_nothing(notes: Path, assistant: Assistant) -> None:
    """Whoever asks for a rebuild with a model that isn't there keeps the index that was."""
    index_all(assistant, notes)
    with (
        Assistant.open("index", settings=Settings(model="/no/such/model")) as wrong,
        pytest.raises(Exception, match="no/such"),
    ):
        index_all(wrong, rebuild=True)
    assert cited_paths(assistant.ask(ROOF_QUESTION))[0] == "roof.txt"


def test_rebuilding_one_source_loses_no_other(assistant: Assistant, work: Path) -> None:
    """A rebuild that names one of two sources leaves the documents of both in the index."""
    one, two = write_files(work / "one", {"a.txt": ROOF}), write_files(work / "two", {"b.txt": WHALES})
    index_all(assistant, one, two)
    index_all(assistant, one, rebuild=True)
    assert assistant.status().counts.documents == 2


def test_a_rebuild_that_breaks_off_changes_nothing(work: Path, assistant: Assistant) -> None:
    """Until all is made anew the index answers as before; the next rebuild goes on with what was embedded."""
    notes = write_files(work / "notes", {f"{number}.txt": f"Number {number}. {WHALES}" for number in range(100)})
    index_all(assistant, notes, write_files(work / "more", {"roof.txt": ROOF}))
    (notes / "0.txt").unlink()
    before = assistant.status(), assistant.ask(ROOF_QUESTION)
    with pytest.raises(RuntimeError, match="power"), opened(BrokenEncoder(40)) as broken:
        index_all(broken, rebuild=True)
    before = replace(before[0], rebuild="index/rebuild.sqlite"), before[1]
    with opened(HashedEncoder()) as reader:
        assert (reader.status(), reader.ask(ROOF_QUESTION)) == before
        events = reader.index(rebuild=True)
        while not isinstance(next(events), Progressed):
            pass
        assert (assistant.status(), assistant.ask(ROOF_QUESTION)) == before
        assert last_event([*events]) == Indexed(added=100, embedded=68)
    assert not list((work / "index").glob("rebuild*"))
    assert assistant.status().counts.documents == 100
    assert cited_paths(assistant.ask(ROOF_QUESTION))[0] == "roof.txt"
    run_cli("verify").assert_clear(0)


@pytest.mark.usefixtures("hashed_cli")
def test_a_rebuild_that_broke_off_is_told(notes: Path, assistant: Assistant) -> None:
    """By `status` and by `index` without a rebuild, with what to do; never of an index without one."""
    index_all(assistant, notes)
    assert json.loads(run_cli("status", "--json").stdout)["rebuild"] is None
    with pytest.raises(RuntimeError, match="power"), opened(BrokenEncoder(2)) as broken:
        index_all(broken, rebuild=True)
    told = "index/rebuild.sqlite is of a rebuild that is under way or was stopped: `askdocs index --rebuild` goes on"
    assert f"\nrebuild     {told}" in run_cli("status").stdout
    assert json.loads(run_cli("status", "--json").stdout)["rebuild"] == "index/rebuild.sqlite"
    run_cli("index").assert_clear(0, told)
    ran = run_cli("index", "--rebuild")
    ran.assert_clear(0)
    assert "rebuild.sqlite" not in ran.stderr + run_cli("status").stdout


def test_what_another_model_left_of_a_rebuild_is_of_no_use(notes: Path, assistant: Assistant) -> None:
    """Nor is a file that is none; and no id is given twice, so that an old citation is of no other document."""
    index_all(assistant, notes)
    before = {document.id for document in assistant.documents()}
    with pytest.raises(RuntimeError, match="power"), opened(BrokenEncoder(2)) as broken:
        index_all(broken, rebuild=True)
    with opened(HashedEncoder("other", dimension=64)) as other:
        assert index_all(other, rebuild=True).embedded == 3
        assert before.isdisjoint(document.id for document in other.documents())
        assert cited_paths(other.ask(ROOF_QUESTION))[0] == "roof.txt"
        Path("index/rebuild.sqlite").write_bytes(BINARY)
        assert index_all(other, rebuild=True).embedded == 3
        assert [source.documents for source in other.sources()] == [3]
