"""Run benchmarks by name, or all of them but the largest; `report` only writes docs/performance.md anew.

Each figure is printed as a line of JSON, and kept in benchmarks/results.json until it is measured again.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator

from benchmarks import (
    cold_ask,
    encoding,
    first_paint,
    formats,
    indexing,
    keystrokes,
    loading,
    long_session,
    memory,
    no_op,
    peers,
    report,
    reranking,
    results,
    search_at_size,
    warm_ask,
)
from benchmarks.results import Figure, Run

BENCHMARKS: dict[str, Callable[[], Iterator[Figure]]] = {
    "first-paint": first_paint.run,
    "keystrokes": keystrokes.run,
    "no-op": no_op.run,
    "encoding": encoding.run,
    "indexing": indexing.run,
    "loading": loading.run,
    "formats": formats.run,
    "cold-ask": cold_ask.run,
    "warm-ask": warm_ask.run,
    "reranking": reranking.run,
    "peers": peers.run,
    "search-at-size": lambda: search_at_size.run((1_000, 10_000, 100_000)),
}
LARGEST: dict[str, Callable[[], Iterator[Figure]]] = {
    "search-at-a-million": lambda: search_at_size.run((1_000, 1_000_000)),
    "memory": memory.run,
    "long-session": long_session.run,
}
"""Run only by name."""


def main() -> None:
    names = sys.argv[1:] or list(BENCHMARKS)
    known = {**BENCHMARKS, **LARGEST}
    unknown = [name for name in names if name not in known and name != "report"]
    if unknown:
        sys.exit(f"no benchmark {unknown[0]!r}; there are: {', '.join([*known, 'report'])}")
    for name in names:
        if name == "report":
            continue
        started = time.monotonic()
        load = results.load()
        figures = []
        for figure in known[name]():
            print(json.dumps({"benchmark": name, **results.to_json(figure)}), flush=True)
            figures.append(figure)
        if figures:
            results.keep(Run(name, results.today(), load, time.monotonic() - started, tuple(figures)))
    report.write()


if __name__ == "__main__":
    main()
