"""Any sequence of changes to files, of indexing, of stopping it and of asking, against a simple model in memory."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from askdocs.assistant import Assistant
from askdocs.config import Settings
from askdocs.errors import LoadError
from askdocs.events import Indexed, IndexPlan, Planned
from askdocs.loaders import load, media_type
from askdocs.types import SourceRules
from tests.fakes import HashedEncoder
from tests.support import assert_citations_hold, last_event

MEMORY = "/dev/shm"
"""Where there is such a file system, no commit waits for a disk."""

SOURCES = ["one", "two"]
AWAY = ["away-one", "away-two"]
NAMES = ["a.txt", "b.md", "deep/a.txt", "deep/er/b.md", "new\nline.txt"]
FOLDERS = ["deep", "deep/er", "other"]
WORDS = ["roof", "bread", "whale", "lease", "krill", "salt", "tower", "river"]
TEXTS = st.one_of(
    st.sampled_from([b"", bytes(range(256)) * 4]),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(lambda words: f"The {' '.join(words)}.\n".encode()),
    st.lists(st.sampled_from(WORDS), min_size=10, max_size=20).map(
        lambda words: "\n\n".join(f"{word} has {number} sides. " * 8 for number, word in enumerate(words)).encode()
    ),
)
RULES = [SourceRules(), SourceRules(exclude=("deep/er/",)), SourceRules(include=("*.txt",))]
IGNORED = ["", "*.md", "a.txt", "er/"]


class Seen(NamedTuple):
    """The text that the catalogue has of a file, and the size, time and inode that it was read with."""

    text: str
    state: tuple[int, int, int]


def state_of(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns, status.st_ino


def is_left_out(path: Path, rules: SourceRules) -> bool:
    """What RULES and IGNORED say of a file, in other words."""
    parts = path.parts[1:]
    if rules.exclude and parts[:2] == ("deep", "er"):
        return True
    if rules.include and not path.name.endswith(".txt"):
        return True
    for folder in list(path.parents)[:-1]:
        below = path.relative_to(folder).parts
        lines = (folder / ".gitignore").read_text() if (folder / ".gitignore").exists() else ""
        if (
            (lines == "*.md" and path.name.endswith(".md"))
            or (lines == "a.txt" and "a.txt" in below)
            or (lines == "er/" and "er" in below[:-1])
        ):
            return True
    return False


class Files(RuleBasedStateMachine):
    """Two sources full of files. `indexed` is the model: what the catalogue must hold after each whole run."""

    def __init__(self) -> None:
        super().__init__()
        self.home = os.getcwd()
        self.work = tempfile.mkdtemp(dir=MEMORY if os.path.isdir(MEMORY) else None)
        os.chdir(self.work)
        self.encoder = HashedEncoder()
        self.assistant = Assistant.open("index", settings=Settings(), encoder=self.encoder)
        self.chosen = {source: SourceRules() for source in SOURCES}
        self.indexed: dict[str, Seen] = {}
        self.clock = 1_700_000_000_000_000_000
        for number, source in enumerate(SOURCES):
            Path(source).mkdir()
            self.write(source, "a.txt", b"The roof of one, the roof of the other.\n")
            self.write(source, "deep/a.txt", f"Number {number} is on the whale.\n".encode())
            self.write(source, "deep/er/b.md", b"# Bread\n\nIt is made with salt.\n")
        self.assistant.add(SOURCES)

    def teardown(self) -> None:
        self.assistant.close()
        os.chdir(self.home)
        shutil.rmtree(self.work)

    def files(self, *others: str) -> list[Path]:
        """All that are named like documents, in the sources and in `others`."""
        paths = [path for folder in (*SOURCES, *others) for path in Path(folder).rglob("*")]
        return sorted(path for path in paths if path.suffix in (".txt", ".md") and path.is_file())

    def tick(self, path: Path) -> None:
        """The file gets a time that no other has, however quick the machine and coarse its clock."""
        self.clock += 1_000_000_000
        os.utime(path, ns=(self.clock, self.clock))

    # What happens to files

    @rule(source=st.sampled_from(SOURCES), name=st.sampled_from(NAMES), content=TEXTS)
    def write(self, source: str, name: str, content: bytes) -> None:
        path = Path(source, name)
        if Path(source).exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            self.tick(path)

    @precondition(lambda self: self.files())
    @rule(data=st.data(), how=st.sampled_from(["grow", "edit", "edit secretly", "touch", "delete"]))
    def alter(self, data: st.DataObject, how: str) -> None:
        """Edited secretly is in place, to the same size, with the time set back: no quick look promises to see it."""
        path = data.draw(st.sampled_from(self.files()))
        before, content = path.stat(), path.read_bytes()
        if how == "delete":
            path.unlink()
            return
        if how != "touch":
            with path.open("r+b") as file:
                file.write(content + data.draw(TEXTS) if how == "grow" else content[1:] + content[:1])
        if how == "edit secretly":
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        else:
            self.tick(path)

    @precondition(lambda self: self.files(*AWAY))
    @rule(data=st.data(), goal=st.sampled_from(SOURCES), how=st.sampled_from(["rename", "copy", "swap"]))
    def move(self, data: st.DataObject, goal: str, how: str) -> None:
        """A file to another place, or two to each other's; also out of a source that is not there."""
        path = data.draw(st.sampled_from(self.files(*AWAY)))
        new = Path(goal, data.draw(st.sampled_from(NAMES)))
        if path == new or not Path(goal).exists() or (how == "swap" and not new.exists()):
            return
        new.parent.mkdir(parents=True, exist_ok=True)
        if how == "copy":
            shutil.copyfile(path, new)
            self.tick(new)
        elif how == "rename":
            path.replace(new)
        else:
            path.rename("aside")
            new.rename(path)
            Path("aside").rename(new)

    @rule(
        source=st.sampled_from([*SOURCES, *AWAY]), goal=st.sampled_from(SOURCES),
        names=st.lists(st.sampled_from(FOLDERS), min_size=2, max_size=2),
    )  # fmt: skip
    def move_folder(self, source: str, goal: str, names: list[str]) -> None:
        old, new = Path(source, names[0]), Path(goal, names[1])
        if old.is_dir() and not new.exists() and new.parent.is_dir() and old not in new.parents:
            old.rename(new)

    @rule(source=st.sampled_from(SOURCES), where=st.sampled_from(["away", "other"]))
    def take_away_or_bring_back(self, source: str, where: str) -> None:
        """A source's folder goes, to nowhere or into the other source, or is there again and a source, if it wasn't."""
        (other,) = set(SOURCES) - {source}
        away, inside = Path(f"away-{source}"), Path(other, "other")
        if not Path(source).exists():
            if away.exists():
                away.rename(source)
            else:
                Path(source).mkdir()
            self.assistant.add([source], self.chosen[source])
        elif where == "away":
            Path(source).rename(away)
        elif Path(other).exists() and not inside.exists():
            Path(source).rename(inside)

    @rule(source=st.sampled_from(SOURCES), where=st.sampled_from(["", "deep"]), line=st.sampled_from(IGNORED))
    def ignore(self, source: str, where: str, line: str) -> None:
        path = Path(source, where, ".gitignore")
        if path.parent.is_dir():
            path.write_text(line)

    @rule(source=st.sampled_from(SOURCES), rules=st.sampled_from(RULES))
    def choose(self, source: str, rules: SourceRules) -> None:
        if Path(source).exists():
            self.assistant.add([source], rules)
            self.chosen[source] = rules

    # What askdocs does

    def wanted(self) -> dict[str, Seen | None]:
        """What a run that reads every file would make of each, None for what can't be read."""
        found: dict[str, Seen | None] = {}
        for path in self.files():
            if not is_left_out(path, self.chosen[path.parts[0]]):
                try:
                    text = load(str(path), media_type(path.name) or "", path.read_bytes()).text
                except LoadError:
                    found[str(path)] = None
                else:
                    found[str(path)] = Seen(text, state_of(path))
        return found

    @initialize()
    def index_first(self) -> None:
        self.index_whole(full=False)

    @rule()
    def index(self) -> None:
        """What most runs are: only files that look changed are read."""
        self.index_whole(full=False)

    @rule()
    def index_in_full(self) -> None:
        """What finds the rest: every file is read."""
        self.index_whole(full=True)

    def index_whole(self, *, full: bool) -> None:
        """A whole run does what the plan says, and leaves what the model says."""
        plan, wanted, before = self.assistant.plan(full=full), self.wanted(), self.assistant.texts()
        sources = {source.path for source in self.assistant.sources()}
        failed_away = {path for path in self.failed() if not Path(path.split(os.sep)[0]).exists()}
        events = list(self.assistant.index(full=full))
        assert isinstance(events[0], Planned)
        assert events[0].plan == plan
        self.check_plan(plan, last_event(events), before)
        self.check_cost(plan, last_event(events), before)
        # Of a source that is not there all stays, but for what has turned up elsewhere.
        moved = {renamed.old for renamed in plan.renamed}
        away = {source for source in sources if not Path(source).exists()} - {*plan.forgotten}
        known, self.indexed = self.indexed, {}
        for path, seen in known.items():
            if path.split(os.sep)[0] in away and path not in moved:
                self.indexed[path] = seen
        for path, now in wanted.items():
            if now:
                as_before = path in known and known[path].state == now.state and not full
                self.indexed[path] = known[path] if as_before else now
        assert {source.path for source in self.assistant.sources()} == sources - {*plan.forgotten}
        assert self.assistant.texts() == {path: seen.text for path, seen in self.indexed.items()}
        failed = {path for path, now in wanted.items() if now is None}
        still = {path for path in failed_away if path.split(os.sep)[0] in away}
        assert self.failed() == failed | still | away
        rest = IndexPlan(failed_before=self.assistant.status().failures, unchanged=len(self.indexed))
        assert self.assistant.plan() == rest

    def failed(self) -> set[str]:
        return {failure.path for failure in self.assistant.status().failures}

    def check_plan(self, plan: IndexPlan, last: Indexed, before: dict[str, str]) -> None:
        """The catalogue has changed in just what was planned, but for files that turned out to be bad."""
        after = self.assistant.texts()
        bad = {failure.path for failure in last.failures}
        came, went = {renamed.new for renamed in plan.renamed}, {renamed.old for renamed in plan.renamed}
        assert after.keys() - before.keys() == ({*plan.added} - bad) | came
        assert before.keys() - after.keys() == {*plan.deleted, *plan.excluded} | went | ({*plan.changed} & bad)
        assert not any(Path(path).is_file() for path in (*plan.deleted, *went))
        assert all(Path(path).is_file() for path in plan.excluded)
        for renamed in plan.renamed:
            assert after[renamed.new] == before[renamed.old]
            assert media_type(renamed.new) == media_type(renamed.old)
        assert {path for path in before.keys() & after.keys() if before[path] != after[path]} <= {*plan.changed}
        counts = (last.added, last.changed, last.renamed, last.deleted, last.excluded, last.unchanged)
        gone = len(plan.renamed) + len(plan.deleted) + len(plan.excluded)
        assert len(before) == len(plan.changed) + gone + plan.unchanged
        added, changed = {*plan.added} - bad, {*plan.changed} - bad
        lengths = (len(each) for each in (added, changed, plan.renamed, plan.deleted, plan.excluded))
        assert counts == (*lengths, plan.unchanged)

    def check_cost(self, plan: IndexPlan, last: Indexed, before: dict[str, str]) -> None:
        """Renames, copies, swaps and touches embed nothing: only text that none of its kind had before is new."""
        after = self.assistant.texts()
        had = {(media_type(path), text) for path, text in before.items()}
        read = {(media_type(path), after[path]) for path in (*plan.added, *plan.changed) if path in after}
        if read <= had:
            assert last.embedded == 0

    @rule(steps=st.integers(1, 5))
    def index_and_stop(self, steps: int) -> None:
        """A run that is stopped leaves of each document what it was before or what it is now, and the next goes on."""
        wanted, before = self.wanted(), self.indexed
        events = self.assistant.index()
        for _ in range(steps):
            next(events, None)
        events.close()
        self.indexed = {}
        texts = self.assistant.texts()
        for document in self.assistant._catalog.documents():
            path = os.path.relpath(document.absolute_path)
            seen = Seen(texts[path], (document.state.size, document.state.mtime_ns, document.state.inode))
            assert path in before or wanted.get(path) == seen
            assert path not in before or seen.text in (before[path].text, (wanted.get(path) or before[path]).text)
            self.indexed[path] = seen

    @precondition(lambda self: any(seen.text.strip() for seen in self.indexed.values()))
    @rule(words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=3))
    def ask(self, words: list[str]) -> None:
        """Only files that exist are cited, with quotes that stand in them unless the answer says that they changed."""
        answer = self.assistant.ask(" ".join(words))
        assert_citations_hold(self.assistant, answer)
        for citation in answer.citations:
            path = Path(citation.document.path)
            stands = citation.quote.encode() in path.read_bytes()
            warned = any(warning.startswith(citation.document.path) for warning in answer.warnings)
            unseen = self.indexed[str(path)].state == state_of(path)
            assert stands or warned or unseen

    @invariant()
    def nothing_is_counted_twice(self) -> None:
        """The status counts the documents that there are."""
        assert self.assistant.status().counts.documents == len(self.assistant.texts()) == len(self.indexed)


Files.TestCase.settings = settings(max_examples=30, stateful_step_count=40, deadline=None)
TestFiles = Files.TestCase


class ManyFiles(Files):
    """The same at length, and each time otherwise."""


ManyFiles.TestCase.settings = settings(
    max_examples=200, stateful_step_count=50, deadline=None, derandomize=False, print_blob=True,
    suppress_health_check=[*HealthCheck],
)  # fmt: skip
TestManyFiles = pytest.mark.slow(ManyFiles.TestCase)
