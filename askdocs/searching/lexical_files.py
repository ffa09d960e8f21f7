"""The files of a tantivy index: read without a trace, and checked as tantivy itself does only when it is told to."""

from __future__ import annotations

import json
import shutil
import struct
import tempfile
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from io import SEEK_END
from pathlib import Path

_FOOTER = struct.Struct("<II")
_FOOTER_MAGIC = 1337
_READ_BYTES = 1 << 20
_SUFFIXES = frozenset({".del", ".fast", ".fieldnorm", ".idx", ".pos", ".store", ".term"})

_ATTEMPTS = 20
_PAUSE = 0.02  # seconds


@contextmanager
def linked(folder: Path) -> Iterator[Path]:
    """A folder of links to the files in `folder`, or itself: tantivy can't open one without writing locks to it."""
    links = None
    try:
        with suppress(OSError):  # no room for temporary files, or a system without links
            links = Path(tempfile.mkdtemp(prefix="askdocs-"))
            for path in folder.iterdir():
                if path.suffix != ".lock":
                    (links / path.name).symlink_to(path.resolve())
        yield links if links and (links / "meta.json").exists() else folder
    finally:
        if links:
            with suppress(OSError):
                remove(links)


def remove(folder: Path) -> None:
    """Delete a folder that tantivy may just be writing a lock to: a reader looks at it once more in the background."""
    for _ in range(_ATTEMPTS):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(_PAUSE)
    shutil.rmtree(folder)


def damaged_files(folder: Path) -> list[str]:
    """The committed files of a word index whose content is not what their checksum says; tantivy looks at none."""
    try:
        committed = _committed(folder)
    except FileNotFoundError:
        return []
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return ["meta.json"]
    return [path.name for path in sorted(_segment_files(folder)) if _belongs(path, committed) and not _is_sealed(path)]


def remove_uncommitted(folder: Path) -> None:
    """Delete what a commit that broke off has left, which tantivy would trip over. Only for who alone writes."""
    try:
        committed = _committed(folder)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return
    for path in _segment_files(folder):
        if not _belongs(path, committed):
            path.unlink(missing_ok=True)


def _committed(folder: Path) -> dict[str, int | None]:
    """The segments of an index by name, each with the number of its deletions if it has any."""
    segments = json.loads((folder / "meta.json").read_bytes())["segments"]
    return {segment["segment_id"].replace("-", ""): (segment["deletes"] or {}).get("opstamp") for segment in segments}


def _segment_files(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.suffix in _SUFFIXES]


def _belongs(path: Path, committed: Mapping[str, int | None]) -> bool:
    """Whether a file belongs to what is committed, and not to what a run that broke off has left."""
    segment, *rest = path.name.split(".")
    return segment in committed and (path.suffix != ".del" or rest == [str(committed[segment]), "del"])


def _is_sealed(path: Path) -> bool:
    """Whether a file ends as tantivy ends them: JSON with the CRC-32 of all before, its length, a magic number."""
    try:
        with path.open("rb") as file:
            size = file.seek(-_FOOTER.size, SEEK_END)
            length, magic = _FOOTER.unpack(file.read())
            if magic != _FOOTER_MAGIC or length > size:
                return False
            left = file.seek(size - length)
            footer = json.loads(file.read(length))
            file.seek(0)
            checksum = 0
            while left and (data := file.read(min(left, _READ_BYTES))):
                checksum = zlib.crc32(data, checksum)
                left -= len(data)
        return bool(footer["crc"] == checksum)
    except FileNotFoundError:
        return True  # merged away meanwhile
    except (OSError, ValueError, LookupError, TypeError):
        return False
