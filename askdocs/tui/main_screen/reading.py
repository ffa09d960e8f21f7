"""Cited documents opened from the main screen: beside the conversation, or on a screen of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from askdocs.tui.main_screen.parts import Parts
from askdocs.tui.widgets.answer import AnswerCard
from askdocs.tui.widgets.citation import CitationView

if TYPE_CHECKING:
    from askdocs.assistant import Assistant
    from askdocs.tui.widgets.reading import Bookmark, ReaderPane


class Reading(Parts):
    """Reads beside the conversation if that is wanted and there is room; returns to where the document was opened."""

    def __init__(self, assistant: Assistant, *, watch: bool) -> None:
        super().__init__(assistant, watch=watch)
        self._split = False  # do people want documents beside the conversation?
        self._opened: CitationView | None = None

    def on_citation_view_opened(self, message: CitationView.Opened) -> None:
        """Read the cited document, with the other passages of its answer at hand."""
        from askdocs.tui.widgets.reading import Bookmark

        views = message.citation.query_ancestor(AnswerCard).views
        self._opened = message.citation
        self._read(Bookmark(tuple(view.citation for view in views), views.index(message.citation)))

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
