"""Why a passage came where it did: the very numbers of both searches, the reranker and its sentences."""

from __future__ import annotations

from dataclasses import dataclass

from askdocs.answering.answerer import Asked, ReadChunk, ReadSentence
from askdocs.answering.asking import Found
from askdocs.errors import UsageError
from askdocs.searching.lexical import LexicalIndex, grams
from askdocs.searching.retriever import RetrievedChunk, Retriever, Standing
from askdocs.types import Citation, Freshness, Span


@dataclass(frozen=True, slots=True)
class AskedWord:
    """A word of the question, as it stands there, and how a passage holds it.

    `holding` is the number of passages that hold it in one of its forms, `rarity` its BM25 idf, `places` where it
    stands in the passage, and `above` says that it does in its title or headings.
    """

    word: str
    holding: int
    rarity: float
    places: tuple[Span, ...]
    above: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """What was said of a passage of `text`; spans are of it.

    `dense` is its cosine with the question and `lexical` its word score; `fused` is the cosine plus `weight` times the
    share of the best word score (infinite where words alone rank). `standing` are its places in both and in their
    fusion. `read` is `fused` with what the best sentence adds to it, `reranked` what the reranker gave, and `score` the
    one of them that ranks it at last. `alike` are words in it that share letters with the question's.
    """

    text: str
    dense: float
    lexical: float
    weight: float
    fused: float
    standing: Standing
    read: float
    reranked: float | None
    score: float
    sentences: tuple[ReadSentence, ...]
    words: tuple[AskedWord, ...]
    alike: tuple[Span, ...]


def explain(citation: Citation, found: Found, retriever: Retriever) -> Explanation:
    """Why the passage of `citation` came where it did. Raises UsageError if it is not among the `found` ones."""
    passage = next((item for item in found.passages if _is_cited(item.retrieved, citation)), None)
    if passage is None:
        raise UsageError(
            f"the passage in {citation.document.full_path} doesn't come up for this question any more; ask again"
        )
    asked, chunk_id = found.asked, passage.retrieved.stored.id
    standing = retriever.standing(found.question, asked.embedding, asked.lexical_weight, chunk_id)
    return _explanation(passage, found.question.text, asked, standing, found.lexical)


def _is_cited(item: RetrievedChunk, citation: Citation) -> bool:
    """Whether `citation` is of this passage, in the document that it was found in or in another that reads the same."""
    return any(
        stored.document.info.full_path == citation.document.full_path
        and stored.chunk.text.split() == citation.quote.split()
        and (stored.chunk.span == citation.span or citation.freshness is not Freshness.CURRENT)
        for stored in (item.stored, *item.also_in)
    )


def _explanation(
    passage: ReadChunk, question: str, asked: Asked, standing: Standing, lexical: LexicalIndex
) -> Explanation:
    """Put together what `standing` and reading have said of a `passage`, and find the question's words in it."""
    retrieved = passage.retrieved
    chunk = retrieved.stored.chunk
    language = retrieved.stored.document.language
    words = _asked_words(question, language, lexical)
    placed = list(lexical.placed_words(chunk.text, language))
    above = {word for _, word in lexical.placed_words(chunk.context, language)}
    holding = lexical.holding(words)
    telling = lexical.telling_grams(question)
    return Explanation(
        text=chunk.text,
        dense=retrieved.dense,
        lexical=retrieved.lexical,
        weight=asked.lexical_weight,
        fused=retrieved.score,
        standing=standing,
        read=passage.read_score,
        reranked=retrieved.reranked,
        score=passage.score,
        sentences=passage.sentences,
        words=tuple(
            AskedWord(
                word=shown,
                holding=holding[word],
                rarity=lexical.rarity(holding[word]),
                places=tuple(span for span, found in placed if found == word),
                above=word in above,
            )
            for word, shown in words.items()
        ),
        alike=tuple(span for span, word in placed if word not in words and not telling.isdisjoint(grams([word])))
        if retrieved.lexical
        else (),
    )


def _asked_words(question: str, language: str | None, lexical: LexicalIndex) -> dict[str, str]:
    """The words that a question asks for, in their form in passages of a language, each with how it is written."""
    placed = {word: span.of(question) for span, word in reversed(list(lexical.placed_words(question, language)))}
    empty = set(lexical.words(question, language)).difference(lexical.content_words(question, language))
    content = {word: shown for word, shown in placed.items() if word not in empty}
    return dict(reversed((content or placed).items()))
