"""Filters let through the documents that they name, by what these say of themselves, and say so when there are none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from askdocs.assistant import Assistant
from askdocs.catalog.catalog import Catalog
from askdocs.errors import UsageError
from askdocs.searching.filtering import admitted
from askdocs.searching.question import DocumentFilter, parse
from tests.conftest import OpenAssistant
from tests.support import found_paths, index_all, run_cli, write_files


def front(*lines: str) -> str:
    values = "\n".join(lines)
    return f"---\n{values}\n---\nWords about whales."


FILES = {
    "lease.md": front("author: Anna Kovács", "date: 2021-03-04", "tags: [Lease, Miete]", "lang: en"),
    "miete.md": front("author: Łukasz Groß", "date: 2022-05-06T23:30:00+09:00", "tags: [miete]", "lang: de-AT"),
    "old/bail.MD": front("author: Anna Lindqvist", "date: 1999-12-31", "tags: [bail]", "lang: fr"),
    "plain.txt": "Words about whales.",
    "draft.md": front("title: Draft"),
}


@pytest.fixture
def catalog(work: Path, assistant: Assistant) -> Iterator[Catalog]:
    """The catalogue of documents that say much, little and nothing of themselves."""
    files = write_files(work / "files", FILES)
    for path in files.rglob("*.*"):
        noon = datetime(2023, 7, 8, 12).astimezone().timestamp()
        os.utime(path, (noon, noon))
    index_all(assistant, files)
    opened = Catalog(work / "index" / "catalog.sqlite")
    yield opened
    opened.close()


def passing(catalog: Catalog, filters: str) -> set[str]:
    """The names of the documents that pass."""
    try:
        ids = admitted(catalog, parse(filters).documents)
    except UsageError:
        return set()
    return {Path(found.info.path).name for found in catalog.documents_of_ids(ids)}


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ("author:KOVACS", {"lease.md"}),
        ('author:"anna  k"', {"lease.md"}),
        ("author:anna", {"lease.md", "bail.MD"}),
        ("author:gross", {"miete.md"}),
        ("author:lukasz author:lindqvist", {"miete.md", "bail.MD"}),
        ("tag:MIETE", {"lease.md", "miete.md"}),
        ("tag:miet", set()),
        ("tag:bail tag:lease", {"lease.md", "bail.MD"}),
        ("tag:miete language:de", {"miete.md"}),
        ("tag:miete author:anna", {"lease.md"}),
        ("language:de language:FR", {"miete.md", "bail.MD"}),
        ("author:%", set()),
        ("tag:[", set()),
    ],
)
def test_metadata_passes_without_regard_to_case_and_accents(catalog: Catalog, filters: str, names: set[str]) -> None:
    """Of a name a part suffices, of a tag it doesn't; of several values of one kind any will do, of each kind one."""
    assert passing(catalog, filters) == names


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ("before:2021", {"lease.md", "bail.MD"}),
        ("after:2021-03-04 before:2021-03-04", {"lease.md"}),
        ("after:2022-05-06 before:2022-05-06", {"miete.md"}),
        ("after:2023-07-08 before:2023-07-08", {"plain.txt", "draft.md"}),
        ("after:2023-07-09", set()),
        ("before:9999", {"lease.md", "miete.md", "bail.MD", "plain.txt", "draft.md"}),
        ("after:0001", {"lease.md", "miete.md", "bail.MD", "plain.txt", "draft.md"}),
        ("after:9999", set()),
        ("before:0001", set()),
        ("after:2022 before:2021", set()),
    ],
)
def test_a_document_is_of_the_day_that_it_states(catalog: Catalog, filters: str, names: set[str]) -> None:
    """Where it states none, of the day of its file's last change here; both days are included."""
    assert passing(catalog, filters) == names


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ("type:md", {"lease.md", "miete.md", "bail.MD", "draft.md"}),
        ("path:old", {"bail.MD"}),
        ("path:old/*", {"bail.MD"}),
        ("path:*[ae].md", {"miete.md", "lease.md"}),
        ("path:[]m]iete.md", {"miete.md"}),
        ("path:????.md", set()),
        ("path:plain.txt path:old", {"plain.txt", "bail.MD"}),
        ("path:nowhere path:*.txt", {"plain.txt"}),
        ("path:files type:txt", {"plain.txt"}),
    ],
)
def test_paths_and_types_pass_as_patterns_and_endings(catalog: Catalog, filters: str, names: set[str]) -> None:
    """Patterns with and without a piece that is written out."""
    assert passing(catalog, filters) == names


PIECES = st.text(st.sampled_from("abi.md*?[]/-> e"), min_size=1, max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PIECES, max_size=3), st.lists(st.sampled_from(["md", "txt", "é", ""]), max_size=2))
def test_what_sql_narrows_to_holds_all_that_passes(catalog: Catalog, patterns: list[str], types: list[str]) -> None:
    """A filter by path lets through what it would if every document were looked at."""
    wanted = DocumentFilter(paths=tuple(patterns), types=tuple(types))
    looked_at = {found.id for found in catalog.documents() if wanted.admits(found.info.path)}
    try:
        assert set(admitted(catalog, wanted)) == looked_at
    except UsageError:
        assert not looked_at


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ("language:xx", 'no indexed document has language:"xx"; there are: de, en, fr'),
        ("tag:boat", 'no indexed document has tag:"boat"; there are: bail, Lease, Miete, miete'),
        ("author:bob author:eve", 'no indexed document has author:"bob" or author:"eve"; there are: Anna Kovács'),
        ("language:de type:txt", "passes the filters: type:txt language:de; leave some"),
    ],
)
def test_a_filter_that_nothing_passes_says_what_there_is(catalog: Catalog, filters: str, said: str) -> None:
    """The codes, tags and names of the index, as far as they are few."""
    with pytest.raises(UsageError) as raised:
        admitted(catalog, parse(filters).documents)
    assert said in str(raised.value)


def test_an_index_in_which_nothing_is_said_says_so(work: Path, open_assistant: OpenAssistant) -> None:
    """Nobody is left to guess values."""
    assistant = open_assistant(work / "other")
    index_all(assistant, write_files(work / "plain", {"plain.txt": "Words."}))
    with pytest.raises(UsageError, match=r'has author:"bob"; none states an author$'):
        assistant.search("words author:bob")


@pytest.mark.usefixtures("catalog")
def test_filters_are_options_too(assistant: Assistant, hashed_cli: object) -> None:
    """As in a question, of `ask` and `search`."""
    assert hashed_cli
    assert found_paths(assistant.search("whales author:kovacs")) == ["lease.md"]
    ran = run_cli("search", "whales", "--author", "groß", "--tag", "Miete", "--language", "de", "--json")
    ran.assert_clear(0)
    assert "files/miete.md" in ran.stdout
    assert "files/lease.md" not in ran.stdout
    assert '"language": "de"' in ran.stdout
    assert '"tags": [\n          "miete"\n        ]' in ran.stdout
    run_cli("ask", "whales", "--language", "xx").assert_clear(2, "there are: de, en, fr")


def test_what_is_chosen_and_asked_within_narrows(catalog: Catalog) -> None:
    """Folders and documents that were picked, and filters beside the question, each with its own alternatives."""
    scope = DocumentFilter(chosen=("files/old/", "files/lease.md", "files/draft.md"))
    for question, names in (
        ("", {"bail.MD", "lease.md", "draft.md"}),
        ("author:anna", {"bail.MD", "lease.md"}),
        ("path:old path:miete.md", {"bail.MD"}),
        ("after:2021", {"lease.md", "draft.md"}),
    ):
        ids = admitted(catalog, scope.narrowed(parse(question).documents))
        assert {Path(found.info.path).name for found in catalog.documents_of_ids(ids)} == names
    with pytest.raises(UsageError, match="passes the filters: files/old/"):
        admitted(catalog, scope.narrowed(parse("path:plain.txt").documents))


def test_documents_without_an_ending_are_a_type(catalog: Catalog) -> None:
    """None ends in a dot alone."""
    with pytest.raises(UsageError, match="type:none"):
        admitted(catalog, DocumentFilter(types=("",)))
    assert len(admitted(catalog, DocumentFilter(types=("", "txt")))) == 1
