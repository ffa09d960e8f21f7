"""What OpenDocument texts, presentations and spreadsheets share: the text of paragraphs, lists and tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from xml.etree.ElementTree import Element

from askdocs.errors import LoadError
from askdocs.loaders.canonical import table_lines, whole_number
from askdocs.loaders.metadata import Metadata, language_code, metadata
from askdocs.loaders.odf_lists import Lists
from askdocs.loaders.office import Package, child_at
from askdocs.types import BlockKind

_MOST_REPEATED = 200
"""Cells or blanks that stand for themselves and are written once."""

_BLANKS = re.compile(r"[ \t\r\n]+")
_UNSEEN = frozenset({
    "text:tracked-changes", "text:hidden-text", "text:ruby-text", "svg:title", "svg:desc", "office:annotation-end",
    "office:event-listeners", "office:forms", "text:variable-decls", "text:sequence-decls", "text:user-field-decls",
    "draw:glue-point", "draw:enhanced-geometry", "table:shapes", "presentation:notes",
})  # fmt: skip
_CONTENTS = frozenset(
    {"text:table-of-content", "text:alphabetical-index", "text:illustration-index", "text:table-index"}
)
_BESIDE = frozenset({"text:note", "office:annotation"})

PAGE_BREAK = "text:soft-page-break"
"""Where LibreOffice began a page, in a paragraph or between two."""


class OpenDocument:
    """The content of a file, its styles as far as they count, and what it says of itself."""

    def __init__(self, data: bytes, kind: str) -> None:
        """`kind` is the name of the element that holds the content; LoadError if there is none."""
        package = Package(data)
        manifest = package.optional_xml("META-INF/manifest.xml")
        if "encrypted-package" in package or any(
            element.tag == "manifest:encryption-data" for element in (manifest.iter() if manifest is not None else ())
        ):
            raise LoadError("is encrypted; save it without a password")
        root = package.xml("content.xml")
        body = child_at(root, f"office:body/{kind}")
        if root is None or body is None:
            raise LoadError(f"is no OpenDocument file of its kind: it has no {kind}")
        self.body = body
        styles = package.optional_xml("styles.xml")
        self._parents: dict[str, str] = {}
        self.lists = Lists()
        language = None
        for tree in (styles, root):
            for element in tree.iter() if tree is not None else ():
                if element.tag == "style:style":
                    self._parents[element.get("style:name", "")] = element.get("style:parent-style-name", "")
                elif element.tag == "text:list-style":
                    self.lists.add_style(element)
                elif element.tag == "style:text-properties" and tree is styles:
                    language = language or language_code(element.get("fo:language", ""))
        self.about = _said(package, language)

    def is_title(self, style: str) -> bool:
        """Whether a paragraph's style is Title, or based on it."""
        for _ in range(9):
            if style in ("Title", ""):
                break
            style = self._parents.get(style, "")
        return style == "Title"


def _said(package: Package, language: str | None) -> Metadata:
    root = child_at(package.optional_xml("meta.xml"), "office:meta")
    said: dict[str, object] = {}
    for child in root if root is not None else ():
        name = child.tag.rpartition(":")[2]
        if name == "keyword":
            said["keywords"] = f"{said.get('keywords', '')},{child.text or ''}"
        else:
            said[name] = child.text
    author = said.get("initial-creator") or said.get("creator")
    about = metadata({**said, "author": author, "date": said.get("date") or said.get("creation-date")})
    return replace(about, language=about.language or language)


class Inline:
    """Makes text of paragraphs; what stands beside them waits in `pending`, with the mark of a note."""

    def __init__(self) -> None:
        self.pending: list[tuple[str, Element]] = []
        self.page = 1
        self._begun_on = 0  # the page on which the text at hand begins, 0 as long as there is none
        self._notes = 0

    def text(self, element: Element) -> str:
        """The text of a paragraph as it is shown."""
        pieces = [self._shown(element.text)]
        for child in element:
            tag = child.tag
            if tag == "text:s":
                pieces.append(" " * repeated(child, "text:c", _MOST_REPEATED))
            elif tag == "text:tab":
                pieces.append("\t")
            elif tag == "text:line-break":
                pieces.append("\n")
            elif tag == PAGE_BREAK:
                self.page += 1
            elif tag in _BESIDE or tag.startswith("draw:"):
                pieces.append(self._beside(child))
            elif tag not in _UNSEEN:
                pieces.append(self.text(child))
            pieces.append(self._shown(child.tail))
        return "".join(pieces)

    def began(self) -> int:
        """The page on which the text begins that was made last; of what is made next that isn't known yet."""
        page, self._begun_on = self._begun_on or self.page, 0
        return page

    def _shown(self, text: str | None) -> str:
        shown = _BLANKS.sub(" ", text or "")
        if not self._begun_on and shown.strip():
            self._begun_on = self.page
        return shown

    def flat(self, holder: Element) -> str:
        """All paragraphs in a cell or note, in one line."""
        return " ".join(" ".join(self.text(one) for one in paragraphs(holder)).split())

    def _beside(self, element: Element) -> str:
        if element.tag == "text:note":
            self._notes += 1
            mark = f"[{self._notes}]"
            body = child_at(element, "text:note-body")
            if body is not None:
                self.pending.append((mark, body))
            return mark
        if element.tag == "office:annotation":
            creator = child_at(element, "dc:creator")
            author = " ".join((creator.text or "").split()) if creator is not None else ""
            self.pending.append((f"[Comment{f' by {author}' if author else ''}]", element))
        elif element.tag != "draw:a":
            self.pending.append(("", element))
        else:
            for child in element:
                self._beside(child)
        return ""


def paragraphs(holder: Element) -> Iterator[Element]:
    """The paragraphs and headings in something, in order, but not those in other paragraphs."""
    for child in holder:
        if child.tag in ("text:p", "text:h"):
            yield child
        elif child.tag not in _UNSEEN | _BESIDE:
            yield from paragraphs(child)


def pieces(holder: Element) -> Iterator[Element]:
    """Paragraphs, headings, lists, tables, frames, ends of pages in order, whatever sections they are in."""
    for child in holder:
        if child.tag in ("text:p", "text:h", "text:list", "table:table", PAGE_BREAK) or child.tag.startswith("draw:"):
            yield child
        elif child.tag not in _UNSEEN | _BESIDE | _CONTENTS:
            yield from pieces(child)


def heading_level(paragraph: Element) -> int:
    """The level of a heading from 1, 0 for other paragraphs."""
    return max(1, whole_number(paragraph.get("text:outline-level"), 1)) if paragraph.tag == "text:h" else 0


def items(list_: Element, document: OpenDocument, inline: Inline) -> Iterator[tuple[int, str]]:
    """Every item of a list as a line with its bullet or number, behind the level of the heading that it is, or 0."""
    counts = document.lists.counts(list_)

    def read(element: Element, style: str, depth: int) -> Iterator[tuple[int, str]]:
        style = element.get("text:style-name", style)
        for item in element:
            if item.tag not in ("text:list-item", "text:list-header"):
                continue
            marked: str | None = None
            for child in item:
                if child.tag == "text:list":
                    yield from read(child, style, depth + 1)
                elif child.tag in ("text:p", "text:h"):
                    marked = document.lists.mark(item, style, depth, counts) if marked is None else marked
                    text = " ".join(inline.text(child).split("\n")).strip()
                    level = heading_level(child)
                    if text:
                        yield level, text if level and marked == "-" else f"{marked} {text}".lstrip()
                elif child.tag == PAGE_BREAK:
                    inline.page += 1

    return read(list_, "", 1)


def rows_of(table: Element, inline: Inline) -> Iterator[tuple[str, int]]:
    """Every row of a table as a line that stands for itself, with the page on which it begins."""
    rows: list[list[str | None]] = []
    below: dict[int, int] = {}
    pages: list[int] = []
    flagged = None

    def read(holder: Element) -> None:
        nonlocal flagged
        for child in holder:
            if child.tag == "table:table-row":
                rows.append(list(_cells(child, inline, below)))
                pages.append(inline.began())
            elif child.tag in ("table:table-header-rows", "table:table-rows", "table:table-row-group"):
                flagged = True if child.tag == "table:table-header-rows" and not rows else flagged
                read(child)
            elif child.tag == PAGE_BREAK:
                inline.page += 1

    read(table)
    lines = table_lines(rows, flagged)
    return zip(lines, pages[len(pages) - len(lines) :], strict=True)  # the names are no line


def _cells(row: Element, inline: Inline, below: dict[int, int]) -> Iterator[str | None]:
    """The text of each column; None where a cell goes on that began above: in how many rows more, by column."""
    at = 0
    for element in row:
        if element.tag in ("table:table-cell", "table:covered-table-cell"):
            goes_on = element.tag == "table:covered-table-cell" and below.get(at, 0) > 0
            below[at] = below[at] - 1 if goes_on else whole_number(element.get("table:number-rows-spanned"), 1) - 1
            count = repeated(element, "table:number-columns-repeated", _MOST_REPEATED)
            yield from [None if goes_on else inline.flat(element)] * count
            at += count


def repeated(element: Element, attribute: str, most: int) -> int:
    """How often an element stands, at most `most` times."""
    return max(1, min(whole_number(element.get(attribute), 1), most))


def shape_lines(shape: Element, document: OpenDocument, inline: Inline) -> Iterator[tuple[BlockKind, str]]:
    """The text of a shape or text box on a slide."""
    for piece in pieces(shape):
        if piece.tag == "text:list":
            for _, line in items(piece, document, inline):
                yield BlockKind.LIST, line
        elif piece.tag == "table:table":
            for line, _ in rows_of(piece, inline):
                yield BlockKind.TABLE, line
        elif piece.tag.startswith("draw:"):
            yield from shape_lines(piece, document, inline)
        else:
            yield BlockKind.PARAGRAPH, inline.text(piece)
