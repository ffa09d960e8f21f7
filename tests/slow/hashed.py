"""`python -m tests.slow.hashed` is `python -m askdocs` with an encoder that starts at once; it says when it begins."""

from __future__ import annotations

import askdocs.encoding.encoder
from askdocs.cli import process
from askdocs.searching import retriever  # noqa: F401  # what takes long is over before it begins
from tests.fakes import HashedEncoder

if __name__ == "__main__":
    askdocs.encoding.encoder.open_encoder = lambda *_, **__: HashedEncoder()
    print("ready", flush=True)
    process()
