"""What README and the other documents say is so."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from askdocs.cli import cli
from askdocs.config import ABOUT, THEME_FIELDS, Settings, allowed_values, load_settings
from askdocs.loaders import MEDIA_TYPES, NAMED
from askdocs.tui.keymap import actions
from tests.support import PROJECT
from tests.tui import tour

README = (PROJECT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *sorted((PROJECT / "docs").glob("*.md"))]


def blocks(language: str) -> list[str]:
    """README's code blocks in a language."""
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_commands_and_targets_that_are_named_exist(path: Path) -> None:
    """Every `askdocs COMMAND` and `make TARGET` in the documents is one."""
    text = path.read_text(encoding="utf-8")
    commands = set(
        re.findall(r"askdocs (?:--\S+ \S+ )?([a-z]+)\b(?=[^:]*`)", "\n".join(re.findall(r"`[^`\n]+`", text)))
    )
    assert commands <= set(cli.commands)
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE):
        assert f"\n{target}:" in makefile


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    """Every relative link is to a file of the project."""
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


def setting_rows() -> list[str]:
    """The table of settings in docs/settings.md."""
    rows = []
    for name, about in ABOUT.items():
        default = getattr(Settings(), name)
        shown = "" if default in ("", {}) else f"`{str(default).lower() if isinstance(default, bool) else default}`"
        rows.append(f"| `{name}` | {shown} | {about.meaning} | {allowed_values(name)} | {about.counts} |")
    return rows


def key_rows() -> list[str]:
    """The table of named actions in docs/settings.md."""
    return [f"| `{name}` | {', '.join(action.keys)} | {action.meaning} |" for name, action in actions().items()]


def theme_rows() -> list[str]:
    """The table of the colours of an own theme in docs/settings.md."""
    return [f"| `{name}` | {what} |" for name, what in THEME_FIELDS.items()]


@pytest.mark.parametrize("rows", [setting_rows, key_rows, theme_rows])
def test_the_tables_of_settings_are_true(rows: Callable[[], list[str]]) -> None:
    """docs/settings.md has every setting, action and colour with its meaning, and no other."""
    lines = (PROJECT / "docs" / "settings.md").read_text(encoding="utf-8").splitlines()
    expected = rows()
    start = lines.index(expected[0])
    assert lines[start : start + len(expected) + 1] == [*expected, ""]


def test_the_settings_in_the_documents_are_the_defaults(work: Path) -> None:
    """The example of askdocs.toml names every setting with its default."""
    text = (PROJECT / "docs" / "settings.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    (work / "askdocs.toml").write_text(example, encoding="utf-8")
    assert load_settings(work, {}) == Settings()
    assert set(re.findall(r"^\[?(\w+)(?:\]| =)", example, re.MULTILINE)) == set(Settings.__dataclass_fields__)


def test_every_ending_is_in_the_documents() -> None:
    """docs/formats.md names every ending and name that is read."""
    formats = (PROJECT / "docs" / "formats.md").read_text(encoding="utf-8")
    named = {name.lower() for name in re.findall(r"`([^`\s]+)`", formats)}
    assert {*MEDIA_TYPES, *NAMED} <= named


@pytest.mark.usefixtures("hashed_cli", "notes")
def test_the_python_in_readme_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """The example indexes, asks and prints citations."""
    (example,) = blocks("python")
    exec(compile(example, "README.md", "exec"), {})
    assert "1 notes/roof.txt 1 The roof of the old library" in capsys.readouterr().out


def test_the_tour_shows_what_it_speaks_of() -> None:
    """docs/tour.md is what `make tour` writes, with a picture of each stop and no other."""
    assert tour.PAGE.read_text(encoding="utf-8") == tour.page()
    assert {path.name for path in tour.PICTURES.iterdir()} == {f"{stop.name}.svg" for stop in tour.STOPS}
