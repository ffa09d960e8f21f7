"""Loading: the text is the decoded file, character for character, or the file is refused."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from askdocs.errors import LoadError
from askdocs.loaders import CONTAINERS, LINEAR, LOADABLE, LOADERS, load, media_type
from askdocs.loaders.text import decode
from askdocs.types import BlockKind, Document
from tests.support import PROJECT

ENCODINGS = PROJECT.parent / "shared" / "eval" / "parser_files" / "encodings" / "chardet"
LANGUAGES = ("bulgarian", "croatian", "czech", "greek", "hebrew", "hungarian", "russian", "slovene", "turkish")
PYTHON_NAMES = {"MacCyrillic": "mac_cyrillic", "Big5": "big5", "GB2312": "gb2312"}
ENCODED = sorted(ENCODINGS.glob("*/*")) if ENCODINGS.is_dir() else []
PANGRAM = "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich.\r\nŁódź, naïve, 日本語, Ελλάδα, 👍\n"


def text_of(data: bytes) -> str:
    return load("test.txt", "text/plain", data).text


def markdown(text: str) -> Document:
    return load("test.md", "text/markdown", text.encode())


@pytest.mark.skipif(not ENCODED, reason="../shared/eval/parser_files is not here")
@pytest.mark.parametrize("path", ENCODED, ids=lambda path: "/".join(path.parts[-2:]))
def test_real_files_in_many_encodings_are_decoded_rightly(path: Path) -> None:
    """The text is what the encoding that the folder is named for gives."""
    encoding = path.parent.name
    for language in LANGUAGES:
        encoding = encoding.removesuffix(f"-{language}")
    data = path.read_bytes()
    truth = data.decode(PYTHON_NAMES.get(encoding, encoding))
    assert decode(data)[0] == truth.removeprefix("\ufeff")


@given(st.binary(max_size=400))
@example(codecs.BOM_UTF16_LE + b"A")
@example(codecs.BOM_UTF16_BE + b"\xd8")
@example(codecs.BOM_UTF32_LE + b"\xff\xff\xff\xff")
@example(codecs.BOM_UTF8 + b"\xff")
@example(b"\x1b$B$3$s\x1b(B")
@example(b"+2AA-")
def test_any_bytes_are_text_or_refused(data: bytes) -> None:
    """Whatever a file holds: either its exact decoding, or LoadError with a reason; never another exception."""
    try:
        text, encoding = decode(data)
    except LoadError:
        return
    assert data.decode(encoding) == text
    text.encode("utf-8")  # so that it can be stored and shown


@given(st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Z", "S")), max_size=200))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_with_or_without_a_mark_comes_back_exactly(encoding: str, text: str) -> None:
    """UTF-8, and UTF-8, UTF-16 and UTF-32 with a byte-order mark, lose nothing; the mark is no part of the text."""
    if encoding != "utf-8" or not text.startswith("\ufeff"):
        assert text_of(text.encode(encoding)) == text


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r", "\n\r", "\u2028", "\x85"])
@pytest.mark.parametrize("kind", ["text/plain", "text/markdown"])
def test_line_ends_are_kept(kind: str, newline: str) -> None:
    """No line end is translated, so that spans hold in the file as it is."""
    text = newline.join(["# One", "", "two", "", "- three", ""])
    assert load("x", kind, text.encode()).text == text


def test_latin_text_is_recognised() -> None:
    """A file in the encoding of old Windows reads as it should."""
    text = "Der Bäcker hat früh am Morgen für die Gäste große Brötchen gebacken, und alle waren sehr glücklich. " * 5
    assert text_of(text.encode("cp1252")) == text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (bytes(range(256)) * 10, "not text"),
        (b"abc\x00\x01\x02" * 100, "not text"),
        (PANGRAM.encode() * 5 + b"\xff", "UTF-8"),
        (PANGRAM.encode() * 3 + "Ende ö".encode()[:-1], "UTF-8"),
        (codecs.BOM_UTF16_LE + "Some words".encode("utf-16-le") + b"A", "utf-16"),
        (codecs.BOM_UTF8 + PANGRAM.encode() + b"\xff", "damaged"),
    ],
    ids=["binary", "controls", "damaged-utf8", "cut-utf8", "cut-utf16", "damaged-bom"],
)
def test_what_cannot_be_read_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    """LoadError says what is wrong; no mojibake comes out."""
    with pytest.raises(LoadError, match=reason):
        text_of(data)


@given(
    st.text(alphabet="# -*`~>|[]()_=\n\r\t abcXYZ.123:/!<é日", max_size=200),
    st.sampled_from(["text/plain", "text/markdown"]),
)
def test_blocks_and_headings_lie_in_the_text(text: str, kind: str) -> None:
    """Blocks are ordered, apart, in range, and hold all that is not blank; headings are ordered and in range."""
    read = load("x", kind, text.encode())
    end = 0
    for block in read.blocks:
        assert end <= block.span.start <= block.span.end <= len(text)
        assert not text[end : block.span.start].strip()
        assert block.span.of(text).strip()
        end = block.span.end
    assert not text[end:].strip()
    starts = [heading.span.start for heading in read.headings]
    assert starts == sorted(starts)
    for heading in read.headings:
        assert 1 <= heading.level <= 6
        assert heading.title.split()
        assert heading.span.end <= len(text)


def test_markdown_headings_have_level_title_and_line() -> None:
    """ATX and Setext headings are found with their text freed of markup; `#` in code is no heading."""
    text = "# The *big* `title` #\n\nIntro\n=====\n\n```\n# code\n```\n\n### Deep [link](http://x)\n"
    headings = markdown(text).headings
    assert [(heading.level, heading.title) for heading in headings] == [
        (1, "The big title"), (1, "Intro"), (3, "Deep link"),
    ]  # fmt: skip
    assert headings[0].span.of(text) == "# The *big* `title` #\n"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_markdown_structure_does_not_depend_on_line_ends(newline: str) -> None:
    """Headings, lists, tables and code are found whatever ends the lines."""
    text = "---\ntitle: x\n---\n# Top\n\nwords\n\n- a\n- b\n\n| a |\n|---|\n| 1 |\n\n```\nx\n```\n"
    read = markdown(text.replace("\n", newline))
    assert [block.kind for block in read.blocks] == [
        BlockKind.PARAGRAPH, BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST, BlockKind.TABLE, BlockKind.CODE,
    ]  # fmt: skip
    assert read.headings[0].span.of(read.text) == f"# Top{newline}"


def test_the_title_of_markdown_is_its_highest_heading() -> None:
    """The first heading of the highest level names the document; without headings it has no title."""
    assert markdown("## Small\n\n# Large\n\n# Later\n").title == "Large"
    assert markdown("Only words.\n").title is None


def test_the_title_of_a_text_is_a_short_first_line_that_stands_alone() -> None:
    """A short first paragraph of one line is a title; a long one, or all there is, is not."""
    assert load("x", "text/plain", b"  The  Title \r\n\r\nBody of the text.").title == "The Title"
    assert load("x", "text/plain", b"Only one paragraph.").title is None
    assert load("x", "text/plain", b"word " * 60 + b"\n\nBody").title is None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.txt", "text/plain"),
        ("A.TXT", "text/plain"),
        ("dir.txt/b.Md", "text/markdown"),
        ("c.markdown", "text/markdown"),
        ("picture.gif", None),
        ("README", "text/plain"),
        ("dir/Licence", "text/plain"),
        ("notes", None),
        (".txt", None),
        ("txt", None),
    ],
)
def test_the_ending_of_the_name_tells_the_media_type(path: str, expected: str | None) -> None:
    """Endings count whatever their case; a name that is all ending is hidden and no document."""
    assert media_type(path) == expected


def test_every_loadable_ending_loads() -> None:
    """Each ending that messages name can in fact be read; those of text hold words."""
    for ending in LOADABLE:
        kind = media_type(f"name{ending}")
        assert kind in {*LOADERS, *CONTAINERS}
        assert kind not in LINEAR or load("x", kind, b"Words.").text == "Words."


def test_an_unknown_media_type_is_refused() -> None:
    """What no loader is for is LoadError naming the type."""
    with pytest.raises(LoadError, match="image/gif"):
        load("x", "image/gif", b"")


@pytest.mark.parametrize("kind", ["text/plain", "text/markdown"])
@pytest.mark.parametrize("data", [b"", b"\n\n", codecs.BOM_UTF8, codecs.BOM_UTF16_LE])
def test_an_empty_file_is_an_empty_document(kind: str, data: bytes) -> None:
    """Nothing in it is no error."""
    read = load("x", kind, data)
    assert read.text.strip() == ""
    assert (read.blocks, read.headings, read.title) == ((), (), None)
