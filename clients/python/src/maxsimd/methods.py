"""The methods of the wire contract that this package calls."""

from __future__ import annotations

from .connection import Method
from .gen import catalog_pb2, collection_pb2, search_pb2, text_pb2
from .tensor_message import varint

SEARCH = Method("/maxsimd.v1.SearchService/Search", search_pb2.SearchResponse)
SEARCH_TEXT = Method("/maxsimd.v1.TextSearchService/SearchText", text_pb2.SearchTextResponse)
SEARCH_BATCH = Method("/maxsimd.v1.SearchService/SearchBatch", search_pb2.SearchBatchResponse)
SEARCH_STREAM = Method("/maxsimd.v1.SearchService/SearchStream", search_pb2.SearchStreamResponse)
WHY_NOT = Method("/maxsimd.v1.SearchService/WhyNot", search_pb2.WhyNotResponse)

LIST_INDEXES = Method("/maxsimd.v1.CatalogService/ListIndexes", catalog_pb2.ListIndexesResponse)
DESCRIBE = Method("/maxsimd.v1.CatalogService/Describe", catalog_pb2.DescribeResponse)

LOAD_INDEX = Method("/maxsimd.v1.AdminService/LoadIndex", catalog_pb2.LoadIndexResponse)
SWAP_INDEX = Method("/maxsimd.v1.AdminService/SwapIndex", catalog_pb2.SwapIndexResponse)
UNLOAD_INDEX = Method("/maxsimd.v1.AdminService/UnloadIndex", catalog_pb2.UnloadIndexResponse)

UPSERT = Method("/maxsimd.v1.CollectionService/Upsert", collection_pb2.UpsertResponse)
DELETE = Method("/maxsimd.v1.CollectionService/Delete", collection_pb2.DeleteResponse)
COMPACT = Method("/maxsimd.v1.CollectionService/Compact", collection_pb2.CompactResponse)
LIST_VERSIONS = Method("/maxsimd.v1.CollectionService/ListVersions", collection_pb2.ListVersionsResponse)
ROLLBACK = Method("/maxsimd.v1.CollectionService/Rollback", collection_pb2.RollbackResponse)
REMOVE_VERSIONS = Method("/maxsimd.v1.CollectionService/RemoveVersions", collection_pb2.RemoveVersionsResponse)


class Health:
    """The response of `grpc.health.v1.Health/Check`: one enum. One field needs no generated code."""

    _STATES = ("UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN")

    def __init__(self, state: str) -> None:
        self.state = state

    @classmethod
    def FromString(cls, data: bytes) -> Health:
        """Parses a response. The enum is the only field, so it has the first tag if it is there."""
        number = data[1] if len(data) >= 2 and data[0] == 0x08 else 0
        return cls(cls._STATES[number] if number < len(cls._STATES) else "UNKNOWN")


HEALTH_CHECK = Method("/grpc.health.v1.Health/Check", Health)


def health_request(service: str) -> bytes:
    """The request of a health check: one string."""
    name = service.encode()
    return b"\x0a" + varint(len(name)) + name if name else b""
