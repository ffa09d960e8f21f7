"""What the keys do."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from askdocs.tui.widgets.keys import KeyBar

KEYS = (
    (
        "Asking",
        (
            ("Enter", "ask the question"),
            ("Ctrl+J", "begin another line of it"),
            ("↑ ↓", "earlier questions, of earlier days too"),
            ("Ctrl+R", "find an earlier question by its words"),
            ("PgUp PgDn", "scroll the answers"),
            ("Tab", "to the passages of the latest answer, or to suggestions"),
            ("F4", "a follow-up once more, without what went before"),
        ),
    ),
    (
        "Passages",
        (
            ("↑ ↓", "the passage before or after"),
            ("Enter", "open the document at the passage"),
            ("Space", "fold or unfold"),
            ("c", "copy the quote with its citation"),
            ("o", "open the document in your own program"),
            ("Esc", "back to the question; so does typing"),
        ),
    ),
    (
        "Reading",
        (
            ("n p", "next and previous passage of the answer"),
            ("/", "find words; n N go from match to match"),
            ("t", "the outline"),
            ("f", "beside the answers, or alone (120 columns)"),
            ("g", "the page of a PDF; n p turn it, + - zoom"),
            ("c o", "copy the quote, open the document outside"),
            ("Tab", "to the answers beside it"),
            ("↑ ↓ PgUp PgDn Home End", "scroll"),
            ("Esc", "back to the answers"),
        ),
    ),
    (
        "Conversations",
        (
            ("F3", "those that are kept: open, find, rename, delete, export"),
            ("Ctrl+N", "begin a new one"),
            ("Ctrl+E", "export this one to Markdown, HTML or JSON"),
        ),
    ),
    (
        "The index",
        (
            ("F5", "bring it up to date with your files"),
            ("F6", "do so by itself whenever they change, or no longer"),
            ("F9", "pause indexing, or go on; others may write meanwhile"),
            ("Esc", "stop indexing; what is done stays"),
            ("F2", "the library: sources and documents"),
        ),
    ),
    (
        "The library",
        (
            ("↑ ↓ ← → Space", "go about, fold and unfold"),
            ("Enter", "read the document"),
            ("a", "add a folder or a file; Tab completes its path"),
            ("d", "forget the source under the cursor; asks first"),
            ("i r", "index its source; all sources"),
            ("/", "show only what has some words, as in: failed pdf"),
            ("f t", "show only failures; try them once more"),
            ("w p s", "watch; pause or go on; stop indexing"),
            ("Esc", "back to the answers"),
        ),
    ),
    (
        "Anywhere",
        (
            ("F1 or ?", "this help"),
            ("Ctrl+P", "all commands, and themes"),
            ("Ctrl+L", "clear the answers"),
            ("Ctrl+Q", "quit"),
        ),
    ),
)
_VERDICTS = (
    ("● Found", "a passage answers, its sentence in bold; the percentage says how sure that is."),
    ("○ Not in your documents", "nothing answers; the nearest passages are there to be checked."),
    ("▲ The index can't vouch", "nothing answers, but files are missing or changed; the card says what to do."),
    ("Edited", "the file has changed, and the passage still stands in it, at the lines shown."),
    ("Outdated", "the file has changed, and the passage is no longer in it; or that can't be told."),
)
_STATES = (
    ("✓ ◐", "indexed; read in part"),
    ("+ ≠ -", "new, changed, and gone or left out since it was indexed"),
    ("✗ ○", "failed; skipped for what it is, as links are"),
)


class HelpScreen(ModalScreen[None]):
    """One page; any of the usual keys leaves it."""

    CSS_PATH = "help.tcss"
    AUTO_FOCUS = "VerticalScroll"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,f1,question_mark,enter", "dismiss", "Back")]

    def compose(self) -> ComposeResult:
        """Keys by place, then what the verdicts mean."""
        with VerticalScroll(id="box"):
            for title, keys in KEYS:
                yield Static(title, classes="title", markup=False)
                width = max(len(key) for _, keys in KEYS for key, _ in keys)
                lines = [Content.assemble((f"{key:<{width}}  ", "$text-primary"), what) for key, what in keys]
                yield Static(Content("\n").join(lines))
            yield Static("Answers", classes="title", markup=False)
            lines = [Content.assemble((sign, "$text-primary"), f"  {meaning}") for sign, meaning in _VERDICTS]
            yield Static(Content("\n").join(lines))
            yield Static("Files in the library", classes="title", markup=False)
            lines = [Content.assemble((f"{sign:<7}", "$text-primary"), meaning) for sign, meaning in _STATES]
            yield Static(Content("\n").join(lines))
        yield KeyBar()
