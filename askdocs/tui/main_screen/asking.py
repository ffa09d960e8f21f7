"""Questions in line: which is being asked, which wait, and what becomes of them."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from textual.screen import Screen

from askdocs.tui import work
from askdocs.tui.messages import Answered, Ranked
from askdocs.tui.widgets.answer import AnswerCard
from askdocs.tui.widgets.citation import CitationView
from askdocs.tui.widgets.indexing import IndexingStrip
from askdocs.tui.widgets.question import QuestionBox
from askdocs.tui.widgets.transcript import Transcript
from askdocs.types import Answer

if TYPE_CHECKING:
    from askdocs.assistant import Assistant


class Asking:
    """Questions are answered one at a time, in order; the first waits until something is indexed.

    What the workers tell comes to `screen`, which hands it on.
    """

    def __init__(
        self, screen: Screen[None], assistant: Assistant, transcript: Transcript, strip: IndexingStrip
    ) -> None:
        self._screen = screen
        self._assistant = assistant
        self._transcript = transcript
        self._strip = strip
        self._waiting: deque[AnswerCard] = deque()
        self.card: AnswerCard | None = None
        """The one that is being asked."""
        self.ready = False
        """False until the index is known to hold something, or not to."""
        self.encoder_ready = False

    def begin(self) -> None:
        """Whatever the index holds now, questions can be asked of it."""
        self.ready = True
        self._go_on()

    def load_encoder(self) -> None:
        """Have the model loaded, so that the first answer is quick."""
        work.in_thread(self._screen, "encoder", work.load_encoder, self._assistant)

    def encoder_loaded(self) -> None:
        """Nothing waits for the model any more."""
        self.encoder_ready = True
        self._say_why_waiting()

    async def line_up(self, card: AnswerCard) -> None:
        """Ask the question of `card` after those that wait."""
        at_once = self.ready and self.card is None and not self._waiting
        card.show_waiting(self._looking if at_once else self._in_line)
        self._waiting.append(await self._transcript.add_card(card))
        self._go_on()

    async def ask_as_typed(self) -> None:
        """Ask the latest question that leant on the conversation once more, without it."""
        cards = [card for card in self._transcript.cards if card.answer]
        leaning = [card for card in cards if card.answer and card.answer.standalone_question != card.question]
        if leaning:
            last = leaning[-1]
            await self.line_up(AnswerCard(last.question, as_typed=True, documents=last.documents))

    def show_ranked(self, message: Ranked) -> None:
        """Show what is known already, and have it judged; or, of what somebody has marked, all there is."""
        card = self.card
        if card is None:
            return
        if not card.feedback:
            if message.citations:
                card.show_ranking(message.citations)
            self._ask(card)
            return
        marking = isinstance(self._screen.focused, CitationView)
        if message.trouble:
            card.show_trouble(message.trouble)
        else:
            card.show_ranking(message.citations)
        self._done(card)
        if marking and message.citations:  # where the next may be marked
            self._transcript.show_top(card)
            card.views[0].focus(scroll_visible=False)

    async def show_answered(self, message: Answered) -> None:
        """Show it, and go on to the next question."""
        card = self.card
        if card is None:
            return
        if message.answer is None:
            card.show_trouble(message.trouble)
        else:
            await card.show_answer(message.answer, indexing=self._strip.shown)
        self._done(card)

    def _done(self, card: AnswerCard) -> None:
        self.card = None
        if isinstance(self._screen.focused, QuestionBox):
            self._transcript.show_top(card)
        self._go_on()

    def _go_on(self) -> None:
        if self.ready and self.card is None and self._waiting:
            card = self.card = self._waiting.popleft()
            if card.feedback or self._assistant.reranks:
                question, documents, feedback = card.question, card.documents, card.feedback
                earlier = self._earlier(card)
                work.in_thread(self._screen, "rank", work.rank, self._assistant, question, earlier, documents, feedback)
            else:
                self._ask(card)
        self._say_why_waiting()

    def _ask(self, card: AnswerCard) -> None:
        earlier = self._earlier(card)
        work.in_thread(self._screen, "ask", work.ask, self._assistant, card.question, earlier, card.documents)

    def _earlier(self, card: AnswerCard) -> tuple[Answer, ...]:
        if card.as_typed:
            return ()
        return tuple(card.answer for card in self._transcript.cards if card.answer)

    @property
    def _looking(self) -> str:
        return f"Looking{'' if self.encoder_ready else ' as soon as the model is loaded'}…"

    @property
    def _in_line(self) -> str:
        return f"Waiting for the {'question before' if self.ready else 'index'}…"

    def _say_why_waiting(self) -> None:
        if self.card:
            self.card.show_waiting(self._looking)
        for card in self._waiting:
            card.show_waiting(self._in_line)
