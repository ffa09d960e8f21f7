"""The sources of a library as trees of folders and files, and the rows in which they are shown."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from askdocs.indexing.library import LibraryFile, LibrarySource, State
from askdocs.rendering.render import one_line
from askdocs.types import INSIDE

_INSIDE = "\0"
"""Between a file and what is inside it, in the paths of nodes: no name holds it."""

_BEHIND = (State.NEW, State.CHANGED, State.GONE, State.EXCLUDED)


@dataclass(slots=True, eq=False)
class Node:
    """A source (its `path` is empty), a folder, a file, or what is inside one; the numbers are of all below it too."""

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

    @property
    def shown(self) -> str:
        """Its whole path as people read it."""
        path = "/".join(filter(None, (self.source.shown, self.path)))
        return one_line(path.replace("/\0", "\0").replace(_INSIDE, INSIDE))


def grow(sources: Sequence[LibrarySource], words: Sequence[str] = ()) -> tuple[Node, ...]:
    """A tree a source, of the files that have all `words` in their names, titles, states or reasons.

    A source of which no file is left is left out too, unless all are wanted.
    """
    roots = (_grow(source, [word.casefold() for word in words]) for source in sources)
    return tuple(root for root in roots if not words or root.children or root.file)


def _grow(source: LibrarySource, words: Sequence[str]) -> Node:
    files = {_INSIDE.join((file.path, *file.inside)): file for file in source.files}
    nodes = {"": Node(source, "", one_line(source.shown), 0, files.get(""))}
    for path, file in files.items():
        if words and not _has(file, words):
            continue
        chain = [_node(path, files, nodes, source)]
        while chain[-1].path:
            chain.append(nodes[_parent(chain[-1].path)])
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
        above = _node(_parent(path), files, nodes, source)
        name = path[len(above.path) :]
        name = name[1:] if name[0] in ("/", _INSIDE) else name
        node = nodes[path] = Node(source, path, one_line(name), above.depth + 1, files.get(path))
        above.children.append(node)
    return node


def _parent(path: str) -> str:
    """What a document is inside of, else the folder that a file is in."""
    return path.rpartition(_INSIDE if _INSIDE in path else "/")[0]


def _has(file: LibraryFile, words: Sequence[str]) -> bool:
    text = f"{file.path}\n{' '.join(file.inside)}\n{file.title or ''}\n{file.state}\n{file.reason}".casefold()
    return all(word in text for word in words)


def rows(roots: Sequence[Node], opened: Collection[tuple[str, str]] | None) -> list[Node]:
    """What is in sight, from the top, if these are `opened`; None for all."""
    return list(_rows(roots, opened))


def _rows(nodes: Sequence[Node], opened: Collection[tuple[str, str]] | None) -> Iterator[Node]:
    for node in nodes:
        yield node
        if node.children and (opened is None or node.key in opened):
            yield from _rows(node.children, opened)
