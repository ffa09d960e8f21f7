"""The strip that shows indexing while it goes on, and the workers that keep the index level with the files."""

from __future__ import annotations

import threading
from collections.abc import Generator
from typing import TYPE_CHECKING

from textual import work
from textual.containers import Horizontal
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static
from textual.worker import Worker, get_current_worker

from askdocs.errors import IndexBusy
from askdocs.render import one_line
from askdocs.tui.display import count
from askdocs.tui.keymap import key_of
from askdocs.tui.messages import (
    FilesTouched,
    IndexingAdvanced,
    IndexingEnded,
    LevelTold,
    PlanRead,
)
from askdocs.tui.work import in_thread, read_plan, trouble_text, watch_files
from askdocs.types import EncoderLoading, Indexed, IndexPlan, Planned, Progressed

if TYPE_CHECKING:
    from textual.widgets import ProgressBar

    from askdocs.assistant import Assistant

BUSY_EVERY = 2.0  # seconds; another process may have finished


class IndexingStrip(Horizontal):
    """Hidden until there is something to see: what is going on, how far it is, and with which file.

    Posts IndexingAdvanced as it goes on and IndexingEnded when it is over.

    While it is `watching` it indexes what is touched by itself; else it says (LevelTold) how far behind the index is.
    """

    shown: reactive[bool] = reactive(False, toggle_class="-shown")

    def __init__(self, assistant: Assistant, *, watch: bool) -> None:
        super().__init__()
        self._assistant = assistant
        self.watching = watch
        self.running = False
        self._by_itself = False
        self._following = False  # False until questions can be asked
        self._worker: Worker[None] | None = None
        self._stopping = False
        self._stage = Static("", id="stage", markup=False)
        self._file = Static("", id="file", markup=False)
        self._bar: ProgressBar | None = None
        self._wanted = False  # a run of everything, as soon as there is none
        self._touched: frozenset[str] = frozenset()
        self._underway: frozenset[str] = frozenset()
        self._planning = self._plan_again = False
        self._unmounted = threading.Event()

    def on_unmount(self) -> None:
        """Nobody wants to know any more."""
        self._unmounted.set()

    # Level with the files

    def follow(self) -> None:
        """From now on catch up with what is touched, which all is at first, or say what there is to catch up with."""
        if not self._following:
            self._following = True
            watch_files(self, self._assistant, self._unmounted)
            return
        if self.running:
            return
        if self._wanted:
            self.start()
        elif not self.watching:
            self.read_plan()
        elif self._touched:
            self._underway, self._touched = self._touched, frozenset()
            self._start(self._underway)

    def set_watching(self, watching: bool) -> None:
        """Index what changes by itself, beginning with all there is; or no longer."""
        self.watching = watching
        if watching:
            self.start()
        else:
            self.read_plan()

    def on_files_touched(self, message: FilesTouched) -> None:
        """Something may have changed."""
        self._touched |= message.paths
        self.follow()

    def on_watching_ended(self) -> None:
        """Whatever changes from now on, it is for a person to say."""
        self.set_watching(False)

    def read_plan(self) -> None:
        """Look at all files, one such look at a time."""
        if self._planning:
            self._plan_again = True
        elif not self.running:
            self._planning = True
            in_thread(self, "plan", read_plan, self._assistant)

    def on_plan_read(self, message: PlanRead) -> None:
        """Say whether the index is behind."""
        self._planning = False
        if self._plan_again:
            self._plan_again = False
            self.read_plan()
        if self.running:
            return
        level = "watching" if self.watching else "up to date"
        changes = changes_waiting(message.plan) if message.plan else 0
        if changes:
            self.post_message(LevelTold(f"{count(changes, 'file')} behind: {key_of(self, 'index')}", behind=True))
        else:
            self.post_message(LevelTold(level if message.plan else ""))

    # Indexing

    def start(self) -> None:
        """Index all known sources; after the run that goes on by itself, if there is one."""
        if self.running:
            self._wanted = self._by_itself
        else:
            self._touched = frozenset()
            self._start(None)

    def _start(self, paths: frozenset[str] | None) -> None:
        """Index these sources by itself, in sight only if there is something to do; or all."""
        self._by_itself = paths is not None
        self._stopping = self._wanted = False
        self.running = True
        if not self._bar:  # not made before it is needed: the first paint would wait for it
            from textual.widgets import ProgressBar

            self._bar = ProgressBar(total=1, show_eta=False)
            self.mount(self._stage, self._bar, self._file)
        self._say("Looking for changes…")
        self._file.update("")
        self._bar.update(total=1, progress=0)
        if not self._by_itself:
            self._show()
        self._worker = self._index(paths)

    def stop(self) -> None:
        """Stop after what is being done; what is committed stays."""
        if self.running and self._worker and not self._stopping:
            self._stopping = True
            self._worker.cancel()
            self._say("Stopping…")

    @work(thread=True, group="index", exit_on_error=False)
    def _index(self, paths: frozenset[str] | None) -> None:
        worker = get_current_worker()
        by_itself = paths is not None
        try:
            events = self._assistant.index() if paths is None else self._assistant.catch_up(paths)
            for event in events:
                if worker.is_cancelled:
                    break
                self.post_message(IndexingAdvanced(event, by_itself))
            if isinstance(events, Generator):
                events.close()
        except Exception as exc:
            self.post_message(IndexingEnded(by_itself, trouble=trouble_text(exc), busy=isinstance(exc, IndexBusy)))
        else:
            self.post_message(IndexingEnded(by_itself, stopped=worker.is_cancelled))

    def on_indexing_advanced(self, message: IndexingAdvanced) -> None:
        """Draw how far it is."""
        if self._stopping or not self._bar:
            return
        match message.event:
            case Planned(plan):
                self._say(f"Indexing {count(changes_waiting(plan), 'file')}")
                if changes_waiting(plan):
                    self._show()
            case EncoderLoading():
                self._file.update(Content("loading the model…"))
            case Progressed(path, done, total):
                self._file.update(Content(one_line(path)))
                self._bar.update(total=max(total, 1), progress=done if total else 1)
            case _:
                pass

    def on_indexing_ended(self, message: IndexingEnded) -> None:
        """Make room again, and go on with what has been touched meanwhile."""
        self.running = self.shown = False
        self._worker = None
        if message.by_itself and message.busy:
            self._touched |= self._underway
            self.post_message(LevelTold("waiting for another process"))
            self.set_timer(BUSY_EVERY, self.follow)
            return
        if message.by_itself and (message.stopped or message.trouble):
            self.watching = False
        self.follow()
        self.read_plan()

    def _show(self) -> None:
        self.shown = True
        self.post_message(LevelTold("indexing…"))

    def _say(self, stage: str) -> None:
        self._stage.update(Content(stage))


def changes_waiting(plan: IndexPlan) -> int:
    """How many files the index is behind by."""
    return len(plan.added) + len(plan.changed) + len(plan.renamed) + len(plan.deleted) + len(plan.excluded)


def summary(done: Indexed, failures_key: str) -> str:
    """What indexing did, on one line."""
    parts = [
        f"{number:,} {word}"
        for number, word in (
            (done.added, "added"),
            (done.changed, "changed"),
            (done.renamed, "renamed"),
            (done.deleted, "deleted"),
            (done.excluded, "excluded"),
            (done.failed, "failed"),
        )
        if number
    ]
    text = "Indexed: " + " · ".join(parts) if parts else "Indexed: nothing had changed"
    return f"{text}. {failures_key} lists the failures." if done.failed else f"{text}."
