from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from devenv.errors import DevenvError
from devenv.model.environment import Environment
from devenv.model.service import Check, ExecCheck, FileCheck, HttpCheck, Service
from devenv.profile.references import Given, escape, parse, resolve, shown_url
from tests.profile.loading import load_text, problems_of

SHOP = """
services:
  db:
    command: run ${{ self.data }} ${{ self.port }}
    ports: ["sql: auto", "admin: 9000"]
    url: postgresql://app:${{ self.secret }}@${{ self.host }}:${{ self.port }}/app
    environment:
      PGPASSWORD: ${{ self.secret }}
      NAME: app-${{ self.index }}
  web:
    command: ["web", "$${{ literal"]
    ports: ["web: auto"]
    labels: {at: "${{ self.url }}"}
    ready: {http: {path: "/${{ services.db.env.NAME }}", port: "${{ self.port }}"}}
    environment:
      ADDRESS: ${{ services.db.url }}
      ADMIN: ${{ services.db.host }}:${{ services.db.ports.admin }}
      COPY: ${{ services.db.env.PGPASSWORD }}
      TWICE: ${{ services.web.env.ADDRESS }}
      SELF: ${{ self.ports.web }}
      AGAIN: ${{ self.env.SELF }}
      PLAIN: text
      API_KEY: text
      PROXY: http://me:word@proxy
"""
PORTS = {
    ("db", 0, "sql"): 20001,
    ("db", 0, "admin"): 9000,
    ("web", 0, "web"): 20002,
    ("web", 1, "web"): 20003,
}


def given(ports: Mapping[tuple[str, int, str], int]) -> Given:
    return Given(ports, lambda service: f"secret-{service}", lambda service: f"/data/{service}")


def shop() -> Environment:
    return load_text(SHOP).environment


def resolved(name: str, index: int = 0) -> Service:
    environment = shop()
    return resolve(environment, environment.services[name], index, given(PORTS))


def test_a_service_sees_its_own_values_and_those_of_others() -> None:
    web = resolved("web")
    assert web.process is not None
    assert dict(web.process.environment) == {
        "ADDRESS": "postgresql://app:secret-db@127.0.0.1:20001/app",
        "ADMIN": "127.0.0.1:9000",
        "COPY": "secret-db",
        "TWICE": "postgresql://app:secret-db@127.0.0.1:20001/app",
        "SELF": "20002",
        "AGAIN": "20002",
        "PLAIN": "text",
        "API_KEY": "text",
        "PROXY": "http://me:word@proxy",
    }
    assert web.process.command == ("web", "${{ literal")
    assert web.labels == {"at": "http://127.0.0.1:20002"}
    assert web.probe is not None
    assert web.probe.check == HttpCheck("/app-0", "20002")


def test_self_is_the_replica_and_others_are_their_first_one() -> None:
    second = resolved("web", 1)
    assert second.process is not None
    assert second.process.environment["SELF"] == "20003"
    assert second.labels == {"at": "http://127.0.0.1:20003"}
    assert second.process.environment["TWICE"].endswith(":20001/app")


def test_a_command_may_hold_the_data_folder() -> None:
    database = resolved("db")
    assert database.process is not None
    assert database.process.command == ("run", "/data/db", "20001")


def test_variables_that_lead_to_a_secret_are_named() -> None:
    services = shop().services
    assert services["db"].secrets == {"PGPASSWORD"}
    assert services["web"].secrets == {"ADDRESS", "COPY", "TWICE", "API_KEY", "PROXY"}


def test_an_address_is_shown_without_its_secret() -> None:
    environment = shop()
    shown = {
        name: shown_url(environment, service, 0, given(PORTS))
        for name, service in environment.services.items()
    }
    assert shown == {
        "db": "postgresql://app:***@127.0.0.1:20001/app",
        "web": "http://127.0.0.1:20002",
    }


def test_a_port_without_a_number_is_an_expected_failure() -> None:
    environment = shop()
    with pytest.raises(DevenvError, match="the port sql of db has no number yet"):
        resolve(environment, environment.services["web"], 0, given({}))


@pytest.mark.parametrize("literal", ["${{", "a ${{ self.port }} b", "$${{", "${${{", "plain $x"])
def test_escaped_text_stays_as_it_is(literal: str) -> None:
    assert "".join(str(part) for part in parse(escape(literal))) == literal


def service(keys: str, others: str = "") -> str:
    return f"services:\n  web: {{command: w, {keys}}}\n{others}"


DB = "  db: {command: d, ports: ['sql: auto'], environment: {NAME: x}}\n"


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        (
            service("environment: {A: '${{ services.bd.url }}'}", DB),
            "2:38: services.web: `${{ services.bd.url }}`: no service `bd` (did you mean `db`?)",
        ),
        (
            service("environment: {A: '${{ services.db.ports.sq }}'}", DB),
            "2:38: services.web: `${{ services.db.ports.sq }}`: db has no port `sq` "
            "(did you mean `sql`?)",
        ),
        (
            service("environment: {A: '${{ self.port }}'}"),
            "2:38: services.web: `${{ self.port }}`: web has no ports "
            '(add `ports: ["web: auto"]` to web)',
        ),
        (
            service("environment: {A: '${{ services.db.env.NAM }}'}", DB),
            "2:38: services.web: `${{ services.db.env.NAM }}`: db has no variable NAM "
            "(did you mean `NAME`?)",
        ),
        (
            service("environment: {A: '${{ services.x.url }}'}", "  x: {command: x}\n"),
            "2:38: services.web: `${{ services.x.url }}`: x has no address "
            "(add `ports` or `url` to x)",
        ),
        (
            service("environment: {A: '${{ services.db.uri }}'}", DB),
            "2:38: services.web: unknown reference `${{ services.db.uri }}` (there are self.port, "
            ".ports.NAME, .host, .url, .env.NAME, .secret, .data, .index and services.X.url, "
            ".host, .port, .ports.NAME, .env.NAME)",
        ),
        (
            service("stop_signal: SIGINT, env_file: [], profiles: [], url: 'x${{ self.port'"),
            "2:75: `${{` without `}}` (write `$${{` for the characters themselves)",
        ),
        (
            service("environment: {A: '${{ self.url }}'}, url: '${{ self.url }}'"),
            "2:63: references go round: web.url → web.url",
        ),
        (
            service("environment: {A: '${{ self.env.B }}', B: '${{ self.env.A }}'}"),
            "2:38: references go round: web.env.A → web.env.B → web.env.A",
        ),
        (
            service(
                "environment: {A: '${{ services.db.env.B }}'}",
                "  db: {command: d, environment: {B: '${{ services.web.env.A }}'}}\n",
            ),
            "2:38: references go round: web.env.A → db.env.B → web.env.A",
        ),
    ],
)
def test_references_are_checked_where_they_are_written(profile: str, said: str) -> None:
    assert problems_of(profile) == [f"devenv.profile.yaml:{said}"]


def test_a_reference_cannot_stand_where_nothing_replaces_it() -> None:
    said = problems_of("services: {web: {command: w, image: 'x:${{ self.index }}'}}")
    assert said == [
        "devenv.profile.yaml:1:37: services.web: `image` cannot hold a reference (use ${VAR} there)"
    ]


def test_references_cannot_grow_without_end() -> None:
    lines = "".join(
        f"      A{n}: ${{{{ services.web.env.A{n - 1} }}}}${{{{ services.web.env.A{n - 1} }}}}\n"
        for n in range(1, 40)
    )
    said = problems_of(f"services:\n  web:\n    command: w\n    environment:\n      A0: x\n{lines}")
    assert len(said) == 1
    assert "more than 128 KiB, references replaced" in said[0]


def test_references_cannot_lead_over_too_many_values() -> None:
    lines = "".join(f"      A{n}: ${{{{ services.web.env.A{n - 1} }}}}\n" for n in range(1, 400))
    said = problems_of(f"services:\n  web:\n    command: w\n    environment:\n      A0: x\n{lines}")
    assert len(said) == 1
    assert "references lead over more than 50 values" in said[0]


def test_a_secret_in_a_command_is_warned_of() -> None:
    loaded = load_text("services:\n  db:\n    command: [d, '${{ self.secret }}']\n")
    assert [str(problem) for problem in loaded.problems] == [
        "devenv.profile.yaml:3:14: warning: db: all users of this machine can see the secret in "
        "its command (put it into `environment`)"
    ]


def test_a_reference_to_a_service_with_problems_makes_no_more_of_them() -> None:
    said = problems_of(
        "services:\n"
        "  web: {command: w, environment: {A: '${{ services.db.url }}'}}\n"
        "  db: {command: d, scale: many, ports: ['sql: auto']}\n"
        "  api: {command: a, environment: {B: '${{ services.web.env.A }}'}, depends_on: [db]}\n"
    )
    assert said == [
        "devenv.profile.yaml:3:27: services.db.scale: expected a whole number, got `many`"
    ]


TWO_SIDED = """
services:
  db:
    image: db
    process: {command: d, environment: {DATA: /here}, ready: {file: "${{ self.env.DATA }}/up"}}
    environment: {DATA: /there, COPY: "${{ self.env.DATA }}"}
    ready: {exec: [test, -d, "${{ self.env.DATA }}"]}
"""


@pytest.mark.parametrize(
    ("contained", "check"),
    [(True, ExecCheck(("test", "-d", "/there"))), (False, FileCheck("/here/up"))],
    ids=["container", "process"],
)
def test_each_side_has_its_own_values_and_readiness(contained: bool, check: Check) -> None:
    environment = load_text(TWO_SIDED).environment
    names = frozenset({"db"}) if contained else frozenset[str]()
    found = resolve(
        environment, environment.services["db"], 0, replace(given(PORTS), contained=names)
    )
    assert found.probe is not None
    assert found.probe.check == check


def test_values_of_what_can_only_be_a_container_may_lead_on() -> None:
    loaded = load_text(
        "services:\n"
        "  db: {image: d, environment: {A: x, B: '${{ self.env.A }}'}}\n"
        "  web: {command: w, environment: {C: '${{ services.db.env.B }}'}}\n"
    )
    web = resolve(loaded.environment, loaded.environment.services["web"], 0, given({}))
    assert web.process is not None
    assert web.process.environment == {"C": "x"}


def test_keys_of_ones_own_are_not_looked_into() -> None:
    assert load_text("services: {web: {command: w, x-a: '${{ nothing }}'}}").problems == ()
