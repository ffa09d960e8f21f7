"""The index on the main screen: what it holds, how it stands to the files, and keeping it level with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.reactive import reactive

from askdocs.events import Indexed
from askdocs.tui import work
from askdocs.tui.keymap import key_of
from askdocs.tui.main_screen.parts import Parts
from askdocs.tui.messages import (
    ErrandDone,
    FilesTouched,
    IndexingAdvanced,
    IndexingEnded,
    LevelTold,
    StatusRead,
    SuggestionsMade,
    WatchingEnded,
)
from askdocs.tui.widgets.indexing import Run, summary
from askdocs.tui.widgets.suggestion import Suggestion
from askdocs.types import IndexCounts, IndexStatus

if TYPE_CHECKING:
    from askdocs.assistant import Assistant


class IndexOnShow(Parts):
    """Indexes at the first start and when that is wanted; notices what others do to the index and to files."""

    counts: reactive[IndexCounts | None] = reactive(None)
    """What the index holds, as far as that is known."""

    def __init__(self, assistant: Assistant, *, watch: bool) -> None:
        super().__init__(assistant, watch=watch)
        self._status: IndexStatus | None = None
        self._reading = False
        self._indexed = False  # since the status was read?
        self._untold = ""
        self._choosing = False  # the first source

    # What the index holds

    def _read_status(self) -> None:
        self._reading = True
        work.in_thread(self, "status", work.read_status, self._assistant)

    def on_status_read(self, message: StatusRead) -> None:
        """Index at the first start; later, notice what other processes did."""
        self._reading = False
        first = not self._asking.ready and not self._strip.running and not self._choosing
        if message.status is None:
            self._state.freshness = "trouble with the index"
            if first:
                self._transcript.add_notice(message.trouble, trouble=True)
                self._be_ready()
            return
        before, self._status = self._status, message.status
        self.counts = self._state.counts = message.status.counts
        self._welcome.sources = message.status.sources
        if first and not message.status.counts.documents:
            self.action_index()
            self._welcome.show()
        elif first:
            self._be_ready()
        elif before and before.counts.generation != message.status.counts.generation:
            self._suggest()
            self._check_citations()
            if self._scope:
                self._scope.count()
            if not self._indexed:  # another process has
                self._strip.read_plan()
        self._indexed = False

    def _be_ready(self) -> None:
        """Whatever the index holds now, questions can be asked of it."""
        self._asking.begin()
        self._suggest()
        self._strip.follow()

    def _suggest(self) -> None:
        self._welcome.show()
        if not self._transcript.cards:
            work.in_thread(self, "suggest", work.suggest, self._assistant)

    def on_suggestions_made(self, message: SuggestionsMade) -> None:
        """Offer them, as long as there is nothing else to see, and nobody is choosing."""
        if not isinstance(self.focused, Suggestion):
            self._welcome.suggestions = message.questions
            self._welcome.show()

    def on_level_told(self, message: LevelTold) -> None:
        """Say whether the index is behind."""
        self._state.behind = message.behind
        self._state.freshness = message.text

    def on_files_touched(self, message: FilesTouched) -> None:
        """Look at what is on show."""
        if message.untold not in ("", self._untold):
            self._untold = message.untold
            self._transcript.add_notice(message.untold)
        self._check_citations()

    def on_watching_ended(self, message: WatchingEnded) -> None:
        """Say that changes go unnoticed."""
        self._transcript.add_notice(f"{message.trouble} Files are no longer watched.", trouble=True)

    @property
    def unfinished(self) -> str:
        """What to do about a rebuild that has not come to its end, if there is one."""
        from askdocs.rendering.render_index import rebuild_text

        return rebuild_text(self._status) if self._status else ""

    # Indexing

    @property
    def watching(self) -> bool:
        """Is what changes indexed by itself?"""
        return self._strip.watching

    def action_index(self) -> None:
        """Bring the index up to date with the folders."""
        self._strip.start()
        self.refresh_bindings()

    def action_watch(self) -> None:
        """Index what changes by itself, or no longer."""
        self._strip.set_watching(not self._strip.watching)
        self.refresh_bindings()

    def action_stop(self) -> None:
        """Stop indexing; what is done stays."""
        self._strip.stop()

    def action_pause(self) -> None:
        """Index no further for now."""
        self._strip.pause()
        self.refresh_bindings()

    def action_resume(self) -> None:
        """Go on indexing."""
        self._strip.resume()
        self.refresh_bindings()

    def action_retry_failures(self) -> None:
        """Read once more what could not be read."""
        self._strip.start(Run(retry_failed=True))
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:  # noqa: ARG002
        """The footer offers only what can be done now."""
        return self._strip.allows(action)

    def on_errand_done(self, _message: ErrandDone) -> None:
        """Sources may have come or gone."""
        self._indexed = True
        self._read_status()

    def on_indexing_advanced(self, message: IndexingAdvanced) -> None:
        """Tell the outcome, if somebody waits for it."""
        self.refresh_bindings()
        if not self._asking.ready and self._strip.takes_long and self.counts and self.counts.documents:
            self._be_ready()  # better an answer from what is there, which says what isn't, than none for minutes
        if isinstance(message.event, Indexed) and not message.by_itself:
            listed = f" {key_of(self, 'library')} lists the failures." if message.event.failed else ""
            self._transcript.add_notice(summary(message.event) + listed)

    def on_indexing_ended(self, message: IndexingEnded) -> None:
        """Questions that waited can be asked now, however it ended."""
        self.refresh_bindings()
        if message.by_itself and message.busy:
            return  # it is tried again
        if message.held:
            self._read_status()
            if self._strip.paused:
                self._be_ready()
            return
        if message.no_sources:
            self._choose_sources()
            return
        if message.trouble:
            self._transcript.add_notice(message.trouble, trouble=True)
        elif message.stopped:
            self._transcript.add_notice(
                f"Indexing was stopped. What was done stays; {key_of(self, 'index')} carries on."
            )
        if message.by_itself and (message.trouble or message.stopped):
            self._transcript.add_notice(
                f"What changes is no longer indexed by itself; {key_of(self, 'watch')} does so again."
            )
        self._indexed = True
        self._read_status()
        self._be_ready()

    # Sources

    def action_library(self, adding: bool = False) -> None:
        """Sources and documents; `adding`, with the line for another one open."""
        from askdocs.tui.screens.library import LibraryScreen

        if not isinstance(self.app.screen, LibraryScreen):
            self.app.push_screen(LibraryScreen(self._assistant, self, self._strip, adding=adding))

    def action_add_source(self) -> None:
        """Choose a folder or file to index."""
        self.action_library(adding=True)

    def _choose_sources(self) -> None:
        from askdocs.tui.screens.start import StartScreen

        def chosen(a_source: bool | None) -> None:
            self._choosing = False
            if not a_source:
                self._be_ready()

        self._choosing = True
        self.app.push_screen(StartScreen(self._assistant, self._strip), chosen)
