"""Loading files of one format against the plainest use of the library beneath: pages a second of PDFs."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pypdfium2

from askdocs.loaders.pdf import load_pdf
from benchmarks.ratio import Ratio, compare
from benchmarks.texts import PROJECT

_FIXTURES = PROJECT / "tests" / "loaders" / "fixtures" / "pdf"
_PDFS = ("article", "manual", "report", "notice")
_TIMES = 25
_REAL = PROJECT.parent / "shared" / "eval" / "mmlongbench_text" / "files"
"""Reports and manuals of up to 198 pages; measured where they are."""


def run() -> Iterator[Ratio]:
    yield _against_plain("PDF of LaTeX, LibreOffice and Chromium", [_repeated()])
    if _REAL.is_dir():
        yield _against_plain("PDFs of MMLongBench-Doc", [path.read_bytes() for path in sorted(_REAL.iterdir())])


def _repeated() -> bytes:
    """One PDF of all pages of the fixtures, many times over."""
    joined = pypdfium2.PdfDocument.new()
    sources = [pypdfium2.PdfDocument((_FIXTURES / f"{name}.pdf").read_bytes()) for name in _PDFS]
    for _ in range(_TIMES):
        for source in sources:
            joined.import_pages(source)
    stream = io.BytesIO()
    joined.save(stream)
    return stream.getvalue()


def _against_plain(subject: str, files: list[bytes]) -> Ratio:
    pages = sum(map(_plain, files))
    return compare(
        f"{subject}: {pages:,} pages", lambda: [load_pdf("", content) for content in files],
        "pypdfium2's get_text_range", lambda: list(map(_plain, files)), "times as long", repeats=7,
    )  # fmt: skip


def _plain(content: bytes) -> int:
    """Read the text of each page as pypdfium2 gives it; the number of pages."""
    with pypdfium2.PdfDocument(content) as document:
        for index in range(len(document)):
            page = document[index]
            text_page = page.get_textpage()
            text_page.get_text_range()
            text_page.close()
            page.close()
        return len(document)
