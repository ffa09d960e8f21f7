"""PowerPoint presentations: slides under their titles, with tables, diagrams and notes."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from askdocs.errors import LoadError
from askdocs.loaders import sniffing
from askdocs.loaders.canonical import Canonical, table_lines
from askdocs.loaders.office import Package, Relation, child_at, shown
from askdocs.loaders.slides import Shape, add_slide
from askdocs.types import BlockKind, Document, Unit

_MOST_SLIDES = 10_000
_TITLES = frozenset({"title", "ctrTitle"})
_NO_TEXT = frozenset({"dt", "ftr", "sldNum", "hdr"})
"""Placeholders for what stands on every slide."""

_BODY = frozenset({"", "body", "obj"})
_NO_TITLE = "PowerPoint Presentation"
"""What PowerPoint calls one without a title."""

_Box = tuple[int, int, int, int]
_Boxes = dict[tuple[str, str], _Box]


def load_pptx(path: str, data: bytes) -> Document:
    """A presentation, its places the slides; its title is that of the properties, else that of the first slide."""
    package = Package(data)
    part = package.main_part("ppt/presentation.xml")
    root = package.xml(part)
    slides = child_at(root, "p:sldIdLst")
    if root is None or root.tag != "p:presentation":
        raise LoadError("is no PowerPoint presentation: it has no list of slides")
    relations = package.relations(part)
    ids = [slide.get("r:id", "") for slide in (slides if slides is not None else ())]
    if len(ids) > _MOST_SLIDES:
        raise LoadError(f"has {len(ids):,} slides; at most {_MOST_SLIDES:,} are read")
    canonical = Canonical()
    titles: list[str] = []
    missing = []
    layouts: dict[str, _Boxes] = {}
    for number, id_ in enumerate(ids, start=1):
        if id_ not in relations or relations[id_].part not in package:
            missing.append(number)
            continue
        slide = _Slide(package, relations[id_].part, layouts)
        title = add_slide(canonical, number, list(slide.shapes()), slide.notes())
        titles += [title] if title else []
    about = package.properties()
    return canonical.document(
        path,
        sniffing.PPTX,
        Unit.SLIDES,
        about,
        title=next((title for title in (about.title, *titles) if title and title != _NO_TITLE), None),
        warning=f"lacks {len(missing):,} of its {len(ids):,} slides" if missing else None,
    )


class _Slide:
    def __init__(self, package: Package, part: str, layouts: dict[str, _Boxes]) -> None:
        """`layouts` are those that were read for other slides."""
        self._package = package
        self._root = package.xml(part)
        self._relations = package.relations(part)
        layout = next((one.part for one in self._relations.values() if one.kind == "slideLayout"), "")
        if layout not in layouts:
            layouts[layout] = self._placeholder_boxes(layout)
        self._layout = layouts[layout]

    def shapes(self) -> Iterator[Shape]:
        """The shapes that have text."""
        tree = child_at(self._root, "p:cSld/p:spTree")
        for shape in self._read(tree, _unmoved) if tree is not None else ():
            if any(line.strip() for _, line in shape.lines):
                yield shape

    def notes(self) -> list[str]:
        """The paragraphs of its notes page, without what that has of the slide itself."""
        root = self._related("notesSlide")
        tree = child_at(root, "p:cSld/p:spTree")
        return [
            line
            for shape in (tree if tree is not None else ())
            if shape.tag == "p:sp" and _placeholder(shape)[0] == "body"
            for _, line in _paragraphs(shape)
        ]

    def _read(self, holder: Element, moved: _Move) -> Iterator[Shape]:
        for child in shown(holder):
            if child.tag == "p:grpSp":
                yield from self._read(child, _Move.of(child, moved))
            elif child.tag == "p:sp":
                kind, index = _placeholder(child)
                if kind not in _NO_TEXT:
                    own = moved.box(child_at(child, "p:spPr/a:xfrm"))
                    box = own or self._layout.get(("", index)) or self._layout.get((kind, ""))
                    in_list = kind in _BODY and child_at(child, "p:nvSpPr/p:nvPr/p:ph") is not None
                    yield Shape(tuple(_paragraphs(child, in_list=in_list)), box, kind in _TITLES)
            elif child.tag == "p:graphicFrame":
                yield Shape(tuple(self._frame(child)), moved.box(child_at(child, "p:xfrm")))

    def _frame(self, frame: Element) -> Iterator[tuple[BlockKind, str]]:
        """The rows of a table, or the texts of a diagram."""
        data = child_at(frame, "a:graphic/a:graphicData")
        table = child_at(data, "a:tbl")
        if table is not None:
            properties = child_at(table, "a:tblPr")
            flagged = properties is not None and properties.get("firstRow") in ("1", "true")
            rows = [
                [None if cell.get("vMerge") in ("1", "true") else _flat(cell) for cell in row if cell.tag == "a:tc"]
                for row in table
                if row.tag == "a:tr"
            ]
            for line in table_lines(rows, header=True if flagged else None):
                yield BlockKind.TABLE, line
        for ids in data if data is not None else ():
            diagram = self._relations.get(ids.get("r:dm", "")) if ids.tag == "dgm:relIds" else None
            root = self._package.optional_xml(diagram.part) if diagram else None
            for point in root.iter("dgm:t") if root is not None else ():
                yield from _paragraphs(point, in_list=True)

    def _placeholder_boxes(self, layout: str) -> _Boxes:
        """Where the layout and its master put the placeholders, by index and by kind."""
        boxes: _Boxes = {}
        above = self._package.relations(layout).values() if layout else ()
        master = next((one.part for one in above if one.kind == "slideMaster"), "")
        for part in (layout, master):
            root = self._package.optional_xml(part)
            tree = child_at(root, "p:cSld/p:spTree")
            for shape in tree if tree is not None else ():
                box = _unmoved.box(child_at(shape, "p:spPr/a:xfrm"))
                if box and child_at(shape, "p:nvSpPr/p:nvPr/p:ph") is not None:
                    kind, index = _placeholder(shape)
                    if part == layout and index:
                        boxes.setdefault(("", index), box)
                    boxes.setdefault((kind, ""), box)
        return boxes

    def _related(self, kind: str) -> Element | None:
        relation: Relation | None = next((one for one in self._relations.values() if one.kind == kind), None)
        return self._package.optional_xml(relation.part) if relation else None


class _Move:
    """Where what is in a group stands on the slide."""

    def __init__(self, scale_x: float, scale_y: float, x: float, y: float) -> None:
        self._scale_x, self._scale_y, self._x, self._y = scale_x, scale_y, x, y

    @classmethod
    def of(cls, group: Element, moved: _Move) -> _Move:
        """That of the members of `group`, which is itself moved."""
        frame = child_at(group, "p:grpSpPr/a:xfrm")
        outer = moved.box(frame)
        inner = _box(frame, "a:chOff", "a:chExt")
        if outer is None or inner is None:
            return moved
        scale_x = (outer[2] - outer[0]) / max(inner[2] - inner[0], 1)
        scale_y = (outer[3] - outer[1]) / max(inner[3] - inner[1], 1)
        return cls(scale_x, scale_y, outer[0] - inner[0] * scale_x, outer[1] - inner[1] * scale_y)

    def box(self, frame: Element | None) -> _Box | None:
        """Left, top, right and bottom on the slide."""
        box = _box(frame, "a:off", "a:ext")
        if box is None:
            return None
        left, right = (int(x * self._scale_x + self._x) for x in (box[0], box[2]))
        top, bottom = (int(y * self._scale_y + self._y) for y in (box[1], box[3]))
        return left, top, right, bottom


_unmoved = _Move(1, 1, 0, 0)


def _box(frame: Element | None, offset: str, extent: str) -> _Box | None:
    at, size = child_at(frame, offset), child_at(frame, extent)
    if at is None or size is None:
        return None
    try:
        x, y, width, height = (
            int(value) for value in (at.get("x", ""), at.get("y", ""), size.get("cx", ""), size.get("cy", ""))
        )
    except ValueError:
        return None
    return (x, y, x + width, y + height) if max(map(abs, (x, y, width, height))) < 1 << 40 else None


def _placeholder(shape: Element) -> tuple[str, str]:
    """Kind and index of the placeholder that a shape fills."""
    found = child_at(shape, "p:nvSpPr/p:nvPr/p:ph")
    return (found.get("type", ""), found.get("idx", "")) if found is not None else ("", "")


def _paragraphs(shape: Element, *, in_list: bool = False) -> Iterator[tuple[BlockKind, str]]:
    """The paragraphs of a shape that aren't blank; several in a placeholder, and those with a bullet, are a list."""
    paragraphs = [
        (_text(paragraph), child_at(paragraph, "a:pPr"))
        for body in (shape, *shape)
        if body.tag in ("p:txBody", "a:txBody", "dgm:t")
        for paragraph in body
        if paragraph.tag == "a:p"
    ]
    paragraphs = [(text, properties) for text, properties in paragraphs if text.strip()]
    for text, properties in paragraphs:
        marks = {child.tag for child in properties} if properties is not None else set()
        is_item = "a:buNone" not in marks and (
            bool(marks & {"a:buChar", "a:buAutoNum", "a:buBlip"}) or (in_list and len(paragraphs) > 1)
        )
        line = " ".join(text.split("\n")) if is_item else text
        yield (BlockKind.LIST, f"- {line}") if is_item else (BlockKind.PARAGRAPH, line)


def _text(element: Element) -> str:
    pieces = []
    for child in shown(element):
        if child.tag in ("a:t", "m:t"):
            pieces.append(child.text or "")
        elif child.tag == "a:br":
            pieces.append("\n")
        elif child.tag == "a:tab":
            pieces.append("\t")
        else:
            pieces.append(_text(child))
    return "".join(pieces)


def _flat(cell: Element) -> str:
    """The text of a cell in one line."""
    return " ".join(" ".join(line for _, line in _paragraphs(cell)).split())
