"""A quote with where it stands, to be taken elsewhere: as Markdown, plain text or BibTeX; pure functions."""

from __future__ import annotations

import re
from enum import StrEnum

from askdocs.rendering.render import day_text, locator_text, one_line, visible
from askdocs.types import Citation, Freshness


class Form(StrEnum):
    """What a quote is written as."""

    MARKDOWN = "Markdown"
    PLAIN = "plain text"
    BIBTEX = "BibTeX"


_MARKDOWN = re.compile(r"[\\`*_\[\]<~|$^]|={2,}|#+$|&(?=#?\w+;)|:(?=//)|(?<=\bwww)\.", re.IGNORECASE)
"""What means something inside a line of Markdown, addresses that would become links included."""
_MARKDOWN_START = re.compile(r"[#>+=-]|\d+[.)]|:(?=[\s-])")
_INDENTED = re.compile(r"^(?: {2}|\t)[ \t]*\S", re.MULTILINE)
_BACKTICKS = re.compile(r"`+")
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


def render_quote(citation: Citation, form: Form) -> str:
    """The quote of `citation` and its source, harmless wherever it is pasted."""
    match form:
        case Form.MARKDOWN:
            text = _quote(citation)
            quote = fenced(text) or [markdown_line(line.strip()) for line in text.split("\n")]
            lines = [*quote, "", f"— {markdown_line(source_text(citation))}"]
            return "".join(f"{f'> {line}'.rstrip()}\n" for line in lines)
        case Form.PLAIN:
            return f"{_quote(citation)}\n\n— {source_text(citation)}\n"
        case Form.BIBTEX:
            return _bibtex(citation)


def source_text(citation: Citation) -> str:
    """Who says so, in what, when and where, on one line, as far as that is known."""
    document = citation.document
    parts = [
        one_line(document.author or ""),
        f"“{one_line(document.own_title)}”" if document.own_title else "",
        day_text(document),
        locator_text(citation.locator, document.title),
        one_line(document.full_path),
        "as it was indexed: the file has changed" if citation.freshness is Freshness.OUTDATED else "",
    ]
    return ", ".join(filter(None, parts))


def _quote(citation: Citation) -> str:
    return "\n".join(line.rstrip() for line in visible(citation.quote).strip("\n").split("\n"))


def fenced(text: str) -> list[str] | None:
    """The lines of `text` as Markdown shows them blank for blank, if it is indented, as code and tables are."""
    if not _INDENTED.search(text):
        return None
    fence = "`" * max(3, 1 + max(map(len, _BACKTICKS.findall(text)), default=0))
    return [fence, *text.strip("\n").split("\n"), fence]


def markdown_line(line: str) -> str:
    """One line of text with a backslash before all that Markdown could take for its own."""
    start = _MARKDOWN_START.match(line)
    opening = line[: start.end()] if start else ""
    rest = _MARKDOWN.sub(lambda match: "".join(f"\\{character}" for character in match[0]), line[len(opening) :])
    if not opening:
        return rest
    # Of "1." the full stop, of all else the sign itself; it comes out as it was, as all that follows a backslash does.
    return f"{opening[:-1]}\\{opening[-1]}{rest}"


def _bibtex(citation: Citation) -> str:
    document, locator = citation.document, citation.locator
    path = one_line(document.full_path)
    stem = _NOT_IN_KEYS.sub("-", path.rpartition("/")[2].rpartition(".")[0].lower() or path.lower()).strip("-")
    fields = {
        "title": f"{{{_latex(document.title)}}}",  # in braces of its own: as it is written
        "author": f"{{{_latex(document.author)}}}" if document.author else "",  # and not taken apart at commas
        "date": _latex(day_text(document)),
        "howpublished": _latex(path),
        "note": _latex(locator_text(locator)),
        "annote": _latex(citation.quote),
    }
    lines = [f"  {name:<12} = {{{value}}},\n" for name, value in fields.items() if value]
    return f"@misc{{{stem or 'document'}-{locator.unit}-{locator.start},\n{''.join(lines)}}}\n"


def _latex(text: str) -> str:
    return one_line(text).translate(_LATEX)
