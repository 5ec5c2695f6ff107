"""An engine seen through a proxy: it goes away and comes back, and what it is asked is counted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lab.engine import Engine
from tests.lab.proxy import Proxy
from tests.scenarios.mixed import MIXED, ONE, containers, up
from tests.scenarios.sandbox import Sandbox, eventually

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def proxy(sandbox: Sandbox, engine: Engine) -> Iterator[Proxy]:
    """Stands between the sandbox and its engine."""
    made = Proxy(sandbox.runtime / "engine.sock", engine.host.removeprefix("unix://"))
    made.open()
    sandbox.extra["DOCKER_HOST"] = made.host
    yield made
    sandbox.run("down", "--all", check=False)
    made.cut()


def test_an_engine_that_is_away_is_waited_for(sandbox: Sandbox, proxy: Proxy) -> None:
    sandbox.profile(ONE)
    up(sandbox)
    before = containers(sandbox)
    proxy.cut()
    eventually(lambda: "docker:" in sandbox.service("web")["reason"])
    assert containers(sandbox) == before
    proxy.open()
    eventually(lambda: sandbox.states() == {"web": "ready"})
    assert containers(sandbox) == before


def test_what_containers_use_is_read_without_the_engine(sandbox: Sandbox, proxy: Proxy) -> None:
    sandbox.profile(ONE)
    up(sandbox)
    web = sandbox.service("web")
    assert web["memory_bytes"] > 0
    assert web["cpu_percent"] >= 0
    assert [call for call in proxy.calls if call.endswith("/stats")] == []


def test_down_waits_for_an_engine_that_is_away(sandbox: Sandbox, proxy: Proxy) -> None:
    sandbox.profile(ONE)
    up(sandbox)
    proxy.cut()
    eventually(lambda: "docker:" in sandbox.service("web")["reason"])
    going = sandbox.spawn("down")

    def tries() -> int:
        return sandbox.run("events").stdout.count("discard:")

    eventually(lambda: tries() >= 2)
    assert tries() < 10, "it asks again and again without a pause"
    proxy.open()
    assert going.wait(timeout=30) == 0
    going.communicate()
    assert containers(sandbox) == []


def test_a_second_up_changes_nothing(sandbox: Sandbox, proxy: Proxy) -> None:
    sandbox.profile(MIXED)
    up(sandbox)
    before = len(proxy.changes)
    assert before
    up(sandbox)
    assert proxy.changes[before:] == []
