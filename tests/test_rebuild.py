"""Another encoder: it never mixes in, and a rebuild replaces the old one without losing anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from askdocs.assistant import Assistant
from askdocs.config import Settings
from askdocs.errors import EncoderMismatch
from tests.conftest import OpenAssistant
from tests.fakes import HashedEncoder
from tests.support import (
    ROOF,
    ROOF_QUESTION,
    WHALES,
    assert_citations_hold,
    cited_paths,
    index_all,
    write_files,
)


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
