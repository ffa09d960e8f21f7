"""The sources of a library as trees of folders and files, and the rows in which they are shown."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from askdocs.library import LibraryFile, LibrarySource, State
from askdocs.render import one_line

_INSIDE = " > "
"""Stands between a file and a document inside it, as in `mail.eml > report.pdf`."""

_BEHIND = (State.NEW, State.CHANGED, State.GONE, State.EXCLUDED)


@dataclass(slots=True, eq=False)
class Node:
    """A source (its `path` is empty), a folder of it, or a file; the numbers are of all that is below it too."""

    source: LibrarySource
    path: str
    name: str
    depth: int
    file: LibraryFile | None = None
    children: list[Node] = field(default_factory=list)
    files: int = 0
    documents: int = 0
    passages: int = 0
    size: int = 0
    failed: int = 0
    behind: int = 0

    @property
    def key(self) -> tuple[str, str]:
        """What it is called from one look at the library to the next."""
        return self.source.path, self.path


def grow(sources: Sequence[LibrarySource], words: Sequence[str] = ()) -> tuple[Node, ...]:
    """A tree a source, of the files that have all `words` in their names, titles, states or reasons.

    A source of which no file is left is left out too, unless all are wanted.
    """
    roots = (_grow(source, [word.casefold() for word in words]) for source in sources)
    return tuple(root for root in roots if not words or root.children or root.file)


def _grow(source: LibrarySource, words: Sequence[str]) -> Node:
    files = {file.path: file for file in source.files}
    nodes = {"": Node(source, "", one_line(source.shown), 0)}
    for path, file in files.items():
        if words and not _has(file, words):
            continue
        chain = [_node(path, files, nodes, source)]
        while chain[-1].path:
            chain.append(nodes[_parent(chain[-1].path, files)])
        for node in chain:
            node.files += 1
            node.documents += file.document_id is not None
            node.passages += file.passages
            node.size += file.size or 0
            node.failed += file.state is State.FAILED
            node.behind += file.state in _BEHIND
    return nodes[""]


def _node(path: str, files: dict[str, LibraryFile], nodes: dict[str, Node], source: LibrarySource) -> Node:
    """The node at a path, made with those above it if it isn't there yet."""
    node = nodes.get(path)
    if node is None:
        above = _node(_parent(path, files), files, nodes, source)
        name = path[len(above.path) :].removeprefix(_INSIDE).removeprefix("/") if above.path else path
        node = nodes[path] = Node(source, path, one_line(name), above.depth + 1)
        above.children.append(node)
    node.file = node.file or files.get(path)
    return node


def _parent(path: str, files: dict[str, LibraryFile]) -> str:
    """The file that a document stands in, if it stands in one, else the folder."""
    at = path.rfind(_INSIDE)
    while at > 0:
        if path[:at] in files:
            return path[:at]
        at = path.rfind(_INSIDE, 0, at)
    return path.rpartition("/")[0]


def _has(file: LibraryFile, words: Sequence[str]) -> bool:
    text = f"{file.path}\n{file.title or ''}\n{file.state}\n{file.reason}".casefold()
    return all(word in text for word in words)


def rows(roots: Sequence[Node], opened: Collection[tuple[str, str]] | None) -> list[Node]:
    """What is in sight, from the top, if these are `opened`; None for all."""
    return list(_rows(roots, opened))


def _rows(nodes: Sequence[Node], opened: Collection[tuple[str, str]] | None) -> Iterator[Node]:
    for node in nodes:
        yield node
        if node.children and (opened is None or node.key in opened):
            yield from _rows(node.children, opened)
