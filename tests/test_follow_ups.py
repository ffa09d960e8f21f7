"""Follow-up questions are made to stand alone, and others are left alone."""

from __future__ import annotations

import pytest

from askdocs.answering.follow_ups import leans, stand_alone
from askdocs.types import Answer, Citation, DocumentInfo, IndexCounts, Locator, Span, Unit, Verdict


def answered(question: str, quote: str = "", verdict: Verdict = Verdict.FOUND) -> Answer:
    citation = Citation(
        number=1,
        document=DocumentInfo(1, "report.txt", "Report"),
        span=Span(10, 10 + len(quote)),
        locator=Locator(Unit.LINES, (), 1, 1),
        quote=quote,
        evidence=(Span(10, 10 + len(quote)),),
        score=1.0,
    )
    return Answer(question, question, verdict, 0.9, (citation,) if quote else (), IndexCounts(1, 1, 0, 1))


@pytest.mark.parametrize(
    "question",
    [
        "When does the lease end?",
        "What is the name of the law that forbids it?",
        "Is it possible to end the lease early?",
        "Does ITS provide free support?",
        "Is there a clause on pets?",
        "Is it legal for the owner of a flat to keep the deposit?",
        "How long does it take to end the lease?",
        "What does it mean for a tenant to be evicted?",
        "What is the deposit and why is it kept?",
        "What must a tenant do if they lose the key?",
        "Why did the tenant leave his flat?",
        "What did the tenant bring with him?",
        "What is the best flat it could find?",
        "Who pays the bills this month?",
        "Which is the law that forbids those who own a dog?",
        "What is the purpose of the deposit?",
        "What are the effects of noise?",
        "Wann endet der Mietvertrag?",
        "And where is the main stopcock?",
        "and who repaired the roof",
        "And in which year was the roof repaired?",
        "But how long does a tenant have to answer?",
        "So what does the lease say about pets?",
        "Or can tenants keep dogs?",
        "And the flats built under the old act are rented by what kind of people?",
        "租约什么时候结束？",
    ],
)
def test_a_question_that_stands_alone_is_left_alone(question: str) -> None:
    """A question that names what it asks about is searched for as it was asked, also if it begins with "and"."""
    assert stand_alone(question, [answered("Who signed the contract?")]) == question


@pytest.mark.parametrize(
    "question",
    [
        "and in 2020?",
        "And the gate?",
        "and how many in Germany and France?",
        "And with a good lawyer?",
        "And who signed?",
        "And how much was sold in 2020?",
        "And what are the main advantages?",
        "And when was it repaired in winter?",
        "And what is the deposit for tenants there?",
        "And what about the main stopcock in the cellar?",
        "Why?",
        "What about the US?",
        "When did she sign it?",
        "Who works there?",
        "How?",
        "What is the first sign of it?",
        "What came before them?",
        "Why did Elon Musk start it?",
        "How many tons does it absorb?",
        "At what age is it harder?",
        "Can it spread to the throat?",
        "What happens if it goes untreated?",
        "What's the difference in their symptoms?",
        "Describe some of its disadvantages.",
        "Describe it’s growth.",
        "Who was killed in that war?",
        "Who lives on this island?",
        "Who lives with her?",
        "What are the most important ones?",
        "What are the main advantages?",
        "What are some possible causes?",
    ],
)
def test_a_question_that_leans_on_another_is_told(question: str) -> None:
    """Questions that go on, or point at what they don't name, need something said before."""
    assert leans(question)


def test_the_words_of_the_question_before_are_added() -> None:
    """What a follow-up leaves out comes from the question before it."""
    made = stand_alone("what about the US?", [answered("How did sales in Germany develop?")])
    assert made == "what about the US? (sales Germany develop)"


def test_a_pronoun_brings_only_the_names_where_there_are_any() -> None:
    """What else the question before said would lead back to the passage that answered it."""
    before = answered("What did Ada Lovelace write in London?", "The Analytical Engine was built by Charles Babbage.")
    assert stand_alone("When was she born?", [before]) == "When was she born? (Ada Lovelace London)"


def test_a_question_that_goes_on_brings_all_words() -> None:
    """ "Why?" asks about what was said of the named, too."""
    assert stand_alone("why?", [answered("When did Ada Lovelace leave London?")]) == "why? (Ada Lovelace leave London)"


def test_a_number_of_its_own_replaces_the_one_before() -> None:
    """A question about another year isn't searched for with the year before."""
    assert stand_alone("and in 2020?", [answered("How much was sold in 2019?")]) == "and in 2020? (sold)"


def test_a_pronoun_brings_the_names_of_what_was_cited() -> None:
    """A pronoun may stand for somebody whom only the cited sentence names."""
    before = answered("Who repaired the roof?", "In 1987 the carpenter Anna Kovacs repaired the roof.")
    assert stand_alone("When was she born?", [before]) == "When was she born? (repaired roof Anna Kovacs)"


def test_nothing_is_borrowed_from_passages_that_did_not_answer() -> None:
    """The nearest passages of a question without an answer name the wrong people."""
    before = answered("Who repaired the roof?", "The baker Tom Miller left.", Verdict.NOT_IN_DOCUMENTS)
    assert "Miller" not in stand_alone("When was she born?", [before])


def test_a_chain_of_follow_ups_keeps_its_subject() -> None:
    """The question before is taken as it was searched for, with what it had borrowed itself."""
    first = answered("How much did the museum cost in 2019?")
    second_text = stand_alone("and in 2020?", [first])
    second = Answer("and in 2020?", second_text, Verdict.FOUND, 0.9, (), IndexCounts(1, 1, 0, 1))
    assert "museum" in stand_alone("why?", [first, second])


def test_without_a_conversation_nothing_changes() -> None:
    """The first question is always searched for as it was asked."""
    assert stand_alone("and why?", []) == "and why?"
