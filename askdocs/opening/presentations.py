"""Presentations made PDFs by the LibreOffice that is installed, so that their slides can be shown.

It runs with a profile of its own in a temporary folder, where neither the user's settings nor an open LibreOffice are
touched: no macros, nothing fetched that a slide links to and, where the system lets one, no network at all.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

from askdocs.errors import LoadError
from askdocs.loaders.sniffing import ODP, PPTX, sniff

TIME_LIMIT = 120.0
"""Seconds that a presentation may take; most take two."""

MOST_MEMORY = 6_000_000_000
"""Bytes of address space, of which LibreOffice takes two for nothing."""

LARGEST_PDF = 200_000_000

NOT_INSTALLED = "can't be shown: slides are drawn by LibreOffice, which isn't installed (libreoffice-impress)"

_ENDINGS = {PPTX: "pptx", ODP: "odp"}
_MAC = "/Applications/LibreOffice.app/Contents/MacOS/soffice"
_KEPT = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT")

_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Filter/PDF/Export">
<prop oor:name="ExportHiddenSlides" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Filter/PDF/Export">
<prop oor:name="ExportNotes" oor:op="fuse"><value>false</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Filter/PDF/Export">
<prop oor:name="ExportNotesPages" oor:op="fuse"><value>false</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop></item>
</oor:items>
"""
"""Every slide is a page, hidden ones too, and notes are none; so pages have the numbers of their slides."""


class Conversion:
    """Makes PDFs of presentations, one after the other; `close` may be called from another thread, and ends that."""

    def __init__(self, time_limit: float = TIME_LIMIT) -> None:
        self._time_limit = time_limit
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._closed = False

    def pdf(self, data: bytes) -> bytes:
        """The slides of a presentation as the pages of a PDF, hidden ones too; LoadError if it can't be, with why."""
        ending = _ENDINGS.get(sniff(data) or "")
        if ending is None:
            raise LoadError("is no presentation any more")
        program = shutil.which("soffice") or shutil.which("libreoffice") or shutil.which(_MAC)
        if program is None:
            raise LoadError(NOT_INSTALLED)
        try:
            # What a killed LibreOffice was about to write may turn up while the folder is removed.
            with tempfile.TemporaryDirectory(prefix="askdocs-slides-", ignore_cleanup_errors=True) as name:
                folder = Path(name)
                source = folder / f"slides.{ending}"  # under a name that nobody chose
                source.write_bytes(data)
                (folder / "profile" / "user").mkdir(parents=True)
                (folder / "profile" / "user" / "registrymodifications.xcu").write_text(_PROFILE, encoding="utf-8")
                self._run([*_alone(), program, *_arguments(folder, source)], folder)
                return _read(folder / "pdf" / "slides.pdf")
        except OSError as exc:
            raise LoadError(f"can't be shown: there is no room to draw it in ({exc})") from exc

    def close(self) -> None:
        """End the program, if it runs."""
        with self._lock:
            self._closed = True
            self._kill()

    def _run(self, command: list[str], folder: Path) -> None:
        """Run it to its end, however that is."""
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        try:
            with self._lock:
                if self._closed:
                    raise LoadError("is no longer to be shown")
                self._process = subprocess.Popen(  # noqa: S603  LibreOffice, and nothing that a file names
                    command,
                    cwd=folder,
                    env={**environment, "HOME": str(folder), "TMPDIR": str(folder), "SAL_USE_VCLPLUGIN": "svp"},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
                _limit(self._process.pid)
            self._process.wait(self._time_limit)
        except OSError as exc:
            raise LoadError(f"can't be shown: LibreOffice can't be started ({exc.strerror})") from exc
        except subprocess.TimeoutExpired as exc:
            raise LoadError(f"can't be shown: LibreOffice takes more than {self._time_limit:,.0f} s for it") from exc
        finally:
            with self._lock:
                self._kill()

    def _kill(self) -> None:
        """With all that it has started: its main program is a child of a script."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError, PermissionError):
            if sys.platform == "win32":
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            made = file.read(LARGEST_PDF + 1)
    except FileNotFoundError as exc:
        raise LoadError("can't be shown: LibreOffice makes no PDF of it") from exc
    if len(made) > LARGEST_PDF:
        raise LoadError("can't be shown: LibreOffice makes too large a PDF of it")
    return made


def _arguments(folder: Path, source: Path) -> list[str]:
    return [
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        "--headless", "--norestore", "--nolockcheck",
        "--convert-to", "pdf:impress_pdf_Export", "--outdir", str(folder / "pdf"), str(source),
    ]  # fmt: skip


def _alone() -> list[str]:
    """What before a command keeps it from the network; nothing where that isn't to be had."""
    program = shutil.which("unshare")
    if program is None:
        return []
    command = [program, "--map-root-user", "--net", "--"]
    try:
        tried = subprocess.run([*command, "true"], capture_output=True, timeout=5, check=False)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return []
    return [] if tried.returncode else command


def _limit(process: int) -> None:
    with suppress(ImportError, AttributeError, OSError, ValueError):  # Linux alone lets others be limited
        import resource

        for what, most in (
            (resource.RLIMIT_AS, MOST_MEMORY), (resource.RLIMIT_FSIZE, LARGEST_PDF), (resource.RLIMIT_CORE, 0),
        ):  # fmt: skip
            resource.prlimit(process, what, (most, most))
