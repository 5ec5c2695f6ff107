"""What a thousand previews cost one daemon: its list, its memory, its watches, their events.

They are in the fake API server: one is brought up, the others are copies of it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from devenv.runtimes.kubernetes.resources import WATCHED
from tests.benchmarks.command import timed
from tests.benchmarks.contenders.composed import OURS
from tests.benchmarks.contenders.ours import PROGRAM
from tests.benchmarks.contenders.preview import CLUSTER, SIZE, SLEEPERS, UP
from tests.benchmarks.desk import Desk
from tests.benchmarks.figures import Goal
from tests.benchmarks.processes import marked, usage
from tests.benchmarks.rounds import Measured, Run, interleave
from tests.benchmarks.table import Table
from tests.benchmarks.waiting import eventually
from tests.fakes.apiserver import CONTEXT, ApiServer
from tests.fakes.store import Key, Object, Store
from tests.fakes.thread import Beside, beside

TITLE = "a thousand previews in one cluster"
PREVIEWS = 1000
AT_ONCE = 100
"""Copies made in one go: the server answers nobody meanwhile."""
CHANGES = 2
"""Of each pod, in one round."""
LISTS, BURSTS = 20, 5
WITHIN = 120.0
MEGABYTE = 1_000_000


@dataclass
class Crowd:
    """``name`` is the preview that was brought up; its environment here is ``environment``."""

    desk: Desk
    cluster: Beside
    name: str = ""
    environment: str = ""
    burst: int = 0

    def open(self) -> None:
        (self.desk.work / "compose.yaml").write_text(json.dumps({"services": SLEEPERS}))
        self.desk.call(["git", "init", "--quiet", "--initial-branch", "main"])
        kubeconfig = {"KUBECONFIG": str(self.cluster.server.kubeconfig(self.desk.folder))}
        words = (PROGRAM, "cluster", "add", CLUSTER, "--context", CONTEXT)
        self.desk.call(words, kubeconfig)
        brought = json.loads(self.desk.call([*UP, "--json"]))
        self.environment = brought["environment"]["id"]
        (self.name,) = self.cluster.names("namespaces")
        for first in range(1, PREVIEWS, AT_ONCE):
            numbers = range(first, min(first + AT_ONCE, PREVIEWS))
            self.cluster.ask(partial(_copy, self.name, numbers))
        eventually(lambda: self.listed()[1] == PREVIEWS, "all previews", within=WITHIN)

    def listed(self) -> tuple[float, int]:
        """How long a list takes, and how many of its previews are ready."""
        seconds, text = timed(self.desk, [PROGRAM, "preview", "list"])
        return seconds, sum(b" ready " in line for line in text.splitlines())

    def restarts(self) -> int:
        """How often the services of the one preview were restarted."""
        words = [PROGRAM, "-e", self.environment, "status", "--json"]
        return sum(one["restarts"] for one in json.loads(self.desk.call(words))["services"])


def measure(run: Run) -> list[Table]:
    with beside() as cluster, closing(Desk()) as desk:
        crowd = Crowd(desk, cluster)
        try:
            crowd.open()
            return [
                _table(run, "list", "s", LISTS, lambda: _list(crowd), 0.1),
                _table(
                    run, "events", "per second", BURSTS, lambda: _happen(crowd), 2000, least=True
                ),
                _table(run, "memory, all its processes", "MB", 1, lambda: _memory(crowd), 300),
                _table(run, "watches", "in all", 1, lambda: _watches(crowd), 12),
            ]
        finally:
            desk.call([PROGRAM, "daemon", "stop"])


def _table(
    run: Run,
    title: str,
    unit: str,
    rounds: int,
    once: Callable[[], Measured],
    limit: float,
    *,
    least: bool = False,
) -> Table:
    run.say(f" {title}")
    outcomes = interleave(run, (OURS,), run.rounds_or(rounds), lambda _: once())
    return Table(title, unit, outcomes, "", (Goal(OURS, limit, at_least=least),))


def _list(crowd: Crowd) -> Measured:
    seconds, ready = crowd.listed()
    return seconds, [] if ready == PREVIEWS else [f"{ready} ready of {PREVIEWS}"]


def _happen(crowd: Crowd) -> Measured:
    """All pods change, those of the one preview at last: it says when all that is known."""
    crowd.burst += CHANGES
    begun, events = crowd.cluster.ask(lambda server: _restart_all(server, crowd))
    wanted = SIZE * crowd.burst
    eventually(lambda: crowd.restarts() == wanted, "all events", within=WITHIN)
    return events / (time.perf_counter() - begun), []


def _memory(crowd: Crowd) -> Measured:
    return usage(marked(crowd.desk.mark)).resident_bytes / MEGABYTE, []


def _watches(crowd: Crowd) -> Measured:
    """Of one kind each: what is watched anew after a while is the same."""
    seen = crowd.cluster.ask(lambda server: [path for _, path in server.seen if "watch=" in path])
    return len({path.partition("?")[0] for path in seen}), []


def _copy(name: str, numbers: range, server: ApiServer) -> None:
    """Make all that is watched of a preview again, for previews of other names."""
    store, plurals = server.store, {one.plural for one in WATCHED}
    found = {key: one for key, one in store.objects.items() if key[0] in plurals and name in key}
    text = json.dumps([[*key, one] for key, one in found.items()])
    for number in numbers:
        for plural, namespace, named, made in json.loads(
            text.replace(name, _another(name, number))
        ):
            store.put((plural, namespace, named), made)


def _another(name: str, number: int) -> str:
    """The name of a preview of another branch: it ends with another hash."""
    return f"{name[:-8]}{number:08x}"


def _restart_all(server: ApiServer, crowd: Crowd) -> tuple[float, int]:
    """Return when the last of these events could be sent, and how many there are."""
    store = server.store
    pods = sorted(
        (key for key in store.objects if key[0] == "pods"), key=lambda key: key[1] == crowd.name
    )
    for count in range(crowd.burst - CHANGES, crowd.burst):
        for key in pods:
            _restart(store, key, count + 1)
    return time.perf_counter(), len(pods) * CHANGES


def _restart(store: Store, key: Key, count: int) -> None:
    pod: Object = store.objects[key]
    (container,) = pod["status"]["containerStatuses"]
    status = {**pod["status"], "containerStatuses": [{**container, "restartCount": count}]}
    store.put(key, {**pod, "status": status})
