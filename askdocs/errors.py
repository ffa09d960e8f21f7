"""Every error that askdocs raises on purpose.

AskdocsError
├── UsageError            the caller asked for something that makes no sense (an empty question, a missing path)
│   └── NoSources         there is nothing to index: no folder was ever named
├── SettingsError         askdocs.toml or an environment variable can't be used
├── LoadError             one file can't be read; indexing lists it and goes on
├── ModelError            an embedding model is missing, damaged or of the wrong kind
│   └── FastPathError     it can't run on ONNX Runtime; sentence-transformers still can run it
│       ├── ExportMismatch    the converted model's embeddings are not the original's
│       └── BrokenExport      a converted model is missing, incomplete or unreadable
└── IndexTrouble           the index can't be used as it is
    ├── NothingIndexed    there is no document to ask about yet
    ├── IndexDamaged      the catalogue is not a database, or is from a newer askdocs
    ├── EncoderMismatch   the index was built with another encoder
    └── IndexBusy         another process is writing

The text of each says what failed, on what, and what to do next.
"""

from __future__ import annotations


class AskdocsError(Exception):
    """Something went wrong that a person can do something about."""


class UsageError(AskdocsError):
    """The caller asked for something that makes no sense."""


class NoSources(UsageError):
    """There is nothing to index, as no folder was ever named."""


class SettingsError(AskdocsError):
    """A setting can't be used; `name` is what the setting is called, as in `keys.index`, where it is about one."""

    def __init__(self, message: str, name: str = "") -> None:
        super().__init__(message)
        self.name = name


class LoadError(AskdocsError):
    """One file can't be read; the message is a reason, without the file's name."""


class ModelError(AskdocsError):
    """An embedding model is missing, damaged or of the wrong kind."""


class FastPathError(ModelError):
    """A model can't run on ONNX Runtime; sentence-transformers still can run it."""


class ExportMismatch(FastPathError):
    """The converted model's embeddings are not the original's."""


class BrokenExport(FastPathError):
    """A converted model is missing, incomplete or unreadable."""


class IndexTrouble(AskdocsError):
    """The index can't be used as it is."""


class NothingIndexed(IndexTrouble):
    """There is no document to ask about yet."""


class IndexDamaged(IndexTrouble):
    """The catalogue is not a database, or was written by a newer askdocs."""


class EncoderMismatch(IndexTrouble):
    """The index was built with another encoder."""


class IndexBusy(IndexTrouble):
    """Another process is writing to the index."""
