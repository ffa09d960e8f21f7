"""EPUB books: the chapters in reading order, under the titles of their table of contents."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from html import escape, unescape
from typing import TYPE_CHECKING
from urllib.parse import unquote

from askdocs.errors import LoadError
from askdocs.loaders.html_blocks import add_blocks
from askdocs.loaders.html_content import Content
from askdocs.loaders.html_file import declared_encoding, parse
from askdocs.loaders.metadata import Metadata, iso_date, language_code, one_line
from askdocs.loaders.pieces import Pieces
from askdocs.loaders.text import decode
from askdocs.loaders.zipped import Zip
from askdocs.types import Document, Unit

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from selectolax.lexbor import LexborHTMLParser

_DEEPEST_CONTENTS = 6
_CONTAINER = "META-INF/container.xml"
_FONTS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_DOCTYPE = re.compile(r"<!DOCTYPE[^>\[]{0,1000}(?:\[[^\]]{0,100000}\][^>]{0,100})?>", re.I)
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z][A-Za-z0-9]{0,40};)")

_Contents = dict[str, list[tuple[str, str, int]]]
"""By the file that they lead to: the titles of the table of contents, with the id in that file, and their level."""


def load_epub(path: str, data: bytes) -> Document:
    """A book without copy protection; its chapters are headings, its text is that of the spine."""
    return _Book(Zip(data)).document(path)


class _Book:
    def __init__(self, archive: Zip) -> None:
        archive.refuse_bombs()
        self._archive = archive
        self._names = archive.members
        self._refuse_protection()
        if _CONTAINER not in self._names:
            raise LoadError("is no EPUB book: it lacks META-INF/container.xml")
        rootfile = next(_all(self._xml(_CONTAINER), "rootfile"), None)
        self._package_name = posixpath.normpath(unquote(rootfile.get("full-path", "") if rootfile is not None else ""))
        if self._package_name not in self._names:
            raise LoadError("is damaged: its package file is missing")
        self._package = self._xml(self._package_name)
        self._items = {item.get("id", ""): item for item in _all(self._package, "item")}

    def document(self, path: str) -> Document:
        """The book as one document."""
        pieces = Pieces()
        contents = self._contents()
        missing = 0
        unread: list[str] = []
        level = 1
        for name in self._spine():
            if name not in self._names:
                missing += 1
                continue
            try:
                page = self._page(name)
            except LoadError as exc:
                unread.append(f"{posixpath.basename(name)} {exc}")
                continue
            entries = contents.get(name, [])
            titles: dict[str, list[tuple[str, int]]] = {}
            first = True
            for title, anchor, depth in entries:
                if not anchor or (first and page.css_first(f'[id="{_css(anchor)}"]') is None):
                    pieces.expect(title, depth)
                else:
                    titles.setdefault(anchor, []).append((title, depth))
                first = False
                level = depth
            if not entries:
                pieces.leave(level)
            if page.body is not None:
                add_blocks(pieces, Content(page.body, whole=True), titles)
            pieces.leave(level)
        if unread and not pieces.blocks:
            raise LoadError(f"has no chapter that can be read: {unread[0]}")
        lacking = (missing, "missing in it"), (len(unread), f"not read ({', '.join(unread[:1])})")
        warning = "; ".join(
            f"{count:,} {'chapter is' if count == 1 else 'chapters are'} {what}" for count, what in lacking if count
        )
        about = self._said()
        return pieces.document(
            path, "application/epub+zip", Unit.PARAGRAPHS, about, title=about.title, warning=warning or None
        )

    def _said(self) -> Metadata:
        """What the package says of the book."""
        names = ("title", "creator", "date", "language", "subject")
        said = {name: [_text(element) for element in _all(self._package, name)] for name in names}
        return Metadata(
            title=next(filter(None, said["title"]), None),
            author=", ".join(filter(None, said["creator"])) or None,
            date=next(filter(None, map(iso_date, said["date"])), None),
            tags=tuple(dict.fromkeys(filter(None, said["subject"]))),
            language=next(filter(None, map(language_code, said["language"])), None),
        )

    def _page(self, name: str) -> LexborHTMLParser:
        data = self._archive.read(name)
        return parse(decode(data, declared_encoding(data))[0])

    def _refuse_protection(self) -> None:
        """LoadError if there is more than fonts that can't be read."""
        protected = "META-INF/rights.xml" in self._names
        if "META-INF/encryption.xml" in self._names:
            methods = _all(self._xml("META-INF/encryption.xml"), "EncryptionMethod")
            protected |= not all(method.get("Algorithm") in _FONTS for method in methods)
        if protected or self._archive.is_encrypted():
            raise LoadError("is copy-protected (DRM); only books without protection can be read")

    def _spine(self) -> Iterator[str]:
        """The files of the chapters in reading order, each once, without tables of contents."""
        seen: set[str] = set()
        for reference in _all(self._package, "itemref"):
            item = self._items.get(reference.get("idref", ""))
            if item is None or "nav" in item.get("properties", "").split():
                continue
            if "html" not in item.get("media-type", "html"):
                continue
            name = _beside(self._package_name, item.get("href", ""))[0]
            if name not in seen:
                seen.add(name)
                yield name

    def _contents(self) -> _Contents:
        """The titles in the table of contents: that of EPUB 3, else that of EPUB 2."""
        contents: _Contents = {}
        for item in self._items.values():
            is_nav = "nav" in item.get("properties", "").split()
            name = _beside(self._package_name, item.get("href", ""))[0]
            if name not in self._names or not (is_nav or "dtbncx" in item.get("media-type", "")):
                continue
            found: _Contents = {}
            for title, href, depth in self._nav(name) if is_nav else self._ncx(name):
                file, anchor = _beside(name, href)
                if title:
                    found.setdefault(file, []).append((title, anchor, min(depth, _DEEPEST_CONTENTS)))
            if found and (is_nav or not contents):
                contents = found
        return contents

    def _nav(self, name: str) -> Iterator[tuple[str, str, int]]:
        tables = self._page(name).css("nav")
        table = next((nav for nav in tables if (nav.attributes.get("epub:type") or "toc") == "toc"), None)
        for link in table.css("a[href]") if table is not None else ():
            depth, above = 0, link.parent
            while above is not None and above.tag != "nav":
                depth += above.tag in ("ol", "ul")
                above = above.parent
            yield one_line(link.text()), link.attributes.get("href") or "", max(1, depth)

    def _ncx(self, name: str) -> Iterator[tuple[str, str, int]]:
        table = next(_all(self._xml(name), "navMap"), None)
        stack = [(point, 1) for point in reversed(list(_children(table, "navPoint")))]
        while stack:
            point, depth = stack.pop()
            label = next(_children(point, "navLabel"), None)
            content = next(_children(point, "content"), None)
            yield _text(label), content.get("src", "") if content is not None else "", depth
            stack += [(inner, depth + 1) for inner in reversed(list(_children(point, "navPoint")))]

    def _xml(self, name: str) -> Element:
        """The elements of an XML member. What its DTD would define is not there: no entity is expanded."""
        from xml.etree import ElementTree

        text = _DOCTYPE.sub("", decode(self._archive.read(name))[0], count=1)
        if "<!ENTITY" in text:
            raise LoadError(f"defines entities in {posixpath.basename(name)}, which are not read")
        try:
            return ElementTree.fromstring(_ENTITY.sub(lambda found: escape(unescape(found[0])), text).lstrip())  # noqa: S314
        except ElementTree.ParseError as exc:
            raise LoadError(f"is damaged: {posixpath.basename(name)} is not well-formed XML") from exc


def _beside(name: str, reference: str) -> tuple[str, str]:
    """The member, and the id in it, that `reference` in the member `name` leads to."""
    file, _, anchor = reference.partition("#")
    joined = posixpath.join(posixpath.dirname(name), unquote(file)) if file else name
    return posixpath.normpath(joined).lstrip("/"), unquote(anchor)


def _all(element: Element, name: str) -> Iterator[Element]:
    """The elements of that name, in any namespace."""
    return (inner for inner in element.iter() if inner.tag.rpartition("}")[2] == name)


def _children(element: Element | None, name: str) -> Iterator[Element]:
    return (inner for inner in element if inner.tag.rpartition("}")[2] == name) if element is not None else iter(())


def _text(element: Element | None) -> str:
    return one_line(" ".join(element.itertext())) if element is not None else ""


def _css(anchor: str) -> str:
    return anchor.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
