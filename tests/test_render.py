"""Rendering: the text and the JSON that people and scripts see, held by golden files, and harmless to terminals."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askdocs.events import Indexed, IndexPart, IndexPlan, Problem, Renamed, Verified
from askdocs.rendering import render, render_index, render_json
from askdocs.types import (
    Answer,
    Citation,
    DocumentInfo,
    Failure,
    Freshness,
    IndexCounts,
    IndexStatus,
    Locator,
    SearchResult,
    Span,
    Unit,
    Verdict,
)

CheckGolden = Callable[[str, str], None]

QUOTE = "The hall was built in 1901. Its roof was repaired in 1987 by\nAnna Kovács, who\tlived nearby. 屋根は新しい。"
EVIDENCE = Span(28, 91)
ROOF = DocumentInfo(1, "notes/roof.md", "The old library")
PLAIN = DocumentInfo(2, "notes/plain.txt", "plain.txt")
EVIL = DocumentInfo(3, "notes/\x1b[2J\nevil\udcff.txt", "\x1b]0;title\x07")
COUNTS = IndexCounts(documents=3, chunks=12, failed=1, generation=42)
ANSWER = Answer(
    question="When was it repaired?",
    standalone_question="When was the roof repaired?",
    verdict=Verdict.FOUND,
    confidence=0.87654321,
    citations=(
        Citation(
            1, ROOF, Span(100, 100 + len(QUOTE)), Locator(Unit.LINES, ("Library", "Roof"), 7, 8), QUOTE,
            (EVIDENCE.shifted(100),), 1.23456789,
        ),
        Citation(2, PLAIN, Span(0, 12), Locator(Unit.LINES, (), 1, 1), "Plain words.", (), -0.5, (), Freshness.EDITED),
        Citation(
            3, EVIL, Span(5, 41), Locator(Unit.LINES, ("\x1b[1m",), 2, 2),
            "\x1b[31mred\x07 \u202eback\x9b0m [bold]b[/bold]", (Span(5, 13),), -1.0, (PLAIN,), Freshness.OUTDATED,
        ),
    ),
    index=COUNTS,
    warnings=("notes/roof.md has changed since it was indexed; run `askdocs index`",),
)  # fmt: skip
MISSING = dataclasses.replace(ANSWER, verdict=Verdict.NOT_IN_DOCUMENTS, confidence=0.1, warnings=())
SCOPED = dataclasses.replace(MISSING, citations=ANSWER.citations[:1], scope=f"notes/{EVIL.path}/, type:md")
UNRELIABLE = dataclasses.replace(
    ANSWER, verdict=Verdict.INDEX_UNRELIABLE, confidence=0.1, citations=ANSWER.citations[:1]
)
OUTDATED = dataclasses.replace(
    ANSWER,
    verdict=Verdict.INDEX_UNRELIABLE,
    citations=(dataclasses.replace(ANSWER.citations[0], freshness=Freshness.OUTDATED),),
    warnings=("notes/roof.md has changed, and may no longer say what is quoted; run `askdocs index`",),
)
RESULTS = [
    SearchResult(citation.document, citation.span, citation.quote, citation.locator, citation.score)
    for citation in ANSWER.citations
]
STATUS = IndexStatus(
    counts=IndexCounts(documents=1234, chunks=56789, failed=2, generation=99),
    sources=("notes", "/far/away"),
    failures=(
        Failure("notes/bad.txt", "is not text", "text/plain", datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)),
        Failure("notes/huge.txt", "is too large", at=datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)),
        Failure(EVIL.path, "can't be read: \x1b[2J"),
    ),
    encoder="all-MiniLM-L6-v2",
)
FOLDER = Path("/work/index")
EMPTY = IndexStatus(IndexCounts(0, 0, 0, 0), (), (), None)
PLAN = IndexPlan(
    added=("notes/new.txt", EVIL.path),
    changed=("notes/roof.md",),
    renamed=(Renamed("notes/a.txt", "notes/b.txt"),),
    deleted=("notes/gone.txt",),
    excluded=("notes/draft.txt",),
    failed=(Failure("notes/bad.txt", "is not text"),),
    failed_before=(Failure("notes/worse.txt", "is not text either"),),
    forgotten=("old",),
    skipped=(Failure("notes/link.txt", "is a symbolic link; index what it points to instead"),),
    passed_over=((".jpg", 1200), ("", 3), (".\x1b[31m", 2), *((f".{letter}", 1) for letter in "abcd")),
    unchanged=7,
)
MANY = IndexPlan(added=tuple(f"notes/{number}.txt" for number in range(1200)), deleted=("notes/gone.txt",) * 3)
INDEXED = Indexed(added=1, changed=2, renamed=3, deleted=4, unchanged=5, failed=6, embedded=7)

GOLDEN = {
    "answer.json": lambda: render_json.answer_json(ANSWER),
    "answer-missing.json": lambda: render_json.answer_json(MISSING),
    "answer.txt": lambda: render.render_answer(ANSWER, width=60, colour=False),
    "answer-colour.txt": lambda: render.render_answer(ANSWER, width=60, colour=True),
    "answer-missing.txt": lambda: render.render_answer(MISSING, width=60, colour=False),
    "answer-scoped.txt": lambda: render.render_answer(SCOPED, width=60, colour=False),
    "answer-unreliable.txt": lambda: render.render_answer(UNRELIABLE, width=60, colour=False),
    "answer-outdated.txt": lambda: render.render_answer(OUTDATED, width=60, colour=False),
    "search.json": lambda: render_json.search_json("roof", RESULTS),
    "search.txt": lambda: render.render_search(RESULTS, width=60),
    "status.json": lambda: render_json.status_json(STATUS),
    "status.txt": lambda: render_index.render_status(STATUS, FOLDER),
    "status-empty.txt": lambda: render_index.render_status(EMPTY, FOLDER),
    "status-empty.json": lambda: render_json.status_json(EMPTY),
    "plan.txt": lambda: render_index.render_plan(PLAN),
    "batch.txt": lambda: "".join(f"{render_index.render_batch(plan, INDEXED)}\n" for plan in (PLAN, MANY, IndexPlan())),
    "indexed.txt": lambda: render_index.render_indexed(INDEXED) + "\n",
}


@pytest.mark.parametrize("name", GOLDEN)
def test_the_output_is_that_of_the_golden_file(name: str, check_golden: CheckGolden) -> None:
    """What people and scripts see changes only on purpose."""
    check_golden(name, GOLDEN[name]())


def harmless(text: str) -> bool:
    return all(character.isprintable() or character in "\n\t" for character in text)


@pytest.mark.parametrize("name", [name for name in GOLDEN if "colour" not in name])
def test_no_output_holds_what_a_terminal_would_obey(name: str) -> None:
    """Escapes in quotes, titles, headings, paths and reasons come out as pictures of themselves."""
    assert harmless(GOLDEN[name]())


def test_colour_adds_nothing_but_bold_around_the_evidence() -> None:
    """Without its own two sequences the coloured output is as harmless as the plain one."""
    coloured = render.render_answer(ANSWER, width=60, colour=True)
    assert harmless(coloured.replace("\x1b[1m", "").replace("\x1b[0m", ""))
    assert coloured.count("\x1b[1m") == coloured.count("\x1b[0m") > 0
    for line in coloured.splitlines():
        assert line.count("\x1b[1m") == line.count("\x1b[0m")


@given(st.text())
def test_visible_text_is_harmless_and_of_the_same_length(text: str) -> None:
    """Characters are replaced one for one, so that spans still hold; what is visible already stays."""
    shown = render.visible(text)
    assert len(shown) == len(text)
    assert all(character.isprintable() or character in "\n\t" or character in "\u200c\u200d" for character in shown)
    assert render.visible(shown) == shown
    assert [new for old, new in zip(text, shown, strict=True) if old.isprintable()] == list(
        filter(str.isprintable, text)
    )


def test_joiners_that_scripts_and_emoji_need_are_kept() -> None:
    """Persian and Indic words and joined emoji are shown as they were written."""
    for text in ("می\u200cخواهم", "क्\u200dष", "👩\u200d👩\u200d👧"):
        assert render.visible(text) == text


def test_line_ends_of_windows_are_not_shown() -> None:
    """A quote of a file whose lines end in CRLF reads like any other."""
    quote = "First line.\r\nSecond line.\r\n"
    citation = Citation(1, PLAIN, Span(0, len(quote)), Locator(Unit.LINES, (), 1, 2), quote, (Span(0, 11),), 1.0)
    answer = dataclasses.replace(ANSWER, citations=(citation,), warnings=())
    shown = render.render_answer(answer, width=60, colour=False)
    assert [line.strip() for line in shown.splitlines()[-2:]] == ["»First line.«", "Second line."]
    results = [SearchResult(PLAIN, Span(0, len(quote)), quote, citation.locator, 1.0)]
    assert "First line. Second line." in render.render_search(results, width=60)


@given(st.text(max_size=300).map(str.strip), st.integers(20, 100), st.booleans(), st.data())
def test_every_quote_is_shown_whole(quote: str, width: int, colour: bool, data: st.DataObject) -> None:
    """Wrapping and marking lose no character that is not blank, whatever the quote and wherever the evidence is."""
    start = data.draw(st.integers(0, len(quote)))
    end = data.draw(st.integers(start, len(quote)))
    citation = Citation(
        1, PLAIN, Span(7, 7 + len(quote)), Locator(Unit.LINES, (), 1, 1), quote, (Span(7 + start, 7 + end),), 1.0
    )
    answer = dataclasses.replace(ANSWER, citations=(citation,), warnings=())
    shown = render.render_answer(answer, width=width, colour=colour)
    body = "".join(shown.split("\n")[3:])
    for mark in ("\x1b[1m", "\x1b[0m") if colour else ("»", "«"):
        body, quote = body.replace(mark, ""), quote.replace(mark, "")
    assert "".join(body.split()) == "".join(render.visible(quote).split())


@given(st.text(max_size=50), st.text(max_size=50))
def test_lists_have_one_line_an_item(path: str, reason: str) -> None:
    """A newline in a name or a reason doesn't make it look like two."""
    status = dataclasses.replace(EMPTY, sources=(path,), failures=(Failure(path, reason),))
    assert render_index.render_status(status, FOLDER).count("\n") == 7 + 2
    plan = IndexPlan(added=(path,), deleted=(path,), failed=(Failure(path, reason),))
    assert render_index.render_plan(plan).count("\n") == 3 + 1
    result = SearchResult(DocumentInfo(1, path, path), Span(0, 1), path or "x", Locator(Unit.LINES, (path,), 1, 1), 0.0)
    assert render.render_search([result], width=60).count("\n") == 2


@given(st.text())
def test_json_is_ascii_and_gives_everything_back(text: str) -> None:
    """Whatever is in a document, a name or a question: JSON survives every terminal and loses nothing."""
    document = DocumentInfo(1, text, text)
    citation = Citation(1, document, Span(0, len(text)), Locator(Unit.LINES, (text,), 1, 1), text, (), 0.0)
    shown = render_json.answer_json(dataclasses.replace(ANSWER, question=text, citations=(citation,)))
    assert shown.isascii()
    values = json.loads(shown)
    assert values["question"] == values["citations"][0]["quote"] == values["citations"][0]["document"]["path"] == text


@pytest.mark.parametrize(
    ("locator", "expected"),
    [
        (Locator(Unit.LINES, (), 3, 3), "line 3"),
        (Locator(Unit.LINES, (), 3, 9), "lines 3-9"),
        (Locator(Unit.LINES, ("Intro", "Scope"), 3, 9), "lines 3-9 · Intro > Scope"),
        (Locator(Unit.PAGES, (), 4, 4), "page 4"),
        (Locator(Unit.PAGES, ("Preface",), 3, 13, "iii", "1"), "pages iii-1 · Preface"),
        (Locator(Unit.PARAGRAPHS, (), 4, 4), "¶ 4"),
        (Locator(Unit.PARAGRAPHS, (), 4, 6), "¶ 4-6"),
        (Locator(Unit.ROWS, (), 3, 3, "Budget!A3:D3", "Budget!A3:D3"), "Budget!A3:D3"),
        (Locator(Unit.ROWS, (), 3, 9, "Budget!A3:D3", "Budget!A9:D9"), "Budget!A3:D9"),
        (Locator(Unit.ROWS, (), 3, 9), "rows 3-9"),
        (Locator(Unit.TIMES, (), 3, 4, "00:01:07", "00:01:12"), "times 00:01:07-00:01:12"),
    ],
)
def test_a_locator_reads_as_a_person_says_it(locator: Locator, expected: str) -> None:
    """The places by the names that the document has for them, and the headings that they stand under."""
    assert render.locator_text(locator) == expected


def test_the_json_of_an_answer_has_what_is_promised() -> None:
    """Every key of the contract is there, with the type that scripts rely on."""
    values = json.loads(render_json.answer_json(ANSWER))
    assert {"question", "standalone_question", "verdict", "confidence", "citations", "index"} <= values.keys()
    assert values["verdict"] in ("found", "not_in_documents", "index_unreliable")
    assert 0 <= values["confidence"] <= 1
    first = values["citations"][0]
    assert {"number", "document", "span", "locator", "quote", "evidence", "score"} <= first.keys()
    assert {"path", "title"} <= first["document"].keys()
    assert {"kind", "headings", "start_line", "end_line"} <= first["locator"].keys()
    assert {"documents", "chunks", "failed", "generation"} <= values["index"].keys()
    assert {"documents", "chunks", "failed", "generation"} <= json.loads(render_json.status_json(STATUS)).keys()


def test_what_an_approximate_search_finds_is_never_rounded_up() -> None:
    """An index that misses some of the nearest ten says how many it finds, and never that it finds all."""
    status = dataclasses.replace(EMPTY, recall=0.99951)
    assert render_index.search_text(status) == "approximate, finds 99.9 % of the nearest ten"
    assert json.loads(render_json.status_json(status))["search"] == "approximate"
    assert render_index.search_text(EMPTY) == "exact"


REPORT = Verified(
    checked={IndexPart.CATALOG: 4096, IndexPart.DOCUMENTS: 1234, IndexPart.WORDS: 56789},
    problems=(
        Problem(IndexPart.CATALOG, None, "2 documents are counted, 1 is there"),
        Problem(IndexPart.DOCUMENTS, EVIL.path, "passage 3 is not what stands at its place in the text"),
    ),
    problem_count=7,
    pending=(Failure("notes/new.txt", "is gone"),),
    pending_count=1,
)


def test_what_verifying_finds_is_told_as_in_the_golden_files(check_golden: CheckGolden) -> None:
    """Every problem says where and what, names are harmless, and the last line says what to do."""
    check_golden("verified.txt", render_index.render_verified(REPORT))
    check_golden("verified.json", render_json.verified_json(REPORT))
    mended = dataclasses.replace(REPORT, problems=(), problem_count=0, repaired=("dropped 1 document",))
    check_golden("verified-repaired.txt", render_index.render_verified(mended))
    lost = dataclasses.replace(REPORT, checked={}, pending=(), advice="Move it away.")
    assert render_index.render_verified(lost).endswith("The index is not sound: 7 problems. Move it away.\n")


def test_author_and_day_of_a_document_are_told() -> None:
    """In every list of passages, a long author cut short; a document that tells neither goes without."""
    document = DocumentInfo(1, "notes/roof.md", "The roof", "Ada", "2021-03-04T10:00:00+01:00")
    result = SearchResult(document, Span(0, 5), "Words", Locator(Unit.LINES, (), 3, 3), 1.0)
    listed = render.render_search([result], width=100)
    assert "notes/roof.md · line 3\n             The roof · Ada, 2021-03-04\n" in listed
    assert render.where_text(document, result.locator) == "Ada, 2021-03-04 · line 3"
    many = replace(document, author="Ada, " * 20, date=None)
    assert render.where_text(many, result.locator) == f"{'Ada, ' * 7}Ada,… · line 3"


def test_a_heading_that_is_the_title_is_not_said_again() -> None:
    """Beside the title the headings begin below it; one of the same name further down stays."""
    document = DocumentInfo(1, "contracts/lease.docx", "Lease")
    top, below = Locator(Unit.PARAGRAPHS, ("Lease",), 1, 1), Locator(Unit.PARAGRAPHS, ("Lease", "Rent", "Lease"), 3, 4)
    assert render.where_text(document, top) == "¶ 1"
    assert render.where_text(document, below) == "¶ 3-4 · Rent > Lease"
    assert render.where_text(replace(document, title="Rent"), below) == "¶ 3-4 · Lease > Rent > Lease"
    assert render.locator_text(below) == "¶ 3-4 · Lease > Rent > Lease"


@pytest.mark.parametrize(
    ("verdict", "confidence", "expected"),
    [
        (Verdict.FOUND, 0.75, "Found (75% sure)"),
        (Verdict.FOUND, 0.74, "Perhaps found (74% sure)"),
        (Verdict.NOT_IN_DOCUMENTS, 0.25, "Not in your documents (75% sure)"),
        (Verdict.NOT_IN_DOCUMENTS, 0.35, "Perhaps not in your documents (65% sure)"),
    ],
)
def test_what_is_not_sure_is_told_with_a_perhaps(verdict: Verdict, confidence: float, expected: str) -> None:
    """Both ways: an answer that may be none, and a no that may be wrong."""
    assert render.outcome_text(replace(ANSWER, verdict=verdict, confidence=confidence)) == expected


def test_what_is_said_of_a_passage_fits_the_terminal() -> None:
    """Long headings are wrapped under the place, which comes first, and a blank line parts them from the quote."""
    locator = Locator(Unit.PAGES, ("PART II", "ITEM 7. MANAGEMENT'S DISCUSSION AND ANALYSIS " * 3), 38, 38)
    document = DocumentInfo(1, "filings/10-K.pdf", "10-K.pdf", "Ada", "2021-07-20")
    citation = Citation(1, document, Span(0, 12), locator, "Revenue fell", (), 1.0)
    text = render.render_answer(replace(ANSWER, citations=(citation,), warnings=()), width=60, colour=False)
    assert "[1] filings/10-K.pdf · page 38\n    Ada, 2021-07-20 · PART II > ITEM 7." in text
    assert "ANALYSIS\n\n    Revenue fell\n" in text
    assert all(len(line) <= 60 for line in text.splitlines())


def test_status_tells_what_was_read_in_part() -> None:
    """A document whose scanned pages have no text is indexed, and listed with that."""
    status = replace(STATUS, read_in_part=(Failure("a.pdf", "2 of 3 pages have no text"),))
    assert "in part     a.pdf: 2 of 3 pages have no text\n" in render_index.render_status(status, FOLDER)
    assert json.loads(render_json.status_json(status))["read_in_part"] == [
        {"path": "a.pdf", "reason": "2 of 3 pages have no text"}
    ]
