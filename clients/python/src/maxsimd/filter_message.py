"""Converts filters and values to wire messages."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from .errors import ErrorCode, bad_argument, bad_parameter
from .filter import Filter
from .gen import filter_pb2

# Levels of the deepest filter that a server can be set to accept.
_MAX_DEPTH = 40
_CONDITIONS = ("all_of", "any_of", "none_of", "equals", "one_of", "range", "exists", "ids")
_BOUNDS = ("gt", "gte", "lt", "lte")


def encode_filter(filter: Filter) -> filter_pb2.Filter:
    """Converts a filter. An int is sent as an integer, which attributes of both kinds of numbers accept; a float as a number. The
    server compares fields and types with the attributes of the index.

    Raises:
        MaxsimRpcError: INVALID_PARAMETER for a value that the wire format cannot hold, or a dictionary that is not one condition;
            LIMIT_EXCEEDED for more levels than any server reads.
    """
    return _encode(filter, "filter", 1)


def _encode(filter: Any, path: str, depth: int) -> filter_pb2.Filter:
    if depth > _MAX_DEPTH:
        raise bad_argument(ErrorCode.LIMIT_EXCEEDED, "filter", f"at most {_MAX_DEPTH} levels", "more")
    keys = list(filter) if isinstance(filter, Mapping) else []
    if len(keys) != 1 or keys[0] not in _CONDITIONS:
        got = ", ".join(map(str, keys)) if isinstance(filter, Mapping) else type(filter).__name__
        raise bad_parameter(path, f"one condition: {', '.join(_CONDITIONS)}", got or "nothing")
    name = keys[0]
    value = filter[name]
    at = f"{path}.{name}"
    message = filter_pb2.Filter()
    if name in ("all_of", "any_of", "none_of"):
        children = [_encode(each, f"{at}[{i}]", depth + 1) for i, each in enumerate(_sequence(value, at))]
        getattr(message, name).CopyFrom(filter_pb2.FilterList(filters=children))
        return message
    if name == "ids":
        texts = [_text(each, f"{at}[{i}]") for i, each in enumerate(_sequence(value, at))]
        message.ids.CopyFrom(filter_pb2.DocumentIds(ids=texts))
        return message
    expected = {"equals": ("value",), "one_of": ("values",), "range": _BOUNDS, "exists": ()}[name]
    _check_keys(value, at, name, expected)
    field = _text(value["field"], f"{at}.field")
    if name == "exists":
        message.exists.CopyFrom(filter_pb2.Exists(field=field))
    elif name == "equals":
        message.equals.CopyFrom(filter_pb2.Equals(field=field, value=_encode_value(value["value"], f"{at}.value")))
    elif name == "one_of":
        values = _sequence(value["values"], f"{at}.values")
        encoded = [_encode_value(each, f"{at}.values[{i}]") for i, each in enumerate(values)]
        message.one_of.CopyFrom(filter_pb2.OneOf(field=field, values=encoded))
    else:
        bounds = {name: _encode_value(each, f"{at}.{name}") for name, each in value.items() if name != "field"}
        message.range.CopyFrom(filter_pb2.Range(field=field, **bounds))
    return message


def _check_keys(value: Any, path: str, name: str, expected: Sequence[str]) -> None:
    """A condition has `field`, and the keys that belong to it: all of them, or for a range any of them."""
    wanted = ("field", *expected)
    if not isinstance(value, Mapping) or "field" not in value or not set(value) <= set(wanted):
        got = ", ".join(map(str, value)) if isinstance(value, Mapping) else type(value).__name__
        raise bad_parameter(path, f"a dictionary with {', '.join(wanted)}", got or "nothing")
    if name != "range" and set(value) != set(wanted):
        raise bad_parameter(path, f"a dictionary with {', '.join(wanted)}", ", ".join(map(str, value)))


def _sequence(value: Any, path: str) -> Sequence[Any]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise bad_parameter(path, "a list", type(value).__name__)
    return value


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise bad_parameter(path, "text", type(value).__name__)
    return value


def _encode_value(value: Any, path: str) -> filter_pb2.Value:
    # Numbers of numpy.
    if hasattr(value, "item") and hasattr(value, "dtype"):
        value = value.item()
    if isinstance(value, bool):
        return filter_pb2.Value(boolean=value)
    if isinstance(value, str):
        return filter_pb2.Value(text=value)
    if isinstance(value, datetime):
        return filter_pb2.Value(text=rfc3339(value, path))
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise bad_parameter(path, "an integer from -2^63 to 2^63 - 1", str(value))
        return filter_pb2.Value(integer=value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise bad_parameter(path, "a finite number", str(value))
        return filter_pb2.Value(number=value)
    raise bad_parameter(path, "text, a number, a boolean or a datetime", type(value).__name__)


def rfc3339(value: datetime, path: str) -> str:
    """A point in time as RFC 3339 text, in microseconds. A datetime without a time zone does not name a point in time."""
    if value.tzinfo is None or value.utcoffset() is None:
        fix = "add one, for example datetime(2026, 1, 31, tzinfo=timezone.utc)"
        raise bad_parameter(path, "a datetime with a time zone", f"{value.isoformat()} without one", fix)
    return value.isoformat()
