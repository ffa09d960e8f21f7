"""OpenDocument presentations (LibreOffice Impress): slides under their titles, with tables and notes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from askdocs.loaders import sniffing
from askdocs.loaders.canonical import Canonical
from askdocs.loaders.odf import Inline, OpenDocument, shape_lines
from askdocs.loaders.slides import Shape, add_slide
from askdocs.types import Document, Unit

_ON_EVERY_SLIDE = frozenset({"date-time", "footer", "page-number", "header"})
_LENGTH = re.compile(r"(-?\d{1,6}(?:\.\d{1,9})?)(cm|mm|in|pt|px)$")
_IN_MICROMETRES = {"cm": 10_000, "mm": 1000, "in": 25_400, "pt": 353, "px": 265}


def load_odp(path: str, data: bytes) -> Document:
    """A presentation, its places the slides; its title is that of the properties, else that of the first slide."""
    document = OpenDocument(data, "office:presentation")
    canonical = Canonical()
    titles: list[str] = []
    slides = [page for page in document.body if page.tag == "draw:page"]
    for number, slide in enumerate(slides, start=1):
        inline = Inline()
        title = add_slide(canonical, number, list(_shapes(slide, document, inline)), _notes(slide, document, inline))
        titles += [title] if title else []
    about = document.about
    return canonical.document(
        path,
        sniffing.ODP,
        Unit.SLIDES,
        about,
        title=about.title or (titles[0] if titles else None),
    )


def _shapes(holder: Element, document: OpenDocument, inline: Inline) -> Iterator[Shape]:
    for child in holder:
        kind = child.get("presentation:class", "")
        if child.tag in ("draw:g", "draw:a"):
            yield from _shapes(child, document, inline)
        elif child.tag.startswith("draw:") and kind not in _ON_EVERY_SLIDE:
            shape = Shape(tuple(shape_lines(child, document, inline)), _box(child), kind == "title")
            if any(line.strip() for _, line in shape.lines):
                yield shape


def _notes(slide: Element, document: OpenDocument, inline: Inline) -> list[str]:
    return [
        line
        for notes in slide
        if notes.tag == "presentation:notes"
        for frame in notes
        if frame.get("presentation:class") == "notes"
        for _, line in shape_lines(frame, document, inline)
    ]


def _box(shape: Element) -> tuple[int, int, int, int] | None:
    found = [_LENGTH.match(shape.get(f"svg:{name}", "")) for name in ("x", "y", "width", "height")]
    x, y, width, height = (int(float(one[1]) * _IN_MICROMETRES[one[2]]) if one else 0 for one in found)
    return (x, y, x + width, y + height) if all(found) else None
