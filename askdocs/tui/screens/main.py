"""The screen to live in: the transcript, the question box, and what goes on behind them."""

from __future__ import annotations

import gc
from collections import deque
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual._styles_cache import StylesCache
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget

from askdocs.render import one_line
from askdocs.tui import work
from askdocs.tui.keymap import key_of
from askdocs.tui.messages import (
    Answered,
    CitationsChecked,
    EncoderReady,
    ErrandDone,
    FilesTouched,
    IndexingAdvanced,
    IndexingEnded,
    Kept,
    LevelTold,
    QuestionsRead,
    Ranked,
    SessionRead,
    StatusRead,
    SuggestionsMade,
    WatchingEnded,
)
from askdocs.tui.widgets.answer import AnswerCard
from askdocs.tui.widgets.citation import CitationView
from askdocs.tui.widgets.indexing import IndexingStrip, Run, summary
from askdocs.tui.widgets.keys import KeyBar
from askdocs.tui.widgets.question import QuestionBox
from askdocs.tui.widgets.status import StatusLine
from askdocs.tui.widgets.suggestion import Suggestion
from askdocs.tui.widgets.transcript import Transcript
from askdocs.types import Answer, IndexCounts, Indexed, IndexStatus

if TYPE_CHECKING:
    from askdocs.assistant import Assistant
    from askdocs.sessions import Conversation
    from askdocs.tui.widgets.reading import Bookmark, ReaderPane
    from askdocs.tui.widgets.scope import ScopeBar

STATUS_EVERY = 5.0  # seconds; another process may have indexed
MOST_RECALLED = 1_000  # questions of earlier conversations, by the arrow keys


class MainScreen(Screen[None]):
    """Questions are answered one at a time, in order; the first waits until something is indexed."""

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

    counts: reactive[IndexCounts | None] = reactive(None)
    """What the index holds, as far as that is known."""

    def __init__(self, assistant: Assistant, *, watch: bool) -> None:
        super().__init__()
        self._assistant = assistant
        self._state = StatusLine()
        self._transcript = Transcript()
        self._strip = IndexingStrip(assistant, watch=watch)
        self._box = QuestionBox()
        self._status: IndexStatus | None = None
        self._reading = False
        self._indexed = False  # since the status was read?
        self._untold = ""
        self._ready = False  # False until the index is known to hold something, or not to
        self._encoder_ready = False
        self._waiting: deque[AnswerCard] = deque()
        self._asking: AnswerCard | None = None
        self._scope: ScopeBar | None = None  # until documents are chosen
        self._suggestions: tuple[str, ...] = ()
        self._choosing = False  # the first source
        self._split = False  # do people want documents beside the conversation?
        self._opened: CitationView | None = None
        self._conversation: Conversation | None = None
        self._kept_before = False  # are there earlier conversations?
        self._unkept = ""  # why what is asked isn't kept

    def compose(self) -> ComposeResult:
        """From the top: state, transcript, indexing, question, keys."""
        yield self._state
        yield self._transcript
        yield self._strip
        yield self._box
        yield KeyBar()

    def on_mount(self) -> None:
        """Paint first; whatever may take time comes after."""
        self._state.freshness = "opening…"
        self._welcome()
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        gc.enable()  # the command line put it off: collecting is a tenth of the time to the first paint
        self._read_status()
        work.in_thread(self, "encoder", work.load_encoder, self._assistant)
        work.in_thread(self, "questions", work.read_questions, self._assistant, MOST_RECALLED)
        self.set_interval(STATUS_EVERY, self._poll)

    # What the index holds

    def _poll(self) -> None:
        StylesCache.get_inner_outer.cache_clear()  # Textual's: it keeps all that was drawn of the last 1,024 widgets
        if not self._reading:
            self._read_status()
        if self._unkept:
            self._keep()

    def _read_status(self) -> None:
        self._reading = True
        work.in_thread(self, "status", work.read_status, self._assistant)

    def on_status_read(self, message: StatusRead) -> None:
        """Index at the first start; later, notice what other processes did."""
        self._reading = False
        first = not self._ready and not self._strip.running and not self._choosing
        if message.status is None:
            self._state.freshness = "trouble with the index"
            if first:
                self._transcript.add_notice(message.trouble, trouble=True)
                self._be_ready()
            return
        before, self._status = self._status, message.status
        self.counts = self._state.counts = message.status.counts
        if first and not message.status.counts.documents:
            self.action_index()
            self._welcome()
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
        self._ready = True
        self._suggest()
        self._ask_next()
        self._strip.follow()

    def _suggest(self) -> None:
        self._welcome()
        if not self.query(AnswerCard):
            work.in_thread(self, "suggest", work.suggest, self._assistant)

    def on_suggestions_made(self, message: SuggestionsMade) -> None:
        """Offer them, as long as there is nothing else to see, and nobody is choosing."""
        if not isinstance(self.focused, Suggestion):
            self._suggestions = message.questions
            self._welcome()

    def on_suggestion_chosen(self, message: Suggestion.Chosen) -> None:
        """It is put where it can still be changed."""
        self._box.text = ""
        self._box.take(message.question)
        self._box.focus()

    def on_level_told(self, message: LevelTold) -> None:
        """Say whether the index is behind."""
        self._state.behind = message.behind
        self._state.freshness = message.text

    def _check_citations(self) -> None:
        if cited := tuple(view.citation for view in self._transcript.citations()):
            work.in_thread(self, "check", work.check_citations, self._assistant, cited)

    def on_citations_checked(self, message: CitationsChecked) -> None:
        """Mark the passages on show that no longer hold."""
        self._transcript.mark(message.now)

    def on_files_touched(self, message: FilesTouched) -> None:
        """Look at what is on show."""
        if message.untold not in ("", self._untold):
            self._untold = message.untold
            self._transcript.add_notice(message.untold)
        self._check_citations()

    def on_watching_ended(self, message: WatchingEnded) -> None:
        """Say that changes go unnoticed."""
        self._transcript.add_notice(f"{message.trouble} Files are no longer watched.", trouble=True)

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

    def on_errand_done(self, _message: ErrandDone) -> None:
        """Sources may have come or gone."""
        self._indexed = True
        self._read_status()

    def on_indexing_advanced(self, message: IndexingAdvanced) -> None:
        """Tell the outcome, if somebody waits for it."""
        self.refresh_bindings()
        if not self._ready and self._strip.takes_long and self.counts and self.counts.documents:
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

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:  # noqa: ARG002
        """The footer offers only what can be done now."""
        match action:
            case "stop":
                return self._strip.shown
            case "pause":
                return self._strip.shown and not self._strip.paused
            case "resume":
                return self._strip.paused
            case _:
                return True

    # Asking

    def on_encoder_ready(self, message: EncoderReady) -> None:
        """Say early if questions can't be answered."""
        self._encoder_ready = True
        if message.trouble:
            self._transcript.add_notice(message.trouble, trouble=True)
        self._say_why_waiting()

    async def on_question_box_asked(self, message: QuestionBox.Asked) -> None:
        """Line the question up."""
        documents = self._scope.documents if self._scope else None
        await self._line_up(AnswerCard(message.question, documents=documents))

    async def _line_up(self, card: AnswerCard) -> None:
        self._waiting.append(await self._transcript.add_card(card))
        self._ask_next()

    async def action_ask_as_typed(self) -> None:
        """Ask the latest question that leant on the conversation once more, without it."""
        cards = [card for card in self.query(AnswerCard) if card.answer]
        leaning = [card for card in cards if card.answer and card.answer.standalone_question != card.question]
        if leaning:
            last = leaning[-1]
            await self._line_up(AnswerCard(last.question, as_typed=True, documents=last.documents))

    def _ask_next(self) -> None:
        if self._ready and self._asking is None and self._waiting:
            self._asking = self._waiting.popleft()
            card, earlier = self._asking, self._earlier(self._asking)
            if card.feedback or self._assistant.reranks:
                question, documents, feedback = card.question, card.documents, card.feedback
                work.in_thread(self, "rank", work.rank, self._assistant, question, earlier, documents, feedback)
            else:
                work.in_thread(self, "ask", work.ask, self._assistant, card.question, earlier, card.documents)
        self._say_why_waiting()

    def _earlier(self, card: AnswerCard) -> tuple[Answer, ...]:
        return () if card.as_typed else tuple(card.answer for card in self.query(AnswerCard) if card.answer)

    def on_ranked(self, message: Ranked) -> None:
        """Show what is known already, and have it judged; or, of what somebody has marked, all there is."""
        card = self._asking
        if card is None:
            return
        if not card.feedback:
            if message.citations:
                card.show_ranking(message.citations)
            work.in_thread(self, "ask", work.ask, self._assistant, card.question, self._earlier(card), card.documents)
            return
        marking = isinstance(self.focused, CitationView)
        if message.trouble:
            card.show_trouble(message.trouble)
        else:
            card.show_ranking(message.citations)
        self._answered(card)
        if marking and message.citations:  # where the next may be marked
            self._transcript.show_top(card)
            card.query(CitationView).first().focus(scroll_visible=False)

    def _say_why_waiting(self) -> None:
        if self._asking:
            model = "" if self._encoder_ready else " as soon as the model is loaded"
            self._asking.show_waiting(f"Looking{model}…")
        for card in self._waiting:
            card.show_waiting(f"Waiting for the {'question before' if self._ready else 'index'}…")

    def on_answered(self, message: Answered) -> None:
        """Show it, and go on to the next question."""
        card = self._asking
        if card is None:
            return
        if message.answer is None:
            card.show_trouble(message.trouble)
        else:
            card.show_answer(message.answer)
        self.conversation.note(card.question, message.answer, message.trouble)
        self._keep()
        self._answered(card)

    def _answered(self, card: AnswerCard) -> None:
        self._asking = None
        if self.focused is self._box:
            self._transcript.show_top(card)
        self._ask_next()

    def on_citation_view_opened(self, message: CitationView.Opened) -> None:
        """Read the cited document, with the other passages of its answer at hand."""
        from askdocs.tui.widgets.reading import Bookmark

        views = list(message.citation.query_ancestor(AnswerCard).query(CitationView))
        self._opened = message.citation
        self._read(Bookmark(tuple(view.citation for view in views), views.index(message.citation)))

    # Reading

    def _read(self, bookmark: Bookmark) -> None:
        """Beside the conversation if that is wanted and there is room, else on a screen of its own."""
        from askdocs.tui.screens.reader import ReaderScreen
        from askdocs.tui.widgets.reading import SPLIT_FROM, ReaderPane

        if not (self._split and self.app.size.width >= SPLIT_FROM):
            self.app.push_screen(
                ReaderScreen(self._assistant, bookmark, for_want_of_room=self._split), self._read_beside
            )
        elif panes := self.query(ReaderPane):
            panes.first().read(bookmark)
        else:
            self.mount(ReaderPane(self._assistant, bookmark))

    def _read_beside(self, bookmark: Bookmark | None) -> None:
        if bookmark:
            self._split = True
            self._read(bookmark)
        else:
            self.on_reader_pane_turned()

    async def on_reader_pane_reshaped(self, message: ReaderPane.Reshaped) -> None:
        """Read on with the whole terminal."""
        self._split = False
        await self.query("ReaderPane").remove()
        self._read(message.bookmark)

    async def on_reader_pane_left(self) -> None:
        """Close the document, and be where it was opened from."""
        self.on_reader_pane_turned()
        await self.query("ReaderPane").remove()

    def on_reader_pane_turned(self) -> None:
        """Be where the document was opened from."""
        (self._opened if self._opened and self._opened.is_attached else self._box).focus()

    async def on_resize(self) -> None:
        """Mark what is being read before all is laid out anew; there may no longer be room for two."""
        self._transcript.keep_place()
        await self._make_room()

    async def on_screen_resume(self) -> None:
        """Nor after something that lay over this screen while it was resized."""
        await self._make_room()

    async def _make_room(self) -> None:
        """Give a document beside the conversation a screen of its own where there isn't room for both."""
        if not (panes := self.query("ReaderPane")) or not self.is_active:
            return
        from askdocs.tui.widgets.reading import SPLIT_FROM, ReaderPane

        if self.app.size.width < SPLIT_FROM:
            bookmark = panes.first(ReaderPane).bookmark
            await panes.remove()
            self._read(bookmark)

    def action_why(self) -> None:
        """Tell why a passage came where it did."""
        if isinstance(view := self.focused, CitationView):
            from askdocs.tui.screens.why import WhyScreen

            card = view.query_ancestor(AnswerCard)
            self.app.push_screen(WhyScreen(self._assistant, card, view.citation))

    async def action_mark(self, like: bool) -> None:
        """Rank anew, with a passage as an example of what is wanted or of what isn't."""
        if isinstance(view := self.focused, CitationView):
            await self._line_up(view.query_ancestor(AnswerCard).with_mark(view.citation, like=like))

    async def action_scope(self) -> None:
        """Choose which documents to ask."""
        from askdocs.tui.widgets.scope import ScopeBar

        if self._scope is None:
            self._scope = ScopeBar(self._assistant)
            await self.mount(self._scope, before=self._box)
        self._scope.choose()

    async def _ask_all(self) -> None:
        """What was chosen was for the conversation before."""
        if self._scope:
            await self._scope.ask_all()

    # Conversations

    @property
    def conversation(self) -> Conversation:
        """The one that goes on; begun when it is needed, as the first paint isn't to wait for its module."""
        if self._conversation is None:
            self._conversation = self._assistant.conversation()
        return self._conversation

    def _keep(self) -> None:
        work.in_thread(self, "keep", work.keep, self.conversation, key_of(self, "export"))

    def on_kept(self, message: Kept) -> None:
        """Say why a conversation isn't kept, if it isn't, but not for every question again."""
        if message.trouble not in ("", self._unkept):
            self._transcript.add_notice(message.trouble, trouble=True)
        self._unkept = message.trouble
        self._kept_before = self._kept_before or not message.trouble

    def on_questions_read(self, message: QuestionsRead) -> None:
        """The arrow keys bring back what was asked on earlier days too."""
        if message.trouble:
            self._transcript.add_notice(message.trouble, trouble=True)
        self._kept_before = bool(message.questions)
        self._box.remember(message.questions)
        self._welcome()

    def action_sessions(self) -> None:
        """Go back to a conversation that is kept."""
        from askdocs.tui.screens.sessions import SessionsScreen

        self.app.push_screen(SessionsScreen(self._assistant, self.conversation.id), self._open_session)

    def _open_session(self, session_id: int | None) -> None:
        if session_id is not None:
            work.in_thread(self, "session", work.read_session, self._assistant, session_id)

    async def on_session_read(self, message: SessionRead) -> None:
        """Go on with it, and see what has become of the files that it cites."""
        if message.session is None:
            self._transcript.add_notice(message.trouble, trouble=True)
            return
        self._conversation = self._assistant.conversation(message.session.info.id)
        await self._ask_all()
        await self._transcript.restore(message.session.exchanges)
        self._check_citations()
        self._box.focus()

    async def action_new(self) -> None:
        """Begin another conversation, to which nothing of this one matters."""
        self._conversation = None
        await self._ask_all()
        await self.action_clear()

    def action_export(self) -> None:
        """Write the conversation to a file."""
        from askdocs.tui.screens.prompt import ExportScreen

        self.app.push_screen(ExportScreen(self.conversation.session))

    def action_history(self) -> None:
        """Look for a past question."""
        from askdocs.tui.screens.history import HistoryScreen

        self.app.push_screen(HistoryScreen(self._assistant), self._take_back)

    def _take_back(self, question: str | None) -> None:
        if question is not None:
            self._box.take_back(question)
        self._box.focus()

    # Getting about

    def action_leave_box(self) -> None:
        """From the question to the passages of the latest answer."""
        cards = [card for card in self.query(AnswerCard) if card.query(CitationView)]
        if cards:
            cards[-1].query(CitationView).first().focus()
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

    async def action_clear(self) -> None:
        """An empty transcript, as at the start."""
        await self._transcript.clear()
        self._welcome()
        self._box.focus()

    def on_key(self, event: events.Key) -> None:
        """Whatever is typed is meant for the question, unless it is a key of its own, or a document is being read."""
        character = event.character
        if self.query("ReaderPane:focus-within"):
            return
        if character and event.is_printable and event.key not in self.active_bindings:
            event.stop()
            self._box.focus()
            self._box.take(character)

    def on_paste(self, event: events.Paste) -> None:
        """What is pasted anywhere is meant for the question."""
        self._box.focus()
        self._box.take(event.text)

    def _welcome(self) -> None:
        lines = [Content.styled("Ask a question: the answer is quoted from your documents.", "bold")]
        if self._strip.running and not self._ready:
            lines.append(Content("They are being indexed for the first time. Ask already: answers follow."))
        else:
            if self._status and self._status.sources:
                lines.append(Content(f"They come from {one_line(', '.join(self._status.sources))}."))
            elif self._ready:
                lines.append(Content(f"There are none yet: {key_of(self, 'library')} adds a folder."))
            passages, open_, help_ = (key_of(self, name) for name in ("passages", "open", "help"))
            lines.append(Content(f"{passages} goes to the passages, {open_} opens one, {help_} explains the rest."))
        if self._kept_before:
            lines.append(Content(f"{key_of(self, 'sessions')} goes back to earlier conversations."))
        if self._suggestions:
            lines.append(Content(f"\nTo begin with, one of these ({key_of(self, 'passages')}, then Enter):"))
        self._transcript.welcome(Content("\n").join(lines), self._suggestions)
