"""The language of a text is told by itself, or not at all."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askdocs.chunking.told_language import language_of
from tests.support import PROJECT

TEXTS = {
    "en": "The roof of the old library was repaired in 1987, and it has not been wet since, which is what we want.",
    "de": "Das Dach der alten Bücherei wurde 1987 erneuert und ist seitdem nicht mehr undicht, was auch zu hoffen war.",
    "fr": "Le toit de la vieille bibliothèque a été réparé en 1987 et il ne pleut plus dans les salles du bas.",
    "es": "El techo de la vieja biblioteca fue reparado en 1987 y desde entonces no hay agua en las salas del centro.",
    "it": "Il tetto della vecchia biblioteca è stato riparato nel 1987 e da allora non piove più nelle sale.",
    "pt": "A casa foi construída no século passado e não é mais usada para o fim que tinha, mas por uma família.",
    "nl": "Het huis is in de negentiende eeuw gebouwd en werd door de gemeente aan de familie verkocht.",
    "sv": "Huset byggdes på artonhundratalet och det var en gåva från kungen till staden.",
    "da": "Huset blev bygget af en købmand og er siden blevet brugt som skole for byens børn.",
    "fi": "Talo rakennettiin vuonna 1890 ja se on ollut kaupungin omistuksessa, mutta nyt sen käyttö on muuttunut.",
    "hu": "A ház a múlt században épült, és már nem az a célja, hogy iskola legyen, de még mindig van benne terem.",
    "pl": "Dom został zbudowany w roku 1890 i jest obecnie własnością miasta, które nie wie, jak go używać.",
    "cs": "Dům byl postaven v minulém století a je to dnes škola, která se ale nevyužívá, jako by to bylo pro děti.",
    "ro": "Acoperișul bibliotecii a fost reparat în 1987 și de atunci nu mai plouă în sălile din centru.",
    "tr": "Eski kütüphanenin çatısı 1987 yılında onarıldı ve o günden sonra bir daha su almadı, bu da çok iyi bir şey.",
    "ru": "Крыша старой библиотеки была отремонтирована в 1987 году, и с тех пор вы можете читать в сухих залах.",
    "uk": "Дах старої бібліотеки відремонтували 1987 року, і відтоді її зали сухі.",
    "bg": "Покривът на старата библиотека е ремонтиран през 1987 година и оттогава залите са сухи, тъй като не тече.",
    "el": "Η στέγη της παλιάς βιβλιοθήκης επισκευάστηκε το 1987.",
    "ar": "تم إصلاح سقف المكتبة القديمة في عام 1987 ومنذ ذلك الحين لم يعد يتسرب الماء.",
    "fa": "سقف کتابخانه قدیمی در سال ۱۹۸۷ تعمیر شد و از آن زمان آب نمی‌چکد.",
    "ur": "پرانی لائبریری کی چھت 1987 میں مرمت کی گئی تھی اور اس کے بعد سے پانی نہیں ٹپکتا۔ بڑے کمرے خشک ہیں۔",
    "he": "גג הספרייה הישנה תוקן בשנת 1987 ומאז לא דולפים בו מים.",
    "hi": "पुराने पुस्तकालय की छत की मरम्मत 1987 में की गई थी।",
    "th": "หลังคาห้องสมุดเก่าได้รับการซ่อมแซมในปี 1987",
    "ja": "古い図書館の屋根は一九八七年に修理され、それ以来雨漏りしていません。",
    "zh": "旧图书馆的屋顶在一九八七年修好了，从那以后再也没有漏过水。",
    "ko": "오래된 도서관의 지붕은 1987년에 수리되었습니다.",
}


@pytest.mark.parametrize("language", TEXTS)
def test_a_few_words_tell_the_language(language: str) -> None:
    """By letters or by the words that its texts are full of; in capitals too, and in a long document."""
    assert language_of(TEXTS[language]) == language
    assert language_of(f"Chapter 1\n\n{TEXTS[language]} " * 500) == language
    if language != "tr":  # whose i has a dot in capitals
        assert language_of(TEXTS[language].upper()) == language


@pytest.mark.parametrize(
    "text",
    ["", "1987", "Rechnung 12", "x_1 = a + b\n" * 100, "Anna Kovács, Łukasz Groß", "roof:\n  - wet\n" * 20],
)
def test_what_says_too_little_tells_none(text: str) -> None:
    """Names, numbers, formulas and data are in no language."""
    assert language_of(text) is None


@given(st.text())
def test_any_text_tells_a_code_or_none(text: str) -> None:
    """Nothing is an error."""
    language = language_of(text)
    assert language is None or (len(language) == 2 and language.isalpha())


XQUAD = PROJECT.parent / "shared" / "eval" / "xquad"


@pytest.mark.skipif(not XQUAD.is_dir(), reason="../shared/eval/xquad is not here")
def test_paragraphs_of_real_articles_are_told() -> None:
    """Of 240 paragraphs in each of twelve languages at least 93 % are, and next to none as another's."""
    for folder in sorted(XQUAD.iterdir()):
        with (folder / "corpus.jsonl").open(encoding="utf-8") as file:
            told = [language_of(json.loads(line)["text"]) for line in file]
        assert told.count(folder.name) >= 0.93 * len(told)
        assert sum(language not in (folder.name, None) for language in told) <= 1
