"""Everything that scripts read, as JSON: pure functions. docs/json.md has the shapes, golden tests hold them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC
from typing import TYPE_CHECKING

from askdocs.events import Verified
from askdocs.rendering.render import singular
from askdocs.types import (
    Answer,
    Citation,
    DocumentInfo,
    IndexCounts,
    IndexStatus,
    Locator,
    SearchResult,
    SourceInfo,
    Span,
)

if TYPE_CHECKING:
    from askdocs.answering.feedback import Ranking
    from askdocs.quality.evaluation import Evaluation, Measured
    from askdocs.quality.self_checking import SelfCheck
    from askdocs.sessions.sessions import Session, SessionInfo


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
    from askdocs.quality.evaluation import compare

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
            "rebuild": status.rebuild,
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
                    "scope": str(exchange.documents or ""),
                    "ranking": _ranking_values(exchange.ranking) if exchange.ranking else None,
                }
                for exchange in session.exchanges
            ],
        }
    )


def _ranking_values(ranking: Ranking) -> dict[str, object]:
    return {
        "marked": ranking.marked,
        "citations": [_citation_values(citation) for citation in ranking.citations],
    }


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
    one = singular(locator.unit)
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
