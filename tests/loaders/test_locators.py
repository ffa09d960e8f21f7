"""Of every format, five questions are answered with the place at which a person finds the answer."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from askdocs import Assistant
from askdocs.chunking.chunker import chunk_document
from askdocs.config import Settings
from askdocs.loaders import MEDIA_TYPES, load, media_type
from askdocs.loaders.kinds import unread
from askdocs.loaders.members import members
from askdocs.locators import Locators
from askdocs.types import Chunk, Document
from tests.fakes import HashedEncoder
from tests.support import index_all

HERE = Path(__file__).parent
UNREADABLE = {"encrypted.pdf", "scanned.pdf"}
WITHOUT_OCR = unread(archives=True, ocr=False)
CASES = [json.loads(line) for line in (HERE / "locators.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """The fixtures indexed, all together, as a person would."""
    folder = tmp_path_factory.mktemp("locators")
    shutil.copytree(HERE / "fixtures", folder / "fixtures")
    with Assistant.open(
        folder / "index", settings=Settings(archives=True), encoder=HashedEncoder(max_tokens=256)
    ) as opened:
        failed = index_all(opened, folder / "fixtures").failures
        assert {Path(failure.path).name for failure in failed} == UNREADABLE
        yield opened


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['file']}-{case['question']}")
def test_the_answer_is_cited_where_it_stands(case: dict[str, str | int], assistant: Assistant) -> None:
    """The first citation holds the answer, its locator the place, and its quote is what the document has there."""
    answer = assistant.ask(f"{case['question']} path:{case['file']}")
    citation = answer.citations[0]
    locator = citation.locator
    assert str(case["quote contains"]) in citation.quote
    assert locator.unit == case["unit"]
    place = case["place"]
    if isinstance(place, int):
        assert locator.start <= place <= locator.end
    else:
        assert _in_order(locator.start_label) <= _in_order(place) <= _in_order(locator.end_label)
    text = assistant.text(citation.document.id)
    assert citation.span.of(text) == citation.quote
    if locator.unit == "lines" and not citation.document.inside:
        lines = (HERE / "fixtures" / str(case["file"])).read_text(encoding="utf-8").splitlines(keepends=True)
        assert citation.quote in "".join(lines[locator.start - 1 : locator.end])


FILES = sorted(
    path
    for path in (HERE / "fixtures").rglob("*.*")
    if path.name != "README.md" and path.name not in UNREADABLE and media_type(path.name) not in WITHOUT_OCR
)


def passages(path: Path) -> Iterator[tuple[Document, Chunk]]:
    """The passages of a fixture, each with the document of which it is."""
    kind = media_type(path.name)
    assert kind
    for _, document in members(load(path.name, kind, path.read_bytes())):
        for chunk in chunk_document(document, HashedEncoder().token_counts, 48):
            yield document, chunk


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_place_alone_gives_every_passage_back(path: Path) -> None:
    """Who knows nothing but the locator finds the passage at its places, and none of these without a part of it."""
    for document, chunk in passages(path):
        locators = Locators(document)
        found = locators.span(chunk.locator)
        assert found is not None
        assert chunk.text in found.of(document.text)
        for place in document.places[1:]:  # what stands before the first belongs to it
            if found.start <= place.span.start and place.span.end <= found.end:
                assert place.span.start < chunk.span.end
                assert place.span.end > chunk.span.start
        if not document.places and document.path == path.name:
            lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
            assert "".join(lines[chunk.locator.start - 1 : chunk.locator.end]) == found.of(document.text)


def words(text: str) -> set[str]:
    return set(re.findall(r"[\w.]*\w", text))


@pytest.mark.parametrize("name", ["bottles.xlsx", "bottles.xls", "bottles.ods"])
def test_the_cells_of_a_locator_hold_what_is_quoted(name: str) -> None:
    """Read from the workbook by sheet and cells alone, with the names of the columns and the sheet, it is all there."""
    workbook = CalamineWorkbook.from_path(HERE / "fixtures" / name)
    for _, chunk in passages(HERE / "fixtures" / name):
        sheet = chunk.locator.start_label.partition("!")[0]
        ends = (chunk.locator.start_label, chunk.locator.end_label)
        first, last = (int(re.sub(r".*?(\d+)$", r"\1", label)) for label in ends)
        cells = workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        names = next(cells[at] for at in range(len(cells)) if all(cells[at][:3]))
        values = [
            f"{value:g}" if isinstance(value, float) else str(value) for row in cells[first - 1 : last] for value in row
        ]
        quoted = words(chunk.text.replace("TRUE", "True").replace("FALSE", "False"))
        assert quoted <= words(" ".join([sheet, *map(str, names), *values]))
        assert len(quoted) > 3


@pytest.mark.parametrize("name", ["bottles.csv", "bottles.tsv"])
def test_the_rows_of_a_locator_hold_what_is_quoted(name: str) -> None:
    """Counted by Python's own reader, the rows have the values of the quote."""
    delimiter = ";" if name.endswith("csv") else "\t"
    with (HERE / "fixtures" / name).open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file, delimiter=delimiter))
    for _, chunk in passages(HERE / "fixtures" / name):
        held = rows[chunk.locator.start - 1 : chunk.locator.end]
        assert [
            value for row in csv.reader(io.StringIO(chunk.text, newline=""), delimiter=delimiter) for value in row
        ] == [value for row in held for value in row]


def test_the_slides_of_a_locator_hold_what_is_quoted() -> None:
    """Counted by the names of their parts, which are those of the order of showing here."""
    with zipfile.ZipFile(HERE / "fixtures" / "tides.pptx") as archive:
        names = [name for name in archive.namelist() if re.fullmatch(r"ppt/(slides|notesSlides)/\w+\.xml", name)]
        parts = {name: " ".join(re.findall(r"<a:t>([^<]*)</a:t>", archive.read(name).decode())) for name in names}
        notes = {
            number: re.findall(
                r"notesSlides/(\w+\.xml)", archive.read(f"ppt/slides/_rels/slide{number}.xml.rels").decode()
            )
            for number in range(1, sum("slides/slide" in name for name in names) + 1)
        }
    for _, chunk in passages(HERE / "fixtures" / "tides.pptx"):
        shown = " ".join(
            parts[f"ppt/slides/slide{number}.xml"]
            + "".join(f" {parts[f'ppt/notesSlides/{name}']}" for name in notes[number])
            for number in range(chunk.locator.start, chunk.locator.end + 1)
        )
        assert words(chunk.text) <= words(" ".join([shown, *chunk.locator.headings, "Notes"]))


def _in_order(label: str) -> str:
    """`label` so that A9 comes before A10."""
    return re.sub(r"\d+", lambda digits: digits[0].zfill(9), label)


def test_every_format_has_five_questions() -> None:
    """No media type that has an ending of its own lacks them, but for the languages of source code beyond one.

    Those of pictures, which take OCR, are in test_images.py.
    """
    asked = [media_type(str(case["file"])) for case in CASES]
    for kind in set(MEDIA_TYPES.values()) - {"text/plain"}:
        if not kind.startswith(("text/x-", "image/")) or kind in (
            "text/x-rst",
            "text/x-org",
            "text/x-tex",
            "text/x-log",
            "text/x-ini",
        ):
            assert asked.count(kind) >= 5, kind
