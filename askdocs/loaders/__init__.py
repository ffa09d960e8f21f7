"""Files become Documents: a table from media type to the function that loads it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from askdocs.errors import LoadError
from askdocs.loaders import sniffing
from askdocs.loaders.asciidoc import load_asciidoc
from askdocs.loaders.code import load_code
from askdocs.loaders.csv_file import load_csv, load_tsv
from askdocs.loaders.docx import load_docx
from askdocs.loaders.epub import load_epub
from askdocs.loaders.html_file import load_html
from askdocs.loaders.json_file import load_json
from askdocs.loaders.languages import LANGUAGES
from askdocs.loaders.latex import load_latex
from askdocs.loaders.logs import load_log
from askdocs.loaders.markdown import load_markdown
from askdocs.loaders.notebook import load_notebook
from askdocs.loaders.odp import load_odp
from askdocs.loaders.ods import load_ods
from askdocs.loaders.odt import load_odt
from askdocs.loaders.org import load_org
from askdocs.loaders.pdf import load_pdf
from askdocs.loaders.pptx import load_pptx
from askdocs.loaders.rst import load_rst
from askdocs.loaders.rtf import load_rtf
from askdocs.loaders.subtitles import load_srt, load_vtt
from askdocs.loaders.text import load_text
from askdocs.loaders.toml_file import load_ini, load_toml
from askdocs.loaders.xlsx import load_xls, load_xlsx
from askdocs.loaders.xml_file import load_xml
from askdocs.loaders.yaml_file import load_yaml
from askdocs.types import Document

Loader = Callable[[str, bytes], Document]
"""Takes the path to show and the file's bytes; raises LoadError for content that it can't read."""

LOADERS: dict[str, Loader] = {
    "text/plain": load_text,
    "text/markdown": load_markdown,
    "text/x-rst": load_rst,
    "text/x-asciidoc": load_asciidoc,
    "text/x-org": load_org,
    "text/x-tex": load_latex,
    "application/x-subrip": load_srt,
    "text/vtt": load_vtt,
    "text/x-log": load_log,
    "application/x-ipynb+json": load_notebook,
    "application/json": load_json,
    "application/yaml": load_yaml,
    "application/toml": load_toml,
    "text/x-ini": load_ini,
    "application/xml": load_xml,
    "application/pdf": load_pdf,
    "text/html": load_html,
    sniffing.DOCX: load_docx,
    sniffing.PPTX: load_pptx,
    sniffing.ODT: load_odt,
    sniffing.ODS: load_ods,
    sniffing.ODP: load_odp,
    sniffing.XLSX: load_xlsx,
    sniffing.XLS: load_xls,
    sniffing.RTF: load_rtf,
    "text/csv": load_csv,
    "text/tab-separated-values": load_tsv,
    "application/epub+zip": load_epub,
}

MEDIA_TYPES = {
    ".txt": "text/plain",
    ".text": "text/plain",
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
}

NAMED = {
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
}
"""Files that are known by their whole names, in small letters."""

LINEAR = frozenset({"text/plain", "text/markdown"})
"""Media types whose loaders are known to end soon; all others are loaded in a process of their own."""

LOADABLE = tuple(MEDIA_TYPES)
"""The endings of the files that are documents, but for those of source code."""

for _language in LANGUAGES:
    LOADERS[_language.media_type] = partial(load_code, _language)
    MEDIA_TYPES.update((name, _language.media_type) for name in _language.names if name.startswith("."))
    NAMED.update((name.lower(), _language.media_type) for name in _language.names if not name.startswith("."))

READ_AS_TEXT = frozenset(
    {"application/json", "application/toml", "application/x-subrip", "application/xml", "application/yaml"}.union(
        kind for kind in LOADERS if kind.startswith("text/")
    )
) - {"text/csv", "text/html", "text/tab-separated-values"}
"""The media types whose documents' text is the decoded file, character for character."""


def media_type(path: str) -> str | None:
    """The media type that a file's name stands for, or None if files of that name are not documents."""
    name = path[path.rfind(os.sep) + 1 :].lower()
    stem, dot, ending = name.rpartition(".")
    return NAMED.get(name) or (MEDIA_TYPES.get(dot + ending) if stem else None)  # `.txt` is hidden, and has no ending


def content_type(kind: str, data: bytes) -> str:
    """The media type to load `data` as: `kind`, for which its name stands, unless the content is something else."""
    found = sniffing.sniff(data)
    if found is None or found == kind:
        return kind
    if found == sniffing.PLAIN:
        return found if kind in sniffing.BINARY else kind
    if found == sniffing.HTML:  # also the beginning of much that is text of another kind
        return found if kind in sniffing.BINARY or (kind == sniffing.PLAIN and found in LOADERS) else kind
    variant = kind.startswith("application/vnd.") and kind not in sniffing.BINARY  # a template, or one with macros
    return kind if variant or kind in sniffing.MEMBERS.get(found, ()) else found


def load(path: str, kind: str, data: bytes, *, ocr: bool = False) -> Document:
    """The Document in `data`, the bytes of a file of media type `kind`; `path` is the name to give it.

    Content that is something else than `kind` is loaded as what it is, which the document's warning says. With `ocr`,
    pages of PDFs that are pictures of text are read as well. Raises LoadError with a reason that a person understands.
    """
    found = content_type(kind, data)
    loader = partial(load_pdf, ocr=True) if ocr and found == "application/pdf" else LOADERS.get(found)
    if found == kind and loader:
        return loader(path, data)
    if found == kind:
        raise LoadError(f"{kind} files can't be read")
    name = sniffing.NAMES[found]
    if found == sniffing.ENCRYPTED:
        raise LoadError("is encrypted; save it without a password")
    if loader is None:
        raise LoadError(f"is {name}{' and not text' if kind.startswith('text/') else ''}, whatever its name says")
    document = loader(path, data)
    return replace(document, warning="; ".join(filter(None, [f"is {name}, whatever its name says", document.warning])))
