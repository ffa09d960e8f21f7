"""Notebooks are cited by their cells."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askdocs.errors import LoadError
from askdocs.loaders import load
from askdocs.types import BlockKind, Document, Unit
from tests.loaders.checks import assert_sound, path_of

TIDE = Path(__file__).parent / "fixtures" / "tide.ipynb"
KIND = "application/x-ipynb+json"


def read(notebook: object) -> Document:
    return load("a.ipynb", KIND, json.dumps(notebook).encode())


def test_an_executed_notebook_is_read_cell_by_cell() -> None:
    """Markdown gives headings, code and what came out of it are code, pictures are counted, and errors are one line."""
    document = load("tide.ipynb", KIND, TIDE.read_bytes())
    chunks = assert_sound(document, None)
    assert (document.title, document.author, document.unit) == ("Tide notebook", "Ines Falk", Unit.CELLS)
    assert [heading.title for heading in document.headings] == [
        "High water at the eastern pier", "The great storm", "Conclusion",
    ]  # fmt: skip
    assert [place.label for place in document.places] == ["1", "2", "3", "4", "5", "6", "7"]
    assert "days read: 4" in document.places[1].span.of(document.text)
    assert document.places[3].span.of(document.text).endswith("highest(heights)\n\n3.9")
    assert "ValueError: the pen ran dry on Sunday" in document.places[4].span.of(document.text)
    assert "\x1b" not in document.text
    assert document.warning == "1 picture left out"
    assert path_of(chunks, "def highest") == "High water at the eastern pier > The great storm"
    assert any(block.kind is BlockKind.LIST for block in document.blocks)


def test_a_notebook_of_an_older_format_is_read() -> None:
    """Worksheets, heading cells and `input` of format 3 give the same."""
    cells = [
        {"cell_type": "heading", "level": 2, "source": "Roof"},
        {
            "cell_type": "code",
            "input": ["a = 1\n", "a"],
            "outputs": [{"output_type": "pyout", "text": ["1"], "png": "x"}],
        },
    ]
    document = read({"worksheets": [{"cells": cells}], "nbformat": 3})
    assert_sound(document, "## Roof\n\na = 1\na\n\n1")
    assert (document.title, document.warning) == ("Roof", "1 picture left out")


def test_a_long_output_is_cut() -> None:
    """What one cell put out is read up to a length, which the warning says; objects' names are no output."""
    outputs = [
        {"output_type": "stream", "text": "line\n" * 100_000},
        {"output_type": "execute_result", "data": {"text/plain": "<matplotlib.Axes at 0x1>"}},
    ]
    document = read({"cells": [{"cell_type": "code", "source": "f()", "outputs": outputs}]})
    assert 4000 < len(document.text) < 5100
    assert "matplotlib" not in document.text
    assert document.warning == "1 long output left out"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "JSON"),
        (b"{", "JSON"),
        (b"\xff\xfe\xfd", "JSON"),
        (b"[" * 100_000, "JSON"),
        (b"[]", "no cells"),
        (b"{}", "no cells"),
        (b'{"cells": {}}', "no cells"),
        (json.dumps({"cells": [{}] * 100_001}).encode(), "100,001 cells"),
    ],
)
def test_what_is_no_notebook_is_refused(data: bytes, reason: str) -> None:
    """With a reason that says what is wrong."""
    with pytest.raises(LoadError, match=reason):
        load("a.ipynb", KIND, data)


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | st.sampled_from(["code", "markdown", "# A\n", "\ud800", "error"]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(["cell_type", "source", "input", "outputs", "data", "text", "text/plain", "image/png", "metadata",
                         "title", "authors", "output_type", "ename", "level"]), inner, max_size=5),
    max_leaves=30,
)  # fmt: skip


@given(st.lists(JSON, max_size=5), JSON)
def test_no_notebook_is_too_strange(cells: list[object], about: object) -> None:
    """Values of any type in any place are passed over; what is text is in passages."""
    assert_sound(read({"cells": cells, "metadata": about}), None)
