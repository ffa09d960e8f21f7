"""The command that shows the interface in a browser: `serve`."""

from __future__ import annotations

import click

from askdocs.cli.group import cli, settings_of
from askdocs.cli.telling import news
from askdocs.errors import UsageError


@cli.command("serve")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes a free one.")
@click.pass_obj
def serve_command(index: str | None, port: int) -> None:
    """Show the interface in a browser of this machine, until Ctrl-C.

    The address that is printed holds a random token: who doesn't know it gets nothing. Needs the extra `serve`.
    """
    try:
        from askdocs.serving import serve
    except ModuleNotFoundError as exc:
        raise UsageError("serving needs more packages: run `pip install 'askdocs[serve]'`") from exc
    settings_of(index)  # what is wrong with them is to be told here
    serve(index, port, lambda address: news(f"askdocs is at {address} until Ctrl-C"))
