"""The cited document, open at the passage, on a screen of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.screen import Screen

from askdocs.tui.widgets.keys import KeyBar
from askdocs.tui.widgets.reading import SPLIT_FROM, Bookmark, ReaderPane

if TYPE_CHECKING:
    from askdocs.assistant import Assistant


class ReaderScreen(Screen[Bookmark | None]):
    """Is left with what is being read, if that is to go on beside the conversation.

    That is when somebody wants it to, or, if it is `for_want_of_room` that it is here, as soon as there is room.
    """

    CSS_PATH = "reader.tcss"
    BINDING_GROUP_TITLE = "Reading"
    AUTO_FOCUS = None  # the pane takes it, and hands it to the text

    def __init__(self, assistant: Assistant, bookmark: Bookmark, *, for_want_of_room: bool = False) -> None:
        super().__init__()
        self._for_want_of_room = for_want_of_room
        self._pane = ReaderPane(assistant, bookmark)

    def compose(self) -> ComposeResult:
        """The document, and what the keys do."""
        yield self._pane
        yield KeyBar()

    def on_reader_pane_left(self) -> None:
        """Back to the answers."""
        self._leave(None)

    def on_reader_pane_reshaped(self, message: ReaderPane.Reshaped) -> None:
        """Beside the answers."""
        self._leave(message.bookmark)

    def on_resize(self) -> None:
        """There may be room for both now."""
        self._give_way()

    def on_screen_resume(self) -> None:
        """Or since something lay over this screen."""
        self._give_way()

    def _give_way(self) -> None:
        if self._for_want_of_room and self.app.size.width >= SPLIT_FROM:
            self._leave(self._pane.bookmark)

    def _leave(self, bookmark: Bookmark | None) -> None:
        """Once, whatever comes in one burst, and not from beneath another screen."""
        if self.is_active:
            self.dismiss(bookmark)
