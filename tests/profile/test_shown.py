"""Each value of a service, as people are shown it, and where it was said."""

from __future__ import annotations

from devenv.profile.load import Request, load
from devenv.profile.shown import values
from tests.profile.loading import PROFILE, ROOT

PROFILE_TEXT = b"""\
services:
  web:
    command: [serve, --port, "1"]
    environment:
      API_TOKEN: hunter2
      LEVEL: debug
    healthcheck: {test: "true", interval: 2s}
tasks:
  seed:
    command: "true"
"""
COMPOSE_TEXT = b"""\
services:
  web:
    image: nginx
    environment:
      PASSWORD: hunter2
"""
EXTENDING = b"""\
services:
  web:
    extends: {file: base.yaml, service: web}
    env_file: web.env
    environment: [OWN=1]
    ports: ["8080:80"]
  other: {extends: web}
"""
BASE = b"""\
services:
  web:
    image: nginx
    environment:
      OWN: "0"
      BASE: "1"
  other: {image: busybox}
"""


def told(files: dict[str, bytes], name: str) -> dict[str, tuple[str, str]]:
    loaded = load(Request(ROOT), files.get, origins=True)
    service = loaded.environment.services[name]
    return {one.key: (one.text, str(one.origin or "")) for one in values(service, loaded.origins)}


def test_each_value_says_where_it_stands() -> None:
    web = told({PROFILE: PROFILE_TEXT}, "web")
    assert web["command"] == ("serve --port 1", "devenv.profile.yaml:3:14")
    assert web["environment.LEVEL"] == ("debug", "devenv.profile.yaml:6:14")
    assert web["ready.interval"] == ("2", "devenv.profile.yaml:7:43")
    assert web["stop_signal"] == ("SIGTERM", ""), "a default stands nowhere"
    seed = told({PROFILE: PROFILE_TEXT}, "seed")
    assert seed["command"][1] == "devenv.profile.yaml:10:14"


def test_each_value_of_a_compose_file_says_where_it_stands() -> None:
    web = told({f"{ROOT}/compose.yaml": COMPOSE_TEXT}, "web")
    assert web["image"] == ("nginx", "compose.yaml:3:12")
    assert web["environment.PASSWORD"] == ("***", "compose.yaml:5:17")


def test_what_comes_from_another_file_stands_there() -> None:
    files = {"compose.yaml": EXTENDING, "base.yaml": BASE, "web.env": b"FROM_FILE=1"}
    read = {f"{ROOT}/{name}": content for name, content in files.items()}
    web = told(read, "web")
    assert web["image"] == ("nginx", "base.yaml:3:12")
    assert web["environment.BASE"] == ("1", "base.yaml:6:13")
    assert web["environment.OWN"] == ("1", "compose.yaml:5:19")
    assert web["environment.FROM_FILE"] == ("1", "compose.yaml:4:15")
    assert web["ports.0.published"] == ("8080", "compose.yaml:6:12")
    other = told(read, "other")
    assert other["image"] == ("nginx", "base.yaml:3:12")
    assert other["environment.OWN"] == ("1", "compose.yaml:5:19")


def test_each_value_is_told_once() -> None:
    read = {f"{ROOT}/compose.yaml": COMPOSE_TEXT + b'    ports: ["8080:80"]\n'}
    loaded = load(Request(ROOT), read.get, origins=True)
    told = [one.key for one in values(loaded.environment.services["web"], loaded.origins)]
    assert len(told) == len(set(told))


def test_no_secret_is_among_the_values() -> None:
    web = told({PROFILE: PROFILE_TEXT}, "web")
    assert web["environment.API_TOKEN"] == ("***", "devenv.profile.yaml:5:18")
    assert "hunter2" not in str(web)


def test_origins_are_there_only_if_they_are_asked_for() -> None:
    assert load(Request(ROOT), {PROFILE: PROFILE_TEXT}.get).origins == {}
