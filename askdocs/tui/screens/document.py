"""A whole document as it was indexed, from its beginning."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from askdocs.indexing.library import LibraryFile
from askdocs.rendering.render import one_line, visible
from askdocs.tui.library_work import TextRead, read_text
from askdocs.tui.screens.modal import LeftOnce
from askdocs.tui.widgets.document import DocumentView
from askdocs.tui.widgets.keys import KeyBar
from askdocs.tui.work import in_thread

if TYPE_CHECKING:
    from askdocs.assistant import Assistant


class DocumentScreen(LeftOnce[None]):
    """For reading about; passages are for the reader."""

    CSS_PATH = "document.tcss"
    AUTO_FOCUS = "DocumentView"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss", "Back", id="back")]

    def __init__(self, assistant: Assistant, file: LibraryFile, path: str) -> None:
        super().__init__()
        self._assistant = assistant
        self._file = file
        self._path = path

    def compose(self) -> ComposeResult:
        """What it is, anything odd about it, and the text."""
        yield Static(Content.styled(one_line(self._file.title or self._path), "bold"), id="title")
        if self._file.title:
            yield Static(Content(one_line(self._path)), id="place")
        yield Static("", id="notice", markup=False)
        yield DocumentView()
        yield KeyBar()

    def on_mount(self) -> None:
        """Read it."""
        if self._file.document_id is not None:
            in_thread(self, "text", read_text, self._assistant, self._file.document_id)

    def on_text_read(self, message: TextRead) -> None:
        """Show it, or why there is nothing to show."""
        notice = self.query_one("#notice", Static)
        notice.update(Content(visible(message.trouble)))
        notice.display = bool(message.trouble)
        if not message.trouble:
            self.query_one(DocumentView).show(message.text)
