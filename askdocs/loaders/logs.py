"""Logs: records of one or more lines, which are not torn apart."""

from __future__ import annotations

import re
from collections.abc import Iterator

from askdocs.loaders.text import decode
from askdocs.types import Block, BlockKind, Document, Span

_LINE = re.compile(r"[^\r\n]+")
_RECORD = re.compile(
    r"""[ \t]{0,8}(?:<\d{1,3}>\d?[ ])?[\[(]?(?:
    \d{4}[-/.]\d{2}[-/.]\d{2}[T\ _]\d{2}[:.]\d{2}      # 2024-03-01 10:00
    | \d{1,2}[-/.](?:\d{2}|[A-Z][a-z]{2})[-/.]\d{2,4}[ :,]+\d{2}:\d{2}   # 01.03.2024 10:00, 01/Mar/2024:10:00
    | (?:[A-Z][a-z]{2}[ ])?[A-Z][a-z]{2}[ ]{1,2}\d{1,2}[ ](?:\d{4}[ ])?\d{2}:\d{2}   # Mar  1 10:00, Fri Mar 1 10:00
    | \d{2}:\d{2}:\d{2}                                  # 10:00:00
    | [IWEF]\d{4}[ ]\d{2}:\d{2}                        # I0301 10:00
    | [ ]{0,8}\d{1,10}\.\d{3,9}\]?[: ]                   # [    0.000000]
    | (?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|FATAL|CRITICAL|SEVERE)\b
    | \S{1,60}[ ]\S{1,40}[ ]\S{1,60}[ ]\[\d{2}/[A-Z][a-z]{2}/\d{4}:   # a web server's
    )""",
    re.VERBOSE,
)
_LOOKED_AT = 1000
"""Lines; records are known if a twentieth of them begins one."""

_TOGETHER = 160
"""Characters; shorter neighbours are one block, as there may be millions of them."""


def load_log(path: str, data: bytes) -> Document:
    """A log; a record begins with a time or a level, and goes on with lines that have neither."""
    text, encoding = decode(data)
    return Document(
        path=path,
        media_type="text/x-log",
        encoding=encoding,
        text=text,
        title=None,
        headings=(),
        blocks=tuple(_blocks(text)),
    )


def _blocks(text: str) -> Iterator[Block]:
    """One for each record, but for short ones: they join the one before until it has some length."""
    has_records = _has_records(text)
    start = end = -1
    for match in _LINE.finditer(text):
        if start < 0:
            start = match.start()
        elif match.end() - start > _TOGETHER and (not has_records or _RECORD.match(match[0])):
            if text[start:end].strip():
                yield Block(BlockKind.CODE, Span(start, end))
            start = match.start()
        end = match.end()
    if start >= 0 and text[start:end].strip():
        yield Block(BlockKind.CODE, Span(start, end))


def _has_records(text: str) -> bool:
    lines = begun = 0
    for match in _LINE.finditer(text):
        lines += 1
        begun += _RECORD.match(match[0]) is not None
        if lines == _LOOKED_AT:
            break
    return begun * 20 > lines
