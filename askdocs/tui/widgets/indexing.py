"""The strip that shows indexing while it goes on, and the workers that keep the index level with the files."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from textual import work
from textual.message import Message
from textual.message_pump import MessagePump
from textual.reactive import reactive
from textual.worker import Worker, get_current_worker

from askdocs.errors import IndexBusy, NoSources
from askdocs.events import EncoderLoading, FileFailed, Indexed, IndexPlan, Planned, Progressed
from askdocs.tui.keymap import key_of
from askdocs.tui.messages import (
    ErrandDone,
    FilesTouched,
    IndexingAdvanced,
    IndexingEnded,
    LevelTold,
    PlanRead,
)
from askdocs.tui.pace import Pace
from askdocs.tui.widgets.progress import Progress, ProgressView
from askdocs.tui.work import in_thread, read_plan, trouble_text, watch_files
from askdocs.wording import count

if TYPE_CHECKING:
    from askdocs.assistant import Assistant

BUSY_EVERY = 2.0  # seconds; another process may have finished
LONG = 30.0  # seconds that nobody should have to wait for an answer


@dataclass(frozen=True, slots=True)
class Run:
    """What to index: everything, or the sources at these absolute `paths`; `by_itself` if nobody asked for it."""

    paths: frozenset[str] | None = None
    retry_failed: bool = False
    by_itself: bool = False


class IndexingStrip(ProgressView):
    """Hidden until there is something to see: what is going on, how far it is, and with which file.

    Posts IndexingAdvanced as it goes on and IndexingEnded when it is over. There is one run at a time, and whatever
    else writes to the index (an errand) goes in between: a run that is under way is then held, which means ended, as
    nothing is lost by that, and begun again afterwards. A pause is the same for longer, and so keeps no lock.

    While it is `watching` it indexes what is touched by itself; else it says (LevelTold) how far behind the index is.
    """

    plan: reactive[IndexPlan | None] = reactive(None)
    """What differed between files and index when that was last looked at."""
    said: reactive[str] = reactive("")
    """What became of the latest run."""

    def __init__(self, assistant: Assistant, *, watch: bool) -> None:
        super().__init__()
        self._assistant = assistant
        self.watching = watch
        self.paused = False
        self._run: Run | None = None
        self._waiting: list[Run] = []  # runs that follow as soon as there is none
        self._errands: list[tuple[MessagePump, Callable[[], Message]]] = []
        self._on_errand = False
        self._following = False  # False until questions can be asked
        self._worker: Worker[None] | None = None
        self._stopping = self._holding = self._begun = False
        self._pace = Pace()
        self._touched: frozenset[str] = frozenset()
        self._underway: frozenset[str] = frozenset()
        self._planning = self._plan_again = False
        self._unmounted = threading.Event()

    @property
    def running(self) -> bool:
        """Is something being indexed?"""
        return self._run is not None

    def allows(self, action: str) -> bool:
        """Whether indexing can be stopped, paused or resumed now; of any other action it has nothing against it."""
        match action:
            case "stop":
                return self.shown
            case "pause":
                return self.shown and not self.paused
            case "resume":
                return self.paused
            case _:
                return True

    @property
    def takes_long(self) -> bool:
        """Is it known that the run under way won't be over soon?"""
        left = self.progress.seconds_left
        return self.running and left is not None and left > LONG

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
        self._go_on()

    def _go_on(self) -> None:
        """The next errand, else the next run, else to be level with the files, unless something is under way."""
        if self.running or self._on_errand:
            return
        if self._errands:
            self._on_errand = True
            self._do(*self._errands.pop(0))
        elif self.paused:
            pass
        elif self._waiting:
            self._start(self._waiting.pop(0))
        elif not self._following:
            pass
        elif not self.watching:
            self.read_plan()
        elif self._touched:
            self._underway, self._touched = self._touched, frozenset()
            self._start(Run(self._underway, by_itself=True))

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
        self.plan = message.plan
        level = "watching" if self.watching else "up to date"
        changes = changes_waiting(message.plan) if message.plan else 0
        if self.paused:
            self.post_message(LevelTold(f"paused: {key_of(self, 'pause')} goes on", behind=True))
        elif changes:
            self.post_message(LevelTold(f"{count(changes, 'file')} behind: {key_of(self, 'index')}", behind=True))
        else:
            self.post_message(LevelTold(level if message.plan else ""))

    # Indexing

    def start(self, run: Run | None = None) -> None:
        """Carry out `run`, by default of all known sources, after what is under way; the same one not twice."""
        run = run or Run()
        self.paused = False
        if run != self._run and run not in self._waiting:
            self._waiting.append(run)
        self._go_on()

    def _start(self, run: Run) -> None:
        """Index, in sight only if there is something to do or somebody asked for it."""
        self._run = run
        self._stopping = self._holding = self._begun = False
        self._pace = Pace()
        if run.paths is None:
            self._touched = frozenset()
        self.progress = Progress("Looking for changes…")
        self.said = ""
        if not run.by_itself:
            self._show()
        self._worker = self._index(run)

    def stop(self) -> None:
        """Stop after what is being done, and forget what was to follow; what is committed stays."""
        self._waiting.clear()
        if self.running:
            self._holding = False
            self._end("Stopping…")
        elif self.shown:
            self.post_message(IndexingEnded(by_itself=False, stopped=True))

    def pause(self) -> None:
        """Stop after what is being done, to go on with it when that is said."""
        if self.running and (self._holding or not self._stopping):
            self.paused = True
            self._hold("Pausing…")

    def resume(self) -> None:
        """Go on after a pause."""
        self.paused = False
        self._go_on()

    def errand(self, node: MessagePump, function: Callable[[], Message]) -> None:
        """Call `function`, which writes to the index, in a worker once nothing else does; `node` gets the message."""
        self._errands.append((node, function))
        if self.running and not self._stopping:
            self._hold("Making room…")
        self._go_on()

    def _hold(self, stage: str) -> None:
        """End the run, to begin it again."""
        self._holding = True
        self._end(stage)

    def _end(self, stage: str) -> None:
        if self._worker and not self._stopping:
            self._stopping = True
            if self._begun:  # a worker that is cancelled before never runs, and never tells of its end
                self._worker.cancel()
        self.progress = replace(self.progress, stage=stage)

    @work(thread=True, group="errand", exit_on_error=False)
    def _do(self, node: MessagePump, function: Callable[[], Message]) -> None:
        node.post_message(function())
        self.post_message(ErrandDone())

    def on_errand_done(self) -> None:
        """Go on with what had to wait for it."""
        self._on_errand = False
        self._go_on()
        if self.paused or self.watching:
            self.read_plan()

    @work(thread=True, group="index", exit_on_error=False)
    def _index(self, run: Run) -> None:
        worker = get_current_worker()
        self._begun = True
        done = stopped = False
        try:
            if run.paths is None:
                events = self._assistant.index(retry_failed=run.retry_failed)
            else:
                events = self._assistant.catch_up(run.paths, retry_failed=run.retry_failed)
            for event in events:
                done = isinstance(event, Indexed)
                stopped = (worker.is_cancelled or self._stopping) and not done
                if stopped:
                    break
                self.post_message(IndexingAdvanced(event, run.by_itself))
            if isinstance(events, Generator):
                events.close()
        except NoSources as exc:
            self.post_message(IndexingEnded(run.by_itself, trouble=trouble_text(exc), no_sources=True))
        except Exception as exc:
            self.post_message(IndexingEnded(run.by_itself, trouble=trouble_text(exc), busy=isinstance(exc, IndexBusy)))
        else:
            held = stopped and self._holding
            self.post_message(IndexingEnded(run.by_itself, stopped=stopped and not held, held=held))

    def on_indexing_advanced(self, message: IndexingAdvanced) -> None:
        """Draw how far it is."""
        if self._stopping or not self._run:
            return
        now = self.progress
        match message.event:
            case Planned(plan):
                files = len(plan.added) + len(plan.changed)
                self.progress = replace(now, stage=f"Indexing {count(changes_waiting(plan), 'file')}", all_files=files)
                if self._run.paths is None:
                    self.plan = plan
                if changes_waiting(plan):
                    self._show()
            case EncoderLoading():
                self.progress = replace(now, path="loading the model…")
            case FileFailed():
                self.progress = replace(now, failed=now.failed + 1, files=min(now.files + 1, now.all_files))
            case Progressed(path, done, total, files):
                self._pace.note(time.monotonic(), done)
                rate, left = self._pace.rate, self._pace.seconds_left(total)
                self.progress = replace(
                    now, path=path, files=files, done=done, total=total, rate=rate, seconds_left=left
                )
            case Indexed() if not message.by_itself:
                self.said = summary(message.event)
            case _:
                pass

    def on_indexing_ended(self, message: IndexingEnded) -> None:
        """Make room again, and go on with what has been touched meanwhile."""
        run, self._run = self._run, None
        self._worker = None
        if message.held and run:
            self._waiting.insert(0, run)
            if self.paused:
                self.progress = replace(self.progress, stage="Paused", path="", rate=None, seconds_left=None)
            self.read_plan()
            self._go_on()
            return
        self.shown = self.paused = False
        self.said = message.trouble or ("Indexing was stopped. What was done stays." if message.stopped else self.said)
        if message.by_itself and message.busy:
            self._touched |= self._underway
            self.post_message(LevelTold("waiting for another process"))
            self.set_timer(BUSY_EVERY, self.follow)
            return
        if message.by_itself and (message.stopped or message.trouble):
            self.watching = False
        if not message.no_sources:
            self.follow()
            self.read_plan()

    def _show(self) -> None:
        self.shown = True
        self.post_message(LevelTold("indexing…"))


def changes_waiting(plan: IndexPlan) -> int:
    """How many files the index is behind by."""
    return len(plan.added) + len(plan.changed) + len(plan.renamed) + len(plan.deleted) + len(plan.excluded)


def summary(done: Indexed) -> str:
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
    return f"{text}."
