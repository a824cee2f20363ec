"""Client of maxsimd, the server for late-interaction (ColBERT-style) retrieval: numpy in, numpy out, over gRPC.

`MaxsimClient` searches, `AdminClient` changes what is served, `AsyncMaxsimClient` and `AsyncAdminClient` are the same for asyncio.
`write_corpus` writes the files from which the command `maxsimd build` builds an index. `maxsimd.integrations` has adapters for frameworks.
"""

from .admin_client import AdminClient, CollectionClient
from .aio_admin_client import AsyncAdminClient, AsyncCollectionClient
from .aio_client import AsyncMaxsimClient
from .catalog import IndexDescription, LoadedVersion, ServedIndex, StoredDocument, Swap, TierDrift
from .client import MaxsimClient
from .corpus import Corpus, write_corpus
from .documents import CatalogVersion, Compacted, Deleted, NewDocument, RemovedVersions, Upserted
from .errors import ErrorCode, MaxsimRpcError
from .filter import Attribute, Attributes, AttributeType, Filter, FilterValue, and_, attributes, ids, not_, or_
from .options import TlsOptions
from .results import Answer, Answered, Explanation, Failed, Hit, Hits, IndexVersion, Outcome, ServerTiming
from .stream.query import StreamQuery
from .version_watch import VersionChange
from .why_not import WhyNot

__all__ = [
    "AdminClient",
    "Answer",
    "Answered",
    "AsyncAdminClient",
    "AsyncCollectionClient",
    "AsyncMaxsimClient",
    "Attribute",
    "AttributeType",
    "Attributes",
    "CatalogVersion",
    "CollectionClient",
    "Compacted",
    "Corpus",
    "Deleted",
    "ErrorCode",
    "Explanation",
    "Failed",
    "Filter",
    "FilterValue",
    "Hit",
    "Hits",
    "IndexDescription",
    "IndexVersion",
    "LoadedVersion",
    "MaxsimClient",
    "MaxsimRpcError",
    "NewDocument",
    "Outcome",
    "RemovedVersions",
    "ServedIndex",
    "ServerTiming",
    "StoredDocument",
    "StreamQuery",
    "Swap",
    "TierDrift",
    "TlsOptions",
    "Upserted",
    "VersionChange",
    "WhyNot",
    "and_",
    "attributes",
    "ids",
    "not_",
    "or_",
    "write_corpus",
]
