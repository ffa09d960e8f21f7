"""The screen to live in: the transcript, the question box, and what goes on behind them."""

from __future__ import annotations

import gc
from typing import ClassVar

from textual import events
from textual._styles_cache import StylesCache
from textual.binding import Binding, BindingType
from textual.widget import Widget

from askdocs.tui.main_screen.conversations import Conversations
from askdocs.tui.main_screen.index import IndexOnShow
from askdocs.tui.main_screen.reading import Reading
from askdocs.tui.messages import Answered, EncoderReady, Ranked
from askdocs.tui.widgets.answer import AnswerCard
from askdocs.tui.widgets.citation import CitationView
from askdocs.tui.widgets.question import QuestionBox
from askdocs.tui.widgets.suggestion import Suggestion

STATUS_EVERY = 5.0  # seconds; another process may have indexed
_OFTEN = 10  # collections of what is young; after more, Python by itself would look through everything


class MainScreen(IndexOnShow, Conversations, Reading):
    """Its keys, how it begins, what is asked, and getting about; the index, conversations and reading are its bases."""

    AUTO_FOCUS = "QuestionBox"
    BINDING_GROUP_TITLE = "The index and the answers"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f5", "index", "Re-index", tooltip="bring the index up to date with your files", id="index"),
        Binding(
            "f6",
            "watch",
            "Watch",
            show=False,
            id="watch",
            tooltip="index by itself what changes, or no longer",
            priority=True,  # before the box, where it selects a line
        ),
        Binding("f2", "library", "Library", tooltip="sources and documents: look, add, forget", id="library"),
        Binding("escape", "stop", "Stop", tooltip="stop indexing; what is done stays", id="stop"),
        Binding("f9", "pause", "Pause", tooltip="pause indexing; others may write meanwhile", id="pause"),
        Binding("f9", "resume", "Go on", tooltip="go on with indexing", id="pause"),
        Binding(
            "f4",
            "ask_as_typed",
            "Ask as typed",
            show=False,
            id="ask_as_typed",
            tooltip="ask a follow-up once more, without what went before",
        ),
        Binding(
            "f7",
            "scope",
            "Scope",
            show=False,
            id="scope",
            tooltip="choose which documents to ask: folders, types, dates",
            priority=True,  # before the box, where it selects everything
        ),
        Binding("ctrl+l", "clear", "Clear", show=False, tooltip="clear the answers", id="clear"),
        Binding(
            "f3",
            "sessions",
            "Conversations",
            show=False,
            id="sessions",
            tooltip="those that are kept: open, find, rename, delete, export",
        ),
        Binding("ctrl+n", "new", "New conversation", show=False, tooltip="begin anew; this one is kept", id="new"),
        Binding("ctrl+r", "history", "Past questions", show=False, tooltip="find one by its words", id="history"),
        Binding(
            "ctrl+e",
            "export",
            "Export",
            show=False,
            id="export",
            tooltip="write this conversation to a file",
            priority=True,  # before the box, where it goes to the end
        ),
    ]

    def on_mount(self) -> None:
        """Paint first; whatever may take time comes after."""
        self._state.freshness = "opening…"
        self._welcome.show()
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        if not gc.isenabled():  # the command line put it off: collecting is a tenth of the time to the first paint
            gc.freeze()  # what is loaded by now stays, and need not be looked through again and again
            gc.enable()
        self._read_status()
        self._asking.load_encoder()
        self._read_questions()
        self.set_interval(STATUS_EVERY, self._poll)

    def _poll(self) -> None:
        StylesCache.get_inner_outer.cache_clear()  # Textual's: it keeps all that was drawn of the last 1,024 widgets
        if gc.get_count()[2] > _OFTEN:
            gc.collect()  # all that there is, here rather than in the middle of drawing an answer
        if not self._reading:
            self._read_status()
        if self._unkept:
            self._keep()

    # Asking

    def on_encoder_ready(self, message: EncoderReady) -> None:
        """Say early if questions can't be answered."""
        if message.trouble:
            self._transcript.add_notice(message.trouble, trouble=True)
        self._asking.encoder_loaded()

    async def on_question_box_asked(self, message: QuestionBox.Asked) -> None:
        """Line the question up."""
        documents = self._scope.documents if self._scope else None
        await self._asking.line_up(AnswerCard(message.question, documents=documents))

    def on_ranked(self, message: Ranked) -> None:
        """Keep it if it is all that there is to be, show it, and go on."""
        if (card := self._asking.card) and card.feedback:
            self._note(card, message)
            self.call_after_refresh(self._keep)
        self._asking.show_ranked(message)

    async def on_answered(self, message: Answered) -> None:
        """Keep it, show it, and go on to the next question."""
        if card := self._asking.card:
            self._note(card, message)
        await self._asking.show_answered(message)
        self.call_after_refresh(self._keep)  # which would be in the way of drawing

    async def action_ask_as_typed(self) -> None:
        """Ask the latest question that leant on the conversation once more, without it."""
        await self._asking.ask_as_typed()

    async def action_mark(self, like: bool) -> None:
        """Rank anew, with a passage as an example of what is wanted or of what isn't."""
        if isinstance(view := self.focused, CitationView):
            await self._asking.line_up(view.query_ancestor(AnswerCard).with_mark(view.citation, like=like))

    def on_suggestion_chosen(self, message: Suggestion.Chosen) -> None:
        """It is put where it can still be changed."""
        self._box.text = ""
        self._box.take(message.question)
        self._box.focus()

    # Getting about

    def action_leave_box(self) -> None:
        """From the question to the passages of the latest answer."""
        cards = [card for card in self._transcript.cards if card.views]
        if cards:
            cards[-1].views[0].focus()
        elif suggestions := self.query(Suggestion):
            suggestions.first().focus()

    def action_enter_box(self) -> None:
        """Back to the question."""
        self._box.focus()

    def action_move(self, step: int) -> None:
        """To the passage or suggestion before or after; past the last, back to the question."""
        kind = Suggestion if isinstance(self.focused, Suggestion) else CitationView
        views: list[Widget] = list(self._transcript.query(kind))
        if self.focused not in views:
            return
        place = views.index(self.focused) + step
        if place >= len(views):
            self._box.focus()
        elif place >= 0:
            views[place].focus()

    def action_move_to(self, place: int) -> None:
        """To the first (0) or the last (-1) passage of all."""
        if views := self._transcript.citations():
            views[place].focus()

    def action_scroll_transcript(self, pages: float) -> None:
        """Up (-1) or down (1) by a page."""
        self._transcript.scroll_relative(y=round(pages * (self._transcript.size.height - 2)), animate=False)

    def prepare_for(self, key: events.Key) -> None:
        """Whatever is typed is meant for the question, unless it is a key of its own, or a document is being read."""
        if self._box.has_focus or not key.is_printable or self.query("ReaderPane:focus-within"):
            return
        if key.key not in self.active_bindings:
            self.set_focus(self._box)

    def on_paste(self, event: events.Paste) -> None:
        """What is pasted anywhere is meant for the question."""
        self._box.focus()
        self._box.take(event.text)
