"""reStructuredText, AsciiDoc, Org and LaTeX: headings, blocks and what the file says of itself."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askdocs.loaders import load, media_type
from askdocs.types import BlockKind, Document
from tests.loaders.checks import assert_sound

FIXTURES = Path(__file__).parent / "fixtures"
RST, ADOC, ORG, TEX = "text/x-rst", "text/x-asciidoc", "text/x-org", "text/x-tex"
KINDS = [RST, ADOC, ORG, TEX]
OUTLINE = [
    "The Harbour Museum", "The warehouse", "Opening hours and tickets", "The collection", "Ships in bottles",
    "The tide machine", "The café", "Gifts and debts",
]  # fmt: skip


def read(kind: str, text: str) -> Document:
    return load("a", kind, text.encode())


def kinds(document: Document) -> list[str]:
    return [block.kind.value for block in document.blocks]


def block(document: Document, words: str) -> tuple[BlockKind, str]:
    return next(
        (block.kind, block.span.of(document.text)) for block in document.blocks if words in block.span.of(document.text)
    )


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["unix", "windows", "mac"])
@pytest.mark.parametrize("name", ["museum.md", "museum.rst", "museum.adoc", "museum.org", "museum.tex"])
def test_what_pandoc_writes_is_read_alike(name: str, newline: str) -> None:
    """The same document in five languages has the same headings, metadata, list, table and listing."""
    text = (FIXTURES / name).read_text(encoding="utf-8").replace("\n", newline)
    document = load(name, media_type(name) or "", text.encode())
    assert_sound(document, text)
    titles = [heading.title for heading in document.headings]
    assert titles[-len(OUTLINE) :] == OUTLINE
    levels = [heading.level for heading in document.headings][-len(OUTLINE) :]
    assert [level - levels[0] for level in levels] == [0, 1, 1, 1, 2, 2, 1, 1]
    assert (document.title, document.author, document.date) == ("The Harbour Museum", "Ines Falk", "2021-04-09")
    kind, words = block(document, "rowing club")
    assert kind is BlockKind.LIST
    assert words.lstrip().startswith("To get a ticket")
    assert block(document, "60 crowns")[0] is BlockKind.TABLE
    assert block(document, "not a heading")[0] is BlockKind.CODE


def test_rst_structure() -> None:
    """Literal blocks, directives, both kinds of tables, doctests; titles with a line above; a line is no title."""
    text = (
        "=====\nTitle\n=====\n\n:Authors: Anna\n:tags: a, b\n\nOne\n---\n\nSee::\n\n  code\n  ====\n\n  more\n\n"
        ".. code-block:: sh\n\n   # no\n   ====\n\n.. note:: words\n   here\n\n>>> 1\n2\n\n"
        "== ==\na  b\n== ==\n1  2\n\n3  4\n== ==\n\n+--+\n|x |\n+--+\n\n----\n\n#. first\n#. second\n\nTwo\n~~~\nEnd\n"
    )
    document = read(RST, text)
    assert_sound(document, text)
    assert [(h.level, h.title) for h in document.headings] == [(1, "Title"), (2, "One"), (3, "Two")]
    assert (document.title, document.author, document.tags) == ("Title", "Anna", ("a", "b"))
    assert kinds(document) == [
        "heading", "list", "heading", "paragraph", "code", "code", "paragraph", "code", "table", "table", "paragraph",
        "list", "heading", "paragraph",
    ]  # fmt: skip


def test_asciidoc_structure() -> None:
    """Delimited blocks take all up to their end, captions belong to what is below, headings may have two lines."""
    text = (
        "= Title\nAnna Kovacs <a@b.c>; Bo Li\nv1.0, 2023-06-01\n:keywords: roof, tiles\n:lang: de\n\nwords\n== One ==\n"
        ".Listing\n[source,sh]\n----\n== no\n* no\n----\n\n.Table\n|===\n|a\n\n|b\n|===\n====\nExample:\n\n* a\n** b\n"
        "+\n----\ncode\n----\n====\n\nTwo!\n----\n\n////\n== comment\n////\nterm:: words\n----\n\n== code\n----\n"
    )
    document = read(ADOC, text)
    assert_sound(document, text)
    assert [(h.level, h.title) for h in document.headings] == [(1, "Title"), (2, "One"), (2, "Two!")]
    assert (document.author, document.date) == ("Anna Kovacs, Bo Li", "2023-06-01")
    assert (document.tags, document.language) == (("roof", "tiles"), "de")
    assert block(document, "* no") == (BlockKind.CODE, ".Listing\n[source,sh]\n----\n== no\n* no\n----\n")
    assert block(document, "|b")[1].startswith(".Table")
    assert block(document, "** b")[0] is BlockKind.LIST


def test_org_structure() -> None:
    """Keywords of state, priority and tags are no part of a title; blocks hide what is in them."""
    text = (
        "#+TITLE: Notes\n#+AUTHOR: Anna\n#+DATE: <2023-06-01 Thu>\n#+FILETAGS: :roof:tiles:\n\n* TODO [#A] One  :x:y:\n"
        ":PROPERTIES:\n:ID: 1\n:END:\nwords\n#+begin_src sh\n* no\n#+END_SRC\n#+CAPTION: Prices\n| a | b |\n|---+---|\n"
        ": literal\n** Two\nNeeded:\n- a\n  more\n- b\n#+begin_src\n\n* no heading\n#+end_src\n- c\n* Three\n"
    )
    document = read(ORG, text)
    assert_sound(document, text)
    assert [(h.level, h.title) for h in document.headings] == [(1, "One"), (2, "Two"), (1, "Three")]
    assert (document.title, document.author, document.date) == ("Notes", "Anna", "2023-06-01")
    assert document.tags == ("roof", "tiles")
    assert block(document, "* no")[0] is BlockKind.CODE
    assert block(document, "| a |") == (BlockKind.TABLE, "#+CAPTION: Prices\n| a | b |\n|---+---|\n")
    assert block(document, "- b")[1].startswith("Needed:")
    assert block(document, "* no heading")[1].startswith("#+begin_src")


def test_latex_structure() -> None:
    """Titles lose their commands, comments and listings hold no sections, long lists are cut at their items."""
    items = "".join(f"\\item Tile {number} is laid on the roof by hand.\n" for number in range(40))
    text = (
        "% \\title{No}\n\\title[short]{The \\emph{Roof} \\& its~Tiles\\thanks{x}}\n\\author{Anna Kovacs \\and Bo Li}\n"
        "\\date{June 1, 2023}\n\\usepackage[english,ngerman]{babel}\n\\begin{document}\n\\section*{One \\texorpdfstring{"
        "\\texttt{a}}{a}}\\label{x} words\n\\begin{verbatim}\n\\section{No}\n\\end{verbatim}\n% \\section{No}\n"
        "\\subsection[s]{Two of\n {many} lines}\nYou need:\n\\begin{itemize}\n" + items + "\\end{itemize}\n"
        "\\begin{tabular}{ll}\na & b \\\\\n\\end{tabular}\n\\end{document}\n"
    )
    document = read(TEX, text)
    assert_sound(document, text)
    assert [(h.level, h.title) for h in document.headings] == [(3, "One a"), (4, "Two of many lines")]
    assert (document.title, document.author) == ("The Roof & its Tiles", "Anna Kovacs, Bo Li")
    assert (document.date, document.language) == ("2023-06-01", "de")
    lists = [part.span.of(text) for part in document.blocks if part.kind is BlockKind.LIST]
    assert lists[0].startswith("You need:")
    assert lists[7].startswith("\\item Tile 7 ")


PIECES = [
    "Title\n=====\n", "====\n", "-----\n", "* a\n", "- b\n", "  c\n", "\n", "\n\n", "words:\n", "\\section{", "}", "\\begin{verbatim}\n",
    "\\end{verbatim}\n", "\\begin{itemize}\n", "\\item x\n", "#+BEGIN_SRC\n", "#+END_SRC\n", "|a|\n", "|===\n", ".. x::\n", "::\n", "   ",
    "\t", "\r", "\r\n", "é👍", ":a: b\n", "[x]\n", ".Cap\n", "+\n", "== A\n", "== ==\n", "+--+\n", "%", "\\texorpdfstring{a}", "\x0c", "\u2028",
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_no_markup_is_too_broken(kind: str, text: str) -> None:
    """Whatever is in the file: its text is exact, and all of it is in blocks."""
    assert_sound(read(kind, text), text)


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_markup_takes_time_in_proportion(kind: str) -> None:
    """Forty thousand characters of any one thing, or of things that never end, take a second at most."""
    units = [
        *PIECES,
        "== ==\nx\n\n",
        "{",
        "\\section{a",
        "\\begin{itemize}\n\n",
        "- a\n\n",
        " ",
        "=\n",
        "-\n\n",
        "#+name: x\n",
        "* T\n- a\n",
        "* a\n----\nx\n----\n",
    ]
    texts = [(unit * 40_000)[:40_000] for unit in units]
    texts += ["".join(f"#+begin_a{number}\n" for number in range(4000)), "".join("-" * n + "\n" for n in range(280))]
    for text in texts:
        began = time.process_time()
        read(kind, text)
        assert time.process_time() - began < 1, text[:30]
