"""Conversations that are kept: nothing of them is lost, whatever happens to the file or to who writes it."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from askdocs import Assistant
from askdocs.answering.feedback import Feedback, Ranking
from askdocs.errors import IndexDamaged, IndexTrouble, UsageError
from askdocs.searching.question import DocumentFilter
from askdocs.sessions import sessions
from askdocs.sessions.sessions import Conversation, Exchange, Sessions
from askdocs.types import (
    Answer,
    Citation,
    DocumentInfo,
    Features,
    Freshness,
    IndexCounts,
    Locator,
    Span,
    Unit,
    Verdict,
)
from tests.support import PROJECT, ROOF, ROOF_QUESTION, edit, index_all, run_cli, unprivileged, write_files

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
FULL = Answer(
    question="And the \x1b[31mroof\x1b[0m?",
    standalone_question="And the roof? (library)",
    verdict=Verdict.INDEX_UNRELIABLE,
    confidence=0.123456789,
    citations=(
        Citation(
            number=3,
            document=DocumentInfo(
                7,
                "notes/roof\udcff.md",
                "The old library",
                "Anna",
                "1987-05-04",
                ("letter.eml", "roof.pdf"),
                ("Roofs",),
                "en",
            ),
            span=Span(10, 40),
            locator=Locator(Unit.PAGES, ("Library", "Roof"), 2, 3, "ii", "iii"),
            quote="The roof was repaired in Größe",
            evidence=(Span(14, 20), Span(21, 30)),
            score=-1.5,
            also_in=(DocumentInfo(8, "notes/copy.md", "Copy"),),
            freshness=Freshness.EDITED,
        ),
    ),
    index=IndexCounts(1, 2, 3, 4),
    warnings=("a file has changed",),
    features=Features(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7),
    scope="notes/, type:md",
)
CHOSEN = DocumentFilter(
    ("*.md",), ("md",), date(2023, 1, 31), date(2024, 2, 29), ("Anna",), ("lease",), ("en",),
    (os.path.join("notes", ""), os.path.join(os.curdir, ""), "notes/mail.eml > roof\udcff.pdf"),
    (DocumentFilter(types=("eml",), chosen=("notes/mail.eml",)),),
)  # fmt: skip
RANKED = Exchange(
    "The roof?", None, "", NOON, CHOSEN,
    Ranking(Feedback(FULL.citations, (replace(FULL.citations[0], number=4),)), "more like [3]", FULL.citations),
)  # fmt: skip
WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from askdocs.sessions.sessions import Exchange, Sessions

kept = Sessions(Path(sys.argv[1]), lambda: "here")
session = None
for number in range(int(sys.argv[2])):
    session = kept.add(session, [Exchange(f"{sys.argv[3]} {number}", None, "x" * 1000, datetime.now(UTC))])
    print(number, flush=True)
"""


@pytest.fixture
def kept(work: Path) -> Sessions:
    """No conversation yet, in the working directory."""
    return Sessions(work, lambda: "here")


def asked(question: str, quote: str = "", at: datetime = NOON) -> Exchange:
    if not quote:
        return Exchange(question, None, "The model is missing.", at)
    citation = replace(FULL.citations[0], quote=quote, span=Span(0, len(quote)), evidence=())
    return Exchange(question, replace(FULL, question=question, citations=(citation,)), "", at)


def writer(folder: Path, number: int, name: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, folder, str(number), name], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )


def test_an_answer_comes_back_whole(kept: Sessions) -> None:
    """Every field of an answer, a scope and a ranking survives, a path that is no Unicode included, and trouble too."""
    for value in (FULL, FULL.citations[0], FULL.citations[0].document, FULL.citations[0].locator, CHOSEN, RANKED):
        for field in dataclasses.fields(value):
            assert field.default is dataclasses.MISSING or getattr(value, field.name) != field.default, field.name
    exchanges = (
        Exchange(FULL.question, FULL, "", NOON),
        asked("Why?"),
        Exchange("In there?", FULL, "", NOON, CHOSEN),
        Exchange("There?", None, "no indexed document passes the filters", NOON, CHOSEN),
        RANKED,
        replace(RANKED, trouble="the passage is no longer in the index", documents=None),
    )
    session = kept.load(kept.add(None, exchanges))
    assert session.exchanges == exchanges
    hash(session.exchanges[0].answer)


def test_a_session_is_named_dated_and_continued(kept: Sessions) -> None:
    """The first question names it; further ones are added in order, and it is listed by when it was used last."""
    first = kept.add(None, [asked("When was\n the roof   repaired?")])
    second = kept.add(None, [asked("word " * 100)])
    third = kept.add(None, [asked("屋" * 100)])
    assert kept.add(first, [asked("And why?")]) == first
    names = {info.id: info.name for info in kept.listed()}
    assert names == {
        first: "When was the roof repaired?",
        second: "word word word word word word word word word word word…",
        third: "屋" * 59 + "…",
    }
    assert [exchange.question for exchange in kept.load(first).exchanges] == [
        "When was\n the roof   repaired?",
        "And why?",
    ]
    with sqlite3.connect(kept.path) as connection:
        connection.execute("UPDATE sessions SET used = used + 10 WHERE id = ?", (second,))
    connection.close()
    assert [info.id for info in kept.listed()] == [second, third, first]
    assert [info.questions for info in kept.listed()] == [1, 1, 2]


def test_searching_is_of_names_questions_and_quotes(kept: Sessions) -> None:
    """Every word must stand somewhere, in any case; what looks like a pattern or SQL is looked for as it is."""
    roof = kept.add(None, [asked("The roof?", "It was GROSS and 100% dry."), asked("And the cellar?")])
    other = kept.add(None, [asked("Bread'); DROP TABLE sessions; --")])
    kept.rename(other, "Über Brot")

    def found(words: str) -> list[int]:
        return [info.id for info in kept.listed(words)]

    assert found("roof cellar") == found("ROOF gross") == found("100% dry.") == [roof]
    assert found("über") == found("bread über") == found("'); drop TABLE") == [other]
    assert found("roof über") == found("1%0") == found("r_of") == found('"') == []
    assert found("\udcff") == [roof]  # as a question mark: no such character can be in the file
    assert {*found("")} == {roof, other}
    assert found("the" + " the" * 5000) == [roof]


def test_renaming_and_deleting(kept: Sessions) -> None:
    """A name can be anything but empty; what is deleted is gone from the file, and its number is never used again."""
    first = kept.add(None, [asked("The secret roof?")])
    second = kept.add(None, [asked("Bread?")])
    kept.rename(first, "  [red]\x1b[2J\udcff  ")
    assert kept.load(first).info.name == "[red]\x1b[2J?"
    with pytest.raises(UsageError, match="needs a name"):
        kept.rename(first, " \n")
    kept.delete(second)
    kept.delete(first)
    kept.delete(first)
    assert kept.listed() == []
    assert kept.questions(10) == []
    with pytest.raises(UsageError, match="deleted"):
        kept.load(first)
    assert b"secret" not in kept.path.read_bytes()
    assert kept.add(first, [asked("More?")]) > second


def test_past_questions_are_told_once_oldest_first(kept: Sessions) -> None:
    """Of every question the latest time counts, over all sessions."""
    kept.add(None, [asked("one"), asked("two"), asked("three")])
    kept.add(None, [asked("one")])
    assert kept.questions(10) == ["two", "three", "one"]
    assert kept.questions(2) == ["three", "one"]


def test_reading_makes_no_file(kept: Sessions) -> None:
    """As long as nothing is asked, nothing is written."""
    assert kept.listed() == []
    assert kept.questions(1) == []
    kept.delete(1)
    assert os.listdir(kept.path.parent) == []


def test_what_a_newer_askdocs_adds_is_passed_over_and_what_it_lacks_is_filled_in(kept: Sessions) -> None:
    """Unknown fields of an answer do no harm, missing ones have their defaults; what can't be read says so."""
    session = kept.add(None, [Exchange(FULL.question, FULL, "", NOON)] * 3)
    connection = sqlite3.connect(kept.path)
    (text,) = connection.execute("SELECT answer FROM questions").fetchone()
    values = json.loads(text)
    values["mood"] = {"calm": True}
    values["citations"][0]["colour"] = values["citations"][0]["document"]["colour"] = "red"
    values["citations"][0]["locator"]["floor"] = 3
    del values["features"], values["warnings"], values["citations"][0]["document"]["author"]
    connection.execute("UPDATE questions SET answer = ? WHERE id = 1", (json.dumps(values),))
    connection.execute("UPDATE questions SET answer = ? WHERE id = 2", (json.dumps(values | {"verdict": "perhaps"}),))
    connection.execute("UPDATE questions SET answer = '[' WHERE id = 3")
    connection.commit()
    connection.close()
    first, *others = kept.load(session).exchanges
    citation = replace(FULL.citations[0], document=replace(FULL.citations[0].document, author=None))
    assert first.answer == replace(FULL, features=None, warnings=(), citations=(citation,))
    assert [(other.answer, "can't be read" in other.trouble) for other in others] == [(None, True), (None, True)]


def test_answers_of_another_catalogue_have_no_document_ids(kept: Sessions, work: Path) -> None:
    """Whose index was deleted and built anew must not take other documents for those that it cited."""
    session = kept.add(None, [Exchange(FULL.question, FULL, "", NOON)])
    answer = Sessions(work, lambda: "elsewhere").load(session).exchanges[0].answer
    assert answer
    assert [document.id for document in (answer.citations[0].document, *answer.citations[0].also_in)] == [0, 0]


def test_paths_mean_the_same_in_every_working_directory(kept: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path is shown as people see it from where they are."""
    session = kept.add(None, [Exchange(FULL.question, FULL, "", NOON)])
    here = Path.cwd()
    (here / "notes").mkdir()
    monkeypatch.chdir(here / "notes")
    answer = kept.load(session).exchanges[0].answer
    assert answer
    assert answer.citations[0].document.path == "roof\udcff.md"
    assert answer.citations[0].also_in[0].path == "copy.md"
    mail = here / "notes" / "mail.eml"
    session = kept.add(None, [Exchange("In there?", FULL, "", NOON, DocumentFilter(chosen=("./", str(mail))))])
    monkeypatch.chdir(here)
    chosen = kept.load(session).exchanges[0].documents
    assert chosen
    assert chosen.chosen == ("notes/", "notes/mail.eml")
    assert [path for path in ("notes/roof.md", "roof.md") if chosen.admits(path)] == ["notes/roof.md"]


def test_programs_that_write_at_once_lose_nothing(kept: Sessions) -> None:
    """Three programs begin the file together and add 40 questions each, while a fourth reads: all are there."""
    writers = [writer(kept.path.parent, 40, name) for name in "abc"]
    while any(process.poll() is None for process in writers):
        kept.listed("a")
    for process in writers:
        process.communicate()
    assert [process.returncode for process in writers] == [0, 0, 0]
    found = kept.listed()
    assert sorted(info.questions for info in found) == [40, 40, 40]
    for info in found:
        name = info.name[0]
        assert [exchange.question for exchange in kept.load(info.id).exchanges] == [f"{name} {n}" for n in range(40)]
    assert os.listdir(kept.path.parent) == [sessions.FILE]


@pytest.mark.parametrize("after", [1, 7, 20])
def test_a_kill_loses_at_most_what_was_under_way(kept: Sessions, after: int) -> None:
    """Whatever had been acknowledged before kill -9 is there, and the file goes on being used."""
    process = writer(kept.path.parent, 100_000, "a")
    assert process.stdout
    for line in process.stdout:
        if int(line) >= after:
            break
    process.send_signal(signal.SIGKILL)
    told = after + sum(1 for _ in process.stdout)
    process.communicate()
    (info,) = kept.listed()
    assert 0 <= info.questions - (told + 1) <= 1
    kept.add(info.id, [asked("more")])
    assert kept.load(info.id).exchanges[-1].question == "more"


DAMAGES: dict[str, Callable[[Path], object]] = {
    "not-a-database": lambda path: path.write_bytes(b"rubbish" * 1000),
    "cut-off": lambda path: os.truncate(path, path.stat().st_size // 2),
    "overwritten": lambda path: path.write_bytes(path.read_bytes()[:4096] + b"\xff" * (path.stat().st_size - 4096)),
    "without-tables": lambda path: drop_tables(path),
}


def drop_tables(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("DROP TABLE questions")
    connection.close()


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_moved_aside_and_told(kept: Sessions, damage: str) -> None:
    """Nothing of it is thrown away, a new one is begun, and whoever asks is told once."""
    for number in range(2):
        session = kept.add(None, [asked(f"question {n}", "quote " * 100) for n in range(50)])
        DAMAGES[damage](kept.path)
        content = kept.path.read_bytes()
        with pytest.raises(IndexDamaged, match=f"was damaged, and is sessions-damaged-{number + 1}.sqlite now"):
            kept.load(session)
        assert (kept.path.parent / f"sessions-damaged-{number + 1}.sqlite").read_bytes() == content
        assert kept.listed() == []


def test_a_conversation_survives_a_damaged_file(kept: Sessions) -> None:
    """What was to be saved when the damage is noticed is in the new file, and the damage is told all the same."""
    conversation = Conversation(kept)
    conversation.note("first", None, "")
    conversation.save()
    kept.path.write_bytes(b"rubbish" * 1000)
    conversation.note("second", None, "")
    with pytest.raises(IndexDamaged, match="was damaged"):
        conversation.save()
    conversation.note("third", None, "")
    conversation.save()
    assert [exchange.question for exchange in conversation.session().exchanges] == ["second", "third"]


def test_who_notices_damage_late_moves_no_good_file(kept: Sessions) -> None:
    """If another program has begun a new file meanwhile, that one stays where it is."""
    kept.add(None, [asked("one")])
    assert "was damaged" in str(kept._moved_aside(found=1))
    assert len(kept.listed()) == 1


def test_a_newer_file_and_another_programs_are_left_alone(kept: Sessions) -> None:
    """Both are told, and not a byte of them changes."""
    kept.add(None, [asked("one")])
    connection = sqlite3.connect(kept.path)
    connection.execute(f"PRAGMA user_version = {sessions.VERSION + 1}")
    connection.close()
    content = kept.path.read_bytes()
    with pytest.raises(IndexTrouble, match="newer askdocs"):
        kept.add(None, [asked("two")])
    assert kept.path.read_bytes() == content
    kept.path.unlink()
    connection = sqlite3.connect(kept.path)
    connection.execute("CREATE TABLE songs (name TEXT)")
    connection.close()
    content = kept.path.read_bytes()
    with pytest.raises(IndexTrouble, match="another program"):
        kept.listed()
    assert kept.path.read_bytes() == content
    assert os.listdir(kept.path.parent) == [sessions.FILE]


def test_where_nothing_can_be_written_what_is_kept_can_be_read(public_work: Path) -> None:
    """A read-only folder lists and loads; adding says why not, and what was asked stays with the conversation."""
    kept = Sessions(public_work, lambda: "here")
    session = kept.add(None, [asked("one")])
    kept.path.chmod(0o444)
    public_work.chmod(0o555)
    with unprivileged():
        assert [info.name for info in kept.listed("one")] == ["one"]
        conversation = Conversation(kept, session)
        conversation.note("two", None, "trouble")
        with pytest.raises(IndexTrouble, match="can't be written: the file or its folder is missing or read-only"):
            conversation.save()
        assert [exchange.question for exchange in conversation.session().exchanges] == ["one", "two"]
        with pytest.raises(IndexTrouble, match="read-only"):
            kept.delete(session)
        assert os.listdir(public_work) == [sessions.FILE]
    public_work.chmod(0o777)
    kept.path.unlink()
    public_work.chmod(0o555)
    with unprivileged():
        assert kept.listed() == []
        conversation = Conversation(kept)
        conversation.note("alone", None, "")
        with pytest.raises(IndexTrouble, match="can't be written"):
            conversation.save()
        assert conversation.session().info.name == "alone"
    public_work.chmod(0o777)
    conversation.note("together", None, "")
    conversation.save()
    (info,) = kept.listed()
    assert [exchange.question for exchange in kept.load(info.id).exchanges] == ["alone", "together"]


def test_a_conversation_without_questions_is_nothing(kept: Sessions) -> None:
    """Nothing is written of it, and there is nothing to export."""
    conversation = Conversation(kept)
    conversation.save()
    with pytest.raises(UsageError, match="nothing has been asked"):
        conversation.session()
    assert not kept.path.exists()


def test_restored_citations_are_checked_against_the_files(assistant: Assistant, work: Path) -> None:
    """A real answer comes back as it was, and is then found moved, outdated or gone as the files are by now."""
    notes = write_files(work / "notes", {"roof.txt": ROOF, "second.txt": f"One more roof. {ROOF}"})
    index_all(assistant, notes)
    conversation = assistant.conversation()
    answer = assistant.ask(ROOF_QUESTION)
    conversation.note(ROOF_QUESTION, answer, "")
    conversation.save()
    assert conversation.id
    (exchange,) = assistant.sessions.load(conversation.id).exchanges
    assert exchange.answer == answer
    edit(notes / "roof.txt", f"A new first line.\n\n{ROOF}")
    edit(notes / "second.txt", "Nothing of it.\n")
    now = assistant.recheck(exchange.answer.citations)
    freshness = {citation.document.title: citation.freshness for citation in filter(None, now)}
    assert freshness["roof.txt"] is Freshness.EDITED
    assert freshness.get("second.txt", Freshness.OUTDATED) is Freshness.OUTDATED
    (notes / "roof.txt").unlink()
    assert None in assistant.recheck(exchange.answer.citations)


def test_restored_citations_are_found_in_an_index_that_was_built_anew(
    assistant: Assistant, work: Path, open_assistant: Callable[..., Assistant]
) -> None:
    """A document that has another id now, in this catalogue or in a new one, is known by its path.

    So is one whose passage was marked, by which others are ranked.
    """
    notes = write_files(work / "notes", {"whales.txt": "Blue whales eat krill.\n", "roof.txt": ROOF})
    index_all(assistant, notes)
    conversation = assistant.conversation()
    answer = assistant.ask(ROOF_QUESTION, top_k=1)
    conversation.note(ROOF_QUESTION, answer, "")
    conversation.note(ROOF_QUESTION, None, "", None, Ranking(Feedback(unlike=answer.citations), "not [1]", ()))
    conversation.save()
    assert conversation.id
    index_all(assistant, rebuild=True)
    exchange, ranked = assistant.sessions.load(conversation.id).exchanges
    assert ranked.ranking
    (left,) = assistant.ranked(ranked.question, feedback=ranked.ranking.feedback)
    assert left.document.title == "whales.txt"
    assert exchange.answer
    (citation,) = assistant.recheck(exchange.answer.citations)
    assert citation
    assert citation.freshness is Freshness.CURRENT
    assert citation.document.id != exchange.answer.citations[0].document.id
    assistant.close()
    for path in (work / "index").glob("catalog.sqlite*"):
        path.unlink()
    anew = open_assistant(work / "index")
    write_files(notes, {"aaa.txt": "Something else first.\n"})
    index_all(anew, notes)
    exchange, ranked = anew.sessions.load(conversation.id).exchanges
    assert ranked.ranking
    assert len(anew.ranked(ranked.question, feedback=ranked.ranking.feedback)) == 2
    assert exchange.answer
    (citation,) = anew.recheck(exchange.answer.citations)
    assert citation
    assert (citation.freshness, citation.document.path) == (Freshness.CURRENT, os.path.join("notes", "roof.txt"))


def test_the_command_line_lists_and_exports_them(
    assistant: Assistant, work: Path, check_golden: Callable[[str, str], None]
) -> None:
    """`askdocs sessions` prints a line each, or JSON; `sessions export` writes one to a new file."""
    ran = run_cli("sessions")
    ran.assert_clear(0, "No conversation is kept yet")
    assert json.loads(run_cli("sessions", "--json").stdout) == {"sessions": []}
    for question in ("Why\x1b[2J?", "Why not?"):
        assistant.sessions.add(None, [Exchange(question, None, "no model", NOON)])
    connection = sqlite3.connect(assistant.sessions.path)
    connection.execute("UPDATE sessions SET created = ?1, used = ?1", (NOON.timestamp(),))
    connection.commit()
    connection.close()
    ran = run_cli("sessions")
    ran.assert_clear(0)
    assert [line.split(maxsplit=3) for line in ran.stdout.splitlines()] == [
        ["2", f"{NOON.astimezone():%Y-%m-%d}", f"{NOON.astimezone():%H:%M}", "1  Why not?"],
        ["1", f"{NOON.astimezone():%Y-%m-%d}", f"{NOON.astimezone():%H:%M}", "1  Why␛[2J?"],
    ]
    check_golden("sessions.json", run_cli("sessions", "--json").stdout)
    check_golden("help-sessions-export.txt", run_cli("sessions", "export", "--help").stdout)
    run_cli("sessions", "export", "2", "why.html").assert_clear(0, "Why not? is in why.html")
    assert "<h2" in (work / "why.html").read_text()
    run_cli("sessions", "export", "2", "why.html").assert_clear(2, "why.html is there already")
    run_cli("sessions", "export", "2", "why.doc").assert_clear(2, "names no format")
    run_cli("sessions", "export", "7", "other.md").assert_clear(2, "no longer kept")


def test_what_is_exported_after_a_change_says_so(assistant: Assistant, work: Path) -> None:
    """A quote that the file no longer holds is marked in the export, though not in what is kept."""
    notes = write_files(work / "notes", {"roof.txt": ROOF})
    index_all(assistant, notes)
    conversation = assistant.conversation()
    conversation.note(ROOF_QUESTION, assistant.ask(ROOF_QUESTION, top_k=1), "")
    conversation.save()
    run_cli("sessions", "export", "1", "before.md").assert_clear(0)
    assert "(outdated)" not in (work / "before.md").read_text()
    write_files(notes, {"roof.txt": "There is no roof any more, and nobody knows why.\n"})
    run_cli("sessions", "export", "1", "after.md").assert_clear(0)
    assert "roof.txt, line 1 (outdated)[^1]" in (work / "after.md").read_text()
