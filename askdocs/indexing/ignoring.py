"""What of a source is left out: its own patterns, and those in .gitignore and .askdocsignore, read as git reads them.

Entries are asked about from the top down, and what is below a folder that is left out is never asked about. A pattern
therefore has to match an entry itself; pathspec, which turns patterns into regular expressions, has them match what is
below it too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from askdocs.errors import UsageError
from askdocs.types import SourceRules

IGNORE_FILES = (".gitignore", ".askdocsignore")
"""In this order: where both have something to say of one name, the later one has the last word."""


@dataclass(frozen=True, slots=True)
class _Pattern:
    """One line; `positive` unless it takes back what others say."""

    matches: Callable[[str], object]
    positive: bool
    folders_only: bool


_Patterns: TypeAlias = tuple[_Pattern, ...]
"""The last of them first: it has the last word."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What is left out of a folder; `levels` are sets of patterns, of which the first that matches an entry decides.

    Each is there with the length of what it doesn't see of a path: that of the folder whose patterns they are.
    """

    include: _Patterns
    included: bool
    levels: tuple[tuple[int, _Patterns], ...]

    def leaves_out(self, path: str, *, is_folder: bool) -> bool:
        """Whether the entry at `path` in the source, directly in this filter's folder, is left out."""
        for start, patterns in self.levels:
            said = _last_word(patterns, path[start:], is_folder)
            if said is not None:
                if said:
                    return True
                break
        return not (is_folder or self._includes(path, is_folder=False))

    def below(self, folder: str, lines: Sequence[str]) -> Filter:
        """The filter of the folder at `folder`, "" or ending with a slash, whose ignore files hold these `lines`."""
        included = self.included or (bool(folder) and self._includes(folder[:-1], is_folder=True))
        if not lines:
            return self if included == self.included else replace(self, included=included)
        own = (len(folder), _patterns(lines))
        # What was chosen for the source as a whole stays in front.
        return Filter(self.include, included, (*self.levels[:1], own, *self.levels[1:]))

    def _includes(self, path: str, *, is_folder: bool) -> bool:
        said = _last_word(self.include, path, is_folder)
        return self.included if said is None else said


def filter_of(rules: SourceRules) -> Filter:
    """The filter of a source's root, without its ignore files."""
    return Filter(_patterns(rules.include), not rules.include, ((0, _patterns(rules.exclude)),))


def check_patterns(patterns: Sequence[str]) -> None:
    """Raise UsageError for a pattern that no name can match."""
    for pattern in patterns:
        if _pattern(pattern) is None:
            raise UsageError(
                f"{pattern!r} is no pattern; write it as in .gitignore: '*.md', 'drafts/', 'archive/**/old-*'"
            )


def ignore_lines(data: bytes) -> list[str]:
    """The lines of an ignore file, in which names are bytes as the file system has them."""
    text = os.fsdecode(data.removeprefix(b"\xef\xbb\xbf"))
    return [line.removesuffix("\r") for line in text.split("\n")]


def _last_word(patterns: _Patterns, path: str, is_folder: bool) -> bool | None:
    for pattern in patterns:
        if (is_folder or not pattern.folders_only) and pattern.matches(path):
            return pattern.positive
    return None


def _patterns(lines: Sequence[str]) -> _Patterns:
    return tuple(pattern for line in reversed(lines) if (pattern := _pattern(line)))


def _pattern(line: str) -> _Pattern | None:
    """The pattern on a line, or None for a blank one, a comment, or nonsense, all of which git passes over."""
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

    text = line if line.endswith("\\ ") else line.rstrip()
    bare = text.removesuffix("/")
    try:
        regex, positive = GitIgnoreSpecPattern.pattern_to_regex(bare) if bare else (None, None)
        if regex is None or positive is None:
            return None
        compiled = re.compile(regex, re.DOTALL)
    except (ValueError, re.error):
        return None
    # With a group, the expression ends where the entry does or goes on below it; without one it ends with `/**`.
    return _Pattern(compiled.fullmatch if compiled.groups else compiled.search, positive, bare != text)
