"""Numbers and lists as messages for people have them."""

from __future__ import annotations

from collections.abc import Sequence


def count(number: int, singular: str) -> str:
    """A number and what it counts, as in "1 document" and "1,234 documents"."""
    return f"{number:,} {singular if number == 1 else singular + 's'}"


def first_of(names: Sequence[str], most: int) -> str:
    """At most so many names, and how many others there are: "a, b and 3 more"."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
