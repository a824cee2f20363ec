"""Search options as wire messages."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import bad_parameter
from .filter_message import encode_filter
from .gen import filter_pb2, search_pb2

# The parameters are the fields of the wire message, so that a new one needs an entry in `SearchParams` and no code here.
_FIELDS = {
    ("lambda_" if field.name == "lambda" else field.name): (field.name, field.type == field.TYPE_UINT32)
    for field in search_pb2.SearchParams.DESCRIPTOR.fields
}
_CALL_OPTIONS = frozenset({"timeout_ms", "index", "version", "dtype"})


@dataclass(frozen=True)
class WireOptions:
    """Options of a search as wire messages; None where nothing is set."""

    params: search_pb2.SearchParams | None
    filter: filter_pb2.Filter | None
    fields: search_pb2.FieldSelection | None


def check_names(options: Mapping[str, Any], extra: tuple[str, ...] = (), fields: bool = True) -> None:
    """Raises INVALID_PARAMETER for a keyword that a call does not have."""
    known = {*_FIELDS, *_CALL_OPTIONS, "filter", *(("fields",) if fields else ()), *extra}
    for name in options:
        if name not in known:
            raise bad_parameter(name, f"one of {', '.join(sorted(known))}", name)


def encode_options(options: Mapping[str, Any]) -> WireOptions:
    """Converts the search options among keyword arguments.

    Raises:
        MaxsimRpcError: INVALID_PARAMETER for a value that the wire format cannot hold.
    """
    filter = options.get("filter")
    return WireOptions(
        encode_params(options), None if filter is None else encode_filter(filter), _encode_fields(options.get("fields"))
    )


def encode_over(stream: Mapping[str, Any], encoded: WireOptions, over: Mapping[str, Any]) -> WireOptions:
    """The options of one query of a stream: `over` where it has an entry, else those of the stream."""
    own = encode_options(over)
    return WireOptions(
        encode_params({**stream, **over}),
        own.filter if "filter" in over else encoded.filter,
        own.fields if "fields" in over else encoded.fields,
    )


def encode_params(options: Mapping[str, Any]) -> search_pb2.SearchParams | None:
    """The search parameters as a wire message; None if no parameter is set.

    Raises:
        MaxsimRpcError: INVALID_PARAMETER for a value that the wire format cannot hold.
    """
    values: dict[str, Any] = {}
    for name, (wire_name, integer) in _FIELDS.items():
        if name not in options:
            continue
        value = options[name]
        # Only alpha has a default to turn off: on the wire that is infinity, because unset means the default.
        if value is None and name == "alpha":
            value = math.inf
        if value is None and name in ("beta", "lambda_"):
            continue
        if hasattr(value, "item") and hasattr(value, "dtype"):
            value = value.item()
        if integer and not (isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 0xFFFFFFFF):
            raise bad_parameter(wire_name, "an integer from 0 to 2^32 - 1", repr(value))
        if isinstance(value, bool) or not isinstance(value, (int, float)) or math.isnan(value):
            raise bad_parameter(wire_name, "a number", repr(value))
        values[wire_name] = value
    return search_pb2.SearchParams(**values) if values else None


def decode_params(message: search_pb2.SearchParams) -> dict[str, Any]:
    """The parameters that a message sets, as keyword arguments. Infinity is None, which turns the rule off."""
    found: dict[str, Any] = {}
    for name, (wire_name, integer) in _FIELDS.items():
        if message.HasField(wire_name):
            value = getattr(message, wire_name)
            found[name] = None if value == math.inf else value if integer else _shortest(value)
    return found


def _shortest(value: float) -> float:
    """The shortest decimal with the same binary32 value: 0.45 and not 0.44999998807907104."""
    import numpy as np

    return float(str(np.float32(value)))


def _encode_fields(fields: Any) -> search_pb2.FieldSelection | None:
    if fields is None or (not isinstance(fields, str) and len(fields) == 0):
        return None
    if fields == "all":
        return search_pb2.FieldSelection(all=True)
    if isinstance(fields, str) or not all(isinstance(name, str) for name in fields):
        raise bad_parameter("fields", 'a list of names, or "all"', repr(fields))
    return search_pb2.FieldSelection(names=list(fields))
