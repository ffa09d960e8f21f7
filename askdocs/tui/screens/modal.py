"""Screens over others, which are left with a result."""

from __future__ import annotations

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen, Screen, ScreenResultType


class LeftOnce(Screen[ScreenResultType]):
    """Is left once, whatever comes in one burst: a second Enter must not take away the screen below."""

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Leave, unless that has happened."""
        return super().dismiss(result) if self.is_current else AwaitComplete()


class Modal(ModalScreen[ScreenResultType], LeftOnce[ScreenResultType]):  # in this order: Textual styles by the first
    """What it covers shows through around it."""
