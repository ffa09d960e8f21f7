"""Document text made ready for the screen: harmless, and with every character still at its offset."""

from __future__ import annotations

import re

from textual.content import Content

from askdocs.rendering.render import one_line, visible
from askdocs.types import Citation, DocumentInfo, Span

_INNER_LINE_END = re.compile(r"(?<=[\w,;:’'\")\-])\n(?=[\w“\"'(])")
_SHORTEST_WRAPPED_LINE = 45


def name(document: DocumentInfo) -> str:
    """What to call a document: its title, or its path if the title is only the file's name."""
    return one_line(document.own_title) or one_line(document.full_path)


def quote(citation: Citation, evidence_style: str) -> Content:
    """The passage of `citation` with its evidence in `evidence_style`; hard-wrapped prose flows again."""
    text = _flowing(visible(citation.quote))
    start = len(text) - len(text.lstrip())
    content = Content(text, strip_control_codes=False)
    for span in citation.evidence:
        content = content.stylize(evidence_style, *_within(span, citation.span))
    return content[start : len(text.rstrip())]


def preview(citation: Citation) -> str:
    """The first sentence of evidence, else the beginning of the passage, on one line."""
    if citation.evidence:
        start, end = _within(citation.evidence[0], citation.span)
        return one_line(citation.quote[start:end])
    return one_line(citation.quote)


def _within(span: Span, passage: Span) -> tuple[int, int]:
    start = min(max(span.start, passage.start), passage.end)
    return start - passage.start, max(start, min(span.end, passage.end)) - passage.start


def _flowing(text: str) -> str:
    """`text` with the line ends in its paragraphs turned into spaces; lists, tables and short lines stay."""

    def joined(match: re.Match[str]) -> str:
        line_start = text.rfind("\n", 0, match.start()) + 1
        return " " if match.start() - line_start >= _SHORTEST_WRAPPED_LINE else "\n"

    return _INNER_LINE_END.sub(joined, text)
