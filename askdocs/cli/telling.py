"""What commands say on stderr while they work, and how wide and colourful a terminal is."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from typing import TypeVar

import click

from askdocs.events import (
    EncoderLoading,
    FileFailed,
    Indexed,
    IndexEvent,
    Moved,
    Planned,
    Progressed,
    Verified,
    Verifying,
)
from askdocs.rendering import render, render_index
from askdocs.types import Failure

Outcome = TypeVar("Outcome", Verified, Moved)


def news(text: str, *, nl: bool = True) -> None:
    """Print what is no data."""
    click.echo(text, err=True, nl=nl)


def width() -> int:
    """Count the columns that text may take."""
    return min(shutil.get_terminal_size().columns, 100)


def colour() -> bool:
    """Tell whether stdout shows colours."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def show_progress(events: Iterator[IndexEvent]) -> Indexed:
    """Tell about `events` on stderr until the last, which is returned."""
    last = Indexed()
    progress = Progress()
    for event in events:
        progress.tell(event)
        if isinstance(event, Indexed):
            last = event
    return last


class Progress:
    """What runs say on stderr: on a terminal how far they are, and of each file once that it is left out."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._started = 0.0
        self._skipped: set[Failure] = set()
        self._passed_over: tuple[tuple[str, int], ...] = ()
        self._failed: set[Failure] = set()

    def tell(self, event: IndexEvent) -> None:
        match event:
            case Planned(plan):
                self._started = time.monotonic()
                for skipped in plan.skipped:
                    if skipped not in self._skipped:
                        self._say(f"skipped {render_index.render_failure(skipped)}\n")
                self._skipped = set(plan.skipped)
                if plan.passed_over and plan.passed_over != self._passed_over:
                    self._say(f"passed over {render_index.passed_over_text(plan)}\n")
                self._passed_over = plan.passed_over
            case EncoderLoading(name) if self._live:
                self._say(f"Loading {render.one_line(name)} …")
            case Progressed(path, done, total) if self._live:
                spent = time.monotonic() - self._started
                left = f", {spent * (total - done) / done:,.0f} s left" if done else ""
                name = render.one_line(path)[-40:]
                self._say(f"{done / max(total, 1):4.0%} of {total / 1e6:,.1f} MB{left}  {name}")
            case FileFailed(failure) if failure not in self._failed:
                self._say(f"failed {render_index.render_failure(failure)}\n")
            case Indexed():
                self._failed = set(event.failures)
                if self._live:
                    self._say("")

    def _say(self, text: str) -> None:
        """In place of what was said before without a line end."""
        news(("\r\x1b[K" if self._live else "") + text, nl=False)


def show_verifying(events: Iterator[Verifying | Outcome]) -> Outcome:
    """Tell about `events` on a terminal until the outcome, which is returned once all is done."""
    live = sys.stderr.isatty()
    outcome: Outcome | None = None
    for event in events:
        if not isinstance(event, Verifying):
            outcome = event
        elif live:
            news(f"\r\x1b[K{event.done / max(event.total, 1):4.0%} of {event.part} looked through", nl=False)
    if live:
        news("\r\x1b[K", nl=False)
    if outcome is None:
        raise AssertionError("looking through an index has an outcome")
    return outcome
