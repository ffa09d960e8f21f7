"""Which of a message are its sender's own words: quoted replies, forwarded messages and signatures are told apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from askdocs.loaders.canonical import Canonical
from askdocs.loaders.text import paragraphs
from askdocs.types import BlockKind

SIGNATURE = "Signature"
QUOTED = "Quoted"
RULE = "———"
"""Stands where a quote begins that nothing introduces, and where the sender goes on after one."""

_LONGEST_TITLE = 120
_MOST_SIGNED = 15
_MOST_LINES = 3
_MOST_FIELDS = 8
_DEEPEST = 10

_MARKS = re.compile(r"[ \t]?(>(?:[ \t]?>)*)")
_WROTE = (
    r"wrote|writes|said|schrieb|hat geschrieben|a écrit|escribió|ha scritto|escreveu|skrev|schreef|napisał\(?a?\)?"
    r"|написал\(?а?\)?|пишет|kirjoitti|írta|napsal\(?a?\)?|napísal\(?a?\)?|yazdı|έγραψε|a scris|написав|写道|寫道"
    r"|さんは書きました|のメール|님이 작성"
)
_SAYS_WHO = re.compile(rf"(?:{_WROTE})|<\S+@\S+>|\d{{1,2}}:\d{{2}}", re.I)
_OPENING = (
    r"(?:(?:On|Am|Le|El|Il|Em|Op|Den|Dne|Dňa|Dnia|W dniu|Pe|Στις|Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b"
    r"|\d{4}[-/.年]|\d{1,2}[-/. ])"
)
_OPENS = re.compile(_OPENING, re.I)
_ATTRIBUTION = re.compile(rf"(?=.*\d){_OPENING}.{{4,280}}(?:{_WROTE})[^\n]{{0,60}}[:：]\s*\Z", re.I | re.S)
"""A line that introduces what isn't marked as quoted."""

_FROM = re.compile(
    r"\*?(?:From|Von|De|Da|Van|Från|Fra|Od|От|Від|Lähettäjä|Feladó|Gönderen|Kimden|Από|差出人|发件人|寄件者|보낸 사람)"
    r"\*?\s?[:：]\*?\s*(.+)",
    re.I,
)
_SUBJECT = re.compile(
    r"\*?(?:Subject|Betreff|Objet|Asunto|Oggetto|Onderwerp|Assunto|Ämne|Emne|Temat|Předmět|Тема|Aihe|Tárgy|Konu|Θέμα|件名|主题|主旨|제목)"
    r"\*?\s?[:：]",
    re.I,
)
_FIELD = re.compile(
    r"\*?(?:To|Cc|Sent|Date|Reply-To|An|Gesendet|Datum|À|Envoyé|Para|Enviado(?: el)?|Fecha|A|Inviato|Data|Aan|Verzonden"
    r"|Enviada em|Till|Skickat|Til|Sendt|Do|Wysłano|Komu|Odesláno|Кому|Отправлено|Дата|Vastaanottaja|Lähetetty|Címzett"
    r"|Kime|宛先|送信日時|收件人|发送时间|받는 사람)\*?\s?[:：]",
    re.I,
)
_RULE = re.compile(
    r"\s*(?:-{2,}[^-\n]{3,60}-{2,}|_{10,}|Begin forwarded message:|Anfang der weitergeleiteten Nachricht:)\s*"
)
_SIGNED = re.compile(r"(?:-- ?|_{40,})\Z")
_SENT_FROM = re.compile(
    r"(?:Sent from my|Sent from (?:Mail|Outlook|Yahoo)|Get Outlook for|Von meinem \w+ gesendet|Gesendet von meinem"
    r"|Envoyé de mon|Enviado desde mi|Inviato da|Verstuurd vanaf mijn|Skickat från min)[^\n]{0,80}\Z",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A paragraph, list or the like, inside so many quotes. `section` names what begins with it, if anything does."""

    depth: int
    kind: BlockKind
    text: str
    level: int = 0
    section: str = ""


def plain_pieces(text: str, *, flowed: bool = False, joined: bool = False) -> list[Piece]:
    """The pieces of a body of plain text; `flowed` and `joined` (without the blank) as RFC 3676 has it."""
    lines = list(_lines(text, flowed=flowed, joined=joined))
    pieces: list[Piece] = []
    for depth, run in groupby(_with_blanks(lines), key=lambda line: line[0]):
        own = [line for _, line in run]
        signed = next(
            (at for at, line in enumerate(own) if _SIGNED.match(line) and len(own) - at <= _MOST_SIGNED), None
        )
        pieces += _paragraphs(depth, own[:signed])
        if signed is not None:
            pieces += [replace(piece, section=SIGNATURE) for piece in _paragraphs(depth, own[signed + 1 :])]
    return pieces


def _paragraphs(depth: int, lines: list[str]) -> Iterator[Piece]:
    text = "\n".join(lines)
    for block in paragraphs(text):
        piece = block.span.of(text).strip("\n").rstrip()
        if piece.strip():
            yield Piece(depth, block.kind, piece)


def _lines(text: str, *, flowed: bool, joined: bool) -> Iterator[tuple[int, str]]:
    """Each line without its marks, and how many there were; with those lines together that flow."""
    flowing: list[str] = []
    before = 0
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        line = line.removeprefix(">") if line.startswith(">From ") else line  # so written in mailboxes
        found = _MARKS.match(line)
        depth = found[1].count(">") if found and not (flowed and line[:1] != ">") else 0
        bare = line[found.end() :] if found and depth else line
        depth = min(depth, _DEEPEST)
        if bare.startswith(" ") and (flowed or depth):
            bare = bare[1:]
        if flowing and (depth != before or bare == "-- "):
            yield before, "".join(flowing)
            flowing = []
        before = depth
        if flowed and bare.endswith(" ") and bare != "-- ":
            flowing.append(bare[:-1] if joined else bare)
        else:
            yield depth, "".join([*flowing, bare])
            flowing = []
    if flowing:
        yield before, "".join(flowing)


def _with_blanks(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """The lines, those that are blank as deep as what is before them: they may have lost their marks."""
    before = 0
    for depth, line in lines:
        before = depth if line.strip() else before
        yield before, line


def told_apart(pieces: list[Piece]) -> list[Piece]:
    """`pieces` in which what introduces a quote begins it, and what is quoted without marks is as deep as if it had."""
    return list(_unmarked(_introduced(pieces)))


def _introduced(pieces: list[Piece]) -> Iterator[Piece]:
    """The line that says who wrote what is quoted next stands in the quote, which it names."""
    for at, piece in enumerate(pieces):
        following = pieces[at + 1] if at + 1 < len(pieces) else None
        lines = piece.text.split("\n")
        cut = len(lines)
        if following and following.depth > piece.depth and piece.kind is not BlockKind.HEADING and not piece.section:
            cut = _introduction(lines)
        if before := "\n".join(lines[:cut]).strip("\n").rstrip():
            yield replace(piece, text=before)
        if following and cut < len(lines):
            said = "\n".join(lines[cut:])
            yield Piece(following.depth, BlockKind.PARAGRAPH, said, section=_title(said))


def _introduction(lines: list[str]) -> int:
    """The line from which on the last lines say who wrote what follows; behind the last if none do."""
    if not lines[-1].rstrip().endswith((":", "：")):
        return len(lines)
    first = len(lines) - 1
    while first and len(lines) - first < _MOST_LINES and not _OPENS.match(lines[first]):
        first -= 1
    if not _OPENS.match(lines[first]):
        first = 0 if len(lines) <= _MOST_LINES else len(lines) - 1
    said = "\n".join(lines[first:])
    return first if len(said) <= 300 and _SAYS_WHO.search(said) else len(lines)


def _unmarked(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """What follows the head of another message, or a line that says who wrote, is quoted to the end."""
    below: dict[int, int] = {}  # by how deep the marks are: how much deeper the text is
    for piece in pieces:
        below = {depth: more for depth, more in below.items() if depth <= piece.depth}
        deeper = max(below.values(), default=0)
        if piece.kind is BlockKind.HEADING or piece.section == SIGNATURE:
            yield replace(piece, depth=min(piece.depth + deeper, _DEEPEST))
            continue
        lines = piece.text.split("\n")
        at = _head(lines)
        short = len(lines) <= _MOST_LINES and len(piece.text) <= 300
        alone = short and not piece.section and _ATTRIBUTION.match(piece.text)
        if at is None and not alone:
            yield replace(piece, depth=min(piece.depth + deeper, _DEEPEST))
            continue
        before = lines[: at or 0]
        while before and (not before[-1].strip() or _RULE.fullmatch(before[-1])):
            before.pop()
        if before:
            yield replace(piece, depth=min(piece.depth + deeper, _DEEPEST), text="\n".join(before))
        below[piece.depth] = below.get(piece.depth, 0) or deeper + 1
        found = _FROM.match(lines[at]) if at is not None else None
        said = "\n".join(lines[at or 0 :])
        depth = min(piece.depth + below[piece.depth], _DEEPEST)
        yield Piece(depth, piece.kind, said, section=_title(found[1] if found else said))


def _head(lines: list[str]) -> int | None:
    """The line at which the head of another message begins: its sender, and below it the subject and one more field."""
    for at, line in enumerate(lines):
        if _FROM.match(line.strip()):
            below = [line.strip() for line in lines[at + 1 : at + 1 + _MOST_FIELDS]]
            if any(map(_SUBJECT.match, below)) and any(map(_FIELD.match, below)):
                return at
    return None


def _title(said: str) -> str:
    """What a quote is called after what introduces it."""
    line = " ".join(said.replace("*", "").split()).rstrip(":： ")
    return f"{QUOTED}: {line if len(line) <= _LONGEST_TITLE else line[:_LONGEST_TITLE] + '…'}"


def write(canonical: Canonical, pieces: Iterable[Piece]) -> None:
    """Put pieces into a text, each a place. What isn't the sender's own words stands under a heading that says so."""
    named: set[int] = set()  # how deep the quotes are that are open
    depth, signed = 0, False
    number = 0
    for piece in pieces:
        if not piece.text.strip() or (_RULE.fullmatch(piece.text) and not piece.section):
            continue
        signature = piece.section == SIGNATURE or (
            piece.kind is BlockKind.PARAGRAPH and bool(_SENT_FROM.match(piece.text))
        )
        named = {open_ for open_ in named if open_ <= piece.depth}
        if signature:
            begins = None if signed and depth == piece.depth else (piece.depth + 1, SIGNATURE)
        elif piece.section or (piece.depth and piece.depth not in named):
            begins = (piece.depth, piece.section or QUOTED)
            named.add(piece.depth)
        else:
            begins = (piece.depth + 1, "") if signed or piece.depth < depth else None
        depth, signed = piece.depth, signature
        number += 1
        canonical.place(number)
        _write_piece(canonical, piece, begins)


def _write_piece(canonical: Canonical, piece: Piece, begins: tuple[int, str] | None) -> None:
    canonical.end_run()
    if begins and (piece.kind is BlockKind.HEADING or piece.section.startswith(QUOTED)):
        canonical.heading(begins[0], piece.text, begins[1] or None)
    elif piece.kind is BlockKind.HEADING:
        canonical.heading(piece.depth + piece.level, piece.text)
    else:
        if begins:  # a passage never runs over a heading that has words below it
            canonical.heading(begins[0], "--" if begins[1] == SIGNATURE else RULE, begins[1])
        canonical.add(piece.kind, piece.text)
