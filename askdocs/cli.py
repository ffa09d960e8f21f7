"""The commands. Data goes to stdout and everything else to stderr; errors become messages and exit codes here."""

from __future__ import annotations

import gc
import os
import re
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from enum import IntEnum
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn, TypeVar

import click

from askdocs import __version__, render, render_index, render_json
from askdocs.assistant import Assistant
from askdocs.config import Settings, cache_folder, changed, load_settings
from askdocs.errors import AskdocsError, SettingsError, UsageError
from askdocs.types import (
    Citation,
    EncoderLoading,
    Failure,
    FileFailed,
    Held,
    Indexed,
    IndexEvent,
    IndexPlan,
    Moved,
    Planned,
    Progressed,
    SearchResult,
    SourceRules,
    Verdict,
    Verified,
    Verifying,
    Watching,
)

if TYPE_CHECKING:
    from askdocs.evaluation import Evaluation
    from askdocs.self_checking import SelfCheck

Report = TypeVar("Report", "Evaluation", "SelfCheck")
Outcome = TypeVar("Outcome", Verified, Moved)
Command = TypeVar("Command", bound=Callable[..., object])


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

        settings = _settings(index)
        with Assistant.open(settings=settings) as assistant:
            code = run(assistant, settings)
        sys.exit(code)


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
    _settings(index)  # what is wrong with them is to be told here
    serve(index, port, lambda address: _news(f"askdocs is at {address} until Ctrl-C"))


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
    with _opened(index) as assistant:
        if dry_run:
            plan = assistant.plan(paths, full=full, retry_failed=retry_failed)
            click.echo(render_index.render_plan(plan), nl=False)
            return
        how = {"full": full, "retry_failed": retry_failed, "rebuild": rebuild}
        if watch:
            last = _watch(assistant, paths, **how)
        else:
            last = _show_progress(assistant.index(paths, **how))
            _tell_indexed(assistant, last)
    sys.exit(ExitCode.SOME_FAILED if last.failed else ExitCode.DONE)


def _tell_indexed(assistant: Assistant, done: Indexed) -> None:
    click.echo(render_index.render_indexed(done))
    if not assistant.status().counts.documents and not done.failed:
        _news("There is no document in what was indexed; files that can be read end in .txt, .md and the like.")


def _watch(assistant: Assistant, paths: tuple[str, ...], **how: bool) -> Indexed:
    """Index until a signal comes, with a line for whatever was done; the latest outcome."""
    progress = _Progress()
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
                    _news(f"Watching {', '.join(map(render.one_line, assistant.status().sources))}; Ctrl-C ends it.")
                if untold not in said and untold:
                    _news(render.one_line(untold))
                said.add(untold)
            case Held(reason):
                _news(f"Waiting: {render.one_line(reason)}")
            case _:
                if isinstance(event, Planned):
                    plan = event.plan
                progress.tell(event)
    _news("Stopped. What was done is kept.")
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


def _filter_options(command: Command) -> Command:
    """The filters of a question as options; each may be given several times."""
    for names, metavar, text in (
        (("--before",), "DATE", "Only documents that are not newer: 2023, 2023-01 or 2023-01-31."),
        (("--after",), "DATE", "Only documents that are not older, by the date that they state, else their file's."),
        (("--language", "languages"), "CODE", "Only documents in this language, as in de."),
        (("--tag", "tags"), "TAG", "Only documents with this tag or keyword."),
        (("--author", "authors"), "NAME", "Only documents by somebody whose name holds this."),
        (("--type", "types"), "ENDING", "Only files whose name ends so, as in md."),
        (("--path", "paths"), "PATTERN", "Only files and folders of this name, as in 'contracts/*'."),
    ):
        command = click.option(*names, multiple=True, metavar=metavar, help=text)(command)
    return command


@cli.command()
@click.argument("question")
@click.option("-k", "top_k", default=5, show_default=True, type=click.IntRange(1, 100), help="Most passages to cite.")
@_filter_options
@click.option("--why", is_flag=True, help="Say why each passage came where it did.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON (docs/json.md).")
@click.pass_obj
def ask(index: str | None, /, question: str, top_k: int, why: bool, as_json: bool, **filters: tuple[str, ...]) -> None:
    """Print the passages that answer QUESTION, with citations."""
    from askdocs.question import document_filter

    if why and as_json:
        raise UsageError("--why is for people to read, --json for scripts; leave one of them out")
    documents = document_filter(**filters)
    with _opened(index) as assistant:
        answer = assistant.ask(question, top_k, documents=documents)
        _remember(assistant, answer.citations)
        explained = [assistant.explain(question, citation, documents) for citation in answer.citations if why]
    if as_json:
        click.echo(render_json.answer_json(answer), nl=False)
    else:
        click.echo(render.render_answer(answer, width=_width(), colour=_colour()), nl=False, color=True)
    for number, of in enumerate(explained, start=1):
        from askdocs.render_why import render_why

        click.echo(f"\nWhy [{number}]\n\n{render_why(of, width=_width())}", nl=False)
    sys.exit(
        {
            Verdict.FOUND: ExitCode.DONE,
            Verdict.NOT_IN_DOCUMENTS: ExitCode.NOT_FOUND,
            Verdict.INDEX_UNRELIABLE: ExitCode.TROUBLE,
        }[answer.verdict]
    )


@cli.command()
@click.argument("query")
@click.option("-k", "top_k", default=10, show_default=True, type=click.IntRange(1, 1000), help="Most passages to list.")
@_filter_options
@click.option("--json", "as_json", is_flag=True, help="Print the passages as JSON (docs/json.md).")
@click.pass_obj
def search(index: str | None, /, query: str, top_k: int, as_json: bool, **filters: tuple[str, ...]) -> None:
    """List the passages that rank first for QUERY, without a verdict."""
    from askdocs.question import document_filter

    with _opened(index) as assistant:
        results = assistant.search(query, top_k, document_filter(**filters))
        _remember(assistant, results)
    text = render_json.search_json(query, results) if as_json else render.render_search(results, width=_width())
    click.echo(text, nl=False)
    sys.exit(ExitCode.DONE if results else ExitCode.NOT_FOUND)


def _remember(assistant: Assistant, passages: Sequence[Citation | SearchResult]) -> None:
    """Keep what `open` may be asked to open."""
    from askdocs import opener

    opener.remember([opener.cited(passage) for passage in passages], _remembered_in(assistant))


def _remembered_in(assistant: Assistant) -> Path:
    return cache_folder() / "cited" / f"{assistant.identity}.json"


@cli.command("open")
@click.argument("number", type=click.IntRange(1))
@click.pass_obj
def open_number(index: str | None, number: int) -> None:
    """Open passage NUMBER of the last answer where it stands in its document.

    Text opens at its line in `editor` of askdocs.toml or $EDITOR, a PDF at its page in `pdf_viewer` or the viewer that
    is installed, a web page at its words in the browser, anything else in the program that the system has for it.
    """
    from askdocs import opener

    settings = _settings(index)
    with Assistant.open(settings=settings) as assistant:
        cited = opener.recall(number, _remembered_in(assistant))
    opener.start(opener.open_command(cited, settings.editor, settings.pdf_viewer, os.environ))


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON (docs/json.md).")
@click.pass_obj
def status(index: str | None, as_json: bool) -> None:
    """Say what the index holds, and which files could not be read."""
    with _opened(index) as assistant:
        state = assistant.status()
    click.echo(render_json.status_json(state) if as_json else render_index.render_status(state), nl=False)


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
    with _opened(index) as assistant:
        before = {source.path: source.rules for source in assistant.sources()}
        for path in assistant.add(paths, rules):
            _news(render_index.render_added(path, before.get(path), rules))
    _news("`askdocs index` reads it." if len(paths) == 1 else "`askdocs index` reads them.")


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON (docs/json.md).")
@click.pass_obj
def sources(index: str | None, as_json: bool) -> None:
    """List the sources: what of them is read, and what came of it."""
    with _opened(index) as assistant:
        known = assistant.sources()
    if not known and not as_json:
        _news("There are no sources yet; add one, as in `askdocs add ~/Documents`.")
    click.echo(render_json.sources_json(known) if as_json else render_index.render_sources(known), nl=False)


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
    with _opened(index) as assistant:
        report = _show_verifying(assistant.verify(repair=repair))
    click.echo(render_json.verified_json(report) if as_json else render_index.render_verified(report), nl=False)
    sys.exit(ExitCode.DONE if report.sound else ExitCode.TROUBLE)


@cli.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def export_command(index: str | None, file: Path) -> None:
    """Write the index to FILE, to be imported elsewhere.

    It holds the text of all documents. Others may index and ask meanwhile. FILE must not exist.
    """
    with _opened(index) as assistant:
        moved = _show_verifying(assistant.export(file))
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
    with _opened(index) as assistant:
        moved = _show_verifying(assistant.import_from(file, moves))
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
    with _opened(context.obj) as assistant:
        kept = assistant.sessions.listed(most=100_000)
    if not kept and not as_json:
        _news("No conversation is kept yet; `askdocs` opens the interface, which keeps them.")
    click.echo(render_json.sessions_json(kept) if as_json else render_index.render_sessions(kept), nl=False)


@sessions.command("export")
@click.argument("number", type=click.IntRange(1))
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def export_session(index: str | None, number: int, file: Path) -> None:
    """Write conversation NUMBER to FILE, each quote with a footnote.

    The ending of FILE chooses the format: .md for Markdown, .html, or .json. FILE must not exist.
    """
    from askdocs.exporting import export

    with _opened(index) as assistant:
        session = assistant.sessions.load(number)
    export(session, file)
    _news(f"{render.one_line(session.info.name)} is in {render.one_line(str(file))}")


@cli.command()
@click.argument("path")
@click.pass_obj
def forget(index: str | None, path: str) -> None:
    """Remove the source PATH, and all that was indexed from it. The files stay."""
    with _opened(index) as assistant:
        assistant.forget(path)
    _news(f"{render.one_line(path)} is forgotten")


@cli.command("eval")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option(
    "--self", "self_check", is_flag=True, help="Check the index itself, with questions made from its passages."
)
@click.option("--foreign", type=click.Path(path_type=Path), help="A set whose questions PATH doesn't answer.")
@click.option(
    "--limit", type=click.IntRange(1), help="Ask only so many questions, drawn at random but always the same."
)
@click.option("--set", "changes", multiple=True, metavar="NAME=VALUE", help="Change a setting, as in askdocs.toml.")
@click.option("--compare", multiple=True, metavar="NAME=VALUE", help="Evaluate once more with this changed as well.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON (docs/evaluation.md).")
@click.pass_obj
def eval_command(
    index: str | None,
    path: Path | None,
    self_check: bool,
    foreign: Path | None,
    limit: int | None,
    changes: tuple[str, ...],
    compare: tuple[str, ...],
    as_json: bool,
) -> None:
    """Measure how good the answers are.

    PATH is a folder of data with known answers (docs/evaluation.md), or a file of your own questions of what is
    indexed, with a line {"question": ..., "document": ..., "quote": ...} for each.
    """
    if self_check == (path is not None):
        raise UsageError("name data with known answers, or give --self to check the index itself")
    settings = _settings(index)
    for change in changes:
        settings = changed(settings, change)
    if path is None:
        from askdocs import self_checking

        with Assistant.open(settings=settings) as assistant:
            report = _last(self_checking.check(assistant, limit or self_checking.SAMPLE))
        click.echo(render_json.self_check_json(report) if as_json else render_index.render_self_check(report), nl=False)
        return
    evaluations = [_evaluated(path, foreign, limit, settings)]
    if compare:
        for change in compare:
            settings = changed(settings, change)
        evaluations.append(_evaluated(path, foreign, limit, settings))
    if as_json:
        click.echo(render_json.evaluation_json(evaluations), nl=False)
    else:
        click.echo(render_index.render_evaluation(evaluations), nl=False)


def _evaluated(path: Path, foreign: Path | None, limit: int | None, settings: Settings) -> Evaluation:
    """All measures of the data in `path`, through an index of its own that is kept in the cache folder."""
    from askdocs import evaluation

    if path.is_file():
        with Assistant.open(settings=settings) as assistant:
            questions = evaluation.read_own_questions(path, assistant.texts())
            chosen = evaluation.sample(questions, limit)
            return _last(evaluation.evaluate(assistant, path.name, chosen, str, has_answers=True))
    data = evaluation.read_set(path, foreign)
    folder = evaluation.write_files(data, cache_folder() / "evaluation")
    encoder = re.sub(r"\W+", "-", f"{settings.model or 'default'}-{settings.precision}")
    with Assistant.open(folder.with_name(f"index-{encoder}"), settings=settings) as assistant:
        _show_progress(assistant.index([folder]))
        chosen = evaluation.sample(data.questions, limit)
        return _last(evaluation.evaluate(assistant, data.name, chosen, evaluation.document_ids(data), data.has_answers))


def _last(steps: Iterator[int | Report]) -> Report:
    """Count the questions asked on a terminal; the report that ends them."""
    for step in steps:
        if not isinstance(step, int):
            return step
        if sys.stderr.isatty() and step % 10 == 0:
            _news(f"\r\x1b[K{step:,} questions asked", nl=False)
    raise AssertionError("an evaluation ends with its report")


def _settings(index: str | None) -> Settings:
    settings = load_settings(Path.cwd())
    return settings if index is None else replace(settings, index=index)


@contextmanager
def _opened(index: str | None) -> Iterator[Assistant]:
    with Assistant.open(settings=_settings(index)) as assistant:
        yield assistant


def _show_progress(events: Iterator[IndexEvent]) -> Indexed:
    """Tell about `events` on stderr until the last, which is returned."""
    last = Indexed()
    progress = _Progress()
    for event in events:
        progress.tell(event)
        if isinstance(event, Indexed):
            last = event
    return last


class _Progress:
    """What runs say on stderr: on a terminal how far they are, and of each file once that it is left out."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._started = 0.0
        self._skipped: set[Failure] = set()
        self._failed: set[Failure] = set()

    def tell(self, event: IndexEvent) -> None:
        match event:
            case Planned(plan):
                self._started = time.monotonic()
                for skipped in plan.skipped:
                    if skipped not in self._skipped:
                        self._say(f"skipped {render_index.render_failure(skipped)}\n")
                self._skipped = set(plan.skipped)
            case EncoderLoading(name) if self._live:
                self._say(f"Loading {render.one_line(name)} …")
            case Progressed(path, done, total) if self._live:
                spent = time.monotonic() - self._started
                left = f", {spent * (total - done) / done:,.0f} s left" if done else ""
                name = render.one_line(path)[-40:]
                self._say(f"{done / max(total, 1):4.0%} of {total / 1e6:,.1f} MB{left}  {name}")
            case FileFailed(failure) if failure not in self._failed:
                self._say(f"failed {render_index.render_failure(failure)}\n")
            case Indexed():
                self._failed = set(event.failures)
                if self._live:
                    self._say("")

    def _say(self, text: str) -> None:
        """In place of what was said before without a line end."""
        _news(("\r\x1b[K" if self._live else "") + text, nl=False)


def _show_verifying(events: Iterator[Verifying | Outcome]) -> Outcome:
    """Tell about `events` on a terminal until the outcome, which is returned once all is done."""
    live = sys.stderr.isatty()
    outcome: Outcome | None = None
    for event in events:
        if not isinstance(event, Verifying):
            outcome = event
        elif live:
            _news(f"\r\x1b[K{event.done / max(event.total, 1):4.0%} of {event.part} looked through", nl=False)
    if live:
        _news("\r\x1b[K", nl=False)
    if outcome is None:
        raise AssertionError("looking through an index has an outcome")
    return outcome


def _require_terminal() -> None:
    served = "TEXTUAL_DRIVER" in os.environ  # by `askdocs serve`
    if not (served or (sys.stdin.isatty() and sys.stdout.isatty())):
        raise UsageError('the interface needs a terminal; without one, use `askdocs ask "..."`')


def _news(text: str, *, nl: bool = True) -> None:
    click.echo(text, err=True, nl=nl)


def _width() -> int:
    return min(shutil.get_terminal_size().columns, 100)


def _colour() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


class _Terminated(BaseException):
    """The system asks the process to end."""


def _terminate(*_: object) -> None:
    raise _Terminated


def process() -> None:
    """Run a command as a process of its own: SIGTERM stops it as Ctrl-C does, and nothing stops it twice."""
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
        _news(f"askdocs: {render.visible(str(exc))}")
        sys.exit(ExitCode.USAGE if isinstance(exc, UsageError | SettingsError) else ExitCode.TROUBLE)
    except BrokenPipeError:
        # Whoever reads what is printed has enough; nothing must be left that would be flushed at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)  # as of a process that SIGPIPE has ended
    except OSError as exc:
        _news(f"askdocs: {render.visible(str(exc))}")
        sys.exit(ExitCode.TROUBLE)


def _stopped(by: signal.Signals) -> NoReturn:
    _news("Stopped. What was done is kept; run the command again to go on.")
    sys.exit(128 + by)
