"""What looking through an index has found so far: counted in full, listed up to a limit."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from askdocs.events import IndexPart, Problem, Verified
from askdocs.types import Failure

LISTED = 100
"""Problems of a part, and pending files, that are listed one by one."""


@dataclass(slots=True)
class Findings:
    """What was found so far, and what a repair would have to do about it."""

    checked: dict[IndexPart, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    counts: Counter[IndexPart] = field(default_factory=Counter)
    pending: list[Failure] = field(default_factory=list)
    pending_count: int = 0
    wrong_documents: set[int] = field(default_factory=set)
    read_otherwise: set[int] = field(default_factory=set)
    files_read: int = 0
    wrong_embeddings: set[int] = field(default_factory=set)
    dimension: int = 0
    dangling: bool = False
    unclaimed: bool = False
    advice: str = ""

    def add(self, part: IndexPart, reason: str, path: str | None = None) -> None:
        self.counts[part] += 1
        if self.counts[part] <= LISTED:
            self.problems.append(Problem(part, path, reason))

    def note_pending(self, path: str, reason: str) -> None:
        """Note what is no problem, but is left to the next indexing."""
        self.pending_count += 1
        if self.pending_count <= LISTED:
            self.pending.append(Failure(path, reason))

    def report(self, repaired: tuple[str, ...]) -> Verified:
        return Verified(
            self.checked, tuple(self.problems), self.counts.total(), tuple(self.pending), self.pending_count, repaired,
            self.advice, self.files_read,
        )  # fmt: skip
