"""What a file is by its name: tables of endings and whole names."""

from __future__ import annotations

import os
import re

from askdocs.loaders import sniffing
from askdocs.loaders.languages import LANGUAGES

MEDIA_TYPES = {
    ".txt": "text/plain",
    ".text": "text/plain",
    ".bib": "text/plain",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".mdown": "text/markdown",
    ".rst": "text/x-rst",
    ".rest": "text/x-rst",
    ".adoc": "text/x-asciidoc",
    ".asciidoc": "text/x-asciidoc",
    ".org": "text/x-org",
    ".tex": "text/x-tex",
    ".ltx": "text/x-tex",
    ".latex": "text/x-tex",
    ".srt": "application/x-subrip",
    ".vtt": "text/vtt",
    ".log": "text/x-log",
    ".ipynb": "application/x-ipynb+json",
    ".json": "application/json",
    ".jsonl": "application/json",
    ".ndjson": "application/json",
    ".geojson": "application/json",
    ".jsonc": "application/json",
    ".json5": "application/json",
    ".webmanifest": "application/json",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".toml": "application/toml",
    ".ini": "text/x-ini",
    ".cfg": "text/x-ini",
    ".conf": "text/x-ini",
    ".properties": "text/x-ini",
    ".desktop": "text/x-ini",
    ".xml": "application/xml",
    ".xsd": "application/xml",
    ".xsl": "application/xml",
    ".xslt": "application/xml",
    ".wsdl": "application/xml",
    ".rss": "application/xml",
    ".atom": "application/xml",
    ".dbk": "application/xml",
    ".docbook": "application/xml",
    ".dita": "application/xml",
    ".tei": "application/xml",
    ".opml": "application/xml",
    ".plist": "application/xml",
    ".xlf": "application/xml",
    ".xliff": "application/xml",
    ".pdf": "application/pdf",
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "text/html",
    ".docx": sniffing.DOCX,
    ".docm": sniffing.DOCX,
    ".dotx": sniffing.DOCX,
    ".pptx": sniffing.PPTX,
    ".pptm": sniffing.PPTX,
    ".potx": sniffing.PPTX,
    ".ppsx": sniffing.PPTX,
    ".odt": sniffing.ODT,
    ".ott": sniffing.ODT,
    ".ods": sniffing.ODS,
    ".ots": sniffing.ODS,
    ".odp": sniffing.ODP,
    ".otp": sniffing.ODP,
    ".xlsx": sniffing.XLSX,
    ".xlsm": sniffing.XLSX,
    ".xltx": sniffing.XLSX,
    ".xls": sniffing.XLS,
    ".rtf": sniffing.RTF,
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".epub": "application/epub+zip",
    ".eml": "message/rfc822",
    ".emlx": "message/rfc822",
    ".mbox": "application/mbox",
    ".mht": "multipart/related",
    ".mhtml": "multipart/related",
    ".zip": sniffing.ZIP,
    ".tar": sniffing.TAR,
    ".gz": sniffing.GZIP,
    ".tgz": sniffing.GZIP,
    ".bz2": sniffing.BZIP2,
    ".tbz2": sniffing.BZIP2,
    ".xz": sniffing.XZ,
    ".txz": sniffing.XZ,
    ".zst": sniffing.ZSTD,
    ".tzst": sniffing.ZSTD,
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".bmp": "image/bmp",
    ".webp": "image/webp",
}

NAMED = {
    "mbox": "application/mbox",
    "pipfile": "application/toml",
    "cargo.lock": "application/toml",
    "poetry.lock": "application/toml",
    "uv.lock": "application/toml",
    "authors": "text/plain",
    "changelog": "text/plain",
    "changes": "text/plain",
    "contributing": "text/plain",
    "contributors": "text/plain",
    "copying": "text/plain",
    "history": "text/plain",
    "install": "text/plain",
    "licence": "text/plain",
    "license": "text/plain",
    "news": "text/plain",
    "notice": "text/plain",
    "readme": "text/plain",
    "todo": "text/plain",
    "crontab": "text/plain",
    "fstab": "text/plain",
    "hosts": "text/plain",
    "sudoers": "text/plain",
    "ssh_config": "text/x-ini",
    "sshd_config": "text/x-ini",
}
"""Files that are known by their whole names, in small letters."""

ARCHIVES = frozenset({sniffing.ZIP, sniffing.TAR, sniffing.GZIP, sniffing.BZIP2, sniffing.XZ, sniffing.ZSTD})
"""Media types that are documents in a folder only where the settings say so."""

IMAGES = frozenset({"image/png", "image/jpeg", "image/tiff", "image/bmp", "image/webp"})
"""Media types of pictures, which are documents only if they are to be read by OCR."""

LOADABLE = tuple(MEDIA_TYPES)
"""The endings of the files that are documents, but for those of source code."""

for _language in LANGUAGES:
    MEDIA_TYPES.update((name, _language.media_type) for name in _language.names if name.startswith("."))
    NAMED.update((name.lower(), _language.media_type) for name in _language.names if not name.startswith("."))


def unread(*, archives: bool, ocr: bool) -> frozenset[str | None]:
    """What `media_type` says of the names of files in a folder that are no documents, by two settings."""
    return frozenset({None}) | (frozenset() if archives else ARCHIVES) | (frozenset() if ocr else IMAGES)


UNREAD = unread(archives=False, ocr=False)


_IN_MAILDIR = ("cur" + os.sep, "new" + os.sep)
_DELIVERED = re.compile(r"\d{9,}[._]\w+\.")
"""How the names begin that mail programs give to the messages in a Maildir: a time, what makes it unique, the host."""


def media_type(path: str) -> str | None:
    """The media type that a file's name stands for, or None if files of that name are not documents.

    Of the folder it lies in, only those count in which a Maildir keeps its messages.
    """
    start = path.rfind(os.sep) + 1
    name = path[start:].lower()
    if name[:1].isdecimal() and is_in_maildir(path[:start]) and _DELIVERED.match(name):
        return "message/rfc822"
    stem, dot, ending = name.rpartition(".")
    return NAMED.get(name) or (MEDIA_TYPES.get(dot + ending) if stem else None)  # `.txt` is hidden, and has no ending


def is_in_maildir(folder: str) -> bool:
    """Whether a folder, whose path ends with a slash, is called as those are in which a Maildir keeps its messages."""
    return folder[-4:] in _IN_MAILDIR and folder[-5:-4] in ("", os.sep)
