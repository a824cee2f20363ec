"""Calls a listener with grpcio, which learns the services from the server's reflection. Prints one JSON object.

Usage: python grpcio_calls.py HOST:PORT PAYLOAD [CERTIFICATE]

PAYLOAD: serialized SearchRequests, each preceded by its length as a varint. On a listener without SearchService, health is asked instead.
"""

import json
import sys

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.internal.decoder import _DecodeVarint32 as decode_varint
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

SEARCH = "maxsimd.v1.SearchService"
HEALTH = "grpc.health.v1.Health"
HEALTH_CALLS = 200


def read_payload(path):
    """The messages of a payload file."""
    with open(path, "rb") as file:
        payload = file.read()
    messages, at = [], 0
    while at < len(payload):
        length, at = decode_varint(payload, at)
        messages.append(payload[at : at + length])
        at += length
    return messages


class Caller:
    """Calls of one channel, counted by kind."""

    def __init__(self, channel):
        self.channel = channel
        self.database = ProtoReflectionDescriptorDatabase(channel)
        self.pool = DescriptorPool(self.database)
        self.counts = {}

    def count(self, kind, good):
        calls, failed = self.counts.get(kind, (0, 0))
        self.counts[kind] = (calls + 1, failed + (not good))

    def message(self, name):
        return GetMessageClass(self.pool.FindMessageTypeByName(name))

    def method(self, service, name, shape="unary_unary"):
        """A callable of a method, and the class of its requests."""
        found = self.pool.FindServiceByName(service).FindMethodByName(name)
        request, response = GetMessageClass(found.input_type), GetMessageClass(found.output_type)
        call = getattr(self.channel, shape)(
            f"/{service}/{name}", request_serializer=request.SerializeToString, response_deserializer=response.FromString
        )
        return call, request


def call_health(caller):
    check, request = caller.method(HEALTH, "Check")
    for _ in range(HEALTH_CALLS):
        caller.count("unary", check(request(), timeout=10).status == 1)
    try:
        check(request(service="there.is.no.such.Service"), timeout=10)
        caller.count("error", False)
    except grpc.RpcError as error:
        caller.count("error", error.code() == grpc.StatusCode.NOT_FOUND)


def call_search(caller, payload):
    search, request = caller.method(SEARCH, "Search")
    requests = [request.FromString(message) for message in payload]
    answers = []
    for each in requests:
        hits = search(each, timeout=10).hits
        answers.append(list(hits.doc_ids))
        caller.count("unary", len(hits.doc_ids) == 10)

    stream, stream_request = caller.method(SEARCH, "SearchStream", "stream_stream")
    queries = (
        stream_request(query_ids=[i], queries={"tokens": each.query, "row_counts": [each.query.rows]})
        for i, each in enumerate(requests)
    )
    got = {outcome.query_id: list(outcome.hits.doc_ids) for reply in stream(queries, timeout=30) for outcome in reply.outcomes}
    for i, answer in enumerate(answers):
        caller.count("stream", got.get(i) == answer)

    # Each fault gets its own code, and a detail of maxsimd's own type.
    other = request.FromString(payload[0])
    other.index.index = "there-is-no-such-index"
    empty = request()
    for fault, code in [(other, grpc.StatusCode.NOT_FOUND), (empty, grpc.StatusCode.INVALID_ARGUMENT)]:
        try:
            search(fault, timeout=10)
            caller.count("error", False)
        except grpc.RpcError as error:
            details = dict(error.trailing_metadata()).get("grpc-status-details-bin", b"")
            caller.count("error", error.code() == code and b"maxsimd.v1.ErrorDetail" in details)


def main(address, payload, certificate=None):
    if certificate is None:
        channel = grpc.insecure_channel(address)
    else:
        with open(certificate, "rb") as file:
            channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(file.read()))
    with channel:
        caller = Caller(channel)
        names = caller.database.get_services()
        caller.count("reflection", HEALTH in names)
        if SEARCH in names:
            call_search(caller, read_payload(payload))
        else:
            call_health(caller)
    print(json.dumps(caller.counts))


main(*sys.argv[1:])
