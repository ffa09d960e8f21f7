"""OpenDocument spreadsheets (LibreOffice Calc): rows with the names of their columns, cited by sheet and cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from xml.etree.ElementTree import Element

from askdocs.errors import LoadError
from askdocs.loaders import sniffing
from askdocs.loaders.canonical import Canonical
from askdocs.loaders.odf import Inline, OpenDocument, repeated
from askdocs.loaders.sheets import Value, add_sheet
from askdocs.types import Document, Unit

_MOST_CELLS = 5_000_000
_MOST_COPIES = 200
_LAST = 1 << 20
"""Rows and columns of the largest sheet that there is."""


def load_ods(path: str, data: bytes) -> Document:
    """A workbook; numbers with a format of their own (percent, currency) as they are shown."""
    document = OpenDocument(data, "office:spreadsheet")
    canonical = Canonical()
    reader = _Reader()
    before = 0
    for sheet in document.body:
        if sheet.tag == "table:table":
            add_sheet(canonical, sheet.get("table:name", ""), before, reader.rows(sheet))
            before += reader.last + 1
    about = document.about
    return canonical.document(
        path,
        sniffing.ODS,
        Unit.ROWS,
        about,
        title=about.title,
    )


class _Reader:
    """`last` is the last row that had cells, counted from 0."""

    def __init__(self) -> None:
        self.last = 0
        self._cells = 0

    def rows(self, sheet: Element) -> Iterator[tuple[int, int, Sequence[Value]]]:
        """The rows that aren't blank; one that stands for many is there as often, up to a limit."""
        at = self.last = 0
        for row in _rows(sheet):
            values = self._values(row)
            count = repeated(row, "table:number-rows-repeated", _LAST)
            if values:
                copies = min(count, _MOST_COPIES)
                self._count(copies * len(values))
                for number in range(at, at + copies):
                    self.last = number
                    yield number, 0, values
            at += count

    def _values(self, row: Element) -> list[Value]:
        values: list[Value] = []
        blank = 0
        for cell in row:
            if cell.tag not in ("table:table-cell", "table:covered-table-cell"):
                continue
            count = repeated(cell, "table:number-columns-repeated", _LAST)
            value = _value(cell)
            if value == "":
                blank += count
            else:
                self._count(blank + count)
                values += [""] * blank + [value] * count
                blank = 0
        return values

    def _count(self, cells: int) -> None:
        self._cells += cells
        if self._cells > _MOST_CELLS:
            raise LoadError(f"has more than {_MOST_CELLS:,} cells")


def _rows(holder: Element) -> Iterator[Element]:
    for child in holder:
        if child.tag == "table:table-row":
            yield child
        elif child.tag in ("table:table-header-rows", "table:table-rows", "table:table-row-group"):
            yield from _rows(child)


def _value(cell: Element) -> Value:
    """The value of a cell, formulas by their last, as it is shown where its type has no one form."""
    try:
        match cell.get("office:value-type"):
            case "float":
                return float(cell.get("office:value", ""))
            case "boolean":
                return cell.get("office:boolean-value") == "true"
            case "date":
                written = cell.get("office:date-value", "")
                return datetime.fromisoformat(written) if "T" in written else date.fromisoformat(written)
    except ValueError:
        pass
    inline = Inline()
    return " ".join(" ".join(inline.text(child) for child in cell if child.tag == "text:p").split())
