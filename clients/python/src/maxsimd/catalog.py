"""What a server serves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from .filter import AttributeType
from .gen import catalog_pb2, filter_pb2
from .results import IndexVersion, index_version_of
from .search_options import decode_params


@dataclass(frozen=True)
class TierDrift:
    """How well the codec fits the tokens of one tier: those of types with one centroid (micro), two (small) or more (active).

    Attributes:
        tier: micro, small or active.
        tokens: number of tokens in it.
        trained_error: mean squared distance of the training tokens to their centroids.
        error: mean squared distance of the version's tokens to their centroids.
    """

    tier: str
    tokens: int
    trained_error: float
    error: float


@dataclass(frozen=True)
class IndexDescription:
    """Shape, size, attributes and default search parameters of one index version.

    Attributes:
        index_version: the described version.
        dim: number of elements in a token vector.
        documents: number of documents, including documents without tokens.
        tokens: number of token vectors in all documents.
        centroids: number of coarse centroids; 0 if the index is small enough to be scanned exactly.
        pq_subspaces: number of product-quantisation subspaces of a token's residual; 0 if the index stores whole vectors.
        index_bytes: size of the index file in bytes.
        attributes: types of the attributes that filters compare, by name; without those of a type that this client does not know.
        drift: how well the codec still fits, for each tier; empty if vectors are stored whole, or if it is not known.
        defaults: the values that a search uses for parameters that it leaves out.
        server_version: version of the server software.
    """

    index_version: IndexVersion
    dim: int
    documents: int
    tokens: int
    centroids: int
    pq_subspaces: int
    index_bytes: int
    attributes: Mapping[str, AttributeType]
    drift: Sequence[TierDrift]
    defaults: Mapping[str, Any]
    server_version: str


def index_description_of(response: catalog_pb2.DescribeResponse) -> IndexDescription:
    """Decodes a response."""
    known = {
        name: cast(AttributeType, filter_pb2.AttributeType.Name(type).removeprefix("ATTRIBUTE_TYPE_").lower())
        for name, type in response.attributes.items()
        if type != 0 and type in filter_pb2.AttributeType.values()
    }
    return IndexDescription(
        index_version_of(response.index_version),
        response.dim,
        response.documents,
        response.tokens,
        response.centroids,
        response.pq_subspaces,
        response.index_bytes,
        known,
        [TierDrift(each.tier, each.tokens, each.trained_error, each.error) for each in response.drift],
        {"beta": None, "lambda_": None, **decode_params(response.defaults)},
        response.server_version,
    )


@dataclass(frozen=True)
class LoadedVersion:
    """A loaded version of an index.

    Attributes:
        index_version: which one.
        state: CURRENT answers requests that pin no version, LOADED answers requests that pin it, RETIRING takes no new requests. UNKNOWN is a
            state that this client does not know, from a newer server.
        index_bytes: size of the index file in bytes.
        documents: number of documents, including documents without tokens.
    """

    index_version: IndexVersion
    state: str
    index_bytes: int
    documents: int


@dataclass(frozen=True)
class ServedIndex:
    """A served index and its loaded versions."""

    index: str
    versions: Sequence[LoadedVersion]


def served_indexes_of(response: catalog_pb2.ListIndexesResponse) -> list[ServedIndex]:
    """Decodes a response."""
    return [
        ServedIndex(each.index, [_loaded_version_of(version) for version in each.versions]) for each in response.indexes
    ]


def _loaded_version_of(version: catalog_pb2.LoadedVersion) -> LoadedVersion:
    known = version.state != 0 and version.state in catalog_pb2.VersionState.values()
    state = catalog_pb2.VersionState.Name(version.state).removeprefix("VERSION_STATE_") if known else "UNKNOWN"
    return LoadedVersion(index_version_of(version.index_version), state, version.index_bytes, version.documents)


@dataclass(frozen=True)
class Swap:
    """Result of a swap.

    Attributes:
        current: the version that is current now.
        previous: the version that was current before; None if there was none.
    """

    current: IndexVersion
    previous: IndexVersion | None


@dataclass(frozen=True)
class StoredDocument:
    """A document of an index, with its stored fields.

    Attributes:
        doc_id: position of the document in this version of the index, from 0.
        id: its id.
        fields: the fields that were asked for.
    """

    doc_id: int
    id: str
    fields: Mapping[str, Any]
