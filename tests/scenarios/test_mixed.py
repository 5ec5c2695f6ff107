"""Containers and host processes in one environment, with a real engine."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess

import pytest

from tests.lab.engine import Engine
from tests.scenarios.mixed import MIXED, ONE, containers, docker, runtimes, up
from tests.scenarios.sandbox import NO_ENGINE, Sandbox, eventually

pytestmark = [pytest.mark.timeout(180), pytest.mark.usefixtures("real_engine")]


FILES = """
services:
  web:
    image: lab/busybox
    command: sleep 1000
    volumes: ["./nginx.conf:/conf", "./site:/site"]
  page: {command: ["sleep", "TOKEN"]}
"""
PORT = """
services:
  web:
    image: lab/busybox
    command: httpd -f -p 80
    ports: ["18120:80"]
"""


def test_each_reaches_the_other_by_the_same_reference(sandbox: Sandbox) -> None:
    sandbox.profile(MIXED)
    up(sandbox)
    assert runtimes(sandbox) == {"db": "docker", "page": "process", "client": "docker"}
    shown = json.loads(sandbox.run("env", "page", "--show-secrets", "--json").stdout)
    address = shown["environment"]["DATABASE_URL"]
    assert "@127.0.0.1:" in address
    query = ("psql", address, "-Atc", "select 6 * 7")
    assert subprocess.run(query, capture_output=True, text=True, check=True).stdout == "42\n"
    eventually(lambda: "<!DOCTYPE" in sandbox.run("logs", "client").stdout)
    assert "@db:5432/app" in sandbox.run("logs", "client").stdout


def test_a_killed_daemon_leaves_containers_alone(sandbox: Sandbox) -> None:
    sandbox.profile(MIXED)
    up(sandbox)
    before = containers(sandbox)
    sandbox.kill_daemon()
    eventually(lambda: set(sandbox.states().values()) == {"ready"})
    up(sandbox)
    assert containers(sandbox) == before


def test_daemon_and_keeper_killed_leave_no_container_behind(sandbox: Sandbox) -> None:
    sandbox.profile(ONE)
    up(sandbox)
    environment = sandbox.status()["environment"]["id"]
    sandbox.kill_daemon()
    for keeper in sandbox.keepers():
        os.kill(keeper, signal.SIGKILL)
    assert "both ended" in sandbox.status()["notice"]
    eventually(lambda: containers(sandbox) == [])
    sandbox.run("down")
    assert docker("ps", "-aq", "--filter", f"label=dev.devenv.environment={environment}") == []


def test_a_file_that_was_replaced_is_told_and_taken_by_a_restart(sandbox: Sandbox) -> None:
    sandbox.write("nginx.conf", "old")
    sandbox.write("site/index.html", "old")
    sandbox.profile(FILES)
    up(sandbox)
    (container,) = containers(sandbox)
    sandbox.write("site/new.html", "new").replace(sandbox.checkout / "site" / "index.html")
    (sandbox.checkout / "nginx.conf").write_text("written in place")
    assert sandbox.status()["notice"] == ""
    sandbox.write("nginx.conf~", "new").replace(sandbox.checkout / "nginx.conf")
    told = "nginx.conf was replaced on disk; web still sees the old one: devenv restart web"
    assert sandbox.status()["notice"] == told
    assert told in sandbox.run("status").stderr
    assert told in sandbox.run("why", "web").stdout
    assert told not in sandbox.run("why", "page").stdout
    sandbox.kill_daemon()
    eventually(lambda: sandbox.status()["notice"] == told)
    show = ("exec", container, "cat", "/conf", "/site/index.html")
    assert docker(*show) == ["written", "in", "placenew"]
    sandbox.run("restart", "web")
    assert containers(sandbox) == [container]
    assert docker(*show) == ["newnew"]
    assert sandbox.status()["notice"] == ""


def test_networks_of_environments_that_are_no_more_are_pruned(sandbox: Sandbox) -> None:
    """Not one that is labelled otherwise, and not that of an environment which is up."""
    sandbox.profile(ONE.replace("services:", "networks: {default: {}}\nservices:"))
    up(sandbox)
    environment = sandbox.status()["environment"]["id"]
    form = '{{index .Labels "dev.devenv.origin"}}'
    (origin,) = docker("network", "inspect", "-f", form, f"{environment}_default")
    wanted = {"lost": origin, "theirs": "f" * 32, "used": origin}
    made = {}
    try:
        for name, whose in wanted.items():
            whole = f"{environment}-{name}"
            of = ("--label", f"dev.devenv.environment={whole}")
            mark = ("--label", f"dev.devenv.origin={whose}")
            (made[name],) = docker("network", "create", *mark, *of, whole)
        use = ("--network", made["used"], "--name", f"{environment}-used", "lab/busybox:1", "true")
        docker("create", *use)
        pruned = json.loads(sandbox.run("prune", "--yes", "--json").stdout)
        assert pruned["networks"] == [f"{environment}-lost"]
        there = docker("network", "ls", "-q", "--no-trunc")
        assert {name for name, network in made.items() if network in there} == {"theirs", "used"}
        assert sandbox.states() == {"web": "ready"}
    finally:
        docker("rm", f"{environment}-used")
        docker("network", "rm", made["theirs"], made["used"])


def test_a_service_moves_to_the_other_runtime_by_one_word(sandbox: Sandbox) -> None:
    sandbox.profile(ONE)
    up(sandbox)
    assert runtimes(sandbox) == {"web": "docker"}
    up(sandbox, "--runtime", "process")
    assert runtimes(sandbox) == {"web": "process"}
    assert containers(sandbox) == []
    assert len(sandbox.alive()) == 1


def test_without_an_engine_what_can_be_a_process_is_one(sandbox: Sandbox) -> None:
    sandbox.profile(ONE)
    sandbox.extra["DOCKER_HOST"] = NO_ENGINE
    up(sandbox)
    assert runtimes(sandbox) == {"web": "process"}


def test_without_an_engine_what_cannot_be_a_process_is_refused(sandbox: Sandbox) -> None:
    sandbox.profile(PORT)
    sandbox.extra["DOCKER_HOST"] = NO_ENGINE
    refused = sandbox.run("up", "-d", check=False)
    assert refused.returncode == 1
    assert "web can only be a container" in refused.stderr
    assert "no engine listens at unix:///nowhere/docker.sock" in refused.stderr


def test_each_service_that_cannot_be_a_process_says_what_is_missing(sandbox: Sandbox) -> None:
    sandbox.profile(ONE + "  one: {image: lab/busybox}\n  two: {image: lab/busybox}\n")
    sandbox.extra["DOCKER_HOST"] = NO_ENGINE
    refused = sandbox.run("up", "-d", "--runtime", "process", check=False)
    assert refused.returncode == 1
    for name in ("one", "two"):
        assert f"{name} cannot be a host process" in refused.stderr
    assert "add `process: {command: …}`" in refused.stderr
    assert sandbox.alive() == []


def test_a_container_stands_still_and_goes_on(sandbox: Sandbox) -> None:
    sandbox.profile(ONE)
    up(sandbox)
    sandbox.run("pause")
    assert sandbox.states() == {"web": "paused"}
    sandbox.kill_daemon()
    assert sandbox.states() == {"web": "paused"}
    sandbox.run("resume")
    assert sandbox.states() == {"web": "ready"}


def test_a_command_runs_within_a_container(sandbox: Sandbox) -> None:
    sandbox.profile(ONE + "    environment: {COLOUR: blue}\n")
    up(sandbox)
    shown = sandbox.run("exec", "web", "--", "sh", "-c", "echo $COLOUR; exit 7", check=False)
    assert (shown.stdout, shown.returncode) == ("blue\n", 7)
    assert "COLOUR=blue" in sandbox.run("env", "web").stdout


def test_a_host_process_cannot_be_paused(sandbox: Sandbox) -> None:
    sandbox.profile(ONE)
    up(sandbox, "--runtime", "process")
    refused = sandbox.run("pause", check=False)
    assert refused.returncode == 1
    assert "web runs as process, which cannot be paused" in refused.stderr


def test_a_container_that_somebody_removed_comes_back(sandbox: Sandbox) -> None:
    sandbox.profile(ONE)
    up(sandbox)
    (before,) = containers(sandbox)
    docker("rm", "-f", before)
    eventually(lambda: containers(sandbox) not in ([], [before]))
    eventually(lambda: set(sandbox.states().values()) == {"ready"})


def test_the_second_checkout_gets_another_port(sandbox: Sandbox, engine: Engine) -> None:
    sandbox.write("compose.yaml", PORT)
    other = sandbox.base / "elsewhere" / sandbox.checkout.name
    shutil.copytree(sandbox.checkout, other)
    up(sandbox)
    up(sandbox, cwd=other)
    first, second = (
        sandbox.status(cwd=place)["services"][0] for place in (sandbox.checkout, other)
    )
    assert first["ports"][0]["port"] == 18120
    assert second["ports"][0]["port"] != 18120
    assert second["state"] == "ready"


NAMED = """
services:
  web:
    image: lab/busybox
    command: [sleep, "1000"]
    volumes: ["data:/data"]
    networks: [front]
networks: {front: {name: TOKEN-front}}
volumes: {data: {name: TOKEN-data}}
"""


def test_the_second_checkout_has_networks_and_volumes_of_its_own(sandbox: Sandbox) -> None:
    sandbox.write("compose.yaml", NAMED.replace("TOKEN", sandbox.token))
    other = sandbox.base / "elsewhere" / sandbox.checkout.name
    shutil.copytree(sandbox.checkout, other)
    up(sandbox)
    shown = sandbox.run("up", "-d", cwd=other, timeout=100).stderr
    second = sandbox.status(cwd=other)["environment"]["id"]
    for kind in ("network", "volume"):
        name = f"{sandbox.token}-{'front' if kind == 'network' else 'data'}"
        said = f"the {kind} {name} is another checkout's: here it is {second}_{name}"
        assert said in shown
    sandbox.run("exec", "web", "--", "touch", "/data/here", cwd=other)
    assert sandbox.run("exec", "web", "--", "ls", "/data").stdout == ""
    sandbox.run("down", "--volumes", "--yes")
    sandbox.run("down", cwd=other)
    up(sandbox, cwd=other)
    assert sandbox.run("exec", "web", "--", "ls", "/data", cwd=other).stdout == "here\n"
    sandbox.run("down", "--volumes", "--yes", cwd=other)
    assert docker("volume", "ls", "-q", "--filter", f"name={sandbox.token}-data") == []


def test_down_leaves_nothing_and_keeps_data_until_it_is_asked_for(sandbox: Sandbox) -> None:
    sandbox.profile(MIXED)
    up(sandbox, "db")
    environment = sandbox.status()["environment"]["id"]
    ours = ("--filter", f"label=dev.devenv.environment={environment}")
    sandbox.run("down")
    assert docker("ps", "-aq", *ours) == docker("network", "ls", "-q", *ours) == []
    assert docker("volume", "ls", "-q", *ours) == [f"{environment}_data"]
    up(sandbox, "db")
    sandbox.run("down", "--volumes", "--yes")
    assert docker("volume", "ls", "-q", *ours) == []


def test_logs_go_on_after_their_files_were_removed(sandbox: Sandbox) -> None:
    talking = "{image: lab/busybox, command: [sh, -c, 'echo begun; sleep 1000']}"
    sandbox.profile(f"services: {{web: {talking}}}")
    for _ in range(2):
        up(sandbox)
        eventually(lambda: "begun" in sandbox.run("logs", "web").stdout)
        sandbox.run("down", "--volumes", "--yes")


def test_a_down_that_a_stranger_holds_up_says_so(sandbox: Sandbox) -> None:
    sandbox.profile(ONE)
    up(sandbox)
    environment = sandbox.status()["environment"]["id"]
    (stranger,) = docker(
        "run", "-d", "--network", f"{environment}_default", "lab/busybox", "sleep", "1000"
    )
    try:
        assert sandbox.run("down", "--timeout", "3", check=False).returncode == 124
        shown = sandbox.run("status").stderr
        assert f"not all gone yet: error while removing network: network {environment}" in shown
        assert "has active endpoints" in shown
    finally:
        docker("rm", "-f", stranger)
    eventually(lambda: sandbox.run("list", "--json").stdout.count('"down"') == 1)
    assert "not all gone" not in sandbox.run("status").stderr


ADOPTING = """
name: PROJECT
services:
  web: {image: lab/busybox:1, command: [sleep, "1000"], volumes: ["data:/data"]}
volumes: {data: DATA}
"""


def test_a_volume_of_compose_is_named_with_the_way_to_adopt_it(sandbox: Sandbox) -> None:
    project = f"shop{sandbox.token}"
    text = ADOPTING.replace("PROJECT", project)
    docker("volume", "create", f"{project}_data")
    try:
        sandbox.write("compose.yaml", text.replace("DATA", "{}"))
        adopted = f"{{external: true, name: {project}_data}}"
        assert f"`data: {adopted}`" in sandbox.run("up", "-d", timeout=100).stderr
        assert "of Docker Compose already" not in sandbox.run("up", "-d").stderr
        sandbox.write("compose.yaml", text.replace("DATA", adopted))
        up(sandbox)
        sandbox.run("exec", "web", "--", "touch", "/data/here")
        sandbox.run("down", "--volumes", "--yes")
    finally:
        docker("volume", "rm", f"{project}_data")


OUTSIDE = """
services:
  web: {image: lab/busybox:1, command: [sleep, "1000"], networks: [NET], volumes: ["VOLUME:/data"]}
networks: {NET: {external: true}}
volumes: {VOLUME: {external: true}}
"""


def test_what_somebody_else_has_to_make_first_is_told_at_once(sandbox: Sandbox) -> None:
    network, volume = f"net{sandbox.token}", f"data{sandbox.token}"
    lacking = (f"docker network create {network}", f"docker volume create {volume}")
    sandbox.write("compose.yaml", OUTSIDE.replace("NET", network).replace("VOLUME", volume))
    planned = sandbox.run("plan").stdout
    assert all(command in planned for command in lacking)
    refused = sandbox.run("up", "-d", check=False)
    assert refused.returncode == 1
    assert f"there is no network {network}, no volume {volume}" in refused.stderr
    assert " && ".join(lacking) in refused.stderr
    for command in lacking:
        docker(*command.split()[1:])
    try:
        sandbox.run("up", "-d", timeout=100)
        assert sandbox.states() == {"web": "ready"}
        assert "docker network create" not in sandbox.run("plan").stdout
    finally:
        sandbox.run("down", "--volumes", "--yes")
        docker("network", "rm", network)
        docker("volume", "rm", volume)
