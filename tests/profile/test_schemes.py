"""What is spoken on a port."""

from __future__ import annotations

import pytest

from devenv.model.origin import Origin
from devenv.model.service import Container, Port, Service
from devenv.profile.schemes import scheme


@pytest.mark.parametrize(
    ("port", "image", "told"),
    [
        (Port("web"), "", "http"),
        (Port("5000", 5000, target=5000), "shop/api:3", "http"),
        (Port("5432", 15432, target=5432), "", "postgresql"),
        (Port("6000", 6000, target=6000), "docker.io/library/postgres:17@sha256:0f", "postgresql"),
        (Port("15672", 15672, target=15672), "rabbitmq:4-management", "http"),
        (Port("5672", 5672, target=5672), "rabbitmq:4-management", "amqp"),
        (Port("443", 8443, target=443), "nginx", "https"),
        (Port("postgres"), "", "postgresql"),
        (Port("sql"), "", "tcp"),
        (Port("sql", target=3306), "", "mysql"),
        (Port("db", 6379), "", "redis"),
        (Port("53/udp", 53, protocol="udp", target=53), "", "udp"),
        (Port("6379", target=6379, app_protocol="http"), "redis", "http"),
        (Port("x", app_protocol="HTTP2"), "", "http"),
        (Port("x", app_protocol="mssql"), "", "mssql"),
        (Port("x", app_protocol="example.com/own"), "", "tcp"),
    ],
    ids=str,
)
def test_what_is_spoken_on_a_port(port: Port, image: str, told: str) -> None:
    container = Container({"image": image}) if image else None
    assert scheme(Service("x", Origin("p"), container=container), port) == told
