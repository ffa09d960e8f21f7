"""A numbered passage in an answer card: folded to two lines, or in full with its evidence lit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive

from askdocs.rendering.render import freshness_text, one_line, where_text
from askdocs.tui import work
from askdocs.tui.display import name, preview, quote
from askdocs.tui.widgets.settled import Text
from askdocs.types import Citation, Freshness

_LONGEST_NAME = 50
"""Characters of a title or path that a folded passage shows, so that there is room for where it stands."""
_MOVE = Binding.Group("to another passage")
_SCROLL = Binding.Group("scroll the answers")


class CitationView(Text, can_focus=True):
    """Enter or a click on its title opens the document; Space or a click on a folded passage unfolds it."""

    BINDING_GROUP_TITLE = "Passages"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", tooltip="open the document at the passage", id="open"),
        Binding("space", "fold", "Fold", tooltip="fold or unfold the passage", id="fold"),
        Binding(  # before what a narrow footer has no room for
            "escape", "screen.enter_box", "Question", tooltip="to the question; so does any other letter", id="question"
        ),
        Binding("c", "copy('PLAIN')", "Copy", tooltip="copy the quote with its citation", id="copy"),
        Binding("o", "open_outside", "Open outside", tooltip="open the document in its own program", id="open_outside"),
        Binding("w", "screen.why", "Why", tooltip="why this passage was found", id="why"),
        Binding("m", "screen.mark(True)", "More", tooltip="rank by more like this", id="more_like"),
        Binding("x", "screen.mark(False)", "Not this", tooltip="rank without this and its like", id="not_this"),
        Binding("up", "screen.move(-1)", "Previous", show=False, group=_MOVE, id="up"),
        Binding("down", "screen.move(1)", "Next", show=False, group=_MOVE, id="down"),
        Binding("shift+tab", "screen.move(-1)", "Previous", show=False, group=_MOVE),
        Binding("tab", "screen.move(1)", "Next", show=False, group=_MOVE),
        Binding("home", "screen.move_to(0)", "First", show=False, group=_MOVE, id="top"),
        Binding("end", "screen.move_to(-1)", "Last", show=False, group=_MOVE, id="bottom"),
        Binding("pageup", "screen.scroll_transcript(-1)", "Scroll up", show=False, group=_SCROLL, id="page_up"),
        Binding("pagedown", "screen.scroll_transcript(1)", "Scroll down", show=False, group=_SCROLL, id="page_down"),
        Binding("ctrl+u", "screen.scroll_transcript(-0.5)", "Up a bit", show=False, group=_SCROLL, id="half_page_up"),
        Binding(
            "ctrl+d", "screen.scroll_transcript(0.5)", "Down a bit", show=False, group=_SCROLL, id="half_page_down"
        ),
    ]

    folded: reactive[bool] = reactive(False, toggle_class="-folded", layout=True, init=False)
    gone: reactive[bool] = reactive(False, toggle_class="-gone", layout=True, init=False)

    @dataclass
    class Opened(Message):
        """Somebody wants to see the passage where it stands."""

        citation: CitationView

    def __init__(self, citation: Citation, *, folded: bool) -> None:
        super().__init__(markup=False, classes="-folded" if folded else None)
        self.citation = citation
        self.set_reactive(CitationView.folded, folded)

    def render(self) -> Content:
        """The title line, where it stands, and the passage or a line of it."""
        document = self.citation.document
        title, path = name(document), one_line(document.full_path)
        head = Content.assemble(
            ("▸ " if self.folded else "▾ "),
            (f"[{self.citation.number}]", ".citation--number"),
            " ",
            (_cut(title, path) if self.folded else title, ".citation--gone" if self.gone else ".citation--title"),
            (f"  {where_text(self.citation.document, self.citation.locator)}", ".citation--place"),
        )
        notice = Content.styled(self._notice(), ".citation--notice")
        if self.folded:
            line = Content(preview(self.citation), strip_control_codes=False)
            return Content("\n").join([head, Content("  ") + notice + line])
        where = [notice] if notice else []
        if title != path:
            where.append(Content.styled(path, ".citation--place"))
        if self.citation.also_in:
            copies = ", ".join(one_line(copy.full_path) for copy in self.citation.also_in)
            where.append(Content.styled(f"also in {copies}", ".citation--place"))
        return Content("\n").join([head, *where, quote(self.citation, ".citation--evidence")])

    def _notice(self) -> str:
        said = freshness_text(Freshness.GONE if self.gone else self.citation.freshness)
        return f"{said.partition(':')[0]}. " if self.folded and said else said

    def update_citation(self, citation: Citation | None) -> None:
        """Show the passage as it is now; None if its document is gone."""
        self.gone = citation is None
        if citation is not None and citation != self.citation:
            self.citation = citation
            self.refresh(layout=True)

    def action_fold(self) -> None:
        """Fold or unfold the passage."""
        self.folded = not self.folded

    def action_open(self) -> None:
        """Show the passage in its document, if that is still indexed."""
        if self.gone:
            path = one_line(self.citation.document.full_path)
            self.notify(f"{path} is no longer in your documents.", severity="warning", markup=False)
        else:
            self.post_message(self.Opened(self))

    def action_copy(self, form: str) -> None:
        """Copy the quote with its citation."""
        work.in_thread(self, "copy", work.copy_quote, self.citation, form)

    def action_open_outside(self) -> None:
        """Open the document at the passage, in its own program."""
        work.in_thread(self, "outside", work.open_outside, self.citation)

    def on_click(self, event: events.Click) -> None:
        """The marker folds and unfolds, a folded passage unfolds, a title opens."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        on_marker = offset.y == 0 and offset.x < 2
        if on_marker or self.folded:
            self.action_fold()
        elif offset.y == 0:
            self.action_open()


def _cut(title: str, path: str) -> str:
    if len(title) <= _LONGEST_NAME:
        return title
    return f"…{title[1 - _LONGEST_NAME :]}" if title == path else f"{title[: _LONGEST_NAME - 1]}…"
