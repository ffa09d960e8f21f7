"""Pictures as documents: scans, photographs and screenshots, of which Tesseract reads each page."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from askdocs.errors import LoadError
from askdocs.loaders.metadata import Metadata
from askdocs.loaders.ocr import (
    DOTS_AN_INCH,
    HELP,
    MOST_DOTS,
    MOST_PAGES,
    NOT_INSTALLED,
    POINTS_AN_INCH,
    is_installed,
    recognised,
)
from askdocs.loaders.pdf import document_of, reading_warning
from askdocs.loaders.pdf_info import Info
from askdocs.loaders.pdf_lines import Box, PageText
from askdocs.types import Document, Unit

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_PIXELS = 150_000_000
"""Of one page: a plan of a square metre in 300 dots an inch."""

_TOO_LARGE = f"is a picture of more than {MOST_PIXELS:,} pixels, which are not read; make it smaller"
_FORMATS = ("BMP", "JPEG", "PNG", "TIFF", "WEBP")
_BELIEVED = (100.0, 1200.0)
"""Dots an inch that a picture may say to have: most that say 72 or 96 have never been measured."""

_A4_INCHES = 11.7
_LEAST_DENSITY = 96.0
_LARGEST_FACTOR = 3.0
_NEARLY = (0.8, 1.25)
_NOT_READ = PageText("", (), [], pictured=True)
_BROKEN = (
    OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, EOFError,
    ZeroDivisionError, struct.error, zlib.error,
)  # fmt: skip
"""What Pillow raises for pictures that are no good."""


@dataclass(frozen=True, slots=True)
class ImagePage:
    """A page as it is displayed, in grey or RGB, with so many dots an inch both ways; in points its size is that."""

    image: Image
    density: float

    @property
    def size(self) -> tuple[float, float]:
        width, height = self.image.size
        return width * POINTS_AN_INCH / self.density, height * POINTS_AN_INCH / self.density


def load_image(media_type: str, path: str, data: bytes, *, ocr: bool = False) -> Document:
    """A picture with what Tesseract reads in it, which may be nothing; its places are the pages of a TIFF."""
    if not ocr:
        raise LoadError(f"is a picture; {HELP}")
    if not is_installed():
        raise LoadError(f"is a picture, {NOT_INSTALLED}")
    with opened(data) as image:
        pages = page_count(image)
        read = [_read(image, number, pages) if number <= MOST_PAGES else _NOT_READ for number in range(1, pages + 1)]
    if all(page.pictured for page in read):
        raise LoadError("is a picture that Tesseract couldn't read, or not within a minute")
    warning = reading_warning(read)
    if not any(page.lines for page in read):
        return Document(path, media_type, "", "", None, (), (), Unit.PAGES, warning=warning)
    return document_of(path, media_type, read, Info(Metadata(), ("",) * pages), warning)


def _read(image: Image, number: int, pages: int) -> PageText:
    try:
        page = page_of(image, number)
    except (LoadError, *_BROKEN):
        if pages == 1:
            raise
        return _NOT_READ
    return recognised_page(page) or _NOT_READ


@contextmanager
def opened(data: bytes) -> Iterator[Image]:
    """The picture in `data`, of which nothing is unpacked yet; LoadError with the reason if it is none."""
    from PIL import Image

    if not data.strip():
        raise LoadError("is empty")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of many pixels, which are counted here, and of odd EXIF data
            with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
                yield image
    except Image.DecompressionBombError as exc:
        raise LoadError(_TOO_LARGE) from exc
    except _BROKEN as exc:
        raise LoadError("is damaged: it is no complete picture; save or download it again") from exc


def page_count(image: Image) -> int:
    """How many pages it has; frames that move are none."""
    return int(getattr(image, "n_frames", 1)) if image.format == "TIFF" else 1


def page_of(image: Image, number: int) -> ImagePage:
    """A page of a picture (counted from 1); LoadError if there is no such, or it is absurdly large."""
    from PIL import ImageOps

    pages = page_count(image)
    if not 1 <= number <= pages:
        raise LoadError(f"has no page {number:,}, only {pages:,}")
    if number > 1:
        image.seek(number - 1)
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise LoadError(_TOO_LARGE)
    across, down = _told_density(image)
    shown = _opaque(ImageOps.exif_transpose(image))
    if across != down:  # a fax, whose pixels are oblong
        shown = shown.resize((width, max(1, round(height * across / down))))
    return ImagePage(shown, across or max(_LEAST_DENSITY, max(shown.size) / _A4_INCHES))


def _told_density(image: Image) -> tuple[float, float]:
    """Dots an inch across and down, as far as the picture can be believed; zeros else."""
    try:
        across, down = map(float, image.info.get("dpi", (0, 0)))
    except _BROKEN:
        return 0.0, 0.0
    least, most = _BELIEVED
    if not (least <= across <= most and least / 2 <= down <= most):
        return 0.0, 0.0
    return across, across if 0.95 < down / across < 1.05 else down


def _opaque(image: Image) -> Image:
    """In grey or RGB, on white."""
    from PIL import Image

    if image.mode.startswith("I;16"):
        import numpy as np

        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in ("1", "L"):
        return image.convert("L")
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        layer = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    return image.convert("RGB")


def recognised_page(page: ImagePage) -> PageText | None:
    """What Tesseract reads on a page; None if it can't. Boxes are in points from the lower left corner."""
    width, height = page.image.size
    factor = min(DOTS_AN_INCH / page.density, _LARGEST_FACTOR)
    if _NEARLY[0] < factor < _NEARLY[1]:
        factor = 1.0
    factor = min(factor, (MOST_DOTS / (width * height)) ** 0.5)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    grey = page.image.convert("L")
    if size != grey.size:
        grey = grey.resize(size)
    scale = page.density * factor / POINTS_AN_INCH

    def placed(left: int, top: int, right: int, bottom: int) -> Box:
        return Box(left / scale, (size[1] - bottom) / scale, right / scale, (size[1] - top) / scale)

    return recognised(size, grey.tobytes(), scale, placed)
