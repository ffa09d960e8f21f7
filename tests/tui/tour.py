"""`make tour`: walks through the interface over real documents, and writes docs/tour.md with a picture of each stop.

The documents are the seeds and the fixtures of the loaders' tests, the encoder is the one that askdocs ships with.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from textual.pilot import Pilot

from askdocs import Assistant
from askdocs.config import Settings
from askdocs.tui.app import AskdocsApp
from tests.support import PROJECT, SEEDS

PAGE = PROJECT / "docs" / "tour.md"
PICTURES = PROJECT / "docs" / "tour"
FIXTURES = PROJECT / "tests" / "loaders" / "fixtures"
DOCUMENTS = ("charter.docx", "tides.pptx", "bottles.xlsx", "museum.epub", "pdf/manual.pdf", "pdf/article.pdf")
SIZE = 110, 32
PATIENCE = 60.0


@dataclass(frozen=True)
class Stop:
    """A picture, what it is of, and how to get there from the stop before: keys, then words that are then on show."""

    name: str
    text: str
    keys: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()
    question: str = ""
    size: tuple[int, int] = SIZE


STOPS = (
    Stop(
        "answer", "A question is answered by the passages that answer it. The verdict says how far to trust them; the "
        "sentence that answers is lit, and the other passages are folded below. What is cited is where it says.",
        question="Where do the keys to the boiler room hang?", shows=("Found", "cellar door"),
    ),
    Stop(
        "follow-up", "A follow-up question leans on the conversation, and says how it was understood.",
        question="When were they moved there?", shows=("Asked as", "2017"),
    ),
    Stop(
        "not-found", "What the documents don't say is said plainly; the nearest passages are there, as just that.",
        question="What is the boiling point of tungsten?", shows=("Not in your documents",),
    ),
    Stop("reader", "Enter opens a passage in its document.", ("tab", "enter"), ("passage 1 of",)),
    Stop("outline", "`t` shows what the document consists of.", ("t",), ()),
    Stop("why", "`w` on a passage says why it was found.", ("escape", "escape", "tab", "w"), ()),
    Stop("library", "F2 is the library: what is indexed, what is not, and why.", ("escape", "f2"), ("charter",)),
    Stop("scope", "F7 restricts a conversation to folders, types, dates or single documents.", ("escape", "f7"), ()),
    Stop("conversations", "F3 lists the conversations: each is kept.", ("escape", "f3"), ("boiler room",)),
    Stop("settings", "F8 shows the settings, and writes them into `askdocs.toml`.", ("escape", "f8"), ("precision",)),
    Stop("help", "F1 or `?` says what the keys do where you are.", ("escape", "f1"), ()),
)  # fmt: skip


async def walk(folder: Path, seen: Callable[[Stop, str], None]) -> None:
    """Go from stop to stop, and hand over the picture of each."""
    with Assistant.open(folder / "index", settings=Settings()) as assistant:
        list(assistant.index(["documents"]))
        app = AskdocsApp(assistant, Settings(watch=False))
        async with app.run_test(size=SIZE) as pilot:
            for stop in STOPS:
                if stop.question:
                    await pilot.press(*(_KEYS.get(character, character) for character in stop.question), "enter")
                await pilot.press(*stop.keys)
                await _until(pilot, lambda stop=stop: all(word in text(app) for word in stop.shows))  # type: ignore[misc]
                await pilot.pause(0.5)
                seen(stop, app.export_screenshot(title="askdocs"))


_KEYS = {" ": "space", "?": "question_mark"}


def text(app: AskdocsApp) -> str:
    """All that is on the screen."""
    return "\n".join("".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips())


async def _until(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    until = asyncio.get_running_loop().time() + PATIENCE
    while not holds():
        assert asyncio.get_running_loop().time() < until, text(pilot.app)  # type: ignore[arg-type]
        await pilot.pause(0.05)


def page() -> str:
    """docs/tour.md."""
    parts = [
        "# A tour",
        "Every picture is of the real program, at 110 by 32 characters, over the documents of its own tests;\n"
        "`make tour` takes them anew.",
    ]
    for stop in STOPS:
        parts += [stop.text, f"![{stop.name}](tour/{stop.name}.svg)"]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Write the page and its pictures anew."""
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir()

    def keep(stop: Stop, svg: str) -> None:
        # The name of a class in it is made of a random number.
        (PICTURES / f"{stop.name}.svg").write_text(re.sub(r"terminal-\d+", "terminal", svg), encoding="utf-8")

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "house"
        (folder / "documents").mkdir(parents=True)
        for path in (*(FIXTURES / document for document in DOCUMENTS), *SEEDS.iterdir()):
            shutil.copy(path, folder / "documents")
        os.chdir(folder)
        asyncio.run(walk(folder, keep))
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
