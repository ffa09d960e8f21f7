"""What the worker threads tell the widgets that started them."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from askdocs.tui.wrapping import Layout
from askdocs.types import Answer, Citation, IndexEvent, IndexPlan, IndexStatus, Progressed, Span


@dataclass
class StatusRead(Message):
    """What the index holds now; `trouble` says why that can't be told."""

    status: IndexStatus | None
    trouble: str = ""


@dataclass
class PlanRead(Message):
    """What differs between the folders and the index; None if that can't be told."""

    plan: IndexPlan | None


@dataclass
class EncoderReady(Message):
    """The embedding model is loaded; `trouble` says why it isn't."""

    trouble: str = ""


@dataclass
class Answered(Message):
    """The question that was being asked is answered; `trouble` says why it isn't."""

    answer: Answer | None
    trouble: str = ""


@dataclass
class IndexingAdvanced(Message):
    """Indexing has something to tell; only the latest progress matters."""

    event: IndexEvent

    def can_replace(self, message: Message) -> bool:
        """Is `message`, which came later, all that needs to be drawn?"""
        return (
            isinstance(self.event, Progressed)
            and isinstance(message, IndexingAdvanced)
            and isinstance(message.event, Progressed)
        )


@dataclass
class IndexingEnded(Message):
    """Indexing is over: done, stopped by the person, or (`trouble`) failed."""

    stopped: bool = False
    trouble: str = ""


@dataclass
class CitationsChecked(Message):
    """Citations shown earlier that no longer hold: their documents have gone, or say something else there."""

    gone: frozenset[int]
    changed: frozenset[Citation]


@dataclass
class DocumentOpened(Message):
    """The text of a cited document, safe to show, and where the passage is in it now (None: nowhere)."""

    citation: Citation
    text: str
    passage: Span | None
    evidence: tuple[Span, ...] = ()


@dataclass
class DocumentUnavailable(Message):
    """A cited document can't be shown, and why."""

    citation: Citation
    trouble: str


@dataclass
class LaidOut(Message):
    """A text has been wrapped."""

    text: str
    layout: Layout
