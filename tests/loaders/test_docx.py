"""Word documents are read as they look with all changes accepted, and cited by paragraph."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from askdocs.errors import LoadError
from askdocs.loaders import load, media_type
from askdocs.types import BlockKind, Document, Unit
from tests.loaders.checks import assert_sound, path_of
from tests.loaders.test_office import part, with_part

CHARTER = Path(__file__).parent / "fixtures" / "charter.docx"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"


def read(data: bytes) -> Document:
    kind = media_type("a.docx")
    assert kind
    document = load("a.docx", kind, data)
    assert_sound(document, None)
    return document


def docx(body: str, namespace: str = W, styles: str = "", prologue: str = "") -> bytes:
    """A Word document with this in its body, and nothing that needn't be."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(
            "word/document.xml",
            f'{prologue}<w:document xmlns:w="{namespace}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
            f' xmlns:v="urn:schemas-microsoft-com:vml"><w:body>{body}</w:body></w:document>',
        )
        archive.writestr("word/styles.xml", f'<w:styles xmlns:w="{namespace}">{styles}</w:styles>')
    return target.getvalue()


def run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'


def test_the_charter_is_read_as_it_looks() -> None:
    """Headings, table rows with their header, numbered items with what leads to them, notes and comments in place."""
    document = read(CHARTER.read_bytes())
    assert (document.title, document.author, document.language) == (
        "Charter of the Rowing Club",
        "Ottilie Brandt",
        "en",
    )
    assert document.unit is Unit.PARAGRAPHS
    chunks = assert_sound(document, None)
    assert path_of(chunks, "cork vest") == "Members > Duties"
    assert path_of(chunks, "secret ballot") == "The assembly > Voting"
    blocks = [(block.kind, block.span.of(document.text)) for block in document.blocks]
    assert (
        BlockKind.LIST,
        "A member who takes out a boat shall:\n\n1. sign the book that hangs beside the door;\n"
        "2. wear a cork vest from October to March;\n3. wipe the oars dry with the grey cloth.",
    ) in blocks
    (table,) = (text for kind, text in blocks if kind is BlockKind.TABLE)
    assert table.splitlines()[1] == "Member: student; Fee in crowns: 45; Vote: yes"
    assert "whoever that may be.[1]\n\n[1] Between 1931 and 1934" in document.text
    assert "a quorum of fifteen members.\n\n[Comment by Mattis] Fifteen is too many" in document.text


def test_changes_are_accepted() -> None:
    """What was put in is read, what was taken out is not: words, ends of paragraphs, rows, moved text."""
    assert "is late pays twelve crowns more" in read(CHARTER.read_bytes()).text
    gone = '<w:rPr><w:del w:id="1"/></w:rPr>'
    body = (
        f"<w:p><w:ins>{run('New ')}</w:ins><w:del><w:r><w:delText>old </w:delText></w:r></w:del>{run('words')}</w:p>"
        f"<w:p><w:pPr>{gone}</w:pPr>{run('one ')}</w:p><w:p>{run('paragraph')}</w:p>"
        f"<w:p><w:moveFrom>{run('moved')}</w:moveFrom></w:p><w:p><w:moveTo>{run('moved')}</w:moveTo></w:p>"
        f"<w:tbl><w:tr><w:trPr><w:del/></w:trPr><w:tc><w:p>{run('row')}</w:p></w:tc></w:tr>"
        f"<w:tr><w:tc><w:p>{run('kept')}</w:p></w:tc></w:tr></w:tbl>"
    )
    assert read(docx(body)).text == "New words\n\none paragraph\n\nmoved\n\nkept"


def test_text_boxes_are_read_once_and_hidden_text_never() -> None:
    """Of two ways to draw a text box one is taken, after its paragraph; codes of fields and hidden words are left out."""
    box = f"<w:txbxContent><w:p>{run('In the box')}</w:p></w:txbxContent>"
    body = (
        f"<w:p>{run('Beside')}<w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing>{box}</w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"
        f"<w:p><w:r><w:instrText>PAGE</w:instrText></w:r>{run('7')}"
        f"<w:r><w:rPr><w:vanish/></w:rPr><w:t>secret</w:t></w:r></w:p>"
    )
    document = read(docx(body))
    assert document.text == "Beside\n\nIn the box\n\n7"
    assert [place.number for place in document.places] == [1, 2, 3]


def test_pages_are_named_where_the_file_states_them() -> None:
    """A page break that Word has noted when it saved makes the label of what comes after it."""
    body = f"<w:p>{run('First')}</w:p><w:p><w:r><w:lastRenderedPageBreak/><w:t>Second</w:t></w:r></w:p>"
    assert [(place.number, place.label) for place in read(docx(body)).places] == [(1, ""), (2, "2 (page 2)")]


def test_a_paragraph_and_a_row_are_on_the_page_where_they_begin() -> None:
    """What goes on overleaf isn't sent there; each row of a table that spans pages has its own."""
    overleaf = "<w:r><w:lastRenderedPageBreak/></w:r>"
    row = "<w:tr><w:tc><w:p>{}</w:p></w:tc><w:tc><w:p>{}</w:p></w:tc></w:tr>"
    body = (
        f"<w:p>{run('It begins here')}{overleaf}{run(' and ends there.')}</w:p><w:tbl>"
        + row.format(run("Part"), run("Cost")) + row.format(run("roof"), run("300"))
        + row.format(overleaf + run("door"), run("40")) + f"</w:tbl><w:p>{run('Next')}</w:p>"
    )  # fmt: skip
    document = read(docx(body))
    assert [place.span.of(document.text) for place in document.places] == [
        "It begins here and ends there.", "Part: roof; Cost: 300", "Part: door; Cost: 40", "Next"
    ]  # fmt: skip
    assert [place.label for place in document.places] == ["1 (page 1)", "2 (page 2)", "3 (page 3)", "4 (page 3)"]


def test_lists_count_from_where_they_say_and_as_their_style_does() -> None:
    """One that begins at 0 goes on with 1; one that has the levels of a style has its numbers."""
    level = '<w:lvl w:ilvl="0"><w:start w:val="{}"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>'
    numbering = (
        f'<w:numbering xmlns:w="{W}"><w:abstractNum w:abstractNumId="1">{level.format(0)}</w:abstractNum>'
        '<w:abstractNum w:abstractNumId="2"><w:numStyleLink w:val="Clauses"/></w:abstractNum>'
        f'<w:abstractNum w:abstractNumId="3"><w:styleLink w:val="Clauses"/>{level.format(4)}</w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="2"/></w:num>'
        "</w:numbering>"
    )
    item = '<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="{}"/></w:numPr></w:pPr>{}</w:p>'
    body = "".join(
        item.format(number, run(text)) for number, text in ((1, "a"), (1, "b"), (1, "c"), (2, "d"), (2, "e"))
    )
    data = io.BytesIO(docx(body))
    with zipfile.ZipFile(data, "a") as archive:
        archive.writestr("word/numbering.xml", numbering)
    assert read(data.getvalue()).text == "0. a\n1. b\n2. c\n4. d\n5. e"


def test_a_cell_over_several_rows_is_read_in_each() -> None:
    """So that a row alone answers; a long one is read once."""
    cell = "<w:tc><w:tcPr>{}</w:tcPr><w:p>{}</w:p></w:tc>"
    first, more = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"

    def row(merge: str, label: str, value: str) -> str:
        return f"<w:tr>{cell.format(merge, run(label) if label else '')}{cell.format('', run(value))}</w:tr>"

    long = "many words " * 40
    rows = (
        row("", "Part", "Cost")
        + row(first, "roof", "1")
        + row(more, "", "2")
        + row(first, long, "3")
        + row(more, "", "4")
    )
    lines = read(docx(f"<w:tbl>{rows}</w:tbl>")).text.splitlines()
    assert lines == ["Part: roof; Cost: 1", "Part: roof; Cost: 2", f"Part: {long.strip()}; Cost: 3", "Cost: 4"]


def test_a_table_to_be_filled_in_keeps_its_names() -> None:
    """The names of the columns are in each row, and a line of their own where no row has any text."""
    row = "<w:tr><w:trPr><w:tblHeader/></w:trPr><w:tc><w:p>{}</w:p></w:tc><w:tc><w:p>{}</w:p></w:tc></w:tr>"
    body = f"<w:tbl>{row.format(run('Name'), run('Signature'))}{row.format('', '')}</w:tbl>"
    assert read(docx(body)).text == "Name; Signature"


def test_headings_are_told_by_style_outline_and_inheritance() -> None:
    """A style based on a heading is one; levels without a style count too; a table of contents is left out."""
    styles = (
        '<w:style w:styleId="H2"><w:name w:val="heading 2"/></w:style>'
        '<w:style w:styleId="Own"><w:name w:val="Clause"/><w:basedOn w:val="H2"/></w:style>'
        '<w:style w:styleId="Loop"><w:name w:val="Loop"/><w:basedOn w:val="Loop"/></w:style>'
        '<w:style w:styleId="T"><w:name w:val="Title"/></w:style><w:style w:styleId="C"><w:name w:val="toc 1"/></w:style>'
    )

    def paragraph(style: str, text: str) -> str:
        return f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr>{run(text)}</w:p>'

    body = (
        paragraph("T", "The lease") + paragraph("C", "Rent 2") + paragraph("Own", "Rent") + paragraph("Loop", "It is due.")
        + f'<w:p><w:pPr><w:outlineLvl w:val="2"/></w:pPr>{run("Late")}</w:p><w:p>{run("Interest.")}</w:p>'
    )  # fmt: skip
    document = read(docx(body, styles=styles))
    assert [(heading.level, heading.title) for heading in document.headings] == [
        (1, "The lease"),
        (2, "Rent"),
        (3, "Late"),
    ]
    assert document.title == "The lease"
    assert "Rent 2" not in document.text


def test_the_strict_format_is_read_too() -> None:
    """Files saved as Strict Open XML have other namespaces."""
    assert read(docx(f"<w:p>{run('Strict')}</w:p>", namespace=STRICT)).text == "Strict"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (docx("", prologue='<!DOCTYPE a [<!ENTITY b "c">]>'), "declares a document type"),
        (docx("", prologue='<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd">'), "declares a document type"),
        (docx("<w:p>" * 400 + "</w:p>" * 400), "nested more than"),
        (docx("<w:p>"), "no valid XML"),
        (docx("").replace(b"w:body", b"w:nody"), "damaged"),
        (with_part(CHARTER, "word/document.xml", b"<w/>"), "has no body"),
    ],
    ids=["entities", "external", "deep", "unclosed", "checksum", "no body"],
)
def test_harmful_and_broken_xml_is_refused(data: bytes, reason: str) -> None:
    """Each with its reason."""
    with pytest.raises(LoadError, match=reason):
        read(data)


def test_broken_styles_and_notes_cost_no_text() -> None:
    """The text is read though parts beside it are damaged, or name each other outside the file."""
    for name in ("word/styles.xml", "word/footnotes.xml", "word/numbering.xml", "docProps/core.xml"):
        assert "cork vest" in read(with_part(CHARTER, name, b"<")).text
    relations = part(CHARTER, "word/_rels/document.xml.rels").replace(b'Target="', b'Target="../../../../etc/')
    assert "cork vest" in read(with_part(CHARTER, "word/_rels/document.xml.rels", relations)).text


def test_other_documents_put_into_it_are_told_of() -> None:
    """They are not read, which the warning says."""
    document = read(docx(f"<w:p>{run('a')}</w:p><w:altChunk/>"))
    assert (document.text, document.warning) == ("a", "has other documents put into it, which are not read")
