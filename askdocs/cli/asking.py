"""The commands that ask: `ask`, `search`, and `open`, which opens what they have cited."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import click

from askdocs.assistant import Assistant
from askdocs.cli.group import ExitCode, cli, opened, settings_of
from askdocs.cli.telling import colour, width
from askdocs.config import cache_folder
from askdocs.errors import UsageError
from askdocs.rendering import render, render_json
from askdocs.types import Citation, SearchResult, Verdict

Command = TypeVar("Command", bound=Callable[..., object])


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
@click.argument("question", nargs=-1, required=True, metavar="QUESTION")
@click.option("-k", "top_k", default=5, show_default=True, type=click.IntRange(1, 100), help="Most passages to cite.")
@_filter_options
@click.option("--why", is_flag=True, help="Say why each passage came where it did.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON (docs/json.md).")
@click.pass_obj
def ask(
    index: str | None, /, question: tuple[str, ...], top_k: int, why: bool, as_json: bool, **filters: tuple[str, ...]
) -> None:
    """Print the passages that answer QUESTION, with citations.

    Quotation marks around it are only needed for what the shell would take for its own, as ? and *.
    """
    from askdocs.searching.question import document_filter

    asked = " ".join(question)
    if why and as_json:
        raise UsageError("--why is for people to read, --json for scripts; leave one of them out")
    documents = document_filter(**filters)
    with opened(index) as assistant:
        answer = assistant.ask(asked, top_k, documents=documents)
        _remember(assistant, answer.citations)
        explained = [assistant.explain(asked, citation, documents) for citation in answer.citations if why]
    if as_json:
        click.echo(render_json.answer_json(answer), nl=False)
    else:
        click.echo(render.render_answer(answer, width=width(), colour=colour()), nl=False, color=True)
    for number, of in enumerate(explained, start=1):
        from askdocs.rendering.render_why import render_why

        click.echo(f"\nWhy [{number}]\n\n{render_why(of, width=width())}", nl=False)
    sys.exit(
        {
            Verdict.FOUND: ExitCode.DONE,
            Verdict.NOT_IN_DOCUMENTS: ExitCode.NOT_FOUND,
            Verdict.INDEX_UNRELIABLE: ExitCode.TROUBLE,
        }[answer.verdict]
    )


@cli.command()
@click.argument("query", nargs=-1, required=True, metavar="QUERY")
@click.option("-k", "top_k", default=10, show_default=True, type=click.IntRange(1, 1000), help="Most passages to list.")
@_filter_options
@click.option("--json", "as_json", is_flag=True, help="Print the passages as JSON (docs/json.md).")
@click.pass_obj
def search(index: str | None, /, query: tuple[str, ...], top_k: int, as_json: bool, **filters: tuple[str, ...]) -> None:
    """List the passages that rank first for QUERY, without a verdict."""
    from askdocs.searching.question import document_filter

    sought = " ".join(query)
    with opened(index) as assistant:
        results = assistant.search(sought, top_k, document_filter(**filters))
        _remember(assistant, results)
    text = render_json.search_json(sought, results) if as_json else render.render_search(results, width=width())
    click.echo(text, nl=False)
    sys.exit(ExitCode.DONE if results else ExitCode.NOT_FOUND)


def _remember(assistant: Assistant, passages: Sequence[Citation | SearchResult]) -> None:
    """Keep what `open` may be asked to open."""
    from askdocs.opening import opener

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
    from askdocs.opening import opener

    settings = settings_of(index)
    with Assistant.open(settings=settings) as assistant:
        cited = opener.recall(number, _remembered_in(assistant))
    opener.start(opener.open_command(cited, settings.editor, settings.pdf_viewer, os.environ))
