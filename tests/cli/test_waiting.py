"""up, down, wait and the like: what they say meanwhile, when they return, and with which status."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.api.daemon import Drop, stand_in
from tests.cli.desk import PLACE, Desk, document, service

Document = dict[str, Any]
WAITING = service("web", "waiting", waits_for=["db"])
STARTING = document(service("db", "starting"), WAITING, settled=False)


def going_on(*documents: Document) -> Callable[[Document], Document]:
    """Answers to `watch`: one document after the other, each of a newer revision."""
    left = list(documents)

    def watch(params: Document) -> Document:
        following = left.pop(0) if len(left) > 1 else left[0]
        return {**following, "revision": params["newer_than"] + 1}

    return watch


def test_up_returns_when_all_is_ready_and_shows_where(desk: Desk) -> None:
    ports = [{"name": "web", "port": 20123, "url": "http://127.0.0.1:20123"}]
    ready = document(service("db"), service("web", ports=ports))
    half = document(service("db"), service("web", "starting"), settled=False)
    with stand_in(desk.environ, up=STARTING, watch=going_on(half, ready)) as daemon:
        done = desk.run("up")
    assert done.returncode == 0
    assert daemon.methods() == ["up", "watch", "watch"]
    assert "http://127.0.0.1:20123" in done.stdout
    assert done.stderr.splitlines()[:2] == ["db: starting", "web: waiting for db"]
    assert "db: ready" in done.stderr
    assert "web: starting" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_up_fails_with_the_reason_and_the_last_lines(desk: Desk) -> None:
    broken = service(
        "db", "failed", reason="ended with 3, 10 times in a row", log_tail=["no space", "bye"]
    )
    failed = document(broken, WAITING)
    with stand_in(desk.environ, up=STARTING, watch=going_on(failed)):
        done = desk.run("up")
    assert done.returncode == 1
    assert "db: failed: ended with 3, 10 times in a row" in done.stderr
    assert "    no space\n    bye\n" in done.stderr
    assert "devenv logs db" in done.stderr


def test_the_log_of_what_failed_in_a_preview_is_the_previews(desk: Desk) -> None:
    broken = service("db", "failed", reason="ended with 3", log_tail=["no space"])
    preview = {**PLACE, "name": "shop-main-1f3c9a2b", "kind": "preview"}
    failed = document(broken, environment=preview)
    with stand_in(desk.environ, up=failed, watch=going_on(failed)):
        done = desk.run("up")
    assert "`devenv -e shop-main-1f3c9a2b logs db`" in done.stderr


def test_up_of_one_service_does_not_fail_for_another(desk: Desk) -> None:
    answer = document(service("web"), service("worker", "failed"), settled=False)
    with stand_in(desk.environ, up=answer) as daemon:
        done = desk.run("up", "web")
        assert daemon.asked[0][1]["services"] == ["web"]
    assert done.returncode == 0
    assert "worker" not in done.stdout + done.stderr


def test_up_of_one_service_names_the_failed_one_that_holds_it(desk: Desk) -> None:
    broken = service("db", "failed", reason="ended with 3")
    with stand_in(desk.environ, up=document(broken, WAITING)):
        done = desk.run("up", "web")
    assert done.returncode == 1
    assert "db: failed: ended with 3" in done.stderr


def test_up_fails_where_all_is_taken_down_meanwhile(desk: Desk) -> None:
    gone = document(service("db", "stopped"), service("web", "stopped"))
    with stand_in(desk.environ, up=STARTING, watch=going_on(gone)):
        done = desk.run("up")
    assert done.returncode == 1
    assert "web: stopped: somebody has stopped it meanwhile" in done.stderr


def test_a_stopped_service_that_nobody_asked_for_is_no_failure(desk: Desk) -> None:
    with stand_in(desk.environ, up=document(service("web"), service("tool", "stopped"))):
        assert desk.run("up").returncode == 0


def test_a_time_limit_ends_with_124_and_says_what_is_missing(desk: Desk) -> None:
    with stand_in(desk.environ, up=STARTING, watch=going_on(STARTING)):
        done = desk.run("up", "--timeout", "50ms")
    assert done.returncode == 124
    assert "not done within" in done.stderr
    assert "db and web" in done.stderr
    assert "devenv why db" in done.stderr


def test_a_daemon_that_was_killed_is_asked_again(desk: Desk) -> None:
    answers = iter((STARTING, document(service("web"))))

    def drop(params: Document) -> None:
        raise Drop

    with stand_in(desk.environ, up=lambda params: next(answers), watch=drop) as daemon:
        done = desk.run("up")
    assert done.returncode == 0
    assert daemon.methods() == ["up", "watch", "up"]


def test_a_restart_is_asked_once_even_if_the_daemon_is_killed(desk: Desk) -> None:
    def drop(params: Document) -> None:
        raise Drop

    ready = document(service("web"))
    with stand_in(desk.environ, restart=STARTING, watch=drop, status=ready) as daemon:
        done = desk.run("restart")
    assert done.returncode == 0
    assert daemon.methods() == ["restart", "watch", "status"]


@pytest.mark.parametrize(("interrupts", "code"), [(1, 0), (2, 130)])
def test_the_first_interrupt_leaves_the_work_to_the_daemon(
    desk: Desk, interrupts: int, code: int
) -> None:
    watched, over = threading.Semaphore(0), threading.Event()
    ready = document(service("db"), service("web"), revision=9)

    def watch(params: Document) -> Document:
        watched.release()
        over.wait(20)
        return ready

    with stand_in(desk.environ, up=STARTING, watch=watch):
        with desk.start("up", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            for _ in range(interrupts):
                assert watched.acquire(timeout=20)
                process.send_signal(signal.SIGINT)
            if interrupts == 1:
                assert watched.acquire(timeout=20)
                over.set()
            _, told = process.communicate(timeout=20)
        over.set()
    assert process.returncode == code
    assert b"The work goes on in the daemon" in told


def test_an_interrupt_before_the_first_answer_asks_for_nothing_twice(desk: Desk) -> None:
    asked, over = threading.Event(), threading.Event()
    ready = document(service("web"), revision=9)

    def restart(params: Document) -> Document:
        asked.set()
        over.wait(20)
        return ready

    with stand_in(desk.environ, restart=restart, status=ready) as daemon:
        with desk.start("restart", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert asked.wait(20)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=20)
        over.set()
    assert process.returncode == 0
    assert daemon.methods() == ["restart", "status"]


def test_what_keeps_a_down_from_its_end_is_said_while_it_waits(desk: Desk) -> None:
    leaving = document(service("web", "stopping"), leaving="keep data")
    held = {**leaving, "notice": "it is not gone yet: shop-1 holds its network"}
    gone = document(empty=True)
    with stand_in(desk.environ, down=leaving, watch=going_on(leaving, held, held, gone)):
        done = desk.run("down")
    assert done.returncode == 0
    assert done.stderr.count("shop-1 holds its network") == 1


@pytest.mark.parametrize(
    ("verb", "before", "after"), [("pause", "ready", "paused"), ("resume", "paused", "ready")]
)
def test_services_stand_still_or_go_on_when_it_is_said(
    desk: Desk, verb: str, before: str, after: str
) -> None:
    states = [document(service("web", state, pid=7)) for state in ("starting", after)]
    asked: dict[str, Any] = {
        verb: document(service("web", before, pid=7)),
        "watch": going_on(*states),
    }
    with stand_in(desk.environ, **asked) as daemon:
        done = desk.run(verb, "web")
    assert done.returncode == 0
    assert daemon.methods() == [verb, "watch", "watch"]
    assert after in done.stdout


def test_stop_waits_until_the_services_have_ended(desk: Desk) -> None:
    stopping = document(service("web", "stopping"), service("db"))
    stopped = document(service("web", "stopped"), service("db"))
    graph = {"services": {"web": [], "db": [{"service": "web"}]}}
    watch = going_on(stopping, stopped)
    with stand_in(desk.environ, stop=stopping, watch=watch, graph=graph) as daemon:
        done = desk.run("stop", "web")
    assert done.returncode == 0
    assert daemon.methods() == ["stop", "watch", "watch", "graph"]
    assert "stopped" in done.stdout
    assert "db runs on, without web." in done.stderr


def test_an_unknown_service_is_wrong_use(desk: Desk) -> None:
    with stand_in(desk.environ, status=document(service("web"))):
        done = desk.run("status", "wbe")
    assert done.returncode == 2
    assert "did you mean `web`?" in done.stderr


def test_scale_says_how_many(desk: Desk) -> None:
    with stand_in(desk.environ, scale=document(service("web"))) as daemon:
        assert desk.run("scale", "web=3", "db=0").returncode == 0
        assert daemon.asked[0][1]["replicas"] == {"web": 3, "db": 0}
        assert desk.run("scale", "web").returncode == 2
        assert desk.run("scale").returncode == 2


def test_down_returns_when_nothing_is_left(desk: Desk) -> None:
    stopping = document(service("web", "stopping"), leaving=True)
    gone = document(empty=True)
    with stand_in(desk.environ, down=stopping, watch=going_on(stopping, gone)) as daemon:
        done = desk.run("down")
    assert done.returncode == 0
    assert daemon.methods() == ["down", "watch", "watch"]
    assert done.stdout == "shop: nothing is left running.\n"


def test_down_says_that_somebody_brought_it_up_again(desk: Desk) -> None:
    stopping = document(service("web", "stopping"), leaving=True)
    with stand_in(desk.environ, down=stopping, watch=going_on(stopping, document(service("web")))):
        done = desk.run("down")
    assert done.returncode == 1
    assert "brought up again" in done.stderr


def test_down_asks_before_it_removes_data(desk: Desk) -> None:
    with stand_in(desk.environ, down=document(empty=True)) as daemon:
        done = desk.run("down", "--volumes")
        assert done.returncode == 2
        assert "--yes" in done.stderr
        assert daemon.methods() == []
        assert desk.run("down", "--volumes", "--yes").returncode == 0
        assert daemon.asked[0][1]["volumes"] is True


def test_down_all_takes_every_environment_that_is_up(desk: Desk) -> None:
    listed = [
        {"id": name, "name": name, "path": "/", "branch": "", "state": state}
        for name, state in (("a", "ready"), ("b", "down"), ("c", "failed"))
    ]
    with stand_in(desk.environ, list={"environments": listed}, down=document(empty=True)) as daemon:
        assert desk.run("down", "--all").returncode == 0
        targets = [params["target"]["environment"] for _, params in daemon.asked[1:]]
    assert targets == ["a", "c"]


@pytest.mark.parametrize(
    ("words", "state", "code"),
    [
        ("wait", "ready", 0),
        ("wait", "failed", 1),
        ("wait --for done", "done", 0),
        ("wait --for done", "failed", 1),
        ("wait --for stopped", "stopped", 0),
        ("wait --for stopped --timeout 20ms", "ready", 124),
        ("wait --for ready", "stopped", 1),
    ],
)
def test_wait_tells_by_its_status(desk: Desk, words: str, state: str, code: int) -> None:
    found = document(service("web", state))
    with stand_in(desk.environ, status=found, watch=going_on(found)):
        assert desk.run(*words.split()).returncode == code
