"""What power cuts leave of an index, and what becomes of it; prints how many there were, and what went wrong.

A command runs once, under strace, which tells every call that changes the folder of the index, whatever library makes
it. Replayed up to any of them, without what had not been flushed by then, they give what a disk may hold afterwards.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import askdocs.encoding.encoder
from tests.fakes import HashedEncoder
from tests.slow.under_faults import SCENARIOS, command, forked, recovered
from tests.support import PROJECT, ROOF_QUESTION, write_files

TRACED = "openat,lseek,write,pwrite64,ftruncate,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat"
ANSWERS_THROUGHOUT = ("re-index", "rebuild")
"""Scenarios in which the index holds an answer before, meanwhile and after."""

_RESUMED = re.compile(r"<\.\.\. \w+ resumed>(.*)", re.DOTALL)
_CALL = re.compile(r"(\w+)\((.*)\)\s+= (\d+)(?:<(.*)>)?$", re.DOTALL)
_DESCRIPTOR = re.compile(r"(\w+)<(.*?)>")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_LAST_NUMBER = re.compile(r"(\d+)$")


@dataclass(frozen=True)
class Call:
    """A call that changes something: `write` at a place, `truncate` to one, `open` of what may be new, and the like."""

    name: str
    path: str
    to: str = ""
    at: int = 0
    data: bytes = b""


@dataclass
class File:
    """What a file says, what of that has been flushed, and what has been done to it since."""

    data: bytes = b""
    flushed: bytes = b""
    since: list[Call] = field(default_factory=list)


class Disk:
    """The files below a folder, and which of their names would be there after a power cut."""

    def __init__(self, folder: Path) -> None:
        self.folder = os.path.join(folder, "")
        self._names = {name: File(data, data) for name, data in files_in(folder).items()}
        self._sure = dict(self._names)

    def apply(self, call: Call) -> None:
        path, names = call.path, self._names
        match call.name:
            case "open":
                names.setdefault(path, File())
            case "write" | "truncate" if path in names:
                names[path].data = changed(names[path].data, call)
                names[path].since.append(call)
            case "rename" if path in names:
                names[call.to] = names.pop(path)
            case "unlink":
                names.pop(path, None)
            case "flush" if path in names:  # its name is then sure too, as file systems with a journal have it
                file = names[path]
                file.flushed, file.since = file.data, []
                self._sure = {name: other for name, other in self._sure.items() if other is not file} | {path: file}
            case "flush":
                inside = {name: file for name, file in names.items() if os.path.dirname(name) == path.rstrip("/")}
                others = {name: file for name, file in self._sure.items() if os.path.dirname(name) != path.rstrip("/")}
                self._sure = others | inside

    def now(self) -> dict[str, bytes]:
        return {name: file.data for name, file in self._names.items()}

    def without_unflushed(self) -> dict[str, bytes]:
        """All names, and of their contents what was flushed."""
        return {name: file.flushed for name, file in self._names.items()}

    def without_unsure(self) -> dict[str, bytes]:
        """Only what was flushed, and names as they were when their folders or files last were."""
        return {name: file.flushed for name, file in self._sure.items()}

    def torn(self, chance: random.Random) -> dict[str, bytes]:
        """All names, and some of the writes since the last flush, in any order and cut anywhere."""
        found = {}
        for name, file in self._names.items():
            data = file.flushed
            for call in file.since:
                if call.name == "truncate" or chance.random() < 0.6:
                    cut = chance.choice([len(call.data), chance.randrange(len(call.data) + 1)])
                    data = changed(data, Call(call.name, name, at=call.at, data=call.data[:cut]))
            found[name] = data
        return found


def changed(data: bytes, call: Call) -> bytes:
    """What a write or truncation makes of the content of a file; a hole is full of zeros."""
    before = data[: call.at].ljust(call.at, b"\0")
    return before if call.name == "truncate" else before + call.data + data[call.at + len(call.data) :]


def files_in(folder: Path) -> dict[str, bytes]:
    """What the files below a folder say; that of shared memory is nothing that a disk keeps."""
    return {
        str(path): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith("-shm")
    }


def calls(trace: Path, cwd: Path, folder: Path) -> Iterator[Call]:
    """The calls of a trace that change what is below `folder`, in order."""
    within = (os.fspath(folder), os.path.join(folder, ""))
    places: dict[str, int] = {}
    for name, arguments, result, opened in whole_calls(trace):
        texts = [written(text) for text in _TEXT.findall(arguments)]
        descriptor = _DESCRIPTOR.match(arguments)
        if name == "openat":
            path, number = os.fsdecode(written(opened)), str(result)
        elif name.startswith(("rename", "unlink")):
            root = os.fsdecode(written(descriptor[2])) if descriptor else os.fspath(cwd)
            path, *more = [os.path.normpath(os.path.join(root, os.fsdecode(text))) for text in texts]
        else:
            assert descriptor, (name, arguments[:200])
            number, path = descriptor[1], os.fsdecode(written(descriptor[2]))
        if not (path == within[0] or path.startswith(within[1])) or path.endswith("-shm"):
            continue
        last = _LAST_NUMBER.search(arguments)
        match name:
            case "openat":
                places[number] = 0
                assert "O_APPEND" not in arguments
                if "O_CREAT" in arguments:
                    yield Call("open", path)
                if "O_TRUNC" in arguments:
                    yield Call("truncate", path)
            case "lseek":
                places[number] = result
            case "write":
                yield Call("write", path, at=places[number], data=texts[0][:result])
                places[number] += result
            case "pwrite64":
                assert last
                yield Call("write", path, at=int(last[1]), data=texts[0][:result])
            case "ftruncate":
                assert last
                yield Call("truncate", path, at=int(last[1]))
            case "fsync" | "fdatasync":
                yield Call("flush", path)
            case "unlink" | "unlinkat":
                yield Call("unlink", path)
            case _:
                yield Call("rename", path, to=more[0])


def written(text: str) -> bytes:
    """What strace has written down in hexadecimal digits."""
    return bytes.fromhex(text.replace("\\x", ""))


def whole_calls(trace: Path) -> Iterator[tuple[str, str, int, str]]:
    """Name, arguments, result and the path of what was opened of each call that succeeded."""
    begun: dict[str, str] = {}
    for line in trace.read_text(errors="surrogateescape").splitlines():
        thread, _, said = line.partition(" ")
        said = said.lstrip()
        if said.endswith(" <unfinished ...>"):
            begun[thread] = said.removesuffix(" <unfinished ...>")
            continue
        if resumed := _RESUMED.match(said):
            said = begun.pop(thread) + resumed[1]
        if call := _CALL.match(said):
            yield call[1], call[2], int(call[3]), call[4] or ""


def cut(name: str, folder: Path, stride: int) -> tuple[int, list[str]]:
    """Cut the power after every call of a scenario, of writes one in `stride`; how often, and what went wrong then."""
    prepare, arguments = SCENARIOS[name]
    work, note, trace = folder / "work", folder / "note", folder / "trace"
    index = work / "index"
    work.mkdir()
    os.chdir(work)
    forked(lambda: (prepare(), (0, ""))[1], note)
    disk = Disk(index)
    subprocess.run(
        ["strace", "-f", "-y", "-xx", "-s", "1000000000", "-o", trace, "-e", f"trace={TRACED}",
         sys.executable, "-m", "tests.slow.hashed", *arguments],
        cwd=work, env={**os.environ, "PYTHONPATH": str(PROJECT)}, check=True, capture_output=True,
    )  # fmt: skip
    done = files_in(index)
    chance = random.Random(name)
    seen: set[int] = set()
    wrong: list[str] = []
    for number, call in enumerate(calls(trace, work, index)):
        disk.apply(call)
        ways: dict[str, Callable[[], dict[str, bytes]]] = {
            "lost": disk.without_unflushed, "older": disk.without_unsure, "torn": partial(disk.torn, chance),
        }  # fmt: skip
        for way, left in ways.items() if call.name != "write" or number % stride == 0 else ():
            state = left()
            if (key := hash(frozenset(state.items()))) in seen:
                continue
            seen.add(key)
            lay_out(index, state)
            asked = name in ANSWERS_THROUGHOUT and len(seen) % 2 == 0
            code, problem = forked(partial(stands, asked=asked), note)
            if code:
                wrong.append(f"{name}, {way}, after call {number} ({call.name} {call.path}): {problem[-1500:]}")
    if disk.now() != done:
        wrong.append(f"{name}: what the calls were doesn't explain what is there")
    return len(seen), wrong


def lay_out(folder: Path, state: Mapping[str, bytes]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, data in state.items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def stands(*, asked: bool) -> tuple[int, str]:
    """Open what a power cut has left, and go on: 0 if it is sound, answers and is brought level, else what isn't so.

    It is `asked` before it is brought level, which lets derived indexes catch up, or not.
    """
    for arguments in [("verify",), ("ask", ROOF_QUESTION)][: 1 + asked]:
        code, said = command(*arguments)
        if code:
            return 1, f"{arguments} ended with {code}: {said}"
    # Not the same once more: what is ahead of its catalogue would seem level with it as soon as that catches up.
    write_files(Path("notes"), {"0.txt": "When the lights went on again, an owl sat in the hall."})
    return recovered()


if __name__ == "__main__":
    askdocs.encoding.encoder.open_encoder = lambda *_, **__: HashedEncoder()
    counted, found = cut(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
    print(counted)
    print(*found, sep="\n")
