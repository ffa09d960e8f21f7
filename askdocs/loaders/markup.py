"""What the scanners of markup languages share: a text as lines, lists, and blocks from what starts at a line."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence

from askdocs.loaders.metadata import Metadata
from askdocs.loaders.text import LINE, with_lead_ins
from askdocs.types import Block, BlockKind, Document, Heading, Span

Special = Callable[[int], tuple[BlockKind, int] | None]
"""What starts at a line that isn't blank, and the line after its last; None is a paragraph's line."""

LONGEST_LIST = 800
"""Characters; the items of a longer list are blocks of their own."""

_LONGEST_ENDING = 80

_TABS = re.compile(r"^[ \t]*")


class Lines(Sequence[str]):
    """The lines of `text` without their ends and the blanks before these."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [match.start() for match in LINE.finditer(text)]
        if not text or text[-1] not in "\r\n":
            self._starts[-1:] = []  # the last match is empty, at the end
        self._starts.append(len(text))

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, at: int) -> str:  # type: ignore[override]
        return self.text[self._starts[at] : self._starts[at + 1]].rstrip()

    def span(self, start: int, end: int) -> Span:
        """The characters from one line to before another, with the last line's end."""
        return Span(self._starts[start], self._starts[end])

    def indent(self, at: int) -> int:
        match = _TABS.match(self[at])
        return len(match[0].expandtabs(8)) if match else 0

    def next_filled(self, at: int) -> int:
        """The first line from `at` on that isn't blank, or the number of lines."""
        while at < len(self) and not self[at]:
            at += 1
        return at

    def last_filled(self, at: int, first: int) -> int:
        """Before `at`, after the last line from `first` on that isn't blank."""
        while at > first and not self[at - 1]:
            at -= 1
        return at

    def indented_end(self, at: int, base: int) -> int:
        """Where what is indented by more than `base` ends, from `at` on."""
        end = at
        while (following := self.next_filled(end)) < len(self) and self.indent(following) > base:
            end = following + 1
        return end

    def list_lines(self, at: int, item: re.Pattern[str]) -> Iterator[int]:
        """The filled lines of the list from line `at` on: up to a blank one before what is no item and not indented."""
        base = self.indent(at)
        while at < len(self):
            yield at
            at += 1
            if at < len(self) and not self[at]:
                at = self.next_filled(at)
                if at == len(self) or not (self.indent(at) > base or item.match(self[at])):
                    return


class Endings:
    """Where lines stand that end what others began; only short ones do."""

    def __init__(self, lines: Lines) -> None:
        self._numbers: dict[str, list[int]] = {}
        for number, line in enumerate(lines):
            if 0 < len(line) <= _LONGEST_ENDING:
                self._numbers.setdefault(line.strip().lower(), []).append(number)

    def after(self, at: int, ending: str) -> int | None:
        """The line after the next one from `at` on that is `ending` in any case, blanks aside; None if none is."""
        numbers = self._numbers.get(ending.lower(), [])
        found = bisect_left(numbers, at)
        return numbers[found] + 1 if found < len(numbers) else None


def markup_blocks(lines: Lines, special: Special, *, interrupts: bool, item: re.Pattern[str]) -> tuple[Block, ...]:
    """The blocks of a text; where a special one `interrupts`, no blank line is needed before it."""
    return tuple(
        part
        for block in with_lead_ins(lines.text, _scanned(lines, special, interrupts=interrupts))
        for part in _items(lines.text, block, item)
    )


def _scanned(lines: Lines, special: Special, *, interrupts: bool) -> Iterator[Block]:
    at = 0
    while (at := lines.next_filled(at)) < len(lines):
        found = special(at)
        if found:
            kind, end = found
        else:
            kind, end = BlockKind.PARAGRAPH, at + 1
            while end < len(lines) and lines[end] and not (interrupts and special(end)):
                end += 1
        yield Block(kind, lines.span(at, end))
        at = end


def _items(text: str, block: Block, item: re.Pattern[str]) -> Iterator[Block]:
    """A list that is long as its outermost items, the first with what leads to it."""
    if block.kind is not BlockKind.LIST or len(block.span) <= LONGEST_LIST:
        yield block
        return
    part = block.span.of(text)
    items = [(len(match[0]) - len(match[0].lstrip()), match.start()) for match in _item_lines(part, item)]
    outermost = min((indent for indent, _ in items), default=0)
    starts = [start for indent, start in items if indent == outermost][1:]
    begin = 0
    for end in [*starts, len(part)]:
        if part[begin:end].strip():
            yield Block(BlockKind.LIST, Span(block.span.start + begin, block.span.start + end))
        begin = end


def _item_lines(part: str, item: re.Pattern[str]) -> Iterator[re.Match[str]]:
    for line in LINE.finditer(part):
        if match := item.match(part, line.start(), line.end()):
            yield match


def title_of(headings: Sequence[Heading]) -> str | None:
    """The highest heading, if there is one only of its level: that of the whole."""
    highest = min((heading.level for heading in headings), default=0)
    titles = [heading.title for heading in headings if heading.level == highest]
    return titles[0] if len(titles) == 1 else None


def markup_document(
    path: str,
    media_type: str,
    encoding: str,
    text: str,
    headings: Sequence[Heading],
    blocks: tuple[Block, ...],
    said: Metadata,
) -> Document:
    """A file of markup with what it says of itself; the title is else that of its only highest heading."""
    return Document(
        path=path,
        media_type=media_type,
        encoding=encoding,
        text=text,
        title=said.title or title_of(headings),
        headings=tuple(headings),
        blocks=blocks,
        author=said.author,
        date=said.date,
        tags=said.tags,
        language=said.language,
    )
