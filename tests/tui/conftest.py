"""Fixtures of the interface's tests."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Colours and sizes don't depend on who runs the tests, nor on how many run beside each other."""
    for name in ("COLUMNS", "LINES", "NO_COLOR", "COLORTERM", "TEXTUAL_COLOR_SYSTEM", "TERM_PROGRAM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
