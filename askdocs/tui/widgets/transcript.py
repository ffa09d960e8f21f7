"""Everything that was asked and told, oldest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.await_remove import AwaitRemove
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget

from askdocs.rendering.render import visible
from askdocs.tui.keymap import key_of
from askdocs.tui.widgets.answer import AnswerCard
from askdocs.tui.widgets.citation import CitationView
from askdocs.tui.widgets.settled import Settled, Text
from askdocs.tui.widgets.suggestion import Suggestion
from askdocs.types import Citation
from askdocs.wording import count

if TYPE_CHECKING:
    from askdocs.sessions.sessions import Exchange

MOST_ENTRIES = 20  # what is laid out costs time with every answer; more is kept


class _Place(NamedTuple):
    """Where a part stood: so many rows below the top (above it where negative), of so many rows."""

    part: Widget
    row: int
    height: int


class Transcript(Settled, VerticalScroll, can_focus=False):
    """The latest answer cards and notices; before the first question, a welcome."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {  # of what is in it: each card would have to have its own made anew
        "card--verdict",
        "card--found",
        "card--unsure",
        "card--trouble",
        "card--detail",
        "citation--number",
        "citation--title",
        "citation--gone",
        "citation--place",
        "citation--evidence",
        "citation--notice",
    }

    def __init__(self) -> None:
        super().__init__()
        self._keeping = False
        self._place: _Place | None = None  # None for the end

    def welcome(self, content: Content, suggestions: tuple[str, ...] = ()) -> None:
        """Say what can be done here, and what may be asked, until something has been."""
        if self.cards:
            return
        shown = [suggestion.question for suggestion in self.query(Suggestion)]
        welcomes = self.query(".welcome").results(Text)
        if shown == list(suggestions) and (welcome := next(iter(welcomes), None)):
            welcome.update(content)  # whoever is among the suggestions stays there
            return
        self._remove_welcome()
        self.mount(Text(content, classes="welcome"), *map(Suggestion, suggestions), before=0)

    async def add_card(self, card: AnswerCard) -> AnswerCard:
        """Have `card` in sight and ready to be written on."""
        with self.app.batch_update():
            await self._remove_welcome()
            await self._make_room()
            await self.mount(card)
        self._go_to_end()
        return card

    def add_notice(self, message: str, *, trouble: bool = False) -> None:
        """A line about something other than a question."""
        text = f"✗ {message}" if trouble else message
        self._make_room()
        self.mount(Text(Content(visible(text)), classes="notice -trouble" if trouble else "notice"))
        self._go_to_end()

    async def restore(self, exchanges: Sequence[Exchange]) -> None:
        """Show what was asked before in place of what is on show; what still waits for an answer stays below it."""
        await self.clear()
        self._remove_welcome()
        shown = exchanges[-MOST_ENTRIES:]
        cards = [_card(exchange) for exchange in shown]
        await self.mount_all(cards, before=0)
        with self.app.batch_update():
            for card, exchange in zip(cards, shown, strict=True):
                if exchange.answer:
                    await card.show_answer(exchange.answer)
                elif exchange.ranking and not exchange.trouble:
                    await card.show_ranking(exchange.ranking.citations)
                else:
                    card.show_trouble(exchange.trouble)
        if earlier := len(exchanges) - len(shown):
            kept = f"{count(earlier, 'earlier question')} kept, but not on show"
            self.add_notice(f"{kept}; {key_of(self, 'export')} exports all.")
        self.call_after_refresh(self.scroll_end, animate=False)  # a chip line above the box may still be laid out

    async def clear(self) -> None:
        """Forget all cards that are answered, and all notices."""
        await self.query(AnswerCard).exclude(".-waiting").remove()
        await self.query(".notice").remove()

    def show_top(self, card: AnswerCard) -> None:
        """Bring the question of `card` in sight, and as much of the answer as fits."""
        if card is self.children[-1]:
            self._begin_at_end()
        self.call_after_refresh(self._scroll_to_top, card)

    @property
    def cards(self) -> list[AnswerCard]:
        """The questions on show, in order."""
        return [child for child in self.children if isinstance(child, AnswerCard)]

    def citations(self) -> list[CitationView]:
        """The passages on show, in order."""
        return [view for card in self.cards for view in card.views]

    def mark(self, now: Mapping[Citation, Citation | None]) -> None:
        """Show the passages as they are now, or as gone."""
        at_end = self.is_vertical_scroll_end
        for card in self.cards:
            card.show_now(now)
        if at_end:
            self.call_after_refresh(self.scroll_end, animate=False, immediate=True)

    def keep_place(self) -> None:
        """What is being read, or the end, stays in sight when the width becomes another one."""
        if self._keeping or not self.region:
            return  # what is to be kept is marked already, or there is nothing yet
        self._keeping, self._place = True, None
        if self.scroll_offset.y >= self.max_scroll_y:
            return
        top, bottom = self.region.y, self.region.bottom
        focused = self.screen.focused
        read = focused if isinstance(focused, CitationView) and top <= focused.region.y < bottom else None
        parts = [read] if read else self.query("AnswerCard > *, .notice")
        for part in parts:
            if part.region.bottom > top:
                self._place = _Place(part, part.region.y - top, part.region.height)
                return

    def on_resize(self) -> None:
        """Go back to what was read, now that it stands elsewhere."""
        if self._keeping:
            self.call_after_refresh(self._return)

    def _return(self) -> None:
        place, self._keeping, self._place = self._place, False, None
        if place is None:
            self.scroll_end(animate=False, immediate=True)
            return
        above = place.row if place.row >= 0 else round(place.row * place.part.region.height / max(1, place.height))
        y = self.scroll_offset.y + place.part.region.y - self.region.y - above
        self.scroll_to(y=y, animate=False, force=True, immediate=True)

    def _remove_welcome(self) -> AwaitRemove:
        return self.remove_children(
            [child for child in self.children if isinstance(child, Suggestion) or child.has_class("welcome")]
        )

    def _make_room(self) -> AwaitRemove:
        """For one entry more."""
        oldest = self.children[: max(0, len(self.children) + 1 - MOST_ENTRIES)]
        return self.remove_children([entry for entry in oldest if not entry.has_class("-waiting")])

    def _go_to_end(self) -> None:
        self._begin_at_end()
        self.call_after_refresh(self._scroll_to_end)

    def _begin_at_end(self) -> None:
        """Have what is laid out next begin with the end in sight, rather than be laid out again when it is scrolled."""
        if self.max_scroll_y:  # what is shorter than the view would be put at its bottom
            self.anchor()

    def _scroll_to_top(self, card: AnswerCard) -> None:
        self.anchor(False)
        self.scroll_to_widget(card, animate=False, top=True, force=True)

    def _scroll_to_end(self) -> None:
        self.anchor(False)
        self.scroll_end(animate=False, immediate=True)


def _card(exchange: Exchange) -> AnswerCard:
    """Where what came of it is to be shown."""
    if ranking := exchange.ranking:
        feedback, marked = ranking.feedback, ranking.marked
        return AnswerCard(
            exchange.question, as_typed=True, documents=exchange.documents, feedback=feedback, marked=marked
        )
    return AnswerCard(exchange.question, documents=exchange.documents)
