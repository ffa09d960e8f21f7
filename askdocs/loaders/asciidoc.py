"""AsciiDoc, line by line."""

from __future__ import annotations

import re

from askdocs.loaders.markup import Endings, Lines, markup_blocks, markup_document
from askdocs.loaders.metadata import Metadata, iso_date, metadata
from askdocs.loaders.text import decode
from askdocs.types import BlockKind, Document, Heading

_HEADING = re.compile(r"(={1,6}|#{1,6})[ \t]+(\S.*?)(?:[ \t]+\1)?$")
_UNDERLINES = "=-~^+"  # of headings in two lines, from the highest level on
_UNDERLINE = re.compile(r"([=\-~^+])\1{3,}$")
_DELIMITER = re.compile(r"(-{4,}|\.{4,}|\+{4,}|`{3,}|/{4,}|[|,:!]={3,})")
_AROUND = re.compile(r"(?:={4,}|\*{4,}|_{4,}|--)$")  # what others stand in: example, sidebar, quote, open block
_ABOVE = re.compile(r"(?:\[[^\]\r\n]*\]|\.[^\s.].*)$")  # attributes or caption of the block below
_ITEM = re.compile(r"[ \t]*(?:[-*]{1,5}|\.{1,5}|\d+\.|[a-z]\.|[^\s:][^\r\n:]*:{2,4}|<\d+>)(?:[ \t]+|$)")
_ATTRIBUTE = re.compile(r":!?([\w-]+)!?:(?:[ \t]+(.*))?$")
_EMAIL = re.compile(r"[ \t]*<[^>]*>")
_REVISION = re.compile(r"(?:v[\d.]+|[\d.]+,|\S+[ \t]*,|\d{4}-)")


def load_asciidoc(path: str, data: bytes) -> Document:
    """An AsciiDoc file; title, author and date are those of its header, else its only highest heading."""
    text, encoding = decode(data)
    scanner = _Scanner(Lines(text))
    blocks = markup_blocks(scanner.lines, scanner.special, interrupts=True, item=_ITEM)
    said = scanner.header()
    return markup_document(path, "text/x-asciidoc", encoding, text, scanner.headings, blocks, said)


class _Scanner:
    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.headings: list[Heading] = []
        self._ends = Endings(lines)
        self._seen = -1  # the last line at which a heading was found

    def special(self, at: int) -> tuple[BlockKind, int] | None:
        lines = self.lines
        below = at
        while below < len(lines) and _ABOVE.match(lines[below]):
            below += 1
        if below > at:
            found = self.special(below) if below < len(lines) and lines[below] else None
            return found if found and found[0] is not BlockKind.HEADING else (BlockKind.PARAGRAPH, below)
        line = lines[at]
        if heading_end := self._heading(at, line):
            return BlockKind.HEADING, heading_end
        if (delimiter := _DELIMITER.match(line)) and (delimiter[0] == line or line[0] == "`"):
            end = self._ends.after(at + 1, delimiter[0]) or at + 1
            if line[0] == "/":
                return BlockKind.PARAGRAPH, end
            return BlockKind.TABLE if line[1] == "=" else BlockKind.CODE, end
        if _AROUND.match(line):
            return BlockKind.PARAGRAPH, at + 1
        if _ITEM.match(line):
            return BlockKind.LIST, self._list_end(at)
        return None

    def header(self) -> Metadata:
        """What the lines below the title say: author, revision, attributes."""
        lines = self.lines
        at = lines.next_filled(0)
        values: dict[str, object] = {}
        if at < len(lines) and (title := re.match(r"=[ \t]+(\S.*)$", lines[at])):
            values["title"] = title[1]
            at += 1
            if at < len(lines) and lines[at] and lines[at][0] not in ":/[":
                authors = [_EMAIL.sub("", name).strip() for name in lines[at].split(";")]
                values["author"] = [name for name in authors if name]
                at += 1
                if at < len(lines) and _REVISION.match(lines[at]):
                    values["date"] = iso_date(lines[at]) or ""
                    at += 1
        while at < len(lines) and (attribute := _ATTRIBUTE.match(lines[at])):
            name = {"revdate": "date", "docdate": "date", "doctitle": "title"}.get(attribute[1], attribute[1])
            values.setdefault(name, attribute[2] or "")
            at += 1
        return metadata(values)

    def _heading(self, at: int, line: str) -> int | None:
        if match := _HEADING.match(line):
            level, title, end = len(match[1]), match[2], at + 1
        elif (
            at + 1 < len(self.lines)
            and (under := _UNDERLINE.match(self.lines[at + 1]))
            and line[0].isalnum()
            and abs(len(under[0]) - len(line)) <= 2
            and (at == 0 or not self.lines[at - 1] or _ABOVE.match(self.lines[at - 1]))
        ):
            level, title, end = _UNDERLINES.index(under[1]) + 1, line, at + 2
        else:
            return None
        if at > self._seen:
            self._seen = at
            self.headings.append(Heading(level, " ".join(title.split()), self.lines.span(at, end)))
        return end

    def _list_end(self, at: int) -> int:
        """As of any list; a line `+` ties what follows it to the item."""
        end = at + 1
        for number in self.lines.list_lines(at, _ITEM):
            line = self.lines[number]
            delimiter = _DELIMITER.match(line)
            if (_HEADING.match(line) and not self.lines[number - 1]) or (delimiter and delimiter[0] == line):
                return number
            tied = line == "+" and number + 1 < len(self.lines)
            if tied and (found := self._delimited(number + 1)):
                return found
            end = number + 1
        return end

    def _delimited(self, at: int) -> int | None:
        """After a delimited block at line `at`, below its attributes."""
        while at < len(self.lines) and _ABOVE.match(self.lines[at]):
            at += 1
        if at < len(self.lines) and (delimiter := _DELIMITER.match(self.lines[at])):
            return self._ends.after(at + 1, delimiter[0])
        return None
