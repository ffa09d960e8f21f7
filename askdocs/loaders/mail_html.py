"""Bodies of messages that are web pages: their blocks, and which of them are quoted or a signature."""

from __future__ import annotations

import re

from askdocs.loaders.html_blocks import add_blocks
from askdocs.loaders.html_content import Content
from askdocs.loaders.html_file import declared_encoding, meant, parse
from askdocs.loaders.pieces import Pieces
from askdocs.loaders.quoting import SIGNATURE, Piece
from askdocs.loaders.text import decode
from askdocs.types import BlockKind

_OPEN, _CLOSE, _SIGNED, _UNSIGNED = "\ue0f0", "\ue0f1", "\ue0f2", "\ue0f3"
"""Marks that are put into a page; its own characters of these codes, which nobody has agreed on, are left out."""

_MARKS = re.compile(f"([{_OPEN}-{_UNSIGNED}])")
_CODED = re.compile(r"&#(?:x0*e0f[0-3]|0*5758[4-7]);?", re.I)
_QUOTES = "blockquote, .yahoo_quoted, .protonmail_quote"
_SIGNATURES = ".gmail_signature, .moz-signature, #Signature, #ms-outlook-mobile-signature, .protonmail_signature_block"


def html_pieces(data: bytes, charset: str) -> list[Piece]:
    """The pieces of a body that is a web page."""
    text = decode(data, meant(charset) or declared_encoding(data))[0]
    page = parse(_CODED.sub("", _MARKS.sub("", text)))
    for selector, before, after in ((_QUOTES, _OPEN, _CLOSE), (_SIGNATURES, _SIGNED, _UNSIGNED)):
        for node in page.css(selector):
            node.insert_before(before)
            node.insert_after(after)
    if page.body is None:
        return []
    blocks = Pieces()
    add_blocks(blocks, Content(page.body))
    levels = {heading.span: heading.level for heading in blocks.headings}
    whole = blocks.text
    pieces: list[Piece] = []
    depth, signed = 0, False
    for block in blocks.blocks:
        for part in _MARKS.split(block.span.of(whole)):
            if part in (_OPEN, _CLOSE):
                depth = max(0, depth + (1 if part == _OPEN else -1))
            elif part in (_SIGNED, _UNSIGNED):
                signed = part == _SIGNED
            elif part.strip():
                level = levels.get(block.span, 0)
                kind = BlockKind.PARAGRAPH if signed else block.kind
                pieces.append(Piece(depth, kind, part.strip("\n"), level, SIGNATURE if signed else ""))
    return pieces
