"""Sentences end where their own language ends them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askdocs.chunking.chunker import sentence_spans

SENTENCES = {
    "German": [
        "Das gilt z. B. für Dr. Müller und Prof. Dr. Weber.",
        "Am 3. März kam er, d. h. zu spät.",
        "Im 19. Jahrhundert war das anders, u. a. in Wien.",
        "Vgl. Abs. 2 Nr. 4 der Satzung.",
        "Die Fa. Meier zahlt ca. 300 Euro bzw. mehr.",
        "Es waren 12.",
        "Dann kam er.",
    ],
    "Spanish": [
        "Es posible, p. ej. el Sr. García y la Sra. López.",
        "Véase pág. 3.",
        "EE. UU. firmó el acuerdo.",
        "¿Quién vino?",
        "¡Nadie!",
    ],
    "French": ["M. Dupont habite, p. ex. à Lyon.", "Mme. Durand arrive.", "C'est l'art. 3 de la loi.", "Voilà."],
    "Italian": ["Il sig. Rossi e la dott. Bianchi, pag. 4.", "Sono passati tre anni fa.", "Ecco."],
    "Turkish": ["Prof. Dr. Ahmet bey geldi.", "Kitap, defter vb. şeyler aldı.", "Tamam."],
    "Russian": [
        "Это т. е. важно.",
        "Он живёт на ул. Ленина, д. 5.",
        "А. С. Пушкин родился в 1799 г. в Москве.",
        "Стоило 5 тыс. руб. и т. д.",
    ],
    "Hindi": ["यह पहला वाक्य है।", "यह दूसरा वाक्य है।", "तीसरा?"],
    "Arabic": ["هذه جملة أولى.", "هل هذه جملة ثانية؟", "نعم، هذه جملة."],
    "Urdu": ["یہ پہلا جملہ ہے۔", "یہ دوسرا ہے۔"],
    "Japanese": ["これは文です。", "次の文です！", "「はい。」と言った。", "「いいえ。」", "彼は来た。"],
    "Chinese": ["你好吗？", "我很好。", "他说：“走吧。”", "然后走了。"],
    "Thai": [
        "ห้องสมุดเก่าตั้งอยู่หลังโบสถ์ของหมู่บ้าน",
        "หลังคาของมันได้รับการซ่อมแซมโดย จาเรด อัลเลน ในปี 1987 ด้วยเงินบริจาคจากชาวบ้านในหมู่บ้าน",
        "หลังจากนั้นไม่มีฝนรั่วลงมาอีกเลย",
    ],
    "Korean": ["도서관의 지붕은 1987년에 수리되었다.", "그 뒤로는 비가 새지 않는다."],
    "Armenian": ["Այո։", "Ոչ։"],
    "English": [
        "Dr. Smith met Mr. Jones at 5 p.m. in the U.S. Army base.",
        "See Fig. 3 and e.g. Sec. 4.2.",
        "He liked modern art.",
        "It was on 42nd St.",
        "He has 3.",
        "She has 4.",
        "It is said.",
        "[citation needed] Nobody knows.",
    ],
    "without capitals": ["i went home.", "then i slept.", "it was good."],
}


@pytest.mark.parametrize("language", SENTENCES)
@pytest.mark.parametrize("between", [" ", "\n"])
def test_sentences_are_told_apart(language: str, between: str) -> None:
    """Shortened words and counted numbers end none; stops of every script do, with or without a blank after them."""
    if between == " " and language in ("Japanese", "Chinese"):
        between = ""
    if language == "Thai":  # which lines may end in the midst of
        between = " "
    text = between.join(SENTENCES[language])
    assert [span.of(text) for span in sentence_spans(text)] == SENTENCES[language]


@given(st.text(st.sampled_from('aA.1 ।。？」と؟Drca\n"('), max_size=60))
def test_sentences_hold_everything_in_order(text: str) -> None:
    """Whatever stands where: no character that isn't blank is lost, and none is in two."""
    spans = sentence_spans(text)
    end = 0
    for span in spans:
        assert not text[end : span.start].strip()
        assert span.of(text) == span.of(text).strip() != ""
        end = span.end
    assert not text[end:].strip()
