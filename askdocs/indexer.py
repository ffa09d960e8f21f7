"""Making the catalogue say what the disk says: load, chunk, embed, commit; a generator of events."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from askdocs.catalog import Catalog, StoredEncoder, StoredFailure, shown_path
from askdocs.chunker import chunk_document
from askdocs.encoder import Encoder
from askdocs.errors import EncoderMismatch, LoadError
from askdocs.loaders import load, media_type
from askdocs.planner import Changes, FoundFile, content_hash, read_file, shown_failure
from askdocs.types import (
    Chunk,
    Document,
    EncoderLoading,
    FileFailed,
    Indexed,
    IndexEvent,
    Planned,
    Progressed,
)

GROUP_CHUNKS = 256
"""Documents are embedded together until they have this many passages: similar lengths make full batches."""

SLICE_CHUNKS = 32
"""Passages between two looks at whether to go on; each slice is committed."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A document that only lacks its embeddings."""

    file: FoundFile
    document: Document
    content_hash: bytes
    chunks: list[Chunk]
    keys: list[bytes]


def run(
    catalog: Catalog, changes: Changes, load_encoder: Callable[[], Encoder], encoder_name: str
) -> Iterator[IndexEvent]:
    """Carry out `changes`. Only for who holds the writer's lock.

    Each document is one transaction, and every embedding is kept as soon as it is made: stopping at any moment,
    by closing the generator too, loses nothing, and the next run goes on.
    """
    yield Planned(changes.plan)
    catalog.set_complete(False)
    failed = [*changes.refused, *changes.failed_before]
    for failure in changes.refused:
        catalog.put_failure(failure)
        yield FileFailed(shown_failure(failure))
    for failure in changes.recovered:
        catalog.clear_failure(failure)
    for document, file in [*changes.renamed, *changes.touched]:
        catalog.move_document(document.id, file.source, file.relative_path, file.state)
    embedded = 0
    files = [*changes.added, *changes.changed]
    if files:
        yield EncoderLoading(encoder_name)
        encoder = load_encoder()
        _claim(catalog, encoder)
        total = sum(file.state.size for file in files)
        done = 0
        for group in _groups(files, encoder):
            readable = [item for item in group if isinstance(item, _Prepared)]
            for failure in (item for item in group if isinstance(item, StoredFailure)):
                catalog.put_failure(failure)
                failed.append(failure)
                yield FileFailed(shown_failure(failure))
            size = sum(item.file.state.size for item in readable)
            for fresh, share in _embed(catalog, encoder, readable):
                embedded += fresh
                yield Progressed(shown_path(readable[-1].file.absolute_path), done + int(size * share), total)
            for item in readable:
                catalog.put_document(
                    item.file.source, item.file.relative_path, item.document, item.content_hash, item.file.state,
                    item.chunks, item.keys,
                )  # fmt: skip
            done += size
            if readable:
                yield Progressed(shown_path(readable[-1].file.absolute_path), done, total)
    # Last, so that passages which moved to another file still find their embeddings.
    for document in changes.deleted:
        catalog.remove_document(document.id)
    catalog.drop_unused_embeddings()
    catalog.set_complete(True)
    unreadable = {(failure.source, failure.relative_path) for failure in failed}
    yield Indexed(
        added=sum((file.source, file.relative_path) not in unreadable for file in changes.added),
        changed=sum((file.source, file.relative_path) not in unreadable for file in changes.changed),
        renamed=len(changes.renamed),
        deleted=len(changes.deleted),
        unchanged=changes.unchanged + len(changes.touched),
        failed=len(failed),
        embedded=embedded,
        failures=tuple(map(shown_failure, failed)),
    )


def _claim(catalog: Catalog, encoder: Encoder) -> None:
    """Make sure that the catalogue holds this encoder's embeddings and no other's."""
    check_encoder(catalog, encoder)
    used = StoredEncoder(encoder.name, encoder.fingerprint, encoder.precision, encoder.note)
    if catalog.encoder != used:
        catalog.set_encoder(used)


def check_encoder(catalog: Catalog, encoder: Encoder) -> None:
    """Raise EncoderMismatch if the embeddings in the catalogue are not this encoder's."""
    before = catalog.encoder
    if before and before.fingerprint != encoder.fingerprint:
        same_name = " (with other weights or settings)" if before.name == encoder.name else ""
        raise EncoderMismatch(
            f"the index was built with the encoder {before.name}, not {encoder.name}{same_name}; "
            f"set `model` back, or run `askdocs index --rebuild` to embed everything anew"
        )


def _groups(files: Sequence[FoundFile], encoder: Encoder) -> Iterator[list[_Prepared | StoredFailure]]:
    """Files loaded and chunked, in groups of about GROUP_CHUNKS passages."""
    group: list[_Prepared | StoredFailure] = []
    waiting = 0
    for file in files:
        item = _prepare(file, encoder)
        group.append(item)
        waiting += len(item.chunks) if isinstance(item, _Prepared) else 0
        if waiting >= GROUP_CHUNKS:
            yield group
            group, waiting = [], 0
    if group:
        yield group


def _prepare(file: FoundFile, encoder: Encoder) -> _Prepared | StoredFailure:
    path = file.absolute_path
    try:
        data = read_file(path)
    except LoadError as exc:
        return StoredFailure.looked_at_again(file.source, file.relative_path, str(exc))
    try:
        document = load(path, media_type(path) or "", data)
        chunks = chunk_document(document, encoder.token_counts, encoder.max_tokens)
    except LoadError as exc:
        reason = str(exc)
    except Exception as exc:  # a parser's bug must not stop the folder
        reason = f"can't be read: {type(exc).__name__}: {exc}"
    else:
        keys = [_key(encoder, chunk) for chunk in chunks]
        return _Prepared(file, document, content_hash(data), chunks, keys)
    return StoredFailure(file.source, file.relative_path, reason, file.state.size, file.state.mtime_ns)


def _key(encoder: Encoder, chunk: Chunk) -> bytes:
    """What an embedding is kept under: equal exactly where it would come out equal."""
    return hashlib.blake2b(
        f"{encoder.fingerprint}\0{encoder.precision}\0{chunk.embedded_text}".encode(errors="surrogatepass"),
        digest_size=16,
    ).digest()


def _embed(catalog: Catalog, encoder: Encoder, group: Sequence[_Prepared]) -> Iterator[tuple[int, float]]:
    """Store the embeddings that `group` lacks, a slice at a time: how many, and the share done so far."""
    texts = {key: chunk.embedded_text for item in group for key, chunk in zip(item.keys, item.chunks, strict=True)}
    missing = sorted(catalog.missing_keys(texts), key=lambda key: (len(texts[key]), key))
    for start in range(0, len(missing), SLICE_CHUNKS):
        keys = missing[start : start + SLICE_CHUNKS]
        catalog.put_embeddings(keys, encoder.encode([texts[key] for key in keys]))
        yield len(keys), (start + len(keys)) / len(missing)
