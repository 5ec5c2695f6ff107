"""Ports of an environment: kept, moved from strangers, given back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from devenv.daemon import claims, store
from devenv.daemon.host import Taken
from devenv.daemon.intent import Intent, Leaving
from devenv.model.environment import Moved
from devenv.model.preview import Cluster, Preview
from devenv.model.service import Container, Port, Service
from devenv.planning.wishes import Choice
from tests.daemon.worlds import intent
from tests.planning.worlds import service

HTTP = ("web", 0, "http")
PREVIEW = Preview(Cluster("team", "", "", "", ""), "shop-main-1", "shop", "main", "me", 60.0)
AUTO = service("web", ports=(Port("http"),))
FIXED = service("web", ports=(Port("http", 8080),))


def test_a_claim_is_kept_from_up_to_up() -> None:
    first = claims.claimed(intent(AUTO), Taken())
    assert claims.claimed(first, Taken()) is first


def test_each_replica_has_a_port_of_its_own() -> None:
    made = claims.claimed(intent(replace(AUTO, replicas=3)), Taken())
    assert len(set(made.wishes.claims.values())) == 3


def test_a_port_that_a_stranger_listens_on_is_moved() -> None:
    held = intent(AUTO, claims={HTTP: 20500})
    after = claims.moved(held, {20500: "nginx (77)"}, Taken())
    port = after.wishes.claims[HTTP]
    assert port != 20500
    assert claims.differences(held, after) == [
        ("web", f"port http of web is now {port}: 20500 was taken")
    ]


def test_a_fixed_port_is_never_moved() -> None:
    held = intent(FIXED, claims={HTTP: 8080})
    assert claims.moved(held, {8080: "nginx (77)"}, Taken()) is held


def test_strangers_elsewhere_move_nothing() -> None:
    held = intent(AUTO, claims={HTTP: 20500})
    assert claims.moved(held, {20501: "nginx (77)"}, Taken()) is held


def test_ports_outlive_down_and_end_with_the_data() -> None:
    held = intent(AUTO, claims={HTTP: 20500})
    kept = claims.left(replace(held, leaving=Leaving.KEEP_DATA))
    assert kept == held
    gone = claims.left(replace(held, leaving=Leaving.WITH_DATA))
    assert not gone.wishes.claims
    assert not gone.leaving


DB = service("db", container=Container({"container_name": "shop-db"}))
ELSEWHERE = Taken({8080: "other-1 has it"}, {"shop-db": "other-1 has it"})
ASIDE = "shop-12345678-db-1"


def contained(*services: Service) -> Intent:
    made = intent(*services)
    runtimes = {one.name: Choice("docker", "") for one in services}
    return replace(made, wishes=replace(made.wishes, runtimes=runtimes))


def test_a_container_has_the_name_that_is_written_for_it() -> None:
    made = claims.claimed(contained(DB), Taken())
    assert made.wishes.names == {"db": "shop-db"}
    assert not made.wishes.moved
    assert claims.claimed(made, Taken()) is made


def test_a_second_pod_of_a_preview_has_no_address_that_could_be_another() -> None:
    port = Port("http", 8080, movable=True)
    local = intent(service("web", ports=(port,), replicas=2))
    assert claims.claimed(local, Taken()).wishes.moved["web"]
    assert not claims.claimed(replace(local, preview=PREVIEW), Taken()).wishes.moved


def test_what_another_has_is_moved_aside_until_down_with_the_reason() -> None:
    port = Port("sql", 8080, movable=True)
    made = claims.claimed(contained(replace(DB, ports=(port,))), ELSEWHERE)
    number = made.wishes.claims["db", 0, "sql"]
    assert made.wishes.names == {"db": ASIDE}
    assert made.wishes.moved["db"] == (
        Moved("port", "8080", str(number), "other-1 has it"),
        Moved("container_name", "shop-db", ASIDE, "other-1 has it"),
    )
    assert claims.claimed(made, Taken()) is made
    back = claims.claimed(claims.left(replace(made, leaving=Leaving.KEEP_DATA)), Taken())
    assert back.wishes.names == {"db": "shop-db"}
    assert not back.wishes.moved


def test_a_name_that_somebody_took_meanwhile_is_given_up() -> None:
    made = claims.claimed(contained(DB), Taken())
    assert claims.claimed(made, ELSEWHERE).wishes.names == {"db": ASIDE}


def test_of_two_services_with_one_name_the_first_has_it() -> None:
    made = claims.claimed(contained(DB, replace(DB, name="old")), Taken())
    assert made.wishes.names == {"db": "shop-db", "old": "shop-12345678-old-1"}
    assert made.wishes.moved["old"][0].reason == "another one of this environment has it"


def test_a_host_process_has_no_name_in_an_engine() -> None:
    assert not claims.claimed(intent(DB), Taken()).wishes.names


def test_names_come_back_from_disk(tmp_path: Path) -> None:
    made = claims.claimed(contained(DB), ELSEWHERE)
    store.write(tmp_path / "desired.json", made)
    kept = store.read(tmp_path / "desired.json")
    assert kept is not None
    assert kept.intent.wishes == made.wishes
