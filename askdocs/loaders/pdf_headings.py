"""The headings of a PDF: the entries of its outline as the text has them, else lines of larger type."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from askdocs.loaders.pdf_info import Entry
from askdocs.loaders.pdf_layout import Paragraph
from askdocs.loaders.pdf_letters import compared, folded
from askdocs.types import BlockKind

_LONGEST = 150
_MOST_LINES = 4
_LARGER = 1.15
"""Headings are at least so much higher than the body where they are told by their size."""

_LARGEST_TITLE = 1.3
_MOST_OF_TEXT = 0.1
"""The share of the text that all headings told by their size have at most; more of it is no heading."""

_FEWEST_PAGES = 2
_FEW_PAGES = 3
"""In documents of more pages, a size that comes on fewer than _FEWEST_PAGES makes no headings."""

_NEXT_LEVEL = 1.06
_DEEPEST = 4
_NUMBERING = 12
"""Characters that a heading may have before its title in the outline, or the outline before the heading."""

_BODY_END = re.compile(r"[.;,。][\"'”’)\]]*$")
_WORD = re.compile(r"[^\W\d_]{2}")


@dataclass(frozen=True, slots=True)
class Mark:
    """A heading: a paragraph of a page or, if not `within` it, what that paragraph begins.

    One without a title ends those of its level and below. `by_size` is whether it is one only because of its size.
    """

    page: int
    paragraph: int
    level: int
    title: str
    within: bool
    by_size: bool = False


def marks(pages: list[list[Paragraph]], outline: Sequence[Entry], body: float) -> list[Mark]:
    """The headings in order; paragraphs that begin with one are cut behind it.

    What is printed as large right above a heading, the title of a title page, becomes one in kind: it is no passage.
    """
    found = (_of_outline(pages, outline) if outline else []) or list(_of_size(pages, body))
    for page in pages:
        for paragraph, below in reversed(list(pairwise(page))):
            if below.kind is BlockKind.HEADING and _is_large(paragraph, body):
                paragraph.kind = BlockKind.HEADING
    return found


def large_title(page: Sequence[Paragraph], body: float) -> str | None:
    """What stands in by far the largest type on the first page, if it reads like a title."""
    if not page:
        return None
    height = max(_height(paragraph) for paragraph in page)
    largest = [paragraph for paragraph in page if _height(paragraph) > 0.97 * height]
    title = " ".join(text_of(paragraph) for paragraph in largest)
    return title if height > _LARGEST_TITLE * body and len(largest) < 4 and _is_title(title) else None


def _of_outline(pages: list[list[Paragraph]], outline: Sequence[Entry]) -> list[Mark]:
    by_page: dict[int, list[Entry]] = defaultdict(list)
    for entry in outline:
        page = entry.page
        while page < len(pages) and not pages[page]:
            page += 1
        if page < len(pages):
            by_page[page].append(entry)
    found: list[Mark] = []
    for page, entries in sorted(by_page.items()):
        placed = [(entry, _cut_out(pages[page], entry)) for entry in entries]
        for entry, paragraph in placed:
            if paragraph is not None:
                # Found by what it is, as cutting out others has moved it.
                number = next(at for at, other in enumerate(pages[page]) if other is paragraph)
                found.append(Mark(page, number, entry.level, entry.title, within=True))
            else:
                found.append(Mark(page, _first_below(pages[page], entry.top), entry.level, entry.title, within=False))
    order = sorted(range(len(found)), key=lambda at: (found[at].page, found[at].paragraph, found[at].within, at))
    return [found[at] for at in order]


def _cut_out(page: list[Paragraph], entry: Entry) -> Paragraph | None:
    """The paragraph that the entry's title is, cut out of the one that it begins; None if it isn't on the page."""
    title = compared(entry.title).casefold()
    if not title:
        return None
    best: tuple[float, int, int] | None = None
    for number, paragraph in enumerate(page):
        if paragraph.kind is BlockKind.HEADING:
            continue
        key = ""
        for count, line in enumerate(paragraph.lines[:_MOST_LINES], start=1):
            key += compared(line.text).casefold()
            distance = abs(len(key) - len(title))
            if key == title or (distance < _NUMBERING and len(title) > 3 < len(key) and (
                key.endswith(title) or title.endswith(key)
            )):  # fmt: skip
                away = abs(line.top - entry.top) if entry.top is not None else 0.0
                candidate = (1000.0 * distance + away, number, count)
                best = min(best, candidate) if best else candidate
            if len(key) > len(title) + _NUMBERING:
                break
    if best is None:
        return None
    _, number, count = best
    paragraph = page[number]
    heading = Paragraph(BlockKind.HEADING, paragraph.lines[:count])
    rest = paragraph.lines[count:]
    page[number : number + 1] = [heading, Paragraph(paragraph.kind, rest)] if rest else [heading]
    return heading


def _first_below(page: Sequence[Paragraph], top: float | None) -> int:
    """The first paragraph that begins below `top`."""
    if top is None:
        return 0
    return next((number for number, paragraph in enumerate(page) if paragraph.lines[0].bottom < top), len(page) - 1)


def _of_size(pages: list[list[Paragraph]], body: float) -> Iterator[Mark]:
    """Paragraphs of larger type than the body's: the larger, the higher; what is large on a title page alone isn't."""
    characters: Counter[float] = Counter()
    stands_on: dict[float, set[int]] = defaultdict(set)
    total = 0
    found: list[tuple[int, int, Paragraph]] = []
    for number, page in enumerate(pages):
        for at, paragraph in enumerate(page):
            length = sum(line.end - line.start for line in paragraph.lines)
            total += length
            if _is_large(paragraph, body):
                found.append((number, at, paragraph))
                characters[_height(paragraph)] += length
                stands_on[_height(paragraph)].add(number)
    level_of: dict[float, int] = {}
    taken, level, last = 0, 0, 0.0
    for height in sorted(characters, reverse=True):
        if len(stands_on[height]) < _FEWEST_PAGES and len(pages) > _FEW_PAGES:
            continue
        taken += characters[height]
        if taken > _MOST_OF_TEXT * total:
            break
        if not last or last / height > _NEXT_LEVEL:
            level, last = level + 1, height
        level_of[height] = min(level, _DEEPEST)
    for number, at, paragraph in found:
        if level_here := level_of.get(_height(paragraph)):
            paragraph.kind = BlockKind.HEADING
            yield Mark(number, at, level_here, text_of(paragraph), within=True, by_size=True)


def _is_large(paragraph: Paragraph, body: float) -> bool:
    return (
        paragraph.kind is BlockKind.PARAGRAPH
        and _height(paragraph) > _LARGER * body
        and len(paragraph.lines) <= _MOST_LINES
        and _is_title(text_of(paragraph))
    )


def _is_title(text: str) -> bool:
    return len(text) <= _LONGEST and not _BODY_END.search(text) and _WORD.search(text) is not None


def _height(paragraph: Paragraph) -> float:
    return round(paragraph.lines[0].height, 1)


def text_of(paragraph: Paragraph) -> str:
    """A paragraph in one line, as it is compared and named."""
    return " ".join(folded(" ".join(line.text for line in paragraph.lines)).split())
