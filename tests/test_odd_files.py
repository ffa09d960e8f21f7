"""Files and folders as one would never make them: each is indexed, skipped or failed with a reason, and none hangs."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import stat
import threading
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from askdocs.assistant import Assistant
from askdocs.catalog.records import Source
from askdocs.errors import LoadError
from askdocs.events import Indexed
from askdocs.indexing.files import LeftOut, read_file, walk
from askdocs.types import Failure
from tests.conftest import OpenAssistant
from tests.fakes import HashedEncoder
from tests.support import BREAD, NOTES, ROOF, ROOF_QUESTION, WHALES, cited_paths, index_all, unprivileged, write_files


def test_names_that_look_alike_are_two_files(assistant: Assistant, work: Path) -> None:
    """One accent composed and one decomposed: each is cited under its own name, and deleted alone."""
    composed, decomposed = (unicodedata.normalize(form, "é.txt") for form in ("NFC", "NFD"))
    notes = write_files(work / "notes", {composed: ROOF, decomposed: BREAD})
    if len(os.listdir(notes)) == 1:
        pytest.skip("this file system takes both names for one")
    assert index_all(assistant, notes).added == 2
    assert cited_paths(assistant.ask(ROOF_QUESTION))[0] == composed
    (notes / composed).unlink()
    assert index_all(assistant) == Indexed(deleted=1, unchanged=1)
    (notes / decomposed).rename(notes / composed)
    assert index_all(assistant) == Indexed(renamed=1)
    assert cited_paths(assistant.ask(BREAD)) == [composed]


def test_a_rename_of_case_alone_is_a_rename(assistant: Assistant, notes: Path) -> None:
    """On any file system: what counts is the name that is listed."""
    index_all(assistant, notes)
    (notes / "roof.txt").rename(notes / "Roof.TXT")
    (notes / "kitchen").rename(notes / "KITCHEN")
    assert index_all(assistant) == Indexed(renamed=2, unchanged=1)
    assert cited_paths(assistant.ask(ROOF_QUESTION))[0] == "Roof.TXT"


@pytest.mark.parametrize("whole_folders", [False, True])
def test_two_names_may_be_swapped(
    assistant: Assistant, work: Path, encoder: HashedEncoder, whole_folders: bool
) -> None:
    """Each file then has the other's text; nothing is embedded."""
    notes = write_files(work / "notes", {"a/x.txt": ROOF, "b/x.txt": BREAD})
    index_all(assistant, notes)
    names = ("a", "b") if whole_folders else ("a/x.txt", "b/x.txt")
    encoder.encoded = 0
    (notes / names[0]).rename(notes / "c")
    (notes / names[1]).rename(notes / names[0])
    (notes / "c").rename(notes / names[1])
    assert index_all(assistant) == Indexed(changed=2)
    assert encoder.encoded == 0
    assert assistant.texts() == {"notes/a/x.txt": BREAD, "notes/b/x.txt": ROOF}


def test_names_of_255_bytes_and_paths_as_long_as_can_be_are_indexed(assistant: Assistant, work: Path) -> None:
    """A path that the system takes is read; one that it doesn't is said to be too long, and stops nothing."""
    notes = write_files(work / "notes", {"a.txt": ROOF, "z.txt": WHALES})
    long = "x" * 251 + ".txt"
    wide = "é" * 125 + "y.txt"
    write_files(notes, {long: BREAD, wide: BREAD})
    # Deeper than a path can tell: each folder is made from within the one above it.
    folder = os.open(notes, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("d" * 255, dir_fd=folder)
        inner = os.open("d" * 255, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
        os.close(os.open("deep.txt", os.O_CREAT | os.O_WRONLY, dir_fd=folder))
    os.close(folder)
    last = index_all(assistant, notes)
    depth = sum(path.endswith("deep.txt") for path in assistant.texts())
    assert 10 < depth < 20
    assert (last.added, last.failed) == (4 + depth, 1)
    assert "too long" in last.failures[0].reason
    again = index_all(assistant)
    assert (again.unchanged, again.failed) == (4 + depth, 1)
    assert {os.path.join("notes", name) for name in ("a.txt", "z.txt", long, wide)} <= set(assistant.texts())


def test_a_file_whose_path_alone_is_too_long_fails_alone(assistant: Assistant, work: Path) -> None:
    """Others in its folder, whose names are shorter, are indexed."""
    notes = write_files(work / "notes", {"a.txt": ROOF})
    relative, folder = "", os.open(notes, os.O_RDONLY)
    while len(os.fsencode(notes)) + len(relative) < 4_096 - 256:
        length = min(255, 4_096 - 200 - len(os.fsencode(notes)) - len(relative))
        os.mkdir("d" * length, dir_fd=folder)
        inner = os.open("d" * length, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder, relative = inner, f"{relative}/{'d' * length}"
    for name in ("short.txt", "x" * 251 + ".txt"):
        os.close(os.open(name, os.O_CREAT | os.O_WRONLY, dir_fd=folder))
    os.close(folder)
    for _ in range(2):
        last = index_all(assistant, notes)
        assert [Path(failure.path).name for failure in last.failures] == ["x" * 251 + ".txt"]
        assert "too long" in last.failures[0].reason
    assert sorted(Path(path).name for path in assistant.texts()) == ["a.txt", "short.txt"]


def test_hard_links_are_files_of_their_own(assistant: Assistant, notes: Path, encoder: HashedEncoder) -> None:
    """Both names are indexed at the cost of one, a change shows under both, and each is deleted alone."""
    index_all(assistant, notes)
    encoder.encoded = 0
    os.link(notes / "roof.txt", notes / "again.txt")
    assert index_all(assistant) == Indexed(added=1, unchanged=3)
    with (notes / "again.txt").open("a") as file:
        file.write("It leaks.")
    assert index_all(assistant) == Indexed(changed=2, unchanged=2, embedded=1)
    (notes / "roof.txt").unlink()
    assert index_all(assistant) == Indexed(deleted=1, unchanged=3)


def test_a_file_of_a_terabyte_with_nothing_in_it_is_not_read(assistant: Assistant, notes: Path) -> None:
    """It takes no space, and would take hours."""
    try:
        os.truncate(write_files(notes, {"sparse.txt": ""}) / "sparse.txt", 10**12)
    except OSError:
        pytest.skip("this file system has no such files")
    last = index_all(assistant, notes)
    assert (last.added, last.failed) == (3, 1)
    assert "too large (1,000,000 MB" in last.failures[0].reason


def test_sockets_pipes_devices_and_folders_named_like_documents_are_skipped(
    assistant: Assistant, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None is opened; a folder is simply a folder."""
    monkeypatch.chdir(notes)
    kinds = ["pipe.txt", "socket.txt"]
    os.mkfifo("pipe.txt")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("socket.txt")
    with contextlib.suppress(PermissionError):
        os.mknod("device.txt", stat.S_IFCHR | 0o666, os.makedev(1, 5))  # /dev/zero, which has no end
        kinds = ["device.txt", *kinds]
    write_files(notes, {"folder.txt/a.txt": "A"})
    plan = assistant.plan([notes])
    listener.close()
    assert plan.skipped == tuple(Failure(name, "is not a regular file") for name in kinds)
    assert "folder.txt/a.txt" in plan.added


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="there is no /proc here")
def test_a_file_that_says_it_is_empty_and_is_not_fails() -> None:
    """Its size can't be trusted, and it reads otherwise each time."""
    with pytest.raises(LoadError, match="said to be empty and is not"):
        read_file("/proc/self/status")


def test_a_device_without_end_is_not_read() -> None:
    """Not even if it is there in place of a file."""
    with pytest.raises(LoadError, match="not a regular file"):
        read_file("/dev/zero")


@contextlib.contextmanager
def restless(path: Path) -> Iterator[None]:
    """The file at `path` grows, and shrinks to what it was, without end."""
    size, stop = path.stat().st_size, threading.Event()

    def work() -> None:
        while not stop.is_set():
            with path.open("ab") as file:
                file.write(b"More words. ")
            os.truncate(path, size)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_a_file_that_changes_while_it_is_read_fails_and_is_read_once_it_rests(
    assistant: Assistant, notes: Path
) -> None:
    """No mixture of what it was and what it became is indexed."""
    write_files(notes, {"growing.txt": " \n" * 3_000_000 + "The end."})
    with restless(notes / "growing.txt"):
        reasons = []
        for _ in range(20):
            try:
                read_file(str(notes / "growing.txt"))
            except LoadError as exc:
                reasons.append(str(exc))
        assert set(reasons) == {"was being written while it was read; index again"}
        index_all(assistant, notes)
    index_all(assistant)
    assert assistant.texts()["notes/growing.txt"] == (notes / "growing.txt").read_text()
    assert assistant.status().failures == ()


@pytest.mark.parametrize("mode", [0, 0o444, 0o111], ids=["closed", "listable", "enterable"])
def test_a_folder_in_the_middle_without_permission_keeps_what_was_indexed_of_it(
    public_work: Path, open_assistant: OpenAssistant, mode: int
) -> None:
    """Whatever is not allowed about it, it is one failure, and all around it is indexed."""
    notes = write_files(public_work / "notes", {**NOTES, "kitchen/deep/a.txt": "A", "z.txt": "Z"})
    assistant = open_assistant(public_work / "index")
    with unprivileged(public_work):
        index_all(assistant, notes)
        write_files(notes, {"kitchen/new.txt": "New.", "y.txt": "Y"})
        (notes / "kitchen").chmod(mode)
        last = index_all(assistant)
        assert (last.added, last.deleted, last.unchanged, last.failed) == (1, 0, 5, 1)
        assert last.failures[0].path == "notes/kitchen"
        assert "ermission denied" in last.failures[0].reason
        assert index_all(assistant) == Indexed(unchanged=6, failed=1, failures=last.failures)
        (notes / "kitchen").chmod(0o755)
        assert index_all(assistant) == Indexed(added=1, unchanged=6, embedded=1)
        assert assistant.status().failures == ()


def test_a_folder_that_vanishes_during_the_walk_is_gone(tmp_path: Path) -> None:
    """Its files are not found, and no trouble is made of it."""
    write_files(tmp_path, {"a/1.txt": "", "b/2.txt": "", "c/3.txt": ""})
    found = []
    for path, seen in walk(Source(0, str(tmp_path)), LeftOut()):
        assert not isinstance(seen, str)
        found.append(path)
        if path == b"a/1.txt":
            shutil.rmtree(tmp_path / "b")
    assert found == [b"a/1.txt", b"c/3.txt"]


@pytest.mark.parametrize("replaced", [False, True])
def test_a_source_that_vanishes_during_the_walk_is_said_to_be_taken_away(tmp_path: Path, replaced: bool) -> None:
    """Even if something else is in its place by then: what wasn't found is not deleted for that."""
    folder = write_files(tmp_path / "source", {"a/1.txt": "", "b/2.txt": ""})
    found = []
    for path, seen in walk(Source(0, str(folder)), LeftOut()):
        found.append((path, isinstance(seen, str)))
        if path == b"a/1.txt":
            folder.rename(tmp_path / "elsewhere")
            if replaced:
                folder.mkdir()
    assert found == [(b"a/1.txt", False), (b"", True)]


def test_a_folder_exchanged_for_a_link_during_the_walk_is_not_entered(tmp_path: Path) -> None:
    """What the link leads to is none of the source's business."""
    write_files(tmp_path, {"source/a/1.txt": "", "source/b/2.txt": "", "secret/3.txt": ""})
    found = []
    for path, seen in walk(Source(0, str(tmp_path / "source")), LeftOut()):
        found.append((path, isinstance(seen, str)))
        if path == b"a/1.txt":
            shutil.rmtree(tmp_path / "source/b")
            (tmp_path / "source/b").symlink_to(tmp_path / "secret")
    assert found == [(b"a/1.txt", False), (b"b/", True)]
