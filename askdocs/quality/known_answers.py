"""Data with known answers: read from what people measure with, and written as files to be indexed and asked of."""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from askdocs.errors import UsageError
from askdocs.types import Span

Item = TypeVar("Item")

SEED = 20_261_123
"""Of all that is drawn at random, so that it is the same every time."""


@dataclass(frozen=True, slots=True)
class Expected:
    """A place that answers: characters of a document's file."""

    document_id: str
    span: Span


@dataclass(frozen=True, slots=True)
class EvaluationQuestion:
    """A question with what is known of its answer: graded documents, or places; no places means unanswerable."""

    id: str
    text: str
    grades: Mapping[str, int] = field(default_factory=dict)
    answers: tuple[Expected, ...] = ()


@dataclass(frozen=True, slots=True)
class EvaluationSet:
    """Questions and the files to ask them of: `files` maps a document's id to its content."""

    name: str
    files: Mapping[str, str]
    questions: tuple[EvaluationQuestion, ...]
    has_answers: bool

    @property
    def key(self) -> str:
        """What its cached files and index are kept under."""
        digest = hashlib.blake2b(digest_size=8)
        for id_, content in self.files.items():
            digest.update(f"{id_}\0{content}\0".encode(errors="surrogatepass"))
        return f"{_safe(self.name)}-{digest.hexdigest()}"


def read_set(folder: Path, foreign: Path | None = None) -> EvaluationSet:
    """The data in `folder`: corpus.jsonl with queries.jsonl and qrels.tsv, or with questions.jsonl.

    The questions of the set `foreign` are added as ones that the corpus doesn't answer. Raises UsageError, naming
    file, line and id, for what doesn't fit together.
    """
    files: dict[str, str] = {}
    offsets: dict[str, int] = {}
    corpus = folder / "corpus.jsonl"
    for line, row in _rows(corpus, ("_id", "text")):
        title = " ".join(str(row.get("title") or "").split())
        id_ = str(row["_id"])
        if id_ in files:
            raise UsageError(f"{corpus}, line {line}: the id {id_!r} is there twice")
        files[id_] = f"{title}\n\n{row['text']}" if title else row["text"]
        offsets[id_] = len(files[id_]) - len(row["text"])
    has_answers = (folder / "questions.jsonl").exists()
    read = _read_answers if has_answers else _read_grades
    questions = list(read(folder, files, offsets))
    if foreign is not None:
        name = "questions.jsonl" if (foreign / "questions.jsonl").exists() else "queries.jsonl"
        text = "question" if name == "questions.jsonl" else "text"
        questions += [EvaluationQuestion(f"foreign-{line}", row[text]) for line, row in _rows(foreign / name, (text,))]
        has_answers = True
    return EvaluationSet(folder.resolve().name, files, tuple(questions), has_answers)


def _read_grades(folder: Path, files: Mapping[str, str], _: Mapping[str, int]) -> Iterator[EvaluationQuestion]:
    queries = {str(row["_id"]): str(row["text"]) for _, row in _rows(folder / "queries.jsonl", ("_id", "text"))}
    grades: dict[str, dict[str, int]] = {}
    path = folder / "qrels.tsv"
    for line, text in _lines(path):
        if line == 1 and text.startswith("query-id"):
            continue
        try:
            query, document, grade = text.split("\t")
            value = int(grade)
        except ValueError as exc:
            raise UsageError(f"{path}, line {line}: not `query-id<tab>corpus-id<tab>score`: {text[:80]!r}") from exc
        for id_, known, where in ((query, queries, "queries.jsonl"), (document, files, "corpus.jsonl")):
            if id_ not in known:
                raise UsageError(f"{path}, line {line}: the id {id_!r} is not in {where}")
        grades.setdefault(query, {})[document] = value
    for id_, text in queries.items():
        if any(grade > 0 for grade in grades.get(id_, {}).values()):
            yield EvaluationQuestion(id_, text, grades=grades[id_])


def _read_answers(folder: Path, files: Mapping[str, str], offsets: Mapping[str, int]) -> Iterator[EvaluationQuestion]:
    path = folder / "questions.jsonl"
    for line, row in _rows(path, ("id", "question", "doc_id", "answers")):
        place = f"{path}, line {line}, id {row['id']!r}"
        document = str(row["doc_id"])
        if document not in files:
            raise UsageError(f"{place}: the document {document!r} is not in corpus.jsonl")
        answers = []
        for answer in row["answers"]:
            span = Span(answer["start"], answer["start"] + len(answer["text"])).shifted(offsets[document])
            if span.of(files[document]) != answer["text"]:
                raise UsageError(f"{place}: its answer is not at character {answer['start']} of {document!r}")
            answers.append(Expected(document, span))
        yield EvaluationQuestion(str(row["id"]), str(row["question"]), answers=tuple(answers))


def read_own_questions(path: Path, files: Mapping[str, str]) -> tuple[EvaluationQuestion, ...]:
    """A user's questions.jsonl of their own documents: {"question", "document", "quote"}; no quote: unanswerable.

    `files` maps the paths of the indexed documents to their texts. Raises UsageError naming line and question.
    """
    questions = []
    for line, row in _rows(path, ("question",)):
        place = f"{path}, line {line}, question {str(row['question'])[:60]!r}"
        quote = row.get("quote")
        answers: tuple[Expected, ...] = ()
        if quote:
            document = str(row.get("document", ""))
            matches = [known for known in files if known == document or known.endswith(f"/{document}")]
            if len(matches) != 1:
                found = "not indexed" if not matches else f"one of several: {', '.join(matches[:3])}"
                raise UsageError(f"{place}: the document {document!r} is {found}")
            start = files[matches[0]].find(quote)
            if start < 0:
                raise UsageError(f"{place}: the quote is not in {matches[0]}")
            answers = (Expected(matches[0], Span(start, start + len(quote))),)
        questions.append(EvaluationQuestion(str(line), str(row["question"]), answers=answers))
    if not questions:
        raise UsageError(f"{path} has no questions")
    return tuple(questions)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with path.open(encoding="utf-8") as file:
            for line, text in enumerate(file, start=1):
                if text.strip():
                    yield line, text.rstrip("\r\n")
    except OSError as exc:
        raise UsageError(f"{path}: {exc.strerror}; docs/evaluation.md describes the data that can be used") from exc
    except UnicodeDecodeError as exc:
        raise UsageError(f"{path} is not UTF-8: {exc}") from exc


def _rows(path: Path, required: Sequence[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    for line, text in _lines(path):
        try:
            row = json.loads(text)
        except ValueError as exc:
            raise UsageError(f"{path}, line {line}: not JSON ({exc})") from exc
        missing = [name for name in required if not isinstance(row, dict) or name not in row]
        if missing:
            raise UsageError(f"{path}, line {line}: {missing[0]!r} is missing")
        yield line, row


def write_files(data: EvaluationSet, cache: Path) -> Path:
    """The set's documents as files, in a folder below `cache` that is filled once."""
    folder = cache / data.key / "documents"
    done = folder.with_name("written")
    if not done.exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in zip(_file_names(data), data.files.values(), strict=True):
            (folder / name).write_bytes(content.encode("utf-8", errors="replace"))
        done.touch()
    return folder


def document_ids(data: EvaluationSet) -> Callable[[str], str]:
    """From a path in what `write_files` has written to the document's id."""
    ids = dict(zip(_file_names(data), data.files, strict=True))
    return lambda path: ids[Path(path).name]


def _file_names(data: EvaluationSet) -> list[str]:
    return [f"{number:06}-{_safe(id_)}.txt" for number, id_ in enumerate(data.files)]


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name)[:60]


def sample(questions: Sequence[Item], limit: int | None) -> Sequence[Item]:
    """At most `limit` of the questions, always the same ones."""
    if limit is None or limit >= len(questions):
        return questions
    return random.Random(SEED).sample(list(questions), limit)  # noqa: S311  nothing secret
