"""Files become Documents: a table from media type to the function that loads it.

How to read this package, along the way of a file:

    what it is      kinds (by its name; languages), sniffing (by its first bytes); `load` hands it to its loader
    where           isolated -> worker: in a process of its own; children, members, contents: documents inside it
    text as it is   text, metadata -> markdown; markup -> rst, asciidoc, org, latex; subtitles, logs, csv_file;
                    outline -> code; nesting -> json_file, yaml_file, xml_file; toml_file
    text made       canonical -> rtf; office -> docx (docx_styles), pptx (slides); odf (odf_lists) -> odt, odp;
                    sheets -> xlsx, ods; pieces, html_content, html_blocks -> html_file, mhtml, epub; notebook;
                    mail_fields, mail_html, quoting -> mail; zipped -> archive
    pages           pdf_page reads pdf_lines; pdf_running leaves some out, pdf_layout orders and joins them, with
                    pdf_forms and pdf_tables (pdf_cells); pdf_headings and pdf_captions name them; pdf writes the text;
                    ocr -> images; quote_on_page -> page_view: a quote on its page, and the picture of that
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from askdocs.errors import LoadError
from askdocs.loaders import sniffing
from askdocs.loaders.asciidoc import load_asciidoc
from askdocs.loaders.children import Allowance, Children
from askdocs.loaders.code import load_code
from askdocs.loaders.csv_file import load_csv, load_tsv
from askdocs.loaders.docx import load_docx
from askdocs.loaders.epub import load_epub
from askdocs.loaders.html_file import load_html
from askdocs.loaders.images import load_image
from askdocs.loaders.json_file import load_json
from askdocs.loaders.kinds import ARCHIVES, IMAGES, LOADABLE, MEDIA_TYPES, NAMED, media_type
from askdocs.loaders.languages import LANGUAGES
from askdocs.loaders.latex import load_latex
from askdocs.loaders.logs import load_log
from askdocs.loaders.markdown import load_markdown
from askdocs.loaders.mhtml import load_mhtml
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

__all__ = [
    "ARCHIVES",
    "LINEAR",
    "LOADABLE",
    "LOADERS",
    "MEDIA_TYPES",
    "NAMED",
    "READ_AS_TEXT",
    "content_type",
    "load",
    "media_type",
]

Loader = Callable[..., Document]
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
    "multipart/related": load_mhtml,
    **{kind: partial(load_image, kind) for kind in IMAGES},
}

CONTAINERS = frozenset({"message/rfc822", "application/mbox"}) | ARCHIVES
"""Media types of what holds documents of its own."""

RECOGNISED = frozenset({"application/pdf"}) | IMAGES
"""Media types whose loaders take `ocr`, which says that pictures of text are to be read."""

LINEAR = frozenset({"text/plain", "text/markdown"})
"""Media types whose loaders are known to end soon; all others are loaded in a process of their own."""

for _language in LANGUAGES:
    LOADERS[_language.media_type] = partial(load_code, _language)

READ_AS_TEXT = frozenset(
    {"application/json", "application/toml", "application/x-subrip", "application/xml", "application/yaml"}.union(
        kind for kind in LOADERS if kind.startswith("text/")
    )
) - {"text/csv", "text/html", "text/tab-separated-values"}
"""The media types whose documents' text is the decoded file, character for character."""


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


def load(
    path: str,
    kind: str,
    data: bytes,
    around: Children | None = None,
    *,
    ocr: bool = False,
    allowance: Allowance | None = None,
) -> Document:
    """The Document in `data`, the bytes of a file of media type `kind`; `path` is the name to give it.

    Content that is something else than `kind` is loaded as what it is, which the document's warning says. `around` are
    the children among which it is one, if it is inside another; a file has an `allowance` for what is inside. With
    `ocr`, pictures of text are read as well. Raises LoadError with a reason for people.
    """
    found = content_type(kind, data)
    if found == kind:
        return _loaded(path, kind, data, around, allowance, ocr=ocr)
    name = sniffing.NAMES[found]
    if found == sniffing.ENCRYPTED:
        raise LoadError("is encrypted; save it without a password")
    is_read = found in LOADERS and (ocr or found not in IMAGES)
    if not is_read and not (found in CONTAINERS and kind in ARCHIVES):
        raise LoadError(f"is {name}{' and not text' if kind.startswith('text/') else ''}, whatever its name says")
    document = _loaded(path, found, data, around, allowance, ocr=ocr)
    return replace(document, warning="; ".join(filter(None, [f"is {name}, whatever its name says", document.warning])))


def _loaded(
    path: str, kind: str, data: bytes, around: Children | None, allowance: Allowance | None, *, ocr: bool
) -> Document:
    if kind in CONTAINERS:
        around = around or Children(partial(load_child, ocr=ocr), ocr=ocr, allowance=allowance)
        return _container(kind)(path, data, around.within())
    if kind not in LOADERS:
        raise LoadError(f"{kind} files can't be read")
    return LOADERS[kind](path, data, ocr=True) if ocr and kind in RECOGNISED else LOADERS[kind](path, data)


def _container(kind: str) -> Callable[[str, bytes, Children], Document]:
    """The loader of what holds documents, imported when needed: what it builds on takes longer than all others."""
    if kind in ARCHIVES:
        from askdocs.loaders import archive

        return {sniffing.ZIP: archive.load_zip, sniffing.TAR: archive.load_tar}.get(kind, archive.load_compressed)
    from askdocs.loaders import mail

    return mail.load_mbox if kind == "application/mbox" else mail.load_mail


def load_child(name: str, declared: str, data: bytes, around: Children, *, ocr: bool) -> Document | None:
    """What is inside another document under a `name`, perhaps `declared` to be of a media type; None if it is none."""
    kind = kind_inside(name, declared, data)
    if kind in around.unread_kinds or not (kind in LOADERS or kind in CONTAINERS):
        return None
    if kind in IMAGES:
        around.count_picture()
    if content_type(kind, data) in LINEAR:  # not worth a word, of which there may be many
        return load(name, kind, data, around, ocr=ocr)
    with around.reading():
        return load(name, kind, data, around, ocr=ocr)


def kind_inside(name: str, declared: str, data: bytes) -> str:
    """The media type of what is inside another document; "" if nothing tells it."""
    kind = media_type(name)
    if kind is None:
        found = sniffing.sniff(data)
        kind = declared if found in (None, sniffing.PLAIN, sniffing.HTML) else found
    return kind
