"""What a message says in its headers, and what its parts hold, whatever is wrong with them.

For the compat32 policy of the email package, which takes headers as they are: newer ones parse each, and fail on some.
"""

from __future__ import annotations

import binascii
import codecs
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import HeaderParseError, MessageError
from email.header import decode_header
from email.message import Message
from email.policy import Compat32
from email.utils import getaddresses, parsedate_to_datetime

from askdocs.errors import LoadError
from askdocs.loaders.html_file import meant
from askdocs.loaders.text import decode

_LONGEST_HEADER = 20_000
_LONGEST_SUBJECT = 300
_BROKEN = (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError, MessageError)
"""What the email package raises on messages that are no good."""

_BASE64 = re.compile(rb"[A-Za-z0-9+/\s]{8,}")
_FOLD = re.compile(r"\r?\n[ \t]?|\r")
_SEVEN_BIT = ("utf-7", "hz", "iso2022", "iso-2022")


class _Short(Compat32):
    """Headers end where no person's does: the package takes parameters apart in time that grows with their square."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_LONGEST_HEADER]


def parsed(data: bytes) -> Message:
    """The message in `data`, whatever that is; LoadError if it is nested too deep."""
    try:
        return message_from_bytes(data, policy=_Short())
    except RecursionError as exc:
        raise LoadError("is damaged: its parts are nested too deep") from exc


def payload(part: Message) -> bytes | None:
    """What a part holds, freed of its transfer encoding; broken base64 and the like as far as it goes."""
    try:
        content = part.get_payload(decode=True)
    except _BROKEN:
        return None
    if not isinstance(content, bytes):
        return None
    is_base64 = header(part, "Content-Transfer-Encoding").lower() == "base64"
    if is_base64 and _BASE64.fullmatch(content) and content.decode() == part.get_payload():
        letters = b"".join(content.split())  # cut off, which the package leaves as it is
        return binascii.a2b_base64(letters[: len(letters) // 4 * 4])
    return content


def unwrapped(part: Message, inner: Message) -> Message:
    """The message in a part: freed of a transfer encoding, which the package doesn't expect here and some write."""
    encoding = header(part, "Content-Transfer-Encoding").lower()
    written = inner.get_payload()
    if encoding not in ("base64", "quoted-printable") or inner.keys() or not isinstance(written, str):
        return inner
    encoded = Message()
    encoded["Content-Transfer-Encoding"] = encoding
    encoded.set_payload(written)
    return parsed(payload(encoded) or b"")


def disposition(part: Message) -> str:
    try:
        return part.get_content_disposition() or ""
    except _BROKEN:
        return ""


def file_name(part: Message) -> str:
    """The name that an attachment is to have, "" if it has none."""
    try:
        return _readable(part.get_filename("") or "")
    except _BROKEN:
        return ""


def subject(message: Message) -> str:
    line = header(message, "Subject")
    return line if len(line) <= _LONGEST_SUBJECT else line[:_LONGEST_SUBJECT] + "…"


def sent(message: Message) -> str | None:
    """When it was sent, as ISO 8601; the day alone if it isn't said in which zone."""
    try:
        moment = parsedate_to_datetime(header(message, "Date"))
        return moment.isoformat() if moment.tzinfo else moment.date().isoformat()
    except _BROKEN:
        return None


def people(message: Message, label: str) -> list[tuple[str, str]]:
    """Names and addresses; names are decoded after the list is taken apart, as they may hold commas."""
    try:
        found = getaddresses([_unfolded(value) for value in _values(message, label)])
    except _BROKEN:
        return []
    return [(_readable(name), address) for name, address in found if name or address]


def header(message: Message, label: str) -> str:
    """The first header of that name, in one line; "" if there is none."""
    return next((_readable(value) for value in _values(message, label)), "")


def _values(message: Message, label: str) -> Iterator[str]:
    return (str(value) for name, value in message.raw_items() if name.lower() == label.lower())


def _unfolded(value: str) -> str:
    """A header in one line; bytes in it that are no ASCII are decoded."""
    line = _FOLD.sub(" ", value[:_LONGEST_HEADER])
    if line.isascii():
        return line
    data = line.encode("utf-8", "surrogateescape")
    try:
        return decode(data)[0]
    except LoadError:
        return data.decode("utf-8", "replace")


def _readable(value: str) -> str:
    """A header with its encoded words (RFC 2047) decoded."""
    line = _unfolded(value)
    if "=?" in line:
        try:
            words = decode_header(line)
        except (HeaderParseError, ValueError):
            words = []
        line = "".join(map(_word, *zip(*words, strict=True))) if words else line
    return " ".join(line.split())


def _word(word: str | bytes, charset: str | None) -> str:
    if isinstance(word, str):
        return word
    try:
        return decoded(word, charset or "")
    except LoadError:
        return word.decode("utf-8", "replace")


def decoded(data: bytes, charset: str) -> str:
    """A text that is declared to be in `charset`; declarations are often wrong. LoadError if it can't be told."""
    try:
        name = codecs.lookup(charset).name
        if name.startswith(_SEVEN_BIT):
            return decode(data.decode(name).encode())[0]
    except (LookupError, ValueError):
        pass
    return decode(data, meant(charset))[0]
