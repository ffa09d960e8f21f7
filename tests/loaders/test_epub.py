"""Books are read in their order, under the titles of their chapters."""

from __future__ import annotations

import io
import time
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given

from askdocs.errors import LoadError
from askdocs.loaders import load
from askdocs.types import Document, Unit
from tests.loaders.checks import assert_sound, crowded, path_of, swollen
from tests.loaders.test_fixtures import MUTATIONS, mutated

MUSEUM = Path(__file__).parent / "fixtures" / "museum.epub"
KIND = "application/epub+zip"
CONTAINER = '<container><rootfiles><rootfile full-path="OPS/a.opf"/></rootfiles></container>'
NCX = """<!DOCTYPE ncx PUBLIC "-//NISO//DTD ncx 2005-1//EN" "ncx.dtd"><ncx><navMap>
<navPoint><navLabel><text>Part One&nbsp;</text></navLabel><content src="one.xhtml"/>
<navPoint><navLabel><text>The roof</text></navLabel><content src="two.xhtml#roof"/></navPoint>
<navPoint><navLabel><text>The door</text></navLabel><content src="two.xhtml#door"/></navPoint></navPoint></navMap></ncx>"""
CHAPTERS = {
    "OPS/one.xhtml": "<html><body><p>First words.</p></body></html>",
    "OPS/two.xhtml": '<html><body><div id="roof"/><h2>1. The roof</h2><p>It leaks.</p><h3>Tiles</h3><p>Red.</p><p id="door">It creaks.</p></body></html>',
}


def book(members: dict[str, str | bytes] | None = None, spine: str = "b a") -> bytes:
    """A book of two chapters, whose names are in the wrong order."""
    package = f"""<?xml version="1.0"?><package><metadata xmlns:dc="d"><dc:title>Repairs</dc:title><dc:creator>A</dc:creator>
        <dc:creator>B</dc:creator><dc:language>en-US</dc:language><dc:date>2020</dc:date><dc:date>2021-02-03</dc:date><dc:subject>roofs</dc:subject></metadata>
        <manifest><item id="a" href="two.xhtml" media-type="application/xhtml+xml"/><item id="b" href="one.xhtml" media-type="application/xhtml+xml"/>
        <item id="c" href="../../etc/passwd" media-type="application/xhtml+xml"/><item id="n" href="toc.ncx" media-type="application/x-dtbncx+xml"/></manifest>
        <spine>{"".join(f'<itemref idref="{at}"/>' for at in spine.split())}</spine></package>"""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", KIND, zipfile.ZIP_STORED)
        parts = {"META-INF/container.xml": CONTAINER, "OPS/a.opf": package, "OPS/toc.ncx": NCX, **CHAPTERS}
        for name, content in {**parts, **(members or {})}.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def read(data: bytes) -> Document:
    document = load("a.epub", KIND, data)
    assert_sound(document, None)
    return document


def test_a_book_of_pandoc_is_read() -> None:
    """Metadata of the package, headings as in the source, and no table of contents."""
    document = load("museum.epub", KIND, MUSEUM.read_bytes())
    chunks = assert_sound(document, None)
    assert (document.title, document.author, document.date) == ("The Harbour Museum", "Ines Falk", "2021-04-09")
    assert (document.language, document.unit, document.warning) == ("en", Unit.PARAGRAPHS, None)
    assert path_of(chunks, "60 crowns") == "The Harbour Museum > Opening hours and tickets"
    assert document.text.count("Ships in bottles") == 1


def test_chapters_have_the_titles_of_the_contents() -> None:
    """A title becomes a heading where the text has none; one that it has takes the level, and those below it too."""
    document = read(book())
    assert document.text == "\n\n".join(
        ("Part One", "First words.", "1. The roof", "It leaks.", "Tiles", "Red.", "The door", "It creaks.")
    )
    assert [(heading.level, heading.title) for heading in document.headings] == [
        (1, "Part One"), (2, "1. The roof"), (3, "Tiles"), (2, "The door"),
    ]  # fmt: skip
    assert (document.title, document.author, document.date) == ("Repairs", "A, B", "2021-02-03")
    assert (document.language, document.tags) == ("en", ("roofs",))


def test_what_is_missing_is_said() -> None:
    """A chapter that isn't in the archive, also because its path leads out of it, is counted in the warning."""
    document = read(book(spine="a b c b"))
    assert document.warning == "1 chapter is missing in it"
    assert document.text.count("First words.") == 1


def test_one_bad_chapter_costs_no_other() -> None:
    """It is told of with the reason; a book of which none can be read is refused."""
    bad = "<ul><li>" * 1200
    document = read(book({"OPS/one.xhtml": bad}))
    assert "It leaks." in document.text
    assert document.warning == "1 chapter is not read (one.xhtml is nested 1,200 levels deep; at most 1,000 are read)"
    with pytest.raises(LoadError, match=r"has no chapter that can be read: one\.xhtml is nested"):
        read(book({"OPS/one.xhtml": bad, "OPS/two.xhtml": bad}))


def test_obfuscated_fonts_are_no_protection() -> None:
    """Only other encryption, or rights, are refused."""
    encryption = '<encryption><EncryptedData><EncryptionMethod Algorithm="{}"/></EncryptedData></encryption>'
    fonts = encryption.format("http://www.idpf.org/2008/embedding")
    assert read(book({"META-INF/encryption.xml": fonts})).title == "Repairs"
    aes = encryption.format("http://www.w3.org/2001/04/xmlenc#aes128-cbc")
    for members in ({"META-INF/encryption.xml": aes}, {"META-INF/rights.xml": "<rights/>"}):
        with pytest.raises(LoadError, match="copy-protected"):
            load("a.epub", KIND, book(dict(members)))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no bytes"),
        (b"PK\x03\x04", "damaged"),
        (book({"META-INF/container.xml": "<container/>"}), "package file"),
        (book({"META-INF/container.xml": "<container>"}), "well-formed"),
        (swollen(book(), 60_000_000, "OPS/one.xhtml"), "times its size"),
        (crowded(book(), 50_000), "50,0.. files"),
        (swollen(book({f"OPS/{at}": b"\0" for at in range(15)}), 50_000_000), "1,050 MB"),
        (book({"OPS/toc.ncx": '<!DOCTYPE a [<!ENTITY b "]"><!ENTITY c "&b;&b;">]><ncx>&c;</ncx>'}), "entities"),
    ],
    ids=["empty", "cut", "no package", "xml", "ratio", "count", "total", "entities"],
)
def test_what_is_no_book_is_refused(data: bytes, reason: str) -> None:
    """With a reason, before anything large is unpacked."""
    began = time.process_time()
    with pytest.raises(LoadError, match=reason):
        load("a.epub", "application/epub+zip", data)
    assert time.process_time() - began < 2


def test_entities_are_not_expanded() -> None:
    """A billion laughs in the package are not there, and neither is a file that an entity names."""
    laughs = '<!DOCTYPE p [<!ENTITY a SYSTEM "file:///etc/passwd"><!ENTITY b "&a;&a;">]>' + NCX.split(">", 1)[
        1
    ].replace("Part", "&b;Part")
    assert "&b;Part One" in read(book({"OPS/toc.ncx": laughs})).text


@given(MUTATIONS)
def test_damaged_books_are_read_or_refused(mutations: list[tuple[str, float, float, bytes]]) -> None:
    """What is left of a real book gives sound passages or a reason, soon, and never another exception."""
    with suppress(LoadError):
        read(mutated(MUSEUM.read_bytes(), mutations))
