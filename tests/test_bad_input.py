"""Whatever is wrong: a clear message that says what to do, the right exit code, no traceback, and nothing lost."""

from __future__ import annotations

import os
import resource
import shutil
from pathlib import Path

import pytest

from askdocs.assistant import Assistant
from tests.support import (
    BINARY,
    NOTES,
    ROOF,
    WHALES,
    assert_nothing_lost,
    index_all,
    run_cli,
    unprivileged,
    write_files,
)

# Folders and files


@pytest.mark.usefixtures("hashed_cli")
def test_an_empty_folder_is_said_to_hold_no_document(work: Path) -> None:
    """Indexing it is done, says which files could be read, and a question then says what to do."""
    (work / "empty").mkdir()
    run_cli("index", "empty").assert_clear(0, "no document", ".txt", ".md")
    run_cli("ask", "What?").assert_clear(3, f"nothing is indexed in {work / 'index'} yet", "askdocs index")
    run_cli("search", "What?").assert_clear(3, "nothing is indexed", "askdocs index")


@pytest.mark.usefixtures("work", "hashed_cli")
def test_without_anything_known_the_first_step_is_named() -> None:
    """With neither sources nor ./seeds, `index` and `ask` name the command to run."""
    run_cli("index").assert_clear(2, "askdocs index ~/Documents")
    run_cli("ask", "What?").assert_clear(3, "askdocs index ~/Documents")
    run_cli("status").assert_clear(0)


@pytest.mark.parametrize("name", ["missing", "missing/deeper.txt", "~nobody-of-that-name/notes", "~draft.txt"])
@pytest.mark.usefixtures("indexed")
def test_a_path_that_does_not_exist_is_a_usage_error(name: str) -> None:
    """The message names the path as it was typed."""
    run_cli("index", name).assert_clear(2, name)
    assert_nothing_lost()


@pytest.mark.usefixtures("hashed_cli")
def test_a_file_whose_name_starts_with_a_tilde_is_a_file(work: Path) -> None:
    """A tilde is a home folder only where it stands for one."""
    write_files(work, {"~draft.txt": ROOF})
    run_cli("index", "~draft.txt").assert_clear(0)


def test_a_file_of_another_kind_is_a_usage_error(indexed: Path) -> None:
    """The message names the kinds of files that can be read."""
    write_files(indexed, {"sound.mp3": BINARY})
    run_cli("index", indexed / "sound.mp3").assert_clear(2, "sound.mp3", ".txt")
    run_cli("index").assert_clear(0)
    assert_nothing_lost()


@pytest.mark.usefixtures("hashed_cli")
def test_an_unreadable_file_fails_alone(public_work: Path) -> None:
    """It is listed with the reason, the rest is indexed, and the exit code is 4."""
    notes = write_files(public_work / "notes", {**NOTES, "secret.txt": WHALES})
    (notes / "secret.txt").chmod(0)
    with unprivileged(public_work):
        ran = run_cli("index", "notes")
        ran.assert_clear(4, "notes/secret.txt", "ermission denied")
        assert ran.stdout.startswith("3 added")
        assert "1 failed" in ran.stdout
        run_cli("ask", "Which umbrella?").assert_clear(3)
        assert "secret.txt: " in run_cli("status").stdout
        assert_nothing_lost()


@pytest.mark.parametrize(
    "data",
    [BINARY, b"\x7fELF" + bytes(4000), b"\x89PNG\r\n\x1a\n" + os.urandom(5000), b"PK\x03\x04" + bytes(range(256)) * 9],
    ids=["bytes", "program", "image", "archive"],
)
def test_a_binary_file_named_txt_fails_alone(indexed: Path, data: bytes) -> None:
    """Its bytes are never indexed as text; it is named, and the exit code is 4."""
    write_files(indexed, {"data.txt": data})
    run_cli("index").assert_clear(4, "notes/data.txt", "not text")
    assert_nothing_lost()


def test_damaged_utf8_is_refused_rather_than_indexed_as_mojibake(indexed: Path) -> None:
    """A file that is UTF-8 but for one byte fails, naming the byte and the cure."""
    write_files(indexed, {"broken.txt": "Größe, Übermut und Äpfel".encode() * 20 + b"\xff" + "Öl".encode()})
    run_cli("index").assert_clear(4, "notes/broken.txt", "UTF-8")
    assert_nothing_lost()


def test_links_are_left_out_and_said_to_be(indexed: Path) -> None:
    """Dangling links, loops of links, and links to folders and files above are skipped, and nothing hangs."""
    (indexed / "dangling.txt").symlink_to("nowhere.txt")
    (indexed / "self.txt").symlink_to("self.txt")
    (indexed / "one").symlink_to("two")
    (indexed / "two").symlink_to("one")
    (indexed / "up").symlink_to("..")
    (indexed / "alias.txt").symlink_to("roof.txt")
    ran = run_cli("index")
    ran.assert_clear(0, *(f"notes/{name}: is a symbolic link" for name in ("dangling.txt", "self.txt", "one", "up")))
    assert "3 unchanged, 0 failed" in ran.stdout
    assert_nothing_lost()


@pytest.mark.parametrize("name", ["dangling.txt", "loop"])
def test_a_bad_link_named_outright_is_a_usage_error(indexed: Path, name: str) -> None:
    """A link that leads nowhere can't be a source."""
    (indexed / "dangling.txt").symlink_to("nowhere.txt")
    (indexed / "loop").symlink_to("loop")
    run_cli("index", indexed / name).assert_clear(2, name)
    assert_nothing_lost()


def test_pipes_and_sockets_are_left_out_without_waiting(indexed: Path) -> None:
    """A named pipe called `.txt` is skipped and said to be; reading it would wait for ever."""
    os.mkfifo(indexed / "pipe.txt")
    run_cli("index").assert_clear(0, "notes/pipe.txt: is not a regular file")
    assert_nothing_lost()


@pytest.mark.usefixtures("open_assistant")
def test_a_file_that_vanishes_half_way_fails_alone(notes: Path, assistant: Assistant) -> None:
    """Gone between being listed and being read, it is a failure of this run and forgotten by the next."""
    events = assistant.index([notes])
    next(events)
    (notes / "whales.txt").unlink()
    *_, last = events
    assert (last.added, last.failed) == (2, 1)  # type: ignore[union-attr]
    assert "has gone" in last.failures[0].reason  # type: ignore[union-attr]
    last = index_all(assistant)
    assert (last.unchanged, last.failed) == (2, 0)


def test_a_folder_that_vanishes_half_way_fails_alone(notes: Path, assistant: Assistant) -> None:
    """The same holds of a folder with all its files."""
    events = assistant.index([notes])
    next(events)
    shutil.rmtree(notes / "kitchen")
    *_, last = events
    assert (last.added, last.failed) == (2, 1)  # type: ignore[union-attr]


def test_a_file_replaced_by_a_pipe_half_way_fails_alone(notes: Path, assistant: Assistant) -> None:
    """What was a file when it was listed and is a pipe when it is read doesn't hang the run."""
    events = assistant.index([notes])
    next(events)
    (notes / "whales.txt").unlink()
    os.mkfifo(notes / "whales.txt")
    *_, last = events
    assert last.added == 2  # type: ignore[union-attr]


def test_a_file_of_200_megabytes_is_refused_without_being_read(indexed: Path) -> None:
    """It is named with its size, the limit and the setting; memory grows by far less than the file."""
    with (indexed / "huge.txt").open("wb") as file:
        for _ in range(200):
            file.write(b"All work and no play makes a dull file.\n" * 25_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    run_cli("index").assert_clear(4, "notes/huge.txt", "200 MB", "50 MB", "max_file_mb", "askdocs add --exclude")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000
    (indexed / "huge.txt").unlink()
    run_cli("index").assert_clear(0)
    assert_nothing_lost()


def test_a_higher_limit_lets_a_large_file_in(indexed: Path, work: Path) -> None:
    """A file refused for its size is tried again when the limit is raised, though it hasn't changed."""
    write_files(work, {"askdocs.toml": "max_file_mb = 1"})
    write_files(indexed, {"large.txt": " \n" * 510_000 + "The end."})
    run_cli("index").assert_clear(4, "notes/large.txt", "max_file_mb")
    write_files(work, {"askdocs.toml": "max_file_mb = 2"})
    ran = run_cli("index")
    ran.assert_clear(0)
    assert ran.stdout.startswith("1 added")


# Questions


@pytest.mark.parametrize("question", ["", " ", "\n\t\u00a0"])
@pytest.mark.parametrize("command", ["ask", "search"])
@pytest.mark.usefixtures("indexed")
def test_an_empty_question_is_a_usage_error(command: str, question: str) -> None:
    """Asking nothing is wrong usage."""
    run_cli(command, question).assert_clear(2, "empty")


@pytest.mark.parametrize("command", ["ask", "search"])
@pytest.mark.usefixtures("indexed")
def test_a_question_of_100000_characters_is_a_usage_error(command: str) -> None:
    """The message tells its length and how long a question may be."""
    run_cli(command, "roof " * 20_000).assert_clear(2, "100,000 characters", "10,000")


@pytest.mark.parametrize(
    "question",
    [
        "ro\x00of", "?", "…", "👩‍👩‍👧‍👦", "\u202eroof", "a" * 9_999, 'roof" OR 1=1; --',
        "[bold]roof[/bold]", "roof " * 1_900,
        "text:roof^10 AND (NOT [a TO b]", "~/*.txt", "\\",
    ],
)  # fmt: skip
@pytest.mark.usefixtures("indexed")
def test_any_other_question_is_just_text(question: str) -> None:
    """Nothing in a question is syntax: whatever it holds it is answered or not found, and never fails."""
    for command in ("ask", "search"):
        ran = run_cli(command, question)
        ran.assert_clear(ran.exit_code)
        assert ran.exit_code in (0, 1)


@pytest.mark.parametrize(
    "question",
    [
        "path:notes/*", "type:txt", 'roof path:"["', "roof path:[!", "roof after:2023-13", "roof before:0000",
        "after:99999",
        "roof -repaired", "-- -roof", "-roof", '""', '"', '"roof', '"\u202e"', "path:*" * 500,
    ],
)  # fmt: skip
@pytest.mark.usefixtures("indexed")
def test_a_question_of_filters_alone_or_of_broken_ones_is_answered_or_wrong_usage(question: str) -> None:
    """Filters, quoted phrases and words left out that make no sense have no traceback for an answer."""
    for command in ("ask", "search"):
        ran = run_cli(command, "--", question)
        ran.assert_clear(ran.exit_code)
        assert ran.exit_code in (0, 1, 2)
        assert (ran.stderr == "") == (ran.exit_code != 2)


@pytest.mark.usefixtures("indexed")
def test_a_question_that_is_not_unicode_does_not_crash() -> None:
    """Bytes on the command line that decode to nothing are answered like any text, or are wrong usage."""
    for command in ("ask", "search"):
        ran = run_cli(command, "roof \udcff\udcfe repaired")
        ran.assert_clear(ran.exit_code)
        assert ran.exit_code in (0, 1, 2)


@pytest.mark.parametrize("count", ["0", "-1", "many", "1000000"])
@pytest.mark.usefixtures("indexed")
def test_a_senseless_count_is_a_usage_error(count: str) -> None:
    """`-k` takes a number that makes sense."""
    run_cli("ask", "roof", "-k", count).assert_clear(2, "-k")
