"""reStructuredText, line by line: docutils reads a fiftieth of this in the same time, and tells no exact lines."""

from __future__ import annotations

import re
from bisect import bisect_left

from askdocs.loaders.markup import Lines, markup_blocks, markup_document
from askdocs.loaders.metadata import metadata
from askdocs.loaders.text import decode
from askdocs.types import BlockKind, Document, Heading

_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1{1,}$")
_ITEM = re.compile(r"[ \t]*(?:[-*+•‣⁃]|(?:\(?(?:\d+|#|[A-Za-z]|[ivxlcdm]+)[.)])|:[^:\s][^:\r\n]*:)(?:[ \t]+|$)")
_EXPLICIT = re.compile(r"[ \t]*\.\.(?:[ \t]+(?:\|[^|]+\|[ \t]+)?(?P<name>[\w:.+-]+)::(?:[ \t]|$)|[ \t]|$)")
_CODE = frozenset({
    "code", "code-block", "sourcecode", "highlight", "literalinclude", "parsed-literal", "math", "raw",
})  # fmt: skip
_TABLES = frozenset({"table", "list-table", "csv-table", "flat-table"})
_GRID = re.compile(r"[ \t]*\+[-=+]{2,}\+$")
_SIMPLE = re.compile(r"[ \t]*=+(?:[ \t]+=+)+$")
_FIELD = re.compile(
    r"(?:\.\. *)?:?(title|authors?|date|tags|keywords|lang|language|created|modified): +(\S.*)$", re.IGNORECASE
)
_HEAD_LINES = 60
_LONGEST_TABLE = 2000


def load_rst(path: str, data: bytes) -> Document:
    """A reStructuredText file; title, author and date are those of its fields, else its only highest heading."""
    text, encoding = decode(data)
    scanner = _Scanner(Lines(text))
    blocks = markup_blocks(scanner.lines, scanner.special, interrupts=False, item=_ITEM)
    said = metadata(scanner.fields())
    return markup_document(path, "text/x-rst", encoding, text, scanner.headings, blocks, said)


class _Scanner:
    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.headings: list[Heading] = []
        self._table_ends: list[int] | None = None
        self._styles: list[tuple[str, bool]] = []  # of headings, from the highest on

    def special(self, at: int) -> tuple[BlockKind, int] | None:
        """Called once for each block, from the first to the last."""
        lines = self.lines
        if end := self._heading(at):
            return BlockKind.HEADING, end
        line = lines[at]
        if explicit := _EXPLICIT.match(line):
            name = explicit["name"] or ""
            kind = BlockKind.CODE if name in _CODE else BlockKind.TABLE if name in _TABLES else BlockKind.PARAGRAPH
            return kind, lines.indented_end(at + 1, lines.indent(at))
        if lines.indent(at) > 0 and (leading := self._leads_to_literal(at)) is not None:
            return BlockKind.CODE, lines.indented_end(at, leading)
        if _GRID.match(line):
            return BlockKind.TABLE, self._paragraph_end(at)
        if _SIMPLE.match(line):
            return BlockKind.TABLE, self._simple_table_end(at)
        if line.lstrip().startswith(">>> "):
            return BlockKind.CODE, self._paragraph_end(at)
        if _ITEM.match(line):
            return BlockKind.LIST, max(lines.list_lines(at, _ITEM)) + 1
        return None

    def fields(self) -> dict[str, object]:
        """What is told in fields (or comments, as some site generators have it) near the beginning."""
        found: dict[str, object] = {}
        for at in range(min(len(self.lines), _HEAD_LINES)):
            line = self.lines[at].strip()
            if line.startswith((":", "..")) and (match := _FIELD.match(line)):
                found.setdefault(match[1].lower(), match[2])
        return found

    def _heading(self, at: int) -> int | None:
        """The line after a section title that starts at line `at`."""
        lines = self.lines
        following = [lines[number] if number < len(lines) else "" for number in (at, at + 1, at + 2)]
        over = _ADORNMENT.match(following[0])
        if over and following[1].strip() and following[2] == following[0] and not _ADORNMENT.match(following[1]):
            title, style, end = following[1].strip(), (over[1], True), at + 3
        elif following[0] and not following[0][0].isspace() and not over and _ADORNMENT.match(following[1]):
            title, style, end = following[0].strip(), (following[1][0], False), at + 2
        else:
            return None
        if len(lines[end - 1]) < min(len(title), 4):
            return None
        if style not in self._styles:
            self._styles.append(style)
        plain = " ".join(title.replace("``", "").replace("*", "").split())
        if plain:
            self.headings.append(Heading(self._styles.index(style) + 1, plain, lines.span(at, end)))
        return end

    def _leads_to_literal(self, at: int) -> int | None:
        """The indentation of the paragraph before line `at`, if it ends in `::` and so makes this a literal block."""
        before = self.lines.last_filled(at, 0) - 1
        if before < 0 or not self.lines[before].endswith("::"):
            return None
        indent = self.lines.indent(before)
        return indent if indent < self.lines.indent(at) else None

    def _paragraph_end(self, at: int) -> int:
        while at < len(self.lines) and self.lines[at]:
            at += 1
        return at

    def _simple_table_end(self, at: int) -> int:
        """After the border that a blank line follows, not counting the one above."""
        if self._table_ends is None:
            self._table_ends = [
                number + 1
                for number, line in enumerate(self.lines)
                if _SIMPLE.match(line) and (number + 1 == len(self.lines) or not self.lines[number + 1])
            ]
        found = bisect_left(self._table_ends, at + 2)
        if found < len(self._table_ends) and self._table_ends[found] - at <= _LONGEST_TABLE:
            return self._table_ends[found]
        return self._paragraph_end(at)
