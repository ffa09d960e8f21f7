"""Ask questions of a folder of documents and get the passages that answer them, with citations that can be trusted.

    from askdocs import Assistant

    with Assistant.open("index") as assistant:
        for event in assistant.index(["notes"]):
            print(event)
        answer = assistant.ask("When was the roof repaired?")

Importing this package imports nothing heavy: models and indexes are loaded at first use.
"""

from __future__ import annotations

import os

# ONNX Runtime tells its maker of every session, and looks once, when it is imported, whether it is not to. The variable
# was renamed between releases.
os.environ["ORT_DISABLE_TELEMETRY"] = os.environ["ORT_TELEMETRY_DISABLED"] = "1"

from askdocs.assistant import Assistant
from askdocs.errors import AskdocsError

__all__ = ["AskdocsError", "Assistant", "__version__"]

__version__ = "0.1.0"
