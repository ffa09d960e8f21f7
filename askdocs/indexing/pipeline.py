"""Files on their way into the catalogue: loaded, chunked, embedded, committed.

Files are loaded and chunked by one thread and embedded by others, all a bounded way ahead of the caller's, which alone
writes to the catalogue.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from askdocs.catalog.catalog import Catalog
from askdocs.catalog.records import ReadDocument, StoredFailure, embedding_key, shown_path
from askdocs.catalog.sentences import Sentences
from askdocs.chunking.chunker import chunk_document, sentence_spans
from askdocs.chunking.told_language import language_of
from askdocs.encoding.encoder import Encoder
from askdocs.errors import LoadError
from askdocs.indexing.files import FoundFile, content_hash, read_found
from askdocs.loaders import media_type
from askdocs.loaders.isolated import loader
from askdocs.loaders.members import members
from askdocs.types import Chunk, Document, Span

if TYPE_CHECKING:
    from askdocs.types import Embeddings

LOADED_AHEAD_BYTES = 4_000_000
"""Files are loaded ahead until they have so many bytes; a larger one only as the next, so that few are in memory."""

LOADED_AHEAD_FILES = 500

GROUP_CHUNKS = 256
"""Documents are sorted into slices together until they have this many passages: neighbours are of similar length.

Where the encoder has nothing to do, a slice is enough for it to begin with.
"""

SLICE_CHUNKS = 32
"""Passages that are embedded, and then committed, together."""

SLICES_AHEAD = 2
"""Embedded at the same time: where the texts of one run out, those of the next keep every processor at work."""

LONGEST_WAIT = 0.5
"""Seconds for which an idle encoder waits for the next file to fill a group."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What was read of a file, which only lacks embeddings."""

    file: FoundFile
    content_hash: bytes
    documents: Sequence[ReadDocument]

    @property
    def chunk_count(self) -> int:
        return sum(len(read.chunks) for read in self.documents)


@dataclass(frozen=True, slots=True)
class _Slice:
    """Passages to embed, and the documents that are whole once they are stored; `size` is their share in bytes."""

    missing: Sequence[tuple[bytes, Chunk]]
    completes: Sequence[_Prepared]
    path: str
    size: int


@dataclass(frozen=True, slots=True)
class _Embedded:
    """The embeddings of a slice, and the sentences of each of its passages where the encoder tells them."""

    embeddings: Embeddings
    sentences: Sequence[Sentences] | None


class Pipeline:
    """Files on their way into the catalogue. On leaving its context its threads have ended."""

    def __init__(self, catalog: Catalog, encoder: Encoder, files: Sequence[FoundFile], *, ocr: bool = False) -> None:
        self._catalog = catalog
        self._encoder = encoder
        self._files = deque(files)
        self._loading: deque[tuple[FoundFile, Future[_Prepared | StoredFailure]]] = deque()
        self._loading_bytes = 0
        self._group: list[_Prepared] = []
        self._group_chunks = self._group_bytes = 0
        self._slices: deque[_Slice] = deque()
        self._embedding: deque[tuple[_Slice, Future[_Embedded | None]]] = deque()
        self._underway: set[bytes] = set()  # keys of embeddings that are being made
        self._stopping = threading.Event()
        self._isolated = loader(ocr=ocr)
        self._loader = ThreadPoolExecutor(1, "load")
        self._embedder = ThreadPoolExecutor(SLICES_AHEAD, "embed")

    def __enter__(self) -> Pipeline:
        return self

    def __exit__(self, *_: object) -> None:
        """Stop all threads; what was embedded meanwhile is kept, so that the next run need not do it again."""
        self._stopping.set()
        self._isolated.close()
        self._loader.shutdown(wait=False, cancel_futures=True)
        self._embedder.shutdown(cancel_futures=True)
        try:
            for slice_, future in self._embedding:
                if not future.cancelled() and not future.exception():
                    self._store(slice_, future.result(), ())
        finally:
            self._loader.shutdown()

    def run(self) -> Iterator[_Slice | StoredFailure]:
        """Carry all files through, telling of each slice that is stored and each file that can't be read."""
        while self._files or self._loading or self._group or self._slices or self._embedding:
            self._load_ahead()
            yield from self._take_loaded()
            while self._slices and len(self._embedding) < SLICES_AHEAD:
                slice_ = self._slices.popleft()
                self._embedding.append((slice_, self._embedder.submit(self._embed, slice_)))
            if self._embedding and self._embedding[0][1].done():
                slice_, future = self._embedding.popleft()
                self._store(slice_, future.result(), slice_.completes)
                yield slice_
            else:
                self._wait()

    def _load_ahead(self) -> None:
        while self._files and len(self._loading) < LOADED_AHEAD_FILES:
            size = self._files[0].state.size
            if self._loading and self._loading_bytes + size > LOADED_AHEAD_BYTES:
                return
            file = self._files.popleft()
            self._loading_bytes += size
            self._loading.append((file, self._loader.submit(self._prepare, file)))

    def _take_loaded(self) -> Iterator[StoredFailure]:
        """Group what is loaded, and cut full groups into slices, until there are slices enough."""
        while len(self._slices) < SLICES_AHEAD and self._loading and self._loading[0][1].done():
            file, future = self._loading.popleft()
            self._loading_bytes -= file.state.size
            item = future.result()
            if isinstance(item, StoredFailure):
                yield item
                continue
            if item.chunk_count >= GROUP_CHUNKS:  # a long document keeps no others waiting
                self._cut_group()
            self._group.append(item)
            self._group_chunks += item.chunk_count
            self._group_bytes += file.state.size
            enough = GROUP_CHUNKS if self._slices or self._embedding else SLICE_CHUNKS
            if self._group_chunks >= enough or self._group_bytes >= LOADED_AHEAD_BYTES:
                self._cut_group()
            self._load_ahead()
        if not self._loading and not self._files:
            self._cut_group()

    def _cut_group(self) -> None:
        """Turn the group into slices of the embeddings that it lacks, the shortest texts first."""
        group, size = self._group, self._group_bytes
        self._group, self._group_chunks, self._group_bytes = [], 0, 0
        if not group:
            return
        read = (document for item in group for document in item.documents)
        texts = {key: chunk for document in read for key, chunk in zip(document.keys, document.chunks, strict=True)}
        missing = self._catalog.missing_keys(texts.keys() - self._underway)
        self._underway |= missing
        ordered = sorted(((key, texts[key]) for key in missing), key=lambda entry: (_length(entry[1]), entry[0]))
        parts = [ordered[start : start + SLICE_CHUNKS] for start in range(0, max(1, len(ordered)), SLICE_CHUNKS)]
        path = shown_path(group[-1].file.absolute_path)
        for number, part in enumerate(parts):
            share = size * (number + 1) // len(parts) - size * number // len(parts)
            self._slices.append(_Slice(part, group if number == len(parts) - 1 else (), path, share))

    def _wait(self) -> None:
        """Wait for a slice or, if there is room for it, a file; not for long while the encoder has nothing to do."""
        futures: list[Future[Any]] = []
        futures += [future for _, future in islice(self._embedding, 1)]
        if len(self._slices) < SLICES_AHEAD:
            futures += [future for _, future in islice(self._loading, 1)]
        idle = self._group and not self._embedding
        if futures and not wait(futures, LONGEST_WAIT if idle else None, FIRST_COMPLETED).done:
            self._cut_group()

    def _embed(self, slice_: _Slice) -> _Embedded | None:
        texts = [chunk.embedded_text for _, chunk in slice_.missing]
        if not texts:
            return None
        if not self._encoder.tells_sentences:
            return _Embedded(self._encoder.encode(texts), None)
        spans = [_sentences(chunk) for _, chunk in slice_.missing]
        embeddings, inside = self._encoder.encode_with_sentences(texts, spans)
        return _Embedded(embeddings, list(map(Sentences, spans, inside)))

    def _store(self, slice_: _Slice, embedded: _Embedded | None, whole: Sequence[_Prepared]) -> None:
        """Commit embeddings, and the documents that are `whole` with them."""
        keys = [key for key, _ in slice_.missing]
        with self._catalog.transaction():
            if embedded is not None:
                self._catalog.put_embeddings(keys, embedded.embeddings, embedded.sentences)
            for item in whole:
                file = item.file
                self._catalog.put_documents(
                    file.source, file.relative_path, item.content_hash, file.state, item.documents
                )
        self._underway.difference_update(keys)

    def _prepare(self, file: FoundFile) -> _Prepared | StoredFailure:
        """The file loaded and chunked, or why it can't be."""
        path = file.absolute_path
        try:
            data = read_found(file)
        except LoadError as exc:
            return StoredFailure.looked_at_again(file.source, file.relative_path, str(exc))
        kind = media_type(path) or ""
        try:
            digest = content_hash(data)
            document = self._isolated.load_where_safe(path, kind, data)
            del data  # of a huge file, not to be held beside its text and chunks
            documents = [self._chunked(inside, item) for inside, item in members(document)]
        except LoadError as exc:
            reason = str(exc)
        except Exception as exc:  # a parser's bug must not stop the folder
            reason = f"can't be read: {type(exc).__name__}: {exc}"
        else:
            return _Prepared(file, digest, documents)
        return StoredFailure(file.source, file.relative_path, reason, file.state.size, file.state.mtime_ns, kind)

    def _chunked(self, inside: tuple[str, ...], document: Document) -> ReadDocument:
        encoder = self._encoder
        chunks = chunk_document(document, self._token_counts, encoder.max_tokens)
        keys = [embedding_key(encoder.fingerprint, encoder.precision, chunk.embedded_text) for chunk in chunks]
        language = document.language or language_of(document.text)
        return ReadDocument(replace(document, children=(), language=language), chunks, keys, inside)

    def _token_counts(self, texts: Sequence[str]) -> Sequence[int]:
        """The encoder's; the way out of a long document when the run is stopped."""
        if self._stopping.is_set():
            raise LoadError("was not read to its end: indexing was stopped")
        return self._encoder.token_counts(texts)


def _sentences(chunk: Chunk) -> tuple[Span, ...]:
    """The sentences of a passage, as spans of its embedded text."""
    return tuple(span.shifted(chunk.text_start) for span in sentence_spans(chunk.text))


def _length(chunk: Chunk) -> int:
    return len(chunk.context) + len(chunk.text)
