"""The promise: versions and documents change through the admin listener, as a whole or not at all; tokens and certificates open it."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from conftest import DIM, small_documents, small_queries
from support import Server, run_command, start_server

from maxsimd import (
    AdminClient,
    AsyncAdminClient,
    AsyncMaxsimClient,
    ErrorCode,
    MaxsimClient,
    MaxsimRpcError,
    NewDocument,
    TlsOptions,
)

IDS = np.arange(8) % 7


def new_document(id: str, seed: int = 5) -> NewDocument:
    """A document with fields."""
    return NewDocument(id, small_documents(seed, 1)[0], fields={"year": 2030, "section": "new"})


def test_documents_are_added_found_and_deleted(catalog_server: Server) -> None:
    document = new_document("new")
    with AdminClient(catalog_server.admin) as admin, MaxsimClient(catalog_server.data) as client:
        papers = admin.collection("papers")
        added = papers.upsert([document, NewDocument("d3", small_documents(6, 1)[0].astype(np.float16))])
        assert (added.added, added.replaced) == (2, 1)
        answer = client.search(document.tokens, k=1, fields="all")
        assert answer.index_version == added.index_version
        assert list(answer.ids) == ["new"]
        assert answer.fields[0]["section"] == "new"
        assert client.get_documents(["new"])["new"].fields["year"] == 2030
        assert papers.delete(["new", "nothing"]).deleted == 1
        assert papers.delete({"range": {"field": "year", "gte": 2045}}).deleted == 5
        assert "new" not in client.search(document.tokens, k=60).ids
        assert papers.compact(all=True).changed
        versions = papers.versions()
        assert [version.current for version in versions].count(True) == 1
        assert len([version for version in versions if version.made is not None]) >= 4
        back = papers.rollback("one")
        assert back.current.version == "one"
        assert len(client.search(document.tokens, k=100)) == 60
        assert papers.remove_versions(keep=0).versions != []


def test_a_change_against_another_version_is_a_conflict(catalog_server: Server) -> None:
    with AdminClient(catalog_server.admin) as admin, pytest.raises(MaxsimRpcError) as failure:
        admin.collection("papers").upsert([new_document("new")], base="two")
    assert failure.value.code is ErrorCode.CONFLICT


def test_a_source_that_fails_changes_nothing(catalog_server: Server) -> None:
    def source() -> Iterator[NewDocument]:
        yield new_document("new")
        raise KeyError("no more text")

    async def asynchronous() -> None:
        async with AsyncAdminClient(catalog_server.admin) as admin:
            with pytest.raises(KeyError, match="no more text"):
                await admin.collection("papers").upsert(source())

    with AdminClient(catalog_server.admin) as admin, MaxsimClient(catalog_server.data) as client:
        with pytest.raises(KeyError, match="no more text"):
            admin.collection("papers").upsert(source())
        asyncio.run(asynchronous())
        with pytest.raises(MaxsimRpcError) as failure:
            admin.collection("papers").upsert([new_document("new"), NewDocument("bad", np.full((1, DIM), np.nan))])
        assert failure.value.code is ErrorCode.NON_FINITE
        assert client.describe().index_version.version == "one"


def test_a_refusal_in_the_middle_of_an_upsert_is_the_error(catalog_server: Server) -> None:
    def source() -> Iterator[NewDocument]:
        for i in range(400):
            yield NewDocument(f"n{i % 399}", np.ones((200, DIM), np.float16), fields={"year": "not a number"})

    async def asynchronous() -> ErrorCode:
        async with AsyncAdminClient(catalog_server.admin) as admin:
            with pytest.raises(MaxsimRpcError) as failure:
                await admin.collection("papers").upsert(source())
            return failure.value.code

    with AdminClient(catalog_server.admin) as admin, pytest.raises(MaxsimRpcError) as failure:
        admin.collection("papers").upsert(source())
    assert failure.value.code is ErrorCode.INVALID_DOCUMENT
    assert asyncio.run(asynchronous()) is ErrorCode.INVALID_DOCUMENT


def test_asyncio_changes_documents_and_versions(catalog_server: Server) -> None:
    async def run() -> None:
        async with AsyncAdminClient(catalog_server.admin) as admin, AsyncMaxsimClient(catalog_server.data) as client:
            papers = admin.collection("papers")
            assert (await papers.upsert([new_document("new")])).added == 1
            assert list(await client.get_documents(["new"])) == ["new"]
            assert (await papers.delete(["new"])).deleted == 1
            assert not (await papers.compact()).changed or (await papers.versions())
            assert (await papers.rollback("one")).current.version == "one"
            assert (await papers.remove_versions(keep=0)).files >= 1
            swap = await admin.swap_index("papers", "two")
            assert swap.previous is not None
            assert (swap.previous.version, swap.current.version) == ("one", "two")
            assert (await admin.load_index("papers", "one")).version == "one"
            await admin.unload_index("papers", "one")

    asyncio.run(run())


def test_versions_are_loaded_pinned_and_unloaded(catalog_server: Server) -> None:
    query = small_queries(1)[0]
    with AdminClient(catalog_server.admin) as admin, MaxsimClient(catalog_server.data) as client:
        assert admin.load_index("papers", "two").version == "two"
        assert client.search(query, version="two").index_version.version == "two"
        assert {each.state for each in client.list_indexes()[0].versions} == {"CURRENT", "LOADED"}
        swap = admin.swap_index("papers", "two")
        assert swap.current.version == "two"
        with pytest.raises(MaxsimRpcError) as failure:
            admin.unload_index("papers", "two")
        assert failure.value.code is ErrorCode.VERSION_IN_USE
        with pytest.raises(MaxsimRpcError) as failure:
            admin.swap_index("papers", "none")
        assert failure.value.code is ErrorCode.UNKNOWN_VERSION


def test_a_token_is_asked_for_before_each_attempt(built_catalog: Path, tmp_path: Path) -> None:
    tokens = tmp_path / "tokens.json"
    token = run_command("token", "--name", "ci", "--scope", "search", "--file", str(tokens)).strip()
    server = start_server(built_catalog, "--tokens", str(tokens))
    given = iter(["wrong", token])
    query = small_queries(1)[0]

    async def asynchronous() -> int:
        async def renewed() -> str:
            return token

        async with AsyncMaxsimClient(server.data, token=renewed) as client:
            return len(await client.search(query, k=2))

    try:
        with MaxsimClient(server.data, token=lambda: next(given)) as client:
            with pytest.raises(MaxsimRpcError) as failure:
                client.search(query)
            assert failure.value.code is ErrorCode.UNAUTHENTICATED
            assert len(client.search(query, k=2)) == 2
        with MaxsimClient(server.data) as client:
            assert client.health() == "SERVING"
            with pytest.raises(MaxsimRpcError) as failure:
                list(client.search_stream([query]))
            assert failure.value.code is ErrorCode.UNAUTHENTICATED
        assert asyncio.run(asynchronous()) == 2
    finally:
        server.stop()
    with pytest.raises(MaxsimRpcError, match=r"plain text to 192\.0\.2\.1:50051") as failure:
        MaxsimClient("192.0.2.1:50051", token=token)
    assert failure.value.field == "token"


def test_tls(built_catalog: Path, tmp_path: Path) -> None:
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(tmp_path / "key.pem")]
    certificate = tmp_path / "cert.pem"
    command = ["openssl", "req", "-x509", *key, *subject, "-days", "2", "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    server = start_server(built_catalog, "--tls-cert", str(certificate), "--tls-key", str(tmp_path / "key.pem"))
    port = server.data.rpartition(":")[2]
    try:
        with MaxsimClient(f"localhost:{port}", tls=TlsOptions(ca=certificate.read_bytes())) as client:
            assert client.describe().dim == DIM
        options = TlsOptions(ca=certificate.read_text(), server_name="localhost")
        with MaxsimClient(f"127.0.0.1:{port}", tls=options) as client:
            assert client.health() == "SERVING"
        with (
            MaxsimClient(f"localhost:{port}", tls=True, max_attempts=1) as client,
            pytest.raises(MaxsimRpcError, match="not trusted") as failure,
        ):
            client.health()
        assert failure.value.code is ErrorCode.UNAVAILABLE
    finally:
        server.stop()
    with pytest.raises(MaxsimRpcError, match="pass the file's content, not its path"):
        MaxsimClient("localhost:1", tls=TlsOptions(ca=str(certificate)))
