"""The headings of a PDF: the entries of its outline as the text has them, else lines of larger or bolder type."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

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
"""The share of the text that all headings told by their type have at most; more of it is no heading."""

_FEWEST_PAGES = 2
_FEW_PAGES = 3
"""In documents of more pages, a type that stands on fewer than _FEWEST_PAGES makes no headings."""

_SHORTEST_PROSE = 60
"""Characters of a paragraph that a bold line above it may be the heading of."""

_NEXT_LEVEL = 1.06
_DEEPEST = 4
_NUMBERING = 12
"""Characters that a heading may have before its title in the outline, or the outline before the heading."""

_BODY_END = re.compile(r"[.;,。][\"'”’)\]]*$")
_WORD = re.compile(r"[^\W\d_]{2}")


@dataclass(frozen=True, slots=True)
class Mark:
    """A heading: a paragraph of a page or, if not `within` it, what that paragraph begins.

    `by_type` is whether it is one only because of how it is set.
    """

    page: int
    paragraph: int
    level: int
    title: str
    within: bool
    by_type: bool = False


def marks(pages: list[list[Paragraph]], outline: Sequence[Entry], body: float) -> list[Mark]:
    """The headings in order; paragraphs that begin with one are cut behind it."""
    found = _of_outline(pages, outline) if outline else []
    return found or list(_of_type(pages, body))


def large_title(page: Sequence[Paragraph], body: float) -> str | None:
    """What stands in by far the largest type on the first page, if it reads like a title."""
    if not page:
        return None
    height = max(_height(paragraph) for paragraph in page)
    largest = [paragraph for paragraph in page if _height(paragraph) > 0.97 * height]
    title = " ".join(_text(paragraph) for paragraph in largest)
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


def _of_type(pages: list[list[Paragraph]], body: float) -> Iterator[Mark]:
    """Paragraphs of larger or bolder type than the body's; the larger, the higher, and capitals above small letters."""
    characters: Counter[_Type] = Counter()
    stands_on: dict[_Type, set[int]] = defaultdict(set)
    total = 0
    found: list[tuple[int, int, Paragraph, _Type]] = []
    for number, page in enumerate(pages):
        types = [_type(paragraph, body) for paragraph in page]
        for at in range(len(page) - 1, -1, -1):
            # What is bold above a table or beside other bold words names columns or rows.
            if (
                (type_ := types[at])
                and type_.rank
                and not (at + 1 < len(page) and (types[at + 1] or _is_prose(page[at + 1])))
            ):
                types[at] = None
        for at, (paragraph, type_) in enumerate(zip(page, types, strict=True)):
            length = sum(line.end - line.start for line in paragraph.lines)
            total += length
            if type_:
                found.append((number, at, paragraph, type_))
                characters[type_] += length
                stands_on[type_].add(number)
    level_of: dict[_Type, int] = {}
    taken, level, last = 0, 0, _Type(0, 0)
    for type_ in sorted(characters, reverse=True):
        if len(stands_on[type_]) < _FEWEST_PAGES and len(pages) > _FEW_PAGES:
            continue  # a title page's
        taken += characters[type_]
        if taken > _MOST_OF_TEXT * total:
            break
        if not last.height or last.height / type_.height > _NEXT_LEVEL or last.rank != type_.rank:
            level, last = level + 1, type_
        level_of[type_] = min(level, _DEEPEST)
    for number, at, paragraph, type_ in found:
        if type_ in level_of:
            paragraph.kind = BlockKind.HEADING
            yield Mark(number, at, level_of[type_], _text(paragraph), within=True, by_type=True)


def _is_prose(paragraph: Paragraph) -> bool:
    """Whether it is a list or a text of some length."""
    length = sum(line.end - line.start for line in paragraph.lines)
    return paragraph.kind is BlockKind.LIST or (paragraph.kind is BlockKind.PARAGRAPH and length >= _SHORTEST_PROSE)


class _Type(NamedTuple):
    """How a heading is set: `rank` is 0 if larger than the body, else -1 if bold in capitals, and -2 if bold."""

    rank: int
    height: float


def _type(paragraph: Paragraph, body: float) -> _Type | None:
    lines = paragraph.lines
    if paragraph.kind is not BlockKind.PARAGRAPH or len(lines) > _MOST_LINES:
        return None
    height = lines[0].height
    is_bold = height > 0.9 * body and all(line.is_bold for line in lines)
    if not is_bold and height <= _LARGER * body:
        return None
    text = _text(paragraph)
    if not _is_title(text):
        return None
    if height > _LARGER * body:
        return _Type(0, round(height, 1))
    return _Type(-1 if text.isupper() else -2, body)


def _is_title(text: str) -> bool:
    return len(text) <= _LONGEST and not _BODY_END.search(text) and _WORD.search(text) is not None


def _height(paragraph: Paragraph) -> float:
    return paragraph.lines[0].height


def _text(paragraph: Paragraph) -> str:
    return " ".join(folded(" ".join(line.text for line in paragraph.lines)).split())
