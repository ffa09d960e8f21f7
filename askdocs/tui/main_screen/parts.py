"""What the main screen consists of, and what its concerns share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.screen import Screen

from askdocs.tui import work
from askdocs.tui.main_screen.asking import Asking
from askdocs.tui.main_screen.welcome import Welcome
from askdocs.tui.messages import CitationsChecked
from askdocs.tui.widgets.indexing import IndexingStrip
from askdocs.tui.widgets.keys import KeyBar
from askdocs.tui.widgets.question import QuestionBox
from askdocs.tui.widgets.status import StatusLine
from askdocs.tui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from askdocs.assistant import Assistant
    from askdocs.searching.question import DocumentFilter
    from askdocs.tui.widgets.scope import ScopeBar


class Parts(Screen[None]):
    """The widgets of the main screen; each concern that handles messages is a subclass, and the screen is all of them.

    What the workers tell comes to the screen rather than to a widget, so that it is handled one at a time: no answer
    arrives in the middle of another conversation being opened.
    """

    def __init__(self, assistant: Assistant, *, watch: bool) -> None:
        super().__init__()
        self._assistant = assistant
        self._state = StatusLine()
        self._transcript = Transcript()
        self._strip = IndexingStrip(assistant, watch=watch)
        self._box = QuestionBox()
        self._scope: ScopeBar | None = None  # until documents are chosen
        self._asking = Asking(self, assistant, self._transcript, self._strip)
        self._welcome = Welcome(self._transcript, self._strip, self._asking)

    def compose(self) -> ComposeResult:
        """From the top: state, transcript, indexing, question, keys."""
        yield self._state
        yield self._transcript
        yield self._strip
        yield self._box
        yield KeyBar()

    # Which documents are asked

    async def action_scope(self) -> None:
        """Choose which documents to ask."""
        (await self._scope_bar()).choose()

    async def _ask_of(self, documents: DocumentFilter | None) -> None:
        """Ask those of another conversation than before; None for all."""
        if documents:
            await (await self._scope_bar()).show(documents)
        elif self._scope:
            await self._scope.ask_all()

    async def _scope_bar(self) -> ScopeBar:
        from askdocs.tui.widgets.scope import ScopeBar

        if self._scope is None:
            self._scope = ScopeBar(self._assistant)
            await self.mount(self._scope, before=self._box)
        return self._scope

    # Whether what is on show still holds

    def _check_citations(self) -> None:
        if cited := tuple(view.citation for view in self._transcript.citations()):
            work.in_thread(self, "check", work.check_citations, self._assistant, cited)

    def on_citations_checked(self, message: CitationsChecked) -> None:
        """Mark the passages on show that no longer hold."""
        self._transcript.mark(message.now)
