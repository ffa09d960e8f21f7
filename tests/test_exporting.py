"""Conversations as documents: held by golden files, and nothing in them means more than what it says."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from askdocs.answering.feedback import Feedback, Ranking
from askdocs.errors import IndexTrouble, UsageError
from askdocs.rendering import exporting
from askdocs.rendering.render import one_line, place_text, visible
from askdocs.searching.question import DocumentFilter
from askdocs.sessions.sessions import Exchange, Session, SessionInfo
from askdocs.types import Answer, Citation, DocumentInfo, Freshness, IndexCounts, Locator, Span, Unit, Verdict
from tests.test_render import ANSWER, MISSING, OUTDATED

CheckGolden = Callable[[str, str], None]

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
CODE = "def f(x):\n    return `x` * 2  # ```` not a fence\n"
HOSTILE = (
    "</style><script>alert(1)</script> <img src=http://x.example/a.png> ![i](http://x.example/a.png) [l](javascript:x) "
    "`tick` ``` **b** # h http://x.example www.x.example &lt; [^1]: note <!-- \\ | a | <https://x.example>",
    "# heading\n> quote\n- item\n1. item\n===\n---\n```\ncode\n~~~\n    indented\n[^1]: note\n[a]: http://x.example\n|a|\n|-|",
    "\x1b[31mred\x07 \u202eback\x9b0m\x00\ud800 \u2028 \u0085 \x0b",
    "\n\n  \n",
    "</blockquote></ol><p onclick=\"alert('1')\">",
)


def code_citation() -> Citation:
    return Citation(
        1, DocumentInfo(4, "src/f.py", "f.py", date="2026-01-02"), Span(0, len(CODE)),
        Locator(Unit.LINES, ("f",), 1, 2), CODE, (Span(0, 9),), 1.0,
    )  # fmt: skip


def session(*exchanges: Exchange, name: str = "When was it repaired?") -> Session:
    return Session(SessionInfo(7, name, NOON, NOON, len(exchanges)), exchanges)


IN_CODE = replace(
    ANSWER, question="Code?", standalone_question="Code?", citations=(code_citation(),), scope="src/, type:py"
)
SESSION = session(
    Exchange(ANSWER.question, ANSWER, "", NOON),
    Exchange("What of <tungsten>\nand *iron*?", MISSING, "", NOON),
    Exchange("And now?", OUTDATED, "", NOON),
    Exchange("Code?", IN_CODE, "", NOON),
    Exchange(
        "Closer?", None, "", NOON, DocumentFilter(types=("py",)),
        Ranking(Feedback(IN_CODE.citations), "more like [1] f<b>.py", IN_CODE.citations),
    ),
    Exchange("Nothing?", None, "the model [x] is missing;\nrun it", NOON),
)  # fmt: skip


def locator_of(text: str) -> Locator:
    return Locator(Unit.CELLS, (text,), 1, 2, text, text)


def source_of(text: str) -> str:
    """What stands under the quote in a session made by `of`."""
    path = one_line(f"notes/{text}")
    return f"— {path.rpartition('/')[2] or path}, {place_text(locator_of(text))}"


def of(text: str, evidence: tuple[Span, ...] = ()) -> Session:
    """A session in which `text` is everything that can be text."""
    document = DocumentInfo(1, f"notes/{text}", text, text, text)
    citation = Citation(1, document, Span(0, len(text)), locator_of(text), text, evidence, 1.0, (document,))
    answer = Answer(text, f"{text}!", Verdict.FOUND, 0.5, (citation,), IndexCounts(1, 1, 0, 1), (text,), scope=text)
    return session(Exchange(text, answer, "", NOON), Exchange(text, None, text, NOON), name=text)


@pytest.mark.parametrize("ending", exporting.FORMATS)
def test_the_formats_are_those_of_the_golden_files(ending: str, check_golden: CheckGolden) -> None:
    """What is exported changes only on purpose."""
    check_golden(f"session{ending}", exporting.FORMATS[ending](SESSION))


def words(text: str) -> str:
    """What is left of a text when it doesn't matter how it is broken into lines."""
    return "".join(text.split())


def parsed_markdown(text: str) -> tuple[list[str], list[str], list[str]]:
    """What a reader of Markdown makes of `text`: headings, quotes, and whatever else than text there is."""
    headings, quotes, marks = [], [], []
    inside = 0
    heading = False
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text):
        if token.type == "blockquote_open":
            inside += 1
            quotes.append("")
        elif token.type == "blockquote_close":
            inside -= 1
        elif token.type in ("heading_open", "heading_close"):
            heading = token.type == "heading_open"
        elif token.type == "fence":
            assert inside == 1
            quotes[-1] += token.content
        elif token.type == "inline":
            said = ""
            for child in token.children or []:
                if child.type == "text":
                    said += child.content
                elif child.type in ("softbreak", "hardbreak"):
                    said += "\n"
                else:
                    marks.append(child.content or child.type)
            if heading:
                headings.append(said)
            elif inside:
                quotes[-1] += said
        elif token.type not in ("paragraph_open", "paragraph_close"):
            marks.append(token.type)
    return headings, quotes, marks


def assert_markdown_says(text: str, evidence: tuple[Span, ...] = ()) -> None:
    headings, quotes, marks = parsed_markdown(exporting.markdown(of(text, evidence)))
    assert [words(heading) for heading in headings] == [words(one_line(text))] * 3
    assert [words(quote) for quote in quotes] == [f"{words(visible(text) + source_of(text))}[^1]"]
    assert set(marks) <= {"<b>", "</b>", "strong_open", "strong_close", "em_open", "em_close"}


ALPHABET = st.one_of(st.sampled_from("#*_`[]()<>&;:/.!|~=-+\\ \n\t1a^${}@\x1b\u202e屋"), st.characters())


@given(st.text(ALPHABET, min_size=1, max_size=40))
@example("www.x.example http://x &amp; :- a\n: b\n\\")
def test_markdown_says_what_the_documents_say(text: str) -> None:
    """Read as Markdown, headings and quotes are the very text: nothing in it is a link, an image, a tag or a list."""
    assert_markdown_says(text)


@given(st.text(ALPHABET, min_size=3, max_size=40), st.data())
def test_lit_sentences_change_no_text(text: str, data: st.DataObject) -> None:
    """Wherever evidence begins and ends, what it is part of reads the same."""
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    assert_markdown_says(text, (Span(start, end),))
    assert_html_says(text, (Span(start, end),))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_text(text: str) -> None:
    """Scripts, links, images, headings, fences, footnotes and control characters reach no reader as such."""
    assert_markdown_says(text)
    assert_html_says(text)
    for form in exporting.FORMATS.values():
        exported = form(of(text))
        assert not re.search(r"[^\n\t -~\u00a0-\U0010ffff]", exported)
        assert not set("\u202e\u2028\ud800") & set(exported)
        exported.encode()


class Page(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.links: set[str] = set()
        self.attributes: set[str] = set()
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links |= {str(value) for name, value in attrs if name in ("href", "src")}
        if tag != "meta":
            self._open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in self._open:
            self.texts[tag][-1] += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


def assert_html_says(text: str, evidence: tuple[Span, ...] = ()) -> None:
    page = Page(exporting.html(of(text, evidence)))
    assert page.tags <= {
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "strong", "blockquote", "mark", "footer",
        "sup", "a", "ol", "li",
    }  # fmt: skip
    assert page.attributes <= {"lang", "charset", "http-equiv", "content", "name", "dir", "class", "id", "href"}
    assert page.links == {"#note1", "#quote1"}
    assert [words(heading) for heading in page.texts["h2"]] == [words(one_line(text))] * 2
    assert [words(quote) for quote in page.texts["blockquote"]] == [f"{words(visible(text) + source_of(text))}1"]
    lit = "".join(visible(text)[span.start : span.end] for span in evidence)
    assert words("".join(page.texts.get("mark", []))) == words(lit)


def test_a_page_refers_to_nothing_elsewhere() -> None:
    """No address of any sort stands in the HTML, and its policy would forbid to follow one."""
    page = exporting.html(SESSION)
    assert not re.search(r"https?:|//|src=|url\(|@import|<script", page)
    assert "default-src 'none'" in page


def test_footnotes_are_numbered_through(tmp_path: Path) -> None:
    """Every quote of every answer has its own, in order, and each is defined once."""
    text = exporting.markdown(SESSION)
    number = sum(len(exchange.citations) for exchange in SESSION.exchanges)
    assert re.findall(r"^> .*?\[\^(\d+)\]$", text, re.MULTILINE) == [str(n + 1) for n in range(number)]
    assert re.findall(r"^\[\^(\d+)\]: ", text, re.MULTILINE) == [str(n + 1) for n in range(number)]
    exporting.export(SESSION, tmp_path / "a.md")
    assert (tmp_path / "a.md").read_text(encoding="utf-8") == text


def test_what_a_quote_is_from_stands_with_it() -> None:
    """A reader needn't go to the footnotes to know which document says so, and where in it."""
    assert "\n>\n> — The old library, lines 7-8[^1]\n" in exporting.markdown(SESSION)
    assert "\n>\n> — f.py, lines 1-2[^8]\n" in exporting.markdown(SESSION)
    assert "<footer>— The old library, lines 7-8<sup>" in exporting.html(SESSION)


def test_quotes_are_marked_that_their_files_no_longer_bear_out() -> None:
    """As of the export, not of the answer: of answers and of rankings, and a document that is gone says so."""
    moved = replace(code_citation(), locator=Locator(Unit.LINES, ("f",), 8, 9), freshness=Freshness.EDITED)

    def recheck(citations: Sequence[Citation]) -> list[Citation | None]:
        return [moved if citation == code_citation() else None for citation in citations]

    now = exporting.as_of_now(SESSION, recheck)
    assert [exchange.question for exchange in now.exchanges] == [exchange.question for exchange in SESSION.exchanges]
    text = exporting.markdown(now)
    assert "> — The old library, lines 7-8 (gone)[^1]\n" in text
    assert "notes/roof.md. Gone: no longer in your documents.\n" in text
    assert text.count("> — f.py, lines 8-9 (edited)[^") == 2


def test_json_holds_answers_as_the_command_line_prints_them() -> None:
    """An exported answer has the shape of `askdocs ask --json`."""
    from askdocs.rendering.render_json import answer_json

    values = json.loads(exporting.FORMATS[".json"](SESSION))
    assert values["exchanges"][0]["answer"] == json.loads(answer_json(ANSWER))
    assert values["exchanges"][-1]["answer"] is None


def test_nothing_is_overwritten_and_trouble_is_told(tmp_path: Path) -> None:
    """A file that is there, another ending and a place that can't be written are errors of one line."""
    path = tmp_path / "a.md"
    path.write_text("mine")
    for name, error, words in (
        ("a.md", UsageError, "is there already"),
        ("a.doc", UsageError, "end it with .md, .html or .json"),
        ("a", UsageError, "names no format"),
        ("no/where.md", IndexTrouble, "No such file or directory; name another file"),
        ("a\0.md", IndexTrouble, "no file can have this name"),
        ("x" * 300 + ".md", IndexTrouble, "File name too long"),
    ):
        with pytest.raises(error, match=re.escape(words)):
            exporting.export(SESSION, tmp_path / name)
    os.symlink(tmp_path / "target.md", tmp_path / "link.md")
    with pytest.raises(UsageError, match="is there already"):
        exporting.export(SESSION, tmp_path / "link.md")
    assert path.read_text() == "mine"
    assert sorted(os.listdir(tmp_path)) == ["a.md", "link.md"]


def test_a_full_disk_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What can't be written to the end is removed, and the reason told."""

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(IndexTrouble, match="No space left on device"):
        exporting.export(SESSION, tmp_path / "a.html")
    assert os.listdir(tmp_path) == []


def test_a_free_name_is_offered(tmp_path: Path) -> None:
    """It comes from the name of the conversation, whatever stands in that, and from what is there already."""
    assert exporting.free_name(SESSION, tmp_path) == "when-was-it-repaired.md"
    (tmp_path / "when-was-it-repaired.md").touch()
    (tmp_path / "when-was-it-repaired-2.md").touch()
    assert exporting.free_name(SESSION, tmp_path) == "when-was-it-repaired-3.md"
    assert exporting.free_name(session(name="../../\x1b[2J/etc/passwd\n"), tmp_path) == "2j-etc-passwd.md"
    assert exporting.free_name(session(name="/…/"), tmp_path) == "conversation.md"
    assert len(exporting.free_name(session(name="屋" * 1000), tmp_path)) < 60
