"""Shipped profiles, on each side that they have: one address, the same credentials and answers."""

from __future__ import annotations

import email.message
import json
import smtplib
import subprocess
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from tests.lab.engine import Engine
from tests.scenarios.sandbox import Sandbox, eventually, processes_with
from tests.scenarios.shipped_clients import Bucket, Keeper, Keys, MySql, Search, Sql

pytestmark = [pytest.mark.timeout(400), pytest.mark.usefixtures("real_engine")]

POSTGRES = "uses: postgres@15, image: lab/postgres:15"
REDIS = "uses: redis, image: lab/redis:7"
MYSQL = "uses: mysql, image: lab/mariadb:10.11"
OPENSEARCH = "uses: opensearch, image: lab/opensearch:2"
SIDES = [
    pytest.param(POSTGRES, "process", Sql(), id="postgres, process"),
    pytest.param(POSTGRES, "docker", Sql(), id="postgres, docker"),
    pytest.param(REDIS, "process", Keys(), id="redis, process"),
    pytest.param(REDIS, "docker", Keys(), id="redis, docker"),
    pytest.param(MYSQL, "docker", MySql(), id="mysql, docker"),
    pytest.param(OPENSEARCH, "docker", Search(), id="opensearch, docker"),
]
ENVIRONMENTS = {
    POSTGRES: ("POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB"),
    REDIS: ("REDIS_PASSWORD",),
    MYSQL: ("MYSQL_USER", "MYSQL_PASSWORD", "MYSQL_DATABASE"),
    OPENSEARCH: ("OPENSEARCH_INITIAL_ADMIN_PASSWORD",),
}
READER = """
tasks:
  reader:
    command: ["true"]
    environment:
      URL: ${{ services.db.url }}
      HOST: ${{ services.db.host }}
      PORT: ${{ services.db.port }}
"""


def up(sandbox: Sandbox, *words: str) -> None:
    sandbox.run("up", "-d", *words, timeout=150)


def variables(sandbox: Sandbox, name: str) -> dict[str, str]:
    shown = json.loads(sandbox.run("env", name, "--show-secrets", "--json").stdout)
    found: dict[str, str] = shown["environment"]
    return found


def container(sandbox: Sandbox, service: str) -> dict[str, Any]:
    """What the engine says of a service's container."""
    environment = sandbox.status()["environment"]["id"]
    labels = (
        f"label=dev.devenv.environment={environment}",
        f"label=com.docker.compose.service={service}",
    )
    filters = [word for label in labels for word in ("--filter", label)]
    number = said("docker", "ps", "-q", *filters).strip()
    found: list[dict[str, Any]] = json.loads(said("docker", "inspect", number))
    return found[0]


def said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(("keys", "runtime", "keeper"), SIDES)
def test_a_server_is_the_same_on_each_of_its_sides(
    sandbox: Sandbox, keys: str, runtime: str, keeper: Keeper
) -> None:
    sandbox.profile(f"services: {{db: {{{keys}, runtime: {runtime}}}}}{READER}")
    up(sandbox)
    assert sandbox.service("db")["runtime"] == runtime
    seen = variables(sandbox, "reader")
    parts = urlsplit(seen["URL"])
    assert (parts.hostname, str(parts.port)) == (seen["HOST"], seen["PORT"])
    keeper.put(seen["URL"], "first")

    own = variables(sandbox, "db")
    assert own.keys() >= set(ENVIRONMENTS[keys])
    secret = str(parts.password)
    assert secret in own.values()
    assert processes_with(secret) == []
    with pytest.raises(keeper.refusals):
        keeper.get(seen["URL"].replace(secret, "wrong"))

    sandbox.run("down")
    up(sandbox)
    assert variables(sandbox, "reader") == seen
    assert keeper.get(seen["URL"]) == "first"
    sandbox.run("down", "--volumes", "--yes")


@pytest.mark.parametrize("keys", [POSTGRES, REDIS, MYSQL])
def test_a_container_has_few_rights_and_no_secret_to_be_read(sandbox: Sandbox, keys: str) -> None:
    sandbox.profile(f"services: {{db: {{{keys}}}}}{READER}")
    up(sandbox)
    secret = str(urlsplit(variables(sandbox, "reader")["URL"]).password)
    found = container(sandbox, "db")
    host = found["HostConfig"]
    assert host["CapDrop"] == ["ALL"]
    assert "SYS_ADMIN" not in host["CapAdd"]
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert secret not in json.dumps([found["Config"]["Labels"], found["Path"], found["Args"]])
    assert secret not in sandbox.run("logs").stdout
    named = [one["Name"] for one in found["Mounts"] if one["Name"].endswith("db-data")]
    assert len(named) == 1
    sandbox.run("down", "--volumes", "--yes")
    assert named[0] not in said("docker", "volume", "ls", "-q").split()


PASSWORDS = [
    pytest.param(REDIS, "REDIS_PASSWORD", Keys(), "redis://:{}@{}:{}/0", id="redis"),
    pytest.param(POSTGRES, "POSTGRES_PASSWORD", Sql(), "postgresql://app:{}@{}:{}/app", id="sql"),
]


@pytest.mark.parametrize(("keys", "variable", "keeper", "url"), PASSWORDS)
def test_a_password_may_hold_any_character(
    sandbox: Sandbox, keys: str, variable: str, keeper: Keeper, url: str
) -> None:
    word = r"""a"b\c d'e$f#g"""
    written = json.dumps(word.replace("$", "$$"))
    sandbox.profile(f"services: {{db: {{{keys}, environment: {{{variable}: {written}}}}}}}{READER}")
    up(sandbox)
    seen = variables(sandbox, "reader")
    address = url.format(quote(word), seen["HOST"], seen["PORT"])
    keeper.put(address, "first")
    assert keeper.get(address) == "first"


def test_a_container_reaches_them_by_the_same_reference(sandbox: Sandbox) -> None:
    sandbox.profile(INSIDE)
    up(sandbox)
    sandbox.run("run", "client", timeout=100)
    assert sandbox.run("logs", "--no-prefix", "client").stdout.split() == ["1", "True", "mail"]


INSIDE = (
    f"""
services:
  db: {{{POSTGRES}}}
  cache: {{{REDIS}}}
  queue: {{uses: rabbitmq, image: "lab/rabbitmq:3"}}
"""
    + """
tasks:
  client:
    image: lab/python:3.11
    command:
      - python
      - -c
      - |
        import os, pika, psycopg, redis
        with psycopg.connect(os.environ["DB"]) as db:
            print(db.execute("SELECT 1").fetchone()[0])
        print(redis.Redis.from_url(os.environ["CACHE"]).ping())
        channel = pika.BlockingConnection(pika.URLParameters(os.environ["QUEUE"])).channel()
        channel.queue_declare("kept", durable=True)
        channel.basic_publish("", "kept", b"mail")
        print(next(channel.consume("kept"))[2].decode())
    environment:
      DB: ${{ services.db.url }}
      CACHE: ${{ services.cache.url }}
      QUEUE: ${{ services.queue.url }}
    depends_on:
      db: {condition: service_healthy}
      cache: {condition: service_healthy}
      queue: {condition: service_healthy}
"""
)


def test_a_store_keeps_what_it_was_given(sandbox: Sandbox) -> None:
    sandbox.profile(f"services: {{db: {{uses: minio, image: 'lab/minio:2026'}}}}{READER}")
    up(sandbox)
    own = variables(sandbox, "db")
    login = f"{own['MINIO_ROOT_USER']}:{own['MINIO_ROOT_PASSWORD']}"
    store = Bucket(variables(sandbox, "reader")["URL"], login)
    store.put(sandbox.write("word", "tea"))
    with pytest.raises(subprocess.CalledProcessError, match="exit status 22"):
        Bucket(store.url, "app:wrong").get()
    sandbox.run("down")
    up(sandbox)
    assert store.get() == "tea"
    console = {port["name"]: port["port"] for port in sandbox.service("db")["ports"]}["console"]
    eventually(lambda: b"MinIO" in page(f"http://127.0.0.1:{console}/"))
    sandbox.run("down", "--volumes", "--yes")


def page(url: str) -> bytes:
    """What is there; nothing while nobody answers: the store is ready before its console is."""
    try:
        with urllib.request.urlopen(url) as answer:
            return bytes(answer.read())
    except OSError:
        return b""


def test_mail_is_taken_and_shown(sandbox: Sandbox) -> None:
    sandbox.profile("services: {mail: {uses: mailpit, image: 'lab/mailpit:1.33'}}")
    up(sandbox)
    ports = {port["name"]: port["port"] for port in sandbox.service("mail")["ports"]}
    letter = email.message.EmailMessage()
    letter["Subject"], letter["From"], letter["To"] = "Tea", "ada@example.org", "shop@example.org"
    with smtplib.SMTP("127.0.0.1", ports["smtp"]) as server:
        server.send_message(letter)
    assert subjects(ports["web"]) == ["Tea"]
    sandbox.run("down")
    up(sandbox)
    assert subjects(ports["web"]) == ["Tea"]
    sandbox.run("down", "--volumes", "--yes")


def subjects(port: int) -> list[str]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/messages") as answer:
        found: Mapping[str, Any] = json.load(answer)
    return [message["Subject"] for message in found["messages"]]


def test_an_image_that_cannot_be_had_is_a_host_process_from_the_first_up_on(
    sandbox: Sandbox,
) -> None:
    sandbox.profile("services: {db: {uses: redis, image: '127.0.0.1:1/nobody/redis:7'}}")
    plan = sandbox.run("plan").stdout
    assert "start db" in plan
    up(sandbox)
    db = sandbox.service("db")
    assert db["runtime"] == "process"
    assert "127.0.0.1:1/nobody/redis:7 is not here" in sandbox.run("why", "db").stdout
    sandbox.run("down", "--volumes", "--yes")


def test_a_container_is_never_turned_into_a_host_process_silently(sandbox: Sandbox) -> None:
    sandbox.profile(f"services: {{db: {{{REDIS}}}}}")
    up(sandbox)
    sandbox.profile("services: {db: {uses: redis, image: '127.0.0.1:1/nobody/redis:7'}}")
    refused = sandbox.run("up", "-d", check=False)
    assert refused.returncode == 1
    assert "cannot pull 127.0.0.1:1/nobody/redis:7" in refused.stderr
    assert "devenv up --runtime process" in refused.stderr
    assert sandbox.service("db")["runtime"] == "docker"
    up(sandbox, "--runtime", "process")
    assert sandbox.service("db")["state"] == "ready"
    sandbox.run("down", "--volumes", "--yes")


def test_a_tag_that_a_registry_does_not_have_is_an_error(sandbox: Sandbox, engine: Engine) -> None:
    image = f"{engine.registry}/nobody/redis:7"
    sandbox.profile(f"services: {{db: {{uses: redis, image: '{image}'}}}}")
    refused = sandbox.run("up", "-d", check=False)
    assert refused.returncode == 1
    assert f"cannot pull {image}" in refused.stderr
    assert "devenv up --runtime process" in refused.stderr
    eventually(lambda: sandbox.states() == {"db": "failed"})
