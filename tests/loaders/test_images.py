"""Pictures are documents where OCR is wanted."""

from __future__ import annotations

import io
import shutil
import struct
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from email.message import EmailMessage
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from PIL import Image

from askdocs import Assistant
from askdocs.config import Settings
from askdocs.errors import LoadError
from askdocs.events import Verified
from askdocs.loaders import load, load_child, media_type
from askdocs.loaders.children import Children
from askdocs.loaders.page_view import WHOLE, picture, recognised_marks
from askdocs.types import Document, Unit
from tests.fakes import HashedEncoder
from tests.loaders.checks import assert_sound
from tests.loaders.test_archive import zipped
from tests.loaders.test_fixtures import MUTATIONS, mutated
from tests.loaders.test_ocr import HEADER, WORDS, tesseract_of
from tests.loaders.test_pdf import darkness
from tests.support import index_all, write_files

FIXTURES = Path(__file__).parent / "fixtures" / "images"
FILES = sorted(FIXTURES.iterdir())
TIFF, PNG, JPEG = ((FIXTURES / f"report.{ending}").read_bytes() for ending in ("tiff", "png", "jpg"))
INSTALLED = pytest.mark.skipif(not shutil.which("tesseract"), reason="Tesseract isn't installed")
LISTING = 'if [ "$1" = --list-langs ]; then echo "List of languages:"; echo eng; exit; fi\n'


@pytest.fixture
def tesseract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A program of that name that reads WORDS in every picture; it keeps the head of the last, and counts them."""
    write_files(tmp_path, {"table": f"{HEADER}{WORDS}"})
    script = (
        f"{LISTING}head -c 15 > {tmp_path}/picture\ncat > /dev/null\necho >> {tmp_path}/count\ncat {tmp_path}/table\n"
    )
    with tesseract_of(tmp_path, monkeypatch, script):
        yield tmp_path


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def read(data: bytes, kind: str = "image/png") -> Document:
    return load("a picture", kind, data, ocr=True)


def shown_size(folder: Path) -> tuple[int, ...]:
    """Of the picture that Tesseract was given last."""
    magic, *size = (folder / "picture").read_bytes().split()[:3]
    assert magic == b"P5"
    return tuple(map(int, size))


@pytest.mark.usefixtures("tesseract")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_pictures_are_documents_of_pages(path: Path) -> None:
    """In every format: what Tesseract reads, page by page; it is what it is whatever its name says."""
    kind = media_type(path.name)
    assert kind
    pages = 3 if path.suffix == ".tiff" else 1
    document = load(path.name, kind, path.read_bytes(), ocr=True)
    assert (document.unit, document.media_type) == (Unit.PAGES, kind)
    assert [place.number for place in document.places] == list(range(1, pages + 1))
    assert document.text.startswith("The roof:  1987\nwas")
    assert document.warning == f"{pages} of {pages} pages read by OCR"
    assert_sound(document, None)
    lying = load("a.pdf", "application/pdf", path.read_bytes(), ocr=True)
    assert lying.media_type == kind
    assert (lying.warning or "").partition(",")[0].endswith("picture")
    with pytest.raises(LoadError, match=r"^is a picture; set `ocr = true` in askdocs.toml to have it read by Tessera"):
        load(path.name, kind, path.read_bytes())


def test_pixels_become_those_of_a_scan(tesseract: Path) -> None:
    """As many as 300 dots an inch have, by what the picture says of itself if that can be, else as if it were a page."""
    small = Image.new("L", (1000, 500), 255)
    for data, size in (
        (saved(small, "PNG"), (3000, 1500)),  # a screenshot, made three times as large and no larger
        (saved(small, "PNG", dpi=(72, 72)), (3000, 1500)),
        (saved(small, "PNG", dpi=(150, 150)), (2000, 1000)),
        (saved(small, "PNG", dpi=(300, 300)), (1000, 500)),
        (saved(small, "PNG", dpi=(600, 600)), (500, 250)),
        (saved(Image.new("L", (7020, 3510), 255), "PNG"), (3510, 1755)),  # a photograph
        (saved(Image.new("1", (1728, 1000), 1), "TIFF", dpi=(204, 98)), (2541, 3061)),  # a fax, of oblong pixels
        (JPEG, (3423, 960)),  # turned for display
    ):
        read(data)
        assert shown_size(tesseract) == pytest.approx(size, abs=4)


def test_pages_that_are_no_picture_of_text(tesseract: Path) -> None:
    """A photograph in which nothing is read is an empty document, and no failure."""
    (tesseract / "table").write_text(HEADER)
    document = read(PNG)
    assert (document.text, document.blocks, document.warning) == ("", (), None)


@pytest.mark.usefixtures("tesseract")
def test_a_damaged_page_of_several_is_told_of() -> None:
    """The others are read."""
    pages = [Image.new("L", (200, 100), 255) for _ in range(3)]
    data = bytearray(saved(pages[0], "TIFF", save_all=True, append_images=pages[1:], compression="tiff_adobe_deflate"))
    second = [at for at in range(len(data)) if data[at : at + 2] == b"\x78\x9c"][1]
    data[second : second + 4] = b"\xff\xff\xff\xff"
    document = read(bytes(data), "image/tiff")
    assert document.warning == "2 of 3 pages read by OCR; 1 of 3 pages has no text"
    assert [place.number for place in document.places] == [1, 3]


@pytest.mark.parametrize("script", ["exit 1", "kill -9 $$"])
def test_a_tesseract_that_fails_is_no_blank_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    """The file fails, to be tried again."""
    with (
        tesseract_of(tmp_path, monkeypatch, f"{LISTING}{script}\n"),
        pytest.raises(LoadError, match="is a picture that Tesseract couldn't read"),
    ):
        read(PNG)


def test_without_tesseract_the_reason_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has asked for it is told what is missing."""
    with (
        tesseract_of(tmp_path, monkeypatch, "exit 1"),
        pytest.raises(LoadError, match=r"^is a picture, and Tesseract, .* isn't installed \(tesseract-ocr\)$"),
    ):
        read(PNG)


def png_of(width: int, height: int) -> bytes:
    """A PNG that says to be so large, and has nothing in it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.usefixtures("tesseract")
@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (PNG[:40], "is damaged"),
        (PNG[: len(PNG) // 2], "is damaged"),
        (TIFF[:100], "is damaged"),
        (JPEG[: len(JPEG) // 2], "is damaged"),
        (png_of(100, 0), "is damaged"),
        (png_of(20_000, 20_000), "more than 150,000,000 pixels"),
        (png_of(2**31 - 1, 2**31 - 1), "more than 150,000,000 pixels"),
        (b"RIFF\xff\xff\xff\x7fWEBPVP8 " + bytes(100), "is damaged"),
        (b"GIF89a" + bytes(100), "is a GIF picture, whatever its name says"),
    ],
)
def test_bad_pictures_are_refused(data: bytes, reason: str) -> None:
    """Soon, with the reason, and when they are to be shown too."""
    began = time.process_time()
    with pytest.raises(LoadError, match=reason):
        read(data)
    with pytest.raises(LoadError):
        picture(data, 1, 400, "", "", 1, 1)
    assert time.process_time() - began < 1


@pytest.mark.usefixtures("tesseract")
@settings(max_examples=40)
@given(MUTATIONS)
def test_damaged_pictures_are_read_or_refused(mutations: list[tuple[str, float, float, bytes]]) -> None:
    """What is left of a real file is a sound document or a reason."""
    pages = [Image.new("1", (60, 40), 1) for _ in range(2)]
    for whole in (saved(pages[0], "TIFF", save_all=True, append_images=pages[1:]), saved(pages[0], "PNG")):
        data = mutated(whole, mutations)
        with suppress(LoadError):
            picture(data, 1, 40, "", "", 1, 1)
        with suppress(LoadError):
            assert_sound(read(data), None)


@pytest.mark.usefixtures("tesseract")
def test_pictures_in_folders_are_read_on_demand(work: Path) -> None:
    """By the setting for OCR; one that is named without it fails with what to do; no longer wanted, they leave."""
    folder = write_files(work / "docs", {"a.txt": "Words.\n", "scan.PNG": PNG, "scans.tif": TIFF})

    def opened(*, ocr: bool) -> Assistant:
        return Assistant.open(work / "index", settings=Settings(ocr=ocr), encoder=HashedEncoder())

    with opened(ocr=False) as assistant:
        assert index_all(assistant, folder).added == 1
        assert index_all(assistant).failed == 0
    with opened(ocr=True) as assistant:
        assert assistant.ask("When was the roof repaired?").warnings
        assert index_all(assistant).added == 2
        citation = assistant.ask("the roof 1987 path:scans.tif").citations[0]
        assert (citation.locator.unit, citation.locator.start) == ("pages", 1)
        *_, report = assistant.verify()
        assert isinstance(report, Verified)
        assert (report.problems, report.pending) == ((), ())
    with opened(ocr=False) as assistant:
        assert index_all(assistant).excluded == 2
    with Assistant.open(work / "other", settings=Settings(), encoder=HashedEncoder()) as assistant:
        (failure,) = index_all(assistant, folder / "scan.PNG").failures
        assert failure.reason.startswith("is a picture; set `ocr = true`")


@pytest.mark.usefixtures("tesseract")
def test_pictures_in_archives_and_messages() -> None:
    """They are documents inside with OCR, passed over without a word else, and no more than can be waited for."""
    archive = zipped(("scan.png", PNG), ("notes.txt", b"Words."))
    message = EmailMessage()
    message["Subject"] = "The scan"
    message.set_content("See the scan.")
    message.add_attachment(PNG, maintype="image", subtype="png", filename="scan.png")
    for kind, data in (("application/zip", archive), ("message/rfc822", message.as_bytes())):
        plain, whole = load("a", kind, data), load("a", kind, data, ocr=True)
        assert "scan.png" not in [child.path for child in plain.children]
        assert plain.warning is None
        assert "The roof" in next(child.text for child in whole.children if child.path == "scan.png")
    around = Children(partial(load_child, ocr=True), ocr=True)
    around.allowance.pictures = 2
    many = load("a.zip", "application/zip", zipped(*((f"{number}.png", PNG) for number in range(3))), around, ocr=True)
    assert [child.path for child in many.children] == ["0.png", "1.png"]
    assert many.warning == "2.png: is not read: of what one file holds, at most 500 pictures are"


def test_pictures_are_shown_as_they_are_displayed() -> None:
    """Turned as the camera says, transparent parts white, sixteen bits as eight; page by page, with no absurd size."""
    upright = picture(JPEG, 1, 400, "", "", 2, 2)
    assert (upright.width, upright.height, upright.pages, upright.marks) == (400, 112, 1, ())
    assert picture(TIFF, 3, 300, "", "", 3, 3).pages == 3
    assert picture(TIFF, 3, 300, "", "", 3, 3).marks is None
    assert picture(TIFF, 1, 300, "", "", 1, 1).pixels != picture(TIFF, 3, 300, "", "", 3, 3).pixels
    clear = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    assert set(picture(saved(clear, "PNG"), 1, 40, "", "", 1, 1).pixels) == {255}
    deep = Image.new("I;16", (40, 40), 0x8000)
    assert set(picture(saved(deep, "PNG"), 1, 40, "", "", 1, 1).pixels) == {128}
    with pytest.raises(LoadError, match="has no page 4, only 3"):
        picture(TIFF, 4, 300, "", "", 4, 4)
    with pytest.raises(LoadError, match="too large to be shown"):
        picture(saved(Image.new("1", (1, 60_000)), "PNG"), 1, 600, "", "", 1, 1)


@INSTALLED
@pytest.mark.parametrize(
    ("data", "page", "quote"),
    [(JPEG, 1, "The heating of house B was replaced in August"), (TIFF, 2, "Mr Okafor keeps the keys to the roof.")],
)
def test_marks_cover_what_is_printed(data: bytes, page: int, quote: str) -> None:
    """However the picture is turned for display."""
    shown = picture(data, page, 1200, quote, "", page, page)
    (mark,) = recognised_marks(data, page, quote, "", page, page)
    left, right = (side * shown.width // WHOLE for side in (mark[0], mark[2]))
    top, bottom = (side * shown.height // WHOLE for side in (mark[1], mark[3]))
    assert right - left > 10 * (bottom - top)
    assert darkness(shown, left, top, right, bottom) > 0.05
    assert darkness(shown, left, top - 3, right, top - 1) < 0.02
    assert darkness(shown, left, bottom + 2, right, bottom + 4) < 0.02


@INSTALLED
def test_scans_answer_with_their_page(work: Path) -> None:
    """Five questions of a TIFF, in the process for parsers."""
    folder = write_files(work / "scans", {"report.tiff": TIFF})
    with Assistant.open(work / "index", settings=Settings(ocr=True), encoder=HashedEncoder(max_tokens=48)) as assistant:
        index_all(assistant, folder)
        for question, page, quoted in (
            ("With what surplus did the third quarter close?", 1, "14,200 euros"),
            ("When does the laundry close?", 2, "nine in the evening"),
            ("Who keeps the keys to the roof?", 2, "Okafor"),
            ("What about the old lime tree?", 2, "arborist"),
            ("When will the stairs of house A be sanded?", 3, "in the spring"),
        ):
            citation = assistant.ask(question).citations[0]
            assert citation.locator.start == page
            assert quoted in citation.quote
