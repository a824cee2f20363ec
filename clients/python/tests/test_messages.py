"""The promise: arguments become the wire's messages exactly, and what the wire cannot hold is a typed error before anything is sent."""

from __future__ import annotations

import pickle
import random
from collections import deque
from datetime import datetime, timedelta, timezone
from typing import Any

import grpc
import numpy as np
import pytest
from google.protobuf import any_pb2
from google.rpc import status_pb2

from maxsimd import ErrorCode, MaxsimRpcError, and_, attributes, ids, not_, or_
from maxsimd.address import Endpoint, parse_address
from maxsimd.decode_status import error_of_rpc
from maxsimd.errors import status_of_code
from maxsimd.filter_message import encode_filter
from maxsimd.gen import errors_pb2, search_pb2
from maxsimd.requests import search_request
from maxsimd.results import IndexVersion
from maxsimd.retry import backoff, is_transient
from maxsimd.search_options import WireOptions, decode_params, encode_params
from maxsimd.stream.message_packer import PACKED_BYTES, MessagePacker
from maxsimd.stream.query import PendingQuery
from maxsimd.stream.resume_policy import ResumePolicy
from maxsimd.tensor import encode_tokens
from maxsimd.version_watch import VersionWatch

UNAVAILABLE = MaxsimRpcError(ErrorCode.UNAVAILABLE, "gone")


def refused(code: ErrorCode, call: Any, *arguments: Any, **options: Any) -> MaxsimRpcError:
    """The error that a call raises."""
    with pytest.raises(MaxsimRpcError) as failure:
        call(*arguments, **options)
    assert failure.value.code is code
    return failure.value


@pytest.mark.parametrize("rows", [1, 3, 127, 700])
def test_a_request_is_what_any_protobuf_parser_reads(rows: int) -> None:
    query = np.random.default_rng(rows).standard_normal((rows, 48)).astype(np.float32)
    message = search_pb2.SearchRequest.FromString(search_request(query, {"dtype": "f16", "k": 3, "index": "papers"}))
    assert (message.query.rows, message.query.dim, message.params.k, message.index.index) == (rows, 48, 3, "papers")
    assert message.query.data == query.astype("<f2").tobytes()


def test_binary16_is_not_copied_and_others_are_rounded_to_even() -> None:
    halves = np.ones((2, 4), np.float16)
    assert np.shares_memory(np.frombuffer(encode_tokens(halves).data, np.uint8), halves)
    assert not np.shares_memory(np.frombuffer(encode_tokens(halves, copy=True).data, np.uint8), halves)
    # Half way between two binary16 numbers, below an even and above an even one.
    ties = [[1 + 2**-11, 1 + 3 * 2**-11, 65519.99]]
    assert np.frombuffer(encode_tokens(ties).data, np.float16).tolist() == [1.0, 1 + 2**-9, 65504.0]
    # Above the middle in binary64; rounded to binary32 first it would be the middle, and go down to the even one.
    assert np.frombuffer(encode_tokens([[1 + 2**-11 + 2**-40]]).data, np.float16).tolist() == [1 + 2**-10]
    transposed = np.arange(6, dtype=np.float16).reshape(3, 2).T
    assert np.frombuffer(encode_tokens(transposed).data, np.float16).tolist() == [0, 2, 4, 1, 3, 5]


def test_tensors_are_recognised_by_their_methods() -> None:
    class Tensor:
        """As much of a torch tensor as is used."""

        def __init__(self, array: Any, dtype: str) -> None:
            self.array, self.dtype = array, dtype

        def detach(self) -> Tensor:
            return self

        cpu = detach

        def float(self) -> Tensor:
            return Tensor(self.array.astype(np.float32), "torch.float32")

        def numpy(self) -> Any:
            if self.dtype == "torch.bfloat16":
                raise TypeError("Got unsupported ScalarType BFloat16")
            return self.array

    array = np.ones((2, 3), np.float32)
    for dtype in ("torch.float32", "torch.bfloat16"):
        assert encode_tokens(Tensor(array, dtype)).rows == 2


@pytest.mark.parametrize(
    ("matrix", "code"),
    [
        (np.zeros((0, 4)), ErrorCode.EMPTY_QUERY),
        ([], ErrorCode.EMPTY_QUERY),
        (np.zeros(4), ErrorCode.SHAPE_MISMATCH),
        (np.zeros((2, 0)), ErrorCode.SHAPE_MISMATCH),
        ([[1.0, 2.0], [3.0]], ErrorCode.SHAPE_MISMATCH),
        (np.zeros((2, 2), np.uint16), ErrorCode.INVALID_DTYPE),
        (np.zeros((2, 2), np.complex64), ErrorCode.INVALID_DTYPE),
        ([[1.0, float("nan")]], ErrorCode.NON_FINITE),
        ([[1.0, 65520.0]], ErrorCode.NON_FINITE),
    ],
)
def test_other_tensors_are_refused(matrix: Any, code: ErrorCode) -> None:
    error = refused(code, encode_tokens, matrix)
    assert error.expected != ""
    if code is ErrorCode.NON_FINITE:
        assert "see row 0, element 1" in error.message


def test_filters_become_the_same_message_from_builders_and_dictionaries() -> None:
    f = attributes({"year": "integer", "section": "keyword", "seen": "timestamp", "open": "boolean", "price": "float"})
    day = datetime(2024, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    built = and_(
        f.year.gte(np.int64(2020)),
        f["section"].one_of("a", "b"),
        not_(f.seen.lt(day)),
        or_(ids("x"), f.open.equals(True)),
    )
    message = encode_filter(built)
    parts = message.all_of.filters
    assert parts[0].range.gte.integer == 2020
    assert [value.text for value in parts[1].one_of.values] == ["a", "b"]
    assert parts[2].none_of.filters[0].range.lt.text == "2024-01-01T02:00:00+02:00"
    assert parts[3].any_of.filters[1].equals.value.boolean is True
    assert encode_filter({"exists": {"field": "year"}}).exists.field == "year"
    assert encode_filter(f.price.gt(2.0)).range.gt.WhichOneof("value") == "number"


@pytest.mark.parametrize(
    "filter",
    [
        {},
        {"all_of": [], "any_of": []},
        {"equal": {"field": "a", "value": 1}},
        {"equals": {"field": "a"}},
        {"equals": {"field": "a", "value": None}},
        {"equals": {"field": "a", "value": 2**63}},
        {"equals": {"field": "a", "value": float("inf")}},
        {"range": {"field": "a", "above": 1}},
        {"one_of": {"field": "a", "values": "abc"}},
        {"ids": "abc"},
        {"range": {"field": "a", "gt": datetime(2024, 1, 1)}},
        "year > 3",
    ],
)
def test_other_filters_are_refused(filter: Any) -> None:
    refused(ErrorCode.INVALID_PARAMETER, encode_filter, filter)


def test_builders_refuse_names_and_types_at_once() -> None:
    f = attributes({"year": "integer", "tags": "keywords", "open": "boolean"})
    for call in (
        lambda: f.yeer,
        lambda: f.year.gte("2020"),
        lambda: f.year.gte(2020.5),
        lambda: f.year.equals(True),
        lambda: f.tags.lt("a"),
        lambda: f.open.equals(1),
        lambda: attributes({"a": "text"}),  # type: ignore[dict-item]
    ):
        refused(ErrorCode.INVALID_PARAMETER, call)
    deep: Any = {"ids": ["a"]}
    for _ in range(40):
        deep = not_(deep)
    refused(ErrorCode.LIMIT_EXCEEDED, encode_filter, deep)


def test_parameters_are_the_fields_of_the_message() -> None:
    message = encode_params({"k": 5, "alpha": None, "beta": None, "lambda_": 0.5, "k_centroids": np.int32(7)})
    assert message is not None
    assert decode_params(message) == {"k": 5, "alpha": None, "lambda_": 0.5, "k_centroids": 7}
    assert encode_params({}) is None
    assert decode_params(search_pb2.SearchParams(alpha=0.45)) == {"alpha": 0.45}
    for wrong in (
        {"k": True},
        {"k": -1},
        {"k": 2**32},
        {"k": 1.0},
        {"alpha": "a"},
        {"alpha": float("nan")},
        {"k": None},
    ):
        refused(ErrorCode.INVALID_PARAMETER, encode_params, wrong)


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("127.0.0.1:1", True),
        ("localhost:1", True),
        ("[::1]:1", True),
        ("unix:/a", True),
        ("host:1", False),
        ("dns:h:1", False),
    ],
)
def test_addresses(address: str, local: bool) -> None:
    assert parse_address(address, False).local is local


@pytest.mark.parametrize(
    ("address", "fix"),
    [
        ("http://host:1", 'leave "http://" out: write host:1'),
        ("https://host", "and set tls: write host:50051"),
        ("host", "add the port, for example host:50051"),
        ("::1", r"put an IPv6 address in brackets"),
        ("host:70000", "use a port from 1 to 65535"),
        ("", "name the server"),
        ("unix:", "write unix:relative/path"),
        ("unix:" + "a" * 200, "use a shorter one"),
        (None, "pass a string"),
    ],
)
def test_other_addresses_are_refused_with_the_fix(address: Any, fix: str) -> None:
    assert fix in refused(ErrorCode.INVALID_PARAMETER, parse_address, address, False).message


class FailedCall(grpc.RpcError):
    """The end of a call."""

    def __init__(self, code: grpc.StatusCode, details: str = "", metadata: Any = ()) -> None:
        self.ends = (code, details, metadata)

    def code(self) -> grpc.StatusCode:
        """The status."""
        return self.ends[0]

    def details(self) -> str:
        """What is said."""
        return self.ends[1]

    def trailing_metadata(self) -> Any:
        """Metadata at the end."""
        return self.ends[2]


def decoded(*arguments: Any) -> MaxsimRpcError:
    """The typed error of a call that ended so."""
    return error_of_rpc(FailedCall(*arguments), Endpoint("localhost:1", True, False), 1.5)


def test_statuses_become_typed_errors() -> None:
    detail = errors_pb2.ErrorDetail(
        code=2, message="the index has dim 128", field="query.dim", expected="128", got="96"
    )
    other, packed = any_pb2.Any(type_url="type.googleapis.com/other", value=b"\xff"), any_pb2.Any()
    packed.Pack(detail)
    status = status_pb2.Status(code=3, details=[other, packed]).SerializeToString()
    error = decoded(grpc.StatusCode.INVALID_ARGUMENT, "x", (("grpc-status-details-bin", status),))
    assert (error.code, error.field, error.expected, error.got) == (ErrorCode.DIM_MISMATCH, "query.dim", "128", "96")
    assert error.retry_after_ms is None
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.code, copy.message, copy.field) == (error.code, error.message, error.field)
    assert decoded(grpc.StatusCode.CANCELLED).code is ErrorCode.UNAVAILABLE
    assert decoded(grpc.StatusCode.RESOURCE_EXHAUSTED).code is ErrorCode.LIMIT_EXCEEDED
    late = decoded(grpc.StatusCode.DEADLINE_EXCEEDED, "Deadline Exceeded")
    assert (late.code, late.message.split(":")[0]) == (ErrorCode.DEADLINE_EXPIRED, "no answer from localhost")
    garbage = (("grpc-status-details-bin", b"\xff\xff"),)
    assert decoded(grpc.StatusCode.INTERNAL, "oops", garbage).message == "oops"
    packed.Pack(errors_pb2.ErrorDetail(code=900, message="new"))  # type: ignore[arg-type]
    newer = status_pb2.Status(details=[packed]).SerializeToString()
    assert decoded(grpc.StatusCode.INTERNAL, "", (("grpc-status-details-bin", newer),)).code is ErrorCode.UNKNOWN


def test_every_code_of_the_contract_is_known() -> None:
    names = {name.removeprefix("ERROR_CODE_") for name in errors_pb2.ErrorCode.keys()} - {"UNSPECIFIED"}  # noqa: SIM118
    assert names <= set(ErrorCode.__members__)
    assert all(isinstance(status_of_code(code), grpc.StatusCode) for code in ErrorCode)


def test_waits_double_and_are_never_shorter_than_the_server_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "random", lambda: 1.0)
    assert [backoff(attempt, UNAVAILABLE) for attempt in range(1, 8)] == [0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0]
    monkeypatch.setattr(random, "random", lambda: 0.0)
    assert backoff(1, UNAVAILABLE) == 0.025
    assert backoff(1, MaxsimRpcError(ErrorCode.OVERLOADED, "", retry_after_ms=60_000)) == 60
    transient = {code for code in ErrorCode if is_transient(MaxsimRpcError(code, ""))}
    assert transient == {ErrorCode.UNAVAILABLE, ErrorCode.OVERLOADED, ErrorCode.SHUTTING_DOWN}


def test_a_stream_without_an_answer_fails_after_its_attempts_and_with_one_after_a_time() -> None:
    policy = ResumePolicy(2, 30, float("inf"))
    policy.after_loss(UNAVAILABLE)
    refused(ErrorCode.UNAVAILABLE, policy.after_loss, UNAVAILABLE)
    policy.saw_answer()
    for _ in range(10):
        policy.after_loss(UNAVAILABLE)
    impatient = ResumePolicy(9, 0, float("inf"))
    impatient.saw_answer()
    refused(ErrorCode.UNAVAILABLE, impatient.after_loss, UNAVAILABLE)


def _pending(wire_id: int, rows: int, options: WireOptions, losses: int = 0) -> PendingQuery:
    return PendingQuery(wire_id, wire_id, encode_tokens(np.ones((rows, 128), np.float16)), options, losses)


def test_messages_hold_what_fits_and_say_only_what_changes() -> None:
    plain = WireOptions(None, None, None)
    chosen = WireOptions(search_pb2.SearchParams(k=3), None, search_pb2.FieldSelection(all=True))
    queue = deque([*(_pending(i, 32, plain) for i in range(10)), _pending(10, 32, chosen), _pending(11, 32, plain, 2)])
    queue.append(_pending(12, 1, plain))
    packer = MessagePacker(search_pb2.IndexSelector(index="papers"))
    packed = []
    while queue:
        data, queries = packer.pack(queue)
        packed.append((search_pb2.SearchStreamRequest.FromString(data), [query.id for query in queries]))
    assert [ids for _, ids in packed] == [list(range(8)), [8, 9], [10], [11], [12]]
    assert [message.index.index for message, _ in packed] == ["papers", "", "", "", ""]
    assert [message.HasField("params") for message, _ in packed] == [False, False, True, True, False]
    assert [message.HasField("fields") for message, _ in packed] == [False, False, True, True, False]
    assert len(packed[0][0].queries.tokens.data) == PACKED_BYTES


def test_late_answers_of_the_version_before_are_not_a_change() -> None:
    seen: list[Any] = []
    watch = VersionWatch(seen.append)
    one, two = IndexVersion("papers", "one", "1"), IndexVersion("papers", "two", "2")
    first, late = watch.ticket(), watch.ticket()
    watch.saw(one, first)
    watch.saw(two, watch.ticket())
    watch.saw(one, late)
    assert [(change.previous, change.current) for change in seen] == [(one, two)]
    watch.saw(one, watch.ticket())
    assert len(seen) == 2
