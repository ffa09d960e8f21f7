"""Whatever is pressed, clicked, pasted or resized, in any order: no traceback, and nothing is stuck."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from textual import events
from textual.pilot import OutOfBounds, Pilot

from askdocs import Assistant
from askdocs.config import load_settings
from askdocs.tui.app import AskdocsApp
from tests.fakes import HashedEncoder
from tests.support import write_files
from tests.tui.driving import GARDEN, ROOF, Driver

if TYPE_CHECKING:
    from tests.tui.fake import FakeAssistant

WEIGHTS = {"key": 60, "text": 12, "click": 14, "paste": 4, "resize": 6, "file": 4}
KEYS = (
    "enter", "enter", "tab", "tab", "shift+tab", "escape", "escape", "up", "down", "left", "right", "home", "end",
    "pageup", "pagedown", "space", "backspace", "delete", "question_mark", "slash", "ctrl+p", "ctrl+l", "ctrl+n",
    "ctrl+r", "ctrl+e", "ctrl+j", "ctrl+u", "ctrl+a", "ctrl+d", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8",
    *"abcdefgimnoprstwxyjk",
)  # fmt: skip
TEXTS = ("roof", "When was the roof repaired?", "and the gate?", "path:*.md hedge", '"every second spring"', "日本 👍")
PASTES = ("[red]x[/] [@click=app.quit]y[/]\x1b[2J", "x" * 20_000, "one\ntwo\n\x00three", "\u202egnp.exe")
SIZES = ((80, 24), (160, 48), (20, 5), (120, 30), (41, 13))


@pytest.fixture
def assistant(work: Path) -> Iterator[Assistant]:
    """Over a few documents, with programs for editing and viewing that do nothing."""
    write_files(work / "notes", {"roof.md": ROOF, "garden.txt": GARDEN, "bad.txt": b"\x00\xff\x00"})
    write_files(work, {"askdocs.toml": 'editor = "true {path}"\npdf_viewer = "true {path}"\n'})  # F8 goes by it
    settings = load_settings(work, {})
    with Assistant.open("index", settings=settings, encoder=HashedEncoder()) as opened:
        list(opened.index(["notes"]))
        yield opened


@pytest.mark.parametrize(
    ("seed", "number"), [(1, 60), *(pytest.param(seed, 1_000, marks=pytest.mark.slow) for seed in range(101, 111))]
)
async def test_random_events(assistant: Assistant, work: Path, seed: int, number: int) -> None:
    """Nothing that was begun goes on, whatever was left by a command is opened again, the interface still answers a
    question, and the conversations open again."""
    generator = random.Random(seed)
    done = 0
    while done < number:
        done += await lived_through(generator, number - done, assistant, work)
    list(assistant.index(["notes"]))  # which may have been forgotten
    app = AskdocsApp(assistant, load_settings(work, {}))
    async with app.run_test(size=SIZES[0]) as pilot:
        driver = Driver(pilot, cast("FakeAssistant", assistant))
        await driver.settle()
        card = await driver.ask("When was the roof repaired?")
        assert card.answer is not None
        assert card.answer.citations
        await driver.until(lambda: len(assistant.sessions.listed()) > 0)
        await pilot.press("f3")
        await driver.see("When was the roof repaired?")


async def lived_through(generator: random.Random, number: int, assistant: Assistant, work: Path) -> int:
    """How many of a `number` of events an interface saw until a command left it, or all, and then everything ended."""
    app = AskdocsApp(assistant, load_settings(work, {}))
    async with app.run_test(size=SIZES[0]) as pilot:
        for seen in range(1, number + 1):
            await happen(generator, pilot, work)
            if not app.is_running:
                assert app.return_code == 0
                return seen
        until = time.monotonic() + 30
        while unfinished := [worker for worker in app.workers if worker.group != "watch" and not worker.is_finished]:
            assert time.monotonic() < until, unfinished
            await pilot.pause(0.05)
    return number


async def happen(generator: random.Random, pilot: Pilot[None], work: Path) -> None:
    """Something, at random."""
    match generator.choices(tuple(WEIGHTS), tuple(WEIGHTS.values()))[0]:
        case "key":
            await pilot.press(generator.choice(KEYS))
        case "text":
            await pilot.press(*generator.choice(TEXTS))
        case "click":
            width, height = pilot.app.size
            at = generator.randrange(width), generator.randrange(height)
            with suppress(OutOfBounds):  # resized meanwhile
                await pilot.click(offset=at, times=generator.choice((1, 1, 1, 2)))
        case "paste":
            pilot.app.post_message(events.Paste(generator.choice(PASTES)))
            await pilot.pause()
        case "resize":
            await pilot.resize_terminal(*generator.choice(SIZES))
        case "file":
            name = f"{generator.randrange(3)}.md"
            write_files(work / "notes", {name: f"# Note {generator.randrange(1_000)}\n\n{ROOF}"})
