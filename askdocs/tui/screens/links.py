"""The links of a text, and where they lead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from askdocs.rendering.render import one_line, visible
from askdocs.tui import work
from askdocs.tui.keymap import LIST
from askdocs.tui.screens.modal import Modal
from askdocs.tui.widgets.keys import KeyBar

if TYPE_CHECKING:
    from askdocs.opening.links import Destination


class LinkList(OptionList):
    """One link an entry, its address whole."""

    BINDING_GROUP_TITLE = "Links"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Open", id="open"),
        Binding("c", "screen.copy", "Copy address", id="copy"),
        *LIST,
    ]


class LinksScreen(Modal["Destination | None"]):
    """Is left with the link to open, or with None."""

    CSS_PATH = "links.tcss"
    AUTO_FOCUS = "LinkList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Back", id="back"),
        Binding("l", "dismiss", "Back", show=False, id="links"),
    ]

    def __init__(self, links: Sequence[Destination], at: int) -> None:
        """`at` is the one that is highlighted."""
        super().__init__()
        self._links = links
        self._at = at
        self._list = LinkList(*(Option(_entry(link)) for link in links), markup=False)
        self._notice = Static("", id="notice", markup=False)

    def compose(self) -> ComposeResult:
        """The links, and why one isn't opened."""
        with Vertical(id="box"):
            yield Static("Links in sight", id="title", markup=False)
            yield self._list
            yield self._notice
        yield KeyBar()

    def on_mount(self) -> None:
        """Be at the one that was clicked."""
        self._list.highlighted = self._at

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """Leave with it, unless it isn't to be opened."""
        link = self._links[message.option_index]
        if link.refused:
            self._notice.update(Content(f"✗ Not opened: {visible(link.refused)}."))
        else:
            self.dismiss(link)

    def on_option_list_option_highlighted(self) -> None:
        """What was said was about another."""
        self._notice.update("")

    def action_copy(self) -> None:
        """Copy the address."""
        if (at := self._list.highlighted) is not None:
            work.in_thread(self, "copy", work.copy_text, self._links[at].address, "the address")


def _entry(link: Destination) -> Content:
    """Whose it is, and all of it."""
    if link.refused:
        whose = "✗ not opened"
    elif link.is_file:
        whose = "a file"
    else:
        whose = one_line(link.host) or "mail"
    return Content.assemble((whose, "bold"), "\n", Content(f"  {one_line(link.address)}"))
