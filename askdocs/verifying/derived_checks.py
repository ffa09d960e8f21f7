"""The two derived indexes against the catalogue: the same passages, each once, and the same embeddings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from askdocs.errors import IndexDamaged
from askdocs.events import IndexPart, VerifyEvent, Verifying
from askdocs.searching.lexical import LexicalIndex
from askdocs.searching.lexical_files import damaged_files
from askdocs.searching.vectors import SavedVectors, is_whole, stored_rows
from askdocs.verifying.audit import AuditedCatalog
from askdocs.verifying.findings import Findings
from askdocs.wording import count

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from askdocs.types import Embeddings

    Ids = NDArray[np.int64]

_NEAR = 0.95
"""The least cosine of an embedding and what an approximate index makes of it."""

_AT_NEED = "is missing, or of another index or askdocs; it is made anew when it is needed"


@dataclass(frozen=True, slots=True)
class SavedWords:
    """The word index as it was found: what is wrong with its files, or the index opened, if it is this catalogue's."""

    damage: list[str]
    index: LexicalIndex | None

    @classmethod
    def open(cls, folder: Path, identity: bytes) -> SavedWords:
        # Not even opened where it is: tantivy believes what it reads, and panics.
        if damage := [f"{name} is not what was written" for name in damaged_files(folder)]:
            return cls(damage, None)
        try:
            return cls([], LexicalIndex.saved(folder, identity))
        except IndexDamaged as exc:
            return cls([str(exc)], None)


def check_words(catalog: AuditedCatalog, words: SavedWords, findings: Findings) -> Iterator[VerifyEvent]:
    import numpy as np

    part = IndexPart.WORDS
    findings.checked[part] = 0
    for damage in words.damage:
        findings.add(part, f"the word index: {damage}")
    index = words.index
    if index is None:
        if not words.damage and catalog.has_chunks:
            findings.note_pending("the word index", _AT_NEED)
        return
    total = index.passages
    found = [np.empty(0, np.int64)]
    done = 0
    for ids in index.ids(catalog.highest_chunk):
        yield Verifying(part, done, total)
        done += len(ids)
        found.append(np.array(ids, np.int64))
    findings.checked[part] = done
    if done < total:
        findings.add(part, f"the word index has {count(total - done, 'passage')} that the catalogue never had")
    _compare(catalog, part, "the word index", index.generation, np.concatenate(found), findings)
    yield Verifying(part, total, total)


def check_vectors(
    catalog: AuditedCatalog, path: Path, saved: SavedVectors | None, findings: Findings
) -> Iterator[VerifyEvent]:
    import numpy as np

    part = IndexPart.VECTORS
    findings.checked[part] = 0
    if saved is None:
        if path.exists() and not is_whole(path):
            findings.add(part, f"{path.name} is cut short, or no vector index")
        elif catalog.has_chunks:
            findings.note_pending(path.name, _AT_NEED)
        return
    total = catalog.counts().chunks
    found = [np.empty(0, np.int64)]
    done = different = 0
    try:
        for ids, embeddings in stored_rows(path):
            yield Verifying(part, done, total)
            done += len(ids)
            found.append(np.array(ids, np.int64))
            different += _count_different(catalog, ids, embeddings, exact=saved.recall is None)
    except (RuntimeError, ValueError, AttributeError) as exc:
        findings.add(part, f"{path.name} can't be read: {str(exc).strip().splitlines()[-1]}")
        return
    findings.checked[part] = done
    if different:
        findings.add(part, f"{path.name} has other embeddings of {count(different, 'passage')} than the catalogue")
    _compare(catalog, part, path.name, saved.generation, np.concatenate(found), findings)
    yield Verifying(part, total, total)


def _count_different(catalog: AuditedCatalog, ids: Sequence[int], embeddings: Embeddings, *, exact: bool) -> int:
    """How many of these rows differ from the catalogue's; those of passages that are gone can't be compared."""
    import numpy as np

    stored = catalog.vectors_of(ids)
    size = 4 * embeddings.shape[1]
    there = [at for at, id_ in enumerate(ids) if len(stored.get(id_, b"")) == size]
    if not there:
        return 0
    truth = np.frombuffer(b"".join(stored[ids[at]] for at in there), dtype="<f4").reshape(len(there), -1)
    rows = embeddings[there]
    if exact:
        return int((rows != truth).any(axis=1).sum())
    with np.errstate(all="ignore"):
        cosines = (rows * truth).sum(axis=1) / np.linalg.norm(rows, axis=1)
    return int((~(cosines >= _NEAR)).sum())


def _compare(
    catalog: AuditedCatalog, part: IndexPart, name: str, generation: int, found: Ids, findings: Findings
) -> None:
    """Compare the ids in a derived index with the chunks of its generation; those removed since may still be in it."""
    import numpy as np

    current = catalog.generation
    if not catalog.forgotten <= generation <= current and len(found):
        findings.note_pending(name, "is of another moment of the catalogue; it is made anew when it is needed")
        return
    expected = catalog.chunk_ids_until(generation)
    unique = np.unique(found)
    lacking = len(np.setdiff1d(expected, unique, assume_unique=True))
    beyond = np.setdiff1d(unique, expected, assume_unique=True)
    gone = np.setdiff1d(beyond, np.array(catalog.removed_since(generation), np.int64), assume_unique=True)
    if lacking:
        findings.add(part, f"{name} lacks {count(lacking, 'passage')}")
    if len(gone):
        findings.add(part, f"{name} has {count(len(gone), 'passage')} that the catalogue no longer has")
    if len(unique) != len(found):
        findings.add(part, f"{name} has {count(len(found) - len(unique), 'passage')} more than once")
    if generation != current and part is IndexPart.WORDS:
        behind = count(current - generation, "change")
        findings.note_pending(name, f"is {behind} behind; the next question brings it level")
