"""How the tests use the interface: start it, wait for what they expect, read the screen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot

from askdocs.config import Settings
from askdocs.tui.app import AskdocsApp
from askdocs.tui.screens.main import MainScreen
from askdocs.tui.widgets.answer import AnswerCard
from askdocs.tui.widgets.citation import CitationView
from askdocs.tui.widgets.document import DocumentView
from askdocs.tui.widgets.indexing import IndexingStrip
from askdocs.tui.widgets.question import QuestionBox
from tests.tui.fake import FakeAssistant

if TYPE_CHECKING:
    from askdocs.assistant import Assistant

PATIENCE = 10.0
ROOF = "# The roof\n\nThe roof was repaired in March 2019 by Miller & Sons. It had leaked for years.\n"
GARDEN = "The garden gate is painted green every second spring.\n\nThe hedge is cut in June.\n"


def home() -> FakeAssistant:
    """Two documents, not yet indexed."""
    return FakeAssistant(files={"notes/roof.md": ROOF, "notes/garden.txt": GARDEN})


def indexed_home() -> FakeAssistant:
    """Two documents, indexed."""
    fake = home()
    fake.commit()
    return fake


def app_for(fake: FakeAssistant, settings: Settings | None = None, *, watch: bool = False) -> AskdocsApp:
    """The application over a scripted assistant."""
    return AskdocsApp(cast("Assistant", fake), replace(settings or Settings(), watch=watch))


class Driver:
    """One running application."""

    def __init__(self, pilot: Pilot[None], fake: FakeAssistant) -> None:
        self.pilot = pilot
        self.app = cast("AskdocsApp", pilot.app)
        self.fake = fake

    @property
    def main(self) -> MainScreen:
        screen = self.app.screen_stack[0]
        assert isinstance(screen, MainScreen)
        return screen

    @property
    def box(self) -> QuestionBox:
        return self.main.query_one(QuestionBox)

    @property
    def strip(self) -> IndexingStrip:
        return self.main.query_one(IndexingStrip)

    @property
    def cards(self) -> list[AnswerCard]:
        return list(self.main.query(AnswerCard))

    @property
    def citations(self) -> list[CitationView]:
        return list(self.main.query(CitationView))

    @property
    def document(self) -> DocumentView:
        return self.app.screen.query_one(DocumentView)

    def text(self) -> str:
        """What is on the screen."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)

    async def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Let the application work until `condition` holds."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"{what or 'it'} never came:\n{self.text()}"
            await self.pilot.pause(0.005)
        await self.pilot.pause()

    async def see(self, *words: str) -> None:
        """Wait until `words` are on the screen."""
        await self.until(lambda: all(word in self.text() for word in words), " and ".join(map(repr, words)))

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def type(self, text: str) -> None:
        """Keys as a terminal sends them: in one burst, nobody waiting for anything."""
        for character in text:
            named = {"\n": "enter", "\t": "tab", "\x7f": "backspace", "\x15": "ctrl+u"}
            key = named.get(character) or _character_to_key(character)
            self.app.post_message(events.Key(key, character if character.isprintable() else None))
        await self.pilot.pause()

    async def ask(self, question: str) -> AnswerCard:
        """Ask, and wait until the card is no longer waiting."""
        last = self.cards[-1] if self.cards else None
        await self.type(question + "\n")
        await self.until(lambda: self.cards and self.cards[-1] is not last, "a card")
        card = self.cards[-1]
        await self.until(lambda: not card.has_class("-waiting"), "an answer")
        return card

    async def paste(self, text: str) -> None:
        self.app.post_message(events.Paste(text))
        await self.pilot.pause()

    async def settle(self) -> None:
        """Wait until nothing goes on."""
        await self.until(lambda: self.main._asking.ready and not self.strip.running, "the end of indexing")
        await self.until(lambda: self.main._asking.encoder_ready, "the encoder")
        await self.until(lambda: not any(card.has_class("-waiting") for card in self.cards), "answers")


@asynccontextmanager
async def running(
    assistant: FakeAssistant | Assistant,
    size: tuple[int, int] = (80, 24),
    settings: Settings | None = None,
    *,
    watch: bool = False,
) -> AsyncIterator[Driver]:
    """The application, running without a terminal; all gates are open when it is left."""
    fake = cast("FakeAssistant", assistant)
    gates = (fake.indexing, fake.asking, fake.loading) if isinstance(assistant, FakeAssistant) else ()
    app = app_for(fake, settings, watch=watch)
    try:
        async with app.run_test(size=size, notifications=True) as pilot:
            yield Driver(pilot, fake)
            for gate in gates:
                gate.set()
    finally:
        for gate in gates:
            gate.set()
        await asyncio.sleep(0)


@asynccontextmanager
async def running_on(
    assistant: Assistant, size: tuple[int, int] = (80, 24), *, watch: bool = False
) -> AsyncIterator[Driver]:
    """The application over a real assistant."""
    async with AskdocsApp(assistant, Settings(watch=watch)).run_test(size=size, notifications=True) as pilot:
        yield Driver(pilot, FakeAssistant())
