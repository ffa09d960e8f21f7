"""The commands that bring the index level with the files: `index`, and `add`, `sources` and `forget`."""

from __future__ import annotations

import signal
import sys
import threading
import time
from types import FrameType

import click

from askdocs.assistant import Assistant
from askdocs.cli.group import ExitCode, cli, opened
from askdocs.cli.telling import Progress, news, show_progress
from askdocs.errors import UsageError
from askdocs.events import Held, Indexed, IndexPlan, Planned, Watching
from askdocs.rendering import render, render_index, render_json
from askdocs.types import SourceRules


@cli.command("index")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--full", is_flag=True, help="Read every file, even where size, time and inode are as before.")
@click.option("--retry-failed", is_flag=True, help="Try failed files again that have not changed.")
@click.option("--rebuild", is_flag=True, help="Embed everything anew, with the encoder of the settings.")
@click.option("--watch", is_flag=True, help="Then index whatever changes in any source, until Ctrl-C.")
@click.pass_obj
def index_command(
    index: str | None,
    paths: tuple[str, ...],
    dry_run: bool,
    full: bool,
    retry_failed: bool,
    rebuild: bool,
    watch: bool,
) -> None:
    """Bring the index level with the files.

    Each PATH becomes a source. Without one, all known sources are looked at, or ./seeds if there are none. What of a
    source is read is chosen with `askdocs add`.
    """
    if dry_run and watch:
        raise UsageError("--dry-run does nothing that could be watched; leave one of them out")
    with opened(index) as assistant:
        if dry_run:
            plan = assistant.plan(paths, full=full, retry_failed=retry_failed)
            click.echo(render_index.render_plan(plan), nl=False)
            return
        how = {"full": full, "retry_failed": retry_failed, "rebuild": rebuild}
        if watch:
            last = _watch(assistant, paths, **how)
        else:
            last = show_progress(assistant.index(paths, **how))
            _tell_indexed(assistant, last)
    sys.exit(ExitCode.SOME_FAILED if last.failed else ExitCode.DONE)


def _tell_indexed(assistant: Assistant, done: Indexed) -> None:
    click.echo(render_index.render_indexed(done))
    status = assistant.status()
    if status.rebuild:
        news(render_index.rebuild_text(status))
    if not status.counts.documents and not done.failed:
        news("There is no document in what was indexed; files that can be read end in .txt, .md and the like.")


def _watch(assistant: Assistant, paths: tuple[str, ...], **how: bool) -> Indexed:
    """Index until a signal comes, with a line for whatever was done; the latest outcome."""
    progress = Progress()
    plan, last = IndexPlan(), None
    said: set[str] = set()
    for event in assistant.watch(paths, **how, stop=_stopped_by_signals()):
        match event:
            case Indexed():
                progress.tell(event)
                if last is None:
                    _tell_indexed(assistant, event)
                elif line := render_index.render_batch(plan, event):
                    click.echo(f"{time.strftime('%H:%M:%S')}  {line}")
                last = event
            case Watching(untold):
                if not said:
                    news(f"Watching {', '.join(map(render.one_line, assistant.status().sources))}; Ctrl-C ends it.")
                if untold not in said and untold:
                    news(render.one_line(untold))
                said.add(untold)
            case Held(reason):
                news(f"Waiting: {render.one_line(reason)}")
            case _:
                if isinstance(event, Planned):
                    plan = event.plan
                progress.tell(event)
    news("Stopped. What was done is kept.")
    return last or Indexed()


def _stopped_by_signals() -> threading.Event:
    """Set by Ctrl-C, or by SIGTERM, so that what goes on ends in order; the second time they end it at once."""
    stop = threading.Event()

    def stopped(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stopped)
    return stop


@cli.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--include", multiple=True, metavar="GLOB", help="Read only what has such a name, as in '*.md'.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Leave out what has such a name, as in 'drafts/'.")
@click.option("--hidden", is_flag=True, help="Read files and folders whose names start with a dot.")
@click.option("--links", is_flag=True, help="Follow symbolic links to files inside the source.")
@click.pass_obj
def add(
    index: str | None,
    paths: tuple[str, ...],
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    hidden: bool,
    links: bool,
) -> None:
    """Make each PATH a source, or say anew what of a source to read.

    Nothing is read before the next `askdocs index`. A GLOB is a pattern as in .gitignore, and each may be given several
    times. What isn't given here no longer holds: adding a source again without options reads all of it. What
    .gitignore and .askdocsignore files inside a source leave out is left out.
    """
    rules = SourceRules(include, exclude, hidden, links)
    with opened(index) as assistant:
        before = {source.path: source.rules for source in assistant.sources()}
        for path in assistant.add(paths, rules):
            news(render_index.render_added(path, before.get(path), rules))
    news("`askdocs index` reads it." if len(paths) == 1 else "`askdocs index` reads them.")


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON (docs/json.md).")
@click.pass_obj
def sources(index: str | None, as_json: bool) -> None:
    """List the sources: what of them is read, and what came of it."""
    with opened(index) as assistant:
        known = assistant.sources()
    if not known and not as_json:
        news("There are no sources yet; add one, as in `askdocs add ~/Documents`.")
    click.echo(render_json.sources_json(known) if as_json else render_index.render_sources(known), nl=False)


@cli.command()
@click.argument("path")
@click.pass_obj
def forget(index: str | None, path: str) -> None:
    """Remove the source PATH, and all that was indexed from it. The files stay."""
    with opened(index) as assistant:
        assistant.forget(path)
    news(f"{render.one_line(path)} is forgotten")
