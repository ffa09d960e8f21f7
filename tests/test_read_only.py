"""An index that can't be written, on media that are read-only or for want of permission, can be asked all the same."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from askdocs import Assistant
from askdocs.config import Settings
from askdocs.events import Progressed
from tests.fakes import HashedEncoder
from tests.support import (
    NOTES,
    ROOF_QUESTION,
    WHALES,
    assert_nothing_lost,
    cited_paths,
    index_all,
    run_cli,
    unprivileged,
    write_files,
)

Closed = Callable[[Path], AbstractContextManager[None]]


@contextlib.contextmanager
def mounted_read_only(folder: Path) -> Iterator[None]:
    """`folder` as on a disk that can't be written by anybody."""
    try:
        subprocess.run(["mount", "--bind", folder, folder], check=True, capture_output=True)
        subprocess.run(["mount", "-o", "remount,ro,bind", folder], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as exc:
        pytest.skip(f"nothing can be mounted here, which takes root: {exc}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextlib.contextmanager
def without_permission(folder: Path) -> Iterator[None]:
    """`folder` for somebody who may only read it."""
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    with unprivileged():
        yield
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


@pytest.fixture(params=[mounted_read_only, without_permission], ids=lambda way: way.__name__)
def closed(request: pytest.FixtureRequest) -> Closed:
    """Makes a folder one that can't be written."""
    way: Closed = request.param
    return way


@pytest.fixture
def index(public_work: Path, hashed_cli: HashedEncoder) -> Path:
    """The folder of an index of the notes, in a place that others can reach."""
    write_files(public_work / "notes", NOTES)
    run_cli("index", "notes").assert_clear(0)
    hashed_cli.encoded = 0
    return public_work / "index"


def listing(folder: Path) -> dict[Path, tuple[int, int]]:
    return {
        path: (path.stat().st_size, path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.name != ".tantivy-meta.lock"
    }


def test_an_index_that_can_not_be_written_is_asked_searched_shown_and_verified(index: Path, closed: Closed) -> None:
    """Every command that only reads works as before and leaves no trace."""
    before = listing(index)
    with closed(index):
        assert_nothing_lost()
        assert json.loads(run_cli("search", "whales", "--json").stdout)["results"]
        assert json.loads(run_cli("status", "--json").stdout)["documents"] == 3
        run_cli("index", "--dry-run").assert_clear(0)
        run_cli("verify").assert_clear(0)
        assert listing(index) == before
    assert_nothing_lost()


def test_what_would_write_ends_with_a_clear_message(index: Path, closed: Closed) -> None:
    """Indexing, forgetting and repairing say that the index can't be written, and which."""
    write_files(index.parent / "notes", {"new.txt": "Fresh text."})
    with closed(index):
        for command in (("index",), ("index", "--rebuild"), ("forget", "notes"), ("verify", "--repair")):
            run_cli(*command).assert_clear(3, "the index index can't be written")
    run_cli("index").assert_clear(0)


def test_what_is_derived_is_made_in_memory_where_it_is_missing(index: Path, closed: Closed) -> None:
    """Without word and vector index questions are answered, and nothing is written."""
    (index / "vectors.faiss").unlink()
    shutil.rmtree(index / "lexical")
    with closed(index):
        assert_nothing_lost()
        assert sorted(os.listdir(index)) == ["catalog.sqlite", "writer.json", "writer.lock"]


@pytest.mark.parametrize("name", ["*.idx", "*.fast", "meta.json"])
def test_what_is_derived_is_made_in_memory_where_it_is_damaged(index: Path, closed: Closed, name: str) -> None:
    """A word index that can't be read, and can't be replaced, is passed over."""
    for path in (*(index / "lexical").glob(name), index / "vectors.faiss"):
        os.truncate(path, path.stat().st_size // 2)
    with closed(index):
        assert_nothing_lost()
        run_cli("verify").assert_clear(3)


def test_what_is_derived_is_made_in_memory_where_it_is_behind(index: Path, closed: Closed) -> None:
    """What a run that broke off has committed is found, though no derived index has heard of it."""
    write_files(index.parent / "notes", {"new.txt": "Seventeen zebras painted umbrellas."})
    with Assistant.open(index, settings=Settings(), encoder=HashedEncoder()) as assistant:
        events = assistant.index()
        next(event for event in events if isinstance(event, Progressed))
        events.close()
    with closed(index), Assistant.open(index, settings=Settings(), encoder=HashedEncoder()) as assistant:
        answer = assistant.ask("Who painted umbrellas? zebras")
        assert cited_paths(answer)[0] == "new.txt"
        assert assistant._index.retriever().lexical.search("zebras", 5)


def test_an_index_that_was_not_closed_says_so(index: Path, closed: Closed) -> None:
    """Changes that a killed process left in SQLite's log can't be put in order: the message says to copy the folder."""
    connection = sqlite3.connect(index / "catalog.sqlite")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("UPDATE catalog SET generation = generation + 1")
    connection.commit()
    shutil.copytree(index, index.parent / "copy")
    connection.close()
    (index.parent / "copy" / "catalog.sqlite-shm").unlink()
    with closed(index.parent / "copy"):
        run_cli("--index", "copy", "ask", ROOF_QUESTION).assert_clear(3, "catalog.sqlite-wal", "copy the folder")
    shutil.rmtree(index)
    (index.parent / "copy").rename(index)
    assert_nothing_lost()


def test_an_older_catalogue_and_none_at_all_say_so(index: Path, closed: Closed) -> None:
    """Neither can be made here: the messages say where it can."""
    connection = sqlite3.connect(index / "catalog.sqlite")
    connection.execute("PRAGMA user_version = 1")
    connection.close()
    (index.parent / "empty").mkdir()
    with closed(index):
        run_cli("status").assert_clear(3, "older askdocs", "copy the folder")
    with closed(index.parent / "empty"):
        run_cli("--index", "empty", "status").assert_clear(3, "holds no index")


def test_who_may_only_read_sees_what_the_owner_writes(index: Path) -> None:
    """An assistant without permission notices that somebody writes, and reads what is committed."""
    notes = write_files(index.parent / "notes", {"new.txt": WHALES.replace("whales", "zebras")})
    with without_permission(index):
        reader = Assistant.open(index, settings=Settings(), encoder=HashedEncoder())
        assert cited_paths(reader.ask(ROOF_QUESTION))[0] == "roof.txt"
    with Assistant.open(index, settings=Settings(), encoder=HashedEncoder()) as owner:
        assert index_all(owner, notes).added == 1
        for path in index.glob("catalog.sqlite-*"):
            path.chmod(0o644)
        with unprivileged():
            assert "new.txt" in cited_paths(reader.ask("Blue zebras eat krill"))
    with unprivileged():
        assert "new.txt" in cited_paths(reader.ask("Blue zebras eat krill"))
        assert reader.status().counts.documents == 4
    reader.close()
