"""Phrases, left-out words and filters are told from ordinary text."""

from __future__ import annotations

from datetime import date

import pytest

from askdocs.errors import UsageError
from askdocs.searching.question import DocumentFilter, document_filter, holds_phrase, parse


def test_a_question_is_taken_apart() -> None:
    """Every form is recognised, and what is left is the text to look for."""
    parsed = parse('What is "force  majeure" path:contracts/* type:.MD after:2023 before:2024-02 -draft in leases?')
    assert parsed.text == 'What is "force majeure" in leases?'
    assert parsed.phrases == ("force majeure",)
    assert parsed.excluded == ("draft",)
    assert parsed.documents == DocumentFilter(("contracts/*",), ("md",), date(2023, 1, 1), date(2024, 2, 29))


def test_what_documents_say_of_themselves_is_asked_for_by_name() -> None:
    """Values may be quoted and given several times; of a language's tag the code counts, in small letters."""
    parsed = parse('Author:kovács what tag:Lease author:"Anna B." language:de-AT tag:"real estate" LANGUAGE:EN is due?')
    assert parsed.text == "what is due?"
    assert parsed.documents == DocumentFilter(
        authors=("kovács", "Anna B."), tags=("Lease", "real estate"), languages=("de", "en")
    )
    assert parse(str(parsed.documents)).documents == parsed.documents
    assert str(parsed.of(document_filter(authors=["Ben"], tags=["Lease"])).documents) == (
        'author:Ben tag:Lease author:kovács author:"Anna B." tag:"real estate" language:de language:en'
    )


@pytest.mark.parametrize(
    "question",
    [
        "What happened the day after: anything?",
        "Is well-known a word - or two?",
        "Why is path : empty?",
        "Who is the author: Kovacs? Which tag:",
        '" OR * NEAR( title:[a TO',
        "it's 5 -3",
        "-",
        '""',
        "C:\\notes -",
    ],
)
def test_other_punctuation_is_text(question: str) -> None:
    """Nothing else is syntax, and nothing is lost but doubled blanks."""
    parsed = parse(question)
    assert parsed.text == " ".join(question.split())
    assert not parsed.documents
    assert not parsed.excluded
    assert not parsed.phrases


def test_a_date_that_is_none_is_refused() -> None:
    """A date that can't be read is an error that shows how to write one."""
    with pytest.raises(UsageError, match="after:2023-13 is no date; write after:2023, "):
        parse("what after:2023-13")


@pytest.mark.parametrize(
    ("pattern", "admitted"),
    [("lease.txt", True), ("contracts", True), ("contracts/*", True), ("*.txt", True), ("old/*", True), ("new", False)],
)
def test_a_path_pattern_matches_any_end_or_folder(pattern: str, admitted: bool) -> None:
    """A file's name, a folder above it, or a shell pattern for the end of its path picks it."""
    assert DocumentFilter(paths=(pattern,)).admits("work/contracts/old/lease.txt") is admitted


def test_a_type_is_an_ending_in_any_case() -> None:
    """A file without an ending has no type."""
    assert DocumentFilter(types=("txt",)).admits("a.TXT")
    assert not DocumentFilter(types=("txt",)).admits("a.md")
    assert not DocumentFilter(types=("txt",)).admits("txt")


@pytest.mark.parametrize(
    ("chosen", "admitted"),
    [
        ("work/a [1]*.txt", True),
        ("work/", True),
        ("./", True),
        ("work", False),
        ("a [1]*.txt", False),
        ("wor", False),
        ("/work/", False),
        ("work/a", False),
    ],
)
def test_what_is_chosen_is_exactly_that(chosen: str, admitted: bool) -> None:
    """A path is no pattern; a folder is all that lies in it, and a file with what is inside it."""
    documents = DocumentFilter(chosen=(chosen,))
    assert documents.admits("work/a [1]*.txt") is admitted
    assert documents.admits("work/a [1]*.txt > inside.pdf") is admitted


def test_a_scope_only_ever_narrows() -> None:
    """What both filters say must hold, each with its own alternatives; nothing narrows nothing."""
    scope = DocumentFilter(chosen=("contracts/", "notes/"), types=("txt", "md"))
    both = scope.narrowed(DocumentFilter(paths=("old", "lease*"), types=("md",)))
    assert both.admits("contracts/old/a.md")
    assert both.admits("notes/lease.md")
    assert not both.admits("notes/lease.txt")
    assert not both.admits("notes/a.md")
    assert not both.admits("else/lease.md")
    assert scope.narrowed(DocumentFilter()) == DocumentFilter().narrowed(scope) == scope


def test_the_parts_of_a_filter_are_told_and_can_be_taken_away() -> None:
    """Each is there once, as it would be written; without all of them nothing is left."""
    inner = DocumentFilter(paths=("old",), after=date(2023, 1, 1))
    documents = DocumentFilter(chosen=("a/", "b.txt"), types=("",)).narrowed(inner)
    assert str(documents) == "a/ b.txt type:none path:old after:2023-01-01"
    (_, without_first), *_ = documents.parts()
    assert str(without_first) == "b.txt type:none path:old after:2023-01-01"
    left = documents
    while parts := list(left.parts()):
        left = parts[-1][1]
    assert not left


def test_a_phrase_is_held_to_the_letter_across_line_ends() -> None:
    """Case and white space don't matter, letters do."""
    assert holds_phrase("the Force\n   Majeure clause", "force majeure")
    assert not holds_phrase("the forces majeures clause", "force majeure")


@pytest.mark.parametrize(
    ("documents", "admitted"),
    [
        (DocumentFilter(paths=("mail.eml",)), True),
        (DocumentFilter(paths=("papers/*.pdf",)), True),
        (DocumentFilter(paths=("mail.eml > papers/lease.pdf",)), True),
        (DocumentFilter(paths=("lease",)), False),
        (DocumentFilter(types=("pdf",)), True),
        (DocumentFilter(types=("eml",)), True),
        (DocumentFilter(types=("txt",)), False),
    ],
)
def test_what_is_inside_a_file_is_picked_as_it_is(documents: DocumentFilter, admitted: bool) -> None:
    """By its own name, or that of anything that it is inside of."""
    assert documents.admits("work/mail.eml > papers/lease.pdf") is admitted
