"""Sources: added, given other rules, moved, taken away and forgotten."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from askdocs.assistant import Assistant
from askdocs.errors import NothingIndexed, UsageError
from askdocs.events import Indexed, IndexPlan
from askdocs.types import Failure, SourceInfo, SourceRules
from tests.fakes import HashedEncoder
from tests.support import BREAD, NOTES, ROOF, ROOF_QUESTION, WHALES, cited_paths, index_all, run_cli, write_files

ALL = SourceRules()


def indexed_paths(assistant: Assistant) -> set[str]:
    return set(assistant.texts())


def test_what_is_added_is_read_by_the_next_run(assistant: Assistant, notes: Path) -> None:
    """Adding reads nothing; until an indexing has come to its end the index does not vouch for itself."""
    assert assistant.add([notes, notes.parent / "notes"]) == ("notes", "notes")
    assert assistant.sources() == (SourceInfo("notes", ALL, there=True, documents=0, failed=0),)
    with pytest.raises(NothingIndexed, match="run `askdocs index`"):
        assistant.ask(ROOF_QUESTION)
    assert index_all(assistant).added == 3
    assert assistant.sources() == (SourceInfo("notes", ALL, there=True, documents=3, failed=0),)
    assert assistant.ask("Nothing of the kind?").warnings == ()
    assistant.add([write_files(notes.parent / "more", {"a.txt": "More."})])
    assert any("not come to its end" in warning for warning in assistant.ask("Nothing of the kind?").warnings)


def test_adding_again_changes_the_rules(assistant: Assistant, notes: Path) -> None:
    """What the new rules leave out goes from the index at the next run, and what they let in again is read."""
    index_all(assistant, notes)
    assistant.add([notes], SourceRules(exclude=("kitchen/",)))
    assert assistant.plan() == IndexPlan(excluded=("notes/kitchen/bread.md",), unchanged=2)
    assert index_all(assistant) == Indexed(excluded=1, unchanged=2)
    assert indexed_paths(assistant) == {"notes/roof.txt", "notes/whales.txt"}
    assert "bread.md" not in cited_paths(assistant.ask(BREAD))
    assert index_all(assistant, notes) == Indexed(unchanged=2)  # naming it does not change its rules
    assistant.add([notes], SourceRules(include=("*.md",)))
    assert index_all(assistant) == Indexed(added=1, excluded=2, embedded=1)
    assistant.add([notes])
    assert index_all(assistant) == Indexed(added=2, unchanged=1, embedded=2)
    assistant.add([notes])
    assert assistant.ask("Nothing of the kind?").warnings == ()
    assert index_all(assistant) == Indexed(unchanged=3)


def test_an_ignore_file_that_appears_takes_its_files_out(assistant: Assistant, notes: Path) -> None:
    """And they are back, at the cost of reading them, when it goes."""
    index_all(assistant, notes)
    write_files(notes, {"kitchen/.gitignore": "*.md"})
    assert index_all(assistant) == Indexed(excluded=1, unchanged=2)
    (notes / "kitchen/.gitignore").unlink()
    assert index_all(assistant) == Indexed(added=1, unchanged=2, embedded=1)


def test_a_failure_that_is_excluded_is_none(assistant: Assistant, notes: Path) -> None:
    """Who leaves a bad or too large file out on purpose is not told of it any more."""
    write_files(notes, {"bad.txt": bytes(range(256)) * 20})
    assert index_all(assistant, notes).failed == 1
    assistant.add([notes], SourceRules(exclude=("bad.txt",)))
    assert index_all(assistant) == Indexed(unchanged=3)
    assert assistant.status().failures == ()


def test_hidden_files_are_read_if_asked_for(assistant: Assistant, notes: Path) -> None:
    """All that is hidden is, but what git keeps for itself."""
    write_files(notes, {".a.txt": "A", ".b/c.txt": "C", ".git/d.txt": "D"})
    assistant.add([notes], SourceRules(hidden=True))
    assert index_all(assistant).added == 5
    assert {"notes/.a.txt", "notes/.b/c.txt"} <= indexed_paths(assistant)


def test_links_are_followed_if_asked_for_but_not_out_of_the_source(assistant: Assistant, work: Path) -> None:
    """Links to files inside are read under their own names; to folders, outside, in circles and nowhere they are
    skipped with the reason."""
    notes = write_files(work / "notes", {".store/1.txt": ROOF, "deep/bread.txt": BREAD, "deep/x": "No document."})
    write_files(work, {"outside.txt": WHALES})
    for name, target in {
        "roof.txt": ".store/1.txt", "out.txt": "../outside.txt", "absolute.txt": str(work / "outside.txt"),
        "folder.txt": "deep", "folder": "deep", "up": "..", "circle.txt": "circle.txt", "nowhere.txt": "gone.txt",
        "other": "deep/x", "alias.txt": "other", "pipe.txt": "pipe",
    }.items():  # fmt: skip
        (notes / name).symlink_to(target)
    os.mkfifo(notes / "pipe")
    assistant.add([notes], SourceRules(links=True))
    plan = assistant.plan()
    assert plan.added == ("notes/alias.txt", "notes/deep/bread.txt", "notes/roof.txt")
    out = "is a symbolic link that leads out of its source; index what it points to instead"
    other = "is a symbolic link to something else than a file; index what it points to instead"
    assert {failure.path.removeprefix("notes/"): failure.reason.partition(":")[0] for failure in plan.skipped} == {
        "out.txt": out, "absolute.txt": out, "folder.txt": other, "folder": other, "up": other, "pipe.txt": other,
        "circle.txt": "is a symbolic link that leads nowhere", "nowhere.txt": "is a symbolic link that leads nowhere",
    }  # fmt: skip
    assert index_all(assistant).added == 3
    assert index_all(assistant) == Indexed(unchanged=3)
    write_files(notes, {".store/1.txt": WHALES})
    assert index_all(assistant) == Indexed(changed=1, unchanged=2, embedded=1)


@pytest.mark.parametrize("links", [False, True])
def test_what_becomes_a_link_out_of_the_source_before_it_is_read_is_not_followed(
    assistant: Assistant, work: Path, links: bool
) -> None:
    """Neither a file nor a folder exchanged for a link between being found and being read leads anywhere."""
    notes = write_files(work / "notes", {"a.txt": ROOF, "deep/b.txt": BREAD})
    write_files(work / "secret", {"a.txt": "Secret words.", "b.txt": "More secret words."})
    assistant.add([notes], SourceRules(links=links))
    events = assistant.index()
    next(events)
    (notes / "a.txt").unlink()
    (notes / "a.txt").symlink_to(work / "secret/a.txt")
    shutil.rmtree(notes / "deep")
    (notes / "deep").symlink_to(work / "secret")
    *_, last = events
    assert isinstance(last, Indexed)
    assert (last.added, last.failed) == (0, 2)
    assert all("reached by a symbolic link" in failure.reason for failure in last.failures)
    assert indexed_paths(assistant) == set()


@pytest.mark.parametrize("again", ["named", "added"])
def test_a_source_that_moved_is_renamed_as_a_whole(
    assistant: Assistant, notes: Path, encoder: HashedEncoder, again: str
) -> None:
    """Its documents are those of its new place, file by file, nothing is embedded, and its old place is forgotten."""
    write_files(notes, {"copy.txt": ROOF})
    index_all(assistant, notes)
    encoded, ids = encoder.encoded, {d.relative_path: d.id for d in assistant._catalog.documents()}
    moved = notes.rename(notes.parent / "moved")
    if again == "added":
        assistant.add([moved])
    paths = [moved] if again == "named" else []
    plan = assistant.plan(paths)
    assert {(r.old, r.new) for r in plan.renamed} == {(f"notes/{n}", f"moved/{n}") for n in (*NOTES, "copy.txt")}
    assert (plan.forgotten, plan.failed, plan.unchanged) == (("notes",), (), 0)
    assert index_all(assistant, *paths) == Indexed(renamed=4)
    assert {d.relative_path: d.id for d in assistant._catalog.documents()} == ids
    assert encoder.encoded == encoded
    assert [source.path for source in assistant.sources()] == ["moved"]
    assert assistant.status().failures == ()
    assert cited_paths(assistant.ask(BREAD))[0] == "bread.md"


def test_what_did_not_move_along_stays_with_the_old_source(assistant: Assistant, notes: Path) -> None:
    """A file that is nowhere any more may be on a disk that is unplugged; its source stays, and says so."""
    index_all(assistant, notes)
    moved = notes.rename(notes.parent / "moved")
    (moved / "whales.txt").unlink()
    assert index_all(assistant, moved) == Indexed(renamed=2)
    assert [(source.path, source.there, source.documents) for source in assistant.sources()] == [
        ("moved", True, 2),
        ("notes", False, 1),
    ]
    last = index_all(assistant)
    assert (last.unchanged, last.deleted, last.failed) == (3, 0, 1)


def test_of_like_files_each_document_goes_to_one(assistant: Assistant, work: Path) -> None:
    """One that moved along keeps its document, and a copy of it that came along is new."""
    notes = write_files(work / "notes", {"a.txt": ROOF, "b.txt": BREAD})
    index_all(assistant, notes)
    moved = notes.rename(work / "moved")
    write_files(moved, {"again.txt": ROOF, "0.txt": ROOF})
    plan = assistant.plan([moved])
    assert {(renamed.old, renamed.new) for renamed in plan.renamed} == {
        ("notes/a.txt", "moved/a.txt"),
        ("notes/b.txt", "moved/b.txt"),
    }
    assert index_all(assistant, moved) == Indexed(added=2, renamed=2)


def test_a_copy_of_a_source_that_is_there_renames_nothing(assistant: Assistant, notes: Path) -> None:
    """Both are indexed, the copy without embedding anything."""
    index_all(assistant, notes)
    copy = Path(shutil.copytree(notes, notes.parent / "copy"))
    assert index_all(assistant, copy) == Indexed(added=3)
    assert {source.path: source.documents for source in assistant.sources()} == {"notes": 3, "copy": 3}


def test_an_empty_folder_on_another_disk_is_a_disk_that_is_not_mounted(assistant: Assistant, notes: Path) -> None:
    """Its documents stay; a folder that was emptied on its own disk is simply empty."""
    index_all(assistant, notes)
    kept = Path(shutil.copytree(notes, notes.parent / "kept"))
    shutil.rmtree(notes)
    notes.mkdir()
    connection = sqlite3.connect("index/catalog.sqlite")
    connection.execute("UPDATE sources SET device = device + 1")
    connection.commit()
    for _ in range(2):
        last = index_all(assistant)
        assert (last.unchanged, last.deleted, last.failed) == (3, 0, 1)
        assert "mount" in last.failures[0].reason
    shutil.copytree(kept, notes, dirs_exist_ok=True)
    assert index_all(assistant) == Indexed(unchanged=3)
    shutil.rmtree(notes)
    notes.mkdir()
    assert index_all(assistant) == Indexed(deleted=3)
    connection.close()


def test_a_source_that_became_a_link_keeps_its_documents(assistant: Assistant, notes: Path) -> None:
    """Naming what it points to renames them."""
    index_all(assistant, notes)
    notes.rename(notes.parent / "disk")
    notes.symlink_to("disk")
    last = index_all(assistant)
    assert (last.deleted, last.unchanged, last.failed) == (0, 3, 1)
    assert "has become a symbolic link" in last.failures[0].reason
    assert index_all(assistant, notes) == Indexed(renamed=3)
    assert [source.path for source in assistant.sources()] == ["disk"]


def test_a_path_that_its_source_leaves_out_is_a_usage_error(assistant: Assistant, notes: Path) -> None:
    """Naming it would do nothing; the message names the source whose rules say so."""
    write_files(notes, {".hidden/a.txt": "A", ".gitignore": "cellar/", "cellar/b.txt": "B"})
    assistant.add([notes], SourceRules(exclude=("kitchen/bread.md",)))
    for path in (".hidden", ".hidden/a.txt", "kitchen/bread.md", "cellar", "cellar/b.txt"):
        with pytest.raises(UsageError, match="in the source notes; see `askdocs sources`"):
            assistant.plan([notes / path])
    assert index_all(assistant, notes / "kitchen", notes / "roof.txt").added == 2


def test_sources_inside_others_are_refused_or_taken_over(assistant: Assistant, notes: Path) -> None:
    """Part of a source is no source of its own; rules of an inner one are never lost without a word."""
    assistant.add([notes / "kitchen"])
    assistant.add([notes])
    assert index_all(assistant) == Indexed(added=3, embedded=3)
    assert [source.path for source in assistant.sources()] == ["notes"]
    with pytest.raises(UsageError, match="notes/kitchen is part of the source notes"):
        assistant.add([notes / "kitchen"])
    with pytest.raises(UsageError, match="part of the source notes; to leave it out"):
        assistant.forget("notes/kitchen")
    assistant.forget("notes")
    assistant.add([notes / "kitchen"], SourceRules(include=("*.md",)))
    for refused in (assistant.add, assistant.plan):
        with pytest.raises(UsageError, match="askdocs forget notes/kitchen"):
            refused([notes])


def test_a_rebuild_keeps_the_rules(assistant: Assistant, notes: Path) -> None:
    """Everything is embedded anew that was indexed, and nothing else."""
    assistant.add([notes], SourceRules(exclude=("kitchen/",)))
    index_all(assistant)
    assert index_all(assistant, rebuild=True) == Indexed(added=2, embedded=2)


@pytest.mark.usefixtures("hashed_cli")
def test_the_commands_add_list_and_forget_sources(notes: Path) -> None:
    """What is added is told on stderr, what there is goes to stdout, as text and as JSON."""
    run_cli("sources").assert_clear(0, "askdocs add")
    run_cli("add", "notes").assert_clear(0, "added notes: all that can be read", "askdocs index")
    run_cli("add", "notes").assert_clear(0, "notes is a source already: all that can be read")
    options = ("--exclude", "drafts/", "--exclude", "*.bak", "--include", "*.txt", "--hidden", "--links")
    run_cli("add", "notes", *options).assert_clear(
        0, "notes is now: *.txt, without drafts/ *.bak, with hidden files, with links (before: all that can be read)"
    )
    write_files(notes, {"bad.txt": bytes(range(256)) * 20})
    run_cli("index").assert_clear(4)
    ran = run_cli("sources")
    ran.assert_clear(0)
    assert ran.stdout == (
        "notes: 2 documents, 1 failed\n    *.txt, without drafts/ *.bak, with hidden files, with links\n"
    )
    assert json.loads(run_cli("sources", "--json").stdout) == {
        "sources": [
            {
                "path": "notes", "there": True, "documents": 2, "failed": 1, "include": ["*.txt"],
                "exclude": ["drafts/", "*.bak"], "hidden": True, "links": True,
            }
        ]
    }  # fmt: skip
    shutil.rmtree(notes)
    assert run_cli("sources").stdout.startswith("notes: 2 documents, 1 failed, not there\n")
    run_cli("forget", "notes").assert_clear(0)
    assert json.loads(run_cli("sources", "--json").stdout) == {"sources": []}


@pytest.mark.usefixtures("indexed")
def test_wrong_sources_are_wrong_usage() -> None:
    """A missing path, a pattern without sense, and no path at all."""
    run_cli("add").assert_clear(2, "PATH")
    run_cli("add", "nowhere").assert_clear(2, "nowhere")
    run_cli("add", "notes", "--exclude", "[").assert_clear(2, "'['", "no pattern")
    assert json.loads(run_cli("sources", "--json").stdout)["sources"][0]["exclude"] == []


def test_links_and_devices_are_skipped_by_plan_and_run_alike(assistant: Assistant, notes: Path) -> None:
    """Both say what was left out for what it is, and why."""
    (notes / "link.txt").symlink_to("roof.txt")
    assistant.add([notes])
    expected = (Failure("notes/link.txt", "is a symbolic link; index what it points to instead"),)
    assert assistant.plan().skipped == expected
    ran = list(assistant.index())
    assert ran[0].plan.skipped == expected  # type: ignore[union-attr]
