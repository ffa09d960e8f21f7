"""Text from right to left, wide and with marks: in its order, in its columns, and lit where it answers."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import pytest
from textual.strip import Strip

from tests.tui.driving import Driver, running
from tests.tui.fake import FakeAssistant

HEBREW = "הבית נבנה לפני מאה שנים. הַגַּג תֻּקַּן בְּמֶרְץ 2019 על ידי Miller & Sons. הגן גדול מאוד."
ARABIC = "بُنِيَ البيت قبل مئة عام. تم إصلاح السَّقْف في مارس 2019 على يد Miller & Sons. الحديقة كبيرة جدا."
JAPANESE = "家は百年前に建てられました. 屋根は 2019 年3月に Miller & Sons が修理しました. 庭はとても広いです."
SCRIPTS = pytest.mark.parametrize("text", [HEBREW, ARABIC, JAPANESE], ids=["hebrew", "arabic", "japanese"])
SIZES = pytest.mark.parametrize("size", [(80, 24), (40, 24)], ids=["wide", "wrapped"])


def strips(driver: Driver) -> list[Strip]:
    return list(driver.app.screen._compositor.render_strips())


def lit(driver: Driver, sentence: str) -> str:
    """The letters that are bold and of the sentence, or that follow it in the text, without the blanks of wrapping."""
    bold = "".join(
        segment.text for strip in strips(driver) for segment in strip if segment.style and segment.style.bold
    )
    return "".join(bold.split()).partition("".join(sentence.split()))[1]


def cells(text: str) -> int:
    """Columns as the Unicode database tells them, apart from the tables that the interface counts with."""
    shown = [letter for letter in text if unicodedata.category(letter) not in ("Mn", "Me", "Cf")]
    return len(shown) + sum(unicodedata.east_asian_width(letter) in "WF" for letter in shown)


def misaligned(driver: Driver) -> Iterator[str]:
    for strip in strips(driver):
        text = "".join(segment.text for segment in strip)
        if cells(text) != driver.app.size.width:
            yield text


@SIZES
@SCRIPTS
async def test_what_answers_is_lit_letter_by_letter(text: str, size: tuple[int, int]) -> None:
    """In a card and in the reader the sentence is lit whole, and nothing beside it; every row ends where it should."""
    before, sentence, after = text.split(". ")
    fake = FakeAssistant(files={"notes/roof.md": text + "\n"})
    fake.commit()
    async with running(fake, size) as driver:
        await driver.ask("Miller & Sons 2019")
        assert lit(driver, f"{sentence}.")
        assert not lit(driver, before)
        assert not lit(driver, after)
        assert not list(misaligned(driver))
        await driver.press("tab", "enter")
        await driver.until(lambda: driver.document.settled and driver.document.has_focus)
        assert lit(driver, f"{sentence}.")
        assert not lit(driver, before)
        assert not lit(driver, after)
        assert not list(misaligned(driver))


async def test_the_order_is_that_of_reading() -> None:
    """Letters are sent as they follow each other: to turn them is the terminal's, which would turn them back else."""
    fake = FakeAssistant(files={"notes/roof.md": f"{HEBREW}\n\n{ARABIC}\n"})
    fake.commit()
    async with running(fake, (160, 24)) as driver:
        await driver.ask("Miller & Sons 2019")
        await driver.press("tab", "enter")
        await driver.until(lambda: driver.document.settled and driver.document.has_focus)
        assert HEBREW in driver.text()
        assert ARABIC in driver.text()
