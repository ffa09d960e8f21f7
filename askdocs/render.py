"""Answers and the rest as text for people and JSON for scripts: pure functions that return strings.

Document text and file names are data: `visible` makes what a terminal would obey harmless.
"""

from __future__ import annotations

import json
import math
import re
import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from askdocs.types import (
    Answer,
    Citation,
    DocumentInfo,
    Failure,
    Freshness,
    IndexCounts,
    Indexed,
    IndexPart,
    IndexPlan,
    IndexStatus,
    Locator,
    Moved,
    SearchResult,
    SourceInfo,
    SourceRules,
    Span,
    Unit,
    Verdict,
    Verified,
)

if TYPE_CHECKING:
    from askdocs.evaluation import Evaluation, Measured
    from askdocs.self_checking import SelfCheck
    from askdocs.sessions import Session, SessionInfo

_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"
_KEPT = "\n\t\u200c\u200d"
"""Line ends, tabs, and the joiners that Persian, Indic scripts and emoji are written with."""
_UNUSUAL = re.compile(r"[^\x20-\x7e\n\t]+")
_LINE = re.compile(r"([^\r\n]*)(?:\r\n|\r|\n|$)")
_WORD = re.compile(r"[^\S\r\n]*\S+")
_INDENT = "    "
_LONGEST_AUTHOR = 40
_MOST_NAMED = 3


def visible(text: str) -> str:
    """`text` with control and direction-changing characters replaced, one for one; line ends and tabs stay."""
    if text.isprintable():
        return text
    return _UNUSUAL.sub(_visible_run, text.replace("\r\n", " \n").replace("\r", "\n"))


def _visible_run(run: re.Match[str]) -> str:
    return run[0] if run[0].isprintable() else "".join(map(_visible_character, run[0]))


def _visible_character(character: str) -> str:
    if character.isprintable() or character in _KEPT:
        return character
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)  # the picture of that control character
    if code == 0x7F:
        return "␡"
    return " " if unicodedata.category(character) in ("Zs", "Zl", "Zp") else "�"


def one_line(text: str) -> str:
    """`text` made visible, on one line."""
    return " ".join(visible(text).split())


def locator_text(locator: Locator) -> str:
    """Where it is, for people: "lines 3-9 · Intro > Scope", "page xii", "Budget!A3:D9"."""
    return " · ".join([place_text(locator), *([one_line(" > ".join(locator.headings))] if locator.headings else [])])


def where_text(document: DocumentInfo, locator: Locator) -> str:
    """Where it is, behind whom and of which day the document is, as far as it tells."""
    author, day = one_line(document.author or ""), one_line(document.date or "")[: len("2026-11-24")]
    if len(author) > _LONGEST_AUTHOR:
        author = author[: _LONGEST_AUTHOR - 1] + "…"
    said = ", ".join(filter(None, (author, day)))
    return f"{said} · {locator_text(locator)}" if said else locator_text(locator)


def place_text(locator: Locator) -> str:
    """Where it is, without the headings above it."""
    first = one_line(locator.start_label) or str(locator.start)
    last = one_line(locator.end_label) or str(locator.end)
    if locator.unit is Unit.ROWS and locator.start_label:  # "Budget!A3:D3" to "Budget!A9:D9"
        return first if first == last else f"{first.partition(':')[0]}:{last.rpartition(':')[2]}"
    name = "¶" if locator.unit is Unit.PARAGRAPHS else _singular(locator.unit)
    if (locator.start, locator.start_label) == (locator.end, locator.end_label):
        return f"{name} {first}"
    return f"{name if name == '¶' else locator.unit} {first}-{last}"


def _singular(unit: Unit) -> str:
    return unit.removesuffix("s")


def freshness_text(freshness: Freshness) -> str:
    """How a quote stands to its file, if there is anything to say about it."""
    match freshness:
        case Freshness.CURRENT:
            return ""
        case Freshness.EDITED:
            return "Edited: the file has changed, and this still stands in it."
        case Freshness.OUTDATED:
            return "Outdated: the file has changed, and this is what was indexed."


def verdict_text(answer: Answer) -> str:
    """The outcome in a few words."""
    nearest = " The nearest passages:" if answer.citations else ""
    match answer.verdict:
        case Verdict.FOUND:
            return f"Found ({answer.confidence:.0%} sure)"
        case Verdict.NOT_IN_DOCUMENTS:
            whose = "the chosen" if answer.scope else "your"
            return f"Not in {whose} documents ({1 - answer.confidence:.0%} sure).{nearest}"
        case Verdict.INDEX_UNRELIABLE:
            if answer.citations and answer.citations[0].freshness is Freshness.OUTDATED:
                return "The file has changed: the index can't vouch for this answer. What was indexed:"
            return f"Not found, but the index can't vouch for that.{nearest}"


def render_answer(answer: Answer, *, width: int, colour: bool) -> str:
    """The answer for a terminal of `width` columns; evidence is bold with `colour`, else between » and «."""
    parts = [f"Asked of: {one_line(answer.scope)}"] if answer.scope else []
    parts += [verdict_text(answer)]
    parts += [f"! {one_line(warning)}" for warning in answer.warnings]
    parts += [_citation(citation, width, colour) for citation in answer.citations]
    return "\n\n".join(parts) + "\n"


def _citation(citation: Citation, width: int, colour: bool) -> str:
    lit = [span.shifted(-citation.span.start) for span in citation.evidence]
    lines = [
        "".join(_marked(text, span, colour) if span else text for text, span in line)
        for line in _laid_out(citation.quote, lit, width - len(_INDENT))
    ]
    quote = "\n".join(f"{_INDENT}{line}".rstrip() for line in lines)
    if citation.freshness is not Freshness.CURRENT:
        quote = f"{_INDENT}! {freshness_text(citation.freshness)}\n{quote}"
    if citation.also_in:
        quote += f"\n{_INDENT}Also in {', '.join(one_line(document.full_path) for document in citation.also_in)}"
    return f"[{citation.number}] {_place(citation.document, citation.locator)}\n{quote}"


def _marked(text: str, part: _Part, colour: bool) -> str:
    """Part of a lit sentence: bold, line by line, so that paging keeps it whole; else » at its start, « at its end."""
    if colour:
        return f"{_BOLD}{text}{_PLAIN}"
    return f"{'»' if part.begins else ''}{text}{'«' if part.ends else ''}"


@dataclass(frozen=True, slots=True)
class _Part:
    """Where in its sentence a lit stretch of a line is."""

    begins: bool
    ends: bool


def _laid_out(text: str, lit: Sequence[Span], width: int) -> Iterator[list[tuple[str, _Part | None]]]:
    """The lines of `text` in `width` columns, each as stretches that are plain or part of a lit sentence."""
    for start, end in _lines(text, width):
        line: list[tuple[str, _Part | None]] = []
        for mark in lit:
            if mark.start < end and start < mark.end:
                begin, stop = max(mark.start, start), min(mark.end, end)
                part = _Part(begins=begin == mark.start, ends=not text[stop : mark.end].strip())
                line += [(visible(text[start:begin]), None), (visible(text[begin:stop]), part)]
                start = stop
        yield [*line, (visible(text[start:end]), None)]


def _lines(text: str, width: int) -> Iterator[tuple[int, int]]:
    """Where the lines of `text` start and end when they are wrapped at blanks to `width` columns."""
    from rich.cells import cell_len

    for line in _LINE.finditer(text.rstrip()):
        if line.start() == line.end():  # after the last one
            return
        start = end = line.start()
        used = 0
        for word in _WORD.finditer(text, *line.span(1)):
            columns = cell_len(word[0])
            if end > start and used + columns > width:
                yield start, end
                start = word.end() - len(word[0].lstrip())
                used, columns = 0, cell_len(word[0].lstrip())
            used += columns
            end = word.end()
        yield start, end


def _place(document: DocumentInfo, locator: Locator) -> str:
    path = one_line(document.full_path)
    title = one_line(document.title)
    name = f"{path} · {title}" if title and not path.endswith(title) else path
    return f"{name} · {where_text(document, locator)}"


def render_search(results: Sequence[SearchResult], *, width: int) -> str:
    """Ranked passages, shortened to a line or two each."""
    lines = []
    for rank, result in enumerate(results, start=1):
        lines.append(f"{rank:3} {result.score:7.3f}  {_place(result.document, result.locator)}")
        lines.append("             " + textwrap.shorten(one_line(result.text), max(20, width - 13), placeholder=" …"))
    return "".join(f"{line}\n" for line in lines)


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
    lines.append(
        f"{len(plan.added)} to add, {len(plan.changed)} to update, {len(plan.renamed)} to rename, "
        f"{len(plan.deleted)} to delete, {len(plan.excluded)} to exclude, "
        f"{len(plan.failed)} that fail, {len(plan.failed_before)} that failed before, "
        f"{len(plan.skipped)} skipped, {plan.unchanged} unchanged"
    )
    return "".join(f"{line}\n" for line in lines)


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
        f"{event.unchanged} unchanged, {event.failed} failed; {event.embedded} passages embedded"
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
        parts.append(f"{done.embedded:,} {'passage' if done.embedded == 1 else 'passages'} embedded")
    return "; ".join(parts)


def render_status(status: IndexStatus) -> str:
    counts = status.counts
    lines = [
        f"documents   {counts.documents:,}",
        f"passages    {counts.chunks:,}",
        f"failed      {counts.failed:,}",
        f"generation  {counts.generation:,}",
        f"encoder     {one_line(status.encoder or 'none yet')}",
        f"search      {search_text(status)}",
    ]
    lines += [f"source      {one_line(source)}" for source in status.sources]
    for failure in status.failures:
        details = failure_details(failure)
        lines.append(f"failed      {render_failure(failure)}" + (f" ({details})" if details else ""))
    lines += [f"in part     {render_failure(partly)}" for partly in status.read_in_part]
    return "".join(f"{line}\n" for line in lines)


def render_verified(report: Verified) -> str:
    """What was looked at, what was done, what is wrong, and what waits for the next indexing."""
    counts = ", ".join(
        f"{report.checked[part]:,} in {part}" for part in report.checked if part is not IndexPart.CATALOG
    )
    again = f"; {report.files_read:,} files loaded again" if report.files_read else ""
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
    found = "1 problem" if report.problem_count == 1 else f"{report.problem_count:,} problems"
    if report.advice:
        return f"The index is not sound: {found}. {one_line(report.advice)}"
    if report.repaired:
        return f"The index is not sound: {found} left. Move it away and run `askdocs index` with your folders."
    return f"The index is not sound: {found}. `askdocs verify --repair` mends it."


def render_moved(moved: Moved) -> str:
    """What an export or import holds, on one line."""
    sources = ", ".join(one_line(source) for source in moved.sources)
    return f"{moved.counts.documents:,} documents, {moved.counts.chunks:,} passages of {sources}"


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
        documents = "1 document" if source.documents == 1 else f"{source.documents:,} documents"
        lines += [f"{one_line(source.path)}: {documents}{failed}{gone}", f"{_INDENT}{rules_text(source.rules)}"]
    return "".join(f"{line}\n" for line in lines)


def render_sessions(sessions: Sequence[SessionInfo]) -> str:
    """Each kept conversation on a line: its number, when it was used last, how many questions it has, its name."""
    return "".join(
        f"{info.id:4}  {info.used.astimezone():%Y-%m-%d %H:%M}  {info.questions:5,}  {one_line(info.name)}\n"
        for info in sessions
    )


def rules_text(rules: SourceRules) -> str:
    """What of a source is read, in a few words."""
    parts = [" ".join(map(one_line, rules.include)) or "everything"]
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
    from askdocs.evaluation import compare

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
        f"{report.asked:,} passages asked for by some of their words:",
        f"  {report.found_first:4.0%} came first, {report.found_in_ten:4.0%} were among the first ten",
        f"  {report.refused:4.0%} of the questions on other matters were refused",
    ]
    if report.lost:
        lines.append("Documents of which no passage asked for was found:")
        lines += [f"  {one_line(path)}" for path in report.lost]
    return "".join(f"{line}\n" for line in lines)


# JSON: the shapes are documented in docs/json.md and held by golden tests.


def answer_json(answer: Answer) -> str:
    return _json(_answer_values(answer))


def _answer_values(answer: Answer) -> dict[str, object]:
    return {
        "question": answer.question,
        "standalone_question": answer.standalone_question,
        "verdict": answer.verdict,
        "scope": answer.scope,
        "confidence": round(answer.confidence, 4),
        "warnings": list(answer.warnings),
        "citations": [_citation_values(citation) for citation in answer.citations],
        "index": _counts_values(answer.index),
    }


def _citation_values(citation: Citation) -> dict[str, object]:
    return {
        "number": citation.number,
        "document": _document_values(citation.document),
        "span": _span_values(citation.span),
        "locator": _locator_values(citation.locator),
        "quote": citation.quote,
        "evidence": [_span_values(span) for span in citation.evidence],
        "score": round(citation.score, 4),
        "also_in": [_document_values(document) for document in citation.also_in],
        "freshness": citation.freshness,
    }


def search_json(query: str, results: Sequence[SearchResult]) -> str:
    return _json(
        {
            "query": query,
            "results": [
                {
                    "rank": rank,
                    "document": _document_values(result.document),
                    "span": _span_values(result.span),
                    "locator": _locator_values(result.locator),
                    "text": result.text,
                    "score": round(result.score, 4),
                }
                for rank, result in enumerate(results, start=1)
            ],
        }
    )


def evaluation_json(evaluations: Sequence[Evaluation]) -> str:
    from askdocs.evaluation import compare

    first, *others = evaluations
    return _json(
        {
            "name": first.name,
            "measures": {measure.name: _measure_values(measure) for measure in first.measures},
            "compared": [
                {
                    "measures": {measure.name: _measure_values(measure) for measure in other.measures},
                    "p_values": {difference.name: difference.p_value for difference in compare(first, other)},
                }
                for other in others
            ],
        }
    )


def _measure_values(measure: Measured) -> dict[str, object]:
    return {
        "value": round(measure.value, 4),
        "low": round(measure.low, 4),
        "high": round(measure.high, 4),
        "questions": measure.questions,
    }


def self_check_json(report: SelfCheck) -> str:
    return _json(
        {
            "asked": report.asked,
            "found_first": round(report.found_first, 4),
            "found_in_ten": round(report.found_in_ten, 4),
            "refused": round(report.refused, 4),
            "lost": list(report.lost),
        }
    )


def status_json(status: IndexStatus) -> str:
    return _json(
        {
            **_counts_values(status.counts),
            "encoder": status.encoder,
            "search": "exact" if status.recall is None else "approximate",
            "recall": 1.0 if status.recall is None else round(status.recall, 4),
            "sources": list(status.sources),
            "failures": [
                {
                    "path": failure.path,
                    "reason": failure.reason,
                    "loader": failure.loader,
                    "at": failure.at.astimezone(UTC).isoformat() if failure.at else None,
                }
                for failure in status.failures
            ],
            "read_in_part": [{"path": partly.path, "reason": partly.reason} for partly in status.read_in_part],
        }
    )


def sessions_json(sessions: Sequence[SessionInfo]) -> str:
    return _json({"sessions": [_session_values(session) for session in sessions]})


def session_json(session: Session) -> str:
    return _json(
        {
            **_session_values(session.info),
            "exchanges": [
                {
                    "question": exchange.question,
                    "at": exchange.at.astimezone(UTC).isoformat(),
                    "answer": _answer_values(exchange.answer) if exchange.answer else None,
                    "trouble": exchange.trouble or None,
                }
                for exchange in session.exchanges
            ],
        }
    )


def _session_values(info: SessionInfo) -> dict[str, object]:
    return {
        "number": info.id or None,
        "name": info.name,
        "created": info.created.astimezone(UTC).isoformat(),
        "used": info.used.astimezone(UTC).isoformat(),
        "questions": info.questions,
    }


def sources_json(sources: Sequence[SourceInfo]) -> str:
    return _json(
        {
            "sources": [
                {
                    "path": source.path,
                    "there": source.there,
                    "documents": source.documents,
                    "failed": source.failed,
                    "include": list(source.rules.include),
                    "exclude": list(source.rules.exclude),
                    "hidden": source.rules.hidden,
                    "links": source.rules.links,
                }
                for source in sources
            ]
        }
    )


def verified_json(report: Verified) -> str:
    return _json(
        {
            "sound": report.sound,
            "checked": {str(part): count for part, count in report.checked.items()},
            "problems": [
                {"part": problem.part, "path": problem.path, "reason": problem.reason} for problem in report.problems
            ],
            "problem_count": report.problem_count,
            "pending": [{"path": failure.path, "reason": failure.reason} for failure in report.pending],
            "pending_count": report.pending_count,
            "repaired": list(report.repaired),
            "advice": report.advice,
            "files_read": report.files_read,
        }
    )


def _counts_values(counts: IndexCounts) -> dict[str, int]:
    return {
        "documents": counts.documents,
        "chunks": counts.chunks,
        "failed": counts.failed,
        "generation": counts.generation,
    }


def _document_values(document: DocumentInfo) -> dict[str, object]:
    return {
        "path": document.path,
        "inside": list(document.inside),
        "title": document.title,
        "author": document.author,
        "date": document.date,
        "tags": list(document.tags),
        "language": document.language,
    }


def _span_values(span: Span) -> list[int]:
    return [span.start, span.end]


def _locator_values(locator: Locator) -> dict[str, object]:
    one = _singular(locator.unit)
    values: dict[str, object] = {
        "kind": locator.unit,
        "headings": list(locator.headings),
        f"start_{one}": locator.start,
        f"end_{one}": locator.end,
    }
    if locator.start_label or locator.end_label:
        values |= {"start_label": locator.start_label, "end_label": locator.end_label}
    return values


def _json(values: dict[str, object]) -> str:
    # ASCII, so that it survives every terminal and locale, file names that are not Unicode included.
    return json.dumps(values, indent=2) + "\n"
