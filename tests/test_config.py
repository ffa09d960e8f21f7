"""Settings: where they come from, which wins, and what is refused."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askdocs.config import ABOUT, Settings, change_setting, changed, load_settings, taken_up
from askdocs.errors import SettingsError
from askdocs.settings_file import line_of, with_setting
from tests.support import unprivileged, write_files


def test_without_file_and_environment_the_defaults_hold(work: Path) -> None:
    """Nothing has to be set."""
    assert load_settings(work, {}) == Settings()


def test_the_file_sets_and_the_environment_wins(work: Path) -> None:
    """askdocs.toml of the folder counts, unless $ASKDOCS_INDEX or $ASKDOCS_MODEL say otherwise."""
    write_files(work, {"askdocs.toml": 'index = "there"\nmodel = "models/mine"\nmax_file_mb = 7\n'})
    assert load_settings(work, {}) == Settings(index="there", model="models/mine", max_file_mb=7)
    other = load_settings(work, {"ASKDOCS_INDEX": "elsewhere", "ASKDOCS_MODEL": "other"})
    assert (other.index, other.model, other.max_file_mb) == ("elsewhere", "other", 7)


def test_one_setting_can_be_changed_by_its_name(work: Path) -> None:
    """As in askdocs.toml, but that a text needs no quotes; what it can't be is refused."""
    write_files(work, {"askdocs.toml": "watch = false\n"})
    settings = load_settings(work, {})
    assert settings == Settings(watch=False)
    assert changed(settings, "watch=true") == Settings()
    assert changed(settings, "max_file_mb=3") == Settings(watch=False, max_file_mb=3)
    for assignment, says in {"watch=no": "true or false", "max_file_mb=x": "whole number", "x=1": "no setting"}.items():
        with pytest.raises(SettingsError, match=says):
            changed(settings, assignment)


def test_an_empty_variable_is_one_that_is_not_set(work: Path) -> None:
    """`ASKDOCS_INDEX= askdocs` uses the default."""
    assert load_settings(work, {"ASKDOCS_INDEX": "", "ASKDOCS_MODEL": ""}) == Settings()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("index = ", "askdocs.toml"),
        ("colour = 1", "colour"),
        ("index = 1", "text in quotes"),
        ('max_file_mb = "50"', "whole number"),
        ("max_file_mb = true", "whole number"),
        ("max_file_mb = 1.5", "whole number"),
        ("watch = 1", "true or false"),
        ('watch = "false"', "true or false"),
        ("max_file_mb = 0", "at least 1"),
        ("max_file_mb = -5", "at least 1"),
        (f"max_file_mb = 1{'0' * 5000}", "line 1"),
        (f"index = {'[' * 100_000}", "line 1"),
        ("[keys]\nindex = 5", "line 2: keys.index must be a text"),
        ("[own_theme]\n\ncolour = '#fff'", "line 3: own_theme has no 'colour'; it has: base, foreground"),
        ("[index]\nfolder = 'x'", "index must be"),
        (b"index = '\xff'", "askdocs.toml"),
        (b"\xff\xfe\x00", "askdocs.toml"),
    ],
)
def test_what_makes_no_sense_is_refused_and_named(work: Path, content: str | bytes, says: str) -> None:
    """SettingsError names the file and what is wrong with it."""
    write_files(work, {"askdocs.toml": content})
    with pytest.raises(SettingsError, match=says) as caught:
        load_settings(work, {})
    assert "askdocs.toml" in str(caught.value)


def test_a_folder_in_place_of_the_file_is_refused(work: Path) -> None:
    """What can't be opened is an error and not silently ignored."""
    (work / "askdocs.toml").mkdir()
    with pytest.raises(SettingsError, match=r"askdocs\.toml"):
        load_settings(work, {})


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("# mine\n\nwatch = 1\n", "line 3: watch must be true or false"),
        ('index = """a\nb"""\nprecision = "int4"', r"line 3: precision must be one of int8, float32, not 'int4'"),
        ("precision = 4", r"line 1: precision must be a text in quotes \(int8, float32\), not 4"),
        ('retrieval = [\n  "hybrid",\n]\n', "line 1: retrieval must be a text"),
        ('index = "a"\r\n"no such" = 1\r\n', "line 2: there is no setting 'no such'; there are: index, model"),
        ('keys.index = "f5"\nkeys.watch = 6', "line 2: keys.watch must be"),
        ('index = "a"\nmodel = x\n', "line 2 can't be read as settings: .*; model must be a text in quotes"),
        ("watch = yes", "line 1 can't be read as settings: .*; watch must be true or false"),
        ('index = "a"\n\n[keys', "line 3 can't be read as settings"),
        ('index = "a"\nindex = "b"\n', "line 2 can't be read as settings"),
    ],
)
def test_a_mistake_is_told_with_its_line(work: Path, content: str, says: str) -> None:
    """SettingsError names the line in askdocs.toml, and what is allowed there."""
    write_files(work, {"askdocs.toml": content})
    with pytest.raises(SettingsError, match=rf"askdocs\.toml, {says}"):
        load_settings(work, {})


def anything(settings: Settings) -> Settings:
    """A check that all settings pass."""
    return settings


MINE = """\
# My settings.

index = "there"   # on the other disk
watch = false

# Keys that my fingers know.
[keys]
index = "f9"  # nine
clear = 'ctrl+k'
# the end
"""


def test_one_setting_is_changed_and_the_rest_stays(work: Path) -> None:
    """A change touches its own line; what is new stands before the tables, or in its own."""
    (work / "askdocs.toml").write_text(MINE, encoding="utf-8")

    def write(name: str, text: str | None) -> Settings:
        return change_setting(work, name, text, anything)

    assert write("index", "here").index == "here"
    assert write("keys.clear", "f10").keys == {"index": "f9", "clear": "f10"}
    assert write("max_file_mb", "7").max_file_mb == 7
    assert write("watch", None).watch is True
    assert write("own_theme.accent", "#fff").own_theme == {"accent": "#fff"}
    text = (work / "askdocs.toml").read_text(encoding="utf-8")
    expected = MINE.replace('"there"', '"here"').replace("'ctrl+k'", '"f10"').replace("watch = false\n", "")
    assert [line for line in text.splitlines() if line not in expected.splitlines()] == [
        "max_file_mb = 7", "[own_theme]", 'accent = "#fff"',
    ]  # fmt: skip
    assert [line for line in expected.splitlines() if line not in text.splitlines()] == []
    assert load_settings(work, {}) == write("watch", None)


def filled(values: dict[str, Any]) -> dict[str, Any]:
    """Without tables that hold nothing."""
    return {name: value for name, value in values.items() if value != {}}


TOML_NAMES = st.sampled_from(["index", "theme", "watch", "keys.index", "keys.clear", "own_theme.base"])


@given(
    st.lists(st.tuples(TOML_NAMES, st.none() | st.text(max_size=10)), max_size=6),
    st.sampled_from(
        ["", MINE, 'keys = {index = "f5"} # in a line\n', 'keys.index = "f5"\n', MINE.replace("\n", "\r\n")]
    ),
)
def test_any_changes_leave_toml_that_says_the_same(changes: list[tuple[str, str | None]], text: str) -> None:
    """Whatever is written, TOML comes out in which that alone has changed, with all comments and the same line ends."""
    comments = [line.partition("#")[2].strip() for line in text.splitlines() if line.strip().startswith("#")]
    for name, value in changes:
        before = tomllib.loads(text)
        windows = "\r\n" in text
        text = with_setting(text, name.split("."), value)
        after = tomllib.loads(text)
        table, _, key = name.rpartition(".")
        (before.setdefault(table, {}) if table else before).pop(key, None)
        holder = after.setdefault(table, {}) if table else after
        assert holder.pop(key, None) == value
        assert filled(before) == filled(after)
        assert not windows or "\n" not in text.replace("\r\n", "")
    kept = [line.partition("#")[2].strip() for line in text.splitlines() if line.strip().startswith("#")]
    assert kept == comments


def test_what_can_not_be_is_not_written(work: Path) -> None:
    """A bad value, a name that doesn't exist, and what a check refuses leave the file as it is."""

    def refuse(settings: Settings) -> None:
        if settings.theme == "green":
            raise SettingsError("no green")

    (work / "askdocs.toml").write_text(MINE, encoding="utf-8")
    for name, text, says in [
        ("precision", "int4", "one of int8, float32"),
        ("max_file_mb", "0", "at least 1"),
        ("max_file_mb", "many", "whole number, not 'many'"),
        ("watch", "yes", "true or false"),
        ("no_such", "1", "no setting"),
        ("keys", "f5", "is a table"),
        ("own_theme.colour", "#fff", "it has: base"),
        ("theme", "green", "no green"),
    ]:
        with pytest.raises(SettingsError, match=says):
            change_setting(work, name, text, refuse)
    assert (work / "askdocs.toml").read_text(encoding="utf-8") == MINE


def test_a_file_that_can_not_be_written_is_one_line(public_work: Path) -> None:
    """A read-only folder is an error that names the file, and leaves nothing behind."""
    folder = write_files(public_work / "locked", {"askdocs.toml": MINE})
    folder.chmod(0o555)
    with (
        unprivileged(),
        pytest.raises(SettingsError, match=r"askdocs\.toml can't be written: Permission denied$"),
    ):
        change_setting(folder, "watch", "true", anything)
    assert os.listdir(folder) == ["askdocs.toml"]


def test_the_file_keeps_its_mode_and_its_link(work: Path) -> None:
    """A link to settings kept elsewhere stays one, and who may read the file stays as it was."""
    write_files(work, {"dotfiles/askdocs.toml": MINE})
    (work / "dotfiles/askdocs.toml").chmod(0o600)
    (work / "askdocs.toml").symlink_to("dotfiles/askdocs.toml")
    change_setting(work, "theme", "nord", anything)
    assert (work / "askdocs.toml").is_symlink()
    assert load_settings(work, {}).theme == "nord"
    assert (work / "dotfiles/askdocs.toml").stat().st_mode & 0o777 == 0o600


def test_a_broken_file_is_not_written_over(work: Path) -> None:
    """What isn't TOML is refused with its line, and stays for its owner to mend."""
    (work / "askdocs.toml").write_text("index = \n", encoding="utf-8")
    with pytest.raises(SettingsError, match="line 1"):
        change_setting(work, "watch", "true", anything)
    assert (work / "askdocs.toml").read_text(encoding="utf-8") == "index = \n"


def test_every_setting_is_explained() -> None:
    """The table of meanings has each setting, in order."""
    assert list(ABOUT) == list(Settings.__dataclass_fields__)


def test_what_needs_a_start_waits_for_it() -> None:
    """Of changed settings, the index and the models stay as they are while askdocs runs."""
    running = Settings(index="a", model="b")
    settings = Settings(index="x", model="y", reranker="z", precision="float32", theme="nord", max_file_mb=3)
    assert taken_up(settings, running) == Settings(index="a", model="b", theme="nord", max_file_mb=3)


def test_a_line_in_a_long_file_is_found_soon() -> None:
    """Every statement is read once, so that ten thousand settings are no trouble."""
    text = "".join(f"a{number} = {number}\n" for number in range(10_000))
    assert line_of(text, ("a9999",)) == 10_000
    assert line_of(text, ("b",)) is None
