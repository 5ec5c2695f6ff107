"""Which number each port gets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devenv.errors import DevenvError
from devenv.model.environment import EnvironmentId
from devenv.model.service import Port, PortRange
from devenv.planning.addresses import HIGHEST, LOWEST, Need, claim
from tests.planning.worlds import service

HERE, THERE = EnvironmentId("a-1"), EnvironmentId("b-2")


def need(name: str, *ports: Port, replicas: int = 1) -> Need:
    return Need(service(name, ports=ports), replicas)


AUTO = Port("web")


def test_a_free_port_is_the_same_every_time_and_differs_between_environments() -> None:
    alone = claim(HERE, [need("web", AUTO)], {}, frozenset())
    beside = claim(HERE, [need("db", AUTO), need("web", AUTO)], {}, frozenset())
    assert alone["web", 0, "web"] == beside["web", 0, "web"]
    assert alone != claim(THERE, [need("web", AUTO)], {}, frozenset())


def test_what_is_held_is_kept_unless_it_is_taken() -> None:
    held = {("web", 0, "web"): 21000}
    assert claim(HERE, [need("web", AUTO)], held, frozenset()) == held
    assert claim(HERE, [need("web", AUTO)], held, frozenset({21000})) != held


def test_a_fixed_port_is_given_as_it_is_written() -> None:
    fixed = Port("web", 8080)
    assert claim(HERE, [need("web", fixed)], {}, frozenset({8080})) == {("web", 0, "web"): 8080}


def test_a_number_may_be_had_once_for_each_protocol() -> None:
    tcp = Port("dns", 5353, movable=True)
    udp = Port("dns-udp", 5353, protocol="udp", movable=True)
    both = claim(HERE, [Need(service("web", ports=(tcp, udp)), 1)], {}, frozenset())
    assert set(both.values()) == {5353}
    moved = claim(HERE, [Need(service("web", ports=(tcp, udp)), 1)], {}, frozenset({5353}))
    assert 5353 not in moved.values()


def test_a_range_gives_its_first_free_number_until_it_is_used_up() -> None:
    wide = Port("web", PortRange(5000, 5001))
    both = claim(HERE, [need("web", wide, replicas=2)], {}, frozenset())
    assert sorted(both.values()) == [5000, 5001]
    with pytest.raises(DevenvError, match="no free port"):
        claim(HERE, [need("web", wide)], {}, frozenset({5000, 5001}))


@given(st.sets(st.integers(LOWEST, HIGHEST), max_size=50), st.integers(1, 30))
def test_no_two_replicas_share_a_port(taken: set[int], replicas: int) -> None:
    claims = claim(HERE, [need("web", AUTO, replicas=replicas)], {}, frozenset(taken))
    assert len(set(claims.values())) == replicas
    assert not set(claims.values()) & taken
    assert all(LOWEST <= port <= HIGHEST for port in claims.values())
