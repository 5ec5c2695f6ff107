"""What a profile means in a branch preview."""

from __future__ import annotations

from devenv.model.environment import Environment, Resources
from devenv.model.origin import Origin
from devenv.model.service import (
    Condition,
    Dependency,
    Kind,
    Port,
    Restart,
    RestartPolicy,
    Service,
)
from devenv.planning.capabilities import KUBERNETES, choose
from devenv.planning.previewing import files_of, previewed, taken_along

WEB = Service(
    "web",
    Origin("x"),
    ports=(Port("http", 8000, "0.0.0.0"), Port("auto", None, target=80)),
    restart=Restart(RestartPolicy.ALWAYS),
    depends_on=(Dependency("seed", Condition.COMPLETED), Dependency("db")),
)
SHOP = Environment(
    "shop",
    "/shop",
    {"web": WEB, "seed": Service("seed", Origin("x")), "db": Service("db", Origin("x"))},
)
SHARED = Resources(
    configs={"page": {"file": "/shop/page"}, "own": {"content": "here"}},
    secrets={"key": {"environment": "KEY"}},
    values={"KEY": "hidden"},
)


def test_what_somebody_waits_for_to_complete_is_a_task() -> None:
    kinds = {name: one.kind for name, one in previewed(SHOP).services.items()}
    assert kinds == {"web": Kind.SERVICE, "seed": Kind.TASK, "db": Kind.SERVICE}


def test_the_cluster_restarts_so_we_do_not() -> None:
    assert previewed(SHOP).services["web"].restart.policy is RestartPolicy.NO


def test_a_port_keeps_its_number_within_the_container_and_may_have_any_on_this_machine() -> None:
    first, second = previewed(SHOP).services["web"].ports
    assert (first.wanted, first.target, first.movable, first.host) == (
        8000,
        8000,
        True,
        "127.0.0.1",
    )
    assert (second.wanted, second.target, second.movable) == (None, 80, True)


def test_to_make_a_preview_of_it_twice_changes_nothing() -> None:
    assert previewed(previewed(SHOP)) == previewed(SHOP)


def test_files_and_variables_are_taken_along() -> None:
    assert files_of(SHARED) == ["/shop/page"]
    taken = taken_along(SHARED, {"/shop/page": "hello"})
    assert {key: one["content"] for key, one in taken.configs.items()} == {
        "page": "hello",
        "own": "here",
    }
    assert taken.secrets["key"]["content"] == "hidden"


def test_everything_of_a_preview_runs_in_the_cluster() -> None:
    assert choose(WEB, {KUBERNETES: ""}) == (KUBERNETES, "a preview runs in a cluster")
