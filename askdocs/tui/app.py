"""The Textual application."""

from __future__ import annotations

import asyncio
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
from typing import TYPE_CHECKING, ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from askdocs.render import visible
from askdocs.tui.screens.main import MainScreen
from askdocs.tui.themes import THEMES

if TYPE_CHECKING:
    from askdocs.assistant import Assistant
    from askdocs.tui.messages import OpenedOutside, QuoteReady

_THREADS = "askdocs-worker"
_MOST_THREADS = 32  # a busy one must never keep another waiting
_SWITCH = 0.001  # seconds for which a busy worker keeps the interpreter from drawing what is typed
_GRACE = 0.3  # seconds for workers to notice that it is over
_HUNG_UP = 129  # as of a process that SIGHUP has ended
_LAST_WORDS = 2.0  # seconds for what is under way when the terminal vanishes


class AskdocsApp(App[None]):
    """Questions and answers over one assistant, which whoever opened it closes."""

    TITLE = "askdocs"
    CSS_PATH = "screens/main.tcss"  # Textual reads no style sheet of a default screen
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1,question_mark", "help", "Help"),
        Binding("ctrl+q", "quit", "Quit", priority=True),
    ]

    def __init__(self, assistant: Assistant, *, watch: bool) -> None:
        """`watch` is whether what changes is indexed by itself, to begin with."""
        super().__init__()
        self._assistant = assistant
        self._watch = watch
        self.animation_level = "none"  # what moves must mean something
        for theme in THEMES:
            self.register_theme(theme)
        # Not by assignment, which would have all style sheets read a second time before the first paint.
        self.set_reactive(App.theme, THEMES[0].name)
        self.stylesheet.set_variables(self.get_css_variables())

    def get_default_screen(self) -> MainScreen:
        """The first screen."""
        return MainScreen(self._assistant, watch=self._watch)

    def action_help(self) -> None:
        """What the keys do, unless that is on show."""
        from askdocs.tui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen())

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

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """What the command palette offers."""
        if isinstance(screen, MainScreen):
            yield SystemCommand("Re-index", "Catch up with your files (F5)", screen.action_index)
            if screen.watching:
                yield SystemCommand("Stop watching", "Index what changes only when told to (F6)", screen.action_watch)
            else:
                yield SystemCommand("Watch", "Index by itself what changes (F6)", screen.action_watch)
            yield SystemCommand("Pause or go on", "Indexing; nothing is lost (F9)", screen.action_pause_or_go_on)
            yield SystemCommand("Stop indexing", "What is done stays (Esc)", screen.action_stop)
            yield SystemCommand("Library", "Sources and documents: look, add, forget (F2)", screen.action_library)
            yield SystemCommand("Add a folder", "Choose a folder or file to index", screen.action_add_source)
            yield SystemCommand("Retry failures", "Read once more what could not be read", screen.action_retry_failures)
            yield SystemCommand("Scope", "Choose which documents to ask (F7)", screen.action_scope)
            yield SystemCommand("Why this passage", "What it was found by (w on a passage)", screen.action_why)
            yield SystemCommand("More like this", "Rank by a passage (m on it)", partial(screen.action_mark, True))
            yield SystemCommand("Not this", "Rank without a passage (x on it)", partial(screen.action_mark, False))
            yield SystemCommand("Clear", "Clear the answers (Ctrl+L)", screen.action_clear)
            yield SystemCommand("New conversation", "Begin anew; this one is kept (Ctrl+N)", screen.action_new)
            yield SystemCommand("Conversations", "Go back to one that is kept (F3)", screen.action_sessions)
            yield SystemCommand("Export", "Write this conversation to a file (Ctrl+E)", screen.action_export)
            yield SystemCommand("Past questions", "Find one, to ask it again (Ctrl+R)", screen.action_history)
        from askdocs.tui.passages import commands

        yield from commands(screen)
        yield SystemCommand("Help", "What the keys do (F1)", self.action_help)
        yield SystemCommand("Theme", "Change the colours", self.action_change_theme)
        yield SystemCommand("Quit", "Leave askdocs (Ctrl+Q)", self.action_quit)


def run(assistant: Assistant, *, watch: bool) -> int:
    """Run the interface until it is left; returns the exit code.

    If a worker is then still busy with something that can't be interrupted (importing a model's libraries,
    embedding a batch), the process ends here rather than make a person wait: what was committed stays.
    """
    sys.setswitchinterval(_SWITCH)
    app = AskdocsApp(assistant, watch=watch)
    loop = asyncio.new_event_loop()
    executor = ThreadPoolExecutor(max_workers=_MOST_THREADS, thread_name_prefix=_THREADS)
    loop.set_default_executor(executor)
    _leave_with_terminal(loop, partial(app.exit, return_code=_HUNG_UP))
    try:
        app.run(loop=loop)
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
        if _still_busy(_GRACE):
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(app.return_code or 0)
        loop.close()
    return app.return_code or 0


def _leave_with_terminal(loop: asyncio.AbstractEventLoop, leave: Callable[[], None]) -> None:
    """Have `loop` call `leave` when the terminal vanishes, with a signal or, as under nohup, without one."""
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
