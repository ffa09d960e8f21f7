"""Documents inside of others (attachments, messages, members of archives), within limits that hold for all together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from askdocs.errors import LoadError
from askdocs.loaders.kinds import unread
from askdocs.types import Document

DEEPEST = 8
"""How many documents may be around one."""

MOST_CHILDREN = 100_000
MOST_BYTES = 250_000_000
"""Of all that one file holds, unpacked."""

MOST_PICTURES = 500
"""Read by OCR, some seconds each."""

_NAMED = 5
_LONGEST_NAME = 200


def _unheard(_: int) -> None:
    """Nobody listens."""


@dataclass(slots=True)
class Allowance:
    """What one file may still hold, at any depth, and which of it is being read.

    What parsers could fail on badly is numbered as it comes, from 1. `lost` are those that are not to be read, with the
    reason; `tell` hears the number of one before it is read, and then that of the one around it, 0 for the file.
    """

    children: int = MOST_CHILDREN
    bytes: int = MOST_BYTES
    pictures: int = MOST_PICTURES
    lost: Mapping[int, str] = field(default_factory=dict)
    tell: Callable[[int], None] = _unheard
    begun: int = 0
    reading: int = 0


class Children:
    """The documents inside one: those that can be read, and why others can't be.

    `load` makes a document of a name, a declared media type ("" if nothing says) and bytes; None if they are none.
    `depth` is how many documents are around each of them.
    """

    def __init__(
        self,
        load: Callable[[str, str, bytes, Children], Document | None],
        around: Children | None = None,
        *,
        ocr: bool = False,
        allowance: Allowance | None = None,
    ) -> None:
        """Inside one of those `around`, else the file alone with its `allowance`; with `ocr`, pictures count too."""
        self._load = load
        self.unread_kinds: frozenset[str | None] = around.unread_kinds if around else unread(archives=True, ocr=ocr)
        self.depth: int = around.depth + 1 if around else 0
        self.allowance: Allowance = around.allowance if around else allowance or Allowance()
        self._documents: list[Document] = []
        self._unread: list[str] = []

    @property
    def documents(self) -> tuple[Document, ...]:
        return tuple(self._documents)

    @property
    def warning(self) -> str | None:
        """What could not be read, the first few of it by name."""
        more = len(self._unread) - _NAMED
        return "; ".join([*self._unread[:_NAMED], *([f"and {more:,} more"] if more > 0 else [])]) or None

    def document(self, path: str, kind: str) -> Document:
        """That around them, which has no text of its own."""
        return Document(path, kind, "utf-8", "", None, (), (), warning=self.warning, children=self.documents)

    def add(self, name: str, data: bytes, *, declared: str = "", what: str = "") -> None:
        """Load what is inside under a name, if it is a document; `what` it is to those around it, for the warning."""
        self.add_made(name, lambda: self._load(shown_name(name), declared, data, self), what=what)

    def add_made(self, name: str, make: Callable[[], Document | None], *, what: str = "") -> None:
        """As `add`, of a document that is made of something else than bytes."""
        if self.depth > DEEPEST:
            self.cannot(name, f"is more than {DEEPEST} documents deep in others", what=what)
            return
        try:
            document = make()
            if document is not None:
                self.count(1, 0)
                self._documents.append(document)
        except LoadError as exc:
            self.cannot(name, str(exc), what=what)
        except MemoryError:
            self.cannot(name, "needs more memory to be read than there is", what=what)
        except Exception as exc:  # a parser's bug must not cost what is around it
            self.cannot(name, f"can't be read: {type(exc).__name__}: {exc}", what=what)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """While one of these is read that could cost the process. Raises LoadError if it has done so before."""
        allowance = self.allowance
        allowance.begun += 1
        number, around = allowance.begun, allowance.reading
        if number in allowance.lost:
            raise LoadError(allowance.lost[number])
        allowance.reading = number
        allowance.tell(number)
        try:
            yield
        finally:
            allowance.reading = around
            allowance.tell(around)

    def within(self) -> Children:
        """The children of one of these."""
        return Children(self._load, self)

    def count(self, children: int, size: int) -> None:
        """So many more are to come, of so many bytes. Raises LoadError if that is more than one file may hold."""
        left = self.allowance
        if children > left.children:
            raise LoadError(f"holds more than {MOST_CHILDREN:,} documents; split it")
        if size > left.bytes:
            raise LoadError(f"unpacks to more than {MOST_BYTES / 1e6:,.0f} MB; split it")
        left.children -= children
        left.bytes -= size

    def count_picture(self) -> None:
        """One more is to be read. Raises LoadError if that is more than one file may keep others waiting for."""
        if not self.allowance.pictures:
            raise LoadError(f"is not read: of what one file holds, at most {MOST_PICTURES:,} pictures are")
        self.allowance.pictures -= 1

    def cannot(self, name: str, reason: str, *, what: str = "") -> None:
        """Note that something inside can't be read, and why."""
        self._unread.append(f"{what} {shown_name(name)}: {reason}".strip())


def shown_name(name: str) -> str:
    """A name that others chose, in one line of characters that can be stored."""
    line = " ".join(name.encode("utf-8", "replace").decode().split()) or "unnamed"
    return line if len(line) <= _LONGEST_NAME else f"{line[: _LONGEST_NAME - 1]}…"
