"""Whatever is pressed, clicked, pasted or resized, in any order: no traceback, and nothing is stuck."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from textual.pilot import OutOfBounds

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
    ("seed", "events"), [(1, 60), pytest.param(2, 10_000, marks=pytest.mark.slow)], ids=["some", "ten thousand"]
)
async def test_random_events(assistant: Assistant, work: Path, seed: int, events: int) -> None:
    """Then everything that was begun ends, the interface still answers a question, and its conversations open again."""
    generator = random.Random(seed)
    app = AskdocsApp(assistant, load_settings(work, {}))
    async with app.run_test(size=SIZES[0]) as pilot:
        driver = Driver(pilot, cast("FakeAssistant", assistant))
        for number in range(events):
            match generator.choices(tuple(WEIGHTS), tuple(WEIGHTS.values()))[0]:
                case "key":
                    await pilot.press(generator.choice(KEYS))
                case "text":
                    await pilot.press(*generator.choice(TEXTS))
                case "click":
                    width, height = app.size
                    at = generator.randrange(width), generator.randrange(height)
                    with suppress(OutOfBounds):  # resized meanwhile
                        await pilot.click(offset=at, times=generator.choice((1, 1, 1, 2)))
                case "paste":
                    await driver.paste(generator.choice(PASTES))
                case "resize":
                    await pilot.resize_terminal(*generator.choice(SIZES))
                case "file":
                    write_files(work / "notes", {f"{generator.randrange(3)}.md": f"# Note {number}\n\n{ROOF}"})
            assert app.is_running, number
        await pilot.resize_terminal(*SIZES[0])
        while len(app.screen_stack) > 1:
            app.pop_screen()
            await pilot.pause()
        await pilot.press("escape", "escape", "ctrl+l")
        await driver.settle()
        driver.box.text = ""
        card = await driver.ask("When was the roof repaired?")
        assert card.answer is not None
        assert card.answer.citations
        for worker in list(app.workers):
            assert worker.group == "watch" or worker.is_finished, worker
