"""Indexing: it costs what changed, survives being stopped anywhere, and one bad file stops nothing."""

from __future__ import annotations

import os
import random
import sqlite3
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from askdocs.assistant import Assistant
from askdocs.errors import IndexBusy
from askdocs.events import EncoderLoading, FileFailed, Indexed, Planned, Progressed
from askdocs.loaders import LOADERS
from askdocs.loaders.markdown import load_markdown
from askdocs.types import Document
from tests.conftest import OpenAssistant
from tests.fakes import BrokenEncoder, HashedEncoder
from tests.support import (
    BINARY,
    BREAD,
    NOTES,
    ROOF,
    ROOF_QUESTION,
    WHALES,
    assert_citations_hold,
    cited_paths,
    found_paths,
    index_all,
    last_event,
    unprivileged,
    write_files,
)

if TYPE_CHECKING:
    from askdocs.types import Embeddings

LONG = "\n\n".join(f"Paragraph {n} tells of subject{n} and thing{n}. " + f"filler{n} " * 40 for n in range(12))


def contents(folder: Path) -> list[tuple[object, ...]]:
    """What the catalogue in `folder` holds, whatever the order in which it came to hold it."""
    connection = sqlite3.connect(folder / "catalog.sqlite")
    try:
        return sorted(
            connection.execute(
                """
                SELECT d.path, d.title, d.text, c.start, c."end", c.text, c.context, c.locator, e.vector
                FROM documents d LEFT JOIN chunks c ON c.document_id = d.id LEFT JOIN embeddings e
                    ON e.id = c.embedding_id
                """
            )
        )
    finally:
        connection.close()


def test_the_events_tell_what_happens_in_order(assistant: Assistant, notes: Path) -> None:
    """First the plan, then the loading of the model, progress that grows to the total, and at last the summary."""
    events = list(assistant.index([notes]))
    planned, loading, *progress, last = events
    assert isinstance(planned, Planned)
    assert len(planned.plan.added) == 3
    assert isinstance(loading, EncoderLoading)
    steps = [event for event in progress if isinstance(event, Progressed)]
    assert len(steps) == len(progress)
    assert [event.done for event in steps] == sorted(event.done for event in steps)
    assert steps[-1].done == steps[-1].total == sum(len(text) for text in NOTES.values())
    assert last == Indexed(added=3, embedded=3)


def test_indexing_again_embeds_nothing_and_changes_nothing(
    assistant: Assistant, notes: Path, encoder: HashedEncoder
) -> None:
    """Unchanged files cost no embedding, no loading of the model, and no new generation."""
    index_all(assistant, notes)
    before = encoder.encoded, assistant.status()
    events = list(assistant.index())
    assert last_event(events) == Indexed(unchanged=3)
    assert not any(isinstance(event, EncoderLoading) for event in events)
    assert (encoder.encoded, assistant.status()) == before


def test_a_file_that_was_only_touched_counts_as_unchanged(assistant: Assistant, notes: Path) -> None:
    """A new time alone embeds nothing."""
    index_all(assistant, notes)
    os.utime(notes / "roof.txt", (1, 1))
    assert index_all(assistant) == Indexed(unchanged=3)
    assert index_all(assistant) == Indexed(unchanged=3)


def test_added_changed_renamed_and_deleted_files_are_each_counted(
    assistant: Assistant, notes: Path, encoder: HashedEncoder
) -> None:
    """One of each in a run gives one of each in the summary, and only new text is embedded."""
    write_files(notes, {"plain.txt": "A plain file that stays."})
    index_all(assistant, notes)
    encoder.encoded = 0
    write_files(notes, {"new.md": "Something entirely new.", "roof.txt": ROOF.replace("1987", "1990")})
    (notes / "whales.txt").rename(notes / "kitchen" / "fish.txt")
    (notes / "kitchen" / "bread.md").unlink()
    assert index_all(assistant) == Indexed(added=1, changed=1, renamed=1, deleted=1, unchanged=1, embedded=2)
    assert encoder.encoded == 2
    assert found_paths(assistant.search("whales krill", 1)) == ["fish.txt"]


@pytest.mark.parametrize("whole_folder", [False, True])
def test_a_rename_embeds_nothing(assistant: Assistant, notes: Path, encoder: HashedEncoder, whole_folder: bool) -> None:
    """Neither a renamed file nor a renamed folder of files costs an embedding or a new document."""
    index_all(assistant, notes)
    encoder.encoded = 0
    if whole_folder:
        (notes / "kitchen").rename(notes / "bakery")
    else:
        (notes / "kitchen" / "bread.md").rename(notes / "kitchen" / "loaf.md")
    assert index_all(assistant) == Indexed(renamed=1, unchanged=2)
    assert encoder.encoded == 0
    assert assistant.status().counts.documents == 3


def test_a_copy_embeds_nothing(assistant: Assistant, notes: Path) -> None:
    """A file with the content of another is a document of its own, at no cost."""
    index_all(assistant, notes)
    write_files(notes, {"copy.txt": ROOF})
    assert index_all(assistant) == Indexed(added=1, unchanged=3)
    assert sorted(found_paths(assistant.search("library roof", 2))) == ["copy.txt", "roof.txt"]


def test_editing_a_paragraph_embeds_only_the_passages_that_it_touched(
    assistant: Assistant, notes: Path, encoder: HashedEncoder
) -> None:
    """An edit in a long document leaves most of its embeddings as they are."""
    write_files(notes, {"long.txt": LONG})
    passages = index_all(assistant, notes).embedded
    encoder.encoded = 0
    write_files(notes, {"long.txt": LONG.replace("thing6", "object6")})
    last = index_all(assistant)
    assert (last.changed, last.embedded) == (1, encoder.encoded)
    assert 1 <= encoder.encoded <= 3 < passages


@pytest.mark.parametrize("at", [1, 1000, 1999, 2000])
@pytest.mark.parametrize("between", ["\n\n", " "], ids=["paragraphs", "one paragraph"])
def test_new_words_in_a_long_document_embed_a_handful(
    assistant: Assistant, notes: Path, encoder: HashedEncoder, at: int, between: str
) -> None:
    """Wherever they come: at the beginning, in the middle or at the end, without a heading to stop their effect."""
    generator = random.Random(at)
    parts = [f"Saying {n} is of this. {f'Filler {n}' * generator.randint(5, 7)}." for n in range(2000)]
    write_files(notes, {"long.txt": between.join(parts)})
    assert index_all(assistant, notes).embedded > 300
    encoder.encoded = 0
    parts.insert(at, "Here is one more, of which nobody had thought before.")
    write_files(notes, {"long.txt": between.join(parts)})
    last = index_all(assistant)
    assert (last.changed, last.embedded) == (1, encoder.encoded)
    assert 1 <= encoder.encoded <= 15


@pytest.mark.parametrize("names", [("a.txt", "b.txt"), ("b.txt", "a.txt")])
def test_a_paragraph_may_move_from_one_file_to_another(
    assistant: Assistant, work: Path, encoder: HashedEncoder, names: tuple[str, str]
) -> None:
    """Text cut from one indexed file and pasted into another is found in its new place, at no cost."""
    source, target = names
    notes = write_files(work / "notes", {source: ROOF, target: BREAD})
    index_all(assistant, notes)
    encoder.encoded = 0
    write_files(notes, {source: WHALES, target: ROOF})
    assert index_all(assistant) == Indexed(changed=2, embedded=1)
    assert cited_paths(assistant.ask(ROOF_QUESTION))[0] == target


def test_two_files_may_swap_their_contents(assistant: Assistant, notes: Path) -> None:
    """Two files exchanged for one another are two changed files, and both are found."""
    index_all(assistant, notes)
    write_files(notes, {"roof.txt": WHALES, "whales.txt": ROOF})
    assert index_all(assistant) == Indexed(changed=2, unchanged=1)
    assert cited_paths(assistant.ask(ROOF_QUESTION))[0] == "whales.txt"


def test_incremental_indexing_ends_where_indexing_anew_does(
    work: Path, notes: Path, open_assistant: OpenAssistant
) -> None:
    """After edits the catalogue holds just what an index built from scratch holds."""
    assistant = open_assistant(work / "index")
    write_files(notes, {"long.txt": LONG})
    index_all(assistant, notes)
    write_files(notes, {"long.txt": LONG.replace("Paragraph 3", "New words\n\nParagraph 3"), "roof.txt": ROOF * 2})
    (notes / "whales.txt").rename(notes / "zoo.txt")
    (notes / "kitchen" / "bread.md").unlink()
    index_all(assistant)
    index_all(open_assistant(work / "fresh"), notes)
    assert contents(work / "index") == contents(work / "fresh")


@pytest.mark.parametrize("working", [0, 1, 4, 33, 40])
def test_stopping_at_any_embedding_loses_nothing(
    work: Path, open_assistant: OpenAssistant, encoder: HashedEncoder, working: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a run that broke off the next one carries on, embedding only what was not yet embedded."""
    monkeypatch.setattr("askdocs.indexing.pipeline.LONGEST_WAIT", 60)  # for full slices, however busy the machine
    files = {f"{n:02}.txt": f"Number {n} is about subject{n}. " + f"word{n} " * 20 for n in range(45)}
    notes = write_files(work / "notes", files)
    broken = BrokenEncoder(working)
    with pytest.raises(RuntimeError, match="power"):
        index_all(open_assistant(encoder=broken), notes)
    assert bool(broken.encoded) == (working >= 32)
    assistant = open_assistant()
    last = index_all(assistant, notes)
    assert last.added + last.unchanged == 45
    assert encoder.encoded == 45 - broken.encoded
    assert assistant.status().counts.documents == 45
    index_all(open_assistant(work / "fresh"), notes)
    assert contents(work / "index") == contents(work / "fresh")


def test_closing_the_events_stops_and_the_next_run_carries_on(
    assistant: Assistant, notes: Path, encoder: HashedEncoder
) -> None:
    """Whoever stops listening stops the indexing; the lock is free and the index is usable at once."""
    write_files(notes, {f"{n}.txt": f"Text number {n} about topic{n}." for n in range(100)})
    for step in range(1, 6):
        events = assistant.index([notes])
        for _ in range(step):
            next(events, None)
        events.close()
    last = index_all(assistant)
    assert last.added + last.unchanged == 103
    assert encoder.encoded == 103


def test_a_run_without_news_writes_nothing(work: Path, notes: Path, assistant: Assistant) -> None:
    """The catalogue of an index that is level with its files stays as it is."""
    index_all(assistant, notes)
    connection = sqlite3.connect(work / "index" / "catalog.sqlite")
    versions = []
    for _ in range(2):
        versions += connection.execute("PRAGMA data_version").fetchone()
        assert index_all(assistant).unchanged == 3
    connection.close()
    assert versions[0] == versions[1]


def test_answers_say_when_the_last_run_did_not_end(
    notes: Path, assistant: Assistant, open_assistant: OpenAssistant
) -> None:
    """An index that is not complete cannot vouch that something is not in the documents."""
    index_all(assistant, notes)
    write_files(notes, {"new.txt": "Fresh text."})
    with pytest.raises(RuntimeError, match="power"):
        index_all(open_assistant(encoder=BrokenEncoder(0)))
    assert any("not come to its end" in warning for warning in assistant.ask("Fresh?").warnings)
    index_all(assistant)
    assert assistant.ask("Fresh?").warnings == ()


def test_one_bad_file_stops_nothing_and_is_listed(assistant: Assistant, notes: Path) -> None:
    """A file that can't be read is an event and a line of the status; the others are indexed."""
    write_files(notes, {"binary.txt": bytes(range(256)) * 20})
    events = list(assistant.index([notes]))
    (failed,) = [event for event in events if isinstance(event, FileFailed)]
    assert failed.failure.path == os.path.join("notes", "binary.txt")
    last = last_event(events)
    assert (last.added, last.failed, last.failures) == (3, 1, (failed.failure,))
    status = assistant.status()
    assert (status.counts.failed, status.failures) == (1, (failed.failure,))
    assert failed.failure.loader == "text/plain"
    assert failed.failure.at is not None
    assert timedelta() <= datetime.now(UTC) - failed.failure.at < timedelta(minutes=5)


def test_a_bad_file_is_tried_again_once_it_changes(assistant: Assistant, notes: Path) -> None:
    """A failure is remembered while the file stays as it is, and forgotten when it is mended or goes."""
    bad = write_files(notes, {"bad.txt": bytes(range(256)) * 20, "worse.txt": bytes(range(256)) * 21}) / "bad.txt"
    index_all(assistant, notes)
    assert index_all(assistant).failed == 2
    bad.write_text("Now it is text.")
    (notes / "worse.txt").unlink()
    assert index_all(assistant) == Indexed(added=1, unchanged=3, embedded=1)
    assert assistant.status().failures == ()


def test_a_file_that_turns_bad_is_no_longer_cited(assistant: Assistant, notes: Path) -> None:
    """What was known of a file that can't be read any more is not presented as its content."""
    index_all(assistant, notes)
    (notes / "roof.txt").write_bytes(bytes(range(256)) * 20)
    assert index_all(assistant) == Indexed(unchanged=2, failed=1, failures=assistant.status().failures)
    assert "roof.txt" not in cited_paths(assistant.ask(ROOF_QUESTION))


def test_a_file_whose_permissions_are_mended_is_indexed_by_the_next_run(
    public_work: Path, open_assistant: OpenAssistant
) -> None:
    """Being allowed to read a file again is enough; its content need not change."""
    notes = write_files(public_work / "notes", NOTES)
    assistant = open_assistant(public_work / "index")
    (notes / "roof.txt").chmod(0)
    with unprivileged(public_work):
        last = index_all(assistant, notes)
        assert (last.added, last.failed) == (2, 1)
        assert "ermission" in last.failures[0].reason
        (notes / "roof.txt").chmod(0o644)
        assert index_all(assistant) == Indexed(added=1, unchanged=2, embedded=1)


def test_a_folder_that_cannot_be_listed_keeps_what_was_indexed_of_it(
    public_work: Path, open_assistant: OpenAssistant
) -> None:
    """Documents are not deleted from the index because their folder is out of reach for a moment."""
    notes = write_files(public_work / "notes", NOTES)
    assistant = open_assistant(public_work / "index")
    with unprivileged(public_work):
        index_all(assistant, notes)
        (notes / "kitchen").chmod(0)
        last = index_all(assistant)
        assert (last.deleted, last.failed, last.unchanged) == (0, 1, 3)
        (notes / "kitchen").chmod(0o755)
        assert index_all(assistant) == Indexed(unchanged=3)


def test_a_source_that_is_out_of_reach_keeps_its_documents(assistant: Assistant, notes: Path) -> None:
    """An unplugged disk is a failure with advice, and not the end of all its documents."""
    index_all(assistant, notes)
    away = notes.rename(notes.parent / "away")
    last = index_all(assistant)
    assert (last.deleted, last.failed) == (0, 1)
    assert "askdocs forget" in last.failures[0].reason
    away.rename(notes)
    assert index_all(assistant) == Indexed(unchanged=3)


def test_two_writers_exclude_each_other(notes: Path, assistant: Assistant, open_assistant: OpenAssistant) -> None:
    """A second writer is told who is writing; it can write once the first is done."""
    events = assistant.index([notes])
    next(events)
    second = open_assistant()
    with pytest.raises(IndexBusy, match=f"process {os.getpid()} on "):
        index_all(second, notes)
    list(events)
    assert index_all(second) == Indexed(unchanged=3)


def test_readers_see_the_last_committed_state_while_another_writes(
    notes: Path, assistant: Assistant, open_assistant: OpenAssistant
) -> None:
    """Asking neither waits for the writer nor sees half a document."""
    index_all(assistant, notes)
    write_files(notes, {f"{n}.txt": f"Roof number {n} of the library." for n in range(300)})
    reader = open_assistant()
    for _ in assistant.index():
        answer = reader.ask(ROOF_QUESTION)
        assert "roof.txt" in cited_paths(answer)
        assert_citations_hold(reader, answer)
    assert reader.status().counts.documents == 303


def background_threads() -> list[str]:
    """The threads of an indexing run that are alive."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(("load", "embed"))]


class MeetingEncoder(HashedEncoder):
    """Waits, before it embeds anything for the first time, for `met`; says in `began` that it has begun."""

    def __init__(self) -> None:
        super().__init__()
        self.began = threading.Event()
        self.met = threading.Event()

    def encode(self, texts: Sequence[str]) -> Embeddings:
        self.began.set()
        assert self.met.wait(20)
        return super().encode(texts)


def test_files_are_loaded_while_the_encoder_works(
    work: Path, open_assistant: OpenAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The encoder, busy with the first passages, sees the last file being loaded."""
    encoder = MeetingEncoder()
    notes = write_files(work / "notes", {f"{n:03}.txt": f"Note {n}." for n in range(300)} | {"last.md": "The last."})

    def load(path: str, data: bytes) -> Document:
        assert encoder.began.wait(20)
        encoder.met.set()
        return load_markdown(path, data)

    monkeypatch.setitem(LOADERS, "text/markdown", load)
    last = index_all(open_assistant(encoder=encoder), notes)
    assert (last.added, last.failed, last.embedded) == (301, 0, 301)


def test_the_encoder_begins_with_the_first_slice(
    work: Path, open_assistant: OpenAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With enough passages for one slice it is at work, while the next file is still being parsed."""
    monkeypatch.setattr("askdocs.indexing.pipeline.LONGEST_WAIT", 20)
    encoder = MeetingEncoder()
    encoder.met.set()
    notes = write_files(work / "notes", {f"{n:03}.txt": f"Note {n}." for n in range(40)} | {"last.md": "The last."})

    def load(path: str, data: bytes) -> Document:
        assert encoder.began.wait(10)
        return load_markdown(path, data)

    monkeypatch.setitem(LOADERS, "text/markdown", load)
    last = index_all(open_assistant(encoder=encoder), notes)
    assert (last.added, last.failed, last.embedded) == (41, 0, 41)


class PairingEncoder(HashedEncoder):
    """Embeds nothing until it is asked for two slices at the same time."""

    def __init__(self) -> None:
        super().__init__()
        self.both = threading.Barrier(2, timeout=20)

    def encode(self, texts: Sequence[str]) -> Embeddings:
        self.both.wait()
        return super().encode(texts)


def test_two_slices_are_embedded_at_the_same_time(work: Path, open_assistant: OpenAssistant) -> None:
    """So that processors which are done with one go on with the next."""
    encoder = PairingEncoder()
    notes = write_files(work / "notes", {"long.txt": "\n\n".join(f"{n} " + f"word{n} " * 90 for n in range(60))})
    last = index_all(open_assistant(encoder=encoder), notes)
    assert 32 < last.embedded == encoder.encoded <= 64


def test_a_file_that_takes_long_keeps_no_others_waiting(
    work: Path, open_assistant: OpenAssistant, encoder: HashedEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is loaded is embedded and stored while the next file is still being parsed."""
    notes = write_files(work / "notes", {"a.txt": ROOF, "b.md": BREAD})
    stored = threading.Event()

    def load(path: str, data: bytes) -> Document:
        assert stored.wait(20)
        return load_markdown(path, data)

    monkeypatch.setitem(LOADERS, "text/markdown", load)
    assistant = open_assistant()
    for event in assistant.index([notes]):
        if isinstance(event, Progressed) and event.done == len(ROOF):
            assert assistant.status().counts.documents == 1
            stored.set()
    assert (assistant.status().counts.documents, encoder.encoded) == (2, 2)


def test_a_bug_in_a_parser_is_a_failure_of_its_file(
    assistant: Assistant, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a loader raises, in whatever thread, is the reason why its file is missing; the others are indexed."""

    def load(path: str, data: bytes) -> Document:
        raise ZeroDivisionError(f"{len(data)} bytes of {Path(path).name}")

    monkeypatch.setitem(LOADERS, "text/markdown", load)
    last = index_all(assistant, notes)
    assert (last.added, last.failed) == (2, 1)
    assert "ZeroDivisionError" in last.failures[0].reason
    assert background_threads() == []


@pytest.mark.parametrize("closed", [True, False])
def test_no_thread_outlives_a_run_that_ends_early(
    work: Path, open_assistant: OpenAssistant, encoder: HashedEncoder, closed: bool
) -> None:
    """Closed or broken off in the midst of things, a run leaves nothing running."""
    notes = write_files(work / "notes", {f"{n:03}.txt": f"Note {n} about topic{n}." for n in range(400)})
    events = open_assistant(encoder=encoder if closed else BrokenEncoder(64)).index([notes])
    if closed:
        assert any(isinstance(event, Progressed) for event in events)
        assert background_threads()
        events.close()
    else:
        with pytest.raises(RuntimeError, match="power"):
            list(events)
    assert background_threads() == []


def test_stopping_does_not_wait_for_the_end_of_a_long_document(
    work: Path, open_assistant: OpenAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long document that is being chunked when the run is stopped is left at the next stretch, and nothing of it
    is stored."""
    monkeypatch.setattr("askdocs.chunking.chunker._WINDOW", 1000)
    encoder = SlowlyCountingEncoder()
    notes = write_files(work / "notes", {"a.txt": ROOF, "b.txt": "\n\n".join([ROOF + BREAD] * 2000)})
    assistant = open_assistant(encoder=encoder)
    events = assistant.index([notes])
    assert any(isinstance(event, Progressed) for event in events)
    events.close()
    counted = encoder.counted
    assert counted < 200
    assert background_threads() == []
    assert assistant.status().counts.documents == 1
    assert assistant.status().failures == ()


class SlowlyCountingEncoder(HashedEncoder):
    """Takes its time to count tokens; `counted` says how often it did."""

    counted = 0

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        self.counted += 1
        time.sleep(0.01)
        return super().token_counts(texts)


def test_texts_that_come_again_and_again_are_embedded_once(
    work: Path, open_assistant: OpenAssistant, encoder: HashedEncoder
) -> None:
    """Even while the embedding of the same text elsewhere is still being made."""
    files = {f"{n:04}.txt": f"Note {n % 300} about topic{n % 300}." for n in range(900)}
    assert index_all(open_assistant(), write_files(work / "notes", files)) == Indexed(added=900, embedded=300)
    assert encoder.encoded == 300


def test_short_documents_are_committed_together(assistant: Assistant, work: Path) -> None:
    """A commit waits for the disk; there is one for each slice of passages, not one for each document."""
    notes = write_files(work / "notes", {f"{n:03}.txt": f"Note {n} about topic{n}." for n in range(256)})
    steps = [event for event in assistant.index([notes]) if isinstance(event, Progressed)]
    assert len(steps) <= 64


def test_progress_counts_failures_too(assistant: Assistant, notes: Path) -> None:
    """All bytes and all files are dealt with in the end, those of files that can't be read included."""
    write_files(notes, {"a.txt": BINARY, "z.txt": "The last one.\n"})
    events = list(assistant.index([notes]))
    last = [event for event in events if isinstance(event, Progressed)][-1]
    assert (last.done, last.files) == (last.total, 5)
    assert last.total == sum(path.stat().st_size for path in notes.rglob("*.*"))
