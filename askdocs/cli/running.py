"""How a command runs and ends: errors become one line and an exit code, and signals stop it in order."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import suppress
from typing import NoReturn

import click

from askdocs.cli.group import ExitCode, cli
from askdocs.cli.telling import news
from askdocs.errors import AskdocsError, SettingsError, UsageError
from askdocs.rendering import render


class _Terminated(BaseException):
    """The system asks the process to end."""


_STOPPED: dict[type[BaseException], signal.Signals] = {KeyboardInterrupt: signal.SIGINT, _Terminated: signal.SIGTERM}
_MOMENT = 0.02  # seconds


def _terminate(*_: object) -> None:
    raise _Terminated


def _signal_again(lost: sys.UnraisableHookArgs) -> None:
    """Send a signal once more that came where Python drops what is raised, as while an object goes."""
    stopped = _STOPPED.get(lost.exc_type)
    if stopped is None:
        sys.__unraisablehook__(lost)
    else:
        threading.Timer(_MOMENT, os.kill, [os.getpid(), stopped]).start()


def process() -> None:
    """Run a command as a process of its own: SIGTERM stops it as Ctrl-C does, and nothing stops it twice."""
    sys.unraisablehook = _signal_again
    signal.signal(signal.SIGTERM, _terminate)
    code: str | int | None = None
    try:
        main()
    except SystemExit as exc:
        code = exc.code
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if code == 128 + signal.SIGINT:
        # Python would end itself by SIGINT, whatever the code, had that come in code made of text, as of a dataclass.
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def main() -> None:
    """Run a command; what goes wrong on purpose becomes one line and an exit code."""
    try:
        cli.main(prog_name="askdocs", standalone_mode=False)
    except click.exceptions.Exit as exc:
        sys.exit(exc.exit_code)
    except click.ClickException as exc:
        exc.show()
        sys.exit(ExitCode.USAGE)
    except (click.Abort, KeyboardInterrupt):
        _stopped(signal.SIGINT)
    except _Terminated:
        _stopped(signal.SIGTERM)
    except AskdocsError as exc:
        news(f"askdocs: {render.visible(str(exc))}")
        sys.exit(ExitCode.USAGE if isinstance(exc, UsageError | SettingsError) else ExitCode.TROUBLE)
    except BrokenPipeError:
        # Whoever reads what is printed has enough; nothing must be left that would be flushed at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)  # as of a process that SIGPIPE has ended
    except OSError as exc:
        news(f"askdocs: {render.visible(str(exc))}")
        sys.exit(ExitCode.TROUBLE)


def _stopped(by: signal.Signals) -> NoReturn:
    news("Stopped. What was done is kept; run the command again to go on.")
    sys.exit(128 + by)
