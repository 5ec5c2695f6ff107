"""What front ends see of a round."""

from __future__ import annotations

from dataclasses import replace

from devenv.model.environment import Desired, ReplicaId
from devenv.model.service import Container, Port, Process, Service
from devenv.model.snapshot import Snapshot
from devenv.model.state import State
from devenv.model.unit import Health, Observed
from devenv.planning.plan import plan
from devenv.planning.view import snapshot
from tests.planning.worlds import (
    NOW,
    ended,
    on_failure,
    planned,
    probed,
    ready,
    see,
    service,
    taken,
    task,
    up,
    want,
)


def view(desired: Desired, observed: Observed) -> Snapshot:
    return snapshot(desired, observed, plan(desired, observed, NOW))


def states(seen: Snapshot) -> dict[str, str]:
    return {one.name: one.state.value for one in seen.services}


def test_a_service_is_stopping_while_it_has_too_many_replicas() -> None:
    world = want(service("web"))
    seen = see(up("web"), up("web", 1), busy={ReplicaId("web", 1): "stopping"})
    assert states(view(world, seen)) == {"web": "stopping"}
    over = see(up("web"), ended("web", 143, index=1), busy={ReplicaId("web", 1): "removing"})
    assert states(view(world, over)) == {"web": "ready"}


def test_what_can_be_built_and_attached_is_of_how_it_runs() -> None:
    container = Container({"build": {"context": "."}, "tty": True})
    both = service("web", container=container)
    typed = service("shell", process=Process(("sh",), "/", stdin=True))

    def told(*services: Service, runtime: str) -> list[tuple[bool, bool]]:
        seen = view(want(*services, runtime=runtime), see()).services
        return [(one.builds, one.attaches) for one in seen]

    assert told(both, runtime="docker") == [(True, True)]
    assert told(both, typed, runtime="process") == [(False, False), (False, True)]


def test_what_may_be_old_is_said_so_beside_its_state() -> None:
    seen = see(up("web", health=Health.UNKNOWN), stale={"process": "no answer"})
    (web, db) = view(want(probed("web"), service("db")), seen).services
    assert web.reason == "not ready yet; as last seen; process: no answer"
    assert db.reason == "process: no answer"


def test_what_ends_is_not_said_to_be_not_ready_yet() -> None:
    world = want(probed("slow"), stopped=("slow",))
    leaving = up("slow", health=Health.UNKNOWN, detail="refused", stopping=True)
    gone = ended("slow", 143, health=Health.UNKNOWN, detail="refused")
    busy = {ReplicaId("slow"): "stopping"}
    assert view(world, see(leaving, busy=busy)).services[0].reason == ""
    assert view(world, see(gone, busy={ReplicaId("slow"): "removing"})).services[0].reason == ""


def test_what_is_done_is_not_said_to_be_not_ready_yet() -> None:
    over = ended("slow", 0, health=Health.UNKNOWN, detail="accepts connections")
    (slow,) = view(want(probed("slow")), see(over)).services
    assert (slow.state, slow.reason, slow.replicas[0].health) == (State.DONE, "", "none")


def test_each_service_is_in_the_state_that_its_unit_shows() -> None:
    world = want(
        service("plain"),
        probed("probing"),
        probed("passing"),
        probed("sick"),
        task("migrate"),
        task("broken"),
        service("waits", "probing:ready"),
        service("off"),
        task("unasked"),
        stopped=("off", "unasked"),
    )
    seen = see(
        up("plain"),
        up("probing", health=Health.UNKNOWN),
        ready("passing"),
        up("sick", health=Health.FAILING, detail="refused"),
        ended("migrate", 0),
        ended("broken", 2),
    )
    assert states(view(world, seen)) == {
        "plain": "ready",
        "probing": "running",
        "passing": "ready",
        "sick": "running",
        "migrate": "done",
        "broken": "failed",
        "waits": "waiting",
        "off": "stopped",
        "unasked": "skipped",
    }


def test_a_reason_says_what_is_waited_for_or_went_wrong() -> None:
    world = want(probed("db"), service("web", "db:ready"), task("lint"))
    db, web, lint = view(world, see(up("db", health=Health.UNKNOWN), ended("lint", 2))).services
    assert (db.reason, web.reason) == ("not ready yet", "waits for db to be ready")
    assert web.waits_for == ("db",)
    assert (lint.reason, lint.replicas[0].exit_code) == ("exit code 2", 2)


def test_a_step_or_a_busy_replica_is_in_motion() -> None:
    assert states(view(want(service("web")), see())) == {"web": "starting"}
    busy = see(up("web"), busy={ReplicaId("web"): "stopping"})
    assert states(view(want(service("web")), busy)) == {"web": "stopping"}


def test_what_has_stopped_is_no_longer_shown_as_running() -> None:
    (web,) = view(want(service("web"), stopped=("web",)), see(ended("web", 143))).services
    assert (web.state, web.replicas[0].pid) == (State.STOPPED, None)


def test_a_service_is_as_far_as_its_least_advanced_replica() -> None:
    world = want(probed("web"), replicas={"web": 2})
    seen = see(ready("web"), up("web", 1, health=Health.UNKNOWN))
    assert states(view(world, seen)) == {"web": "running"}


def test_it_is_settled_when_nothing_will_change_by_itself() -> None:
    world = want(probed("db"), service("web", "db:ready"), task("migrate"))
    assert view(world, see(ready("db"), up("web"), ended("migrate", 0))).settled
    assert not view(world, see(up("db"), ended("migrate", 0))).settled
    assert not view(world, see(ready("db"), up("web"))).settled


def test_failures_and_what_they_hold_are_settled_too() -> None:
    world = want(task("migrate"), service("web", "migrate:done"))
    assert view(world, see(ended("migrate", 1))).settled
    held = see(ports=taken("web", 80, "nginx (pid 1)"))
    assert states(view(want(service("web")), held)) == {"web": "failed"}
    assert view(want(service("web")), held).settled


def test_a_back_off_is_not_settled() -> None:
    world = want(service("web", restart=on_failure()))
    assert not view(world, see(ended("web", 1, ago=0.1))).settled


def test_it_is_empty_when_no_unit_is_left() -> None:
    assert view(want(service("web"), stopped=("web",)), see()).empty
    assert not view(want(service("web"), stopped=("web",)), see(up("web"))).empty


def test_the_first_port_has_the_address() -> None:
    ports = (Port("http", 20001), Port("admin", 20002))
    world = want(service("web", ports=ports, url="http://127.0.0.1:20001"))
    shown = view(world, see(up("web"))).services[0].ports
    assert [(one.name, one.port, one.url) for one in shown] == [
        ("http", 20001, "http://127.0.0.1:20001"),
        ("admin", 20002, ""),
    ]


def test_an_end_by_memory_is_told_apart_from_a_kill() -> None:
    world = want(service("web"), service("api"))
    killed, starved = ended("api", 137), ended("web", 137)
    assert starved.exit is not None
    memory = replace(starved, exit=replace(starved.exit, out_of_memory=True))
    reasons = {one.name: one.reason for one in view(world, see(memory, killed)).services}
    assert reasons == {"web": "exit code 137, out of memory", "api": "exit code 137"}
    again = want(service("web", restart=on_failure()))
    starts = "start web (try 2): it ended with exit code 137, out of memory"
    assert planned(again, see(memory)) == [starts]


def test_what_a_start_says_of_its_progress_is_the_reason() -> None:
    world, key = want(service("web")), ReplicaId("web")
    seen = see(busy={key: "starting"}, said={key: "pulls shop: 1 of 2 layers"})
    (web,) = view(world, seen).services
    assert (web.state, web.reason) == (State.STARTING, "pulls shop: 1 of 2 layers")
