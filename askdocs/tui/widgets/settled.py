"""Widgets that a layout leaves as they are: one layout for a change, not two."""

from __future__ import annotations

from textual.geometry import Size
from textual.reactive import Reactive
from textual.widgets import Static


class Settled:
    """Goes before a widget: that a layout has given it a size asks for nothing more.

    Textual's own `virtual_size` asks for another layout, so that whatever is added would be laid out twice, with all
    that is on show, and for a container to be drawn anew beneath what is in it.
    """

    virtual_size = Reactive(Size(0, 0), repaint=False)


class Text(Settled, Static):
    """Content that is only read."""
