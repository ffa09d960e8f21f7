"""YAML: keys are headings where there is much below them. Neither objects nor what aliases stand for are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from askdocs.loaders.nesting import WHOLE, Nesting, short_title
from askdocs.loaders.outline import outline
from askdocs.loaders.text import as_plain, decode
from askdocs.types import Document

if TYPE_CHECKING:
    import yaml

_NAMES = frozenset({"name", "title", "id", "key"})
_MOST_OPEN = 1000


def load_yaml(path: str, data: bytes) -> Document:
    """A YAML file; its title is what its outermost mapping calls its title or name. Invalid, it is read as text."""
    import yaml

    text, encoding = decode(data)
    try:
        scan = _scan(text)
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        where = f" at line {mark.line + 1:,}" if mark else ""
        warning = f"is not valid YAML{where}; it was read as plain text"
        return as_plain(path, "application/yaml", encoding, text, warning)
    headings, blocks = outline(text, scan.nesting.parts, WHOLE)
    return Document(path, "application/yaml", encoding, text, scan.title, headings, blocks)


@dataclass(slots=True)
class _Open:
    """A collection that is being read; `key` is the last of a mapping, whose value comes next if there is one."""

    is_mapping: bool
    is_flow: bool
    key: str | None = None
    has_key: bool = False


class _Scan:
    def __init__(self, text: str) -> None:
        self.text = text
        self.nesting = Nesting(text)
        self.title: str | None = None
        self.open: list[_Open] = []


def _scan(text: str) -> _Scan:
    import yaml

    scan = _Scan(text)
    loader = getattr(yaml, "CLoader", yaml.Loader)  # only its parser runs, which makes no objects
    for event in yaml.parse(text, loader):
        if isinstance(event, yaml.CollectionStartEvent):
            _start(scan, event, isinstance(event, yaml.MappingStartEvent))
            if len(scan.open) > _MOST_OPEN:
                raise yaml.YAMLError("too deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            ended = scan.open.pop()
            scan.nesting.close(event.end_mark.index if ended.is_flow else 0)
            _value_ended(scan)
        elif isinstance(event, yaml.ScalarEvent | yaml.AliasEvent):
            _scalar(scan, event, event.value if isinstance(event, yaml.ScalarEvent) else "*" + str(event.anchor))
    return scan


def _start(scan: _Scan, event: yaml.CollectionStartEvent, is_mapping: bool) -> None:
    around = scan.open[-1] if scan.open else None
    start: int = event.start_mark.index
    title: str | None = ""
    if around and around.is_mapping:
        title = around.key or ""
    elif around:
        title = None
    scan.nesting.open(start + 1 if event.flow_style else start, title)
    scan.open.append(_Open(is_mapping, bool(event.flow_style)))


def _scalar(scan: _Scan, event: yaml.Event, value: str) -> None:
    around = scan.open[-1] if scan.open else None
    if around and around.is_mapping and not around.has_key:
        around.key, around.has_key = value, True
        return
    start, end = event.start_mark.index, event.end_mark.index
    written = scan.text[start:end]
    scan.nesting.value(start + len(written.rstrip()))
    if around and around.is_mapping and len(value) < 200:
        if len(scan.open) == 1 and around.key in ("title", "name"):
            scan.title = scan.title or short_title(value) or None
        elif around.key in _NAMES and len(scan.open) > 1 and not scan.open[-2].is_mapping:
            scan.nesting.name(value)
    _value_ended(scan)


def _value_ended(scan: _Scan) -> None:
    """What just ended was a value, or a key that is no scalar."""
    if scan.open and scan.open[-1].is_mapping:
        around = scan.open[-1]
        around.key, around.has_key = (None, False) if around.has_key else (None, True)
