"""The first start: nothing is indexed, and this is how that changes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Input, OptionList, Static

from askdocs.rendering.render import one_line, visible
from askdocs.tui.library_work import LikelySourcesFound, SourceAdded, add_source, find_likely_sources
from askdocs.tui.screens.modal import LeftOnce
from askdocs.tui.widgets.indexing import IndexingStrip, Run
from askdocs.tui.widgets.keys import KeyBar
from askdocs.tui.widgets.path_input import PathInput
from askdocs.tui.work import in_thread

if TYPE_CHECKING:
    from askdocs.assistant import Assistant

_WELCOME = (
    "Choose a folder of documents. They are read where they are and stay as they are; what askdocs needs to answer is "
    "kept in an index of its own, and nothing leaves this machine.",
    "Then ask in your own words. Every answer is quoted, with the place where it stands, and you can ask while the "
    "rest is still being read.",
)


class StartScreen(LeftOnce[bool]):
    """Says True when a source was chosen, which the `strip` then indexes."""

    CSS_PATH = "start.tcss"
    AUTO_FOCUS = "PathInput"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(False)", "Later", id="back")]

    def __init__(self, assistant: Assistant, strip: IndexingStrip) -> None:
        super().__init__()
        self._assistant = assistant
        self._strip = strip
        self._likely: tuple[str, ...] = ()
        self._path = PathInput(assistant.completed)

    def compose(self) -> ComposeResult:
        """What this is, a line for a path, and folders that may be it."""
        with VerticalScroll(id="box", can_focus=False):
            yield Static("Nothing is indexed yet", id="title", markup=False)
            for text in _WELCOME:
                yield Static(text, classes="text", markup=False)
            yield self._path
            yield Static("", id="trouble", markup=False)
            yield Static("Or one of these:", id="or", markup=False)
            yield OptionList(markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """Look for likely folders."""
        for name in ("#trouble", "#or", "OptionList"):
            self.query_one(name).display = False
        in_thread(self, "likely", find_likely_sources, self._assistant)

    def on_likely_sources_found(self, message: LikelySourcesFound) -> None:
        """Offer them."""
        self._likely = message.paths
        options = self.query_one(OptionList)
        options.add_options([Content(one_line(path)) for path in message.paths])
        for widget in (options, self.query_one("#or")):
            widget.display = bool(message.paths)

    @on(Input.Changed, "PathInput")
    def _changed(self) -> None:
        self._say("")  # what was wrong was wrong with what stood there before

    @on(Input.Submitted, "PathInput")
    def _submitted(self) -> None:
        if path := self._path.path:
            self._add(path)

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self._add(self._likely[event.option_index])

    def _add(self, path: str) -> None:
        self._say("")
        self._strip.errand(self, partial(add_source, self._assistant, path))

    def on_source_added(self, message: SourceAdded) -> None:
        """Index it, or say why it can't be."""
        if message.trouble:
            self._say(message.trouble)
            return
        self._strip.start(Run(frozenset({message.path})))
        self.dismiss(True)

    def _say(self, text: str) -> None:
        trouble = self.query_one("#trouble", Static)
        trouble.update(Content(visible(text)))
        trouble.display = bool(text)
