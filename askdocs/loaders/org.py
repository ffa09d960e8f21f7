"""Org mode, line by line."""

from __future__ import annotations

import re

from askdocs.loaders.markup import Endings, Lines, markup_blocks, markup_document
from askdocs.loaders.metadata import metadata
from askdocs.loaders.text import decode
from askdocs.types import BlockKind, Document, Heading

_HEADING = re.compile(
    r"(\*+)[ \t]+(?:(?:TODO|DONE|NEXT|WAITING|HOLD|CANCELLED|CANCELED|STARTED)[ \t]+)?(?:\[#[A-Z\d]\][ \t]*)?(.*?)"
    r"(?:[ \t]+:[\w@#%:]+:)?$"
)
_KEYWORD = re.compile(r"[ \t]*#\+(\w+):[ \t]*(.*)$")
_BEGIN = re.compile(r"[ \t]*#\+begin_(\w+)", re.IGNORECASE)
_DRAWER = re.compile(r"[ \t]*:[\w-]+:$")
_ITEM = re.compile(r"(?:[ \t]*(?:[-+]|\d+[.)]|[A-Za-z][.)])|[ \t]+\*)(?:[ \t]+|$)")
_CODE = frozenset({"src", "example", "export", "latex", "html", "ascii"})
_OF_A_BLOCK = ("caption", "name", "attr_html", "attr_latex", "header", "results")
_ABOVE = re.compile(rf"[ \t]*#\+(?:{'|'.join(_OF_A_BLOCK)}):", re.IGNORECASE)


def load_org(path: str, data: bytes) -> Document:
    """An Org file; title, author, date and tags are those of its keywords, else its only highest heading."""
    text, encoding = decode(data)
    scanner = _Scanner(Lines(text))
    blocks = markup_blocks(scanner.lines, scanner.special, interrupts=True, item=_ITEM)
    said = metadata(scanner.keywords)
    return markup_document(path, "text/x-org", encoding, text, scanner.headings, blocks, said)


class _Scanner:
    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.headings: list[Heading] = []
        self.keywords: dict[str, object] = {}
        self._ends = Endings(lines)
        self._seen = -1  # the last line at which a heading was found

    def special(self, at: int) -> tuple[BlockKind, int] | None:
        line = self.lines[at]
        if heading := _HEADING.match(line):
            if at > self._seen and (title := " ".join(heading[2].split())):
                self._seen = at
                self.headings.append(Heading(len(heading[1]), title, self.lines.span(at, at + 1)))
            return BlockKind.HEADING, at + 1
        if begin := _BEGIN.match(line):
            end = self._ends.after(at + 1, f"#+end_{begin[1].lower()}") or at + 1
            return BlockKind.CODE if begin[1].lower() in _CODE else BlockKind.PARAGRAPH, end
        if keyword := _KEYWORD.match(line):
            return self._keyword(at, keyword[1].lower(), keyword[2])
        mark = line.lstrip()[:2]
        if mark in (": ", ":"):
            return BlockKind.CODE, self._run_end(at, ":")
        if mark.startswith("|"):
            return BlockKind.TABLE, self._run_end(at, "|")
        if _DRAWER.match(line) and (drawer_end := self._ends.after(at + 1, ":end:")):
            return BlockKind.PARAGRAPH, drawer_end
        if _ITEM.match(line):
            return BlockKind.LIST, self._list_end(at)
        return None

    def _keyword(self, at: int, name: str, value: str) -> tuple[BlockKind, int]:
        """A line `#+NAME: value`; a caption belongs to the block below."""
        if name == "filetags":
            self.keywords.setdefault("tags", [tag for tag in value.split(":") if tag.strip()])
        else:
            self.keywords.setdefault(name, value)
        below = at + 1
        if name in _OF_A_BLOCK:
            while below < len(self.lines) and _ABOVE.match(self.lines[below]):
                below += 1
            found = self.special(below) if below < len(self.lines) and self.lines[below] else None
            if found and found[0] in (BlockKind.TABLE, BlockKind.CODE):
                return found
        return BlockKind.PARAGRAPH, below

    def _run_end(self, at: int, mark: str) -> int:
        while at < len(self.lines) and self.lines[at].lstrip().startswith(mark):
            at += 1
        return at

    def _list_end(self, at: int) -> int:
        """Before what is neither an item nor indented, which needs no blank line."""
        lines, base, end = self.lines, self.lines.indent(at), at
        for number in lines.list_lines(at, _ITEM):
            if lines.indent(number) <= base and not _ITEM.match(lines[number]):
                break
            end = number + 1
        return end
