"""E-mail: messages with who wrote what, their attachments and forwarded messages as children; mailboxes of messages."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from email.message import Message
from functools import partial

from askdocs.errors import LoadError
from askdocs.loaders.canonical import Canonical
from askdocs.loaders.children import Children, shown_name
from askdocs.loaders.html_file import meant
from askdocs.loaders.mail_fields import (
    decoded,
    disposition,
    file_name,
    header,
    parsed,
    payload,
    people,
    sent,
    subject,
    unwrapped,
)
from askdocs.loaders.mail_html import html_pieces
from askdocs.loaders.metadata import Metadata, language_code, metadata
from askdocs.loaders.quoting import Piece, plain_pieces, told_apart, write
from askdocs.loaders.text import decode
from askdocs.types import BlockKind, Document, Unit

MAIL = "message/rfc822"
MBOX = "application/mbox"

_MOST_PARTS = 5_000
_MOST_NAMED = 50
_LITTLE = 200
_COUNTED = re.compile(rb"\s*\d{1,12}[ \t]*\r?\n")
"""Before a message in Apple Mail's files: how long it is."""

_FIRST = re.compile(rb"From [^\r\n]*\r?\n")
_STARTS = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\r\n]{0,200}\d\d:\d\d[^\r\n]{0,60}\r?\n")
_ESCAPED = re.compile(rb"^>(>*From )", re.M)
_ARMOR = re.compile(
    r"-----BEGIN PGP SIGNED MESSAGE-----\r?\n(?:[^\r\n]+\r?\n){0,20}\r?\n"
    r"|-----BEGIN PGP SIGNATURE-----.{0,20000}?-----END PGP SIGNATURE-----",
    re.S,
)
_PGP = "-----BEGIN PGP MESSAGE-----"
_SIGNATURES = frozenset({"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"})
_CMS = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_TNEF = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_ENCRYPTED = "is encrypted (S/MIME or PGP); save it decrypted"


def load_mail(path: str, data: bytes, children: Children) -> Document:
    """A message: its title is the subject, its places the paragraphs; attachments and forwarded messages are children.

    Read with the compat32 policy of the email package: that of the newer ones parses each header, and fails on some.
    """
    found = _COUNTED.match(data)
    message = parsed(data[found.end() :] if found else data)
    if not message.keys():
        raise LoadError("is no e-mail message: it has no headers" if data.strip() else "is empty: it has no message")
    return _document(path, message, children)


def load_mbox(path: str, data: bytes, children: Children) -> Document:
    """A mailbox: a document without a text of its own, whose children are the messages."""
    starts = [match.span() for match in _STARTS.finditer(data)] or [
        match.span() for match in [_FIRST.match(data)] if match
    ]
    if not starts and data.strip():
        raise LoadError("is no mailbox: it doesn't begin with a line `From ...`, as mbox files do")
    ends = [start for start, _ in starts[1:]] + [len(data)]
    for number, ((_, start), end) in enumerate(zip(starts, ends, strict=False), start=1):
        name = f"message {number:,}"
        children.add_made(name, partial(_in_mailbox, _ESCAPED.sub(rb"\1", data[start:end]), name, children))
    return children.document(path, MBOX)


def _in_mailbox(data: bytes, name: str, children: Children) -> Document:
    """A message of a mailbox, called by its subject and day, or `name` if it has none."""
    with children.reading():
        message = parsed(data)
        about = subject(message)
        named = f"{about}, {day}" if about and (day := (sent(message) or "")[:10]) else about or name
        return _document(shown_name(named), message, children.within())


def _forwarded(name: str, message: Message, children: Children) -> Document:
    """A message in another one."""
    with children.reading():
        return _document(shown_name(name), message, children.within())


@dataclass(slots=True)
class _Parts:
    """What a message consists of."""

    pieces: list[Piece] = field(default_factory=list)
    attached: list[tuple[str, Message]] = field(default_factory=list)
    forwarded: list[tuple[str, Message]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    encrypted: bool = False
    count: int = 0


def _document(path: str, message: Message, children: Children) -> Document:
    parts = _Parts()
    try:
        _take(message, parts)
    except RecursionError as exc:
        raise LoadError("is damaged: its parts are nested too deep") from exc
    for name, inner in parts.forwarded:
        children.add_made(name, partial(_forwarded, name, inner, children), what="attachment")
    for name, part in parts.attached:
        if (data := payload(part)) is None:
            children.cannot(name, "is damaged: it can't be decoded", what="attachment")
        else:
            children.add(name, data, declared=part.get_content_type(), what="attachment")
    if parts.encrypted and not parts.pieces and not children.documents:
        raise LoadError(_ENCRYPTED)
    canonical = Canonical()
    canonical.add(BlockKind.TABLE, _head(message, parts.names))
    canonical.end_run()
    write(canonical, told_apart(parts.pieces))
    if parts.encrypted:
        parts.unread.append(f"a part {_ENCRYPTED.partition(';')[0]}")
    said = metadata({"keywords": header(message, "Keywords") or header(message, "X-Gmail-Labels")})
    sender = [name or address for name, address in people(message, "From")]
    about = Metadata(
        author=", ".join(sender[:_MOST_NAMED]) or None,
        date=sent(message),
        tags=said.tags,
        language=language_code(header(message, "Content-Language")),
    )
    warning = "; ".join(filter(None, [*dict.fromkeys(parts.unread), children.warning])) or None
    document = canonical.document(
        path, MAIL, Unit.PARAGRAPHS, about, title=subject(message) or None, warning=warning
    )  # fmt: skip
    return replace(document, children=children.documents)


def _head(message: Message, attached: list[str]) -> str:
    """Who wrote to whom, when, about what, with what: a line each."""
    lines = []
    for label in ("From", "To", "Cc"):
        shown = [
            f"{name} <{address}>" if name and address else name or address for name, address in people(message, label)
        ]
        if shown:
            more = [f"and {len(shown) - _MOST_NAMED:,} more"] if len(shown) > _MOST_NAMED else []
            lines.append(f"{label}: {', '.join(shown[:_MOST_NAMED] + more)}")
    values = (header(message, "Date"), subject(message), ", ".join(dict.fromkeys(attached)))
    lines += [
        f"{label}: {value}" for label, value in zip(("Date", "Subject", "Attachments"), values, strict=True) if value
    ]
    return "\n".join(lines)


def _take(part: Message, parts: _Parts) -> None:
    """Sort a part, and those in it, into text and what is inside."""
    parts.count += 1
    if parts.count > _MOST_PARTS:
        raise LoadError(f"has more than {_MOST_PARTS:,} parts")
    kind = part.get_content_type()
    name = file_name(part)
    attached = parts.count > 1 and bool(name or disposition(part) == "attachment")
    within = part.get_payload() if part.is_multipart() else []
    inner = [each for each in within if isinstance(each, Message)] if isinstance(within, list) else []
    if kind == "multipart/encrypted" or (kind in _CMS and "signed" not in str(part.get_param("smime-type") or "")):
        parts.encrypted = True
    elif kind in _CMS:
        parts.unread.append("is signed in a form that holds its text (S/MIME), which is not read")
    elif kind.startswith("multipart/") and not part.is_multipart():
        if found := _text(part, "text/plain", parts):
            parts.pieces += found
            parts.unread.append("doesn't say where its parts begin; they were read as one text")
    elif kind == "multipart/alternative":
        _take_best(inner, parts)
    elif kind == "multipart/related":
        _take_related(part, inner, parts)
    elif kind == MAIL:
        whole = [unwrapped(part, each) for each in inner]
        parts.forwarded += [(name or subject(each) or "message", each) for each in whole]
    elif kind == "multipart/signed":
        for each in inner[:1]:
            _take(each, parts)
    elif kind.startswith("multipart/"):
        for each in inner:
            _take(each, parts)
    elif kind in _SIGNATURES or kind.startswith("message/"):
        pass  # nothing that a person reads
    elif kind in ("text/plain", "text/html") and not attached:
        parts.pieces += _text(part, kind, parts)
    elif kind in _TNEF or name.lower() == "winmail.dat":
        parts.unread.append(f"attachment {shown_name(name or 'winmail.dat')}: is in a form of Outlook's own (TNEF)")
    elif attached or not kind.startswith(("text/", "image/")):
        parts.attached.append((name or f"attachment {len(parts.attached) + 1}", part))
        if name and (disposition(part) == "attachment" or not kind.startswith("image/")):
            parts.names.append(shown_name(name))


def _take_best(inner: list[Message], parts: _Parts) -> None:
    """Of the forms of a text the plain one, unless it says little of what the others do."""
    before, forms = parts.pieces, []
    for each in inner:
        parts.pieces = []
        _take(each, parts)
        if parts.pieces:
            forms.append((each.get_content_type() == "text/plain", parts.pieces))
    plain = next((pieces for is_plain, pieces in forms if is_plain), [])
    rich = next((pieces for is_plain, pieces in forms if not is_plain), [])
    says, could = (sum(len(piece.text) for piece in pieces) for pieces in (plain, rich))
    parts.pieces = before + (rich if not plain or (says < _LITTLE and says < could / 4) else plain)


def _take_related(part: Message, inner: list[Message], parts: _Parts) -> None:
    """The part at which to start; what belongs to its display is left out, but what is attached is not."""
    start = str(part.get_param("start") or "").strip("<> ")
    root = next((each for each in inner if start and str(each.get("Content-ID", "")).strip("<> ") == start), None)
    root = root or next(iter(inner), None)
    for each in inner:
        shown = each.get_content_maintype() in ("image", "text", "audio", "video") and disposition(each) != "attachment"
        if each is root or not shown:
            _take(each, parts)


def _text(part: Message, kind: str, parts: _Parts) -> list[Piece]:
    """The pieces of a part that is text."""
    data = payload(part)
    charset = str(part.get_param("charset") or "")
    if data is None:
        parts.unread.append("a text in it is damaged: it can't be decoded")
        return []
    try:
        if kind == "text/html":
            return html_pieces(data, charset)
        text = _whole_text(data, charset)
    except LoadError as exc:
        parts.unread.append(f"a text in it {exc}")
        return []
    if text.lstrip().startswith(_PGP):
        parts.encrypted = True
        return []
    flowed = str(part.get_param("format") or "").lower() == "flowed"
    return plain_pieces(_ARMOR.sub("", text), flowed=flowed, joined=str(part.get_param("delsp") or "").lower() == "yes")


def _whole_text(data: bytes, charset: str) -> str:
    """A text in which what can't be decoded is replaced: a message is worth more than a broken character in it."""
    try:
        return decoded(data, charset)
    except LoadError:
        lenient = data.decode(meant(charset) or "utf-8", "replace")
        return decode(lenient.encode())[0]
