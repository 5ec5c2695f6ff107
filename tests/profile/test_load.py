"""From a profile's text to the model."""

from __future__ import annotations

import pytest

from devenv.model.origin import ProfileError
from devenv.model.service import (
    Condition,
    Dependency,
    ExecCheck,
    FileCheck,
    HttpCheck,
    Kind,
    LogCheck,
    Port,
    PortRange,
    Probe,
    Restart,
    RestartPolicy,
    Stop,
    TcpCheck,
)
from devenv.profile.load import Request, load
from tests.profile.loading import ROOT, image_of, load_text, service_of, variables_of


def test_a_command_alone_makes_a_host_process_in_the_folder_of_the_profile() -> None:
    web = service_of("{command: python -m 'my web'}")
    assert web.process is not None
    assert web.process.command == ("python", "-m", "my web")
    assert web.process.directory == ROOT
    assert web.container is None


def test_a_command_beside_an_image_is_the_containers() -> None:
    web = service_of("{command: run, image: nginx, volumes: ['a:/b']}")
    assert (web.process, image_of(web)) == (None, "nginx")


def test_process_beside_an_image_makes_both_possible() -> None:
    web = service_of(
        "{image: nginx, process: {command: [run], working_dir: sub}, environment: [A=1]}"
    )
    assert image_of(web) == "nginx"
    assert web.process is not None
    assert (web.process.command, web.process.directory) == (("run",), f"{ROOT}/sub")
    assert dict(web.process.environment) == {"A": "1"}


@pytest.mark.parametrize(
    ("keys", "check"),
    [
        ("ready: {http: /x}", HttpCheck("/x")),
        (
            "ready: {http: {path: /x, port: web, status: [200, 300-301]}}",
            HttpCheck("/x", "web", statuses=(200, 300, 301)),
        ),
        ("ready: {http: {status: 204}}", HttpCheck("/", statuses=(204,))),
        ("ready: {tcp: true}", TcpCheck()),
        ("ready: {tcp: 5432}", TcpCheck("5432")),
        ("ready: {tcp: {port: sql}}", TcpCheck("sql")),
        ("ready: {log: 'listening on \\d+'}", LogCheck("listening on \\d+")),
        ("ready: {exec: pg_isready -q}", ExecCheck(("pg_isready", "-q"))),
        ("ready: {file: run/pid}", FileCheck(f"{ROOT}/run/pid")),
        ("healthcheck: {test: 'a && b'}", ExecCheck(("sh", "-c", "a && b"))),
        ("healthcheck: {test: [CMD-SHELL, 'a && b']}", ExecCheck(("sh", "-c", "a && b"))),
        ("healthcheck: {test: [CMD, a, b]}", ExecCheck(("a", "b"))),
        ("healthcheck: {test: [CMD, a]}, ready: {tcp: true}", TcpCheck()),
    ],
)
def test_every_kind_of_readiness_check(keys: str, check: object) -> None:
    probe = service_of(f"{{command: w, {keys}}}").probe
    assert probe is not None
    assert probe.check == check


@pytest.mark.parametrize(
    "keys",
    [
        "healthcheck: {test: [NONE]}",
        "healthcheck: {disable: true, test: a}",
        "healthcheck: {interval: 1s}",
    ],
)
def test_a_healthcheck_can_be_switched_off(keys: str) -> None:
    assert service_of(f"{{command: w, {keys}}}").probe is None


def test_a_probe_keeps_its_timing() -> None:
    web = service_of(
        "{command: w, healthcheck: {test: a, interval: 5s, timeout: 1s, retries: 0, "
        "start_period: 1m, start_interval: 1s}}"
    )
    assert web.probe == Probe(ExecCheck(("sh", "-c", "a")), 5.0, 1.0, 0, 60.0)


@pytest.mark.parametrize(
    ("keys", "ports"),
    [
        ("ports: ['web: auto', 'admin: 9000']", [Port("web"), Port("admin", 9000, target=9000)]),
        ("ports: {web: auto, dev: 3000-3010}", [Port("web"), Port("dev", PortRange(3000, 3010))]),
        ("ports: [web: auto]", [Port("web")]),
        (
            "ports: [{target: 80, published: '8080', host_ip: 0.0.0.0}]",
            [Port("80", 8080, "0.0.0.0", target=80)],
        ),
        ("ports: [{name: web, target: 80}]", [Port("web", 80, target=80)]),
        ("ports: [8080, '22:22']", [Port("8080", 8080, target=8080), Port("22", 22, target=22)]),
    ],
)
def test_ports_in_all_their_forms(keys: str, ports: list[Port]) -> None:
    assert list(service_of(f"{{command: w, {keys}}}").ports) == ports


def test_dependencies_short_and_long() -> None:
    loaded = load_text("""
services:
  a: {command: a, ready: {tcp: 1}}
  b: {command: b, depends_on: [a]}
  c:
    command: c
    depends_on:
      a: {condition: service_healthy, restart: true}
      b: {required: false}
      gone: {required: false}
  d: {command: d, depends_on: {t: {condition: service_completed_successfully}}}
tasks:
  t: {command: t}
""")
    services = loaded.environment.services
    assert services["b"].depends_on == (Dependency("a"),)
    assert services["c"].depends_on == (
        Dependency("a", Condition.HEALTHY, restart=True),
        Dependency("b", required=False),
    )
    assert services["d"].depends_on == (Dependency("t", Condition.COMPLETED),)
    assert (services["t"].kind, services["t"].automatic) == (Kind.TASK, False)
    assert [str(problem) for problem in loaded.problems] == [
        "devenv.profile.yaml:10:7: warning: c depends on `gone`, which is not in the profile"
    ]


def test_the_other_keys_of_a_service() -> None:
    web = service_of(
        "{command: w, restart: 'on-failure:3', stop_signal: INT, stop_grace_period: 1m, scale: 3, "
        "labels: [a=b, c], tty: true, stdin_open: yes, success_exit_codes: [0, 3], "
        "logs: {quota: 1MB}, runtime: process, x-own: 1, url: 'http://x'}"
    )
    assert web.restart == Restart(RestartPolicy.ON_FAILURE, 3)
    assert web.stop == Stop("SIGINT", 60.0)
    assert (web.replicas, web.labels) == (3, {"a": "b", "c": ""})
    assert web.success_exit_codes == {0, 3}
    assert (web.log_quota, web.runtime, web.url) == (1 << 20, "process", "http://x")
    assert web.process is not None
    assert (web.process.tty, web.process.stdin) == (True, True)


def test_deploy_says_replicas_and_restarts_too() -> None:
    web = service_of(
        "{command: w, deploy: {replicas: 2, restart_policy: {condition: on-failure, "
        "max_attempts: 4}, resources: {}}}"
    )
    assert (web.replicas, web.restart) == (2, Restart(RestartPolicy.ON_FAILURE, 4))


def test_the_top_level_keys() -> None:
    web = "services: {web: {command: a}}\n"
    text = f"{web}name: my-shop\nlogs: {{quota: 1GB}}\nx-a: 1\nvolumes: {{a: }}"
    environment = load_text(text).environment
    assert (environment.name, environment.root) == ("my-shop", ROOT)
    assert environment.log_quota == 1 << 30
    assert load_text(web).environment.name == "shop"


@pytest.mark.parametrize("text", ["", "services:\n", "name: my-shop\n", "x-a: {b: c}\n"])
def test_a_profile_with_nothing_to_run_is_refused(text: str) -> None:
    with pytest.raises(ProfileError, match="nothing to run"):
        load_text(text)


@pytest.mark.parametrize(
    ("ports", "other", "refused"),
    [
        ('["a: 18080"]', '["b: 18080"]', True),
        ('["a: 18080", "c: 18080"]', "[]", True),
        ('["a: 18080"]', '["b: 18081"]', False),
        ('["a: auto"]', '["b: auto"]', False),
    ],
)
def test_a_fixed_port_is_given_once(ports: str, other: str, refused: bool) -> None:
    text = f"services:\n  a: {{command: a, ports: {ports}}}\n  b: {{command: b, ports: {other}}}\n"
    if not refused:
        load_text(text)
        return
    with pytest.raises(ProfileError, match="cannot have the port 18080 twice"):
        load_text(text)


def test_no_service_has_a_million_replicas() -> None:
    with pytest.raises(ProfileError, match="1000"):
        load_text("services: {web: {command: a, scale: 1000000}}")


def test_compose_profiles_make_services_automatic() -> None:
    text = """
services:
  a: {command: a, profiles: [x]}
  b: {command: b}
  c: {command: c, profiles: [y]}
"""

    def automatic(profiles: tuple[str, ...], environment: dict[str, str]) -> list[str]:
        services = load_text(text, None, environment, profiles).environment.services
        return [name for name, service in services.items() if service.automatic]

    assert automatic((), {}) == ["b"]
    assert automatic(("x",), {"COMPOSE_PROFILES": "y"}) == ["a", "b"]
    assert automatic((), {"COMPOSE_PROFILES": "x,y"}) == ["a", "b", "c"]
    assert automatic(("*",), {}) == ["a", "b", "c"]


ENV = "FROM_FILE=file\nBOTH=file\nOUTSIDE=$CLIENT\nTOKEN='${{ self.secret }}'\n"


def test_environment_wins_over_env_files_and_later_files_over_earlier() -> None:
    values = variables_of(
        "{command: w, env_file: [a.env, {path: b.env, required: false}, "
        "{path: no.env, required: false}, {path: raw.env, format: raw}], "
        "environment: {BOTH: own, CLIENT: , UNSET: , FROM_RAW: , DEBUG: true, VERSION: 1.10}}",
        {"a.env": ENV, "b.env": "FROM_FILE=later\nUNSET=1\n", "raw.env": 'RAW="$X"\n'},
        {"CLIENT": "client"},
    )
    assert dict(values) == {
        "FROM_FILE": "later",
        "BOTH": "own",
        "OUTSIDE": "client",
        "TOKEN": "${{$}}{{ self.secret }}",
        "RAW": '"$X"',
        "CLIENT": "client",
        "DEBUG": "true",
        "VERSION": "1.10",
    }


def test_the_clients_variables_win_over_dotenv() -> None:
    files = {".env": "A=dotenv\nB=dotenv\nC=${A}-${B}\n"}
    keys = "{command: w, environment: {A: $A, B: $B, C: $C, P: $COMPOSE_PROJECT_NAME, BARE: }}"
    values = variables_of(keys, files, {"A": "client", "COMPOSE_PROJECT_NAME": "x"})
    assert dict(values) == {"A": "client", "B": "dotenv", "C": "client-dotenv", "P": "shop"}
    without = variables_of(keys, files, {"COMPOSE_DISABLE_ENV_FILE": "1"})
    assert without["B"] == ""


def test_our_own_variables_win_over_the_clients() -> None:
    request = Request(ROOT, environment={"DEVENV_BRANCH": "x"}, builtin={"DEVENV_BRANCH": "main"})
    profile = b"services: {web: {command: [w, $DEVENV_BRANCH]}}"
    loaded = load(request, {f"{ROOT}/devenv.profile.yaml": profile}.get)
    web = loaded.environment.services["web"].process
    assert web is not None
    assert web.command == ("w", "main")
    assert "DEVENV_BRANCH" not in loaded.variables


def test_a_load_can_be_repeated_from_what_it_recorded() -> None:
    loaded = load_text(
        "include: [sub/p.yaml]\nservices: {web: {command: $A $B, env_file: [w.env], "
        "environment: [BARE], ports: ['web: auto']}}",
        {
            "sub/p.yaml": "services: {db: {command: $C}}",
            "sub/.env": "C=c\n",
            ".env": "A=a\n",
            "w.env": "X=$OUT\n",
        },
        {"B": "b", "OUT": "out", "BARE": "bare", "UNUSED": "u", "HOME": "/h"},
    )
    assert dict(loaded.variables) == {
        "A": None,
        "B": "b",
        "C": None,
        "OUT": "out",
        "BARE": "bare",
        "COMPOSE_DISABLE_ENV_FILE": None,
        "COMPOSE_PROFILES": None,
    }
    secret = {path for path, source in loaded.sources.items() if source.secret}
    assert secret == {f"{ROOT}/.env", f"{ROOT}/sub/.env", f"{ROOT}/w.env"}
    recorded = {path: source.content for path, source in loaded.sources.items()}
    environment = {name: value for name, value in loaded.variables.items() if value is not None}
    again = load(Request(ROOT, environment=environment), recorded.get)
    assert again == loaded
