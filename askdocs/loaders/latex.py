"""LaTeX, line by line: sections, lists, tables and listings; its macros are not run."""

from __future__ import annotations

import re

from askdocs.loaders.markup import Lines, markup_blocks
from askdocs.loaders.metadata import iso_date
from askdocs.loaders.text import decode
from askdocs.types import BlockKind, Document, Heading

_LEVELS = {
    name: level + 1
    for level, name in enumerate(
        ["part", "chapter", "section", "subsection", "subsubsection", "paragraph", "subparagraph"],
    )
}
_FRAME_LEVEL = _LEVELS["subsubsection"]
_SECTION = re.compile(rf"[ \t]*\\({'|'.join(_LEVELS)})\*?[ \t]*(?:\[[^\]]*\][ \t]*)?(?=\{{)")
_FRAME = re.compile(r"[ \t]*(?:\\begin\{frame\}(?:<[^>]*>)?(?:\[[^\]]*\])?|\\frametitle(?:<[^>]*>)?)(?=\{)")
_BEGIN = re.compile(r"[ \t]*\\begin\{([A-Za-z]+)\*?\}")
_ITEM = re.compile(r"[ \t]*\\item\b")
_KINDS = {
    name: kind
    for kind, names in (
        (
            BlockKind.CODE,
            "verbatim Verbatim lstlisting minted alltt comment Shaded Highlighting tikzpicture filecontents",
        ),
        (BlockKind.LIST, "itemize enumerate description thebibliography"),
        (BlockKind.TABLE, "table tabular tabularx longtable tabulary array"),
    )
    for name in names.split()
}
_BABEL = re.compile(r"\\(?:usepackage\[([^\]]*)\]\{babel\}|set(?:main|default)language(?:\[[^\]]*\])?\{([a-z]+)\})")
_LANGUAGES = {
    name: code
    for code, names in {
        "ar": "arabic", "cs": "czech", "da": "danish", "de": "german ngerman austrian naustrian swissgerman",
        "el": "greek", "en": "english american british UKenglish USenglish", "es": "spanish", "fi": "finnish",
        "fr": "french francais", "he": "hebrew", "hu": "hungarian magyar", "it": "italian", "ja": "japanese",
        "nl": "dutch", "no": "norsk nynorsk", "pl": "polish", "pt": "portuguese brazilian", "ro": "romanian",
        "ru": "russian", "sv": "swedish", "tr": "turkish", "uk": "ukrainian", "zh": "chinese",
    }.items()
    for name in names.split()
}  # fmt: skip
_TWICE = re.compile(r"\\texorpdfstring[ \t]*(?=\{)")
_FOOTNOTE = re.compile(r"\\(?:thanks|footnote|label|inst|orcid|email)\*?\{[^{}]*\}")
_COMMAND = re.compile(r"\\(?:[A-Za-z@]+\*?[ \t]?|\\(?:\[[^\]]*\])?|[,;:! ])")
_COMMENT = re.compile(r"(?<!\\)%[^\r\n]*")
_LONGEST_ARGUMENT = 2000
_PREAMBLE = 100_000


def load_latex(path: str, data: bytes) -> Document:
    """A LaTeX file; title, author and date are what it gives for its title page."""
    text, encoding = decode(data)
    scanner = _Scanner(Lines(text))
    blocks = markup_blocks(scanner.lines, scanner.special, interrupts=True, item=_ITEM)
    head = _COMMENT.sub("", text[:_PREAMBLE])
    return Document(
        path=path,
        media_type="text/x-tex",
        encoding=encoding,
        text=text,
        title=_said(head, "title") or None,
        headings=tuple(scanner.headings),
        blocks=blocks,
        author=_said(head, "author") or None,
        date=iso_date(_said(head, "date")),
        tags=tuple(tag for tag in (name.strip() for name in re.split("[,;]", _said(head, "keywords"))) if tag),
        language=_language(head),
    )


class _Scanner:
    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.headings: list[Heading] = []
        self._seen = -1  # the last line at which a heading was found
        self._endless: dict[str, int] = {}  # environments that don't end from a line on

    def special(self, at: int) -> tuple[BlockKind, int] | None:
        line = self.lines[at]
        if "\\" not in line:
            return None
        if match := _SECTION.match(line) or _FRAME.match(line):
            return self._heading(at, _LEVELS[match[1]] if match.re is _SECTION else _FRAME_LEVEL, match.end())
        if (begin := _BEGIN.match(line)) and begin[1] in _KINDS:
            end = self._environment_end(at, begin[1])
            return (_KINDS[begin[1]], end) if end else None
        return None

    def _heading(self, at: int, level: int, column: int) -> tuple[BlockKind, int] | None:
        start = self.lines.span(at, at + 1).start
        found = _argument(self.lines.text, start + column)
        if found is None:
            return None
        end = at + 1
        while self.lines.span(at, end).end < found[1]:
            end += 1
        title = plain(found[0])
        if at > self._seen and title:
            self._seen = at
            self.headings.append(Heading(level, title, self.lines.span(at, end)))
        return BlockKind.HEADING, end

    def _environment_end(self, at: int, name: str) -> int | None:
        """The line after the one that ends the environment `name`; others of that name may stand in it."""
        if self._endless.get(name, len(self.lines)) <= at:
            return None
        begin, end, depth = f"\\begin{{{name}", f"\\end{{{name}", 0
        for number in range(at, len(self.lines)):
            line = self.lines[number]
            depth += line.count(begin) - line.count(end)
            if depth <= 0:
                return number + 1
        self._endless[name] = at
        return None


def plain(tex: str) -> str:
    """The words of a title, without its commands."""
    while (twice := _TWICE.search(tex)) and (first := _argument(tex, twice.end())):
        tex = tex[: twice.start()] + tex[first[1] :]  # what is in braces after it is the same in plain text
    tex = _FOOTNOTE.sub("", _COMMENT.sub("", tex)).replace("\\and", ", ").replace("~", " ").replace("\\&", "&")
    tex = _COMMAND.sub(" ", tex).replace("{", "").replace("}", "").replace("$", "").replace("\\", "")
    return " ".join(tex.split()).replace(" ,", ",")


def _argument(text: str, at: int) -> tuple[str, int] | None:
    """What stands in the braces that open at `at`, and where they are closed."""
    depth = 0
    for match in re.compile(r"\\.|[{}]", re.DOTALL).finditer(text, at, at + _LONGEST_ARGUMENT):
        if match[0] == "{":
            depth += 1
        elif match[0] == "}":
            depth -= 1
            if depth == 0:
                return text[at + 1 : match.start()], match.end()
    return None


def _said(head: str, command: str) -> str:
    match = re.search(rf"\\{command}[ \t]*(?:\[[^\]\r\n]*\])?[ \t\r\n]*(?=\{{)", head)
    found = _argument(head, match.end()) if match else None
    return plain(found[0]) if found else ""


def _language(head: str) -> str | None:
    """The main language, which babel is told last."""
    match = _BABEL.search(head)
    names = re.split(r"[,=\s]+", match[1] or match[2]) if match else []
    return next((_LANGUAGES[name] for name in reversed(names) if name in _LANGUAGES), None)
