"""Sources to which something has happened, and runs of indexing that follow.

What the system tells of files only wakes: what has changed is for the planner to find. So what it doesn't tell (its
queue overflows, a drive is on another machine) costs time and nothing else: all sources are looked at now and then.
"""

from __future__ import annotations

import math
import os
import stat
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from askdocs.catalog.records import FileState, Source
from askdocs.errors import AskdocsError, IndexBusy
from askdocs.events import Held, IndexEvent, Touched, WatchEvent, Watching
from askdocs.indexing.ignoring import IGNORE_FILES
from askdocs.indexing.sources import is_inside
from askdocs.loaders import media_type

if TYPE_CHECKING:
    from watchfiles._rust_notify import RustNotify

QUIET = 0.2
"""Seconds without news before what has come is passed on: editors write in several steps, and folders move in bulk."""

LONGEST_UNREST = 10.0
"""Seconds after which it is passed on though there is no end to it."""

GLANCE_EVERY = 2.0
"""Seconds between glances at the sources themselves: one that vanished may come back, another may be new."""

SCAN_EVERY = 300.0
"""Seconds after which all sources count as touched."""

SCAN_EVERY_UNTOLD = 30.0
"""The same where the system tells nothing."""

OVERFLOW_FROM = 5_000
"""Changes at once, from which some may have been lost, with the new folders that were to be watched."""

BUSY_EVERY = 1.0
TROUBLE_EVERY = 10.0
"""Seconds before what could not be done is tried again."""


def touched(sources: Callable[[], Sequence[Source]], index_folder: str, stop: threading.Event) -> Iterator[Touched]:
    """The sources that are touched, until `stop` is set: first all of them, then each as something happens in it.

    What happens in `index_folder` is our own doing.
    """
    while not stop.is_set():
        known = _known(sources)
        watched = [source.path for source, identity in known.items() if isinstance(identity, _Folder)]
        notify, untold = _notify(watched)
        try:
            yield Touched(frozenset(source.path for source in known), untold)
            yield from _touched_while(known, sources, os.path.realpath(index_folder), notify, stop)
        finally:
            if notify:
                notify.close()


def _touched_while(
    known: dict[Source, _Identity],
    sources: Callable[[], Sequence[Source]],
    index_folder: str,
    notify: RustNotify | None,
    stop: threading.Event,
) -> Iterator[Touched]:
    """The sources that are touched, until there is reason to look at all of them and to watch anew."""
    scan_at = time.monotonic() + (SCAN_EVERY if notify else SCAN_EVERY_UNTOLD)
    while time.monotonic() < scan_at:
        changes = _changes(notify, stop)
        if stop.is_set() or len(changes) >= OVERFLOW_FROM:
            return
        now = _known(sources)
        differing = {source for source in known.keys() | now.keys() if known.get(source) != now.get(source)}
        if any(not isinstance(now.get(source), FileState) for source in differing):
            return
        if {source.path: source.rules for source in known} != {source.path: source.rules for source in now}:
            return
        known.update(now)
        hit = {source for source in known if any(_matters(change, source, index_folder) for change in changes)}
        if hit or differing:
            yield Touched(frozenset(source.path for source in hit | differing))


def _changes(notify: RustNotify | None, stop: threading.Event) -> set[str]:
    """The paths of what has changed, after a pause, or nothing after a while."""
    if notify is None:
        stop.wait(GLANCE_EVERY)
        return set()
    changes: set[str] = set()
    wait, until = GLANCE_EVERY, math.inf
    while time.monotonic() < until:
        told = notify.watch(int(1000 * LONGEST_UNREST), int(1000 * QUIET), int(1000 * wait), stop)
        if isinstance(told, str):
            break
        if not changes:
            wait, until = QUIET, time.monotonic() + LONGEST_UNREST
        changes.update(path for _, path in told)  # more of the same is no news to watchfiles, but unrest to us
    return changes


def _notify(folders: Sequence[str]) -> tuple[RustNotify | None, str]:
    """What tells of changes in `folders`, or why there is nothing that does."""
    from watchfiles._rust_notify import RustNotify, WatchfilesRustInternalError  # documented, whatever its name says

    try:
        return RustNotify(list(folders), False, False, 0, True, True), ""
    except (OSError, WatchfilesRustInternalError) as exc:
        help_ = "; raising fs.inotify.max_user_watches helps" if "limit" in str(exc) else ""
        every = f"{SCAN_EVERY_UNTOLD:.0f} s"
        return None, f"the system can't tell of changes ({exc}); they are looked for every {every}{help_}"


@dataclass(frozen=True, slots=True)
class _Folder:
    """What makes a folder the same one as before."""

    device: int
    inode: int


_Identity = _Folder | FileState | None


def _identity(path: str) -> _Identity:
    """What differs if another file or folder is at `path` or, as only folders are watched, the file has changed."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return _Folder(status.st_dev, status.st_ino) if stat.S_ISDIR(status.st_mode) else FileState.of(status)


def _known(sources: Callable[[], Sequence[Source]]) -> dict[Source, _Identity]:
    """The sources, and what stands at their paths now."""
    return {source: _identity(source.path) for source in sources()}


def _matters(change: str, source: Source, index_folder: str) -> bool:
    """Whether a change at a path may change what the documents of a source are."""
    if not is_inside(change, source.path) or is_inside(change, index_folder):
        return False
    *folders, name = change[len(source.path) :].split(os.sep)
    if ".git" in folders or (any(folder.startswith(".") for folder in folders) and not source.rules.hidden):
        return False
    if name.startswith("."):
        return name in IGNORE_FILES or source.rules.hidden
    return media_type(change) is not None or not os.path.isfile(change)  # what has gone may have been a folder


def keep_level(
    catch_up: Callable[[frozenset[str]], Generator[IndexEvent, None, None]],
    touches: Iterator[Touched],
    stop: threading.Event,
) -> Iterator[WatchEvent]:
    """Index what is touched, until `stop` is set."""
    for touch in touches:
        yield from carried_out(partial(catch_up, touch.paths), stop, AskdocsError, OSError)
        if not stop.is_set():
            yield Watching(touch.untold)


def carried_out(
    run: Callable[[], Generator[IndexEvent, None, None]], stop: threading.Event, *passing: type[Exception]
) -> Iterator[IndexEvent | Held]:
    """One run of indexing, unless `stop` is set; after a `passing` error, which is told once, it is tried again."""
    held = ""
    while not stop.is_set():
        try:
            yield from _until_stopped(run(), stop)
        except passing as exc:
            if str(exc) != held:
                held = str(exc)
                yield Held(held)
            stop.wait(BUSY_EVERY if isinstance(exc, IndexBusy) else TROUBLE_EVERY)
        else:
            return


def _until_stopped(events: Generator[IndexEvent, None, None], stop: threading.Event) -> Iterator[IndexEvent]:
    with closing(events):
        for event in events:
            yield event
            if stop.is_set():
                return
