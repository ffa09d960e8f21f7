"""Pages as iTerm2 takes them, and WezTerm and others: files of pictures, each in so many cells.

See https://iterm2.com/documentation-images.html; that the cursor stays where it is was added by
https://wezterm.org/imgcat.html.
"""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

from askdocs.tui.overlay import Overlay, overlay
from askdocs.tui.pictures import in_cells

if TYPE_CHECKING:
    from askdocs.loaders.page_view import PagePicture


def paint(picture: PagePicture, columns: int, cell: tuple[int, int]) -> Overlay:
    """`picture` in so many columns; the terminal makes its cells as large as its own."""
    from PIL import Image

    page, outline = in_cells(picture, columns, *cell)
    width, height = cell

    def encode(row: int, start: int, end: int) -> str:
        part = page[row * height : (row + 1) * height, start * width : end * width]
        file = io.BytesIO()
        Image.fromarray(part).save(file, "PNG", compress_level=1)
        terms = f"inline=1;size={file.tell()};width={end - start};height=1;preserveAspectRatio=0;doNotMoveCursor=1"
        return f"\x1b]1337;File={terms}:{base64.b64encode(file.getvalue()).decode('ascii')}\x1b\\"

    return overlay(outline, encode)
