"""Web pages are read for their content, as a person sees it."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given

from askdocs.errors import LoadError
from askdocs.loaders import load
from askdocs.opening.opener import text_fragment
from askdocs.types import BlockKind, Document, Unit
from tests.loaders.checks import assert_sound, path_of
from tests.loaders.test_fixtures import MUTATIONS, mutated

MUSEUM = Path(__file__).parent / "fixtures" / "museum.html"
FILLER = "<p>" + "The keeper of the lamp lived here with her family and three goats. " * 8 + "</p>"


def read(page: str | bytes) -> Document:
    document = load("a.html", "text/html", page.encode() if isinstance(page, str) else page)
    assert_sound(document, None)
    return document


def body(page: str) -> str:
    return read(page).text


def test_a_page_is_its_content() -> None:
    """Menus, cookie banner, related links, footer and scripts are left out; headings, lists, tables and code stay."""
    document = load("museum.html", "text/html", MUSEUM.read_bytes())
    chunks = assert_sound(document, None)
    assert document.unit is Unit.PARAGRAPHS
    assert document.language == "en"
    for left_out in ("cookies", "Contact", "Imprint", "Related", "console"):
        assert left_out not in document.text
    kinds = {block.kind for block in document.blocks}
    assert kinds == {BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST, BlockKind.TABLE, BlockKind.CODE}
    assert "Ottilie" in document.text
    assert path_of(chunks, "60 crowns")
    assert [place.number for place in document.places] == list(range(1, len(document.places) + 1))


def test_a_quote_is_found_in_the_page() -> None:
    """The words of the text fragment of every paragraph, list and table stand in the page, one after another."""
    from selectolax.lexbor import LexborHTMLParser

    page = LexborHTMLParser(MUSEUM.read_text(encoding="utf-8")).body
    assert page is not None
    shown = " ".join(page.text().split())
    document = load("museum.html", "text/html", MUSEUM.read_bytes())
    quotes = [(block.kind, block.span.of(document.text)) for block in document.blocks]
    assert {kind for kind, _ in quotes} >= {BlockKind.PARAGRAPH, BlockKind.LIST, BlockKind.TABLE}
    for kind, quote in quotes:
        assert kind is not BlockKind.PARAGRAPH or " ".join(quote.split()) in shown
        ends = [unquote(words) for words in text_fragment(quote).removeprefix("#:~:text=").split(",")]
        at = 0
        for words in ends:
            at = shown.index(words, at) + len(words)


def test_a_page_without_main_keeps_its_text() -> None:
    """What is in no `main` or `article` is content, and so is everything where there is little."""
    page = f"<nav><a href=/>Home</a></nav><div class=story><h1>Lamp</h1>{FILLER}<div>It burns oil.</div></div><footer>Imprint</footer>"
    assert "It burns oil." in body(page)
    assert "Home" not in body(page)
    assert "Imprint" not in body(page)
    assert body("<nav><a href=/>Home and harbour</a></nav><div>Lamp</div>") == "Home and harbour\n\nLamp"
    assert body("<main></main><div>All is here.</div>") == "All is here."


def test_an_element_named_like_a_menu_stays_if_it_says_something() -> None:
    """A name alone leaves nothing out: a `sidebar` of prose is content, a `menu` of links is not."""
    page = f"<div>{FILLER * 4}</div><div class=sidebar>{FILLER}</div><div class=menu><a href=/>Home</a> <a href=/b>Boats</a></div>"
    assert body(page).count("The keeper") == 40
    assert "Boats" not in body(page)


def test_lists_have_marks() -> None:
    """Items are lines with their mark or number, inner lists are indented, and the lead-in is of the same block."""
    document = read(
        "<p>Bring:</p><ul><li>boots<ul><li>dry ones</li></ul></li><li>a <b>lamp</b></li></ul><ol start=3><li>row<li>rest</ol>"
    )
    assert document.text == "Bring:\n\n- boots\n  - dry ones\n- a lamp\n\n3. row\n4. rest"
    assert [block.kind for block in document.blocks] == [BlockKind.LIST, BlockKind.LIST]


def test_rows_have_their_headers() -> None:
    """A row is a line that answers alone, also below a cell of several rows; a table that arranges is no table."""
    table = """<table><caption>Repairs</caption><tr><th>Part<th>Year<th>Cost</tr><tr><td rowspan=2>roof<td>1990<td>300</tr>
        <tr><td>1991<td>40</tr><tr><td>door<td colspan=2>never</tr></table>"""
    assert (
        body(table)
        == "Repairs\nPart: roof; Year: 1990; Cost: 300\nPart: roof; Year: 1991; Cost: 40\nPart: door; Year: never"
    )
    assert body("<table><tr><td><h2>Left</h2>one<td>two</table>") == "Left\n\none\n\ntwo"


def test_spans_move_no_value_under_another_name() -> None:
    """Names over two rows of the head, blank cells over several, and cells over both keep those beside them in place."""
    table = """<table><thead><tr><th rowspan=2>Part<th colspan=2>Cost</tr><tr><th>net<th>gross</tr></thead>
        <tr><td>roof<td>1<td>2</tr><tr><td rowspan=2><td>3<td>4</tr><tr><td>5<td>6</tr>
        <tr><td rowspan=2 colspan=2>both<td>7</tr><tr><td>8</tr></table>"""
    assert read(f"<body>{table}").text.splitlines() == [
        "Part: roof; Cost net: 1; Cost gross: 2", "Cost net: 3; Cost gross: 4", "Cost net: 5; Cost gross: 6",
        "Part: both; Cost gross: 7", "Part: both; Cost gross: 8",
    ]  # fmt: skip
    table = "<table><tr><th rowspan=9>Part<th>Cost</tr><tr><td>roof<td>1</tr></table>"
    assert read(f"<body>{table}").text == "Part: roof; Cost: 1"


def test_items_have_the_numbers_that_they_are_given() -> None:
    """As a number of their own, or as letters."""
    page = '<ol type="A"><li>a<li>b</ol><p>Then</p><ol type="i"><li value=9>c<li>d</ol>'
    assert read(f"<body>{page}").text == "A. a\nB. b\n\nThen\n\nix. c\nx. d"


def test_code_keeps_its_lines() -> None:
    """Line breaks and blanks of `pre` stay; elsewhere blanks collapse, `br` breaks, entities are characters."""
    document = read("<pre>\nif a:\n    b()\n\n\nc()</pre><p>a  \n b<br>c &amp; d&nbsp;&eacute;\u00adx &lt;i&gt;</p>")
    assert document.text == "if a:\n    b()\n\n\nc()\n\na b\nc & d éx <i>"
    assert document.blocks[0].kind is BlockKind.CODE


def test_the_head_names_the_page() -> None:
    """Title without its site, author, day, keywords and language, from whatever tells them."""
    page = f"""<html lang=en-GB><head><title>The lamp | Harbour museum</title><meta property=og:site_name content="Harbour museum">
        <meta name=author content="Ines Falk"><meta property="article:published_time" content="2021-03-04T10:00:00Z">
        <meta name=keywords content="lamp, oil"></head><body>{FILLER}"""
    document = read(page)
    assert (document.title, document.author, document.date) == ("The lamp", "Ines Falk", "2021-03-04T10:00:00+00:00")
    assert (document.tags, document.language) == (("lamp", "oil"), "en")
    linked = '<script type="application/ld+json">{"@graph": [{"@type": "NewsArticle", "author": [{"name": "A B"}], "datePublished": "2020-01-02"}]}</script>'
    assert (read(linked + FILLER).author, read(linked + FILLER).date) == ("A B", "2020-01-02")


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ('<meta charset="iso-8859-1">', "cp1252"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">', "cp1251"),
        ("<meta charset=shift_jis>", "cp932"),
        ('<?xml version="1.0" encoding="iso-8859-15"?><html>', "iso8859-15"),
    ],
)
def test_a_page_is_in_the_encoding_that_it_declares(declared: str, encoding: str) -> None:
    """As browsers understand the name, unless its bytes are UTF-8 or have a mark."""
    words = {"cp1252": "“naïve” – café", "cp1251": "Маяк стоит", "cp932": "灯台の光", "iso8859-15": "café 5 €"}[
        encoding
    ]
    document = read(f"{declared}<body><p>{words}".encode(encoding))
    assert (document.text, document.encoding) == (words, encoding)
    assert read(f"{declared}<body><p>{words}").text == words
    assert read(f"{declared}<body><p>{words}".encode("utf-16")).text == words


def test_xhtml_elements_may_be_empty() -> None:
    """`<title/>` and `<script/>` of XHTML end where they begin, and CDATA is text."""
    page = '<?xml version="1.0"?><html><head><title/><script src="a.js"/></head><body><p><a id="x"/>Here<![CDATA[ <a> & b]]></p></body></html>'
    assert body(page) == "Here <a> & b"


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 100_000 + "deep",
        "<span>" * 100_000 + "deep",
        "".join(f"<font size={at}>" for at in range(5000)) + "<p>x" * 20_000 + "deep",
        "<select>" + "<option>x" * 50_000 + "</select>deep",
    ],
    ids=["div", "span", "font", "option"],
)
def test_deep_nesting_is_made_flat(page: str) -> None:
    """Elements that only arrange are left out where they are too deep, and formatting that would be repeated."""
    began = time.process_time()
    assert "deep" in load("a.html", "text/html", page.encode()).text
    assert time.process_time() - began < 10


@pytest.mark.parametrize("levels", ["<table><tr><td>", "<ul><li>", "<dl><dd>", "<blockquote>"])
def test_what_cannot_be_made_flat_is_refused(levels: str) -> None:
    """With the number of levels."""
    with pytest.raises(LoadError, match="100,000 levels deep"):
        load("a.html", "text/html", (levels * 100_000).encode())


@pytest.mark.parametrize(
    "page",
    ["<!--" * 200_000, "<?xml ?>" + "<![CDATA[" * 100_000, "<a " * 300_000, "</p>" * 300_000, "<" * 1_000_000],
    ids=["comments", "cdata", "tags", "ends", "angles"],
)
def test_garbage_is_read_soon(page: str) -> None:
    """No pattern takes more than linear time."""
    began = time.process_time()
    with suppress(LoadError):
        load("a.html", "text/html", page.encode())
    assert time.process_time() - began < 5


def test_a_table_of_spans_does_not_grow() -> None:
    """Cells that claim a hundred rows and columns are not repeated without end."""
    page = "<table><tr>" + "<td rowspan=100 colspan=100>x" * 2000 + "<tr><td>y" * 20_000 + "</table>"
    document = load("a.html", "text/html", page.encode())
    assert len(document.text) < 2_000_000
    assert not re.search("\0", document.text)


@given(MUTATIONS)
def test_damaged_pages_are_read_or_refused(mutations: list[tuple[str, float, float, bytes]]) -> None:
    """What is left of a real page gives sound passages or a reason, soon, and never another exception."""
    began = time.process_time()
    with suppress(LoadError):
        assert_sound(load("a.html", "text/html", mutated(MUSEUM.read_bytes(), mutations)), None)
    assert time.process_time() - began < 3
