"""OpenDocument texts (LibreOffice Writer): paragraphs under their headings, with all changes accepted."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from askdocs.loaders import sniffing
from askdocs.loaders.canonical import Canonical, table_lines
from askdocs.loaders.odf import Inline, OpenDocument, items, pieces, table_rows
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
        title=about.title or reader.title or canonical.first_heading,
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
                for line in items(piece, self._document, self._inline):
                    self._add(BlockKind.LIST, line)
            elif piece.tag == "table:table":
                self.canonical.end_run()
                rows, flagged = table_rows(piece, self._inline)
                for line in table_lines(rows, flagged):
                    self._add(BlockKind.TABLE, line)
                self.canonical.end_run()
            elif piece.tag.startswith("draw:"):
                self.read(piece)
            else:
                self._read_paragraph(piece)
            self._read_beside()

    def _read_paragraph(self, paragraph: Element) -> None:
        text = self._inline.text(paragraph)
        level = paragraph.get("text:outline-level", "1")
        if paragraph.tag == "text:h":
            self._add(BlockKind.HEADING, text, int(level[:2]) if level.isascii() and level.isdigit() else 1)
        elif self._document.is_title(paragraph.get("text:style-name", "")):
            self._add(BlockKind.HEADING, text, 1)
            self.title = self.title or " ".join(text.split()) or None
        else:
            self._add(BlockKind.PARAGRAPH, text)

    def _read_beside(self) -> None:
        pending, self._inline.pending = self._inline.pending, []
        for mark, element in pending:
            if mark:
                self._add(BlockKind.PARAGRAPH, f"{mark} {self._inline.flat(element)}")
            else:
                self.read(element)

    def _add(self, kind: BlockKind, text: str, level: int = 0) -> None:
        if not text.strip():
            return
        self._paragraph += 1
        page = self._inline.page
        self.canonical.place(self._paragraph, f"{self._paragraph:,} (page {page:,})" if page > 1 else "")
        if level:
            self.canonical.heading(max(level, 1), text)
        else:
            self.canonical.add(kind, text)
