"""The letters of a PDF as people write them, and as two texts are compared."""

from __future__ import annotations

import re
import unicodedata

END_HYPHEN = "\ufffe"
"""What PDFium gives for a hyphen at the end of a line, in place of both."""

_GARBLED = 0.3
"""The share of characters that stand for nothing, from which on a page can't be read."""

_UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ue000-\uf8ff\ufffd]")
_SPACES = (0x09, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)
_UNSEEN = (*range(32), *range(0x7F, 0xA0), 0xAD, 0x200B, 0x2060, 0xFEFF, 0xFFFE, 0xFFFF)
_BULLETS = (0xF06E, 0xF076, 0xF0A7, 0xF0A8, 0xF0B7, 0xF0D8, 0xF0FC)  # of the fonts Symbol and Wingdings
_FOLDED: dict[int, str | None] = {
    **dict.fromkeys(_UNSEEN, None),
    **dict.fromkeys(_SPACES, " "),
    **dict.fromkeys(_BULLETS, "•"),
    **{code: unicodedata.normalize("NFKC", chr(code)) for code in (*range(0xFB00, 0xFDFE), *range(0xFE70, 0xFEFD))},
}
"""Ligatures and the shapes of Arabic letters become letters, odd blanks become blanks, and what isn't seen goes."""

_UNFOLDED = re.compile(f"[{re.escape(''.join(map(chr, _FOLDED)))}]")
"""What makes it worth folding a text, which takes ten times as long as to look for it."""

_TEX_LIGATURES = dict(zip("\x0b\x0c\r\x0e\x0f\x1b\x1c\x1d\x1e\x1f", "ﬀﬁﬂﬃﬄﬀﬁﬂﬃﬄ", strict=True))
_TEX_LIGATURE = re.compile("[\x0b\x0c\x0e\x0f\x1b-\x1f]")
_TEX_FL = re.compile("\r(?!\n)")  # at the end of a line there are two characters

_LEADER = re.compile(r"([._\u00b7\u2024\u2026]) ?(?:\1 ?){3,}")
_LEADERS = (". . . .", *(4 * dot for dot in "._\u00b7\u2024\u2026"))
"""What there is in a text with a leader; quicker to look for."""

_NOT_COMPARED = re.compile(r"[\s\-\u2010\u2011]+")


def folded(text: str) -> str:
    """`text` with letters for ligatures, plain blanks, and nothing that isn't seen."""
    if (text.isascii() and text.isprintable()) or not _UNFOLDED.search(text):
        return text
    return text.translate(_FOLDED)


def spelled(text: str) -> str | None:
    """A page's `text`, of the same length, as it is read; None if its fonts don't tell so much of it that nobody could.

    TeX's bitmap fonts don't say which letters they draw, so that PDFium gives their places in the font: those of
    ligatures are control characters, OT1's from 11 on, T1's from 27 on. Dots or a line that lead from a cell to the
    next one become blanks.
    """
    unreadable = len(_UNREADABLE.findall(text))
    if unreadable > _GARBLED * len(text):
        return None
    if unreadable:
        told = _TEX_LIGATURE.sub(lambda match: _TEX_LIGATURES[match.group()], text)
        text = text if told == text else _TEX_FL.sub(_TEX_LIGATURES["\r"], told)
    if any(leader in text for leader in _LEADERS):
        text = _LEADER.sub(lambda match: " " * len(match.group()), text)
    return text


def compared(text: str) -> str:
    """What of `text` counts where a quote is looked for: no blanks, and no hyphens, which may be those of line ends."""
    return _NOT_COMPARED.sub("", folded(text))
