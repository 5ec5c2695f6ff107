"""What is spoken on a port, by what is known of it: HTTP only where nothing says otherwise."""

from __future__ import annotations

import re

from devenv.model.service import Port, Service

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")
_APP_PROTOCOLS = {"http2": "http", "h2c": "http", "kubernetes.io/h2c": "http"}
_NAMES = {
    "postgres": "postgresql",
    "pg": "postgresql",
    "mariadb": "mysql",
    "valkey": "redis",
    "mongo": "mongodb",
    **{
        name: name
        for name in (
            *("http", "https", "ws", "wss", "grpc", "tcp", "ssh", "sftp", "ftp", "ldap", "ldaps"),
            *("postgresql", "mysql", "redis", "mongodb", "memcached", "cassandra", "bolt"),
            *("amqp", "amqps", "mqtt", "mqtts", "nats", "kafka", "smtp", "smtps", "imap", "pop3"),
        )
    },
}
_BARE = frozenset({"sql", "db", "database", "queue", "broker", "cache", "tcp"})
"""Names that say only that it is no page."""
_NUMBERS = {
    22: "ssh",
    25: "smtp",
    80: "http",
    389: "ldap",
    443: "https",
    465: "smtps",
    587: "smtp",
    636: "ldaps",
    1025: "smtp",
    1433: "sqlserver",
    1521: "oracle",
    1883: "mqtt",
    2181: "zookeeper",
    3306: "mysql",
    4222: "nats",
    5432: "postgresql",
    5671: "amqps",
    5672: "amqp",
    6379: "redis",
    7474: "http",
    7687: "bolt",
    8025: "http",
    8080: "http",
    8443: "https",
    8883: "mqtts",
    9042: "cassandra",
    9092: "kafka",
    11211: "memcached",
    15672: "http",
    26257: "postgresql",
    27017: "mongodb",
}
_IMAGES = {
    "postgres": "postgresql",
    "postgis": "postgresql",
    "pgvector": "postgresql",
    "timescaledb": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
    "redis": "redis",
    "valkey": "redis",
    "mongo": "mongodb",
    "rabbitmq": "amqp",
    "memcached": "memcached",
    "nats": "nats",
    "kafka": "kafka",
    "eclipse-mosquitto": "mqtt",
    "opensearch": "https",
}


def scheme(service: Service, port: Port) -> str:
    """The first of these that says it: its app protocol, its name, its number, the image."""
    if port.protocol != "tcp":
        return port.protocol
    name = port.name.lower()
    told = (
        _app_protocol(port),
        "" if name in _BARE else _NAMES.get(name, ""),
        _NUMBERS.get(port.target or _fixed(port), ""),
        _IMAGES.get(_image(service), ""),
        "tcp" if name in _BARE else "http",
    )
    return next(filter(None, told))


def _app_protocol(port: Port) -> str:
    written = port.app_protocol.lower()
    found = _APP_PROTOCOLS.get(written, _NAMES.get(written, written))
    return found if not found or _SCHEME.fullmatch(found) else "tcp"


def _fixed(port: Port) -> int:
    return port.wanted if isinstance(port.wanted, int) else 0


def _image(service: Service) -> str:
    """The name of its image, without registry, owner, tag and digest."""
    image = str(service.definition.get("image") or "")
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0]
