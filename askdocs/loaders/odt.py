"""OpenDocument texts (LibreOffice Writer): paragraphs under their headings, with all changes accepted."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from askdocs.loaders import sniffing
from askdocs.loaders.canonical import Canonical
from askdocs.loaders.metadata import first_heading
from askdocs.loaders.odf import PAGE_BREAK, Inline, OpenDocument, heading_level, items, pieces, rows_of
from askdocs.types import BlockKind, Document, Unit


def load_odt(path: str, data: bytes) -> Document:
    """A text, its places the paragraphs, list items and table rows that aren't blank.

    Notes, comments and text boxes follow the paragraph that they belong to. The title is that of the properties, else
    what has the style Title, else the first heading of the highest level.
    """
    document = OpenDocument(data, "office:text")
    reader = _Reader(document)
    reader.read(document.body)
    canonical = reader.canonical
    about = document.about
    return canonical.document(
        path,
        sniffing.ODT,
        Unit.PARAGRAPHS,
        about,
        title=about.title or reader.title or first_heading(canonical.headings),
    )


class _Reader:
    def __init__(self, document: OpenDocument) -> None:
        self.canonical = Canonical()
        self.title: str | None = None
        self._document = document
        self._inline = Inline()
        self._paragraph = 0

    def read(self, holder: Element) -> None:
        for piece in pieces(holder):
            if piece.tag == "text:list":
                for level, line in items(piece, self._document, self._inline):
                    self._add(BlockKind.LIST, line, self._inline.began(), level)
            elif piece.tag == "table:table":
                self.canonical.end_run()
                for line, page in rows_of(piece, self._inline):
                    self._add(BlockKind.TABLE, line, page)
                self.canonical.end_run()
            elif piece.tag == PAGE_BREAK:
                self._inline.page += 1
            elif piece.tag.startswith("draw:"):
                self.read(piece)
            else:
                self._read_paragraph(piece)
            self._read_beside()

    def _read_paragraph(self, paragraph: Element) -> None:
        text = self._inline.text(paragraph)
        level = heading_level(paragraph)
        if not level and self._document.is_title(paragraph.get("text:style-name", "")):
            level = 1
            self.title = self.title or " ".join(text.split()) or None
        self._add(BlockKind.PARAGRAPH, text, self._inline.began(), level)

    def _read_beside(self) -> None:
        pending, self._inline.pending = self._inline.pending, []
        for mark, element in pending:
            if mark:
                text = f"{mark} {self._inline.flat(element)}"
                self._add(BlockKind.PARAGRAPH, text, self._inline.began())
            else:
                self.read(element)

    def _add(self, kind: BlockKind, text: str, page: int, level: int = 0) -> None:
        """Add what begins on a page; with a level it is a heading."""
        if not text.strip():
            return
        self._paragraph += 1
        self.canonical.place(self._paragraph, f"{self._paragraph:,} (page {page:,})" if page > 1 else "")
        if level:
            self.canonical.heading(level, text)
        else:
            self.canonical.add(kind, text)
