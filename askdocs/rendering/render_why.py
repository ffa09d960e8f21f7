"""An explanation in words: pure functions that return text made harmless."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

from askdocs.answering.answerer import is_first, is_there
from askdocs.answering.explaining import AskedWord, Explanation
from askdocs.rendering.render import one_line, visible
from askdocs.types import Features, Span
from askdocs.wording import count

MOST_SHADES = 5
_NEAR_SHADE = 0.14
"""The cosine that each further shade stands for."""

_MOST_FORMS = 4
_MOST_WORDS = 40
_LONGEST_WORD = 30


def ranking_rows(of: Explanation) -> list[tuple[str, str, str]]:
    """What each stage said of a passage: its name, what it said, and which place that gave."""
    share = of.lexical / of.standing.best_lexical if of.lexical else 0.0
    words = f"{of.lexical:.2f}, {share:.0%} of the best" if of.lexical else "none that counts"
    if math.isinf(of.weight):
        together = f"{of.fused:.3f}, by words alone"
    else:
        together = f"{of.dense:.3f} + {of.weight:.2f} × {share:.3f} = {of.fused:.3f}"
    rows = [
        ("meaning", f"cosine {of.dense:.3f}", _place(of.standing.dense, of.standing.among)),
        ("words", words, _place(of.standing.lexical, of.standing.among) if of.lexical else ""),
        ("together", together, _place(of.standing.fused, of.standing.among)),
        ("sentences", f"+ {of.read - of.fused:.3f} for the best = {of.read:.3f}", ""),
    ]
    if of.reranked is not None:
        rows.append(("reranker", f"{of.reranked:.3f}, which decides", ""))
    return rows


def _place(place: int | None, among: int) -> str:
    return f"place {place:,} of {among:,}" if place else "a later place"


def word_rows(of: Explanation) -> list[tuple[str, str, str]]:
    """The words of the question, the rarest first: which, its rarity, how many passages hold it, how this one does."""
    rarest = sorted(of.words, key=lambda word: -word.rarity)
    rows = [
        (_short(word.word), f"rarity {word.rarity:.1f}, in {count(word.holding, 'passage')}", _held_here(word, of.text))
        for word in rarest[:_MOST_WORDS]
    ]
    if len(rarest) > _MOST_WORDS:
        rows.append(("…", f"{len(rarest) - _MOST_WORDS:,} more", ""))
    return rows


def _short(word: str) -> str:
    shown = one_line(word)
    return shown if len(shown) <= _LONGEST_WORD else f"{shown[:_LONGEST_WORD]}…"


def _held_here(word: AskedWord, text: str) -> str:
    forms = list(dict.fromkeys(_short(span.of(text)) for span in word.places))
    if forms:
        here = ", ".join(forms[:_MOST_FORMS]) + (" …" if len(forms) > _MOST_FORMS else "")
        times = f" ({len(word.places)} times)" if len(word.places) > 1 else ""
        return f"here: {here}{times}"
    return "in its title or headings" if word.above else "not here"


def shade(similarity: float) -> int:
    """How strongly a sentence is shaded, from 0 to MOST_SHADES."""
    return max(0, min(MOST_SHADES, int(similarity / _NEAR_SHADE)))


def shade_text(similarity: float) -> str:
    """The shade as a bar and a number, for who sees no colours."""
    level = shade(similarity)
    return f"{'█' * level}{'░' * (MOST_SHADES - level)} {similarity:5.2f}"


def sentence_text(text: str, span: Span) -> str:
    """A sentence on one line, with every character still at its offset."""
    return visible(span.of(text)).replace("\n", " ").replace("\t", " ")


def confidence_rows(confidence: float, features: Features) -> list[tuple[str, str]]:
    """What the confidence was made from: a number, and what it says."""
    known = 1 - features.strangeness
    rows = [
        (f"{confidence:.0%}", "sure that this passage answers: the next two multiplied"),
        (f"{is_there(features):.0%}", "that the documents hold an answer"),
        (f"{is_first(features):.0%}", "that it comes first, if they do"),
        (f"{_undone(features.sentence, known):.2f}", "how near its best sentence is to the question (1: the same)"),
        (f"{_undone(features.passage, known):.2f}", "how near the whole passage is"),
        (f"{features.missing:.0%}", "of the asked words' rarity that it lacks, less for a long question"),
        (f"{features.margin:+.2f}", "how far it is ahead of the next passage"),
        (f"{10**features.size:,.0f}", "passages: the more, the likelier one is near by chance"),
    ]
    if known < 1:
        rows.append((f"{known:.0%}", "how well the model knows the question's language: so far nearness counts"))
        held = _undone(features.coverage, 1 - known)
        rows.append((f"{held:.0%}", "of the asked words' rarity that it holds, which counts for the rest"))
    return rows


def _undone(feature: float, counted: float) -> float:
    """What a feature was before it was multiplied by how far it counts."""
    return feature / counted if counted else 0.0


def render_why(of: Explanation, *, width: int) -> str:
    """An explanation for a terminal of `width` columns."""
    lines = [*columns(ranking_rows(of)), "", *columns(word_rows(of)), ""]
    for said in of.sentences:
        bar = f"{shade_text(said.similarity)}  "
        text = one_line(said.span.of(of.text))
        lines += textwrap.wrap(text, max(40, width), initial_indent=bar, subsequent_indent=" " * len(bar))
    return "".join(f"{line.rstrip()}\n" for line in lines)


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of text as lines of equal width, in which columns are aligned."""
    from rich.cells import cell_len

    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(_padded, row, widths)) for row in rows]


def _padded(text: str, width: int) -> str:
    from rich.cells import cell_len

    return text + " " * (width - cell_len(text))
