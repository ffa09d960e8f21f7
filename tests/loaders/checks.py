"""What holds of every document whose text is the file itself."""

from __future__ import annotations

from collections.abc import Sequence

from askdocs.chunker import chunk_document
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


def paths(chunks: Sequence[Chunk]) -> list[str]:
    """The heading paths of passages, as people see them."""
    return [" > ".join(chunk.locator.headings) for chunk in chunks]


def path_of(chunks: Sequence[Chunk], words: str) -> str:
    """The heading path of the passage that holds `words`."""
    return next(path for path, chunk in zip(paths(chunks), chunks, strict=True) if words in chunk.text)
