"""Parts of a data file as its parser meets them, from first to last: what is small stays together."""

from __future__ import annotations

import re

from askdocs.loaders.outline import DEEPEST, Part
from askdocs.types import BlockKind

WHOLE = 400
"""Characters; a larger object, list or element is opened."""

_TOGETHER = 100
"""Characters; shorter neighbours are one part, as there may be millions of them."""

_PROSE = 200
"""Characters; a longer value is likely a text, and cut into sentences."""

_LONGEST_NAME = 80
_REST_OF_LINE = re.compile(r"[ \t]*[,;]?[ \t]*(?:#[^\r\n]*|//[^\r\n]*)?(?=[\r\n]|\Z)")
_SEPARATOR = re.compile(r"[ \t]*,[ \t]*")


class Nesting:
    """The parts of `text`, which begin where the one before them ends: what is between belongs to the next."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._stack = [Part(0, 0, len(text))]
        self._counts = [0]
        self._too_deep = 0
        self._at = 0

    @property
    def parts(self) -> list[Part]:
        """Those that are not in others, once all is closed."""
        while len(self._stack) > 1 or self._too_deep:
            self.close(self._at)
        return self._stack[0].parts

    @property
    def depth(self) -> int:
        """How many parts are open."""
        return len(self._stack) - 1 + self._too_deep

    def open(self, head: int, title: str | None) -> int:
        """A part with others in it, whose own characters end at `head`; None stands for its number in a list.

        Tells where it begins.
        """
        start = self._at
        if self._too_deep or len(self._stack) > DEEPEST:
            self._too_deep += 1
            return start
        number = self._counts[-1]
        self._counts[-1] += 1
        self._at = max(head, self._at)
        name = f"[{number}]" if title is None else short_title(title)
        self._stack.append(Part(start, self._at, self._at, name))
        self._counts.append(0)
        return start

    def close(self, end: int, *, is_prose: bool = False) -> None:
        """The part that was opened last; one that is prose is kept whole, its parts being words in it."""
        self._at = max(self._at, end)
        if self._too_deep:
            self._too_deep -= 1
            return
        part = self._stack.pop()
        self._counts.pop()
        part.end = self._at
        if is_prose or part.end - part.start <= WHOLE:
            part.parts.clear()
        if is_prose and part.end - part.start > _PROSE:
            part.kind = BlockKind.PARAGRAPH
        self._add(part)

    def value(self, end: int) -> None:
        """A part with no others in it."""
        start, self._at = self._at, max(self._at, end)
        if not self._too_deep:
            self._counts[-1] += 1
            kind = BlockKind.PARAGRAPH if self._at - start > _PROSE else BlockKind.CODE
            self._add(Part(start, start, self._at, kind=kind))

    def name(self, name: str) -> None:
        """Add to the title of the part that was opened last what it calls itself; the first time only."""
        part = self._stack[-1]
        if not self._too_deep and part.title and " " not in part.title and (line := short_title(name)):
            part.title = f"{part.title} {line}"

    def _add(self, part: Part) -> None:
        """Put `part` in the one around it, with a comma and whatever else ends its line."""
        match = _REST_OF_LINE.match(self._text, self._at) or _SEPARATOR.match(self._text, self._at)
        if match:
            part.end = self._at = match.end()
        siblings = self._stack[-1].parts
        last = siblings[-1] if siblings else None
        mergeable = last and not last.parts and not part.parts and last.kind is part.kind is BlockKind.CODE
        if last and mergeable and part.end - last.start <= _TOGETHER:
            last.end = part.end
        else:
            siblings.append(part)


def short_title(text: str) -> str:
    """`text` in one line, and of it no more than a title holds."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_NAME else line[: _LONGEST_NAME - 1] + "…"
