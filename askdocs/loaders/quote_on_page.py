"""Where a quote stands on a page, told by its letters: blanks and hyphens aside, and in whatever order lines are drawn.

A stretch is the positions of its first and last character in the page's text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from askdocs.loaders.pdf_letters import compared
from askdocs.loaders.pdf_lines import Line, PageText
from askdocs.types import Span

_CONTEXT = 200
"""Characters before a quote by which one of several occurrences is chosen."""

_MOST_STEPS = 500_000
"""Pieces of a page that are looked at for one quote, so that a page of equal lines keeps nobody waiting."""

_LEAST_PART = 4
"""Letters of a quote that goes on over several pages by which its part on one of them is told."""

_BULLET = re.compile(r"^\W+")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of a line as it is compared: `places` are the positions of its characters in the page's text."""

    text: str
    places: Sequence[int]


def stretches(
    page: PageText, quote: str, before: str = "", *, begins: bool = True, ends: bool = True
) -> list[tuple[int, int]]:
    """The stretches that make up a quote, in its order; none if it isn't there.

    `before` is what precedes it, and decides between several occurrences. Of one that doesn't begin, or end, on this
    page they are those of the part that is on it.
    """
    letters, before = compared(quote), compared(before)[-_CONTEXT:]
    if begins and ends:
        return _found(page, letters, before)
    if not begins and not ends:
        return lines_in(page, quote)
    low, high = _LEAST_PART - 1, len(letters)  # the longest beginning, or end, that is there
    best: list[tuple[int, int]] = []
    while low < high:
        middle = (low + high + 1) // 2
        found = _found(page, letters[:middle], before) if begins else _found(page, letters[-middle:], "")
        if found:
            low, best = middle, found
        else:
            high = middle - 1
    return best


def lines_in(page: PageText, quote: str) -> list[tuple[int, int]]:
    """The lines and cells of a page that stand in a quote somewhere; their bullets needn't."""
    quote = compared(quote)
    found = []
    for piece in (piece for line in page.lines for piece in _cells(page.text, line)):
        start = 0 if piece.text in quote else len(piece.text) - len(_BULLET.sub("", piece.text, count=1))
        if len(piece.text) - start >= _LEAST_PART and piece.text[start:] in quote:
            found.append((piece.places[start], piece.places[-1]))
    return found


def words_stand(page: PageText, quote: str) -> bool:
    """Whether a page has each word of a quote as often as that does, be it in two parts where a line ends."""
    left = Counter(word for line in page.lines for cell in _cell_spans(line) for word in _words(cell.of(page.text)))
    for word in _words(quote):
        ends = (at for at in range(1, len(word)) if left[word[:at]] and left[word[at:]])
        at = len(word) if left[word] else next(ends, 0)
        taken = Counter(filter(None, (word[:at], word[at:])))
        if not at or not taken <= left:
            return False
        left -= taken
    return True


def _words(text: str) -> list[str]:
    return [word for word in map(compared, text.split()) if word]


def _found(page: PageText, quote: str, before: str) -> list[tuple[int, int]]:
    """As `stretches`, of what is compared already."""
    if not quote:
        return []
    pieces = [piece for line in page.lines for piece in _cells(page.text, line) if piece.text]
    best: list[tuple[int, int]] = []
    most = -1
    steps = iter(range(_MOST_STEPS))
    for number, at in _beginnings(pieces, quote):
        chain = _chain(pieces, quote, number, at, steps)
        if chain:
            above = "".join(piece.text for piece in pieces[max(0, number - _CONTEXT) : number])
            common = _common_end(above + pieces[number].text[:at], before)
            if common > most:
                best, most = chain, common
    return best


def _cells(text: str, line: Line) -> Iterator[_Piece]:
    """The line in the pieces that its gaps cut it into: cells of a row, or parts of two columns."""
    return (_piece(text, span) for span in _cell_spans(line))


def _cell_spans(line: Line) -> Iterator[Span]:
    start = line.start
    for gap in line.gaps:
        yield Span(start, gap.start)
        start = gap.end
    yield Span(start, line.end)


def _piece(text: str, span: Span) -> _Piece:
    characters, places = [], []
    for place in range(span.start, span.end):
        for character in compared(text[place]):
            characters.append(character)
            places.append(place)
    return _Piece("".join(characters), places)


def _beginnings(pieces: Sequence[_Piece], quote: str) -> Iterator[tuple[int, int]]:
    """Where the quote may begin: a line that holds it whole, or whose end is its beginning."""
    for number, piece in enumerate(pieces):
        at = piece.text.find(quote[0])
        while at >= 0:
            if quote.startswith(piece.text[at : at + len(quote)]):
                yield number, at
            at = piece.text.find(quote[0], at + 1)


def _chain(pieces: Sequence[_Piece], quote: str, number: int, at: int, steps: Iterator[int]) -> list[tuple[int, int]]:
    """The pieces that make up the quote one after the other, the first from `at` on; none if there are no such.

    The piece below is tried first, then all others in turn, until there are no more `steps`.
    """
    taken = min(len(quote), len(pieces[number].text) - at)
    chain, done, used = [(number, at, taken)], taken, {number}
    tried = [_followers(pieces, quote, number, done, used, steps)]
    while done < len(quote):
        following = next(tried[-1], None)
        if following is not None:
            taken = min(len(quote) - done, len(pieces[following].text))
            chain.append((following, 0, taken))
            done += taken
            used.add(following)
            tried.append(_followers(pieces, quote, following, done, used, steps))
        elif len(chain) > 1:
            last, _, taken = chain.pop()
            done -= taken
            used.remove(last)
            tried.pop()
        else:
            return []
    return [(pieces[line].places[start], pieces[line].places[start + count - 1]) for line, start, count in chain]


def _followers(
    pieces: Sequence[_Piece], quote: str, last: int, done: int, used: set[int], steps: Iterator[int]
) -> Iterator[int]:
    """The pieces with which the quote may go on, from the one after the last on and round."""
    for step in range(1, len(pieces)):
        if next(steps, None) is None:
            return
        number = (last + step) % len(pieces)
        if number not in used and quote.startswith(pieces[number].text[: len(quote) - done], done):
            yield number


def _common_end(text: str, other: str) -> int:
    """How many characters the ends of both have in common."""
    count = 0
    while count < min(len(text), len(other)) and text[-1 - count] == other[-1 - count]:
        count += 1
    return count
