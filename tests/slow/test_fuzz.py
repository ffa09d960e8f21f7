"""Every loader under damaged and hostile files; `make fuzz` goes on where this ends."""

from __future__ import annotations

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

def reach(path, kind, data):
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
    return original(path, kind, data)

original, guarded.load = guarded.load, reach
sys.addaudithook(guarded.watch)
guarded.serve(2_000_000_000, guarded.guarded)
"""


def test_every_loader_survives_hostile_and_damaged_files(tmp_path: Path) -> None:
    """All bombs, and then the same 1,000 damaged files every time: a sound document or a reason, and nothing else."""
    assert fuzz.run(seed=1, minutes=None, most=1_100, kept=tmp_path) == 0


@pytest.mark.parametrize("what", ["file", "write", "connect", "process"])
def test_a_loader_that_reaches_out_is_found_out(what: str) -> None:
    """Even if it says nothing of it; the next file is read as ever."""
    with IsolatedLoader(30, ("-c", REACHING)) as loader:
        with pytest.raises(LoadError, match=r"^reached out: "):
            loader.load("a.txt", "text/plain", what.encode())
        assert loader.load("a.txt", "text/plain", b"Words.").text == "Words."


def test_every_format_is_fuzzed() -> None:
    """There is a real file of each media type, but for programming languages beyond one."""
    kinds = {seed.kind for seed in fuzz.seeds()}
    missing = {kind for kind in {*LOADERS, *CONTAINERS} - kinds if not kind.startswith("text/x-")}
    assert missing == {"text/plain"}
