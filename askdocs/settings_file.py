"""askdocs.toml as a text that people write: where a setting stands in it, and how one is changed and the rest stays."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from askdocs.errors import SettingsError

Value = str | int | bool | None


def line_of(text: str, name: Sequence[str]) -> int | None:
    """The line (from 1) at which the setting `name`, as in ("keys", "index"), begins in the TOML `text`."""
    table = statement = ""
    begins = 1
    for number, line in enumerate(text.split("\n"), start=1):
        begins = begins if statement else number
        statement += f"{line}\n"
        try:
            values = tomllib.loads(table + statement)
        except ValueError:
            continue  # goes on in the next line
        if statement.lstrip().startswith("["):
            table = statement
        if _holds(values, name):
            return begins
        statement = ""
    return None


def line_of_mistake(exc: Exception, text: str) -> int:
    """The line (from 1) at which `text` is no TOML, as `exc` tells."""
    at = re.search(r"at line (\d+)", str(exc))
    return int(at[1]) if at else text.count("\n") + 1


def with_setting(text: str, name: Sequence[str], value: Value) -> str:
    """The TOML `text` with the setting `name` of another value, or without it where that is None.

    Comments, order and form stay. Raises SettingsError if that can't be.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    wanted = tomllib.loads(text)
    _put(wanted, name, value)
    try:
        document = tomlkit.parse(text)
        if len(name) > 1 and name[0] not in document and value is not None:
            document[name[0]] = tomlkit.table()
        _put(document, name, value)
        changed = tomlkit.dumps(document)
        if "\r\n" in text and not re.search(r"(?<!\r)\n", text):
            changed = re.sub(r"(?<!\r)\n", "\r\n", changed)
        if _filled(tomllib.loads(changed)) == _filled(wanted):
            return changed
    except (TOMLKitError, TypeError, ValueError):
        pass
    raise SettingsError(f"{'.'.join(name)} stands in a form that only you can change; write it there yourself")


def write(path: Path, text: str) -> None:
    """Put `text` in the place of what `path`, or the file that it links to, holds: all of it or nothing."""
    path = Path(os.path.realpath(path))
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            part.chmod(path.stat().st_mode & 0o7777)
        part.replace(path)
    except OSError as exc:
        with suppress(OSError):
            part.unlink()
        raise SettingsError(f"{path} can't be written: {exc.strerror or exc}") from exc


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value != {}}


def _holds(values: Mapping[str, Any], name: Sequence[str]) -> bool:
    for part in name:
        if not isinstance(values, Mapping) or part not in values:
            return False
        values = values[part]
    return True


def _put(values: Any, name: Sequence[str], value: Value) -> None:
    *tables, last = name
    if value is None:
        if not _holds(values, name):
            return
        for table in tables:
            values = values[table]
        del values[last]
        return
    for table in tables:
        values = values.setdefault(table, {})
    values[last] = value
