"""Everything that was asked and told, oldest first."""

from __future__ import annotations

from collections.abc import Mapping

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import AwaitMount, Widget
from textual.widgets import Static

from askdocs.render import visible
from askdocs.tui.widgets.answer import AnswerCard
from askdocs.tui.widgets.citation import CitationView
from askdocs.types import Citation

MOST_ENTRIES = 40  # what is laid out costs time with every keystroke


class Transcript(VerticalScroll, can_focus=False):
    """The latest answer cards and notices; before the first question, a welcome."""

    def welcome(self, content: Content) -> None:
        """Say what can be done here, until something has been."""
        if not self.query(AnswerCard):
            self.query(".welcome").remove()
            self.mount(Static(content, classes="welcome"), before=0)

    async def add_card(self, card: AnswerCard) -> AnswerCard:
        """Have `card` in sight and ready to be written on."""
        self.query(".welcome").remove()
        await self._add(card)
        return card

    def add_notice(self, message: str, *, trouble: bool = False) -> None:
        """A line about something other than a question."""
        text = f"✗ {message}" if trouble else message
        self._add(Static(Content(visible(text)), classes="notice -trouble" if trouble else "notice"))

    async def clear(self) -> None:
        """Forget all cards that are answered, and all notices."""
        await self.query(AnswerCard).exclude(".-waiting").remove()
        await self.query(".notice").remove()

    def show_top(self, card: AnswerCard) -> None:
        """Bring the question of `card` in sight, and as much of the answer as fits."""
        self.call_after_refresh(self.scroll_to_widget, card, animate=False, top=True, force=True)

    def citations(self) -> list[CitationView]:
        """The passages on show, in order."""
        return list(self.query(CitationView))

    def mark(self, now: Mapping[Citation, Citation | None]) -> None:
        """Show the passages as they are now, or as gone."""
        for card in self.query(AnswerCard):
            card.show_now(now)

    def _add(self, widget: Widget) -> AwaitMount:
        for entry in self.children[: max(0, len(self.children) + 1 - MOST_ENTRIES)]:
            if not entry.has_class("-waiting"):
                entry.remove()
        mounted = self.mount(widget)
        self.call_after_refresh(self.scroll_end, animate=False, immediate=True)
        return mounted
