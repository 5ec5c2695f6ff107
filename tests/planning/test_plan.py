"""Desired, observed → the plan as text."""

from __future__ import annotations

from dataclasses import replace

from devenv.model.environment import ReplicaId
from devenv.model.service import Stop
from devenv.model.unit import Exit, Health
from devenv.planning.plan import plan
from tests.planning.worlds import (
    NOW,
    always,
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

DB, WEB = probed("db"), service("web", "db:ready")


def test_what_is_absent_is_started() -> None:
    assert planned(want(service("web")), see()) == ["start web: it is wanted"]


def test_what_runs_as_it_should_is_left_alone() -> None:
    assert planned(want(service("web")), see(up("web"))) == []


def test_a_runtime_is_prepared_before_anything_starts() -> None:
    assert planned(want(service("web")), see(prepared="")) == [
        "prepare the keeper of host processes: needed",
        "hold web, preparing: waits for the keeper of host processes",
    ]


def test_other_circumstances_of_the_client_are_prepared_without_a_restart() -> None:
    assert planned(want(service("web")), see(up("web"), prepared="old")) == [
        "prepare the keeper of host processes: its client's circumstances have changed"
    ]


def test_nothing_starts_before_its_files_have_been_looked_at() -> None:
    world = want(service("web"), service("db"))
    assert planned(world, see(unread=frozenset({"web"}))) == [
        "start db: it is wanted",
        "hold web, preparing: waits until its files have been looked at",
    ]
    assert planned(world, see(up("web"), up("db"), unread=frozenset({"web"}))) == []


def test_nothing_starts_while_a_runtime_is_being_prepared() -> None:
    seen = see(prepared="", preparing=frozenset({"process"}))
    assert planned(want(service("web")), seen) == [
        "hold web, preparing: waits for the keeper of host processes"
    ]


def test_a_replica_with_a_step_in_flight_is_passed_over() -> None:
    assert planned(want(service("web")), see(busy={ReplicaId("web"): "starting"})) == [
        "hold web, busy: is starting"
    ]


def test_a_runtime_that_is_away_holds_what_runs_in_it() -> None:
    seen = see(up("web", fingerprint="old"), away={"process": "no answer"})
    assert planned(want(service("web")), seen) == ["hold web, runtime away: process: no answer"]


def test_a_dependant_waits_until_its_dependency_is_ready() -> None:
    assert planned(want(DB, WEB), see(up("db"))) == [
        "hold web, dependency: waits for db to be ready"
    ]
    assert planned(want(DB, WEB), see(ready("db"))) == ["start web: it is wanted"]


def test_started_is_enough_where_no_more_is_asked_for() -> None:
    assert planned(want(service("db"), service("web", "db")), see(up("db"))) == [
        "start web: it is wanted"
    ]


def test_a_dependant_waits_until_a_task_is_done() -> None:
    world = want(task("migrate"), service("web", "migrate:done"))
    assert planned(world, see(up("migrate"))) == [
        "hold web, dependency: waits for migrate to be done"
    ]
    assert planned(world, see(ended("migrate", 0))) == ["start web: it is wanted"]


def test_a_task_that_failed_holds_its_dependants_for_good() -> None:
    world = want(task("migrate"), service("web", "migrate:done"), service("proxy", "web"))
    assert planned(world, see(ended("migrate", 1))) == [
        "hold web, dependency failed: cannot start: migrate has failed with exit code 1",
        "hold proxy, dependency failed: cannot start: web cannot start without migrate",
    ]


def test_what_has_ended_and_cannot_start_again_holds_its_dependants_for_good() -> None:
    web = service("web", "migrate:done", restart=on_failure())
    world = want(task("migrate"), web, service("proxy", "web"), stopped=("migrate",))
    assert planned(world, see(ended("web", 1))) == [
        "hold web, dependency failed: cannot start: migrate is stopped",
        "hold proxy, dependency failed: cannot start: web cannot start without migrate",
    ]


def test_a_soft_dependency_holds_nobody_once_it_is_lost() -> None:
    world = want(task("seed"), service("web", "seed:done?"))
    assert planned(world, see(up("seed"))) == ["hold web, dependency: waits for seed to be done"]
    assert planned(world, see(ended("seed", 1))) == ["start web: it is wanted"]
    assert planned(want(task("seed"), service("web", "seed:done?"), stopped=("seed",)), see()) == [
        "start web: it is wanted"
    ]


def test_a_dependency_that_was_stopped_by_hand_is_named() -> None:
    assert planned(want(DB, WEB, stopped=("db",)), see()) == [
        "hold web, dependency failed: cannot start: db is stopped"
    ]


def test_a_dependency_that_becomes_unready_stops_nobody() -> None:
    assert planned(want(DB, WEB), see(up("db", health=Health.FAILING), up("web"))) == []


def test_a_restarted_dependency_restarts_those_that_ask_for_it() -> None:
    world = want(service("db"), service("web", "db!"))
    assert planned(world, see(up("db", started=NOW - 1), up("web"))) == [
        "stop web by SIGTERM within 10 s: db was restarted"
    ]


def test_a_done_task_is_not_run_again() -> None:
    assert planned(want(task("migrate")), see(ended("migrate", 0))) == []


def test_a_failed_task_is_run_again_only_when_asked_for() -> None:
    assert planned(want(task("migrate")), see(ended("migrate", 1))) == []
    assert planned(want(task("migrate"), generations={"migrate": 1}), see(ended("migrate", 1))) == [
        "start migrate: a restart was asked for"
    ]


def test_what_we_stopped_ourselves_is_started_when_it_is_wanted_again() -> None:
    assert planned(want(service("web")), see(ended("web", 143, requested=True))) == [
        "start web: it is wanted again"
    ]


def test_an_edited_definition_is_made_again() -> None:
    world = want(service("web", stop=Stop("SIGINT", 3.0)), prints={"web": "b"})
    assert planned(world, see(up("web"))) == [
        "stop web by SIGINT within 3 s: its definition has changed"
    ]
    assert planned(world, see(ended("web", 130, requested=True))) == [
        "start web: its definition has changed"
    ]


def test_a_raised_generation_stops_and_starts_the_same_unit() -> None:
    assert planned(want(service("web"), generations={"web": 1}), see(up("web"))) == [
        "stop web by SIGTERM within 10 s: a restart was asked for"
    ]


def test_dependants_that_are_to_stop_too_stop_first() -> None:
    world = want(DB, WEB, stopped=("db", "web"))
    assert planned(world, see(ready("db"), up("web"))) == [
        "stop web by SIGTERM within 10 s: it is not wanted",
        "hold db, dependants: is stopped after web: it is not wanted",
    ]


def test_stopping_one_service_leaves_its_dependants_running() -> None:
    assert planned(want(DB, WEB, stopped=("db",)), see(ready("db"), up("web"))) == [
        "stop db by SIGTERM within 10 s: it is not wanted"
    ]


def test_a_restart_of_both_stops_the_dependant_first() -> None:
    world = want(DB, WEB, generations={"db": 1, "web": 1})
    assert planned(world, see(ready("db"), up("web"))) == [
        "stop web by SIGTERM within 10 s: a restart was asked for",
        "hold db, dependants: is stopped after web: a restart was asked for",
    ]


def test_a_dependant_does_not_start_on_a_dependency_that_is_made_again() -> None:
    world = want(DB, WEB, prints={"db": "b"})
    assert planned(world, see(ready("db")))[-1] == "hold web, dependency: waits for db to be ready"


def test_what_nobody_wants_is_stopped_then_forgotten() -> None:
    assert planned(want(), see(up("stray"))) == [
        "stop stray by SIGTERM within 10 s: it is not wanted"
    ]
    assert planned(want(), see(ended("stray", 0))) == [
        "remove stray: it has ended and is not wanted"
    ]


def test_replicas_over_the_number_are_stopped() -> None:
    world = want(service("web"), replicas={"web": 2})
    assert planned(world, see(up("web"), up("web", 2))) == [
        "start web[1]: it is wanted",
        "stop web[2] by SIGTERM within 10 s: it is not wanted",
    ]


def test_a_unit_leaves_its_runtime_before_it_starts_in_another() -> None:
    world = want(service("web"), runtime="docker")
    assert planned(world, see(up("web"))) == [
        "prepare networks and volumes of containers: needed",
        "stop web by SIGTERM within 10 s: moves from process to docker",
    ]
    assert "remove web: moves from process to docker" in planned(
        world, see(ended("web", 143, requested=True))
    )


def test_what_is_left_of_a_unit_is_ended_before_it_starts_again() -> None:
    world = want(service("web", restart=always()))
    assert planned(world, see(ended("web", 1, lingering=True))) == [
        "stop web by SIGTERM within 10 s: it has ended, but processes of it are alive"
    ]


def test_a_taken_port_holds_a_start_and_names_the_holder() -> None:
    seen = see(ports=taken("web", 8080, "nginx (pid 7)"))
    assert planned(want(service("web")), seen) == [
        "hold web, port: port 8080 is taken by nginx (pid 7): end that, or make the port `auto`"
    ]


def test_an_unhealthy_service_is_stopped_if_it_may_start_again() -> None:
    sick = up("db", health=Health.UNHEALTHY, detail="refused")
    assert planned(want(probed("db", restart=on_failure())), see(sick)) == [
        "stop db by SIGTERM within 10 s: it is unhealthy: refused"
    ]
    assert planned(want(probed("db")), see(sick)) == []


def test_an_unhealthy_service_that_stays_loses_its_dependants() -> None:
    sick = up("db", health=Health.UNHEALTHY)
    assert planned(want(DB, WEB), see(sick)) == [
        "hold web, dependency failed: cannot start: db is unhealthy"
    ]


def test_a_failed_unit_backs_off_then_starts_again_with_its_count() -> None:
    world = want(service("web", restart=on_failure()))
    failed = see(ended("web", 1, ago=0.0, attempt=2, restarts=4))
    held = plan(world, failed, NOW)
    assert held.wake_at is not None
    assert 0.8 * 2.0 <= held.wake_at - NOW <= 1.2 * 2.0
    (again,) = plan(world, failed, held.wake_at).steps
    assert getattr(again, "attempt", None) == 3
    assert getattr(again, "restarts", None) == 5
    assert planned(world, failed, held.wake_at) == ["start web (try 4): it ended with exit code 1"]


def test_success_is_no_reason_for_on_failure_but_for_always() -> None:
    well = see(ended("web", 0))
    assert planned(want(service("web", restart=on_failure())), well) == []
    assert planned(want(service("web", restart=always())), well) == [
        "start web (try 2): it ended with exit code 0"
    ]


def test_nobody_waits_for_the_health_of_a_container_without_a_check() -> None:
    world = want(service("db"), service("api", "db:ready"), runtime="docker")
    here = up("db", runtime="docker")
    prepared = {"docker": "p"}
    assert planned(world, replace(see(here), prepared=prepared)) == [
        "hold api, dependency failed: cannot start: db has no health check, nor has its image"
    ]
    begun = replace(here, health=Health.UNKNOWN)
    (waiting,) = planned(world, replace(see(begun), prepared=prepared))
    assert waiting.endswith("waits for db to be ready")


def test_it_gives_up_after_so_many_failures_in_a_row() -> None:
    world = want(service("web", restart=on_failure(3)))
    assert planned(world, see(ended("web", 7, attempt=3))) == [
        "hold web, gave up: was given up after 4 failures in a row, exit code 7 the last"
    ]


def test_what_was_refused_at_its_first_start_has_failed_whatever_its_policy() -> None:
    refused = Exit(125, NOW, why="there is no image x")
    at_once = up("web", started=NOW, exit=refused)
    world = want(service("web", restart=always()), service("api", "web"))
    assert planned(world, see(at_once)) == [
        "hold api, dependency failed: cannot start: "
        "web has failed with exit code 125 (there is no image x)"
    ]


def test_what_has_run_before_is_tried_again_and_given_up_with_the_reason() -> None:
    refused = Exit(125, NOW - 60, why="no space left")
    world = want(service("web", restart=on_failure(3)))
    again = up("web", started=NOW - 60, exit=refused, attempt=2, restarts=2)
    assert planned(world, see(again)) == [
        "start web (try 4): it ended with exit code 125 (no space left)"
    ]
    assert planned(world, see(replace(again, attempt=3))) == [
        "hold web, gave up: was given up after 4 failures in a row, "
        "exit code 125 (no space left) the last"
    ]


def test_a_time_of_health_wipes_the_failures_out() -> None:
    world = want(service("web", restart=on_failure(3)))
    assert planned(world, see(ended("web", 7, attempt=3, ran=10.0))) == [
        "start web (try 2): it ended with exit code 7"
    ]


def test_another_exit_code_may_count_as_success() -> None:
    world = want(task("lint", success_exit_codes=frozenset({0, 3})), service("web", "lint:done"))
    assert planned(world, see(ended("lint", 3))) == ["start web: it is wanted"]


def test_five_hundred_services_are_one_plan() -> None:
    chain = [service("s0"), *(service(f"s{n}", f"s{n - 1}") for n in range(1, 500))]
    decided = plan(want(*chain), see(), NOW)
    assert (len(decided.steps), len(decided.holds)) == (1, 499)


def test_what_was_asked_to_stand_still_is_paused_and_goes_on_again() -> None:
    world = want(service("web"))
    (replica,) = world.services["web"].replicas
    still = replace(world.services["web"], replicas=(replace(replica, paused=True),))
    paused = replace(world, services={"web": still})
    assert planned(paused, see(up("web"))) == ["pause web: it was asked for"]
    assert planned(paused, see(up("web", paused=True))) == []
    assert planned(world, see(up("web", paused=True))) == ["resume web: it was asked for"]


def test_what_a_cluster_runs_is_changed_without_a_stop() -> None:
    web = service("web")
    wanted = want(web, prints={"web": "b"}, runtime="kubernetes")
    runs = up("web", runtime="kubernetes")
    seen = replace(see(runs), prepared={"kubernetes": "p"})
    assert planned(wanted, seen) == ["start web: its definition has changed"]
    restarted = want(web, generations={"web": 1}, runtime="kubernetes")
    assert planned(restarted, seen) == ["start web: a restart was asked for"]
    going = replace(seen, units={runs.id: replace(runs, stopping=True)})
    assert planned(wanted, going) == ["stop web by SIGTERM within 10 s: its definition has changed"]


def test_a_task_that_a_cluster_runs_is_stopped_before_it_is_changed() -> None:
    wanted = want(task("seed"), prints={"seed": "b"}, runtime="kubernetes")
    seen = replace(see(up("seed", runtime="kubernetes")), prepared={"kubernetes": "p"})
    assert planned(wanted, seen) == ["stop seed by SIGTERM within 10 s: its definition has changed"]


def test_nobody_waits_for_what_is_changed_without_a_stop() -> None:
    db, web = service("db"), service("web", "db")
    wanted = want(db, web, prints={"web": "b"}, stopped=("db",), runtime="kubernetes")
    units = (up("web", runtime="kubernetes"), up("db", runtime="kubernetes"))
    seen = replace(see(*units), prepared={"kubernetes": "p"})
    assert "stop db by SIGTERM within 10 s: it is not wanted" in planned(wanted, seen)
