"""A cited document to be read: at the passage, with an outline, and with words found in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from askdocs.rendering.render import one_line, visible, where_text
from askdocs.tui import work
from askdocs.tui.display import name
from askdocs.tui.finding import NOTHING, Matches
from askdocs.tui.keymap import key_of
from askdocs.tui.messages import DocumentOpened, DocumentUnavailable, WordsFound
from askdocs.tui.widgets.document import DocumentView
from askdocs.tui.widgets.finding import FindBar, FindInput
from askdocs.tui.widgets.outline import Outline
from askdocs.types import Citation, Freshness, Heading, Reading

if TYPE_CHECKING:
    from askdocs.assistant import Assistant
    from askdocs.opening.links import Destination

SPLIT_FROM = 120
"""Columns from which on there is room for a conversation and a document side by side."""


@dataclass(frozen=True, slots=True)
class Bookmark:
    """What is being read: the citation at `at` of an answer, from the offset `top` on, or at its passage."""

    citations: tuple[Citation, ...]
    at: int
    top: int | None = None


class ReaderPane(Vertical, can_focus=True):
    """Shows where each citation of an answer stands."""

    DEFAULT_CSS = """
    ReaderPane {
        #title, #place {
            height: auto;
            max-height: 2;
            padding: 0 2;
            background: $surface;
        }

        #place {
            color: $text-muted;
        }

        #notice {
            display: none;
            height: auto;
            padding: 0 2;
            color: $text-warning;
            text-style: bold;
        }

        #text {
            height: 1fr;
            layers: below over;
        }
    }
    """
    BINDING_GROUP_TITLE = "Reading"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "back", "Back", tooltip="back to the answers", id="back"),
        Binding("n", "go(1)", "Next", tooltip="next passage of the answer, or next match", id="next_citation"),
        Binding("p", "go(-1)", "Previous", tooltip="the one before", id="previous_citation"),
        Binding("N", "go(-1)", "Previous", show=False),
        Binding("slash", "find", "Find", tooltip="find words", id="find"),
        Binding("t", "outline", "Outline", tooltip="the headings of the document", id="outline"),
        Binding("f", "reshape", "Split", tooltip="beside the answers, or alone", id="split"),
        Binding("g", "picture", "Page", tooltip="the page or slide as it looks, quote marked", id="page_picture"),
        Binding("c", "copy('PLAIN')", "Copy", tooltip="copy the quote with its citation", id="copy"),
        Binding("o", "open_outside", "Open outside", tooltip="open the document in its own program", id="open_outside"),
        Binding("l", "links", "Links", tooltip="the links in sight: look where they lead, and open one", id="links"),
        Binding("tab", "turn", "Answers", show=False, tooltip="to the answers beside it", id="answers"),
    ]

    class Left(Message):
        """Somebody has read enough."""

    class Turned(Message):
        """Somebody wants to get back to the answers, with the document staying where it is."""

    @dataclass
    class Reshaped(Message):
        """Somebody wants the document beside the conversation, or alone again."""

        bookmark: Bookmark

    def __init__(self, assistant: Assistant, bookmark: Bookmark) -> None:
        super().__init__()
        self._assistant = assistant
        self._bookmark = bookmark
        self._citation = bookmark.citations[bookmark.at]  # as it is now, once that is known
        self._headings: tuple[Heading, ...] = ()
        self._query = ""
        self._matches: Matches | None = None
        self._match = 0
        self._from = 0  # where finding began

    def compose(self) -> ComposeResult:
        """What is shown, anything odd about it, the text, and the words that are found in it."""
        yield Static("", id="title", markup=False)
        yield Static("", id="place", markup=False)
        yield Static("", id="notice", markup=False)
        with Container(id="text"):
            yield DocumentView()
            yield Outline()
        yield FindBar()

    def on_mount(self) -> None:
        """Open the citation that was chosen."""
        self._open()

    def read(self, bookmark: Bookmark) -> None:
        """Read something else."""
        self._bookmark = bookmark
        self._open()

    @property
    def bookmark(self) -> Bookmark:
        """What is being read, for another pane to read on from there."""
        view = self.query_one(DocumentView)
        return Bookmark(self._bookmark.citations, self._bookmark.at, view.top if view.text else self._bookmark.top)

    # The document

    def action_go(self, step: int) -> None:
        """To the next (1) or previous (-1) match while words are being found, else citation; round and round."""
        if self._finding:
            if self._matches:
                self._show_match(self._matches, (self._match + step) % len(self._matches))
            return
        citations = self._bookmark.citations
        self._bookmark = Bookmark(citations, (self._bookmark.at + step) % len(citations))
        self._open()

    def _open(self) -> None:
        self._citation = self._bookmark.citations[self._bookmark.at]
        self._head()
        self._say("")
        self.focus()
        work.in_thread(self, "open", work.open_citation, self._assistant, self._citation)

    def _head(self) -> None:
        document = self._citation.document
        title, path = name(document), one_line(document.full_path)
        heading = Content.assemble((f"[{self._citation.number}] ", "bold $text-primary"), (title, "bold"))
        self.query_one("#title", Static).update(heading)
        of = f"passage {self._bookmark.at + 1} of {len(self._bookmark.citations)}"
        place = [of, where_text(document, self._citation.locator)]
        if path != title:
            place.append(path)
        self.query_one("#place", Static).update(Content(" · ".join(place)))

    def on_document_opened(self, message: DocumentOpened) -> None:
        """Show the text at the passage, and say so if the passage isn't where it was."""
        message.stop()
        if message.citation is not self._bookmark.citations[self._bookmark.at]:
            return
        reading = message.reading
        self._say(_what_changed(message.citation, reading))
        self._citation, self._headings = reading.citation, reading.headings
        self._head()
        self._end_find()
        self.query_one(Outline).hide()
        view = self.query_one(DocumentView)
        view.display = True
        view.focus()
        if reading.stands:
            view.show(reading.text, reading.citation.span, reading.citation.evidence, self._bookmark.top)
        else:
            view.show(reading.text, top=self._bookmark.top)
        self.refresh_bindings()

    def on_document_unavailable(self, message: DocumentUnavailable) -> None:
        """Say why there is nothing to read."""
        message.stop()
        if message.citation is not self._bookmark.citations[self._bookmark.at]:
            return
        self._headings = ()
        self._end_find()
        self.query_one(Outline).hide()
        self.query_one(DocumentView).display = False
        self.focus()
        self._say(message.trouble)

    def _say(self, notice: str) -> None:
        widget = self.query_one("#notice", Static)
        widget.update(Content(visible(notice)))
        widget.display = bool(notice)

    # Getting about in it

    def action_back(self) -> None:
        """Out of the outline, out of finding, out of the document."""
        outline = self.query_one(Outline)
        if outline.has_class("-shown"):
            self._close_outline()
        elif self._finding:
            self._end_find()
            self.query_one(DocumentView).focus()
        else:
            self.post_message(self.Left())

    def action_turn(self) -> None:
        """Back to the answers for a moment."""
        self.post_message(self.Turned())

    def action_outline(self) -> None:
        """Lay the headings over the text, or take them away."""
        outline, view = self.query_one(Outline), self.query_one(DocumentView)
        if outline.has_class("-shown"):
            self._close_outline()
        elif not outline.show(self._headings, view.place):
            self.notify("This document has no headings.", markup=False)

    def on_outline_chosen(self, message: Outline.Chosen) -> None:
        """Read on from that heading."""
        message.stop()
        self._close_outline()
        self.query_one(DocumentView).go_to(message.heading.span.start, anew=True)

    def _close_outline(self) -> None:
        self.query_one(Outline).hide()
        self.query_one(DocumentView).focus()

    # Finding

    @property
    def _finding(self) -> bool:
        return self.query_one(FindBar).has_class("-shown")

    def action_find(self) -> None:
        """Ask what to find."""
        view = self.query_one(DocumentView)
        if view.display:
            self.app.clear_notifications()  # they would cover the count
            self._from = view.top
            self.query_one(Outline).hide()
            self.query_one(FindBar).open()
            self.refresh_bindings()

    def on_input_changed(self, message: Input.Changed) -> None:
        """Find what is typed so far."""
        message.stop()
        self._query = message.value
        self._matches = None
        self.query_one(FindBar).say(None)
        work.in_thread(self, "find", work.find, self.query_one(DocumentView).text, self._query)

    def on_words_found(self, message: WordsFound) -> None:
        """Light up the matches, and go to the first from where finding began."""
        message.stop()
        text = self.query_one(DocumentView).text
        if message.text is text and message.query == self._query and self._finding:
            self._matches = message.matches
            if self._matches is not None:
                self._show_match(self._matches, self._matches.first_from(self._from))

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """From the query to the matches."""
        message.stop()
        self.query_one(DocumentView).focus()

    def _show_match(self, matches: Matches, number: int) -> None:
        self._match = number
        self.query_one(FindBar).say(matches, number)
        self.query_one(DocumentView).light(matches, matches.span(number) if matches else None)

    def _end_find(self) -> None:
        bar = self.query_one(FindBar)
        if bar.has_class("-shown"):
            bar.remove_class("-shown")
            self._query, self._matches = "", None
            with self.prevent(Input.Changed):
                bar.query_one(FindInput).value = ""
            self.query_one(DocumentView).light(NOTHING, None)
            self.refresh_bindings()

    # What is read, elsewhere

    def action_reshape(self) -> None:
        """Beside the conversation, or alone."""
        self.post_message(self.Reshaped(self.bookmark))

    def action_copy(self, form: str) -> None:
        """Copy the quote with its citation."""
        work.in_thread(self, "copy", work.copy_quote, self._citation, form)

    def action_open_outside(self) -> None:
        """Open the document at the passage, in its own program."""
        work.in_thread(self, "outside", work.open_outside, self._citation)

    def action_links(self) -> None:
        """List the links that are in sight."""
        self._show_links(None)

    def on_document_view_clicked(self, message: DocumentView.Clicked) -> None:
        """A click on a link says where it leads."""
        message.stop()
        self._show_links(message.offset)

    def _show_links(self, clicked: int | None) -> None:
        """Those in sight; with the one `clicked` on highlighted, or not at all if there is none there."""
        from askdocs.opening import links
        from askdocs.tui.screens.links import LinksScreen

        view = self.query_one(DocumentView)
        in_sight = view.in_sight
        found = list(links.find(view.text, in_sight.start, in_sight.end)) if view.display else []
        at = [number for number, link in enumerate(found) if clicked in range(link.span.start, link.span.end)]
        if found and (at or clicked is None):
            places = [links.destination(link.target, self._citation.document) for link in found]
            self.app.push_screen(LinksScreen(places, at[0] if at else 0), self._follow)
        elif clicked is None:
            self.notify("No link is in sight.", markup=False)

    def _follow(self, link: Destination | None) -> None:
        if link:
            work.in_thread(self, "outside", work.follow_link, self._assistant, link, key_of(self, "copy"))

    def action_picture(self) -> None:
        """The page as it looks."""
        from askdocs.tui.screens.picture import PictureScreen

        self.app.push_screen(PictureScreen(self._assistant, self._citation))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Only pages and slides have pictures, and only a wide terminal has room for two."""
        if action == "picture" and not self._citation.locator.unit.is_shown:
            return None
        if action == "reshape" and self.app.size.width < SPLIT_FROM:
            return None
        return True


def _what_changed(asked: Citation, reading: Reading) -> str:
    if reading.citation.freshness is Freshness.OUTDATED:
        if reading.stands:
            return "The file has changed: this is what was indexed of it, and the passage may no longer be in it."
        return "This document has changed since the answer: the passage is no longer in it."
    moved = " The passage has moved to here." if reading.citation.span != asked.span else ""
    if reading.citation.freshness is Freshness.EDITED:
        return f"The file has changed since it was indexed: this is what it says now.{moved}"
    return f"This document has changed since the answer.{moved}" if moved else ""
