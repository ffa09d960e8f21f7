"""Blocks of text put together into the text of a document that is no text file, in the order in which they are read."""

from __future__ import annotations

from askdocs.types import Block, BlockKind, Heading, Place, Span

_SEPARATOR = "\n\n"


class Pieces:
    """Blocks with blank lines between them; each is a place, counted from 1.

    A title from elsewhere (a table of contents) can be `expected`: the heading that says the same takes its level, and
    where none does, the title becomes a heading itself.
    """

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.headings: list[Heading] = []
        self.places: list[Place] = []
        self._texts: list[str] = []
        self._length = 0
        self._expected: list[tuple[str, int]] = []
        self._deeper = 0  # how much lower headings are than they say

    @property
    def text(self) -> str:
        return _SEPARATOR.join(self._texts)

    def expect(self, title: str, level: int) -> None:
        """What comes next is called `title`."""
        self._expected.append((title, level))

    def add(self, kind: BlockKind, text: str, level: int = 0) -> None:
        """A block that isn't blank; `level` is that of a heading."""
        while self._expected:
            title, expected = self._expected.pop(0)
            if _same(title, text) and len(text) <= 2 * len(title) + 20:
                self._deeper = expected - level if kind is BlockKind.HEADING else expected
                self._append(BlockKind.HEADING, text, expected)
                return
            self._deeper = expected
            self._append(BlockKind.HEADING, title, expected)
        self._append(kind, text, max(1, level + self._deeper))

    def leave(self, level: int) -> None:
        """What comes next is a part of its own, whose highest headings have `level`; nobody says what it is called."""
        self._expected.clear()
        self._deeper = level - 1

    def _append(self, kind: BlockKind, text: str, level: int) -> None:
        start = self._length + (len(_SEPARATOR) if self._texts else 0)
        self._texts.append(text)
        self._length = start + len(text)
        span = Span(start, self._length)
        self.blocks.append(Block(kind, span))
        self.places.append(Place(span, len(self.places) + 1))
        if kind is BlockKind.HEADING:
            self.headings.append(Heading(level, " ".join(text.split()), span))


def _same(title: str, text: str) -> bool:
    """Whether two headings say the same, perhaps one of them with a number or subtitle more."""
    one, other = ("".join(char for char in name.casefold() if char.isalnum()) for name in (title, text))
    shorter = min(one, other, key=len)
    return one == other or (bool(shorter) and not shorter.isdecimal() and (one in other or other in one))
