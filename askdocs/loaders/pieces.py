"""The text that is made of web pages and books: blocks in the order in which they are read, each a place of its own."""

from __future__ import annotations

from askdocs.loaders.canonical import Canonical
from askdocs.types import BlockKind


class Pieces(Canonical):
    """Blocks, none of which goes on with the one before it; places are counted from 1.

    A title from elsewhere (a table of contents) can be `expected`: the heading that says the same takes its level, and
    where none does, the title becomes a heading itself.
    """

    def __init__(self) -> None:
        super().__init__()
        self._expected: list[tuple[str, int]] = []
        self._deeper = 0  # how much lower headings are than they say

    def expect(self, title: str, level: int) -> None:
        """What comes next is called `title`."""
        self._expected.append((title, level))

    def put(self, kind: BlockKind, text: str, level: int = 0) -> None:
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
        self.end_run()
        self.place(len(self.places) + 1)
        if kind is BlockKind.HEADING:
            self.heading(level, text, " ".join(text.split()))
        else:
            self.add(kind, text)


def _same(title: str, text: str) -> bool:
    """Whether two headings say the same, perhaps one of them with a number or subtitle more."""
    one, other = ("".join(char for char in name.casefold() if char.isalnum()) for name in (title, text))
    shorter = min(one, other, key=len)
    return one == other or (bool(shorter) and not shorter.isdecimal() and (one in other or other in one))
