"""A quote with where it stands, to be taken elsewhere: as Markdown, plain text or BibTeX; pure functions."""

from __future__ import annotations

import re
from enum import StrEnum

from askdocs.render import locator_text, one_line, visible
from askdocs.types import Citation, Freshness


class Form(StrEnum):
    """What a quote is written as."""

    MARKDOWN = "Markdown"
    PLAIN = "plain text"
    BIBTEX = "BibTeX"


_INDENTED = re.compile(r"^(?: {4}| {0,3}\t)[ \t]*\S", re.MULTILINE)
_BACKTICKS = re.compile(r"`{3,}")
_INLINE = re.compile(r"[\\`*\[\]~|]|(?<![^\W_])_|_(?![^\W_])|<(?=[A-Za-z/!?])|&(?=[A-Za-z#])")
_LINE_BEGINNING = re.compile(r"^([ \t]*)(?=#{1,6}(?:\s|$)|>|[-+](?:\s|$)|-+\s*$|=+\s*$)")
_LIST_NUMBER = re.compile(r"^([ \t]*\d{1,9})(?=[.)](?:\s|$))")
_NOT_IN_KEYS = re.compile(r"[^a-z0-9]+")

_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\textbraceleft{}",  # BibTeX counts braces, escaped ones too
        "}": r"\textbraceright{}",
        "^": r"\textasciicircum{}",
        "~": r"\textasciitilde{}",
        **{character: f"\\{character}" for character in "#$%&_"},
    }
)


def cited(citation: Citation, form: Form) -> str:
    """The quote of `citation` and its source, harmless wherever it is pasted."""
    match form:
        case Form.MARKDOWN:
            lines = [*_markdown(_quote(citation)), "", f"— {_escaped(source_text(citation))}"]
            return "".join(f"{f'> {line}'.rstrip()}\n" for line in lines)
        case Form.PLAIN:
            return f"{_quote(citation)}\n\n— {source_text(citation)}\n"
        case Form.BIBTEX:
            return _bibtex(citation)


def source_text(citation: Citation) -> str:
    """Who says so, in what, when and where, on one line, as far as that is known."""
    document = citation.document
    title, path = one_line(document.title), one_line(document.full_path)
    own_title = title and title != path.rpartition("/")[2]
    parts = [
        one_line(document.author or ""),
        f"“{title}”" if own_title else "",
        _day(citation),
        locator_text(citation.locator),
        path,
        "as it was indexed: the file has changed" if citation.freshness is Freshness.OUTDATED else "",
    ]
    return ", ".join(filter(None, parts))


def _quote(citation: Citation) -> str:
    return "\n".join(line.rstrip() for line in visible(citation.quote).strip("\n").split("\n"))


def _day(citation: Citation) -> str:
    return one_line(citation.document.date or "")[: len("2026-11-24")]


def _markdown(text: str) -> list[str]:
    """Lines that Markdown shows as `text`: in a fence if they are indented, as code is, else with signs escaped."""
    if _INDENTED.search(text):
        fence = "`" * (1 + max([2, *map(len, _BACKTICKS.findall(text))]))
        return [fence, *text.split("\n"), fence]
    return [_escaped(line) for line in text.split("\n")]


def _escaped(line: str) -> str:
    line = _INLINE.sub(r"\\\g<0>", line)
    return _LIST_NUMBER.sub(r"\1\\", _LINE_BEGINNING.sub(r"\1\\", line))


def _bibtex(citation: Citation) -> str:
    document, locator = citation.document, citation.locator
    path = one_line(document.full_path)
    stem = _NOT_IN_KEYS.sub("-", path.rpartition("/")[2].rpartition(".")[0].lower() or path.lower()).strip("-")
    fields = {
        "title": f"{{{_latex(document.title)}}}",  # in braces of its own: as it is written
        "author": f"{{{_latex(document.author)}}}" if document.author else "",  # and not taken apart at commas
        "date": _latex(_day(citation)),
        "howpublished": _latex(path),
        "note": _latex(locator_text(locator)),
        "annote": _latex(citation.quote),
    }
    lines = [f"  {name:<12} = {{{value}}},\n" for name, value in fields.items() if value]
    return f"@misc{{{stem or 'document'}-{locator.unit}-{locator.start},\n{''.join(lines)}}}\n"


def _latex(text: str) -> str:
    return one_line(text).translate(_LATEX)
