"""The forecast and the cause chain."""

from __future__ import annotations

from devenv.planning.forecast import forecast
from devenv.planning.plan import plan
from devenv.planning.why import why
from tests.planning.worlds import NOW, ended, probed, ready, see, service, task, up, want

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
        "  hold web, dependency failed: cannot start: migrate has failed with exit code 3",
        "  it runs as: process",
        "  migrate is failed: exit code 3",
    )
