"""Source code: whole functions where they fit, under the names of what they are in.

Where definitions begin is told by how their lines look, and where they end by indentation, which nearly all code has:
that takes no grammar, is the same for all languages, and half-written code is read as well.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from enum import IntEnum

from askdocs.loaders.languages import STATEMENTS, TYPES, Language
from askdocs.loaders.outline import DEEPEST, Part, outline
from askdocs.loaders.text import decode
from askdocs.types import Document

WHOLE = 800
"""Characters; a longer definition is taken apart into those in it, or at its blank lines."""

_LINE_END = re.compile(r"\r\n|\r|\n")
_CODING = re.compile(rb"^(?:[^\r\n]*\r?\n)?[ \t\f]*#.{0,80}?coding[:=][ \t]*([-\w.]+)")
_CALLABLE = re.compile(r"(?:[\w$<>\[\],.*&:?@ \t-]*[ \t*&>\]])?(?P<name>~?[\w$:]+)[ \t]*\(")
_FIRST_WORD = re.compile(r"[ \t]*(\w*)")
_BODY = re.compile(r"[{;]")
_HEREDOC = re.compile(r"<<[-~<]?[ \t]*(['\"]?)([A-Za-z_]\w*)\1")
_LOOKED_AT = 300
_HEADER = 800
_TAB = 4


def load_code(language: Language, path: str, data: bytes) -> Document:
    """A file of source code; its headings are classes, functions and the like."""
    coding = _CODING.match(data)
    text, encoding = decode(data, coding[1].decode() if coding else None)
    headings, blocks = outline(text, _Scanner(text, language).parts(), WHOLE)
    return Document(
        path=path,
        media_type=language.media_type,
        encoding=encoding,
        text=text,
        title=None,
        headings=headings,
        blocks=blocks,
    )


class _Line(IntEnum):
    CODE = 0
    BLANK = 1
    COMMENT = 2
    WITHIN = 3  # a comment or string that began on a line before


@dataclass(slots=True)
class _Definition:
    """One whose end hasn't been seen; all by line numbers."""

    part: Part
    indent: int
    first: int
    last: int


class _Scanner:
    def __init__(self, text: str, language: Language) -> None:
        self._text = text
        self._language = language
        self._ignored = re.compile(language.ignored)
        self._definition = re.compile(language.definition, language.flags) if language.definition else None
        self._decorator = re.compile(language.decorator, language.flags) if language.decorator else None
        self._closing = re.compile(language.closing)
        self._starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
        self._ends = [*self._starts[1:], len(text)]
        self._kinds = self._line_kinds()

    def parts(self) -> list[Part]:
        """The definitions, each with those in it; of one line only there are too many to matter."""
        found: list[Part] = []
        if self._definition is None:
            return found
        open_: list[_Definition] = []
        closed = -1  # the last line of those that are done

        def close() -> None:
            nonlocal closed
            done = open_.pop()
            done.part.end = self._ends[done.last]
            closed = max(closed, done.last)
            if open_:
                open_[-1].last = max(open_[-1].last, done.last)
            if done.last > done.first:
                (open_[-1].part.parts if open_ else found).append(done.part)

        leading: int | None = None  # the first line of comments and decorators that stand above a definition
        decorated = False
        for number, kind in enumerate(self._kinds):
            if kind is _Line.WITHIN:
                if open_ and open_[-1].last == number - 1:  # what began there belongs to it
                    open_[-1].last = number
                continue
            if kind is _Line.BLANK:
                leading, decorated = None, False
                continue
            indent = self._indent(number)
            if kind is _Line.COMMENT:
                if leading is None or (self._indent(leading) != indent and not decorated):
                    leading, decorated = number, False
                if open_ and indent > open_[-1].indent and not self._language.flat:
                    open_[-1].last = number
                continue
            title = self._title(number, open_)
            closing = not title and self._is_closing(number)
            while open_ and (title or not self._language.flat) and open_[-1].indent >= indent:
                if closing and open_[-1].indent == indent:
                    open_[-1].last = number
                    if self._goes_on(number):
                        break
                    close()
                    break
                if open_[-1].indent == indent and self._is_around(open_[-1]):
                    break
                close()
            if open_ and (open_[-1].indent < indent or self._language.flat or self._is_around(open_[-1])):
                open_[-1].last = number
            if title:
                leads = leading is not None and leading > closed and self._indent(leading) == indent
                first = leading if leads and leading is not None else number
                part = Part(self._starts[first], self._ends[number], 0, title, named=True)
                leading, decorated = None, False
                if len(open_) < DEEPEST:
                    open_.append(_Definition(part, indent, first, number))
            elif self._decorator and self._decorator.match(self._text, self._starts[number]):
                leading = number if leading is None else leading
                decorated = True
            elif not decorated or not (closing or indent > self._indent(leading or 0)):
                leading, decorated = None, False
        while open_:
            close()
        return found

    def _line_kinds(self) -> list[_Line]:
        kinds = [
            _Line.CODE if self._text[start:end].strip() else _Line.BLANK
            for start, end in zip(self._starts, self._ends, strict=True)
        ]
        for match in self._ignored.finditer(self._text):
            first = bisect_right(self._starts, match.start()) - 1
            last = bisect_right(self._starts, match.end() - 1) - 1
            if "c" in match.re.groupindex and match["c"] is not None:
                alone = not self._text[self._starts[first] : match.start()].strip()
                if alone and not self._text[match.end() : self._ends[last]].strip():
                    kinds[first] = _Line.COMMENT
            for number in range(first + 1, last + 1):
                kinds[number] = _Line.WITHIN
        if self._language.heredocs:
            self._mark_heredocs(kinds)
        return kinds

    def _mark_heredocs(self, kinds: list[_Line]) -> None:
        word, first = "", 0
        for number, (start, end) in enumerate(zip(self._starts, self._ends, strict=True)):
            if word:
                if self._text[start:end].strip().rstrip(";)") == word:
                    kinds[first : number + 1] = [_Line.WITHIN] * (number + 1 - first)
                    word = ""
            elif kinds[number] is _Line.CODE and (match := _HEREDOC.search(self._text, start, end)):
                word, first = match[2], number + 1

    def _indent(self, number: int) -> int:
        indent = 0
        for at in range(self._starts[number], self._ends[number]):
            character = self._text[at]
            if character == "\t":
                indent += _TAB - indent % _TAB
            elif character == " ":
                indent += 1
            else:
                break
        return indent

    def _title(self, number: int, open_: list[_Definition]) -> str:
        """What a line defines, "" if nothing."""
        language, start = self._language, self._starts[number]
        end = min(self._ends[number], start + _LOOKED_AT)
        while end > start and self._text[end - 1] in "\r\n":
            end -= 1
        if language.callables and (title := self._callable(start, end, open_)):
            return title
        match = self._definition.match(self._text, start, end) if self._definition else None
        if match is None:
            return ""
        return " ".join(" ".join(filter(None, match.groups())).split())

    def _callable(self, start: int, end: int, open_: list[_Definition]) -> str:
        """A function that no word announces: a name, brackets, and a brace before any semicolon."""
        match = _CALLABLE.match(self._text, start, end)
        if match is None or match["name"] in STATEMENTS:
            return ""
        first = _FIRST_WORD.match(self._text, start, end)
        if first and first[1] in STATEMENTS:
            return ""
        in_type = bool(open_) and open_[-1].part.title.split(" ")[0] in TYPES
        if not in_type and (open_ or not self._language.callables_anywhere):
            return ""
        header = self._ignored.sub("", self._text[match.end() : match.end() + _HEADER])
        body = _BODY.search(header)
        return f"{match['name']}()" if body and body[0] == "{" else ""

    def _is_around(self, definition: _Definition) -> bool:
        """Whether what is in a definition is often not indented: that of a namespace."""
        if not definition.part.title.startswith("namespace "):
            return False
        return "}" not in self._text[self._starts[definition.first] : definition.part.head]

    def _is_closing(self, number: int) -> bool:
        line = self._text[self._starts[number] : min(self._ends[number], self._starts[number] + _LOOKED_AT)]
        return self._closing.match(line.strip()) is not None

    def _goes_on(self, number: int) -> bool:
        """Whether a definition goes on after a line that starts as its last one would."""
        line = self._text[self._starts[number] : self._ends[number]].strip()
        if line[0] not in ")]}" and not line.lower().startswith(("end", "@end")):
            return True
        if line.endswith(("{", "(", "[", ":", ",", "->", "=>")):
            return True
        after = number + 1
        return after < len(self._starts) and self._text[self._starts[after] : self._ends[after]].strip() == "{"
