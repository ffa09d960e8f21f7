"""Plain text: bytes are decoded exactly, paragraphs are found by blank lines."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from askdocs.errors import LoadError
from askdocs.types import Block, BlockKind, Document, Span

_BYTE_ORDER_MARKS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DETECTION_BYTES = 1_000_000
_LONGEST_TITLE = 200
_LONGEST_LEAD_IN = 400
_MOST_CONTROLS = 0.005  # as a share of the characters; a terminal log with escapes has fewer

LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
"""A line with its end; the last match may be empty."""

BLANK_LINES = re.compile(r"(?:\r\n|\r(?!\n)|\n)[^\S\r\n]*(?:\r\n|\r|\n)\s*")
_LIST = re.compile(  # perhaps below the line that leads to it
    r"(?:[^\r\n]{1,400}[:：][ \t]{0,9}(?:\r\n|\r|\n))?[ \t]*(?:[-*+•·‣–]|\(?\d{1,3}[.)]|\(?[a-z][.)])[ \t]"
)
_ISO_2022 = re.compile(rb"\x1b\$[@-D(]")  # its escapes announce what follows; the bytes are ASCII and so UTF-8
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def load_text(path: str, data: bytes) -> Document:
    """A text file; its title is a short first line that stands alone."""
    text, encoding = decode(data)
    document = as_plain(path, "text/plain", encoding, text)
    return replace(document, title=_title(text, document.blocks))


def as_plain(path: str, media_type: str, encoding: str, text: str, warning: str | None = None) -> Document:
    """A document of paragraphs and nothing else, as what isn't what its name says is read, with a `warning`."""
    return Document(path, media_type, encoding, text, None, (), tuple(paragraphs(text)), warning=warning)


def decode(data: bytes, declared: str | None = None) -> tuple[str, str]:
    """The text in `data` and the name of its encoding, with `data.decode(encoding) == text`.

    A byte-order mark decides; else strict UTF-8; else the encoding that the file itself has `declared`, if that is one;
    else what chardet finds. Raises LoadError rather than guess when the bytes look binary or fit no encoding.
    """
    encoding = next((encoding for mark, encoding in _BYTE_ORDER_MARKS if data.startswith(mark)), "")
    if not encoding and not _ISO_2022.search(data):
        try:
            return _checked(data.decode("utf-8")), "utf-8"
        except UnicodeDecodeError as exc:
            _refuse_damaged_utf8(data, exc)
    encoding = encoding or _known(declared, data) or _detect(data)
    try:
        return _checked(data.decode(encoding)), encoding
    except UnicodeDecodeError as exc:
        raise LoadError(f"is damaged: byte {exc.start:,} is not valid {encoding}; save it as UTF-8") from exc


def _checked(text: str) -> str:
    """`text`, or LoadError if it is none that a person wrote."""
    if len(_CONTROL.findall(text)) > _MOST_CONTROLS * len(text) or _SURROGATE.search(text):
        raise LoadError("is not text, whatever its name says (it holds binary data)")
    return text


def _refuse_damaged_utf8(data: bytes, first: UnicodeDecodeError) -> None:
    """LoadError if `data` is UTF-8 but for a few bytes: another encoding would make it mojibake."""
    lenient = data.decode("utf-8", errors="replace")
    broken = lenient.count("�")
    multibyte = len(re.findall(r"[^\x00-\x7f]", lenient)) - broken
    if multibyte > 2 * broken:
        raise LoadError(f"is damaged: UTF-8 with an invalid byte at {first.start:,}; save it as UTF-8 again")


def _known(declared: str | None, data: bytes) -> str | None:
    """The name of the encoding that `declared` stands for, if `data` can be that."""
    try:
        encoding = codecs.lookup(declared or "").name
        _checked(data.decode(encoding))
    except (LookupError, ValueError, LoadError):  # UnicodeError is a ValueError; not all codecs make text
        return None
    return encoding


def _detect(data: bytes) -> str:
    import chardet

    encoding = chardet.detect(data[:_DETECTION_BYTES])["encoding"]
    if encoding is None:
        raise LoadError("is not text in any known encoding; if it is text, save it as UTF-8")
    if b"\0" in data and not encoding.lower().startswith(("utf-16", "utf-32")):
        raise LoadError("is not text, whatever its name says (it holds binary data)")
    return codecs.lookup(encoding).name


def paragraphs(text: str) -> Iterator[Block]:
    """What blank lines part, lists with the paragraph that leads to them."""
    return with_lead_ins(text, _between_blank_lines(text))


def with_lead_ins(text: str, blocks: Iterable[Block]) -> Iterator[Block]:
    """`blocks`, where a list and the short paragraph before it that ends in a colon are one list."""
    lead_in: Block | None = None
    for block in blocks:
        if lead_in and block.kind is BlockKind.LIST:
            yield Block(BlockKind.LIST, Span(lead_in.span.start, block.span.end))
            lead_in = None
            continue
        if lead_in:
            yield lead_in
        leads = block.kind is BlockKind.PARAGRAPH and len(block.span) <= _LONGEST_LEAD_IN
        lead_in = block if leads and block.span.of(text).rstrip().endswith((":", "：")) else None
        if not lead_in:
            yield block
    if lead_in:
        yield lead_in


def _between_blank_lines(text: str) -> Iterator[Block]:
    start = 0
    for end, next_start in [*(match.span() for match in BLANK_LINES.finditer(text)), (len(text), len(text))]:
        if text[start:end].strip():
            kind = BlockKind.LIST if _LIST.match(text, start) else BlockKind.PARAGRAPH
            yield Block(kind, Span(start, end))
        start = next_start


def _title(text: str, blocks: tuple[Block, ...]) -> str | None:
    if len(blocks) < 2:
        return None
    first = blocks[0].span.of(text).strip()
    if len(first) > _LONGEST_TITLE or "\n" in first or "\r" in first:
        return None
    return " ".join(first.split())
