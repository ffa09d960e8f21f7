"""Patterns: git itself says what they leave out."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askdocs.assistant import ANY_DOCUMENT
from askdocs.catalog.records import Source
from askdocs.errors import UsageError
from askdocs.indexing.files import LeftOut, walk
from askdocs.indexing.ignoring import check_patterns
from askdocs.types import SourceRules
from tests.support import write_files

FOLDERS = ["a", "b", "ab", "a.txt"]
FILES = ["a.txt", "b.txt", "c.md", "ab.txt", "new\nline.txt", "[x].txt", "-.md"]
_FOLDER = st.lists(st.sampled_from(FOLDERS[:3]), max_size=3).map("/".join)
_ATOM = st.sampled_from(
    ["a", "b", "*", "**", "*.txt", "a*", "?", "[ab]", "c.md", "ab", "*b", "[!a]", "a.txt", "b.txt", "new*", "\\[x].txt"]
)
_PLAIN = st.tuples(
    st.sampled_from(["", "", "", "!"]), st.sampled_from(["", "", "/"]), st.lists(_ATOM, min_size=1, max_size=3),
    st.sampled_from(["", "", "/"]),
).map(lambda parts: parts[0] + parts[1] + "/".join(parts[2]) + parts[3])  # fmt: skip
_ODD = st.sampled_from(
    ["", "!", "/", "!/", "# a", "\\!a", "a.txt ", "a.txt\\ ", "[", "[a", "a\\", "**", "*/", "***", "a**", "\r"]
)
PATTERN = st.one_of(_PLAIN, _PLAIN, _PLAIN, _ODD)


def walked(folder: Path, rules: SourceRules = ANY_DOCUMENT) -> list[str]:
    """The paths that a source there has."""
    found = list(walk(Source(0, str(folder), rules), LeftOut()))
    assert all(not isinstance(seen, str) for _, seen in found)
    paths = [path for path, _ in found]
    assert paths == sorted(paths)
    return [os.fsdecode(path) for path in paths]


@pytest.fixture(scope="module")
def git_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What git keeps of a repository, to be used for any folder of files."""
    if shutil.which("git") is None:
        pytest.skip("git, which knows what is right, is not installed")
    folder = tmp_path_factory.mktemp("git")
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    return folder / ".git"


@given(
    st.sets(st.tuples(_FOLDER, st.sampled_from(FILES)), min_size=1),
    st.dictionaries(_FOLDER, st.lists(PATTERN, min_size=1, max_size=4), min_size=1, max_size=4),
)
def test_ignore_files_leave_out_what_git_leaves_out(
    git_folder: Path, files: set[tuple[str, str]], ignored: dict[str, list[str]]
) -> None:
    """In trees of any shape, with nested ignore files and patterns that take back what others said."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_files(folder, {os.path.join(*path): "Words." for path in files})
        write_files(folder, {os.path.join(path, ".gitignore"): "\n".join(lines) for path, lines in ignored.items()})
        git = ["git", f"--git-dir={git_folder}", "--work-tree=.", "-c", f"core.excludesFile={os.devnull}"]
        command = [*git, "ls-files", "--others", "--exclude-standard", "-z"]
        listed = subprocess.run(command, cwd=name, check=True, capture_output=True).stdout
        expected = [path for path in os.fsdecode(listed).split("\0") if path and not path.endswith(".gitignore")]
        assert walked(folder) == sorted(expected, key=os.fsencode)
        # The two kinds of ignore file are read alike.
        for path in ignored:
            (folder / path / ".gitignore").rename(folder / path / ".askdocsignore")
        assert walked(folder) == sorted(expected, key=os.fsencode)


TREE = {
    "a.txt": "", "b.md": "", "drafts/c.txt": "", "drafts/keep/d.md": "", "old/drafts/e.txt": "", ".f.txt": "",
    ".g/h.txt": "", "old/i.txt": "",
}  # fmt: skip


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (SourceRules(), {"a.txt", "b.md", "drafts/c.txt", "drafts/keep/d.md", "old/drafts/e.txt", "old/i.txt"}),
        (SourceRules(include=("*.md",)), {"b.md", "drafts/keep/d.md"}),
        (SourceRules(include=("drafts/",)), {"drafts/c.txt", "drafts/keep/d.md", "old/drafts/e.txt"}),
        (SourceRules(include=("/drafts/", "!*.md")), {"drafts/c.txt"}),
        (SourceRules(include=("old/**/*.txt", "b.*")), {"b.md", "old/drafts/e.txt", "old/i.txt"}),
        (SourceRules(exclude=("drafts/",)), {"a.txt", "b.md", "old/i.txt"}),
        (SourceRules(exclude=("/drafts/*", "!/drafts/keep/", "old/")), {"a.txt", "b.md", "drafts/keep/d.md"}),
        (SourceRules(include=("*.txt",), exclude=("old",)), {"a.txt", "drafts/c.txt"}),
        (SourceRules(include=("*.txt",), exclude=("drafts", "old"), hidden=True), {"a.txt", ".f.txt", ".g/h.txt"}),
        (SourceRules(include=(".g/h.txt",)), set()),
    ],
    ids=lambda value: None if isinstance(value, set) else str(value),  # sets have no order
)  # fmt: skip
def test_a_source_is_what_its_rules_say(tmp_path: Path, rules: SourceRules, expected: set[str]) -> None:
    """Included is what is named, or lies in what is named; what is excluded or hidden is not, whatever names it."""
    assert set(walked(write_files(tmp_path, TREE), rules)) == expected


def test_ignore_files_say_it_in_turn(tmp_path: Path) -> None:
    """.askdocsignore can take back what .gitignore beside it says, a deeper file what a higher one says, and the
    source's own patterns have the last word."""
    files = {
        ".gitignore": "*.md\nbuild/\n",
        ".askdocsignore": "!b.md\n/secret.txt\n",
        "a.md": "", "b.md": "", "secret.txt": "", "build/c.txt": "", "deep/.gitignore": "!d.md", "deep/d.md": "",
        "deep/a.md": "",
    }  # fmt: skip
    write_files(tmp_path, files)
    assert walked(tmp_path) == ["b.md", "deep/d.md"]
    assert walked(tmp_path, SourceRules(exclude=("!build/", "b.md"))) == ["build/c.txt", "deep/d.md"]


def test_ignore_files_of_any_encoding_and_line_ends_work(tmp_path: Path) -> None:
    """A byte-order mark and carriage returns are no part of a pattern; its bytes match names that are no Unicode."""
    write_files(tmp_path, {".gitignore": b"\xef\xbb\xbfa.txt\r\n\xff*.txt\r\n", "a.txt": "", "b.txt": ""})
    with open(os.fsencode(tmp_path) + b"/\xff\xfe.txt", "w"):
        pass
    assert walked(tmp_path) == ["b.txt"]


def test_ignore_files_above_a_source_do_not_count(tmp_path: Path) -> None:
    """Who names a folder wants what is in it; nothing outside it is read."""
    write_files(tmp_path, {".gitignore": "*.txt\nnotes/", "notes/a.txt": ""})
    assert walked(tmp_path / "notes") == ["a.txt"]


def test_an_ignore_file_that_cannot_be_read_keeps_its_folder_out(tmp_path: Path) -> None:
    """Nothing is read that it may have been meant to keep out; the rest of the source is."""
    write_files(tmp_path, {"a/b.txt": "", "a/.gitignore": b"x" * 10, "c.txt": ""})
    os.unlink(tmp_path / "a/.gitignore")
    os.link(tmp_path / "c.txt", tmp_path / "a/.gitignore")
    with open(tmp_path / "a/.gitignore", "ab") as file:
        file.truncate(100_000_000)
    found = dict(walk(Source(0, str(tmp_path)), LeftOut()))
    assert found.keys() == {b"a/", b"c.txt"}
    assert "can't be listed: its .gitignore is too large" in str(found[b"a/"])


@pytest.mark.parametrize("pattern", ["", "  ", "#comment", "!", "/", "[a", "a\\"])
def test_a_pattern_without_sense_is_a_usage_error(pattern: str) -> None:
    """In a file it is passed over, as git does; on a command line somebody meant something by it."""
    with pytest.raises(UsageError, match="is no pattern"):
        check_patterns(["*.md", pattern])
