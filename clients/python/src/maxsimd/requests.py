"""Builds the requests that both clients send, from the arguments of their methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .errors import bad_parameter
from .filter_message import encode_filter
from .gen import collection_pb2, search_pb2, text_pb2
from .search_options import check_names, encode_options
from .tensor import encode_tokens
from .tensor_message import tensor_request

#: Number of documents that are looked up with one call.
LOOKUP = 100


def merged(options: Mapping[str, Any], index: str | None, dtype: str) -> dict[str, Any]:
    """The arguments of a call over the defaults of its client."""
    defaults: dict[str, Any] = {"dtype": dtype}
    if index is not None:
        defaults["index"] = index
    return {**defaults, **options}


def selector_of(options: Mapping[str, Any]) -> search_pb2.IndexSelector:
    """The index and version among the arguments of a call."""
    for name in ("index", "version"):
        if not isinstance(options.get(name, ""), str):
            raise bad_parameter(name, "text", repr(options[name]))
    return search_pb2.IndexSelector(index=options.get("index", ""), version=options.get("version", ""))


def search_request(query: Any, options: Mapping[str, Any]) -> bytes:
    """The request of a search with one query."""
    check_names(options, ("explain",))
    tokens = encode_tokens(query, options["dtype"])
    wire = encode_options(options)
    message = search_pb2.SearchRequest(
        index=selector_of(options),
        params=wire.params,
        filter=wire.filter,
        fields=wire.fields,
        explain=bool(options.get("explain", False)),
    )
    message.query.dtype, message.query.dim, message.query.rows = tokens.dtype, tokens.dim, tokens.rows
    return tensor_request(message, (2, 4), [tokens])  # query.data


def text_request(text: str, options: Mapping[str, Any]) -> bytes:
    """The request of a search with a question in words."""
    check_names(options, ("explain",))
    if not isinstance(text, str):
        raise bad_parameter("text", "a question, text", repr(text))
    wire = encode_options(options)
    message = text_pb2.SearchTextRequest(
        index=selector_of(options),
        text=text,
        params=wire.params,
        filter=wire.filter,
        fields=wire.fields,
        explain=bool(options.get("explain", False)),
    )
    return message.SerializeToString()


def why_not_request(query: Any, id: str, options: Mapping[str, Any]) -> bytes:
    """The request that asks why a search does not return a document."""
    check_names(options, fields=False)
    if not isinstance(id, str):
        raise bad_parameter("id", "the id of a document, text", repr(id))
    tokens = encode_tokens(query, options["dtype"])
    wire = encode_options(options)
    message = search_pb2.WhyNotRequest(index=selector_of(options), params=wire.params, filter=wire.filter, id=id)
    message.query.dtype, message.query.dim, message.query.rows = tokens.dtype, tokens.dim, tokens.rows
    return tensor_request(message, (2, 4), [tokens])  # query.data


def delete_request(index: str, what: Any, base: str) -> bytes:
    """The request of a delete, by ids or by a filter."""
    message = collection_pb2.DeleteRequest(index=index, base=base)
    if isinstance(what, Mapping):
        message.filter.CopyFrom(encode_filter(what))  # type: ignore[arg-type]
    elif isinstance(what, str) or not all(isinstance(id, str) for id in what):
        raise bad_parameter("what", "a list of ids, or a filter", repr(what))
    else:
        message.ids.extend(what)
    return message.SerializeToString()


def lookups(ids: Sequence[str]) -> list[list[str]]:
    """Distinct ids in the order given, in lists that one search returns all of."""
    if isinstance(ids, str):
        raise bad_parameter("ids", "a list of ids", repr(ids))
    distinct = list(dict.fromkeys(ids))
    return [distinct[at : at + LOOKUP] for at in range(0, len(distinct), LOOKUP)]
