"""The library: sources and documents, how they stand to the index, and what can be done about that."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.widgets import Input, Static

from askdocs.indexing.library import LibrarySource, State
from askdocs.rendering.render import one_line, visible
from askdocs.rendering.render_index import rules_text
from askdocs.tui.forest import Node
from askdocs.tui.keymap import binding_of, key_of, keys_of
from askdocs.tui.library_work import (
    LibraryGrown,
    LibraryRead,
    SourceAdded,
    SourceForgotten,
    add_source,
    forget_source,
    grow_library,
    read_library,
)
from askdocs.tui.pace import size_text
from askdocs.tui.screens.modal import LeftOnce
from askdocs.tui.widgets.indexing import IndexingStrip, Run
from askdocs.tui.widgets.keys import KeyBar
from askdocs.tui.widgets.library import SIGNS, LibraryTree
from askdocs.tui.widgets.line import Line
from askdocs.tui.widgets.path_input import PathInput
from askdocs.tui.widgets.progress import ProgressView
from askdocs.tui.work import in_thread
from askdocs.wording import count

if TYPE_CHECKING:
    from askdocs.assistant import Assistant
    from askdocs.tui.main_screen.index import IndexOnShow

_FAILED = str(State.FAILED)


class LibraryScreen(LeftOnce[None]):
    """Whatever writes to the index is done by the strip of the `main` screen, which goes on when this one is left."""

    CSS_PATH = "library.tcss"
    AUTO_FOCUS = "LibraryTree"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide")]  # noqa: RUF012 (Textual declares it without ClassVar)
    BINDING_GROUP_TITLE = "The library"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", id="back"),
        Binding("f2", "leave", "Back", show=False, id="library"),
        Binding("q", "leave", "Back", show=False),
        Binding("a", "add", "Add", tooltip="add a folder or a file; Tab completes its path", id="add_source"),
        Binding("d", "forget", "Forget", tooltip="forget the source under the cursor; asks first", id="forget"),
        Binding("i", "index_source", "Index", tooltip="index the source under the cursor", id="index_source"),
        Binding("r", "index_all", "All", tooltip="index all sources", id="index_all"),
        Binding("f5", "index_all", "All", show=False, id="index"),
        Binding("slash", "filter", "Filter", tooltip="show only what has some words, as in: failed pdf", id="find"),
        Binding("f", "failures", "Failed", tooltip="show only failures", id="failures"),
        Binding("t", "retry", "Retry", tooltip="read once more what could not be read", id="retry"),
        Binding("w", "watch", "Watch", tooltip="index by itself what changes, or no longer", id="watch_here"),
        Binding("f6", "watch", "Watch", show=False, id="watch"),
        Binding("p", "pause", "Pause", tooltip="pause indexing; others may write meanwhile", id="pause_here"),
        Binding("p", "resume", "Go on", tooltip="go on with indexing", id="pause_here"),
        Binding("f9", "pause", "Pause", show=False, id="pause"),
        Binding("f9", "resume", "Go on", show=False, id="pause"),
        Binding("s", "stop", "Stop", tooltip="stop indexing; what is done stays", id="stop_here"),
        Binding("o", "open", "Open", show=False, tooltip="read the document", id="open_here"),
    ]

    def __init__(self, assistant: Assistant, main: IndexOnShow, strip: IndexingStrip, *, adding: bool = False) -> None:
        """`adding` opens with the line for another source."""
        super().__init__()
        self._assistant = assistant
        self._main = main
        self._strip = strip
        self._adding = adding
        self._sources: tuple[LibrarySource, ...] = ()
        self._known = False
        self._failed = 0
        self._added = ""  # a source that the cursor is to go to as soon as it is on show
        self._tree = LibraryTree()
        self._path = PathInput(assistant.completed)
        self._filter = Line(placeholder="Words in names, titles, states and reasons", id="filter")
        self._progress = ProgressView()

    def compose(self) -> ComposeResult:
        """What there is in all, lines to type in, the tree beside or above what the cursor is on, and progress."""
        yield Static("", id="head", markup=False)
        yield self._path
        yield Static("", id="trouble", markup=False)
        yield self._filter
        yield Static("", id="said", markup=False)
        with Container(id="body"):
            yield self._tree
            yield Static("", id="about", markup=False)
        yield self._progress
        yield KeyBar()

    def on_mount(self) -> None:
        """Read the library, and again whenever something in it may have changed."""
        self._path.display = self._adding
        self._filter.display = False
        self._say("")
        self._say("", "#trouble")
        self.query_one("#head", Static).update("Reading the library…")
        if self._adding:
            self.set_focus(self._path)
        self._read()
        self.watch(self._strip, "plan", self._read, init=False)
        self.watch(self._main, "counts", self._read, init=False)
        self.watch(self._strip, "progress", self._show_progress)
        self.watch(self._strip, "shown", self._show_progress)
        self.watch(self._strip, "said", self._tell_outcome, init=False)

    def _show_progress(self) -> None:
        self._progress.progress = self._strip.progress
        self._progress.shown = self._strip.shown
        self.refresh_bindings()

    def _tell_outcome(self, said: str) -> None:
        self._say(said)

    def _say(self, text: str, where: str = "#said") -> None:
        said = self.query_one(where, Static)
        said.update(Content(visible(text)))
        said.display = bool(text)

    # What there is

    def _read(self) -> None:
        in_thread(self, "library", read_library, self._assistant, self._strip.plan)

    def on_library_read(self, message: LibraryRead) -> None:
        """Show it."""
        if message.trouble:
            self._say(message.trouble)
            return
        self._known = True
        self._sources = message.sources
        self._grow()

    @on(Input.Changed, "#filter")
    def _grow(self) -> None:
        words = tuple(self._filter.value.split())
        in_thread(self, "grow", grow_library, self._sources, words)

    def on_library_grown(self, message: LibraryGrown) -> None:
        """Draw the trees."""
        self._tree.show(message.roots, all_open=bool(message.words))
        if self._added and self._tree.seek(self._added):
            self._added = ""
        self._draw_head(message.roots, message.words)

    def _draw_head(self, roots: tuple[Node, ...], words: tuple[str, ...]) -> None:
        self._failed = sum(root.failed for root in roots)
        files = sum(root.files for root in roots)
        if words:
            shown = f"{count(files, 'file')} with “{one_line(' '.join(words))}”"
            parts = [Content(f"{shown}: {key_of(self, 'back')} shows all")]
        else:
            documents, passages = sum(root.documents for root in roots), sum(root.passages for root in roots)
            parts = [Content(count(len(roots), "source"))]
            parts += [Content(count(documents, "document")), Content(count(passages, "passage"))]
            if self._failed:
                parts.append(Content.styled(f"✗ {self._failed:,} failed", "$text-error"))
            parts.append(Content("watching" if self._strip.watching else "not watching"))
        head = Content.styled("Library  ", "bold") + Content(" · ").join(parts)
        if self._known and not self._sources:
            head += Content(f"\nNothing is indexed yet: {key_of(self, 'add_source')} adds a folder or a file.")
        if self._main.unfinished:
            head += Content(f"\n{self._main.unfinished}")
        self.query_one("#head", Static).update(head)
        self.refresh_bindings()

    def on_library_tree_moved(self, message: LibraryTree.Moved) -> None:
        """Tell more about it."""
        about = self.query_one("#about", Static)
        about.update(_details(message.node) if message.node else Content(""), layout=False)  # its size is fixed

    # The lines to type in

    async def on_key(self, event: events.Key) -> None:
        """In a burst of keys what follows those for a line is typed on it, and none of it done to the sources."""
        line = self.focused
        if isinstance(line, Line):
            if event.character and event.is_printable:
                event.stop()
                line.insert_text_at_cursor(event.character)
            elif event.key == "enter":
                event.stop()
                await line.action_submit()
        elif self._is_key_of(event, "add_source"):
            event.stop()
            self.action_add()
        elif self._is_key_of(event, "find"):
            event.stop()
            self.action_filter()

    def _is_key_of(self, event: events.Key, name: str) -> bool:
        return event.key in keys_of(self, binding_of(self, name))

    def action_filter(self) -> None:
        """Show only what has some words."""
        self._filter.display = True
        self.set_focus(self._filter)

    def action_failures(self) -> None:
        """Show only what has failed, or all again."""
        self._filter.value = "" if self._filter.value == _FAILED else _FAILED
        self._filter.display = bool(self._filter.value)
        self.set_focus(self._tree)

    @on(Input.Submitted, "#filter")
    def _to_tree(self) -> None:
        self._filter.display = bool(self._filter.value)
        self.set_focus(self._tree)

    def action_back(self) -> None:
        """From a line to the tree, from a filtered tree to all of it, from there to the questions."""
        if self._path.display:
            self._close_path()
        elif self._filter.display:
            self._filter.value = ""
            self._to_tree()
        else:
            self.dismiss()

    def action_leave(self) -> None:
        """Back to the questions."""
        self.dismiss()

    def action_add(self) -> None:
        """Ask for another source."""
        self._path.display = True
        self.set_focus(self._path)

    def _close_path(self) -> None:
        self._path.value = ""
        self._path.display = False
        self._say("", "#trouble")
        self.set_focus(self._tree)

    @on(Input.Submitted, "PathInput")
    def _add(self) -> None:
        if path := self._path.path:
            self._say("Adding it…", "#trouble")
            self._strip.errand(self, partial(add_source, self._assistant, path))

    def on_source_added(self, message: SourceAdded) -> None:
        """Index it, or say why it can't be."""
        if message.trouble:
            self._say(message.trouble, "#trouble")
            return
        self._close_path()
        self._added = message.path
        self._strip.start(Run(frozenset({message.path})))
        self._read()

    # What can be done

    def action_forget(self) -> None:
        """Forget the source under the cursor, once that is confirmed."""
        node = self._tree.node
        if node is None:
            return
        if node.path:
            self._say(f"Only a whole source can be forgotten: {one_line(node.name)} is part of {node.source.shown}.")
            return
        from askdocs.tui.screens.confirm import ConfirmScreen

        lost = f"{count(node.documents, 'document')} and {count(node.passages, 'passage')}"
        question = f"Forget {one_line(node.source.shown)}? {lost} leave the index; the files stay where they are."

        def forget(sure: bool | None) -> None:
            if sure:
                self._say(f"Forgetting {node.source.shown}…")
                self._strip.errand(self, partial(forget_source, self._assistant, node.source.path))

        self.app.push_screen(ConfirmScreen(question, "Forget"), forget)

    def on_source_forgotten(self, message: SourceForgotten) -> None:
        """Show what is left, or say why it is still there."""
        self._say(message.trouble)
        self._read()

    def action_index_source(self) -> None:
        """Look at the source that the cursor is in, and index what differs."""
        if node := self._tree.node:
            self._strip.start(Run(frozenset({node.source.path})))

    def action_index_all(self) -> None:
        """Look at all sources."""
        self._strip.start()

    def action_retry(self) -> None:
        """Read once more what could not be read."""
        self._strip.start(Run(retry_failed=True))

    def action_watch(self) -> None:
        """Index what changes by itself, or no longer."""
        self._main.action_watch()
        self._grow()

    def action_pause(self) -> None:
        """Index no further for now."""
        self._strip.pause()

    def action_resume(self) -> None:
        """Go on indexing."""
        self._strip.resume()

    def action_stop(self) -> None:
        """Stop indexing; what is done stays."""
        self._strip.stop()

    def action_open(self) -> None:
        """Read the document under the cursor."""
        self._tree.action_choose()

    def on_library_tree_chosen(self, message: LibraryTree.Chosen) -> None:
        """Read it from its beginning."""
        from askdocs.tui.screens.document import DocumentScreen

        self.app.push_screen(DocumentScreen(self._assistant, message.file, message.node.shown))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:  # noqa: ARG002
        """The footer offers only what can be done now."""
        match action:
            case "filter":
                return not isinstance(self.focused, Line)
            case "failures" | "retry":
                return bool(self._failed or self._filter.value)
            case _:
                return self._strip.allows(action)


def _details(node: Node) -> Content:
    """All that is known of a node."""
    lines = [Content.styled(node.shown, "bold")]
    size = f"{size_text(node.size)} · {count(node.passages, 'passage')}"
    if file := node.file:
        if file.title:
            lines.append(Content(one_line(file.title)))
        if about := " · ".join(one_line(part) for part in (file.author, file.date) if part):
            lines.append(Content(about))
        lines.append(Content(f"{SIGNS[file.state]} {file.state} · {size}"))
        since = [one_line(file.loader or ""), f"since {file.failed_at:%Y-%m-%d %H:%M}" if file.failed_at else ""]
        if told := ", ".join(filter(None, since)):
            lines.append(Content(told))
        if file.reason:
            lines.append(Content(one_line(file.reason)))
    else:
        failed = f" · {node.failed:,} failed" if node.failed else ""
        lines.append(Content(f"{count(node.documents, 'document')} · {size}{failed}"))
    if not node.path:
        if not node.source.there:
            lines.append(Content("It is not there: what was indexed stays until you forget it."))
        lines.append(Content(f"what is read: {rules_text(node.source.rules)}"))
    return Content("\n").join(lines)
