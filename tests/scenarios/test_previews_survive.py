"""Previews on bad days: daemons that die, other machines, an API that refuses for a while."""

from __future__ import annotations

import itertools
import json
import threading
import time
from functools import partial

import pytest

from devenv.runtimes.kubernetes import names
from devenv.runtimes.kubernetes.moments import moment
from tests.fakes.apiserver import ApiServer, Fault
from tests.fakes.thread import Beside
from tests.scenarios.sandbox import Sandbox, eventually
from tests.scenarios.test_previews import TWO, previews, shop, with_failpoint

__all__ = ["shop"]
pytestmark = pytest.mark.timeout(120)
READY = {"web": "ready", "db": "ready"}


@pytest.fixture
def two(shop: Sandbox) -> Sandbox:
    """A repository with two services and no task."""
    shop.write("compose.yaml", TWO)
    return shop


def elsewhere(two: Sandbox) -> None:
    """Go on as on another machine, with the same checkout."""
    for name in ("XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
        folder = two.runtime / name
        folder.mkdir(mode=0o700, exist_ok=True)
        two.extra[name] = str(folder)


def back(two: Sandbox) -> None:
    """Go on as on the first machine."""
    for name in ("XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
        del two.extra[name]


def states(two: Sandbox) -> dict[str, str]:
    (found,) = previews(two)
    return {one["name"]: one["state"] for one in found["services"]}


@pytest.mark.parametrize("failpoint", ["preview.taken", "started"])
def test_another_machine_ends_what_a_daemon_began_that_died_at(
    two: Sandbox, cluster: Beside, failpoint: str
) -> None:
    with_failpoint(two, failpoint)
    first = two.daemon_pid()
    two.run("preview", "up", check=False)
    eventually(lambda: two.daemon_pid() != first)
    if two.daemon_pid() is not None:
        two.kill_daemon()
    elsewhere(two)
    two.run("preview", "up", "--wait", "--timeout", "60", timeout=70)
    assert states(two) == READY
    assert len(cluster.names("namespaces")) == 1
    two.run("preview", "down", "--wait")
    assert cluster.names("namespaces") == []


@pytest.mark.parametrize("failpoint", ["stop", "stopped"])
def test_another_machine_takes_down_what_a_daemon_left_that_died_at(
    two: Sandbox, cluster: Beside, failpoint: str
) -> None:
    two.run("preview", "up", "--wait")
    with_failpoint(two, failpoint)
    (found,) = previews(two)
    first = two.daemon_pid()
    two.run("preview", "up", "--wait")
    two.spawn("preview", "down").communicate(timeout=45)
    eventually(lambda: two.daemon_pid() != first)
    if two.daemon_pid() is not None:
        two.kill_daemon()
    elsewhere(two)
    two.run("preview", "down", found["name"], "--wait", check=False)
    assert cluster.names("namespaces") == []
    back(two)
    eventually(lambda: previews(two) == [])
    assert cluster.names("namespaces") == []


@pytest.mark.parametrize("image", ["shop/web:1", "shop/web:2"])
def test_two_daemons_on_one_preview_do_not_fight(two: Sandbox, cluster: Beside, image: str) -> None:
    two.run("preview", "up", "--wait")
    elsewhere(two)
    two.write("compose.yaml", TWO.replace("shop/web:1", image))
    two.run("preview", "up", "--wait")
    assert states(two) == READY
    before = len(cluster.server.store.changes)
    for _ in range(3):
        back(two)
        assert states(two) == READY
        elsewhere(two)
        assert states(two) == READY
    assert len(cluster.server.store.changes) == before
    (found,) = previews(two)
    made = cluster.server.store.objects["deployments", found["namespace"], "web"]
    assert made["spec"]["template"]["spec"]["containers"][0]["image"] == image
    back(two)
    said = two.run("events", "-e", f"{found['name']}.fake", check=False).stdout
    assert "brought up elsewhere" in said
    two.run("preview", "up", "--wait")
    assert states(two) == READY


@pytest.mark.parametrize("ran", [True, False])
def test_what_was_taken_down_elsewhere_stays_down(two: Sandbox, cluster: Beside, ran: bool) -> None:
    two.run("preview", "up", "--wait")
    (found,) = previews(two)
    if not ran:
        two.kill_daemon()
    elsewhere(two)
    two.run("preview", "down", found["name"], "--wait")
    back(two)
    said = ("events", "-e", f"{found['name']}.fake")
    eventually(lambda: "taken down elsewhere" in two.run(*said, check=False).stdout)
    assert cluster.names("namespaces") == []
    assert previews(two) == []
    two.run("preview", "up", "--wait")
    assert states(two) == READY


@pytest.mark.parametrize("ran", [True, False])
def test_what_another_daemon_has_taken_over_is_taken_down_all_the_same(
    two: Sandbox, cluster: Beside, ran: bool
) -> None:
    two.run("preview", "up", "--wait")
    if not ran:
        two.kill_daemon()
    elsewhere(two)
    two.run("preview", "up", "--wait")
    back(two)
    two.run("preview", "down", "--wait", "--timeout", "30")
    assert cluster.names("namespaces") == []
    assert previews(two) == []


@pytest.mark.parametrize(
    ("method", "where", "status"),
    [("POST", "namespaces", 401), ("POST", "namespaces", 429), ("PATCH", "deployments", 409)],
)
def test_up_goes_on_after_an_answer_of(
    two: Sandbox, cluster: Beside, method: str, where: str, status: int
) -> None:
    cluster.server.faults = [Fault(method, where, status, {"Retry-After": "1"})]
    two.run("preview", "up", "--wait", "--timeout", "60", timeout=70)
    assert cluster.server.faults == []
    assert states(two) == READY


def test_tokens_may_expire_all_the_time(two: Sandbox, cluster: Beside) -> None:
    over = threading.Event()

    def renew(server: ApiServer, token: str) -> None:
        server.kubeconfig(two.base, token)
        server.token = token

    def expire() -> None:
        for number in itertools.count():
            if over.wait(0.5):
                return
            cluster.ask(partial(renew, token=f"token-{number}"))

    expiring = threading.Thread(target=expire)
    expiring.start()
    try:
        for _ in range(2):
            two.run("preview", "up", "--wait", "--timeout", "60", timeout=70)
            assert states(two) == READY
            two.run("preview", "down", "--wait", "--timeout", "60", timeout=70)
    finally:
        over.set()
        expiring.join()
    assert cluster.names("namespaces") == []


def test_what_may_not_be_made_is_said_and_made_once_it_may(two: Sandbox, cluster: Beside) -> None:
    why = "deployments.apps is forbidden: User cannot patch"
    cluster.server.faults = [Fault("PATCH", "deployments", 403, {}, why)] * 40
    done = two.run("preview", "up", "--wait", "--timeout", "60", check=False, timeout=70)
    assert done.returncode == 1
    assert why in done.stderr
    cluster.server.faults = []
    two.run("preview", "up", "--wait", "--timeout", "60", timeout=70)
    assert states(two) == READY


@pytest.mark.parametrize("ahead", [-3600.0, 3600.0])
def test_the_clock_of_the_cluster_is_the_one_that_counts(
    two: Sandbox, cluster: Beside, ahead: float
) -> None:
    cluster.server.ahead = ahead
    two.run("preview", "up", "--wait", "--ttl", "30m")
    (found,) = previews(two)
    annotations = cluster.ask(
        lambda server: server.store.objects["namespaces", "", found["namespace"]]["metadata"]
    )["annotations"]
    said = moment(annotations[names.EXPIRES])
    assert said is not None
    assert found["expires_at"] == pytest.approx(said - ahead, abs=10)
    assert found["expires_at"] == pytest.approx(time.time() + 1800, abs=120)
    started = cluster.ask(
        lambda server: server.store.objects["deployments", found["namespace"], "web"]["metadata"]
    )["annotations"][names.STARTED]
    assert float(started) == pytest.approx(time.time() + ahead, abs=120)
    for service in json.loads(two.run("preview", "status", "--json").stdout)["services"]:
        assert service["started_at"] == pytest.approx(time.time(), abs=120)
    assert "Nothing is to go" in two.run("preview", "sweep").stdout
    assert [one["state"] for one in previews(two)] == ["ready"]
