"""A process of its own that runs commands while calls of the system fail, one after the other; prints what went wrong.

`faults.c` must be preloaded. Each command runs in a fork, from the same state of the folder, so that imports cost once.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import io
import os
import shutil
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

import faiss  # noqa: F401  # so that forks needn't import it
import tantivy  # noqa: F401

import askdocs.encoding.encoder
from askdocs.cli import main
from askdocs.verifying import verifier  # noqa: F401
from tests.fakes import HashedEncoder
from tests.support import NOTES, ROOF_QUESTION, UNANSWERED, write_files

WAYS = {"full": (errno.ENOSPC, True), "error": (errno.EIO, False)}
"""A disk that stays full, and one that fails once."""


def written() -> None:
    write_files(Path("notes"), NOTES)


def indexed() -> None:
    written()
    command("index", "notes")


def edited() -> None:
    """An index behind its files: one new, one changed, one renamed, one deleted."""
    indexed()
    write_files(Path("notes"), {"new.txt": "Fresh text of zebras.", "whales.txt": "Whales sing."})
    (Path("notes") / "kitchen").rename("notes/cellar")
    write_files(Path("notes"), {"gone.txt": "Soon gone."})
    command("index")
    (Path("notes") / "gone.txt").unlink()
    write_files(Path("notes"), {"whales.txt": NOTES["whales.txt"], "newer.txt": "Fresher text of lions."})


def without_derived() -> None:
    indexed()
    shutil.rmtree("index/lexical")
    os.unlink("index/vectors.faiss")


def damaged() -> None:
    without_derived()
    os.makedirs("index/lexical")
    write_files(Path("index"), {"lexical/meta.json": b"{", "vectors.faiss": b"no index"})


def exported() -> None:
    indexed()
    command("export", "moved")
    shutil.rmtree("index")


def of_version_1() -> None:
    from tests.older import make

    written()
    make(1, Path("index"), Path("notes"))


SCENARIOS: dict[str, tuple[Callable[[], None], Sequence[str]]] = {
    "index": (written, ("index", "notes")),
    "re-index": (edited, ("index",)),
    "rebuild": (indexed, ("index", "--rebuild")),
    "forget": (indexed, ("forget", "notes")),
    "ask": (without_derived, ("ask", ROOF_QUESTION)),
    "repair": (damaged, ("verify", "--repair")),
    "export": (indexed, ("export", "index/moved")),
    "import": (exported, ("import", "moved")),
    "migrate": (of_version_1, ("status",)),
}


def command(*arguments: str) -> tuple[int, str]:
    """Run `askdocs` here; its exit code, and what it says on stderr."""
    sys.argv = ["askdocs", *arguments]
    said = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
        try:
            main()
        except SystemExit as exc:
            return int(exc.code or 0), said.getvalue()
        except BaseException:
            return 99, said.getvalue() + traceback.format_exc()
    return 0, said.getvalue()


def forked(action: Callable[[], tuple[int, str]], note: Path) -> tuple[int, str]:
    """What `action` returns in a fork, with all that the fork writes to its stderr."""
    child = os.fork()
    if not child:
        descriptor = os.open(note, os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
        os.dup2(descriptor, 2)
        code, said = 98, ""
        try:
            code, said = action()
        except BaseException:
            said = traceback.format_exc()
        os.write(2, said.encode())
        os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), note.read_text(errors="replace")


def walk(name: str, way: str, folder: Path, stride: int) -> tuple[int, list[str]]:
    """Let every call of a scenario, or one in `stride`, fail; how many there are, and what was not as it should be."""
    prepare, arguments = SCENARIOS[name]
    faults = ctypes.CDLL(None)
    number, lasting = WAYS[way]
    start, work, note = folder / "start", folder / "work", folder / "note"
    work.mkdir()
    os.chdir(work)
    forked(lambda: (prepare(), (0, ""))[1], note)
    os.chdir(folder)
    work.rename(start)
    wrong: list[str] = []
    turn = 1 - stride
    while True:
        turn += stride
        os.chdir(folder)
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(start, work)
        os.chdir(work)

        def failing(turn: int = turn) -> tuple[int, str]:
            faults.faults_arm(os.fsencode(work / "index"), ctypes.c_long(turn), number, lasting)
            code, said = command(*arguments)
            (folder / "counted").write_text(str(faults.faults_counted()))
            faults.faults_arm(b"", ctypes.c_long(0), 0, 0)
            return code, said

        code, said = forked(failing, note)
        wrong += [f"{name}, {way}, call {turn}: {problem}" for problem in problems(code, said)]
        again, problem = forked(recovered, note)
        if again:
            wrong.append(f"{name}, {way}, call {turn} ({said.strip()}): {problem}")
        if code >= 0 and int((folder / "counted").read_text()) < turn:
            return int((folder / "counted").read_text()), wrong


def fill(folder: Path) -> tuple[int, list[str]]:
    """Index onto disks of every size from one that holds nothing on; how many were too small, and what was wrong."""
    os.chdir(folder)
    written()
    write_files(Path("notes"), {f"{n}.txt": f"Note {n} on thing{n}. " * 100 for n in range(30)})
    Path("index").mkdir()
    wrong: list[str] = []
    for small, kilobytes in enumerate(range(4, 100_000, 36)):
        disk("-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", "index")
        try:
            code, said = forked(lambda: command("index", "notes"), folder / "note")
            wrong += [f"a disk of {kilobytes} kB: {problem}" for problem in problems(code, said)]
            disk("-o", "remount,size=100m", "index")
            again, problem = forked(recovered, folder / "note")
            if again:
                wrong.append(f"a disk of {kilobytes} kB ({said.strip()}): {problem}")
        finally:
            subprocess.run(["umount", "--lazy", "index"], check=True)
        if not code:
            return small, wrong
    raise AssertionError("an index of some notes needs 100 MB")


def disk(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def run_clock_back(folder: Path) -> tuple[int, list[str]]:
    """Index, ask and verify while the clock goes back by a minute whenever it is looked at; what was wrong."""
    os.chdir(folder)
    ctypes.CDLL(None).faults_turn_clock_back()
    first, second = time.time(), time.time()
    assert second < first - 50, "the clock can't be turned back"
    edited()
    code, said = forked(recovered, folder / "note")
    return 0, [said] if code else []


def problems(code: int, said: str) -> list[str]:
    """What is wrong with how a command ended."""
    lines = [line for line in said.splitlines() if line]
    if code == 0 and not lines:
        return []
    if code in (0, 3) and len(lines) == 1:
        return []
    return [f"ended with {code}: {said.strip()[-1500:]}"]


def recovered() -> tuple[int, str]:
    """Run again, once the disk is mended: 0 if all is as if nothing had happened, else what isn't."""
    for again in (("index", "notes"), ("verify",), ("ask", ROOF_QUESTION), ("ask", UNANSWERED)):
        code, said = command(*again)
        if code != (again[1:] == (UNANSWERED,)):
            return 1, f"afterwards {again} ended with {code}: {said}"
    return 0, ""


if __name__ == "__main__":
    askdocs.encoding.encoder.open_encoder = lambda *_, **__: HashedEncoder()
    match sys.argv[1:]:
        case ["disk", folder]:
            counted, found = fill(Path(folder))
        case ["clock", folder]:
            counted, found = run_clock_back(Path(folder))
        case [name, way, folder, stride]:
            counted, found = walk(name, way, Path(folder), int(stride))
    print(counted)
    print(*found, sep="\n")
