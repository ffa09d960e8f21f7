"""Office files are ZIP archives of XML: looked at before anything is unpacked, and read without entities or links."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from askdocs.errors import LoadError
from askdocs.loaders.metadata import Metadata, metadata
from askdocs.loaders.zipped import Zip

_MOST_ELEMENTS = 3_000_000
_DEEPEST = 300

_PREFIXES = {
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main": "w",
    "http://purl.oclc.org/ooxml/wordprocessingml/main": "w",
    "http://schemas.openxmlformats.org/presentationml/2006/main": "p",
    "http://purl.oclc.org/ooxml/presentationml/main": "p",
    "http://schemas.openxmlformats.org/drawingml/2006/main": "a",
    "http://purl.oclc.org/ooxml/drawingml/main": "a",
    "http://schemas.openxmlformats.org/drawingml/2006/diagram": "dgm",
    "http://purl.oclc.org/ooxml/drawingml/diagram": "dgm",
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships": "r",
    "http://purl.oclc.org/ooxml/officeDocument/relationships": "r",
    "http://schemas.openxmlformats.org/officeDocument/2006/math": "m",
    "http://purl.oclc.org/ooxml/officeDocument/math": "m",
    "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc",
    "http://schemas.openxmlformats.org/package/2006/metadata/core-properties": "cp",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://www.w3.org/XML/1998/namespace": "xml",
    "urn:oasis:names:tc:opendocument:xmlns:office:1.0": "office",
    "urn:oasis:names:tc:opendocument:xmlns:text:1.0": "text",
    "urn:oasis:names:tc:opendocument:xmlns:table:1.0": "table",
    "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0": "draw",
    "urn:oasis:names:tc:opendocument:xmlns:presentation:1.0": "presentation",
    "urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0": "svg",
    "urn:oasis:names:tc:opendocument:xmlns:meta:1.0": "meta",
    "urn:oasis:names:tc:opendocument:xmlns:style:1.0": "style",
    "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0": "fo",
    "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0": "manifest",
}


@dataclass(frozen=True, slots=True)
class Relation:
    """A part that another one names; `kind` is the last piece of the relationship's type."""

    kind: str
    part: str


class Package:
    """The parts of an office file; LoadError with the reason if it is no such file, damaged, or made to do harm."""

    def __init__(self, data: bytes) -> None:
        self._archive = Zip(data, "parts")
        self._archive.refuse_bombs()
        if self._archive.is_encrypted():
            raise LoadError("is encrypted; save it without a password")

    def __contains__(self, name: str) -> bool:
        return name in self._archive.members

    def names(self, folder: str) -> list[str]:
        """The parts of XML in a folder."""
        return [name for name in self._archive.members if name.startswith(folder) and name.endswith(".xml")]

    def read(self, name: str) -> bytes:
        """The bytes of a part."""
        return self._archive.read(name)

    def xml(self, name: str) -> Element | None:
        """The root of a part with short prefixes (`w:p`), None if there is no such part."""
        return parsed(name, self.read(name)) if name in self._archive.members else None

    def optional_xml(self, name: str) -> Element | None:
        """As `xml`, None too where it can't be read: the text is elsewhere."""
        try:
            return self.xml(name)
        except LoadError:
            return None

    def relations(self, part: str) -> dict[str, Relation]:
        """What a part names by id, inside this file only; "" stands for the file itself."""
        folder, name = posixpath.split(part)
        root = self.optional_xml(posixpath.join(folder, "_rels", f"{name}.rels"))
        return {
            relation.get("Id", ""): Relation(
                relation.get("Type", "").rpartition("/")[2],
                posixpath.normpath(posixpath.join("/", folder, relation.get("Target", ""))).lstrip("/"),
            )
            for relation in (root if root is not None else ())
            if relation.get("TargetMode") != "External"
        }

    def main_part(self, usual: str) -> str:
        """The name of the part that is the document."""
        named = [relation.part for relation in self.relations("").values() if relation.kind == "officeDocument"]
        return next((part for part in named if part in self._archive.members), usual)

    def properties(self) -> Metadata:
        """What docProps/core.xml says; the date is that of the last change."""
        named = [relation.part for relation in self.relations("").values() if relation.kind == "core-properties"]
        root = self.optional_xml(named[0] if named else "docProps/core.xml")
        said = {child.tag.rpartition(":")[2]: child.text for child in (root if root is not None else ())}
        return metadata({**said, "date": said.get("modified") or said.get("created")})


def parsed(name: str, data: bytes) -> Element:
    """The root element of a part; LoadError if it is no XML, declares entities, or is too deep or large."""
    parser = XMLParser(target=_Tree(name))  # noqa: S314  document types, which declare entities, are refused
    try:
        parser.feed(data)
        root = parser.close()
    except (ParseError, ValueError, LookupError) as exc:
        raise LoadError(f"is damaged: {name} in it is no valid XML") from exc
    if not isinstance(root, Element):
        raise LoadError(f"is damaged: {name} in it is no valid XML")
    return root


def child_at(element: Element | None, path: str) -> Element | None:
    """The first child of the first child ..., by short names; ElementTree's own paths know no short ones."""
    for name in path.split("/"):
        if element is None:
            return None
        element = next((child for child in element if child.tag == name), None)
    return element


def value_at(element: Element | None, path: str) -> str:
    """What Word says by the child at a path, "" if there is none."""
    found = child_at(element, path)
    return found.get("w:val", "") if found is not None else ""


def shown(element: Element) -> Iterator[Element]:
    """The children, of alternatives the first that has any."""
    for child in element:
        if child.tag == "mc:AlternateContent":
            chosen = next((one for one in child if one.tag in ("mc:Choice", "mc:Fallback") and len(one)), None)
            if chosen is not None:
                yield from shown(chosen)
        else:
            yield child


class _Tree(TreeBuilder):
    """Shortens names, and stops at what no office program writes."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._short: dict[str, str] = {}
        self._depth = self._elements = 0

    def doctype(self, name: str, public_id: str | None, system_id: str | None) -> None:  # noqa: ARG002
        raise LoadError(f"declares a document type in {self._name}, as no office program does")

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._depth += 1
        self._elements += 1
        if self._depth > _DEEPEST:
            raise LoadError(f"is nested more than {_DEEPEST} deep in {self._name}")
        if self._elements > _MOST_ELEMENTS:
            raise LoadError(f"has more than {_MOST_ELEMENTS:,} elements in {self._name}")
        return super().start(self._shortened(tag), {self._shortened(key): value for key, value in attrs.items()})

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(self._shortened(tag))

    def _shortened(self, tag: str) -> str:
        short = self._short.get(tag)
        if short is None:
            space, brace, local = tag[1:].rpartition("}")
            short = self._short[tag] = f"{_PREFIXES.get(space, '?')}:{local}" if brace else tag
        return short
