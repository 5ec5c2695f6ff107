"""Plugins of a kubeconfig: what they are told, who runs them, what they give."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import select
import subprocess
from pathlib import Path
from typing import Any

import pytest

from devenv.errors import DevenvError
from devenv.model.preview import Cluster
from devenv.runtimes.kubernetes import clients
from devenv.runtimes.kubernetes.clients import Credentials
from devenv.runtimes.kubernetes.errors import AwayError, LoginError
from devenv.runtimes.kubernetes.kubeconfig import open_client, pin, plugin_in
from devenv.runtimes.kubernetes.pace import Pace
from devenv.runtimes.kubernetes.plugins import (
    INFO,
    Credential,
    Mode,
    Plugin,
    credential,
    plugin_of,
)
from devenv.runtimes.kubernetes.server import Server
from tests.fakes.apiserver import ApiServer

V1 = "client.authentication.k8s.io/v1"
SERVER = "https://10.0.0.1:6443"
WRITTEN = {"apiVersion": V1, "command": "log-in", "args": ["--to", "it"]}


def answer(**status: str) -> str:
    return json.dumps({"apiVersion": V1, "kind": "ExecCredential", "status": status})


def credentials_of(base: Path, mode: str, script: str) -> Credentials:
    return Credentials(cluster_of(base, mode, script))


def cluster_of(base: Path, mode: str, script: str, server: str = SERVER) -> Cluster:
    """A cluster whose plugin is a script beside the kubeconfig."""
    program = base / "log-in"
    program.write_text(f"#!/bin/sh\necho run >> {base}/runs\n{script}\n")
    program.chmod(0o700)
    user = {**WRITTEN, "command": "./log-in", "interactiveMode": mode}
    return pinned(base, {"exec": user}, server)


def pinned(base: Path, user: dict[str, Any], server: str = SERVER, **keys: Any) -> Cluster:
    path = base / "kubeconfig"
    cluster = {"name": "c", "cluster": {"server": server, **keys}}
    context = {"name": "x", "context": {"cluster": "c", "user": "u"}}
    users = [{"name": "u", "user": user}]
    path.write_text(json.dumps({"clusters": [cluster], "contexts": [context], "users": users}))
    return pin("team", "x", str(path))


def runs(base: Path) -> int:
    path = base / "runs"
    return path.read_text().count("run") if path.exists() else 0


def test_a_program_is_found_as_kubectl_finds_it() -> None:
    assert plugin_of(WRITTEN, "/home/me", {}).command == ("log-in", "--to", "it")
    beside = plugin_of({**WRITTEN, "command": "bin/log-in"}, "/home/me", {})
    assert beside.command[0] == "/home/me/bin/log-in"
    assert (
        plugin_of({**WRITTEN, "command": "/bin/log-in"}, "/home/me", {}).command[0] == "/bin/log-in"
    )
    assert beside.mode is Mode.IF_AVAILABLE


@pytest.mark.parametrize("interactive", [True, False])
def test_it_is_told_whether_somebody_can_answer(interactive: bool) -> None:
    secret = {"name": "SECRET", "value": "hidden"}
    plugin = plugin_of({**WRITTEN, "env": [secret]}, "/", {})
    told = plugin.variables(interactive=interactive)
    assert told["SECRET"] == "hidden"
    assert json.loads(told[INFO])["spec"] == {"interactive": interactive}
    assert "hidden" not in repr(plugin)


def told_of_the_cluster(base: Path, user: dict[str, Any], **keys: Any) -> Any:
    """What a plugin is told of its cluster; None where it is told nothing."""
    plugin = plugin_in(pinned(base, {"exec": {**WRITTEN, **user}}, **keys))
    assert plugin is not None
    assert "hidden" not in repr(plugin)
    return json.loads(plugin.variables(interactive=False)[INFO])["spec"].get("cluster")


ASKING = {"provideClusterInfo": True}


def test_it_is_told_of_the_cluster_where_it_wants_to_be(tmp_path: Path) -> None:
    assert told_of_the_cluster(tmp_path, {}) is None
    assert told_of_the_cluster(tmp_path, {"provideClusterInfo": False}) is None
    assert told_of_the_cluster(tmp_path, ASKING) == {"server": SERVER}


def test_it_is_told_all_that_another_client_of_the_cluster_needs(tmp_path: Path) -> None:
    known = {
        "tls-server-name": "k8s.example.com",
        "insecure-skip-tls-verify": True,
        "certificate-authority-data": base64.b64encode(b"authority").decode(),
        "proxy-url": "http://me:hidden@proxy.example.com",
        "disable-compression": True,
    }
    config = {"audience": "team", "since": "2026-01-02"}
    more = [
        {"name": "other", "extension": {"a": 1}},
        {"name": "client.authentication.k8s.io/exec", "extension": config},
    ]
    told = told_of_the_cluster(tmp_path, ASKING, **known, extensions=more)
    assert told == {"server": SERVER, **known, "config": config}


def test_it_is_given_an_authority_that_is_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_bytes(b"authority")
    told = told_of_the_cluster(tmp_path, ASKING, **{"certificate-authority": "ca.crt"})
    data = base64.b64encode(b"authority").decode()
    assert told == {"server": SERVER, "certificate-authority-data": data}


@pytest.mark.parametrize(
    "broken", [{"command": ""}, {"apiVersion": None}, {"interactiveMode": "x"}]
)
def test_a_plugin_that_makes_no_sense_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(DevenvError, match="makes no sense"):
        plugin_of({**WRITTEN, **broken}, "/", {})


def test_what_it_gives_is_shown_nowhere() -> None:
    plugin = plugin_of(WRITTEN, "/", {})
    found = credential(plugin, answer(token="hidden"))
    assert found.token == "hidden"
    assert "hidden" not in repr(found)
    for output in (
        "hidden",
        '["hidden"]',
        answer(user="hidden"),
        answer(clientKeyData="hidden"),
        answer(token="hidden").replace("/v1", "/v1beta1"),
    ):
        with pytest.raises(DevenvError) as refused:
            credential(plugin, output)
        assert "hidden" not in refused.value.text


def test_one_that_needs_a_terminal_is_not_run_without(tmp_path: Path) -> None:
    credentials = credentials_of(tmp_path, "Always", "exit 1")

    async def test() -> None:
        for _ in range(2):
            with pytest.raises(LoginError, match="devenv cluster check team"):
                await credentials.get()
        await credentials.take(answer(token="good"))
        assert credentials.login is None
        given = await credentials.get()
        assert given is not None
        assert given.token == "good"
        with pytest.raises(LoginError):  # the server has refused it
            await credentials.get()

    asyncio.run(test())
    assert runs(tmp_path) == 0


def test_one_that_may_want_a_terminal_is_tried_without(tmp_path: Path) -> None:
    credentials = credentials_of(tmp_path, "IfAvailable", f"echo '{answer(token='good')}'")
    given = asyncio.run(credentials.get())
    assert given is not None
    assert given.token == "good"
    assert credentials.login is None


def test_one_that_failed_is_tried_again_only_for_somebody_who_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    works = tmp_path / "works"
    refuses = "{ echo 'go to the page' >&2; exit 1; }"
    script = f"test -e {works} || {refuses}; echo '{answer(token='good')}'"
    credentials = credentials_of(tmp_path, "IfAvailable", script)

    async def refused() -> int:
        with pytest.raises(LoginError, match="go to the page"):
            await credentials.get()
        return runs(tmp_path)

    async def test() -> None:
        assert await refused() == 1
        assert not credentials.ask()  # nobody can be done with the page yet
        monkeypatch.setattr(clients, "AGAIN", 0.0)
        assert await refused() == 1  # each run may open a browser
        assert credentials.ask()
        assert await refused() == 2
        assert await refused() == 2
        works.touch()
        assert credentials.ask()
        given = await credentials.get()
        assert given is not None
        assert given.token == "good"
        assert credentials.login is None
        assert not credentials.ask()

    asyncio.run(test())


def test_a_command_reaches_the_cluster_once_its_plugin_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    works, api = tmp_path / "works", ApiServer()
    script = f"test -e {works} || exit 1; echo '{answer(token=api.token)}'"

    async def test() -> None:
        async with api.serving() as address:
            cluster = cluster_of(tmp_path, "IfAvailable", script, address)
            server = Server(cluster, lambda _: None, Pace())
            assert "needs a terminal" in await server.open()
            with pytest.raises(LoginError):
                await server.reach()
            assert runs(tmp_path) == 1
            monkeypatch.setattr(clients, "AGAIN", 0.0)
            with pytest.raises(LoginError):
                await server.reach()
            assert runs(tmp_path) == 2
            works.touch()
            await server.reach()
            assert (server.away, runs(tmp_path)) == ("", 3)
            await server.close()

    asyncio.run(test())


def test_what_a_plugin_has_opened_goes_on(tmp_path: Path) -> None:
    closes, closed = tmp_path / "closes", tmp_path / "closed"
    descriptors = []
    for path in (closes, closed):
        os.mkfifo(path)
        descriptors.append(os.open(path, os.O_RDWR))
    page = f"{{ read word < {closes}; echo closed > {closed}; }} > /dev/null 2>&1 &"
    credentials = credentials_of(tmp_path, "IfAvailable", f"{page}\necho '{answer(token='good')}'")
    assert asyncio.run(credentials.get()) is not None
    os.write(descriptors[0], b"now\n")
    assert select.select(descriptors[1:], [], [], 20)[0]
    for descriptor in descriptors:
        os.close(descriptor)


def test_what_a_person_gives_wins_over_a_plugin_that_is_under_way(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    os.mkfifo(begun)
    asks = f"exec 3> {begun}; echo begun >&3; sleep 100 & wait"
    credentials = credentials_of(tmp_path, "IfAvailable", asks)

    async def test() -> None:
        asked = asyncio.create_task(credentials.get())
        with await asyncio.to_thread(begun.open) as seen:
            assert await asyncio.to_thread(seen.readline) == "begun\n"
            await credentials.take(answer(token="good"))
            given = await asked
            assert await asyncio.to_thread(seen.read) == ""  # nothing of it is left
        assert given is not None
        assert given.token == "good"
        assert credentials.login is None

    asyncio.run(test())


def test_what_a_person_gives_meanwhile_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials = credentials_of(tmp_path, "Always", "exit 1")

    async def test() -> None:
        loop = asyncio.get_running_loop()

        def read(cluster: Cluster) -> Plugin | None:
            monkeypatch.undo()
            taking = credentials.take(answer(token="good"))
            asyncio.run_coroutine_threadsafe(taking, loop).result()
            return plugin_in(cluster)

        monkeypatch.setattr(clients, "plugin_in", read)
        given = await credentials.get()
        assert given is not None
        assert given.token == "good"
        assert credentials.login is None

    asyncio.run(test())


def test_a_kubeconfig_may_take_its_time_to_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials = credentials_of(tmp_path, "Never", f"echo '{answer(token='good')}'")
    beside: list[bool] = []

    def read(cluster: Cluster) -> Plugin | None:
        beside.append(asyncio._get_running_loop() is None)
        return plugin_in(cluster)

    monkeypatch.setattr(clients, "plugin_in", read)

    async def test() -> None:
        await credentials.get()
        await credentials.take(answer(token="better"))

    asyncio.run(test())
    assert beside == [True, True]


def test_each_request_is_told_in_an_error_of_its_own(tmp_path: Path) -> None:
    server = Server(pinned(tmp_path, {"exec": WRITTEN}), lambda _: None, Pace())

    async def told() -> LoginError:
        with pytest.raises(LoginError) as refused:
            await server.connection.credentials.get()
        return refused.value

    def needed() -> LoginError:
        with pytest.raises(LoginError) as refused:
            server.need()
        return refused.value

    async def test() -> None:
        errors = [await told(), await told(), needed(), needed()]
        assert len({*map(id, errors)}) == len(errors)
        assert len({error.message for error in errors}) == 1

    asyncio.run(test())


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo 'no network' >&2; exit 3", "log-in fails: no network"),
        ("exit 3", "ends with 3"),
        ("echo hello", "no JSON"),
    ],
)
def test_one_that_never_wants_a_terminal_asks_nobody(
    tmp_path: Path, script: str, words: str
) -> None:
    credentials = credentials_of(tmp_path, "Never", script)
    with pytest.raises(AwayError, match=words) as refused:
        asyncio.run(credentials.get())
    assert not isinstance(refused.value, LoginError)


def test_a_program_that_is_not_there_is_told_with_the_way_to_it(tmp_path: Path) -> None:
    user = {**WRITTEN, "command": "/nowhere/log-in", "interactiveMode": "Never"}
    hint = "https://example.com/install"
    cluster = pinned(tmp_path, {"exec": {**user, "installHint": hint}})
    with pytest.raises(AwayError, match="/nowhere/log-in") as refused:
        asyncio.run(Credentials(cluster).get())
    assert refused.value.hint == hint


def test_a_certificate_is_in_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = [
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-keyout",
        "k",
        "-out",
        "c",
    ]
    command = ["openssl", "req", "-x509", "-nodes", "-subj", "/CN=me", *words]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    certificate, key = (tmp_path / "c").read_text(), (tmp_path / "k").read_text()
    files = tmp_path / "files"
    files.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(files))
    given = Credential("", certificate, key)

    async def path_of_it() -> str:
        api = await open_client(pinned(tmp_path, {"exec": WRITTEN}), given)
        await api.close()
        return str(api.configuration.cert_file)

    assert not os.path.exists(asyncio.run(path_of_it()))
    assert list(files.iterdir()) == []
