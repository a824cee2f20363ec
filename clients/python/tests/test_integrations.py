"""The promise: the code of README.md runs, and the adapters give their frameworks what a search gives."""

from __future__ import annotations

import asyncio
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import stand_ins
from conftest import DIM, small_queries
from support import ROOT, Server

from maxsimd import AdminClient, ErrorCode, MaxsimClient, MaxsimRpcError, NewDocument

README = Path(__file__).parents[1] / "README.md"
TEXTS = {"p1": "ogive forebody pressures", "p2": "boundary layers on cones", "p3": "heat transfer in slip flow"}


def _blocks() -> list[Any]:
    text = README.read_text()
    found = []
    for match in re.finditer(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        heading = re.findall(r"^##+ (.*)$", text[: match.start()], re.MULTILINE)
        found.append(pytest.param(match[1], id=f"{heading[-1] if heading else 'start'}-{len(found)}"))
    return found


@pytest.fixture(autouse=True)
def _frameworks() -> Iterator[None]:
    stand_ins.install_encoders()
    stand_ins.install_pylate()
    yield
    stand_ins.remove_all()


@pytest.fixture
def texts_server(catalog_server: Server) -> Server:
    """The catalog's server, with documents that have texts."""
    documents = [
        NewDocument(id, stand_ins.encode_text(text), fields={"body": text, "year": 2001}) for id, text in TEXTS.items()
    ]
    with AdminClient(catalog_server.admin) as admin:
        admin.collection("papers").upsert(documents)
    return catalog_server


@pytest.mark.parametrize("code", _blocks())
def test_the_code_of_the_readme_runs(
    code: str,
    catalog_server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for framework in ("llama_index", "haystack"):
        if f"maxsimd.integrations.{framework}" in code and importlib.util.find_spec(framework) is None:
            pytest.skip(f"{framework} is large, and is not installed here")
    monkeypatch.chdir(tmp_path)
    assert len(code.strip().splitlines()) <= 25
    placed = code.replace("127.0.0.1:50051", catalog_server.data).replace("unix:admin.sock", catalog_server.admin)
    exec(compile(placed, str(README), "exec"), {"__name__": "readme"})
    assert capsys.readouterr().out.strip() != ""


def test_the_code_of_the_first_page_runs(catalog_server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 1
    code = blocks[0].replace("127.0.0.1:50051", catalog_server.data)
    exec(compile(code, "README.md", "exec"), {"vectors": small_queries(1)[0]})
    assert capsys.readouterr().out.count("'d") == 5


def test_a_document_is_found_by_its_words(texts_server: Server) -> None:
    from maxsimd.integrations import pylate, sentence_transformers, vllm

    model = stand_ins.MultiVectorEncoder("any")
    llm = stand_ins.LLM("any", runner="pooling", pooler_config={"task": "token_embed"})
    colbert = stand_ins.ColBERT("any")
    adapters: list[tuple[Any, Any]] = [(sentence_transformers, model), (vllm, llm), (pylate, colbert)]
    with MaxsimClient(texts_server.data) as client:
        for adapter, encoder in adapters:
            assert client.search(adapter.query_encoder(encoder)("forebody pressures"), k=1).ids[0] == "p1"
            encoded = list(adapter.document_encoder(encoder, batch_size=2)(iter(TEXTS.values())))
            assert [each.tolist() for each in encoded] == [
                stand_ins.encode_text(each).tolist() for each in TEXTS.values()
            ]
        prefixed = vllm.query_encoder(llm, "query: ")("pressures")
        np.testing.assert_array_equal(prefixed, stand_ins.encode_text("query: pressures"))


def test_a_failed_request_of_vllm_is_raised() -> None:
    from maxsimd.integrations import vllm

    class Failure:
        def to_exception(self) -> Exception:
            return ValueError("the prompt is too long")

    class Failing:
        def encode(self, prompts: list[str], **_: Any) -> list[Any]:
            return [stand_ins.PoolingRequestOutput(stand_ins.PoolingOutput(None), Failure()) for _ in prompts]

    with pytest.raises(ValueError, match="the prompt is too long"):
        vllm.query_encoder(Failing())("pressures")


def test_pylate_retrieves_what_a_search_finds(texts_server: Server) -> None:
    from pylate import retrieve  # type: ignore[import-not-found, unused-ignore]

    from maxsimd.integrations.pylate import MaxsimIndex

    queries = small_queries(3)
    with MaxsimClient(texts_server.data) as client, AdminClient(texts_server.admin) as admin:
        index = MaxsimIndex(client, admin.collection("papers"))
        retriever = retrieve.ColBERT(index=index)
        results = retriever.retrieve(queries_embeddings=queries, k=4)
        for query, result in zip(queries, results, strict=True):
            answer = client.search(query, k=4)
            expected = [{"id": id, "score": float(score)} for id, score in zip(answer.ids, answer.scores, strict=True)]
            assert result == expected
        assert retriever.retrieve(queries_embeddings=np.stack(queries), k=4) == results
        assert retriever.retrieve(queries_embeddings=queries[0], k=4) == results[:1]
        assert [each["id"] for each in retriever.retrieve(queries[:1], k=4, subset=["d7"])[0]] == ["d7"]
        apart = retriever.retrieve(queries, k=4, subset=[["d1"], [], ["d2", "d3"]])
        assert [sorted(each["id"] for each in result) for result in apart] == [["d1"], [], ["d2", "d3"]]
        with pytest.raises(ValueError, match="a subset for each of the 3 queries, got 2"):
            retriever.retrieve(queries, subset=[["d1"], ["d2"]])
        index.add_documents("n1", [queries[0]]).update_documents(["n1"], [queries[1]])
        assert index(queries[1], k=1)[0][0]["id"] == "n1"
        index.remove_documents(["n1"])
        assert index(queries[1], k=1)[0][0]["id"] != "n1"
        assert retriever.retrieve([query[None] for query in queries], k=4) == results
        with pytest.raises(MaxsimRpcError) as failure:
            index([queries[0], queries[0][:, :3]])
        assert failure.value.code is ErrorCode.DIM_MISMATCH
        with pytest.raises(ValueError, match="expected a collection"):
            MaxsimIndex(client).remove_documents(["n1"])


def test_pylate_adds_what_its_encoder_gives(texts_server: Server) -> None:
    from maxsimd.integrations.pylate import MaxsimIndex

    model = stand_ins.ColBERT("any")
    texts = ["laminar wakes", "transonic wind tunnels at low speeds"]
    questions = model.encode(texts, is_query=True)
    forms = {
        "list": model.encode(texts, is_query=False),
        "padded": model.encode(texts, is_query=False, padding=True),
        "dictionary": model.encode(texts, is_query=False, output_value=None),
    }
    assert [each.shape for each in forms["padded"]] == [(1, 6, DIM), (1, 6, DIM)]
    with MaxsimClient(texts_server.data) as client, AdminClient(texts_server.admin) as admin:
        index = MaxsimIndex(client, admin.collection("papers"))
        for form in ("list", "dictionary", "padded"):
            index.add_documents([f"{form}-1", f"{form}-2"], forms[form])
            scores = [{each["id"]: each["score"] for each in found} for found in index(questions, k=60)]
            assert scores[0][f"{form}-1"] == pytest.approx(scores[0]["list-1"])
            assert scores[1][f"{form}-2"] == pytest.approx(scores[1]["list-2"])


def test_langchain_has_documents_with_text_and_fields(texts_server: Server) -> None:
    from maxsimd import AsyncMaxsimClient
    from maxsimd.integrations.langchain import MaxsimRetriever

    options = {"k": 2, "filter": {"equals": {"field": "year", "value": 2001}}}
    with MaxsimClient(texts_server.data) as client:

        def retriever(**more: Any) -> Any:
            options_of = {"text_field": "body", "options": options, **more}
            return MaxsimRetriever(client=client, encode_query=stand_ins.encode_text, **options_of)

        found = retriever().invoke("ogive pressures")
        assert (found[0].id, found[0].page_content) == ("p1", TEXTS["p1"])
        assert found[0].metadata["year"] == 2001
        assert found[0].metadata["score"] == client.search(stand_ins.encode_text("ogive pressures"), k=1).scores[0]

        async def asynchronous() -> None:
            assert await retriever().ainvoke("ogive pressures") == found
            async with AsyncMaxsimClient(texts_server.data) as async_client:
                assert await retriever(async_client=async_client).ainvoke("ogive pressures") == found

        asyncio.run(asynchronous())
        with pytest.raises(MaxsimRpcError, match="name the field that holds the text as text_field") as failure:
            retriever(text_field="text").invoke("ogive pressures")
        assert (failure.value.field, failure.value.got) == ("text", "body, year")


def test_maxsimd_itself_imports_no_framework() -> None:
    import subprocess
    import sys

    program = "import sys, maxsimd; print([m for m in sys.modules if m.split('.')[0] in ('langchain_core', 'torch', 'pylate')])"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"
