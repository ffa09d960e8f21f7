"""Answers and rankings as JSON to be kept, by the names of fields: each askdocs reads those that it knows."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, fields, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from askdocs.catalog.records import shown_path
from askdocs.types import (
    Answer,
    Citation,
    DocumentInfo,
    Features,
    Freshness,
    IndexCounts,
    Locator,
    Span,
    Unit,
    Verdict,
)

if TYPE_CHECKING:
    from askdocs.answering.feedback import Ranking
    from askdocs.searching.question import DocumentFilter

Kept = tuple["Answer | None", "DocumentFilter | None", "Ranking | None"]
"""An answer, the documents that were chosen to be asked, and, in place of an answer, a ranking by what was marked."""


def kept_json(kept: Kept) -> str | None:
    """With paths that mean the same in every working directory; None if there is nothing to keep."""
    answer, documents, ranking = kept
    values: dict[str, Any] = {}
    if answer:
        values = asdict(replace(answer, citations=_with_full_paths(answer.citations)))
    if documents:
        values["chosen"] = _filter_values(documents)
    if ranking:
        feedback, citations = ranking.feedback, ranking.citations
        values["ranking"] = {
            "like": list(map(asdict, _with_full_paths(feedback.like))),
            "unlike": list(map(asdict, _with_full_paths(feedback.unlike))),
            "marked": ranking.marked,
            "citations": list(map(asdict, _with_full_paths(citations))),
        }
    return json.dumps(values, default=date.isoformat) if values else None


def _with_full_paths(citations: Iterable[Citation]) -> tuple[Citation, ...]:
    return tuple(
        replace(
            citation,
            document=_with_path(citation.document, os.path.abspath),
            also_in=tuple(_with_path(document, os.path.abspath) for document in citation.also_in),
        )
        for citation in citations
    )


def _filter_values(documents: DocumentFilter) -> dict[str, Any]:
    chosen = tuple(_path(path, os.path.abspath) for path in documents.chosen)
    within = [_filter_values(outer) for outer in documents.within]
    return asdict(replace(documents, chosen=chosen, within=())) | {"within": within}


def _path(path: str, change: Callable[[str], str]) -> str:
    """Another way to write a path, the separator at the end of a folder's kept."""
    changed = change(path)
    return os.path.join(changed, "") if path.endswith(os.sep) else changed


def _with_path(document: DocumentInfo, change: Callable[[str], str]) -> DocumentInfo:
    return replace(document, path=change(document.path))


def kept_of(text: str, *, same_catalog: bool) -> Kept | None:
    """What `kept_json` has made JSON of; None if it can't be read.

    Only in the `same_catalog` do the ids of cited documents mean anything; they are 0 elsewhere.
    """
    try:
        values = json.loads(text)
        chosen, ranking = values.get("chosen"), values.get("ranking")
        return (
            None if values.keys() <= {"chosen", "ranking"} else _answer(values, same_catalog=same_catalog),
            _filter(chosen) if chosen else None,
            _ranking(ranking, same_catalog=same_catalog) if ranking else None,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _filter(values: Mapping[str, Any]) -> DocumentFilter:
    from askdocs.searching.question import DocumentFilter

    own: dict[str, Any] = {
        "after": date.fromisoformat(values["after"]) if values["after"] else None,
        "before": date.fromisoformat(values["before"]) if values["before"] else None,
        "chosen": tuple(_path(path, shown_path) for path in values["chosen"]),
        "within": tuple(map(_filter, values["within"])),
    }
    return DocumentFilter(**_known(DocumentFilter, values) | own)


def _ranking(values: Mapping[str, Any], *, same_catalog: bool) -> Ranking:
    from askdocs.answering.feedback import Feedback, Ranking

    like, unlike, citations = (
        tuple(_citation(citation, same_catalog=same_catalog) for citation in values[name])
        for name in ("like", "unlike", "citations")
    )
    return Ranking(Feedback(like, unlike), values["marked"], citations)


def _answer(values: Mapping[str, Any], *, same_catalog: bool) -> Answer:
    features = values.get("features")
    own: dict[str, Any] = {
        "verdict": Verdict(values["verdict"]),
        "citations": tuple(_citation(citation, same_catalog=same_catalog) for citation in values["citations"]),
        "index": IndexCounts(**_known(IndexCounts, values["index"])),
        "features": Features(**_known(Features, features)) if features else None,
    }
    return Answer(**_known(Answer, values) | own)


def _citation(values: Mapping[str, Any], *, same_catalog: bool) -> Citation:
    def document(values: Mapping[str, Any]) -> DocumentInfo:
        info = _with_path(DocumentInfo(**_known(DocumentInfo, values)), shown_path)
        return info if same_catalog else replace(info, id=0)

    locator = values["locator"]
    own: dict[str, Any] = {
        "document": document(values["document"]),
        "span": Span(**values["span"]),
        "locator": Locator(**_known(Locator, locator) | {"unit": Unit(locator["unit"])}),
        "evidence": tuple(Span(**span) for span in values["evidence"]),
        "also_in": tuple(map(document, values["also_in"])),
        "freshness": Freshness(values["freshness"]),
    }
    return Citation(**_known(Citation, values) | own)


def _known(cls: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of `values` that are fields of a dataclass, lists as tuples."""
    return {
        field.name: tuple(value) if isinstance(value := values[field.name], list) else value
        for field in fields(cls)
        if field.name in values
    }
