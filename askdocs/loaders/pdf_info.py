"""What a PDF says of itself: title, author, date, keywords, language, page labels and outline."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from askdocs.loaders.metadata import Metadata, language_code
from askdocs.loaders.pdf_letters import folded

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

_MOST_ENTRIES = 2_000
_DEEPEST = 6
_LONGEST = 300
_MOST_BYTES = 100_000
_NO_TITLE = re.compile(
    r"microsoft (?:word|excel|powerpoint)|"
    r"\(?(?:untitled|anonymous|unbenannt|sans titre|document|dokument|presentation|slide|print|title|titel|book|page"
    r"|layout|none|null|unknown|noname|scan(?:ned)?)\W*\d*$|"
    r".*\.(?:docx?|docm|dotx?|xlsx?|pptx?|pdf|rtf|odt|ods|odp|ps|eps|dvi|tex|indd?|qxd|qxp|fm|p65|pmd|pub|wpd|txt|html?"
    r"|md|cdr|ai|tiff?|jpe?g|png)$",
    re.IGNORECASE,
)
_NO_AUTHOR = re.compile(
    r"\(?(?:user|admin(?:istrator)?|owner|author|unknown|none|null|anonymous|root|scan(?:ner)?|default|windows\b.*)\W*\d*$",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\s*(?:D:)?(\d{4})(\d\d)?(\d\d)?(?:(\d\d)(\d\d)(\d\d)?)?\s*(?:(Z)|([+-])(\d\d)'?(\d\d)?)?"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the outline: `page` counts from 0, `top` is how high on it the part begins, None if not said."""

    level: int
    title: str
    page: int
    top: float | None


@dataclass(frozen=True, slots=True)
class Info:
    """What a PDF says of itself; a page that goes by its number has the label ""."""

    about: Metadata
    labels: tuple[str, ...]
    outline: tuple[Entry, ...] = ()


def read_info(document: PdfDocument) -> Info:
    """All of it that makes sense."""
    from pypdfium2 import raw

    def said(name: str) -> str:
        return _asked(partial(raw.FPDF_GetMetaText, document, name.encode() + b"\0"))

    about = Metadata(
        title=sensible_title(said("Title")),
        author=sensible_author(said("Author")),
        date=iso_date(said("CreationDate")) or iso_date(said("ModDate")),
        tags=tuple(dict.fromkeys(filter(None, map(str.strip, re.split(r"[,;]", said("Keywords")[:_LONGEST]))))),
        language=_language(document),
    )
    return Info(about, tuple(_labels(document)), tuple(_outline(document)))


def _asked(call: Callable[[Any, int], int]) -> str:
    """What a function of PDFium's writes into a buffer, on one line."""
    size = call(None, 0)
    if not 2 < size <= _MOST_BYTES:
        return ""
    buffer = ctypes.create_string_buffer(size)
    call(buffer, size)
    return " ".join(folded(buffer.raw[: size - 2].decode("utf-16-le", errors="replace")).split())


def sensible_title(title: str) -> str | None:
    """`title`, unless it is what a program put there: a file's name, "untitled", a code."""
    if not re.search(r"[^\W\d_]{2}", title) or len(title) > _LONGEST or _NO_TITLE.match(title) or "\ufffd" in title:
        return None
    if " " not in title and re.search(r"[\d_\\/]", title):
        return None
    return title


def sensible_author(author: str) -> str | None:
    """`author`, unless it is what a program puts there."""
    if not re.search(r"[^\W\d_]{2}", author) or len(author) > _LONGEST or _NO_AUTHOR.match(author):
        return None
    return author


def iso_date(value: str) -> str | None:
    """A PDF's date (D:20190131120000-05'00') as ISO 8601: the day, or the time where its zone is said."""
    match = _DATE.match(value)
    if not match:
        return None
    year, month, day, hour, minute, second, utc, sign, zone_hours, zone_minutes = match.groups()
    text = f"{year}-{month or '01'}-{day or '01'}"
    if hour and (utc or sign):
        zone = "+00:00" if utc else f"{sign}{zone_hours}:{zone_minutes or '00'}"
        text += f"T{hour}:{minute}:{second or '00'}{zone}"
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return None
    return text


def _language(document: PdfDocument) -> str | None:
    from pypdfium2 import raw

    return language_code(_asked(lambda buffer, size: raw.FPDFCatalog_GetLanguage(document, _units(buffer), size)))


def _units(buffer: Any) -> Any:
    return buffer and ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort))


def _labels(document: PdfDocument) -> Iterator[str]:
    from pypdfium2 import raw

    for index in range(len(document)):
        label = _asked(partial(raw.FPDF_GetPageLabel, document, index))
        yield "" if label == str(index + 1) else label[:_LONGEST]


def _outline(document: PdfDocument) -> Iterator[Entry]:
    """The entries that lead to a page of the document, in the order of the outline."""
    from pypdfium2 import raw

    count = len(document)
    for bookmark in islice(document.get_toc(max_depth=_DEEPEST), _MOST_ENTRIES):
        title = _asked(partial(raw.FPDFBookmark_GetTitle, bookmark))
        destination = bookmark.get_dest()
        page = destination.get_index() if destination else None
        if title and len(title) <= _LONGEST and destination and page is not None and page < count:
            yield Entry(bookmark.level + 1, title, page, _top(*destination.get_view()))


def _top(mode: int, position: list[float]) -> float | None:
    """How high the upper edge of a destination's view lies, where it says so."""
    from pypdfium2 import raw

    if mode == raw.PDFDEST_VIEW_XYZ and len(position) > 1:
        return position[1]
    if mode in (raw.PDFDEST_VIEW_FITH, raw.PDFDEST_VIEW_FITBH) and position:
        return position[0]
    return None
