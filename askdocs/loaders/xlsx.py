"""Excel workbooks: rows with the names of their columns, cited by sheet and cells; formulas by their last value."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from askdocs.errors import LoadError
from askdocs.loaders import sniffing
from askdocs.loaders.canonical import Canonical
from askdocs.loaders.metadata import Metadata
from askdocs.loaders.office import Package
from askdocs.loaders.sheets import Value, add_sheet
from askdocs.types import Document, Unit

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

_MOST_CELLS = 15_000_000
"""Of the area that a sheet's cells span, all of which takes memory."""

_CELL = re.compile(rb"<(?:\w+:)?c\s[^<>]{0,99}?\br=[\"']([A-Z]{1,3})(\d{1,7})[\"']")


def load_xlsx(path: str, data: bytes) -> Document:
    """A workbook of Excel 2007 and later; what it says of itself is in its properties."""
    package = Package(data)
    _refuse_absurd_sheets(package)
    if "xl/workbook.bin" in package:
        raise LoadError("is a binary workbook; save it as .xlsx")
    return _document(path, sniffing.XLSX, data, package.properties())


def load_xls(path: str, data: bytes) -> Document:
    """A workbook of Excel 97 to 2003."""
    return _document(path, sniffing.XLS, data, Metadata())


def _document(path: str, media_type: str, data: bytes, about: Metadata) -> Document:
    canonical = Canonical()
    before = 0
    for sheet in _sheets(data):
        add_sheet(canonical, sheet.name, before, _rows(sheet))
        before += (sheet.end or (0, 0))[0] + 1
    return canonical.document(
        path,
        media_type,
        Unit.ROWS,
        about,
        title=about.title,
    )


def _sheets(data: bytes) -> Iterator[CalamineSheet]:
    """The sheets that have cells, in order."""
    import python_calamine

    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        for number, about in enumerate(workbook.sheets_metadata):
            if about.typ is python_calamine.SheetTypeEnum.WorkSheet:
                yield workbook.get_sheet_by_index(number)
    except python_calamine.PasswordError as exc:
        raise LoadError("is encrypted; save it without a password") from exc
    except (python_calamine.CalamineError, OSError, ValueError) as exc:
        raise LoadError("is damaged: its sheets can't be read") from exc
    except BaseException as exc:  # a panic of the parser is no Exception
        if type(exc).__name__ != "PanicException":
            raise
        raise LoadError("is damaged: its sheets can't be read") from exc


def _rows(sheet: CalamineSheet) -> Iterator[tuple[int, int, Sequence[Value]]]:
    if sheet.start is None:
        return
    for number, row in enumerate(sheet.iter_rows()):  # from the first row, but from the first column with cells
        yield number, sheet.start[1], row


def _refuse_absurd_sheets(package: Package) -> None:
    for name in package.names("xl/worksheets/"):
        rows, columns = 0, 0
        for match in _CELL.finditer(package.read(name)):
            rows = max(rows, int(match[2]))
            columns = max(columns, _column_number(match[1]))
        if rows * columns > _MOST_CELLS:
            raise LoadError(f"has a sheet that spans {rows * columns:,} cells; at most {_MOST_CELLS:,} are read")


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
