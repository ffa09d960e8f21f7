"""What was measured, kept as JSON: the machine, and the last run of each benchmark."""

from __future__ import annotations

import datetime
import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.ratio import Measurement, Ratio
from benchmarks.search_at_size import AtSize

Figure = Ratio | Measurement | AtSize

RESULTS = Path(__file__).with_name("results.json")
_KINDS: Mapping[str, type[Figure]] = {"ratio": Ratio, "measurement": Measurement, "size": AtSize}
_PACKAGES = ("faiss-cpu", "numpy", "onnxruntime", "sentence-transformers", "tantivy", "textual", "tokenizers", "torch")


@dataclass(frozen=True, slots=True)
class Run:
    """One benchmark's figures; `load` is what else the machine had to do when it began, in runnable processes."""

    name: str
    date: str
    load: float
    seconds: float
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Results:
    """Where it was measured, and what."""

    machine: dict[str, str]
    runs: tuple[Run, ...]

    def run(self, name: str) -> Run | None:
        """The last of this name."""
        return next((run for run in self.runs if run.name == name), None)


def read() -> Results:
    """All that is kept."""
    if not RESULTS.exists():
        return Results({}, ())
    kept = json.loads(RESULTS.read_text(encoding="utf-8"))
    runs = [
        Run(run["name"], run["date"], run["load"], run["seconds"], tuple(map(_from_json, run["figures"])))
        for run in kept["runs"]
    ]
    return Results(kept["machine"], tuple(runs))


def keep(run: Run) -> None:
    """Put `run` in the place of the one before."""
    before = read()
    runs = [*(other for other in before.runs if other.name != run.name), run]
    values = {
        "machine": machine(),
        "runs": [
            {
                "name": each.name,
                "date": each.date,
                "load": round(each.load, 2),
                "seconds": round(each.seconds),
                "figures": list(map(to_json, each.figures)),
            }
            for each in sorted(runs, key=lambda each: each.name)
        ],
    }
    part = RESULTS.with_suffix(".part")
    part.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    part.replace(RESULTS)


def to_json(figure: Figure) -> dict[str, object]:
    """A figure with its kind, to four digits that count."""
    kind = next(name for name, type_ in _KINDS.items() if isinstance(figure, type_))
    fields = {
        name: float(f"{value:.4g}") if isinstance(value, float) else value for name, value in asdict(figure).items()
    }
    return {"kind": kind, **fields}


def _from_json(values: dict[str, Any]) -> Figure:
    return _KINDS[values.pop("kind")](**values)


def machine() -> dict[str, str]:
    """What it was measured on."""
    return {
        "processor": _line("/proc/cpuinfo", "model name") or platform.processor(),
        "cores": str(os.cpu_count()),
        "memory": _line("/proc/meminfo", "MemTotal"),
        "system": platform.platform(),
        "python": platform.python_version(),
        **{name: version(name) for name in _PACKAGES},
    }


def load() -> float:
    """Processes that wanted to run in the last minute."""
    return os.getloadavg()[0]


def today() -> str:
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def _line(path: str, key: str) -> str:
    """What `key` says in a file of Linux's about the machine; empty where there is none."""
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(key)), "")
