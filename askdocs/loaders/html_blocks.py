"""The content of a web page as blocks: headings, paragraphs, lists with their marks, rows of tables, code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from askdocs.loaders.canonical import LONGEST_AGAIN, numeral, whole_number
from askdocs.loaders.html_content import HEADINGS, Content, Measure
from askdocs.loaders.pieces import Pieces
from askdocs.types import BlockKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from selectolax.lexbor import LexborNode

_BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "dir",
     "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "header", "hr", "legend", "li", "main",
     "menu", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr",
     "ul", "option", "optgroup", *HEADINGS}
)  # fmt: skip
_LISTS = frozenset({"ul", "ol", "menu", "dir"})
_PREFORMATTED = frozenset({"pre", "listing", "xmp", "plaintext"})
_BLANKS = re.compile(r"[ \t\n\r\f\v\xa0]+")
_AROUND_BREAK = re.compile(r" *\x00 *")
_UNSEEN = re.compile("[\u00ad\u200b\ufeff]")
_MOST_COLUMNS = 1000
_MOST_CARRIED = 100_000
_LONGEST_HEADER = 80


def add_blocks(pieces: Pieces, content: Content, titles: Mapping[str, list[tuple[str, int]]] | None = None) -> None:
    """Put what `content` holds into `pieces`; `titles` are names and levels of what begins at elements of these ids."""
    for root in content.roots:
        _Walk(pieces, content, titles or {}).run(root)


class _Walk:
    def __init__(self, pieces: Pieces, content: Content, titles: Mapping[str, list[tuple[str, int]]]) -> None:
        self._pieces = pieces
        self._content = content
        self._titles = titles
        self._inline: list[str] = []
        self._kinds = [(BlockKind.PARAGRAPH, 0)]
        self._lists: list[tuple[int | None, str]] = []  # the next number in each open list, if it has any; as what form
        self._marked = True  # the item at hand has its mark
        self._lines: list[str] = []

    def run(self, root: LexborNode) -> None:
        """Walk through one root; what is inside a table or a `pre` is taken as a whole."""
        passed: int | None = None
        for node, tag, ends in self._content.walk(root):
            if passed is not None:
                if ends and node.mem_id == passed:
                    passed = None
            elif tag == "-text":
                self._inline.append(node.text_content or "")
            elif ends:
                self._leave(node, tag)
            elif self._enter(node, tag):
                passed = node.mem_id
        self._flush()

    def _enter(self, node: LexborNode, tag: str) -> bool:
        """An element begins; whether it has been read to its end."""
        if self._titles and (named := self._titles.get(node.attributes.get("id") or "")):
            self._flush()
            for title, level in named:
                self._pieces.expect(title, level)
        if tag == "br" or tag == "dd":
            self._inline.append("\0")
        elif tag in _BLOCKS:
            self._flush()
        if tag in HEADINGS:
            self._kinds.append((BlockKind.HEADING, int(tag[1])))
        elif tag in _LISTS and (self._lists or not self._measure(node).structured):
            start = whole_number(node.attributes.get("start"), 1) if tag == "ol" else None
            self._lists.append((start, node.attributes.get("type") or "1"))
        elif tag == "li":
            self._marked = False
            if self._lists and self._lists[-1][0] is not None:
                number, form = self._lists[-1]
                self._lists[-1] = whole_number(node.attributes.get("value"), number or 0), form
        elif tag in _PREFORMATTED and not self._lists:
            self._add(BlockKind.CODE, _preformatted(self._content, node))
            return True
        elif tag == "table" and not self._lists:
            rows = self._table(node)
            if rows:
                self._add(BlockKind.TABLE, "\n".join(rows))
            return rows is not None
        return False

    def _leave(self, node: LexborNode, tag: str) -> None:
        if tag in _BLOCKS and tag not in ("dt", "dd"):
            self._flush()
        if tag in HEADINGS:
            self._kinds.pop()
        elif tag in _LISTS and self._lists and (len(self._lists) > 1 or not self._measure(node).structured):
            self._lists.pop()
            if not self._lists and self._lines:
                self._add(BlockKind.LIST, "\n".join(self._lines))
                self._lines = []

    def _flush(self) -> None:
        """What has been gathered becomes a block, or a line of the list at hand."""
        text = _collapsed("".join(self._inline))
        self._inline.clear()
        if not text:
            return
        if not self._lists:
            kind, level = self._kinds[-1]
            self._add(kind, text if kind is BlockKind.PARAGRAPH else " ".join(text.split()), level)
            return
        mark = "  "
        if not self._marked:
            self._marked = True
            number, form = self._lists[-1]
            mark = "- " if number is None else f"{numeral(number, form)}. "
            self._lists[-1] = None if number is None else number + 1, form
        indent = "  " * min(len(self._lists) - 1, 10)
        self._lines += [indent + (mark if at == 0 else "  ") + line for at, line in enumerate(text.split("\n"))]

    def _add(self, kind: BlockKind, text: str, level: int = 0) -> None:
        self._pieces.put(kind, text, level) if text.strip() else None

    def _measure(self, node: LexborNode) -> Measure:
        return self._content.measures.get(node.mem_id, Measure())

    def _table(self, node: LexborNode) -> list[str] | None:
        """The rows of a table of data, each with its header; None for one that only arranges a page."""
        if self._measure(node).tables or node.attributes.get("role") in ("presentation", "none"):
            return None
        grid = _Grid(self._content, node)
        return grid.lines() if grid.is_data else None


class _Grid:
    """The cells of a table without tables in it."""

    def __init__(self, content: Content, table: LexborNode) -> None:
        self.caption = ""
        self.rows: list[list[tuple[str, int, int, bool]]] = []  # text, columns, rows, whether it is a header
        self.is_data = True
        self._in_head = 0
        self._heads = 0
        cell: list[str] | None = None
        structured = 0
        for node, tag, ends in content.walk(table):
            if tag == "-text":
                if cell is not None:
                    cell.append(node.text_content or "")
            elif tag in ("td", "th", "caption") and not ends:
                cell = []
                structured += content.measures.get(node.mem_id, Measure()).structured
            elif tag in ("td", "th", "caption"):
                text = " ".join(_collapsed("".join(cell or [])).split())
                cell = None
                if tag == "caption":
                    self.caption = text
                    continue
                if not self.rows:
                    self.rows.append([])
                columns, rows = (
                    max(1, min(whole_number(node.attributes.get(name), 1), 100)) for name in ("colspan", "rowspan")
                )
                self.rows[-1].append((text, columns, rows, tag == "th" or self._in_head > 0))
            elif tag == "tr" and not ends:
                self.rows.append([])
            elif tag == "thead":
                self._in_head += -1 if ends else 1
            elif (tag in _BLOCKS or tag == "br") and cell is not None:
                cell.append(" ")
        self.rows = [row for row in self.rows if any(text for text, *_ in row)]
        cells = [cell for row in self.rows for cell in row]
        said = self.caption or any(is_header for *_, is_header in cells)
        wide = sum(len(row) > 1 for row in self.rows) > len(self.rows) / 2
        short = sum(len(text) for text, *_ in cells) <= LONGEST_AGAIN * len(cells)
        self.is_data = bool(cells) and not structured and wide and bool(short or said)

    def lines(self) -> list[str]:
        """The caption, and a line a row: `Part: roof; Cost: 300`."""
        lines = [self.caption] if self.caption else []
        headers: list[str] = []
        carried: dict[int, tuple[int, str]] = {}
        carried_cells = 0
        in_head = True
        for row in self.rows:
            is_head = in_head and all(is_header or not text for text, _, _, is_header in row)
            if in_head and not is_head:
                in_head = False
                carried.clear()  # the names reach no further down than the head does
            values: list[tuple[str, str]] = []
            column = 0
            for text, columns, rows, _ in row:
                while column in carried:
                    values.append(_carry(carried, column, headers))
                    column += 1
                if is_head:
                    headers += [""] * (min(column + columns, _MOST_COLUMNS) - len(headers))
                    for at in range(column, min(column + columns, _MOST_COLUMNS)):
                        headers[at] = f"{headers[at]} {text}".strip() if headers[at] != text else text
                else:
                    values.append((headers[column] if column < len(headers) else "", text))
                if rows > 1 and carried_cells < _MOST_CARRIED:
                    again = "" if is_head or len(text) > LONGEST_AGAIN else text
                    carried |= {at: (rows - 1, "" if at > column else again) for at in range(column, column + columns)}
                    carried_cells += rows * columns
                column += columns
            values += [_carry(carried, at, headers) for at in sorted(at for at in carried if at >= column)]
            if not is_head:
                lines.append("; ".join(_named(name, text) for name, text in values if text))
        if len(lines) == bool(self.caption):  # nothing but headers
            lines += ["; ".join(text for text, *_ in row if text) for row in self.rows]
        return [line for line in lines if line]


def _carry(carried: dict[int, tuple[int, str]], column: int, headers: list[str]) -> tuple[str, str]:
    """The value that a cell further up has in this row too."""
    left, text = carried.pop(column)
    if left > 1:
        carried[column] = (left - 1, text)
    return (headers[column] if column < len(headers) else "", text)


def _named(name: str, text: str) -> str:
    return f"{name}: {text}" if 0 < len(name) <= _LONGEST_HEADER and name != text else text


def _collapsed(text: str) -> str:
    """Text as a browser shows it: blanks collapse, what isn't seen is not there, NUL stands for a line break."""
    return _AROUND_BREAK.sub("\n", _BLANKS.sub(" ", _UNSEEN.sub("", text))).strip().strip("\0").strip()


def _preformatted(content: Content, node: LexborNode) -> str:
    """Code with its own line breaks and blanks."""
    parts: list[str] = []
    for inner, tag, ends in content.walk(node):
        if tag == "-text":
            parts.append(inner.text_content or "")
        elif not ends and (tag == "br" or (tag in ("div", "p", "li") and parts and not parts[-1].endswith("\n"))):
            parts.append("\n")
    text = (
        _UNSEEN.sub("", "".join(parts)).replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ").replace("\0", "")
    )
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")
