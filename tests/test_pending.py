"""What is not found is said to be missing only where the index holds all files as they are."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from askdocs import Assistant
from askdocs.catalog.catalog import Catalog
from askdocs.indexing.freshness import FilesNow
from askdocs.indexing.pending import find_pending
from askdocs.searching.question import DocumentFilter, document_filter
from askdocs.types import Verdict
from tests.conftest import OpenAssistant
from tests.support import BINARY, NOTES, ROOF, ROOF_QUESTION, UNANSWERED, edit, index_all, unprivileged, write_files


def assert_missing(assistant: Assistant) -> None:
    """A question that nothing answers is said to be answered nowhere, without a but."""
    answer = assistant.ask(UNANSWERED)
    assert (answer.verdict, answer.warnings) == (Verdict.NOT_IN_DOCUMENTS, ())


def assert_unreliable(assistant: Assistant, *said: str) -> None:
    """A question that nothing answers gets no verdict, for one reason, which holds `said`."""
    answer = assistant.ask(UNANSWERED)
    assert answer.verdict is Verdict.INDEX_UNRELIABLE
    (warning,) = answer.warnings
    assert all(part in warning for part in said), warning


def test_a_new_file_could_hold_the_answer(assistant: Assistant, notes: Path) -> None:
    """It is named with what to run, and after indexing the verdict is clear; files of other kinds don't count."""
    index_all(assistant, notes)
    write_files(notes, {"deep/new.txt": "New.", "picture.png": b"\x89PNG", ".hidden.txt": "Hidden."})
    assert_unreliable(assistant, "1 file not indexed yet: notes/deep/new.txt; run `askdocs index`")
    index_all(assistant)
    assert_missing(assistant)


def test_of_many_files_a_few_are_named(assistant: Assistant, notes: Path) -> None:
    """The others are counted."""
    index_all(assistant, notes)
    write_files(notes, {f"{number}.txt": "New." for number in range(1500)})
    assert_unreliable(assistant, "1,500 files not indexed yet: notes/0.txt, notes/1.txt, notes/10.txt and 1,497 more")


def test_a_long_path_is_named_by_its_last_part(assistant: Assistant, notes: Path) -> None:
    """Folders, which `status` and the library show, don't take the place of what is said."""
    index_all(assistant, notes)
    write_files(notes, {f"{'deep/' * 12}new.txt": "New."})
    assert_unreliable(assistant, "1 file not indexed yet: …/new.txt; run `askdocs index`")


def test_a_changed_file_could_hold_the_answer(assistant: Assistant, notes: Path) -> None:
    """It counts whether it is cited or not; one that was only touched doesn't."""
    index_all(assistant, notes)
    edit(notes / "roof.txt", ROOF)
    assert_missing(assistant)
    edit(notes / "roof.txt", ROOF.replace("1987", "1988"))
    answer = assistant.ask(UNANSWERED, top_k=1, documents=document_filter(paths=["notes"]))
    assert answer.verdict is Verdict.INDEX_UNRELIABLE
    assert "1 file changed since indexing: notes/roof.txt; run `askdocs index`" in answer.warnings
    index_all(assistant)
    assert_missing(assistant)


def test_a_deleted_file_hides_nothing(assistant: Assistant, notes: Path) -> None:
    """What it said is not in the documents any more; renamed, it is there under a name that the index doesn't know."""
    index_all(assistant, notes)
    (notes / "roof.txt").unlink()
    assert_missing(assistant)
    (notes / "whales.txt").rename(notes / "fish.txt")
    assert_unreliable(assistant, "1 file not indexed yet: notes/fish.txt")


def test_a_folder_that_is_empty_now_may_be_a_drive_that_is_not_mounted(assistant: Assistant, notes: Path) -> None:
    """If no document of a source is there any more, that is said, and the verdict is open."""
    index_all(assistant, notes, write_files(notes.parent / "other", {"zebra.md": "Zebras have stripes."}))
    shutil.rmtree(notes)
    assert_unreliable(assistant, "notes is not there", "`askdocs forget notes`")
    notes.mkdir()
    assert_unreliable(assistant, "nothing that was indexed from notes is there any more", "mounted")
    index_all(assistant)
    assert_missing(assistant)


def test_a_file_that_could_not_be_read_could_hold_the_answer(assistant: Assistant, notes: Path) -> None:
    """Such files are counted and named with where the reasons are, as long as they are there."""
    write_files(notes, {"bad.txt": BINARY, "worse.txt": BINARY})
    index_all(assistant, notes)
    assert_unreliable(assistant, "2 files could not be read: notes/bad.txt, notes/worse.txt; `askdocs status`")
    (notes / "bad.txt").unlink()
    assert_unreliable(assistant, "1 file could not be read: notes/worse.txt")
    (notes / "worse.txt").unlink()
    assert_missing(assistant)


def test_a_folder_that_cannot_be_listed_could_hold_the_answer(open_assistant: OpenAssistant, public_work: Path) -> None:
    """It is named like a file that can't be read, before it was indexed so and after."""
    notes = write_files(public_work / "notes", NOTES)
    assistant = open_assistant(public_work / "index")
    index_all(assistant, notes)
    with unprivileged(public_work):
        (notes / "kitchen").chmod(0)
        try:
            assert_unreliable(assistant, "1 file could not be read: notes/kitchen")
            index_all(assistant)
            assert_unreliable(assistant, "1 file could not be read: notes/kitchen")
        finally:
            (notes / "kitchen").chmod(0o700)


def test_what_is_found_waits_for_no_look_at_the_folders(assistant: Assistant, notes: Path) -> None:
    """Pending files and failures don't concern an answer."""
    write_files(notes, {"bad.txt": BINARY})
    index_all(assistant, notes)
    write_files(notes, {"new.txt": "New."})
    answer = assistant.ask(ROOF_QUESTION)
    assert (answer.verdict, answer.warnings) == (Verdict.FOUND, ())


@pytest.mark.parametrize(
    ("only", "verdict"),
    [
        (document_filter(paths=["kitchen"]), Verdict.NOT_IN_DOCUMENTS),
        (document_filter(types=["md"]), Verdict.NOT_IN_DOCUMENTS),
        (document_filter(paths=["n*"]), Verdict.INDEX_UNRELIABLE),
        (document_filter(before=["2001"]), Verdict.INDEX_UNRELIABLE),
    ],
    ids=["path", "type", "all", "date"],
)
def test_only_files_that_are_asked_could_hold_the_answer(
    assistant: Assistant, notes: Path, only: DocumentFilter, verdict: Verdict
) -> None:
    """What a filter keeps out by its path may be pending or failed; of its date nobody knows until it is read."""
    os.utime(notes / "roof.txt", (1, 1))
    write_files(notes, {"bad.txt": BINARY})
    index_all(assistant, notes)
    write_files(notes, {"new.txt": "New."})
    assert assistant.ask(UNANSWERED, documents=only).verdict is verdict


def test_what_may_be_inside_a_file_could_hold_the_answer(assistant: Assistant, notes: Path) -> None:
    """A new message may have a file of any type attached, and a changed one what was picked in it; others have not."""
    message = "From: a@b.c\nSubject: Roof\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nHello.\n"
    attached = "--b\nContent-Type: text/markdown\nContent-Disposition: attachment; filename=a.md\n\nWords.\n--b--\n"
    write_files(notes, {"old.eml": message + attached})
    index_all(assistant, notes)
    picked = DocumentFilter(chosen=("notes/old.eml > a.md",))

    def verdict(only: DocumentFilter) -> Verdict:
        return assistant.ask(UNANSWERED, documents=only).verdict

    markdown, texts = document_filter(types=["md"]), DocumentFilter(chosen=("notes/roof.txt",))
    assert [*map(verdict, (markdown, picked, texts))] == [Verdict.NOT_IN_DOCUMENTS] * 3
    write_files(notes, {"new.eml": message + attached})
    edit(notes / "old.eml", message + attached.replace("Words", "Other words"))
    expected = [Verdict.INDEX_UNRELIABLE, Verdict.INDEX_UNRELIABLE, Verdict.NOT_IN_DOCUMENTS]
    assert [*map(verdict, (markdown, picked, texts))] == expected


def test_a_look_that_takes_too_long_ends_and_says_so(assistant: Assistant, notes: Path, work: Path) -> None:
    """What it has not seen it doesn't suspect."""
    index_all(assistant, notes)
    write_files(notes, {"new.txt": "New."})
    catalog = Catalog(work / "index" / "catalog.sqlite")
    try:
        pending = find_pending(catalog, DocumentFilter(), FilesNow(), seconds=0)
    finally:
        catalog.close()
    assert (pending.new, pending.finished, pending.hides) == ([], False, False)
    (warning,) = pending.warnings
    assert "not all files could be looked at" in warning
    assert "askdocs index" in warning
