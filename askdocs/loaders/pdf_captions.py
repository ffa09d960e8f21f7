"""Tables among the headings of a PDF: their rows stand under what they are called, and the names of their columns."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence

from askdocs.loaders.pdf_headings import Mark, text_of
from askdocs.loaders.pdf_layout import Paragraph
from askdocs.loaders.pdf_tables import says_that_it_is_a_caption
from askdocs.types import BlockKind

_LONGEST = 200
_LONGEST_TITLE = 160
_MOST_TITLE_LINES = 3
"""Characters and lines above a table that are its title without saying that it is a table's."""

_FARTHEST = 6.0
"""The distance of a caption from its table, in heights of its line, at most."""

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[^\W\d_a-z])")
_WORD = re.compile(r"[^\W\d_]{2}")


def with_captions(pages: Sequence[Sequence[Paragraph]], marks: Iterable[Mark]) -> Iterator[Mark]:
    """The headings, in order, with those of tables: what one is called and, below that, what its columns are.

    A caption that is paragraphs becomes a heading. What follows a table is under one without a title, which ends its.
    """
    of_page: dict[int, dict[int, list[Mark]]] = defaultdict(lambda: defaultdict(list))
    for mark in marks:
        of_page[mark.page][mark.paragraph].append(mark)
    level = 0  # of the heading that tables stand under
    names = ""  # of the columns of the table that the last paragraph belongs to
    for number, page in enumerate(pages):
        others = of_page[number]
        captions = dict(_captions(page, others))
        called = -1  # the paragraph to which the last caption leads
        below = -1  # the one that is a caption below its table
        for at, paragraph in enumerate(page):
            caption = captions.get(at)
            if names and not (caption or paragraph.names or at == below):
                yield Mark(number, at, level + 1, "", within=False)
                names = ""
            if at in others:
                yield from others[at]
                level = others[at][-1].level
            if caption:
                yield Mark(number, at, level + 1, " ".join(map(text_of, caption))[:_LONGEST], within=True)
                for part in caption:
                    part.kind = BlockKind.HEADING
                called, names = at + len(caption), ""
            elif paragraph.names and paragraph.names != names:
                is_called = called == at
                if not is_called and paragraph.kind is BlockKind.HEADING:
                    title, below = _title(page, at)
                    if is_called := bool(title):
                        yield Mark(number, at, level + 1, title, within=False)
                deeper = 2 if is_called else 1
                yield Mark(number, at, level + deeper, paragraph.names, within=paragraph.kind is BlockKind.HEADING)
                names = paragraph.names


def _captions(page: Sequence[Paragraph], taken: Container[int]) -> Iterator[tuple[int, Sequence[Paragraph]]]:
    """What stands above tables as their captions, with the number of the first of its paragraphs."""
    for at, paragraph in enumerate(page):
        if paragraph.names and paragraph.kind is BlockKind.HEADING:
            start = at
            while start and start > at - _MOST_TITLE_LINES and start - 1 not in taken:
                if not (_is_near(page[start - 1], page[start]) and _is_title(page[start - 1])):
                    break
                start -= 1
            if start < at:
                yield start, page[start:at]


def _is_title(paragraph: Paragraph) -> bool:
    """Whether a paragraph can be a table's caption: it says so, or is short and no sentence."""
    text = text_of(paragraph)
    is_short = len(text) <= _LONGEST_TITLE and len(paragraph.lines) <= _MOST_TITLE_LINES
    is_sentence = text[-1] in ".;,:" or _SENTENCE.search(text) or not _WORD.search(text)
    return paragraph.kind is BlockKind.PARAGRAPH and (says_that_it_is_a_caption(text) or (is_short and not is_sentence))


def _is_near(above: Paragraph, paragraph: Paragraph) -> bool:
    last, first = above.lines[-1], paragraph.lines[0]
    return -last.height < last.bottom - first.bottom < _FARTHEST * last.height


def _title(page: Sequence[Paragraph], at: int) -> tuple[str, int]:
    """What the table at `page[at]` is called by the sentence that leads to it, or by a caption below.

    And which paragraph is that caption, or -1.
    """
    if at and page[at - 1].kind is BlockKind.PARAGRAPH and _is_near(page[at - 1], page[at]):
        *others, last = _SENTENCE.split(text_of(page[at - 1]))
        if last.endswith(":") or (others and last[-1] not in ".;," and len(last) <= _LONGEST_TITLE):
            return last[-_LONGEST:].rstrip(":"), -1
    below = at + 2
    if below < len(page) and page[below].kind is BlockKind.PARAGRAPH and _is_near(page[below - 1], page[below]):
        text = text_of(page[below])
        is_next = below + 1 < len(page) and page[below + 1].names and page[below + 1].kind is BlockKind.HEADING
        if says_that_it_is_a_caption(text) and not is_next:
            return text[:_LONGEST], below
    return "", -1
