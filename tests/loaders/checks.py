"""What holds of every document, and archives that are made to do harm."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence

from askdocs.chunking.chunker import chunk_document
from askdocs.types import BlockKind, Chunk, Document
from tests.fakes import HashedEncoder


def assert_sound(read: Document, text: str | None, *, complete: bool = True) -> list[Chunk]:
    """Text, blocks, headings, places and passages are exact and in order; where `complete`, nothing is left out."""
    assert text is None or read.text == text
    size = len(read.text)
    end = 0
    for block in read.blocks:
        assert end <= block.span.start < block.span.end <= size
        assert not complete or not read.text[end : block.span.start].strip()
        assert block.span.of(read.text).strip()
        end = block.span.end
    assert not complete or not read.text[end:].strip()
    for spans in ([heading.span for heading in read.headings], [place.span for place in read.places]):
        assert spans == sorted(spans)
        assert all(span.end <= size for span in spans)
    assert all(heading.level >= 1 for heading in read.headings)
    starts = {block.span.start for block in read.blocks if block.kind is BlockKind.HEADING}
    assert all(heading.title or heading.span.start in starts for heading in read.headings)
    chunks = chunk_document(read, HashedEncoder().token_counts, 128)
    assert all(chunk.span.of(read.text) == chunk.text for chunk in chunks)
    return chunks


def relisted(data: bytes, change: Callable[[list[zipfile.ZipInfo]], object]) -> bytes:
    """A ZIP archive of which the directory has been changed, and the members have not."""
    buffer = io.BytesIO(data)
    with zipfile.ZipFile(buffer, "a") as archive:
        change(archive.filelist)
        setattr(archive, "_didModify", True)  # noqa: B010  so that the directory is written anew
    return buffer.getvalue()


def swollen(data: bytes, size: int, name: str = "") -> bytes:
    """A ZIP archive that says of each member, or that of a `name`, that it unpacks to `size` bytes."""

    def swell(listed: list[zipfile.ZipInfo]) -> None:
        for member in listed:
            if member.filename.startswith(name):
                member.file_size = size

    return relisted(data, swell)


def crowded(data: bytes, count: int) -> bytes:
    """A ZIP archive whose first member is listed `count` times more."""
    return relisted(data, lambda listed: listed.extend(listed[:1] * count))


def paths(chunks: Sequence[Chunk]) -> list[str]:
    """The heading paths of passages, as people see them."""
    return [" > ".join(chunk.locator.headings) for chunk in chunks]


def path_of(chunks: Sequence[Chunk], words: str) -> str:
    """The heading path of the passage that holds `words`."""
    return next(path for path, chunk in zip(paths(chunks), chunks, strict=True) if words in chunk.text)
