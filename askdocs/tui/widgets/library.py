"""The sources and their files as a tree of which only the rows in sight are ever drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from askdocs.indexing.library import LibraryFile, State
from askdocs.rendering.render import one_line
from askdocs.rendering.render_index import rules_text
from askdocs.tui.forest import Node, rows
from askdocs.tui.keymap import MOVE
from askdocs.tui.pace import size_text
from askdocs.types import SourceRules
from askdocs.wording import count

SIGNS = {
    State.INDEXED: "✓",
    State.PARTLY: "◐",
    State.CHANGED: "≠",
    State.NEW: "+",
    State.GONE: "-",
    State.EXCLUDED: "-",
    State.FAILED: "✗",
    State.SKIPPED: "○",
}
_NARROW = 60  # cells below which there is no room for sizes
_FEW = 30  # rows that are shown at once of several sources
_LONGEST_DETAIL = 300


class LibraryTree(ScrollView, can_focus=True):
    """Posts Moved when the cursor comes to another node, and Chosen when Enter or a double click opens a document."""

    ALLOW_SELECT = False
    BINDING_GROUP_TITLE = "Sources and documents"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Open", tooltip="read the document", id="open"),
        Binding("up", "move(-1)", "Up", show=False, group=MOVE, id="up"),
        Binding("down", "move(1)", "Down", show=False, group=MOVE, id="down"),
        Binding("pageup", "page(-1)", "Page up", show=False, group=MOVE, id="page_up"),
        Binding("pagedown", "page(1)", "Page down", show=False, group=MOVE, id="page_down"),
        Binding("home", "move(-1000000000)", "First", show=False, group=MOVE, id="top"),
        Binding("end", "move(1000000000)", "Last", show=False, group=MOVE, id="bottom"),
        Binding("space", "fold", "Fold", show=False, tooltip="fold or unfold", id="fold"),
        Binding("right", "unfold", "Unfold", show=False, id="unfold"),
        Binding("left", "fold_up", "Fold", show=False, tooltip="fold, or go to what it is in", id="fold_up"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "library--cursor",
        "library--source",
        "library--detail",
        "library--differs",
        "library--failed",
    }

    at: reactive[int] = reactive(0)

    @dataclass
    class Moved(Message):
        """The cursor is somewhere else, or what it is on is; None in an empty tree."""

        node: Node | None

    @dataclass
    class Chosen(Message):
        """Somebody wants to read this document."""

        node: Node
        file: LibraryFile

    def __init__(self) -> None:
        super().__init__()
        self._roots: Sequence[Node] = ()
        self._rows: list[Node] = []
        self._opened: set[tuple[str, str]] = set()
        self._met: set[tuple[str, str]] = set()  # sources that have been on show
        self._all_open = False

    @property
    def node(self) -> Node | None:
        """What the cursor is on."""
        return self._rows[self.at] if self.at < len(self._rows) else None

    def show(self, roots: Sequence[Node], *, all_open: bool) -> None:
        """Show these trees, the cursor on what it was on; or `all_open` whatever is folded, the cursor on a file."""
        before = self.node
        if all_open and (before is None or not before.file):
            before = _first_file(roots)
        self._roots = roots
        self._all_open = all_open
        new = {root.key for root in roots} - self._met
        self._met |= new
        if len(roots) == 1 or sum(len(root.children) for root in roots) <= _FEW:
            self._opened |= new
        self._draw(before)

    def seek(self, source: str) -> bool:
        """To the source at an absolute path, if it is on show."""
        places = [place for place, node in enumerate(self._rows) if node.key == (source, "")]
        self.at = next(iter(places), self.at)
        return bool(places)

    def _draw(self, keep: Node | None) -> None:
        self._rows = rows(self._roots, None if self._all_open else self._opened)
        keys = [node.key for node in self._rows]
        at = keys.index(keep.key) if keep and keep.key in keys else min(self.at, max(0, len(keys) - 1))
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._rows))
        self.set_reactive(LibraryTree.at, at)
        self.watch_at(at)
        self.refresh()

    def on_resize(self) -> None:
        """As wide as there is room."""
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._rows))

    def watch_at(self, before: int) -> None:
        """Keep the cursor in sight, and say where it is."""
        if self._rows:
            self.scroll_to_region(Region(0, self.at, 1, 1), animate=False, force=True)
        self.refresh_line(before)
        self.refresh_line(self.at)
        self.post_message(self.Moved(self.node))

    # Getting about

    def action_move(self, by: int) -> None:
        """So many rows up or down."""
        self.at = max(0, min(len(self._rows) - 1, self.at + by))

    def action_page(self, by: int) -> None:
        """So many screens up or down."""
        self.action_move(by * max(1, self.size.height - 1))

    def action_choose(self) -> None:
        """Read a document; fold or unfold anything else."""
        node = self.node
        if node and node.file and node.file.document_id is not None:
            self.post_message(self.Chosen(node, node.file))
        else:
            self.action_fold()

    def action_fold(self) -> None:
        """Fold what is unfolded, and the other way round."""
        if (node := self.node) and node.children and not self._all_open:
            self._opened ^= {node.key}
            self._draw(node)

    def action_unfold(self) -> None:
        """Unfold, or go to what is inside."""
        node = self.node
        if not node or not node.children:
            return
        if self._is_open(node):
            self.action_move(1)
        else:
            self.action_fold()

    def action_fold_up(self) -> None:
        """Fold, or go to what it is inside of."""
        node = self.node
        if node and node.children and self._is_open(node) and not self._all_open:
            self.action_fold()
        elif node:
            above = (place for place in range(self.at - 1, -1, -1) if self._rows[place].depth < node.depth)
            self.at = next(above, self.at)

    def on_click(self, event: events.Click) -> None:
        """To that row; on its marker, or of a folder again, fold; of a document twice, read."""
        offset = event.get_content_offset(self)
        at = offset.y + self.scroll_offset.y if offset else len(self._rows)
        if offset is None or at >= len(self._rows):
            return
        node = self._rows[at]
        self.at = at
        on_marker = 2 * node.depth <= offset.x < 2 * node.depth + 2
        if node.children and on_marker:
            self.action_fold()
        elif event.chain == 2:
            self.action_choose()

    def _is_open(self, node: Node) -> bool:
        return self._all_open or node.key in self._opened

    # Drawing

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows in sight."""
        self._styles = {name: self.get_component_rich_style(name) for name in self.COMPONENT_CLASSES}
        self._plain = self.rich_style
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One row: how deep, folded or not, its state, its name, more about it, and how large it is."""
        width = self.scrollable_content_region.width
        at = y + self.scroll_offset.y
        if at >= len(self._rows):
            return Strip.blank(width, self._plain)
        node = self._rows[at]
        look = _look(node)
        lit = Style(bgcolor=self._styles["library--cursor"].bgcolor) if at == self.at else Style()
        plain = self._plain + lit
        detail = self._styles["library--detail"] + lit
        style = self._styles[look] + lit if look else plain
        marker = "  " if not node.children else "▾ " if self._is_open(node) else "▸ "
        sign = f"{SIGNS[node.file.state]} " if node.file else ""
        sized = width >= _NARROW and (node.children or node.passages)
        sizes = f"{size_text(node.size):>10}{count(node.passages, 'passage'):>16} " if sized else ""
        left = Strip(
            [
                Segment("  " * node.depth + marker, detail),
                Segment(f"{sign}{node.name}", style),
                Segment(f"  {about(node)}", style if look == "library--failed" else detail),
            ]
        )
        return Strip([*left.adjust_cell_length(width - len(sizes), plain), Segment(sizes, detail)])


def _first_file(nodes: Sequence[Node]) -> Node | None:
    """The first file in some trees."""
    return next((node for node in rows(nodes, None) if node.file), None)


def _look(node: Node) -> str:
    state = node.file.state if node.file else State.INDEXED
    if state is State.FAILED or not (node.path or node.source.there):
        return "library--failed"
    if not node.path:
        return "library--source"
    return "" if state is State.INDEXED else "library--differs"


def about(node: Node) -> str:
    """The state of a node in words, and what else there is to know of it, on one line."""
    parts = []
    if not node.path and not node.source.there:
        parts.append("not there (unplugged, moved or deleted): what was indexed of it stays")
    if file := node.file:
        if file.state is not State.INDEXED:
            reason = one_line(file.reason[:_LONGEST_DETAIL])
            parts.append(f"{file.state}: {reason}" if reason else file.state)
        elif file.title and file.title != node.name:
            parts.append(one_line(file.title[:_LONGEST_DETAIL]))
    else:
        parts.append(count(node.documents, "document"))
        parts += [f"{number:,} {word}" for number, word in ((node.behind, "behind"), (node.failed, "failed")) if number]
    if not node.path and node.source.rules != SourceRules():
        parts.append(rules_text(node.source.rules))
    return " · ".join(parts)
