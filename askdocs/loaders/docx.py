"""Word documents: the text as it is with all changes accepted, in paragraphs under their headings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from xml.etree.ElementTree import Element

from askdocs.errors import LoadError
from askdocs.loaders import sniffing
from askdocs.loaders.canonical import Canonical, table_lines, whole_number
from askdocs.loaders.docx_styles import Numbering, Styles
from askdocs.loaders.metadata import first_heading
from askdocs.loaders.office import Package, child_at, shown, value_at
from askdocs.types import BlockKind, Document, Unit

_GONE = frozenset(
    {
        "w:del",
        "w:moveFrom",
        "w:instrText",
        "w:delText",
        "w:delInstrText",
        "w:pPr",
        "w:rPr",
        "w:tblPr",
        "w:sdtPr",
        "w:rt",
    }
)
_TEXT_BOX = "w:txbxContent"
_MOST_COLUMNS = 100
_CHARACTERS = {"w:tab": "\t", "w:br": "\n", "w:cr": "\n", "w:noBreakHyphen": "-", "w:ptab": "\t"}


def load_docx(path: str, data: bytes) -> Document:
    """A Word document, its places the paragraphs, list items and table rows that aren't blank.

    Notes, comments and text boxes follow the paragraph that they belong to. The title is that of the properties, else
    what has the style Title, else the first heading of the highest level.
    """
    package = Package(data)
    part = package.main_part("word/document.xml")
    root = package.xml(part)
    body = child_at(root, "w:body")
    if body is None:
        raise LoadError("is no Word document: it has no body")
    reader = _Reader(package, part)
    reader.read(body)
    about = package.properties()
    canonical = reader.canonical
    return canonical.document(
        path,
        sniffing.DOCX,
        Unit.PARAGRAPHS,
        replace(about, language=about.language or reader.styles.language),
        title=about.title or reader.title or first_heading(canonical.headings),
        warning=reader.warning,
    )


class _Reader:
    def __init__(self, package: Package, part: str) -> None:
        parts = {relation.kind: relation.part for relation in package.relations(part).values()}
        self.canonical = Canonical()
        self.title: str | None = None
        self.warning: str | None = None
        self.styles = Styles(package.optional_xml(parts.get("styles", "word/styles.xml")))
        self._numbering = Numbering(package.optional_xml(parts.get("numbering", "word/numbering.xml")))
        self._asides = {
            "w:footnoteReference": _by_id(package.optional_xml(parts.get("footnotes", ""))),
            "w:endnoteReference": _by_id(package.optional_xml(parts.get("endnotes", ""))),
            "w:commentReference": _by_id(package.optional_xml(parts.get("comments", ""))),
        }
        self._notes = 0
        self._paragraph = 0
        self._page = 1
        self._begun_on = 0  # the page on which the text at hand begins, 0 as long as there is none
        self._pages_known = False
        self._merged = ""  # the text of paragraphs whose end was deleted
        self._pending: list[tuple[str, Element]] = []  # what stands beside the paragraph at hand

    def read(self, holder: Element) -> None:
        """Add what is in a body, a text box or the like."""
        for child in shown(holder):
            if child.tag == "w:p":
                self._read_paragraph(child)
            elif child.tag == "w:tbl":
                self._read_table(child)
            elif child.tag == "w:altChunk":
                self.warning = "has other documents put into it, which are not read"
            elif child.tag not in _GONE:
                self.read(child)

    def _read_paragraph(self, paragraph: Element) -> None:
        style = value_at(paragraph, "w:pPr/w:pStyle")
        text = self._merged + self._text(paragraph)
        self._merged = ""
        if child_at(paragraph, "w:pPr/w:rPr/w:del") is not None:
            self._merged = text
            return
        page = self._began()
        number = child_at(paragraph, "w:pPr/w:numPr")
        level = self.styles.level(style, value_at(paragraph, "w:pPr/w:outlineLvl"))
        label = ""
        if text.strip():
            of_style = self.styles.numbering(style)
            id_, depth = (value_at(number, "w:numId"), value_at(number, "w:ilvl")) if number is not None else ("", "")
            label = self._numbering.label(id_ or of_style[0], depth or of_style[1])
        if self.styles.is_contents(style):
            self._pending.clear()
            return
        if text.strip():
            self._next_place(page)
        if level:
            self.canonical.heading(level, f"{label if label != '-' else ''} {text}")
            if self.styles.is_title(style) and not self.title:
                self.title = " ".join(text.split()) or None
        else:
            self.canonical.add(BlockKind.LIST if label else BlockKind.PARAGRAPH, f"{label} {text}" if label else text)
        self._read_asides()

    def _read_asides(self) -> None:
        pending, self._pending = self._pending, []
        for label, aside in pending:
            if label:
                text = f"{label} {self._flat(aside)}"
                self._next_place(self._began())
                self.canonical.add(BlockKind.PARAGRAPH, text)
            else:
                self.read(aside)

    def _read_table(self, table: Element) -> None:
        rows: list[list[str | None]] = []
        pages: list[int] = []
        flagged = False
        for row in _rows(table):
            if child_at(row, "w:trPr/w:del") is not None:
                continue
            flagged = flagged or (not rows and child_at(row, "w:trPr/w:tblHeader") is not None)
            rows.append(self._cells(row))
            pages.append(self._began())
        lines = table_lines(rows, header=True if flagged else None)
        self.canonical.end_run()
        for line, page in zip(lines, pages[len(pages) - len(lines) :], strict=True):  # the names are no line
            if line:
                self._next_place(page)
                self.canonical.add(BlockKind.TABLE, line)
        self.canonical.end_run()
        self._read_asides()

    def _cells(self, row: Element) -> list[str | None]:
        """The text of each column; a cell over several has blank ones after it, one over several rows None below it."""
        cells: list[str | None] = [""] * _columns(row, "w:trPr/w:gridBefore")
        for cell in _find_shown(row, "w:tc"):
            merged = child_at(cell, "w:tcPr/w:vMerge")
            continues = merged is not None and merged.get("w:val", "continue") == "continue"
            cells.append(None if continues else self._flat(cell))
            cells += [""] * (_columns(cell, "w:tcPr/w:gridSpan") - 1)
        return cells

    def _flat(self, holder: Element) -> str:
        """The text in a cell or note, in one line."""
        return " ".join(" ".join(self._text(holder, tables=True).split("\n")).split())

    def _text(self, element: Element, *, tables: bool = False) -> str:
        """The text of a paragraph, or of several with line ends between; what stands beside it becomes pending."""
        pieces: list[str] = []
        for child in shown(element):
            tag = child.tag
            if tag in ("w:t", "m:t"):
                pieces.append(child.text or "")
                if not self._begun_on and pieces[-1].strip():
                    self._begun_on = self._page
            elif tag == "w:r" and _is_on(child, "w:rPr/w:vanish"):
                continue
            elif tag in _CHARACTERS:
                pieces.append(_CHARACTERS[tag])
            elif tag == "w:lastRenderedPageBreak":
                self._page += 1
                self._pages_known = True
            elif tag == _TEXT_BOX:
                self._pending.append(("", child))
            elif tag in self._asides:
                pieces.append(self._aside(tag, child.get("w:id", "")))
            elif tag == "w:sym":
                pieces.append(_symbol(child.get("w:char", "")))
            elif tag not in _GONE:
                pieces.append(self._text(child, tables=tables))
                if tables and tag in ("w:p", "w:tc"):
                    pieces.append("\n")
        return "".join(pieces)

    def _aside(self, tag: str, id_: str) -> str:
        """The mark that stands in the text for a note; a comment has none."""
        aside = self._asides[tag].pop(id_, None)
        if aside is None:
            return ""
        if tag == "w:commentReference":
            author = " ".join(aside.get("w:author", "").split())
            self._pending.append((f"[Comment{f' by {author}' if author else ''}]", aside))
            return ""
        self._notes += 1
        mark = f"[{self._notes}]"
        self._pending.append((mark, aside))
        return mark

    def _began(self) -> int:
        """The page on which the text begins that was read last; of what is read next that isn't known yet."""
        page, self._begun_on = self._begun_on or self._page, 0
        return page

    def _next_place(self, page: int) -> None:
        self._paragraph += 1
        label = f"{self._paragraph:,} (page {page:,})" if self._pages_known else ""
        self.canonical.place(self._paragraph, label)


def _find_shown(element: Element, tag: str) -> Iterator[Element]:
    """The descendants of that name that are not in others of it, nor in tables."""
    for child in shown(element):
        if child.tag == tag:
            yield child
        elif child.tag not in ("w:tbl", *_GONE):
            yield from _find_shown(child, tag)


def _rows(table: Element) -> Iterator[Element]:
    return _find_shown(table, "w:tr")


def _by_id(root: Element | None) -> dict[str, Element]:
    """Notes or comments; those of a special type are the lines that part them from the text."""
    return {
        child.get("w:id", ""): child
        for child in (root if root is not None else ())
        if child.get("w:type", "normal") == "normal"
    }


def _is_on(element: Element, path: str) -> bool:
    found = child_at(element, path)
    return found is not None and found.get("w:val", "true") not in ("0", "false", "off")


def _columns(element: Element, path: str) -> int:
    return min(whole_number(value_at(element, path), 0), _MOST_COLUMNS)


def _symbol(code: str) -> str:
    """A character of a symbol font, if it is one of Unicode outside the private area."""
    try:
        character = chr(int(code, 16))
    except (ValueError, OverflowError):
        return ""
    return character if character.isprintable() and not "\ue000" <= character <= "\uf8ff" else ""
