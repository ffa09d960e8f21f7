"""XML: elements are headings where there is much in them. No entity is expanded, and nothing outside is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from askdocs.loaders.metadata import language_code
from askdocs.loaders.nesting import WHOLE, Nesting, short_title
from askdocs.loaders.outline import outline
from askdocs.loaders.text import as_plain, decode
from askdocs.types import Document

_DECLARED = re.compile(rb"""\s*<\?xml[^>]{0,100}?\sencoding\s*=\s*["']([-\w.:]{1,40})["']""")
_NAMING = ("name", "title", "key", "label")
_TITLES = frozenset({"title", "name", "head", "heading", "label", "caption"})
_LONGEST_PROSE = 4000
_LONGEST_TITLE = 200
_TITLE_DEPTH = 3
_MOST_SAID = 20


def load_xml(path: str, data: bytes) -> Document:
    """An XML file; its title is its first `title` element. What is not well-formed is read as text."""
    from xml.parsers.expat import ExpatError, errors

    declared = _DECLARED.match(data)
    text, encoding = decode(data, declared[1].decode() if declared else None)
    scan = _Scan(text)
    try:
        scan.run()
    except ExpatError as exc:
        if text.strip():
            problem = errors.messages.get(exc.code, "not well-formed")
            warning = f"is not valid XML at line {exc.lineno:,} ({problem}); it was read as plain text"
            return as_plain(path, "application/xml", encoding, text, warning)
    headings, blocks = outline(text, scan.nesting.parts, WHOLE)
    return Document(path, "application/xml", encoding, text, scan.title, headings, blocks, language=scan.language)


class _Scan:
    """The elements as expat meets them; it counts in bytes of UTF-8, which become characters here."""

    def __init__(self, text: str) -> None:
        self.title: str | None = None
        self.language: str | None = None
        self.nesting = Nesting(text)
        self._text = text
        self._bytes = text.encode()
        self._is_ascii = len(self._bytes) == len(text)
        self._byte = self._character = 0  # the same place
        self._open: list[_Element] = []
        self._tag: _Element | None = None  # a start tag whose end isn't known yet

    def run(self) -> None:
        """Raises ExpatError at the first thing that is no XML."""
        from xml.parsers.expat import ParserCreate

        parser = ParserCreate("utf-8")
        parser.StartElementHandler = lambda name, attributes: self._start(name, attributes, parser.CurrentByteIndex)
        parser.EndElementHandler = lambda _: self._end(parser.CurrentByteIndex)
        parser.CharacterDataHandler = lambda words: self._words(words, parser.CurrentByteIndex)
        # With a default handler entities are told as they are written, and not expanded.
        parser.DefaultHandler = lambda words: self._words(words if words[:1] == "&" else "", parser.CurrentByteIndex)
        parser.Parse(self._bytes, True)

    def _start(self, name: str, attributes: Mapping[str, str], byte: int) -> None:
        self._settle(self._at(byte))
        local = name.rpartition(":")[2]
        if not self._open:
            self.language = language_code(attributes.get("xml:lang") or attributes.get("lang") or "")
        else:
            self._open[-1].is_leaf = False
        called = next((attributes[key] for key in _NAMING if attributes.get(key)), "")
        self._tag = _Element(local, called, attributes.get("id") or attributes.get("xml:id") or "")

    def _end(self, byte: int) -> None:
        at = self._at(byte)
        is_empty = self._tag is not None and self._text.startswith("/>", at - 2)
        self._settle(at)
        element = self._open.pop()
        end = at if is_empty else self._text.find(">", at) + 1
        said = "".join(element.said)
        if element.is_leaf and element.name in _TITLES and 0 < len(said) <= _LONGEST_TITLE:
            name = short_title(said)
            if len(self._open) <= _TITLE_DEPTH and element.name == "title":
                self.title = self.title or name or None
            self.nesting.close(end)
            self.nesting.name(name)
        else:
            if element.id:
                self.nesting.name(element.id)
            self.nesting.close(end, is_prose=element.has_text and end - element.start <= _LONGEST_PROSE)

    def _words(self, words: str, byte: int) -> None:
        self._settle(self._at(byte))
        if self._open and words.strip():
            element = self._open[-1]
            element.has_text = True
            if len(element.said) < _MOST_SAID:
                element.said.append(words)

    def _settle(self, end: int) -> None:
        """The start tag that was met last ends at `end`."""
        if self._tag:
            element, self._tag = self._tag, None
            element.start = self.nesting.open(end, f"{element.name} {element.called}".rstrip())
            self._open.append(element)

    def _at(self, byte: int) -> int:
        if self._is_ascii:
            return byte
        self._character += len(self._bytes[self._byte : byte].decode())
        self._byte = byte
        return self._character


@dataclass(slots=True)
class _Element:
    """An open element; `called` is what its attributes name it, `said` its own text as far as it matters."""

    name: str
    called: str
    id: str = ""
    start: int = 0
    is_leaf: bool = True
    has_text: bool = False
    said: list[str] = field(default_factory=list)
