"""The bytes of a document that lies inside a file."""

from __future__ import annotations

from askdocs.errors import LoadError
from askdocs.loaders import CONTAINERS, RECOGNISED, kind_inside, load, load_child
from askdocs.loaders.children import Children
from askdocs.loaders.members import members
from askdocs.loaders.page_view import picture
from askdocs.types import Document


def content_of(path: str, kind: str, data: bytes, inside: tuple[str, ...], ocr: bool) -> bytes:
    """Those of the document `inside` the file in `data`, by the names that `members` gives; the rest is passed over.

    Documents of the same name are told apart as they were when the file was indexed, with or without `ocr`. LoadError
    if there is no such document.
    """
    caught: list[tuple[Document, bytes]] = []

    def catch(name: str, declared: str, content: bytes, around: Children) -> Document | None:
        wanted = inside[around.depth - 1] if around.depth <= len(inside) else ""
        if wanted != name and not wanted.startswith(f"{name} ("):
            return None
        found = kind_inside(name, declared, content)
        if found in CONTAINERS:
            return load_child(name, declared, content, around, ocr=ocr)
        if around.depth < len(inside):
            return None
        try:
            document = load_child(name, declared, content, around, ocr=False)
        except LoadError:
            if not ocr or found not in RECOGNISED:
                raise
            picture(content, 1, 8, "", "", 1, 1)  # a scan isn't read again, but it has pages; else this raises too
            document = Document(name, found, "", "", None, (), ())
        if document is not None:
            caught.append((document, content))
        return document

    for names, document in members(load(path, kind, data, Children(catch, ocr=ocr), ocr=ocr)):
        if names == inside:
            for loaded, content in caught:
                if loaded is document:
                    return content
    raise LoadError(f"no longer holds {' > '.join(inside)}, or not as a document")
