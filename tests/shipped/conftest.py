from __future__ import annotations

import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.shipped import servers
from tests.shipped.servers import Server

Make = Callable[..., Server]


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache folder for all tests of a run: a server is installed once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def postgres(cache: Path, tmp_path: Path) -> Iterator[Make]:
    """Makes PostgreSQLs by a name, each with data of its own, and ends them with the test."""
    made: list[Server] = []

    def make(name: str = "db", **variables: str) -> Server:
        made.append(servers.postgres(tmp_path / name, cache, **variables))
        return made[-1]

    yield make
    for server in made:
        server.close()


@pytest.fixture
def redis(cache: Path, tmp_path: Path) -> Iterator[Make]:
    """Makes Redises by a name, each with data of its own, and ends them with the test."""
    made: list[Server] = []

    def make(name: str = "cache", **variables: str) -> Server:
        made.append(servers.redis(tmp_path / name, cache, **variables))
        return made[-1]

    yield make
    for server in made:
        server.close()


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Path:
    """A cluster that holds the note ``first``: making one takes seconds, a copy does not."""
    server = servers.postgres(tmp_path_factory.mktemp("filled"), cache)
    try:
        server.start_and_wait()
        with psycopg.connect(server.login(), autocommit=True) as connection:
            connection.execute("CREATE TABLE notes (text text)")
            connection.execute("INSERT INTO notes VALUES ('first')")
        assert server.stop(signal.SIGINT) == 0
    finally:
        server.close()
    return Path(server.environment["PGDATA"])


@pytest.fixture
def used(postgres: Make, filled: Path) -> Server:
    """A PostgreSQL that has run before, not running now."""
    server = postgres()
    shutil.copytree(filled, server.environment["PGDATA"])
    return server
