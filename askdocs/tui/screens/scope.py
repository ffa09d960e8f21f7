"""Which documents to ask: folders, types, dates or single documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from askdocs.errors import UsageError
from askdocs.rendering.render import one_line
from askdocs.searching.question import DocumentFilter, document_filter
from askdocs.tui import work
from askdocs.tui.choices import Choice
from askdocs.tui.messages import ChoicesRead, DocumentsCounted
from askdocs.tui.widgets.keys import KeyBar
from askdocs.wording import count

if TYPE_CHECKING:
    from askdocs.assistant import Assistant

MOST_SHOWN = 300
"""Rows; whoever looks for others types."""


class ScopeScreen(ModalScreen[DocumentFilter | None]):
    """Ends with the filter that was put together, or with None if it was left as it is."""

    CSS_PATH = "scope.tcss"
    AUTO_FOCUS = "#find"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "choose", "Choose", tooltip="choose what the list is at, or no longer", id="choose"),
        Binding("f7", "done", "Done", tooltip="ask the chosen documents", id="scope"),
        Binding("escape", "dismiss(None)", "As it was", tooltip="leave it as it was", id="back"),
        Binding("ctrl+l", "everything", "Ask all", tooltip="ask all documents", id="everything"),
        Binding("down", "to_list", show=False, tooltip="to what was found", id="to_list"),
    ]

    def __init__(self, assistant: Assistant, documents: DocumentFilter) -> None:
        super().__init__()
        self._assistant = assistant
        self._before = documents
        self._picked = {("chosen", value): True for value in documents.chosen}
        self._picked |= {("types", value): True for value in documents.types}
        self._choices: Sequence[Choice] = ()
        self._shown: list[Choice] = []
        self._count: int | None = None

    def compose(self) -> ComposeResult:
        """What to look for, what there is, from when to when, and how much that makes."""
        with Vertical(id="box"):
            yield Static("Which documents to ask", id="title", markup=False)
            yield Input(placeholder="Type to find folders, types, documents; Enter chooses", id="find")
            yield OptionList(id="choices", markup=False)
            with Horizontal(id="dates"):
                yield Static("dated after ", markup=False)
                yield Input(str(self._before.after or ""), placeholder="2023-06", id="after")
                yield Static(" before ", markup=False)
                yield Input(str(self._before.before or ""), placeholder="2024", id="before")
            yield Static("", id="count", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """Read what there is."""
        self._say("Looking what there is…")
        work.in_thread(self, "choices", work.read_choices, self._assistant)

    def on_choices_read(self, message: ChoicesRead) -> None:
        """List it."""
        if message.trouble:
            self._say(message.trouble, trouble=True)
            return
        self._choices = message.choices
        self._list()
        self._tell()

    def on_input_changed(self, event: Input.Changed) -> None:
        """List what fits, or count anew."""
        if event.input.id == "find":
            self._list()
        else:
            self._tell()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Choose what was looked for; with nothing to look for it is done."""
        if event.input.id == "find" and event.value.strip():
            if self._shown:
                self._toggle(0)
                event.input.value = ""
        else:
            self.action_done()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Choose it, or no longer."""
        self._toggle(event.option_index)

    def action_choose(self) -> None:
        """Choose what the list is at, or no longer."""
        at = self.query_one(OptionList).highlighted
        if at is not None:
            self._toggle(at)

    def action_to_list(self) -> None:
        """From what is typed to what was found."""
        self.query_one(OptionList).focus()

    def action_everything(self) -> None:
        """Restrict nothing."""
        self.dismiss(DocumentFilter())

    def action_done(self) -> None:
        """Ask these documents, unless there are none."""
        try:
            documents = self._documents()
        except UsageError as exc:
            self._say(str(exc), trouble=True)
            return
        if self._count == 0:
            self.app.bell()
        else:
            self.dismiss(documents)

    def on_key(self, event: events.Key) -> None:
        """Whatever is typed in the list is to be found."""
        if event.character and event.is_printable and isinstance(self.focused, OptionList) and event.key != "space":
            event.stop()
            find = self.query_one("#find", Input)
            find.focus()
            find.cursor_position = len(find.value)
            find.insert_text_at_cursor(event.character)

    def on_documents_counted(self, message: DocumentsCounted) -> None:
        """Say how many documents that makes."""
        self._count = message.count
        if message.trouble:
            self._say(message.trouble, trouble=True)
        elif message.count == 0:
            self._say("No document is in all of that: take something back.", trouble=True)
        else:
            self._say(f"{count(message.count, 'document')} will be asked.")

    def _documents(self) -> DocumentFilter:
        after, before = (self.query_one(f"#{name}", Input).value.split()[:1] for name in ("after", "before"))
        of = document_filter(after=after, before=before)
        chosen, types = (tuple(value for field, value in self._picked if field == name) for name in ("chosen", "types"))
        return replace(self._before, chosen=chosen, types=types, after=of.after, before=of.before)

    def _list(self) -> None:
        words = self.query_one("#find", Input).value.lower().split()
        fitting = [choice for choice in self._choices if all(word in choice.text for word in words)]
        if self._picked:
            fitting.sort(key=lambda choice: (choice.field, choice.value) not in self._picked)  # stable
        self._shown = fitting[:MOST_SHOWN]
        options = [Option(self._row(choice)) for choice in self._shown]
        if len(fitting) > len(self._shown):
            options.append(Option(f"… {len(fitting) - len(self._shown):,} more: type to find them", disabled=True))
        elif not fitting and self._choices:
            options.append(Option("Nothing is called so. Authors and tags go into a question, as in", disabled=True))
            options.append(Option("author:kovacs or tag:contract.", disabled=True))
        self.query_one(OptionList).set_options(options)
        if self._shown:
            self.query_one(OptionList).highlighted = 0

    def _row(self, choice: Choice) -> Content:
        sign = "✓ " if (choice.field, choice.value) in self._picked else "  "
        return Content.assemble((sign, "bold"), " · ".join(filter(None, (choice.label, choice.detail))))

    def _toggle(self, at: int) -> None:
        choice = self._shown[at]
        if self._picked.pop((choice.field, choice.value), None) is None:
            self._picked[choice.field, choice.value] = True
        self.query_one(OptionList).replace_option_prompt_at_index(at, self._row(choice))
        self._tell()

    def _tell(self) -> None:
        self._count = None
        try:
            documents = self._documents()
        except UsageError as exc:
            self._say(str(exc), trouble=True)
            return
        work.in_thread(self, "count", work.count_documents, self._assistant, documents)

    def _say(self, text: str, *, trouble: bool = False) -> None:
        line = self.query_one("#count", Static)
        line.update(Content(f"▲ {one_line(text)}" if trouble else text))
        line.set_class(trouble, "-trouble")
