"""Files that hang, crash or exhaust their parser fail alone, within their limits."""

from __future__ import annotations

import io
import threading
import time
import zipfile
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import pytest

from askdocs.errors import LoadError
from askdocs.loaders import load
from askdocs.loaders.isolated import IsolatedLoader
from askdocs.loaders.members import members
from askdocs.loaders.worker import packed, unpacked
from askdocs.types import Block, BlockKind, Document, Heading, Place, Span, Unit

PARSER = """
import os, pathlib, signal, sys, time
from askdocs import loaders
from askdocs.errors import LoadError
from askdocs.loaders.worker import load_file, serve

def behave(data):
    match data.strip():
        case b"hang":
            time.sleep(1000)
        case b"crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        case b"exit":
            sys.exit(3)
        case b"eat":
            bytearray(10**10)
        case b"bug":
            raise IndexError("no such thing")
        case b"refuse":
            raise LoadError("is not to my taste")
        case b"print":
            print("chatter" * 10000, flush=True)

def parser(tell, path, kind, data, lost):
    behave(data)
    return pathlib.Path("a") if data == b"foreign" else load_file(tell, path, kind, data, lost)

def parser_inside(path, data):
    behave(data)
    return loaders.load_text(path, data)

loaders.LOADERS["application/json"] = parser_inside
serve(2_000_000_000, parser)
"""
COMMAND = ("-c", PARSER)

QUICK = 3
"""Seconds in which a process starts and reads a line, on a busy machine too."""


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"hang", "took more than 3 s"),
        (b"crash", "crashed its parser (SIGSEGV)"),
        (b"exit", "crashed its parser (exit code 3)"),
        (b"eat", "needs more than 2.0 GB of memory"),
        (b"bug", "can't be read: IndexError: no such thing"),
        (b"refuse", "is not to my taste"),
        (b"foreign", "made its parser answer with pathlib"),
    ],
)
def test_a_file_fails_alone(data: bytes, reason: str) -> None:
    """Whatever a parser does with one file becomes its reason, and the next file is read as ever."""
    with IsolatedLoader(time_limit=QUICK if data == b"hang" else 60, command=COMMAND) as isolated:
        with pytest.raises(LoadError, match=f"^{reason.replace('(', '[(]').replace(')', '[)]')}"):
            isolated.load("a.txt", "text/plain", data)
        assert isolated.load("b.txt", "text/plain", b"Fine.").text == "Fine."


def zipped(members: Mapping[str, bytes]) -> bytes:
    """A ZIP archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def mail(attachment: bytes, boundary: str = "b") -> bytes:
    """A message with a text and one attachment."""
    head = f"From: a@b.c\nSubject: Roof\nContent-Type: multipart/mixed; boundary={boundary}\n\n--{boundary}\n\n"
    part = f"Hello.\n--{boundary}\nContent-Type: application/json; name=a.json\n\n"
    return (head + part).encode() + attachment + f"\n--{boundary}--\n".encode()


def found_in(document: Document) -> list[str]:
    """The texts of all that has one, in order."""
    return [member.text.strip() for _, member in members(document) if member.text]


def test_what_is_inside_a_file_fails_alone() -> None:
    """Documents in an archive on which their parser crashes or hangs are named with the reason; all others are read."""
    inner = zipped({"d.json": b"crash", "e.json": b"E."})
    data = zipped(
        {"a.txt": b"A.", "b.json": b"crash", "c.json": b"C.", "d.zip": inner, "f.json": b"hang", "g.txt": b"G."}
    )
    with IsolatedLoader(QUICK, COMMAND) as isolated:
        document = isolated.load("a.zip", "application/zip", data)
        assert found_in(document) == ["A.", "C.", "E.", "G."]
        assert document.warning == "b.json: crashed its parser (SIGSEGV); f.json: took more than 3 s to read"
        assert [child.warning for child in document.children if child.children] == [
            "d.json: crashed its parser (SIGSEGV)"
        ]


def test_an_attachment_fails_alone() -> None:
    """Of mail, mailboxes and forwarded messages all that can be read is, whatever an attachment does to its parser."""
    messages = mail(b"crash"), mail(b"Fine.")
    forwarding = b"Subject: Fw\nContent-Type: message/rfc822\n\n" + messages[0]
    mailbox = b"\n\n".join(b"From a Mon Jan  1 10:00:00 2024\n" + message for message in (*messages, forwarding))
    with IsolatedLoader(command=COMMAND) as isolated:
        document = isolated.load("a.mbox", "application/mbox", mailbox)
    said = [member.warning for _, member in members(document) if member.warning]
    assert said == 2 * ["attachment a.json: crashed its parser (SIGSEGV)"]
    assert sum("Hello." in text for text in found_in(document)) == 3
    assert "Fine." in found_in(document)


def test_a_file_in_which_too_much_fails_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading the others once more for each comes to an end."""
    crashing = {f"{number}.json": b"crash" for number in range(3)}
    monkeypatch.setattr("askdocs.loaders.isolated.MOST_LOST", 2)
    with (
        IsolatedLoader(command=COMMAND) as isolated,
        pytest.raises(LoadError, match=r"crashed its parser \(SIGSEGV\)"),
    ):
        isolated.load("a.zip", "application/zip", zipped(crashing))
    with (
        IsolatedLoader(command=COMMAND, with_all_inside=0) as isolated,
        pytest.raises(LoadError, match="took more than 0 s to read with all that is inside"),
    ):
        isolated.load("a.zip", "application/zip", zipped(crashing))


def test_what_comes_back_is_what_the_loader_made() -> None:
    """A document survives the way between the processes, whatever its parser prints meanwhile."""
    data = b"# Roof\n\nThe roof is *old*.\n\n- one\n- two\n"
    with IsolatedLoader(command=COMMAND) as isolated:
        assert isolated.load("a.md", "text/markdown", data) == load("a.md", "text/markdown", data)
        assert isolated.load("a.txt", "text/plain", b"print").text == "print"


def test_every_field_of_a_document_survives_the_way() -> None:
    """What a loader could say of a document, and of those inside it, comes out as it went in."""
    spans = Span(0, 2), Span(3, 5)
    child = Document("a", "text/plain", "utf-8", "ab", None, (), (), author="b", date="2020-01-01", tags=("c", "d"))
    blocks, places = (Block(BlockKind.LIST, spans[1]),), (Place(spans[0], 1, "i"), Place(spans[1], 2))
    document = Document(
        "e", "text/x", "cp1252", "ab cd", "f", (Heading(1, "g", spans[0]),), blocks, Unit.PAGES, places,
        "h", "2021-02-03T04:05:06+01:00", ("j",), "en", "k", (child, child),
    )  # fmt: skip
    assert all(getattr(document, field.name) != field.default for field in fields(Document))
    assert unpacked(packed(document)) == document


def test_the_real_worker_is_this_askdocs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Modules that lie among the documents are not run."""
    (tmp_path / "askdocs").mkdir()
    (tmp_path / "askdocs" / "__init__.py").write_text("raise SystemExit(9)")
    (tmp_path / "pickle.py").write_text("raise SystemExit(9)")
    monkeypatch.chdir(tmp_path)
    with IsolatedLoader() as isolated:
        assert isolated.load("a.txt", "text/plain", b"Fine.").text == "Fine."


def test_closing_ends_a_load_that_goes_on() -> None:
    """Whoever stops indexing doesn't wait for a parser that hangs, and no process is left."""
    isolated = IsolatedLoader(command=COMMAND)
    reasons: list[str] = []

    def hang() -> None:
        try:
            isolated.load("a.txt", "text/plain", b"hang")
        except LoadError as exc:
            reasons.append(str(exc))

    thread = threading.Thread(target=hang)
    thread.start()
    while isolated._process is None:
        time.sleep(0.01)
    isolated.close()
    thread.join(5)
    assert reasons == ["was not read to its end: indexing was stopped"]
    with pytest.raises(LoadError, match="stopped"):
        isolated.load("b.txt", "text/plain", b"Fine.")
