"""The promise: a question in words gets the answer that its vectors get, from the real server with its encoder, with both clients."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from support import ROOT, Server, run_command, start_server

from maxsimd import Answer, AsyncMaxsimClient, ErrorCode, MaxsimClient, MaxsimRpcError

#: A model of a few kilobytes; see clients/encoder.
ENCODER = ROOT / "clients/encoder/testing/tiny"
QUESTION = "red fox"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of encoded texts, and the question encoded by the command."""
    folder = tmp_path_factory.mktemp("texts")
    (folder / "texts.txt").write_text("the red fox\na dog\nred\nfox and dog\n")
    (folder / "question.txt").write_text(f"{QUESTION}\n")
    run_command("encode", str(folder / "texts.txt"), "--encoder", str(ENCODER), "-o", str(folder / "encoded"))
    run_command("build", str(folder / "encoded"), "-o", str(folder / "texts.maxsim"))
    question = ["encode", str(folder / "question.txt"), "--queries", "--encoder", str(ENCODER)]
    run_command(*question, "-o", str(folder / "question"))
    return folder


@pytest.fixture(scope="module")
def text_server(folder: Path) -> Iterator[Server]:
    """A server with the encoder."""
    server = start_server(folder / "texts.maxsim", "--encoder", str(ENCODER))
    yield server
    server.stop()


@pytest.mark.parametrize("tasks", [False, True], ids=["threads", "tasks"])
def test_a_question_gets_the_answer_of_its_vectors(folder: Path, text_server: Server, tasks: bool) -> None:
    async def ask() -> Answer:
        async with AsyncMaxsimClient(text_server.data) as client:
            return await client.search_text(QUESTION, k=3, explain=True)

    with MaxsimClient(text_server.data) as client:
        expected = client.search(np.load(folder / "question/query_vectors.npy"), k=3)
        answer = asyncio.run(ask()) if tasks else client.search_text(QUESTION, k=3, explain=True)
    assert list(answer.ids) == list(expected.ids)
    # The command stores the vectors as binary16.
    np.testing.assert_allclose(answer.scores, expected.scores, atol=5e-3)
    assert answer.index_version == expected.index_version
    assert answer.hits[0].explanation is not None


def test_faults_are_typed(text_server: Server, sample_server: Server) -> None:
    with MaxsimClient(text_server.data) as client:
        for text, code in (("", ErrorCode.EMPTY_QUERY), ("x" * 20_000, ErrorCode.LIMIT_EXCEEDED)):
            with pytest.raises(MaxsimRpcError) as failure:
                client.search_text(text)
            assert failure.value.code is code
        with pytest.raises(MaxsimRpcError) as failure:
            client.search_text(7)  # type: ignore[arg-type]
        assert (failure.value.code, failure.value.field) == (ErrorCode.INVALID_PARAMETER, "text")
        with pytest.raises(MaxsimRpcError) as failure:
            client.search_text(QUESTION, version="other")
        assert failure.value.code is ErrorCode.UNKNOWN_VERSION
    with MaxsimClient(sample_server.data) as client, pytest.raises(MaxsimRpcError) as failure:
        client.search_text(QUESTION)
    assert failure.value.code is ErrorCode.UNIMPLEMENTED
