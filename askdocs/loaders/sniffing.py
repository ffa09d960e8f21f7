"""What a file is by its first bytes, whatever its name says."""

from __future__ import annotations

import io
import re

_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN = "application/vnd.oasis.opendocument"

PLAIN = "text/plain"
HTML = "text/html"
PDF = "application/pdf"
RTF = "application/rtf"
ZIP = "application/zip"
TAR = "application/x-tar"
GZIP = "application/gzip"
BZIP2 = "application/x-bzip2"
XZ = "application/x-xz"
ZSTD = "application/zstd"
OLE = "application/x-ole-storage"
ENCRYPTED = "application/x-ole-encrypted"
DOCX = f"{_OFFICE}.wordprocessingml.document"
XLSX = f"{_OFFICE}.spreadsheetml.sheet"
PPTX = f"{_OFFICE}.presentationml.presentation"
XLS = "application/vnd.ms-excel"
ODT = f"{_OPEN}.text"
ODS = f"{_OPEN}.spreadsheet"
ODP = f"{_OPEN}.presentation"

_ZIPPED = {
    "application/epub+zip": "an EPUB book",
    f"{_OFFICE}.wordprocessingml.document": "a Word document",
    f"{_OFFICE}.presentationml.presentation": "a PowerPoint presentation",
    f"{_OFFICE}.spreadsheetml.sheet": "an Excel workbook",
    f"{_OPEN}.text": "an OpenDocument text",
    f"{_OPEN}.presentation": "an OpenDocument presentation",
    f"{_OPEN}.spreadsheet": "an OpenDocument spreadsheet",
}
_COMPOUND = {
    "application/msword": "an old Word document",
    "application/vnd.ms-excel": "an old Excel workbook",
    "application/vnd.ms-powerpoint": "an old PowerPoint presentation",
    "application/vnd.ms-outlook": "an Outlook message",
    ENCRYPTED: "an Office document with a password",
}

MEMBERS = {ZIP: frozenset(_ZIPPED), OLE: frozenset(_COMPOUND)}
"""What a ZIP archive and an OLE file may be beyond that."""

NAMES = {
    PLAIN: "plain text",
    HTML: "a web page",
    PDF: "a PDF",
    RTF: "an RTF document",
    ZIP: "a ZIP archive",
    OLE: "an old Office document",
    "image/png": "a PNG picture",
    "image/jpeg": "a JPEG picture",
    "image/gif": "a GIF picture",
    "image/webp": "a WebP picture",
    "image/tiff": "a TIFF picture",
    "image/bmp": "a BMP picture",
    GZIP: "a gzip archive",
    BZIP2: "a bzip2 archive",
    XZ: "an xz archive",
    ZSTD: "a zstd archive",
    "application/x-7z-compressed": "a 7z archive",
    "application/vnd.rar": "a RAR archive",
    TAR: "a tar archive",
    "application/x-elf": "a program (ELF)",
    "application/x-msdownload": "a Windows program",
    "application/x-mach-binary": "a program (Mach-O)",
    "application/java-vm": "a compiled Java class",
    "application/wasm": "a program (WebAssembly)",
    "application/vnd.sqlite3": "an SQLite database",
    "audio/mpeg": "a sound (MP3)",
    "audio/flac": "a sound (FLAC)",
    "audio/wav": "a sound (WAV)",
    "application/ogg": "a sound or film (Ogg)",
    "video/mp4": "a film (MP4)",
    "video/mp2t": "a film (MPEG)",
    **_ZIPPED,
    **_COMPOUND,
}
"""What people call each media type that content can show."""

BINARY = frozenset(NAMES) - {PLAIN, HTML}
"""Media types of which no file is text that a person could read as it is."""

_MAGIC = (
    (b"%PDF-", PDF),
    (b"{\\rtf", RTF),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"II+\0", "image/tiff"),
    (b"MM\0+", "image/tiff"),
    (b"\x1f\x8b\x08", GZIP),
    (b"\xfd7zXZ\0", XZ),
    (b"\x28\xb5\x2f\xfd", ZSTD),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\x7fELF", "application/x-elf"),
    (b"\xcf\xfa\xed\xfe", "application/x-mach-binary"),
    (b"\xca\xfe\xba\xbe\0", "application/java-vm"),
    (b"\0asm", "application/wasm"),
    (b"SQLite format 3\0", "application/vnd.sqlite3"),
    (b"ID3\x03", "audio/mpeg"),
    (b"ID3\x04", "audio/mpeg"),
    (b"fLaC\0", "audio/flac"),
    (b"OggS\0", "application/ogg"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
_BMP_HEADERS = (b"\x0c", b"\x28", b"\x34", b"\x38", b"\x40", b"\x6c", b"\x7c")  # by their lengths
_BZIP2 = re.compile(rb"BZh[1-9]1AY&SY")
_HTML = re.compile(
    rb"\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--.{0,500}?-->\s*){0,3}(?:<!doctype\s+html|<html[\s>])", re.I | re.S
)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_STREAMS = (  # of an OLE file, as its directory names them
    ("EncryptedPackage", ENCRYPTED),
    ("__nameid_version1.0", "application/vnd.ms-outlook"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint"),
    ("ObjectPool", "application/msword"),  # where Word keeps workbooks and the like that are put into a document
    ("Workbook", "application/vnd.ms-excel"),  # in which there may be a whole Word document too
    ("WordDocument", "application/msword"),
)
_LOOKED_AT = 4096


def sniff(data: bytes) -> str | None:
    """The media type that the content shows, or None where it shows none; text of any sort is `text/plain` or HTML."""
    start = data[:_LOOKED_AT].removeprefix(b"\xef\xbb\xbf")
    for magic, kind in _MAGIC:
        if start.startswith(magic):
            return kind
    if start.startswith(b"PK\x03\x04"):
        return _zipped(data)
    if start.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return next((kind for name, kind in _STREAMS if name.encode("utf-16-le") in data), OLE)
    if start.startswith(b"RIFF") and start[8:12] in _RIFF:
        return _RIFF[start[8:12]]
    if start.startswith(b"BM") and start[6:10] == b"\0\0\0\0" and start[14:15] in _BMP_HEADERS:
        return "image/bmp"
    if start.startswith(b"MZ") and data[(at := int.from_bytes(data[60:64], "little")) : at + 4] == b"PE\0\0":
        return "application/x-msdownload"
    if _BZIP2.match(start):
        return BZIP2
    if start[4:8] == b"ftyp" and start[0] == 0:
        return "video/mp4"
    if start[257:262] == b"ustar":
        return TAR
    if start[:1] == start[188:189] == start[376:377] == b"G" and _CONTROL.search(start):
        return "video/mp2t"
    if _HTML.match(start):
        return HTML
    return PLAIN if _is_plain(start) else None


def _zipped(data: bytes) -> str:
    """What a ZIP archive is by its members."""
    import zipfile

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError):
        names = []
    if data[30:38] == b"mimetype":
        declared = data[38:138]
        for kind in sorted(_ZIPPED, key=len, reverse=True):
            if declared.startswith(kind.encode()):
                return kind
    folders = {name.partition("/")[0] for name in names}
    if "[Content_Types].xml" in folders:
        for folder, part in (
            ("word", "wordprocessingml.document"),
            ("ppt", "presentationml.presentation"),
            ("xl", "spreadsheetml.sheet"),
        ):
            if folder in folders:
                return f"{_OFFICE}.{part}"
    return ZIP


def _is_plain(start: bytes) -> bool:
    """Whether a file that begins so is UTF-8 text; of other encodings nothing is said."""
    if not start.strip() or _CONTROL.search(start):
        return False
    try:
        start.decode()
    except UnicodeDecodeError as exc:
        return exc.start > _LOOKED_AT - 8  # cut in the middle of a character
    return True
