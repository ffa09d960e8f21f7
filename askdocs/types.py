"""The values that cross module borders: frozen, slotted, and free of behaviour that needs anything heavy.

Offsets have one unit everywhere: code points of `Document.text`, half-open.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Embeddings: TypeAlias = NDArray[np.float32]
    """Unit-length rows, shape (n, dimension)."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open range of code points in a document's text."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"not a span: [{self.start}, {self.end})")

    def __len__(self) -> int:
        return self.end - self.start

    def of(self, text: str) -> str:
        """The characters of `text` that this span covers."""
        return text[self.start : self.end]

    def shifted(self, by: int) -> Span:
        """The same length of text, `by` code points further on."""
        return Span(self.start + by, self.end + by)


class Unit(StrEnum):
    """What the places of a document are counted in; lines for what is text, else what a person sees on opening it."""

    LINES = "lines"
    PAGES = "pages"
    SLIDES = "slides"
    ROWS = "rows"
    PARAGRAPHS = "paragraphs"
    CELLS = "cells"
    TIMES = "times"

    @property
    def is_shown(self) -> bool:
        """Whether such a place can be shown as a picture."""
        return self in (Unit.PAGES, Unit.SLIDES)


@dataclass(frozen=True, slots=True)
class Locator:
    """Where a person finds a span: from one place to another (counted from 1, both included) under its headings.

    The labels are what the document itself calls these places (page `xii`, cells `Budget!A3:D3`, `00:01:07`), and empty
    where they go by their numbers.
    """

    unit: Unit
    headings: tuple[str, ...]
    start: int
    end: int
    start_label: str = ""
    end_label: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A page, slide, row ... of a document; `number` counts from 1, `label` is its own name, if it has one."""

    span: Span
    number: int
    label: str = ""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a document; `span` covers its line, level 1 is the highest.

    One without a title only closes those before it of its level or deeper: it stands where a function has ended.
    """

    level: int
    title: str
    span: Span


class BlockKind(StrEnum):
    """What a stretch of a document is, as far as that matters for cutting it into chunks."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST = "list"
    CODE = "code"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of text that reads as one thing and is kept whole where it fits."""

    kind: BlockKind
    span: Span


@dataclass(frozen=True, slots=True)
class Document:
    """One source file after loading.

    Of a text file `text` is the decoded file, character for character (a byte-order mark is part of the encoding, not
    of the text); of any other it is what the loader finds in it, always the same for the same file. `blocks` are
    ordered, don't overlap, and hold every character that is not blank, unless it belongs to no passage (running heads,
    page numbers). `title` is the document's own, or None if it names itself nowhere. `places` are in order of their
    spans and counted in `unit`; there are none where lines are counted, as these are seen in the text.
    `author`, `date` (ISO 8601), `tags` and `language` (ISO 639-1) are what the file says of itself, `warning` what of
    it could not be read, and `children` the documents inside (attachments, members of an archive), whose `path` is
    their name there.
    """

    path: str
    media_type: str
    encoding: str
    text: str
    title: str | None
    headings: tuple[Heading, ...]
    blocks: tuple[Block, ...]
    unit: Unit = Unit.LINES
    places: tuple[Place, ...] = ()
    author: str | None = None
    date: str | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None
    warning: str | None = None
    children: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """The unit that is embedded and stored; people see it as a passage.

    `context` (title and heading path) is embedded with `text` but never cited.
    """

    span: Span
    text: str
    context: str
    locator: Locator

    @property
    def embedded_text(self) -> str:
        """Exactly what the encoder sees."""
        return f"{self.context}\n{self.text}" if self.context else self.text

    @property
    def text_start(self) -> int:
        """Where `text` begins in what the encoder sees."""
        return len(self.context) + 1 if self.context else 0


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk id and its score from one index; higher is better."""

    chunk_id: int
    score: float


INSIDE = " > "
"""Between a file and what lies inside it, where people see a path."""


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """What people see of a document: `path`, that of its file, is relative to the working directory when it lies in it.

    `author`, `date` (ISO 8601), `tags` and `language` (ISO 639-1) are what it says of itself, and the last also what
    its text tells. `inside` leads from the file to the document, where it is a part of it: an attachment of a mail.
    """

    id: int
    path: str
    title: str
    author: str | None = None
    date: str | None = None
    inside: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    language: str | None = None

    @property
    def full_path(self) -> str:
        """The path with what leads on from the file, as in `mail.eml > report.pdf`."""
        return INSIDE.join((self.path, *self.inside))

    @property
    def own_title(self) -> str:
        """The title, unless that is nothing but the name of the file or of what is inside it."""
        name = self.inside[-1] if self.inside else os.path.basename(self.path)
        return "" if self.title == name else self.title


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A ranked passage."""

    document: DocumentInfo
    span: Span
    text: str
    locator: Locator
    score: float


class Freshness(StrEnum):
    """How a quote stands to its file as it was when the answer was made.

    CURRENT: the file is what was indexed. EDITED: it has changed, and the quote stands in it all the same. OUTDATED: it
    has changed, and the quote is no longer in it, or that can't be told. GONE: its document is no longer indexed, which
    an exported conversation tells of earlier quotes; no answer cites it.
    """

    CURRENT = "current"
    EDITED = "edited"
    OUTDATED = "outdated"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Citation:
    """A passage that can be checked: `text[span] == quote`, where the text is that of the file.

    That of the file as it was indexed, if the freshness is OUTDATED. `evidence` are the sentences inside `span` that
    answer, as spans of the document; `also_in` are other documents in which the same passage stands.
    """

    number: int
    document: DocumentInfo
    span: Span
    locator: Locator
    quote: str
    evidence: tuple[Span, ...]
    score: float
    also_in: tuple[DocumentInfo, ...] = ()
    freshness: Freshness = Freshness.CURRENT

    @property
    def lit(self) -> list[Span]:
        """The evidence as spans of the quote."""
        return [span.shifted(-self.span.start) for span in self.evidence]


@dataclass(frozen=True, slots=True)
class Reading:
    """A citation as it is now, in the text that it is to be read in: that of the file, or what was indexed of it.

    `stands` says that the quote is at its span there; an outdated one may be nowhere. `headings` are those of the text.
    """

    citation: Citation
    text: str
    stands: bool
    headings: tuple[Heading, ...] = ()


LONGEST_QUESTION = 10_000
"""Characters."""


class Verdict(StrEnum):
    """The three outcomes of a question."""

    FOUND = "found"
    NOT_IN_DOCUMENTS = "not_in_documents"
    INDEX_UNRELIABLE = "index_unreliable"


@dataclass(frozen=True, slots=True)
class IndexCounts:
    """The size of an index; `generation` grows with every change to it."""

    documents: int
    chunks: int
    failed: int
    generation: int


@dataclass(frozen=True, slots=True)
class Features:
    """What the confidence is made from, all of the first passage.

    Cosines count as far as the encoder knows the question's language, the words held for the rest.
    """

    sentence: float
    """The best cosine of one of its sentences, times how well the language is known."""
    passage: float
    """Its own cosine, times how well the language is known."""
    size: float
    """The common logarithm of the number of passages: the more, the likelier a good cosine by chance."""
    coverage: float
    """The share of the asked words' rarity that it holds, times how badly the language is known."""
    missing: float
    """The share of the asked words' rarity that it lacks, counted less for long questions."""
    strangeness: float
    """How badly the language is known, from 0 to 1."""
    margin: float
    """How far its score is above the next one's."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Quoted passages and how far to trust them.

    `confidence` is between 0 and 1: the estimated probability that the first citation answers the question.
    `warnings` say why the index can't vouch and what to do about it. `features` are what the confidence is made from;
    None where there was nothing to judge. `scope` says of which documents it was asked, if not of all.
    """

    question: str
    standalone_question: str
    verdict: Verdict
    confidence: float
    citations: tuple[Citation, ...]
    index: IndexCounts
    warnings: tuple[str, ...] = ()
    features: Features | None = None
    scope: str = ""


@dataclass(frozen=True, slots=True)
class SourceRules:
    """Which files of a source are documents: of those of a kind that can be read, what isn't left out.

    `include`, unless it is empty, and `exclude` are patterns as in .gitignore. `hidden` says that names with a dot in
    front count, `links` that symbolic links to files are followed, as long as they don't lead out of the source.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    hidden: bool = False
    links: bool = False


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What people see of a source; `there` says whether its folder or file is where it was."""

    path: str
    rules: SourceRules
    there: bool
    documents: int
    failed: int


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be read, and why.

    `loader` is the media type of the loader that was at work, None if none came to it; `at` is when that failed first,
    None as long as nothing is stored of it.
    """

    path: str
    reason: str
    loader: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """What an index holds; `encoder` is None until something is embedded.

    `read_in_part` are documents of which something could not be read, with what that is. `recall` is the share of the
    nearest ten passages that a search by meaning finds, None where it finds all. `rebuild` is the file of a rebuild
    that has not come to its end, if there is one.
    """

    counts: IndexCounts
    sources: tuple[str, ...]
    failures: tuple[Failure, ...]
    encoder: str | None
    recall: float | None = None
    read_in_part: tuple[Failure, ...] = ()
    rebuild: str | None = None
