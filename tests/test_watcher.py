"""Watching: what happens to files wakes a run of indexing, whatever way it happens, and nothing else does."""

from __future__ import annotations

import os
import queue
import resource
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
import watchfiles  # noqa: F401  before file handles become scarce

from askdocs import Assistant
from askdocs.catalog.records import Source
from askdocs.errors import IndexBusy, IndexTrouble, UsageError
from askdocs.events import Held, Indexed, IndexEvent, Touched, WatchEvent, Watching
from askdocs.indexing import watcher
from askdocs.indexing.watcher import carried_out, keep_level, touched
from askdocs.types import SourceRules
from tests.conftest import OpenAssistant
from tests.support import BREAD, ROOF, ROOF_QUESTION, cited_paths, index_all, write_files

PATIENCE = 20.0
A_WHILE = 0.4
"""Seconds in which what is going to happen happens."""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """All pauses are short."""
    for name, seconds in {"QUIET": 0.05, "GLANCE_EVERY": 0.1, "BUSY_EVERY": 0.05, "TROUBLE_EVERY": 0.05}.items():
        monkeypatch.setattr(watcher, name, seconds)


class Watched:
    """Sources being watched in a thread."""

    def __init__(self, *paths: Path) -> None:
        self.sources = [Source(number, str(path)) for number, path in enumerate(paths, start=1)]
        self.untold = ""
        self._touches: queue.Queue[Touched] = queue.Queue()

    def run(self, index: Path, stop: threading.Event) -> None:
        for touch in touched(lambda: list(self.sources), str(index), stop):
            self._touches.put(touch)

    def next(self) -> set[str]:
        """The names of the sources touched next."""
        touch = self._touches.get(timeout=PATIENCE)
        self.untold = touch.untold
        return {Path(path).name for path in touch.paths}

    def until(self, *names: str) -> None:
        """Wait until all of `names` have been touched."""
        left = set(names)
        while left:
            left -= self.next()

    def rest(self) -> None:
        """Wait until nothing is touched any more."""
        while self._is_touched():
            pass

    def assert_untouched(self) -> None:
        assert not self._is_touched()

    def _is_touched(self) -> bool:
        """Whether anything is touched in a while."""
        try:
            self._touches.get(timeout=A_WHILE)
        except queue.Empty:
            return False
        return True


@contextmanager
def watching(*paths: Path, index: Path = Path("/nowhere")) -> Iterator[Watched]:
    """Watch `paths`, of which all have been told as touched once."""
    watched = Watched(*paths)
    stop = threading.Event()
    thread = threading.Thread(target=watched.run, args=(index, stop))
    thread.start()
    try:
        assert watched.next() == {path.name for path in paths}
        yield watched
    finally:
        stop.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()


def save_by_renaming(path: Path, text: str) -> None:
    """As many editors do."""
    path.with_name(f".{path.name}.swp").write_text(text)
    path.rename(path.with_name(path.name + "~"))
    path.with_name(f".{path.name}.swp").rename(path)
    path.with_name(path.name + "~").unlink()


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


CHANGES: dict[str, Callable[[Path], object]] = {
    "written": lambda notes: (notes / "roof.txt").write_text("Other.\n"),
    "appended to": lambda notes: append(notes / "roof.txt", "More.\n"),
    "saved by renaming": lambda notes: save_by_renaming(notes / "roof.txt", "Other.\n"),
    "deleted": lambda notes: (notes / "roof.txt").unlink(),
    "renamed": lambda notes: (notes / "roof.txt").rename(notes / "top.txt"),
    "added": lambda notes: write_files(notes, {"new/deep/er.md": "New."}),
    "folder moved away": lambda notes: (notes / "kitchen").rename(notes.parent / "kitchen"),
    "folder moved in": lambda notes: (notes.parent / "box").rename(notes / "box"),
    "folder renamed": lambda notes: (notes / "kitchen").rename(notes / "cellar"),
    "folder deleted": lambda notes: shutil.rmtree(notes / "kitchen"),
    "mode changed": lambda notes: (notes / "roof.txt").chmod(0o400),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_whatever_happens_to_documents_touches_their_source(
    notes: Path, work: Path, change: Callable[[Path], object]
) -> None:
    """And no other."""
    write_files(work / "box", {f"{number}.txt": "Boxed." for number in range(300)})
    other = write_files(work / "other", {"zebra.txt": "Zebras."})
    with watching(notes, other) as watched:
        change(notes)
        assert watched.next() == {"notes"}


def test_what_happens_to_other_things_touches_nothing(notes: Path, work: Path) -> None:
    """Films, hidden files and folders, and the index itself, though it lies in the source."""
    write_files(work, {"index/catalog.sqlite": b"", ".git/HEAD": b"", "film.mp4": b"PNG"})
    with watching(work, index=work / "index") as watched:
        write_files(
            work,
            {
                "film.mp4": b"Another",
                "notes/.draft.txt": b"Hidden",
                ".git/notes.md": b"Hidden",
                "index/catalog.sqlite": b"Written",
                "index/lexical/segment.txt": b"Written",
                "elsewhere.bin": b"",
            },
        )
        watched.assert_untouched()
        (notes / "roof.txt").write_text("Other.\n")
        assert watched.next() == {"work"}


def test_rules_decide_what_touches_a_source(notes: Path) -> None:
    """Ignore files count as documents do; hidden files where they are read; new rules touch every source."""
    with watching(notes) as watched:
        (notes / ".gitignore").write_text("*.md\n")
        watched.until("notes")
        watched.rest()
        (notes / ".hidden.md").write_text("A word.")
        watched.assert_untouched()
        watched.sources = [replace(watched.sources[0], rules=SourceRules(hidden=True))]
        watched.until("notes")
        watched.rest()
        (notes / ".hidden.md").write_text("Another word.")
        watched.until("notes")
        watched.rest()
        (notes / ".git").mkdir()
        watched.rest()
        (notes / ".git" / "notes.md").write_text("A word.")
        watched.assert_untouched()


def test_a_single_file_that_is_a_source_is_watched_too(notes: Path) -> None:
    """Written in place or anew, deleted, and back."""
    path = notes / "roof.txt"
    with watching(path) as watched:
        path.write_text("Other text.\n")
        assert watched.next() == {"roof.txt"}
        save_by_renaming(path, "And another.\n")
        watched.until("roof.txt")
        path.unlink()
        watched.until("roof.txt")
        watched.rest()
        path.write_text(ROOF)
        assert watched.next() == {"roof.txt"}


def test_a_source_that_vanishes_and_comes_back_is_watched_again(notes: Path, work: Path) -> None:
    """Both are noticed, and then what happens in it; so it is if another folder takes its place."""
    with watching(notes) as watched:
        notes.rename(work / "away")
        watched.until("notes")
        watched.rest()
        (work / "away").rename(notes)
        watched.until("notes")
        watched.rest()
        (notes / "roof.txt").write_text("Other.\n")
        assert watched.next() == {"notes"}
        write_files(work / "another", {"a.txt": "A."})
        notes.rename(work / "away")
        (work / "another").rename(notes)
        watched.until("notes")
        watched.rest()
        (notes / "a.txt").write_text("B.\n")
        assert watched.next() == {"notes"}


def test_sources_may_be_added_and_forgotten_meanwhile(notes: Path, work: Path) -> None:
    """What another process adds is watched from then on, what it forgets no longer."""
    other = write_files(work / "other", {"zebra.txt": "Zebras."})
    with watching(notes) as watched:
        watched.sources.append(Source(2, str(other)))
        watched.until("other")
        watched.rest()
        (other / "zebra.txt").write_text("Stripes.")
        assert watched.next() == {"other"}
        del watched.sources[0]
        watched.until("other")
        watched.rest()
        (notes / "roof.txt").write_text("Other.")
        watched.assert_untouched()


def test_after_a_flood_everything_is_looked_at_and_watched_anew(
    notes: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was lost in it, new folders too, is watched afterwards."""
    monkeypatch.setattr(watcher, "OVERFLOW_FROM", 100)
    other = write_files(work / "other", {"zebra.txt": "Zebras."})
    with watching(notes, other) as watched:
        write_files(notes, {f"deep{number}/er/{number}.txt": "Text." for number in range(300)})
        watched.until("other")
        watched.rest()
        (notes / "deep299" / "er" / "299.txt").write_text("Other.")
        assert watched.next() == {"notes"}


def test_a_file_that_is_written_bit_by_bit_is_passed_on_when_it_is_done(
    notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or after a time, if there is no end to it."""
    monkeypatch.setattr(watcher, "QUIET", 0.4)
    pause = threading.Event()
    with watching(notes) as watched:
        for _ in range(16):
            append(notes / "roof.txt", "More.\n")
            pause.wait(0.05)
        assert watched.next() == {"notes"}
        watched.assert_untouched()
        for name, seconds in {"QUIET": 0.1, "LONGEST_UNREST": 0.2}.items():
            monkeypatch.setattr(watcher, name, seconds)
        pause.wait(3 * watcher.GLANCE_EVERY)  # for what is being waited for still goes by the ones before
        for _ in range(16):
            append(notes / "roof.txt", "More.\n")
            pause.wait(0.05)
        assert watched.next() == watched.next() == {"notes"}


def test_all_is_looked_at_now_and_then(notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For what the system doesn't tell."""
    monkeypatch.setattr(watcher, "SCAN_EVERY", 0.2)
    with watching(notes) as watched:
        assert watched.next() == {"notes"}
        assert watched.next() == {"notes"}


def test_where_the_system_tells_nothing_files_are_looked_for(notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a file handle left to watch with, that is said, and all sources count as touched more often."""
    monkeypatch.setattr(watcher, "SCAN_EVERY_UNTOLD", 0.2)
    touches = touched(lambda: [Source(1, str(notes))], "/nowhere", threading.Event())
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(map(int, os.listdir("/dev/fd"))) + 1, hard))
    taken: list[int] = []
    try:
        with suppress(OSError):  # those that are free below the limit
            while True:
                taken.append(os.dup(0))
        first = next(touches)
    finally:
        for handle in taken:
            os.close(handle)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert "can't tell of changes" in first.untold
    assert next(touches) == Touched(frozenset({str(notes)}))


def run_of(*errors: Exception) -> Callable[[], Generator[IndexEvent, None, None]]:
    """A run that fails with each of `errors` in turn, and then does nothing."""
    left = list(errors)

    def run() -> Generator[IndexEvent, None, None]:
        if left:
            raise left.pop(0)
        yield Indexed()

    return run


def test_what_cannot_be_done_for_now_is_said_once_and_tried_again() -> None:
    """Another writer, a full disk, a permission; what never can be done is raised in the first run."""
    busy, full = IndexBusy("process 7 is writing"), IndexTrouble("no space left")
    events = list(carried_out(run_of(busy, busy, full, OSError("gone")), threading.Event(), IndexTrouble, OSError))
    assert events == [Held("process 7 is writing"), Held("no space left"), Held("gone"), Indexed()]
    with pytest.raises(UsageError):
        list(carried_out(run_of(UsageError("no such folder")), threading.Event(), IndexBusy))


def test_every_touch_is_followed_by_a_run() -> None:
    """It gets the sources that were touched, and afterwards it is said that all is level."""
    ran = []

    def catch_up(paths: frozenset[str]) -> Generator[IndexEvent, None, None]:
        ran.append(paths)
        yield Indexed()

    touches = [Touched(frozenset({"a", "b"}), "no watches left"), Touched(frozenset({"b"}))]
    events = list(keep_level(catch_up, iter(touches), threading.Event()))
    assert events == [Indexed(), Watching("no watches left"), Indexed(), Watching()]
    assert ran == [{"a", "b"}, {"b"}]


class Kept:
    """An assistant that keeps its index level, in a thread."""

    def __init__(self, assistant: Assistant, *paths: Path) -> None:
        self.events: list[WatchEvent] = []
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(assistant, paths))
        self.thread.start()

    def _run(self, assistant: Assistant, paths: tuple[Path, ...]) -> None:
        for event in assistant.watch(paths, stop=self.stop):
            self.events.append(event)

    def until(self, condition: Callable[[], object]) -> None:
        pause = threading.Event()
        for _ in range(int(PATIENCE / 0.02)):
            if condition():
                return
            pause.wait(0.02)
        raise AssertionError(self.events)

    def end(self) -> None:
        self.stop.set()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()


@pytest.fixture
def kept(assistant: Assistant, notes: Path) -> Iterator[Kept]:
    watched = Kept(assistant, notes)
    try:
        watched.until(lambda: Watching() in watched.events)
        yield watched
    finally:
        watched.end()


def test_a_watched_index_answers_from_the_files_as_they_are(kept: Kept, notes: Path, assistant: Assistant) -> None:
    """Edits, new files, bulk moves and deletions are in it a moment later; files that fail and recover don't end it."""
    (notes / "roof.txt").write_text("The roof was repaired in 2001 by Béla Nagy.\n")
    write_files(notes, {"bad.txt": bytes(range(256)) * 10})
    kept.until(lambda: "2001" in assistant.ask(ROOF_QUESTION).citations[0].quote)
    kept.until(lambda: assistant.status().counts.failed == 1)
    (notes / "bad.txt").write_text("Good now.\n")
    kept.until(lambda: assistant.status().counts.failed == 0)
    write_files(notes.parent / "box", {f"{number}.txt": f"Box number {number}." for number in range(400)})
    (notes.parent / "box").rename(notes / "box")
    kept.until(lambda: assistant.status().counts.documents == 404)
    (notes / "box").rename(notes / "bin")
    kept.until(lambda: cited_paths(assistant.ask('"Box number 77"')) == ["77.txt"])
    shutil.rmtree(notes / "bin")
    kept.until(lambda: assistant.status().counts.documents == 4)


def test_others_can_write_between_the_runs(
    kept: Kept, notes: Path, open_assistant: OpenAssistant, work: Path, assistant: Assistant
) -> None:
    """The lock is free while there is nothing to do; what they add is watched, what they forget isn't added again."""
    other = write_files(work / "other", {"zebra.txt": "Zebras have stripes."})
    second = open_assistant(work / "index")
    index_all(second, other)
    write_files(other, {"lion.txt": "Lions have manes."})
    kept.until(lambda: assistant.status().counts.documents == 5)
    for _ in range(100):
        try:
            second.forget(notes)
            break
        except IndexBusy:
            threading.Event().wait(0.02)
    (notes / "roof.txt").write_text(ROOF + BREAD)
    write_files(other, {"tiger.txt": "Tigers have both."})
    kept.until(lambda: assistant.status().counts.documents == 3)
    assert assistant.status().sources == ("other",)


def test_another_writer_is_waited_for(
    assistant: Assistant, notes: Path, open_assistant: OpenAssistant, work: Path
) -> None:
    """The watch begins when the other is done, and says for whom it waits."""
    run = open_assistant(work / "index").index([notes])
    next(run)
    watched = Kept(assistant, notes)
    try:
        watched.until(lambda: any(isinstance(event, Held) for event in watched.events))
        list(run)
        watched.until(lambda: Watching() in watched.events)
        (held,) = [event for event in watched.events if isinstance(event, Held)]
        assert f"process {os.getpid()}" in held.reason
    finally:
        watched.end()


@pytest.mark.usefixtures("bundled_encoder")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_watches_until_a_signal_comes(notes: Path, work: Path, number: signal.Signals) -> None:
    """A line for each batch on stdout, news on stderr, exit code 0, and the lock is free again."""
    command = [sys.executable, "-m", "askdocs", "index", "--watch", "notes"]
    with subprocess.Popen(command, cwd=work, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            assert process.stdout.readline().startswith("3 added")
            assert process.stderr.readline() == "Watching notes; Ctrl-C ends it.\n"
            save_by_renaming(notes / "roof.txt", "The roof leaks.\n")
            assert process.stdout.readline()[8:] == "  updated notes/roof.txt; 1 passage embedded\n"
            process.send_signal(number)
            stdout, stderr = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    assert (process.returncode, stdout, stderr) == (0, "", "Stopped. What was done is kept.\n")
    with Assistant.open(work / "index") as assistant:
        assert index_all(assistant).unchanged == 3
