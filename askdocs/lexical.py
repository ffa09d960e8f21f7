"""The tantivy index: BM25 over stemmed words, by chunk id.

One more document, with the id 0, carries the generation, so that it changes in the same commit as the words.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from askdocs.types import Hit

if TYPE_CHECKING:
    import tantivy

_HEAP_BYTES = 50_000_000
_MARKER = 0
_LONGEST_WORD = 60
_MOST_QUESTION_WORDS = 1000
_FUNCTION_WORDS = """
a about all also am an and any are as at be because been being but by can could did do does done for from had has have
having he her hers him his how i if in into is it its just many may me might more most much must my no nor not of on
or our ours out over please shall she should so some such tell than that the their theirs them then there these they
this those to too under until up us very was we were what when where whether which while who whom whose why will with
would you your yours s t don
"""


class LexicalIndex:
    """Best passages by words; `generation` is that of the catalogue it is level with."""

    def __init__(self, folder: Path | None, identity: bytes) -> None:
        """Open what is in `folder`, or start anew if it is missing, damaged or of another catalogue.

        Without a folder the index lives in memory.
        """
        import tantivy

        self._analyzer = (
            tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
            .filter(tantivy.Filter.remove_long(_LONGEST_WORD))
            .filter(tantivy.Filter.lowercase())
            .filter(tantivy.Filter.ascii_fold())
            .filter(tantivy.Filter.stemmer("english"))
            .build()
        )
        self._schema = (
            tantivy.SchemaBuilder()
            .add_integer_field("id", indexed=True, fast=True)
            .add_integer_field("document", indexed=True)
            .add_integer_field("generation", fast=True)
            .add_text_field("catalog", tokenizer_name="raw", index_option="basic")
            .add_text_field("text", tokenizer_name="askdocs", index_option="freq")
            .build()
        )
        self._function_words = frozenset(self._analyzer.analyze(_FUNCTION_WORDS))
        self._identity = identity.hex()
        self._index = self._opened(folder)
        self.generation = self._read_generation()

    def _opened(self, folder: Path | None) -> tantivy.Index:
        import tantivy

        if folder is None:
            return self._registered(tantivy.Index(self._schema))
        try:
            folder.mkdir(parents=True, exist_ok=True)
            index = self._registered(tantivy.Index(self._schema, path=str(folder)))
            index.searcher()
            if not index.searcher().num_docs or self._belongs(index):
                return index
        except ValueError:
            pass
        shutil.rmtree(folder)
        folder.mkdir()
        return self._registered(tantivy.Index(self._schema, path=str(folder)))

    def _registered(self, index: tantivy.Index) -> tantivy.Index:
        index.register_tokenizer("askdocs", self._analyzer)
        return index

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

    def update(self, removed: Sequence[int], added: Iterable[tuple[int, int, str]], generation: int) -> None:
        """Remove chunks, add others as (id, document id, text), and commit both together as `generation`."""
        import tantivy

        writer = self._index.writer(heap_size=_HEAP_BYTES, num_threads=1)
        for id_ in (_MARKER, *removed):
            writer.delete_documents_by_term("id", id_)
        marker = tantivy.Document()
        marker.add_integer("id", _MARKER)
        marker.add_integer("generation", generation)
        marker.add_text("catalog", self._identity)
        writer.add_document(marker)
        for id_, document_id, text in added:
            document = tantivy.Document()
            document.add_integer("id", id_)
            document.add_integer("document", document_id)
            document.add_text("text", text)
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        self.reload()

    def clear(self) -> None:
        """Forget everything."""
        writer = self._index.writer(heap_size=_HEAP_BYTES, num_threads=1)
        writer.delete_all_documents()
        writer.commit()
        writer.wait_merging_threads()
        self.reload()

    def reload(self) -> None:
        """See what another process has committed."""
        self._index.reload()
        self.generation = self._read_generation()

    def words(self, text: str) -> list[str]:
        """The words of `text` as they are indexed: lower case, without accents, stemmed."""
        return self._analyzer.analyze(text)

    def content_words(self, text: str) -> list[str]:
        """The words of `text` that carry meaning, in the form of `words`."""
        return [word for word in self.words(text) if word not in self._function_words]

    def search(
        self, question: str, top_k: int, *, required: Sequence[str] = (), documents: Sequence[int] | None = None
    ) -> list[Hit]:
        """The `top_k` best for any of the question's words, best first; the question has no syntax.

        All words of `required` must be there, and the chunk be of one of the `documents`, if they are given.
        """
        import tantivy

        words = list(dict.fromkeys(self.words(question)))[:_MOST_QUESTION_WORDS]
        if not words:
            return []
        must = {word for text in required for word in self.words(text)}
        clauses = [(tantivy.Occur.Must if word in must else tantivy.Occur.Should, self._term(word)) for word in words]
        if documents is not None:
            chosen = tantivy.Query.term_set_query(self._schema, "document", list(documents))
            clauses.append((tantivy.Occur.Must, tantivy.Query.const_score_query(chosen, 0.0)))
        query = tantivy.Query.boolean_query(clauses)
        searcher = self._index.searcher()
        hits = searcher.search(query, limit=top_k, count=False).hits
        ids = searcher.fast_field_values("id", [address for _, address in hits])
        return [Hit(int(id_ or 0), float(score)) for id_, (score, _) in zip(ids, hits, strict=True)]

    def _term(self, word: str) -> tantivy.Query:
        import tantivy

        return tantivy.Query.term_query(self._schema, "text", word, index_option="freq")
