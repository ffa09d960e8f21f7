"""OpenDocument files are read as their Microsoft kin."""

from __future__ import annotations

from pathlib import Path

import pytest

from askdocs.errors import LoadError
from askdocs.loaders import load, media_type
from askdocs.types import Document
from tests.loaders.checks import assert_sound
from tests.loaders.test_office import with_part

FIXTURES = Path(__file__).parent / "fixtures"
NAMESPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "text", "table", "style")
) + ' xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'  # fmt: skip


def read(name: str, data: bytes | None = None) -> Document:
    kind = media_type(name)
    assert kind
    document = load(name, kind, (FIXTURES / name).read_bytes() if data is None else data)
    assert_sound(document, None)
    return document


def content(name: str, kind: str, body: str, styles: str = "") -> bytes:
    """The fixture with another content."""
    xml = (
        f"<office:document-content {NAMESPACES}><office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>"
    )
    return with_part(FIXTURES / name, "content.xml", xml.encode())


@pytest.mark.parametrize(("open_", "other"), [("charter.odt", "charter.docx"), ("tides.odp", "tides.pptx")])
def test_what_was_converted_reads_the_same(open_: str, other: str) -> None:
    """Text, headings, places, title and author are those of the file that LibreOffice made it from."""
    ours, theirs = read(open_), read(other)
    assert ours.text.replace("- Grease", "Grease") == theirs.text  # LibreOffice made one bullet of it
    assert [heading.title for heading in ours.headings] == [heading.title for heading in theirs.headings]
    assert [place.number for place in ours.places] == [place.number for place in theirs.places]
    assert (ours.title, ours.author, ours.language) == (theirs.title, theirs.author, theirs.language)


def test_a_spreadsheet_reads_as_in_excel() -> None:
    """Cells, labels and values; LibreOffice wrote the booleans as numbers."""
    ours, theirs = read("bottles.ods"), read("bottles.xlsx")
    assert ours.text == theirs.text.replace("FALSE", "0").replace("TRUE", "1")
    assert [(place.number, place.label) for place in ours.places] == [
        (place.number, place.label) for place in theirs.places
    ]


def test_changes_are_accepted_and_blanks_are_counted() -> None:
    """What was deleted is kept apart in the file and not read; blanks, tabs and line ends are elements; boxes follow."""
    body = (
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>gone</text:p></text:deletion>"
        "</text:changed-region></text:tracked-changes><text:table-of-content><text:index-body><text:p>Contents</text:p>"
        '</text:index-body></text:table-of-content><text:p>a<text:s text:c="2"/>b<text:tab/>c <text:span>d</text:span> e'
        "<draw:frame><draw:text-box><text:p>box</text:p></draw:text-box></draw:frame></text:p>"
        '<text:section><text:p>in a<text:s text:c="9999a"/>section</text:p></text:section>'
    )
    assert read("charter.odt", content("charter.odt", "text", body)).text == "a  b\tc d e\n\nbox\n\nin a section"


def test_a_paragraph_and_a_row_are_on_the_page_where_they_begin() -> None:
    """Pages end in paragraphs, between them, in items, and between the rows of a table."""
    overleaf = "<text:soft-page-break/>"
    row = "<table:table-row><table:table-cell><text:p>{}</text:p></table:table-cell></table:table-row>"
    body = (
        f"<text:p>here {overleaf}and there</text:p>{overleaf}<text:p>next</text:p><text:list><text:list-item>"
        f"<text:p>{overleaf}item</text:p></text:list-item></text:list>"
        f"<table:table>{row.format('first')}{overleaf}{row.format('second')}</table:table><text:p>last</text:p>"
    )
    document = read("charter.odt", content("charter.odt", "text", body))
    assert [(place.span.of(document.text), place.label) for place in document.places] == [
        ("here and there", ""), ("next", "2 (page 3)"), ("- item", "3 (page 4)"),
        ("first", "4 (page 4)"), ("second", "5 (page 5)"), ("last", "6 (page 5)"),
    ]  # fmt: skip


def test_a_heading_in_a_list_is_a_heading() -> None:
    """So LibreOffice writes headings that are numbered by a list, as Word's are."""
    heading = '<text:list><text:list-item><text:h text:outline-level="{}">{}</text:h></text:list-item></text:list>'
    inner = f"<text:list><text:list-item>{heading.format(2, 'Rent')}</text:list-item></text:list>"
    body = f"{heading.format(1, 'The lease')}{inner}<text:p>It is due.</text:p>"
    document = read("charter.odt", content("charter.odt", "text", body))
    assert document.text == "The lease\n\nRent\n\nIt is due."
    assert [(heading.level, heading.title) for heading in document.headings] == [(1, "The lease"), (2, "Rent")]


def test_lists_in_lists_are_numbered_by_their_style() -> None:
    """Every level has its own marks and counts."""
    styles = (
        '<text:list-style style:name="L"><text:list-level-style-number text:level="1" style:num-format="1"/>'
        '<text:list-level-style-bullet text:level="2"/></text:list-style>'
    )
    item = "<text:list-item><text:p>{}</text:p>{}</text:list-item>"
    inner = f"<text:list>{item.format('b', '')}</text:list>"
    body = f'<text:list text:style-name="L">{item.format("a", inner)}{item.format("c", "")}</text:list>'
    assert read("charter.odt", content("charter.odt", "text", body, styles)).text == "1. a\n- b\n2. c"


def test_a_cell_over_several_rows_is_read_in_each() -> None:
    """What is covered by a cell above is that again; what is covered by one at its left is blank."""
    cell, covered = "<table:table-cell{}><text:p>{}</text:p></table:table-cell>", "<table:covered-table-cell/>"
    row = "<table:table-row>{}</table:table-row>"
    body = (
        row.format(cell.format("", "Part") + cell.format("", "Cost") + cell.format("", "Year"))
        + row.format(cell.format(' table:number-rows-spanned="2"', "roof") + cell.format("", "1") + cell.format("", "1990"))
        + row.format(covered + cell.format("", "2") + cell.format("", "1991"))
        + row.format(cell.format(' table:number-columns-spanned="2"', "door") + covered + cell.format("", "1992"))
    )  # fmt: skip
    document = read("charter.odt", content("charter.odt", "text", f"<table:table>{body}</table:table>"))
    assert document.text.splitlines() == [
        "Part: roof; Cost: 1; Year: 1990", "Part: roof; Cost: 2; Year: 1991", "Part: door; Year: 1992"
    ]  # fmt: skip


def test_lists_count_on_where_they_say() -> None:
    """From a number of their style's, after another list, in letters, with the level above; headers have no number."""
    styles = (
        '<text:list-style style:name="L"><text:list-level-style-number text:level="1" style:num-format="1"'
        ' style:num-prefix="§ " text:start-value="4"/><text:list-level-style-number text:level="2" style:num-format="a"'
        ' style:num-suffix=")" text:display-levels="2"/></text:list-style>'
    )
    item, list_ = "<text:list-item>{}</text:list-item>", '<text:list text:style-name="L" {}>{}</text:list>'
    inner = f"<text:list>{item.format('<text:p>b</text:p>')}{item.format('<text:p>c</text:p>')}</text:list>"
    on = "<text:list-item><text:list><text:list-item><text:p>e</text:p></text:list-item></text:list></text:list-item>"
    body = (
        list_.format('xml:id="i"', f"<text:list-header><text:p>Duties</text:p></text:list-header>{item.format('<text:p>a</text:p>' + inner)}")
        + "<text:p>Between.</text:p>" + list_.format('text:continue-list="i"', on + item.format("<text:p>f</text:p>"))
        + list_.format("", item.format("<text:p>g</text:p>")) + list_.format('text:continue-numbering="true"', item.format("<text:h>H</text:h>"))
    )  # fmt: skip
    text = read("charter.odt", content("charter.odt", "text", body, styles)).text
    assert text.split("\n\n") == ["Duties\n§ 4 a\n4.a) b\n4.b) c", "Between.", "4.c) e\n§ 5 f\n§ 4 g", "§ 5 H"]


def test_cells_that_stand_for_many_are_counted() -> None:
    """Blank ones move what follows, others are repeated up to a limit: a sheet can't be made to grow."""
    row = '<table:table-row{}><table:table-cell table:number-columns-repeated="{}"/>{}</table:table-row>'
    cell = "<table:table-cell{}><text:p>x</text:p></table:table-cell>"
    body = (
        '<table:table table:name="S">'
        + row.format(' table:number-rows-repeated="9"', 1, "")
        + row.format("", 27, cell.format(""))
        + row.format(' table:number-rows-repeated="1048576"', 1, cell.format(""))
        + "</table:table>"
    )
    document = read("bottles.ods", content("bottles.ods", "spreadsheet", body))
    assert [place.label for place in document.places][:2] == ["S!AB10", "S!B11"]
    assert len(document.places) == 201
    wide = "".join(row.format("", 1, cell.format(' table:number-columns-repeated="1000000"')) for _ in range(9))
    with pytest.raises(LoadError, match="more than 5,000,000 cells"):
        read("bottles.ods", content("bottles.ods", "spreadsheet", f'<table:table table:name="S">{wide}</table:table>'))


def test_a_password_and_entities_are_refused() -> None:
    """The manifest names what is encrypted; no OpenDocument file declares a document type."""
    manifest = b'<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>'
    with pytest.raises(LoadError, match="is encrypted; save it without a password"):
        read("charter.odt", with_part(FIXTURES / "charter.odt", "META-INF/manifest.xml", manifest))
    with pytest.raises(LoadError, match="declares a document type"):
        read(
            "charter.odt",
            with_part(FIXTURES / "charter.odt", "content.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
        )
    with pytest.raises(LoadError, match="has no office:text"):
        read("charter.odt", content("charter.odt", "spreadsheet", ""))
