"""Settings: where they come from, which wins, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from askdocs.config import Settings, changed, load_settings
from askdocs.errors import SettingsError
from tests.support import write_files


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
