"""Files that hang, crash or exhaust their parser fail alone, within their limits."""

from __future__ import annotations

import threading
import time
from dataclasses import fields
from pathlib import Path

import pytest

from askdocs.errors import LoadError
from askdocs.loaders import load
from askdocs.loaders.isolated import IsolatedLoader
from askdocs.loaders.worker import packed, unpacked
from askdocs.types import Block, BlockKind, Document, Heading, Place, Span, Unit

PARSER = """
import os, pathlib, signal, sys, time
from askdocs.errors import LoadError
from askdocs.loaders import load
from askdocs.loaders.worker import serve

def parser(path, kind, data):
    match data:
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
        case b"foreign":
            return pathlib.Path("a")
    return load(path, kind, data)

serve(2_000_000_000, parser)
"""
COMMAND = ("-c", PARSER)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"hang", "took more than 5 s"),
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
    with IsolatedLoader(time_limit=5, command=COMMAND) as isolated:
        with pytest.raises(LoadError, match=f"^{reason.replace('(', '[(]').replace(')', '[)]')}"):
            isolated.load("a.txt", "text/plain", data)
        assert isolated.load("b.txt", "text/plain", b"Fine.").text == "Fine."


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
    time.sleep(0.5)
    isolated.close()
    thread.join(5)
    assert reasons == ["was not read to its end: indexing was stopped"]
    with pytest.raises(LoadError, match="stopped"):
        isolated.load("b.txt", "text/plain", b"Fine.")
