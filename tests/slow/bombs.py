"""Files that are hostile on purpose: bombs, cycles, entities, absurd counts, and depth without an end."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from askdocs.loaders import media_type

FIXTURES = Path(__file__).parents[1] / "loaders" / "fixtures"
DEEP = 100_000
LAUGHS = (
    "".join(f'<!ENTITY l{at + 1} "{f"&l{at};" * 10}">' for at in range(12)).replace("&l0;", "ha")
    + '<!ENTITY o SYSTEM "file:///etc/passwd">'
    '<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd"> %p;'
)
"""A billion laughs, a file and a server as entities."""

PARTS = {
    "charter.docx": "word/document.xml",
    "charter.odt": "content.xml",
    "bottles.xlsx": "xl/worksheets/sheet1.xml",
    "bottles.ods": "content.xml",
    "tides.pptx": "ppt/slides/slide1.xml",
    "tides.odp": "content.xml",
    "museum.epub": "META-INF/container.xml",
}


def bombs() -> Iterator[tuple[str, str, bytes]]:
    """Name, media type and content of each."""
    for name, data in {**_texts(), **_pages(), **_office(), **_archives(), **_pdfs(), **_messages()}.items():
        kind = media_type(name)
        assert kind, name
        yield f"bomb-{name}", kind, data


def _texts() -> dict[str, bytes]:
    many = 60_000
    values = {
        "laughs.xml": f"<!DOCTYPE a [{LAUGHS}]><a>&l9;&o;</a>",
        "deep.xml": "<a>" * DEEP,
        "wide.xml": "<a " + " ".join(f'b{at}="c"' for at in range(many)) + "/>",
        "deep.json": "[" * DEEP,
        "keys.json": '{"a":' * DEEP,
        "number.json": "9" * 300_000,
        "deep.yaml": "[" * 20_000,
        "laughs.yaml": "a: &a [x, x]\n" + "".join(f"{chr(98 + at)}: &{chr(98 + at)} [{('*' + chr(97 + at) + ', ') * 9}]\n" for at in range(20)),
        "deep.toml": "a = " + "[" * 20_000,
        "dots.toml": "a" + ".a" * 20_000 + " = 1",
        "deep.ipynb": '{"cells":' + "[" * DEEP,
        "cells.ipynb": json.dumps({"cells": [{"cell_type": "markdown", "source": "# a"}] * 5_000, "nbformat": 4}),
        "quotes.md": ">" * 30_000 + " a",
        "lists.md": "\n".join(" " * at + "- a" for at in range(1_500)),
        "brackets.md": "[" * 50_000,
        "links.md": "[a](" * 30_000,
        "images.md": "![[]()" * 20_000,
        "stars.md": "*a_ " * 30_000,
        "emphasis.md": "a**b" + "c* " * 30_000,
        "ticks.md": "".join("`" * at + " " for at in range(700)),
        "references.md": "[a]: b\n" * 30_000,
        "tables.md": "|" + "a|" * 5_000 + "\n|" + "-|" * 5_000 + "\n" + "|a\n" * 500,
        "html.md": "<!--" * 40_000,
        "front.md": "---\n" + "a: [" * 20_000,
        "line.log": "x" * 500_000,
        "times.log": "2024-01-01 00:00:00 " * 20_000,
        "cells.csv": "," * 200_000,
        "quote.csv": 'a,b\n"' + "x,\n" * 50_000,
        "columns.csv": ",".join(f"c{at}" for at in range(20_000)) + "\n" + ("1," * 20_000 + "\n") * 10,
        "cues.srt": "1\n00:00:01,000 --> 00:00:02,000\n" * 10_000,
        "deep.tex": "\\begin{itemize}\\item " * 20_000,
        "braces.tex": "\\section{" * 30_000,
        "deep.org": "\n".join("*" * at + " a" for at in range(1, 1_500)),
        "blocks.org": "#+BEGIN_SRC\n" * 30_000,
        "blocks.adoc": "----\n====\n" * 30_000,
        "titles.rst": "".join(f"a\n{chr(33 + at % 15) * 5}\n\n" for at in range(30_000)),
        "directives.rst": ".. a::\n   " * 30_000,
        "deep.py": "".join(" " * at + "if a:\n" for at in range(1_500)),
        "braces.c": "void f() {" * 30_000,
        "strings.js": "`${" * 40_000,
        "brackets.ini": "[" * 200_000,
        "control.txt": "\x1b[2J\0\u202e" * 3 + "words " * 3_000,
        "line.txt": "word " * 60_000,
        "groups.rtf": "{\\rtf1 " + "{" * 200_000,
        "words.rtf": "{\\rtf1 " + "\\b" * 150_000 + "}",
    }  # fmt: skip
    return {name: text.encode() for name, text in values.items()}


def _pages() -> dict[str, bytes]:
    return {
        "divs.html": b"<html><body>" + b"<div>" * DEEP,
        "tables.html": b"<html><body>" + b"<table><tr><td>" * 30_000,
        "lists.html": b"<html><body>" + b"<ul><li>a" * 30_000,
        "bold.html": b"<html><body>" + b"<b><p>a" * 30_000,
        "spans.html": b"<table>" + b"<tr><td colspan=99999 rowspan=99999>a" * 5_000,
        "attributes.html": b"<html><body " + b"a=b " * 200_000 + b">x",
        "comments.html": b"<html><!--" * 50_000,
        "json.html": b'<html><script type="application/ld+json">' + b'{"@graph":[' * 30_000 + b"</script>x",
        "remote.html": b'<html><base href="http://127.0.0.1:9/"><link rel=stylesheet href="file:///etc/passwd"><iframe src="file:///etc/passwd"></iframe>x',
    }


def replaced(name: str, parts: Mapping[str, bytes]) -> bytes:
    """An archive among the fixtures with other or more parts."""
    target = io.BytesIO()
    with zipfile.ZipFile(FIXTURES / name) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.namelist():
            new.writestr(member, parts.get(member, old.read(member)))
        for member in parts.keys() - set(old.namelist()):
            new.writestr(member, parts[member])
    return target.getvalue()


def _office() -> dict[str, bytes]:
    made: dict[str, bytes] = {}
    for name, part in PARTS.items():
        with zipfile.ZipFile(FIXTURES / name) as archive:
            whole = archive.read(part)
        start = whole.index(b"?>") + 2 if whole.startswith(b"<?xml") else 0
        made[f"laughs-{name}"] = replaced(
            name, {part: f"<!DOCTYPE a [{LAUGHS}]>".encode() + whole[start:].replace(b">", b">&l9;&o;", 1)}
        )
        made[f"deep-{name}"] = replaced(name, {part: b"<a>" * DEEP})
        made[f"zeros-{name}"] = replaced(name, {"x.bin": bytes(60_000_000), part: whole})
        made[f"spaces-{name}"] = replaced(name, {part: whole + b" " * 30_000_000})
    sheet = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    rows = {
        "dimension": b'<dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData></worksheet>',
        "far": b'<sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>',
        "strings": b'<sheetData><row r="1"><c r="A1" t="s"><v>99999999999</v></c></row></sheetData></worksheet>',
    }
    for what, content in rows.items():
        made[f"{what}-bottles.xlsx"] = replaced("bottles.xlsx", {PARTS["bottles.xlsx"]: sheet + content})
    with zipfile.ZipFile(FIXTURES / "bottles.ods") as archive:
        cells = archive.read("content.xml")
    for repeated in (b"rows", b"columns"):
        attribute = b' table:number-%s-repeated="999999999" ' % repeated
        content = cells.replace(b"<table:table-cell ", b"<table:table-cell" + attribute)
        content = content.replace(b"<table:table-row ", b"<table:table-row" + attribute)
        made[f"{repeated.decode()}-bottles.ods"] = replaced("bottles.ods", {"content.xml": content})
    with zipfile.ZipFile(FIXTURES / "charter.docx") as archive:
        styles = archive.read("word/styles.xml")
    made["cycle-charter.docx"] = replaced(
        "charter.docx", {"word/styles.xml": styles.replace(b'w:basedOn w:val="', b'w:basedOn w:val="Heading1" w:x="')}
    )
    return made


def _archives() -> dict[str, bytes]:
    inner = b"words\n"
    for _ in range(30):
        inner = _zip({"a.zip": inner})
    quine = _zip({"a.gz": gzip.compress(bytes(30_000_000))})
    return {
        "zeros.zip": _zip({"a.txt": bytes(60_000_000)}),
        "deep.zip": inner,
        "many.zip": _zip({f"{at}.txt": b"a" for at in range(20_000)}),
        "nested.zip": _zip({f"{at}.zip": quine for at in range(20)}),
        "zeros.txt.gz": gzip.compress(bytes(100_000_000)),
        "gz.gz": gzip.compress(gzip.compress(gzip.compress(bytes(50_000_000)))),
        "names.zip": _zip({"../" * 5_000 + "a.txt": b"a", "/etc/passwd.txt": b"a", "a\x1b[2J\n.txt": b"a"}),
        "sparse.tar": b"a.txt".ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2 + b"77777777777\0" * 2 + b"       \0S" + bytes(347),
    }  # fmt: skip


def _zip(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _pdf(*objects: bytes, trailer: bytes = b"") -> bytes:
    """A PDF of these objects, the first of which is its root."""
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(
        b"%010d 00000 n \n" % at for at in places
    )
    return bytes(
        out + b"trailer << /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, trailer, table)
    )


def _stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), entries, content)


def _pdfs() -> dict[str, bytes]:
    root = b"<< /Type /Catalog /Pages 2 0 R >>"
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %s %s] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>"
    )
    plain = page % (b"600", b"800")
    one = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    words = b"BT /F 12 Tf 10 10 Td (Words on a page.) Tj ET\n"
    text = _stream(words)
    packed = zlib.compress(words * 2_000_000, 9)
    outlined = root[:-2] + b"/Outlines 6 0 R >>"
    item = (
        b"<< /Title (a) /Parent 6 0 R /Next 7 0 R /Prev 7 0 R /First 7 0 R /Last 7 0 R /Count 9 /Dest [3 0 R /Fit] >>"
    )
    return {
        "kids.pdf": _pdf(root, b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>", plain, text, font),
        "parent.pdf": _pdf(root, one, b"<< /Type /Pages /Parent 3 0 R /Kids [2 0 R] /Count 1 >>", text, font),
        "count.pdf": _pdf(root, b"<< /Type /Pages /Kids [3 0 R] /Count 2147483647 >>", plain, text, font),
        "pages.pdf": _pdf(root, b"<< /Type /Pages /Kids [" + b"3 0 R " * 50_000 + b"] /Count 50000 >>", plain, text, font),
        "contents.pdf": _pdf(root, one, plain, b"[4 0 R 4 0 R]", font),
        "operators.pdf": _pdf(root, one, plain, _stream(packed, b"/Filter /FlateDecode"), font),
        "filters.pdf": _pdf(root, one, plain, _stream(packed, b"/Filter [" + b"/FlateDecode " * 2_000 + b"]"), font),
        "box.pdf": _pdf(root, one, page % (b"1e38", b"-99999999999"), text, font),
        "outline.pdf": _pdf(outlined, one, plain, text, font, b"<< /Type /Outlines /First 7 0 R /Last 7 0 R /Count 1 >>", item),
        "previous.pdf": _pdf(root, one, plain, text, font, trailer=b"/Prev 9"),
        "nested.pdf": _pdf(root, one, plain, text, b"[" * DEEP),
        "form.pdf": _pdf(root, one, plain.replace(b"/Font", b"/XObject << /X 6 0 R >> /Font"), _stream(b"/X Do"), font,
                         _stream(b"/X Do /X Do", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 6 0 R >> >>")),
        "names.pdf": _pdf(root, one, plain, text, font, trailer=b"/Info << /Title (" + b"(" * DEEP + b") >>"),
        "remote.pdf": _pdf(root[:-2] + b"/OpenAction << /S /URI /URI (http://127.0.0.1:9/) >> >>", one, plain, text, font),
        "external.pdf": _pdf(root, one, plain, _stream(b"", b"/F (/etc/passwd)"), font),
    }  # fmt: skip


def _messages() -> dict[str, bytes]:
    part = b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n"
    return {
        "parts.eml": b"".join(part % (at, at) for at in range(20_000)),
        "messages.eml": b"Content-Type: message/rfc822\n\n" * 20_000,
        "headers.eml": b"A: b\n" * 100_000 + b"\nx",
        "people.eml": b"To: " + b'"a, b" (c) <d@e>, ' * 50_000 + b"\n\nx",
        "words.eml": b"Subject: " + b"=?utf-8?b?YQ==?= " * 50_000 + b"\n\nx",
        "parameters.eml": b"Content-Type: text/plain" + b"; a*0*=utf-8''b" * 30_000 + b"\n\nx",
        "quotes.eml": b"A: b\n\n" + b"> " * 100_000 + b"x\n" + b">" * 100_000,
        "many.mbox": b"From a Mon Jan  1 00:00:00 2024\nSubject: a\n\nb\n\n" * 20_000,
        "remote.eml": b"Content-Type: message/external-body; access-type=URL; URL=\"file:///etc/passwd\"\n\nA: b\n\n",
        "remote.mhtml": b'Content-Type: text/html\nContent-Location: http://127.0.0.1:9/\n\n<iframe src="file:///etc/passwd"></iframe>x',
    }  # fmt: skip
