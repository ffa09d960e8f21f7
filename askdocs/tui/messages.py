"""What the worker threads tell the widgets that started them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from askdocs.config import Settings
from askdocs.events import IndexEvent, IndexPlan, Progressed
from askdocs.tui.wrapping import Layout
from askdocs.types import Answer, Citation, IndexStatus, Reading

if TYPE_CHECKING:
    from askdocs.answering.explaining import Explanation
    from askdocs.opening.opener import OpenCommand
    from askdocs.opening.page_pictures import PagePictures
    from askdocs.sessions.sessions import Session, SessionInfo
    from askdocs.tui.choices import Choice
    from askdocs.tui.finding import Matches
    from askdocs.tui.pictures import Drawing


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
class FilesTouched(Message):
    """Something may have changed in the sources at these paths; `untold` says why that may be noticed late."""

    paths: frozenset[str]
    untold: str = ""


@dataclass
class WatchingEnded(Message):
    """Changes to files go unnoticed from now on, and why."""

    trouble: str


@dataclass
class LevelTold(Message):
    """Whether the index is level with the files, in words; `behind` if somebody should do something about it."""

    text: str
    behind: bool = False


@dataclass
class SettingsRead(Message):
    """What askdocs.toml says now; `trouble` says why that can't be told."""

    settings: Settings | None
    trouble: str = ""


@dataclass
class SettingChanged(Message):
    """The setting `name` was changed, and all settings as they are now; `trouble` says why it wasn't."""

    name: str
    settings: Settings | None
    trouble: str = ""


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
    by_itself: bool

    def can_replace(self, message: Message) -> bool:
        """Is `message`, which came later, all that needs to be drawn?"""
        return (
            isinstance(self.event, Progressed)
            and isinstance(message, IndexingAdvanced)
            and isinstance(message.event, Progressed)
        )


@dataclass
class IndexingEnded(Message):
    """Indexing is over: done, stopped by the person, `held` to be gone on with, or (`trouble`) failed.

    `busy`: as another process is writing; `no_sources`: as there is nothing to index yet.
    """

    by_itself: bool
    stopped: bool = False
    held: bool = False
    trouble: str = ""
    busy: bool = False
    no_sources: bool = False


@dataclass
class CitationsChecked(Message):
    """Citations shown earlier, and what has become of each; None if its document is gone."""

    now: Mapping[Citation, Citation | None]


@dataclass
class DocumentOpened(Message):
    """A cited document, its text safe to show: `citation` as it was asked for, `reading` as it is now."""

    citation: Citation
    reading: Reading


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


@dataclass
class ErrandDone(Message):
    """Something other than indexing has written to the index, or could not."""


@dataclass
class SuggestionsMade(Message):
    """Questions to begin with."""

    questions: tuple[str, ...]


@dataclass
class Ranked(Message):
    """The passages that come first for the question that is being asked; `trouble` says why there are none."""

    citations: tuple[Citation, ...]
    trouble: str = ""


@dataclass
class Explained(Message):
    """Why a passage came where it did; `trouble` says why that can't be told."""

    explanation: Explanation | None
    trouble: str = ""


@dataclass
class ChoicesRead(Message):
    """What documents can be chosen by; `trouble` says why that can't be told."""

    choices: Sequence[Choice]
    trouble: str = ""


@dataclass
class DocumentsCounted(Message):
    """How many documents a filter lets through; `trouble` says why that can't be told."""

    count: int
    trouble: str = ""


@dataclass
class Kept(Message):
    """What was asked is written down; `trouble` says why it isn't."""

    trouble: str = ""


@dataclass
class QuestionsRead(Message):
    """The questions of kept conversations, oldest first; `trouble` says why they can't be told."""

    questions: list[str]
    trouble: str = ""


@dataclass
class SessionRead(Message):
    """A kept conversation; `trouble` says why it can't be read."""

    session: Session | None
    trouble: str = ""


@dataclass
class SessionsListed(Message):
    """The kept conversations that were looked for; `trouble` says what could not be done."""

    sessions: list[SessionInfo]
    trouble: str = ""


@dataclass
class ExportProposed(Message):
    """A conversation that can be written to a file of this `name`; `trouble` says why not."""

    session: Session | None
    name: str = ""
    trouble: str = ""


@dataclass
class Exported(Message):
    """A conversation is written to a file; `trouble` says why it isn't."""

    path: str
    trouble: str = ""


@dataclass
class WordsFound(Message):
    """Where `query` stands in `text`; None if it was no longer wanted."""

    text: str
    query: str
    matches: Matches | None


@dataclass
class QuoteReady(Message):
    """A quote as it is to be copied, and what to say; the clipboard of this machine has it, if it takes it."""

    text: str
    said: str


@dataclass
class OpenedOutside(Message):
    """`command` has opened a cited document, or is to do so in this terminal; `trouble` says why there is none."""

    command: OpenCommand | None
    trouble: str = ""


@dataclass
class PageDrawn(Message):
    """A page or slide, ready for the screen; `trouble` says why it isn't."""

    drawing: Drawing | None
    trouble: str = ""


@dataclass
class PicturesOpened(Message):
    """The pages of a cited document, to be drawn and closed; `trouble` says why there are none."""

    pictures: PagePictures | None
    trouble: str = ""


@dataclass
class QuoteSought(Message):
    """A page has been read by OCR, or `trouble` says why not."""

    trouble: str = ""
