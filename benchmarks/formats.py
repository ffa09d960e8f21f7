"""Loading of every other format against the best peer library for it: each reads the same files, in turns.

The peers are libraries that askdocs doesn't need: `pip install python-docx python-pptx openpyxl odfpy trafilatura
html2text lxml docutils nbformat`. A format whose peer isn't installed is skipped with a line. What a peer gives is
less than a document: its text, without blocks, headings and places.
"""

from __future__ import annotations

import csv
import email
import email.policy
import io
import json
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from askdocs.errors import LoadError
from askdocs.loaders import load, media_type
from benchmarks.ratio import Measurement, Ratio, compare, measured
from benchmarks.texts import PROJECT

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_FIXTURES = PROJECT / "tests" / "loaders" / "fixtures"
_REAL = PROJECT.parent / "shared" / "eval" / "parser_files"
_ENOUGH = 200_000
"""Bytes; fewer are read several times over."""

_GROWING = frozenset({".csv", ".jsonl", ".mbox", ".rst"})
"""Endings of files that are longer ones of their kind when they are written several times in a row."""

Read = Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class Peer:
    """A library and what is asked of it; `module` is what has to be there."""

    endings: str
    name: str
    module: str
    read: Read


def run() -> Iterator[Ratio | Measurement]:
    for peer in PEERS:
        if find_spec(peer.module.partition(".")[0]) is None:
            print(f"formats: skipped {peer.endings}, as there is no module {peer.module}", file=sys.stderr, flush=True)
        else:
            yield from _against(peer)


def _against(peer: Peer) -> Iterator[Ratio | Measurement]:
    files = [(path.name, _content(path)) for path in _paths(peer.endings.split())]
    files = [(name, data) for name, data in files if _both_read(name, data, peer.read)]
    size = sum(len(data) for _, data in files)
    times = max(1, _ENOUGH // max(size, 1))
    kinds = [media_type(name) or "" for name, _ in files]
    ratio = compare(
        f"{peer.endings}, {len(files)} files",
        lambda: [load(name, kind, data) for _ in range(times) for (name, data), kind in zip(files, kinds, strict=True)],
        peer.name, lambda: [peer.read(data) for _ in range(times) for _, data in files], repeats=5,
    )  # fmt: skip
    yield ratio
    yield measured(f"{peer.endings}, {size / 1e6:.2f} MB", "MB/s", [size * times / 1e6 / ratio.subject_seconds])


def _paths(endings: Sequence[str]) -> list[Path]:
    """Real files, where they are, and the fixtures."""
    found = [path for folder in (_FIXTURES, _REAL) for path in folder.rglob("*") if path.suffix in endings]
    return sorted(path for path in found if path.is_file() and "encodings" not in path.parts)


def _content(path: Path) -> bytes:
    data = path.read_bytes()
    return data * (_ENOUGH // len(data) + 1) if path.suffix in _GROWING and data else data


def _both_read(name: str, data: bytes, read: Read) -> bool:
    try:
        load(name, media_type(name) or "", data)
    except LoadError:
        return False
    try:
        read(data)
    except Exception:  # some of the files are there because libraries fail on them
        return False
    return True


def _docx(data: bytes) -> object:
    import docx

    document = docx.Document(io.BytesIO(data))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return [paragraph.text for paragraph in document.paragraphs] + cells


def _pptx(data: bytes) -> object:
    import pptx

    slides = pptx.Presentation(io.BytesIO(data)).slides
    return [shape.text_frame.text for slide in slides for shape in slide.shapes if shape.has_text_frame]


def _xlsx(data: bytes) -> object:
    import openpyxl

    workbook = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    return [list(sheet.iter_rows(values_only=True)) for sheet in workbook.worksheets]


def _odf(data: bytes) -> object:
    from odf import opendocument, teletype

    return teletype.extractText(opendocument.load(io.BytesIO(data)).body)


def _rtf(data: bytes) -> object:
    from striprtf.striprtf import rtf_to_text

    return rtf_to_text(data.decode("latin-1"), errors="replace")  # type: ignore[no-untyped-call]


def _trafilatura(data: bytes) -> object:
    import trafilatura

    return trafilatura.extract(data)


def _html2text(data: bytes) -> object:
    import html2text

    return html2text.html2text(data.decode("utf-8", "replace"))


def _epub(data: bytes) -> object:
    from lxml import html

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        pages = [name for name in archive.namelist() if name.endswith(("html", ".htm"))]
        return [html.fromstring(archive.read(name)).text_content() for name in pages]


def _eml(data: bytes) -> object:
    message = email.message_from_bytes(data, policy=email.policy.default)
    body = message.get_body(("plain", "html"))
    names = [attachment.get_content() for attachment in message.iter_attachments()]
    return str(message["subject"]), str(message["from"]), body.get_content() if body else "", names


def _rst(data: bytes) -> object:
    from docutils.core import publish_doctree

    return publish_doctree(data.decode(), settings_overrides={"report_level": 5, "file_insertion_enabled": False})


def _notebook(data: bytes) -> object:
    import nbformat

    return nbformat.reads(data.decode(), as_version=4)


def _markdown(data: bytes) -> object:
    return _markdown_parser().parse(data.decode())


@cache
def _markdown_parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("table")


def _csv(data: bytes) -> object:
    return list(csv.reader(io.StringIO(data.decode("utf-8", "replace"))))


def _jsonl(data: bytes) -> object:
    return [json.loads(line) for line in data.splitlines()]


def _mbox(data: bytes) -> object:
    return [_eml(b"From " + message) for message in data.removeprefix(b"From ").split(b"\n\nFrom ")]


PEERS = (
    Peer(".docx", "python-docx", "docx", _docx),
    Peer(".pptx", "python-pptx", "pptx", _pptx),
    Peer(".xlsx", "openpyxl", "openpyxl", _xlsx),
    Peer(".odt .ods .odp", "odfpy", "odf", _odf),
    Peer(".rtf", "striprtf", "striprtf", _rtf),
    Peer(".html .htm", "trafilatura", "trafilatura", _trafilatura),
    Peer(".html .htm", "html2text", "html2text", _html2text),
    Peer(".epub", "zipfile and lxml's text_content", "lxml", _epub),
    Peer(".rst", "docutils", "docutils", _rst),
    Peer(".md", "markdown-it-py", "markdown_it", _markdown),
    Peer(".ipynb", "nbformat", "nbformat", _notebook),
    Peer(".jsonl", "json.loads by line", "json", _jsonl),
    Peer(".csv", "csv", "csv", _csv),
    Peer(".mbox", "email with policy.default", "email", _mbox),
)
