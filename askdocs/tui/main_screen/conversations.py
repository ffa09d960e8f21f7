"""Conversations on the main screen: this one is kept as it goes on, earlier ones are gone back to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from askdocs.tui import work
from askdocs.tui.keymap import key_of
from askdocs.tui.main_screen.parts import Parts
from askdocs.tui.messages import Answered, Kept, QuestionsRead, Ranked, SessionRead

if TYPE_CHECKING:
    from askdocs.assistant import Assistant
    from askdocs.sessions.sessions import Conversation
    from askdocs.tui.widgets.answer import AnswerCard

MOST_RECALLED = 1_000  # questions of earlier conversations, by the arrow keys


class Conversations(Parts):
    """Has one conversation at a time; whatever was asked in it is written down, as soon as that is possible."""

    def __init__(self, assistant: Assistant, *, watch: bool) -> None:
        super().__init__(assistant, watch=watch)
        self._conversation: Conversation | None = None
        self._unkept = ""  # why what is asked isn't kept

    @property
    def conversation(self) -> Conversation:
        """The one that goes on; begun when it is needed, as the first paint isn't to wait for its module."""
        if self._conversation is None:
            self._conversation = self._assistant.conversation()
        return self._conversation

    # Keeping it

    def _note(self, card: AnswerCard, came: Answered | Ranked) -> None:
        """What came of the question of `card`: an answer, or the ranking by what was marked."""
        if isinstance(came, Answered):
            self.conversation.note(card.question, came.answer, came.trouble, card.documents)
        elif card.feedback:
            from askdocs.answering.feedback import Ranking

            ranking = Ranking(card.feedback, card.marked, came.citations)
            self.conversation.note(card.question, None, came.trouble, card.documents, ranking)

    def _keep(self, group: str = "keep") -> None:
        if self._conversation:
            work.in_thread(self, group, work.keep, self._conversation, key_of(self, "export"))

    def keep_now(self) -> None:
        """Write down, on the way out, what there was no time yet to write down in the background."""
        if self._conversation:
            work.keep(self._conversation, "")

    def on_kept(self, message: Kept) -> None:
        """Say why a conversation isn't kept, if it isn't, but not for every question again."""
        if message.trouble not in ("", self._unkept):
            self._transcript.add_notice(message.trouble, trouble=True)
        self._unkept = message.trouble
        self._welcome.kept_before = self._welcome.kept_before or not message.trouble

    # Going back to another, or on with a new one

    def _read_questions(self) -> None:
        work.in_thread(self, "questions", work.read_questions, self._assistant, MOST_RECALLED)

    def on_questions_read(self, message: QuestionsRead) -> None:
        """The arrow keys bring back what was asked on earlier days too."""
        if message.trouble:
            self._transcript.add_notice(message.trouble, trouble=True)
        self._welcome.kept_before = bool(message.questions)
        self._box.remember(message.questions)
        self._welcome.show()

    def action_history(self) -> None:
        """Look for a past question."""
        from askdocs.tui.screens.history import HistoryScreen

        self.app.push_screen(HistoryScreen(self._assistant), self._take_back)

    def _take_back(self, question: str | None) -> None:
        if question is not None:
            self._box.take_back(question)
        self._box.focus()

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
        self._keep("left")  # nothing that is kept later overrules that
        self._conversation = self._assistant.conversation(message.session.info.id)
        exchanges = message.session.exchanges
        await self._ask_of(exchanges[-1].documents if exchanges else None)
        await self._transcript.restore(exchanges)
        self._check_citations()
        self._box.focus()

    async def action_new(self) -> None:
        """Begin another conversation, to which nothing of this one matters."""
        self._keep("left")  # nothing that is kept later overrules that
        self._conversation = None
        await self._ask_of(None)
        await self.action_clear()

    async def action_clear(self) -> None:
        """An empty transcript, as at the start."""
        await self._transcript.clear()
        self._welcome.show()
        self._box.focus()

    def action_export(self) -> None:
        """Write the conversation to a file."""
        from askdocs.tui.screens.prompt import ExportScreen

        self.app.push_screen(ExportScreen(self._assistant, self.conversation.session))
