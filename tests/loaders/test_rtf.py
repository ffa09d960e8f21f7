"""RTF is read in paragraphs, with its tables and lists, and says what is left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from askdocs.errors import LoadError
from askdocs.loaders import load, media_type
from askdocs.types import Document
from tests.loaders.checks import assert_sound

CHARTER = Path(__file__).parent / "fixtures" / "charter.rtf"


def read(data: bytes) -> Document:
    kind = media_type("a.rtf")
    assert kind
    document = load("a.rtf", kind, data)
    assert_sound(document, None)
    return document


def test_the_charter_is_read() -> None:
    """Rows have the names of their columns, items their marks, deleted text is gone, left-out notes are told of."""
    document = read(CHARTER.read_bytes())
    assert (document.title, document.author) == ("Charter of the Rowing Club", "Ottilie Brandt")
    assert "Member: student; Fee in crowns: 45; Vote: yes\nMember: child" in document.text
    assert "shall:\n\n1. sign the book that hangs beside the door;\n2. wear a cork vest" in document.text
    assert "\n- The treasurer is elected by secret ballot" in document.text
    assert "is late pays twelve crowns more" in document.text
    assert document.warning == "has notes or comments, which are not read"


def test_characters_are_those_of_the_code_page() -> None:
    """Escaped bytes and code points, in the text and in the title; half of a pair becomes a mark."""
    data = rb"{\rtf1\ansi\ansicpg1250{\info{\title \'c8esk\'fd}}\u269? \'c8l\'e1nek \u-10187? end\par}"
    document = read(data)
    assert document.title == "Český"
    assert document.text.startswith("č Článek ")
    assert "\ufffd" in document.text


def test_hidden_text_is_not_read() -> None:
    """As in Word documents; what is only said not to be hidden is."""
    assert read(rb"{\rtf1\ansi It is {\b\v never} {\v0 always} {\viewkind4 so}.\par}").text == "It is  always so."


@pytest.mark.parametrize(("data", "reason"), [(b"", "is empty"), (b"\0{\\rtf1", "is no RTF document")])
def test_what_is_no_rtf_is_refused(data: bytes, reason: str) -> None:
    """With the reason."""
    with pytest.raises(LoadError, match=reason):
        read(data)


def test_deep_groups_are_read() -> None:
    """A hundred thousand braces in each other are no stack."""
    assert "deep" in read(b"{\\rtf1 " + b"{" * 100_000 + b"deep" + b"}" * 100_001).text
