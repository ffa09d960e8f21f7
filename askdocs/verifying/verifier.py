"""Whether an index can be trusted: every part looked through, and what is wrong taken out or made anew.

The catalogue is the truth: what is derived from it is made anew, and a document that is wrong in it is dropped, for the
next indexing to read it again. The files are another truth: one that has changed since makes the index old, not wrong.
"""

from __future__ import annotations

import shutil
import struct
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

from askdocs.catalog.records import StoredChunk, embedding_key, shown_path
from askdocs.catalog.schema import FILE
from askdocs.config import ABOUT
from askdocs.errors import IndexDamaged
from askdocs.events import IndexPart, VerifyEvent, Verifying
from askdocs.searching.retriever import Retriever
from askdocs.searching.vectors import saved_vectors
from askdocs.types import Heading
from askdocs.verifying.audit import AuditedCatalog, AuditedEmbedding
from askdocs.verifying.derived_checks import SavedWords, check_vectors, check_words
from askdocs.verifying.files_again import FilesAgain
from askdocs.verifying.findings import Findings
from askdocs.wording import count

_UNIT = 1e-3
"""How far from 1 the length of an embedding may be."""

_PAUSE = 0.1
"""Seconds between two events."""


def verify(folder: Path, *, repair: bool, ocr: bool = False) -> Iterator[VerifyEvent]:
    """Look through the index in `folder`, and end with Verified. To `repair`, the writer's lock must be held.

    `ocr` says that pictures of text in PDFs are read too.

    What is seen of the catalogue is of one moment, whoever writes meanwhile. Memory grows by some tens of bytes a
    passage. Raises IndexDamaged for a catalogue that isn't one.
    """
    findings = yield from _look_through(folder, ocr)
    repaired: list[str] = []
    # Twice, as behind a damaged file may be what can be seen only once it is mended.
    for _ in range(2):
        broken = findings.problems or findings.read_otherwise
        done = list(_repair(folder, findings)) if repair and broken else []
        if not done:
            break
        repaired += done
        findings = yield from _look_through(folder, ocr)
    yield findings.report(tuple(repaired))


def verify_catalog(path: Path) -> Iterator[VerifyEvent]:
    """Look through a catalogue by itself, without its files and what is derived from it, and end with Verified."""
    findings = Findings()
    with closing(AuditedCatalog(path)) as catalog:
        yield from _check_file(catalog, findings)
        if not findings.problems:
            _check_rows(catalog, findings)
            yield from _check_embeddings(catalog, findings)
            yield from _check_documents(catalog, findings, None)
    yield findings.report(())


def _look_through(folder: Path, ocr: bool) -> Generator[VerifyEvent, None, Findings]:
    findings = Findings()
    with closing(AuditedCatalog(folder / FILE)) as catalog:
        yield from _check_file(catalog, findings)
        if findings.problems:
            return findings
        # Before the snapshot: what is written in between would be ahead of it.
        words = SavedWords.open(folder / "lexical", catalog.identity)
        vectors = saved_vectors(folder / "vectors.faiss", catalog.identity)
        with catalog.snapshot():
            _check_rows(catalog, findings)
            yield from _check_embeddings(catalog, findings)
            with FilesAgain(catalog, findings, ocr=ocr) as files:
                yield from _check_documents(catalog, findings, files)
            yield from check_words(catalog, words, findings)
            yield from check_vectors(catalog, folder / "vectors.faiss", vectors, findings)
    return findings


# The catalogue


def _check_file(catalog: AuditedCatalog, findings: Findings) -> Iterator[VerifyEvent]:
    """What SQLite itself can tell; if its file is damaged, nothing else is looked at."""
    size = catalog.path.stat().st_size
    findings.checked[IndexPart.CATALOG] = size
    yield Verifying(IndexPart.CATALOG, 0, size)
    try:
        found = catalog.file_problems()
    except IndexDamaged as exc:
        found = [str(exc)]
    for message in found:
        findings.add(IndexPart.CATALOG, message)
    if found:
        findings.advice = _rescue(catalog)
    yield Verifying(IndexPart.CATALOG, size, size)


def _rescue(catalog: AuditedCatalog) -> str:
    """What to do about a damaged SQLite file."""
    try:
        sources = " ".join(shown_path(source.path) for source in catalog.sources())
    except IndexDamaged:
        sources = ""
    return (
        f"All that {catalog.path} holds was made from your files, and can be made again: move it away and run "
        f"`askdocs index {sources or 'FOLDER'}`"
    )


def _check_rows(catalog: AuditedCatalog, findings: Findings) -> None:
    part = IndexPart.CATALOG
    for message in catalog.dangling_rows():
        findings.dangling = True
        findings.add(part, message)
    documents, chunks, embeddings = catalog.row_counts()
    counts = catalog.counts()
    findings.checked |= {IndexPart.DOCUMENTS: documents, IndexPart.EMBEDDINGS: embeddings}
    for name, counted, there in (("documents", counts.documents, documents), ("passages", counts.chunks, chunks)):
        if counted != there:
            findings.add(part, f"{counted:,} {name} are counted, {there:,} are there")
    if catalog.newest_row > counts.generation:
        findings.add(part, f"generation {counts.generation:,} is behind its own rows ({catalog.newest_row:,})")
    if catalog.forgotten > counts.generation:
        findings.add(part, f"removals are forgotten up to a generation to come ({catalog.forgotten:,})")
    if doubtful := catalog.count_removed_but_there():
        findings.add(part, f"{doubtful:,} passages are there, and said to be removed")
    if embeddings and catalog.encoder is None:
        findings.unclaimed = True
        findings.add(part, "there are embeddings, but of no encoder that is known")


# Documents and their passages


def _check_documents(catalog: AuditedCatalog, findings: Findings, files: FilesAgain | None) -> Iterator[VerifyEvent]:
    total = catalog.counts().documents
    told = 0.0
    for number, document_id in enumerate(catalog.document_ids()):
        if time.monotonic() - told > _PAUSE:
            yield Verifying(IndexPart.DOCUMENTS, number, total)
            told = time.monotonic()
        name = catalog.document_path(document_id)

        def wrong(reason: str, document_id: int = document_id, name: str | None = name) -> None:
            findings.wrong_documents.add(document_id)
            findings.add(IndexPart.DOCUMENTS, reason, name)

        try:
            found = catalog.document(document_id)
            chunks = catalog.document_chunks(document_id)
        except (IndexDamaged, ValueError, TypeError, LookupError):
            wrong("what is stored of it is garbled")
            continue
        if found is None:
            wrong("it belongs to no source")
            continue
        stored, text, headings = found
        _check_spans(text, headings, chunks, wrong)
        _check_keys(catalog, document_id, chunks, findings, wrong)
        if files:
            files.check(stored, text, chunks, wrong)
    yield Verifying(IndexPart.DOCUMENTS, total, total)


def _check_spans(
    text: str, headings: tuple[Heading, ...], chunks: list[StoredChunk], wrong: Callable[[str], None]
) -> None:
    for number, stored in enumerate(chunks, start=1):
        span = stored.chunk.span
        if span.end > len(text) or span.of(text) != stored.chunk.text:
            wrong(f"passage {number} is not what stands at its place in the text")
    if any(heading.span.end > len(text) for heading in headings):
        wrong("a heading lies behind the end of the text")


def _check_keys(
    catalog: AuditedCatalog,
    document_id: int,
    chunks: list[StoredChunk],
    findings: Findings,
    wrong: Callable[[str], None],
) -> None:
    """Whether each passage has an embedding, and one of its own text."""
    encoder = catalog.encoder
    if encoder is None:
        return
    embeddings = catalog.embeddings_of(document_id)
    # An index may have been made in one precision, and gone on in another.
    precisions = dict.fromkeys((encoder.precision, *ABOUT["precision"].allowed))
    for number, stored in enumerate(chunks, start=1):
        embedding = embeddings[stored.id]
        text = stored.chunk.embedded_text
        if embedding.key is None:
            wrong(f"passage {number} has no embedding")
        elif embedding.id in findings.wrong_embeddings:
            wrong(f"passage {number} has a damaged embedding")
        elif all(embedding_key(encoder.fingerprint, precision, text) != embedding.key for precision in precisions):
            findings.wrong_embeddings.add(embedding.id)
            wrong(f"passage {number} has the embedding of another text")
        elif not _are_sentences(embedding, len(text), findings.dimension):
            findings.wrong_embeddings.add(embedding.id)
            wrong(f"passage {number} has sentences that aren't its own")


def _are_sentences(embedding: AuditedEmbedding, length: int, dimension: int) -> bool:
    """Whether the sentences that are stored, if any, lie in a text of this length in order, each with a row."""
    if embedding.spans is None:
        return True
    if len(embedding.spans) % 8 or embedding.sentence_bytes != len(embedding.spans) // 8 * dimension:
        return False
    ends = struct.unpack(f"<{len(embedding.spans) // 4}I", embedding.spans)
    return all(at <= after for at, after in pairwise((0, *ends, length)))


# Embeddings


def _check_embeddings(catalog: AuditedCatalog, findings: Findings) -> Iterator[VerifyEvent]:
    import numpy as np

    part = IndexPart.EMBEDDINGS
    _, _, total = catalog.row_counts()
    dimension = findings.dimension = catalog.dimension()
    done = 0
    for rows in catalog.vectors():
        yield Verifying(part, done, total)
        done += len(rows)
        right = []
        for id_, stored in rows:
            if len(stored) == 4 * dimension:
                right.append((id_, stored))
            else:
                findings.wrong_embeddings.add(id_)
                findings.add(part, f"embedding {id_} has {len(stored):,} bytes, not {4 * dimension:,}")
        embeddings = np.frombuffer(b"".join(stored for _, stored in right), dtype="<f4").reshape(len(right), dimension)
        with np.errstate(all="ignore"):
            lengths = np.linalg.norm(embeddings.astype(np.float64), axis=1)
        # Whatever is not a number is not near 1 either.
        for at in np.flatnonzero(~(np.abs(lengths - 1) <= _UNIT)).tolist():
            findings.wrong_embeddings.add(right[at][0])
            findings.add(part, f"embedding {right[at][0]} has the length {lengths[at]:.3g}, not 1")
    yield Verifying(part, total, total)


# Repair


def _repair(folder: Path, findings: Findings) -> Iterator[str]:
    """Make anew what is derived, drop what is wrong, and say so."""
    with closing(AuditedCatalog(folder / FILE)) as catalog:
        if findings.advice:
            yield from _repair_file(catalog)
            return
        catalog.correct_counts()
        if findings.counts[IndexPart.CATALOG]:
            yield "counted documents and passages anew"
        if findings.unclaimed:
            catalog.clear()
            catalog.set_complete(False)
            yield "dropped every document, as nobody knows what made the embeddings; run `askdocs index`"
        else:
            yield from _drop_wrong(catalog, findings)
        if findings.counts[IndexPart.WORDS]:
            shutil.rmtree(folder / "lexical", ignore_errors=True)
            yield "made the word index anew"
        if findings.counts[IndexPart.VECTORS]:
            (folder / "vectors.faiss").unlink(missing_ok=True)
            yield "made the vector index anew"
        Retriever(folder, catalog).write()


def _repair_file(catalog: AuditedCatalog) -> Iterator[str]:
    """What is wrong with SQLite's own indexes can be mended, damaged tables can't."""
    try:
        catalog.rebuild_sql_indexes()
    except IndexDamaged:
        return
    yield "made the indexes of the SQLite file anew"


def _drop_wrong(catalog: AuditedCatalog, findings: Findings) -> Iterator[str]:
    if findings.dangling:
        catalog.drop_dangling_rows()
        yield "removed what belonged to no source or document"
    documents = findings.wrong_documents | findings.read_otherwise
    documents |= set(catalog.documents_with(findings.wrong_embeddings))
    if documents or findings.wrong_embeddings:
        # Until the next run has read them again, the index can't say that something is not in the documents.
        if documents:
            catalog.set_complete(False)
        catalog.drop(documents, findings.wrong_embeddings)
        yield f"dropped {count(len(documents), 'document')}; run `askdocs index` to read them again"
