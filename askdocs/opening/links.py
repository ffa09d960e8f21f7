"""Links in the text of documents: found where they stand, and judged before one is opened.

Nothing follows a link by itself. What may be opened are addresses of the web and of mail, and documents of the index.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from askdocs.catalog.records import shown_path
from askdocs.types import DocumentInfo, Span

LONGEST = 2_000
"""Characters of a link; what is longer is taken for none."""

_LINK = re.compile(
    r"""
      (?: \[[^\[\]\n]{0,500} )? \]\( \s{0,9} (?: < ([^<>\n]+) > | ( (?: [^\s()<>] | \([^\s()<>]*\) )+ ) )
      (?: [^()\n]{0,500} \) )?                                              # Markdown
    | ^[ ]{0,3} \[[^\]\n]{1,500}\]: [ \t]{0,9} <? ([^\s<>]+)              # its definitions
    | \[\[ (?:file:)? ([^\[\]\n|]+) \]\[ [^\[\]\n]{0,500} \]\]            # Org
    | `[^`<>\n]{0,500} < ([^<>\n]+) >`_                                   # reStructuredText
    | \b link: ([^\s\[\]]+) \[                                            # AsciiDoc
    | \b (?:href|src) \s{0,9} = \s{0,9} ["'] ([^"'<>\n]+) ["']            # HTML
    | \b ( (?: [a-z][a-z0-9+.-]{0,30}:// (?=[\w\[]) | mailto: ) [^\s<>"`\\^{}|\[\]]+ )
    | (?<![\w.+-]) ( [\w.+-]{1,64} @ [\w-]{1,63} (?:\.[\w-]{1,63}){1,9} )
    """,
    re.VERBOSE | re.MULTILINE | re.IGNORECASE,
)
_BARE, _MAIL = 8, 9
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+:", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.,;:!?'’”»]+$")
_KEPT = "!#$%&'()*+,/:;=?@[]~"  # of an address, beside letters and digits: it may have been encoded already


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it stands in a text at `span`, and its `target` as it was written."""

    span: Span
    target: str


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a link leads: `address` is all of what is opened, `host` whose it is if that is on the web.

    For a file it is its absolute path. `refused` says why it is not opened.
    """

    address: str
    host: str = ""
    refused: str = ""

    @property
    def is_file(self) -> bool:
        """Is it a file of this machine?"""
        return os.path.isabs(self.address)


def find(text: str, start: int, end: int) -> Iterator[Link]:
    """The links that stand in `text` between two offsets, in their order; those that run over them too."""
    window = max(0, start - LONGEST), min(len(text), end + LONGEST)
    for match in _LINK.finditer(text, *window):
        target = (match[match.lastindex or 0] or "").strip()
        stop = match.end()
        if match.lastindex == _BARE:
            target = _without_sentence_end(target)
            stop = match.start() + len(target)
        elif match.lastindex == _MAIL:
            target = f"mailto:{target}"
        if target and len(target) <= LONGEST and match.start() < end and stop > start:
            yield Link(Span(match.start(), stop), target)


def _without_sentence_end(address: str) -> str:
    """`address` without the signs behind it that belong to the sentence around it."""
    while True:
        shorter = _SENTENCE_END.sub("", address)
        if shorter.endswith(")") and shorter.count(")") > shorter.count("("):
            shorter = shorter[:-1]
        if shorter == address:
            return address
        address = shorter


def destination(target: str, document: DocumentInfo) -> Destination:
    """Where a link in `document` leads, as far as the link tells.

    An address is written in ASCII, so that no letter in it passes for another.
    """
    if not target.isprintable() or "\ufffd" in target:
        return Destination(target, refused="it has characters that can't be shown")
    scheme = _SCHEME.match(target)
    kind = scheme[0].lower() if scheme else ""
    if kind in ("http:", "https:"):
        return _web(target)
    if kind == "mailto:":
        return Destination(_encoded(target))
    if kind not in ("", "file:"):
        return Destination(target, refused=f"{kind} is not opened, only http:, https:, mailto: and your documents")
    if target.startswith("#"):
        return Destination(target, refused="it leads to another place in this document")
    if document.inside:
        return Destination(target, refused=f"it leads to a file in {document.path}, not to one of its own")
    path = unquote(re.split("[#?]", target.removeprefix("file://") if kind else target, maxsplit=1)[0])
    folder = os.path.dirname(os.path.abspath(document.path))
    return Destination(os.path.normpath(os.path.join(folder, path)))


def _web(target: str) -> Destination:
    try:
        parts = urlsplit(target)
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        host = port = ""
    if not host:
        return Destination(target, refused="it is no address")
    user, at, _ = parts.netloc.rpartition("@")
    place = f"{_encoded(user)}{at}{f'[{host}]' if ':' in host else host}{port}"
    path, query, fragment = map(_encoded, (parts.path, parts.query, parts.fragment))
    return Destination(parts._replace(netloc=place, path=path, query=query, fragment=fragment).geturl(), host)


def _encoded(text: str) -> str:
    return quote(text, safe=_KEPT)


def checked(place: Destination, documents: Callable[[], list[DocumentInfo]]) -> Destination:
    """`place`, refused if it is a file that isn't one of the index's `documents`."""
    if place.refused or not place.is_file:
        return place
    if any(os.path.abspath(document.path) == place.address for document in documents() if not document.inside):
        return place
    return Destination(place.address, refused=f"{shown_path(place.address)} is not one of your documents")
