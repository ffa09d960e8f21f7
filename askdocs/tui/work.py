"""What the worker threads do: each function calls the façade and returns a message, whatever happens.

These are the edges where any exception becomes something to read.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from textual.dom import DOMNode
from textual.message import Message
from textual.worker import get_current_worker

from askdocs.config import Settings, change_setting, load_settings
from askdocs.errors import AskdocsError, IndexDamaged, UsageError
from askdocs.rendering.render import visible
from askdocs.tui.messages import (
    Answered,
    ChoicesRead,
    CitationsChecked,
    DocumentOpened,
    DocumentsCounted,
    DocumentUnavailable,
    EncoderReady,
    Explained,
    Exported,
    ExportProposed,
    FilesTouched,
    Kept,
    OpenedOutside,
    PageDrawn,
    PicturesOpened,
    PlanRead,
    QuestionsRead,
    QuoteReady,
    QuoteSought,
    Ranked,
    SessionRead,
    SessionsListed,
    SettingChanged,
    SettingsRead,
    StatusRead,
    SuggestionsMade,
    WatchingEnded,
    WordsFound,
)
from askdocs.types import Answer, Citation

if TYPE_CHECKING:
    from askdocs.answering.feedback import Feedback
    from askdocs.assistant import Assistant
    from askdocs.opening.links import Destination
    from askdocs.opening.page_pictures import PagePictures
    from askdocs.searching.question import DocumentFilter
    from askdocs.sessions.sessions import Conversation, Session
    from askdocs.tui.pixels import Pixels

P = ParamSpec("P")
Told = TypeVar("Told", bound=Message)


def in_thread(node: DOMNode, group: str, function: Callable[P, Message], *args: P.args, **kwargs: P.kwargs) -> None:
    """Call `function` in a worker of `node`, which gets the message; a later call in `group` overrules it."""

    def call() -> None:
        message = function(*args, **kwargs)
        if not get_current_worker().is_cancelled:
            node.post_message(message)

    node.run_worker(call, group=group, exclusive=True, thread=True)


def trouble_text(exc: Exception) -> str:
    """What to tell a person about `exc`: our own errors speak for themselves, others are named."""
    if isinstance(exc, AskdocsError):
        return str(exc)
    return f"askdocs made a mistake of its own ({type(exc).__name__}: {exc}). Please report it."


def or_trouble(failed: Callable[[str], Told]) -> Callable[[Callable[P, Told]], Callable[P, Told]]:
    """Let whatever a function raises become the message that `failed` makes of what there is to tell about it."""

    def guarded(function: Callable[P, Told]) -> Callable[P, Told]:
        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> Told:
            try:
                return function(*args, **kwargs)
            except Exception as exc:
                return failed(trouble_text(exc))

        return call

    return guarded


@or_trouble(partial(StatusRead, None))
def read_status(assistant: Assistant) -> StatusRead:
    """What the index holds now."""
    return StatusRead(assistant.status())


@or_trouble(lambda _: PlanRead(None))
def read_plan(assistant: Assistant) -> PlanRead:
    """What has changed since; nothing hangs on it, so trouble is left for indexing to tell."""
    return PlanRead(assistant.plan())


@or_trouble(partial(SettingsRead, None))
def read_settings(directory: Path) -> SettingsRead:
    """What askdocs.toml of `directory` says."""
    return SettingsRead(load_settings(directory, {}))


def write_setting(directory: Path, name: str, text: str | None, check: Callable[[Settings], object]) -> SettingChanged:
    """Change a setting in askdocs.toml of `directory`, or leave it to its default, if `check` lets that pass."""
    try:
        return SettingChanged(name, change_setting(directory, name, text, check))
    except Exception as exc:
        return SettingChanged(name, None, trouble_text(exc))


@or_trouble(EncoderReady)
def load_encoder(assistant: Assistant) -> EncoderReady:
    """Load the model, so that the first answer is quick."""
    assistant.load()
    return EncoderReady()


@or_trouble(partial(Answered, None))
def ask(
    assistant: Assistant, question: str, earlier: tuple[Answer, ...], documents: DocumentFilter | None = None
) -> Answered:
    """The answer, with the `earlier` ones in mind, or why there is none."""
    return Answered(assistant.ask(question, earlier=earlier, documents=documents))


@or_trouble(lambda _: CitationsChecked({}))
def check_citations(assistant: Assistant, citations: tuple[Citation, ...]) -> CitationsChecked:
    """What has become of `citations`; trouble is left for opening one to tell."""
    return CitationsChecked(dict(zip(citations, assistant.recheck(citations), strict=True)))


def open_citation(assistant: Assistant, citation: Citation) -> DocumentOpened | DocumentUnavailable:
    """The cited document, and where the passage stands in it now."""
    try:
        reading = assistant.read(citation)
        return DocumentOpened(citation, replace(reading, text=visible(reading.text)))
    except Exception as exc:
        return DocumentUnavailable(citation, trouble_text(exc))


def watch_files(node: DOMNode, assistant: Assistant, stop: threading.Event) -> None:
    """Tell `node` whenever something may have changed in a source, in a worker, until `stop` is set."""

    def watch() -> None:
        try:
            for touch in assistant.touched(stop):
                node.post_message(FilesTouched(touch.paths, touch.untold))
        except Exception as exc:
            node.post_message(WatchingEnded(trouble_text(exc)))

    node.run_worker(watch, group="watch", thread=True)


@or_trouble(partial(Ranked, ()))
def rank(
    assistant: Assistant,
    question: str,
    earlier: tuple[Answer, ...],
    documents: DocumentFilter | None,
    feedback: Feedback | None,
) -> Ranked:
    """The passages that come first, as far as that can be told at once, or nearer to what a person has marked."""
    return Ranked(assistant.ranked(question, earlier=earlier, documents=documents, feedback=feedback))


@or_trouble(partial(Explained, None))
def explain(
    assistant: Assistant,
    question: str,
    citation: Citation,
    documents: DocumentFilter | None,
    feedback: Feedback | None,
) -> Explained:
    """Why a passage came where it did."""
    return Explained(assistant.explain(question, citation, documents, feedback))


@or_trouble(partial(ChoicesRead, ()))
def read_choices(assistant: Assistant) -> ChoicesRead:
    """What documents can be chosen by."""
    from askdocs.tui.choices import choices

    return ChoicesRead(choices(assistant.documents(), [source.path for source in assistant.sources()]))


@or_trouble(partial(DocumentsCounted, 0))
def count_documents(assistant: Assistant, documents: DocumentFilter) -> DocumentsCounted:
    """How many documents a filter lets through."""
    try:
        return DocumentsCounted(len(assistant.documents(documents)))
    except UsageError:
        return DocumentsCounted(0)


def keep(conversation: Conversation, export_key: str) -> Kept:
    """Write down what was asked; `export_key` is what saves it otherwise."""
    try:
        conversation.save()
    except IndexDamaged as exc:  # of the file that there was
        return Kept(str(exc))
    except Exception as exc:
        return Kept(f"This conversation isn't kept; {export_key} exports it. {trouble_text(exc)}")
    return Kept()


@or_trouble(lambda trouble: QuestionsRead([], trouble))
def read_questions(assistant: Assistant, most: int) -> QuestionsRead:
    """What was asked before, in any conversation."""
    return QuestionsRead(assistant.sessions.questions(most))


@or_trouble(partial(SessionRead, None))
def read_session(assistant: Assistant, session_id: int) -> SessionRead:
    """A whole conversation."""
    return SessionRead(assistant.sessions.load(session_id))


def list_sessions(assistant: Assistant, words: str, change: Callable[[], None] | None = None) -> SessionsListed:
    """The kept conversations that hold `words`, after `change` is made to one of them."""
    trouble = ""
    try:
        if change:
            change()
    except Exception as exc:
        trouble = trouble_text(exc)
    try:
        return SessionsListed(assistant.sessions.listed(words), trouble)
    except Exception as exc:
        return SessionsListed([], trouble or trouble_text(exc))


@or_trouble(partial(ExportProposed, None, ""))
def propose_export(assistant: Assistant, load: Callable[[], Session]) -> ExportProposed:
    """What `load` reads, with its quotes as they are now, and the name of a file that it could be written to."""
    from askdocs.rendering.exporting import as_of_now, free_name

    session = as_of_now(load(), assistant.recheck)
    return ExportProposed(session, free_name(session, Path.cwd()))


def export_session(session: Session, name: str) -> Exported:
    """Write a conversation to the file of this name."""
    from askdocs.config import home_expanded
    from askdocs.rendering.exporting import export

    path = Path(home_expanded(name))
    try:
        export(session, path)
    except Exception as exc:
        return Exported(str(path), trouble_text(exc))
    return Exported(str(path.absolute()))


@or_trouble(lambda _: SuggestionsMade(()))
def suggest(assistant: Assistant) -> SuggestionsMade:
    """Questions to begin with; nothing hangs on them."""
    return SuggestionsMade(assistant.suggestions())


def find(text: str, query: str) -> WordsFound:
    """Where `query` stands in `text`."""
    from askdocs.tui import finding

    worker = get_current_worker()
    return WordsFound(text, query, finding.find(text, query, lambda: worker.is_cancelled))


def copy_quote(citation: Citation, form: str) -> QuoteReady:
    """Put the quote, as the `Form` of that name, on the clipboard of this machine, if it has one."""
    from askdocs.rendering import citing

    return copy_text(citing.render_quote(citation, citing.Form[form]), f"as {citing.Form[form]}")


def copy_text(text: str, what: str) -> QuoteReady:
    """Put `text` on the clipboard of this machine, if it has one, and tell `what` was copied."""
    from askdocs.opening import clipboard

    if program := clipboard.copy(text, os.environ):
        return QuoteReady(text, f"Copied {what} ({program}).")
    return QuoteReady(text, f"Copied {what}. If your terminal doesn't take it, install wl-clipboard, xclip or xsel.")


@or_trouble(partial(OpenedOutside, None))
def open_outside(citation: Citation) -> OpenedOutside:
    """Open the cited document in the program of the settings as they are now, unless that draws in this terminal."""
    from askdocs.opening import opener

    settings = load_settings(Path.cwd())
    command = opener.open_command(opener.cited(citation), settings.editor, settings.pdf_viewer, os.environ)
    if not command.in_terminal:
        opener.start(command)
    return OpenedOutside(command)


@or_trouble(partial(OpenedOutside, None))
def follow_link(assistant: Assistant, link: Destination, copy_key: str) -> OpenedOutside:
    """Open what a link leads to: an address, or one of the documents; `copy_key` copies the address instead."""
    from askdocs.opening import links, opener

    link = links.checked(link, assistant.documents)
    if link.refused:
        return OpenedOutside(None, f"Not opened: {link.refused}.")
    if link.is_file:
        settings = load_settings(Path.cwd())
        cited = opener.from_the_beginning(link.address)
        command = opener.open_command(cited, settings.editor, settings.pdf_viewer, os.environ)
    else:
        command = opener.address_command(link.address)
    if not command.in_terminal:
        opener.start(command, f"{copy_key} in the list of links copies the address")
    return OpenedOutside(command)


@or_trouble(partial(PicturesOpened, None))
def open_pictures(assistant: Assistant, citation: Citation) -> PicturesOpened:
    """The pages of a cited document."""
    return PicturesOpened(assistant.page_pictures(citation))


@or_trouble(partial(PageDrawn, None))
def draw_page(pictures: PagePictures, page: int, columns: int, pixels: Pixels | None, number: int) -> PageDrawn:
    """A page, so many columns wide, in `pixels`, if it isn't too long for that, as the picture of that `number`."""
    from askdocs.tui import blocks

    if pixels:
        wide = pixels.columns(columns)
        drawing = pixels.draw(pictures.picture(page, pixels.across(wide)), wide, number)
        if drawing:
            return PageDrawn(drawing)
    return PageDrawn(blocks.draw(pictures.picture(page, columns * blocks.ACROSS), columns))


@or_trouble(QuoteSought)
def find_quote(pictures: PagePictures, page: int) -> QuoteSought:
    """Read a page that is a picture, so that drawing it marks the quote."""
    pictures.find_quote(page)
    return QuoteSought()
