"""What the styles and the numbering of a Word document make of its paragraphs: headings and items of lists."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from askdocs.loaders.canonical import numeral, whole_number
from askdocs.loaders.metadata import language_code
from askdocs.loaders.office import child_at, value_at

_MOST_INHERITED = 20
_DEEPEST_LIST = 9
_HEADING = re.compile(r"heading ([1-9])$", re.I)
_FIELD = re.compile(r"%([1-9])")
_FORMS = {"lowerLetter": "a", "upperLetter": "A", "lowerRoman": "i", "upperRoman": "I"}


@dataclass(frozen=True, slots=True)
class _Style:
    name: str
    based_on: str
    outline_level: str
    number_id: str
    number_depth: str


class Styles:
    """The paragraph styles by id."""

    def __init__(self, root: Element | None) -> None:
        self._styles: dict[str, _Style] = {}
        self._default = ""
        self.language: str | None = None
        if root is None:
            return
        language = child_at(root, "w:docDefaults/w:rPrDefault/w:rPr/w:lang")
        self.language = language_code(language.get("w:val", "")) if language is not None else None
        for style in root.iter("w:style"):
            self._styles[style.get("w:styleId", "")] = _Style(
                name=value_at(style, "w:name"),
                based_on=value_at(style, "w:basedOn"),
                outline_level=value_at(style, "w:pPr/w:outlineLvl"),
                number_id=value_at(style, "w:pPr/w:numPr/w:numId"),
                number_depth=value_at(style, "w:pPr/w:numPr/w:ilvl"),
            )

    def level(self, style: str, own: str) -> int:
        """The level of a heading from 1, 0 for other paragraphs; `own` is the outline level that it states itself."""
        if own.isascii() and own.isdigit():
            return int(own[:2]) + 1 if int(own[:2]) < _DEEPEST_LIST else 0
        for one in self._chain(style):
            if match := _HEADING.match(one.name):
                return int(match[1])
            if one.name.lower() == "title":
                return 1
            if one.outline_level in tuple("012345678"):
                return int(one.outline_level) + 1
        return 0

    def is_title(self, style: str) -> bool:
        return any(one.name.lower() == "title" for one in self._chain(style))

    def is_contents(self, style: str) -> bool:
        """Whether it is a line of a table of contents."""
        return any(re.match(r"toc \d", one.name, re.I) for one in self._chain(style))

    def numbering(self, style: str) -> tuple[str, str]:
        """The id of the list and the depth in it that a style has."""
        for one in self._chain(style):
            if one.number_id or one.number_depth:
                number_id = next((base.number_id for base in self._chain(style) if base.number_id), "")
                return number_id, one.number_depth
        return "", ""

    def _chain(self, style: str) -> list[_Style]:
        """The style and those that it is based on."""
        chain: list[_Style] = []
        while style in self._styles and len(chain) < _MOST_INHERITED:
            chain.append(self._styles[style])
            style = chain[-1].based_on
        return chain


@dataclass(frozen=True, slots=True)
class _Level:
    format: str
    text: str
    start: int


class Numbering:
    """The lists of a document, counted as its paragraphs are met."""

    def __init__(self, root: Element | None) -> None:
        self._lists: dict[str, tuple[str, dict[int, _Level]]] = {}
        self._counts: dict[str, list[int | None]] = {}  # None where none has been met yet
        self._restarts: dict[tuple[str, int], int] = {}  # lists that are counted with others, but begin again
        if root is None:
            return
        kinds = {
            kind.get("w:abstractNumId", ""): {
                whole_number(level.get("w:ilvl", ""), 0): _Level(
                    value_at(level, "w:numFmt") or "decimal",
                    value_at(level, "w:lvlText"),
                    whole_number(value_at(level, "w:start"), 1),
                )
                for level in kind.iter("w:lvl")
            }
            for kind in root.iter("w:abstractNum")
        }
        of_style = {
            value_at(kind, "w:styleLink"): kind.get("w:abstractNumId", "") for kind in root.iter("w:abstractNum")
        }
        elsewhere = {  # lists that have the levels of a style
            kind.get("w:abstractNumId", ""): of_style.get(value_at(kind, "w:numStyleLink"), "")
            for kind in root.iter("w:abstractNum")
            if value_at(kind, "w:numStyleLink")
        }
        for one in root.iter("w:num"):
            id_, kind = one.get("w:numId", ""), value_at(one, "w:abstractNumId")
            kind = elsewhere.get(kind) or kind
            self._lists[id_] = (kind, kinds.get(kind, {}))
            for override in one.iter("w:lvlOverride"):
                if child_at(override, "w:startOverride") is not None:
                    at = whole_number(override.get("w:ilvl", ""), 0)
                    self._restarts[id_, at] = whole_number(value_at(override, "w:startOverride"), 1)

    def label(self, id_: str, depth: str) -> str:
        """What stands before an item: `-` for a bullet, `2.`, `(a)`; "" if the paragraph is none."""
        if id_ not in self._lists:
            return ""
        kind, levels = self._lists[id_]
        at = min(whole_number(depth, 0), _DEEPEST_LIST - 1)
        level = levels.get(at)
        if level is None or level.format == "bullet":
            return "-"
        counts = self._counts.setdefault(kind, [None] * _DEEPEST_LIST)
        before, begins = counts[at], self._restarts.pop((id_, at), None)
        counts[at] = begins if begins is not None else level.start if before is None else before + 1
        counts[at + 1 :] = [None] * (_DEEPEST_LIST - at - 1)

        def count(match: re.Match[str]) -> str:
            which = int(match[1]) - 1
            of, number = levels.get(which, level), counts[which]
            return numeral(of.start if number is None else number, _FORMS.get(of.format, "1"))

        return "" if level.format == "none" else _FIELD.sub(count, level.text).strip()
