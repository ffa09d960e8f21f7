"""Messages are read with who wrote what; what is attached to them is read by its own loader."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askdocs.errors import LoadError
from askdocs.loaders import load, media_type
from askdocs.loaders.quoting import RULE
from askdocs.types import Document, Unit
from tests.loaders.checks import assert_sound, path_of, paths
from tests.loaders.test_fixtures import MUTATIONS, mutated

FIXTURES = Path(__file__).parent / "fixtures"
KIND = "message/rfc822"
PLAIN = "Content-Type: text/plain; charset=utf-8"
HTML = "Content-Type: text/html; charset=utf-8"


def read(data: bytes, kind: str = KIND) -> Document:
    document = load("a.eml", kind, data)
    assert_sound(document, None)
    for child in document.children:
        assert_sound(child, None)
    return document


def message(body: str, *headers: str) -> Document:
    """A message of one part."""
    lines = ["From: Anna Kovacs <anna@example.org>", "Subject: The roof", *(headers or [PLAIN]), "", body]
    return read("\n".join(lines).encode())


def multipart(kind: str, *parts: str) -> str:
    """Parts, each with its headers, as a body with the header that says so above it."""
    return f'Content-Type: {kind}; boundary="=="\n\n--==\n' + "\n--==\n".join(parts) + "\n--==--\n"


def said(document: Document) -> list[tuple[str, str]]:
    """Every paragraph with the headings that it stands under, without the head of the message."""
    places = []
    chunks = assert_sound(document, None)
    for place in document.places:
        text = place.span.of(document.text).removeprefix(f"{RULE}\n\n").removeprefix("--\n\n")
        chunk = next(chunk for chunk in chunks if chunk.span.start <= place.span.start < chunk.span.end)
        places.append((" > ".join(chunk.locator.headings), text))
    return places


def test_a_message_says_who_wrote_it_when_and_about_what() -> None:
    """Title, author, date and tags are those of its headers, decoded; its first lines are a passage too."""
    document = message(
        "Hello.", PLAIN, "Date: Mon, 3 May 2021 10:00:05 +0200", "To: =?iso-8859-1?Q?Ren=E9_M=FCller?= <r@example.org>,",
        " Ben <b@example.org>", "Keywords: roof, repairs", "Content-Language: en-GB",
    )  # fmt: skip
    assert (document.title, document.author, document.date) == ("The roof", "Anna Kovacs", "2021-05-03T10:00:05+02:00")
    assert (document.tags, document.language, document.unit) == (("roof", "repairs"), "en", Unit.PARAGRAPHS)
    assert document.text.split("\n") == [
        "From: Anna Kovacs <anna@example.org>", "To: René Müller <r@example.org>, Ben <b@example.org>",
        "Date: Mon, 3 May 2021 10:00:05 +0200", "Subject: The roof", "", "Hello.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("header", "title"),
    [
        (b"=?utf-8?B?RGFzIMOfIA==?= =?utf-8?B?IHVuZCBtZWhy?=", "Das ß und mehr"),
        (b"=?utf-8?B?RGFzIMO?=\n =?utf-8?B?nyBpc3Q=?=", None),
        (b"=?iso-2022-jp?B?GyRCNFs5YSsbKEI=?=", None),
        ("Größe".encode(), "Größe"),
        ("Größe der Brücke über die Flüsse".encode("latin-1"), "Größe der Brücke über die Flüsse"),
        (b"=?x-unknown?Q?abc?= def", "abc def"),
        (b"=?utf-8?Q?broken", "=?utf-8?Q?broken"),
        (b"folded\n  over\n\tlines", "folded over lines"),
        (b"a\x1b[31mred\x07", "a\x1b[31mred\x07"),
        (b"", None),
        (b"x" * 5000, "x" * 300 + "…"),
    ],
)
def test_subjects_in_any_state_are_read(header: bytes, title: str | None) -> None:
    """Encoded words, raw bytes and broken ones become one line; nothing is an error."""
    document = read(b"Subject: " + header + b"\n\nbody")
    if title or not header:
        assert document.title == title


OUTLOOK = """Please see below, it is about 4,000 crowns.

Best
Anna

-----Original Message-----
From: Ben Ito <ben@example.org>
Sent: Friday, April 30, 2021 9:00
To: Anna Kovacs
Subject: The roof

How much will the roof cost?
"""
GMAIL = """Yes, it starts on Monday.

On Fri, Apr 30, 2021 at 9:00 AM Ben Ito <ben@example.org>
wrote:

> When does the work start?
>
> On Thu, Apr 29, 2021, Cleo wrote:
>> The scaffolding is here.
> Ben

It takes two weeks.
--\x20
Anna Kovacs
Kovacs Roofs Ltd.
"""


def test_a_reply_is_told_from_what_it_quotes() -> None:
    """Each paragraph stands under who wrote it; the marks are gone, signatures are named, and the sender goes on."""
    ben = "Quoted: On Fri, Apr 30, 2021 at 9:00 AM Ben Ito <ben@example.org> wrote"
    cleo = "Quoted: On Thu, Apr 29, 2021, Cleo wrote"
    assert said(message(GMAIL)) == [
        ("", "Yes, it starts on Monday."),
        (ben, "On Fri, Apr 30, 2021 at 9:00 AM Ben Ito <ben@example.org>\nwrote:"),
        (ben, "When does the work start?"),
        (f"{ben} > {cleo}", "On Thu, Apr 29, 2021, Cleo wrote:"),
        (f"{ben} > {cleo}", "The scaffolding is here."),
        (ben, "Ben"),
        ("", "It takes two weeks."),
        ("Signature", "Anna Kovacs\nKovacs Roofs Ltd."),
    ]


def test_what_is_quoted_without_marks_is_told_by_its_head() -> None:
    """After the head of another message everything is quoted, up to the head of the next."""
    older = (
        "\n________________________________\nVon: Cleo\nGesendet: Montag\nAn: Ben\nBetreff: Dach\n\nEs regnet hinein.\n"
    )
    document = message(OUTLOOK + older)
    chunks = assert_sound(document, None)
    assert path_of(chunks, "4,000 crowns") == ""
    assert path_of(chunks, "How much will") == "Quoted: Ben Ito <ben@example.org>"
    assert path_of(chunks, "Es regnet") == "Quoted: Cleo"
    assert "Original Message" not in document.text
    assert "____" not in document.text


@pytest.mark.parametrize(
    "introduction",
    [
        "On 3 May 2021, Ben Ito wrote:",
        "Am 03.05.2021 um 10:00 schrieb Ben Ito:",
        "Le 3 mai 2021 à 10:00, Ben Ito a écrit :",
        "El lun, 3 may 2021 a las 10:00, Ben Ito (<ben@example.org>) escribió:",
        "Il giorno 3 mag 2021, alle ore 10:00, Ben Ito ha scritto:",
        "Op 3 mei 2021 om 10:00 schreef Ben Ito:",
        "Em 3 de mai. de 2021, Ben Ito escreveu:",
        "Den 3 maj 2021 skrev Ben Ito:",
        "W dniu 3.05.2021 o 10:00, Ben Ito pisze, napisał:",
        "2021年5月3日(月) 10:00 Ben Ito <ben@example.org>さんは書きました:",
    ],
)
@pytest.mark.parametrize("mark", ["> ", ""])
def test_replies_are_told_in_many_languages(introduction: str, mark: str) -> None:
    """With and without marks before what is quoted."""
    chunks = assert_sound(message(f"Mine.\n\n{introduction}\n\n{mark}Theirs.\n"), None)
    assert path_of(chunks, "Mine.") == ""
    assert path_of(chunks, "Theirs.").startswith(f"Quoted: {introduction[:12]}")


def test_words_that_only_look_like_a_reply_are_the_senders() -> None:
    """A sentence with a colon, a list of fields and a comparison with `>` inside a line quote nobody."""
    text = (
        "On Monday she wrote:\n\nA letter.\n\nFrom: London\nTo: Paris\nDate: 3 May\n\nIf a > b, stop.\n\n- one\n- two\n"
    )
    assert set(paths(assert_sound(message(text), None))) == {""}


def test_flowed_text_is_joined() -> None:
    """Of format=flowed, lines that end in a blank go on in the next of the same depth (RFC 3676)."""
    flowed = "Content-Type: text/plain; format=flowed"
    text = "This goes \non \nhere.\n\n>> deep \n>> words\n> less\n-- \nAnna"
    assert [text for _, text in said(message(text, flowed))] == ["This goes on here.", "deep words", "less", "Anna"]
    joined = message("日本 \n語\n", "Content-Type: text/plain; format=flowed; delsp=yes")
    assert said(joined)[-1] == ("", "日本語")


def test_html_bodies_are_read_as_pages_are() -> None:
    """Tables keep their headers, quotes and signatures are told by the elements that mail programs write."""
    body = """<html><body><div style="display:none">Preview</div><p>Dear Ben,</p><table><tr><th>Part</th><th>Cost</th></tr>
    <tr><td>roof</td><td>300</td></tr></table><div class="gmail_signature">Anna<br>Kovacs Roofs</div>
    <div class="gmail_quote"><div class="gmail_attr">On Fri, Apr 30, 2021 at 9:00 AM Ben wrote:<br></div>
    <blockquote class="gmail_quote"><p>What does it cost?</p><blockquote type="cite">Tell him.</blockquote></blockquote></div>
    <p>Bye &#xe0f0; now</p></body></html>"""
    document = message(body, HTML)
    ben = "Quoted: On Fri, Apr 30, 2021 at 9:00 AM Ben wrote"
    assert said(document) == [
        ("", "Dear Ben,"), ("", "Part: roof; Cost: 300"), ("Signature", "Anna\nKovacs Roofs"),
        (ben, "On Fri, Apr 30, 2021 at 9:00 AM Ben wrote:"), (ben, "What does it cost?"), (f"{ben} > Quoted", "Tell him."), ("", "Bye now"),
    ]  # fmt: skip


def test_of_two_forms_of_a_text_the_plain_one_is_read() -> None:
    """Unless it only says that there is another."""
    rich = f"{HTML}\n\n<p>{'It costs 300 crowns, all in all. ' * 20}</p>"
    both = read(multipart("multipart/alternative", f"{PLAIN}\n\n{'It costs 300 crowns. ' * 20}", rich).encode())
    assert "all in all" not in both.text
    assert both.text.count("300") == 20
    stub = read(multipart("multipart/alternative", f"{PLAIN}\n\nThis message needs HTML.", rich).encode())
    assert "all in all" in stub.text
    assert "needs HTML" not in stub.text


def test_attachments_are_children_by_their_own_loaders() -> None:
    """Names are decoded, content is trusted over the declared type, and pictures are none."""
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "anna@example.org", "Papers"
    mail.set_content("See the papers.")
    report = (FIXTURES / "pdf" / "notice.pdf").read_bytes()
    mail.add_attachment(report, maintype="application", subtype="octet-stream", filename="Prüfbericht.pdf")
    mail.add_attachment(report, maintype="application", subtype="octet-stream")
    mail.add_attachment("# Plan\n\nWords.\n", filename="plan.md")
    mail.add_attachment(b"\x89PNG\r\n\x1a\n" + bytes(40), maintype="image", subtype="png", filename="photo.png")
    mail.add_attachment(
        (FIXTURES / "pdf" / "encrypted.pdf").read_bytes(), maintype="application", subtype="pdf", filename="secret.pdf"
    )
    mail.add_attachment(b"\x78\x9f\x3e\x22", maintype="application", subtype="ms-tnef", filename="winmail.dat")
    document = read(mail.as_bytes())
    assert [(child.path, child.media_type) for child in document.children] == [
        ("Prüfbericht.pdf", "application/pdf"), ("attachment 2", "application/pdf"), ("plan.md", "text/markdown"),
    ]  # fmt: skip
    assert "Attachments: Prüfbericht.pdf, plan.md, photo.png, secret.pdf" in document.text
    assert document.warning == (
        "attachment winmail.dat: is in a form of Outlook's own (TNEF); attachment secret.pdf: is encrypted with "
        "a password; save it without one"
    )


def test_forwarded_messages_are_children_of_children() -> None:
    """With their own subject, sender and attachments; too many around one are refused."""
    inner = EmailMessage()
    inner["From"], inner["Subject"] = "Ben <ben@example.org>", "Inner"
    inner.set_content("Inside.")
    inner.add_attachment("a,b\n1,2\n", subtype="csv", filename="table.csv")
    outer = EmailMessage()
    outer["Subject"] = "Outer"
    outer.set_content("Look:")
    outer.add_attachment(inner)
    document = read(outer.as_bytes())
    (child,) = document.children
    assert (child.path, child.author, [each.path for each in child.children]) == ("Inner", "Ben", ["table.csv"])
    assert "Inside." not in document.text
    encoded = (
        "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
        + base64.encodebytes(inner.as_bytes()).decode()
    )
    (wrapped,) = read(multipart("multipart/mixed", encoded).encode()).children
    assert (wrapped.path, wrapped.text) == ("Inner", child.text)
    for _ in range(12):
        around = EmailMessage()
        around["Subject"] = "Again"
        around.set_content("x")
        around.add_attachment(outer)
        outer = around
    deepest = read(outer.as_bytes())
    while deepest.children:
        (deepest,) = deepest.children
    assert deepest.warning == "attachment Again: is more than 8 documents deep in others"


def test_what_belongs_to_the_display_is_left_out() -> None:
    """Of multipart/related the start is read and pictures are not, but a file in it is."""
    picture = "Content-Type: image/png; name=logo.png\nContent-ID: <a>\n\nx"
    table = "Content-Type: application/octet-stream; name=t.csv\n\na,b\n1,2\n3,4\n"
    body = multipart('multipart/related; start="<b>"', picture, f"{HTML}\nContent-ID: <b>\n\n<p>Hello</p>", table)
    document = read(body.encode())
    assert [child.path for child in document.children] == ["t.csv"]
    assert [text for _, text in said(document)] == ["Hello"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            multipart("multipart/encrypted", "Content-Type: application/pgp-encrypted\n\nVersion: 1", "x: y\n\nabc"),
            "is encrypted",
        ),
        ("Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\n\nabc", "is encrypted"),
        (f"{PLAIN}\n\n-----BEGIN PGP MESSAGE-----\n\nhQEMA\n", "is encrypted"),
        ("", "is empty"),
        ("\n\nonly words", "no headers"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(body: str, reason: str) -> None:
    """Encrypted messages, and files that are none."""
    with pytest.raises(LoadError, match=reason):
        read(body.encode())


def test_signed_messages_are_read_without_their_signature() -> None:
    """Whether the signature is a part of its own or stands in the text."""
    signed = multipart(
        "multipart/signed", f"{PLAIN}\n\nI agree.", "Content-Type: application/pgp-signature; name=a.asc\n\nabc"
    )
    assert said(read(signed.encode())) == [("", "I agree.")]
    armoured = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nI agree.\n-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n"
    assert said(message(armoured)) == [("", "I agree.")]


def test_broken_encodings_lose_no_more_than_they_must() -> None:
    """Cut base64, stray bytes and lying character sets leave the rest to be read."""
    encoded = base64.b64encode(b"The roof is old and leaks.").decode()
    assert "The roof is old" in message(encoded[:-3], PLAIN, "Content-Transfer-Encoding: base64").text
    assert "Größe" in message("Gr=C3=B6=C3=9Fe =\n=ZZ", PLAIN, "Content-Transfer-Encoding: quoted-printable").text
    assert "Größe" in message("Größe", "Content-Type: text/plain; charset=iso-8859-1").text
    assert (
        "Größe"
        in read(b"Content-Type: text/plain; charset=nonsense\n\n" + ("Größe und Fülle " * 9).encode("latin-1")).text
    )
    assert (
        "Größ\ufffd und"
        in read(b"Content-Type: text/plain; charset=utf-8\n\n" + "Größ".encode() + b"\xff und \xc3\xa4\xc3\xa4").text
    )
    assert "日本" in read(b"Content-Type: text/plain; charset=iso-2022-jp\n\n" + "日本".encode("iso-2022-jp")).text
    binary = read(b"Subject: a\nContent-Type: text/plain\n\n" + bytes(range(1, 32)) * 20)
    assert binary.warning == "a text in it is not text, whatever its name says (it holds binary data)"


MBOX = b"""From MAILER-DAEMON Fri Jul  8 12:08:34 2011
Subject: First
Date: Fri, 8 Jul 2011 12:08:34 +0000

>From the roof you see the sea.
From here too.

From - Sat Jul  9 12:08:34 2011
From: Ben <ben@example.org>

No subject.
"""


def test_parts_without_a_beginning_are_read_as_text() -> None:
    """A message that names no boundary, or another one than it has, is not an empty one."""
    for kind in ("multipart/mixed", "multipart/alternative; boundary=b"):
        document = message("--a\n\nThe gutter is full of leaves.\n--a--", f"Content-Type: {kind}")
        assert "The gutter is full of leaves." in document.text
        assert document.warning == "doesn't say where its parts begin; they were read as one text"


def test_code_in_a_body_keeps_its_indentation() -> None:
    """That of its first line too."""
    assert "    if wet:\n        close()" in message("<p>So:</p><pre>    if wet:\n        close()</pre>", HTML).text


def test_a_mailbox_is_its_messages() -> None:
    """Each a child, called by subject and day; lines that merely begin with From are text."""
    document = load("a.mbox", "application/mbox", MBOX)
    assert (document.text, document.blocks, document.warning) == ("", (), None)
    first, second = document.children
    assert (first.path, second.path, second.author) == ("First, 2011-07-08", "message 2", "Ben")
    assert first.text.endswith("From the roof you see the sea.\nFrom here too.")
    assert load("a.mbox", "application/mbox", MBOX.replace(b"\n", b"\r\n")).children[1].author == "Ben"
    assert load("a.mbox", "application/mbox", b"").children == ()
    with pytest.raises(LoadError, match="no mailbox"):
        load("a.mbox", "application/mbox", b"Words.")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("Mail/cur/1204680122.M1P2Q3.example.md:2,S", KIND),
        ("/Mail/new/1035478339.27041_118.example.py", KIND),
        ("cur/1204680122_0.42.host,U=1,FMD5=ab:2,RS", KIND),
        ("Mail/tmp/1204680122.M1P2.host", None),
        ("Mail/other/1204680122.M1P2.host", None),
        ("Mail/concur/1204680122.M1P2.host", None),
        ("Mail/cur/notes", None),
        ("Mail/cur/notes.md", "text/markdown"),
        ("Mail/INBOX.mbox", "application/mbox"),
        ("Archive.mbox/mbox", "application/mbox"),
        ("a.emlx", KIND),
    ],
)  # fmt: skip
def test_messages_in_a_maildir_are_known_by_folder_and_name(path: str, kind: str | None) -> None:
    """Their names have no ending, and what looks like one is that of a host."""
    assert media_type(path) == kind


def test_apple_mails_files_begin_with_a_length() -> None:
    """Which is no part of the message."""
    assert read(b"31        \nSubject: a\n\nWords.\n<?xml version='1.0'?>").title == "a"


@pytest.mark.parametrize(
    "data",
    [
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (at, at) for at in range(3000)),
        b"Content-Type: message/rfc822\n\n" * 3000,
        b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\nA: b\n\nc\n" * 20_000,
        b"To: " + b"a b <c@d>, " * 20_000 + b"\n\nx",
        b"Subject: " + b"=?utf-8?q?a?= " * 20_000 + b"\n\nx",
        b"a: b\n\n" + b"> " * 200_000 + b"deep\n",
        b"a: b\n\n" + b"On 1 " * 50_000 + b"\n",
        b"Content-Type: text/html\n\n" + b"<blockquote>" * 3000 + b"x",
        b"Content-Type: text/plain" + b"; a*0*=utf-8''b" * 200_000 + b"\n\nx",
        b"Content-Type: text/plain; format=flowed\n\n" + b"a b c d e f g h i j k l \n" * 8_000,
        b"To: " + b"b: " * 6_000 + b"\nCc: " + b"(" * 9_000 + b"\n\nx",
        b"a: b\n\n" + b"-----BEGIN PGP SIGNED MESSAGE-----\n" * 8_000,
    ],
    ids=[
        "parts",
        "messages",
        "many",
        "people",
        "words",
        "quotes",
        "introductions",
        "blockquotes",
        "parameters",
        "flowed",
        "groups",
        "signed",
    ],
)
def test_hostile_messages_are_read_or_refused_soon(data: bytes) -> None:
    """Nesting and repetition without an end cost no more than a moment."""
    began = time.process_time()
    with suppress(LoadError):
        read(data)
    assert time.process_time() - began < 3


@given(
    st.lists(
        st.sampled_from(
            [
                "> ",
                ">> ",
                "a",
                "On 1 May, B wrote:\n",
                "From: x\n",
                "To: y\nSubject: z\n",
                "\n",
                " ",
                "-- \n",
                "- b\n",
                "Sent from my x\n",
                "é",
                "----- A bc -----\n",
            ]
        ),
        max_size=40,
    )
)
def test_any_text_stays_whole(parts: Sequence[str]) -> None:
    """However a body is quoted, its words come in their order, and all of it is in passages."""
    text = "".join(parts)
    document = message(text)
    words = [word for word in text.replace(">", " ").split() if word.isalnum()]
    assert [word for word in document.text.split() if word.isalnum()][4:] == words or "--" in text


FILES = sorted([*FIXTURES.glob("*.eml"), *FIXTURES.glob("*.mbox")])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
@given(mutations=MUTATIONS)
def test_damaged_messages_are_read_or_refused(path: Path, mutations: list[tuple[str, float, float, bytes]]) -> None:
    """What is left of a real file gives sound passages or a reason, soon, and never another exception."""
    began = time.process_time()
    with suppress(LoadError):
        read(mutated(path.read_bytes(), mutations), media_type(path.name) or "")
    assert time.process_time() - began < 3


def test_the_same_bytes_give_the_same_document() -> None:
    """Twice read, every fixture is equal."""
    again: Callable[[Path], Document] = lambda path: load(path.name, media_type(path.name) or "", path.read_bytes())  # noqa: E731
    assert all(again(path) == again(path) for path in FILES)
