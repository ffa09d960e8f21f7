"""The card of a question: waiting, then a verdict with numbered passages, or what went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widget import AwaitMount
from textual.widgets import Static

from askdocs.render import one_line, visible
from askdocs.tui.keymap import key_of
from askdocs.tui.widgets.citation import CitationView
from askdocs.types import Answer, Citation, Freshness, Verdict


class AnswerCard(Vertical):
    """A question and what became of it; its class says which: -waiting, -found, -not-in-documents, ...

    `as_typed` keeps the conversation before it out of the question.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"card--verdict", "card--detail"}

    def __init__(self, question: str, *, as_typed: bool = False) -> None:
        super().__init__(classes="-waiting")
        self.question = question
        self.as_typed = as_typed
        self.answer: Answer | None = None
        self._reason = ""

    def compose(self) -> ComposeResult:
        """The question and a line for the verdict."""
        yield Static(Content(visible(self.question)), classes="question")
        yield Static("", classes="verdict", markup=False)

    def show_waiting(self, reason: str) -> None:
        """Say what the question waits for."""
        if reason == self._reason:
            return  # with many questions in line, every layout counts
        self._reason = reason
        self._say(Content.styled(f"… {reason}", ".card--detail"))

    def show_trouble(self, message: str) -> None:
        """Say why there is no answer."""
        self.set_classes("-trouble")
        self._say(Content.styled("✗ No answer\n", ".card--verdict") + Content(visible(message)))

    def show_answer(self, answer: Answer) -> AwaitMount:
        """Show the verdict and the passages; all but the first that answers are folded."""
        self.answer = answer
        self.set_classes(f"-{answer.verdict.value.replace('_', '-')}")
        self._say(_verdict(self, answer))
        found = answer.verdict is Verdict.FOUND
        return self.mount_all(
            CitationView(citation, folded=not (found and place == 0)) for place, citation in enumerate(answer.citations)
        )

    def show_now(self, now: Mapping[Citation, Citation | None]) -> None:
        """Show the passages as they are now, or as gone; what was found in the first may be so no more."""
        views = list(self.query(CitationView))
        for view in views:
            if view.citation in now:
                view.update_citation(now[view.citation])
        if views and self.answer and self.answer.verdict is Verdict.FOUND:
            first = views[0]
            stale = first.gone or first.citation.freshness is Freshness.OUTDATED
            self.set_class(stale, "-stale")
            self._say(_stale_verdict(self.answer, first.gone) if stale else _verdict(self, self.answer))

    def _say(self, content: Content) -> None:
        self.query_one(".verdict", Static).update(content)


def _stale_verdict(answer: Answer, gone: bool) -> Content:
    verdict = Content.styled(f"▲ Was found · {100 * answer.confidence:.0f} %", ".card--verdict")
    return verdict + Content.styled(
        f" · its file {'is gone' if gone else 'has changed since'}: ask again", ".card--detail"
    )


def _verdict(card: AnswerCard, answer: Answer) -> Content:
    match answer.verdict:
        case Verdict.FOUND:
            verdict, detail = f"● Found · {100 * answer.confidence:.0f} %", ""
        case Verdict.NOT_IN_DOCUMENTS:
            verdict, detail = "○ Not in your documents", _nearest(answer)
        case Verdict.INDEX_UNRELIABLE:
            index, library = key_of(card, "index"), key_of(card, "library")
            help_ = f"{index} brings the index up to date, {library} lists what could not be read."
            if answer.citations and answer.citations[0].freshness is Freshness.OUTDATED:
                verdict, detail = "▲ The file has changed: the index can't vouch for this answer", help_
            else:
                verdict = "▲ Not found, but the index can't vouch for that"
                detail = f"{_nearest(answer)} {help_}"
    details = [detail] if detail else []
    if answer.standalone_question != answer.question:
        details.append(
            f"Asked as: {one_line(answer.standalone_question)} · {key_of(card, 'ask_as_typed')} asks it as you typed it"
        )
    details.extend(f"! {one_line(warning)}" for warning in answer.warnings)
    lines = [Content.styled(verdict, ".card--verdict")]
    lines.extend(Content.styled(detail, ".card--detail") for detail in details)
    return Content("\n").join(lines)


def _nearest(answer: Answer) -> str:
    return "These are the nearest passages." if answer.citations else "Nothing in them comes near."
