"""Archives and compressed files: what is in them, each by its own loader. Nothing is ever written."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import posixpath
import stat
import sys
import tarfile
import zlib
from typing import IO, Any, cast

from askdocs.errors import LoadError
from askdocs.loaders import sniffing
from askdocs.loaders.children import Children
from askdocs.loaders.kinds import media_type
from askdocs.loaders.zipped import HARMLESS_SIZE, HIGHEST_RATIO, LARGEST_MEMBER, MOST_MEMBERS, Zip
from askdocs.types import Document

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MOST_STREAMED = 2_000_000_000
"""Bytes of a packed tar archive, with what of it is passed over."""

_BUFFER = 1 << 16
_ENCRYPTED = "is encrypted; unpack it with its password"
_LARGE = f"is too large; of one in an archive at most {LARGEST_MEMBER / 1e6:,.0f} MB are read"
_BROKEN = (
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    zstd.ZstdError,
    EOFError,
    OSError,
    ValueError,
    OverflowError,
    IndexError,
)


def load_zip(path: str, data: bytes, children: Children) -> Document:
    """The documents in a ZIP archive."""
    archive = Zip(data)
    for name, member in archive.members.items():
        kind = member.external_attr >> 16
        if member.is_dir() or (kind and stat.S_IFMT(kind) not in (0, stat.S_IFREG)) or not _is_document(name, children):
            continue
        if member.flag_bits & 1:
            children.cannot(name, _ENCRYPTED)
        elif member.file_size > LARGEST_MEMBER:
            children.cannot(name, _LARGE)
        else:
            archive.refuse_bomb(name)
            children.count(0, member.file_size)
            try:
                content = archive.read(name)
            except LoadError as exc:
                children.cannot(name, str(exc))
            else:
                children.add(_harmless(name), content)
    return children.document(path, sniffing.ZIP)


def load_tar(path: str, data: bytes, children: Children) -> Document:
    """The documents in a tar archive that isn't packed."""
    _read_tar(io.BytesIO(data), children)
    return children.document(path, sniffing.TAR)


def load_compressed(path: str, data: bytes, children: Children) -> Document:
    """The documents in a packed tar archive, or the one in a compressed file."""
    kind = sniffing.sniff(data) or ""
    name = posixpath.basename(path.replace("\\", "/"))
    with _unpacked(kind, data) as unpacked:
        try:
            start = unpacked.peek(tarfile.BLOCKSIZE)
            if start[257:262] == b"ustar" or name.lower().endswith((".tgz", ".tbz2", ".txz", ".tzst")):
                _read_tar(unpacked, children)
            else:
                content = unpacked.read(LARGEST_MEMBER + 1)
                if len(content) > LARGEST_MEMBER:
                    raise LoadError(_LARGE)
                children.count(0, len(content))
                children.add(name.rpartition(".")[0] or name, content)
        except _BROKEN as exc:
            raise LoadError("is damaged: it can't be unpacked") from exc
    return children.document(path, kind)


def _read_tar(file: IO[bytes], children: Children) -> None:
    """The documents in what is a tar archive, from its beginning to its end."""
    count = 0
    try:
        with tarfile.open(fileobj=file, mode="r|") as archive:
            for member in archive:
                count += 1
                if count > MOST_MEMBERS:
                    raise LoadError(f"holds more than {MOST_MEMBERS:,} files")
                if not member.isreg() or not _is_document(member.name, children):
                    continue
                if member.size > LARGEST_MEMBER:
                    children.cannot(member.name, _LARGE)
                    continue
                children.count(0, member.size)
                content = archive.extractfile(member)
                children.add(_harmless(member.name), content.read() if content else b"")
    except _BROKEN as exc:
        if not children.documents:
            raise LoadError("is damaged: it is no complete tar archive") from exc
        children.cannot("what follows in it", "is damaged")


def _unpacked(kind: str, data: bytes) -> io.BufferedReader:
    """What is compressed in `data`, as it is read; LoadError from where on it is more than is believed."""
    packed = io.BytesIO(data)
    match kind:
        case sniffing.GZIP:
            file = cast("IO[bytes]", gzip.GzipFile(fileobj=packed))
        case sniffing.BZIP2:
            file = bz2.BZ2File(packed)
        case sniffing.XZ:
            file = lzma.LZMAFile(packed)  # noqa: SIM115  closed with the buffer that is returned
        case sniffing.ZSTD:
            file = cast("IO[bytes]", zstd.ZstdFile(packed))
        case _:
            raise LoadError(
                "is damaged: it doesn't begin as compressed files do" if data else "is empty: it has no bytes"
            )
    return io.BufferedReader(_Bounded(file, max(HARMLESS_SIZE, HIGHEST_RATIO * len(data))), _BUFFER)


class _Bounded(io.RawIOBase):
    """What is read of a file, up to so many bytes."""

    def __init__(self, file: IO[bytes], most: int) -> None:
        self._file = file
        self._left = min(most, MOST_STREAMED)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        data = self._file.read(len(buffer))
        self._left -= len(data)
        if self._left < 0:
            raise LoadError(
                f"would unpack to more than {HIGHEST_RATIO} times its size, or {MOST_STREAMED / 1e6:,.0f} MB"
            )
        buffer[: len(data)] = data
        return len(data)


def _is_document(name: str, children: Children) -> bool:
    """Whether a member is called like a document, and isn't hidden."""
    inside = _harmless(name)
    parts = inside.split("/")
    return media_type(inside.replace("/", os.sep)) not in children.unread_kinds and not any(
        part.startswith(".") or part == "__MACOSX" for part in parts
    )


def _harmless(name: str) -> str:
    """The name of a member as a path that leads nowhere else."""
    return posixpath.normpath("/" + name.replace("\\", "/")).lstrip("/")
