"""Making the catalogue say what the disk says: a plan carried out, as a generator of events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from askdocs.catalog.catalog import Catalog
from askdocs.catalog.records import StoredEncoder, StoredFailure
from askdocs.encoding.encoder import Encoder
from askdocs.errors import EncoderMismatch
from askdocs.events import EncoderLoading, FileFailed, Indexed, IndexEvent, Planned, Progressed
from askdocs.indexing.pipeline import Pipeline
from askdocs.indexing.planner import Changes, shown_failure

Item = TypeVar("Item")


def run(
    catalog: Catalog,
    changes: Changes,
    load_encoder: Callable[[], Encoder],
    encoder_name: str,
    *,
    ocr: bool = False,
) -> Iterator[IndexEvent]:
    """Carry out `changes`, reading pictures of text in PDFs too with `ocr`. Only for who holds the writer's lock.

    A document is stored whole or not at all, and every embedding is kept as soon as it is made: stopping at any moment,
    by closing the generator too, loses nothing, and the next run goes on.
    """
    yield Planned(changes.plan)
    broke_off = not catalog.complete
    if changes:
        catalog.set_complete(False)
    with catalog.transaction():
        failed = [catalog.put_failure(failure) for failure in changes.refused]
        for failure in changes.recovered:
            catalog.clear_failure(failure)
    for failure in failed:
        yield FileFailed(shown_failure(failure))
    failed += changes.failed_before
    for batch in _batches([*changes.renamed, *changes.touched]):
        with catalog.transaction():
            for document, file in batch:
                catalog.move_document(document.id, file.source, file.relative_path, file.state)
    embedded = 0
    files = [*changes.added, *changes.changed]
    if files:
        yield EncoderLoading(encoder_name)
        encoder = load_encoder()
        _claim(catalog, encoder)
        total = sum(file.state.size for file in files)
        done = dealt_with = 0
        with Pipeline(catalog, encoder, files, ocr=ocr) as pipeline:
            for item in pipeline.run():
                if isinstance(item, StoredFailure):
                    failed.append(catalog.put_failure(item))
                    done += max(0, item.size)
                    dealt_with += 1
                    yield FileFailed(shown_failure(failed[-1]))
                else:
                    embedded += len(item.missing)
                    done += item.size
                    dealt_with += len(item.completes)
                    yield Progressed(item.path, done, total, dealt_with)
    # Last, so that passages which moved to another file still find their embeddings.
    for gone in _batches([*changes.deleted, *changes.excluded]):
        with catalog.transaction():
            for document in gone:
                catalog.remove_document(document.id)
    for source in changes.forgotten:
        catalog.remove_source(source)
    catalog.drop_unused_embeddings(everywhere=broke_off)
    catalog.set_complete(True)
    unreadable = {(failure.source, failure.relative_path) for failure in failed}
    yield Indexed(
        added=sum((file.source, file.relative_path) not in unreadable for file in changes.added),
        changed=sum((file.source, file.relative_path) not in unreadable for file in changes.changed),
        renamed=len(changes.renamed),
        deleted=len(changes.deleted),
        excluded=len(changes.excluded),
        unchanged=changes.unchanged + len(changes.touched),
        failed=len(failed),
        embedded=embedded,
        failures=tuple(map(shown_failure, failed)),
    )


def _batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """A commit waits for the disk; nobody should wait long for a commit."""
    for start in range(0, len(items), 1_000):
        yield items[start : start + 1_000]


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
