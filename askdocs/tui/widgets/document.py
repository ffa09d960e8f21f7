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
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.worker import get_current_worker

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

        &:ansi .document--evidence {
            background: transparent;
        }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "document--number",
        "document--mark",
        "document--passage",
        "document--evidence",
    }

    def __init__(self, *, numbered: bool = True) -> None:
        super().__init__()
        self._numbered = numbered
        self._text = ""
        self._passage = Span(0, 0)
        self._evidence: tuple[Span, ...] = ()
        self._layout: Layout | None = None
        self._digits = 0
        self._top = 0  # the offset to keep in sight while the text is wrapped anew
        self._show_passage = False

    def show(self, text: str, passage: Span | None = None, evidence: tuple[Span, ...] = ()) -> None:
        """Show `text` from `passage` on, or from its beginning."""
        self._passage = passage or Span(0, 0)
        self._evidence = evidence
        self._show_passage = True
        if text is not self._text or self._layout is None:
            self._text = text
            self._digits = max(3, len(str(text.count("\n") + 1)))
            self._layout = None
            self._wrap()
        else:
            self._go_to_passage(self._layout)
        self.refresh()

    def action_half_page(self, step: int) -> None:
        """Up (-1) or down (1) by half of what is in sight."""
        self.scroll_relative(y=step * (self.size.height // 2), animate=False)

    @property
    def settled(self) -> bool:
        """Is the text wrapped to the width that there is?"""
        return self._layout is not None and self._layout.width == self._row_width()

    def on_resize(self, _event: events.Resize) -> None:
        """Wrap anew if the width is another one."""
        if self._layout is None or self._layout.width != self._row_width():
            if self._layout is not None and self._layout.rows:
                row = min(self.scroll_offset.y, len(self._layout.rows) - 1)
                self._top = self._layout.rows[row]
            self._wrap()

    def on_laid_out(self, message: LaidOut) -> None:
        """Take over the layout, unless the text or the width is another one by now."""
        message.stop()
        layout = message.layout
        if message.text is not self._text or layout.width != self._row_width():
            return
        self._layout = layout
        self.virtual_size = Size(layout.width, len(layout.rows))
        if self._show_passage:
            self._go_to_passage(layout)
        else:
            self.scroll_to(y=layout.row_at(self._top), animate=False, force=True)
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

    def _go_to_passage(self, layout: Layout) -> None:
        row = layout.row_at(self._passage.start)
        first_lit = layout.row_at(self._evidence[0].start) if self._evidence else row
        if first_lit - row > self.size.height - 2 * _ABOVE_PASSAGE:
            row = first_lit  # a long passage: the sentence that answers must be in sight
        self._show_passage = False
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
        parts = [span, *lit, *([passage] if passage else [])]
        edges = sorted({min(edge, span.end) for part in parts for edge in (part.start, part.end)})
        segments = []
        column = 0
        for start, end in pairwise(edges):
            if any(part.start <= start < part.end for part in lit):
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
