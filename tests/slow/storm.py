"""A process of its own that kills its children while they index, again and again; prints what is wrong afterwards.

Children are forks, so that they start at once: killing one is killing a process. The encoder is a fake at the protocol
that writes down what it embeds, in a file that outlasts the kill.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import faiss  # so that forks needn't import it
import tantivy  # noqa: F401

from askdocs.assistant import Assistant
from askdocs.catalog.records import embedding_key
from askdocs.config import Settings
from askdocs.events import Verified
from askdocs.searching.retriever import Retriever
from askdocs.verifying import verifier
from tests.fakes import HashedEncoder
from tests.older import TABLES, turn_back

if TYPE_CHECKING:
    from askdocs.types import Embeddings

DIMENSION = 64
EXACT_UP_TO = 300
"""Passages from which on the vector index is approximate: it takes longer to build."""

MOST_BYTES = 40_000
QUESTION = "Who may copy and distribute the software?"
INDEX, NOTES, BOOK = Path("index"), Path("notes"), Path("book")


class CountedEncoder(HashedEncoder):
    """Writes down the key of every text before it embeds it."""

    def __init__(self, book: Path) -> None:
        super().__init__(dimension=DIMENSION)
        self._book = book

    def encode(self, texts: Sequence[str]) -> Embeddings:
        keys = [embedding_key(self.fingerprint, self.precision, text).hex() for text in texts]
        with self._book.open("a") as book:
            book.write("".join(f"{key}\n" for key in keys))
        return super().encode(texts)


def opened(index: Path = INDEX) -> Assistant:
    assistant = Assistant.open(index, settings=Settings(), encoder=CountedEncoder(BOOK))
    assistant._index._retriever = Retriever(index, assistant._catalog, EXACT_UP_TO)
    return assistant


def run(index: Path = INDEX) -> None:
    """Index to the end, whatever is there."""
    with opened(index) as assistant:
        for _ in assistant.index([NOTES]):
            pass


def check() -> None:
    """Raises what is wrong with the index as it is."""
    report = list(verifier.verify(INDEX, repair=False))[-1]
    assert isinstance(report, Verified)
    assert report.sound, report.problems
    with opened() as assistant:
        if assistant.status().counts.chunks:
            answer = assistant.ask(QUESTION)
            for citation in answer.citations:
                text = assistant.text(citation.document.id)
                assert citation.span.of(text) == citation.quote


def forked(action: Callable[[], None], *, killed_after: float | None = None) -> bool:
    """Do something in a fork, perhaps kill it; whether it was killed. Raises if it fails by itself."""
    child = os.fork()
    if not child:
        try:
            action()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    if killed_after is not None:
        time.sleep(killed_after)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, -signal.SIGKILL):
        raise AssertionError(f"{action.__name__} failed in a child; see above")
    return code == -signal.SIGKILL


def material() -> list[bytes]:
    """Texts and Markdown files of the installed packages."""
    folder = Path(os.__file__).parent, Path(faiss.__file__).parents[1]
    found: dict[bytes, None] = {}
    for path in sorted(path for root in folder for path in root.rglob("*") if path.suffix in (".txt", ".md", ".rst")):
        data = path.read_bytes()
        if 200 < len(data) < MOST_BYTES and not found.get(data):
            found[data] = None
    return list(found)[:120]


class Storm:
    """A folder that is changed at random, and an index of it whose writers are killed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._material = material()
        self._killed = self._finished = 0

    def start(self) -> None:
        NOTES.mkdir()
        for number, data in enumerate(self._material):
            self._path(number).write_bytes(data)

    def _path(self, number: int) -> Path:
        folder = NOTES / f"part {number % 7}"
        folder.mkdir(exist_ok=True)
        return folder / f"{number:03}{self._random.choice(('.txt', '.md'))}"

    def change(self) -> None:
        """Edit, rename, copy, delete and add some files."""
        for _ in range(self._random.randrange(1, 8)):
            files = sorted(path for path in NOTES.rglob("*") if path.is_file())
            path = self._random.choice(files)
            match self._random.randrange(6):
                case 0:
                    path.unlink()
                case 1:
                    path.rename(path.with_name(f"{self._random.randrange(10**6)}{path.suffix}"))
                case 2:
                    shutil.copy(path, self._path(self._random.randrange(1000)))
                case 3:
                    self._path(self._random.randrange(1000)).write_bytes(self._random.choice(self._material))
                case _:
                    lines = path.read_bytes().splitlines(keepends=True)
                    lines.insert(self._random.randrange(len(lines) + 1), b"\n\nA line of its own, put in between.\n\n")
                    path.write_bytes(b"".join(lines))

    def harm(self) -> None:
        """Now and then, take away what is derived, or turn the catalogue into an older one."""
        what = self._random.randrange(12)
        if what == 0:
            (INDEX / "vectors.faiss").unlink(missing_ok=True)
        elif what == 1:
            shutil.rmtree(INDEX / "lexical", ignore_errors=True)
        elif what == 2:
            version = self._random.choice(list(TABLES))
            forked(lambda: turn_back(version, INDEX))

    def go_on(self, kills: int, longest: float) -> None:
        while self._killed < kills:
            if self._random.random() < 0.6:
                self.change()
            self.harm()
            before, read = committed(), BOOK.stat().st_size
            # As often early as late: opening, migrating and planning are over soon.
            after = longest * self._random.random() ** self._random.choice((1, 4))
            if forked(run, killed_after=after):
                self._killed += 1
                longest *= 1.02
            else:
                self._finished += 1
                longest *= 0.9
            with BOOK.open() as book:
                book.seek(read)
                embedded = book.read().split()
            assert len({*embedded}) == len(embedded), "a passage was embedded twice in one run"
            assert not before & {*embedded}, "a passage that was committed was embedded once more"
            forked(check)

    def end(self) -> str:
        """Let a run come to its end, and compare with an index that was made without interruption."""
        forked(run)
        forked(check)
        forked(lambda: run(Path("whole")))
        for name, (found, expected) in {
            name: (rows(INDEX, sql), rows(Path("whole"), sql)) for name, sql in COMPARED.items()
        }.items():
            assert found == expected, f"{len(found - expected)} {name} too many, {len(expected - found)} are missing"
        # An older catalogue knows no sentences, and gets none by becoming today's.
        assert rows(INDEX, SENTENCES) <= rows(Path("whole"), SENTENCES)
        size = len(rows(INDEX, COMPARED["chunks"]))
        return f"{self._killed} kills, {self._finished} runs that ended before; {size} passages as without"


COMPARED = {
    "documents": "SELECT path, media_type, encoding, title, content_hash, mtime_ns, headings, text FROM documents",
    "chunks": """
        SELECT d.path, c.start, c."end", c.text, c.context, json(c.locator), e.key, e.vector
        FROM chunks c JOIN documents d ON d.id = c.document_id JOIN embeddings e ON e.id = c.embedding_id
    """,
    "embeddings": "SELECT key FROM embeddings",
    "counts": "SELECT documents, chunks, complete FROM catalog",
}

SENTENCES = "SELECT key, spans, vectors FROM sentences JOIN embeddings ON id = embedding_id"


def rows(index: Path, sql: str) -> set[tuple[object, ...]]:
    with closing(sqlite3.connect(index / "catalog.sqlite")) as connection:
        return set(connection.execute(sql))


def committed() -> set[str]:
    """The keys of the embeddings in the catalogue, of whatever version it is."""
    with closing(sqlite3.connect(INDEX / "catalog.sqlite")) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'embeddings'").fetchone():
            return set()
        return {key.hex() for (key,) in connection.execute("SELECT key FROM embeddings")}


def main(kills: int, seed: int) -> None:
    storm = Storm(seed)
    storm.start()
    BOOK.touch()
    started = time.monotonic()
    forked(run)
    longest = time.monotonic() - started
    shutil.rmtree(INDEX)
    INDEX.mkdir()
    storm.go_on(kills, longest)
    print(storm.end())


if __name__ == "__main__":
    os.chdir(sys.argv[1])
    main(int(sys.argv[2]), int(sys.argv[3]))
