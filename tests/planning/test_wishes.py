"""Each verb is a pure change of what is wanted."""

from __future__ import annotations

import pytest

from devenv.errors import DevenvError, UsageError
from devenv.model.environment import Environment
from devenv.model.origin import Origin
from devenv.model.service import Dependency, Kind, Port, Process, Service
from devenv.planning import wishes
from devenv.planning.wishes import Wishes

NONE: frozenset[str] = frozenset()


def service(name: str, *needs: str, soft: str = "", **fields: object) -> Service:
    depends_on = [Dependency(other) for other in needs]
    depends_on += [Dependency(soft, required=False)] if soft else []
    made = Service(name, Origin("p"), process=Process(("x",), "/"), depends_on=tuple(depends_on))
    for key, value in fields.items():
        object.__setattr__(made, key, value)
    return made


def environment(*services: Service) -> Environment:
    return Environment("shop", "/shop", {one.name: one for one in services})


SHOP = environment(
    service("db", kind=Kind.SERVICE),
    service("migrate", "db", kind=Kind.TASK, automatic=False),
    service("web", "migrate", soft="cache"),
    service("cache", automatic=False),
    service("lint", kind=Kind.TASK, automatic=False),
)


def test_up_wants_what_starts_by_itself_and_what_that_depends_on() -> None:
    assert wishes.up(Wishes(), SHOP, (), NONE).wanted == {"db", "migrate", "web"}


def test_up_of_one_service_wants_its_dependencies_too_and_keeps_the_others() -> None:
    held = Wishes(wanted=frozenset({"lint"}))
    assert wishes.up(held, SHOP, ["migrate"], NONE).wanted == {"db", "lint", "migrate"}


def test_up_tries_again_what_has_failed() -> None:
    after = wishes.up(Wishes(), SHOP, (), frozenset({"web", "lint"}))
    assert after.generations == {"web": 1}


def test_up_drops_what_is_no_longer_in_the_profile() -> None:
    held = Wishes(wanted=frozenset({"gone", "web"}))
    assert "gone" not in wishes.up(held, SHOP, (), NONE).wanted


def test_a_second_up_changes_nothing() -> None:
    once = wishes.up(Wishes(), SHOP, (), NONE)
    assert wishes.up(once, SHOP, (), NONE) == once


def test_stop_leaves_the_dependants_wanted() -> None:
    held = wishes.up(Wishes(), SHOP, (), NONE)
    assert wishes.stop(held, SHOP, ["db"]).wanted == {"migrate", "web"}


def test_stop_of_nothing_in_particular_stops_all() -> None:
    held = wishes.up(Wishes(), SHOP, (), NONE)
    assert wishes.stop(held, SHOP, ()).wanted == NONE


def test_restart_raises_the_generation_of_services_not_of_tasks() -> None:
    held = wishes.up(Wishes(), SHOP, (), NONE)
    assert wishes.restart(held, SHOP, ()).generations == {"db": 1, "web": 1}
    assert wishes.restart(held, SHOP, ["web"]).generations == {"web": 1}


def test_run_wants_a_task_once_more() -> None:
    once = wishes.run(Wishes(), SHOP, "lint")
    assert once.wanted == {"lint"}
    assert wishes.run(once, SHOP, "lint").generations == {"lint": 2}


def test_scale_is_refused_for_a_fixed_port() -> None:
    fixed = environment(service("web", ports=(Port("web", 8080),)))
    with pytest.raises(DevenvError, match="fixed port 8080"):
        wishes.scale(Wishes(), fixed, {"web": 2})
    assert wishes.scale(Wishes(), SHOP, {"db": 3}).replicas == {"db": 3}


def test_an_unknown_service_is_named_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="no service 'wbe'") as refused:
        wishes.up(Wishes(), SHOP, ["wbe"], NONE)
    assert "web" in refused.value.hint
