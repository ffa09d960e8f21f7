"""Web pages that browsers have saved with all that belongs to them in one file (MHTML)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from askdocs.errors import LoadError
from askdocs.loaders.html_file import load_html
from askdocs.types import Document

if TYPE_CHECKING:
    from email.message import Message

MHTML = "multipart/related"
_PAGES = ("text/html", "application/xhtml+xml")


def load_mhtml(path: str, data: bytes) -> Document:
    """The page that a saved web page begins with; its pictures, styles and frames are left out."""
    from askdocs.loaders.mail_fields import parsed, payload, subject

    message = parsed(data)
    try:
        page = _page(message)
    except RecursionError as exc:
        raise LoadError("is damaged: its parts are nested too deep") from exc
    content = payload(page) if page is not None else None
    if page is None or content is None:
        raise LoadError("holds no web page" if data.strip() else "is empty: it has no page")
    document = load_html(path, content, str(page.get_param("charset") or "") or None, MHTML)
    return replace(document, title=document.title or subject(message) or None)


def _page(message: Message) -> Message | None:
    """The part that is named as the start, else the first that is a page."""
    start = str(message.get_param("start") or "").strip("<> ")
    pages = [part for part in message.walk() if part.get_content_type() in _PAGES]
    named = [part for part in pages if start and str(part.get("Content-ID") or "").strip("<> ") == start]
    return next(iter(named or pages), None)
