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


def test_the_value_of_a_compose_file_says_under_which_key_it_stands() -> None:
    web = told({f"{ROOT}/compose.yaml": COMPOSE_TEXT}, "web")
    assert web["image"] == ("nginx", "compose.yaml:3:12")
    assert web["environment.PASSWORD"] == ("***", "compose.yaml:4:5")


def test_no_secret_is_among_the_values() -> None:
    web = told({PROFILE: PROFILE_TEXT}, "web")
    assert web["environment.API_TOKEN"] == ("***", "devenv.profile.yaml:5:18")
    assert "hunter2" not in str(web)


def test_origins_are_there_only_if_they_are_asked_for() -> None:
    assert load(Request(ROOT), {PROFILE: PROFILE_TEXT}.get).origins == {}
