"""A line for the path of a folder or file, completed as it is typed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.suggester import Suggester

from askdocs.tui.widgets.line import Line


class PathInput(Line):
    """Tab or the right arrow takes what is proposed; `~` is the home folder."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Add"),
        Binding("tab", "complete", "Complete", tooltip="take what is proposed", id="complete"),
    ]

    def __init__(self, completed: Callable[[str], str | None]) -> None:
        """`completed` may look at the disk."""
        super().__init__(placeholder="A folder or file, as in ~/Documents")
        self.suggester = _Completion(completed)

    @property
    def path(self) -> str:
        """What was typed, without the quotes in which terminals paste a file that is dropped on them."""
        text = self.value.strip()
        return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text

    def action_complete(self) -> None:
        """Take what is proposed; if nothing is, go on to what comes next."""
        if self._suggestion and self.cursor_at_end:
            self.action_cursor_right()
        else:
            self.screen.focus_next()


class _Completion(Suggester):
    def __init__(self, completed: Callable[[str], str | None]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)  # folders change
        self._completed = completed

    async def get_suggestion(self, value: str) -> str | None:
        return await asyncio.to_thread(self._completed, value)
