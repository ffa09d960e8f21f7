"""A file of parts within parts (source code, JSON, XML ...) becomes headings and blocks.

A part that is small is kept whole. A larger one is opened: it becomes a heading, and its own parts are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from askdocs.loaders.text import BLANK_LINES
from askdocs.types import Block, BlockKind, Heading, Span

DEEPEST = 24
"""Levels that are told apart; what is within is kept whole, as no person could follow so long a path."""

_LONGEST_TITLE = 120
_LONGEST_CLOSING = 100
_CLOSING = re.compile(r"[\s\])};,]*(?:</[^<>\s]+>|@?(?i:end)\w*)?[\s\])};,.]*")
_FIRST_WORD = re.compile(r"\s*\S{1,40}")


@dataclass(slots=True)
class Part:
    """A part of a file: its first characters, up to `head`, name it; its own parts come after that.

    Without a `title` it stands under no heading. One that is `named` has its heading even if it is small.
    """

    start: int
    head: int
    end: int
    title: str = ""
    named: bool = False
    kind: BlockKind = BlockKind.CODE
    parts: list[Part] = field(default_factory=list)


def outline(text: str, parts: Sequence[Part], whole: int) -> tuple[tuple[Heading, ...], tuple[Block, ...]]:
    """The headings and blocks of a file of these parts, which are in order and lie within each other.

    Parts of at most `whole` characters are not opened. What lies between parts belongs to the part around them.
    """
    writer = _Writer(text, whole)
    writer.write(parts, 0, len(text), 1)
    return tuple(writer.headings), tuple(writer.blocks)


class _Writer:
    """Headings and blocks as they are made; `_level` is that of the heading under which the next block would stand."""

    def __init__(self, text: str, whole: int) -> None:
        self._text = text
        self._whole = whole
        self._level = 0
        self.headings: list[Heading] = []
        self.blocks: list[Block] = []

    def write(self, parts: Sequence[Part], start: int, end: int, level: int) -> None:
        """The blocks from `start` to `end`, which `parts` lie in, with headings of `level` and lower ones."""
        at = start
        for part in parts:
            self._stretch(at, part.start, level, BlockKind.CODE)
            opened = bool(part.parts) and part.end - part.start > self._whole
            if part.title and (opened or part.named):
                head = self._heading(part, level)
                self.write(part.parts if opened else (), head, part.end, level + 1)
            elif opened:
                self.write(part.parts, part.start, part.end, level)
            else:
                self._stretch(part.start, part.end, level, part.kind)
            at = part.end
        if parts and self._is_closing(at, end):
            last = self.blocks[-1]
            self.blocks[-1] = Block(last.kind, Span(last.span.start, end))
        else:
            self._stretch(at, end, level, BlockKind.CODE)

    def _heading(self, part: Part, level: int) -> int:
        """The head of a part as its heading, or its first word if all of it is head; where that ends."""
        head = part.head if self._text[part.head : part.end].strip() else self._first_word(part.start, part.end)
        self.headings.append(Heading(level, part.title[:_LONGEST_TITLE], Span(part.start, head)))
        self.blocks.append(Block(BlockKind.HEADING, Span(part.start, head)))
        self._level = level
        return head

    def _stretch(self, start: int, end: int, level: int, kind: BlockKind) -> None:
        """What lies from `start` to `end`, if it isn't blank, as blocks under no heading of `level` or lower."""
        if not self._text[start:end].strip():
            return
        if self._level >= level:
            first = self._first_word(start, end)
            self.headings.append(Heading(level, "", Span(start, first)))
            self.blocks.append(Block(BlockKind.HEADING, Span(start, first)))
            self._level = level - 1
            start = first
        self.blocks += [Block(kind, span) for span in self._stretches(start, end)]

    def _stretches(self, start: int, end: int) -> Iterator[Span]:
        """One stretch where it is short enough to be whole, else what blank lines part."""
        if end - start > self._whole:
            for gap in BLANK_LINES.finditer(self._text, start, end):
                if self._text[start : gap.start()].strip():
                    yield Span(start, gap.start())
                    start = gap.end()
        if self._text[start:end].strip():
            yield Span(start, end)

    def _first_word(self, start: int, end: int) -> int:
        match = _FIRST_WORD.match(self._text, start, end)
        return match.end() if match else end

    def _is_closing(self, start: int, end: int) -> bool:
        """Whether all that is left is what closes the part around it, such as a bracket."""
        return 0 < end - start <= _LONGEST_CLOSING and _CLOSING.fullmatch(self._text, start, end) is not None
