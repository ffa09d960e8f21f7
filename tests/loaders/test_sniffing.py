"""Content is trusted over the name."""

from __future__ import annotations

import gzip
import io
import os
import sqlite3
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askdocs.errors import LoadError
from askdocs.loaders import LOADERS, content_type, load
from askdocs.loaders.sniffing import BINARY, NAMES, sniff
from tests.support import run_cli, write_files

OFFICE = "application/vnd.openxmlformats-officedocument"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
ENDING = {  # of real files, by what they are
    ".pdf": "application/pdf",
    ".docx": f"{OFFICE}.wordprocessingml.document",
    ".pptx": f"{OFFICE}.presentationml.presentation",
    ".xlsx": f"{OFFICE}.spreadsheetml.sheet",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".rtf": "application/rtf",
    ".epub": "application/epub+zip",
    ".doc": "application/msword",
    ".xls": "application/vnd.ms-excel",
    ".ppt": "application/vnd.ms-powerpoint",
    ".msg": "application/vnd.ms-outlook",
    ".html": "text/html",
    ".md": "text/plain",
}


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "content")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7\n", "application/pdf"),
        (b"{\\rtf1\\ansi Hello}", "application/rtf"),
        (b"\xef\xbb\xbf<!-- saved -->\n<!DOCTYPE HTML><p>", "text/html"),
        (b"<html lang=en>", "text/html"),
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
        (gzip.compress(b"text"), "application/gzip"),
        (zipped("a.txt"), "application/zip"),
        (zipped("[Content_Types].xml", "word/document.xml"), f"{OFFICE}.wordprocessingml.document"),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), f"{OFFICE}.spreadsheetml.sheet"),
        (b"PK\x03\x04" + bytes(100), "application/zip"),
        (Path(sys.executable).resolve().read_bytes()[:5000], "application/x-elf"),
        (b"MZ is how my initials are written, and nothing else.", "text/plain"),
        (b"A %PDF-1.7 file begins so.", "text/plain"),
        (("x" * 4095 + "é").encode(), "text/plain"),
        (b"caf\xe9", None),
        (b"", None),
        (b"\0\1\2", None),
    ],
)
def test_the_first_bytes_tell_what_a_file_is(data: bytes, kind: str | None) -> None:
    """Formats are known by their magic bytes, ZIP archives by their members; text that merely talks of one is text."""
    if kind == "application/x-elf" and sys.platform != "linux":
        pytest.skip("programs are ELF on Linux")
    assert sniff(data) == kind


@pytest.mark.parametrize(
    ("streams", "kind"),
    [
        (["Workbook"], "application/vnd.ms-excel"),
        (["WordDocument", "MBD0001", "Workbook"], "application/vnd.ms-excel"),
        (["WordDocument", "ObjectPool", "Workbook"], "application/msword"),
        (["WordDocument"], "application/msword"),
    ],
)
def test_what_is_put_into_an_old_office_file_does_not_hide_it(streams: list[str], kind: str) -> None:
    """A workbook that holds a Word document is a workbook; Word keeps a workbook in a place of its own."""
    magic = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    assert sniff(magic + bytes(504) + b"".join(name.encode("utf-16-le") + bytes(64) for name in streams)) == kind


def test_a_database_is_known(tmp_path: Path) -> None:
    """A real SQLite file shows what it is."""
    connection = sqlite3.connect(tmp_path / "a.db")
    connection.execute("CREATE TABLE t (a)")
    connection.commit()
    connection.close()
    assert sniff((tmp_path / "a.db").read_bytes()) == "application/vnd.sqlite3"


@given(
    st.binary(max_size=600), st.sampled_from([b"", b"PK\x03\x04", b"MZ", b"RIFF", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"])
)
def test_any_bytes_are_looked_at_without_an_exception(data: bytes, magic: bytes) -> None:
    """What is found has a name for people, and text is found only in what is UTF-8."""
    kind = sniff(magic + data)
    assert kind is None or NAMES[kind]
    if kind == "text/plain":
        (magic + data).decode()


def test_a_file_that_is_something_else_says_so() -> None:
    """Without a loader for what it is it is refused with that, and plain text under a foreign name is read."""
    with pytest.raises(LoadError, match=r"^is a PNG picture and not text, whatever its name says$"):
        load("notes.txt", "text/plain", PNG)
    read = load("report.pdf", "application/pdf", b"Only words.")
    assert (read.text, read.media_type) == ("Only words.", "text/plain")
    assert read.warning == "is plain text, whatever its name says"
    assert load("notes.txt", "text/plain", b"Only words.").warning is None


@pytest.mark.parametrize("kind", sorted(LOADERS))
def test_text_under_its_own_name_is_left_to_it(kind: str) -> None:
    """Text and source code that looks like a web page is not taken from its own loader."""
    assert content_type(kind, b"Plain words.") == (kind if kind not in BINARY else "text/plain")
    if kind.startswith("text/") and kind != "text/plain":
        assert content_type(kind, b"<!DOCTYPE html>\n<?php echo 1;") == kind


def test_a_vague_archive_is_what_its_name_says() -> None:
    """An Office file that can't be told from any ZIP archive, or is a variant, is left to its loader."""
    kind = f"{OFFICE}.wordprocessingml.document"
    assert content_type(kind, b"PK\x03\x04" + bytes(100)) == kind
    macros = "application/vnd.ms-word.document.macroEnabled.12"
    assert content_type(macros, zipped("[Content_Types].xml", "word/document.xml")) == macros


@pytest.mark.usefixtures("hashed_cli")
def test_the_command_line_says_what_a_file_is(work: Path) -> None:
    """The reason is told when indexing, and the other files are read."""
    write_files(work, {"a.txt": PNG + os.urandom(500), "b.txt": "Words."})
    ran = run_cli("index", ".")
    ran.assert_clear(4, "a.txt: is a PNG picture and not text, whatever its name says")
    assert ran.stdout.startswith("1 added")
