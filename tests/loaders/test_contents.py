"""The bytes of a document that lies inside a file."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest

from askdocs.errors import LoadError
from askdocs.loaders import CONTAINERS, load, media_type
from askdocs.loaders.contents import content_of
from askdocs.loaders.members import members
from tests.loaders.test_archive import zipped

FIXTURES = Path(__file__).parent / "fixtures"
FILES = [path for path in sorted(FIXTURES.rglob("*")) if path.is_file() and media_type(str(path)) in CONTAINERS]
NOTICE, REPORT, SCANNED = ((FIXTURES / "pdf" / f"{name}.pdf").read_bytes() for name in ("notice", "report", "scanned"))
ZIP, MAIL = "application/zip", "message/rfc822"


def mail(**attached: bytes) -> bytes:
    message = EmailMessage()
    message["Subject"] = "The report"
    message.set_content("See what is attached.")
    for name, data in attached.items():
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=f"{name}.pdf")
    return message.as_bytes()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_is_inside_is_what_was_indexed(path: Path) -> None:
    """Of every member of every fixture that isn't itself around others, the bytes make the document that it is."""
    kind, data = media_type(str(path)) or "", path.read_bytes()
    document = load(str(path), kind, data)
    for names, member in members(document):
        if names and member.media_type not in CONTAINERS:
            content = content_of(str(path), kind, data, names, False)
            assert load(member.path, member.media_type, content).text == member.text


def test_names_lead_through_any_depth() -> None:
    """Attachments of messages in archives, in the message that was forwarded or put into a mailbox."""
    message = mail(report=REPORT, notice=NOTICE)
    mailbox = b"From ines@museum.example Fri Apr 30 10:00:00 2021\n" + message.replace(b"\nFrom ", b"\n>From ") + b"\n"
    archive = zipped(("in/letter.eml", message), ("in/box.mbox", mailbox))
    assert content_of("a.zip", ZIP, archive, ("in/letter.eml", "notice.pdf"), False) == NOTICE
    assert content_of("a.zip", ZIP, archive, ("in/box.mbox", "The report", "report.pdf"), False) == REPORT


def test_equal_names_are_told_apart_as_when_they_were_indexed() -> None:
    """What couldn't be read has no number; scans are documents only with OCR."""
    parts = [("x/report.pdf", b"%PDF-1.7 broken"), ("x/report.pdf", SCANNED), ("x/report.pdf", REPORT)]
    message = EmailMessage()
    message["Subject"] = "Three"
    for _, data in parts:
        message.add_attachment(data, maintype="application", subtype="pdf", filename="report.pdf")
    data = message.as_bytes()
    assert content_of("a.eml", MAIL, data, ("report.pdf",), False) == REPORT
    with pytest.raises(LoadError, match="no longer holds"):
        content_of("a.eml", MAIL, data, ("report.pdf (2)",), False)
    assert content_of("a.eml", MAIL, data, ("report.pdf",), True) == SCANNED
    assert content_of("a.eml", MAIL, data, ("report.pdf (2)",), True) == REPORT


def test_what_has_gone_is_told() -> None:
    """By the names that lead to it; a message itself is no document inside one."""
    data = mail(report=REPORT)
    with pytest.raises(LoadError, match=r"^no longer holds other\.pdf, or not as a document$"):
        content_of("a.eml", MAIL, data, ("other.pdf",), False)
    with pytest.raises(LoadError, match="no longer holds"):
        content_of("a.eml", MAIL, data, ("report.pdf", "deeper.pdf"), False)
    with pytest.raises(LoadError, match="is damaged"):
        content_of("a.zip", ZIP, b"PK\x03\x04" + bytes(50), ("a.pdf",), False)
