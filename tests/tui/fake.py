"""A scripted assistant: the façade that the interface calls, over documents held in memory."""

from __future__ import annotations

import queue
import re
import shutil
import tempfile
import threading
import time
import weakref
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from textual.worker import NoActiveWorker, get_current_worker

from askdocs.config import Settings
from askdocs.errors import AskdocsError, NothingIndexed, UsageError
from askdocs.events import FileFailed, Indexed, IndexEvent, IndexPlan, Planned, Progressed, Touched
from askdocs.sessions.sessions import Conversation, Sessions
from askdocs.types import (
    Answer,
    Citation,
    DocumentInfo,
    Failure,
    Freshness,
    Heading,
    IndexCounts,
    IndexStatus,
    Locator,
    Reading,
    SourceInfo,
    SourceRules,
    Span,
    Unit,
    Verdict,
)

if TYPE_CHECKING:
    from askdocs.answering.explaining import Explanation
    from askdocs.answering.feedback import Feedback
    from askdocs.indexing.library import LibrarySource
    from askdocs.loaders.page_view import PagePicture
    from askdocs.searching.question import DocumentFilter

_DAY = date(1970, 1, 1)  # of every file
PATIENCE = 10.0  # seconds that a gate stays shut at most, so that a broken test ends


@dataclass(frozen=True)
class FakeText:
    """A document in the index of a `FakeAssistant`."""

    info: DocumentInfo
    text: str
    headings: tuple[Heading, ...] = ()


class FakePages:
    """What `FakeAssistant.page_pictures` returns: three pages of lines of what could be words, two of them quoted."""

    def picture(self, page: int, width: int) -> PagePicture:
        from askdocs.loaders.page_view import PagePicture

        height, line = width * 4 // 3, max(4, width // 40)
        words = b"".join(b"\x30" * 9 + b"\xff" * 3 if place % 7 else b"\xff" * 12 for place in range(width // 4 + 1))
        rows = [words[: 3 * width] if row % (2 * line) < line else b"\xff" * 3 * width for row in range(height)]
        marks = tuple((width // 8, row * line, width // 2, (row + 1) * line) for row in (6, 8))
        return PagePicture(page, 3, width, height, b"".join(rows), marks)

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class FakeAssistant:
    """`files` are on disk, `indexed` in the index; a question finds the paragraphs that share its words.

    The gates are open unless a test shuts them (`gate.clear()`): `indexing` before each file, `asking` before
    each answer, `loading` before the encoder is there. `touch` tells that files have changed, as the system does.
    """

    files: dict[str, str] = field(default_factory=dict)
    indexed: dict[int, FakeText] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()
    verdict: Verdict | None = None
    warnings: tuple[str, ...] = ()
    trouble: Exception | None = None
    indexing_trouble: AskdocsError | None = None
    loading_trouble: AskdocsError | None = None
    generation: int = 0
    suggested: tuple[str, ...] = ()
    ungated: int = 0  # so many files pass while `indexing` is shut
    reranks: bool = False
    rebuild: str | None = None
    stubborn: bool = False  # a shut gate holds workers up though they are cancelled

    def __post_init__(self) -> None:
        self.indexing, self.asking, self.loading = threading.Event(), threading.Event(), threading.Event()
        for gate in (self.indexing, self.asking, self.loading):
            gate.set()
        self.asked: list[str] = []
        self.asked_of: list[DocumentFilter | None] = []
        self.marked: list[Feedback | None] = []
        self.settings = Settings()
        self.index_runs = self.caught_up = self.retried = 0
        self.touches: queue.Queue[Touched] = queue.Queue()
        self.generators_closed = 0
        self._next_id = 1
        self.folder = Path(tempfile.mkdtemp())  # of the conversations, which are kept as the real ones are
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)

    @property
    def sessions(self) -> Sessions:
        return Sessions(self.folder, lambda: "fake")

    def conversation(self, session_id: int | None = None) -> Conversation:
        return Conversation(self.sessions, session_id)

    def commit(self) -> None:
        """Index everything at once, as another process would."""
        for _ in self.index():
            pass
        self.index_runs -= 1

    def adopt(self, settings: Settings) -> None:
        self.settings = settings

    def load(self) -> None:
        self._wait_for(self.loading)
        if self.loading_trouble:
            raise self.loading_trouble

    def status(self) -> IndexStatus:
        return IndexStatus(
            self._counts(), ("seeds",) if self.indexed else (), self.failures if self.indexed else (), None,
            rebuild=self.rebuild,
        )  # fmt: skip

    def plan(self) -> IndexPlan:
        known = {document.info.path: document.text for document in list(self.indexed.values())}
        return IndexPlan(
            added=tuple(sorted(self.files.keys() - known.keys())),
            changed=tuple(sorted(path for path in self.files.keys() & known.keys() if self.files[path] != known[path])),
            deleted=tuple(sorted(known.keys() - self.files.keys())),
            unchanged=sum(self.files.get(path) == text for path, text in known.items()),
        )

    def suggestions(self) -> tuple[str, ...]:
        return self.suggested

    def library(self, plan: IndexPlan | None) -> tuple[LibrarySource, ...]:
        """One source of all that is indexed or failed, and of what is new as `plan` tells it."""
        from askdocs.indexing.library import LibraryFile, LibrarySource, State

        known = [
            LibraryFile(
                document.info.path.removeprefix("notes/"), State.INDEXED, document.info.id,
                size=len(document.text), passages=document.text.count("\n\n") + 1,
            )
            for document in list(self.indexed.values())
        ]  # fmt: skip
        failed = [
            LibraryFile(
                failure.path.removeprefix("notes/"), State.FAILED, reason=failure.reason, loader=failure.loader,
                failed_at=failure.at,
            )
            for failure in (self.failures if self.indexed else ())
        ]  # fmt: skip
        new = [LibraryFile(path.removeprefix("notes/"), State.NEW) for path in (plan.added if plan else ())]
        files = sorted({file.path: file for file in (*new, *known, *failed)}.items())
        return (LibrarySource("/home/anna/notes", "notes", SourceRules(), True, tuple(file for _, file in files)),)

    def likely_sources(self) -> tuple[str, ...]:
        return ("~/Documents", "/home/anna/work")

    def completed(self, begun: str) -> str | None:
        return f"{begun}/" if begun == "notes" else None

    def touch(self, untold: str = "") -> None:
        self.touches.put(Touched(frozenset({"notes"}), untold))

    def touched(self, stop: threading.Event) -> Iterator[Touched]:
        yield Touched(frozenset({"notes"}))
        while not stop.is_set():
            with suppress(queue.Empty):
                yield self.touches.get(timeout=0.01)

    def catch_up(self, paths: frozenset[str], *, retry_failed: bool = False) -> Generator[IndexEvent, None, None]:
        assert paths == {"notes"}
        assert not retry_failed
        self.caught_up += 1
        self.index_runs -= 1
        yield from self.index()

    def index(self, *, retry_failed: bool = False) -> Generator[IndexEvent, None, None]:
        self.retried += retry_failed
        self.index_runs += 1
        if self.indexing_trouble:
            raise self.indexing_trouble
        plan = self.plan()
        try:
            yield Planned(plan)
            for path in plan.deleted:
                self._remove(path)
            total = sum(len(self.files[path]) for path in plan.added + plan.changed)
            done = 0
            for place, path in enumerate(plan.added + plan.changed):
                if place >= self.ungated:
                    self._wait_for(self.indexing)
                self._put(path)
                done += len(self.files[path])
                yield Progressed(path, done, total, place + 1)
            for failure in self.failures:
                yield FileFailed(failure)
            yield Indexed(
                added=len(plan.added),
                changed=len(plan.changed),
                deleted=len(plan.deleted),
                unchanged=plan.unchanged,
                failed=len(self.failures),
                failures=self.failures,
            )
        finally:
            self.generators_closed += 1

    def ask(
        self,
        question: str,
        top_k: int = 5,
        earlier: Sequence[Answer] = (),
        documents: DocumentFilter | None = None,
    ) -> Answer:
        self._wait_for(self.asking)
        standalone = f"{question} ({earlier[-1].question})" if earlier and question.startswith("and ") else question
        self.asked.append(standalone)
        self.asked_of.append(documents)
        if self.trouble:
            raise self.trouble
        if not self.indexed:
            raise NothingIndexed("Nothing is indexed yet; run: askdocs index FOLDER")
        self.documents(documents)
        citations = tuple(filter(None, self.recheck(self._found(standalone, documents)[:top_k])))
        best = citations[0].score if citations else 0
        verdict = self.verdict or (Verdict.FOUND if best >= 2 else Verdict.NOT_IN_DOCUMENTS)
        return Answer(
            question,
            standalone,
            verdict,
            min(0.87, 0.5 + best / 8) if best >= 2 else best / 5,
            citations,
            self._counts(),
            self.warnings,
            scope=str(documents or ""),
        )

    def ranked(
        self,
        question: str,
        top_k: int = 5,
        earlier: Sequence[Answer] = (),  # noqa: ARG002
        documents: DocumentFilter | None = None,
        feedback: Feedback | None = None,
    ) -> tuple[Citation, ...]:
        """Without feedback the order of an answer turned round, which a reranker puts right."""
        self.marked.append(feedback)
        if self.trouble:
            raise self.trouble
        if not feedback:
            return tuple(reversed(self._found(question, documents)[:top_k]))
        marked = {citation.quote for citation in (*feedback.like, *feedback.unlike)}
        left = [citation for citation in self._found(question, documents) if citation.quote not in marked]
        return tuple(replace(citation, number=number) for number, citation in enumerate(left[:top_k], 1))

    def documents(self, of: DocumentFilter | None = None) -> list[DocumentInfo]:
        infos = [item.info for item in list(self.indexed.values())]
        if not of:
            return infos
        if found := [info for info in infos if of.admits(info.path) and (of.after or _DAY) <= _DAY]:
            return found
        raise UsageError(f"no indexed document passes the filters: {of}; leave some of them out")

    def sources(self) -> tuple[SourceInfo, ...]:
        folders = sorted({document.info.path.partition("/")[0] for document in list(self.indexed.values())})
        return tuple(SourceInfo(folder, SourceRules(), True, 1, 0) for folder in folders)

    def explain(
        self,
        question: str,
        citation: Citation,
        documents: DocumentFilter | None = None,  # noqa: ARG002
        feedback: Feedback | None = None,  # noqa: ARG002
    ) -> Explanation:
        """One sentence, and the words that the question shares with the passage."""
        from askdocs.answering.answerer import ReadSentence
        from askdocs.answering.explaining import AskedWord, Explanation
        from askdocs.searching.retriever import Standing

        if self.trouble:
            raise self.trouble
        text = citation.quote
        places = [(match[0], Span(*match.span())) for match in re.finditer(r"\w+", text)]
        return Explanation(
            text, 0.61, 3.2, 0.5, 1.01, Standing(1, 2, 1, 4, 4.0), 1.31, None, citation.score,
            (ReadSentence(Span(0, len(text)), 0.61, frozenset()),),
            tuple(
                AskedWord(word, 1, 1.2, tuple(span for found, span in places if found.lower() == word.lower()), False)
                for word in dict.fromkeys(question.split())
            ),
            (),
        )  # fmt: skip

    def text(self, document_id: int) -> str:
        try:
            return self.indexed[document_id].text
        except KeyError:
            raise UsageError("The document is no longer in the index; it was deleted or forgotten.") from None

    def read(self, citation: Citation) -> Reading:
        document = self.indexed.get(citation.document.id)
        text = self.files.get(document.info.path) if document else None
        if document is None or text is None:
            raise UsageError(f"{citation.document.path} is no longer in your documents; ask again")
        start = text.find(citation.quote)
        if start < 0:
            outdated = replace(citation, freshness=Freshness.OUTDATED)
            stands = citation.span.of(document.text) == citation.quote
            return Reading(outdated, document.text, stands, _headings(document.text))
        by = start - citation.span.start
        evidence = tuple(span.shifted(by) for span in citation.evidence)
        freshness = Freshness.CURRENT if text == document.text else Freshness.EDITED
        line = text.count("\n", 0, start) + 1
        locator = _locator(document.info.path, line, citation.quote)
        moved = replace(
            citation, span=citation.span.shifted(by), evidence=evidence, locator=locator, freshness=freshness
        )
        return Reading(moved, text, stands=True, headings=_headings(text))

    def page_pictures(self, citation: Citation) -> FakePages:
        assert citation.locator.unit is Unit.PAGES
        return FakePages()

    def recheck(self, citations: Sequence[Citation]) -> list[Citation | None]:
        checked: list[Citation | None] = []
        for citation in citations:
            try:
                checked.append(self.read(citation).citation)
            except UsageError:
                checked.append(None)
        return checked

    def _found(self, question: str, documents: DocumentFilter | None) -> list[Citation]:
        words = _words(question)
        found = [
            (len(words & _words(match[0])), document, Span(*match.span()))
            for document in self.indexed.values()
            if not documents or documents.admits(document.info.path)
            for match in re.finditer(r"[^\n]+(?:\n[^\n]+)*", document.text)
        ]
        found.sort(key=lambda item: -item[0])
        return [
            self._citation(number, document, span, words, score)
            for number, (score, document, span) in enumerate(found, 1)
        ]

    def _wait_for(self, gate: threading.Event) -> None:
        deadline = time.monotonic() + PATIENCE
        while not gate.wait(0.01) and time.monotonic() < deadline:
            if not self.stubborn and _cancelled():
                return

    def _citation(self, number: int, document: FakeText, span: Span, words: set[str], score: float) -> Citation:
        text = span.of(document.text)
        sentences = [Span(*match.span()).shifted(span.start) for match in re.finditer(r"[^.!?。]+[.!?。]?\s*", text)]
        evidence = max(sentences, key=lambda sentence: len(words & _words(sentence.of(document.text))))
        evidence = Span(evidence.start, evidence.start + len(evidence.of(document.text).rstrip()))
        first_line = document.text.count("\n", 0, span.start) + 1
        locator = _locator(document.info.path, first_line, text)
        return Citation(number, document.info, span, locator, text, (evidence,), score)

    def _put(self, path: str) -> None:
        self._remove(path, same=True)
        kept = [document_id for document_id, document in self.indexed.items() if document.info.path == path]
        document_id = kept[0] if kept else self._next_id
        self._next_id = max(self._next_id, document_id + 1)
        title = path.rpartition("/")[2]
        self.indexed[document_id] = FakeText(DocumentInfo(document_id, path, title), self.files[path])
        self.generation += 1

    def _remove(self, path: str, *, same: bool = False) -> None:
        gone = [document_id for document_id, document in self.indexed.items() if document.info.path == path]
        for document_id in [] if same else gone:
            del self.indexed[document_id]
            self.generation += 1

    def _counts(self) -> IndexCounts:
        passages = sum(document.text.count("\n\n") + 1 for document in list(self.indexed.values()))
        return IndexCounts(len(self.indexed), passages, len(self.failures) if self.indexed else 0, self.generation)


def _locator(path: str, line: int, quote: str) -> Locator:
    """The lines from `line` on; of a PDF its second page."""
    if path.endswith(".pdf"):
        return Locator(Unit.PAGES, (), 2, 2)
    return Locator(Unit.LINES, (), line, line + quote.count("\n"))


def _cancelled() -> bool:
    try:
        return get_current_worker().is_cancelled
    except NoActiveWorker:
        return False


def _headings(text: str) -> tuple[Heading, ...]:
    found = re.finditer(r"^(#+) (.*)$", text, re.MULTILINE)
    return tuple(Heading(len(match[1]), match[2], Span(*match.span())) for match in found)


def _words(text: str) -> set[str]:
    return {word for word in re.findall(r"\w+", text.lower()) if len(word) > 3}
