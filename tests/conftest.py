"""Fixtures that every part of the suite may use."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings

from askdocs import Assistant
from askdocs.config import Settings
from askdocs.encoding.encoder import Encoder, open_encoder
from tests.fakes import HashedEncoder
from tests.support import NOTES, run_cli, write_files

# The same examples on every machine: a suite that fails now and then is not believed.
settings.register_profile(
    "askdocs", deadline=None, derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("askdocs")

THIS_MACHINE = "127.0.0.1"
GOLDEN = Path(__file__).parent / "golden"

OpenAssistant = Callable[..., Assistant]

_ON_TORCH = frozenset(["test_encoder", "test_onnx_encoder", "test_reranker"])

# What is proved of files doesn't depend on how long a disk takes to flush them: a disk in memory, if there is room.
_IN_MEMORY = Path("/dev/shm")
if os.access(_IN_MEMORY, os.W_OK) and shutil.disk_usage(_IN_MEMORY).free > 4e9:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_IN_MEMORY))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="Write tests/golden/* anew instead of comparing.")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """Half as many again as there are processors: tests wait for processes, for quiet and for time to pass."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    processors = os.cpu_count() or 1
    return processors + (processors + 1) // 2


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """Neighbours run in one process, which so makes their fixtures once; a process that has none left takes others."""
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log) if config.getoption("dist") == "load" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs torch comes first, and together: each process that imports it takes seconds to."""
    items.sort(key=lambda item: item.path.stem not in _ON_TORCH)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes name no test: archives hold the time at which they were made, and each process must find the same tests."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def cache(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache folder of the tests, kept from run to run in .pytest_cache: converting the model takes long."""
    kept = request.config.cache
    return kept.mkdir("askdocs") if kept else tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    """What the person who runs the tests has set for askdocs or has in a cache plays no part."""
    for name in [name for name in os.environ if name.startswith("ASKDOCS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ASKDOCS_CACHE", str(cache))


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every attempt to reach another machine fails, is recorded, and fails the test."""
    attempts: list[str] = []

    def refuse(*arguments: object, **_: object) -> NoReturn:
        attempts.append(repr(arguments[-1]))
        raise OSError("this test suite has no network")

    connect, getaddrinfo = socket.socket.connect, socket.getaddrinfo

    def connect_locally(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] != THIS_MACHINE:
            refuse(address)
        connect(self, address)

    def look_up(host: object, *arguments: Any, **options: Any) -> object:
        return getaddrinfo(THIS_MACHINE, *arguments, **options) if host == THIS_MACHINE else refuse(host)

    monkeypatch.setattr(socket.socket, "connect", connect_locally)
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    yield attempts
    assert not attempts, f"the network was tried: {attempts}"


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def notes(work: Path) -> Path:
    """A folder of three short documents in the working directory."""
    return write_files(work / "notes", NOTES)


@pytest.fixture
def public_work(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working directory that other users can reach too."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        monkeypatch.chdir(folder)
        yield folder
        monkeypatch.undo()


@pytest.fixture
def encoder() -> HashedEncoder:
    return HashedEncoder()


@pytest.fixture
def open_assistant(encoder: HashedEncoder) -> Iterator[OpenAssistant]:
    """Opens assistants on ./index with the hashed encoder, and closes them at the end."""
    opened: list[Assistant] = []

    def open_one(folder: str | Path = "index", *, max_file_mb: int = 50, encoder: Encoder = encoder) -> Assistant:
        opened.append(Assistant.open(folder, settings=Settings(max_file_mb=max_file_mb), encoder=encoder))
        return opened[-1]

    yield open_one
    for assistant in opened:
        assistant.close()


@pytest.fixture
def assistant(work: Path, open_assistant: OpenAssistant) -> Assistant:
    """An assistant with the hashed encoder on an empty index in the working directory."""
    return open_assistant(work / "index")


@pytest.fixture
def hashed_cli(monkeypatch: pytest.MonkeyPatch, encoder: HashedEncoder) -> HashedEncoder:
    """The command line in this process uses the hashed encoder for every model."""
    monkeypatch.setattr("askdocs.encoding.encoder.open_encoder", lambda *_, **__: encoder)
    return encoder


@pytest.fixture
def indexed(notes: Path, hashed_cli: HashedEncoder) -> Path:
    """A working directory whose ./index holds ./notes; returns the notes."""
    run_cli("index", notes).assert_clear(0)
    hashed_cli.encoded = 0
    return notes


@pytest.fixture(scope="session")
def bundled_encoder(cache: Path) -> Encoder:
    """The bundled model as it is by default, loaded once: it takes seconds, and where it isn't converted yet many more.

    One process converts it for all. Tests whose own processes need it use this fixture, so that those find it there.
    """
    settings = Settings()
    with FileLock(cache / "models.lock"):
        return open_encoder(settings.model, settings.precision, cache / "models")


@pytest.fixture
def check_golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compares a text with a file in tests/golden, or writes that file with --update-golden."""

    def check(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.write_text(text, encoding="utf-8", newline="")
        assert text == path.read_text(encoding="utf-8"), f"tests/golden/{name} differs; pytest --update-golden"

    return check


@pytest.fixture
def copy_tree(tmp_path: Path) -> Callable[[Path, str], Path]:
    """Copies a folder to a name under the test's own folder."""

    def copy(source: Path, name: str) -> Path:
        return Path(shutil.copytree(source, tmp_path / name))

    return copy
