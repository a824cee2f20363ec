"""What the adapters call: functions that turn texts into token vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

#: Turns one question into token vectors, shape [tokens, dim].
QueryEncoder = Callable[[str], Any]

#: Turns texts, of any number, into the token vectors of each, shape [tokens, dim], in their order.
DocumentEncoder = Callable[[Iterable[str]], Iterator[Any]]


def in_batches(texts: Iterable[str], size: int) -> Iterator[Sequence[str]]:
    """Lists of at most `size` texts. So an iterator of any length is encoded in bounded memory."""
    iterator = iter(texts)
    while batch := list(islice(iterator, size)):
        yield batch
