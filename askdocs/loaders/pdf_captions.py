"""Tables among the headings of a PDF: their rows stand under what they are called, and the names of their columns."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from askdocs.loaders.pdf_headings import Mark, text_of
from askdocs.loaders.pdf_layout import Paragraph
from askdocs.types import BlockKind

_LONGEST = 200
_LONGEST_TITLE = 160
_MOST_TITLE_LINES = 3
"""Characters and lines above a table that are its title without saying that it is a table's."""

_FARTHEST = 6.0
"""The distance of a caption from its table, in heights of its line, at most."""

_SAYS_SO = re.compile(r"(?:Tab(?:le|elle|leau|la|ela|ella|el)|Tab\.|表)\s*(?:[A-Z]?[\d.\-–]+|[IVXL]+\b)", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[^\W\d_a-z])")
_WORD = re.compile(r"[^\W\d_]{2}")


def with_captions(pages: Sequence[Sequence[Paragraph]], marks: Iterable[Mark]) -> Iterator[Mark]:
    """The headings, in order, with those of tables: what one is called and, below that, what its columns are.

    A caption that is paragraphs becomes a heading. What follows a table is under one without a title, which ends its.
    """
    others: dict[tuple[int, int], list[Mark]] = defaultdict(list)
    for mark in marks:
        others[mark.page, mark.paragraph].append(mark)
    level = 0  # of the heading that tables stand under
    names = ""  # of the columns of the table that the last paragraph belongs to
    for number, page in enumerate(pages):
        named = -1  # the paragraph to which the last caption leads
        below = -1  # the one that is a caption below its table
        for at, paragraph in enumerate(page):
            own = others[number, at]
            above = _caption(page, at) if at > named and not own else ()
            if names and not (above or paragraph.names or at == below):
                yield Mark(number, at, level + 1, "", within=False)
                names = ""
            if own:
                yield from own
                level = own[-1].level
            if above:
                yield Mark(number, at, level + 1, " ".join(map(text_of, above))[:_LONGEST], within=True)
                for part in above:
                    part.kind = BlockKind.HEADING
                named, names = at + len(above), ""
            elif paragraph.names and paragraph.names != names:
                title, below = ("", -1) if named == at or paragraph.kind is BlockKind.TABLE else _title(page, at)
                if title:
                    yield Mark(number, at, level + 1, title, within=False)
                deeper = 2 if title or named == at else 1
                yield Mark(number, at, level + deeper, paragraph.names, within=paragraph.kind is BlockKind.HEADING)
                names = paragraph.names


def _caption(page: Sequence[Paragraph], at: int) -> Sequence[Paragraph]:
    """The paragraphs from `at` on that are what the table below them is called, none if there is no such."""
    for end, (above, paragraph) in enumerate(pairwise(page[at : at + _MOST_TITLE_LINES + 1]), start=at + 1):
        if not _is_title(above) or not _is_near(above, paragraph):
            return ()
        if paragraph.names:
            return page[at:end] if paragraph.kind is BlockKind.HEADING else ()
    return ()


def _is_title(paragraph: Paragraph) -> bool:
    """Whether a paragraph can be a table's caption: it says so, or is short and no sentence."""
    text = text_of(paragraph)
    is_short = len(text) <= _LONGEST_TITLE and len(paragraph.lines) <= _MOST_TITLE_LINES
    return paragraph.kind is BlockKind.PARAGRAPH and bool(
        _SAYS_SO.match(text) or (is_short and text[-1] not in ".;,:" and _WORD.search(text))
    )


def _is_near(above: Paragraph, paragraph: Paragraph) -> bool:
    last, first = above.lines[-1], paragraph.lines[0]
    return -last.height < last.bottom - first.bottom < _FARTHEST * last.height


def _title(page: Sequence[Paragraph], at: int) -> tuple[str, int]:
    """What the table at `page[at]` is called by the sentence that leads to it, or by a caption below.

    And which paragraph is that caption, or -1.
    """
    if at and page[at - 1].kind is BlockKind.PARAGRAPH and _is_near(page[at - 1], page[at]):
        sentence = _SENTENCE.split(text_of(page[at - 1]))[-1]
        if sentence.endswith(":"):
            return sentence[-_LONGEST:].rstrip(":"), -1
    below = at + 2
    if below < len(page) and page[below].kind is BlockKind.PARAGRAPH and _is_near(page[below - 1], page[below]):
        text = text_of(page[below])
        if _SAYS_SO.match(text) and not _caption(page, below):
            return text[:_LONGEST], below
    return "", -1
