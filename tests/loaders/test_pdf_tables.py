"""Tables in PDFs: every row stands under what its table is called and the names of its columns; other text doesn't."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from askdocs.chunking.chunker import chunk_document
from askdocs.loaders import load
from askdocs.loaders.pdf_lines import Gap, Line
from askdocs.loaders.pdf_tables import with_tables
from askdocs.types import BlockKind, Chunk, Document
from tests.fakes import HashedEncoder
from tests.loaders.test_pdf import at, drawn

FIXTURES = Path(__file__).parent / "fixtures" / "pdf"


@cache
def pdf(name: str) -> Document:
    return load(f"{name}.pdf", "application/pdf", (FIXTURES / f"{name}.pdf").read_bytes())


def chunks(document: Document) -> list[Chunk]:
    return chunk_document(document, HashedEncoder().token_counts, 128)


def page(*rows: Sequence[tuple[float, str]]) -> list[Line]:
    """Lines of cells, each at its x, below each other; a letter is 5 wide and a line 10 high."""
    lines: list[Line] = []
    for number, cells in enumerate(rows):
        text, right, y = "", 0.0, 700.0 - 14 * number
        gaps: list[Gap] = []
        for x, cell in cells:
            if text:
                gaps.append(Gap(right, x, len(text), len(text) + 1))
                text += " "
            text += cell
            right = x + 5 * len(cell)
        lines.append(Line(text, 0, len(text), cells[0][0], y, right, y + 10, gaps=tuple(gaps)))
    return lines


def names(*rows: Sequence[tuple[float, str]]) -> list[str]:
    """What is found to name columns on a page of these rows."""
    (read,) = with_tables([page(*rows)])
    return [paragraph.names for paragraph in read if paragraph.kind is BlockKind.HEADING]


@pytest.mark.parametrize(
    ("name", "row", "path"),
    [
        ("landings", "Zwaanburg  900", ("Table 2: Cost of repairs in euros", "Landing, 2017, 2018, 2019")),
        ("landings", "Ystad Pier  54", ("Table 3: Days closed by ice", "Landing, 2017, 2018, 2019")),
        ("meters", "Yew Row  11,910", ("Table 2: Gas burnt, kilowatt hours", "Houses, Spring, Summer, Autumn, Winter")),
        ("beds", "Zinnia  783", ("Compost spread and hours of labour", "Bed, Compost (kg), Hours, Helpers")),
    ],
)
def test_the_last_row_of_a_long_table_is_embedded_with_caption_and_names(
    name: str, row: str, path: tuple[str, str]
) -> None:
    """LaTeX, LibreOffice and Chromium: they are in the locator and embedded, and what is cited is what the page says."""
    passage = next(chunk for chunk in chunks(pdf(name)) if row in chunk.text)
    assert passage.locator.headings[-2:] == path
    assert path[0] in passage.context
    assert passage.span.of(pdf(name).text) == passage.text
    assert path[0] not in passage.text


def test_a_header_that_comes_again_overleaf_is_the_same_table() -> None:
    """The third table of the fixture is on two pages, and one heading."""
    titles = [heading.title for heading in pdf("landings").headings]
    assert titles.count("Table 3: Days closed by ice") == 1
    assert titles.count("Landing, 2017, 2018, 2019") == 3


def test_what_follows_a_table_is_not_in_it() -> None:
    """The text after it is a passage of its own, under the headings of before."""
    after = next(chunk for chunk in chunks(pdf("meters")) if chunk.text.startswith("Readings were checked"))
    assert after.locator.headings == ()
    assert "Table" not in after.context


def test_a_caption_below_is_told_too() -> None:
    """LaTeX's table has its caption under it, which is in the passage, and its heading."""
    passage = next(chunk for chunk in chunks(pdf("article")) if "Ridge  45" in chunk.text)
    assert passage.locator.headings == ("Results", "Table 1: Repairs by part.", "Part, Repairs, Cost")
    assert passage.text.endswith("Table 1: Repairs by part.")


def test_the_sentence_that_leads_to_a_table_is_what_it_is_called() -> None:
    """It stays in its paragraph, and the rows stand under it."""
    rows = ("Boat", "2018", "2019"), ("Elbe", "12", "31"), ("Oder", "7", "9")
    cells = (
        at(50 + 150 * column, 650 - 14 * row, cell)
        for row, cells in enumerate(rows)
        for column, cell in enumerate(cells)
    )
    text = at(50, 700, "Nobody had counted before.") + at(50, 686, "Loads per year were as follows:")
    read = load("a.pdf", "application/pdf", drawn(text + "".join(cells)))
    assert [heading.title for heading in read.headings] == ["Loads per year were as follows", "Boat, 2018, 2019"]
    assert read.text.endswith("Boat  2018  2019\nElbe  12  31\nOder  7  9")


def test_names_in_several_lines_are_put_together_by_column() -> None:
    """What stands over all columns comes first; signs of currencies belong to their figures, labels to the rows."""
    assert names(
        [(220, "Year ended May 31,")],
        [(200, "Boats"), (300, "Crew")],
        [(40, "Port"), (200, "in all"), (300, "hired")],
        [(40, "Husum"), (200, "$"), (210, "1,200"), (300, "31 %")],
        [(40, "Inland ports:")],
        [(40, "Hamburg"), (200, "$"), (210, "(30)"), (300, "—")],
    ) == ["Year ended May 31, Port, Boats in all, Crew hired"]


def test_rows_go_on_overleaf_without_names() -> None:
    """What stands in the same columns at the head of the next page is of the same table."""
    first = page(
        [(40, "Port"), (200, "Boats"), (300, "Crew")],
        [(40, "Husum"), (200, "12"), (300, "31")],
        [(40, "Emden"), (200, "9"), (300, "20")],
    )
    second = page([(40, "Varel"), (200, "3"), (300, "8")], [(40, "Nobody counted in the year of the flood.")])
    _, (rows, after) = with_tables([first, second])
    assert (rows.kind, rows.names) == (BlockKind.TABLE, "Port, Boats, Crew")
    assert after.names == ""


@pytest.mark.parametrize(
    "rows",
    [
        [
            [(40, "Contents"), (400, "Page")],
            [(40, "Roofs"), (400, "3")],
            [(40, "Cellars"), (400, "7")],
            [(40, "Gardens"), (400, "12")],
            [(40, "Index"), (400, "12")],
        ],
        [
            [(40, "Ines Marlowe"), (300, "Ben Ito")],
            [(40, "12 Harbour Street"), (300, "9 Mill Lane")],
            [(40, "Husum"), (300, "Emden")],
            [(40, "Tel. 04841 12"), (300, "Tel. 04921 7")],
        ],
        [
            [(40, "The roof was repaired in"), (300, "Nobody had asked before,")],
            [(40, "1987 by Anna Kovacs, who"), (300, "and in 1990 it was given")],
            [(40, "had asked for 300 slates"), (300, "to the town of Emden for")],
            [(40, "and got only forty three."), (300, "12 years without payment.")],
        ],
        [
            [(40, "so that, for all of them,")],
            [(80, "x = y + z"), (400, "(1)")],
            [(80, "y = 2 z"), (400, "(2)")],
            [(80, "z = x"), (400, "(3)")],
        ],
        [
            [(40, "for"), (80, "row"), (120, "in"), (160, "rows:")],
            [(80, "total"), (120, "+="), (160, "row[0]")],
            [(80, "count"), (120, "+="), (160, "1")],
            [(80, "other"), (120, "-="), (160, "2")],
        ],
        [
            [(40, "Husum"), (200, "12"), (300, "31")],
            [(40, "Emden"), (200, "9"), (300, "20")],
            [(40, "Varel"), (200, "3"), (300, "8")],
        ],
    ],
    ids=["contents", "addresses", "columns", "formulas", "code", "no names"],
)
def test_what_is_no_table_is_left_alone(rows: list[list[tuple[float, str]]]) -> None:
    """Cells that stand below each other are no table unless they are figures under names."""
    assert names(*rows) == []
