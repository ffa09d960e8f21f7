"""Tables among the headings of a PDF: their rows stand under what they are called, and the names of their columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

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


def with_captions(pages: Sequence[Sequence[Paragraph]], marks: Sequence[Mark]) -> Iterator[Mark]:
    """The headings, in order, with those of tables: what one is called and, below that, what its columns are.

    A caption that is a paragraph becomes a heading. What follows a table is under one without a title, which ends its.
    """
    ahead = list(reversed(marks))
    level = 0  # of the heading that tables stand under
    names = ""  # of the columns of the table that the last paragraph belongs to
    for number, page in enumerate(pages):
        called = False  # whether the last paragraph is a caption
        below = -1  # the paragraph that is a caption below its table
        for at, paragraph in enumerate(page):
            own: list[Mark] = []
            while ahead and (ahead[-1].page, ahead[-1].paragraph) <= (number, at):
                own.append(ahead.pop())
            is_caption = not own and _is_caption(page, at)
            if names and not (paragraph.names or is_caption or at == below):
                yield Mark(number, at, level + 1, "", within=False)
                names = ""
            if own:
                yield from own
                level = own[-1].level
            if is_caption:
                paragraph.kind = BlockKind.HEADING
                yield Mark(number, at, level + 1, text_of(paragraph)[:_LONGEST], within=True)
                names = ""
            elif paragraph.names != names:
                title, below = ("", -1) if called else _title(page, at)
                if title:
                    yield Mark(number, at, level + 1, title, within=False)
                yield Mark(number, at, level + 1 + (called or bool(title)), paragraph.names, paragraph.kind is BlockKind.HEADING)
                names = paragraph.names
            called = is_caption


def _is_caption(page: Sequence[Paragraph], at: int) -> bool:
    """Whether a paragraph is the caption of the table after it: it says so, or is no sentence."""
    paragraph = page[at]
    if paragraph.kind is not BlockKind.PARAGRAPH or at + 1 == len(page) or not _is_over(paragraph, page[at + 1]):
        return False
    text = text_of(paragraph)
    is_short = len(text) <= _LONGEST_TITLE and len(paragraph.lines) <= _MOST_TITLE_LINES
    return bool(_SAYS_SO.match(text) or (is_short and text[-1] not in ".;,:" and _WORD.search(text)))


def _is_over(paragraph: Paragraph, names: Paragraph) -> bool:
    """Whether a paragraph stands right above the names of a table's columns."""
    return names.kind is BlockKind.HEADING and bool(names.names) and _is_near(paragraph, names)


def _is_near(above: Paragraph, paragraph: Paragraph) -> bool:
    last, first = above.lines[-1], paragraph.lines[0]
    return -last.height < last.bottom - first.bottom < _FARTHEST * last.height


def _title(page: Sequence[Paragraph], at: int) -> tuple[str, int]:
    """What the table at `page[at]` is called by the sentence that leads to it, or by a caption below.

    And which paragraph is that caption, or -1.
    """
    if at and page[at - 1].kind is BlockKind.PARAGRAPH and _is_over(page[at - 1], page[at]):
        sentence = _SENTENCE.split(text_of(page[at - 1]))[-1]
        if sentence.endswith(":"):
            return sentence[-_LONGEST:].rstrip(":"), -1
    below = at + 2
    if below < len(page) and page[below].kind is BlockKind.PARAGRAPH and _is_near(page[below - 1], page[below]):
        text = text_of(page[below])
        if _SAYS_SO.match(text) and not _is_caption(page, below):
            return text[:_LONGEST], below
    return "", -1
