"""Presentations are made PDFs by LibreOffice; here a script stands in for it, in tests/slow the real one is asked."""

from __future__ import annotations

import io
import os
import threading
import time
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from askdocs import Assistant
from askdocs.config import Settings
from askdocs.errors import LoadError
from askdocs.opening.presentations import Conversion
from tests.fakes import HashedEncoder
from tests.support import PROJECT, index_all, install_program, write_files

SLIDES = PROJECT / "tests" / "loaders" / "fixtures" / "slides"
PPTX, ODP, PDF = ((SLIDES / f"crane.{ending}").read_bytes() for ending in ("pptx", "odp", "pdf"))
LAST_ARGUMENTS = """
while [ $# -gt 2 ]; do shift; done
mkdir -p "$1"
"""
"""Leaves where the PDF is to be put, and the presentation."""


def test_libreoffice_is_run_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a profile that shows every slide, no macros and nothing fetched, under names of our own; nothing stays."""
    script = (
        f'echo "$@" > {tmp_path}/arguments; env > {tmp_path}/environment\n'
        f"cp profile/user/registrymodifications.xcu {tmp_path}/profile\n{LAST_ARGUMENTS}"
        f'cp "$2" {tmp_path}/given\ncp {SLIDES}/crane.pdf "$1/slides.pdf"\n'
    )
    monkeypatch.setenv("SECRET_OF_THE_USER", "1")
    install_program(tmp_path / "bin", "soffice", script, monkeypatch)
    for data, ending in ((PPTX, "pptx"), (ODP, "odp")):
        assert Conversion().pdf(data) == PDF
        assert (tmp_path / "given").read_bytes() == data
        profile, *options, source = (tmp_path / "arguments").read_text().split()
        folder = Path(source).parent
        assert Path(source).name == f"slides.{ending}"
        assert profile == f"-env:UserInstallation={(folder / 'profile').as_uri()}"
        assert options[:5] == ["--headless", "--norestore", "--nolockcheck", "--convert-to", "pdf:impress_pdf_Export"]
        environment = (tmp_path / "environment").read_text()
        assert f"HOME={folder}\n" in environment
        assert "SECRET_OF_THE_USER" not in environment
        assert not folder.exists()
    settings = (tmp_path / "profile").read_text()
    for name in ("ExportHiddenSlides", "BlockUntrustedRefererLinks", "DisableMacrosExecution"):
        assert f'"{name}" oor:op="fuse"><value>true<' in settings


@pytest.mark.parametrize("script", ["exit 1", "kill -9 $$", "exit 0"])
def test_a_libreoffice_that_fails_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Whatever its exit code says, it is the PDF that counts."""
    install_program(tmp_path / "bin", "soffice", script, monkeypatch)
    with pytest.raises(LoadError, match=r"^can't be shown: LibreOffice makes no PDF of it$"):
        Conversion().pdf(PPTX)


def hanging(folder: Path, patch: pytest.MonkeyPatch) -> Path:
    """A LibreOffice that waits, in a child as the real one does; where it writes the child's process."""
    child = folder / "child"
    script = f"sleep 60 &\necho $! > {child}.part; mv {child}.part {child}\nwait\n"
    install_program(folder / "bin", "soffice", script, patch)
    return child


def is_running(process: int) -> bool:
    """Whether it runs; one that has ended and that nobody has asked about doesn't."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def assert_ends(process: int) -> None:
    deadline = time.monotonic() + 5
    while is_running(process):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_libreoffice_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what it has started."""
    child = hanging(tmp_path, monkeypatch)
    with pytest.raises(LoadError, match=r"LibreOffice takes more than 1 s for it$"):
        Conversion(1.0).pdf(PPTX)
    assert_ends(int(child.read_text()))


def test_closing_ends_a_conversion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From another thread, at once; nothing is begun after that."""
    child = hanging(tmp_path, monkeypatch)
    conversion = Conversion()
    said: list[str] = []

    def convert() -> None:
        try:
            conversion.pdf(PPTX)
        except LoadError as exc:
            said.append(str(exc))

    thread = threading.Thread(target=convert)
    thread.start()
    deadline = time.monotonic() + 10
    while not child.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    conversion.close()
    thread.join(10)
    assert said == ["can't be shown: LibreOffice makes no PDF of it"]
    assert_ends(int(child.read_text()))
    with pytest.raises(LoadError, match="no longer to be shown"):
        conversion.pdf(PPTX)


def test_what_can_not_be_converted_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has become something else, and where LibreOffice is missing."""
    with pytest.raises(LoadError, match=r"^is no presentation any more$"):
        Conversion().pdf(PDF)
    monkeypatch.setenv("PATH", os.path.join(os.sep, "nowhere"))
    with pytest.raises(LoadError, match=r"LibreOffice, which isn't installed \(libreoffice-impress\)$"):
        Conversion().pdf(PPTX)


def test_a_presentation_is_converted_once(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as it is one of the last four that were shown."""
    calls = work / "calls"
    script = f'echo >> {calls}\n{LAST_ARGUMENTS}cp {SLIDES}/crane.pdf "$1/slides.pdf"\n'
    install_program(work / "bin", "soffice", script, monkeypatch)
    write_files(work / "decks", {f"{number}.pptx": other_deck(number) for number in range(5)})
    with Assistant.open(work / "index", settings=Settings(), encoder=HashedEncoder()) as assistant:
        index_all(assistant, work / "decks")

        def show(number: int) -> int:
            """How often LibreOffice has been run after a slide of that deck was shown."""
            citation = assistant.ask(f"three tonnes at the end of its jib path:{number}.pptx").citations[0]
            with closing(assistant.page_pictures(citation)) as pictures:
                for page in (1, 3):
                    assert pictures.picture(page, 100).pages == 4
            return calls.read_text().count("\n")

        assert [show(number) for number in (0, 1, 0, 2, 3, 3, 4, 0)] == [1, 2, 2, 3, 4, 4, 5, 6]


def other_deck(number: int) -> bytes:
    """The same slides in other bytes."""
    stream = io.BytesIO(PPTX)
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr(f"customXml/{number}.xml", "<a/>")
    return stream.getvalue()
