"""Answers and passages as text for people: pure functions that return strings.

Document text and file names are data: `visible` makes what a terminal would obey harmless.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from askdocs.types import (
    Answer,
    Citation,
    DocumentInfo,
    Freshness,
    Locator,
    SearchResult,
    Span,
    Unit,
    Verdict,
)

_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"
_KEPT = "\n\t\u200c\u200d"
"""Line ends, tabs, and the joiners that Persian, Indic scripts and emoji are written with."""
_UNUSUAL = re.compile(r"[^\x20-\x7e\n\t]+")
_LINE = re.compile(r"([^\r\n]*)(?:\r\n|\r|\n|$)")
_WORD = re.compile(r"[^\S\r\n]*\S+")
_INDENT = "    "
_LONGEST_AUTHOR = 40
_SUREST = 0.99
"""Nobody is told to be surer of an estimate."""

_SURE = 0.75
"""A verdict that is less sure than this is told with a "perhaps"."""


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


def locator_text(locator: Locator, title: str = "") -> str:
    """Where it is, for people: "lines 3-9 · Intro > Scope", "page xii", "Budget!A3:D9".

    A first heading that is the `title` of the document, beside which this is shown, is not said again.
    """
    headings = _below_title(locator, title)
    return f"{place_text(locator)} · {headings}" if headings else place_text(locator)


def _below_title(locator: Locator, title: str) -> str:
    headings = list(map(one_line, locator.headings))
    return " > ".join(headings[1:] if headings[:1] == [one_line(title)] else headings)


def where_text(document: DocumentInfo, locator: Locator) -> str:
    """Where it is, behind whom and of which day the document is, as far as it tells."""
    return " · ".join(filter(None, (_origin(document), locator_text(locator, document.title))))


def _origin(document: DocumentInfo) -> str:
    author = one_line(document.author or "")
    if len(author) > _LONGEST_AUTHOR:
        author = author[: _LONGEST_AUTHOR - 1] + "…"
    return ", ".join(filter(None, (author, day_text(document))))


def day_text(document: DocumentInfo) -> str:
    """The day that a document states, if it does, without the time."""
    return one_line(document.date or "")[: len("2026-11-24")]


def place_text(locator: Locator) -> str:
    """Where it is, without the headings above it."""
    first = one_line(locator.start_label) or str(locator.start)
    last = one_line(locator.end_label) or str(locator.end)
    if locator.unit is Unit.ROWS and locator.start_label:  # "Budget!A3:D3" to "Budget!A9:D9"
        return first if first == last else f"{first.partition(':')[0]}:{last.rpartition(':')[2]}"
    name = "¶" if locator.unit is Unit.PARAGRAPHS else singular(locator.unit)
    if (locator.start, locator.start_label) == (locator.end, locator.end_label):
        return f"{name} {first}"
    return f"{name if name == '¶' else locator.unit} {first}-{last}"


def singular(unit: Unit) -> str:
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
        case Freshness.GONE:
            return "Gone: no longer in your documents."


def outcome_text(answer: Answer) -> str:
    """Whether an answer was found, and how sure that is; nothing is said of an index that can't vouch for it."""
    found = answer.verdict is Verdict.FOUND
    sure = answer.confidence if found else 1 - answer.confidence
    outcome = "found" if found else f"not in {'the chosen' if answer.scope else 'your'} documents"
    return f"{outcome.capitalize() if sure >= _SURE else f'Perhaps {outcome}'} ({min(sure, _SUREST):.0%} sure)"


def verdict_text(answer: Answer) -> str:
    """The outcome in a few words."""
    nearest = " The nearest passages:" if answer.citations else ""
    match answer.verdict:
        case Verdict.FOUND:
            return outcome_text(answer)
        case Verdict.NOT_IN_DOCUMENTS:
            return f"{outcome_text(answer)}.{nearest}"
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
    lines = [
        "".join(_marked(text, part, colour) if part else text for text, part in line)
        for line in _laid_out(citation.quote, citation.lit, width - len(_INDENT))
    ]
    quote = "\n".join(f"{_INDENT}{line}".rstrip() for line in lines)
    if citation.freshness is not Freshness.CURRENT:
        quote = f"{_INDENT}! {freshness_text(citation.freshness)}\n{quote}"
    if citation.also_in:
        quote += f"\n{_INDENT}Also in {', '.join(one_line(document.full_path) for document in citation.also_in)}"
    details = _details(citation.document, citation.locator)
    about = [f"{_INDENT}{details[start:end]}" for start, end in _lines(details, width - len(_INDENT))]
    place = f"[{citation.number}] {_place(citation.document, citation.locator)}"
    return "\n".join([place, *about, *([""] if about else []), quote])


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
    return f"{one_line(document.full_path)} · {place_text(locator)}"


def _details(document: DocumentInfo, locator: Locator) -> str:
    """What the document is called, whose and of which day it is, and the headings above the passage."""
    parts = (one_line(document.own_title), _origin(document), _below_title(locator, document.title))
    return " · ".join(filter(None, parts))


def render_search(results: Sequence[SearchResult], *, width: int) -> str:
    """Ranked passages: where each is, what it is part of, and how it begins."""
    lines = []
    for rank, result in enumerate(results, start=1):
        lines.append(f"{rank:3} {result.score:7.3f}  {_place(result.document, result.locator)}")
        said = filter(None, (_details(result.document, result.locator), one_line(result.text)))
        lines += [f"{'':13}{textwrap.shorten(text, max(20, width - 13), placeholder=' …')}" for text in said]
    return "".join(f"{line}\n" for line in lines)
