"""Quotes with their citations, for other programs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from askdocs.rendering.citing import Form, render_quote
from askdocs.types import Citation, DocumentInfo, Freshness, Locator, Span, Unit

ROOF = DocumentInfo(1, "notes/roof_log.md", "The roof", author="A. Miller, B. Sons", date="2019-03-04T10:00:00")
LINES = Locator(Unit.LINES, ("House", "Repairs"), 3, 4)


def citation(quote: str, document: DocumentInfo = ROOF) -> Citation:
    return Citation(1, document, Span(0, len(quote)), LINES, quote, (), 1.0)


def test_a_quote_becomes_markdown() -> None:
    """A blockquote that ends with its source; what Markdown would take for markup is escaped."""
    text = "The roof was *repaired*.\n\n# 1 of 2\n1. Tiles & beams [a]\n"
    assert render_quote(citation(text), Form.MARKDOWN) == (
        "> The roof was \\*repaired\\*.\n"
        ">\n"
        "> \\# 1 of 2\n"
        "> 1\\. Tiles & beams \\[a\\]\n"
        ">\n"
        "> — A. Miller, B. Sons, “The roof”, 2019-03-04, lines 3-4 · House > Repairs, notes/roof\\_log.md\n"
    )


def test_code_becomes_a_fence() -> None:
    """What is indented keeps its indentation, in a fence that it can't end."""
    text = "def roof():\n    return '````'\n"
    assert render_quote(citation(text), Form.MARKDOWN).startswith(
        "> `````\n> def roof():\n>     return '````'\n> `````\n>\n> — "
    )


def test_a_quote_becomes_plain_text() -> None:
    """The quote, and where it stands; a title that is only the file's name isn't said twice."""
    document = DocumentInfo(1, "notes/roof.md", "roof.md")
    assert render_quote(citation("The roof.\r\nNew line.", document), Form.PLAIN) == (
        "The roof.\nNew line.\n\n— lines 3-4 · House > Repairs, notes/roof.md\n"
    )


def test_an_attachment_that_names_itself_nowhere_is_named_once() -> None:
    """Its name stands at the end of the way that leads to it, and is no title besides; one of its own is."""
    report = DocumentInfo(1, "mail/june.eml", "report.pdf", inside=("report.pdf",))
    assert (
        render_quote(citation("x", report), Form.PLAIN)
        == "x\n\n— lines 3-4 · House > Repairs, mail/june.eml > report.pdf\n"
    )
    titled = replace(report, title="June")
    assert "— “June”, lines 3-4" in render_quote(citation("x", titled), Form.PLAIN)


def test_an_outdated_quote_says_so() -> None:
    """What is copied after its file has changed is not passed off as what stands in it."""
    outdated = replace(citation("The roof."), freshness=Freshness.OUTDATED)
    for form in (Form.MARKDOWN, Form.PLAIN):
        assert "as it was indexed: the file has changed" in render_quote(outdated, form)


def test_a_quote_becomes_bibtex() -> None:
    """Title and author are kept as they are, and what means something to LaTeX is escaped."""
    document = replace(ROOF, title="100% {roof} & C_2 \\x ~^$#")
    assert render_quote(citation("A\nquote.", document), Form.BIBTEX) == (
        "@misc{roof-log-lines-3,\n"
        "  title        = {{100\\% \\textbraceleft{}roof\\textbraceright{} \\& C\\_2 \\textbackslash{}x "
        "\\textasciitilde{}\\textasciicircum{}\\$\\#}},\n"
        "  author       = {{A. Miller, B. Sons}},\n"
        "  date         = {2019-03-04},\n"
        "  howpublished = {notes/roof\\_log.md},\n"
        "  note         = {lines 3-4 · House > Repairs},\n"
        "  annote       = {A quote.},\n"
        "}\n"
    )
    nameless = DocumentInfo(1, "屋根", "屋根")
    assert render_quote(citation("x", nameless), Form.BIBTEX).startswith(
        "@misc{document-lines-3,\n  title        = {{屋根}},\n"
    )


HOSTILE = st.text(st.one_of(st.sampled_from(" \n\t\\`*_[]<>&~|#-+=.)1(!{}\x1b\u202e\ud800\r"), st.characters()))


@pytest.mark.parametrize("form", Form)
@given(text=HOSTILE)
def test_nothing_that_is_copied_is_obeyed(form: Form, text: str) -> None:
    """No control characters, no surrogates, no direction overrides, whatever the document says."""
    document = replace(ROOF, title=text, author=text, path=text, date=text)
    copied = render_quote(citation(text, document), form)
    copied.encode()
    assert not [c for c in copied if (ord(c) < 0x20 and c not in "\n\t") or 0x7F <= ord(c) < 0xA0 or c == "\u202e"]


@given(HOSTILE)
def test_markdown_shows_the_quote_and_nothing_else(text: str) -> None:
    """Read as Markdown it is one blockquote with the characters of the quote, blanks aside, and of its source."""
    plain = render_quote(citation(text), Form.PLAIN)
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(render_quote(citation(text), Form.MARKDOWN))
    assert tokens[0].type == "blockquote_open"
    assert tokens[-1].type == "blockquote_close"
    assert sum(token.type == "blockquote_open" for token in tokens) == 1
    assert "".join("".join(map(shown, tokens)).split()) == "".join(plain.split())


def shown(token: Token) -> str:
    assert token.type in {
        "blockquote_open", "blockquote_close", "paragraph_open", "paragraph_close", "inline", "fence",
        "text", "softbreak", "text_special",
    }, token  # fmt: skip
    return token.content if token.children is None else "".join(map(shown, token.children))


@given(HOSTILE)
def test_the_braces_of_bibtex_are_balanced(text: str) -> None:
    """An entry ends where it should: its braces pair off, counted as BibTeX counts them, and none is left over."""
    depth = 0
    entry = render_quote(citation(text, replace(ROOF, title=text, path=text)), Form.BIBTEX)
    for character in entry[len("@misc") : -1]:
        depth += (character == "{") - (character == "}")
        assert depth >= 0
    assert depth == 0
