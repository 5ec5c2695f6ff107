"""Files of a preview while the network to its cluster is silent or broken, and once it is back."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.fakes.apiserver import CONTEXT
from tests.fakes.thread import Beside
from tests.lab.cluster import Cluster
from tests.lab.wire import Wire, wire
from tests.scenarios.sandbox import Sandbox, eventually
from tests.scenarios.test_preview_sync import bring_up, pods, rule
from tests.scenarios.test_previews import make_repository, shop
from tests.scenarios.test_previews_in_a_cluster import previews, stocked

__all__ = ["shop", "stocked"]
pytestmark = pytest.mark.timeout(300)
NOTICED_WITHIN = 120.0
"""Seconds until all that may be said on a silent connection has been waited for."""
FAULTS = pytest.mark.parametrize("fault", [Wire.silence, Wire.swallow, Wire.cut])
WAIT = 6
"""Files that are saved, moved and deleted meanwhile."""
Hashes = dict[str, str]
REAL = """
services:
  web:
    image: lab/python:3.11
    command: [python, -c, "import signal; signal.pause()"]
    deploy: {replicas: 2}
    develop: {watch: [{path: ./src, action: sync, target: /srv/app}]}
"""


@pytest.fixture
def wired(shop: Sandbox, cluster: Beside) -> Iterator[Wire]:
    """The only way to the fake cluster that a preview is in, with two pods."""
    with wire(cluster.server.address.removeprefix("http://")) as made:
        lead_through(shop, made, CONTEXT)
        bring_up(shop, cluster, words=("--cluster", "wired"))
        yield made


def lead_through(shop: Sandbox, made: Wire, context: str) -> None:
    """Add a cluster to which only this network leads."""
    config = json.loads(Path(shop.extra["KUBECONFIG"]).read_text())
    for one in config["clusters"]:
        scheme = one["cluster"]["server"].partition("://")[0]
        one["cluster"]["server"] = f"{scheme}://127.0.0.1:{made.port}"
    path = shop.base / "wired.kubeconfig"
    path.write_text(json.dumps(config))
    shop.run("cluster", "add", "wired", "--context", context, extra={"KUBECONFIG": str(path)})


def hashes(folder: Path) -> Hashes:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@FAULTS
def test_what_is_saved_while_the_network_is_gone_arrives_once_it_is_back(
    shop: Sandbox, cluster: Beside, wired: Wire, fault: Callable[[Wire], None]
) -> None:
    root = cluster.server.kubelet.root
    goes_on(
        shop, wired, fault, lambda: [hashes(root / one / "app") for one in pods(cluster).values()]
    )


@FAULTS
def test_a_real_cluster_has_what_was_saved_while_the_network_was_gone(
    stall: Sandbox, stocked: Cluster, real_wire: Wire, fault: Callable[[Wire], None]
) -> None:
    goes_on(stall, real_wire, fault, lambda: in_pods(stall, stocked))


@pytest.fixture
def stall(sandbox: Sandbox, team_member: Cluster) -> Sandbox:
    """A repository with a service that has files of it, for the real cluster."""
    sandbox.extra["KUBECONFIG"] = team_member.kubeconfig
    sandbox.write("compose.yaml", REAL)
    sandbox.write("src/page", "one")
    make_repository(sandbox)
    return sandbox


@pytest.fixture
def real_wire(stall: Sandbox, stocked: Cluster) -> Iterator[Wire]:
    """The only way to the real cluster, in which it has a preview with two pods."""
    (found,) = json.loads(Path(stall.extra["KUBECONFIG"]).read_text())["clusters"]
    with wire(found["cluster"]["server"].removeprefix("https://")) as made:
        lead_through(stall, made, stocked.context)
        stall.run("preview", "up", "--wait", "--timeout", "180", timeout=200)
        yield made
        made.mend()
        stall.run("preview", "down", "--wait", check=False, timeout=120)


def in_pods(stall: Sandbox, cluster: Cluster) -> list[Hashes]:
    (found,) = previews(stall)
    told = []
    for pod in cluster.get("pods", "--namespace", found["namespace"]):
        what = ("exec", "--namespace", found["namespace"], pod["metadata"]["name"])
        command = "find . -type f -exec sha256sum {} +"
        said = cluster.kubectl(*what, "--", "sh", "-c", f"cd /srv/app && {command}", check=False)
        told.append({line[66:].removeprefix("./"): line[:64] for line in said.splitlines()})
    return told


def goes_on(
    shop: Sandbox,
    made: Wire,
    fault: Callable[[Wire], None],
    arrived: Callable[[], list[Hashes]],
) -> None:
    """Break the network within a file that is sent, go on saving, and mend it."""
    source = shop.checkout / "src"
    for number in range(20):
        shop.write(f"src/many/{number}", str(number))

    def all_arrived() -> bool:
        with suppress(FileNotFoundError):  # what is being received is moved
            return arrived() == [hashes(source)] * 2
        return False

    eventually(all_arrived)
    broken = made.spoil(lambda: fault(made), after=2**20)
    (source / "large").write_bytes(os.urandom(2**22))
    assert broken.wait(NOTICED_WITHIN)
    shop.write("src/page", "saved while it is gone")
    shop.write("src/new/deep/file", "new")
    (source / "many" / "3").unlink()
    (source / "many" / "4").rename(source / "moved")
    eventually(lambda: all(one["reason"] for one in rule(shop)["targets"]), within=NOTICED_WITHIN)
    told = rule(shop)
    assert (told["state"], told["waiting"]) == ("unreachable", WAIT)
    assert f"; {WAIT} files wait" in shop.run("sync", "status").stdout
    (source / "large").write_bytes(os.urandom(2**22))
    made.mend()
    eventually(all_arrived, within=NOTICED_WITHIN)
    eventually(lambda: rule(shop)["state"] == "watching")
