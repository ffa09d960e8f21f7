"""Answers as JSON that is kept: by the names of their fields, of which each askdocs reads those that it knows."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, replace
from typing import Any

from askdocs.records import shown_path
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


def answer_json(answer: Answer) -> str:
    """With paths that mean the same in every working directory."""
    citations = (
        replace(
            citation,
            document=_with_path(citation.document, os.path.abspath),
            also_in=tuple(_with_path(document, os.path.abspath) for document in citation.also_in),
        )
        for citation in answer.citations
    )
    return json.dumps(asdict(replace(answer, citations=tuple(citations))))


def _with_path(document: DocumentInfo, change: Callable[[str], str]) -> DocumentInfo:
    return replace(document, path=change(document.path))


def answer_of(text: str, *, same_catalog: bool) -> Answer | None:
    """What `answer_json` has made of an answer; None if it can't be read.

    Only in the `same_catalog` do the ids of its documents mean anything; they are 0 elsewhere.
    """
    try:
        return _answer(json.loads(text), same_catalog=same_catalog)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


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
