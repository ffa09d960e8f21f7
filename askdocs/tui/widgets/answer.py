"""The card of a question: waiting, then a verdict with numbered passages, or what went wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widget import AwaitMount, Widget

from askdocs.rendering.render import one_line, outcome_text, place_text, visible
from askdocs.tui.keymap import key_of
from askdocs.tui.widgets.citation import CitationView
from askdocs.tui.widgets.settled import Settled, Text
from askdocs.types import Answer, Citation, Freshness, Verdict

if TYPE_CHECKING:
    from askdocs.answering.feedback import Feedback
    from askdocs.searching.question import DocumentFilter


class AnswerCard(Settled, Vertical):
    """A question and what became of it; its class says which: -waiting, -found, -not-in-documents, -ranked, ...

    `as_typed` keeps the conversation before it out of the question, `documents` are those that it is asked of. With
    `feedback` it is no question but a ranking by what a person has marked, which `marked` tells.
    """

    def __init__(
        self,
        question: str,
        *,
        as_typed: bool = False,
        documents: DocumentFilter | None = None,
        feedback: Feedback | None = None,
        marked: str = "",
    ) -> None:
        super().__init__(classes="-waiting")
        self.question = question
        self.as_typed = as_typed
        self.documents = documents
        self.feedback = feedback
        self.marked = marked
        self.answer: Answer | None = None
        self._reason = ""
        self._indexing = False

    @property
    def standalone_question(self) -> str:
        """What was searched for."""
        return self.answer.standalone_question if self.answer else self.question

    @property
    def views(self) -> list[CitationView]:
        """Its passages, in order."""
        return [child for child in self.children if isinstance(child, CitationView)]

    def compose(self) -> ComposeResult:
        """The question, what was marked, and a line for the verdict."""
        marked = f"\n↳ {one_line(self.marked)}" if self.marked else ""
        yield Text(Content(visible(self.question)) + Content(marked), classes="question")
        yield Text(_waiting(self._reason), classes="verdict")

    def show_waiting(self, reason: str) -> None:
        """Say what the question waits for."""
        if reason == self._reason:
            return  # with many questions in line, every layout counts
        self._reason = reason
        if self.is_mounted:
            self._say(_waiting(reason))

    def show_trouble(self, message: str) -> None:
        """Say why there is no answer."""
        self.set_classes("-trouble")
        self._say(Content.styled("✗ No answer\n", ".card--trouble") + Content(visible(message)))

    async def show_answer(self, answer: Answer, *, indexing: bool = False) -> None:
        """Show the passages and the verdict, all in one layout; all but the first that answers are folded.

        While `indexing` goes on, an answer that isn't found yet is no reason to do anything but wait.
        """
        self.answer = answer
        self._indexing = indexing
        with self.app.batch_update():
            await self._show(answer.citations, answers=answer.verdict is Verdict.FOUND)
            self.set_classes(f"-{answer.verdict.value.replace('_', '-')}")
            self._say(_verdict(self, answer, self._indexing))

    def show_ranking(self, citations: Sequence[Citation]) -> AwaitMount:
        """Show passages that were not judged; of a question that goes on waiting, as far as they are known."""
        if self.feedback:
            self.set_classes("-ranked")
            self._say(_ranking(citations))
        else:
            self.show_waiting("The passages are being read more closely…")
        return self._show(citations, answers=False)

    def _show(self, citations: Sequence[Citation], *, answers: bool) -> AwaitMount:
        """Show these passages, the first in full if it `answers`; those on show already stay what they are."""
        shown = {(view.citation.document.id, view.citation.span): view for view in self.views}
        views = []
        for place, citation in enumerate(citations):
            first = answers and place == 0
            view = shown.pop((citation.document.id, citation.span), None)
            if view is None:
                view = CitationView(citation, folded=not first)
            else:
                view.update_citation(citation)
                view.folded = view.folded and not first
            views.append(view)
        for view in shown.values():
            view.remove()
        mounted = self.mount_all(view for view in views if not view.is_attached)
        places: dict[Widget, int] = {view: place for place, view in enumerate(views)}
        self.sort_children(key=lambda child: places.get(child, -1))
        return mounted

    def with_mark(self, citation: Citation, *, like: bool) -> AnswerCard:
        """A card for the same question, with all that is marked here and a passage more."""
        from askdocs.answering.feedback import Feedback

        before = self.feedback or Feedback()
        if like:
            feedback = Feedback((*before.like, citation), before.unlike)
        else:
            feedback = Feedback(before.like, (*before.unlike, citation))
        file = one_line(PurePath(citation.document.full_path).name)
        mark = f"{'more like' if like else 'not'} [{citation.number}] {file}, {place_text(citation.locator)}"
        marked = f"{self.marked} · {mark}" if self.marked else mark
        return AnswerCard(
            self.standalone_question, as_typed=True, documents=self.documents, feedback=feedback, marked=marked
        )

    def show_now(self, now: Mapping[Citation, Citation | None]) -> None:
        """Show the passages as they are now, or as gone; what was found in the first may be so no more."""
        views = self.views
        for view in views:
            if view.citation in now:
                view.update_citation(now[view.citation])
        if views and self.answer and self.answer.verdict is Verdict.FOUND:
            first = views[0]
            stale = first.gone or first.citation.freshness is Freshness.OUTDATED
            self._say(_stale_verdict(self.answer, first.gone) if stale else _verdict(self, self.answer, self._indexing))

    def _say(self, content: Content) -> None:
        self.query_one(".verdict", Text).update(content)


def _waiting(reason: str) -> Content:
    return Content.styled(f"… {reason}", ".card--detail")


def _stale_verdict(answer: Answer, gone: bool) -> Content:
    verdict = Content.styled(f"▲ Was {outcome_text(answer).lower()}", ".card--unsure")
    return verdict + Content.styled(
        f" · its file {'is gone' if gone else 'has changed since'}: ask again", ".card--detail"
    )


def _verdict(card: AnswerCard, answer: Answer, indexing: bool) -> Content:
    style = ".card--verdict"
    warnings = answer.warnings
    match answer.verdict:
        case Verdict.FOUND:
            style = ".card--found"
            verdict, detail = f"● {outcome_text(answer)}", ""
        case Verdict.NOT_IN_DOCUMENTS:
            verdict, detail = f"○ {outcome_text(answer)}", _nearest(answer)
        case Verdict.INDEX_UNRELIABLE:
            style = ".card--unsure"
            index, library = key_of(card, "index"), key_of(card, "library")
            help_ = f"{index} brings the index up to date, {library} lists what could not be read."
            if answer.citations and answer.citations[0].freshness is Freshness.OUTDATED:
                verdict, detail = "▲ The file has changed: the index can't vouch for this answer", help_
            elif indexing:
                verdict = "▲ Not found in what was indexed by then"
                detail = f"{_nearest(answer)} Ask again when indexing is done."
                warnings = ()  # of what is being indexed
            else:
                verdict = "▲ Not found, but the index can't vouch for that"
                detail = f"{_nearest(answer)} {help_}"
    details = [detail] if detail else []
    if answer.standalone_question != answer.question:
        details.append(
            f"Asked as: {one_line(answer.standalone_question)} · {key_of(card, 'ask_as_typed')} asks it as you typed it"
        )
    if answer.scope:
        details.append(f"Asked of: {one_line(answer.scope)}")
    details.extend(f"! {one_line(warning)}" for warning in warnings)
    lines = [Content.styled(verdict, style)]
    lines.extend(Content.styled(detail, ".card--detail") for detail in details)
    return Content("\n").join(lines)


def _ranking(citations: Sequence[Citation]) -> Content:
    detail = "Whether they answer was not judged." if citations else "There are no other passages."
    return Content("\n").join(
        [
            Content.styled("≈ Ranked anew by what you marked", ".card--verdict"),
            Content.styled(detail, ".card--detail"),
        ]
    )


def _nearest(answer: Answer) -> str:
    return "These are the nearest passages." if answer.citations else "Nothing in them comes near."
