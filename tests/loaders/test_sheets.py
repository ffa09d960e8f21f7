"""Rows of spreadsheets stand for themselves and are cited by their cells; those of CSV are the file."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askdocs.errors import LoadError
from askdocs.loaders import load, media_type
from askdocs.loaders.canonical import Canonical
from askdocs.loaders.sheets import Value, add_sheet
from askdocs.types import Document, Unit
from tests.loaders.checks import assert_sound
from tests.loaders.test_fixtures import MUTATIONS, mutated
from tests.loaders.test_office import with_part

FIXTURES = Path(__file__).parent / "fixtures"
WORKBOOKS = ["bottles.xlsx", "bottles.xls"]
TEXTS = ["bottles.csv", "bottles.tsv"]
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def read(name: str, data: bytes | None = None) -> Document:
    kind = media_type(name)
    assert kind
    return load(name, kind, (FIXTURES / name).read_bytes() if data is None else data)


def sheet(*rows: list[Value], name: str = "Sheet") -> Canonical:
    canonical = Canonical()
    add_sheet(canonical, name, 0, ((number, 0, row) for number, row in enumerate(rows)))
    return canonical


@pytest.mark.parametrize("name", WORKBOOKS)
def test_workbooks_are_cited_by_cells(name: str) -> None:
    """Sheets are headings, rows have the names of their columns, formulas their last value, dates are ISO."""
    document = read(name)
    assert_sound(document, None)
    assert document.unit is Unit.ROWS
    assert [heading.title for heading in document.headings] == ["Collection", "Loans"]
    places = {place.label: place.span.of(document.text) for place in document.places}
    assert places["Collection!A1"] == "Collection\n\nShips in bottles, as counted in spring"
    assert places["Collection!A5:E5"].startswith("Ship: Kestrel; Built: 1911; Price in crowns: 450.5; Material: bone;")
    assert places["Collection!A10:C10"] == "Ship: Total; Price in crowns: 2765.5"
    assert places["Loans!A4:D4"] == "Borrower: the tavern; Ship: Gannet; Lent on: 2023-12-01; Returned: FALSE"
    assert [place.number for place in document.places][-3:] == [13, 14, 15]  # counted through all sheets


def test_what_a_workbook_says_of_itself() -> None:
    """Title and author are those of its properties."""
    document = read("bottles.xlsx")
    assert (document.title, document.author, (document.date or "")[:10]) == (
        "Ships in bottles",
        "Ines Brandt",
        "2024-03-09",
    )


def test_a_second_table_of_a_sheet_has_its_own_names() -> None:
    """After a blank row, names above rows that aren't all text begin another table; other rows go on with the first."""
    canonical = sheet(
        ["A report", "by Ines", "", ""], ["Part", "Cost", "Year", ""], ["roof", 300, 1902, ""], [], ["door", "free", "", ""],
        ["lock", "free", "", ""], ["", "", "", ""], ["Name", "Age", "", ""], ["Mattis", 81.0, "", ""],
    )  # fmt: skip
    assert canonical.text.splitlines()[2:] == [
        "A report; by Ines", "Part: roof; Cost: 300; Year: 1902", "Part: door; Cost: free", "Part: lock; Cost: free",
        "Name: Mattis; Age: 81",
    ]  # fmt: skip
    again = sheet(["Part", "Cost"], ["roof", 300], ["Part", "Cost"], ["door", 40])
    assert again.text.splitlines()[2:] == ["Part: roof; Cost: 300", "Part: door; Cost: 40"]


def test_whole_numbers_have_no_fraction() -> None:
    """Long ones, as of accounts, are read to the digits that the file has of them."""
    assert (
        sheet([1234567890123450.0, 81.0, 0.1 + 0.2, 1e300]).text.splitlines()[2] == "1234567890123450; 81; 0.3; 1e+300"
    )


def test_names_of_sheets_are_quoted_as_in_formulas() -> None:
    """A name with blanks or marks stands in single quotation marks; columns go on after Z."""
    canonical = sheet(["", *[""] * 26, "far"], name="It's all")
    assert [place.label for place in canonical.places] == ["'It''s all'!AB1"]
    assert canonical.text == "It's all\n\nfar"


def worksheet(rows: str) -> bytes:
    path = FIXTURES / "bottles.xlsx"
    return with_part(
        path, "xl/worksheets/sheet1.xml", f"<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>".encode()
    )


def test_absurd_sheets_are_refused() -> None:
    """Two cells at the ends of a sheet span 17 thousand million: refused before the parser makes room for them."""
    corner = '<row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
    with pytest.raises(LoadError, match=r"spans 17,179,869,184 cells; at most 15,000,000 are read"):
        read("bottles.xlsx", worksheet(f'<row r="1"><c r="A1"><v>1</v></c></row>{corner}'))
    far = read("bottles.xlsx", worksheet('<row r="900000"><c r="C900000"><v>1</v></c></row>'))
    assert far.places[0].label == "Collection!C900000"


def test_a_sheet_that_claims_to_be_large_is_read() -> None:
    """What a sheet says of its size makes no room."""
    rows = f'<worksheet {MAIN}><dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData></worksheet>'
    assert (
        "1"
        in read("bottles.xlsx", with_part(FIXTURES / "bottles.xlsx", "xl/worksheets/sheet1.xml", rows.encode())).text
    )


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["unix", "windows", "mac"])
@pytest.mark.parametrize("name", TEXTS)
def test_the_text_of_csv_is_the_file(name: str, newline: str) -> None:
    """Rows are places, numbered as a spreadsheet would, though they have several lines; the names are their heading."""
    text = (FIXTURES / name).read_bytes().decode().replace("\r\n", "\n").replace("\n", newline)
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        document = read(name, text.encode(encoding))
        assert_sound(document, text)
        assert document.unit is Unit.ROWS
        assert [place.number for place in document.places] == [1, 2, 3, 4, 5, 6, 7]
        assert [heading.title for heading in document.headings] == ["Ship, Built, Price in crowns, Material, Note"]
        assert "Gannet" in document.places[4].span.of(text)
        assert "the shelf fell" in document.places[4].span.of(text)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_told(delimiter: str) -> None:
    """By the rows that it makes; commas in decimal numbers and texts don't confuse it."""
    rows = [["Name", "Cost", "Note"], ["roof", "1.5", "old; slate"], ["door", "2.5", "new, oak"], ["lock", "3", ""]]
    text = "".join(delimiter.join(f'"{cell}"' if cell else "" for cell in row) + "\n" for row in rows)
    document = read("a.csv", text.encode())
    assert [heading.title for heading in document.headings] == ["Name, Cost, Note"]


def test_excel_is_told_the_delimiter_by_a_line_that_is_no_row() -> None:
    """The names below it are the heading, and rows are counted as Excel does, which doesn't show it."""
    text = "sep=|\r\nName|Cost, net\r\nroof|1,5\r\n"
    document = read("a.csv", text.encode())
    assert [heading.title for heading in document.headings] == ["Name, Cost, net"]
    assert [(place.number, place.span.of(text)) for place in document.places] == [
        (1, "Name|Cost, net"),
        (2, "roof|1,5"),
    ]


def test_csv_that_is_none_is_text() -> None:
    """One column has no names; after a quotation mark without an end rows are lines; endless cells are text; blank is nothing."""
    assert read("a.csv", b"one\ntwo\n").headings == ()
    assert read("a.csv", b"1,2\n3,4\n").headings == ()
    document = read("a.csv", b'name,cost\na,"b\n' + b"c,d\n" * 50_000)
    assert document.warning == "has quotation marks that aren't closed; every line was read as a row"
    assert (len(document.places), len(document.headings)) == (50_002, 1)
    document = read("a.csv", b"a" * 200_000)
    assert (document.unit, document.warning) == (
        Unit.LINES, "is no table: it has a cell of more than 131,072 characters"
    )  # fmt: skip
    assert read("a.csv", b"\n \n").blocks == read("a.csv", b"").blocks == ()


@pytest.mark.parametrize("name", TEXTS)
@given(mutations=MUTATIONS)
def test_damaged_tables_are_read_or_refused(name: str, mutations: list[tuple[str, float, float, bytes]]) -> None:
    """The text is the file whatever becomes of it."""
    with suppress(LoadError):
        assert_sound(read(name, mutated((FIXTURES / name).read_bytes(), mutations)), None)


@given(st.text(alphabet='a1,;\t|"\r\n '))
def test_any_text_is_read_as_a_table(text: str) -> None:
    """Every character that isn't blank is in a row."""
    document = read("a.csv", text.encode())
    assert document.text == text
    rest = list(text)
    for place in document.places:
        rest[place.span.start : place.span.end] = " " * len(place.span)
    assert not set("".join(rest)) & set("a1") or document.warning


def test_long_tables_are_streamed() -> None:
    """A hundred thousand rows take less than a second or so of processor time each way."""

    def rows() -> Iterator[str]:
        yield "Name;Cost\n"
        for number in range(100_000):
            yield f"part {number};{number}\n"

    began = time.process_time()
    document = read("a.csv", "".join(rows()).encode())
    assert len(document.places) == 100_001
    assert time.process_time() - began < 5
