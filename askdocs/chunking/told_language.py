"""The language of a text that doesn't name it: told by its letters, and by the words that any text in it is full of."""

from __future__ import annotations

import re
from collections import Counter

_SCRIPTS = {
    "ja": "\u3040-\u30ff",
    "ko": "\uac00-\ud7af",
    "th": "\u0e00-\u0e7f",
    "el": "\u0370-\u03ff",
    "he": "\u05d0-\u05ea",
    "hi": "\u0900-\u0963",
    "zh": "\u3400-\u9fff",
    "ar": "\u0620-\u06d3",
    "ru": "\u0400-\u04ff",
}
"""Scripts, by the language that is most written in them; Japanese, which has Chinese characters too, before Chinese."""

_SHARE_OF_SCRIPT = {"ja": 0.15}
"""The share of a text's letters from which on the script tells its language; of all others more than half."""

_LETTERS = {
    "ar": {"ur": "\u0679\u0688\u0691\u06ba\u06d2", "fa": "\u067e\u0686\u06a9\u06af\u06cc"},
    "ru": {"": "өүқғңһә", "be": "ў", "uk": "іїє", "ru": "ыэ", "sr": "ђћ", "mk": "ѓќ", "bg": "ъ"},
}
"""Letters by which languages of one script are told, the first of which enough are there; "" are others."""

_ENOUGH = 0.004
"""The share of such letters."""

_FREQUENT = {
    "en": "the of and to in is that for it was with as on are by this be from or which you have not",
    "de": "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden bei",
    "fr": "de la le et les des en un une du dans que est pour qui par sur au pas plus avec ce il aux sont",
    "es": "de la que el en los del se las por un para con no una su al es lo como más fue",
    "it": "di il la che in per un è del della una con non si da le dei sono nel alla gli come",
    "pt": "de que do da em um para é com não uma os no se na por mais as dos como ao foi",
    "nl": "de van het een en in is dat op te zijn met voor niet aan er om ook als die door werd bij",
    "sv": "och att det som en på är av för den till med ett om har de inte var från vid",
    "da": "og at det er en til på af for den med der som de et ikke har om blev fra",
    "no": "og det er en på til som av for at med de den har et ikke om var ble fra",
    "fi": "ja on ei se että oli hän mutta ovat kun joka myös niin sen kuin tai jotka mukaan",
    "hu": "az és hogy nem is egy ez meg de volt csak van ha már még mint vagy",
    "ro": "de în și la cu pe nu din că un care este pentru mai sunt fost au prin sau",
    "tr": "ve bir bu da de için ile olarak çok daha olan gibi kadar sonra ancak veya ise en olduğu her olup ilk iki",
    "pl": "na się nie że do to jest jak od za po przez dla są oraz był",
    "cs": "se na je že to jako pro ale jsou byl ve do po podle nebo které",
    "vi": "và của là các trong một những được cho không với có từ này đã người",
    "id": "yang dan di dari untuk dengan pada ini itu dalam adalah tidak oleh sebagai akan",
}
"""The words of languages in the Latin alphabet that are most often written, but for single letters: so are formulas."""

_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W\d_]+")
_OF_SCRIPT = {language: re.compile(f"[{letters}]") for language, letters in _SCRIPTS.items()}
_WORDS = {language: frozenset(words.split()) for language, words in _FREQUENT.items()}

_LOOKED_AT = 4000
"""Characters at the beginning, in the middle and at the end: a title page, or a list of sources, tells little."""

_FEWEST = 12
"""Words, or letters of a script."""

_SHARE = 0.08
"""Of a text's words those that are frequent in its language, at least; they are a seventh to a half."""

_AHEAD = 1.3
"""How many times as many as those of any other language."""


def language_of(text: str) -> str | None:
    """The ISO 639-1 code of the language that most of `text` is in; None where that can't be told."""
    sample = text
    if len(text) > 3 * _LOOKED_AT:
        middle = len(text) // 2
        sample = f"{text[:_LOOKED_AT]} {text[middle : middle + _LOOKED_AT]} {text[-_LOOKED_AT:]}"
    sample = sample.lower()
    if not sample.isascii() and (script := _script(sample)):
        return _told_by_letters(script, sample)
    words = Counter(_WORD.findall(sample))
    if words.total() < _FEWEST:
        return None
    counts = {language: sum(words[word] for word in frequent & words.keys()) for language, frequent in _WORDS.items()}
    (language, count), (_, next_count) = Counter(counts).most_common(2)
    return language if count >= max(_SHARE * words.total(), _AHEAD * next_count) else None


def frequent_words(language: str) -> frozenset[str]:
    """The words that texts in a language are full of, lower case; none where its script tells it."""
    return _WORDS.get(language, frozenset())


def _script(text: str) -> str | None:
    """The script of most letters, unless it is one of many languages."""
    for language, script in _OF_SCRIPT.items():
        found = len(script.findall(text))
        if found >= _FEWEST and found > _SHARE_OF_SCRIPT.get(language, 0.5) * len(_LETTER.findall(text)):
            return language
    return None


def _told_by_letters(script: str, text: str) -> str | None:
    """Which of the languages of a script it is."""
    others = _LETTERS.get(script, {})
    least = _ENOUGH * len(_OF_SCRIPT[script].findall(text))
    told = (language for language, letters in others.items() if sum(map(text.count, letters)) > least)
    language = next(told, "" if script == "ru" else script)
    return language or None
