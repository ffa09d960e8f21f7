"""The process in which files are read that a parser could hang or crash on: `python -m askdocs.loaders.worker`.

Requests come on stdin, the arguments of `load` each, or of the function that the process is for; answers leave on
stdout: what it returns, or the reason why there is none. Both are pickles behind their length, of nothing but tuples,
lists, texts, bytes and numbers: as objects a million spans take seconds more. `isolated.py` is the other end.
"""

from __future__ import annotations

import os
import pickle
import signal
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import astuple
from functools import partial
from typing import IO, Any

from askdocs.errors import LoadError
from askdocs.loaders import load
from askdocs.types import Block, BlockKind, Document, Heading, Place, Span, Unit

_LENGTH = struct.Struct("<Q")


def send(pipe: IO[bytes], value: object) -> None:
    """Write `value` as a pickle behind its length."""
    data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    pipe.write(_LENGTH.pack(len(data)))
    pipe.write(data)
    pipe.flush()


def receive(pipe: IO[bytes]) -> bytes | None:
    """The next pickle, or None at the end of the pipe."""
    header = pipe.read(_LENGTH.size)
    if len(header) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(header)
    data = pipe.read(length)
    return data if len(data) == length else None


def packed(document: Document) -> tuple[object, ...]:
    """A document and its children as plain values, in the order of their fields."""
    return (
        document.path,
        document.media_type,
        document.encoding,
        document.text,
        document.title,
        tuple((heading.level, heading.title, heading.span.start, heading.span.end) for heading in document.headings),
        tuple((block.kind.value, block.span.start, block.span.end) for block in document.blocks),
        document.unit.value,
        tuple((place.span.start, place.span.end, place.number, place.label) for place in document.places),
        document.author,
        document.date,
        document.tags,
        document.language,
        document.warning,
        tuple(map(packed, document.children)),
    )


def unpacked(values: tuple[Any, ...]) -> Document:
    """What was `packed`."""
    (
        path,
        media_type,
        encoding,
        text,
        title,
        headings,
        blocks,
        unit,
        places,
        author,
        date,
        tags,
        language,
        warning,
        children,
    ) = values
    kinds = {kind.value: kind for kind in BlockKind}
    return Document(
        path,
        media_type,
        encoding,
        text,
        title,
        tuple(Heading(level, name, Span(start, end)) for level, name, start, end in headings),
        tuple(Block(kinds[kind], Span(start, end)) for kind, start, end in blocks),
        Unit(unit),
        tuple(Place(Span(start, end), number, label) for start, end, number, label in places),
        author,
        date,
        tags,
        language,
        warning,
        tuple(map(unpacked, children)),
    )


def serve(memory_limit: int, function: Callable[..., object] = load) -> None:
    """Answer requests until there are no more, in at most `memory_limit` bytes of address space."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends this process
    _limit_memory(memory_limit)
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what parsers print is no answer
    while (request := receive(requests)) is not None:
        answer: object
        try:
            answer = function(*pickle.loads(request))  # noqa: S301  the parent's
            if isinstance(answer, Document):
                answer = packed(answer)
        except LoadError as exc:
            answer = str(exc)
        except MemoryError:
            answer = f"needs more than {memory_limit / 1e9:,.1f} GB of memory to be read"
        except Exception as exc:  # a parser's bug must not stop the folder
            answer = f"can't be read: {type(exc).__name__}: {exc}"
        send(answers, answer)


def _limit_memory(limit: int) -> None:
    with suppress(ImportError, OSError, ValueError):  # not on Windows, and macOS ignores it
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _picture(*request: Any) -> tuple[object, ...]:
    from askdocs.loaders.page_view import picture

    return astuple(picture(*request))  # of plain values alone, as no other is taken from here


def _recognised_marks(*request: Any) -> list[tuple[int, ...]]:
    from askdocs.loaders.page_view import recognised_marks

    return [*recognised_marks(*request)]


def _content(*request: Any) -> bytes:
    from askdocs.loaders.contents import content_of

    return content_of(*request)


def _pages(*request: Any) -> list[bool]:
    from askdocs.loaders.page_view import stand_on_pages

    return stand_on_pages(*request)


FUNCTIONS: dict[str, Callable[..., object]] = {
    "": load, "ocr": partial(load, ocr=True), "pages": _pages,
    "picture": _picture, "marks": _recognised_marks, "content": _content,
}  # fmt: skip
"""What the process does, by the argument that says so."""

if __name__ == "__main__":
    serve(int(sys.argv[1]), FUNCTIONS["".join(sys.argv[2:])])
