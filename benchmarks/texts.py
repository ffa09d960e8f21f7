"""Passages of ordinary lengths made from the words of the project's own documentation: the same on every machine."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


def write_documents(folder: Path, texts: Sequence[str], a_file: int) -> None:
    """Write `texts` as the paragraphs of text files, so many to each, in a new `folder`."""
    folder.mkdir()
    for number in range(0, len(texts), a_file):
        (folder / f"{number}.txt").write_text("\n\n".join(texts[number : number + a_file]), encoding="utf-8")


def passages(count: int, words: int = 130) -> list[str]:
    """`count` different texts of about `words` words."""
    chosen = vocabulary()
    generator = random.Random(1)
    return [" ".join(generator.choices(chosen, k=generator.randint(words // 2, words * 3 // 2))) for _ in range(count)]


def vocabulary() -> list[str]:
    """The words of the project's documentation, each as often as it stands there."""
    sources = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]
    return " ".join(path.read_text(encoding="utf-8") for path in sources).split()
