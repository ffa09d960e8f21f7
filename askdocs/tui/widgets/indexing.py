"""The strip that shows indexing while it goes on, and the worker that does it."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from textual import work
from textual.containers import Horizontal
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static
from textual.worker import Worker, get_current_worker

from askdocs.render import one_line
from askdocs.tui.display import count
from askdocs.tui.messages import IndexingAdvanced, IndexingEnded
from askdocs.tui.work import trouble_text
from askdocs.types import EncoderLoading, Indexed, IndexPlan, Planned, Progressed

if TYPE_CHECKING:
    from textual.widgets import ProgressBar

    from askdocs.assistant import Assistant


class IndexingStrip(Horizontal):
    """Hidden until `start`: what is going on, how far it is, and with which file.

    Posts IndexingAdvanced as it goes on and IndexingEnded when it is over.
    """

    running: reactive[bool] = reactive(False, toggle_class="-running")

    def __init__(self, assistant: Assistant) -> None:
        super().__init__()
        self._assistant = assistant
        self._worker: Worker[None] | None = None
        self._stopping = False
        self._stage = Static("", id="stage", markup=False)
        self._file = Static("", id="file", markup=False)
        self._bar: ProgressBar | None = None

    def start(self) -> None:
        """Index all known sources, unless that is going on already."""
        if self.running:
            return
        self.running = True
        self._stopping = False
        if not self._bar:  # not made before it is needed: the first paint would wait for it
            from textual.widgets import ProgressBar

            self._bar = ProgressBar(total=1, show_eta=False)
            self.mount(self._stage, self._bar, self._file)
        self._say("Looking for changes…")
        self._file.update("")
        self._bar.update(total=1, progress=0)
        self._worker = self._index()

    def stop(self) -> None:
        """Stop after what is being done; what is committed stays."""
        if self.running and self._worker and not self._stopping:
            self._stopping = True
            self._worker.cancel()
            self._say("Stopping…")

    @work(thread=True, group="index", exit_on_error=False)
    def _index(self) -> None:
        worker = get_current_worker()
        try:
            events = self._assistant.index()
            for event in events:
                if worker.is_cancelled:
                    break
                self.post_message(IndexingAdvanced(event))
            if isinstance(events, Generator):
                events.close()
        except Exception as exc:
            self.post_message(IndexingEnded(trouble=trouble_text(exc)))
        else:
            self.post_message(IndexingEnded(stopped=worker.is_cancelled))

    def on_indexing_advanced(self, message: IndexingAdvanced) -> None:
        """Draw how far it is."""
        if self._stopping or not self._bar:
            return
        match message.event:
            case Planned(plan):
                self._say(f"Indexing {count(changes_waiting(plan), 'file')}")
            case EncoderLoading():
                self._file.update(Content("loading the model…"))
            case Progressed(path, done, total):
                self._file.update(Content(one_line(path)))
                self._bar.update(total=max(total, 1), progress=done if total else 1)
            case _:
                pass

    def on_indexing_ended(self) -> None:
        """Make room again."""
        self.running = False
        self._worker = None

    def _say(self, stage: str) -> None:
        self._stage.update(Content(stage))


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
    return f"{text}. F2 lists the failures." if done.failed else f"{text}."
