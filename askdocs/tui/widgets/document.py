"""A long text at a place in it: only the rows in sight are ever drawn, so megabytes scroll like a page."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events, work
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.worker import get_current_worker

from askdocs.tui.finding import NOTHING, Matches
from askdocs.tui.keymap import HALF_PAGES, SCROLLING
from askdocs.tui.messages import LaidOut
from askdocs.tui.wrapping import Layout, lay_out, with_stops
from askdocs.types import Span

WIDEST_ROW = 120
_ABOVE_PASSAGE = 3  # rows of what comes before it


@dataclass(frozen=True, slots=True)
class _Look:
    """The styles of a frame, looked up once and not for every row."""

    plain: Style
    number: Style
    mark: Style
    passage: Style
    evidence: Style
    match: Style
    current_match: Style


class DocumentView(ScrollView, can_focus=True):
    """Text that is safe to show, its lines numbered, a passage marked and its evidence lit."""

    ALLOW_SELECT = False
    BINDING_GROUP_TITLE = "The text"
    BINDINGS: ClassVar[list[BindingType]] = [*SCROLLING, *HALF_PAGES]
    DEFAULT_CSS = """
    DocumentView {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
        background: $background;

        .document--number {
            color: $text-muted;
        }

        .document--mark {
            color: $primary;
        }

        .document--passage {
            background: $surface;
        }

        .document--evidence {
            background: $accent 20%;
            text-style: bold underline;
        }

        .document--match {
            text-style: reverse;
        }

        .document--current-match {
            background: $accent;
            color: $background;
            text-style: bold underline;
        }

        &:ansi .document--evidence {
            background: transparent;
        }

        &:nocolor .document--current-match {
            text-style: bold reverse underline;
        }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "document--number",
        "document--mark",
        "document--passage",
        "document--evidence",
        "document--match",
        "document--current-match",
    }

    @dataclass
    class Clicked(Message):
        """Somebody clicked on the character at `offset`."""

        offset: int

    def __init__(self, *, numbered: bool = True) -> None:
        super().__init__()
        self._numbered = numbered
        self._text = ""
        self._passage = Span(0, 0)
        self._evidence: tuple[Span, ...] = ()
        self._matches = NOTHING
        self._match: Span | None = None
        self._layout: Layout | None = None
        self._digits = 0
        self._top = 0  # the offset to keep in sight while the text is wrapped anew
        self._show_passage = False
        self._sought = 0  # the offset that was gone to last

    def show(
        self, text: str, passage: Span | None = None, evidence: tuple[Span, ...] = (), top: int | None = None
    ) -> None:
        """Show `text` from the offset `top` on, else from `passage` on, or from its beginning."""
        self._passage = passage or Span(0, 0)
        self._evidence = evidence
        self._matches, self._match = NOTHING, None
        self._top = top or 0
        self._show_passage = top is None
        if text != self._text or self._layout is None:
            self._text = text
            self._digits = max(3, len(str(text.count("\n") + 1)))
            self._layout = None
            self._wrap()
        else:
            self._go(self._layout)
        self.refresh()

    def action_half_page(self, step: int) -> None:
        """Up (-1) or down (1) by half of what is in sight."""
        self.scroll_relative(y=step * (self.size.height // 2), animate=False)

    def light(self, matches: Matches, current: Span | None) -> None:
        """Light up what was found in the text, and bring the `current` match in sight."""
        self._matches, self._match = matches, current
        if current:
            self.go_to(current.start)
        self.refresh()

    def go_to(self, offset: int, *, anew: bool = False) -> None:
        """Bring the character at `offset` in sight: near the top, unless it is in sight already, or even then."""
        self._sought = offset
        layout = self._layout
        if layout is None:
            self._top, self._show_passage = offset, False
            return
        row = layout.row_at(offset)
        if anew or not self._in_sight(row):
            self.scroll_to(y=max(0, row - _ABOVE_PASSAGE), animate=False, force=True)

    def on_click(self, event: events.Click) -> None:
        """Tell what was clicked, unless it is beside the text."""
        layout, at = self._layout, event.get_content_offset(self)
        if layout is None or at is None or self.scroll_offset.y + at.y >= len(layout.rows):
            return
        row = layout.row_span(self.scroll_offset.y + at.y)
        column = at.x - self._gutter_width()
        for offset in range(row.start, row.end):
            if 0 <= column < cell_len(with_stops(self._text[row.start : offset + 1])):
                self.post_message(self.Clicked(offset))
                return

    @property
    def text(self) -> str:
        """What is shown."""
        return self._text

    @property
    def in_sight(self) -> Span:
        """The rows that are in sight, or the beginning of the text as long as it isn't wrapped."""
        if (layout := self._layout) is None:
            return Span(0, 0)
        top = min(self.scroll_offset.y, len(layout.rows) - 1)
        last = min(top + max(1, self.size.height), len(layout.rows)) - 1
        return Span(layout.rows[top], layout.row_span(last).end)

    @property
    def settled(self) -> bool:
        """Is the text wrapped to the width that there is?"""
        return self._layout is not None and self._layout.width == self._row_width()

    @property
    def top(self) -> int:
        """The offset that is to stay in the first row in sight, however wide the rows are."""
        if self._layout and self._layout.row_at(self._top) != self.scroll_offset.y:
            return self._row_start(self._layout, self.scroll_offset.y)
        return self._top

    @property
    def place(self) -> int:
        """The offset that is being read: what was gone to as long as it is in sight, else a little below the top."""
        layout = self._layout
        if layout is None or self._in_sight(layout.row_at(self._sought)):
            return self._sought
        return self._row_start(layout, self.scroll_offset.y + _ABOVE_PASSAGE)

    def _in_sight(self, row: int) -> bool:
        return self.scroll_offset.y <= row < self.scroll_offset.y + self.size.height

    def _row_start(self, layout: Layout, row: int) -> int:
        return layout.rows[min(row, len(layout.rows) - 1)]

    def on_resize(self, _event: events.Resize) -> None:
        """Wrap anew if the width is another one."""
        if not self.settled:
            self._top = self.top
            self._wrap()

    def on_laid_out(self, message: LaidOut) -> None:
        """Take over the layout, unless the text or the width is another one by now."""
        message.stop()
        layout = message.layout
        if message.text is not self._text or layout.width != self._row_width():
            return
        self._layout = layout
        self.virtual_size = Size(layout.width, len(layout.rows))
        self._go(layout)
        self.refresh()

    def _wrap(self) -> None:
        if (width := self._row_width()) > 0:
            self._lay_out(self._text, width)

    @work(thread=True, exclusive=True, group="wrap")
    def _lay_out(self, text: str, width: int) -> None:
        worker = get_current_worker()
        layout = lay_out(text, width)
        if not worker.is_cancelled:
            self.post_message(LaidOut(text, layout))

    def _go(self, layout: Layout) -> None:
        if not self._show_passage:
            self.scroll_to(y=layout.row_at(self._top), animate=False, force=True)
            return
        row = layout.row_at(self._passage.start)
        first_lit = layout.row_at(self._evidence[0].start) if self._evidence else row
        if first_lit - row > self.size.height - 2 * _ABOVE_PASSAGE:
            row = first_lit  # a long passage: the sentence that answers must be in sight
        self._show_passage = False
        self._sought = layout.rows[row]
        self.scroll_to(y=max(0, row - _ABOVE_PASSAGE), animate=False, force=True)

    def _row_width(self) -> int:
        return min(WIDEST_ROW, self.scrollable_content_region.width - self._gutter_width())

    def _gutter_width(self) -> int:
        return self._digits + 3 if self._numbered else 2

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows in sight."""
        plain = self.rich_style
        self._look = _Look(
            plain=plain,
            number=self.get_component_rich_style("document--number"),
            mark=plain + self.get_component_rich_style("document--mark"),
            passage=self.get_component_rich_style("document--passage"),
            evidence=self.get_component_rich_style("document--evidence"),
            match=plain + self.get_component_rich_style("document--match"),
            current_match=plain + self.get_component_rich_style("document--current-match"),
        )
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One row: its line number if it begins a line, the mark if it is in the passage, and its text."""
        width = self.scrollable_content_region.width
        row = self.scroll_offset.y + y
        layout = self._layout
        if layout is None or row >= len(layout.rows):
            return Strip.blank(width, self._look.plain)
        span = layout.row_span(row)
        passage = _clipped(self._passage, span)
        gutter = self._gutter(layout, span, passage is not None)
        strip = Strip([*gutter, *self._row(span, passage)])
        return strip.adjust_cell_length(width, self._look.passage if passage else self._look.plain)

    def _gutter(self, layout: Layout, span: Span, in_passage: bool) -> list[Segment]:
        mark = Segment("▌ " if in_passage else "  ", self._look.mark)
        if not self._numbered:
            return [mark]
        line = layout.line_at(span.start)
        number = str(line + 1) if layout.lines[line] == span.start else ""
        return [Segment(f"{number:>{self._digits}} ", self._look.number), mark]

    def _row(self, span: Span, passage: Span | None) -> list[Segment]:
        span = Span(span.start, span.start + len(span.of(self._text).rstrip(" \n")))
        lit = [clipped for evidence in self._evidence if (clipped := _clipped(evidence, span))]
        found = self._matches.within(span)
        parts = [span, *lit, *found, *([passage] if passage else [])]
        edges = sorted({min(edge, span.end) for part in parts for edge in (part.start, part.end)})
        segments = []
        column = 0
        for start, end in pairwise(edges):
            if matched := next((part for part in found if part.start <= start < part.end), None):
                current = self._match and self._match.start <= matched.start < self._match.end
                style = self._look.current_match if current else self._look.match
            elif any(part.start <= start < part.end for part in lit):
                style = self._look.evidence
            elif passage and passage.start <= start < passage.end:
                style = self._look.passage
            else:
                style = self._look.plain
            shown = with_stops(self._text[start:end], column)
            column += cell_len(shown)
            segments.append(Segment(shown, style))
        return segments


def _clipped(span: Span, to: Span) -> Span | None:
    start, end = max(span.start, to.start), min(span.end, to.end)
    return Span(start, end) if start < end else None
