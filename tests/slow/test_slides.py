"""Slides drawn by the LibreOffice that is installed."""

from __future__ import annotations

import io
import shutil
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from askdocs.loaders import load, media_type
from askdocs.loaders.page_view import picture
from askdocs.opening.presentations import Conversion
from tests.support import PROJECT, install_program

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice isn't installed (libreoffice-impress)"),
]
FIXTURES = PROJECT / "tests" / "loaders" / "fixtures"
PICTURE = """<p:pic><p:nvPicPr><p:cNvPr id="99" name="elsewhere"/><p:cNvPicPr/><p:nvPr/></p:nvPicPr>
<p:blipFill><a:blip r:link="rId99"/><a:stretch><a:fillRect/></a:stretch></p:blipFill>
<p:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="900000" cy="900000"/></a:xfrm><a:prstGeom prst="rect"/></p:spPr>
</p:pic>"""
RELATION = """<Relationship Id="rId99" Target="{}" TargetMode="External"
Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"/>"""


@pytest.mark.parametrize("name", ["slides/crane.pptx", "slides/crane.odp", "tides.pptx", "tides.odp"])
def test_pages_have_the_numbers_of_their_slides(name: str) -> None:
    """Hidden slides are there and notes aren't: what is on a slide is marked on the page of its number."""
    data = (FIXTURES / name).read_bytes()
    pdf = Conversion().pdf(data)
    document = load(name, media_type(name) or "", data)
    numbers = [place.number for place in document.places]
    assert numbers == list(range(1, len(numbers) + 1))
    for place in document.places:
        quote = place.span.of(document.text)
        shown = picture(pdf, place.number, 600, quote, "", place.number, place.number, True)
        assert shown.pages == len(numbers)
        assert len(shown.marks or ()) >= 2  # its title and a line of it
        others = [number for number in numbers if number != place.number]
        marked = [picture(pdf, number, 600, quote, "", number, number, True).marks or () for number in others]
        assert all(len(marks) < len(shown.marks or ()) for marks in marked)


@contextmanager
def listening(heard: list[str]) -> Iterator[str]:
    """A server of this machine that notes what it is asked for; its address."""

    class Noting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.path)
            self.send_error(404)

        do_HEAD = do_OPTIONS = do_PROPFIND = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Noting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/picture.png"
        server.shutdown()


@pytest.mark.parametrize("namespaces", [True, False])
def test_nothing_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, namespaces: bool) -> None:
    """A picture that a slide links to stays where it is, with a network namespace and where the system has none."""
    if not namespaces:
        install_program(tmp_path / "bin", "unshare", "exit 1", monkeypatch)
    heard: list[str] = []
    with listening(heard) as address:
        assert Conversion().pdf(linking(address)).startswith(b"%PDF-")
    assert heard == []


def linking(address: str) -> bytes:
    """A presentation with a picture on its first slide that is elsewhere."""
    stream = io.BytesIO()
    with zipfile.ZipFile(FIXTURES / "tides.pptx") as before, zipfile.ZipFile(stream, "w") as after:
        for part in before.namelist():
            content = before.read(part)
            for ending, tag, more in (
                ("slides/slide1.xml", b"</p:spTree>", PICTURE),
                ("slides/_rels/slide1.xml.rels", b"</Relationships>", RELATION.format(address)),
            ):
                if part.endswith(ending):
                    content = content.replace(tag, more.encode() + tag)
            after.writestr(part, content)
    return stream.getvalue()
