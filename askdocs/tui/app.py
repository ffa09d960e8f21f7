"""The Textual application."""

from __future__ import annotations

import asyncio
import gc
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen, SystemModalScreen

from askdocs.config import Settings, located, taken_up
from askdocs.errors import SettingsError
from askdocs.rendering.render import visible
from askdocs.tui import work
from askdocs.tui.keymap import commands, key_text, keymap, keys_of
from askdocs.tui.messages import SettingChanged
from askdocs.tui.screens.main import MainScreen
from askdocs.tui.themes import THEMES, ThemeChoice, check_theme, own_theme

if TYPE_CHECKING:
    from askdocs.assistant import Assistant
    from askdocs.tui.messages import OpenedOutside, QuoteReady

_THREADS = "askdocs-worker"
_MOST_THREADS = 32  # a busy one must never keep another waiting
_SWITCH = 0.001  # seconds for which a busy worker keeps the interpreter from drawing what is typed
_HARDLY_EVER = 1_000  # for all garbage, which the main screen collects when it is least in the way
_GRACE = 0.3  # seconds for workers to notice that it is over
_HUNG_UP = 129  # as of a process that SIGHUP has ended
_LAST_WORDS = 2.0  # seconds for what is under way when the terminal vanishes


class AskdocsApp(App[None]):
    """Questions and answers over one assistant, which whoever opened it closes."""

    TITLE = "askdocs"
    CSS_PATH = "screens/main.tcss"  # Textual reads no style sheet of a default screen
    BINDING_GROUP_TITLE = "Anywhere"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "help", "Help", priority=True, tooltip="what the keys do here", id="help"),
        Binding("question_mark", "help", "Help", show=False),
        Binding("ctrl+q", "quit", "Quit", priority=True, tooltip="leave askdocs", id="quit"),
        Binding(
            "ctrl+p", "command_palette", "Commands", show=False, priority=True, id="commands",
            tooltip="all that can be done here, by name",
        ),
        Binding("f8", "settings", "Settings", show=False, tooltip="choose keys, colours and the rest", id="settings"),
    ]  # fmt: skip

    def __init__(self, assistant: Assistant, settings: Settings) -> None:
        """Raises SettingsError if `settings` name a theme, a colour, an action or a key that doesn't exist."""
        # With NO_COLOR no colour at all is sent, rather than Textual's shades of grey on black.
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        self.settings = settings
        self.keys = keymap(settings)
        self._assistant = assistant
        self._main: MainScreen | None = None
        self.animation_level = "none"  # what moves must mean something
        for theme in THEMES:
            self.register_theme(theme)
        self._take_own_theme(settings)
        if self.keys:
            self.set_keymap(self.keys)
        # Not by assignment, which would have all style sheets read a second time before the first paint. But one of the
        # terminal's own colours is only put in force by that, once the application runs.
        self._later = settings.theme if self.available_themes[settings.theme].ansi else ""
        self.set_reactive(App.theme, THEMES[0].name if self._later else settings.theme)
        self.stylesheet.set_variables(self.get_css_variables())

    def get_default_screen(self) -> MainScreen:
        """The first screen."""
        self._main = MainScreen(self._assistant, watch=self.settings.watch)
        return self._main

    def keep(self) -> None:
        """Write down, from whatever thread, what has been answered and isn't kept yet."""
        if self._main:
            self._main.keep_now()

    def on_mount(self) -> None:
        """Put on colours that couldn't be before."""
        if self._later:
            self.theme = self._later

    def action_help(self) -> None:
        """What the keys do on the screen in view; once more, and that goes away."""
        from askdocs.tui.screens.help import HelpScreen

        if isinstance(self.screen, HelpScreen):
            self.screen.dismiss()
        elif not isinstance(self.screen, SystemModalScreen):
            self.push_screen(HelpScreen(self.screen))

    async def on_event(self, event: events.Event) -> None:
        """Whatever is pasted, wherever, is made harmless first: Textual's own inputs would draw its escape codes.

        What is typed goes to the question, if it is meant for that, while the keys are still in their order.
        """
        if isinstance(event, events.Paste):
            event.text = visible(event.text)
        elif isinstance(event, events.Key) and not event.is_forwarded and isinstance(self.screen, MainScreen):
            self.screen.prepare_for(event)
        await super().on_event(event)

    def on_quote_ready(self, message: QuoteReady) -> None:
        """Have the terminal copy it too, which works from afar, and say what happened."""
        self.copy_to_clipboard(message.text)
        self.notify(message.said, markup=False)

    def on_opened_outside(self, message: OpenedOutside) -> None:
        """Make room for a program of the terminal, or say what happened."""
        trouble, command = message.trouble, message.command
        if command and command.in_terminal:
            from askdocs.tui.outside import run_in_terminal

            trouble = run_in_terminal(self, command)
        elif command:
            self.notify(visible(f"Opened with {command.arguments[0]}."), markup=False)
        if trouble:
            self.notify(visible(trouble), severity="error", markup=False)

    # Settings

    def action_settings(self) -> None:
        """What can be chosen."""
        from askdocs.tui.screens.settings import SettingsScreen

        self.push_screen(SettingsScreen())

    def search_themes(self) -> None:
        """Choose a theme in the palette; it is remembered."""
        from textual.command import CommandPalette

        self.push_screen(CommandPalette(providers=[ThemeChoice], placeholder="Which colours?"))

    def choose_theme(self, name: str) -> None:
        """Show it at once, whether it can be remembered or not."""
        self.theme = name
        self.change_setting("theme", name)

    def change_setting(self, name: str, text: str | None) -> None:
        """Write it to askdocs.toml, and go by it as far as that can be; None leaves it to its default."""
        work.in_thread(self, "setting", work.write_setting, Path.cwd(), name, text, check_settings)

    def on_setting_changed(self, message: SettingChanged) -> None:
        """Go by the new settings, or say why there are none."""
        if message.settings is not None:
            self.adopt(message.settings)
        else:
            self.notify(visible(message.trouble), title="Not remembered", severity="warning", markup=False)

    def adopt(self, settings: Settings) -> None:
        """Go by `settings`, as far as that can be without a start."""
        before, self.settings = self.settings, taken_up(settings, self.settings)
        self._assistant.adopt(settings)
        self._take_own_theme(settings)
        self.theme = settings.theme
        self.keys = keymap(settings)
        self.set_keymap(self.keys)
        main = self.screen_stack[0]
        if settings.watch != before.watch and isinstance(main, MainScreen) and settings.watch != main.watching:
            main.action_watch()

    def _take_own_theme(self, settings: Settings) -> None:
        check_theme(settings)
        if theme := own_theme(settings):
            self.register_theme(theme)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """What the command palette offers: all that can be done on `screen` now, with its keys."""
        for active in commands(screen):
            keys = ", ".join(map(key_text, keys_of(screen, active.binding)))
            what = active.binding.tooltip or active.binding.description
            run = partial(self.call_later, self.run_action, active.binding.action, active.node)
            yield SystemCommand(active.binding.description, f"{what[:1].upper()}{what[1:]} ({keys})", run)
        if isinstance(screen, MainScreen):
            yield SystemCommand("Add a folder", "Choose a folder or file to index", screen.action_add_source)
            yield SystemCommand("Retry failures", "Read once more what could not be read", screen.action_retry_failures)
        from askdocs.tui.passages import copying

        yield from copying(screen)
        yield SystemCommand("Theme", "Change the colours", self.action_change_theme)


def check_settings(settings: Settings) -> None:
    """Raise SettingsError if the interface can't go by `settings`."""
    check_theme(settings)
    own_theme(settings)
    keymap(settings)


def run(assistant: Assistant, settings: Settings) -> int:
    """Run the interface until it is left; returns the exit code.

    If a worker is then still busy with something that can't be interrupted (importing a model's libraries,
    embedding a batch), the process ends here rather than make a person wait: what was committed stays.
    """
    sys.setswitchinterval(_SWITCH)
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, _HARDLY_EVER)
    try:
        app = AskdocsApp(assistant, settings)
    except SettingsError as exc:
        raise located(exc, Path.cwd()) from exc
    loop = asyncio.new_event_loop()
    executor = ThreadPoolExecutor(max_workers=_MOST_THREADS, thread_name_prefix=_THREADS)
    loop.set_default_executor(executor)
    _leave_with_terminal(loop, app.keep, partial(app.exit, return_code=_HUNG_UP))
    try:
        app.run(loop=loop)
    finally:
        app.keep()
        executor.shutdown(wait=False, cancel_futures=True)
        if _still_busy(_GRACE):
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(app.return_code or 0)
        loop.close()
    return app.return_code or 0


def _leave_with_terminal(loop: asyncio.AbstractEventLoop, keep: Callable[[], None], leave: Callable[[], None]) -> None:
    """Have `loop` call `leave` when the terminal vanishes, with a signal or, as under nohup, without one.

    What is to `keep` is kept even if the loop waits for the terminal to take what it draws.
    """
    if not hasattr(signal, "SIGHUP"):
        return
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        loop.add_signal_handler(signal.SIGHUP, leave)

    def wait() -> None:
        terminal = select.poll()
        terminal.register(sys.stdin, 0)  # for nothing but its end
        if any(event & select.POLLHUP for _, event in terminal.poll()):
            with suppress(RuntimeError):  # it is over
                loop.call_soon_threadsafe(leave)
            keep()
            time.sleep(_LAST_WORDS)  # by then it has left, unless it waits for the terminal to take what it draws
            os._exit(_HUNG_UP)

    threading.Thread(target=wait, name="askdocs-terminal", daemon=True).start()


def _still_busy(grace: float) -> bool:
    """Is any worker thread alive after `grace` seconds?"""
    deadline = time.monotonic() + grace
    workers = [thread for thread in threading.enumerate() if thread.name.startswith(_THREADS)]
    for thread in workers:
        thread.join(max(0.0, deadline - time.monotonic()))
    return any(thread.is_alive() for thread in workers)
