"""Pages that are pictures of text, read by the Tesseract that is installed, if there is one."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from askdocs.loaders.pdf_lines import Box, Gap, Line, PageText

if TYPE_CHECKING:
    from pypdfium2 import PdfPage

MOST_PAGES = 500
"""Pages of a document that are read so; each takes seconds."""

HELP = "set `ocr = true` in askdocs.toml to have it read by Tesseract"
NOT_INSTALLED = "and Tesseract, which would read pictures of text, isn't installed (tesseract-ocr)"

PAGE_SECONDS = 60.0
"""That a page may take."""

POINTS_AN_INCH, DOTS_AN_INCH = 72, 300
MOST_DOTS = 25_000_000
_LEAST_CONFIDENCE = 40.0
"""Of a hundred, the mean of a line's words; less is what Tesseract makes of stains and drawings."""

_GAP = 1.5
"""The blank between two words, in heights of their line, from which on they are in different columns or cells."""

_WORD_LEVEL = "5"

Placed = Callable[[int, int, int, int], Box]
"""Where on its page something is whose left, top, right and bottom are so many dots from the corner of its picture."""


def is_installed() -> bool:
    """Whether there is a Tesseract that knows a language."""
    return bool(_languages())


@cache
def _languages() -> str:
    """The languages that it has been given, as it wants them to be named; empty if it isn't there."""
    program = shutil.which("tesseract")
    if program is None:
        return ""
    try:
        told = _run([program, "--list-langs"], b"", 10).decode(errors="replace")
    except (OSError, subprocess.SubprocessError):
        return ""
    names = told.splitlines()[1:]
    return "+".join(sorted(name for name in names if name.strip() and name not in ("osd", "equ")))


def read_picture(page: PdfPage) -> PageText | None:
    """What stands on a page as it is displayed, as `recognised` says."""
    width, height = page.get_size()
    if width <= 0 or height <= 0:
        return None
    scale = min(DOTS_AN_INCH / POINTS_AN_INCH, (MOST_DOTS / (width * height)) ** 0.5)
    bitmap = page.render(scale=scale, grayscale=True, maybe_alpha=False)
    try:
        rows = memoryview(bytes(bitmap.buffer))
        pixels = b"".join(rows[at * bitmap.stride :][: bitmap.width] for at in range(bitmap.height))
        size = bitmap.width, bitmap.height
        to_page = bitmap.get_posconv(page).to_page
    finally:
        bitmap.close()

    def placed(left: int, top: int, right: int, bottom: int) -> Box:
        (x, y), (other_x, other_y) = to_page(left, top), to_page(right, bottom)
        return Box(min(x, other_x), min(y, other_y), max(x, other_x), max(y, other_y))

    return recognised(size, pixels, scale, placed)


def recognised(size: tuple[int, int], pixels: bytes, scale: float, placed: Placed) -> PageText | None:
    """What stands on a picture, by lines; None if it can't be read in a minute.

    It is so many pixels wide and high, a byte each, `scale` of them a point.
    """
    picture = b"P5 %d %d 255\n" % size + pixels
    dots = str(round(scale * POINTS_AN_INCH))
    arguments = ["tesseract", "stdin", "stdout", "-l", _languages(), "--dpi", dots, "tsv"]
    try:
        table = _run(arguments, picture, PAGE_SECONDS).decode(errors="replace")
        return _page([row.split("\t") for row in table.splitlines()[1:]], scale, size[1] / scale, placed)
    except (OSError, subprocess.SubprocessError, ValueError):  # the last for a table with no numbers in it
        return None


def _run(arguments: Sequence[str], given: bytes, seconds: float) -> bytes:
    # One thread, as pages come one after the other and others work too.
    return subprocess.run(  # noqa: S603
        arguments, input=given, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=seconds, check=True,
        env={**os.environ, "OMP_THREAD_LIMIT": "1"},
    ).stdout  # fmt: skip


def _page(rows: Sequence[Sequence[str]], scale: float, height: float, placed: Placed) -> PageText:
    """The page of a table as Tesseract writes it: a row a word, with its line and its box in dots from the top."""
    words = [row for row in rows if len(row) == 12 and row[0] == _WORD_LEVEL and row[11].strip()]
    lines: list[Line] = []
    places: list[tuple[int, Box]] = []
    text = ""
    for _, paragraph in groupby(words, key=lambda row: row[1:4]):
        together = []
        for _, line in groupby(paragraph, key=lambda row: row[4]):
            written = list(line)
            if sum(float(word[10]) for word in written) >= _LEAST_CONFIDENCE * len(written):
                together.append(_line(written, len(text), scale, height))
                places += _places(written, len(text), placed)
                text += together[-1].text + "\n"
        _make_even(together)
        lines += together
    return PageText(text, range(len(text) + 1), lines, recognised=bool(lines), words=places)


def _line(words: Sequence[Sequence[str]], start: int, scale: float, height: float) -> Line:
    boxes = [tuple(int(side) / scale for side in word[6:10]) for word in words]
    texts = [word[11].strip() for word in words]
    tall = max(tall for _, _, _, tall in boxes)
    return Line(
        text=" ".join(texts),
        start=start,
        end=start + len(" ".join(texts)),
        left=min(left for left, _, _, _ in boxes),
        bottom=height - max(top + tall for _, top, _, tall in boxes),
        right=max(left + wide for left, _, wide, _ in boxes),
        top=height - min(top for _, top, _, _ in boxes),
        gaps=tuple(_gaps(texts, boxes, start, _GAP * tall)),
    )


def _places(words: Sequence[Sequence[str]], start: int, placed: Placed) -> Iterator[tuple[int, Box]]:
    """Where each word of a line begins in the text of the page, and where it stands on that."""
    for word in words:
        left, top, wide, tall = map(int, word[6:10])
        yield start, placed(left, top, left + wide, top + tall)
        start += len(word[11].strip()) + 1


def _make_even(lines: Sequence[Line]) -> None:
    """Make the lines of a paragraph equally high: Tesseract's are as high as their own letters."""
    tallest = max((line.height for line in lines), default=0.0)
    for line in lines:
        middle = (line.top + line.bottom) / 2
        line.bottom, line.top = middle - tallest / 2, middle + tallest / 2


def _gaps(texts: Sequence[str], boxes: Sequence[Sequence[float]], start: int, least: float) -> Iterator[Gap]:
    at = start
    for text, (box, following) in zip(texts, pairwise(boxes), strict=False):
        at += len(text)
        right = box[0] + box[2]
        if following[0] - right > least:
            yield Gap(right, following[0], at, at + 1)
        at += 1
