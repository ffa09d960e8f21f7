"""Web pages saved in one file are read as web pages are."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given

from askdocs.errors import LoadError
from askdocs.loaders import load
from askdocs.types import Document, Unit
from tests.loaders.checks import assert_sound, path_of
from tests.loaders.test_fixtures import MUTATIONS, mutated

FIXTURES = Path(__file__).parent / "fixtures"
EXPLORER = """From: <Saved by Windows Internet Explorer 7>
Subject: Le mus\xe9e
Date: Thu, 8 Apr 2021 10:00:00 +0200
MIME-Version: 1.0
Content-Type: multipart/related; type="text/html"; boundary="--=_x"

This is a multi-part message in MIME format.

----=_x
Content-Type: text/html; charset="windows-1252"
Content-Transfer-Encoding: quoted-printable
Content-Location: http://127.0.0.1:9/frame.html

<p>A frame.</p>
----=_x
Content-Type: text/html; charset="windows-1252"
Content-Transfer-Encoding: quoted-printable
Content-Location: http://127.0.0.1:9/index.html
Content-ID: <page>

<html><body><h1>Heures</h1><p>Ouvert toute l=92ann=E9e =80 5</p><img src=3D"http://127.0.0.1:9/x.png"></body></html>
----=_x--
"""


def read(data: bytes) -> Document:
    document = load("a.mhtml", "multipart/related", data)
    assert_sound(document, None)
    return document


def test_a_page_saved_by_chromium_is_the_page() -> None:
    """Content, headings and metadata are those of the page itself."""
    saved = read((FIXTURES / "museum.mhtml").read_bytes())
    page = load("museum.html", "text/html", (FIXTURES / "museum.html").read_bytes())
    assert (saved.text, saved.title, saved.date, saved.unit) == (page.text, page.title, page.date, Unit.PARAGRAPHS)
    assert path_of(assert_sound(saved, None), "60 crowns") == path_of(assert_sound(page, None), "60 crowns")


def test_a_page_saved_by_internet_explorer_is_read() -> None:
    """The first page, or the one that is named as the start, in the encoding that its part declares."""
    assert read(EXPLORER.encode("latin-1")).text == "A frame."
    started = EXPLORER.replace('type="text/html"; b', 'type="text/html"; start="<page>"; b')
    document = read(started.encode("latin-1"))
    assert (document.text, document.title) == ("Heures\\n\\nOuvert toute l’année € 5".replace("\\n", "\n"), "Heures")
    untitled = read(started.replace("h1", "b").encode("latin-1"))
    assert untitled.title == "Le musée"


@pytest.mark.parametrize(
    ("data", "reason"), [(b"", "is empty"), (b"Subject: a\n\nWords.", "no web page"), (b"\xff\xfe\0", "no web page")]
)
def test_what_holds_no_page_is_refused(data: bytes, reason: str) -> None:
    """With the reason."""
    with pytest.raises(LoadError, match=reason):
        read(data)


@given(MUTATIONS)
def test_damaged_pages_are_read_or_refused(mutations: list[tuple[str, float, float, bytes]]) -> None:
    """What is left of a real file gives sound passages or a reason, and never another exception."""
    with suppress(LoadError):
        read(mutated((FIXTURES / "museum.mhtml").read_bytes(), mutations))
