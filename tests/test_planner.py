"""Planning: which files are documents, what changed, and which source covers what."""

from __future__ import annotations

import os
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from askdocs.assistant import Assistant
from askdocs.catalog.records import Source
from askdocs.errors import LoadError, UsageError
from askdocs.events import EncoderLoading, Indexed, IndexPlan, Renamed
from askdocs.indexing.files import content_hash, read_file
from askdocs.indexing.sources import find_sources, is_inside
from askdocs.loaders import LOADERS
from askdocs.types import Document, Failure
from tests.conftest import OpenAssistant
from tests.fakes import HashedEncoder
from tests.support import BREAD, NOTES, ROOF, WHALES, index_all, unprivileged, write_files


def test_only_documents_are_planned(work: Path, assistant: Assistant) -> None:
    """Files of other kinds are counted by their endings, hidden files and folders passed over without a word."""
    write_files(
        work / "notes",
        {
            "a.txt": "A",
            "b.MD": "B",
            "c.png": "C",
            ".d.txt": "D",
            ".git/e.txt": "E",
            "deep/er/f.markdown": "F",
            "g": "G",
            "h.PNG": "H",
            "draft/i.png": "I",
            ".gitignore": "draft/",
        },
    )
    plan = assistant.plan([work / "notes"])
    added = ("notes/a.txt", "notes/b.MD", "notes/deep/er/f.markdown")
    assert plan == IndexPlan(added=added, passed_over=((".png", 2), ("", 1)))


def test_an_index_holds_no_documents(assistant: Assistant, work: Path, notes: Path) -> None:
    """What tantivy writes in JSON is not taken for a document, though the index lies in the folder that is indexed."""
    index_all(assistant, notes)
    assert list((work / "index").glob("**/*.json"))
    assert assistant.plan([work]).added == ()


def test_a_plan_says_what_indexing_then_does_and_writes_nothing(
    assistant: Assistant, notes: Path, encoder: HashedEncoder
) -> None:
    """The plan names each file under what happens to it; status, sources and files are as before."""
    assert assistant.plan([notes]).added == ("notes/kitchen/bread.md", "notes/roof.txt", "notes/whales.txt")
    assert assistant.status().sources == ()
    write_files(notes, {"stays.txt": "This stays."})
    index_all(assistant, notes)
    before = assistant.status(), encoder.encoded
    write_files(notes, {"new.txt": "New.", "roof.txt": ROOF * 2, "bad.txt": bytes(range(256)) * 10})
    (notes / "whales.txt").rename(notes / "fish.txt")
    (notes / "kitchen" / "bread.md").unlink()
    (notes / "link.txt").symlink_to("new.txt")
    plan = assistant.plan()
    assert plan == IndexPlan(
        added=("notes/bad.txt", "notes/new.txt"),
        changed=("notes/roof.txt",),
        renamed=(Renamed("notes/whales.txt", "notes/fish.txt"),),
        deleted=("notes/kitchen/bread.md",),
        skipped=(Failure("notes/link.txt", "is a symbolic link; index what it points to instead"),),
        unchanged=1,
    )
    assert (assistant.status(), encoder.encoded) == before
    last = index_all(assistant)
    assert (last.added, last.changed, last.renamed, last.deleted, last.unchanged, last.failed) == (1, 1, 1, 1, 1, 1)
    assert assistant.plan().failed_before == last.failures


def test_a_change_with_size_and_time_set_back_is_found_by_reading_everything(
    assistant: Assistant, notes: Path, encoder: HashedEncoder
) -> None:
    """The quick look promises to notice another size, time or inode, and no more; a full one reads what is there."""
    index_all(assistant, notes)
    before = (notes / "roof.txt").stat()
    with (notes / "roof.txt").open("r+") as file:  # in place, as a new file would have another inode
        file.write(ROOF.replace("1987", "1990"))
    os.utime(notes / "roof.txt", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert assistant.plan() == IndexPlan(unchanged=3)
    assert assistant.plan(full=True) == IndexPlan(changed=("notes/roof.txt",), unchanged=2)
    encoder.encoded = 0
    *_, last = assistant.index(full=True)
    assert last == Indexed(changed=1, unchanged=2, embedded=1)
    assert "1990" in assistant.search("roof library", 1)[0].text
    generation = assistant.status().counts.generation
    *_, last = assistant.index(full=True)
    assert (last, assistant.status().counts.generation) == (Indexed(unchanged=3), generation)


@pytest.mark.parametrize("how", ["replaced", "touched", "resized"])
def test_another_inode_time_or_size_alone_is_noticed(assistant: Assistant, notes: Path, how: str) -> None:
    """Whatever tool changes a file, and sets back what it can, one of the three gives it away."""
    index_all(assistant, notes)
    path = notes / "roof.txt"
    before = path.stat()
    text = ROOF.replace("1987", "1990") + ("More.\n" if how == "resized" else "")
    if how == "replaced":
        write_files(notes, {"new": text})
        (notes / "new").replace(path)
    else:
        with path.open("r+") as file:
            file.write(text)
    if how != "touched":
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert assistant.plan().changed == ("notes/roof.txt",)


def test_failed_files_are_tried_again_when_asked_for(
    assistant: Assistant, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A better loader may read what the last one couldn't, though the file is as it was."""

    def load(path: str, data: bytes) -> Document:
        raise ZeroDivisionError(f"{len(data)} bytes of {path}")

    with monkeypatch.context() as patch:
        patch.setitem(LOADERS, "text/markdown", load)
        assert index_all(assistant, notes).failed == 1
    assert [failure.path for failure in assistant.plan().failed_before] == ["notes/kitchen/bread.md"]
    assert assistant.plan(retry_failed=True) == IndexPlan(added=("notes/kitchen/bread.md",), unchanged=2)
    *_, last = assistant.index(retry_failed=True)
    assert last == Indexed(added=1, unchanged=2, embedded=1)


def test_a_file_that_may_not_be_read_loads_no_model_again(public_work: Path, open_assistant: OpenAssistant) -> None:
    """That it still can't be read is found out by planning; once it can be, it is indexed."""
    notes = write_files(public_work / "notes", NOTES)
    assistant = open_assistant(public_work / "index")
    (notes / "roof.txt").chmod(0)
    with unprivileged(public_work):
        index_all(assistant, notes)
        plan = assistant.plan()
        assert (plan.added, [failure.path for failure in plan.failed_before]) == ((), ["notes/roof.txt"])
        assert not any(isinstance(event, EncoderLoading) for event in assistant.index())
        (notes / "roof.txt").chmod(0o600)
        assert assistant.plan().added == ("notes/roof.txt",)


def test_unchanged_files_are_compared_in_the_order_of_their_bytes(assistant: Assistant, work: Path) -> None:
    """Names that sort before and after a slash, and that are no Unicode, are found where the catalogue has them."""
    names = ["a", "a!", "a-", "a/a", "a/z", "a.b", "a0", "é", "\udcff", "\ue000", "\U0001f600", "z/a/a", "z/a!", "z"]
    files = [name + ".txt" for name in names if not name.endswith("z")]
    notes = work / "notes"
    for name in files:
        path = os.path.join(notes, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(f"File {name!a}.")
    assert index_all(assistant, notes).added == len(files)
    assert index_all(assistant) == Indexed(unchanged=len(files))
    for name in files:
        os.unlink(os.path.join(notes, name))
        last = index_all(assistant)
        assert (last.deleted, last.added, last.changed) == (1, 0, 0)


def test_several_renames_of_like_files_are_paired_by_content(assistant: Assistant, work: Path) -> None:
    """Files of the same size, and even of the same content, are renamed one by one."""
    notes = write_files(work / "notes", {"a1.txt": "aaaa", "a2.txt": "aaaa", "b.txt": "bbbb", "c.txt": "cccc"})
    index_all(assistant, notes)
    for name in ("a1", "a2", "b"):
        (notes / f"{name}.txt").rename(notes / f"new-{name}.txt")
    write_files(notes, {"c.txt": "dddd"})
    assert index_all(assistant) == Indexed(renamed=3, changed=1, embedded=1)


def test_a_rename_to_another_kind_of_document_is_read_anew(assistant: Assistant, work: Path) -> None:
    """What was text and is Markdown now has other headings, though its bytes are the same."""
    notes = write_files(work / "notes", {"a.txt": "# Heading\n\nWords.\n"})
    index_all(assistant, notes)
    (notes / "a.txt").rename(notes / "a.md")
    last = index_all(assistant)
    assert (last.added, last.deleted, last.renamed) == (1, 1, 0)
    assert assistant.search("Words")[0].locator.headings == ("Heading",)


def test_a_rename_with_an_edit_is_a_new_file(assistant: Assistant, notes: Path) -> None:
    """Only the same content is the same document."""
    index_all(assistant, notes)
    (notes / "roof.txt").unlink()
    write_files(notes, {"top.txt": ROOF.replace("1987", "1988")})
    last = index_all(assistant)
    assert (last.added, last.deleted, last.renamed) == (1, 1, 0)


def test_a_file_moved_over_another_replaces_it(assistant: Assistant, notes: Path) -> None:
    """The one that was overwritten is no longer found, and nothing is embedded."""
    index_all(assistant, notes)
    (notes / "whales.txt").rename(notes / "roof.txt")
    last = index_all(assistant)
    assert (last.changed, last.deleted, last.embedded) == (1, 1, 0)
    assert all(result.text == WHALES.strip() for result in assistant.search("whales") if "roof" in result.document.path)


def test_a_rename_across_sources_is_a_rename(assistant: Assistant, work: Path) -> None:
    """A file moved from one indexed folder to another costs nothing."""
    one = write_files(work / "one", {"a.txt": ROOF})
    two = write_files(work / "two", {"b.txt": WHALES})
    index_all(assistant, one, two)
    (one / "a.txt").rename(two / "a.txt")
    assert index_all(assistant) == Indexed(renamed=1, unchanged=1)


def test_a_source_may_be_a_single_file(assistant: Assistant, notes: Path) -> None:
    """Only that file is indexed, followed when it changes, and deleted with it."""
    assert index_all(assistant, notes / "roof.txt").added == 1
    write_files(notes, {"roof.txt": BREAD})
    assert index_all(assistant) == Indexed(changed=1, embedded=1)
    assert assistant.search("sourdough")[0].document.path == "notes/roof.txt"


def test_a_folder_takes_over_the_sources_inside_it(
    assistant: Assistant, notes: Path, open_assistant: OpenAssistant
) -> None:
    """Indexing a folder above known sources embeds only what is new, and one source is left."""
    index_all(assistant, notes / "roof.txt", notes / "kitchen")
    assert index_all(assistant, notes) == Indexed(added=1, unchanged=2, embedded=1)
    assert assistant.status().sources == ("notes",)
    assert index_all(open_assistant("index")) == Indexed(unchanged=3)


def test_a_path_inside_a_known_source_adds_none(assistant: Assistant, notes: Path) -> None:
    """What is covered already stays covered once."""
    index_all(assistant, notes)
    assert index_all(assistant, notes / "kitchen") == Indexed(unchanged=3)
    assert assistant.status().sources == ("notes",)


def test_sources_are_known_by_where_they_really_are(work: Path, notes: Path) -> None:
    """Relative paths, links, trailing slashes and doubles all name one source."""
    (work / "link").symlink_to(notes)
    found = find_sources([], ["notes", "notes/", "./notes/../notes", work / "link", notes / "roof.txt"])
    assert [source.path for source in found] == [os.path.realpath(notes)]
    known = [Source(7, os.path.realpath(notes))]
    assert find_sources(known, ["link/kitchen"]) == known
    assert find_sources(known, []) == known


def test_a_neighbour_with_a_longer_name_is_not_inside() -> None:
    """`/docs-old` is not below `/docs`."""
    assert is_inside("/docs/a.txt", "/docs")
    assert is_inside("/docs", "/docs")
    assert is_inside("/docs", "/")
    assert not is_inside("/docs-old/a.txt", "/docs")


@pytest.mark.parametrize("path", ["nowhere", "film.mp4", "bad\0name"])
def test_a_path_that_cannot_be_a_source_is_named(work: Path, path: str) -> None:
    """UsageError says which path it is about."""
    write_files(work, {"film.mp4": b""})
    with pytest.raises(UsageError, match=path.partition("\0")[0]):
        find_sources([], [path])


def test_reading_gives_the_bytes_or_a_reason(work: Path) -> None:
    """A missing file, a folder and a pipe are LoadError, without waiting for anything."""
    write_files(work, {"a.txt": NOTES["roof.txt"]})
    assert read_file("a.txt") == ROOF.encode()
    os.mkfifo("pipe.txt")
    (work / "folder.txt").mkdir()
    for name in ("missing.txt", "folder.txt", "pipe.txt"):
        with pytest.raises(LoadError):
            read_file(name)


def test_the_content_hash_tells_contents_apart() -> None:
    """Equal bytes have equal hashes and others don't."""
    assert content_hash(b"a") == content_hash(b"a") != content_hash(b"b")


def test_a_failure_that_stays_keeps_the_time_at_which_it_began(assistant: Assistant, work: Path) -> None:
    """Nothing is written of a file that fails again as before; when another reason comes, so does another time."""
    notes = write_files(work / "notes", {"bad.txt": bytes(range(256)) * 20, "good.txt": ROOF})
    assert index_all(assistant, notes).failed == 1
    connection = sqlite3.connect("index/catalog.sqlite")
    connection.execute("UPDATE failures SET failed_at = 1")
    connection.commit()
    before = connection.execute("PRAGMA data_version").fetchone()
    last = index_all(assistant)
    assert [failure.at for failure in last.failures] == [datetime.fromtimestamp(1, UTC)]
    assert connection.execute("PRAGMA data_version").fetchone() == before
    write_files(notes, {"bad.txt": bytes(range(256)) * 5_000})
    (failure,) = index_all(assistant).failures
    assert failure.at is not None
    assert failure.at > datetime.fromtimestamp(1, UTC)
    connection.close()


def test_what_was_and_is_too_large_is_a_failure_of_before(work: Path, open_assistant: OpenAssistant) -> None:
    """It keeps its time and writes nothing, and no loader came to it."""
    assistant = open_assistant(max_file_mb=1)
    notes = write_files(work / "notes", {"large.txt": " " * 1_100_000})
    assert [failure.at for failure in assistant.plan([notes]).failed] == [None]
    (first,) = index_all(assistant, notes).failures
    assert (first.loader, first.at is None) == (None, False)
    plan = assistant.plan()
    assert (plan.failed, plan.failed_before) == ((), (first,))
    assert index_all(assistant).failures == (first,)
