"""What there is in an index and beside it: every file of every source, with its state."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from askdocs.assistant import Assistant
from askdocs.catalog.catalog import Catalog
from askdocs.catalog.records import FileState, ReadDocument, Source
from askdocs.events import IndexPlan
from askdocs.indexing.library import LibraryFile, State, look
from askdocs.types import Document, SourceRules
from tests.support import BINARY, edit, index_all, write_files


def states(assistant: Assistant) -> dict[str, State]:
    (source,) = assistant.library(assistant.plan())
    return {file.path: file.state for file in source.files}


def test_what_is_indexed_is_there_with_its_numbers(assistant: Assistant, notes: Path) -> None:
    """Each document by its path in its source, with title, size and passages; the source by both its paths."""
    index_all(assistant, notes)
    (source,) = assistant.library()
    assert (source.path, source.shown, source.there, source.rules) == (str(notes), "notes", True, SourceRules())
    assert [file.path for file in source.files] == ["kitchen/bread.md", "roof.txt", "whales.txt"]
    bread = source.files[0]
    assert bread.document_id is not None
    assert assistant.text(bread.document_id) == (notes / "kitchen/bread.md").read_text()
    assert (bread.state, bread.title) == (State.INDEXED, "Baking")
    assert (bread.size, bread.passages) == ((notes / "kitchen/bread.md").stat().st_size, 1)


def test_what_differs_on_disk_is_told(assistant: Assistant, notes: Path) -> None:
    """New, changed, gone, moved, left out and skipped files, as the plan tells them, beside what is as it was."""
    write_files(notes, {"moved.txt": "This one moves.\n", "out.txt": "This one is left out.\n", "gone.txt": "Gone.\n"})
    index_all(assistant, notes)
    write_files(notes, {"new.txt": "New.\n"})
    edit(notes / "roof.txt", "No roof.\n")
    (notes / "gone.txt").unlink()
    (notes / "moved.txt").rename(notes / "kitchen" / "there.txt")
    (notes / "link.txt").symlink_to(notes / "roof.txt")
    assistant.add([notes], SourceRules(exclude=("out.txt",)))
    assert states(assistant) == {
        "gone.txt": State.GONE,
        "kitchen/bread.md": State.INDEXED,
        "link.txt": State.SKIPPED,
        "moved.txt": State.GONE,
        "new.txt": State.NEW,
        "out.txt": State.EXCLUDED,
        "roof.txt": State.CHANGED,
        "whales.txt": State.INDEXED,
    }
    (source,) = assistant.library(assistant.plan())
    reasons = {file.path: file.reason for file in source.files if file.reason}
    assert reasons["moved.txt"] == "has moved to notes/kitchen/there.txt"
    assert "symbolic link" in reasons["link.txt"]


def test_a_failure_is_told_with_its_reason(assistant: Assistant, notes: Path) -> None:
    """When it failed, with what, and why; it is not counted as a document."""
    write_files(notes, {"bad.txt": BINARY})
    index_all(assistant, notes)
    (source,) = assistant.library(assistant.plan())
    (bad,) = [file for file in source.files if file.state is State.FAILED]
    assert (bad.path, bad.document_id, bad.size, bad.loader) == ("bad.txt", None, len(BINARY), "text/plain")
    assert bad.reason
    assert bad.failed_at is not None


def test_a_plan_that_is_older_than_the_index_says_nothing_false(assistant: Assistant, notes: Path) -> None:
    """What it calls new and is indexed by now is indexed."""
    assistant.add([notes])
    plan = assistant.plan()
    assert {file.state for file in assistant.library(plan)[0].files} == {State.NEW}
    index_all(assistant, notes)
    assert {file.state for file in assistant.library(plan)[0].files} == {State.INDEXED}


def test_a_source_that_is_a_file(assistant: Assistant, notes: Path) -> None:
    """It has one file, with an empty path."""
    index_all(assistant, notes / "roof.txt")
    (source,) = assistant.library(assistant.plan())
    assert [(file.path, file.state) for file in source.files] == [("", State.INDEXED)]


def test_a_source_that_is_not_there_keeps_what_it_had(assistant: Assistant, notes: Path) -> None:
    """It is told as not there, its documents as indexed."""
    index_all(assistant, notes)
    shutil.move(notes, notes.parent / "elsewhere")
    (source,) = assistant.library(assistant.plan())
    assert not source.there
    indexed = [file for file in source.files if file.path]
    assert {file.state for file in indexed} == {State.INDEXED}


def test_names_of_any_bytes(assistant: Assistant, work: Path) -> None:
    """A name that is not Unicode is told as it is, and can be found by that."""
    folder = os.fsencode(work / "notes")
    os.mkdir(folder)
    with open(os.path.join(folder, b"caf\xe9\x1b[31m.txt"), "w") as file:
        file.write("A roof.\n")
    index_all(assistant, work / "notes")
    (source,) = assistant.library(assistant.plan())
    assert [os.fsencode(file.path) for file in source.files] == [b"caf\xe9\x1b[31m.txt"]


def test_a_path_is_completed(assistant: Assistant, notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the first folder or readable file; hidden ones only if asked for, others never, and ~ is the home folder."""
    write_files(notes, {"program.exe": "x", ".hidden.txt": "x", "ro\x1b.txt": "x"})
    monkeypatch.setenv("HOME", str(notes))
    assert assistant.completed("no") == "notes/"
    assert assistant.completed("notes/") == "notes/kitchen/"
    assert assistant.completed("notes/ro") == "notes/roof.txt"
    assert assistant.completed("notes/.h") == "notes/.hidden.txt"
    assert assistant.completed("~") == "~/"
    assert assistant.completed("~/wh") == "~/whales.txt"
    assert assistant.completed(f"{notes}/k") == f"{notes}/kitchen/"
    for nothing in ("notes/program", "nowhere/", "notes/roof.txt/", "notes/\0", "x\ud800"):
        assert assistant.completed(nothing) is None


def test_likely_sources_are_there(assistant: Assistant, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """seeds, ~/Documents and the working directory, each only if it is there; never the whole home folder."""
    monkeypatch.setenv("HOME", str(work / "home"))
    assert assistant.likely_sources() == ()  # there is nothing here but the index
    write_files(work, {"askdocs.toml": "", ".hidden.txt": "x", "letter.md": "Dear Ben"})
    assert assistant.likely_sources() == (str(work),)
    write_files(work, {"seeds/a.txt": "x", "home/Documents/b.txt": "x"})
    assert assistant.likely_sources() == ("seeds", "~/Documents", str(work))
    monkeypatch.chdir(work / "home")
    assert assistant.likely_sources() == ("~/Documents",)


def test_what_is_inside_a_file_shares_its_fate(work: Path, tmp_path: Path) -> None:
    """It comes right after it, has no size of its own, and has changed or gone with it."""
    catalog = Catalog(tmp_path / "other" / "catalog.sqlite")
    (work / "in").mkdir()
    source = catalog.put_source(Source(0, str(work / "in")))
    read = [
        ReadDocument(Document(name, "text/plain", "utf-8", "x\n", name, (), ()), [], [], inside)
        for name, inside in (("mail", ()), ("report", ("old.zip", "report.pdf")))
    ]
    catalog.put_documents(source, "mail.eml", b"hash", FileState(7, 7, 7), read)
    (as_it_was,) = look(catalog, None)
    assert [(file.path, file.inside, file.state, file.size, file.title) for file in as_it_was.files] == [
        ("mail.eml", (), State.INDEXED, 7, "mail"),
        ("mail.eml", ("old.zip", "report.pdf"), State.INDEXED, None, "report"),
    ]
    (changed,) = look(catalog, IndexPlan(changed=(str(work / "in" / "mail.eml"),)))
    assert [file.state for file in changed.files] == [State.CHANGED, State.CHANGED]
    catalog.close()


def test_files_have_an_order(assistant: Assistant, work: Path) -> None:
    """That of their paths, whatever state they are in."""
    write_files(work / "notes", {"b.txt": "b\n", "d.txt": BINARY})
    index_all(assistant, work / "notes")
    write_files(work / "notes", {"a.txt": "a\n", "c.txt": "c\n"})
    files: tuple[LibraryFile, ...] = assistant.library(assistant.plan())[0].files
    assert [file.path for file in files] == ["a.txt", "b.txt", "c.txt", "d.txt"]
