"""A Docker runtime whose engine forgets to tell, runs out of things, or loses them."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import wraps
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from devenv.daemon.acting import TRIES
from devenv.errors import TransientError
from devenv.model.environment import EnvironmentId, ReplicaId, Resources
from devenv.model.unit import Exit
from devenv.runtimes.docker import engine as engines
from devenv.runtimes.docker import names, presence, resources
from devenv.runtimes.docker.connection import Connection
from tests.lab import exchange
from tests.lab.engine import Engine
from tests.lab.proxy import Proxy
from tests.runtimes.containers import SLEEPS, Quay, quay
from tests.runtimes.processes import eventually

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket.socket fd=.*family=1")
"""The library never closes a socket that finds no engine."""
BUSY = SLEEPS | {"healthcheck": {"test": ["CMD", "true"], "interval": "100ms"}}
"""The engine has something to tell of it all the time."""
Test = Callable[["Pier"], Awaitable[None]]


class Pier:
    """A quay whose engine can be spoiled, and what is behind its back."""

    def __init__(self, open_quay: Quay, proxy: Proxy) -> None:
        self.quay = open_quay
        self.proxy = proxy

    async def docker(self, *words: str) -> list[str]:
        done = await asyncio.to_thread(
            subprocess.run, ("docker", *words), capture_output=True, text=True, check=True
        )
        return done.stdout.split()

    @property
    def engine(self) -> engines.Engine:
        return self.quay.runtime.places.need(self.quay.environment).engine

    @property
    def connection(self) -> Connection:
        return self.engine.connection

    async def reach(self) -> str:
        """Why the engine cannot be reached; "" if it can."""
        return await self.quay.runtime.places.reach(self.quay.environment, self.quay.client)

    def hear(self, change: Callable[[Iterator[bytes]], Iterable[bytes]]) -> None:
        """Have the engine's events be others from now on; see ``exchange.events``."""
        self.proxy.spoil("GET /events", exchange.events(change), times=100)
        self.proxy.cut()
        self.proxy.open()

    def container(self, name: str) -> str:
        return self.quay.runtime.places.need(self.quay.environment).container_of(name)

    async def ended(self, name: str) -> Exit:
        """Wait until the runtime sees that it has ended; how."""
        place = self.quay.runtime.places.need(self.quay.environment)
        await eventually(lambda: not place.rows()[ReplicaId(name)].is_alive)
        ended = (await self.quay.unit(name)).exit
        assert ended is not None
        return ended


@asynccontextmanager
async def pier(base: Path, engine: Engine) -> AsyncIterator[Pier]:
    with TemporaryDirectory(dir="/tmp") as short:
        proxy = Proxy(Path(short, "engine.sock"), engine.host.removeprefix("unix://"))
        proxy.open()
        async with quay(base, DOCKER_HOST=proxy.host) as opened:
            yield Pier(opened, proxy)
        proxy.cut()


def at_a_pier(test: Test) -> Callable[[Path, Engine], None]:
    @wraps(test)
    def run(tmp_path: Path, engine: Engine) -> None:
        async def inside() -> None:
            async with pier(tmp_path, engine) as opened:
                await test(opened)

        asyncio.run(inside())
        gc.collect()  # what the library left is not another test's

    del run.__dict__["__wrapped__"]  # pytest would ask for its arguments
    return run


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The list is compared often."""
    monkeypatch.setattr(engines, "REPAIR", 0.3)


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that is away is not waited for."""
    monkeypatch.setattr(presence, "MOMENT", 0.0)


@pytest.mark.usefixtures("impatient")
@at_a_pier
async def test_a_stream_of_events_that_stands_still_is_found_out(at: Pier) -> None:
    at.hear(exchange.stalled)
    await at.quay.start("web")
    await at.docker("kill", at.container("web"))
    await at.ended("web")


@pytest.mark.usefixtures("impatient")
@at_a_pier
async def test_events_of_neighbours_do_not_put_off_the_search_for_lost_ones(at: Pier) -> None:
    await at.quay.start("web")
    await at.quay.start("busy", BUSY)
    busy = at.container("busy")
    at.hear(lambda stream: (one for one in stream if busy.encode() in one))
    await at.docker("kill", at.container("web"))
    await at.ended("web")


@pytest.mark.usefixtures("impatient")
@at_a_pier
async def test_a_restart_that_nobody_told_of_is_found_out(at: Pier) -> None:
    at.hear(exchange.stalled)
    await at.quay.start("web")
    container = at.container("web")
    before = replace(at.engine.rows[container], started=time.time() - 3600)
    at.engine.rows[container] = before
    await at.docker("restart", "--time", "0", container)
    await eventually(lambda: at.engine.rows[container].started > before.started + 60)


@pytest.mark.usefixtures("impatient")
@at_a_pier
async def test_what_is_made_while_the_engine_lists_is_not_forgotten(at: Pier) -> None:
    at.hear(exchange.stalled)
    answered, gate = threading.Event(), threading.Event()
    at.proxy.spoil("GET /containers/json", exchange.held(answered, gate))
    next_list = at.proxy.spoil("GET /containers/json", exchange.Exchange.pass_on, nth=2)
    forgotten: list[str] = []

    def forget(container: str) -> None:
        forgotten.append(container)

    try:
        await asyncio.to_thread(answered.wait)
        await at.quay.start("web")
        at.engine.forget = forget  # type: ignore[method-assign]
    finally:
        gate.set()
    await eventually(lambda: next_list.struck)
    assert at.container("web") not in forgotten


@pytest.mark.usefixtures("impatient")
@at_a_pier
async def test_an_answer_that_lacks_something_does_not_end_the_watch(at: Pier) -> None:
    await at.quay.start("web")
    at.proxy.spoil("GET /containers/json", exchange.instead(b"[{}]"), times=2)
    await eventually(lambda: all(fault.struck for fault in at.proxy.faults))
    await at.docker("kill", at.container("web"))
    await at.ended("web")


@at_a_pier
async def test_a_removal_that_is_under_way_is_waited_for(at: Pier) -> None:
    await at.quay.start("web")
    container = at.container("web")
    said = f"removal of container {container} is already in progress"

    def twice(call: exchange.Exchange) -> None:
        """Let it be done, and answer as if somebody else had asked for it first."""
        call.answer()
        exchange.answered(HTTPStatus.CONFLICT, said)(call)

    at.proxy.spoil("DELETE /containers", twice)
    await at.quay.runtime.discard(at.quay.environment, data=False)
    assert await at.docker("ps", "-aq", "--filter", f"id={container}") == []


@at_a_pier
async def test_an_engine_that_was_there_just_now_is_waited_for(at: Pier) -> None:
    at.proxy.cut()
    await eventually(lambda: at.engine.away != "")
    asking = asyncio.ensure_future(at.reach())
    await asyncio.sleep(0)
    at.proxy.open()
    assert await asking == ""


@pytest.mark.usefixtures("idle")
@at_a_pier
async def test_an_engine_that_is_away_is_asked_before_anybody_is_refused(at: Pier) -> None:
    at.proxy.cut()
    await eventually(lambda: at.engine.away != "")
    assert "no engine listens" in await at.reach()
    with pytest.raises(TransientError, match="no engine listens"):
        await at.quay.prepare()
    at.proxy.open()
    assert await at.reach() == ""


@at_a_pier
async def test_too_much_memory_is_told_apart_from_a_kill(at: Pier) -> None:
    hungry = {
        "image": "lab/busybox",
        "command": ["sh", "-c", "sleep 0.5; exec tail /dev/zero"],
        "mem_limit": "16777216",
    }
    await at.quay.start("hungry", hungry)
    await at.quay.start("killed")
    await at.docker("kill", at.container("killed"))
    ends = [await at.ended(name) for name in ("hungry", "killed")]
    assert [(one.code, one.out_of_memory) for one in ends] == [(137, True), (137, False)]


@at_a_pier
async def test_no_zombie_is_left_in_a_container(at: Pier) -> None:
    orphans = "for i in $(seq 100); do (sleep 0.1 &); done; sleep 0.5; ps -o stat | grep -c Z"
    await at.quay.start("web", {"image": "lab/busybox", "command": ["sh", "-c", orphans]})
    await at.ended("web")
    assert await at.docker("logs", at.container("web")) == ["0"]


@at_a_pier
async def test_forty_environments_at_once_do_not_run_out_of_addresses(at: Pier) -> None:
    at.proxy.spoil("POST /networks/create", exchange.without_addresses, times=1000)
    wanted = Resources(networks={"default": {}})
    environments = [EnvironmentId(f"{at.quay.environment}-{number}") for number in range(40)]
    try:
        made = await asyncio.gather(*(_made(at.connection, one, wanted) for one in environments))
        names = [found["default"] for found in made]
        subnets = await at.docker(
            "network", "inspect", "-f", "{{(index .IPAM.Config 0).Subnet}}", *names
        )
        assert len(set(subnets)) == 40
    finally:
        for one in environments:
            await resources.remove_all(at.connection, one, data=False)


async def _made(
    connection: Connection, environment: EnvironmentId, wanted: Resources
) -> Mapping[str, str]:
    """Two may choose the same addresses; then one of them is asked again, as the daemon does."""
    for _ in range(TRIES):
        with suppress(TransientError):
            return await resources.make_networks(connection, environment, wanted)
    return await resources.make_networks(connection, environment, wanted)


NET = Resources(networks={"back": {}}, volumes={"data": {}})
USES = SLEEPS | {
    "networks": {"back": None},
    "volumes": [{"type": "volume", "source": "data", "target": "/data"}],
}


@at_a_pier
async def test_a_network_that_somebody_removed_is_made_again(at: Pier) -> None:
    await at.quay.prepare(NET)
    await at.quay.start("web", USES)
    await at.quay.stop("web")
    await at.docker("network", "rm", f"{at.quay.environment}_back")
    with pytest.raises(TransientError, match="not found"):
        await at.quay.start("web", USES)
    assert (await at.quay.runtime.observe(at.quay.environment)).prepared != "prepared"
    await at.quay.prepare(NET)
    assert (await at.quay.start("web", USES)).exit is None


@at_a_pier
async def test_of_two_networks_by_one_name_the_older_is_kept(at: Pier) -> None:
    await at.quay.prepare(NET)
    name, labels = f"{at.quay.environment}_back", {names.ENVIRONMENT: at.quay.environment}
    listed = ("network", "ls", "-q", "--no-trunc", "--filter", f"name={name}")
    (older,) = await at.docker(*listed)
    await at.connection.call(
        lambda client: client.create_network(name, check_duplicate=False, labels=labels)
    )
    assert len(await at.docker(*listed)) == 2
    await resources.make_networks(at.connection, at.quay.environment, NET)
    assert await at.docker(*listed) == [older]
    assert (await at.quay.start("web", USES)).exit is None


@at_a_pier
async def test_a_container_without_its_networks_is_made_anew(at: Pier) -> None:
    await at.quay.prepare(NET)
    await at.quay.start("web", USES)
    first, network = at.container("web"), f"{at.quay.environment}_back"
    place = at.quay.runtime.places.need(at.quay.environment)
    before = place.rows()[ReplicaId("web")].started
    await at.docker("network", "disconnect", "-f", network, first)
    await at.docker("network", "rm", network)
    await at.docker("restart", "-t", "0", first)
    await eventually(lambda: place.rows()[ReplicaId("web")].started > before)
    assert place.rows()[ReplicaId("web")].fingerprint == ""
    await at.quay.stop("web")
    with pytest.raises(TransientError, match="not found"):
        await at.quay.start("web", USES)
    await at.quay.prepare(NET)
    assert (await at.quay.start("web", USES)).exit is None
    assert at.container("web") != first
    count = "{{len .NetworkSettings.Networks}}"
    assert await at.docker("inspect", "--format", count, at.container("web")) == ["1"]


@at_a_pier
async def test_a_volume_that_somebody_removed_is_ours_again(at: Pier) -> None:
    await at.quay.prepare(NET)
    await at.quay.start("web", USES)
    await at.docker("rm", "-f", at.container("web"))
    await eventually(lambda: not at.container("web"))
    await at.docker("volume", "rm", f"{at.quay.environment}_data")
    await at.quay.start("web", USES)
    ours = f"label=dev.devenv.environment={at.quay.environment}"
    assert await at.docker("volume", "ls", "-q", "--filter", ours) == [
        f"{at.quay.environment}_data"
    ]


@at_a_pier
async def test_a_container_of_ours_that_nobody_told_of_is_taken_up(at: Pier) -> None:
    """Its creation was done, and its answer and its event were lost."""
    at.hear(exchange.stalled)
    at.proxy.spoil("POST /containers/create", exchange.lost)
    for _ in range(2):
        with pytest.raises(TransientError):
            await at.quay.start("web")
    assert (await at.quay.start("web")).exit is None


@at_a_pier
async def test_the_log_of_a_container_is_bounded(at: Pier) -> None:
    await at.quay.start("web")
    (shown,) = await at.docker(
        "inspect", "-f", "{{json .HostConfig.LogConfig.Config}}", at.container("web")
    )
    assert "max-size" in shown
