"""An engine that fails in every way: environments converge, and nothing else is hurt."""

from __future__ import annotations

import json
import random
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

import pytest

from tests.lab import exchange
from tests.lab.engine import Engine
from tests.lab.proxy import How, Proxy
from tests.scenarios.sandbox import Sandbox, eventually, make_sandbox

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
        listed = docker("ps", "-a", *self.ours(), "--format", "{{json .Labels}}")
        found: dict[str, list[str]] = {}
        for line in listed:
            labels = dict(one.split("=", 1) for one in json.loads(line).split(",") if "=" in one)
            found.setdefault(labels["dev.devenv.service"], []).append(line)
        return found

    def left(self) -> list[str]:
        """All of ours that the engine has."""
        ours = self.ours()
        kinds = (("ps", "-aq"), ("network", "ls", "-q"), ("volume", "ls", "-q"))
        return [one for kind in kinds for one in docker(*kind, *ours)]

    def networks(self) -> list[str]:
        return sorted(docker("network", "ls", *self.ours(), "--format", "{{.Name}}"))

    def ours(self) -> tuple[str, str]:
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


def test_eight_clients_at_once_make_one_of_each(desk: Desk) -> None:
    verbs = (["up", "-d"], ["restart"], ["down"], ["up", "-d"], ["restart", "web"], ["status"])
    for _ in range(3):
        clients = [desk.sandbox.spawn(*verb) for verb in (*verbs, ["up", "-d"], ["up", "-d"])]
        for client in clients:
            client.communicate(timeout=60)
    desk.up()
    desk.is_whole()


def test_what_somebody_removes_meanwhile_is_made_again(desk: Desk) -> None:
    chance = random.Random(7)
    desk.up()
    for _ in range(6):
        going = desk.sandbox.spawn(*chance.choice((["restart"], ["up", "-d"], ["restart", "web"])))
        container = chance.choice(docker("ps", "-aq", *desk.ours()) or ["none"])
        network = chance.choice(desk.networks())
        for words in (("rm", "-f", container), ("network", "rm", network)):
            subprocess.run(("docker", *words), capture_output=True, check=False)
        going.communicate(timeout=60)
    desk.up(tries=TRIES)
    desk.is_whole()


def test_a_port_that_is_taken_at_the_last_moment_is_another_one(desk: Desk) -> None:
    desk.up()
    port = desk.sandbox.service("web")["ports"][0]["port"]
    desk.sandbox.run("down")
    with socket.socket() as hog:

        def taken(call: exchange.Exchange) -> None:
            hog.bind(("127.0.0.1", port))
            hog.listen()
            call.pass_on()

        desk.proxy.spoil("POST /containers/.*/start", taken, nth=2)
        desk.up()
        assert desk.sandbox.service("web")["ports"][0]["port"] != port
        assert set(desk.sandbox.states().values()) == {"ready"}


def test_another_folder_of_the_same_name_is_left_alone(desk: Desk) -> None:
    sandbox = desk.sandbox
    other = sandbox.base / "elsewhere" / sandbox.checkout.name
    shutil.copytree(sandbox.checkout, other)
    desk.up()
    sandbox.run("up", "-d", cwd=other, timeout=60)
    sandbox.run("down", "--volumes", "--yes", cwd=other)
    desk.is_whole()


def test_to_read_a_profile_of_500_services_asks_the_engine_nothing(desk: Desk) -> None:
    many = {f"s{n}": {"image": "lab/busybox", "command": "sleep 1000"} for n in range(500)}
    place = desk.sandbox.base / "many"
    place.mkdir()
    (place / "compose.yaml").write_text(json.dumps({"services": many}))
    desk.sandbox.run("up", "-d", "s7", cwd=place, timeout=60)
    project = desk.sandbox.status(cwd=place)["environment"]["id"]
    label = f"label=dev.devenv.environment={project}"
    (container,) = docker("ps", "-q", "--no-trunc", "--filter", label)

    def asks_nothing() -> bool:
        """What the daemon still hears of other environments does not count."""
        before = len(desk.proxy.calls)
        for verb in (["status"], ["ports"], ["why", "s7"], ["list"]):
            desk.sandbox.run(*verb, cwd=place)
        asked = desk.proxy.calls[before:]
        return not [call for call in asked if container in call or call == "GET /containers/json"]

    eventually(asks_nothing)
    desk.sandbox.run("down", cwd=place)
