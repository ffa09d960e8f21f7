"""Questions to begin with: in the documents' words, always the same, and none rather than an odd one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askdocs.answering.suggesting import suggest
from askdocs.assistant import Assistant
from askdocs.types import Chunk, Locator, Span, Unit
from tests.support import NOTES, SEEDS, index_all, write_files

REPLY = "It was repaired in the spring, and has not leaked since then."


def passage(text: str, *headings: str) -> Chunk:
    return Chunk(Span(0, len(text)), text, "", Locator(Unit.LINES, headings, 1, 1))


def suggested(text: str, *headings: str) -> list[str]:
    return list(suggest([(1, passage(text, *headings))], 3))


@pytest.mark.parametrize(
    ("text", "question"),
    [
        (f"How was the roof repaired?\n\n{REPLY}", "How was the roof repaired?"),
        (f"## 1.2 How was the roof repaired?\n{REPLY}", "How was the roof repaired?"),
        (f"**How was the roof repaired?**\n{REPLY}", "How was the roof repaired?"),
        (f"Wann wurde das Dach repariert?\n{REPLY}", "Wann wurde das Dach repariert?"),
        (f"¿Cuándo se reparó el tejado?\n{REPLY}", "¿Cuándo se reparó el tejado?"),
        (f"屋根はいつ修理されましたか？\n{REPLY}", "屋根はいつ修理されましたか？"),
        ("The roof of the old library was repaired in 1987.", "When was the roof of the old library repaired?"),
        ("It rained. Anna Kovacs was born on 3 May 1961 in Pécs.", "When was Anna Kovacs born?"),
        ("The gates\nwere painted in June by Ben.", "When were the gates painted?"),
        ("A lease is a contract by which land is let.", "What is a lease?"),
        ("ONNX is an open format for models.", "What is ONNX?"),
    ],
)
def test_questions_that_read_well(text: str, question: str) -> None:
    """A question that stands alone is taken as it is; a sentence becomes the question that it answers."""
    assert suggested(text) == [question]


@pytest.mark.parametrize(
    "text",
    [
        "How was the roof repaired?",  # and nothing that answers
        f"And then?\n{REPLY}",
        f"Why?\n{REPLY}",
        f"He asked: how was the roof repaired? Nobody knew. {REPLY}",
        f"[red]Who[/red] repaired the roof?\n{REPLY}",
        f"Who \x1b[31mrepaired the roof?\n{REPLY}",
        "This was repaired in 1987.",
        "The results were obtained in May 2019.",
        "The author was interested in 1984 by Orwell.",
        "The following was decided in 1987.",
        "Anna is the owner of the house.",
        "The problem is a lack of rain.",
        "Das Dach wurde 1987 repariert.",
        "x" * 100_000,
        "",
    ],
)
def test_none_rather_than_an_odd_one(text: str) -> None:
    """Half sentences, questions in running text, markup, pronouns and forms that may read badly give nothing."""
    assert suggested(text) == []


def test_a_heading_that_is_a_question() -> None:
    """It is asked once, however many passages stand below it."""
    below = [(1, passage(REPLY, "The house", "Who repaired the roof?")) for _ in range(3)]
    assert suggest(below, 3) == ("Who repaired the roof?",)


def test_many_documents_rather_than_one() -> None:
    """One of each document comes before a second one of the same; questions come before what is made into one."""
    text = f"Who repaired the roof?\n{REPLY}\nWho painted the garden gate?\n{REPLY}"
    other = (2, passage("The hedge was planted in 1999."))
    assert suggest([(1, passage(text)), other], 2) == ("Who repaired the roof?", "When was the hedge planted?")
    assert suggest([other, (1, passage(text))], 3)[0] == "Who repaired the roof?"


@given(st.text(max_size=300), st.text(max_size=80))
def test_whatever_a_document_says(text: str, heading: str) -> None:
    """A suggestion is one printable line that ends as a question does."""
    for question in suggested(f"{text}\n{heading}?\n{REPLY}", heading):
        assert question.isprintable()
        assert question[-1] in "?？؟"
        assert len(question) <= 100


def test_of_an_index(assistant: Assistant, notes: Path) -> None:
    """They are answered by the index that they come from, and are the same every time; an empty one has none."""
    assert assistant.suggestions() == ()
    write_files(notes, {f"{number}.txt": "Nothing to ask.\n" for number in range(5)})
    index_all(assistant, notes)
    questions = assistant.suggestions()
    assert questions == ("When was the roof of the old library repaired?",)
    assert assistant.suggestions() == questions
    assert assistant.ask(questions[0]).citations[0].quote.strip() == NOTES["roof.txt"].strip()


def test_of_the_seeds(assistant: Assistant) -> None:
    """The document that askdocs ships with suggests a question."""
    index_all(assistant, SEEDS)
    assert assistant.suggestions() == ("Is China conducting ethnic cleaning operations?",)
