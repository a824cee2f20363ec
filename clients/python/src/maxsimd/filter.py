"""Filters: conditions on the attributes and ids of documents, as plain dictionaries, and functions that build them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Union, cast

from typing_extensions import TypedDict

from .errors import bad_parameter

#: A value of an attribute: text for keywords, numbers, booleans, and RFC 3339 text or a datetime with a time zone for timestamps.
FilterValue = Union[str, int, float, bool, datetime]

#: The type of an attribute. `keywords` is a list of keywords.
AttributeType = Literal["keyword", "keywords", "integer", "float", "boolean", "timestamp"]


class FieldValue(TypedDict):
    field: str
    value: FilterValue


class FieldValues(TypedDict):
    field: str
    values: Sequence[FilterValue]


class Field(TypedDict):
    field: str


class FieldRange(Field, total=False):
    """Limits of a range: greater, greater or equal, less, less or equal."""

    gt: FilterValue
    gte: FilterValue
    lt: FilterValue
    lte: FilterValue


class AllOf(TypedDict):
    """Every filter of the list matches. An empty list matches every document."""

    all_of: Sequence[Filter]


class AnyOf(TypedDict):
    """At least one filter of the list matches. An empty list matches no document."""

    any_of: Sequence[Filter]


class NoneOf(TypedDict):
    """No filter of the list matches. An empty list matches every document."""

    none_of: Sequence[Filter]


class Equals(TypedDict):
    """The attribute has the value. A list of keywords contains it."""

    equals: FieldValue


class OneOf(TypedDict):
    """The attribute has one of the values. A list of keywords contains at least one of them."""

    one_of: FieldValues


class Range(TypedDict):
    """The attribute is within the bounds. A bound that is absent does not limit."""

    range: FieldRange


class Exists(TypedDict):
    """The document has the attribute."""

    exists: Field


class Ids(TypedDict):
    """The document has one of the ids."""

    ids: Sequence[str]


#: A condition on the attributes and ids of documents.
Filter = Union[AllOf, AnyOf, NoneOf, Equals, OneOf, Range, Exists, Ids]


def and_(*filters: Filter) -> Filter:
    """All of the filters match. Without a filter: every document."""
    return {"all_of": filters}


def or_(*filters: Filter) -> Filter:
    """At least one of the filters matches. Without a filter: no document."""
    return {"any_of": filters}


def not_(filter: Filter) -> Filter:
    """The filter does not match."""
    return {"none_of": [filter]}


def ids(*documents: str) -> Filter:
    """The document has one of the ids."""
    return {"ids": documents}


_ACCEPTED: dict[str, tuple[tuple[type, ...], str]] = {
    "keyword": ((str,), "text"),
    "keywords": ((str,), "text"),
    "integer": ((int,), "an integer"),
    "float": ((int, float), "a number"),
    "boolean": ((bool,), "True or False"),
    "timestamp": ((str, datetime), "a datetime with a time zone, or RFC 3339 text"),
}


class Attribute:
    """The conditions on one attribute. A value of another type than the attribute's, and a condition that its type does not
    have, raise MaxsimRpcError INVALID_PARAMETER at once."""

    def __init__(self, field: str, type: AttributeType) -> None:
        if type not in _ACCEPTED:
            raise bad_parameter(field, "keyword, keywords, integer, float, boolean or timestamp", str(type))
        self.field = field
        self.type = type

    def equals(self, value: FilterValue) -> Filter:
        """The attribute has the value; a list of keywords contains it."""
        return {"equals": {"field": self.field, "value": self._checked(value)}}

    def one_of(self, *values: FilterValue) -> Filter:
        """The attribute has one of the values; a list of keywords contains at least one of them."""
        return {"one_of": {"field": self.field, "values": [self._checked(value) for value in values]}}

    def exists(self) -> Filter:
        """The document has the attribute."""
        return {"exists": {"field": self.field}}

    def gt(self, value: FilterValue) -> Filter:
        """The attribute is greater than the value."""
        return self._range("gt", value)

    def gte(self, value: FilterValue) -> Filter:
        """The attribute is greater than the value, or equal."""
        return self._range("gte", value)

    def lt(self, value: FilterValue) -> Filter:
        """The attribute is less than the value."""
        return self._range("lt", value)

    def lte(self, value: FilterValue) -> Filter:
        """The attribute is less than the value, or equal."""
        return self._range("lte", value)

    def _range(self, bound: Literal["gt", "gte", "lt", "lte"], value: FilterValue) -> Filter:
        if self.type not in ("integer", "float", "timestamp"):
            raise bad_parameter(self.field, "an attribute with an order: integer, float or timestamp", self.type)
        bounds: Any = {"field": self.field, bound: self._checked(value)}
        return {"range": bounds}

    def _checked(self, value: FilterValue) -> FilterValue:
        plain: Any = value
        if hasattr(plain, "item") and hasattr(plain, "dtype"):
            plain = plain.item()
        types, expected = _ACCEPTED[self.type]
        if not isinstance(plain, types) or (isinstance(plain, bool) and self.type != "boolean"):
            raise bad_parameter(self.field, expected, f"{plain!r}")
        return cast(FilterValue, plain)


class Attributes:
    """The attributes of a schema, by name: `f.year` or `f["year"]`."""

    def __init__(self, schema: Mapping[str, AttributeType]) -> None:
        self._attributes = {field: Attribute(field, type) for field, type in schema.items()}

    def __getitem__(self, field: str) -> Attribute:
        if field not in self._attributes:
            raise bad_parameter(field, f"one of the attributes {', '.join(sorted(self._attributes))}", field)
        return self._attributes[field]

    def __getattr__(self, field: str) -> Attribute:
        if field.startswith("__"):
            raise AttributeError(field)
        return self[field]


def attributes(schema: Mapping[str, AttributeType]) -> Attributes:
    """Names the attributes of an index and their types, so that a misspelt name or a value of another type fails at once.

        f = attributes({"year": "integer", "section": "keyword"})
        and_(f.year.gte(2020), f.section.one_of("admin", "net"))

    `describe().attributes` is the schema of a served index.

    Raises:
        MaxsimRpcError: INVALID_PARAMETER for an unknown type; later, for an unknown name or a value of another type.
    """
    return Attributes(schema)
