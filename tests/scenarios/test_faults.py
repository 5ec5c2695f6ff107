"""An engine that fails in every way: environments converge, and nothing else is hurt."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

import pytest

from tests.lab import exchange
from tests.lab.engine import Engine
from tests.lab.proxy import How, Proxy
from tests.scenarios.sandbox import Sandbox, make_sandbox

pytestmark = pytest.mark.timeout(180)

PROFILE = """
services:
  store:
    image: lab/busybox
    command: ["sh", "-c", "touch /data/here; exec sleep 1000"]
    volumes: ["data:/data"]
    networks: [back]
  web:
    image: lab/busybox
    command: httpd -f -p 80
    ports: ["http: auto:80"]
    networks: [back, front]
    depends_on: [store]
  page:
    command: ["sleep", "TOKEN"]
    environment: {WEB: "${{ services.web.url }}"}
networks: {back: {}, front: {}}
volumes: {data: {}}
"""
MAKING = (
    "GET /containers/json",
    "GET /networks$",
    "GET /volumes$",
    "POST /networks/create",
    "POST /volumes/create",
    "GET /images/",
    "POST /containers/create",
    "POST /networks/.*/connect",
    "POST /containers/.*/start",
    "GET /containers/[0-9a-f]{64}/json",
)
UNMAKING = (
    "GET /containers/json",
    "POST /containers/.*/stop",
    "DELETE /containers/",
    "GET /networks$",
    "DELETE /networks/",
    "GET /volumes$",
    "DELETE /volumes/",
)
BROKEN: dict[str, How] = {
    "late": exchange.delayed(0.3),
    "reset": exchange.reset,
    "done, and the answer lost": exchange.lost,
    "half closed": exchange.half_closed,
    "cut short": exchange.cut_short,
    "half of the JSON": exchange.half_json,
}
REFUSED: dict[str, How] = {
    "500": exchange.answered(HTTPStatus.INTERNAL_SERVER_ERROR),
    "409": exchange.answered(HTTPStatus.CONFLICT),
    "404": exchange.answered(HTTPStatus.NOT_FOUND),
}
EVENTS: dict[str, How] = {
    "dropped": exchange.events(exchange.dropped),
    "doubled": exchange.events(exchange.doubled),
    "broken": exchange.events(exchange.broken),
}
TRIES = 12


def docker(*words: str) -> list[str]:
    done = subprocess.run(("docker", *words), capture_output=True, text=True, check=True)
    return done.stdout.split()


@dataclass
class Canaries:
    """A container, a network and a volume without our label, and the same of another environment.

    No call of ours may reach them.
    """

    name: str

    def make(self) -> None:
        for label, name in (("x=y", self.name), (self._theirs, self.name + "-theirs")):
            docker("network", "create", "--label", label, name)
            docker("volume", "create", "--label", label, name)
            mount = ("--volume", f"{name}:/kept", "--network", name, "--name", name)
            docker("run", "-d", "--label", label, *mount, "lab/busybox", "sleep", "1000")

    @property
    def _theirs(self) -> str:
        return f"dev.devenv.environment={self.name}"

    def look(self) -> list[str]:
        """All that would differ, had somebody touched one of them."""
        names = (self.name, self.name + "-theirs")
        kinds = (("container", "{{.Id}} {{json .State}}"), ("network", "{{.Id}}"))
        seen = [docker(kind, "inspect", "-f", form, *names) for kind, form in kinds]
        volumes = docker("volume", "inspect", "-f", "{{.CreatedAt}}", *names)
        return [word for words in (*seen, volumes) for word in words]

    def remove(self) -> None:
        for name in (self.name, self.name + "-theirs"):
            docker("rm", "-f", name)
            docker("network", "rm", name)
            docker("volume", "rm", name)


@dataclass
class Desk:
    """A sandbox whose engine can be spoiled."""

    sandbox: Sandbox
    proxy: Proxy

    def containers(self) -> dict[str, list[str]]:
        """The containers of each service."""
        listed = docker("ps", "-a", *self._ours(), "--format", "{{json .Labels}}")
        found: dict[str, list[str]] = {}
        for line in listed:
            labels = dict(one.split("=", 1) for one in json.loads(line).split(",") if "=" in one)
            found.setdefault(labels["dev.devenv.service"], []).append(line)
        return found

    def left(self) -> list[str]:
        """All of ours that the engine has."""
        ours = self._ours()
        kinds = (("ps", "-aq"), ("network", "ls", "-q"), ("volume", "ls", "-q"))
        return [one for kind in kinds for one in docker(*kind, *ours)]

    def networks(self) -> list[str]:
        return sorted(docker("network", "ls", *self._ours(), "--format", "{{.Name}}"))

    def _ours(self) -> tuple[str, str]:
        environment = self.sandbox.status()["environment"]["id"]
        return "--filter", f"label=dev.devenv.environment={environment}"

    def spoil(self, calls: tuple[str, ...], how: How) -> None:
        """Have the first of each of these calls go wrong; the list is asked for anew."""
        for call in calls:
            self.proxy.spoil(call, how)
        self.proxy.cut()
        self.proxy.open()

    def up(self, *, tries: int = 1) -> None:
        """Bring it up; all but the last of the tries may fail."""
        for left in reversed(range(tries)):
            done = self.sandbox.run("up", "-d", timeout=60, check=not left)
            if done.returncode == 0:
                return
            assert done.returncode == 1, done.stderr

    def down(self) -> None:
        self.sandbox.run("down", "--volumes", "--yes", timeout=60)

    def is_whole(self) -> None:
        """One container for each service, one network for each name, and nothing left to do."""
        counts = {service: len(found) for service, found in self.containers().items()}
        assert counts == {"store": 1, "web": 1}
        assert [name.rpartition("_")[2] for name in self.networks()] == ["back", "front"]
        assert set(self.sandbox.states().values()) == {"ready"}
        before = len(self.proxy.changes)
        self.up()
        assert self.proxy.changes[before:] == []


@pytest.fixture(scope="module")
def canaries(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Canaries]:
    made = Canaries(f"canary-{tmp_path_factory.mktemp('canary').stat().st_ino}")
    made.make()
    yield made
    made.remove()


@pytest.fixture(scope="module")
def shared(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One daemon for all of these: it is to survive them."""
    sandbox = make_sandbox(tmp_path_factory.mktemp("faults"))
    proxy = Proxy(sandbox.runtime / "engine.sock", engine.host.removeprefix("unix://"))
    proxy.open()
    sandbox.extra["DOCKER_HOST"] = proxy.host
    sandbox.profile(PROFILE)
    yield Desk(sandbox, proxy)
    sandbox.close()
    proxy.cut()


@pytest.fixture
def desk(shared: Desk, canaries: Canaries) -> Iterator[Desk]:
    before = canaries.look()
    yield shared
    shared.proxy.faults.clear()
    shared.down()
    assert canaries.look() == before
    assert shared.left() == []


@pytest.mark.parametrize("how", BROKEN.values(), ids=BROKEN)
def test_up_and_down_survive_calls_that_are(how: How, desk: Desk) -> None:
    desk.spoil(MAKING, how)
    desk.up()
    assert [fault.call for fault in desk.proxy.faults if not fault.struck] == []
    desk.is_whole()
    desk.proxy.faults.clear()
    desk.spoil(UNMAKING, how)
    desk.down()
    assert desk.left() == []


@pytest.mark.parametrize("how", REFUSED.values(), ids=REFUSED)
def test_up_says_why_and_goes_on_after_calls_that_are_answered_with(how: How, desk: Desk) -> None:
    desk.spoil(MAKING, how)
    desk.up(tries=TRIES)
    desk.is_whole()


@pytest.mark.parametrize("status", ["500", "409"])
def test_down_goes_on_until_all_is_gone_though_calls_are_answered_with(
    status: str, desk: Desk
) -> None:
    desk.up()
    desk.spoil(UNMAKING, REFUSED[status])
    desk.down()
    assert desk.left() == []


@pytest.mark.parametrize("how", EVENTS.values(), ids=EVENTS)
def test_an_environment_comes_up_and_goes_though_events_are(how: How, desk: Desk) -> None:
    desk.spoil(("GET /events",), how)
    desk.up()
    desk.is_whole()
    desk.down()
    assert desk.left() == []
