"""The command that measures: `eval`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from askdocs.assistant import Assistant
from askdocs.cli.group import cli, settings_of
from askdocs.cli.telling import news, show_progress
from askdocs.config import Settings, cache_folder, changed
from askdocs.errors import UsageError
from askdocs.rendering import render_index, render_json

if TYPE_CHECKING:
    from askdocs.quality.evaluation import Evaluation
    from askdocs.quality.self_checking import SelfCheck

Report = TypeVar("Report", "Evaluation", "SelfCheck")


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
    settings = settings_of(index)
    for change in changes:
        settings = changed(settings, change)
    if path is None:
        from askdocs.quality import self_checking

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
    from askdocs.quality import evaluation, known_answers

    if path.is_file():
        with Assistant.open(settings=settings) as assistant:
            questions = known_answers.read_own_questions(path, assistant.texts())
            chosen = known_answers.sample(questions, limit)
            return _last(evaluation.evaluate(assistant, path.name, chosen, str, has_answers=True))
    data = known_answers.read_set(path, foreign)
    folder = known_answers.write_files(data, cache_folder() / "evaluation")
    encoder = re.sub(r"\W+", "-", f"{settings.model or 'default'}-{settings.precision}")
    with Assistant.open(folder.with_name(f"index-{encoder}"), settings=settings) as assistant:
        show_progress(assistant.index([folder]))
        chosen = known_answers.sample(data.questions, limit)
        return _last(
            evaluation.evaluate(assistant, data.name, chosen, known_answers.document_ids(data), data.has_answers)
        )


def _last(steps: Iterator[int | Report]) -> Report:
    """Count the questions asked on a terminal; the report that ends them."""
    for step in steps:
        if not isinstance(step, int):
            return step
        if sys.stderr.isatty() and step % 10 == 0:
            news(f"\r\x1b[K{step:,} questions asked", nl=False)
    raise AssertionError("an evaluation ends with its report")
