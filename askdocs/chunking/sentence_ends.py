"""Where sentences end, in any language: what nupunkt finds, which knows English, mended for other languages."""

from __future__ import annotations

import re

_FULL_STOP = re.compile(r"[。！？｡]++[」』”’）】]*+(?!と|って)|[।॥؟۔։።፧]++[”’»\"')\]]*+")
"""Stops after which no blank has to be: of Chinese and Japanese (where と goes on after a quote), and those of Hindi,
Arabic, Urdu, Armenian and Amharic."""

_THAI = "[\u0e00-\u0e7f]"
_THAI_CLAUSE = re.compile(rf"(?<={_THAI}{{25}})[ \u00a0]+(?={_THAI}{{25}})")
"""What parts clauses of Thai, which has no full stop: blanks, but not those around names and numbers."""

_WORD = re.compile(r"(?<![^\W_])([^\W_]++)\.$")
_ORDINAL = re.compile(
    r"(?:^|\b(?:[Aa]m|[Ii]m|[Dd]e[rmns]|[Dd]ie|[Dd]as|[Vv]om|[Zz]u[mr]|[Aa]b|[Bb]is|[Ss]eit|[Bb]eim|[Ii]ns)\s+)\d{1,3}\.$"
)
_NOUN = re.compile(r"[A-ZÄÖÜ][a-zäöüß]")
"""A number with a point that German counts with, and what it counts: `im 19. Jahrhundert`."""

_OPENING = " \t\r\n\"'„“‚‘«»(¿¡-–—"

_BEFORE_NAMES = """
abb abs anm aufl bzw ca ders dr ebd evtl Fa fam frl geb gez ggf Hl hr hrn hrsg inkl kap nr prof rn sog vgl ziff zzgl zzt
dra dña lda lic sr sra sras sres srta uds vds
mgr mlle mlles mme mmes
avv dott geom sig sigg
exma exmo
dhr drs mevr mw
акад гр им наб пер просп проф ул
"""
"""What is shortened before a name or a number in several languages, and ends a sentence hardly ever."""

_BEFORE_NUMBERS = """
art arts bd cap caps ch chap fig figs nos num núm p pag pagg pp pág págs pg s tab vol
гл д кв корп п пп рис с ст стр табл ч
"""
"""What is shortened only before a number."""

_NAMES, _NUMBERS = frozenset(_BEFORE_NAMES.split()), frozenset(_BEFORE_NUMBERS.split())
_LOOKED_BACK, _LOOKED_ON = 40, 12


def sentence_ends(text: str) -> set[int]:
    """The places in `text` behind the ends of sentences, whether before the blanks that follow or after them."""
    import nupunkt

    ends: set[int] = set()
    start = 0
    for _, end in nupunkt.sent_spans(text):
        if not _goes_on(text, start, end):
            ends.add(end)
            start = end
    return ends.union(match.end() for pattern in (_FULL_STOP, _THAI_CLAUSE) for match in pattern.finditer(text))


def _goes_on(text: str, start: int, end: int) -> bool:
    """Whether the point before `end` is that of a shortened word or of a number, and what began at `start` goes on."""
    before = text[max(start, end - _LOOKED_BACK) : end].rstrip()
    after = text[end : end + _LOOKED_ON].lstrip(_OPENING)
    if not before.endswith(".") or not after:
        return False
    if after[0].islower():  # unless whoever wrote it uses no capitals
        return not text[start : start + _LOOKED_ON].lstrip(_OPENING)[:1].islower()
    found = _WORD.search(before)
    if found is None:
        return False
    spelt = {found[1], found[1][0].lower() + found[1][1:]}
    if spelt & _NAMES or (after[0].isdigit() and spelt & _NUMBERS):
        return True
    return found[1].isdecimal() and _ORDINAL.search(before) is not None and _NOUN.match(after) is not None
