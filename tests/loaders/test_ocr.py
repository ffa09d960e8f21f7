"""Pages that are pictures are read by Tesseract, if that is asked for and it is installed."""

from __future__ import annotations

import io
import math
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pypdfium2
import pytest

from askdocs import Assistant
from askdocs.config import Settings
from askdocs.errors import LoadError
from askdocs.events import Verified
from askdocs.loaders import load, ocr
from askdocs.loaders.isolated import loader
from askdocs.loaders.page_view import WHOLE, picture, recognised_marks
from tests.fakes import HashedEncoder
from tests.loaders.test_pdf import annotated, darkness
from tests.support import index_all, install_program, write_files

FIXTURES = Path(__file__).parent / "fixtures" / "pdf"
SCANNED, HALF = ((FIXTURES / name).read_bytes() for name in ("scanned.pdf", "half-scanned.pdf"))

HEADER = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"
WORDS = """
5\t1\t1\t1\t1\t1\t100\t100\t300\t40\t96.5\tThe
5\t1\t1\t1\t1\t2\t420\t100\t300\t40\t12.0\troof:
5\t1\t1\t1\t1\t3\t900\t100\t300\t40\t96.0\t1987
5\t1\t1\t1\t2\t1\t100\t160\t300\t30\t90.0\twas
5\t1\t2\t1\t1\t1\t100\t900\t300\t40\t8.0\t~|
4\t1\t3\t1\t1\t0\t100\t900\t300\t40\t-1\t
"""


@pytest.fixture
def tesseract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A program of that name which knows English and reads WORDS on every page; it notes how it was called."""
    write_files(tmp_path, {"table": f"{HEADER}{WORDS}"})
    with tesseract_of(
        tmp_path,
        monkeypatch,
        f'echo "$@" >> {tmp_path}/calls\n'
        'if [ "$1" = --list-langs ]; then echo "List of languages:"; echo eng; echo osd; echo deu; exit; fi\n'
        f"head -c 20 > {tmp_path}/picture\ncat > /dev/null\ncat {tmp_path}/table\n",
    ):
        yield tmp_path


@contextmanager
def tesseract_of(folder: Path, patch: pytest.MonkeyPatch, script: str) -> Iterator[None]:
    """A Tesseract that is a shell script."""
    install_program(folder / "bin", "tesseract", script, patch)
    ocr._languages.cache_clear()
    yield
    ocr._languages.cache_clear()


def test_scanned_pages_are_read_where_that_is_asked_for(tesseract: Path) -> None:
    """Lines keep their words and gaps; those that are guesses go; the warning says how many pages were read so."""
    read = load("scanned.pdf", "application/pdf", SCANNED, ocr=True)
    assert read.text.startswith("The roof:  1987\nwas")
    assert "~" not in read.text
    assert read.warning == "2 of 2 pages read by OCR"
    assert [place.number for place in read.places] == [1, 2]
    listed, *pages = (tesseract / "calls").read_text().splitlines()
    assert listed == "--list-langs"
    assert pages == ["stdin stdout -l deu+eng --dpi 300 tsv"] * 2
    assert (tesseract / "picture").read_bytes().startswith(b"P5 ")
    with pytest.raises(LoadError, match="to have it read by Tesseract"):
        load("scanned.pdf", "application/pdf", SCANNED)


def test_pages_with_text_are_left_as_they_are(tesseract: Path) -> None:
    """Only what has no text is looked at as a picture."""
    read = load("half-scanned.pdf", "application/pdf", HALF, ocr=True)
    assert read.warning == "2 of 3 pages read by OCR"
    assert "The keys to the boiler room hang beside the cellar door." in read.text
    assert len((tesseract / "calls").read_text().splitlines()) == 3


@pytest.mark.usefixtures("tesseract")
def test_a_scan_that_was_typed_over_is_read_as_a_picture() -> None:
    """With what was typed, which is on it; without OCR that alone is read, as is said, and marked where it stands."""
    data = annotated("0 0 500 800 re f", "FreeText", (200, 695, 300, 715), "Ines")
    read = load("a.pdf", "application/pdf", data)
    assert (read.text, read.warning) == ("Ines", "1 of 1 pages has no text but what was typed over it")
    assert len(picture(data, 1, 600, "Ines", "", 1, 1).marks or ()) == 1
    read = load("a.pdf", "application/pdf", data, ocr=True)
    assert (read.text[:9], read.warning) == ("The roof:", "1 of 1 pages read by OCR")
    assert picture(data, 1, 600, "roof: 1987 was", "", 1, 1).marks is None


@pytest.mark.usefixtures("tesseract")
def test_words_have_boxes() -> None:
    """A quote is marked where Tesseract has seen its words, cell by cell and line by line, on the page as displayed."""
    assert picture(SCANNED, 1, 600, "roof: 1987 was", "", 1, 1).marks is None
    assert picture(SCANNED, 2, 600, "roof: 1987 was", "", 1, 1).marks == ()
    document = pypdfium2.PdfDocument(SCANNED)
    for turns in (0, 90, 270):
        document[0].set_rotation(turns)
        stream = io.BytesIO()
        document.save(stream)
        width, height = (math.ceil(side * 300 / 72) for side in document[0].get_size())
        marks = recognised_marks(stream.getvalue(), 1, "roof: 1987 was", "", 1, 1)
        expected = [(420, 100, 720, 140), (900, 100, 1200, 140), (100, 160, 400, 190)]
        for mark, (left, top, right, bottom) in zip(marks, expected, strict=True):
            where = (left / width, top / height, right / width, bottom / height)
            assert mark == pytest.approx([WHOLE * part for part in where], abs=10)


@pytest.mark.parametrize(
    "script", ["exit 1", "kill -9 $$", "echo nonsense", "yes '5 a a a a a a a a a a a' | head -3 | tr ' ' '\\t'"]
)
def test_a_tesseract_that_fails_leaves_pages_unread(tesseract: Path, script: str) -> None:
    """The document is indexed without them, or refused, with the reason."""
    program = tesseract / "bin" / "tesseract"
    listing = 'if [ "$1" = --list-langs ]; then echo "List of languages:"; echo eng; exit; fi'
    program.write_text(f"#!/bin/sh\n{listing}\n{script}\n")
    assert load("half-scanned.pdf", "application/pdf", HALF, ocr=True).warning == "2 of 3 pages have no text"
    with pytest.raises(LoadError, match="Tesseract reads nothing in them"):
        load("scanned.pdf", "application/pdf", SCANNED, ocr=True)


def test_without_tesseract_the_reason_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has asked for it is told what is missing."""
    monkeypatch.setenv("PATH", "/nowhere")
    ocr._languages.cache_clear()
    try:
        warning = load("half-scanned.pdf", "application/pdf", HALF, ocr=True).warning
        assert (
            warning
            == "2 of 3 pages have no text; and Tesseract, which would read pictures of text, isn't installed (tesseract-ocr)"
        )
        with pytest.raises(LoadError, match=r"has a picture of text on page 1, and Tesseract, .* isn't installed"):
            recognised_marks(SCANNED, 1, "the roof", "", 1, 1)
        with pytest.raises(LoadError, match="Tesseract, which would read pictures of text, isn't installed"):
            load("scanned.pdf", "application/pdf", SCANNED, ocr=True)
    finally:
        ocr._languages.cache_clear()


@pytest.mark.usefixtures("tesseract")
def test_the_setting_reaches_indexing_and_verifying(work: Path) -> None:
    """A scan is found by its words, cited by its page, and sound; without the setting it is a failure."""
    files = write_files(work / "files", {"scanned.pdf": SCANNED, "half.pdf": HALF})
    with Assistant.open(work / "index", settings=Settings(ocr=True), encoder=HashedEncoder()) as assistant:
        assert index_all(assistant, files).failed == 0
        citation = assistant.ask("the roof 1987 path:scanned.pdf").citations[0]
        assert (citation.locator.unit, citation.locator.start) == ("pages", 1)
        *_, report = assistant.verify()
        assert isinstance(report, Verified)
        assert (report.problems, report.pending, report.files_read) == ((), (), 2)
    with Assistant.open(work / "other", settings=Settings(), encoder=HashedEncoder()) as assistant:
        assert [Path(failure.path).name for failure in index_all(assistant, files).failures] == ["scanned.pdf"]


@pytest.mark.skipif(not shutil.which("tesseract"), reason="Tesseract isn't installed")
def test_what_tesseract_reads_is_what_is_printed() -> None:
    """In the process for parsers, with its limits."""
    with loader(ocr=True) as isolated:
        text = isolated.load("scanned.pdf", "application/pdf", SCANNED).text
    assert "The boiler is serviced every October by the firm Brandt." in text
    assert "below that, water is added through the blue valve." in text


@pytest.mark.skipif(not shutil.which("tesseract"), reason="Tesseract isn't installed")
def test_marks_cover_what_is_printed() -> None:
    """Each line of the quote is marked, and holds ink; above and below it is paper."""
    quote = "The boiler is serviced every October by the firm Brandt."
    shown = picture(SCANNED, 1, 1200, quote, "", 1, 1)
    marks = recognised_marks(SCANNED, 1, quote, "", 1, 1)
    assert marks
    for left, top, right, bottom in marks:
        left, right = left * shown.width // WHOLE, right * shown.width // WHOLE
        top, bottom = top * shown.height // WHOLE, bottom * shown.height // WHOLE
        assert darkness(shown, left, top, right, bottom) > 0.05
        assert darkness(shown, left, top - 3, right, top - 1) < 0.02
        assert darkness(shown, left, bottom + 2, right, bottom + 4) < 0.02
