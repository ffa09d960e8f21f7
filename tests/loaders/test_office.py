"""What holds of every office file: nothing is unpacked unseen, damage is a reason, and nothing leaves the file."""

from __future__ import annotations

import io
import time
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askdocs.errors import LoadError
from askdocs.loaders import LINEAR, load, media_type
from askdocs.types import Document
from tests.loaders.checks import assert_sound, crowded, swollen
from tests.loaders.test_fixtures import MUTATIONS, mutated

FIXTURES = Path(__file__).parent / "fixtures"
MAIN_PARTS = {
    ".odt": "content.xml",
    ".ods": "content.xml",
    ".odp": "content.xml",
    ".docx": "word/document.xml",
    ".xlsx": "xl/worksheets/sheet1.xml",
    ".xls": "",
    ".rtf": "",
    ".pptx": "ppt/slides/slide3.xml",
}
FILES = sorted(path for path in FIXTURES.iterdir() if path.suffix in MAIN_PARTS)
ZIPPED = [path for path in FILES if MAIN_PARTS[path.suffix]]


def read(path: Path, data: bytes) -> Document:
    kind = media_type(path.name)
    assert kind
    assert kind not in LINEAR
    return load(path.name, kind, data)


def with_part(path: Path, name: str, content: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """The file with one part exchanged or added."""
    target = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", method) as new:
        for member in old.namelist():
            if member != name:
                new.writestr(member, old.read(member))
        new.writestr(name, content)
    return target.getvalue()


def part(path: Path, name: str) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return archive.read(name)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_text_is_whole_and_always_the_same(path: Path) -> None:
    """Every character is in a passage and at a place, and the same bytes give the same document."""
    data = path.read_bytes()
    document = read(path, data)
    assert assert_sound(document, None)
    assert document == read(path, data)
    assert document.warning is None or path.suffix == ".rtf"
    end = 0
    for place in document.places:
        assert not document.text[end : place.span.start].strip()
        end = place.span.end
    assert end == len(document.text.rstrip())
    assert [place.number for place in document.places] == sorted({place.number for place in document.places})


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
@given(mutations=MUTATIONS)
def test_damaged_files_are_read_or_refused(path: Path, mutations: list[tuple[str, float, float, bytes]]) -> None:
    """What is left of a real file gives sound passages or a reason, soon, and never another exception."""
    began = time.process_time()
    with suppress(LoadError):
        assert_sound(read(path, mutated(path.read_bytes(), mutations)), None)
    assert time.process_time() - began < 3


@pytest.mark.parametrize("path", ZIPPED, ids=lambda path: path.name)
@given(mutations=MUTATIONS, data=st.data())
def test_damaged_parts_are_read_or_refused(
    path: Path, mutations: list[tuple[str, float, float, bytes]], data: st.DataObject
) -> None:
    """The same of the XML inside, in archives that are in order."""
    with zipfile.ZipFile(path) as archive:
        name = data.draw(
            st.sampled_from(sorted(name for name in archive.namelist() if name.endswith((".xml", ".rels"))))
        )
    began = time.process_time()
    with suppress(LoadError):
        assert_sound(read(path, with_part(path, name, mutated(part(path, name), mutations))), None)
    assert time.process_time() - began < 3


@pytest.mark.parametrize("path", ZIPPED, ids=lambda path: path.name)
def test_bombs_are_refused_unopened(path: Path) -> None:
    """A part that grows a hundredfold, ten thousands of parts, and what is cut off are refused, with the reason."""
    main = MAIN_PARTS[path.suffix]
    for bomb, reason in (
        (swollen(with_part(path, "media/zeros.bin", b"0"), 60_000_000, "media/zeros.bin"), "times its size"),
        (crowded(path.read_bytes(), 50_000), "parts"),
        (b"", "no bytes"),
        (path.read_bytes()[:-100], "damaged"),
        (path.read_bytes()[:500], "damaged"),
    ):
        with pytest.raises(LoadError, match=reason):
            read(path, bomb)
    with suppress(LoadError):
        assert_sound(read(path, with_part(path, main, b"<a>" * 100_000)), None)


def test_an_office_document_with_a_password_is_refused() -> None:
    """The container that Office encrypts into is told by its stream, whatever the name says."""
    encrypted = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000) + "EncryptedPackage".encode("utf-16-le") + bytes(2000)
    for path in FILES:
        if MAIN_PARTS[path.suffix]:
            with pytest.raises(LoadError, match="is encrypted; save it without a password"):
                read(path, encrypted)
