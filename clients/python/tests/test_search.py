"""The promise: unary and batched searches, their options and errors, against the real server with both clients."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest
from conftest import small_queries
from support import SAMPLE, Server, sample_queries, start_server

from maxsimd import (
    AdminClient,
    Answered,
    AsyncMaxsimClient,
    ErrorCode,
    Failed,
    MaxsimClient,
    MaxsimRpcError,
    attributes,
    not_,
)


def test_vectors_of_each_kind_find_the_same_documents(sample_server: Server) -> None:
    import ml_dtypes

    query = sample_queries(1)[0].astype(np.float16)
    with MaxsimClient(sample_server.data) as client:
        expected = client.search(query)
        for same in (
            query.astype(np.float32),
            query.astype(np.float64),
            query.astype(np.float32).tolist(),
            query[:, :],
        ):
            answer = client.search(same)
            assert list(answer.ids) == list(expected.ids)
            np.testing.assert_array_equal(answer.scores, expected.scores)
        assert answer.scores.dtype == np.float32
        assert answer.doc_ids.dtype == np.uint32
        rounded = query.astype(ml_dtypes.bfloat16)
        assert list(client.search(rounded).ids) == list(client.search(rounded.astype(np.float32)).ids)
        # Binary32 is another tensor than its rounding.
        wide = sample_queries(1)[0]
        assert client.search(wide, dtype="f32").scores[0] != client.search(wide).scores[0]


def test_explanations_add_up_to_the_scores(sample_server: Server) -> None:
    query = sample_queries(1)[0]
    with MaxsimClient(sample_server.data) as client:
        hits = client.search(query, k=4, explain=True).hits
    assert len(hits) == 4
    for hit in hits:
        assert hit.explanation is not None
        assert hit.explanation.tokens.shape == (len(query),)
        assert abs(float(hit.explanation.similarities.sum()) - hit.score) < 1e-3


def test_filters_fields_and_documents(sample_server: Server) -> None:
    query = sample_queries(1)[0]
    with MaxsimClient(sample_server.data) as client:
        description = client.describe()
        assert description.dim == 128
        assert description.defaults["alpha"] == 0.45
        f = attributes(description.attributes)
        answer = client.search(query, k=388, filter=f.year.gte(1960), fields=["year"])
        assert answer.exhausted
        years = [fields["year"] for fields in answer.fields]
        assert 10 < len(years) < 388
        assert min(years) >= 1960
        assert all(isinstance(year, int) for year in years)
        others = client.search(query, k=388, filter=not_(f.year.gte(1960)))
        assert len(answer) + len(others) == len(client.search(query, k=388))
        found = client.get_documents([*answer.ids[:150], "nothing", answer.ids[0]], ["year"])
        assert list(found) == list(answer.ids[:150])
        assert [found[id].fields["year"] for id in found] == years[:150]


def test_why_not_names_parameters_that_bring_the_document(sample_server: Server) -> None:
    query = sample_queries(1)[0]
    with MaxsimClient(sample_server.data) as client:
        id = client.search(query, k=9).ids[8]
        reason = client.why_not(query, id, k=3)
        assert reason.lost == "OUT_RANKED"
        assert reason.rank == 9
        assert reason.change is not None
        assert id in client.search(query, **{"k": 3, **reason.change}).ids
        assert client.why_not(query, "nothing").lost == "UNKNOWN"


def test_a_batch_has_an_outcome_for_each_query(sample_server: Server) -> None:
    queries: list[Any] = [*sample_queries(20)]
    queries[3] = queries[3][:, :5]
    queries[7] = queries[7] * np.nan
    with MaxsimClient(sample_server.data) as client:
        outcomes = client.search_batch_all(queries, k=2)
        assert [outcome.id for outcome in outcomes] == list(range(20))
        assert {outcome.id for outcome in outcomes if isinstance(outcome, Failed)} == {3, 7}
        assert isinstance(outcomes[4], Answered)
        assert list(outcomes[4].ids) == list(client.search(queries[4], k=2).ids)
        assert client.search_batch_all([]) == []


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        ({"k": 0}, ErrorCode.INVALID_PARAMETER, "params.k"),
        ({"k": 2.5}, ErrorCode.INVALID_PARAMETER, "k"),
        ({"kk": 3}, ErrorCode.INVALID_PARAMETER, "kk"),
        ({"fields": "title"}, ErrorCode.INVALID_PARAMETER, "fields"),
        ({"filter": {"equals": {"field": "yeer", "value": 3}}}, ErrorCode.INVALID_FILTER, "yeer"),
        ({"filter": {"equals": {"field": "year", "value": 3.5}}}, ErrorCode.INVALID_FILTER, "year"),
        ({"filter": {"equal": {}}}, ErrorCode.INVALID_PARAMETER, "filter"),
        ({"index": "other"}, ErrorCode.UNKNOWN_INDEX, "index.index"),
        ({"version": "other"}, ErrorCode.UNKNOWN_VERSION, "index.version"),
        ({"timeout_ms": -1}, ErrorCode.INVALID_PARAMETER, "timeout_ms"),
        ({"dtype": "f64"}, ErrorCode.INVALID_PARAMETER, "dtype"),
    ],
)
def test_errors_are_typed_and_say_what_was_expected(
    sample_server: Server, arguments: dict[str, Any], code: ErrorCode, field: str
) -> None:
    with MaxsimClient(sample_server.data) as client, pytest.raises(MaxsimRpcError) as failure:
        client.search(sample_queries(1)[0], **arguments)
    assert (failure.value.code, failure.value.field) == (code, field)
    assert failure.value.expected != ""


def test_asyncio_has_the_same_answers_and_errors(sample_server: Server) -> None:
    queries = sample_queries(6)

    async def run() -> None:
        async with await AsyncMaxsimClient.connect(sample_server.data) as client:
            answers = await asyncio.gather(*(client.search(query, k=3) for query in queries))
            batch = await client.search_batch_all(queries, k=3)
            assert [list(each.ids) for each in answers] == [
                list(each.ids) for each in batch if isinstance(each, Answered)
            ]
            assert (await client.describe()).documents == 388
            assert [each.index for each in await client.list_indexes()] == ["sample"]
            assert await client.health() == "SERVING"
            assert (await client.why_not(queries[0], answers[0].ids[0])).lost == "FOUND"
            assert list(await client.get_documents(["3", "nothing"])) == ["3"]
            with pytest.raises(MaxsimRpcError) as failure:
                await client.search(queries[0], k=0)
            assert failure.value.code is ErrorCode.INVALID_PARAMETER
            task = asyncio.create_task(client.search(queries[0]))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        with pytest.raises(MaxsimRpcError) as failure:
            await client.search(queries[0])
        assert failure.value.code is ErrorCode.FAILED_PRECONDITION

    asyncio.run(run())


def test_an_overloaded_server_is_asked_again_when_it_says(built_catalog: Any) -> None:
    server = start_server(built_catalog, "--workers", "1", "--limit", "queueMs=1")
    queries = small_queries(60)

    async def run(max_attempts: int) -> list[Any]:
        async with AsyncMaxsimClient(server.data, max_attempts=max_attempts) as client:
            calls = (client.search(query) for query in queries * 2)
            return await asyncio.gather(*calls, return_exceptions=True)

    try:
        once = asyncio.run(run(1))
        refused = [each for each in once if isinstance(each, MaxsimRpcError)]
        assert {each.code for each in refused} == {ErrorCode.OVERLOADED}
        assert all(each.retry_after_ms is not None for each in refused)
        assert [each for each in asyncio.run(run(50)) if isinstance(each, BaseException)] == []
    finally:
        server.stop()


def test_a_connection_that_is_not_made_says_why() -> None:
    with pytest.raises(MaxsimRpcError, match="nothing listens there: start the server") as failure:
        MaxsimClient.connect("127.0.0.1:9", timeout_ms=300)
    assert failure.value.code is ErrorCode.UNAVAILABLE
    with pytest.raises(MaxsimRpcError, match="no socket has this path"):
        MaxsimClient("unix:/nowhere/maxsimd.sock", max_attempts=1).describe()


def test_a_closed_client_says_so(sample_server: Server) -> None:
    client = MaxsimClient(sample_server.data)
    client.health()
    client.close()
    with pytest.raises(MaxsimRpcError) as failure:
        client.health()
    assert failure.value.code is ErrorCode.FAILED_PRECONDITION


def test_health_of_a_service(sample_server: Server) -> None:
    with MaxsimClient(sample_server.data) as client:
        assert client.health() == "SERVING"
        assert client.health("maxsimd.v1.SearchService") == "SERVING"
        with pytest.raises(MaxsimRpcError) as failure:
            client.health("no.such.Service")
        assert failure.value.code is ErrorCode.NOT_FOUND


def test_the_admin_client_needs_the_admin_listener(sample_server: Server) -> None:
    with AdminClient(sample_server.data) as client, pytest.raises(MaxsimRpcError) as failure:
        client.swap_index("sample", "1")
    assert failure.value.code is ErrorCode.UNIMPLEMENTED


def test_the_sample_has_a_query_for_each_length() -> None:
    lens = np.load(SAMPLE / "query_lens.npy")
    assert [len(query) for query in sample_queries(5)] == lens[:5].tolist()
