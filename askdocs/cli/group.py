"""What all commands share: the group that they belong to, the index that they open, the exit codes."""

from __future__ import annotations

import gc
import os
import sys
from dataclasses import replace
from enum import IntEnum
from pathlib import Path

import click

from askdocs import __version__
from askdocs.assistant import Assistant
from askdocs.config import Settings, load_settings
from askdocs.errors import UsageError


class ExitCode(IntEnum):
    """What a command's end means to a script."""

    DONE = 0
    NOT_FOUND = 1
    USAGE = 2
    TROUBLE = 3
    SOME_FAILED = 4


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--index", metavar="DIR", help="The folder of the index. [default: $ASKDOCS_INDEX, askdocs.toml, ./index]"
)
@click.version_option(__version__, prog_name="askdocs")
@click.pass_context
def cli(context: click.Context, index: str | None) -> None:
    """Ask questions of a folder of documents; get the passages that answer them, with exact citations.

    Without a command, opens the interface.

    Exit codes: 0 found or done, 1 not in the documents, 2 wrong usage, 3 trouble with the index or a model,
    4 done, but some files failed.
    """
    context.obj = index
    if context.invoked_subcommand is None:
        _require_terminal()
        gc.disable()  # nothing of what is imported now goes; the screen turns it on again when it has painted
        from askdocs.tui.app import run

        settings = settings_of(index)
        with Assistant.open(settings=settings) as assistant:
            code = run(assistant, settings)
        sys.exit(code)


def settings_of(index: str | None) -> Settings:
    """Load the settings that hold here; `index` is the folder given to the command, if one was."""
    settings = load_settings(Path.cwd())
    return settings if index is None else replace(settings, index=index)


def opened(index: str | None) -> Assistant:
    """Open the index, which has to be closed again."""
    return Assistant.open(settings=settings_of(index))


def _require_terminal() -> None:
    served = "TEXTUAL_DRIVER" in os.environ  # by `askdocs serve`
    if not (served or (sys.stdin.isatty() and sys.stdout.isatty())):
        raise UsageError('the interface needs a terminal; without one, use `askdocs ask "..."`')
