"""Ports of an environment: kept, moved from strangers, given back."""

from __future__ import annotations

from dataclasses import replace

from devenv.daemon import claims
from devenv.daemon.intent import Leaving
from devenv.model.service import Port
from tests.daemon.worlds import intent
from tests.planning.worlds import service

HTTP = ("web", 0, "http")
AUTO = service("web", ports=(Port("http"),))
FIXED = service("web", ports=(Port("http", 8080),))


def test_a_claim_is_kept_from_up_to_up() -> None:
    first = claims.claimed(intent(AUTO), frozenset())
    assert claims.claimed(first, frozenset()) is first


def test_each_replica_has_a_port_of_its_own() -> None:
    made = claims.claimed(intent(replace(AUTO, replicas=3)), frozenset())
    assert len(set(made.wishes.claims.values())) == 3


def test_a_port_that_a_stranger_listens_on_is_moved() -> None:
    held = intent(AUTO, claims={HTTP: 20500})
    after = claims.moved(held, {20500}, frozenset())
    port = after.wishes.claims[HTTP]
    assert port != 20500
    assert claims.differences(held, after) == [
        ("web", f"port http of web is now {port}: 20500 was taken")
    ]


def test_a_fixed_port_is_never_moved() -> None:
    held = intent(FIXED, claims={HTTP: 8080})
    assert claims.moved(held, {8080}, frozenset()) is held


def test_strangers_elsewhere_move_nothing() -> None:
    held = intent(AUTO, claims={HTTP: 20500})
    assert claims.moved(held, {20501}, frozenset()) is held


def test_ports_outlive_down_and_end_with_the_data() -> None:
    held = intent(AUTO, claims={HTTP: 20500})
    kept = claims.left(replace(held, leaving=Leaving.KEEP_DATA))
    assert kept == held
    gone = claims.left(replace(held, leaving=Leaving.WITH_DATA))
    assert not gone.wishes.claims
    assert not gone.leaving
