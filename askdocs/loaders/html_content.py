"""Which elements of a web page are its content: navigation, banners and what isn't shown are left out.

When in doubt an element stays, and where little would be left, everything does: a person would rather find a menu than
miss a paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

NEVER_TEXT = frozenset(
    {"script", "style", "template", "svg", "canvas", "iframe", "object", "embed", "audio", "video", "map", "head",
     "annotation", "annotation-xml", "frameset", "applet", "noembed", "noframes"}
)  # fmt: skip
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
STRUCTURE = frozenset({*HEADINGS, "table", "pre", "article", "section", "dl", "blockquote"})
"""Elements that a list item or a cell of data doesn't have."""

_CONTROLS = frozenset({"select", "textarea", "input", "datalist", "button", "noscript", "dialog", "nav", "menu"})
_OPENED = frozenset({*HEADINGS, "dt", "summary"})
_EDGES = frozenset({"header", "footer", "aside"})
_ROLES = frozenset(
    {"navigation", "banner", "contentinfo", "search", "dialog", "alertdialog", "menu", "menubar", "toolbar"}
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_MARKS = re.compile(r"(?:^| )(?:headerlink|anchorjs-link|anchor-link|mw-editsection|linenos?|lineno|skip-link)(?: |$)")
_BANNER = re.compile(
    r"cookie[-_ ]?(?:banner|bar|consent|notice|law|popup|overlay|message|modal|wall|disclaimer|info|alert|policy)"
    r"|(?:^|[-_ ])(?:consent|gdpr|ccpa)(?:[-_ ]|$)|onetrust|cookiebot|didomi|cookieconsent",
    re.I,
)
_LINKS = re.compile(
    r"(?:^|[-_ ])(?:nav|navbar|navigation|navlinks|menu|breadcrumbs?|side-?bar|footer|masthead|pagination|pager|toolbar"
    r"|related|recommend(?:ed|ations)?|recirc\w*|trending|promo|sponsor(?:ed)?|advert\w*|ad|ads|newsletter|subscribe"
    r"|signup|sign-up|social|share|sharing|sharedaddy|tags|more-stories|most-popular|popular"
    r"|widget|author-bio)(?:[-_ ]|$)",
    re.I,
)
_MOSTLY = 0.5
_MOST_LEFT_OUT = 0.3
_SHORT = 120
_LITTLE = 250
_ONE = 0.6


@dataclass(slots=True)
class Measure:
    """Characters in an element, how many of them in links, and whether there is structure in it."""

    text: int = 0
    links: int = 0
    structured: bool = False
    tables: bool = False


class Content:
    """The elements of a page that are its content: below `roots`, what `keeps` says."""

    def __init__(self, body: LexborNode, *, whole: bool = False) -> None:
        """With `whole` all of the page that can be text, as of a chapter of a book."""
        self._whole = True  # until it is known what there is
        self._inside: set[int] = set()
        self.measures, self._all = self._measured(body)
        self.roots: Sequence[LexborNode] = (body,)
        if not whole:
            self._whole = False
            sizes, clean = self._measured(body)
            self.roots = self._chosen(body, sizes, clean) or (body,)
            kept = sum(sizes[root.mem_id].text for root in self.roots)
            if kept < _LITTLE and kept < _MOSTLY * self._all:
                self._whole, self.roots = True, (body,)

    def keeps(self, node: LexborNode, tag: str) -> bool:
        """Whether an element is content."""
        if tag in NEVER_TEXT:
            return False
        attributes = node.attributes
        if not attributes:
            return self._whole or not (self._is_control(node, tag) or (tag in _EDGES and self._is_edge(node, tag)))
        names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
        if _MARKS.search(names):
            return False
        if attributes.get("epub:type") == "pagebreak" or attributes.get("role") == "doc-pagebreak":
            return False  # the number of a page in print
        if self._whole:
            return True
        if "hidden" in attributes and attributes["hidden"] != "until-found":
            return False
        if attributes.get("aria-hidden") == "true" or _HIDDEN.search(attributes.get("style") or ""):
            return False
        if attributes.get("role") in _ROLES or self._is_control(node, tag):
            return False
        if tag in _EDGES and self._is_edge(node, tag):
            return False
        measure = self.measures.get(node.mem_id)
        if measure is None or tag in ("main", "article", "body") or measure.text > _MOST_LEFT_OUT * self._all:
            return True
        if _BANNER.search(names):
            return False
        return not (_LINKS.search(names) and (measure.links > _MOSTLY * measure.text or measure.text < _SHORT))

    def _is_control(self, node: LexborNode, tag: str) -> bool:
        """Whether an element is there to be used; the button that opens a section is its heading."""
        if tag == "button" and node.parent is not None and node.parent.tag in _OPENED:
            return False
        return tag in _CONTROLS

    def _is_edge(self, node: LexborNode, tag: str) -> bool:
        """Whether a header, footer or aside is that of the page; one of an article is if it is made of links."""
        measure = self.measures.get(node.mem_id, Measure())
        if node.mem_id in self._inside:
            return tag != "header" and measure.links > _MOSTLY * measure.text
        return measure.text <= _MOSTLY * self._all

    def _measured(self, body: LexborNode) -> tuple[dict[int, Measure], int]:
        """Every element that is kept, by its address, measured from the innermost out, and the characters of all."""
        measures: dict[int, Measure] = {}
        stack: list[tuple[Measure, bool, bool]] = [(Measure(), False, False)]
        for node, tag, ends in self.walk(body):
            if tag == "-text":
                length = len((node.text_content or "").strip())
                stack[-1][0].text += length
                stack[-1][0].links += length if stack[-1][1] else 0
            elif not ends:
                _, in_link, inside = stack[-1]
                if inside:
                    self._inside.add(node.mem_id)
                stack.append((Measure(), in_link or tag == "a", inside or tag in ("main", "article")))
            else:
                measure = measures[node.mem_id] = stack.pop()[0]
                above = stack[-1][0]
                above.text += measure.text
                above.links += measure.links
                above.structured |= measure.structured or tag in STRUCTURE
                above.tables |= measure.tables or tag == "table"
        return measures, stack[0][0].text

    def _chosen(self, body: LexborNode, sizes: dict[int, Measure], clean: int) -> Sequence[LexborNode]:
        """The `main` elements, else the articles, if they hold what a page would be opened for."""
        mains: list[LexborNode] = []
        articles: list[LexborNode] = []
        open_mains = open_articles = 0
        for node, tag, ends in self.walk(body):
            step = -1 if ends else 1
            if tag == "main" or (tag == "div" and node.attributes.get("role") == "main"):
                if not ends and not open_mains:
                    mains.append(node)
                open_mains += step
            elif tag == "article":
                if not ends and not open_articles:
                    articles.append(node)
                open_articles += step
        if sum(sizes[node.mem_id].text for node in mains) > max(_LITTLE, clean // 5):
            return mains
        together = sum(sizes[node.mem_id].text for node in articles)
        largest = max(articles, key=lambda node: sizes[node.mem_id].text, default=None)
        if largest is not None and sizes[largest.mem_id].text > _ONE * together:
            articles, together = [largest], sizes[largest.mem_id].text
        return articles if together > max(_LITTLE, _MOST_LEFT_OUT * clean) else ()

    def walk(self, root: LexborNode) -> Iterator[tuple[LexborNode, str, bool]]:
        """What is kept below and with `root`: texts, and elements twice, the second time when they end."""
        node: LexborNode | None = root
        depth = 0
        while node is not None:
            tag = node.tag or ""
            descend = False
            if tag == "-text":
                yield node, tag, False
            elif node.is_element_node and self.keeps(node, tag):
                yield node, tag, False
                descend = True
            if descend and (child := node.first_child) is not None:
                node, depth = child, depth + 1
                continue
            if descend:
                yield node, tag, True
            while depth and node.next is None:
                parent = node.parent
                if parent is None:
                    return
                node, depth = parent, depth - 1
                yield node, node.tag or "", True
            if not depth:
                return
            node = node.next
