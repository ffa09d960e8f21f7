"""Markdown (CommonMark with tables): structure from markdown-it, text and offsets from the file itself."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from askdocs.loaders.metadata import first_heading, front_matter
from askdocs.loaders.text import LINE, decode, with_lead_ins
from askdocs.types import Block, BlockKind, Document, Heading, Span

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_KINDS = {
    "heading_open": BlockKind.HEADING,
    "bullet_list_open": BlockKind.LIST,
    "ordered_list_open": BlockKind.LIST,
    "fence": BlockKind.CODE,
    "code_block": BlockKind.CODE,
    "table_open": BlockKind.TABLE,
}


def load_markdown(path: str, data: bytes) -> Document:
    """A Markdown file; its title is that of its front matter, else the first heading of the highest level."""
    text, encoding = decode(data)
    body_start, said = front_matter(text)
    headings, blocks = structure(text, body_start)
    return Document(
        path=path,
        media_type="text/markdown",
        encoding=encoding,
        text=text,
        title=said.title or first_heading(headings),
        headings=headings,
        blocks=blocks,
        author=said.author,
        date=said.date,
        tags=said.tags,
        language=said.language,
    )


def structure(text: str, start: int = 0) -> tuple[tuple[Heading, ...], tuple[Block, ...]]:
    """The headings and blocks of Markdown from `start` on; what is before it is a paragraph."""
    lines = [start + match.start() for match in LINE.finditer(text[start:])]
    lines[-1:] = [len(text)]  # the last match is empty, at the end
    tokens = _parser().parse(text[start:])
    return tuple(_headings(tokens, lines)), tuple(with_lead_ins(text, _blocks(text, tokens, lines)))


@cache
def _parser() -> MarkdownIt:
    """Made once, as a notebook has hundreds of cells; it keeps nothing of what it parses."""
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("table")


def _headings(tokens: list[Token], lines: list[int]) -> Iterator[Heading]:
    for token, inline in pairwise(tokens):
        if token.type == "heading_open" and token.level == 0 and token.map:
            title = " ".join(_plain(inline).split())
            if title:
                yield Heading(int(token.tag[1:]), title, Span(lines[token.map[0]], lines[token.map[1]]))


def _plain(inline: Token) -> str:
    """The words of an inline token, without its markup."""
    return "".join(
        " " if child.type in ("softbreak", "hardbreak") else child.content for child in inline.children or ()
    )


def _blocks(text: str, tokens: list[Token], lines: list[int]) -> Iterator[Block]:
    """Top-level blocks, and whatever lies between them (link definitions, front matter) as paragraphs."""
    end = 0
    for token in tokens:
        if token.level or not token.map or token.nesting < 0 or token.type == "inline":
            continue
        span = Span(lines[token.map[0]], lines[token.map[1]])
        if span.start < end or not span.of(text).strip():
            continue
        yield from _gap(text, end, span.start)
        yield Block(_KINDS.get(token.type, BlockKind.PARAGRAPH), span)
        end = span.end
    yield from _gap(text, end, len(text))


def _gap(text: str, start: int, end: int) -> Iterator[Block]:
    if text[start:end].strip():
        yield Block(BlockKind.PARAGRAPH, Span(start, end))
