"""The forecast and the cause chain."""

from __future__ import annotations

import pytest

from devenv.model.environment import Desired, ReplicaId
from devenv.model.plan import Hold, HoldKind
from devenv.model.state import State
from devenv.model.unit import Observed
from devenv.planning.forecast import forecast
from devenv.planning.outlook import outlook
from devenv.planning.plan import plan
from devenv.planning.why import why
from tests.planning.worlds import NOW, always, ended, probed, ready, see, service, task, up, want

SHOP = (
    probed("db"),
    task("migrate", "db:ready"),
    service("web", "migrate:done"),
)


def test_the_forecast_lists_the_rounds_to_come() -> None:
    assert forecast(want(*SHOP), see(prepared=""), NOW) == (
        ("prepare the keeper of host processes: needed",),
        ("start db: it is wanted",),
        ("start migrate: it is wanted",),
        ("start web: it is wanted",),
    )


def test_the_forecast_of_what_runs_is_empty() -> None:
    assert forecast(want(*SHOP), see(ready("db"), ended("migrate", 0), up("web")), NOW) == ()


def test_the_forecast_of_an_edit_stops_and_starts_what_changed() -> None:
    edited = want(*SHOP, prints={"web": "b"})
    assert forecast(edited, see(ready("db"), ended("migrate", 0), up("web")), NOW) == (
        ("stop web by SIGTERM within 10 s: its definition has changed",),
        ("start web: its definition has changed",),
    )


def test_the_forecast_ends_with_what_stays_held() -> None:
    assert forecast(want(*SHOP, stopped=("db",)), see(), NOW) == (
        (
            "hold migrate, dependency failed: cannot start: db is stopped",
            "hold web, dependency failed: cannot start: migrate cannot start without db",
        ),
    )


def test_why_follows_the_causes_down_to_their_roots() -> None:
    desired, seen = want(*SHOP), see(ready("db"), ended("migrate", 3))
    assert why("web", desired, seen, plan(desired, seen, NOW)) == (
        "web is waiting: cannot start: migrate has failed with exit code 3",
        "  it starts by itself once migrate is well: `devenv up` tries that again",
        "  it runs as a host process",
        "  migrate is failed: exit code 3",
    )


AT_REST = "it is not tried again by itself: `devenv up` does that"


@pytest.mark.parametrize(
    ("desired", "seen", "told"),
    [
        (want(service("web")), see(), ["it is started now: it is wanted"]),
        (want(service("web")), see(up("web")), []),
        (want(service("web")), see(ended("web", 3)), [AT_REST]),
        (want(service("web", restart=always())), see(ended("web", 3, attempt=10)), [AT_REST]),
        (want(service("web", restart=always())), see(ended("web", 3, ago=0.01)), []),
        (
            want(service("web", "db:ready"), probed("db")),
            see(up("db")),
            ["it starts by itself as soon as that is so"],
        ),
        (
            want(service("web"), prints={"web": "b"}),
            see(up("web")),
            ["it is being stopped: it has 10 s to end, then it is killed"],
        ),
    ],
)
def test_why_says_what_comes_next_in_plain_words(
    desired: Desired, seen: Observed, told: list[str]
) -> None:
    _, *lines = why("web", desired, seen, plan(desired, seen, NOW))
    indented = [line for line in lines if line.startswith("  it ")]
    assert indented == [*(f"  {one}" for one in told), "  it runs as a host process"]


def test_why_says_how_each_replica_stands_where_they_differ() -> None:
    desired = want(service("web"), replicas={"web": 2})
    seen = see(up("web"), ended("web", 3, index=1))
    _, *lines = why("web", desired, seen, plan(desired, seen, NOW))
    assert lines[:2] == ["  web[0] is ready", "  web[1] is failed: exit code 3"]


@pytest.mark.parametrize("kind", HoldKind)
def test_what_follows_on_every_kind_of_hold_is_said_without_a_word_of_ours(kind: HoldKind) -> None:
    told = outlook(State.WAITING, "docker", Hold(ReplicaId("web"), kind, "why", ("db",)))
    assert not {"hold", "docker"}.intersection(told.split())
    assert "{" not in told
