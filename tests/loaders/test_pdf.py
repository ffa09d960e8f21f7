"""PDF: text in reading order on the right page, without what runs through the pages; a quote's boxes are its glyphs."""

from __future__ import annotations

import io
import json
import random
from contextlib import suppress
from functools import cache
from pathlib import Path

import pypdfium2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from askdocs.chunking.chunker import chunk_document
from askdocs.errors import LoadError
from askdocs.loaders import load
from askdocs.loaders.page_view import PagePicture, boxes, picture, stand_on_pages
from askdocs.loaders.pdf_headings import marks
from askdocs.loaders.pdf_hyphens import Hyphens
from askdocs.loaders.pdf_info import iso_date, sensible_author, sensible_title
from askdocs.loaders.pdf_layout import Paragraph
from askdocs.loaders.pdf_letters import compared, spelled
from askdocs.loaders.pdf_lines import Box, Line
from askdocs.loaders.pdf_page import Reader, opened
from askdocs.loaders.pdf_running import without_running
from askdocs.types import BlockKind, Document, Unit
from tests.fakes import HashedEncoder
from tests.support import PROJECT

FIXTURES = Path(__file__).parent / "fixtures" / "pdf"
REAL = PROJECT.parent / "shared" / "eval" / "parser_files"
STATUS = REAL / "pdfium_status.json"
READABLE = (
    "article",
    "manual",
    "report",
    "notice",
    "sideways",
    "half-scanned",
    "encrypted-empty",
    "permit",
    "landings",
    "meters",
    "beds",
)


@cache
def data(name: str) -> bytes:
    return (FIXTURES / f"{name}.pdf").read_bytes()


@cache
def pdf(name: str) -> Document:
    return load(f"{name}.pdf", "application/pdf", data(name))


def page(name: str, number: int) -> str:
    read = pdf(name)
    return next(place.span.of(read.text) for place in read.places if place.number == number)


def minimal(objects: list[str], trailer: str = "") -> bytes:
    """A PDF of these objects, the first of which is its catalogue; without a table of where they are."""
    body = "".join(f"{number} 0 obj\n{text}\nendobj\n" for number, text in enumerate(objects, start=1))
    return f"%PDF-1.7\n{body}trailer\n<< /Root 1 0 R /Size {len(objects) + 1} {trailer} >>\n%%EOF\n".encode()


def drawn(content: str, extra: str = "") -> bytes:
    """A PDF of one page on which `content` is drawn; /F is Helvetica."""
    return minimal(
        [
            f"<< /Type /Catalog /Pages 2 0 R {extra} >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R "
            "/Resources << /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
            f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
        ]
    )


def at(x: float, y: float, text: str, size: float = 10) -> str:
    return f"BT /F {size} Tf {x} {y} Td ({text}) Tj ET\n"


def annotated(content: str, kind: str, box: tuple[int, int, int, int], text: str) -> bytes:
    """A PDF of one page on which `content` is drawn, and over it an annotation that shows `text`."""
    left, bottom, right, top = box
    shown = f"BT /F 10 Tf 2 4 Td ({text}) Tj ET"
    font = "/Resources << /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
    return minimal(
        [
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R {font} /Annots [5 0 R] >>",
            f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
            f"<< /Type /Annot /Subtype /{kind} /Rect [{left} {bottom} {right} {top}] /F 4 /AP << /N 6 0 R >> >>",
            f"<< /Type /XObject /Subtype /Form /BBox [0 0 {right - left} {top - bottom}] {font} /Length {len(shown)} >>\n"
            f"stream\n{shown}\nendstream",
        ]
    )


def two_pages(last: str, first: str) -> bytes:
    """A PDF of two pages with these words at the foot of the first, and at the top of the second."""
    document = pypdfium2.PdfDocument(drawn(at(50, 50, last)))
    document.import_pages(pypdfium2.PdfDocument(drawn(at(50, 750, first))))
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


@pytest.mark.parametrize("name", READABLE)
def test_blocks_places_and_headings_lie_in_the_text(name: str) -> None:
    """Blocks are ordered and hold all that isn't blank; pages and headings are ordered; nothing unseen is there."""
    read = pdf(name)
    assert read.unit is Unit.PAGES
    end = 0
    for block in read.blocks:
        assert end <= block.span.start < block.span.end <= len(read.text)
        assert not read.text[end : block.span.start].strip()
        end = block.span.end
    assert end == len(read.text)
    for spans in ([place.span for place in read.places], [heading.span for heading in read.headings]):
        assert spans == sorted(spans)
        assert all(span.end <= len(read.text) for span in spans)
    assert [place.number for place in read.places] == sorted({place.number for place in read.places})
    starts = {block.span.start for block in read.blocks if block.kind is BlockKind.HEADING}
    assert all(heading.title or heading.span.start in starts for heading in read.headings)
    assert read.text.replace("\n", " ").isprintable()


@pytest.mark.parametrize("name", READABLE)
def test_the_same_bytes_give_the_same_document(name: str) -> None:
    """Loading again changes nothing, so that a span found in the index holds in the file."""
    assert load(f"{name}.pdf", "application/pdf", data(name)) == pdf(name)


def test_what_was_filled_into_a_form_stands_with_what_it_answers() -> None:
    """Fields in a row, alone in theirs, and of several lines; the letters of TeX's bitmap fonts are told."""
    assert pdf("permit").text.split("\n\n")[2:] == [
        "Name of the vessel: Seagull of Orkney",
        "Owner: Ines Marlowe",
        "Length: 9.4 m",
        "Berth: C 17",
        "Shore power Water",
        "Remarks: The bilge pump was repaired in April. The anchor light is still missing and must be fitted before the "
        "inspection.",
        "The holder keeps the mooring lines in good order. Damage is to be reported to the office within two days.",
    ]


def test_a_quote_from_a_form_has_boxes_and_is_drawn() -> None:
    """Label and field each have their box, and the picture shows what was filled in, on whichever page it is asked."""
    label, field = boxes(data("permit"), 1, "Owner: Ines Marlowe")
    assert label.right < field.left
    assert min(label.top, field.top) > max(label.bottom, field.bottom)
    assert stand_on_pages(data("permit"), [(1, "Berth: C 17"), (1, "Berth: C 18 QX")]) == [True, False]
    marked = picture(data("permit"), 1, 900, "Berth: C 17", "", 1, 1)
    assert marked.marks
    assert len(marked.marks) == 2
    unmarked = picture(data("permit"), 1, 900, "", "", 2, 2)
    for shown in (marked, unmarked):
        assert min(inked(shown, mark) for mark in marked.marks) > 20


def inked(shown: PagePicture, mark: tuple[int, int, int, int]) -> int:
    """How many pixels in a mark are dark."""
    left, top, right, bottom = mark
    at = (3 * (y * shown.width + x) for y in range(top, bottom) for x in range(left, right))
    return sum(shown.pixels[place] < 128 for place in at)


@pytest.mark.parametrize(
    ("box", "text"),
    [
        ((110, 695, 200, 715), "Owner: Ines Length: long Rest below"),
        ((300, 695, 400, 715), "Owner: Length: long Ines Rest below"),
        ((50, 640, 200, 660), "Owner: Length: long Ines Rest below"),
        ((50, 100, 200, 120), "Owner: Length: long Rest below Ines"),
    ],
)
def test_a_field_goes_to_the_printed_text_beside_it(box: tuple[int, int, int, int], text: str) -> None:
    """In a gap of a line, after it, without a line in its row, and below all."""
    content = at(50, 700, "Owner:") + at(220, 700, "Length: long") + at(50, 600, "Rest below")
    assert " ".join(load("a.pdf", "", annotated(content, "Widget", box, "Ines")).text.split()) == text


def test_a_note_typed_over_a_page_stays_apart() -> None:
    """It is no part of the line that it stands beside, and a comment that isn't shown on the page is not read."""
    content = at(50, 700, "The roof was mended.")
    typed = load("a.pdf", "", annotated(content, "FreeText", (200, 695, 300, 715), "Not true!"))
    assert typed.text == "The roof was mended.\n\nNot true!"
    assert load("a.pdf", "", annotated(content, "Popup", (200, 695, 300, 715), "Hidden")).text == "The roof was mended."


def test_an_empty_form_is_no_picture() -> None:
    """A page with nothing but a field that shows nothing is not said to be scanned."""
    with pytest.raises(LoadError, match=r"^has no text$"):
        load("a.pdf", "", annotated("", "Widget", (50, 640, 200, 660), ""))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("e\x0ecient co\x0bee \row\r\n", "eﬃcient coﬀee ﬂow\r\n"),
        ("e\x1ecient \x1dow\r\n", "eﬃcient ﬂow\r\n"),
        ("\ropula approa\r\r\n", "\ropula approa\r\r\n"),
    ],
)
def test_ligatures_of_bitmap_fonts_are_told(text: str, told: str) -> None:
    """TeX's are at the places of control characters; a lone one of another font is not taken for a ligature."""
    assert spelled(text) == told


def test_dots_that_lead_to_a_cell_are_no_text() -> None:
    """A row is its cells, whatever leads from one to the next, and its boxes leave that out; an ellipsis stays."""
    rows = (("Roof", "." * 60, "1,200"), ("Door and stairs", " ." * 20, "90"), ("Name:", "_" * 40, "Ines"))
    content = "".join(at(50, 700 - 15 * row, " ".join(cells)) for row, cells in enumerate(rows))
    content += at(50, 600, "Well... that was all")
    read = load("a.pdf", "", drawn(content))
    assert read.text == "Roof  1,200\nDoor and stairs  90\nName:  Ines\n\nWell... that was all"
    assert [block.kind for block in read.blocks] == [BlockKind.TABLE, BlockKind.PARAGRAPH]
    name, value = boxes(drawn(content), 1, "Roof  1,200")
    assert value.left - name.right > 100


def test_a_title_right_above_a_heading_is_no_passage() -> None:
    """Large type that only the title page has makes no heading, but doesn't stand alone; above a paragraph it does."""

    def page(*texts: tuple[str, float]) -> list[Paragraph]:
        lines = [
            Line(text, 0, len(text), 50, 700 - 40 * at, 300, 700 - 40 * at + size)
            for at, (text, size) in enumerate(texts)
        ]
        return [Paragraph(BlockKind.PARAGRAPH, [line]) for line in lines]

    prose = ("The roof was repaired in 1987. " * 20, 10.0)
    pages = [
        page(("Town of Ayr", 24), ("Report", 18), prose, ("Printed Here", 24), prose),
        *(page(("Roofs", 18), prose),) * 4,
    ]
    found = marks(pages, [], 10)
    assert [(mark.page, mark.title) for mark in found] == [
        (0, "Report"),
        *((number, "Roofs") for number in range(1, 5)),
    ]
    kinds = [paragraph.kind is BlockKind.HEADING for paragraph in pages[0]]
    assert kinds == [True, True, False, False, False]


def test_columns_are_read_one_after_the_other() -> None:
    """What goes on at the top of the second column follows on the first, as one paragraph, hyphens joined."""
    text = page("article", 1)
    assert "In the northern communities a well-maintained book is handed over together with the keys." in text
    assert "the responsibility for unsuitable pieces remains with the quarry until the scaffolding" in text
    assert text.index("1 Introduction") < text.index("2.1 Nails") < text.index("3 Results")


def test_columns_drawn_row_by_row_are_told_by_their_sentences() -> None:
    """Two columns whose lines are drawn across the gap are read one after the other."""
    assert page("sideways", 2).startswith(
        "The miller keeps the key of the sluice in a tin box under the stairs. Whoever opens the sluice writes"
    )
    assert "A breach is reported to the mayor on the following working day. No fine has been imposed" in page(
        "sideways", 2
    )


def test_cells_drawn_row_by_row_stay_rows() -> None:
    """A row of a table is a line of its own, its cells apart, in each producer's PDF."""
    assert "\nHeating of house B  0  22,700  1,300\n" in page("report", 1)
    assert "Lift inspection  3 May  08:30\nNew cables  5 May  07:00" in page("notice", 1)
    assert "Part  Repairs  Cost\nFlashing  271  81300\nNails  96  14400\nRidge  45  22500" in page("article", 2)
    assert [
        block.span.of(pdf("report").text)[:4] for block in pdf("report").blocks if block.kind is BlockKind.TABLE
    ] == ["Rent"]  # below the names of the columns, which are a heading


def test_what_is_drawn_late_is_read_where_it_stands() -> None:
    """A heading that is drawn after its text comes before it; the order of everything else is kept."""
    content = (
        at(50, 700, "The roof is old.")
        + at(50, 688, "It leaks.")
        + at(50, 600, "The door is new.")
        + at(50, 730, "House", 20)
    )
    read = load("x.pdf", "application/pdf", drawn(content))
    assert read.text == "House\n\nThe roof is old. It leaks.\n\nThe door is new."


def test_turned_text_is_read_as_it_runs() -> None:
    """Lines that run up the page are read from the first to the last, and a stamp at the side comes last."""
    assert page("sideways", 1).startswith(
        "Water levels of the mill pond\n\nThe pond is measured at the eastern weir on the first of each month."
    )
    assert page("notice", 1).endswith("\n\nPosted in the entrance hall")


def test_running_heads_and_page_numbers_are_left_out() -> None:
    """Heads that repeat or change by chapter, and numbers in Arabic and Roman figures, are in no passage."""
    for gone in ("Journal of Roofs", "Page 2", "CHAPTER 1. HEATING", "PREFACE", "ACKNOWLEDGEMENTS"):
        assert gone not in pdf("article").text + pdf("manual").text
    assert page("manual", 1).endswith("They were moved there in 2017.")
    assert page("manual", 8) == "The filter of the rain butt is cleaned twice a year."


def running(*pages: list[tuple[float, str]]) -> list[list[str]]:
    lines = [
        [Line(text, 0, len(text), 50, height, 300, height + 10) for height, text in lines] for lines in pages
    ]  # fmt: skip
    return [[line.text for line in kept] for kept in without_running(lines, [""] * len(lines), 10)]


def test_what_repeats_inside_the_page_stays() -> None:
    """A line that comes back on every page is left out only at the edge, and only at the same height."""
    pages = [[(780.0, "Report"), (600.0, "In total:"), (590, f"{number} items"), (30, "Report")] for number in range(4)]
    assert running(*pages) == [["In total:", f"{number} items"] for number in range(4)]
    moving = [[(780.0 - 9 * number, "Report"), (400.0, "Text"), (30.0, "End")] for number in range(4)]
    assert running(*moving) == [["Report", "Text"]] * 4
    assert running([(780.0, "Report"), (400.0, "Text"), (30.0, "End")]) == [["Report", "Text", "End"]]


def test_a_head_that_names_a_part_stays() -> None:
    """What stands on the pages of one part only says what they are about; what stands on most says nothing of any."""
    statements = [
        [(780.0, "Acme"), (765.0, "BALANCE SHEETS"), (400.0, f"Figures {at}"), (30.0, "End.")] for at in range(3)
    ]
    others = [[(780.0, "Acme"), (400.0, f"Words {at}"), (30.0, f"Close{'d' * at}.")] for at in range(7)]
    kept = running(*statements, *others)
    assert kept[0] == ["BALANCE SHEETS", "Figures 0", "End."]
    assert kept[3] == ["Words 0", "Close."]


def test_numbers_that_count_nothing_are_no_page_numbers() -> None:
    """Figures at the edge of the page stay if they neither go up with the pages nor stay the same."""
    heads = ["Alder", "Birch", "Cedar", "Maple", "Poplar"]
    figures = ["40", "7", "31", "12", "9"]
    pages = [[(780.0, head), (30.0, figure)] for head, figure in zip(heads, figures, strict=True)]
    assert running(*pages) == [list(pair) for pair in zip(heads, figures, strict=True)]
    assert running(*([(780.0, head), (30.0, f"{40 + 2 * at}")] for at, head in enumerate(heads))) == [
        [head] for head in heads
    ]


def test_few_pages_have_page_numbers_only_if_these_are_theirs() -> None:
    """On one page nothing runs through, and on two only the numbers 1 and 2 do."""
    assert running([(400.0, "Text"), (30.0, "7"), (30.0, "9")]) == [["Text", "7", "9"]]
    assert running([(400.0, "Text"), (30.0, "7")], [(400.0, "More"), (30.0, "9")]) == [["Text", "7"], ["More", "9"]]
    assert running([(400.0, "Text"), (30.0, "1")], [(400.0, "More"), (30.0, "2")]) == [["Text"], ["More"]]


def ended(lines: list[str], line: str, following: str) -> str:
    return Hyphens([*lines, line, following]).ended(line, following) + following


def test_a_hyphen_goes_where_the_document_writes_the_word_without_it() -> None:
    """The same word joined, or hyphened within a line, or its parts on their own, decide; the break alone joins."""
    assert ended(["All information is here."], "The infor\ufffe", "mation is old.") == "The information is old."
    assert ended(["A long-term plan."], "This long\ufffe", "term lease") == "This long-term lease"
    assert (
        ended(["The lean office.", "manufacturing is hard"], "in lean\ufffe", "manufacturing we")
        == "in lean-manufacturing we"
    )
    assert ended([], "The con\ufffe", "sectetuer elit") == "The consectetuer elit"


def test_a_hyphen_stays_before_capitals_and_figures() -> None:
    """Names, numbers and dashes keep it; a soft hyphen always goes."""
    assert ended([], "Speech\ufffe", "Language Pathology") == "Speech-Language Pathology"
    assert ended([], "Exhibit P\ufffe", "24, which") == "Exhibit P-24, which"
    assert ended([], "from 1998 -", "as we know") == "from 1998 - as we know"
    assert ended([], "Schiff\u00ad", "fahrt") == "Schifffahrt"
    assert ended([], "東京の", "天気") == "東京の天気"


def test_ligatures_and_odd_spaces_are_letters_and_spaces() -> None:
    """A question with plain letters finds them."""
    assert "Efficient fittings and floors are fine." in page("notice", 2)
    assert "The office offers efficient affiliations." in page("article", 1)


def test_a_paragraph_goes_on_over_the_page() -> None:
    """A sentence that is broken by the end of a page is one block, on both pages."""
    read = load("x.pdf", "application/pdf", two_pages("The roof was mended by", "the carpenter in May."))
    assert [block.span.of(read.text) for block in read.blocks] == ["The roof was mended by the carpenter in May."]
    assert [place.span.of(read.text) for place in read.places] == ["The roof was mended by", "the carpenter in May."]


def test_a_word_goes_on_over_the_page() -> None:
    """A word broken by the end of a page is whole in the text, and its pages meet within it."""
    read = load("x.pdf", "application/pdf", two_pages("All repairs are documen-", "ted by the caretaker."))
    assert read.text == "All repairs are documented by the caretaker."
    assert [place.span.of(read.text) for place in read.places] == ["All repairs are documen", "ted by the caretaker."]


def test_headings_are_those_of_the_outline() -> None:
    """Each stands at its line, with the level that the outline gives it."""
    read = pdf("article")
    assert [(heading.level, heading.title) for heading in read.headings][:4] == [
        (1, "Introduction"), (1, "Materials"), (2, "Nails"), (2, "Slates"),
    ]  # fmt: skip
    assert [heading.span.of(read.text) for heading in read.headings][:3] == [
        "1 Introduction",
        "2 Materials",
        "2.1 Nails",
    ]
    assert [heading.title for heading in pdf("report").headings] == [
        "Income and expenses", "Item, July, August, September", "", "Decisions", "Open questions", "Outlook",
    ]  # fmt: skip


def test_an_entry_of_the_outline_that_the_page_does_not_print_still_names_what_follows() -> None:
    """It stands before the text at its place, and takes none of it."""
    outline = "/Outlines << /First 5 0 R /Last 5 0 R >>"
    body = drawn(at(50, 700, "First words.") + at(50, 300, "Last words."), outline)
    entry = b"5 0 obj\n<< /Title (Hidden part) /Dest [3 0 R /XYZ 0 320 0] >>\nendobj\ntrailer"
    read = load("x.pdf", "application/pdf", body.replace(b"trailer", entry))
    (heading,) = read.headings
    assert (heading.title, heading.span.of(read.text)) == ("Hidden part", "")
    assert read.text[heading.span.start :].strip() == "Last words."


def test_without_an_outline_larger_type_makes_headings() -> None:
    """Lines of larger type are headings, the largest of the highest level; a document in large type has none."""
    content = at(50, 740, "Upkeep", 20) + at(50, 700, "Roofs", 14)
    for row in range(12):
        content += at(50, 680 - 12 * row, "The slates are looked at in spring, and the gutters in autumn.")
    read = load("x.pdf", "application/pdf", drawn(content))
    assert [(heading.level, heading.title) for heading in read.headings] == [(1, "Upkeep"), (2, "Roofs")]
    assert read.title == "Upkeep"
    assert load("x.pdf", "application/pdf", drawn(at(50, 740, "Upkeep", 20) + at(50, 690, "Roofs", 14))).headings == ()


def test_metadata_is_what_the_file_says_of_itself() -> None:
    """Title, author, keywords, language and time of making; a name that a program gave is no title."""
    read = pdf("article")
    assert (read.title, read.author, read.tags) == (
        "The Upkeep of Slate Roofs",
        "Ada Verwalter",
        ("slate", "roofs", "upkeep"),
    )
    assert read.date is not None
    assert read.date.startswith("2026-11-24T")
    assert (pdf("notice").title, pdf("notice").language) == ("Notice to all tenants", "en")
    assert pdf("manual").title is None


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("Microsoft Word - x.doc", None),
        ("annual_report.indd", None),
        ("Untitled-1", None),
        ("(anonymous)", None),
        ("0001018724-18-000005", None),
        ("", None),
        ("Annual report 2018", "Annual report 2018"),
        ("Documentation", "Documentation"),
    ],
)
def test_a_title_that_a_program_made_up_is_none(said: str, title: str | None) -> None:
    """Names of files, of programs, and codes name no document."""
    assert sensible_title(said) == title


@pytest.mark.parametrize("said", ["(anonymous)", "User 1", "admin", ""])
def test_an_author_that_a_program_made_up_is_none(said: str) -> None:
    """ReportLab's is (anonymous), as is its title."""
    assert sensible_author(said) is None
    assert sensible_author("Ines Marlowe") == "Ines Marlowe"


@pytest.mark.parametrize(
    ("said", "date"),
    [
        ("D:20190131120000-05'00'", "2019-01-31T12:00:00-05:00"),
        ("D:20200826170457Z00'00'", "2020-08-26T17:04:57+00:00"),
        ("D:20190131120000", "2019-01-31"),
        ("D:2019", "2019-01-01"),
        ("20190231", None),
        ("Thursday", None),
        ("", None),
    ],
)
def test_dates_are_iso_8601(said: str, date: str | None) -> None:
    """A time without a zone is only its day, and what is no date is none."""
    assert iso_date(said) == date


def test_page_labels_are_kept() -> None:
    """Roman front matter is called as the document calls it; a label that is the page's number says nothing."""
    assert [(place.number, place.label) for place in pdf("manual").places] == [
        (1, "i"), (3, "iii"), (5, "1"), (6, "2"), (7, "3"), (8, "4"),
    ]  # fmt: skip
    assert {place.label for place in pdf("report").places} == {""}


def test_an_empty_password_opens() -> None:
    """A PDF that anybody may open reads like the one before it was encrypted."""
    assert pdf("encrypted-empty").text == pdf("notice").text


def test_pages_without_text_are_counted() -> None:
    """A document that is scanned in part says how much of it could not be read."""
    assert pdf("half-scanned").warning == "2 of 3 pages have no text"
    assert pdf("notice").warning is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (data("encrypted"), "is encrypted with a password"),
        (data("scanned"), "it is scanned"),
        (b"", "is empty"),
        (b"%PDF-1.7\n", "is damaged"),
        (data("notice")[:600], "is damaged"),
        (drawn(""), "has no text$"),
        (drawn(at(50, 700, "\\001\\002\\003\\004\\005\\006")), "has text, but its fonts don't tell"),
        (minimal(["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [] /Count 0 >>"]), "has no page|damaged"),
    ],
    ids=["encrypted", "scanned", "empty", "header", "truncated", "blank", "garbled", "no-page"],
)
def test_what_cannot_be_read_is_refused_with_the_reason(content: bytes, reason: str) -> None:
    """LoadError says what is wrong and what can be done."""
    with pytest.raises(LoadError, match=reason):
        load("x.pdf", "application/pdf", content)


@pytest.mark.parametrize(
    "content",
    [
        minimal(["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [2 0 R] /Count 1 >>"]),
        minimal(["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [] /Count 1000000000 >>"]),
        minimal(["<< /Type /Catalog /Pages 1 0 R >>"]),
        drawn("q " * 100_000 + at(50, 700, "Deep.")),
        drawn(at(50, 700, "Round."), "/Outlines << /First 4 0 R >>"),
        drawn(at(1e30, -1e30, "Far.") + at(50, 700, "Huge.", 1e20)),
    ],
    ids=["cyclic-pages", "claimed-pages", "no-pages", "deep", "outline", "far"],
)
def test_hostile_structure_is_read_or_refused(content: bytes) -> None:
    """Cycles, absurd counts and depths end in a document or in a reason."""
    with suppress(LoadError):
        assert load("x.pdf", "application/pdf", content).text


def test_a_page_of_scattered_words_ends_soon() -> None:
    """Twenty thousand words drawn up and down the page are read, whatever their order."""
    words = "".join(
        at(20 + 5 * (row % 100), 790 - 1.4 * (row // 100) - 395 * (row % 2), f"w{row}", 1) for row in range(20_000)
    )
    read = load("x.pdf", "application/pdf", drawn(words))
    assert {f"w{row}" for row in range(20_000)} <= set(read.text.split())


def test_a_cyclic_outline_ends() -> None:
    """An outline whose entries follow each other in a circle is read once."""
    body = drawn(at(50, 700, "Words of the page."), "/Outlines << /First 5 0 R /Last 5 0 R >>")
    entry = b"5 0 obj\n<< /Title (Part) /Dest [3 0 R /Fit] /Next 5 0 R /First 5 0 R >>\nendobj\ntrailer"
    assert [
        heading.title for heading in load("x.pdf", "application/pdf", body.replace(b"trailer", entry)).headings
    ] == ["Part"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_mutated_files_are_read_or_refused(draw: st.DataObject) -> None:
    """Whatever is changed, cut or repeated in a real file: a sound document or a reason."""
    content = bytearray(data(draw.draw(st.sampled_from(["notice", "report"]))))
    for _ in range(draw.draw(st.integers(1, 8))):
        start = draw.draw(st.integers(0, len(content) - 1))
        end = min(len(content), start + draw.draw(st.integers(0, 60)))
        content[start:end] = draw.draw(st.one_of(st.binary(max_size=60), st.just(bytes(content[end : end + 500]))))
    try:
        read = load("x.pdf", "application/pdf", bytes(content))
    except LoadError:
        return
    read.text.encode()
    assert all(block.span.end <= len(read.text) for block in read.blocks)


@pytest.mark.skipif(not STATUS.exists(), reason="../shared/eval/parser_files is not here")
def test_what_pdfium_opens_is_opened() -> None:
    """Of 280 odd PDFs each that has text is read, but for six whose fonts tell no letters; all others say why not."""
    refused: dict[str, tuple[str, str]] = {}
    for entry in json.loads(STATUS.read_text()):
        try:
            read = load(entry["file"], "application/pdf", (REAL / entry["file"]).read_bytes())
        except LoadError as exc:
            refused[entry["file"]] = entry["pdfium"], str(exc)
        else:
            assert read.text.strip()
            assert not entry["pdfium"].startswith("fail"), entry["file"]
    reasons = [reason for status, reason in refused.values() if status.startswith("ok-text")]
    assert all("its fonts don't tell" in reason for reason in reasons)
    assert len(reasons) == 6


# Boxes


def inside(box: Box, x: float, y: float) -> bool:
    return box.left <= x <= box.right and box.bottom <= y <= box.top


def glyphs(name: str, number: int) -> list[tuple[str, float, float]]:
    """Each character of a page that can be seen, what was filled in too, and the middle of its box."""
    import ctypes

    from pypdfium2 import raw

    found = []
    with opened(data(name)) as document:
        if document.formenv:
            document[number - 1].flatten()
        text_page = document[number - 1].get_textpage()
        sides = [ctypes.c_double() for _ in range(4)]
        for index in range(text_page.count_chars()):
            raw.FPDFText_GetCharBox(text_page, index, *map(ctypes.byref, sides))
            left, right, bottom, top = (side.value for side in sides)
            letters = compared(spelled(f"{chr(raw.FPDFText_GetUnicode(text_page, index))}   ") or "")
            if letters and right > left and top > bottom:
                found += [(letter, (left + right) / 2, (bottom + top) / 2) for letter in letters]
    return found


@pytest.mark.parametrize(
    ("name", "number", "quote"),
    [
        ("article", 1, "Copper nails outlast the slates that they hold, whereas galvanised nails must be replaced"),
        ("article", 1, "In the northern communities a well-maintained book is handed over together with the keys."),
        ("article", 2, "Nails  96  14400"),
        ("article", 2, "96"),
        ("report", 1, "22,700"),
        ("notice", 2, "Efficient fittings and floors are fine."),
        ("notice", 1, "Posted in the entrance hall"),
        ("sideways", 1, "January 142 cm closed"),
        ("sideways", 2, "A breach is reported to the mayor on the following working day."),
    ],
)
def test_the_boxes_of_a_quote_cover_its_glyphs_and_nothing_else(name: str, number: int, quote: str) -> None:
    """Read anew from its page alone, the quote is found, and exactly its letters lie in its boxes."""
    found = boxes(data(name), number, quote)
    covered = "".join(c for c, x, y in glyphs(name, number) if any(inside(box, x, y) for box in found))
    assert sorted(covered) == sorted(compared(quote))


@pytest.mark.parametrize("name", READABLE)
def test_every_passage_and_block_is_found_on_its_pages(name: str) -> None:
    """What is quoted of a page is there when that page alone is read again, and its boxes hold its letters alone."""
    read = pdf(name)
    chunks = chunk_document(read, HashedEncoder().token_counts, 128)
    for place in read.places:
        for span in [*(block.span for block in read.blocks), *(chunk.span for chunk in chunks)]:
            start, end = max(span.start, place.span.start), min(span.end, place.span.end)
            if start < end:
                quote = read.text[start:end]
                found = boxes(data(name), place.number, quote, read.text[place.span.start : start])
                covered = "".join(
                    c for c, x, y in glyphs(name, place.number) if any(inside(box, x, y) for box in found)
                )
                assert sorted(covered) == sorted(compared(quote))
                assert stand_on_pages(data(name), [(place.number, quote)]) == [True]


def test_whether_quotes_stand_on_their_pages_is_told_by_each_page_alone() -> None:
    """Of another page, of none, and with a letter more they don't; where lines fit in many ways their words decide."""
    words = "Efficient fittings and floors are fine."
    parts = [(2, words), (1, words), (2, f"{words} q"), (7, words), (0, words), (2, " - ")]
    assert stand_on_pages(data("notice"), parts) == [True, False, False, False, False, True]
    figures = random.Random(1).choices(["12", "21", "121", "212", "1212", "2112"], k=400)
    drawing = drawn("".join(at(50, 790 - 0.5 * row, word, 0.4) for row, word in enumerate(figures)))
    quote = "  ".join([*random.Random(2).sample(figures, 385), "2112121"])  # the last over the end of a line
    assert stand_on_pages(drawing, [(1, quote), (1, quote.replace("121", "222", 1))]) == [True, False]


def test_the_text_before_decides_between_occurrences() -> None:
    """The same words twice on a page: the boxes are those of the occurrence that follows on the given text."""
    content = drawn(at(50, 700, "Roof: done") + at(50, 600, "Door: done"))
    (first,) = boxes(content, 1, "done", "Roof: ")
    (second,) = boxes(content, 1, "done", "Roof: done\n\nDoor: ")
    assert first.bottom > 690 > 610 > second.bottom


def test_what_is_not_on_the_page_has_no_boxes() -> None:
    """Words of another page, or none at all, have no boxes; a page that isn't there is an error."""
    assert boxes(data("report"), 1, "The stairs of house A") == []
    assert boxes(data("report"), 1, " - ") == []
    with pytest.raises(LoadError, match="has no page 9, only 3"):
        boxes(data("report"), 9, "stairs")


def test_lines_that_fit_in_many_ways_end_soon() -> None:
    """A page of a thousand equal lines doesn't make the search for a quote run for ever."""
    content = drawn("".join(at(50, 790 - 0.5 * row, "aa", 0.4) for row in range(1000)))
    assert boxes(content, 1, "a" * 1501 + "b") == []


def seen(content: bytes, page: int, quote: str, first: int, last: int) -> PagePicture:
    return picture(content, page, 600, quote, "", first, last)


def darkness(shown: PagePicture, left: int, top: int, right: int, bottom: int) -> float:
    """The share of dark pixels in a part of a picture."""
    width = 3 * shown.width
    rows = [shown.pixels[row * width + 3 * left : row * width + 3 * right] for row in range(top, bottom)]
    values = b"".join(rows)
    return sum(value < 128 for value in values) / max(1, len(values))


@pytest.mark.parametrize(
    ("name", "number", "quote"),
    [
        ("report", 3, "The stairs of house A"),
        ("article", 1, "the responsibility for unsuitable pieces remains with the quarry"),
        ("notice", 1, "Posted in the entrance hall"),
        ("sideways", 1, "January 142 cm closed"),
        ("sideways", 2, "A breach is reported to the mayor"),
    ],
)
def test_a_page_becomes_a_picture_with_the_quote_marked(name: str, number: int, quote: str) -> None:
    """As wide as asked for, turned as it is displayed; the marks hold ink and what lies around them is paper."""
    shown = seen(data(name), number, quote, number, number)
    assert (shown.number, shown.pages, shown.width) == (number, len(pdf(name).places), 600)
    assert len(shown.pixels) == 3 * shown.width * shown.height
    assert shown.marks
    for left, top, right, bottom in shown.marks:
        assert 0 <= left < right <= shown.width
        assert 0 <= top < bottom <= shown.height
        assert darkness(shown, left, top, right, bottom) > 0.02
        assert darkness(shown, left, bottom, right, bottom + 1) < 0.4


def test_a_turned_page_is_seen_upright() -> None:
    """Lines that run up the page run from left to right on the picture of the page that is displayed turned."""
    upright = seen(data("sideways"), 1, "January 142 cm closed", 1, 1)
    assert upright.width > upright.height
    ((left, top, right, bottom),) = upright.marks or ()
    assert right - left > 5 * (bottom - top)


def test_a_picture_marks_what_of_the_quote_is_on_its_page() -> None:
    """The end of one page, all of the next, the beginning of the last; nothing on a page that it isn't cited from."""
    document = pypdfium2.PdfDocument(drawn(at(50, 700, "Something else.") + at(50, 50, "The roof was old")))
    for text in (at(50, 750, "and leaked on the east side"), at(50, 750, "before it was repaired. Then all was well.")):
        document.import_pages(pypdfium2.PdfDocument(drawn(text)))
    stream = io.BytesIO()
    document.save(stream)
    content = stream.getvalue()
    quote = "The roof was old and leaked on the east side before it was repaired."
    marks = [seen(content, page, quote, 1, 3).marks or () for page in (1, 2, 3)]
    assert [len(some) for some in marks] == [1, 1, 1]
    (_, top, first_end, _), (_, _, second_end, _), (_, _, third_end, _) = (some[0] for some in marks)
    assert top > 700
    assert abs(first_end - 125) < 15
    assert abs(second_end - 175) < 15
    assert abs(third_end - 155) < 15
    assert seen(content, 1, quote, 2, 3).marks == ()


def test_there_are_no_absurd_pictures() -> None:
    """A page that isn't there, and one that would fill the memory, are errors."""
    with pytest.raises(LoadError, match="has no page 9, only 3"):
        picture(data("report"), 9, 600, "", "", 9, 9)
    with pytest.raises(LoadError, match="too large to be shown"):
        picture(data("report"), 1, 60_000, "", "", 1, 1)


def test_a_page_is_read_by_lines_in_the_frame_in_which_they_run() -> None:
    """Lines that run up the page are seen upright: each begins left of its end, and lower than the one before."""
    with opened(data("sideways")) as document:
        lines = Reader(document).read(0).lines
    assert {line.turns for line in lines} == {1}
    assert all(line.left < line.right for line in lines)
    assert [line.bottom for line in lines] == sorted((line.bottom for line in lines), reverse=True)
