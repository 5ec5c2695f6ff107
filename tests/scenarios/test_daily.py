"""What a developer does all day, by the command line."""

from __future__ import annotations

import http.server
import signal
import socket
import threading
from pathlib import Path

from devenv.api.client import Client
from tests.scenarios.sandbox import Sandbox, eventually

SHOP = """
services:
  db: {command: sleep TOKEN}
  web: {command: sleep TOKEN, depends_on: {migrate: {condition: service_completed_successfully}}}
tasks:
  migrate: {command: ["sh", "-c", "echo migrating; echo x >> ran"], depends_on: [db]}
"""


PROBES = """
services:
  http: {command: sleep TOKEN, ready: {http: {path: /, port: PORT}}}
  tcp: {command: sleep TOKEN, ready: {tcp: PORT}}
  log: {command: ["sh", "-c", "echo I am ready; exec sleep TOKEN"], ready: {log: am ready}}
  exec: {command: sleep TOKEN, ready: {exec: ["test", "-d", "."]}}
  file: {command: ["sh", "-c", "touch up; exec sleep TOKEN"], ready: {file: up}}
  health: {command: sleep TOKEN, healthcheck: {test: "true"}}
"""


def test_an_edit_makes_again_only_what_changed(sandbox: Sandbox) -> None:
    sandbox.profile(SHOP)
    sandbox.run("up", "-d")
    before = sandbox.pids()
    sandbox.profile(SHOP.replace("web: {command: sleep TOKEN,", "web: {command: sleep 1TOKEN,"))
    assert any("web" in line for line in sandbox.status()["changes"])
    assert sandbox.pids() == before, "a save alone changes nothing"
    sandbox.run("up", "-d")
    after = sandbox.pids()
    assert (after["db"] == before["db"], after["web"] == before["web"]) == (True, False)
    assert (sandbox.checkout / "ran").read_text() == "x\n", "a done task is not run again"
    sandbox.run("up", "-d")
    assert sandbox.pids() == after


def test_a_failed_task_is_tried_again_by_the_next_up(sandbox: Sandbox) -> None:
    sandbox.profile(SHOP.replace("echo migrating;", "echo migrating; test -e ok || exit 3;"))
    failed = sandbox.run("up", "-d", check=False)
    assert failed.returncode == 1
    assert "exit code 3" in failed.stderr
    assert "migrating" in failed.stderr, "the last lines of its log"
    assert sandbox.states() == {"db": "ready", "web": "waiting", "migrate": "failed"}
    said = sandbox.run("why", "web").stdout
    assert "migrate has failed with exit code 3" in said
    (sandbox.checkout / "ok").touch()
    sandbox.run("up", "-d")
    assert sandbox.states() == {"db": "ready", "web": "ready", "migrate": "done"}


def test_one_service_is_stopped_and_started(sandbox: Sandbox) -> None:
    sandbox.profile(SHOP)
    sandbox.run("up", "-d")
    before = sandbox.pids()
    sandbox.run("stop", "db")
    assert sandbox.states() == {"db": "stopped", "web": "ready", "migrate": "done"}
    sandbox.run("start", "db")
    assert sandbox.pids()["web"] == before["web"]
    assert sandbox.pids()["db"] != before["db"]


def test_stop_says_who_goes_on_without_it(sandbox: Sandbox) -> None:
    sandbox.profile("""
services:
  db: {command: sleep TOKEN}
  web: {command: sleep TOKEN, depends_on: [db]}
  other: {command: sleep TOKEN}
""")
    sandbox.run("up", "-d")
    assert "web runs on, without db." in sandbox.run("stop", "db").stderr
    assert "runs on" not in sandbox.run("stop", "web").stderr


def test_restart_takes_the_environment_of_now(sandbox: Sandbox) -> None:
    sandbox.profile('services: {web: {command: ["sh", "-c", "echo $$MOOD; exec sleep TOKEN"]}}')
    sandbox.run("up", "-d", extra={"MOOD": "grey"})
    eventually(lambda: sandbox.run("logs").stdout == "web | grey\n")
    sandbox.run("restart", "web", extra={"MOOD": "sunny"})
    eventually(lambda: sandbox.run("logs", "-n", "1", "--no-prefix").stdout == "sunny\n")


def test_a_crash_loop_is_given_up_with_its_last_words(sandbox: Sandbox) -> None:
    sandbox.profile("""
services:
  web:
    command: ["sh", "-c", "echo no database >&2; exit 7"]
    restart: "on-failure:2"
    ready: {file: never}
""")
    failed = sandbox.run("up", "-d", check=False)
    assert failed.returncode == 1
    assert "gave up" in failed.stderr or "given up" in failed.stderr
    assert "no database" in failed.stderr
    assert sandbox.service("web")["restarts"] == 2


def test_a_taken_port_is_reported_with_its_holder(sandbox: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        sandbox.profile(f"services: {{web: {{command: sleep TOKEN, ports: ['web: {port}']}}}}")
        failed = sandbox.run("up", "-d", check=False)
        assert failed.returncode == 1
        assert f"port {port} is taken by" in failed.stderr
        assert "pid" in failed.stderr
    eventually(lambda: sandbox.states() == {"web": "ready"})


def test_a_free_port_moves_when_a_stranger_takes_it(sandbox: Sandbox) -> None:
    sandbox.profile("""
services:
  web: {command: sleep TOKEN, ports: ["web: auto"]}
  user: {command: ["sh", "-c", "exec sleep TOKEN"], environment: {AT: "${{ services.web.url }}"}}
""")
    sandbox.run("up", "-d")
    port = sandbox.service("web")["ports"][0]["port"]
    sandbox.run("stop", "web")
    user = sandbox.pids()["user"]
    with socket.create_server(("127.0.0.1", port)):
        sandbox.run("up", "-d")
        assert sandbox.service("web")["ports"][0]["port"] != port
        eventually(lambda: sandbox.states() == {"web": "ready", "user": "ready"})
        assert sandbox.pids()["user"] != user, "who reads the address is made again"


def test_every_probe_makes_its_service_ready(sandbox: Sandbox) -> None:
    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler
    ) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        sandbox.profile(PROBES.replace("PORT", str(port)))
        sandbox.run("up", "-d")
        assert {one["health"] for one in sandbox.status()["services"]} == {"passing"}
        server.shutdown()


def test_a_procfile_works_as_it_stands(sandbox: Sandbox) -> None:
    sandbox.write("Procfile", "web: echo $PORT $NAME; exec sleep TOKEN\nworker: exec sleep TOKEN\n")
    sandbox.write(".env", "NAME=shop\n")
    sandbox.run("up", "-d")
    assert sandbox.states() == {"web": "ready", "worker": "ready"}
    eventually(lambda: "shop" in sandbox.run("logs", "web").stdout)
    assert sandbox.run("logs", "web", "--no-prefix").stdout.split()[0].isdigit()


def test_tasks_and_commands_end_with_the_status_of_the_child(sandbox: Sandbox) -> None:
    sandbox.profile("""
services:
  web: {command: sleep TOKEN, environment: {COLOUR: blue}}
tasks:
  lint: {command: ["sh", "-c", "echo looked; exit 4"]}
""")
    sandbox.run("up", "-d")
    linted = sandbox.run("run", "lint", check=False)
    assert (linted.returncode, linted.stdout) == (4, "looked\n")
    told = sandbox.run("exec", "web", "--", "sh", "-c", "echo $COLOUR; exit 5", check=False)
    assert (told.returncode, told.stdout) == (5, "blue\n")
    assert sandbox.run("run", "--service", "web", "--", "printenv", "COLOUR").stdout == "blue\n"


def test_an_interrupt_leaves_a_task_running_and_says_so(sandbox: Sandbox) -> None:
    sandbox.profile("""
tasks:
  slow: {command: ["sh", "-c", "echo begun; exec sleep TOKEN"]}
""")
    with sandbox.spawn("run", "slow") as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "begun\n"
        running.send_signal(signal.SIGINT)
        _, told = running.communicate(timeout=20)
    assert running.returncode == 130
    assert "slow goes on in the daemon: `devenv stop slow` ends it." in told
    assert sandbox.states() == {"slow": "running"}
    sandbox.run("stop", "slow")
    assert sandbox.alive() == []


def test_replicas_have_ports_of_their_own(sandbox: Sandbox) -> None:
    sandbox.profile("""
services:
  web:
    command: ["sh", "-c", "echo $$PORT; exec sleep TOKEN"]
    environment: {PORT: "${{ self.port }}"}
    ports: ["web: auto"]
""")
    sandbox.run("up", "-d")
    sandbox.run("scale", "web=3")
    eventually(lambda: len(sandbox.alive()) == 3)
    eventually(lambda: len(set(sandbox.run("logs", "--no-prefix").stdout.split())) == 3)
    sandbox.run("scale", "web=1")
    assert len(sandbox.alive()) == 1


def test_plan_before_the_first_up_runs_nothing(sandbox: Sandbox) -> None:
    sandbox.profile(SHOP)
    planned = sandbox.run("plan").stdout
    assert planned.index("start db") < planned.index("start migrate") < planned.index("start web")
    assert sandbox.alive() == []
    assert sandbox.states() == {"db": "stopped", "web": "stopped", "migrate": "skipped"}


def test_down_keeps_data_unless_it_is_told_not_to(sandbox: Sandbox) -> None:
    sandbox.profile("""
services:
  db:
    command: ["sh", "-c", "mkdir -p $$DATA; touch $$DATA/table; exec sleep TOKEN"]
    environment: {DATA: "${{ self.data }}"}
""")
    sandbox.run("up", "-d")
    eventually(lambda: tables(sandbox))
    sandbox.run("down")
    assert tables(sandbox)
    sandbox.run("up", "-d")
    sandbox.run("down", "--volumes", "--yes")
    assert not tables(sandbox)


def tables(sandbox: Sandbox) -> list[Path]:
    return list(sandbox.state.glob("*/data/db/table"))


def test_a_service_says_what_it_was_made_of_and_who_its_neighbours_are(sandbox: Sandbox) -> None:
    sandbox.profile(SHOP.replace("web: {command: sleep TOKEN,", WATCHED))
    sandbox.run("up", "-d")
    with Client(sandbox.environ) as client:
        target = {"directory": str(sandbox.checkout)}
        told = client.call("inspect", {"target": target, "service": "web"})
        db = client.call("inspect", {"target": target, "service": "db"})
    values = {one["key"]: one for one in told["values"]}
    assert values["environment.API_KEY"]["text"] == "***"
    assert values["command"]["origin"].startswith("devenv.profile.yaml:4:")
    assert (told["probe"]["check"], told["probe"]["health"]) == ("exec", "passing")
    (needed,) = told["depends_on"]
    assert (needed["service"], needed["state"]) == ("migrate", "done")
    assert [one["service"] for one in db["dependants"]] == ["migrate"]


WATCHED = "web: {command: sleep TOKEN, environment: {API_KEY: x}, ready: {exec: ['true']},"


def test_a_service_is_no_task_and_why_knows_what_is_stopped(sandbox: Sandbox) -> None:
    sandbox.profile("name: another\nservices: {web: {command: sleep TOKEN}}")
    sandbox.run("up", "-d")
    before = sandbox.pids()
    told = sandbox.run("run", "web", check=False)
    assert told.returncode == 2
    assert "web is a service, no task" in told.stderr
    assert sandbox.pids() == before
    assert "ready" in sandbox.run("-e", "another", "status").stdout
    sandbox.run("down")
    assert sandbox.run("why", "web").stdout.startswith("web is stopped")


def test_an_emptied_profile_is_refused_and_what_runs_goes_on(sandbox: Sandbox) -> None:
    sandbox.profile("services: {web: {command: sleep TOKEN}}")
    sandbox.run("up", "-d")
    before = sandbox.pids()
    sandbox.profile("")
    told = sandbox.run("up", "-d", check=False)
    assert told.returncode == 1
    assert "there is nothing to run" in told.stderr
    assert sandbox.pids() == before


def test_replicas_have_addresses_of_their_own(sandbox: Sandbox) -> None:
    sandbox.profile('services: {web: {command: sleep TOKEN, scale: 2, ports: ["web: auto"]}}')
    sandbox.run("up", "-d")
    ports = [replica["ports"][0] for replica in sandbox.service("web")["replicas"]]
    assert [one["url"] for one in ports] == [f"http://127.0.0.1:{one['port']}" for one in ports]
