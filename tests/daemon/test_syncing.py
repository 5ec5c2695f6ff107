"""What the loop is spared where files cannot be watched."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from devenv.daemon.syncing import Syncer
from devenv.daemon.units import Wishes, numbered
from devenv.errors import DevenvError
from devenv.model.environment import Desired, EnvironmentId, Replica, Wanted
from devenv.model.origin import Origin
from devenv.model.service import Service
from devenv.model.sync import SyncRule
from devenv.model.unit import Observed


def test_a_machine_without_room_for_a_watcher_is_told_of_once() -> None:
    def refused() -> Any:
        raise DevenvError("files cannot be watched: too many", "raise the limit")

    docker = SimpleNamespace(name="docker")
    host = SimpleNamespace(watching=SimpleNamespace(watcher=refused), docker=docker)
    notes: list[str] = []
    none = cast(Any, None)
    wishes = Wishes(none, none, none, lambda _, text: notes.append(text), none)
    syncer = Syncer(EnvironmentId("shop"), cast(Any, host), wishes)
    web = Service("web", Origin("x"), sync=(SyncRule("/src", restart=True),))
    wanted = Wanted(web, "process", (Replica(web, 0, "print"),))
    desired = Desired(EnvironmentId("shop"), {"web": wanted})
    for _ in range(3):
        syncer.follow(Observed(), desired, watching=True)
    assert notes == ["files cannot be watched: too many: raise the limit"]
    assert syncer.sessions == {}


def test_a_pod_keeps_its_number_and_a_new_one_gets_the_lowest_that_is_free() -> None:
    first = numbered({}, ["a", "b", "c"])
    assert first == {"a": 0, "b": 1, "c": 2}
    assert numbered(first, ["c", "d", "a", "e"]) == {"c": 2, "d": 1, "a": 0, "e": 3}
    assert numbered(first, []) == {}
