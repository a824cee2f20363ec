"""A test collection before it is encoded."""

from dataclasses import dataclass


@dataclass
class Document:
    """A document. `text` is encoded; it may be empty."""

    id: str
    title: str
    text: str


@dataclass
class Query:
    """A question. `text` is encoded."""

    id: str
    text: str


@dataclass
class Collection:
    """Documents, queries and judgements (query index, document index, grade > 0), indices from 0."""

    documents: list[Document]
    queries: list[Query]
    judgements: list[tuple[int, int, int]]
