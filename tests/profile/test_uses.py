from __future__ import annotations

import sys

import pytest

from devenv.model.service import ExecCheck, Port, Service, TcpCheck
from devenv.profile import shipped
from tests.profile.loading import ROOT, image_of, load_text, problems_of

FOLDER = "/devenv/profiles"
SHIPPED = f"{FOLDER}/postgres/profile.yaml"
POSTGRES = """
services:
  postgres:
    process:
      command: ["${DEVENV_PYTHON}", "${DEVENV_SHIPPED}/run.py", "${VERSION:-}", "$HOME"]
      ready: {exec: [ready, here]}
    volumes: ["${VOLUME}:/data"]
    image: postgres:${VERSION:-16}
    ports: ["sql: auto"]
    url: postgresql://devenv:${{ self.secret }}@${{ self.host }}:${{ self.port }}/app
    environment: {POSTGRES_USER: devenv, POSTGRES_PASSWORD: "${{ self.secret }}"}
    ready: {exec: [ready], interval: 5s}
    stop_signal: SIGINT
"""


@pytest.fixture(autouse=True)
def shipped_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped, "folder", lambda: FOLDER)
    monkeypatch.setattr(shipped, "names", lambda: ("postgres", "redis"))


def database(keys: str, files: dict[str, str] | None = None) -> Service:
    found = {SHIPPED: POSTGRES, **(files or {})}
    return load_text(f"services: {{db: {{{keys}}}}}", found).environment.services["db"]


def test_a_shipped_profile_gives_what_the_keys_beside_it_do_not() -> None:
    service = database("uses: postgres@15, environment: [POSTGRES_USER=me], ports: ['sql: 5432']")
    assert service.name == "db"
    assert image_of(service) == "postgres:15"
    assert service.ports == (Port("sql", 5432, target=5432),)
    assert service.stop.signal == "SIGINT"
    assert service.secrets == {"POSTGRES_PASSWORD"}
    assert str(service.origin) == "devenv.profile.yaml:1:12"
    process = service.process
    assert process is not None
    assert process.environment["POSTGRES_USER"] == "me"
    assert process.command == (sys.executable, f"{FOLDER}/postgres/run.py", "15", "")
    assert process.directory == ROOT


def test_the_version_has_the_default_of_the_profile() -> None:
    assert image_of(database("uses: postgres")) == "postgres:16"


def test_two_services_may_use_one_profile_in_two_versions() -> None:
    loaded = load_text(
        "services: {a: {uses: postgres@15}, b: {uses: postgres}}", {SHIPPED: POSTGRES}
    )
    images = [image_of(service) for service in loaded.environment.services.values()]
    assert images == ["postgres:15", "postgres:16"]


def test_a_file_of_the_repository_can_be_used_with_its_own_paths() -> None:
    files = {
        "lib/p.yaml": "services: {a: {command: a, env_file: e}, b: {command: b}}",
        "lib/e": "E=1",
    }
    process = database("uses: ./lib/p.yaml#a", files).process
    assert process is not None
    assert (process.command, process.directory) == (("a",), f"{ROOT}/lib")
    assert dict(process.environment) == {"E": "1"}


def test_what_is_used_may_use_something_itself() -> None:
    files = {
        "a.yaml": "services: {a: {uses: ./sub/b.yaml, tty: true}}",
        "sub/b.yaml": "services: {b: {uses: postgres, stop_signal: TERM}}",
    }
    service = database("uses: ./a.yaml", files)
    assert service.process is not None
    assert service.process.tty
    assert (service.stop.signal, image_of(service)) == (
        "SIGTERM",
        "postgres:16",
    )


@pytest.mark.parametrize(
    ("spec", "files", "said"),
    [
        ("postgrse", {}, "no shipped profile `postgrse` (did you mean `postgres`?)"),
        ("mongo", {}, "no shipped profile `mongo` (there are: postgres, redis)"),
        (
            "Postgres!",
            {},
            "`Postgres!` is not something to use "
            "(write one like `postgres@16` or `./folder/file.yaml#service`)",
        ),
        ("./gone.yaml", {}, "there is no file gone.yaml"),
        (
            "./a.yaml#x",
            {"a.yaml": "services: {a: {command: a}, b: {command: b}}"},
            "no service `x` in a.yaml (it has: a, b)",
        ),
        (
            "./a.yaml",
            {"a.yaml": "services: {a: {command: a}, b: {command: b}}"},
            "a.yaml has several services (it has: a, b)",
        ),
    ],
)
def test_what_cannot_be_used(spec: str, files: dict[str, str], said: str) -> None:
    problems = problems_of(
        f"services: {{db: {{uses: '{spec}', user: me}}}}", {SHIPPED: POSTGRES, **files}
    )
    assert problems == [f"devenv.profile.yaml:1:23: {said}"]


def test_files_that_use_each_other_are_a_problem() -> None:
    said = problems_of(
        "services: {db: {uses: ./a.yaml#a}}",
        {
            "a.yaml": "services: {a: {uses: ./b.yaml#b}}",
            "b.yaml": "services: {b: {uses: ./a.yaml#a}}",
        },
    )
    assert said == ["b.yaml:1:22: `uses` goes round: a.yaml#a → b.yaml#b → a.yaml#a"]


def test_each_service_keeps_its_data_in_a_volume_of_its_own() -> None:
    loaded = load_text(
        "services: {a: {uses: postgres}, b: {uses: postgres}, c: {uses: postgres, volumes: "
        "!override ['mine:/data']}}\nvolumes: {mine: {}}",
        {SHIPPED: POSTGRES},
    )
    assert set(loaded.environment.resources.volumes) == {"mine", "a-data", "b-data"}


def test_readiness_beside_uses_counts_on_both_sides() -> None:
    plain, own = database("uses: postgres"), database("uses: postgres, ready: {tcp: sql}")
    assert plain.process is not None
    assert plain.process.probe is not None
    assert plain.process.probe.check == ExecCheck(("ready", "here"))
    assert own.process is not None
    assert own.process.probe is None
    assert own.probe is not None
    assert own.probe.check == TcpCheck("sql")
