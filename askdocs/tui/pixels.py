"""Which terminals take pages in all their pixels, by which protocol, and how many pixels that takes.

The terminal is asked nothing, so that no answer can be taken for keys: it is known by its name, or the user says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from askdocs.tui import iterm2, kitty, sixel

if TYPE_CHECKING:
    from askdocs.loaders.page_view import PagePicture
    from askdocs.tui.pictures import Drawing


class Protocol(StrEnum):
    """How pixels reach a terminal; the values are those of the setting."""

    KITTY = "kitty"
    SIXEL = "sixel"
    ITERM2 = "iterm2"


_BY_TERM = {
    "xterm-kitty": Protocol.KITTY, "xterm-ghostty": Protocol.KITTY,
    "foot": Protocol.SIXEL, "foot-direct": Protocol.SIXEL, "foot-extra": Protocol.SIXEL, "mlterm": Protocol.SIXEL,
}  # fmt: skip
_BY_PROGRAM = {"ghostty": Protocol.KITTY, "iTerm.app": Protocol.ITERM2, "WezTerm": Protocol.ITERM2}
_BETWEEN = {"TMUX", "STY", "ZELLIJ", "NVIM", "VIM_TERMINAL", "INSIDE_EMACS"}  # set inside of what draws cells itself
_WIDEST = 2400  # pixels, in which letters of a page are sharp
_GUESS = (10, 20)  # pixels of a cell where the terminal doesn't tell: a VT340's, and all that Windows Terminal knows


def protocol(setting: str, environment: Mapping[str, str]) -> Protocol | None:
    """The one that pages are to be sent by: as the setting `pictures` has it, or as the terminal is known to take it.

    None where no colours are wanted, and in a browser; and, unless somebody insists, where something lies between that
    draws all cells itself, as tmux and editors do, and where colours would be rounded, in which Kitty is told what a
    cell shows.
    """
    if setting == "blocks" or {"NO_COLOR", "TEXTUAL_DRIVER"} & environment.keys():
        return None
    if setting != "auto":
        return Protocol(setting)
    term = environment.get("TERM", "")
    if _BETWEEN & environment.keys() or term.startswith(("tmux", "screen")):
        return None
    known = _BY_TERM.get(term) or _BY_PROGRAM.get(environment.get("TERM_PROGRAM", ""))
    rounded = environment.get("COLORTERM") not in ("truecolor", "24bit")
    return None if known is Protocol.KITTY and rounded else known


def cell_size() -> tuple[int, int]:
    """Pixels that a cell is wide and high, as the terminal's driver knows them."""
    with suppress(ImportError, OSError):
        import fcntl
        import struct
        import termios

        told = fcntl.ioctl(2, termios.TIOCGWINSZ, b"\0" * 8)
        rows, columns, width, height = struct.unpack("HHHH", told)
        if rows and columns and width >= columns and height >= rows:
            return width // columns, height // rows
    return _GUESS


@dataclass(frozen=True, slots=True)
class Pixels:
    """How pixels reach the terminal, how many a `cell` is wide and high, and how many columns are in sight at once."""

    protocol: Protocol
    cell: tuple[int, int]
    in_sight: int

    def columns(self, wanted: int) -> int:
        """So many, or as many as the protocol can tell apart."""
        return min(wanted, kitty.MOST) if self.protocol is Protocol.KITTY else wanted

    def across(self, columns: int) -> int:
        """Pixels that a page is to be drawn wide."""
        return columns * self._drawn(columns)[0]

    def draw(self, picture: PagePicture, columns: int, number: int) -> Drawing | None:
        """`picture`, which is `across` wide, in so many columns; None if it has more rows than the protocol can tell.

        `number` is what Kitty knows the picture by.
        """
        cell = self._drawn(columns)
        if self.protocol is Protocol.KITTY:
            return kitty.paint(picture, columns, cell, number)
        if self.protocol is Protocol.SIXEL:
            drawing = sixel.paint(picture, columns, cell, self.cell)
        else:
            drawing = iterm2.paint(picture, columns, cell)
        drawing.prepare(self.in_sight)
        return drawing

    def _drawn(self, columns: int) -> tuple[int, int]:
        """The pixels of a cell in a picture of so many columns: those that it has, or fewer if that is enough."""
        width = max(1, min(self.cell[0], _WIDEST // columns))
        return width, max(1, round(width * self.cell[1] / self.cell[0]))
