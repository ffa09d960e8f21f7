"""Documents are opened where they are cited, by a list of arguments that no name can break out of."""

from __future__ import annotations

import json
import os
import stat
import sys
import time
from pathlib import Path
from urllib.parse import unquote

import pytest

from askdocs.errors import SettingsError, UsageError
from askdocs.opening.opener import Cited, OpenCommand, cited, open_command, recall, remember, start, text_fragment
from askdocs.types import Citation, DocumentInfo, Locator, SearchResult, Span, Unit
from tests.support import run_process, write_files

LINE = Locator(Unit.LINES, (), 7, 9)
PAGE = Locator(Unit.PAGES, (), 12, 12, "x", "x")


def arguments(path: Path, locator: Locator, editor: str = "", pdf_viewer: str = "", **environment: str) -> list[str]:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return list(open_command(Cited(str(path), locator, "the roof"), editor, pdf_viewer, environment).arguments)


@pytest.mark.parametrize(
    ("editor", "expected"),
    [
        ("vim", ["vim", "+7", "PATH"]),
        ("/usr/bin/nano -w", ["/usr/bin/nano", "-w", "+7", "PATH"]),
        ("emacsclient -t", ["emacsclient", "-t", "+7", "PATH"]),
        ("hx", ["hx", "PATH:7"]),
        ("code --wait", ["code", "--wait", "--goto", "PATH:7"]),
        ("kate", ["kate", "--line", "7", "PATH"]),
        ("'/opt/my editor/ed'", ["/opt/my editor/ed", "PATH"]),
        ("mine --at={line} {path} --end", ["mine", "--at=7", "PATH", "--end"]),
        ("mine {url}", ["mine", "URL"]),
    ],
)
def test_an_editor_opens_text_at_its_line(tmp_path: Path, editor: str, expected: list[str]) -> None:
    """Every editor has its own way to name a line; a command of one's own says where line and path go."""
    path = tmp_path / "a note.txt"
    filled = [word.replace("PATH", str(path)).replace("URL", path.as_uri()) for word in expected]
    assert arguments(path, LINE, editor=editor) == filled
    assert arguments(path, LINE, EDITOR=editor) == filled
    assert arguments(path, LINE, VISUAL=editor, EDITOR="other") == filled


@pytest.mark.parametrize(
    ("viewer", "expected"),
    [
        ("evince", ["evince", "--page-index=12", "PATH"]),
        ("okular", ["okular", "--page", "12", "PATH"]),
        ("zathura --fork", ["zathura", "--fork", "--page=12", "PATH"]),
        ("xpdf", ["xpdf", "PATH", "12"]),
        ("firefox", ["firefox", "URL#page=12"]),
        ("unknown", ["unknown", "PATH"]),
    ],
)
def test_a_viewer_opens_a_pdf_at_its_page(tmp_path: Path, viewer: str, expected: list[str]) -> None:
    """By the number that counts from the first page, which all viewers know, and not by its label."""
    path = tmp_path / "a.pdf"
    filled = [word.replace("PATH", str(path)).replace("URL", path.as_uri()) for word in expected]
    assert arguments(path, PAGE, pdf_viewer=viewer, EDITOR="vim") == filled


def test_what_has_no_better_program_is_opened_by_the_systems(tmp_path: Path) -> None:
    """Slides and sheets, and text where nobody has said which editor."""
    slide = Locator(Unit.SLIDES, (), 3, 3)
    opener = arguments(tmp_path / "a.txt", LINE)[:-1]
    assert arguments(tmp_path / "a.pptx", slide, EDITOR="vim") == [*opener, str(tmp_path / "a.pptx")]
    page = arguments(tmp_path / "a.html", Locator(Unit.PARAGRAPHS, (), 3, 3))
    assert page == [*opener, (tmp_path / "a.html").as_uri() + "#:~:text=the%20roof"]


def test_a_text_fragment_names_the_ends_of_a_long_quote() -> None:
    """What has a meaning in a fragment is escaped, and white space is that of the browser."""
    assert text_fragment("a-b, c & d") == "#:~:text=a%2Db%2C%20c%20%26%20d"
    assert text_fragment("one two three four five\nsix seven eight nine ten eleven") == (
        "#:~:text=one%20two%20three%20four%20five,seven%20eight%20nine%20ten%20eleven"
    )
    assert text_fragment(" \n") == ""


@pytest.mark.parametrize(
    ("quote", "ends"),
    [
        ("Water\n\nThe main is under the stair.", "Water,main is under the stair."),
        ("- the blue valve\n- the red valve", "the blue valve,the red valve"),
        ("1. Open the valve of the main with a key.\n2. Wait.", "Open the valve of the,Wait."),
        ("Ship: Petrel; Built: 1925; Price: 1200", "Petrel,1200"),
        ("Ships\n\nShip: Petrel; Note: a: b\nShip: Gannet; Note: the mast is lost", "Ships,the mast is lost"),
        ("He said: go; then he left.", "He said: go; then he left."),
        ("-", "-"),
        ("Ship: ; Built: ", "Ship: ; Built:"),
    ],
)
def test_a_text_fragment_says_what_the_page_shows(quote: str, ends: str) -> None:
    """No words of two blocks, no marks of items, and of a row its cells alone, as the names stand elsewhere."""
    assert [unquote(words) for words in text_fragment(quote).removeprefix("#:~:text=").split(",")] == ends.split(",")


HOSTILE_NAMES = ["-rf", "a b'c\"d", "$(touch x)", "{line}", "new\nline", "--goto {path}", os.fsdecode(b"\xff")]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_no_file_name_is_more_than_a_name(tmp_path: Path, name: str) -> None:
    """It stays one argument, is no option, and nothing in it is filled in."""
    path = tmp_path / name
    assert arguments(path, LINE, editor="vim") == ["vim", "+7", str(path)]
    assert arguments(path, LINE, editor="mine {path} {line}") == ["mine", str(path), "7"]


def test_a_command_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """So is a program that isn't there, and a file that has gone."""
    (tmp_path / "a.txt").touch()
    with pytest.raises(SettingsError, match="can't be run: No closing quotation"):
        arguments(tmp_path / "a.txt", LINE, editor="vim '")
    with pytest.raises(UsageError, match="no-such-program can't be started"):
        start(open_command(Cited(str(tmp_path / "a.txt"), LINE, ""), "no-such-program", "", {}))
    with pytest.raises(UsageError, match="is not there any more"):
        open_command(Cited(str(tmp_path / "gone.txt"), LINE, ""), "vim", "", {})


def test_what_lies_inside_a_file_opens_that_file(tmp_path: Path) -> None:
    """In the program that the system has for it: the lines of an attachment are none of the mail's."""
    mail = tmp_path / "mail.eml"
    mail.touch()
    inside = DocumentInfo(1, str(mail), "notes", inside=("notes.txt",))
    for passage in (
        SearchResult(inside, Span(0, 4), "roof", LINE, 1.0),
        Citation(1, inside, Span(0, 4), LINE, "roof", (), 1.0),
    ):
        opened = cited(passage)
        assert (opened.path, opened.quote) == (str(mail), "roof")
        assert "vim" not in open_command(opened, "vim", "", {}).arguments


def test_a_program_that_fails_at_once_is_told_of() -> None:
    """What to set is said; one that ends well or goes on is left to itself."""
    with pytest.raises(UsageError, match=r"false couldn't open it \(exit code 1\); set `editor`"):
        start(OpenCommand(("false",), in_terminal=False))
    start(OpenCommand(("true",), in_terminal=False))
    began = time.monotonic()
    start(OpenCommand(("sleep", "3"), in_terminal=False))
    assert time.monotonic() - began < 2.5


def test_what_was_cited_is_remembered(tmp_path: Path) -> None:
    """By its number, with its locator, for any name; anything else is an error that says what there is."""
    passages = [Cited("/a", LINE, "q"), Cited(os.fsdecode(b"/\xff"), PAGE, "\ud800")]
    remember(passages, tmp_path / "new" / "cited.json")
    assert [recall(number, tmp_path / "new" / "cited.json") for number in (1, 2)] == passages
    with pytest.raises(UsageError, match=r"there is no \[3\]: the last answer has 2 passages"):
        recall(3, tmp_path / "new" / "cited.json")
    with pytest.raises(UsageError, match="nothing has been asked"):
        recall(1, tmp_path / "none.json")


@pytest.mark.usefixtures("bundled_encoder")
def test_open_runs_the_editor_at_the_line_of_the_answer(work: Path) -> None:
    """Through the program: ask, then `open 1`."""
    write_files(work / "notes", {"roof.txt": "A title\n\nNothing here.\n\nThe roof was repaired in May.\n"})
    editor = work / "editor"
    script = "import json, pathlib, sys\npathlib.Path('opened.json').write_text(json.dumps(sys.argv[1:]))\n"
    editor.write_text(f"#!{sys.executable}\n{script}")
    editor.chmod(editor.stat().st_mode | stat.S_IXUSR)
    (work / "askdocs.toml").write_text(f'editor = "{editor} +{{line}} {{path}}"\n')
    assert run_process("index", "notes", cwd=work).exit_code == 0
    assert run_process("open", "1", cwd=work).exit_code == 2
    assert "repaired" in run_process("ask", "When was the roof repaired?", cwd=work).stdout
    assert run_process("open", "1", cwd=work).exit_code == 0
    for _ in range(100):
        if (work / "opened.json").exists() and (work / "opened.json").read_text():
            break
        time.sleep(0.1)
    line, path = json.loads((work / "opened.json").read_text())
    assert (line, path) == ("+1", str(work / "notes" / "roof.txt"))
