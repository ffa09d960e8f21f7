"""A Document becomes Chunks: whole blocks where they fit, else sentences, lines, words; never over the token limit.

The chunker is pure. It measures in the encoder's own tokens through a function that it is given, but in scripts that an
encoder may spell out letter by letter: there a passage is as much to read, of more tokens, which are seen in windows.
Where it cuts depends on the text nearby alone (`packing.py` says how), so that an edit changes only the chunks near it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from zlib import crc32

from askdocs.chunking.packing import MOST_TOKENS, Piece, packed
from askdocs.chunking.sentence_ends import sentence_ends
from askdocs.locators import LINE_END, Locators
from askdocs.types import Block, BlockKind, Chunk, Document, Locator, Span

TokenCounts = Callable[[Sequence[str]], Sequence[int]]
"""The number of the encoder's tokens in each text, with the special ones that frame it."""

WHOLE_TOKENS = 200
"""A block that has no more is never cut."""

CONTEXT_SHARE = 4
"""Title and heading path take at most one part in this many of the token limit."""

_LINE = re.compile(r"[^\r\n]+")
LIST_ITEM = re.compile(r"^[ \t]*(?:[-*+•·‣–]|\(?\d{1,3}[.)]|\(?[a-z][.)])[ \t]", re.MULTILINE)
_WORD = re.compile(r"\S+")
_BLANK_LINE = re.compile(r"(?:\r\n|\r(?!\n)|\n)[^\S\r\n]*(?:\r\n|\r|\n)")
_SENTENCE_END = re.compile(r"(?<=\w\w\w[.!?])\s+|[。！？｡]+[」』”’）】]*")
_BLANKS = re.compile(r"\s+")
_WINDOW = 200_000
"""Characters that are cut up together, at most."""

_LOOKED_AT = 32
"""Characters after a place, of which it depends whether to cut there."""

_LOOKED_THROUGH = 2000
"""Characters before and after the middle, among which to find the place where to halve."""

_CHECKED_TOGETHER = 1000

_LONGEST_TOKEN = 16
"""Characters; more count as several tokens, since some tokenizers make one unknown token of a word of any length."""


_SPELT_OUT = re.compile(r"[\u0370-\u1cff\u1f00-\u1fff\ufb1d-\ufdff\ufe70-\ufefc]{1,5}|[\uac00-\ud7a3]{1,2}")
"""What is as much to read as a token of English, in alphabets (Greek to Mongolian) and Hangul: an encoder may have a
token there for each letter, or one unknown token for many."""


def chunk_document(document: Document, token_counts: TokenCounts, max_tokens: int) -> list[Chunk]:
    """The chunks of `document`, in order and without overlap; every character that isn't blank is in one.

    Each chunk's embedded text (context and passage) has at most `max_tokens` tokens; in scripts that an encoder may
    spell out it is as much to read as if it had.
    """
    text = document.text
    token_counts = _as_much_to_read(token_counts)
    frame = token_counts([""])[0]
    most_context = max_tokens // CONTEXT_SHARE + frame
    labels = _Labels(document, token_counts, most_context)
    pieces = _pieces(document, token_counts, frame, min(WHOLE_TOKENS, max_tokens - most_context))
    spans = [
        span
        for section in _sections(pieces)
        for span in packed(section, min(MOST_TOKENS, max_tokens - labels.context_tokens(section[-1].span)))
    ]
    chunks: list[Chunk] = []
    while spans:
        candidates = [labels.chunk(span) for span in spans[:_CHECKED_TOGETHER]]
        del spans[:_CHECKED_TOGETHER]
        counts = token_counts([chunk.embedded_text for chunk in candidates])
        for chunk, count in zip(candidates, counts, strict=True):
            if count <= max_tokens:
                chunks.append(chunk)
            else:  # tokens at the seams don't always add up; rare, so halving is good enough
                spans += _halves(text, chunk.span)
    return sorted(chunks, key=lambda chunk: chunk.span)


def _as_much_to_read(token_counts: TokenCounts) -> TokenCounts:
    """As `token_counts`, with a token for each few letters of scripts that an encoder may spell out."""
    return lambda texts: token_counts([text if text.isascii() else _SPELT_OUT.sub(" a ", text) for text in texts])


class _Labels:
    """What is said about a span besides its text: its locator, and the context that is embedded with it."""

    def __init__(self, document: Document, token_counts: TokenCounts, context_tokens: int) -> None:
        self._document = document
        self._token_counts = token_counts
        self._context_tokens = context_tokens
        self._locators = Locators(document)
        self._heading_starts = [heading.span.start for heading in document.headings]
        self._contexts: dict[tuple[str, ...], str] = {}

    def context_tokens(self, span: Span) -> int:
        """The tokens of all that may be said about what ends with `span`, with the special ones."""
        return self._token_counts([self._context(self._names(self._locators.locator(span)))])[0]

    def chunk(self, span: Span) -> Chunk:
        text = span.of(self._document.text)
        above = bisect_left(self._heading_starts, span.start)
        within = bisect_left(self._heading_starts, span.end)
        locator = self._locators.locator(span)
        own = {heading.title for heading in self._document.headings[above:within]}
        context = tuple(name for name in self._names(locator) if name not in own and not text.startswith(name))
        return Chunk(span, text, self._context(context), locator)

    def _names(self, locator: Locator) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self._document.title or "", *locator.headings)))

    def _context(self, names: tuple[str, ...]) -> str:
        """`names` joined; where that is too long, without the outermost, at last without the end of the innermost."""
        if names not in self._contexts:
            joined = " > ".join(names)
            if self._token_counts([joined])[0] <= self._context_tokens:
                self._contexts[names] = joined
            elif len(names) > 1:
                self._contexts[names] = self._context(names[1:])
            else:
                self._contexts[names] = self._context((joined[: len(joined) // 2],))
        return self._contexts[names]


def sentence_spans(text: str) -> list[Span]:
    """The sentences of `text`, trimmed of blanks, in order; together they hold every character that isn't blank."""
    spans: list[Span] = []
    for window in _windows(text, Span(0, len(text))):
        part = window.of(text)
        ends = sentence_ends(part) | {match.end() for match in _BLANK_LINE.finditer(part)}
        start = 0
        for end in sorted(ends | {len(part)}):
            spans += _trimmed(text, window.start + start, window.start + end)
            start = end
    return spans


def _windows(text: str, within: Span) -> Iterator[Span]:
    """Stretches of at most _WINDOW characters, and of half as many but for the last: no step has to be linear.

    After an edit they fall into step again: of the same places one chooses the same (buildbarn's MaxCDC).
    """
    start = within.start
    while within.end - start > _WINDOW:
        end = _place_to_part(text, start + _WINDOW // 2, start + _WINDOW)
        yield Span(start, end)
        start = end
    if start < within.end:
        yield Span(start, within.end)


def _place_to_part(text: str, first: int, last: int) -> int:
    """Where to part `text`, from `first` to `last`: after a sentence, line or word if any ends there.

    Which of them is decided by what follows, so that where `first` and `last` have moved a little the place hasn't.
    """
    for ending in (_SENTENCE_END, LINE_END, _BLANKS):
        if places := [match.end() for match in ending.finditer(text, first, last)]:
            break
    return max(places or range(first, last + 1), key=lambda place: _fingerprint(text[place : place + _LOOKED_AT]))


def _fingerprint(text: str) -> int:
    return crc32(text.encode(errors="surrogatepass"))


def _trimmed(text: str, start: int, end: int) -> list[Span]:
    """The span without blanks at its ends, or nothing if it is all blank."""
    stretch = text[start:end]
    body = stretch.strip()
    if not body:
        return []
    start += len(stretch) - len(stretch.lstrip())
    return [Span(start, start + len(body))]


def _pieces(document: Document, token_counts: TokenCounts, frame: int, limit: int) -> list[Piece]:
    """Every block as one piece where it has at most `limit` tokens, else the parts of it that have."""
    pieces: list[Piece] = []
    for blocks in _stretches(document):
        pieces += _small_enough(document.text, blocks, token_counts, frame, limit)
    return pieces


def _stretches(document: Document) -> Iterator[list[Block]]:
    """The blocks in order, so many at a time that they have about _WINDOW characters; longer ones are cut."""
    stretch: list[Block] = []
    characters = 0
    for block in document.blocks:
        for window in _windows(document.text, block.span):
            stretch.append(Block(block.kind, window))
            characters += len(window)
            if characters >= _WINDOW:
                yield stretch
                stretch, characters = [], 0
    yield stretch


def _small_enough(text: str, blocks: Sequence[Block], token_counts: TokenCounts, frame: int, limit: int) -> list[Piece]:
    # Kind, span, how often it was cut, and at which of these cuts its beginning was parted from what precedes it.
    work = [(block.kind, span, 0, 0) for block in blocks for span in _trimmed(text, block.span.start, block.span.end)]
    longest = limit * _LONGEST_TOKEN
    pieces: list[Piece] = []
    while work:
        counts = iter(token_counts([span.of(text) for _, span, _, _ in work if len(span) <= longest]))
        finer: list[tuple[BlockKind, Span, int, int]] = []
        for kind, span, cuts, depth in work:
            tokens = next(counts) - frame if len(span) <= longest else limit + 1
            if tokens <= limit or len(span) == 1:
                weight = max(tokens, len(span) // _LONGEST_TOKEN)
                pieces.append(Piece(span, weight, depth, _fingerprint(span.of(text)), kind is BlockKind.HEADING))
            else:
                first, *others = _cut(text, span, kind, cuts)
                finer.append((kind, first, cuts + 1, depth))
                finer += [(kind, part, cuts + 1, cuts + 1) for part in others]
        work = finer
    return sorted(pieces, key=lambda piece: piece.span)


def _cut(text: str, span: Span, kind: BlockKind, depth: int) -> list[Span]:
    """`span` cut one step finer, at last into halves."""
    for step in _CUTS[kind][depth:]:
        parts = step(text, span)
        if len(parts) > 1:
            return parts
    return _halves(text, span)


def _items(text: str, span: Span) -> list[Span]:
    starts = [match.start() for match in LIST_ITEM.finditer(text, span.start, span.end)]
    return [
        part
        for start, end in pairwise([span.start, *(at for at in starts if at > span.start), span.end])
        for part in _trimmed(text, start, end)
    ]


def _sentences(text: str, span: Span) -> list[Span]:
    return [sentence.shifted(span.start) for sentence in sentence_spans(span.of(text))]


def _lines(text: str, span: Span) -> list[Span]:
    return [part for match in _LINE.finditer(text, span.start, span.end) for part in _trimmed(text, *match.span())]


def _words(text: str, span: Span) -> list[Span]:
    return [Span(*match.span()) for match in _WORD.finditer(text, span.start, span.end)]


_CUTS: dict[BlockKind, tuple[Callable[[str, Span], list[Span]], ...]] = {
    BlockKind.HEADING: (_words,),
    BlockKind.PARAGRAPH: (_sentences, _lines, _words),
    BlockKind.LIST: (_items, _sentences, _lines, _words),
    BlockKind.CODE: (_lines, _words),
    BlockKind.TABLE: (_lines, _words),
}


def _halves(text: str, span: Span) -> list[Span]:
    """Two parts, cut somewhere in the middle."""
    middle = (span.start + span.end) // 2
    around = min(len(span) // 8, _LOOKED_THROUGH)
    cut = _place_to_part(text, max(middle - around, span.start + 1), max(middle + around, span.start + 1))
    return [*_trimmed(text, span.start, cut), *_trimmed(text, cut, span.end)]


def _sections(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """Runs of pieces that stand under the same headings; headings without text of their own join what follows."""
    section: list[Piece] = []
    has_body = False
    for piece in pieces:
        if piece.is_heading and has_body:
            yield section
            section, has_body = [], False
        section.append(piece)
        has_body = has_body or not piece.is_heading
    if section:
        yield section
