"""Checks that take long: `make check-slow`."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from askdocs.catalog.catalog import Catalog
from askdocs.catalog.records import FileState, ReadDocument, Source
from askdocs.indexing.files import content_hash
from askdocs.indexing.planner import find_changes
from askdocs.types import Document
from tests.support import PROJECT, run_process, run_python, write_files

pytestmark = pytest.mark.slow


def test_the_wheel_holds_the_package_and_nothing_else(tmp_path: Path) -> None:
    """Seeds, index, tests and benchmarks stay out of the wheel, styles and the type marker are in it."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(PROJECT)]
    subprocess.run(command, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"askdocs"}
    assert "askdocs/py.typed" in names
    assert any(name.endswith(".tcss") for name in names)


FILES = 200_000


@pytest.mark.parametrize("known", [False, True])
def test_planning_a_great_many_files_takes_little_memory(tmp_path: Path, known: bool) -> None:
    """Unchanged files hold none, whatever their number, and new ones less than 600 bytes each."""
    code = f"from tests.slow.test_slow import plan_many; plan_many({str(tmp_path)!r}, {known})"
    ran = run_python(code, cwd=PROJECT, timeout=300)
    ran.assert_clear(0)
    found, size = map(int, ran.stdout.split())
    assert found == FILES
    assert size < (10_000_000 if known else 600 * FILES)


def plan_many(folder: str, known: bool) -> None:
    """Print how many of FILES empty files in `folder` are unchanged, or else new, and by what memory grew meanwhile."""
    root = Path(folder) / "tree"
    catalog = Catalog(Path(folder) / "catalog.sqlite")
    source = catalog.put_source(Source(0, str(root)))
    document = Document("", "text/plain", "utf-8", "", None, (), ())
    with catalog.transaction():
        for number in range(FILES):
            path = root / f"folder {number // 1_000:05}" / f"document {number:07}.txt"
            if number % 1_000 == 0:
                path.parent.mkdir(parents=True)
            path.touch()
            if known:
                relative, state = str(path.relative_to(root)), FileState.of(path.stat())
                catalog.put_documents(source, relative, content_hash(b""), state, [ReadDocument(document, (), ())])
    with (Path("/proc") / "self" / "clear_refs").open("w") as clear:
        clear.write("5")  # the peak is that of what follows
    before = _memory("VmRSS")
    plan = find_changes(catalog, [source], 1_000_000).plan
    sys.stdout.write(f"{plan.unchanged if known else len(plan.added)} {_memory('VmHWM') - before}\n")


def _memory(name: str) -> int:
    """Bytes of this process."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status[name].split()[0]) * 1024


def test_an_index_survives_being_killed_again_and_again(work: Path) -> None:
    """With the real model too, after kill -9 at any moment the next command works, and at the end all is there once."""
    texts = {f"{n:03}.txt": f"Note {n}\n\n" + f"The number {n} stands for thing {n * 7}. " * 40 for n in range(120)}
    write_files(work / "notes", texts)
    generator = random.Random(7)
    for _ in range(10):
        process = subprocess.Popen(
            [sys.executable, "-m", "askdocs", "index", "notes"], cwd=work, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )  # fmt: skip
        time.sleep(generator.uniform(0.3, 4))
        process.send_signal(signal.SIGKILL)
        _, stderr = process.communicate()
        assert b"Traceback" not in stderr
        status = run_process("status", "--json", cwd=work)
        assert status.exit_code == 0, status.stderr
    assert run_process("index", "notes", cwd=work).exit_code == 0
    again = run_process("index", cwd=work)
    assert again.stdout.startswith("0 added, 0 updated, 0 renamed, 0 deleted, 120 unchanged, 0 failed; 0 passages")
    counts = json.loads(run_process("status", "--json", cwd=work).stdout)
    assert counts["documents"] == 120
    found = json.loads(run_process("search", "-k", "1000", "--json", "thing number", cwd=work).stdout)["results"]
    assert len({(result["document"]["path"], *result["span"]) for result in found}) == len(found)


def test_a_killed_conversion_is_made_again(work: Path) -> None:
    """After kill -9 in the midst of converting the model, the next command converts it anew, and answers."""
    write_files(work / "notes", {"roof.txt": "The roof was repaired in 1987."})
    environment = {**os.environ, "ASKDOCS_CACHE": str(work / "cache")}
    models = work / "cache" / "models"
    command = [sys.executable, "-m", "askdocs", "index", "notes"]
    process = subprocess.Popen(command, cwd=work, env=environment, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 300
    while not list(models.glob(".unfinished-*/*")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert not list(models.glob("*/encoder.json"))
    done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("1 added")
    status = subprocess.run(
        [*command[:3], "status", "--json"], cwd=work, env=environment, capture_output=True, check=True
    )
    assert json.loads(status.stdout)["encoder"] == "all-MiniLM-L6-v2, int8"


@pytest.mark.skipif(sys.platform != "linux", reason="limits the address space as Linux does")
def test_the_plain_encoder_works_where_memory_is_short(work: Path) -> None:
    """With 120 MB left, what torch can't embed in one batch goes through in smaller ones."""
    code = """
import resource
from pathlib import Path
from askdocs.encoding.encoder import BATCH_SIZE, SentenceTransformersEncoder
from askdocs.encoding.models import resolve_model
folder, name = resolve_model("")
encoder = SentenceTransformersEncoder(folder, name, "", "")
encoder.encode(["warm"])
taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (taken + 120_000_000,) * 2)
print(encoder.encode(["word " * 400] * BATCH_SIZE).shape[0], encoder._batch_size < BATCH_SIZE)
"""
    ran = run_python(code, cwd=work)
    assert ran.stdout.split() == ["32", "True"], ran.stderr
