"""What the screens of conversations look like."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from askdocs.sessions import Conversation
from askdocs.tui.widgets.line import Line
from tests.tui.driving import Driver, indexed_home
from tests.tui.fake import FakeAssistant
from tests.tui.test_snapshots import SIZES, Compare, looks_right

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Times are those of everywhere."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def with_conversations() -> FakeAssistant:
    """Four conversations that were had at noon."""
    fake = indexed_home()
    for question in ("When was the roof repaired?", "屋根はいつ修理されましたか", "What did the hedge cost?", "Why?"):
        conversation = Conversation(fake.sessions)
        conversation.note(question, fake.ask(question), "")
        conversation.save()
    connection = sqlite3.connect(fake.sessions.path)
    connection.execute("UPDATE sessions SET used = ?", (NOON.timestamp(),))
    connection.commit()
    connection.close()
    return fake


@SIZES
def test_sessions(snap_compare: Compare, size: tuple[int, int]) -> None:
    """The list, with one about to be deleted."""

    async def steps(driver: Driver) -> None:
        await driver.press("f3")
        await driver.see("When was the roof repaired?")
        await driver.press("down", "d")
        await driver.see("D once more")

    assert looks_right(snap_compare, with_conversations(), size, steps)


@SIZES
def test_export(snap_compare: Compare, size: tuple[int, int]) -> None:
    """A file asked for, after one that can't be."""

    async def steps(driver: Driver) -> None:
        await driver.ask("When was the roof repaired?")
        await driver.press("ctrl+e")
        await driver.until(lambda: driver.app.screen.query_one(Line).value)
        await driver.press("backspace")
        await driver.press("enter")
        await driver.see("names no format")

    assert looks_right(snap_compare, with_conversations(), size, steps)


@SIZES
def test_history(snap_compare: Compare, size: tuple[int, int]) -> None:
    """Past questions that hold a word."""

    async def steps(driver: Driver) -> None:
        await driver.press("ctrl+r")
        await driver.see("When was the roof repaired?", "Why?")
        await driver.type("th")
        await driver.until(lambda: "Why?" not in driver.text())

    assert looks_right(snap_compare, with_conversations(), size, steps)


def test_sessions_light(snap_compare: Compare) -> None:
    """The list in the light theme."""

    async def steps(driver: Driver) -> None:
        driver.app.theme = "askdocs-light"
        await driver.press("f3")
        await driver.see("When was the roof repaired?")

    assert looks_right(snap_compare, with_conversations(), (80, 24), steps)
