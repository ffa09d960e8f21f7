"""Widgets that a layout leaves as they are: one layout for a change, not two."""

from __future__ import annotations

from textual.geometry import Size
from textual.reactive import Reactive
from textual.widgets import Static


class Settled:
    """Goes before a widget: that its layout has given it a size asks for no other layout.

    Textual's own `virtual_size` does, so that whatever is added would be laid out twice, with all that is on show.
    """

    virtual_size = Reactive(Size(0, 0))


class Text(Settled, Static):
    """Content that is only read."""
