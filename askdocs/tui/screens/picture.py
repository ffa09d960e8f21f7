"""A page or slide of a cited document as it looks, with the quote marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from askdocs.rendering.render import one_line, place_text, visible
from askdocs.tui import work
from askdocs.tui.display import name
from askdocs.tui.messages import PageDrawn, PicturesOpened, QuoteSought
from askdocs.tui.widgets.keys import KeyBar
from askdocs.tui.widgets.page import PageView
from askdocs.types import Citation, Unit

if TYPE_CHECKING:
    from askdocs.assistant import Assistant
    from askdocs.opening.page_pictures import PagePictures

_ZOOMS = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
_WIDEST = 1000  # columns


class PictureScreen(Screen[None]):
    """Turns pages, and zooms in until letters can be read."""

    CSS_PATH = "picture.tcss"
    AUTO_FOCUS = "PageView"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "app.pop_screen", "Back", id="back"),
        Binding("g", "app.pop_screen", "Back", show=False, id="page_picture"),
        Binding("n", "turn(1)", "Next page", id="next_citation"),
        Binding("p", "turn(-1)", "Previous", id="previous_citation"),
        Binding("plus,equals_sign", "zoom(1)", "Larger", key_display="+", id="larger"),
        Binding("minus", "zoom(-1)", "Smaller", key_display="-", id="smaller"),
    ]

    def __init__(self, assistant: Assistant, citation: Citation) -> None:
        super().__init__()
        self._assistant = assistant
        self._citation = citation
        self._page = citation.locator.start
        self._page_name = "slide" if citation.locator.unit is Unit.SLIDES else "page"
        self._pages = 0  # until they are known
        self._zoom = 0
        self._pictures: PagePictures | None = None  # until they are open
        self._drawing = self._again = self._seeking = False

    def compose(self) -> ComposeResult:
        """What is shown, and the page."""
        yield Static("", id="title", markup=False)
        yield Static("", id="place", markup=False)
        yield PageView()
        yield KeyBar()

    def on_mount(self) -> None:
        """Name it; it is drawn as soon as it is open and its size is known."""
        title = Content.styled(name(self._citation.document), "bold")
        number = Content.styled(f"[{self._citation.number}] ", "bold $text-primary")
        self.query_one("#title", Static).update(number + title)
        work.in_thread(self, "open", work.open_pictures, self._assistant, self._citation)

    def on_unmount(self) -> None:
        """Nobody waits for a page any more."""
        if self._pictures:
            self._pictures.close()

    def on_pictures_opened(self, message: PicturesOpened) -> None:
        """Draw the page, or say why there is none."""
        self._pictures = message.pictures
        if message.trouble:
            self._say(message.trouble)
        self._draw()

    def on_resize(self, _event: events.Resize) -> None:
        """As wide as there is room."""
        self.call_after_refresh(self._draw)

    def action_turn(self, step: int) -> None:
        """To the next (1) or previous (-1) page."""
        page = self._page + step
        if self._pages and 1 <= page <= self._pages:
            self._page = page
            self._draw()

    def action_zoom(self, step: int) -> None:
        """Larger (1) or smaller (-1)."""
        zoom = self._zoom + step
        if 0 <= zoom < len(_ZOOMS):
            self._zoom = zoom
            self._draw()

    def _draw(self) -> None:
        """One page at a time: who is fast with the keys waits for the last only."""
        view = self.query_one(PageView)
        room = view.room
        self._again = self._drawing
        if room > 0 and self._pictures and not self._drawing:
            self._drawing = True
            waits_for = self._page_name == "slide" and not self._pages
            self._say("LibreOffice draws the slides…" if waits_for else "drawing…")
            columns = min(int(room * _ZOOMS[self._zoom]), max(room, _WIDEST))
            pixels, number = view.pixels, view.next_number()
            work.in_thread(self, "page", work.draw_page, self._pictures, self._page, columns, pixels, number)

    def on_page_drawn(self, message: PageDrawn) -> None:
        """Show it, or say why not."""
        drawing = message.drawing
        self._drawing = False
        if self._again:
            self._draw()
            return
        if drawing is None:
            self._say(message.trouble)
            return
        self._pages = drawing.pages
        self.query_one(PageView).show(drawing)
        locator = self._citation.locator
        if drawing.marked is None:
            told = "a picture of text, in which Tesseract looks for the quote…"
            self._seek(drawing.number)
        elif drawing.marked:
            told = "the quote is marked ▌"
        elif locator.start <= drawing.number <= locator.end:
            told = "the quote isn't found on it"
            if self._page_name == "slide":
                told += ", perhaps it is in the notes"
        else:
            told = f"the quote is on {place_text(locator)}"
        path = one_line(self._citation.document.full_path)
        self._say(f"{self._page_name} {drawing.number:,} of {drawing.pages:,} · {told} · {path}")

    def _seek(self, page: int) -> None:
        """One page at a time here too; turning and zooming go on meanwhile."""
        if self._pictures and not self._seeking:
            self._seeking = True
            work.in_thread(self, "seek", work.find_quote, self._pictures, page)

    def on_quote_sought(self, message: QuoteSought) -> None:
        """Mark it where it was found, or say why it can't be."""
        self._seeking = False
        if message.trouble:
            self._say(message.trouble)
        else:
            self._draw()

    def _say(self, text: str) -> None:
        self.query_one("#place", Static).update(Content(visible(text)))
