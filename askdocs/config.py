"""Settings: what each means, and how they are read from askdocs.toml and the environment."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from askdocs.errors import SettingsError

SETTINGS_FILE = "askdocs.toml"


def home_expanded(path: str | os.PathLike[str]) -> str:
    """`path` with a leading ~ or ~user replaced by that home folder, unless there is a file of exactly this name."""
    return os.fspath(path) if os.path.lexists(path) else os.path.expanduser(os.fspath(path))


def cache_folder() -> Path:
    """Where things are kept that can be made again: $ASKDOCS_CACHE, else the user's cache folder."""
    from platformdirs import user_cache_path

    return Path(os.environ.get("ASKDOCS_CACHE") or user_cache_path("askdocs"))


def write_to_cache(path: Path, text: str) -> None:
    """Put `text` into a file of the cache folder, all of it or, where that can't be, nothing."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        part.replace(path)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a user can choose; `ABOUT` says what each means."""

    index: str = "index"
    model: str = ""
    precision: str = "int8"
    retrieval: str = "hybrid"
    reranker: str = ""
    max_file_mb: int = 50
    editor: str = ""
    pdf_viewer: str = ""
    watch: bool = True
    archives: bool = False
    ocr: bool = False
    pictures: str = "auto"
    theme: str = "askdocs-dark"
    vim: bool = False
    keys: Mapping[str, str] = field(default_factory=dict)
    own_theme: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, about in ABOUT.items():
            value = getattr(self, name)
            if about.allowed and value not in about.allowed:
                raise SettingsError(f"{name} must be one of {', '.join(about.allowed)}, not {value!r}", name)
        if self.max_file_mb < 1:
            raise SettingsError(f"max_file_mb must be at least 1, not {self.max_file_mb}", "max_file_mb")
        for name in self.own_theme:
            if name not in THEME_FIELDS:
                raise SettingsError(
                    f"own_theme has no {name!r}; it has: {', '.join(THEME_FIELDS)}", f"own_theme.{name}"
                )


class Counts(StrEnum):
    """From when on a setting that is changed in the interface counts."""

    NOW = "at once"
    INDEXING = "when files are indexed next"
    START = "from the next start on"
    REBUILD = "from the next start on, after `askdocs index --rebuild`"


class About(NamedTuple):
    """What a setting means, when a change of it counts, and the values that it can have if they are few."""

    meaning: str
    counts: Counts = Counts.NOW
    allowed: tuple[str, ...] = ()


ABOUT: Mapping[str, About] = {
    "index": About("the folder of the index; $ASKDOCS_INDEX wins over it", Counts.START),
    "model": About(
        "empty for the bundled all-MiniLM-L6-v2, else a sentence-transformers model: its folder, or its hub name; "
        "$ASKDOCS_MODEL wins over it",
        Counts.REBUILD,
    ),
    "precision": About("what a CPU computes embeddings in", Counts.START, ("int8", "float32")),
    "retrieval": About(
        "what ranks: meaning and words together, meaning alone (dense), or words alone (lexical)",
        allowed=("hybrid", "dense", "lexical"),
    ),
    "reranker": About(
        "empty for none, else a sentence-transformers cross-encoder that reorders the best passages: its folder, or "
        "its hub name",
        Counts.START,
    ),
    "max_file_mb": About(
        "larger files (in 1,000,000 bytes) are refused, and listed as failed unless a source excludes them",
        Counts.INDEXING,
    ),
    "editor": About(
        "opens text at its line: a program, or a command with {path} and {line}; empty for $VISUAL or $EDITOR"
    ),
    "pdf_viewer": About(
        "opens a PDF at its page: a program, or a command with {path} and {page}; empty for the one installed"
    ),
    "watch": About("whether the interface indexes by itself what changes; a key switches that on and off too"),
    "archives": About(
        "whether archives and compressed files in folders are read (.zip .tar .gz .bz2 .xz .zst)", Counts.INDEXING
    ),
    "ocr": About(
        "whether pictures of text (.png .jpg .tif .bmp .webp, scanned pages of PDFs) are read by Tesseract, if it is "
        "installed (tesseract-ocr)",
        Counts.INDEXING,
    ),
    "pictures": About(
        "how pages are shown: in pixels where the terminal is known to take them, by one of three protocols, or with "
        "block characters",
        allowed=("auto", "kitty", "sixel", "iterm2", "blocks"),
    ),
    "theme": About("the colours: a theme by its name, or own for those of the table own_theme"),
    "vim": About("whether j, k, g and G move as the arrows, Home and End do, and i and / lead back to the question"),
    "keys": About("the keys of actions, several with commas between them"),
    "own_theme": About("a theme of your own: `base` is another one by its name, the rest colours in place of its own"),
}
"""The settings in the order in which people are shown them; the last two are tables."""

THEME_FIELDS: Mapping[str, str] = {
    "base": "the theme that has all that isn't chosen here",
    "foreground": "text",
    "background": "what most text stands on",
    "surface": "the lines at the top, and what is chosen",
    "panel": "the line of keys",
    "primary": "names, numbers and the frame of what is in use",
    "secondary": "what stands beside `primary`",
    "accent": "the sentence that answers, and keys",
    "success": "an answer that was found",
    "warning": "what should be looked at",
    "error": "what went wrong",
}
"""What `own_theme` can hold, and what each colours."""

_KINDS: dict[type, str] = {str: "a text in quotes", int: "a whole number", bool: "true or false", dict: "a table"}
_KIND_OF = {item.name: type(getattr(Settings(), item.name)) for item in fields(Settings)}


def allowed_values(name: str) -> str:
    """What the setting `name` can be, in words."""
    if allowed := ABOUT[name].allowed:
        return ", ".join(allowed)
    return {str: "any text", int: "a whole number, at least 1", bool: "true, false", dict: "a table"}[_KIND_OF[name]]


def load_settings(directory: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings for work in `directory`: $ASKDOCS_INDEX, $ASKDOCS_MODEL, else askdocs.toml there, else defaults.

    Raises SettingsError for a file that is not TOML, a setting that doesn't exist, or a value of the wrong type.
    """
    environment = os.environ if environment is None else environment
    values = _parsed(_read(directory / SETTINGS_FILE), directory)
    for name in ("index", "model"):
        if value := environment.get(f"ASKDOCS_{name.upper()}"):
            values[name] = value
    try:
        return Settings(**_of_right_kind(values))
    except SettingsError as exc:
        raise located(exc, directory) from exc


def located(exc: SettingsError, directory: Path) -> SettingsError:
    """`exc` with the line of askdocs.toml in `directory` at which the setting stands that it is about."""
    from askdocs.settings_file import line_of

    path = directory / SETTINGS_FILE
    line = line_of(_read(path), exc.name.split(".")) if exc.name else None
    return SettingsError(f"{path}, line {line}: {exc}" if line else f"{path}: {exc}", exc.name)


def taken_up(settings: Settings, running: Settings) -> Settings:
    """`settings`, but with the values of the `running` ones where a change counts only from the next start on."""
    waiting = [name for name, about in ABOUT.items() if about.counts in (Counts.START, Counts.REBUILD)]
    return replace(settings, **{name: getattr(running, name) for name in waiting})


def change_setting(directory: Path, name: str, text: str | None, check: Callable[[Settings], object]) -> Settings:
    """Set `name`, or `table.name`, to what `text` says in askdocs.toml of `directory`; None leaves it to its default.

    Returns all settings of the file. What can't be, or what `check` doesn't let pass, is refused with SettingsError,
    and nothing is written.
    """
    from askdocs import settings_file

    first, *rest = name.split(".")
    value = None if text is None else text if rest else _value(first, text)
    before = _read(directory / SETTINGS_FILE)
    _parsed(before, directory)
    after = settings_file.with_setting(before, (first, *rest), value)
    settings = Settings(**_of_right_kind(_parsed(after, directory)))
    check(settings)
    if after != before:
        settings_file.write(directory / SETTINGS_FILE, after)
    return settings


def changed(settings: Settings, assignment: str) -> Settings:
    """`settings` with one changed, as in `retrieval=dense`. Raises SettingsError if that makes no sense."""
    name, _, text = assignment.partition("=")
    values: dict[str, Any] = asdict(settings)
    if name not in values:
        raise SettingsError(f"{assignment!r}: there is no setting {name!r}; there are: {', '.join(values)}")
    try:
        values[name] = _value(name, text)
        return Settings(**values)
    except SettingsError as exc:
        raise SettingsError(f"{assignment!r}: {exc}") from exc


def _value(name: str, text: str) -> str | int | bool:
    if name not in _KIND_OF:
        raise SettingsError(f"there is no setting {name!r}; there are: {', '.join(_KIND_OF)}", name)
    kind = _KIND_OF[name]
    try:
        if kind is bool:
            return {"true": True, "false": False}[text]
        if kind is int:
            return int(text)
    except (ValueError, KeyError) as exc:
        raise SettingsError(f"{name} must be {_KINDS[kind]}, not {text!r}", name) from exc
    if kind is dict:
        raise SettingsError(f"{name} is a table, to be written in {SETTINGS_FILE}", name)
    return text


def _read(path: Path) -> str:
    if not os.path.lexists(path):
        return ""
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as exc:
        raise SettingsError(f"{path} can't be read as settings: {exc.strerror or exc}") from exc
    except UnicodeDecodeError as exc:
        raise SettingsError(f"{path} can't be read as settings: {exc}") from exc


def _parsed(text: str, directory: Path) -> dict[str, Any]:
    if not text:
        return {}
    import tomllib

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as exc:  # TOMLDecodeError, numbers of thousands of digits, endless brackets
        from askdocs.settings_file import line_of_mistake

        line = line_of_mistake(exc, text)
        name = text.split("\n")[line - 1].partition("=")[0].strip()
        hint = f"; {name} must be {_KINDS[_KIND_OF[name]]}" if name in _KIND_OF else ""
        where = f"{directory / SETTINGS_FILE}, line {line}"
        raise SettingsError(f"{where} can't be read as settings: {exc}{hint}", name if hint else "") from exc


def _of_right_kind(values: dict[str, Any]) -> dict[str, Any]:
    for name, value in values.items():
        if name not in _KIND_OF:
            raise SettingsError(f"there is no setting {name!r}; there are: {', '.join(_KIND_OF)}", name)
        if type(value) is not _KIND_OF[name]:
            hint = f" ({allowed_values(name)})" if ABOUT[name].allowed else ""
            raise SettingsError(f"{name} must be {_KINDS[_KIND_OF[name]]}{hint}, not {value!r}", name)
        if isinstance(value, dict):
            for inner, text in value.items():
                if type(text) is not str:
                    raise SettingsError(f"{name}.{inner} must be {_KINDS[str]}, not {text!r}", f"{name}.{inner}")
    return values
