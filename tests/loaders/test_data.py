"""JSON, YAML, TOML, INI and XML: key paths are headings, the text is the file, and nothing in it is obeyed."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from askdocs.errors import LoadError
from askdocs.loaders import load
from askdocs.types import Document
from tests.loaders.checks import assert_sound, path_of, paths

JSON, YAML, TOML, INI, XML = "application/json", "application/yaml", "application/toml", "text/x-ini", "application/xml"
LONG = "The roof was repaired by Anna Kovacs in the year of the great storm. " * 4
PARTS = [{"name": "gutter", "note": LONG, "tiles": 3}, {"name": "chimney", "note": LONG, "bricks": 99}]
DATA = {"title": "House", "version": 2, "roof": {"parts": PARTS, "age": 40}, "colour": "blue"}


def read(kind: str, text: str) -> Document:
    return load("a", kind, text.encode())


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (JSON, json.dumps(DATA, indent=2)),
        (JSON, json.dumps(DATA)),
        (JSON, "// settings\n" + json.dumps(DATA, indent=2).replace('"age": 40', '"age": 40, // years')),
        (YAML, yaml.dump(DATA, sort_keys=False)),
        (YAML, "# settings\n" + yaml.dump(DATA, sort_keys=False, default_flow_style=True)),
    ],
    ids=["indented", "minified", "comments", "yaml", "flow"],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_the_path_of_keys_is_the_heading_path(kind: str, text: str, newline: str) -> None:
    """What is large is opened, down to records that have names; what follows it stands under its own keys only."""
    text = text.replace("\n", newline)
    document = read(kind, text)
    chunks = assert_sound(document, text)
    assert document.title == "House"
    where = {words: path_of(chunks, words) for words in ("gutter", "bricks", "blue", "version")}
    assert where == {"gutter": "roof > parts", "bricks": "roof > parts", "blue": "", "version": ""}


def test_large_records_of_a_list_are_told_apart() -> None:
    """An item of a list is known by its number, and by its name if it has one."""
    items = [{"name": f"part {number}", "note": LONG * 3, "tiles": number} for number in range(3)]
    for kind, text in ((JSON, json.dumps({"items": items})), (YAML, yaml.dump({"items": items}, sort_keys=False))):
        assert path_of(assert_sound(read(kind, text), text), "part 2") == "items > [2] part 2"


def test_json_lines_are_records() -> None:
    """Several values in a file are each a record, cited by its line."""
    text = "".join(json.dumps({"id": number, "text": LONG, "mark": f"m{number}"}) + "\n" for number in range(50))
    chunks = assert_sound(read(JSON, text), text)
    (chunk,) = (chunk for chunk in chunks if '"m7"' in chunk.text)
    assert (chunk.locator.start, chunk.locator.end) == (8, 8)


def test_sections_are_headings() -> None:
    """TOML tables and INI sections have the comments above them, and brackets in values are no sections."""
    text = 'title = "House"\na = [\n[1]\n]\nb = """\n[no]\n"""\n\n'
    text += "# The roof\n[roof.parts] # old\ntiles = 3\n\n[[wall]]\nx = 1\n"
    document = read(TOML, text)
    chunks = assert_sound(document, text)
    assert document.title == "House"
    assert {words: path_of(chunks, words) for words in ("[no]", "The roof", "tiles", "x = 1")} == {
        "[no]": "", "The roof": "roof.parts", "tiles": "roof.parts", "x = 1": "wall",
    }  # fmt: skip
    text = "; none\nx=1\n[roof]\ntiles=3\n"
    assert paths(assert_sound(read(INI, text), text)) == ["", "roof"]


def test_elements_are_headings() -> None:
    """XML elements are known by their names and titles, words in a text are no elements; offsets count characters."""
    text = (
        '<?xml version="1.0"?>\n<book xml:lang="en-GB">\n<title>The Höuse 👍</title>\n'
        f'<chapter id="c1"><title>Roof</title><p>{LONG}<b>bold</b> tail</p><p>{LONG}</p></chapter>\n'
        f'<c:chapter name="Wall"><p>{LONG * 2}</p><hr/><p a="/>">bricks &unknown; &amp; 👍 mortar</p></c:chapter>\n'
        "</book>\n"
    )
    document = read(XML, "<!DOCTYPE book SYSTEM 'x.dtd'>" + text.partition("\n")[2])
    chunks = assert_sound(document, None)
    assert (document.title, document.language) == ("The Höuse 👍", "en")
    assert path_of(chunks, "tail") == "book The Höuse 👍 > chapter Roof"
    assert path_of(chunks, "mortar") == "book The Höuse 👍 > chapter Wall"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "windows-1251", "utf-8"])
def test_the_encoding_that_xml_declares_is_used(encoding: str) -> None:
    """It is believed where there is no mark and the bytes are no UTF-8."""
    text = f'<?xml version="1.0" encoding="{encoding}"?><крыша>ремонт</крыша>'
    assert load("a", XML, text.encode(encoding)).text == text


@pytest.mark.parametrize(
    ("kind", "text", "warning"),
    [
        (JSON, "Only words, and [brackets].", "is not JSON"),
        (JSON, '{"a": [1, 2', "cut off"),
        (YAML, "a: b: c\nx: [", "is not valid YAML at line 1"),
        (YAML, "{{ template }}: {% if %}", "is not valid YAML"),
        (YAML, "a: \x1b[1m" + "x" * 400, "is not valid YAML"),
        (XML, "<a>\n<b></a>", "is not valid XML at line 2"),
        (XML, "no elements", "is not valid XML"),
    ],
)
def test_what_is_broken_is_read_as_text(kind: str, text: str, warning: str) -> None:
    """Broken data is not lost: its text is all there, with a warning."""
    document = read(kind, text)
    assert_sound(document, text)
    assert document.warning
    assert warning in document.warning


LAUGHS = '<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + at)} "{("&" + chr(97 + at) + ";") * 10}">' for at in range(12)
)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (JSON, "[" * 200_000 + "]" * 200_000),
        (JSON, '{"a":' * 100_000),
        (JSON, '"' * 100_000),
        (JSON, '{"a' + "\\" * 100_000),
        (JSON, "/*" * 100_000),
        (YAML, "[" * 100_000),
        (YAML, "- " * 100_000),
        (YAML, "a: &a [x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: *undefined\n"),
        (YAML, "a: &a\n  - *a\n"),
        (YAML, "!!python/object/apply:os.system [false]\n"),
        (YAML, "? {a: b}\n: c\n? [x]\n: {d: e}\n--- !x\n- - - a\n...\n"),
        (YAML, "".join(f"&a{n} a{n}: [*a{n}]\n" for n in range(5000))),
        (TOML, "[" * 100_000),
        (TOML, "[a]\n" * 20_000),
        (TOML, '"""' * 20_000),
        (XML, "<a>" * 100_000),
        (XML, "<a>" * 100_000 + "</a>" * 100_000),
        (XML, LAUGHS + "]><l>&m;</l>"),
        (XML, LAUGHS + ']><l a="&m;"/>'),
        (XML, "<a " + "".join(f'b{n}="{n}" ' for n in range(20_000)) + "/>"),
    ],
    ids=range(20),
)
def test_bombs_do_not_go_off(kind: str, text: str) -> None:
    """Depth, aliases and entities cost no more than the file's own size."""
    began = time.process_time()
    document = read(kind, text)
    assert time.process_time() - began < 5
    assert document.text == text
    assert len(document.headings) <= 20_000


def test_no_other_file_is_read(tmp_path: Path) -> None:
    """External entities and included files stay what they are written as."""
    (tmp_path / "secret.txt").write_text("sesame")
    text = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{(tmp_path / "secret.txt").as_uri()}">]><a>&x;</a>'
    document = read(XML, text)
    assert document.text == text
    assert "sesame" not in repr(document)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=12), inner, max_size=5),
    max_leaves=20,
)


@given(st.dictionaries(st.text(max_size=8), VALUES), st.sampled_from([None, 2]))
def test_any_data_is_exact(data: dict[str, object], indent: int | None) -> None:
    """Whatever JSON and YAML writers write: the text is the file, and all of it is in blocks."""
    for kind, text in (
        (JSON, json.dumps(data, indent=indent)),
        (JSON, json.dumps(data, ensure_ascii=False, indent=indent)),
        (YAML, yaml.dump(data, allow_unicode=True)),
        (YAML, yaml.dump(data, default_flow_style=True, allow_unicode=indent is None)),
    ):
        try:
            document = read(kind, text)
        except (LoadError, UnicodeEncodeError):  # control characters, half pairs
            continue
        assert_sound(document, text)


PIECES = [
    "{", "}", "[", "]", ",", ":", '"', "a", "\n", "\r", "  ", "- ", "#", "&a", "*a", "|", ">", "---", "=", '"""', "1",
    "<a>", "</a>", "<b/>", "<a b='", "'", "&amp;", "&x;", "<!--", "-->", "<![CDATA[", "]]>", "<?x?>", "<!DOCTYPE a [",
    "]>", "é", "👍", "\u2028", "\x85", "\\", "//", "/*", "*/",
]  # fmt: skip


@pytest.mark.parametrize("kind", [JSON, YAML, TOML, INI, XML])
@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_no_data_is_too_broken(kind: str, text: str) -> None:
    """Whatever is in a file of data, its text is exact and all of it is in blocks."""
    assert_sound(read(kind, text), text)
