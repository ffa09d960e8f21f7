"""Web pages: their content without what is around it, under its headings, with what the head says of it."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from askdocs.errors import LoadError
from askdocs.loaders.html_blocks import add_blocks
from askdocs.loaders.html_content import Content
from askdocs.loaders.metadata import Metadata, first_heading, iso_date, language_code, metadata, one_line
from askdocs.loaders.pieces import Pieces
from askdocs.loaders.text import decode
from askdocs.types import Document, Unit

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser

_LOOKED_AT = 4096
_DECLARED = re.compile(
    rb"""<\?xml[^>]{0,100}?\sencoding\s*=\s*["']([-\w.:]{1,40})|<meta[^>]{0,200}?\scharset\s*=\s*["']?\s*([-\w.:]{1,40})"""
    rb"""|<meta[^>]{0,200}?\scontent\s*=\s*["'][^"'>]{0,100}?charset\s*=\s*([-\w.:]{1,40})""",
    re.I,
)
_MEANT = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
"""What browsers read where a page declares the encoding in front, as its authors do."""

_XHTML = re.compile(r"\s*<\?xml\b|[^<]{0,99}<!DOCTYPE\s+html\s+PUBLIC[^>]{0,40}XHTML", re.I)
_EMPTY = re.compile(r"<([a-zA-Z][-\w]{0,40})((?:\s[^<>]{0,2000})?)/>")
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]{0,20})")
_UNCOUNTED = frozenset({*_VOID, "p", "li", "td", "th", "tr", "dt", "dd", "tbody", "thead", "tfoot", "colgroup",
                        "rp", "rt", "html", "head", "body", "param"})  # fmt: skip
_GENERIC = re.compile(
    r"</?(?:div|span|section|center|font|b|i|u|s|a|em|strong|small|big|code|tt|strike|nobr|ins|del|form|select|option|optgroup)\b[^<>]{0,2000}>",
    re.I,
)
_FORMATTING = frozenset(
    {"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"}
)
_DEEPEST = 1000
_MOST_REPEATED = 200_000
_SITE = re.compile(r"\s+[|–—·»-]\s+|\s*::\s*")
_ARTICLES = ("article", "posting", "report", "webpage", "recipe", "book")
_DATES = (
    "article:published_time", "og:article:published_time", "datepublished", "parsely-pub-date", "dc.date",
    "dc.date.issued",
    "dcterms.created", "dcterms.date", "dcterms.issued", "citation_publication_date", "date", "pubdate", "publish-date",
)  # fmt: skip
_LONGEST_JSON = 1_000_000


def load_html(path: str, data: bytes, declared: str | None = None, kind: str = "text/html") -> Document:
    """A web page in the encoding that is `declared` from outside, else the one that it says or is found to be in."""
    text, encoding = decode(data, meant(declared) or declared_encoding(data))
    page = parse(text)
    pieces = Pieces()
    said = head(page)
    if page.body is not None:
        add_blocks(pieces, Content(page.body))
    title = said.title or first_heading(pieces.headings)
    return pieces.document(path, kind, Unit.PARAGRAPHS, said, title=title, encoding=encoding)


def declared_encoding(data: bytes) -> str | None:
    """The encoding that a page says it is in, as browsers understand that."""
    found = _DECLARED.search(data, 0, _LOOKED_AT)
    return meant((found[1] or found[2] or found[3]).decode()) if found else None


def meant(label: str | None) -> str | None:
    """What browsers take the name of an encoding for, None if it is none of one that a page could be in."""
    try:
        name = codecs.lookup(label or "").name
    except (LookupError, ValueError):
        return None
    return None if name.startswith(("utf-16", "utf-32")) else _MEANT.get(name, name)


def parse(text: str) -> LexborHTMLParser:
    """The elements of a page. Raises LoadError if they are nested too deep to be read in reasonable time."""
    from selectolax.lexbor import LexborHTMLParser

    if _XHTML.match(text):
        before, *sections = text.split("<![CDATA[")
        text = before + "".join(map(_escaped, sections))
        text = _EMPTY.sub(
            lambda found: found[0] if found[1].lower() in _VOID else f"<{found[1]}{found[2]}></{found[1]}>", text
        )
    deepest, repeated = _nesting(text)
    if deepest > _DEEPEST or repeated > _MOST_REPEATED:
        text = _GENERIC.sub(
            lambda found: "<hr>" if found[0].lstrip("</")[:3].lower() in ("div", "sec", "cen") else "", text
        )
        deepest, _ = _nesting(text)
    if deepest > _DEEPEST:
        raise LoadError(f"is nested {deepest:,} levels deep; at most {_DEEPEST:,} are read")
    return LexborHTMLParser(text)


def _escaped(section: str) -> str:
    """What follows the start of a CDATA section, written as a page would have it."""
    inside, end, after = section.partition("]]>")
    return inside.replace("&", "&amp;").replace("<", "&lt;") + after if end else section


def _nesting(text: str) -> tuple[int, int]:
    """How deep elements may be nested, and how often a parser would repeat formatting that isn't closed."""
    depth = deepest = formatting = repeated = 0
    for found in _TAG.finditer(text):
        name = found[2].lower()
        step = -1 if found[1] else 1
        if name in _FORMATTING:
            formatting = max(0, formatting + step)
        elif step > 0:
            repeated += max(0, formatting - 10)
        if name not in _UNCOUNTED:
            depth = max(0, depth + step)
            deepest = max(deepest, depth)
    return deepest, repeated


def head(page: LexborHTMLParser) -> Metadata:
    """What a page says of itself in its head, in JSON-LD or in its markup."""
    values: dict[str, str] = {}
    tags: list[str] = []
    for meta in page.css("meta"):
        attributes = meta.attributes
        content = " ".join((attributes.get("content") or "").split())
        for names in (
            attributes.get("name"),
            attributes.get("property"),
            attributes.get("itemprop"),
            attributes.get("http-equiv"),
        ):
            for word in (names or "").lower().replace("dc:", "dc.").replace("dcterms:", "dcterms.").split():
                if content:
                    values.setdefault(word, content)
                    if word in ("article:tag", "og:article:tag"):
                        tags.append(content)
    linked = _linked(page)
    first = page.css_first

    def said(*names: str) -> str:
        return next((values[name] for name in names if values.get(name)), "")

    headings = page.css("h1")
    heading = one_line(headings[0].text()) if len(headings) == 1 else ""
    titled = first("head title") or first("title")
    title = one_line(titled.text() if titled is not None else "")
    time = first("time[pubdate]") or first("[itemprop=datePublished]") or first("article time[datetime]")
    root = page.root
    language = (root.attributes.get("lang") or root.attributes.get("xml:lang")) if root is not None else None
    date = said(*_DATES) or linked.get("date", "")
    if not date and time is not None:
        date = time.attributes.get("datetime") or time.attributes.get("content") or ""
    author = said(
        "dc.creator", "dcterms.creator", "author", "parsely-author", "citation_author", "sailthru.author", "byl"
    )
    signed = {one_line(link.text()) for link in page.css("a[rel=author]")}
    return replace(
        metadata({"keywords": said("keywords", "news_keywords", "dc.subject", "parsely-tags")}),
        title=one_line(said("dc.title", "dcterms.title", "og:title", "citation_title", "parsely-title"))
        or _without_site(title, said("og:site_name", "application-name"), heading)
        or heading
        or None,
        author=one_line(author or linked.get("author") or (signed.pop() if len(signed) == 1 else "")) or None,
        date=iso_date(date),
        language=language_code(language or said("content-language", "dc.language", "og:locale")),
        **({"tags": tuple(dict.fromkeys(tags))} if tags else {}),
    )


def _without_site(title: str, site: str, heading: str) -> str:
    """A page's title without the name of its site."""
    parts = _SITE.split(title)
    if len(parts) > 1:
        if heading and heading in (parts[0], parts[-1]):
            return heading
        if site and parts[-1].casefold() == site.casefold():
            return title[: title.rindex(parts[-1])].rstrip(" |–—·»-:")
        if site and parts[0].casefold() == site.casefold():
            return title[len(parts[0]) :].lstrip(" |–—·»-:")
    return title


def _linked(page: LexborHTMLParser) -> dict[str, str]:
    """Author and date of the article that JSON-LD describes."""
    for script in page.css('script[type="application/ld+json"]'):
        text = script.text() or ""
        try:
            loaded = json.loads(text) if len(text) <= _LONGEST_JSON else None
        except (ValueError, RecursionError):
            continue
        for entry in _entries(loaded):
            kind = str(entry.get("@type", "")).lower()
            if any(word in kind for word in _ARTICLES) and (entry.get("author") or entry.get("datePublished")):
                said = metadata({"author": entry.get("author"), "date": entry.get("datePublished")})
                return {"author": said.author or "", "date": str(entry.get("datePublished") or "")}
    return {}


def _entries(value: object) -> Iterator[dict[str, object]]:
    values = value if isinstance(value, list) else [value]
    for entry in values:
        if isinstance(entry, dict):
            yield entry
            graph = entry.get("@graph")
            if isinstance(graph, list):
                yield from (inner for inner in graph if isinstance(inner, dict))
