"""The same work done by others, as their documentation shows it: a folder indexed, and questions asked of it.

A program by itself, which needs nothing of askdocs: `python peer_programs.py PEER index|ask MODEL DOCUMENTS INDEX
QUESTION...`. With `ask`, prints the best passage of the first question, and then the seconds that each other one took.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

Ask = Callable[[str], str]


def index_txtai(model: str, documents: str, index: str) -> None:
    """Paragraphs, as txtai leaves cutting to whoever calls it; searched by meaning and words, as askdocs does."""
    from txtai import Embeddings

    def paragraphs() -> Iterator[str]:
        for path in sorted(Path(documents).iterdir()):
            yield from path.read_text(encoding="utf-8").split("\n\n")

    embeddings = Embeddings(path=model, content=True, hybrid=True)
    embeddings.index(paragraphs())
    embeddings.save(index)


def open_txtai(model: str, index: str) -> Ask:  # noqa: ARG001  # the index knows its model
    from txtai import Embeddings

    embeddings = Embeddings()
    embeddings.load(index)
    return lambda question: str(embeddings.search(question, 5)[0]["text"])


def index_llama_index(model: str, documents: str, index: str) -> None:
    """Passages of at most 256 tokens, which is what the model reads; searched by meaning."""
    from llama_index.core import SimpleDirectoryReader, VectorStoreIndex
    from llama_index.core.node_parser import SentenceSplitter
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

    read = SimpleDirectoryReader(documents).load_data()
    splitter = SentenceSplitter(chunk_size=256, chunk_overlap=0)
    made = VectorStoreIndex.from_documents(
        read, embed_model=HuggingFaceEmbedding(model, device="cpu"), transformations=[splitter]
    )
    made.storage_context.persist(index)


def open_llama_index(model: str, index: str) -> Ask:
    from llama_index.core import StorageContext, load_index_from_storage
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

    context = StorageContext.from_defaults(persist_dir=index)
    opened = load_index_from_storage(context, embed_model=HuggingFaceEmbedding(model, device="cpu"))
    retriever = opened.as_retriever(similarity_top_k=5)
    return lambda question: str(retriever.retrieve(question)[0].text)


def index_askdocs(model: str, documents: str, index: str) -> None:
    from askdocs import Assistant
    from askdocs.config import Settings

    with Assistant.open(index, settings=Settings(model=model)) as assistant:
        for _ in assistant.index([documents]):
            pass


def open_askdocs(model: str, index: str) -> Ask:
    from askdocs import Assistant
    from askdocs.config import Settings

    assistant = Assistant.open(index, settings=Settings(model=model))
    return lambda question: assistant.ask(question, 5).citations[0].quote


INDEX = {"txtai": index_txtai, "llama-index": index_llama_index, "askdocs": index_askdocs}
OPEN = {"txtai": open_txtai, "llama-index": open_llama_index, "askdocs": open_askdocs}


def main() -> None:
    peer, action, model, documents, index, *questions = sys.argv[1:]
    if action == "index":
        INDEX[peer](model, documents, index)
        return
    ask = OPEN[peer](model, index)
    print(ask(questions[0]), flush=True)
    for question in questions[1:]:
        started = time.perf_counter()
        ask(question)
        print(time.perf_counter() - started, flush=True)


if __name__ == "__main__":
    main()
