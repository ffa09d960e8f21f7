"""`askdocs index`, from files to a finished index, against its encoder alone on the same passages."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from askdocs import Assistant
from askdocs.config import Settings, cache_folder
from askdocs.encoding.encoder import open_encoder
from benchmarks.ratio import Ratio, compare
from benchmarks.texts import passages, write_documents

PARAGRAPHS = 5
"""In each file; without titles or headings, so that passages are embedded as they are cited."""


def run() -> Iterator[Ratio]:
    settings = Settings()
    encoder = open_encoder(settings.model, settings.precision, cache_folder() / "models")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        documents = folder / "documents"
        write_documents(documents, passages(300), PARAGRAPHS)
        numbers = iter(range(100))

        def index() -> None:
            with Assistant.open(folder / f"index{next(numbers)}", settings=settings, encoder=encoder) as assistant:
                list(assistant.index([documents]))

        index()
        with Assistant.open(folder / "index0", settings=settings, encoder=encoder) as assistant:
            embedded = [passage.text for passage in assistant.passages()]
        yield compare("askdocs index", index, "its encoder alone", lambda: encoder.encode(embedded), repeats=5)
