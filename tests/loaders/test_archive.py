"""Archives hold documents, and are read within limits; nothing in them reaches out of them."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import stat
import tarfile
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from backports import zstd
from hypothesis import given

from askdocs import Assistant
from askdocs.config import Settings
from askdocs.errors import LoadError
from askdocs.loaders import load, media_type
from askdocs.types import Document
from tests.fakes import HashedEncoder
from tests.loaders.checks import assert_sound, crowded, swollen
from tests.loaders.test_fixtures import MUTATIONS, mutated
from tests.support import ROOF, cited_paths, index_all, write_files

FIXTURES = Path(__file__).parent / "fixtures"
FILES = sorted(FIXTURES.glob("ferry.*"))
NOTE = b"The roof was repaired in 1987.\n"


def read(name: str, data: bytes) -> Document:
    document = load(name, media_type(name) or "", data)
    for child in document.children:
        assert_sound(child, None, complete=False)
    return document


def names(document: Document) -> list[str]:
    return [child.path for child in document.children]


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def tarred(*members: tuple[str, bytes, bytes]) -> bytes:
    """Name, type and content of each."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, kind, content in members:
            info = tarfile.TarInfo(name)
            info.type = kind
            info.size = len(content)
            info.linkname = "/etc/passwd"
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_an_archive_is_its_documents(path: Path) -> None:
    """Each by its own loader under its path inside; pictures and what is hidden are none, and no reason to warn."""
    document = read(path.name, path.read_bytes())
    assert (document.text, document.warning) == ("", None)
    if path.name.startswith("ferry.md"):
        assert names(document) == ["ferry.md"]
    else:
        assert sorted(names(document)) == ["ferry/crew.csv", "ferry/ferry.md"]
    assert document == read(path.name, path.read_bytes())


@pytest.mark.parametrize(
    ("ending", "packed"),
    [
        ("gz", gzip.compress(NOTE)), ("bz2", bz2.compress(NOTE)), ("xz", lzma.compress(NOTE)), ("zst", zstd.compress(NOTE)),
        ("zip", zipped(("note.txt", NOTE), method=zipfile.ZIP_LZMA)), ("zip", zipped(("note.txt", NOTE), method=zipfile.ZIP_BZIP2)),
    ],
)  # fmt: skip
def test_every_way_of_packing_is_unpacked(ending: str, packed: bytes) -> None:
    """A compressed file holds one of the name without the ending."""
    (child,) = read(f"folder/note.txt.{ending}", packed).children
    assert (child.path, child.text) == ("note.txt", NOTE.decode())


def test_archives_in_archives_and_in_messages_are_read() -> None:
    """Down to a depth."""
    inner = zipped(("note.txt", NOTE))
    mail = (
        b"Subject: Papers\nContent-Type: application/zip; name=papers.zip\nContent-Transfer-Encoding: 8bit\n\n" + inner
    )
    document = read("a.tgz", gzip.compress(tarred(("mail.eml", tarfile.REGTYPE, mail))))
    (message,) = document.children
    assert [names(message), names(message.children[0])] == [["papers.zip"], ["note.txt"]]
    for _ in range(12):
        inner = zipped(("inner.zip", inner))
    document = read("a.zip", inner)
    while document.children:
        (document,) = document.children
    assert document.warning == "inner.zip: is more than 8 documents deep in others"


def test_what_is_no_plain_file_is_passed_over() -> None:
    """Links, devices, pipes and folders are, and names that lead out of the archive lead nowhere."""
    link = zipfile.ZipInfo("link.txt")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    buffer = io.BytesIO(
        zipped(
            ("../../etc/a.txt", NOTE),
            ("C:\\b.txt", NOTE),
            ("/c.txt", NOTE),
            ("d.txt/", b""),
            ("__MACOSX/e.txt", NOTE),
            (".f/g.txt", NOTE),
        )
    )
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    assert names(read("a.zip", buffer.getvalue())) == ["etc/a.txt", "C:/b.txt", "c.txt"]
    kinds = (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE)
    odd = [(f"{number}.txt", kind, b"") for number, kind in enumerate(kinds)]
    assert names(read("a.tar", tarred(*odd, ("./../x/y.txt", tarfile.REGTYPE, NOTE)))) == ["x/y.txt"]


def test_what_cannot_be_read_inside_is_named() -> None:
    """A member with a password, a damaged one, and one that its loader refuses; the others are read."""
    locked = (FIXTURES / "locked.zip").read_bytes()
    assert read("a.zip", locked).warning == "ferry/ferry.md: is encrypted; unpack it with its password"
    secret = (FIXTURES / "pdf" / "encrypted.pdf").read_bytes()
    members = [("secret.pdf", secret), ("ok.txt", NOTE), *((f"{number}.pdf", b"x") for number in range(9))]
    document = read("a.zip", zipped(*members))
    assert names(document)[0] == "ok.txt"
    assert document.warning
    assert document.warning.startswith("secret.pdf: is encrypted")
    data = bytearray(zipped(("a.txt", NOTE * 9), ("b.txt", NOTE)))
    data[45] ^= 0xFF
    document = read("a.zip", bytes(data))
    assert names(document) == ["b.txt"]
    assert document.warning == "a.txt: is damaged: a.txt in it can't be unpacked"
    cut = read("a.tar", tarred(("a.txt", tarfile.REGTYPE, NOTE), ("b.txt", tarfile.REGTYPE, NOTE * 99))[:2500])
    assert (names(cut), cut.warning) == (["a.txt"], "what follows in it: is damaged")


ZEROS = bytes(60_000_000)


@pytest.mark.parametrize(
    ("name", "made", "reason"),
    [
        ("a.zip", lambda: zipped(("a.txt", ZEROS)), "times its size"),
        ("a.zip", lambda: swollen(zipped(*((f"{at}.txt", NOTE) for at in range(14))), 19_000_000), "more than 250 MB"),
        ("a.zip", lambda: crowded(zipped(("a.txt", NOTE)), 50_000), "50,001 files"),
        ("a.txt.gz", lambda: gzip.compress(ZEROS), "200 times its size"),
        ("a.txt.bz2", lambda: bz2.compress(ZEROS), "200 times its size"),
        ("a.txt.xz", lambda: lzma.compress(ZEROS), "200 times its size"),
        ("a.txt.zst", lambda: zstd.compress(ZEROS), "200 times its size"),
        ("a.tgz", lambda: gzip.compress(tarred(("a.bin", tarfile.REGTYPE, ZEROS))), "200 times its size"),
        ("a.gz", lambda: b"", "no bytes"),
        ("a.gz", lambda: b"\x1f\x8b\x08" + bytes(30), "damaged"),
        ("a.tar", lambda: b"\xff\0" * 600, "no complete tar"),
        ("a.zip", lambda: b"PK\x03\x04" + bytes(100), "no complete ZIP"),
    ],
    ids=["ratio", "size", "count", "gz", "bz2", "xz", "zst", "tgz", "empty", "cut", "no tar", "no zip"],
)  # fmt: skip
def test_bombs_and_ruins_are_refused(name: str, made: Callable[[], bytes], reason: str) -> None:
    """With the reason, soon."""
    data = made()
    began = time.process_time()
    with pytest.raises(LoadError, match=reason):
        read(name, data)
    assert time.process_time() - began < 5


def test_members_that_overlap_are_refused() -> None:
    """Many entries for the same bytes make little into a lot (Fifield's better zip bomb)."""
    with pytest.raises(LoadError, match="overlap"):
        read("a.zip", crowded(zipped(("a.txt", os.urandom(5000))), 20))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
@given(mutations=MUTATIONS)
def test_damaged_archives_are_read_or_refused(path: Path, mutations: list[tuple[str, float, float, bytes]]) -> None:
    """What is left of a real file gives sound documents or a reason, soon, and never another exception."""
    began = time.process_time()
    with suppress(LoadError):
        read(path.name, mutated(path.read_bytes(), mutations))
    assert time.process_time() - began < 3


def test_archives_in_folders_are_read_on_demand(work: Path) -> None:
    """By a setting; one that is named as a source is wanted anyway, and what is wanted no more leaves the index."""
    folder = write_files(work / "docs", {"a.txt": "Words.\n", "b.zip": zipped(("roof.txt", ROOF.encode()))})

    def opened(*, archives: bool) -> Assistant:
        return Assistant.open(work / "index", settings=Settings(archives=archives), encoder=HashedEncoder())

    with opened(archives=False) as assistant:
        assert index_all(assistant, folder).added == 1
    with opened(archives=True) as assistant:
        assert assistant.ask("When was the roof repaired?").warnings
        assert index_all(assistant, folder).added == 1
        answer = assistant.ask("When was the roof of the old library repaired?")
        assert cited_paths(answer)[0] == "b.zip"
        assert answer.citations[0].document.inside == ("roof.txt",)
        assert index_all(assistant, folder).unchanged == 2
    with opened(archives=False) as assistant:
        assert index_all(assistant, folder).excluded == 1
        assert assistant.status().counts.documents == 1
    with opened(archives=False) as assistant:
        assistant.forget(folder)
        assert index_all(assistant, folder / "b.zip").added == 1
