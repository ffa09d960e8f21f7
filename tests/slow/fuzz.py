"""Damaged and hostile files for every loader, in the process for parsers: `python -m tests.slow.fuzz --minutes 10`.

Each has to become a sound document or a reason, within time and memory, without a crash, another exception than
LoadError, or a look outside its bytes. What doesn't is kept in a folder and listed; the exit code is then 1.
"""

from __future__ import annotations

import argparse
import io
import random
import re
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from askdocs.errors import LoadError
from askdocs.loaders import load, media_type
from askdocs.loaders.isolated import MEMORY_LIMIT, IsolatedLoader
from askdocs.loaders.kinds import IMAGES
from askdocs.loaders.members import members
from tests.loaders.checks import assert_sound
from tests.slow.bombs import bombs
from tests.slow.guarded import REACHED_OUT

FIXTURES = Path(__file__).parents[1] / "loaders" / "fixtures"
LONGEST = 60.0
"""Seconds for one file; the product gives it 120, on slower machines."""

LARGEST = 400_000
_NOT_A_REASON = (
    REACHED_OUT,
    "took more than",
    "crashed its parser",
    "needs more than",
    "can't be read: ",
    "made its parser",
)
_NATIVE = (
    *IMAGES,
    "application/pdf",
    "application/vnd.ms-excel",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)
_OF_A_LIBRARY = ("crashed its parser", "needs more than", "took more than")
"""PDFium, calamine and what Pillow builds on give up so, which their own process is for; the next file is read."""

_NUMBER = re.compile(rb"\d{1,10}")
_NUMBERS = (b"0", b"-1", b"1", b"255", b"65536", b"2147483647", b"4294967296", b"99999999999999999999", b"1e999")
_BYTES = (
    b"\0",
    b"\xff",
    b"\x1b[2J",
    "\u202e".encode(),
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"&a;",
    b"<![CDATA[",
    b"\r",
    b"\xff\xfe",
    b"'\"",
)


@dataclass(frozen=True, slots=True)
class Seed:
    """A real file."""

    name: str
    kind: str
    data: bytes


def seeds() -> list[Seed]:
    """The fixtures of all loaders."""
    paths = sorted(path for path in FIXTURES.rglob("*") if path.is_file())
    return [Seed(path.name, kind, path.read_bytes()) for path in paths if (kind := media_type(str(path)))]


def mutated(seed: Seed, others: list[Seed], chance: random.Random) -> bytes:
    """What could become of a file; of an archive also of what is inside it."""
    data = seed.data
    if data.startswith(b"PK\x03\x04") and chance.random() < 0.7:
        return _repacked(data, chance)
    for _ in range(chance.choice((1, 1, 2, 4, 8))):
        data = chance.choice(_MUTATIONS)(data, chance.choice(others).data, chance)
    return data[:LARGEST]


def _repacked(data: bytes, chance: random.Random) -> bytes:
    """An archive that is in order, with something wrong in a part of it."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        names = old.namelist()
        chosen = chance.choice(names)
        for name in names:
            if old.getinfo(name).flag_bits & 1:
                return data
            content = old.read(name)
            if name == chosen:
                for _ in range(chance.choice((1, 2, 5))):
                    content = chance.choice(_MUTATIONS)(content, old.read(chance.choice(names)), chance)
            new.writestr(name, content[: 10 * LARGEST])
    return target.getvalue()


def _spans(data: bytes, chance: random.Random) -> tuple[int, int]:
    first, second = sorted((chance.randint(0, len(data)), chance.randint(0, len(data))))
    return first, min(second, first + chance.choice((1, 4, 40, 400, 4000)))


def _cut(data: bytes, _: bytes, chance: random.Random) -> bytes:
    return data[: chance.randint(0, len(data))]


def _flip(data: bytes, _: bytes, chance: random.Random) -> bytes:
    turned = bytearray(data)
    for _times in range(chance.choice((1, 3, 30)) if data else 0):
        turned[chance.randrange(len(turned))] ^= 1 << chance.randrange(8)
    return bytes(turned)


def _drop(data: bytes, _: bytes, chance: random.Random) -> bytes:
    start, end = _spans(data, chance)
    return data[:start] + data[end:]


def _splice(data: bytes, other: bytes, chance: random.Random) -> bytes:
    start, end = _spans(other, chance)
    at, to = _spans(data, chance)
    return data[:at] + other[start:end] + data[chance.choice((at, to)) :]


def _storm(data: bytes, _: bytes, chance: random.Random) -> bytes:
    """A short stretch again and again, as what is quadratic or nests would show."""
    start = chance.randint(0, len(data))
    stretch = data[start : start + chance.choice((1, 2, 3, 8, 20, 60))] or b"("
    times = chance.choice((50, 500, 5_000))
    return data[:start] + stretch * min(times, LARGEST // 4 // len(stretch)) + data[start:]


def _number(data: bytes, _: bytes, chance: random.Random) -> bytes:
    """Lengths, counts, references and sizes that can't be."""
    found = list(_NUMBER.finditer(data))
    if not found:
        return data
    one = chance.choice(found)
    value = chance.choice((*_NUMBERS, chance.choice(found)[0]))
    return data[: one.start()] + value + data[one.end() :]


def _insert(data: bytes, _: bytes, chance: random.Random) -> bytes:
    at = chance.randint(0, len(data))
    return data[:at] + chance.choice((*_BYTES, chance.randbytes(8))) + data[at:]


_MUTATIONS: tuple[Callable[[bytes, bytes, random.Random], bytes], ...] = (
    _cut, _flip, _drop, _splice, _storm, _number, _insert,
)  # fmt: skip


def cases(seed: int) -> Iterator[tuple[str, str, bytes]]:
    """Name, media type and content: first what is hostile on purpose, then damage without an end."""
    yield from bombs()
    real = seeds()
    kinds = sorted({one.kind for one in real})
    for number in count():
        chance = random.Random(f"{seed}/{number}")
        kind = chance.choice(kinds)  # every format as often
        one = chance.choice([each for each in real if each.kind == kind])
        yield f"{number}-{one.name}", kind, mutated(one, real, chance)


def tried(loader: IsolatedLoader, name: str, kind: str, data: bytes) -> tuple[str, str]:
    """What became of a file, and what is wrong about that, "" if nothing is."""
    try:
        document = loader.load(name, kind, data)
    except LoadError as exc:
        reason = str(exc)
        if kind in _NATIVE and reason.startswith(_OF_A_LIBRARY):
            return "refused with the process lost", ""
        return "refused", reason if reason.startswith(_NOT_A_REASON) else ""
    for inside, member in members(document):
        try:
            assert_sound(member, None, complete=False)
        except (AssertionError, ValueError) as exc:
            return "read", f"unsound at {inside}: {exc}"[:500]
        if member.warning and "can't be read: " in member.warning:
            return "read", member.warning
    return "read", ""


def run(seed: int, minutes: float | None, most: int | None, kept: Path) -> int:
    """Try files until the time or their number is up; how many went wrong."""
    until = time.monotonic() + 60 * minutes if minutes else None
    told = time.monotonic()
    became: Counter[str] = Counter()
    slowest = (0.0, "")
    wrong = 0
    command = ("-m", "tests.slow.guarded", str(MEMORY_LIMIT))
    with IsolatedLoader(LONGEST, command) as loader:
        for number, (name, kind, data) in enumerate(cases(seed)):
            if (until and time.monotonic() > until) or (most is not None and number >= most):
                break
            if time.monotonic() > told + 60:
                told = time.monotonic()
                print(f"{number:,} files so far", flush=True)
            began = time.monotonic()
            outcome, problem = tried(loader, name, kind, data)
            slowest = max(slowest, (time.monotonic() - began, name))
            became[outcome] += 1
            if problem:
                wrong += 1
                path = kept / name.replace("/", "_")
                path.write_bytes(data)
                print(f"{path} ({kind}): {problem}", flush=True)
    counts = ", ".join(f"{value:,} {outcome}" for outcome, value in sorted(became.items()))
    print(f"{sum(became.values()):,} files: {counts}, {wrong:,} wrong; slowest {slowest[0]:.1f} s ({slowest[1]})")
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--most", type=int, help="how many files, for the same ones every time")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    parser.add_argument("--again", type=Path, help="a file that was kept, to be tried in this process")
    chosen = parser.parse_args()
    if chosen.again:
        print(load(chosen.again.name, media_type(chosen.again.name) or "message/rfc822", chosen.again.read_bytes()))
        return
    print(f"seed {chosen.seed}", flush=True)
    kept = Path(tempfile.mkdtemp(prefix="askdocs-fuzz-"))
    sys.exit(min(1, run(chosen.seed, chosen.minutes, chosen.most, kept)))


if __name__ == "__main__":
    main()
