"""Real files, and what becomes of them on their way: cut off, bits turned, pieces lost or put elsewhere."""

from __future__ import annotations

import codecs
import json
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askdocs.errors import LoadError
from askdocs.loaders import LINEAR, load, media_type
from askdocs.types import Document
from tests.loaders.checks import assert_sound

FIXTURES = Path(__file__).parent / "fixtures"
TEXT_ENDINGS = frozenset(
    {".md", ".rst", ".adoc", ".org", ".tex", ".dbk", ".srt", ".vtt", ".log", ".json", ".jsonl", ".yaml", ".toml", ".ini", ".py", ".ipynb"}
)  # fmt: skip
FILES = sorted(path for path in FIXTURES.iterdir() if path.suffix in TEXT_ENDINGS and path.name != "README.md")


def is_whole(path: Path) -> bool:
    """Whether all of a file's text belongs in passages."""
    return path.suffix not in (".srt", ".vtt")


def read(path: Path, data: bytes) -> Document:
    kind = media_type(path.name)
    assert kind
    return load(path.name, kind, data)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_text_is_the_file(path: Path) -> None:
    """All but notebooks: the text is the decoded file, in any encoding that can be told for sure."""
    data = path.read_bytes()
    text = data.decode()
    document = read(path, data)
    is_notebook = path.suffix == ".ipynb"
    assert_sound(document, None if is_notebook else text, complete=is_whole(path))
    assert document.warning is None or is_notebook
    again = read(path, text.encode("utf-16"))
    if is_notebook:
        assert again == document
    else:
        assert again.blocks == document.blocks
        assert again.headings == document.headings


MUTATIONS = st.lists(
    st.tuples(
        st.sampled_from(["cut", "flip", "drop", "copy", "put"]), st.floats(0, 1), st.floats(0, 1), st.binary(max_size=4)
    ),
    min_size=1,
    max_size=5,
)


def mutated(data: bytes, mutations: list[tuple[str, float, float, bytes]]) -> bytes:
    for what, first, second, inserted in mutations:
        at, to = sorted((int(first * len(data)), int(second * len(data))))
        match what:
            case "cut":
                data = data[: max(at, to)]
            case "flip" if data:
                at = min(at, len(data) - 1)
                data = data[:at] + bytes([data[at] ^ 1 << (to % 8)]) + data[at + 1 :]
            case "drop":
                data = data[:at] + data[min(to, at + 200) :]
            case "copy":
                data = data[:to] + data[at:to] + data[to:]
            case _:
                data = data[:at] + inserted + data[at:]
    return data


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
@given(MUTATIONS)
def test_damaged_files_are_read_or_refused(path: Path, mutations: list[tuple[str, float, float, bytes]]) -> None:
    """What is left of a real file gives sound passages or a reason, soon, and never another exception."""
    data = mutated(path.read_bytes(), mutations)
    began = time.process_time()
    with suppress(LoadError):
        assert_sound(read(path, data), None, complete=is_whole(path))
    assert time.process_time() - began < 3


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_an_empty_file_is_no_error(path: Path) -> None:
    """Nothing in it gives no passages, and no warning; only a notebook can't be empty."""
    if path.suffix == ".ipynb":
        with pytest.raises(LoadError, match="not a notebook"):
            read(path, b"")
        return
    for data in (b"", b"\n \n", b"\xef\xbb\xbf"):
        document = read(path, data)
        assert (document.blocks, document.headings, document.title, document.warning) == ((), (), None, None)


def test_control_characters_are_kept() -> None:
    """NUL, escapes and marks of direction are text like any other, in every format; half characters are refused."""
    for path in FILES:
        if path.suffix == ".ipynb":
            text = json.dumps({"cells": [{"cell_type": "code", "source": "a\0b\x1b[1m\u202e\ud800" + "x" * 900}]})
            assert "a\0b\x1b[1m\u202e\ufffd" in read(path, text.encode()).text
            continue
        text = path.read_text(encoding="utf-8") + "\n\na\0b\x1b[1m\u202e\n"
        assert_sound(read(path, text.encode()), text, complete=is_whole(path))
        with pytest.raises(LoadError, match="damaged"):
            read(path, codecs.BOM_UTF16_LE + ("\ud800" + text).encode("utf-16-le", "surrogatepass"))


def test_parsers_of_others_run_apart() -> None:
    """Only plain text and Markdown are read in the process that indexes."""
    assert {media_type(path.name) for path in FILES} & LINEAR == {"text/markdown"}
