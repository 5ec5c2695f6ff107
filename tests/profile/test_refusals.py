"""Every way in which a profile is refused: the whole message, its place and its hint."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from devenv.errors import DevenvError
from devenv.model.origin import ProfileError
from devenv.profile.load import Request, load, read_file
from tests.profile.loading import ROOT, problems_of

P = "devenv.profile.yaml"


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("comand: x", "1:18: services.web: unknown key `comand` (did you mean `command`?)"),
        (
            "command: w, extends: x",
            "1:30: services.web: unknown key `extends` (write `uses: ./file.yaml#service`)",
        ),
        (
            "command: w, zzz: x",
            "1:30: services.web: unknown key `zzz` (a key of your own begins with x-)",
        ),
        ("command: {a: b}", "1:18: services.web.command: expected a string or a list, got a map"),
        ("command: [[a]]", "1:28: services.web.command[0]: expected a string, got a list"),
        (
            "command: 'a \"b'",
            '1:27: services.web.command: cannot split `a "b` into words: '
            "no closing quotation (close the quote, or write a list)",
        ),
        ("command: []", "1:27: services.web: the command is empty"),
        (
            "tty: true",
            "1:12: services.web: nothing says how to run it (add `command` for a host "
            "process, `image` or `build` for a container, or `uses`)",
        ),
        (
            "command: w, volumes: ['a:b']",
            "1:30: services.web: `volumes` needs a container, and "
            "this is a host process (add `image` or `build`, or remove the key)",
        ),
        (
            "command: w, runtime: docker",
            "1:39: services.web: it cannot be a container (add `image` or `build`)",
        ),
        (
            "image: x, runtime: process",
            "1:37: services.web: it cannot be a host process (add `process: {command: …}`)",
        ),
        (
            "command: w, runtime: proces",
            "1:39: services.web.runtime: expected process or docker, "
            "got `proces` (did you mean `process`?)",
        ),
        (
            "command: w, scale: many",
            "1:37: services.web.scale: expected a whole number, got `many`",
        ),
        ("command: w, scale: -1", "1:37: services.web.scale: expected 0 or more, got `-1`"),
        (
            "command: w, scale: true",
            "1:37: services.web.scale: expected a whole number, got `true`",
        ),
        (
            "command: w, scale: 2, deploy: {replicas: 3}",
            "1:37: services.web: `scale` is 2 and `deploy.replicas` is 3 (keep one of them)",
        ),
        (
            "command: w, scale: 2, ports: ['web: 80']",
            "1:47: services.web: 2 replicas cannot share the port `web` (write `web: auto`)",
        ),
        (
            "command: w, tty: perhaps",
            "1:35: services.web.tty: expected true or false, got `perhaps`",
        ),
        ("command: w, ports: 80", "1:37: services.web.ports: expected a list or a map, got `80`"),
        (
            "command: w, ports: ['x:y']",
            "1:38: services.web.ports[0]: `x:y` is not a port (write "
            "one like `web: auto`, `web: 8080`, `web: 3000-3010` or `8080:80`)",
        ),
        (
            "command: w, ports: ['web: auto', {web: 80}]",
            "1:57: services.web: two ports are called `web`",
        ),
        (
            "command: w, ports: [{web: 99999}]",
            "1:44: services.web: `99999` is not a port (ports go from 1 to 65535; or write auto)",
        ),
        (
            "command: w, ports: [{published: 80}]",
            "1:38: services.web: a port needs a `target` or a "
            "`name` (write one like `web: auto`, `web: 8080`, `web: 3000-3010` or `8080:80`)",
        ),
        (
            "command: w, environment: {A: [b]}",
            "1:47: services.web.environment.A: expected a string, got a list",
        ),
        (
            "command: w, environment: ['=x']",
            "1:44: services.web.environment[0]: `=x` has no name (write NAME=VALUE)",
        ),
        (
            "command: w, env_file: gone.env",
            "1:40: there is no env file gone.env (make it, or write `{path: …, required: false}`)",
        ),
        (
            "command: w, env_file: [{path: a, format: x}]",
            "1:59: services.web.env_file[0].format: expected raw, got `x`",
        ),
        ("command: w, depends_on: [bd]", "1:43: web depends on `bd`, which is not in the profile"),
        (
            "command: w, depends_on: [web]",
            "1:43: services wait for each other: web → web (remove one of these `depends_on`)",
        ),
        (
            "command: w, depends_on: {web: {condition: healthy}}",
            "1:60: "
            "services.web.depends_on.web.condition: expected service_started or service_healthy or "
            "service_completed_successfully, got `healthy` (did you mean `service_healthy`?)",
        ),
        (
            "command: w, ready: {http: /, tcp: true}",
            "1:30: services.web.ready: expected one check, "
            "got http and tcp (write one of http, tcp, log, exec and file)",
        ),
        (
            "command: w, ready: {}",
            "1:30: services.web.ready: expected one check, got none "
            "(write one of http, tcp, log, exec and file)",
        ),
        (
            "command: w, ready: {log: '('}",
            "1:43: services.web.ready.log: `(` is not a regular "
            "expression: missing ), unterminated subpattern at position 0 "
            "(write `\\` before ( [ * + ? .)",
        ),
        ("command: w, ready: {exec: []}", "1:30: services.web: `ready.exec` has no command"),
        (
            "command: w, ready: {http: {status: 999}}",
            "1:53: services.web.ready.http.status: `999` "
            "is not a status (write one like 204 or 200-299)",
        ),
        (
            "command: w, healthcheck: {test: [a]}",
            "1:30: services.web.healthcheck: `test` must "
            "begin with NONE, CMD or CMD-SHELL (or be one string)",
        ),
        (
            "command: w, healthcheck: {interval: soon, test: a}",
            "1:54: "
            "services.web.healthcheck.interval: `soon` is not a duration "
            "(write one like 500ms, 10s or 1m30s)",
        ),
        (
            "command: w, restart: sometimes",
            "1:39: services.web.restart: `sometimes` is not a "
            "restart policy (no, always, on-failure[:N] or unless-stopped)",
        ),
        (
            "command: w, stop_signal: TREM",
            "1:43: services.web.stop_signal: `TREM` is not a signal (did you mean `SIGTERM`?)",
        ),
        (
            "command: w, success_exit_codes: [256]",
            "1:51: services.web.success_exit_codes[0]: expected 255 or less, got `256`",
        ),
        (
            "command: w, logs: {quota: lots}",
            "1:44: services.web.logs.quota: `lots` is not a size "
            "(write one like 512kb, 256MB or 2GB)",
        ),
        (
            "command: w, environment: {A: '${B:?set it}'}",
            "1:47: required variable B is missing a value: set it (set B)",
        ),
        (
            "command: w, environment: {A: '${B'}",
            "1:47: invalid variable `${B` (write `$$` for a dollar sign)",
        ),
    ],
)
def test_what_is_wrong_with_a_service(keys: str, said: str) -> None:
    assert problems_of(f"services: {{web: {{{keys}}}}}") == [f"{P}:{said}"]


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        ("servces: {}", "1:1: unknown key `servces` (did you mean `services`?)"),
        ("services: []", "1:11: services: expected a map, got a list"),
        ("services: {web: }", "1:17: services.web: expected a map, got nothing"),
        (
            "services: {'a b': {command: a}}",
            "1:12: services.a b: `a b` is not a possible name (use letters, digits, _, . and -)",
        ),
        (
            "services: {..: {command: a}}",
            "1:12: services...: `..` is not a possible name (use letters, digits, _, . and -)",
        ),
        (
            "name: My Shop",
            "1:7: name: `My Shop` is not a possible name (use letters, digits, _, . and -)",
        ),
        (
            "services: {a: {command: a}}\ntasks: {a: {command: a}}",
            "2:9: tasks.a: there is a service of this name (give the task another)",
        ),
        (
            "tasks: {a: {command: a, restart: always}}",
            "1:34: tasks.a: a task runs to its end, so "
            "`restart: always` is not possible (write `on-failure`, or move it to `services`)",
        ),
        (
            "services: {a: {command: a, depends_on: {b: {condition: service_healthy}}}, "
            "b: {command: b}}",
            "1:41: a waits for `b` to be healthy, but that has no check "
            "(add `ready` or `healthcheck` to b)",
        ),
        (
            "services: {a: {command: a, depends_on: [b]}, b: {command: b, depends_on: [c]}, "
            "c: {command: c, depends_on: [a]}}",
            "1:41: services wait for each other: a → b → c → a (remove one of these `depends_on`)",
        ),
        (
            "services: {a: {command: a, depends_on: [b]}, b: {command: b, profiles: [x]}}",
            "1:41: a depends on `b`, whose Compose profiles are not active "
            "(activate one with --profile, or write `required: false`)",
        ),
        (
            "services: {a: {build: {context: ., additional_contexts: {x: 'service:b'}}}, "
            "b: {build: {context: ., additional_contexts: {x: 'service:a'}}}}",
            "1:12: images are built on each other: a → b → a "
            "(remove one of these `additional_contexts`)",
        ),
        (
            "services: {a: {build: {context: ., additional_contexts: {x: 'service:b'}}}, "
            "b: {image: b}}",
            "1:12: a is built on `b`, which is no service that is built "
            "(`docker-image://NAME` means an image)",
        ),
        ("include: [gone.yaml]", "1:11: there is no file gone.yaml"),
        (
            "include: [compose.yaml]",
            "1:11: compose.yaml: a profile cannot include a Compose file yet "
            "(take its services over: their keys are the same)",
        ),
        (
            "include: [devenv.profile.yaml]",
            "1:11: files include each other: devenv.profile.yaml → devenv.profile.yaml",
        ),
    ],
)
def test_what_is_wrong_with_a_profile(profile: str, said: str) -> None:
    assert problems_of(profile) == [f"{P}:{said}"]


def test_all_problems_are_told_at_once_in_the_order_of_their_lines() -> None:
    said = problems_of(
        """
services:
  web:
    comand: w
    scale: many
  api:
    command: a
    depends_on: [wbe, db]
    environment: {A: "${{ services.dv.url }}", B: "${C:?}", D: $E}
  db: {command: d, depends_on: [api], env_file: e.env}
""",
        {"e.env": "A=1\nB='\n"},
    )
    assert [line.split(" (")[0] for line in said] == [
        f"{P}:4:5: services.web: unknown key `comand`",
        f"{P}:5:12: services.web.scale: expected a whole number, got `many`",
        f"{P}:8:18: api depends on `wbe`, which is not in the profile",
        f"{P}:8:23: services wait for each other: api → db → api",
        f"{P}:9:22: services.api: `${{{{ services.dv.url }}}}`: no service `dv`",
        f"{P}:9:51: required variable C is missing a value",
        f"{P}:9:64: warning: the variable E is not set; it becomes an empty string",
        "e.env:2:3: the quote ' is not closed",
    ]


def test_what_else_is_wrong_with_a_service_is_told_too() -> None:
    said = problems_of(
        """
services:
  web:
    command: w
    ports: [99999]
    ready: {log: "(["}
    depends_on: [wbe, api]
    env_file: gone.env
  api: {command: a, depends_on: {web: {condition: service_healthy}}}
  api: {command: b}
"""
    )
    assert [line.split(" (")[0] for line in said] == [
        f"{P}:5:13: services.web.ports[0]: `99999` is not a port",
        f"{P}:6:18: services.web.ready.log: `([` is not a regular expression: "
        "unterminated character set at position 1",
        f"{P}:7:18: web depends on `wbe`, which is not in the profile",
        f"{P}:8:15: there is no env file gone.env",
        f"{P}:9:34: services wait for each other: api → web → api",
        f"{P}:10:3: duplicate key `api`",
    ]


def test_a_misspelt_command_hides_nothing_else() -> None:
    assert problems_of("""
services:
  web:
    comand: w
    environment: {A: "${{ services.dbx.url }}"}
    depends_on: [dbx]
  db: {image: busybox, wibble: 3}
""") == [
        f"{P}:4:5: services.web: unknown key `comand` (did you mean `command`?)",
        f"{P}:5:22: services.web: `${{{{ services.dbx.url }}}}`: no service `dbx` "
        "(did you mean `db`?)",
        f"{P}:6:18: web depends on `dbx`, which is not in the profile (did you mean `db`?)",
        f"{P}:7:24: services.db: unknown key `wibble` (a key of your own begins with x-)",
    ]


@pytest.mark.parametrize("keys", ["command: '${A:?}'", "command: w, ports: ['${A:?}']"])
def test_a_variable_that_is_missing_is_one_problem(keys: str) -> None:
    assert len(problems_of(f"services: {{web: {{{keys}}}}}")) == 1


def test_no_profile_at_all_is_a_problem() -> None:
    with pytest.raises(ProfileError) as caught:
        load(Request(ROOT), lambda _: None)
    assert str(caught.value) == f"{P}: there is no {P} in {ROOT}"


def test_a_file_that_cannot_be_read_is_a_problem_where_it_is_named(tmp_path: Path) -> None:
    (tmp_path / P).write_text("services: {web: {command: w, env_file: [folder, pipe]}}")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ProfileError) as caught:
        load(Request(str(tmp_path)))
    assert [str(problem) for problem in caught.value.problems] == [
        f"{P}:1:41: cannot read {tmp_path}/folder: Is a directory",
        f"{P}:1:49: cannot read {tmp_path}/pipe: it is not a plain file",
    ]


def test_read_file_tells_absent_from_unreadable(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert read_file(str(tmp_path / "gone")) is None
    assert read_file(str(tmp_path / "gone" / "too")) is None
    with pytest.raises(DevenvError, match="cannot read"):
        read_file(str(tmp_path / "loop"))


def test_what_has_no_value_is_not_wrong_in_other_ways_as_well() -> None:
    services = "services: {web: {image: '${IMAGE:?}', ports: ['${PORT:?}:80'], depends_on: [db]}}"
    missing = [
        "required variable IMAGE is missing a value (set IMAGE)",
        "required variable PORT is missing a value (set PORT)",
    ]
    in_profile = [line.split(": ", 1)[1] for line in problems_of(services)]
    assert in_profile == [*missing, "web depends on `db`, which is not in the profile"]
    with pytest.raises(ProfileError) as caught:
        load(Request(ROOT), {f"{ROOT}/compose.yaml": services.encode()}.get)
    in_compose = [str(problem).split(": ", 1)[1] for problem in caught.value.problems]
    assert in_compose == [*missing, "services.web: it depends on db, and there is no such service"]
