"""The commands for what is kept: `status`, `verify`, `export` and `import`, `sessions`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from askdocs.cli.group import ExitCode, cli, opened
from askdocs.cli.telling import news, show_verifying
from askdocs.rendering import render, render_index, render_json


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON (docs/json.md).")
@click.pass_obj
def status(index: str | None, as_json: bool) -> None:
    """Say what the index holds, and which files could not be read."""
    with opened(index) as assistant:
        state = assistant.status()
        text = render_json.status_json(state) if as_json else render_index.render_status(state, assistant.folder)
    click.echo(text, nl=False)


@cli.command()
@click.option("--repair", is_flag=True, help="Make anew what is derived, and drop documents that are wrong.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON (docs/json.md).")
@click.pass_obj
def verify(index: str | None, repair: bool, as_json: bool) -> None:
    """Look through every part of the index, and say whether it can be trusted.

    Files that are no text are loaded again, which takes as long as it took before. Files that have changed since they
    were indexed make it old, not wrong; they are listed as pending. Dropped documents are read again by the next
    `askdocs index`. Ends with exit code 3 if something is wrong.
    """
    with opened(index) as assistant:
        report = show_verifying(assistant.verify(repair=repair))
    click.echo(render_json.verified_json(report) if as_json else render_index.render_verified(report), nl=False)
    sys.exit(ExitCode.DONE if report.sound else ExitCode.TROUBLE)


@cli.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def export_command(index: str | None, file: Path) -> None:
    """Write the index to FILE, to be imported elsewhere.

    It holds the text of all documents. Others may index and ask meanwhile. FILE must not exist.
    """
    with opened(index) as assistant:
        moved = show_verifying(assistant.export(file))
    click.echo(render_index.render_moved(moved))


@cli.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--source", "moves", multiple=True, metavar="OLD=NEW",
    help="Where the files of a source, or of all sources in a folder, are now. Several may be given.",
)  # fmt: skip
@click.pass_obj
def import_command(index: str | None, file: Path, moves: tuple[str, ...]) -> None:
    """Take in the index that was exported to FILE, into an index without documents.

    A source whose files are elsewhere on this machine has to be named with --source. Run `askdocs index` afterwards:
    files that are the same as they were cost nothing.
    """
    with opened(index) as assistant:
        moved = show_verifying(assistant.import_from(file, moves))
    click.echo(render_index.render_moved(moved))


@cli.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON (docs/json.md).")
@click.pass_context
def sessions(context: click.Context, as_json: bool) -> None:
    """List the conversations that the interface has kept, the last used first.

    Each has its number, the time of its last question, how many questions it holds, and its name.
    """
    if context.invoked_subcommand is not None:
        return
    with opened(context.obj) as assistant:
        kept = assistant.sessions.listed(most=100_000)
    if not kept and not as_json:
        news("No conversation is kept yet; `askdocs` opens the interface, which keeps them.")
    click.echo(render_json.sessions_json(kept) if as_json else render_index.render_sessions(kept), nl=False)


@sessions.command("export")
@click.argument("number", type=click.IntRange(1))
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def export_session(index: str | None, number: int, file: Path) -> None:
    """Write conversation NUMBER to FILE, each quote with a footnote.

    Quotes of files that have changed since, or are gone, are marked.

    The ending of FILE chooses the format: .md for Markdown, .html, or .json. FILE must not exist.
    """
    from askdocs.rendering.exporting import as_of_now, export

    with opened(index) as assistant:
        session = as_of_now(assistant.sessions.load(number), assistant.recheck)
    export(session, file)
    news(f"{render.one_line(session.info.name)} is in {render.one_line(str(file))}")
