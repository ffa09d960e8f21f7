"""An open index: its catalogue, and the models and derived indexes, which are loaded when they are first needed."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from askdocs.catalog.catalog import Catalog
from askdocs.catalog.records import in_unicode
from askdocs.catalog.schema import FILE
from askdocs.config import Settings, cache_folder
from askdocs.errors import IndexBusy, IndexTrouble, NothingIndexed, UsageError
from askdocs.indexing.writer_lock import writing
from askdocs.types import LONGEST_QUESTION

if TYPE_CHECKING:
    from askdocs.answering.asking import Found
    from askdocs.answering.feedback import Feedback
    from askdocs.encoding.encoder import Encoder
    from askdocs.encoding.reranker import Reranker
    from askdocs.searching.question import DocumentFilter
    from askdocs.searching.retriever import Retriever


class OpenIndex:
    """The parts of the index in a folder, for any number of threads; each is loaded once, as the settings then are.

    An `encoder` that is given stands in for the one that they name. `converted` are PDFs of presentations (see
    `PagePictures`).
    """

    def __init__(self, folder: Path, settings: Settings, encoder: Encoder | None) -> None:
        """Raises IndexDamaged if the catalogue can't be used."""
        self.folder = folder
        self.settings = settings
        self.catalog = Catalog(folder / FILE)
        self.converted: dict[bytes, bytes] = {}
        self._encoder = encoder
        self._retriever: Retriever | None = None
        self._reranker: Reranker | None = None
        self._lock = threading.Lock()
        self._reranker_lock = threading.Lock()  # of its own: loading takes ten seconds

    @property
    def encoder_name(self) -> str:
        """What the encoder is called, without loading it."""
        from askdocs.encoding.models import BUNDLED_NAME

        return self._encoder.name if self._encoder else self.settings.model or BUNDLED_NAME

    @property
    def unread(self) -> frozenset[str | None]:
        """The media types of files in folders that are no documents, as the settings are."""
        from askdocs.loaders.kinds import unread

        return unread(archives=self.settings.archives, ocr=self.settings.ocr)

    def encoder(self) -> Encoder:
        from askdocs.encoding.encoder import open_encoder

        with self._lock:
            if self._encoder is None:
                self._encoder = open_encoder(self.settings.model, self.settings.precision, cache_folder() / "models")
            return self._encoder

    def reranker(self) -> Reranker:
        from askdocs.encoding.reranker import Reranker

        with self._reranker_lock:
            if self._reranker is None:
                self._reranker = Reranker(self.settings.reranker)
            return self._reranker

    def retriever(self) -> Retriever:
        from askdocs.searching.retriever import Retriever

        with self._lock:
            if self._retriever is None:
                self._retriever = Retriever(self.folder, self.catalog)
            return self._retriever

    def drop_retriever(self) -> None:
        """Let go of the derived indexes, to open them anew when they are needed."""
        with self._lock:
            self._retriever = None

    def load(self) -> None:
        """Load now what the first question would otherwise wait for."""
        encoder = self.encoder()
        retriever = self._level_retriever()
        retriever.catch_up_vectors()
        retriever.lexical.rarities("warm")
        encoder.encode_questions(["warm"])
        if self.settings.reranker:
            self.reranker()

    def find(
        self,
        question: str,
        top_k: int,
        cited: int,
        documents: DocumentFilter | None,
        feedback: Feedback | None = None,
        *,
        rerank: bool = True,
    ) -> Found:
        """See `Finder.find`. Raises UsageError for an empty or endless question, NothingIndexed and EncoderMismatch."""
        self._check(question)
        from askdocs.answering.asking import Finder
        from askdocs.indexing.indexer import check_encoder

        encoder = self.encoder()
        check_encoder(self.catalog, encoder)
        retriever = self._level_retriever()
        reranker = self.reranker if rerank and self.settings.reranker else None
        finder = Finder(self.catalog, retriever, encoder, self.settings.retrieval, reranker)
        return finder.find(in_unicode(question), top_k, cited, documents, feedback)

    def _check(self, question: str) -> None:
        if not question.strip():
            raise UsageError("the question is empty")
        if len(question) > LONGEST_QUESTION:
            raise UsageError(f"the question has {len(question):,} characters; at most {LONGEST_QUESTION:,} make sense")
        if not self.catalog.has_chunks:
            step = (
                "run `askdocs index`" if self.catalog.sources() else "name a folder, as in `askdocs index ~/Documents`"
            )
            raise NothingIndexed(f"nothing is indexed in {self.folder.absolute()} yet: {step}")

    def _level_retriever(self) -> Retriever:
        """The retriever, its indexes brought level on disk where asking won't do that, unless somebody else writes."""
        retriever = self.retriever()
        if retriever.lexical_is_behind or retriever.vectors_are_missing:
            try:
                with writing(self.folder, patience=0):
                    retriever.write()
            except IndexBusy:
                pass  # whoever writes will bring them level; until then vectors are caught up with in memory
            except IndexTrouble:
                retriever.level_in_memory()  # a full disk is no reason not to answer
        return retriever
