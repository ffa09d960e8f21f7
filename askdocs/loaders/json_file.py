"""JSON, with comments and JSON Lines as well: keys are headings where there is much below them."""

from __future__ import annotations

import json
import re

from askdocs.loaders.nesting import WHOLE, Nesting, short_title
from askdocs.loaders.outline import outline
from askdocs.loaders.text import as_plain, decode
from askdocs.types import Document

_TOKEN = re.compile(r'"(?:[^"\\\r\n]|\\[^\r\n])*"|[{}\[\],:]|//[^\r\n]*|/\*(?s:.*?)(?:\*/|\Z)|[^\s{}\[\],:"/]+|["/]')
_NAMES = frozenset({"name", "title", "id", "key"})


def load_json(path: str, data: bytes) -> Document:
    """A JSON file; its title is what its outermost object calls its title or name."""
    text, encoding = decode(data)
    if text.strip() and not text.lstrip().startswith(("{", "[", "//", "/*")):
        said = "is not JSON, whatever its name says; it was read as plain text"
        return as_plain(path, "application/json", encoding, text, said)
    nesting, title, ended = _scan(text)
    headings, blocks = outline(text, nesting.parts, WHOLE)
    warning = None if ended else "ends before its last bracket is closed; it may be cut off"
    return Document(path, "application/json", encoding, text, title, headings, blocks, warning=warning)


def _scan(text: str) -> tuple[Nesting, str | None, bool]:
    """The parts of `text`, its title, and whether all brackets are closed. Nothing is refused."""
    nesting = Nesting(text)
    brackets: list[str] = []
    titles: dict[str, str] = {}
    key: str | None = None
    after_colon = False
    for match in _TOKEN.finditer(text):
        token = match[0]
        first = token[0]
        if first in "{[":
            nesting.open(match.end(), _unquoted(key) if key else None if brackets else "")
            brackets.append(first)
            key, after_colon = None, False
        elif first in "}]":
            if brackets:
                brackets.pop()
                nesting.close(match.end())
            key, after_colon = None, False
        elif first == ":":
            after_colon = key is not None
        elif first == ",":
            key, after_colon = None, False
        elif first == "/":
            continue
        elif brackets and brackets[-1] == "{" and not after_colon:
            key = token
        else:
            nesting.value(match.end())
            if key and first == '"' and len(token) < 200:
                name = _unquoted(key)
                if len(brackets) == 1 and name in ("title", "name"):
                    titles.setdefault(name, short_title(_unquoted(token)))
                elif name in _NAMES and len(brackets) > 1 and brackets[-2] == "[":
                    nesting.name(_unquoted(token))
            key, after_colon = None, False
    return nesting, titles.get("title") or titles.get("name") or None, not brackets


def _unquoted(token: str) -> str:
    try:
        value = json.loads(token)
    except (ValueError, RecursionError):
        value = token.strip('"')
    return str(value) or '""'
