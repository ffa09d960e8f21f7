"""Programs that take over the terminal while the interface steps aside."""

from __future__ import annotations

from textual.app import App, SuspendNotSupported

from askdocs.errors import UsageError
from askdocs.opening import opener


def run_in_terminal(app: App[None], command: opener.OpenCommand) -> str:
    """Run `command` to its end, with `app` out of its way; what went wrong, or nothing."""
    trouble = ""
    try:
        with app.suspend():
            try:
                opener.start(command)
            except UsageError as exc:  # leaving by an exception, the terminal would stay as it is
                trouble = str(exc)
    except SuspendNotSupported:
        return f"{command.arguments[0]} needs a terminal of its own: set `editor` in askdocs.toml to one with a window."
    return trouble
