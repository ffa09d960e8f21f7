"""ZIP archives, looked at before anything of them is unpacked."""

from __future__ import annotations

import io
import zipfile
import zlib

from askdocs.errors import LoadError

MOST_MEMBERS = 50_000
MOST_UNPACKED = 1_000_000_000
LARGEST_MEMBER = 150_000_000
HIGHEST_RATIO = 200
"""Real sheets of equal rows reach 50."""

HARMLESS_SIZE = 20_000_000
"""What unpacks to no more does no harm, whatever it was packed into."""

_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,
    OverflowError,
)
"""What zipfile raises on archives that are no good; UnicodeError is a ValueError, and of LZMA too."""


class Zip:
    """The members of an archive by name; LoadError if it is none, damaged, or made to do harm.

    `what` it holds, for people.
    """

    def __init__(self, data: bytes, what: str = "files") -> None:
        if not data:
            raise LoadError("is empty: it has no bytes")
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
            listed = self._archive.infolist()
        except _BROKEN as exc:
            raise LoadError("is damaged: it is no complete ZIP archive") from exc
        if len(listed) > MOST_MEMBERS:
            raise LoadError(f"holds {len(listed):,} {what}; at most {MOST_MEMBERS:,} are read")
        if sum(member.compress_size for member in listed) > len(data):
            raise LoadError(f"is damaged: the {what} in its ZIP archive overlap")
        self.members = {member.filename.replace("\\", "/").lstrip("/"): member for member in listed}

    def refuse_bombs(self) -> None:
        """LoadError if all members together would unpack to more than is read, or one to many times its size."""
        unpacked = sum(member.file_size for member in self.members.values())
        if unpacked > MOST_UNPACKED:
            raise LoadError(f"would unpack to {unpacked / 1e6:,.0f} MB; at most {MOST_UNPACKED / 1e6:,.0f} are read")
        for name in self.members:
            self.refuse_bomb(name)

    def refuse_bomb(self, name: str) -> None:
        """LoadError if a member would unpack to many times its size."""
        member = self.members[name]
        if member.file_size > HARMLESS_SIZE and member.file_size > HIGHEST_RATIO * max(member.compress_size, 1):
            raise LoadError(
                f"would unpack {name} to {member.file_size / max(member.compress_size, 1):,.0f} times its size"
            )

    def is_encrypted(self) -> bool:
        """Whether any member has a password."""
        return any(member.flag_bits & 1 for member in self.members.values())

    def read(self, name: str) -> bytes:
        """The bytes of a member."""
        member = self.members[name]
        if member.file_size > LARGEST_MEMBER:
            raise LoadError(
                f"holds {member.file_size / 1e6:,.0f} MB in {name}; at most {LARGEST_MEMBER / 1e6:,.0f} are read"
            )
        try:
            with self._archive.open(member) as file:
                data = file.read(member.file_size + 1)
        except _BROKEN as exc:
            raise LoadError(f"is damaged: {name} in it can't be unpacked") from exc
        if len(data) > member.file_size:
            raise LoadError(f"is damaged: {name} in it unpacks to more than it says")
        return data
