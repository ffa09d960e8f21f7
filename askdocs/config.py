"""Settings: the only reader of askdocs.toml and of the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from askdocs.errors import SettingsError

SETTINGS_FILE = "askdocs.toml"


def home_expanded(path: str | os.PathLike[str]) -> str:
    """`path` as it is if something of that name is there, else with a leading ~ or ~user made their home folder."""
    return os.fspath(path) if os.path.lexists(path) else os.path.expanduser(os.fspath(path))


def cache_folder() -> Path:
    """Where things are kept that can be made again: $ASKDOCS_CACHE, else the user's cache folder."""
    from platformdirs import user_cache_path

    return Path(os.environ.get("ASKDOCS_CACHE") or user_cache_path("askdocs"))


@dataclass(frozen=True, slots=True)
class Settings:
    """What a user can choose.

    `model` is empty for the bundled all-MiniLM-L6-v2, else the folder of a sentence-transformers model or its
    name on the Hugging Face hub. `precision` is what a CPU computes embeddings in. `retrieval` is what ranks:
    meaning and words together, or one of them alone. `reranker` is empty for none, else the folder or hub name of a
    sentence-transformers cross-encoder that reorders the best passages. `max_file_mb` is the largest file that is
    indexed, in 1,000,000 bytes. `editor` and `pdf_viewer` are programs, or whole commands with {path}, {line} and
    {page}, that open a document where it is cited; empty for $EDITOR and the viewer that is installed.
    `watch` is whether the interface indexes by itself what changes, `archives` whether archives and compressed files in
    folders are documents, and `ocr` whether pages of PDFs that are pictures of text are read by the Tesseract that is
    installed.
    """

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

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            if getattr(self, name) not in allowed:
                raise SettingsError(f"{name} must be one of {', '.join(allowed)}, not {getattr(self, name)!r}")
        if self.max_file_mb < 1:
            raise SettingsError(f"max_file_mb must be at least 1, not {self.max_file_mb}")


_KINDS: dict[type, str] = {str: "a text in quotes", int: "a whole number", bool: "true or false"}

CHOICES = {"precision": ("int8", "float32"), "retrieval": ("hybrid", "dense", "lexical")}
"""The settings that take one of a few values."""


def load_settings(directory: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings for work in `directory`: $ASKDOCS_INDEX, $ASKDOCS_MODEL, else askdocs.toml there, else defaults.

    Raises SettingsError for a file that is not TOML, a setting that doesn't exist, or a value of the wrong type.
    """
    environment = os.environ if environment is None else environment
    values = _read_file(directory / SETTINGS_FILE)
    for name in ("index", "model"):
        if value := environment.get(f"ASKDOCS_{name.upper()}"):
            values[name] = value
    try:
        return Settings(**values)
    except SettingsError as exc:
        raise SettingsError(f"{directory / SETTINGS_FILE}: {exc}") from exc


def changed(settings: Settings, assignment: str) -> Settings:
    """`settings` with one changed, as in `retrieval=dense`. Raises SettingsError if that makes no sense."""
    name, _, text = assignment.partition("=")
    values: dict[str, Any] = asdict(settings)
    if name not in values:
        raise SettingsError(f"{assignment!r}: there is no setting {name!r}; there are: {', '.join(values)}")
    kind = type(values[name])
    try:
        values[name] = {"true": True, "false": False}[text] if kind is bool else kind(text)
    except (ValueError, KeyError) as exc:
        raise SettingsError(f"{assignment!r}: {name} must be {_KINDS[kind]}") from exc
    return Settings(**values)


def _read_file(path: Path) -> dict[str, Any]:
    if not os.path.lexists(path):
        return {}
    import tomllib

    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise SettingsError(f"{path} can't be read as settings: {exc}") from exc
    allowed = {item.name: type(item.default) for item in fields(Settings)}
    for name, value in values.items():
        if name not in allowed:
            raise SettingsError(f"{path}: there is no setting {name!r}; there are: {', '.join(allowed)}")
        if type(value) is not allowed[name]:
            raise SettingsError(f"{path}: {name} must be {_KINDS[allowed[name]]}, not {value!r}")
    return values
