"""The files of a tantivy index: read without a trace, and checked as tantivy itself does only when it is told to."""

from __future__ import annotations

import json
import shutil
import struct
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import SEEK_END
from pathlib import Path

_FOOTER = struct.Struct("<II")
_FOOTER_MAGIC = 1337
_READ_BYTES = 1 << 20

_ATTEMPTS = 20
_PAUSE = 0.02  # seconds


@contextmanager
def linked(folder: Path) -> Iterator[Path]:
    """A folder of links to the files in `folder`: tantivy can't open one without writing locks to it."""
    links = Path(tempfile.mkdtemp(prefix="askdocs-"))
    try:
        for path in folder.iterdir():
            if path.suffix != ".lock":
                (links / path.name).symlink_to(path.resolve())
        yield links
    finally:
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
        segments = json.loads((folder / "meta.json").read_bytes())["segments"]
        committed = {
            segment["segment_id"].replace("-", ""): (segment["deletes"] or {}).get("opstamp") for segment in segments
        }
    except FileNotFoundError:
        return []
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return ["meta.json"]
    # What a run that was killed has left of segments and deletions that were never committed plays no part.
    files = [
        path
        for segment, deletion in committed.items()
        for path in sorted(folder.glob(f"{segment}.*"))
        if path.suffix != ".del" or path.name == f"{segment}.{deletion}.del"
    ]
    return [path.name for path in files if not _is_sealed(path)]


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
