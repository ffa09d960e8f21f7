"""Markdown: what its front matter says, and lists with what leads to them."""

from __future__ import annotations

import time

import pytest

from askdocs.chunking.chunker import chunk_document
from askdocs.loaders import load
from askdocs.loaders.metadata import iso_date
from askdocs.types import BlockKind, Document
from tests.fakes import HashedEncoder

YAML = """---
title: "Roof: a *history*"
author:
  - Anna Kovacs
  - name: Bo Li
date: 2023-06-01 10:30:00 +0200
tags: [roof, repairs]
lang: en-GB
---
# The Roof

Words.
"""
TOML = """+++
title = 'Roof'
authors = ["Anna Kovacs"]
date = 2023-06-01T10:30:00Z
keywords = "roof, repairs"
language = "de"
+++

Words.
"""


def markdown(text: str) -> Document:
    read = load("a.md", "text/markdown", text.encode())
    assert read.text == text
    return read


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_yaml_front_matter_names_the_document(newline: str) -> None:
    """Title, authors, date with zone, tags and language come from it, whatever ends the lines."""
    read = markdown(YAML.replace("\n", newline))
    assert (read.title, read.author, read.date) == (
        "Roof: a *history*", "Anna Kovacs, Bo Li", "2023-06-01T10:30:00+02:00",
    )  # fmt: skip
    assert (read.tags, read.language) == (("roof", "repairs"), "en")
    assert [heading.title for heading in read.headings] == ["The Roof"]


def test_toml_front_matter_names_the_document() -> None:
    """What stands between +++ is TOML, and no part of the Markdown."""
    read = markdown(TOML)
    assert (read.title, read.author, read.date) == ("Roof", "Anna Kovacs", "2023-06-01T10:30:00+00:00")
    assert (read.tags, read.language, read.headings) == (("roof", "repairs"), "de", ())


def test_front_matter_that_is_not_yaml_is_read_by_its_lines() -> None:
    """A colon that should have been quoted costs no metadata."""
    lists = "tags: [roof, 'old tiles']\nauthors:\n  - Anna\n  - Bo\n"
    read = markdown(f"---\ntitle: Roof: a history\ndate: 2023-06-01\n{lists}---\nWords.\n")
    assert (read.title, read.date) == ("Roof: a history", "2023-06-01")
    assert (read.tags, read.author) == (("roof", "old tiles"), "Anna, Bo")


def test_a_rule_is_no_front_matter() -> None:
    """Text between two rules is Markdown as ever."""
    read = markdown("---\nOnly words\n---\n\nMore.\n")
    assert [heading.title for heading in read.headings] == ["Only words"]
    assert read.title == "Only words"


@pytest.mark.parametrize(
    "values",
    [
        "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\ntitle: *c\n",
        "title: !!python/object/apply:os.system ['false']\n",
        "title: " + "[" * 3000 + "\n",
        "title: {a: b}\ndate: [1]\ntags: {x: 1}\nlang: 3\n",
        "? [a, b]\n: c\n",
        "title: \x07bell\n" + "x: y\n" * 100,
        "- just\n- a list\n",
        "x: y\n" * 100_000,
        "a" + " " * 60_000 + "\n",
        "<<: {title: x}\n<<: 3\n",
    ],
)
def test_hostile_front_matter_is_text(values: str) -> None:
    """Aliases, tags that would make objects, and depth do no harm; the text is all there, soon."""
    began = time.process_time()
    text = f"---\n{values}---\nThe end.\n"
    read = markdown(text)
    assert time.process_time() - began < 10
    assert read.title is None or len(read.title) <= 300
    assert sum(len(block.span.of(text).strip()) for block in read.blocks) > 8


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2023-06-01", "2023-06-01"),
        ("2023/06/01", "2023-06-01"),
        ("20230601", "2023-06-01"),
        ("2023-06-01T10:30", "2023-06-01"),
        ("2023-06-01T10:30Z", "2023-06-01T10:30:00+00:00"),
        ("<2023-06-01 Thu>", "2023-06-01"),
        ("$Date: 2023-06-01 10:30:00 +0200 (Thu) $", "2023-06-01T10:30:00+02:00"),
        ("1st June 2023", "2023-06-01"),
        ("Jun. 1, 2023", "2023-06-01"),
        ("June 2023", None),
        ("2023-13-01", None),
        ("31 February 2023", None),
        ("yesterday", None),
    ],
)
def test_dates_become_iso_8601(text: str, date: str | None) -> None:
    """A day, and its time where the zone is told; nothing is guessed."""
    assert iso_date(text) == date


@pytest.mark.parametrize("kind", ["text/markdown", "text/plain"])
@pytest.mark.parametrize("blank", ["\n", ""])
def test_a_list_keeps_what_leads_to_it(kind: str, blank: str) -> None:
    """The paragraph that ends in a colon and the list below it are one block, and one passage where that fits."""
    other = "The roof was repaired in the year of the great storm, by people from the village. " * 8
    text = f"{other}\n\nTo repair the roof you need:\n{blank}- a ladder\n- tiles\n- time\n\n{other}\n"
    read = load("a", kind, text.encode())
    assert [block.kind for block in read.blocks] == [BlockKind.PARAGRAPH, BlockKind.LIST, BlockKind.PARAGRAPH]
    passages = [chunk.text for chunk in chunk_document(read, HashedEncoder().token_counts, 128)]
    assert any("you need:" in passage and "- time" in passage for passage in passages)
