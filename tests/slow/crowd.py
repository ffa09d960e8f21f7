"""A process of its own: eight readers ask while a writer re-indexes what it edits; prints what was not as it should be.

Every paragraph of a file names the file and its version. What a reader is shown of a file must be of one version: one
that was written when it had its answer, and none older than what was indexed when it asked.
"""

from __future__ import annotations

import mmap
import os
import random
import re
import signal
import sys
import time
import traceback
from collections.abc import Callable

from askdocs.types import Answer
from tests.slow.storm import BOOK, INDEX, NOTES, opened

FILES = 40
READERS = 8
_TOLD = re.compile(r"File (\d+) in version (\d+)")


class Versions:
    """A number for every file, shared by all forks."""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, 4 * FILES)

    def __getitem__(self, file: int) -> int:
        return int.from_bytes(self._shared[4 * file : 4 * file + 4], "little")

    def __setitem__(self, file: int, version: int) -> None:
        self._shared[4 * file : 4 * file + 4] = version.to_bytes(4, "little")

    def all(self) -> list[int]:
        return [self[file] for file in range(FILES)]


def write(file: int, version: int) -> None:
    """One file, in place of the one before in one step, as an editor does."""
    paragraphs = [
        f"File {file} in version {version} tells of thing{file} and of matter{number} of the library's roof. " * 3
        for number in range(6)
    ]
    part = NOTES / "part"
    part.write_text("\n\n".join(paragraphs))
    part.replace(NOTES / f"{file}.txt")


def index() -> None:
    with opened() as assistant:
        for _ in assistant.index([NOTES]):
            pass


def keep_writing(written: Versions, indexed: Versions, until: float) -> None:
    generator = random.Random(0)
    while time.monotonic() < until:
        for file in generator.sample(range(FILES), 5):
            written[file] += 1
            write(file, written[file])
        now = written.all()
        index()
        for file, version in enumerate(now):
            indexed[file] = version


def keep_asking(number: int, written: Versions, indexed: Versions, until: float) -> None:
    generator = random.Random(number)
    generation = asked = 0
    with opened() as assistant:
        while time.monotonic() < until:
            least = indexed.all()
            file = generator.randrange(FILES)
            answer = assistant.ask(f"File {file}: what of thing{file} and matter{generator.randrange(6)}?", top_k=8)
            check(answer, least, written.all())
            assert answer.citations
            assert answer.index.generation >= generation
            generation = answer.index.generation
            asked += 1
    os.write(1, f"{asked} answers up to generation {generation}\n".encode())  # at once, as others write there too


def check(answer: Answer, least: list[int], most: list[int]) -> None:
    seen: dict[int, set[int]] = {}
    for citation in answer.citations:
        told = {(int(file), int(version)) for file, version in _TOLD.findall(citation.quote)}
        assert told, f"a passage of no file: {citation.quote!r}"
        for file, version in told:
            seen.setdefault(file, set()).add(version)
    for file, versions in seen.items():
        assert len(versions) == 1, f"file {file} in versions {versions} in one answer"
        (version,) = versions
        assert least[file] <= version <= most[file], f"file {file}: {least[file]} <= {version} <= {most[file]}"


def forked(action: Callable[[], None]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        action()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    sys.stdout.flush()
    os._exit(0)


def main(seconds: float) -> None:
    NOTES.mkdir()
    BOOK.touch()
    for file in range(FILES):
        write(file, 0)
    os.waitpid(forked(index), 0)
    written, indexed = Versions(), Versions()
    until = time.monotonic() + seconds
    children = [forked(lambda: keep_writing(written, indexed, until))]
    children += [forked(lambda number=n: keep_asking(number, written, indexed, until)) for n in range(READERS)]  # type: ignore[misc]
    failed = sum(os.waitpid(child, 0)[1] != 0 for child in children)
    print(f"{sum(written.all())} edits of {FILES} files, {failed} of {len(children)} processes failed")
    assert INDEX.exists()
    sys.exit(failed)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.chdir(sys.argv[1])
    main(float(sys.argv[2]))
