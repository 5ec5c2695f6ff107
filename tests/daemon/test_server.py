"""What the server makes of bytes on a real socket, whoever wrote them."""

from __future__ import annotations

import asyncio
import json
import logging
import resource
import socket
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from devenv.api import codec
from devenv.api.methods import METHODS
from devenv.daemon import verbs
from devenv.daemon.host import Folders
from devenv.daemon.registry import Registry
from devenv.daemon.server import Server
from devenv.daemon.verbs.context import Context
from devenv.daemon.visits import Visits
from devenv.model.environment import EnvironmentId
from devenv.profile.filenames import PROFILE
from devenv.runtimes.docker.runtime import DockerRuntime
from devenv.runtimes.kubernetes.runtime import KubernetesRuntime
from devenv.runtimes.process.runtime import ProcessRuntime
from devenv.runtimes.protocol import Look

Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[Any]]
HELLO = {"protocol": 1, "build": "x"}


def test_each_method_of_the_api_has_a_verb() -> None:
    assert verbs.VERBS.keys() == METHODS.keys()


def served(folder: Path, conversation: Conversation) -> Any:
    """Have a conversation with a server that has no environments."""

    async def scenario() -> Any:
        path = str(folder / "s")
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with listening:
            listening.bind(path)
            listening.listen()
            listening.setblocking(False)
            registry = _registry(folder)
            server = Server(
                listening, Context(registry, 0.0, asyncio.Event(), Visits(registry.host))
            )
            serving = asyncio.create_task(server.serve())
            reader, writer = await asyncio.open_unix_connection(path, limit=codec.LIMIT)
            try:
                return await asyncio.wait_for(conversation(reader, writer), 30)
            finally:
                writer.close()
                serving.cancel()
                registry.close()

    return asyncio.run(scenario())


def _registry(folder: Path) -> Registry:
    processes = ProcessRuntime(
        runtime_folder=str(folder / "run"),
        log_folder=lambda environment: str(folder / environment),
    )
    docker = DockerRuntime(records=lambda environment: str(folder / environment))
    return Registry(
        Folders(folder / "state"),
        processes,
        docker,
        KubernetesRuntime(docker.supply.sources, "here"),
    )


def answers(folder: Path, *lines: bytes) -> list[Mapping[str, Any]]:
    """Write all lines at once; read one answer for each."""

    async def conversation(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> list[Mapping[str, Any]]:
        writer.write(b"".join(lines))
        return [json.loads(await reader.readline()) for _ in lines]

    found: list[Mapping[str, Any]] = served(folder, conversation)
    return found


GOOD = codec.request(7, "hello", HELLO)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"\n", codec.NO_JSON),
        (b"GET / HTTP/1.1\r\n", codec.NO_JSON),
        (b"\xff\xfe\x00\n", codec.NO_JSON),
        (b"[" * 100_000 + b"\n", codec.NO_JSON),
        (b"[1]\n", codec.NO_REQUEST),
        (b'{"jsonrpc": "1.0", "id": 1, "method": "hello"}\n', codec.NO_REQUEST),
        (b'{"jsonrpc": "2.0", "id": "a", "method": "hello"}\n', codec.NO_REQUEST),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "hello", "params": []}\n', codec.WRONG_PARAMS),
        (codec.request(1, "format", {}), codec.NO_METHOD),
        (codec.request(1, "hello", {}), codec.WRONG_PARAMS),
        (codec.request(1, "hello", HELLO | {"x": 1}), codec.WRONG_PARAMS),
        (codec.request(1, "hello", HELLO | {"protocol": "1"}), codec.WRONG_PARAMS),
        (codec.request(1, "status", {"target": {"directory": "src"}}), codec.WRONG_PARAMS),
        (codec.request(1, "status", {"target": {}}), codec.WRONG_PARAMS),
        (codec.request(1, "list", {"target": {"directory": "/"}}), codec.WRONG_PARAMS),
    ],
)
def test_a_bad_line_is_answered_and_the_next_one_too(
    tmp_path: Path, line: bytes, code: int
) -> None:
    bad, good = answers(tmp_path, line, GOOD)
    assert bad["error"]["code"] == code
    assert bad["error"]["message"]
    assert good["id"] == 7
    assert good["result"]["pid"]


def test_what_is_expected_to_fail_has_words_and_a_hint(tmp_path: Path) -> None:
    target = {"directory": str(tmp_path), "environment": "nowhere"}
    (answer,) = answers(tmp_path, codec.request(1, "status", {"target": target}))
    assert answer["id"] == 1
    assert answer["error"]["code"] == codec.EXPECTED
    assert answer["error"]["message"] == "there is no environment nowhere"
    assert answer["error"]["data"]["hint"] == "devenv list shows all of them"


def test_a_bug_is_an_answer_and_the_connection_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(context: Context, params: Mapping[str, Any]) -> Any:
        raise ZeroDivisionError("a plain bug")

    monkeypatch.setitem(verbs.VERBS, "list", broken)
    bad, good = answers(tmp_path, codec.request(1, "list", {}), GOOD)
    assert bad["error"]["code"] == codec.BUG
    assert bad["error"]["data"]["exit_code"] == 3
    assert "a plain bug" in bad["error"]["message"]
    assert good["result"]


def test_a_bug_in_a_round_is_an_answer_to_those_who_wait_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / PROFILE).write_text("services: {web: {command: sleep 1}}")
    observe, tries = ProcessRuntime.observe, iter((True,))

    async def broken_once(runtime: ProcessRuntime, environment: EnvironmentId) -> Look:
        if next(tries, False):
            raise ZeroDivisionError("a plain bug")
        return await observe(runtime, environment)

    monkeypatch.setattr(ProcessRuntime, "observe", broken_once)
    down = codec.request(1, "down", {"target": {"directory": str(tmp_path)}})
    bad, good = answers(tmp_path, down, down)
    assert "a bug of devenv" in bad["error"]["message"]
    assert good["result"]["services"]


def test_clients_are_let_in_again_once_there_are_descriptors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def conversation(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> Mapping[str, Any]:
        loop, told = asyncio.get_running_loop(), asyncio.Event()
        monkeypatch.setattr(logging, "error", lambda *_: told.set())
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.setblocking(False)
            resource.setrlimit(resource.RLIMIT_NOFILE, (client.fileno() + 1, hard))
            try:
                await loop.sock_connect(client, str(tmp_path / "s"))
                await told.wait()
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            await loop.sock_sendall(client, GOOD)
            answer: Mapping[str, Any] = json.loads(await loop.sock_recv(client, 4096))
            return answer

    assert served(tmp_path, conversation)["result"]


def test_requests_in_one_write_are_answered_in_order(tmp_path: Path) -> None:
    lines = [codec.request(number, "hello", HELLO) for number in range(50)]
    assert [answer["id"] for answer in answers(tmp_path, *lines)] == list(range(50))


def test_a_request_in_pieces_is_one_request(tmp_path: Path) -> None:
    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        for at in range(len(GOOD)):
            writer.write(GOOD[at : at + 1])
            await writer.drain()
        return int(json.loads(await reader.readline())["id"])

    assert served(tmp_path, conversation) == 7


def test_a_line_without_end_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "LIMIT", 1024 * 1024)

    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        try:
            for _ in range(64):
                writer.write(b"x" * 65536)
                await writer.drain()
            return await reader.read()
        except ConnectionError:
            return b""

    assert served(tmp_path, conversation) == b""


def test_a_client_that_leaves_in_the_middle_harms_nobody(tmp_path: Path) -> None:
    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        for _ in range(20):
            _, leaving = await asyncio.open_unix_connection(str(tmp_path / "s"))
            leaving.write(GOOD[:10])
            leaving.close()
        writer.write(GOOD)
        return int(json.loads(await reader.readline())["id"])

    assert served(tmp_path, conversation) == 7
