"""What is said before the first question."""

from __future__ import annotations

from textual.content import Content

from askdocs.rendering.render import one_line
from askdocs.tui.keymap import key_of
from askdocs.tui.main_screen.asking import Asking
from askdocs.tui.widgets.indexing import IndexingStrip
from askdocs.tui.widgets.transcript import Transcript


class Welcome:
    """Put together of what is known by now, and shown as long as nothing was asked."""

    def __init__(self, transcript: Transcript, strip: IndexingStrip, asking: Asking) -> None:
        self._transcript = transcript
        self._strip = strip
        self._asking = asking
        self.sources: tuple[str, ...] = ()
        self.suggestions: tuple[str, ...] = ()
        self.kept_before = False
        """Are there earlier conversations?"""

    def show(self) -> None:
        """Say what can be done, in place of what was said before."""
        passages, open_, help_ = (key_of(self._transcript, name) for name in ("passages", "open", "help"))
        lines = [Content.styled("Ask a question: the answer is quoted from your documents.", "bold")]
        if self._strip.running and not self._asking.ready:
            lines.append(Content("They are being indexed for the first time. Ask already: answers follow."))
        else:
            if self.sources:
                lines.append(Content(f"They come from {one_line(', '.join(self.sources))}."))
            elif self._asking.ready:
                lines.append(Content(f"There are none yet: {key_of(self._transcript, 'library')} adds a folder."))
            lines.append(Content(f"{passages} goes to the passages, {open_} opens one, {help_} explains the rest."))
        if self.kept_before:
            lines.append(Content(f"{key_of(self._transcript, 'sessions')} goes back to earlier conversations."))
        if self.suggestions:
            lines.append(Content(f"\nTo begin with, one of these ({passages}, then Enter):"))
        self._transcript.welcome(Content("\n").join(lines), self.suggestions)
