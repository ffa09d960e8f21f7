"""What there is to say of an index as text: plans, runs, status, sources, checks, quality; pure functions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from askdocs.events import Indexed, IndexPart, IndexPlan, Moved, Verified
from askdocs.rendering.render import one_line
from askdocs.types import Failure, IndexStatus, SourceInfo, SourceRules
from askdocs.wording import count, first_of

if TYPE_CHECKING:
    from askdocs.quality.evaluation import Evaluation
    from askdocs.quality.self_checking import SelfCheck
    from askdocs.sessions.sessions import SessionInfo

_MOST_NAMED = 3
_MOST_ENDINGS = 6


def render_plan(plan: IndexPlan) -> str:
    """What indexing would do, a line a file."""
    lines = [f"add      {one_line(path)}" for path in plan.added]
    lines += [f"update   {one_line(path)}" for path in plan.changed]
    lines += [f"rename   {one_line(renamed.old)} -> {one_line(renamed.new)}" for renamed in plan.renamed]
    lines += [f"delete   {one_line(path)}" for path in plan.deleted]
    lines += [f"exclude  {one_line(path)}" for path in plan.excluded]
    lines += [f"forget   {one_line(path)}: has gone, and all its documents to other sources" for path in plan.forgotten]
    lines += [f"fail     {render_failure(failure)}" for failure in plan.failed]
    lines += [f"failed   {render_failure(failure)}" for failure in plan.failed_before]
    lines += [f"skip     {render_failure(failure)}" for failure in plan.skipped]
    lines += [f"pass     {passed_over_text(plan)}"] if plan.passed_over else []
    lines.append(
        f"{len(plan.added)} to add, {len(plan.changed)} to update, {len(plan.renamed)} to rename, "
        f"{len(plan.deleted)} to delete, {len(plan.excluded)} to exclude, "
        f"{len(plan.failed)} that fail, {len(plan.failed_before)} that failed before, "
        f"{len(plan.skipped)} skipped, {plan.unchanged} unchanged"
    )
    return "".join(f"{line}\n" for line in lines)


def passed_over_text(plan: IndexPlan) -> str:
    """How many files of the sources are no documents, by their endings; there must be some."""
    kinds = [f"{number:,} {one_line(ending) or 'without an ending'}" for ending, number in plan.passed_over]
    total = sum(number for _, number in plan.passed_over)
    return f"{count(total, 'file')} of other kinds: {first_of(kinds, _MOST_ENDINGS)}"


def render_failure(failure: Failure) -> str:
    return f"{one_line(failure.path)}: {one_line(failure.reason)}"


def failure_details(failure: Failure) -> str:
    """When a file failed, and with which loader, as far as that is known."""
    parts = [failure.loader, f"{failure.at:%Y-%m-%d %H:%M}" if failure.at else None]
    return one_line(", ".join(filter(None, parts)))


def render_indexed(event: Indexed) -> str:
    """What indexing has done, on one line."""
    excluded = f"{event.excluded} excluded, " if event.excluded else ""
    return (
        f"{event.added} added, {event.changed} updated, {event.renamed} renamed, {event.deleted} deleted, {excluded}"
        f"{event.unchanged} unchanged, {event.failed} failed; {count(event.embedded, 'passage')} embedded"
    )


def render_batch(plan: IndexPlan, done: Indexed) -> str:
    """What was done about files that changed, on one line; empty if that was nothing."""
    failed = {failure.path for failure in done.failures}
    kinds = {
        "added": [path for path in plan.added if path not in failed],
        "updated": [path for path in plan.changed if path not in failed],
        "renamed": [f"{renamed.old} -> {renamed.new}" for renamed in plan.renamed],
        "deleted": list(plan.deleted),
    }
    parts = [
        f"{what} {', '.join(map(one_line, paths)) if len(paths) <= _MOST_NAMED else f'{len(paths):,} files'}"
        for what, paths in kinds.items()
        if paths
    ]
    if parts and done.embedded:
        parts.append(f"{count(done.embedded, 'passage')} embedded")
    return "; ".join(parts)


def render_status(status: IndexStatus, folder: Path) -> str:
    """Where the index is and what it holds, a line each, and the files that could not be read."""
    counts = status.counts
    lines = [
        f"index       {one_line(str(folder))}",
        f"documents   {counts.documents:,}",
        f"passages    {counts.chunks:,}",
        f"failed      {counts.failed:,}",
        f"generation  {counts.generation:,}",
        f"encoder     {one_line(status.encoder or 'none yet')}",
        f"search      {search_text(status)}",
    ]
    lines += [f"rebuild     {rebuild_text(status)}"] if status.rebuild else []
    lines += [f"source      {one_line(source)}" for source in status.sources]
    for failure in status.failures:
        details = failure_details(failure)
        lines.append(f"failed      {render_failure(failure)}" + (f" ({details})" if details else ""))
    lines += [f"in part     {render_failure(partly)}" for partly in status.read_in_part]
    return "".join(f"{line}\n" for line in lines)


def rebuild_text(status: IndexStatus) -> str:
    """What to do about a rebuild that has not come to its end; empty if there is none."""
    if not status.rebuild:
        return ""
    return (
        f"{one_line(status.rebuild)} is of a rebuild that is under way or was stopped: `askdocs index --rebuild` goes "
        "on with it, and deleting the file gives it up"
    )


def render_verified(report: Verified) -> str:
    """What was looked at, what was done, what is wrong, and what waits for the next indexing."""
    counts = ", ".join(
        f"{report.checked[part]:,} in {part}" for part in report.checked if part is not IndexPart.CATALOG
    )
    again = f"; {count(report.files_read, 'file')} loaded again" if report.files_read else ""
    lines = [f"checked     {counts or 'the catalogue only'}{again}"]
    lines += [f"repaired    {one_line(text)}" for text in report.repaired]
    lines += [f"pending     {render_failure(failure)}" for failure in report.pending]
    lines += _more(report.pending_count - len(report.pending), "pending")
    for problem in report.problems:
        of = f"{one_line(problem.path)}: " if problem.path is not None else ""
        lines.append(f"wrong       {of}{one_line(problem.reason)}")
    lines += _more(report.problem_count - len(report.problems), "wrong")
    lines.append(_verdict_on_index(report))
    return "".join(f"{line}\n" for line in lines)


def _more(left: int, name: str) -> list[str]:
    return [f"{name:12}and {left:,} more"] if left else []


def _verdict_on_index(report: Verified) -> str:
    if report.sound:
        return "The index is sound." + (" `askdocs index` brings it level with the files." if report.pending else "")
    found = count(report.problem_count, "problem")
    if report.advice:
        return f"The index is not sound: {found}. {one_line(report.advice)}"
    if report.repaired:
        return f"The index is not sound: {found} left. Move it away and run `askdocs index` with your folders."
    return f"The index is not sound: {found}. `askdocs verify --repair` mends it."


def render_moved(moved: Moved) -> str:
    """What an export or import holds, on one line."""
    sources = ", ".join(one_line(source) for source in moved.sources)
    return f"{count(moved.counts.documents, 'document')}, {count(moved.counts.chunks, 'passage')} of {sources}"


def render_added(path: str, before: SourceRules | None, rules: SourceRules) -> str:
    """That a source was added, or is to be read otherwise than before."""
    if before is None:
        return f"added {one_line(path)}: {rules_text(rules)}"
    if before == rules:
        return f"{one_line(path)} is a source already: {rules_text(rules)}"
    return f"{one_line(path)} is now: {rules_text(rules)} (before: {rules_text(before)})"


def render_sources(sources: Sequence[SourceInfo]) -> str:
    """Each source with what came of it on one line, and what of it is read on the next."""
    lines = []
    for source in sources:
        failed = f", {source.failed:,} failed" if source.failed else ""
        gone = "" if source.there else ", not there"
        documents = count(source.documents, "document")
        lines += [f"{one_line(source.path)}: {documents}{failed}{gone}", f"    {rules_text(source.rules)}"]
    return "".join(f"{line}\n" for line in lines)


def render_sessions(sessions: Sequence[SessionInfo]) -> str:
    """Each kept conversation on a line: its number, when it was used last, how many questions it has, its name."""
    return "".join(
        f"{info.id:4}  {info.used.astimezone():%Y-%m-%d %H:%M}  {info.questions:5,}  {one_line(info.name)}\n"
        for info in sessions
    )


def rules_text(rules: SourceRules) -> str:
    """What of a source is read, in a few words."""
    parts = [" ".join(map(one_line, rules.include)) or "all that can be read"]
    if rules.exclude:
        parts.append(f"without {' '.join(map(one_line, rules.exclude))}")
    if rules.hidden:
        parts.append("with hidden files")
    if rules.links:
        parts.append("with links")
    return ", ".join(parts)


def search_text(status: IndexStatus) -> str:
    """How passages are compared with a question."""
    if status.recall is None:
        return "exact"
    return f"approximate, finds {math.floor(1000 * status.recall) / 10:.1f} % of the nearest ten"


def render_evaluation(evaluations: Sequence[Evaluation]) -> str:
    """A table of one evaluation; of two, with the differences that chance hardly makes marked by a star."""
    from askdocs.quality.evaluation import compare

    first, *others = evaluations
    lines = [f"{one_line(first.name)}"]
    lines += [
        f"{of.name:18} {of.value:6.3f}  [{of.low:.3f}, {of.high:.3f}]  {of.questions:6,} questions"
        for of in first.measures
    ]
    for other in others:
        lines += ["", "compared:"]
        for change in compare(first, other):
            star = "*" if change.p_value < 0.05 else " "
            lines.append(
                f"{change.name:18} {change.before:6.3f} -> {change.after:6.3f} {star} p = {change.p_value:.4f}"
            )
    return "".join(f"{line}\n" for line in lines)


def render_self_check(report: SelfCheck) -> str:
    """What a self-check found, and what to make of it."""
    lines = [
        f"{count(report.asked, 'passage')} asked for by some of their words:",
        f"  {report.found_first:4.0%} came first, {report.found_in_ten:4.0%} were among the first ten",
        f"  {report.refused:4.0%} of the questions on other matters were refused",
    ]
    if report.lost:
        lines.append("Documents of which no passage asked for was found:")
        lines += [f"  {one_line(path)}" for path in report.lost]
    return "".join(f"{line}\n" for line in lines)
