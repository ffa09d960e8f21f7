"""`askdocs index`, from files to a finished index, against its encoder alone on the same passages."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from askdocs import Assistant
from askdocs.config import Settings, cache_folder
from askdocs.encoder import open_encoder
from benchmarks.ratio import Ratio, compare
from benchmarks.texts import passages


def run() -> Iterator[Ratio]:
    settings = Settings()
    encoder = open_encoder(settings.model, settings.precision, cache_folder() / "models")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        documents = folder / "documents"
        documents.mkdir()
        texts = passages(300)
        for number, text in enumerate(texts):
            (documents / f"{number}.txt").write_text(text, encoding="utf-8")
        runs = iter(range(100))
        embedded: list[str] = []

        def index() -> None:
            with Assistant.open(folder / f"index{next(runs)}", settings=settings, encoder=encoder) as assistant:
                list(assistant.index([documents]))
                embedded[:] = [passage.text for passage in assistant.passages()]

        index()
        yield compare("askdocs index", index, "its encoder alone", lambda: encoder.encode(embedded), repeats=3)
