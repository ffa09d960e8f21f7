"""Loading PDFs against the plainest use of the library beneath, and how many pages a second that makes."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pypdfium2

from askdocs.loaders.pdf import load_pdf
from benchmarks.ratio import Measurement, Ratio, compare, measured
from benchmarks.texts import PROJECT

_FIXTURES = PROJECT / "tests" / "loaders" / "fixtures" / "pdf"
_PDFS = ("article", "manual", "report", "notice")
_TIMES = 25
_REAL = PROJECT.parent / "shared" / "eval" / "mmlongbench_text" / "files"
"""Reports and manuals of up to 198 pages; measured where they are."""


def run() -> Iterator[Ratio | Measurement]:
    yield from _against_plain("PDFs of LaTeX, LibreOffice and Chromium", [_repeated()])
    if _REAL.is_dir():
        yield from _against_plain("PDFs of MMLongBench-Doc", [path.read_bytes() for path in sorted(_REAL.iterdir())])


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


def _against_plain(subject: str, files: list[bytes]) -> Iterator[Ratio | Measurement]:
    pages = sum(map(_plain, files))
    ratio = compare(
        subject, lambda: [load_pdf("", content) for content in files],
        "pypdfium2's get_text_range", lambda: list(map(_plain, files)), "times as long", repeats=7,
    )  # fmt: skip
    yield ratio
    yield measured(f"{subject}, {pages:,} pages", "pages/s", [pages / ratio.subject_seconds])


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
