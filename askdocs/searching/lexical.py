"""The tantivy index: BM25 over stemmed words and over their four-grams, by chunk id.

A passage is stemmed in the language of its document, as English if that isn't known or has no stemmer, and a question
in every language of the index. Scripts without spaces, and Korean, are cut into overlapping pieces of two or three
characters; the four-grams bridge what stemmers leave apart, in compounds and in misspellings. Marks on letters are
dropped. What is joined by punctuation, as in `ERR_4021` or `12.3`, is a word besides its parts. One more document, with
the id 0, carries the generation, so that it changes in the same commit as the words.
"""

from __future__ import annotations

import math
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, lru_cache, reduce
from itertools import compress
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from unicodedata import category

from askdocs.chunking.told_language import frequent_words
from askdocs.errors import IndexDamaged, IndexTrouble
from askdocs.searching.lexical_files import linked, remove, remove_uncommitted
from askdocs.types import Hit, Span

if TYPE_CHECKING:
    import tantivy

Entry: TypeAlias = tuple[int, int, str, str | None]
"""A chunk: its id, that of its document, what is embedded of it, and its language (ISO 639-1) if that is known."""

FUNCTION_WORD_BOOST = 0.2
"""What a word without meaning of its own counts for, against 1 for the others."""

GRAM = 4
GRAM_BOOST = 0.2
"""Characters in a gram, and what one counts for."""

MANY = 100_000
"""Passages from which on words without meaning are left out of a question that has others: three fifths of the work."""

_COMMON_GRAM = 0.05
_FEWEST_COMMON = 20
"""Grams in more than this share of the passages are left out of a question: nothing lost, an eighth of the work."""

_SYRIAC = "\u0700"
_LETTERS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_SYLLABLES = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
_UNSPACED = re.compile(f"[{_LETTERS}]+|[{_SYLLABLES}]+")
"""Runs of Thai, Lao, Burmese and Khmer; and of kana, Chinese characters and Hangul: what stands between the blanks of
Korean is a word with its particle (도서관은, 도서관에서)."""

_SPACED_OR_NOT = re.compile(f"{_UNSPACED.pattern}|[^{_LETTERS}{_SYLLABLES}]+")

_JOINED = re.compile(r"(?<![^\W_])[^\W_]++(?:(?:_+|::|[./:@'’-]|(?<=\d),(?=\d{3}(?!\d)))[^\W_]++)+")
_IDENTIFYING = re.compile(r"\d|_|@|'|::|\w\w\.|\.\w\w")
"""Words joined by punctuation, and what makes one more than its parts: "he/she", "well-known" and "e.g." aren't."""

_CONTRACTED = re.compile(r"(?<=\w)(?:(?<!ca)n['’]t|(?<=can)['’]t|['’](?:s|m|d|ll|re|ve))\b", re.IGNORECASE)
"""What English leaves of a word after an apostrophe, which says nothing by itself."""

_POSSESSIVE = re.compile(r"['’]s?$", re.IGNORECASE)

_RECIPE = 4
"""Grows with every change of how text is cut into words: an index of another recipe is built anew."""

ENGLISH = "en"

_STEMMERS = {
    "ar": "arabic", "da": "danish", "nl": "dutch", ENGLISH: "english", "fi": "finnish", "fr": "french", "de": "german",
    "el": "greek", "hu": "hungarian", "it": "italian", "no": "norwegian", "pt": "portuguese", "ro": "romanian",
    "ru": "russian", "es": "spanish", "sv": "swedish", "ta": "tamil", "tr": "turkish",
}  # fmt: skip
"""The languages that have one."""

_HEAP_BYTES = 50_000_000
_IDS_AT_ONCE = 10_000
_ATTEMPTS = 5
_PAUSE = 0.02  # seconds
_MARKER = 0
_LONGEST_WORD = 60
_KNOWN_WORDS = 20_000
_MOST_QUESTION_WORDS = 1000
_FUNCTION_WORDS = """
a about all also am an and any are as at be because been being but by can could did do does doing done for from had has
have having he her hers him his how i if in into is it its just many may me might more most much must my no nor not of
on or our ours out over please shall she should so some such tell than that the their theirs them then there these they
this those to too under until up us very we was were what when where whether which while who whom whose why will with
would you your yours s t don
"""
"""Those of English; in other languages no word is passed over: their own were tried, and gained nothing."""


class LexicalIndex:
    """Best passages by words; `generation` is that of the catalogue it is level with."""

    def __init__(self, folder: Path | None, identity: bytes, many: int = MANY) -> None:
        """Open what is in `folder`, or start anew if it is missing, damaged or of another catalogue. Only for a writer.

        Without a folder the index lives in memory.
        """
        import tantivy

        self._schema = (
            tantivy.SchemaBuilder()
            .add_integer_field("id", indexed=True, fast=True)
            .add_integer_field("document", indexed=True)
            .add_integer_field("generation", fast=True)
            .add_text_field("catalog", tokenizer_name="raw", index_option="basic")
            .add_text_field("language", tokenizer_name="raw", index_option="basic")
            .add_text_field("words", tokenizer_name="whitespace", index_option="freq")
            .add_text_field("grams", tokenizer_name="whitespace", index_option="freq")
            .build()
        )
        self._identity = f"{identity.hex()}-{_RECIPE}"
        self._many = many
        self._folder = folder
        self._index = self._opened(folder)
        self.generation = self._read_generation()

    @classmethod
    def saved(cls, folder: Path, identity: bytes) -> LexicalIndex | None:
        """The index in `folder`, only to be read; None if it is missing, or of another catalogue or askdocs.

        Nothing is written there. Raises IndexDamaged if it can't be read.
        """
        import tantivy

        index = cls(None, identity)
        for attempt in range(_ATTEMPTS):
            if not (folder / "meta.json").exists():
                return None
            try:
                with _readable(), linked(folder) as links:
                    found = tantivy.Index.open(str(links))
                    if found.schema != index._schema or (found.searcher().num_docs and not index._belongs(found)):
                        return None
                    index._index = found
                    index.generation = index._read_generation()
                    return index
            except IndexDamaged:
                if attempt == _ATTEMPTS - 1:
                    raise
                time.sleep(_PAUSE)  # a writer may have merged files away between two looks at the folder
        return None

    def _opened(self, folder: Path | None) -> tantivy.Index:
        import tantivy

        if folder is None:
            return tantivy.Index(self._schema)
        with _writable(folder):
            return self._opened_or_new(folder)

    def _opened_or_new(self, folder: Path) -> tantivy.Index:
        import tantivy

        try:
            folder.mkdir(parents=True, exist_ok=True)
            with _readable():
                index = tantivy.Index(self._schema, path=str(folder))
                if not index.searcher().num_docs or self._belongs(index):
                    return index
        except IndexDamaged:
            pass
        remove(folder)
        folder.mkdir()
        return tantivy.Index(self._schema, path=str(folder))

    def _belongs(self, index: tantivy.Index) -> bool:
        import tantivy

        query = tantivy.Query.term_query(self._schema, "catalog", self._identity)
        return bool(index.searcher().search(query, limit=1).hits)

    def _read_generation(self) -> int:
        import tantivy

        searcher = self._index.searcher()
        query = tantivy.Query.term_query(self._schema, "id", _MARKER)
        hits = searcher.search(query, limit=1).hits
        if not hits:
            return 0
        (generation,) = searcher.fast_field_values("generation", [hits[0][1]])
        return int(generation or 0)

    def ids(self, highest: int) -> Iterator[list[int]]:
        """The ids of all passages up to `highest`, a batch at a time."""
        import tantivy

        searcher = self._index.searcher()
        for low in range(_MARKER + 1, highest + 1, _IDS_AT_ONCE):
            high = min(low + _IDS_AT_ONCE - 1, highest)
            query = tantivy.Query.range_query(self._schema, "id", tantivy.FieldType.Integer, low, high)
            with _readable():
                hits = searcher.search(query, limit=2 * _IDS_AT_ONCE, count=False).hits
                ids = searcher.fast_field_values("id", [address for _, address in hits])
            yield [int(id_ or 0) for id_ in ids]

    def update(self, removed: Sequence[int], added: Iterable[Entry], generation: int) -> None:
        """Remove chunks, add others, and commit both together as `generation`."""
        import tantivy

        marker = tantivy.Document()
        marker.add_integer("id", _MARKER)
        marker.add_integer("generation", generation)
        marker.add_text("catalog", self._identity)
        with self._writer() as writer:
            for id_ in (_MARKER, *removed):
                writer.delete_documents_by_term("id", id_)
            writer.add_document(marker)
            for id_, document_id, text, language in added:
                document = tantivy.Document()
                document.add_integer("id", id_)
                document.add_integer("document", document_id)
                document.add_text("language", _stemmed_as(language))
                words = self.words(text, language)
                document.add_text("words", " ".join([*words, *_identifiers(text)]))
                document.add_text("grams", " ".join(map(_joined_grams, words)))
                writer.add_document(document)

    def clear(self) -> None:
        """Forget everything."""
        with self._writer() as writer:
            writer.delete_all_documents()

    @contextmanager
    def _writer(self) -> Iterator[tantivy.IndexWriter]:
        """What is written inside is committed in one step; tantivy flushes files and folder itself."""
        with _writable(self._folder):
            if self._folder:
                remove_uncommitted(self._folder)
            writer = self._index.writer(heap_size=_HEAP_BYTES, num_threads=1)
            try:
                yield writer
                writer.commit()
            except BaseException:
                with suppress(ValueError):
                    writer.wait_merging_threads()  # lets go of tantivy's lock
                raise
            writer.wait_merging_threads()
            self._index.reload()
            self.generation = self._read_generation()

    @property
    def languages(self) -> list[str]:
        """Those in which passages are stemmed, English first; it is all that an empty index has."""
        searcher = self._index.searcher()
        held = [language for language in _STEMMERS if searcher.doc_freq("language", language)]
        return sorted(held or [ENGLISH], key=lambda language: language != ENGLISH)

    def words(self, text: str, language: str | None = None) -> list[str]:
        """The words of `text` as they are indexed: lower case, without accents, stemmed, or pairs of characters."""
        return _analyzer(_stemmed_as(language)).analyze(_plain(text))

    def placed_words(self, text: str, language: str | None = None) -> Iterator[tuple[Span, str]]:
        """The words of `text` as they are indexed, each with the characters of `text` that it comes from."""
        analyze = _analyzer(_stemmed_as(language)).analyze
        for part in _SPACED_OR_NOT.finditer(text):
            if _UNSPACED.fullmatch(part[0]):
                letters = [at for at, letter in enumerate(part[0]) if not _marks().match(letter)]
                for at, piece in enumerate(_cut("".join(part[0][letter] for letter in letters))):
                    for word in analyze(piece):
                        yield Span(letters[at], letters[at + len(piece) - 1] + 1).shifted(part.start()), word
                continue
            # Blanked rather than removed, so that offsets stay.
            plain = _CONTRACTED.sub(lambda match: " " * len(match[0]), part[0])
            for match in _runs(plain):
                for word in analyze(_marks().sub("", match[0])):
                    yield Span(*match.span()).shifted(part.start()), word
            for match, word in _identified(part[0]):
                yield Span(*match.span()).shifted(part.start()), word

    def content_words(self, text: str, language: str | None = None) -> list[str]:
        """The words of `text` that carry meaning in its own language, as a passage in another one has them."""
        return self._asked(text, [language]).meaning[0]

    def search(
        self, question: str, top_k: int, *, required: Sequence[str] = (), documents: Sequence[int] | None = None
    ) -> list[Hit]:
        """The `top_k` best for any of the question's words, best first; the question has no syntax.

        All words of `required` must be there, and the chunk be of one of the `documents`, if they are given.
        """
        import tantivy

        languages = self.languages
        asked = self._asked(question, languages)
        if not asked.words[0]:
            return []
        must = [{word for text in required for word in self.words(text, language)} for language in languages]
        spared = bool(asked.meaning[0]) and self.passages >= self._many
        left_out = asked.empty.difference(*must) if spared else frozenset()
        clauses = [
            (tantivy.Occur.Should, self._term("words", word, boost))
            for word, boost in _word_boosts(asked).items()
            if word not in left_out
        ]
        clauses += [
            (tantivy.Occur.Should, self._term("grams", gram, boost)) for gram, boost in self._gram_boosts(asked).items()
        ]
        if any_of := [(tantivy.Occur.Should, self._all(words)) for words in must if words]:
            holding = tantivy.Query.const_score_query(tantivy.Query.boolean_query(any_of), 0.0)
            clauses.append((tantivy.Occur.Must, holding))
        if documents is not None:
            chosen = tantivy.Query.term_set_query(self._schema, "document", list(documents))
            clauses.append((tantivy.Occur.Must, tantivy.Query.const_score_query(chosen, 0.0)))
        query = tantivy.Query.boolean_query(clauses)
        with _readable():
            searcher = self._index.searcher()
            hits = searcher.search(query, limit=top_k, count=False).hits
            ids = searcher.fast_field_values("id", [address for _, address in hits])
        return [Hit(int(id_ or 0), float(score)) for id_, (score, _) in zip(ids, hits, strict=True)]

    def rarities(self, question: str, language: str | None = None) -> dict[str, float]:
        """The content words of `question` (all of its words if it has no others), each with its BM25 idf.

        They are as a passage in this language has them.
        """
        words = self.content_words(question, language) or self.words(question, language)
        return {word: self.rarity(holding) for word, holding in self.holding(words).items()}

    def rarity(self, holding: int) -> float:
        """The BM25 idf of a word that so many passages hold."""
        return math.log(1 + (self.passages - holding + 0.5) / (holding + 0.5))

    def holding(self, words: Iterable[str]) -> dict[str, int]:
        """How many passages hold each of these words, which are in the form of `words`."""
        searcher = self._index.searcher()
        passages = self.passages
        return {word: min(searcher.doc_freq("words", word), passages) for word in dict.fromkeys(words)}

    def telling_grams(self, question: str) -> frozenset[str]:
        """The four-grams of a question that it is searched with: what words that aren't the same may share."""
        return frozenset(self._gram_boosts(self._asked(question, self.languages)))

    @property
    def passages(self) -> int:
        """How many there are."""
        return max(int(self._index.searcher().num_docs) - 1, 0)  # one is the marker

    def _asked(self, question: str, languages: Sequence[str | None]) -> _Asked:
        """The words of a question as passages in each of these `languages` have them."""
        words = [self.words(question, language)[:_MOST_QUESTION_WORDS] for language in languages]
        identifiers = list(_identifiers(question))
        written = _analyzer(None).analyze(_plain(question))
        if not self._is_english(written):
            return _Asked(words, words, identifiers, frozenset())
        empty = _written(ENGLISH)
        meaning = [list(compress(row, (word not in empty for word in written))) for row in words]
        joined = {word for word in identifiers if empty.issuperset(word.split("'"))}
        return _Asked(words, meaning, identifiers, frozenset(joined.union(*words).difference(*meaning)))

    def _is_english(self, written: Sequence[str]) -> bool:
        """Whether a question has more words without meaning in English than of any other language of the index."""
        known = {ENGLISH, *self.languages}
        counts = {language: sum(word in _written(language) for word in written) for language in known}
        english = counts.pop(ENGLISH)
        return english > max(counts.values(), default=0)

    def _gram_boosts(self, asked: _Asked) -> dict[str, float]:
        searcher = self._index.searcher()
        most = max(_COMMON_GRAM * searcher.num_docs, _FEWEST_COMMON)
        content = (meaning or words for meaning, words in zip(asked.meaning, asked.words, strict=True))
        return {
            gram: GRAM_BOOST * count
            for gram, count in _most(Counter(grams(words)) for words in content).items()
            if searcher.doc_freq("grams", gram) <= most
        }

    def _all(self, words: Iterable[str]) -> tantivy.Query:
        import tantivy

        return tantivy.Query.boolean_query([(tantivy.Occur.Must, self._term("words", word, 1.0)) for word in words])

    def _term(self, field: str, value: str, boost: float) -> tantivy.Query:
        import tantivy

        term = tantivy.Query.term_query(self._schema, field, value, index_option="freq")
        return tantivy.Query.boost_query(term, boost)


@cache
def function_words(language: str | None) -> frozenset[str]:
    """The words of a language that say nothing by themselves, as they are indexed of a document in it."""
    return frozenset(_analyzer(ENGLISH).analyze(_FUNCTION_WORDS) if _stemmed_as(language) == ENGLISH else ())


@cache
def _written(language: str) -> frozenset[str]:
    """The words that texts in a language are full of, but for case and accents; "Suche", of the stem "such", isn't."""
    frequent = _FUNCTION_WORDS if language == ENGLISH else " ".join(frequent_words(language))
    return frozenset(_analyzer(None).analyze(frequent))


@dataclass(frozen=True, slots=True)
class _Asked:
    """The words of a question as passages in each of some languages have them, and those of them that carry `meaning`.

    `empty` are the others, and those of the `identifiers` that consist of nothing else.
    """

    words: list[list[str]]
    meaning: list[list[str]]
    identifiers: list[str]
    empty: frozenset[str]


def _word_boosts(asked: _Asked) -> dict[str, float]:
    """What each word of a question counts for: as often as it is asked in any language, or little."""
    counts = _most(Counter([*words, *asked.identifiers]) for words in asked.words)
    return {word: FUNCTION_WORD_BOOST if word in asked.empty else float(count) for word, count in counts.items()}


@cache
def _analyzer(language: str | None) -> tantivy.TextAnalyzer:
    """What cuts text into words, and stems them in a language, if any."""
    import tantivy

    builder = (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(_LONGEST_WORD))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
    )
    return (builder.filter(tantivy.Filter.stemmer(_STEMMERS[language])) if language else builder).build()


@cache
def _marks() -> re.Pattern[str]:
    """Accents, tones, viramas, at which tantivy would part a word (प्रदेश); and the vowels of Hebrew and Arabic."""
    analyze = _analyzer(None).analyze
    above = (char for char in map(chr, range(0x300, 0x1E00)) if category(char) == "Mn")
    return re.compile(f"[{''.join(char for char in above if char < _SYRIAC or not analyze(char))}]")


def _runs(text: str) -> Iterator[re.Match[str]]:
    """What tantivy cuts words from: runs of letters and digits, marks on them, and signs that it takes for letters."""
    analyze = _analyzer(ENGLISH).analyze
    signs = {
        char for char in text if not char.isascii() and not char.isalnum() and (_marks().match(char) or analyze(char))
    }
    return re.finditer(rf"(?:[^\W_]|[{re.escape(''.join(signs))}])+" if signs else r"[^\W_]+", text)


def _stemmed_as(language: str | None) -> str:
    return language if language in _STEMMERS else ENGLISH


def _most(counts: Iterable[Counter[str]]) -> Counter[str]:
    """How often each comes at most."""
    return reduce(or_, counts, Counter())


@contextmanager
def _writable(folder: Path | None) -> Iterator[None]:
    """What goes wrong while an index is written, as one of our errors."""
    try:
        yield
    except BaseException as exc:
        if not isinstance(exc, OSError) and not _is_tantivys(exc):
            raise
        reason = exc.strerror if isinstance(exc, OSError) else str(exc).splitlines()[0]
        raise IndexTrouble(
            f"the word index in {folder} can't be written ({reason}); run the command again when that is mended"
        ) from exc


def _is_tantivys(exc: BaseException) -> bool:
    """Whether tantivy reports that something failed, or Rust panicked over it."""
    return isinstance(exc, ValueError) or type(exc).__name__ == "PanicException"


@contextmanager
def _readable() -> Iterator[None]:
    """What tantivy raises over files that it can't read, and what Rust calls a panic, as one of our errors."""
    try:
        yield
    except BaseException as exc:
        if not _is_tantivys(exc):
            raise
        reason = str(exc).splitlines()[0]
        raise IndexDamaged(f"the word index is damaged ({reason}); run `askdocs verify --repair`") from exc


def _spaced(text: str) -> str:
    """`text` without marks on letters, and with runs of scripts without spaces cut into overlapping pieces."""
    if text.isascii():
        return text
    return _UNSPACED.sub(lambda run: f" {' '.join(_cut(run[0]))} ", _marks().sub("", text))


def _cut(run: str) -> list[str]:
    """Overlapping pairs of syllables, or threes of letters."""
    return _windows(run, 2 if run[:1] >= "\u3040" else 3)


def _plain(text: str) -> str:
    """`text` as it is cut into words: without what English leaves after an apostrophe."""
    text = _spaced(text)
    return _CONTRACTED.sub("", text) if "'" in text or "’" in text else text


def _identifiers(text: str) -> Iterator[str]:
    """What punctuation joins in `text` to one word, as it is compared: `ERR_4021`, `12.3`, `1,000`, `don't`."""
    return (word for _, word in _identified(_spaced(text)))


def _identified(text: str) -> Iterator[tuple[re.Match[str], str]]:
    for match in _JOINED.finditer(text):
        word = _POSSESSIVE.sub("", match[0]).lower().replace("’", "'").replace(",", "")
        if len(word) <= _LONGEST_WORD and _IDENTIFYING.search(word):
            yield match, word


def grams(words: Iterable[str]) -> list[str]:
    """The overlapping four-grams of words, short words whole."""
    return [gram for word in words for gram in _windows(word, GRAM)]


@lru_cache(maxsize=_KNOWN_WORDS)
def _joined_grams(word: str) -> str:
    return " ".join(grams([word]))


def _windows(word: str, size: int) -> list[str]:
    return [word[at : at + size] for at in range(max(1, len(word) - size + 1))]
