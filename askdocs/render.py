"""Answers and the rest as text for people and JSON for scripts: pure functions that return strings.

Document text and file names are data: `visible` makes what a terminal would obey harmless.
"""

from __future__ import annotations

import json
import textwrap
import unicodedata
from collections.abc import Sequence

from askdocs.evaluation import Evaluation, Measured, compare
from askdocs.self_checking import SelfCheck
from askdocs.types import (
    Answer,
    Citation,
    DocumentInfo,
    Failure,
    IndexCounts,
    Indexed,
    IndexPlan,
    IndexStatus,
    Locator,
    SearchResult,
    Span,
    Verdict,
)

_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"
_KEPT = "\n\t"


def visible(text: str) -> str:
    """`text` with control and direction-changing characters replaced, one for one; newline and tab stay."""
    return text if text.isprintable() else "".join(map(_visible_character, text))


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
    """Where it is, for people: "lines 3-9 · Intro > Scope"."""
    lines = (
        f"line {locator.start_line}"
        if locator.start_line == locator.end_line
        else f"lines {locator.start_line}-{locator.end_line}"
    )
    return " · ".join([lines, *([one_line(" > ".join(locator.headings))] if locator.headings else [])])


def verdict_text(answer: Answer) -> str:
    """The outcome in a few words."""
    match answer.verdict:
        case Verdict.FOUND:
            return f"Found ({answer.confidence:.0%} sure)"
        case Verdict.NOT_IN_DOCUMENTS:
            return f"Not in your documents ({1 - answer.confidence:.0%} sure). The nearest passages:"
        case Verdict.INDEX_UNRELIABLE:
            return "Not found, but the index can't vouch for that. The nearest passages:"


def render_answer(answer: Answer, *, width: int, colour: bool) -> str:
    """The answer for a terminal of `width` columns; evidence is bold with `colour`, else between » and «."""
    parts = [verdict_text(answer)]
    parts += [f"! {one_line(warning)}" for warning in answer.warnings]
    parts += [_citation(citation, width, colour) for citation in answer.citations]
    return "\n\n".join(parts) + "\n"


def _citation(citation: Citation, width: int, colour: bool) -> str:
    opening, closing = (_BOLD, _PLAIN) if colour else ("»", "«")
    head = f"[{citation.number}] {_place(citation.document, citation.locator)}"
    marks = [span.shifted(-citation.span.start) for span in citation.evidence]
    return f"{head}\n{_wrapped(_marked(visible(citation.quote), marks, opening, closing), width)}"


def _place(document: DocumentInfo, locator: Locator) -> str:
    path = one_line(document.path)
    title = one_line(document.title)
    name = f"{path} · {title}" if title and not path.endswith(title) else path
    return f"{name} · {locator_text(locator)}"


def _marked(text: str, marks: Sequence[Span], opening: str, closing: str) -> str:
    parts: list[str] = []
    end = 0
    for mark in marks:
        # Marked line by line, so that wrapping and paging keep the marks whole.
        lines = [
            f"{opening}{line}{closing}" if line.strip() else line for line in mark.of(text).splitlines(keepends=True)
        ]
        parts += [text[end : mark.start], *(line.replace(f"\n{closing}", f"{closing}\n") for line in lines)]
        end = mark.end
    return "".join([*parts, text[end:]])


def _wrapped(text: str, width: int) -> str:
    wrapper = textwrap.TextWrapper(
        width=width, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False, break_long_words=False,
        replace_whitespace=False, drop_whitespace=True,
    )  # fmt: skip
    return "\n".join(wrapper.fill(line) for line in text.splitlines())


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
    lines += [f"fail     {render_failure(failure)}" for failure in plan.failed]
    lines += [f"skip     {render_failure(failure)}" for failure in plan.skipped]
    lines.append(
        f"{len(plan.added)} to add, {len(plan.changed)} to update, {len(plan.renamed)} to rename, "
        f"{len(plan.deleted)} to delete, {len(plan.failed)} that fail, {plan.unchanged} unchanged"
    )
    return "".join(f"{line}\n" for line in lines)


def render_failure(failure: Failure) -> str:
    return f"{one_line(failure.path)}: {one_line(failure.reason)}"


def render_indexed(event: Indexed) -> str:
    """What indexing has done, on one line."""
    return (
        f"{event.added} added, {event.changed} updated, {event.renamed} renamed, {event.deleted} deleted, "
        f"{event.unchanged} unchanged, {event.failed} failed; {event.embedded} passages embedded"
    )


def render_status(status: IndexStatus) -> str:
    counts = status.counts
    lines = [
        f"documents   {counts.documents:,}",
        f"passages    {counts.chunks:,}",
        f"failed      {counts.failed:,}",
        f"generation  {counts.generation:,}",
        f"encoder     {one_line(status.encoder or 'none yet')}",
    ]
    lines += [f"source      {one_line(source)}" for source in status.sources]
    lines += [f"failed      {render_failure(failure)}" for failure in status.failures]
    return "".join(f"{line}\n" for line in lines)


def render_evaluation(evaluations: Sequence[Evaluation]) -> str:
    """A table of one evaluation; of two, with the differences that chance hardly makes marked by a star."""
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
    return _json(
        {
            "question": answer.question,
            "standalone_question": answer.standalone_question,
            "verdict": answer.verdict,
            "confidence": round(answer.confidence, 4),
            "warnings": list(answer.warnings),
            "citations": [_citation_values(citation) for citation in answer.citations],
            "index": _counts_values(answer.index),
        }
    )


def _citation_values(citation: Citation) -> dict[str, object]:
    return {
        "number": citation.number,
        "document": {"path": citation.document.path, "title": citation.document.title},
        "span": _span_values(citation.span),
        "locator": _locator_values(citation.locator),
        "quote": citation.quote,
        "evidence": [_span_values(span) for span in citation.evidence],
        "score": round(citation.score, 4),
    }


def search_json(query: str, results: Sequence[SearchResult]) -> str:
    return _json(
        {
            "query": query,
            "results": [
                {
                    "rank": rank,
                    "document": {"path": result.document.path, "title": result.document.title},
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
            "sources": list(status.sources),
            "failures": [{"path": failure.path, "reason": failure.reason} for failure in status.failures],
        }
    )


def _counts_values(counts: IndexCounts) -> dict[str, int]:
    return {
        "documents": counts.documents,
        "chunks": counts.chunks,
        "failed": counts.failed,
        "generation": counts.generation,
    }


def _span_values(span: Span) -> list[int]:
    return [span.start, span.end]


def _locator_values(locator: Locator) -> dict[str, object]:
    return {
        "kind": locator.kind,
        "headings": list(locator.headings),
        "start_line": locator.start_line,
        "end_line": locator.end_line,
    }


def _json(values: dict[str, object]) -> str:
    # ASCII, so that it survives every terminal and locale, file names that are not Unicode included.
    return json.dumps(values, indent=2) + "\n"
