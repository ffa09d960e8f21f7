"""The cited document, open at the passage."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from askdocs.render import one_line, visible, where_text
from askdocs.tui import work
from askdocs.tui.display import name
from askdocs.tui.messages import DocumentOpened, DocumentUnavailable
from askdocs.tui.widgets.document import DocumentView
from askdocs.tui.widgets.keys import KeyBar
from askdocs.types import Citation, Freshness, Reading

if TYPE_CHECKING:
    from askdocs.assistant import Assistant


class ReaderScreen(Screen[None]):
    """Shows where each citation of an answer stands; `at` is the place of the first one to show."""

    CSS_PATH = "reader.tcss"
    AUTO_FOCUS = "DocumentView"
    BINDING_GROUP_TITLE = "Reading"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "app.pop_screen", "Back", id="back"),
        Binding("n", "go(1)", "Next passage", tooltip="next passage of the answer", id="next_citation"),
        Binding("p", "go(-1)", "Previous", tooltip="previous passage of the answer", id="previous_citation"),
    ]

    def __init__(self, assistant: Assistant, citations: tuple[Citation, ...], at: int = 0) -> None:
        super().__init__()
        self._assistant = assistant
        self._citations = citations
        self._at = at

    def compose(self) -> ComposeResult:
        """What is shown, anything odd about it, and the text."""
        yield Static("", id="title", markup=False)
        yield Static("", id="place", markup=False)
        yield Static("", id="notice", markup=False)
        yield DocumentView()
        yield KeyBar()

    def on_mount(self) -> None:
        """Open the citation that was chosen."""
        self._open()

    def action_go(self, step: int) -> None:
        """To the next (1) or previous (-1) citation of the answer, round and round."""
        self._at = (self._at + step) % len(self._citations)
        self._open()

    def _open(self) -> None:
        citation = self._citations[self._at]
        self._head(citation)
        self._say("")
        work.in_thread(self, "open", work.open_citation, self._assistant, citation)

    def _head(self, citation: Citation) -> None:
        title, path = name(citation.document), one_line(citation.document.full_path)
        heading = Content.assemble((f"[{citation.number}] ", "bold $text-primary"), (title, "bold"))
        self.query_one("#title", Static).update(heading)
        place = [f"passage {self._at + 1} of {len(self._citations)}", where_text(citation.document, citation.locator)]
        if path != title:
            place.append(path)
        self.query_one("#place", Static).update(Content(" · ".join(place)))

    def on_document_opened(self, message: DocumentOpened) -> None:
        """Show the text at the passage, and say so if the passage isn't where it was."""
        if message.citation is not self._citations[self._at]:
            return
        reading = message.reading
        self._say(_what_changed(message.citation, reading))
        self._head(reading.citation)
        view = self.query_one(DocumentView)
        view.display = True
        view.focus()
        if reading.stands:
            view.show(reading.text, reading.citation.span, reading.citation.evidence)
        else:
            view.show(reading.text)

    def on_document_unavailable(self, message: DocumentUnavailable) -> None:
        """Say why there is nothing to read."""
        if message.citation is not self._citations[self._at]:
            return
        self.query_one(DocumentView).display = False
        self._say(message.trouble)

    def _say(self, notice: str) -> None:
        widget = self.query_one("#notice", Static)
        widget.update(Content(visible(notice)))
        widget.display = bool(notice)


def _what_changed(asked: Citation, reading: Reading) -> str:
    if reading.citation.freshness is Freshness.OUTDATED:
        if reading.stands:
            return "The file has changed: this is what was indexed of it, and the passage may no longer be in it."
        return "This document has changed since the answer: the passage is no longer in it."
    moved = " The passage has moved to here." if reading.citation.span != asked.span else ""
    if reading.citation.freshness is Freshness.EDITED:
        return f"The file has changed since it was indexed: this is what it says now.{moved}"
    return f"This document has changed since the answer.{moved}" if moved else ""
