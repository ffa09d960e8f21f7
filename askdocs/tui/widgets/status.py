"""The line at the top: what the index holds, and whether it is up to date."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from askdocs.tui.keymap import key_of
from askdocs.types import IndexCounts
from askdocs.wording import count


class StatusLine(Horizontal):
    """Counts and freshness, set from outside."""

    counts: reactive[IndexCounts | None] = reactive(None)
    freshness: reactive[str] = reactive("")
    behind: reactive[bool] = reactive(False, toggle_class="-behind")

    def compose(self) -> ComposeResult:
        """The name on the left, the state on the right."""
        yield Static("askdocs", id="name", markup=False)
        yield Static("", id="state", markup=False)

    def watch_counts(self) -> None:
        """Draw it."""
        self._draw()

    def watch_freshness(self) -> None:
        """Draw it."""
        self._draw()

    def _draw(self) -> None:
        parts = [Content(self.freshness)] if self.freshness else []
        if self.counts and self.counts.failed:
            parts.insert(0, Content.styled(f"{self.counts.failed:,} failed ({key_of(self, 'library')})", "bold"))
        if self.counts:
            parts.insert(0, Content(count(self.counts.chunks, "passage")))
            parts.insert(0, Content(count(self.counts.documents, "document")))
        self.query_one("#state", Static).update(Content(" · ").join(parts))
