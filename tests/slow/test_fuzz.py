"""Every loader under damaged and hostile files; `make fuzz` goes on where this ends."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from askdocs.errors import LoadError
from askdocs.loaders import CONTAINERS, LOADERS
from askdocs.loaders.isolated import IsolatedLoader
from tests.slow import fuzz

pytestmark = pytest.mark.slow

REACHING = """
import socket, subprocess, sys, zoneinfo
from tests.slow import guarded

def reach(tell, path, kind, data, lost):
    try:
        match data:
            case b"file":
                open("/etc/hostname").read()
            case b"write":
                open(guarded.__file__, "a").close()
            case b"connect":
                socket.create_connection(("127.0.0.1", 9), 1)
            case b"process":
                subprocess.run(["true"])
    except OSError:
        pass
    return original(tell, path, kind, data, lost)

original, guarded.load_file = guarded.load_file, reach
sys.addaudithook(guarded.watch)
guarded.serve(2_000_000_000, guarded.guarded)
"""
CRASHING = """
import os, signal
from askdocs import loaders
from askdocs.loaders.worker import serve

def crash(path, data):
    os.kill(os.getpid(), signal.SIGSEGV)

loaders.LOADERS.update({"application/json": crash, "application/pdf": crash})
serve(2_000_000_000)
"""


def test_every_loader_survives_hostile_and_damaged_files(tmp_path: Path) -> None:
    """All bombs, and then the same 1,000 damaged files every time: a sound document or a reason, and nothing else."""
    assert fuzz.run(fuzz.cases(seed=1), minutes=None, most=1_100, kept=tmp_path) == 0


@pytest.mark.parametrize("what", ["file", "write", "connect", "process"])
def test_a_loader_that_reaches_out_is_found_out(what: str) -> None:
    """Even if it says nothing of it; the next file is read as ever."""
    with IsolatedLoader(30, ("-c", REACHING)) as loader:
        with pytest.raises(LoadError, match=r"^reached out: "):
            loader.load("a.txt", "text/plain", what.encode())
        assert loader.load("a.txt", "text/plain", b"Words.").text == "Words."


def test_what_costs_a_process_is_told_from_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A library that crashes is listed with the hash of the file; a loader of ours that does is a finding."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writing:
        writing.writestr("a.pdf", b"%PDF-1.4")
    cases = [
        ("a.pdf", "application/pdf", b"%PDF-1.4"),
        ("a.zip", "application/zip", archive.getvalue()),
        ("a.json", "application/json", b"{}"),
    ]
    assert fuzz.run(iter(cases), None, None, tmp_path, ("-c", CRASHING)) == 1
    said = capsys.readouterr().out
    assert f"{tmp_path / 'a.json'} (application/json): crashed its parser (SIGSEGV)" in said
    for name, kind, data in cases[:2]:
        digest = hashlib.sha256(data).hexdigest()
        assert f"lost its process: {kind} crashed its parser (SIGSEGV), {name}, sha256 {digest}" in said
    assert "3 files: 1 read, 2 refused, 2 of them at the cost of a process, 1 wrong" in said
    assert "  1 at the cost of a process: application/pdf: crashed its parser (SIGSEGV)" in said


def test_every_format_is_fuzzed() -> None:
    """There is a real file of each media type, but for programming languages beyond one."""
    kinds = {seed.kind for seed in fuzz.seeds()}
    missing = {kind for kind in {*LOADERS, *CONTAINERS} - kinds if not kind.startswith("text/x-")}
    assert missing == {"text/plain"}
