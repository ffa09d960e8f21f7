"""A conversation as a document of its own, in Markdown, HTML or JSON: every quote has a footnote that says where it is.

What documents, names and questions say is text, whatever it looks like: no markup of theirs is any in what is written.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from html import escape
from itertools import pairwise, zip_longest
from pathlib import Path

from askdocs.errors import IndexTrouble, UsageError
from askdocs.rendering.citing import fenced, markdown_line
from askdocs.rendering.render import freshness_text, one_line, place_text, verdict_text, visible, where_text
from askdocs.rendering.render_json import session_json
from askdocs.sessions.sessions import Exchange, Session
from askdocs.types import Citation, Freshness
from askdocs.wording import count

_LONGEST_STEM = 50


def export(session: Session, path: Path) -> None:
    """Write a conversation to a new file, in the format that its ending names.

    Raises UsageError for another ending or a file that is there already, IndexTrouble if it can't be written.
    """
    form = FORMATS.get(path.suffix.lower())
    if form is None:
        *others, last = FORMATS
        raise UsageError(f"{path} names no format; end it with {', '.join(others)} or {last}")
    data = form(session).encode()
    try:
        with path.open("xb") as file:  # by which nobody else can have made it, or will
            try:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                with suppress(OSError):
                    path.unlink()
                raise
    except FileExistsError as exc:
        raise UsageError(f"{path} is there already; name another file, or delete it") from exc
    except (OSError, ValueError) as exc:  # ValueError: a name with a null character
        reason = exc.strerror if isinstance(exc, OSError) else "no file can have this name"
        raise IndexTrouble(f"{path} can't be written: {reason}; name another file") from exc


def as_of_now(session: Session, recheck: Callable[[Sequence[Citation]], Sequence[Citation | None]]) -> Session:
    """The conversation with its quotes as `recheck` finds them: where they stand by now, outdated, or gone."""
    exchanges = []
    for exchange in session.exchanges:
        found = zip(exchange.citations, recheck(exchange.citations), strict=True)
        now = tuple(new or replace(old, freshness=Freshness.GONE) for old, new in found)
        if exchange.answer:
            exchange = replace(exchange, answer=replace(exchange.answer, citations=now))
        elif exchange.ranking:
            exchange = replace(exchange, ranking=replace(exchange.ranking, citations=now))
        exchanges.append(exchange)
    return replace(session, exchanges=tuple(exchanges))


def free_name(session: Session, folder: Path) -> str:
    """The name of a Markdown file that isn't in `folder` yet, after the name of the conversation."""
    stem = "-".join(re.findall(r"\w+", session.info.name.lower()))[:_LONGEST_STEM].strip("-") or "conversation"
    name, number = f"{stem}.md", 1
    while os.path.lexists(folder / name):
        number += 1
        name = f"{stem}-{number}.md"
    return name


def _when(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _extent(session: Session) -> str:
    return f"{count(session.info.questions, 'question')}, {_when(session.info.created)}"


def _source(citation: Citation) -> str:
    """What a quote is from, as it stands with the quote: the document's name, and where in it."""
    path, title = one_line(citation.document.full_path), one_line(citation.document.title)
    name = path.rpartition("/")[2] or path
    stale = "" if citation.freshness is Freshness.CURRENT else f" ({citation.freshness})"
    return f"{name if path.endswith(title) else title}, {place_text(citation.locator)}{stale}"


def _footnote(citation: Citation) -> str:
    """Title, place, date and path of a quote, and what else there is to say of it, on one line."""
    document = citation.document
    parts = [one_line(document.own_title), where_text(document, citation.locator), one_line(document.full_path)]
    if citation.also_in:
        parts.append(f"also in {', '.join(one_line(other.full_path) for other in citation.also_in)}")
    note = " · ".join(filter(None, parts))
    return note if citation.freshness is Freshness.CURRENT else f"{note}. {freshness_text(citation.freshness)}"


def _remarks(exchange: Exchange) -> list[str]:
    """What there is to say of an answer besides its verdict and quotes."""
    if exchange.answer is None:
        of = [f"Asked of: {one_line(str(exchange.documents))}"] if exchange.documents else []
        marked = [f"Ranked by what was marked: {one_line(exchange.ranking.marked)}"] if exchange.ranking else []
        failed = [f"No answer: {one_line(exchange.trouble)}"] if exchange.trouble else []
        return [*marked, *of, *failed]
    asked, scope = exchange.answer.standalone_question, exchange.answer.scope
    leant = [f"Asked as: {one_line(asked)}"] if asked != exchange.question else []
    chosen = [f"Asked of: {one_line(scope)}"] if scope else []
    return [*leant, *chosen, *map(one_line, exchange.answer.warnings)]


def _lines(citation: Citation) -> list[list[tuple[str, bool]]]:
    """The lines of a quote, made harmless, each as stretches that are lit or not."""
    text = visible(citation.quote)
    lit = citation.lit
    edges = sorted({0, len(text), *(edge for span in lit for edge in (span.start, span.end))})
    lines: list[list[tuple[str, bool]]] = [[]]
    for start, end in pairwise(edges):
        inside = any(span.start <= start and end <= span.end for span in lit)
        first, *others = text[start:end].split("\n")
        lines[-1].append((first, inside))
        lines += [[(other, inside)] for other in others]
    return lines


# Markdown


def markdown(session: Session) -> str:
    """CommonMark with footnotes as GitHub, pandoc and others read them; lit sentences are bold.

    Under each quote stands what it is from, so that who reads on needn't look for it in the footnotes.
    """
    parts = [f"# {markdown_line(one_line(session.info.name))}", _extent(session)]
    notes: list[str] = []
    for exchange in session.exchanges:
        parts.append(f"## {markdown_line(one_line(exchange.question))}")
        parts.append(f"*{_when(exchange.at)}*")
        if exchange.answer:
            parts.append(f"**{verdict_text(exchange.answer)}**")
        parts += map(markdown_line, _remarks(exchange))
        for citation in exchange.citations:
            notes.append(f"[^{len(notes) + 1}]: {markdown_line(_footnote(citation))}")
            mark = f"— {markdown_line(_source(citation))}[^{len(notes)}]"
            parts.append("\n".join(f"> {line}".rstrip() for line in _quoted(citation, mark)))
    return "\n\n".join(parts + notes) + "\n"


def _quoted(citation: Citation, mark: str) -> Iterator[str]:
    if fence := fenced(visible(citation.quote)):
        yield from (*fence, "", mark)
        return
    lines = [_bold(line) for line in _lines(citation)]
    while lines and not lines[-1]:
        lines.pop()
    for line, following in zip_longest(lines, lines[1:]):
        yield f"{line}\\" if line and following else line
    yield from ("", mark)


def _bold(line: list[tuple[str, bool]]) -> str:
    """A line with its lit stretches in bold: as tags, since asterisks mean nothing between letters of some scripts."""
    text = "".join(f"\0{part}\1" if lit and part.strip() else part for part, lit in line).strip()
    return markdown_line(text).replace("\0", "<b>").replace("\1", "</b>")


# HTML

_STYLE = """
:root { color-scheme: light dark; }
body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
body { font: 1rem/1.5 system-ui, sans-serif; }
h2 { margin: 2.5rem 0 0; font-size: 1.15rem; }
.when, .verdict, .remark { margin: .25rem 0; }
.when, .remark, .notes, footer { opacity: .8; font-size: .9rem; }
footer { margin-top: .5rem; }
blockquote { margin: 1rem 0; padding-left: 1rem; border-left: .2rem solid; white-space: pre-wrap; }
mark { background: #ffe58a; color: #000; }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def html(session: Session) -> str:
    """One page that needs nothing else: no script, no picture, and no link but those between quotes and footnotes."""
    name = escape(one_line(session.info.name))
    parts = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>{name}</title>\n<style>{_STYLE}</style>\n</head>\n<body>",
        f'<h1 dir="auto">{name}</h1>\n<p class="when">{_extent(session)}</p>',
    ]
    notes: list[str] = []
    for exchange in session.exchanges:
        parts.append(f'<h2 dir="auto">{escape(one_line(exchange.question))}</h2>')
        parts.append(f'<p class="when">{_when(exchange.at)}</p>')
        if exchange.answer:
            parts.append(f'<p class="verdict"><strong>{escape(verdict_text(exchange.answer))}</strong></p>')
        parts += [f'<p class="remark" dir="auto">{escape(remark)}</p>' for remark in _remarks(exchange)]
        for citation in exchange.citations:
            number = len(notes) + 1
            notes.append(
                f'<li id="note{number}" dir="auto">{escape(_footnote(citation))} <a href="#quote{number}">↩</a></li>'
            )
            mark = f'<sup><a id="quote{number}" href="#note{number}">{number}</a></sup>'
            source = f"<footer>— {escape(_source(citation))}{mark}</footer>"
            parts.append(f'<blockquote dir="auto">{_lit(citation)}{source}</blockquote>')
    parts += [f'<ol class="notes">\n{note}' if place == 0 else note for place, note in enumerate(notes)]
    return "\n".join([*parts, *(["</ol>"] if notes else []), "</body>\n</html>\n"])


def _lit(citation: Citation) -> str:
    lines = (
        "".join(f"<mark>{escape(part)}</mark>" if lit and part else escape(part) for part, lit in line)
        for line in _lines(citation)
    )
    return "\n".join(lines).strip()


FORMATS: dict[str, Callable[[Session], str]] = {".md": markdown, ".html": html, ".json": session_json}
"""The formats by the endings of their files."""
