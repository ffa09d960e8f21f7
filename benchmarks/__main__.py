"""Run benchmarks by name, or all of them; each prints lines of JSON."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Callable, Iterator

from benchmarks import cold_ask, encoding, indexing, reranking, search_at_size
from benchmarks.ratio import Ratio
from benchmarks.search_at_size import AtSize

BENCHMARKS: dict[str, Callable[[], Iterator[Ratio] | Iterator[AtSize]]] = {
    "encoding": encoding.run,
    "indexing": indexing.run,
    "cold-ask": cold_ask.run,
    "reranking": reranking.run,
    "search-at-size": search_at_size.run,
}


def main() -> None:
    names = sys.argv[1:] or list(BENCHMARKS)
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        sys.exit(f"no benchmark {unknown[0]!r}; there are: {', '.join(BENCHMARKS)}")
    print(
        json.dumps({"machine": platform.platform(), "processors": os.cpu_count(), "python": platform.python_version()})
    )
    for name in names:
        for figure in BENCHMARKS[name]():
            print(json.dumps({"benchmark": name, **figure.values()}), flush=True)


if __name__ == "__main__":
    main()
