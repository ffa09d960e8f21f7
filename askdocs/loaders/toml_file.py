"""TOML, and settings in sections like it (INI): sections are headings."""

from __future__ import annotations

import re

from askdocs.loaders.nesting import WHOLE, short_title
from askdocs.loaders.outline import Part, outline
from askdocs.loaders.text import LINE, decode
from askdocs.types import Document

_SECTION = re.compile(r"[ \t]*\[{1,2}[ \t]*([^\[\]\r\n#;=]{1,200}?)[ \t]*\]{1,2}[ \t]*(?:[#;][^\r\n]*)?[\r\n]*\Z")
_COMMENT = re.compile(r"[ \t]*[#;]")
_TITLE = re.compile(r"[ \t]*(?:title|name)[ \t]*=[ \t]*(\"[^\"\r\n]+\"|'[^'\r\n]+')")
_IGNORED = re.compile(r"\"(?:\\.|[^\"\\\r\n])*\"|'[^'\r\n]*'|#[^\r\n]*")
_LONG_STRINGS = ('"""', "'''")


def load_toml(path: str, data: bytes) -> Document:
    """A TOML file; its title is what it calls its title or name before its first section."""
    return _load("application/toml", path, data)


def load_ini(path: str, data: bytes) -> Document:
    """Settings with or without sections in brackets."""
    return _load("text/x-ini", path, data)


def _load(media_type: str, path: str, data: bytes) -> Document:
    text, encoding = decode(data)
    parts, title = _scan(text, is_toml=media_type == "application/toml")
    headings, blocks = outline(text, parts, WHOLE)
    return Document(path, media_type, encoding, text, title, headings, blocks)


def _scan(text: str, *, is_toml: bool) -> tuple[list[Part], str | None]:
    """The sections, each with the comments right above it, and the title."""
    parts: list[Part] = []
    title: str | None = None
    comments: int | None = None  # where those begin that stand right above
    quote = ""  # of a string that is going on
    brackets = 0  # of a list that is going on
    for match in LINE.finditer(text):
        line, start = match[0], match.start()
        if is_toml and quote:
            quote = "" if line.count(quote) % 2 else quote
            continue
        section = None if brackets else _SECTION.match(line)
        if section:
            first = start if comments is None else comments
            if parts:
                parts[-1].end = first
            parts.append(Part(first, match.end(), len(text), short_title(section[1]), named=True))
        elif is_toml:
            if not parts and not title and (named := _TITLE.match(line)):
                title = short_title(named[1][1:-1]) or None
            quote = next((quote for quote in _LONG_STRINGS if line.count(quote) % 2), "")
            code = _IGNORED.sub("", line)
            brackets = max(0, brackets + code.count("[") - code.count("]"))
        if not _COMMENT.match(line):
            comments = None
        elif comments is None:
            comments = start
    return parts, title
