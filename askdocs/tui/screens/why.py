"""Why a passage came where it did: what each stage said, the question's words in it, its sentences by nearness."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from askdocs.answering.answerer import ReadSentence
from askdocs.answering.explaining import Explanation
from askdocs.rendering.render import one_line, visible
from askdocs.rendering.render_why import (
    columns,
    confidence_rows,
    ranking_rows,
    sentence_text,
    shade,
    shade_text,
    word_rows,
)
from askdocs.tui import work
from askdocs.tui.display import name
from askdocs.tui.messages import Explained
from askdocs.tui.widgets.keys import KeyBar
from askdocs.types import Citation

if TYPE_CHECKING:
    from askdocs.assistant import Assistant
    from askdocs.tui.widgets.answer import AnswerCard

_SHADES = ("", "on $accent 8%", "on $accent 16%", "on $accent 24%", "on $accent 32%", "on $accent 40%")
_SAME_SCORE = 1e-4
_OTHERWISE = "Asked once more it comes out otherwise: the index has changed since, or what is asked of."


class WhyScreen(ModalScreen[None]):
    """The question is asked once more for it, so that an answer costs nothing more."""

    CSS_PATH = "why.tcss"
    AUTO_FOCUS = "VerticalScroll"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Back", id="back"),
        Binding("w", "dismiss", "Back", show=False, id="why"),
        Binding("enter", "dismiss", "Back", show=False),
    ]

    def __init__(self, assistant: Assistant, card: AnswerCard, citation: Citation) -> None:
        """`citation` is one of those on the `card`."""
        super().__init__()
        self._assistant = assistant
        self._card = card
        self._citation = citation

    def compose(self) -> ComposeResult:
        """Of which passage, and room for why."""
        number, title = self._citation.number, name(self._citation.document)
        with VerticalScroll(id="box"):
            yield Static(Content.assemble("Why ", (f"[{number}] ", "bold $text-primary"), title), id="title")
            yield Static(f"… {one_line(self._card.standalone_question)}", id="state", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """Ask once more."""
        card = self._card
        work.in_thread(
            self, "why", work.explain, self._assistant, card.standalone_question, self._citation, card.documents,
            card.feedback,
        )  # fmt: skip

    async def on_explained(self, message: Explained) -> None:
        """Tell, or say why that can't be told."""
        state = self.query_one("#state", Static)
        if message.explanation is None:
            state.update(Content(visible(message.trouble)))
            state.add_class("-trouble")
            return
        state.update(Content(f"asked: {one_line(self._card.standalone_question)}"))
        await self.query_one("#box").mount_all(self._told(message.explanation))

    def _told(self, of: Explanation) -> Iterator[Widget]:
        if abs(of.score - self._citation.score) > _SAME_SCORE:
            yield Static(_OTHERWISE, classes="notice", markup=False)
        yield from _part("How it was ranked", ranking_rows(of))
        if rows := word_rows(of):
            yield from _part("The words of the question", rows)
        near = "the question and what you marked" if self._card.feedback else "the question"
        yield Static(f"Its sentences, by how near they are to {near}", classes="heading", markup=False)
        for said in of.sentences:
            bar = Static(shade_text(said.similarity), classes="bar", markup=False)
            yield Horizontal(bar, Static(_lit(of, said), classes="said"), classes="row")
        legend = "Underlined: the question's words." + (" In italics: words that are like them." if of.alike else "")
        yield Static(legend, classes="legend", markup=False)
        answer = self._card.answer
        if answer and answer.features and self._citation.number == 1:
            yield from _part("The confidence", confidence_rows(answer.confidence, answer.features))


def _part(heading: str, rows: Sequence[Sequence[str]]) -> Iterator[Widget]:
    """A table, whose last column has the rest of the width."""
    yield Static(heading, classes="heading", markup=False)
    for first, (*_, last) in zip(columns([row[:-1] for row in rows]), rows, strict=True):
        before = Static(f"{first}  ", markup=False)
        before.styles.width = "auto"
        yield Horizontal(before, Static(last, classes="said", markup=False), classes="row")


def _lit(of: Explanation, said: ReadSentence) -> Content:
    """A sentence in its shade, the words that count marked in it."""
    start, end = said.span.start, said.span.end
    content = Content(sentence_text(of.text, said.span), strip_control_codes=False)
    content = content.stylize(_SHADES[shade(said.similarity)])
    marks = [(span, "italic") for span in of.alike]
    marks += [(span, "bold underline") for word in of.words for span in word.places]
    for span, style in marks:
        if start <= span.start and span.end <= end:
            content = content.stylize(style, span.start - start, span.end - start)
    return content
