"""Opening a document where it is cited, in the program that its owner reads it with.

A command is a list of arguments and never goes through a shell. Files are always named by their absolute path, so that
no name is taken for an option.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote as percent_encoded

from askdocs.catalog.records import locator_of, locator_values, shown_path
from askdocs.config import write_to_cache
from askdocs.errors import SettingsError, UsageError
from askdocs.types import Citation, Locator, SearchResult, Unit

_EDITORS = {
    **dict.fromkeys(("vi", "vim", "nvim", "nano", "emacs", "kak", "micro", "joe", "jed", "mg", "ne"), "+{line} {path}"),
    **dict.fromkeys(("emacsclient", "gvim", "gedit", "gnome-text-editor", "pluma", "xed"), "+{line} {path}"),
    **dict.fromkeys(("hx", "helix", "subl", "sublime_text", "zed", "zeditor"), "{path}:{line}"),
    **dict.fromkeys(("code", "codium", "code-insiders", "cursor", "windsurf"), "--goto {path}:{line}"),
    "kate": "--line {line} {path}",
    "mate": "--line {line} {path}",
    "bbedit": "+{line} {path}",
    "notepad++": "-n{line} {path}",
}
"""What stands behind an editor's name to open a file at a line."""

_IN_TERMINAL = frozenset(
    {"vi", "vim", "nvim", "nano", "kak", "micro", "joe", "jed", "mg", "ne", "hx", "helix", "emacs"}
)

_PDF_VIEWERS = {
    "evince": "--page-index={page} {path}",
    "papers": "--page-index={page} {path}",
    "atril": "--page-index={page} {path}",
    "xreader": "--page-index={page} {path}",
    "okular": "--page {page} {path}",
    "zathura": "--page={page} {path}",
    "qpdfview": "--unique {path}#{page}",
    "mupdf": "{path} {page}",
    "xpdf": "{path} {page}",
    "sioyek": "--page {page} {path}",
    "SumatraPDF": "-page {page} {path}",
    "firefox": "{url}#page={page}",
    "chromium": "{url}#page={page}",
    "google-chrome": "{url}#page={page}",
}
"""What stands behind a PDF viewer's name to open a file at a page, in the order in which they are looked for."""

_FAILS_WITHIN = 1.0
"""Seconds in which a program with a window has failed, if it does."""

_SOMEWHERE = Locator(Unit.PARAGRAPHS, (), 1, 1)
_WHAT_TO_SET = "set `editor` or `pdf_viewer` in askdocs.toml, or $EDITOR"

_TEXT_FRAGMENT_WORDS = 5
_MARK = re.compile(r"\s*(?:[-*+•]|\d+[.)])\s+")
_NAME = re.compile(r"[^:;]+: ")
_WEB = (".html", ".htm", ".xhtml")


@dataclass(frozen=True, slots=True)
class Cited:
    """What is kept of a citation to open it later; `path` is absolute."""

    path: str
    locator: Locator
    quote: str


@dataclass(frozen=True, slots=True)
class OpenCommand:
    """A program with its arguments; `in_terminal` if it draws in the terminal that it is started from."""

    arguments: tuple[str, ...]
    in_terminal: bool


def cited(passage: Citation | SearchResult) -> Cited:
    """What `passage` is opened by."""
    quote = passage.quote if isinstance(passage, Citation) else passage.text
    locator = _SOMEWHERE if passage.document.inside else passage.locator  # its lines and pages aren't those of the file
    return Cited(os.path.abspath(passage.document.path), locator, quote)


def from_the_beginning(path: str) -> Cited:
    """What a whole file is opened by."""
    return Cited(path, _SOMEWHERE, "")


def remember(cited: Sequence[Cited], file: Path) -> None:
    """Keep what was cited last in `file`, for `recall`; where that can't be, nothing is kept."""
    write_to_cache(file, json.dumps([[item.path, item.quote, *locator_values(item.locator)] for item in cited]))


def recall(number: int, file: Path) -> Cited:
    """The citation of that number (from 1) which was remembered in `file`. Raises UsageError if there is none."""
    try:
        values = json.loads(file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        raise UsageError("nothing has been asked of this index yet; `askdocs ask` or `askdocs search` first") from None
    if not 1 <= number <= len(values):
        raise UsageError(f"there is no [{number}]: the last answer has {len(values)} passages")
    path, quote, *locator = values[number - 1]
    return Cited(path, locator_of(locator), quote)


def open_command(cited: Cited, editor: str, pdf_viewer: str, environment: Mapping[str, str]) -> OpenCommand:
    """What opens a cited file at its place.

    `editor` and `pdf_viewer` are the settings: a program, or a whole command with {path}, {url}, {line} and {page}; if
    they are empty, $VISUAL or $EDITOR opens text at its line, and the viewer that is installed opens a PDF at its page.
    Everything else is opened by the program that the system has for it. Raises UsageError if the file has gone, and
    SettingsError for a command that can't be read.
    """
    path, locator = cited.path, cited.locator
    if not os.path.exists(path):
        raise UsageError(f"{shown_path(path)} is not there any more")
    values = {"path": path, "url": Path(path).as_uri(), "line": str(locator.start), "page": str(locator.start)}
    ending = os.path.splitext(path)[1].lower()
    if locator.unit is Unit.LINES:
        if chosen := editor or environment.get("VISUAL") or environment.get("EDITOR"):
            return _filled(chosen, _EDITORS, values)
    elif ending == ".pdf":
        if chosen := pdf_viewer or _default_pdf_viewer():
            return _filled(chosen, _PDF_VIEWERS, values)
    elif ending in _WEB:
        return OpenCommand((*_system_opener(), values["url"] + text_fragment(cited.quote)), in_terminal=False)
    return OpenCommand((*_system_opener(), path), in_terminal=False)


def address_command(address: str) -> OpenCommand:
    """What opens an address of the web or of mail: the program that the system has for it."""
    return OpenCommand((*_system_opener(), address), in_terminal=False)


def text_fragment(quote: str) -> str:
    """What is appended to a page's address so that a browser scrolls to `quote`: `#:~:text=first words,last words`.

    Each lies within a line of the quote, as a browser finds no words that run from one block into another.
    """
    lines = [_printed(line) for line in quote.splitlines() if line.strip()]
    if not lines:
        return ""
    first, last = lines[0][0], lines[-1][-1]
    if len(lines) == len(lines[0]) == 1 and len(first) <= 2 * _TEXT_FRAGMENT_WORDS:
        ends = [first]
    else:
        ends = [first[:_TEXT_FRAGMENT_WORDS], last[-_TEXT_FRAGMENT_WORDS:]]
    # Commas, hyphens and ampersands have a meaning of their own in it.
    return "#:~:text=" + ",".join(percent_encoded(" ".join(some), safe="").replace("-", "%2D") for some in ends)


def _printed(line: str) -> list[list[str]]:
    """The words of a line as a page shows them: an item without its mark, a row cell by cell without their names."""
    line = _MARK.sub("", line, count=1) or line
    cells = line.split("; ")
    named = [_NAME.sub("", cell, count=1) for cell in cells]
    if len(cells) > 1 and all(value.strip() and value != cell for cell, value in zip(cells, named, strict=True)):
        return [value.split() for value in named]
    return [line.split()]


def start(command: OpenCommand, otherwise: str = _WHAT_TO_SET) -> None:
    """Run a program of the terminal to its end; start any other, and wait only to see whether it fails at once.

    Raises UsageError, which says what to do `otherwise`, if it isn't there, or failed at once.
    """
    program = command.arguments[0]
    try:
        if command.in_terminal:
            subprocess.run(command.arguments, check=False)  # noqa: S603  the user's own choice
            return
        process = subprocess.Popen(  # noqa: S603  the user's own choice
            command.arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as exc:
        raise UsageError(f"{program} can't be started ({exc.strerror}); {otherwise}") from exc
    try:
        code = process.wait(_FAILS_WITHIN)
    except subprocess.TimeoutExpired:
        threading.Thread(target=process.wait, daemon=True).start()  # so that its end is taken note of
        return
    if code and program != "explorer":  # which never ends with 0
        raise UsageError(f"{program} couldn't open it (exit code {code}); {otherwise}")


def _filled(chosen: str, known: Mapping[str, str], values: Mapping[str, str]) -> OpenCommand:
    """The command `chosen`, with the arguments that its program is `known` to take where it names no file itself."""
    try:
        words = shlex.split(chosen)
        program = words[0]
    except (ValueError, IndexError) as exc:
        raise SettingsError(
            f"{chosen!r} can't be run: {exc}; name a program, as in `vim` or `code --goto {{path}}:{{line}}`"
        ) from exc
    name = os.path.basename(program).removesuffix(".exe")
    if not any("{path}" in word or "{url}" in word for word in words):
        words += known.get(name, "{path}").split()
    arguments = [words[0], *(_replaced(word, values) for word in words[1:])]
    return OpenCommand(tuple(arguments), name in _IN_TERMINAL)


def _replaced(word: str, values: Mapping[str, str]) -> str:
    """`word` with its placeholders filled, once: what is in a file's name is no placeholder."""
    parts = word.split("{")
    filled = [parts[0]]
    for part in parts[1:]:
        name, brace, rest = part.partition("}")
        filled.append(values[name] + rest if brace and name in values else "{" + part)
    return "".join(filled)


def _default_pdf_viewer() -> str | None:
    """The viewer that the desktop has been told to use if it can go to a page, else the first that is installed."""
    if sys.platform in ("win32", "darwin"):
        return shutil.which("SumatraPDF")
    asked = ("xdg-mime", "query", "default", "application/pdf")
    try:
        told = subprocess.run(asked, capture_output=True, text=True, timeout=2, check=False).stdout.lower()  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        told = ""
    installed = [name for name in _PDF_VIEWERS if shutil.which(name)]
    return next((name for name in installed if name.lower() in told), installed[0] if installed else None)


def _system_opener() -> Sequence[str]:
    if sys.platform == "darwin":
        return ("open",)
    return ("explorer",) if sys.platform == "win32" else ("xdg-open",)
