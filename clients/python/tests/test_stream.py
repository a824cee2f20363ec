"""The promise: a stream answers each query exactly once, through restarts, overload and swaps, reads its source only as far as its window,
and leaves nothing behind when its caller leaves. Both clients, against the real server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import DIM, Tasks, Threads, small_queries
from support import Server, start_server

from maxsimd import AdminClient, ErrorCode, Failed, MaxsimClient, MaxsimRpcError, StreamQuery, VersionChange

Driver = Threads | Tasks


def test_each_query_is_answered_once_as_a_single_search_answers_it(catalog_server: Server, driver: Driver) -> None:
    queries = small_queries(300)
    given = [StreamQuery(query, id=f"q{i}") for i, query in enumerate(queries)]
    outcomes = driver.stream(catalog_server.data, given, k=3, window=16)
    assert sorted(outcome.id for outcome in outcomes) == sorted(f"q{i}" for i in range(300))
    with MaxsimClient(catalog_server.data) as client:
        for outcome in outcomes[::25]:
            alone = client.search(queries[int(outcome.id[1:])], k=3)
            assert list(outcome.ids) == list(alone.ids)
            np.testing.assert_array_equal(outcome.scores, alone.scores)


def test_queries_have_options_of_their_own(catalog_server: Server, driver: Driver) -> None:
    query = small_queries(1)[0]
    year: Any = {"range": {"field": "year", "gte": 2045}}
    given = [
        query,
        StreamQuery(query, params={"k": 2}),
        StreamQuery(query, params={"filter": None, "fields": ["year"]}),
        query,
    ]
    outcomes = {outcome.id: outcome for outcome in driver.stream(catalog_server.data, given, k=60, filter=year)}
    assert [len(outcomes[i]) for i in range(4)] == [5, 2, 60, 5]
    assert outcomes[2].fields[0].keys() == {"year"}
    assert list(outcomes[0].fields) == []


def test_a_query_that_fails_does_not_fail_the_others(catalog_server: Server, driver: Driver) -> None:
    query = small_queries(1)[0]
    given = [query, query[:, :3], query * np.nan, StreamQuery(query, params={"alpha": -1}), query]
    outcomes = {outcome.id: outcome for outcome in driver.stream(catalog_server.data, given)}
    codes = [getattr(outcomes[i].error, "code", None) for i in range(5)]
    expected = [None, ErrorCode.DIM_MISMATCH, ErrorCode.NON_FINITE, ErrorCode.INVALID_PARAMETER, None]
    assert codes == expected


def test_a_stream_continues_after_a_crash(built_catalog: Path, driver: Driver) -> None:
    servers = [start_server(built_catalog)]
    address = servers[0].data
    port = int(address.rpartition(":")[2])

    def restart(count: int) -> None:
        if count == 60:
            servers[-1].kill()
            starter = threading.Thread(target=lambda: servers.append(start_server(built_catalog, port=port)))
            starter.start()

    try:
        outcomes = driver.stream(address, small_queries(400), after=restart, window=32, k=3)
        assert sorted(outcome.id for outcome in outcomes) == list(range(400))
        assert [outcome for outcome in outcomes if outcome.error] == []
        assert len(servers) == 2
    finally:
        for server in servers:
            server.kill()


def test_a_stream_continues_after_a_server_that_drains(built_catalog: Path, driver: Driver) -> None:
    servers = [start_server(built_catalog)]
    address = servers[0].data
    port = int(address.rpartition(":")[2])

    def restart(count: int) -> None:
        if count == 60:
            servers[-1].process.terminate()

            def start() -> None:
                servers[0].stop()
                servers.append(start_server(built_catalog, port=port))

            threading.Thread(target=start).start()

    try:
        outcomes = driver.stream(address, small_queries(400), after=restart, window=32, k=3)
        assert sorted(outcome.id for outcome in outcomes) == list(range(400))
        assert [outcome for outcome in outcomes if outcome.error] == []
    finally:
        for server in servers:
            server.kill()


def test_a_stream_gives_up_on_a_server_that_does_not_return(built_catalog: Path, driver: Driver) -> None:
    server = start_server(built_catalog)

    def kill(count: int) -> None:
        if count == 5:
            server.kill()

    with pytest.raises(MaxsimRpcError) as failure:
        driver.stream(server.data, small_queries(2000), after=kill, window=8, resume_for_ms=400)
    assert failure.value.code is ErrorCode.UNAVAILABLE


def test_every_answer_is_that_of_the_version_that_it_names(catalog_server: Server, driver: Driver) -> None:
    queries = small_queries(600)
    changes: list[VersionChange] = []
    with AdminClient(catalog_server.admin) as admin, MaxsimClient(catalog_server.data) as client:
        admin.load_index("papers", "two")
        truth = {
            version: [list(client.search(query, k=3, version=version).ids) for query in queries[:20]]
            for version in ("one", "two")
        }

        def swap(count: int) -> None:
            if count % 100 == 0:
                admin.swap_index("papers", "two" if count % 200 else "one")

        options = {"on_version_change": changes.append}
        outcomes = driver.stream(catalog_server.data, queries, after=swap, window=16, k=3, client=options)
    assert [outcome for outcome in outcomes if outcome.error] == []
    assert {outcome.index_version.version for outcome in outcomes} == {"one", "two"}
    for outcome in outcomes:
        if outcome.id < 20:
            assert list(outcome.ids) == truth[outcome.index_version.version][outcome.id]
    assert 1 <= len(changes) <= 6
    assert changes[0].previous.version == "one"
    assert changes[0].current.version == "two"


def test_leaving_the_loop_closes_the_source_and_reads_no_more_of_it(catalog_server: Server, driver: Driver) -> None:
    closed = threading.Event()
    read = 0

    def source() -> Iterator[Any]:
        nonlocal read
        try:
            for query in small_queries(5000):
                read += 1
                yield query
        finally:
            closed.set()

    outcomes = driver.stream(catalog_server.data, source(), after=lambda count: count == 10, window=16)
    assert len(outcomes) == 10
    assert closed.wait(5)
    # Those that were taken, and a window that was in flight when the loop was left.
    assert 10 <= read <= 10 + 16


def test_the_source_is_read_only_while_the_window_has_room(catalog_server: Server, driver: Driver) -> None:
    read = 0
    most = 0

    def source() -> Iterator[Any]:
        nonlocal read
        for query in small_queries(200):
            read += 1
            yield query

    def count_read(taken: int) -> None:
        nonlocal most
        most = max(most, read - taken)

    driver.stream(catalog_server.data, source(), after=count_read, window=8)
    assert 1 <= most <= 8


def test_an_error_of_the_source_reaches_the_caller(catalog_server: Server, driver: Driver) -> None:
    def source() -> Iterator[Any]:
        yield small_queries(1)[0]
        raise KeyError("no more text")

    with pytest.raises(KeyError, match="no more text"):
        driver.stream(catalog_server.data, source())


def test_overload_is_waited_for(built_catalog: Path, driver: Driver) -> None:
    server = start_server(built_catalog, "--workers", "1", "--limit", "queueMs=1")
    try:
        outcomes = driver.stream(server.data, small_queries(300), window=128, k=3)
        assert sorted(outcome.id for outcome in outcomes if not isinstance(outcome, Failed)) == list(range(300))
    finally:
        server.stop()


def test_a_deadline_ends_a_stream(catalog_server: Server, driver: Driver) -> None:
    def source() -> Iterator[Any]:
        yield small_queries(1)[0]
        threading.Event().wait(1.0)
        yield small_queries(1)[0]

    with pytest.raises(MaxsimRpcError) as failure:
        driver.stream(catalog_server.data, source(), timeout_ms=300)
    assert failure.value.code is ErrorCode.DEADLINE_EXPIRED


def test_bad_options_are_refused_at_once(driver: Driver) -> None:
    for options in ({"window": 0}, {"window": True}, {"resume_for_ms": -1}, {"timeout_ms": 0}, {"windw": 3}):
        with pytest.raises(MaxsimRpcError) as failure:
            driver.stream("127.0.0.1:9", [np.zeros((1, DIM))], **options)
        assert failure.value.code is ErrorCode.INVALID_PARAMETER
        assert failure.value.field == next(iter(options))


def test_a_wrong_address_fails_as_fast_as_a_single_call(driver: Driver) -> None:
    with pytest.raises(MaxsimRpcError, match="nothing listens there") as failure:
        driver.stream("127.0.0.1:9", small_queries(3))
    assert failure.value.code is ErrorCode.UNAVAILABLE


def test_the_array_of_a_query_may_be_used_again(catalog_server: Server, driver: Driver) -> None:
    queries = small_queries(50)

    def source() -> Iterator[Any]:
        array = np.empty((4, DIM), np.float16)
        for query in queries:
            array[:] = query
            yield array

    outcomes = {outcome.id: outcome for outcome in driver.stream(catalog_server.data, source(), k=1)}
    with MaxsimClient(catalog_server.data) as client:
        for i in range(0, 50, 7):
            assert list(outcomes[i].ids) == list(client.search(queries[i], k=1).ids)
