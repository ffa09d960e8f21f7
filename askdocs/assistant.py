"""The façade: everything a front end or a script does with an index goes through an Assistant."""

from __future__ import annotations

import os
import threading
from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Self

from askdocs.catalog.records import Source, in_unicode, shown_path
from askdocs.config import Settings, load_settings, taken_up
from askdocs.errors import IndexBusy, IndexTrouble, NoSources, NothingIndexed, UsageError
from askdocs.events import Indexed, IndexEvent, IndexPlan, Moved, Touched, VerifyEvent, Verifying, WatchEvent
from askdocs.indexing.writer_lock import writing
from askdocs.open_index import OpenIndex
from askdocs.types import (
    Answer,
    Citation,
    DocumentInfo,
    Failure,
    IndexStatus,
    Reading,
    SearchResult,
    SourceInfo,
    SourceRules,
)

if TYPE_CHECKING:
    from askdocs.answering.explaining import Explanation
    from askdocs.answering.feedback import Feedback
    from askdocs.catalog.catalog import Catalog
    from askdocs.encoding.encoder import Encoder
    from askdocs.indexing.library import LibrarySource
    from askdocs.indexing.planner import Changes
    from askdocs.opening.page_pictures import PagePictures
    from askdocs.searching.question import DocumentFilter
    from askdocs.sessions.sessions import Conversation, Sessions

PathLike = str | os.PathLike[str]

DEFAULT_SOURCE = "seeds"
ANY_DOCUMENT = SourceRules()


class Assistant:
    """An open index. Use it from any thread; several may ask while one indexes."""

    def __init__(self, folder: Path, settings: Settings, encoder: Encoder | None = None) -> None:
        """See `open`."""
        self._index = OpenIndex(folder, settings, encoder)
        self._catalog = self._index.catalog

    @classmethod
    def open(
        cls,
        index: PathLike | None = None,
        *,
        settings: Settings | None = None,
        encoder: Encoder | None = None,
    ) -> Self:
        """Open the index in the folder `index` (by default the one in the settings), made new if there is none.

        `settings` are by default those of the working directory; `encoder` stands in for the one they name.
        Nothing heavy is loaded yet. Raises IndexDamaged if the catalogue there can't be used.
        """
        settings = settings or load_settings(Path.cwd())
        folder = os.fspath(index if index is not None else settings.index)
        if folder != in_unicode(folder) or "\0" in folder:
            raise IndexTrouble(f"{folder}: an index needs a folder whose name is Unicode")
        return cls(Path(folder), settings, encoder)

    def adopt(self, settings: Settings) -> None:
        """From now on go by `settings`, as far as they count without opening the index anew."""
        self._index.settings = taken_up(settings, self._index.settings)

    def close(self) -> None:
        """Let go of the index; the object can't be used any more."""
        self._catalog.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Sources

    def sources(self) -> tuple[SourceInfo, ...]:
        """What is indexed, and how much came of it."""
        from askdocs.indexing.files import is_there

        counts = self._catalog.source_counts()
        return tuple(
            SourceInfo(shown_path(source.path), source.rules, is_there(source), *counts[source.id])
            for source in self._catalog.sources()
        )

    def library(self, plan: IndexPlan | None = None) -> tuple[LibrarySource, ...]:
        """Every source with all its files: indexed or failed, and what differs on disk as far as `plan` tells."""
        from askdocs.indexing import library

        return library.look(self._catalog, plan)

    def likely_sources(self) -> tuple[str, ...]:
        """Folders to propose to somebody who has no source yet."""
        from askdocs.indexing.sources import likely_sources

        return likely_sources(DEFAULT_SOURCE)

    def completed(self, begun: str) -> str | None:
        """The path of a folder or readable file that begins as what was typed so far."""
        from askdocs.indexing.sources import completed

        return completed(begun)

    def add(self, paths: Sequence[PathLike], rules: SourceRules = ANY_DOCUMENT) -> tuple[str, ...]:
        """Make each path a source of which `rules` say what to read, or give a source new ones; reads nothing yet.

        The paths of the sources, as people see them. Raises UsageError for a path that can't be a source or is part
        of one, and for a pattern that makes no sense.
        """
        from askdocs.indexing.ignoring import check_patterns
        from askdocs.indexing.sources import sources_to_add

        check_patterns((*rules.include, *rules.exclude))
        with writing(self._index.folder):
            added = sources_to_add(self._catalog.sources(), paths, rules)
            for source in added:
                self._catalog.put_source(source)
        return tuple(shown_path(source.path) for source in added)

    def forget(self, path: PathLike) -> None:
        """Remove a source, and all that was indexed from it. Raises UsageError if it isn't one."""
        from askdocs.indexing.sources import source_at

        source = source_at(self._catalog.sources(), path)
        with writing(self._index.folder):
            self._catalog.remove_source(source)
            self._index.retriever().write()

    # Indexing

    def plan(self, paths: Sequence[PathLike] = (), *, full: bool = False, retry_failed: bool = False) -> IndexPlan:
        """What `index` would do; writes nothing."""
        return self._changes(self._catalog, self._sources(paths), full=full, retry_failed=retry_failed).plan

    def index(
        self,
        paths: Sequence[PathLike] = (),
        *,
        full: bool = False,
        retry_failed: bool = False,
        rebuild: bool = False,
    ) -> Generator[IndexEvent, None, None]:
        """Bring the index level with the files: a generator of events, which ends with Indexed.

        Each path becomes a source; without paths all known sources are looked at, or `seeds` if there are none.
        Nothing happens until the events are taken, and closing the generator stops: what is done stays done and
        the next run goes on. `full` reads even files whose size, time and inode are as before; `retry_failed` tries
        failed files again that have not changed. `rebuild` reads and embeds everything anew, with the encoder of the
        settings; until all is done, the index answers as before. Raises UsageError for a path that can't be indexed,
        IndexBusy if another process is writing, EncoderMismatch and ModelError.
        """
        sources = self._sources(paths)
        with writing(self._index.folder):
            if rebuild:
                yield from self._rebuild(sources)
                return
            sources = [source if source.id else self._catalog.put_source(source) for source in sources]
            yield from self._bring_level(self._catalog, sources, full=full, retry_failed=retry_failed)

    def catch_up(self, paths: Collection[str], *, retry_failed: bool = False) -> Generator[IndexEvent, None, None]:
        """As `index`, but only of what is a source already: those with these absolute `paths`."""
        with writing(self._index.folder):
            if sources := [source for source in self._catalog.sources() if source.path in paths]:
                yield from self._bring_level(self._catalog, sources, retry_failed=retry_failed)

    def touched(self, stop: threading.Event) -> Iterator[Touched]:
        """The sources in which something may have changed: first all, then each as it happens, until `stop` is set.

        It is for `catch_up` to find out what. Needs no lock, and waits inside: it is for a thread of its own.
        """
        from askdocs.indexing import watcher

        return watcher.touched(self._catalog.sources, str(self._index.folder), stop)

    def watch(
        self,
        paths: Sequence[PathLike] = (),
        *,
        full: bool = False,
        retry_failed: bool = False,
        rebuild: bool = False,
        stop: threading.Event,
    ) -> Iterator[WatchEvent]:
        """Index as `index` does, and then whatever changes in any source, until `stop` is set or the generator closed.

        Watching is told whenever everything is done, and Held when something can't be done for now. Between the runs
        others may write. Raises as `index` does, but only in the first run, and never IndexBusy.
        """
        from askdocs.indexing import watcher

        def first_run() -> Generator[IndexEvent, None, None]:
            return self.index(paths, full=full, retry_failed=retry_failed, rebuild=rebuild)

        yield from watcher.carried_out(first_run, stop, IndexBusy)
        yield from watcher.keep_level(self.catch_up, self.touched(stop), stop)

    def _rebuild(self, sources: Sequence[Source]) -> Generator[IndexEvent, None, None]:
        """Make all anew beside what there is. Only for who holds the writer's lock."""
        from askdocs.indexing import rebuilding
        from askdocs.indexing.sources import is_around

        known = [source for source in self._catalog.sources() if source not in sources]
        kept = [source for source in known if not any(is_around(other, source) for other in sources)]
        with rebuilding.beside(self._catalog, self._index.encoder().fingerprint) as new:
            yield from self._bring_level(new, [new.put_source(source) for source in (*sources, *kept)])

    def _bring_level(
        self, catalog: Catalog, sources: Sequence[Source], *, full: bool = False, retry_failed: bool = False
    ) -> Generator[IndexEvent, None, None]:
        """Make a catalogue, this index's own or one that is to replace it, say what the disk says.

        Only for who holds the writer's lock.
        """
        from askdocs.indexing import indexer, rebuilding
        from askdocs.indexing.sources import settle

        changes = self._changes(catalog, sources, full=full, retry_failed=retry_failed)
        for event in indexer.run(
            catalog, changes, self._index.encoder, self._index.encoder_name, ocr=self._index.settings.ocr
        ):
            if isinstance(event, Indexed):
                settle(catalog, changes.sources_read)
                if catalog is not self._catalog:
                    rebuilding.replace(self._catalog, catalog)
                self._index.retriever().write()
            yield event

    def _sources(self, paths: Sequence[PathLike]) -> list[Source]:
        from askdocs.indexing.sources import find_sources

        known = self._catalog.sources()
        if not paths and not known:
            if not os.path.isdir(DEFAULT_SOURCE):
                raise NoSources("nothing to index yet: name a folder, as in `askdocs index ~/Documents`")
            paths = [DEFAULT_SOURCE]
        return find_sources(known, paths)

    def _changes(self, catalog: Catalog, sources: Sequence[Source], *, full: bool, retry_failed: bool) -> Changes:
        from askdocs.indexing.planner import find_changes

        return find_changes(
            catalog, sources, self._index.settings.max_file_mb * 1_000_000,
            unread=self._index.unread, full=full, retry_failed=retry_failed,
        )  # fmt: skip

    # Asking

    @property
    def reranks(self) -> bool:
        """Whether an answer waits for a reranker, so that `ranked` is there long before it."""
        return bool(self._index.settings.reranker)

    def load(self) -> None:
        """Load now what the first question would otherwise wait for: the models and both indexes."""
        self._index.load()

    def ask(
        self,
        question: str,
        top_k: int = 5,
        earlier: Sequence[Answer] = (),
        documents: DocumentFilter | None = None,
    ) -> Answer:
        """The passages that answer `question`, at most `top_k` and only of `documents`, and how far to trust them.

        With the `earlier` answers of a conversation, oldest first, a question that leans on them is made to stand
        alone: the answer's `standalone_question` says what was searched for.
        Raises UsageError for an empty or endless question, NothingIndexed, EncoderMismatch and ModelError.
        """
        from askdocs.answering import asking
        from askdocs.answering.follow_ups import stand_alone

        standalone = stand_alone(question, earlier)
        found = self._index.find(standalone, top_k, top_k, documents)
        return asking.answer(question, standalone, found, top_k, self._catalog, self._index.unread)

    def search(self, query: str, top_k: int = 100, documents: DocumentFilter | None = None) -> list[SearchResult]:
        """The `top_k` passages of `documents` that rank first for `query`, without a verdict. Raises as `ask` does."""
        from askdocs.answering import asking

        return asking.results(self._index.find(query, top_k, 0, documents), top_k)

    def ranked(
        self,
        question: str,
        top_k: int = 5,
        earlier: Sequence[Answer] = (),
        documents: DocumentFilter | None = None,
        feedback: Feedback | None = None,
    ) -> tuple[Citation, ...]:
        """The passages that come first for a question without the reranker, cited as in an answer but not judged.

        With `feedback` they are others than those that a person has marked, and nearer to what was liked of these.
        Raises as `ask` does, and UsageError if a marked passage is no longer in the index.
        """
        from askdocs.answering import asking
        from askdocs.answering.follow_ups import stand_alone

        found = self._index.find(stand_alone(question, earlier), top_k, top_k, documents, feedback, rerank=False)
        return asking.citations(found, top_k)

    def explain(
        self,
        question: str,
        citation: Citation,
        documents: DocumentFilter | None = None,
        feedback: Feedback | None = None,
    ) -> Explanation:
        """Why a passage of an answer to `question`, which stands alone, came where it did; it is asked once more.

        `documents` and `feedback` must be those of the answer. Raises as `ask` does, and UsageError if the passage
        doesn't come up any more.
        """
        from askdocs.answering.explaining import explain

        # Twice as many, as of passages that read the same only one is counted.
        found = self._index.find(question, 2 * citation.number, citation.number, documents, feedback)
        return explain(citation, found, self._index.retriever())

    def suggestions(self, most: int = 3) -> tuple[str, ...]:
        """Questions that the documents answer, in their own words; none where none reads well."""
        from askdocs.answering import suggesting

        chunks = self._catalog.spread_chunks(suggesting.READ)
        return suggesting.suggest(((stored.document.id, stored.chunk) for stored in chunks), most)

    # Conversations

    @property
    def identity(self) -> str:
        """What tells this index from every other, as hexadecimal digits."""
        return self._catalog.identity.hex()

    @property
    def sessions(self) -> Sessions:
        """The conversations that are kept beside the index."""
        from askdocs.sessions.sessions import Sessions

        return Sessions(self._index.folder, lambda: self.identity)

    def conversation(self, session_id: int | None = None) -> Conversation:
        """A new conversation to be kept, or a kept one that goes on."""
        from askdocs.sessions.sessions import Conversation

        return Conversation(self.sessions, session_id)

    # Looking

    @property
    def folder(self) -> Path:
        """Where the index is."""
        return self._index.folder.absolute()

    def status(self) -> IndexStatus:
        """What the index holds; loads nothing heavy."""
        from askdocs.indexing import rebuilding
        from askdocs.indexing.planner import shown_failure

        encoder = self._catalog.encoder
        rebuild = rebuilding.unfinished(self._catalog)
        return IndexStatus(
            counts=self._catalog.counts(),
            sources=tuple(shown_path(source.path) for source in self._catalog.sources()),
            failures=tuple(map(shown_failure, self._catalog.failures())),
            encoder=encoder.description if encoder else None,
            recall=self._index.retriever().recall,
            read_in_part=tuple(
                Failure(document.info.full_path, warning) for document, warning in self._catalog.warnings()
            ),
            rebuild=shown_path(str(rebuild)) if rebuild else None,
        )

    def documents(self, of: DocumentFilter | None = None) -> list[DocumentInfo]:
        """What is indexed, in the order of the paths, or those documents alone that a filter lets through.

        Raises UsageError, as asking does, if that is none.
        """
        from askdocs.searching.filtering import admitted

        stored = self._catalog.documents_of_ids(admitted(self._catalog, of)) if of else self._catalog.documents()
        return [document.info for document in stored]

    def text(self, document_id: int) -> str:
        """A document's whole text as it was indexed. Raises UsageError if it no longer is."""
        found = self._catalog.document(document_id)
        if found is None:
            raise UsageError("the document is no longer in the index; ask again")
        _, text, _ = found
        return text

    def read(self, citation: Citation) -> Reading:
        """A citation of an earlier answer where it stands now. Raises UsageError if its document is gone."""
        from askdocs.answering import cited
        from askdocs.indexing.freshness import FilesNow

        reading = cited.reading(self._catalog, citation, FilesNow())
        if reading is None:
            raise UsageError(f"{citation.document.full_path} is no longer in your documents; ask again")
        return reading

    def recheck(self, citations: Sequence[Citation]) -> list[Citation | None]:
        """Citations of earlier answers as they are now; None for those whose documents are gone."""
        from askdocs.answering import cited
        from askdocs.indexing.freshness import FilesNow

        files = FilesNow()
        readings = (cited.reading(self._catalog, citation, files) for citation in citations)
        return [reading.citation if reading else None for reading in readings]

    def page_pictures(self, citation: Citation) -> PagePictures:
        """The pages of the document that `citation` is of as pictures, with its quote marked; to be closed.

        Raises UsageError if there is no such document any more, or it has no pages.
        """
        from askdocs.opening.page_pictures import PagePictures

        return PagePictures(self._catalog, citation, self._index.converted, ocr=self._index.settings.ocr)

    # Checking and moving

    def verify(self, *, repair: bool = False) -> Iterator[VerifyEvent]:
        """Look through every part of the index: a generator of events, which ends with Verified.

        To `repair` is to make anew what is derived, and to drop documents that are wrong, for the next indexing to read
        them again; Verified then tells of what is so afterwards. Raises IndexBusy if it can't be done as another
        process is writing.
        """
        from askdocs.verifying import verifier

        with writing(self._index.folder) if repair else nullcontext():
            yield from verifier.verify(self._index.folder, repair=repair, ocr=self._index.settings.ocr)
        if repair:
            self._index.drop_retriever()  # what it has open may be what was wrong

    def export(self, file: PathLike) -> Iterator[Verifying | Moved]:
        """Write the index to one new file, as it is at one moment: a generator of events, which ends with Moved.

        Raises UsageError if there is such a file, NothingIndexed, and IndexDamaged if the index is not sound.
        """
        from askdocs.verifying import transfer

        if not self._catalog.has_chunks:
            raise NothingIndexed("nothing is indexed yet, so that there is nothing to export")
        yield from transfer.export(self._catalog, Path(file))

    def import_from(self, file: PathLike, moves: Sequence[str] = ()) -> Iterator[Verifying | Moved]:
        """Take in the index that was exported to `file`: a generator of events, which ends with Moved.

        `moves` say where the sources are now, as OLD=NEW. All of it is checked before anything is changed. Raises
        UsageError if this index holds documents or a source can't be found, IndexDamaged, and IndexBusy.
        """
        from askdocs.verifying import transfer

        with writing(self._index.folder):
            yield from transfer.import_from(self._catalog, Path(file), moves)
            self._index.retriever().write()

    # What measuring asks besides

    def texts(self) -> dict[str, str]:
        """The text of every document, by its path as people see it. For small indexes: it is all in memory."""
        found = (self._catalog.document(document.id) for document in self._catalog.documents())
        return {stored.info.full_path: text for stored, text, _ in filter(None, found)}

    def passages(self) -> Iterator[SearchResult]:
        """Every passage, in the order of the documents; the score is 0."""
        for document in self._catalog.documents():
            for stored in self._catalog.document_chunks(document.id):
                chunk = stored.chunk
                yield SearchResult(document.info, chunk.span, chunk.text, chunk.locator, 0.0)

    def content_words(self, text: str) -> list[str]:
        """The words of `text` that carry meaning, lower case and stemmed, as the word index compares them."""
        return self._index.retriever().lexical.content_words(text)
