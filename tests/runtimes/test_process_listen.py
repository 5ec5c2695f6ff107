"""A busy port is told with the process that holds it."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from devenv.runtimes.process.listen import busy_ports, listening

V4, V6 = socket.AF_INET, socket.AF_INET6


@pytest.mark.parametrize(("family", "address"), [(V4, "127.0.0.1"), (V4, ""), (V6, "")])
def test_a_busy_port_has_its_holder_in_words(family: socket.AddressFamily, address: str) -> None:
    with socket.create_server((address, 0), family=family) as server:
        port = server.getsockname()[1]
        name = Path("/proc/self/comm").read_text().strip()
        assert busy_ports([port]) == {port: f"{name} (pid {os.getpid()})"}
        assert port in listening().values()


def test_a_free_port_is_not_busy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert busy_ports([port]) == {}


def test_a_listener_on_another_address_keeps_nobody_from_listening() -> None:
    with socket.create_server(("127.0.0.53", 0)) as server:
        assert busy_ports([server.getsockname()[1]]) == {}


def test_a_connection_is_no_listener() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        assert busy_ports([client.getsockname()[1]]) == {}


def test_a_port_is_busy_for_its_own_protocol_only() -> None:
    with socket.socket(V4, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        name = Path("/proc/self/comm").read_text().strip()
        assert busy_ports([port], "udp") == {port: f"{name} (pid {os.getpid()})"}
        assert busy_ports([port]) == {}


def test_a_udp_socket_with_a_peer_holds_no_port() -> None:
    with socket.socket(V4, socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", 9))
        assert busy_ports([client.getsockname()[1]], "udp") == {}


def test_of_other_protocols_nothing_is_known() -> None:
    assert busy_ports([7], "sctp") == {}
