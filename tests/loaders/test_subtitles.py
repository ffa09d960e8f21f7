"""Subtitles are cited by the time at which they are shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askdocs.loaders import load, media_type
from askdocs.types import Document, Unit
from tests.loaders.checks import assert_sound

FIXTURES = Path(__file__).parent / "fixtures"
VTT = """WEBVTT - The tour
Kind: captions
Language: en-GB

STYLE
::cue { color: red }

NOTE Written by Mattis

intro
00:05.000 --> 00:07.000 align:start
<v Ines>The warehouse was built

00:07.500 --> 00:09.000
by a merchant.

1:02:03.000 --> 1:02:04.000
Much later.
"""


def read(kind: str, text: str) -> Document:
    return load("a", kind, text.encode())


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["unix", "windows", "mac"])
@pytest.mark.parametrize("name", ["tour.srt", "tour.vtt"])
def test_every_cue_is_a_place(name: str, newline: str) -> None:
    """Places are numbered and named by their time; sentences over several cues are one block that begins with its time."""
    text = (FIXTURES / name).read_text(encoding="utf-8").replace("\n", newline)
    document = load(name, media_type(name) or "", text.encode())
    chunks = assert_sound(document, text, complete=False)
    assert document.unit is Unit.TIMES
    assert [place.number for place in document.places] == list(range(1, 21))
    assert document.places[1].label == "00:00:03"
    blocks = [block.span.of(text) for block in document.blocks]
    assert all(block.startswith("00:0") for block in blocks)
    (sentence,) = (block for block in blocks if "oak beams" in block)
    assert "upper valley." in sentence
    locator = chunks[0].locator
    assert (locator.start, locator.start_label) == (1, "00:00:01")


def test_the_header_of_webvtt_names_it() -> None:
    """Title and language are taken from it, styles are in no passage, notes are."""
    document = read("text/vtt", VTT)
    chunks = assert_sound(document, VTT, complete=False)
    assert (document.title, document.language) == ("The tour", "en")
    assert [place.label for place in document.places] == ["00:00:05", "00:00:07", "01:02:03"]
    assert not any("color" in chunk.text for chunk in chunks)
    assert any("Written by Mattis" in chunk.text for chunk in chunks)
    blocks = [block.span.of(VTT) for block in document.blocks]
    assert "00:05.000 --> 00:07.000 align:start\n<v Ines>The warehouse was built\n\n00:07.500" in blocks[1]
    assert blocks[2].endswith("Much later.")


def test_without_cues_it_is_text() -> None:
    """A file that has no times is read as text, cited by lines, with a warning."""
    document = read("application/x-subrip", "Only words.\n")
    assert_sound(document, "Only words.\n")
    assert (document.unit, document.warning) == (Unit.LINES, "has no subtitles; it was read as plain text")
    assert read("application/x-subrip", "").warning is None


@pytest.mark.parametrize("kind", ["application/x-subrip", "text/vtt"])
@given(st.lists(st.sampled_from(["1\n", "00:00:01,000 --> 00:00:02,000\n", "99:99:99.9 --> 0:0", "a.\n", "\n", "\r", "é", " ", "WEBVTT\n", "NOTE\n", "-->", "999:00:00,000 --> 00:00:00,000 "]), max_size=30).map("".join))  # fmt: skip
def test_no_subtitles_are_too_broken(kind: str, text: str) -> None:
    """Whatever is in the file: its text is exact, and places and blocks are in order."""
    assert_sound(read(kind, text), text, complete=False)


def test_a_film_of_many_cues_is_read() -> None:
    """Twenty thousand cues, without a sentence's end, are cut into passages."""
    text = "".join(
        f"{n}\n{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02},000 --> 00:00:00,500\nwords {n}\n\n" for n in range(20_000)
    )
    document = read("application/x-subrip", text)
    assert len(document.places) == 20_000
    assert_sound(document, text, complete=False)
