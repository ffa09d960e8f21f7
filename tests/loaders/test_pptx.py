"""Presentations are cited by slide, and read as they are looked at."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from askdocs.errors import LoadError
from askdocs.loaders import load, media_type
from askdocs.loaders.slides import Shape, reading_order
from askdocs.types import BlockKind, Document, Unit
from tests.loaders.checks import assert_sound, path_of
from tests.loaders.test_office import part, with_part

TIDES = Path(__file__).parent / "fixtures" / "tides.pptx"


def read(data: bytes) -> Document:
    kind = media_type("a.pptx")
    assert kind
    return load("a.pptx", kind, data)


def test_slides_are_places_under_their_titles() -> None:
    """Bullets are a list, rows have the names of their columns, notes follow the slide."""
    document = read(TIDES.read_bytes())
    chunks = assert_sound(document, None)
    assert (document.title, document.author, document.language) == ("The tide machine", "Ottilie Brandt", "en")
    assert document.unit is Unit.SLIDES
    assert [heading.title for heading in document.headings] == [
        "The tide machine", "How it computes", "What the repair costs", "Slide 4", "Next steps",
    ]  # fmt: skip
    slides = {place.number: place.span.of(document.text) for place in document.places}
    assert "- A pen draws the height of the water on a drum.\n- One turn" in slides[2]
    assert slides[2].endswith("\n\nNotes: Say here that the crank was lost in the war and found in a haystack.")
    assert "\nPart: pen; Supplier: the goldsmith; Cost: 75 crowns\n" in slides[3]
    assert path_of(chunks, "haystack") == "How it computes"


def test_text_boxes_are_read_from_top_to_bottom_and_left_to_right() -> None:
    """Whatever order they were drawn in."""
    slide = {place.number: place.span.of(read(TIDES.read_bytes()).text) for place in read(TIDES.read_bytes()).places}[4]
    assert [line.split()[0] for line in slide.split("\n\n")] == ["Slide", "Two", "Left:", "Right:"]
    boxes = {"top": (0, 0, 90, 9), "left": (0, 20, 40, 60), "right": (50, 22, 90, 58), "below": (0, 70, 90, 80)}
    shapes = [Shape(((BlockKind.PARAGRAPH, name),), box) for name, box in boxes.items()]
    for order in permutations(shapes):
        assert reading_order(order) == shapes


def test_shapes_in_groups_are_read_where_they_stand() -> None:
    """The box of what is grouped is that on the slide, not that in its group."""
    shape = (
        '<p:sp><p:spPr><a:xfrm><a:off x="{x}" y="0"/><a:ext cx="10" cy="10"/></a:xfrm></p:spPr>'
        "<p:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"
    )
    group = (
        '<p:grpSp><p:grpSpPr><a:xfrm><a:off x="500" y="0"/><a:ext cx="100" cy="10"/><a:chOff x="0" y="0"/>'
        f'<a:chExt cx="100" cy="10"/></a:xfrm></p:grpSpPr>{shape.format(x=0, text="right")}</p:grpSp>'
    )
    slide = (
        '<p:sld xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
        ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><p:cSld><p:spTree>'
        f"{group}{shape.format(x=100, text='left')}</p:spTree></p:cSld></p:sld>"
    )
    document = read(with_part(TIDES, "ppt/slides/slide4.xml", slide.encode()))
    assert "Slide 4\n\nleft\n\nright" in document.text


def test_a_cell_over_several_rows_is_read_in_each() -> None:
    """So that a row alone answers; one over several columns is read once."""
    cell = "<a:tc{}><a:txBody><a:p><a:r><a:t>{}</a:t></a:r></a:p></a:txBody></a:tc>"
    rows = (
        (cell.format("", "Part"), cell.format("", "Cost"), cell.format("", "Year")),
        (cell.format(' rowSpan="2"', "pen"), cell.format("", "75"), cell.format("", "1931")),
        (cell.format(' vMerge="1"', ""), cell.format(' gridSpan="2"', "unknown"), cell.format(' hMerge="1"', "")),
    )
    table = "".join(f"<a:tr>{''.join(row)}</a:tr>" for row in rows)
    slide = (
        '<p:sld xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
        ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><p:cSld><p:spTree><p:graphicFrame>'
        f'<a:graphic><a:graphicData><a:tbl><a:tblPr firstRow="1"/>{table}</a:tbl></a:graphicData></a:graphic>'
        "</p:graphicFrame></p:spTree></p:cSld></p:sld>"
    )
    document = read(with_part(TIDES, "ppt/slides/slide4.xml", slide.encode()))
    assert "Slide 4\n\nPart: pen; Cost: 75; Year: 1931\nPart: pen; Cost: unknown\n" in document.text


def test_missing_slides_are_told_of() -> None:
    """What a list of slides names and the file doesn't hold is a warning; a damaged slide is an error."""
    relations = part(TIDES, "ppt/_rels/presentation.xml.rels").replace(b"slides/slide2.xml", b"../../slide2.xml")
    document = read(with_part(TIDES, "ppt/_rels/presentation.xml.rels", relations))
    assert document.warning == "lacks 1 of its 5 slides"
    assert [place.number for place in document.places] == [1, 3, 4, 5]
    with pytest.raises(LoadError, match=r"damaged: ppt/slides/slide2.xml"):
        read(with_part(TIDES, "ppt/slides/slide2.xml", b"<"))
    with pytest.raises(LoadError, match="no list of slides"):
        read(with_part(TIDES, "ppt/presentation.xml", b"<a/>"))
