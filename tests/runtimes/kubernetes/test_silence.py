"""A cluster that gives no answer: nobody is shown a library's own words for that."""

from __future__ import annotations

import socket
import ssl
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest

from devenv.errors import DevenvError
from devenv.model.preview import Cluster
from devenv.runtimes.kubernetes.errors import AwayError
from devenv.runtimes.kubernetes.silence import away, refused

TEAM = Cluster("team", "team-member", "https://k8s.example.com:6443", "", "/kubeconfig")
KEY: Any = SimpleNamespace(host="k8s.example.com", port=6443, ssl=True, is_ssl=True)
VERIFYING = ssl.SSLCertVerificationError(1, "certificate verify failed")
NO_ANSWER = "the cluster team does not answer: "


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            aiohttp.ClientConnectorDNSError(KEY, socket.gaierror(-2, "Name not known")),
            "nobody knows the name k8s.example.com; is the network up",
        ),
        (
            aiohttp.ClientConnectorError(KEY, ConnectionRefusedError(111, "Connect call failed")),
            "nothing listens at https://k8s.example.com:6443; does it run?",
        ),
        (
            aiohttp.ClientConnectorError(KEY, OSError(113, "No route to host")),
            "https://k8s.example.com:6443 cannot be reached (No route to host); is the network up",
        ),
        (
            aiohttp.ClientConnectorCertificateError(KEY, VERIFYING),
            "its certificate at https://k8s.example.com:6443 is not the one",
        ),
        (
            aiohttp.ClientConnectorSSLError(KEY, ssl.SSLError(1, "wrong version number")),
            "https://k8s.example.com:6443 does not speak TLS",
        ),
        (aiohttp.SocketTimeoutError("x"), "https://k8s.example.com:6443 says nothing; is the net"),
        (TimeoutError(), "https://k8s.example.com:6443 says nothing; is the network up"),
        (aiohttp.ServerDisconnectedError(), "https://k8s.example.com:6443 closed the connection"),
        (aiohttp.ClientOSError(104, "reset"), "https://k8s.example.com:6443 closed the connection"),
        (aiohttp.ClientPayloadError("x"), "https://k8s.example.com:6443 closed the connection"),
    ],
)
def test_what_is_wrong_is_said_with_which_cluster_and_what_to_do(
    error: Exception, words: str
) -> None:
    told = away(TEAM, error)
    assert told.message.startswith(NO_ANSWER + words), told.message
    assert told.hint == "devenv cluster check team says more"


def test_an_answer_that_is_none_names_the_server() -> None:
    told = away(TEAM, ValueError("no JSON"))
    assert told.message == "an answer of the cluster team makes no sense: ValueError('no JSON')"
    assert "https://k8s.example.com:6443" in told.hint


def test_an_error_of_ours_keeps_its_words() -> None:
    told = away(TEAM, AwayError("log in", "to the team", after=3.0))
    assert (told.message, told.hint, told.after) == ("log in", "to the team", 3.0)
    assert "cluster check team" in away(TEAM, DevenvError("no such context")).hint


@pytest.mark.parametrize(
    ("status", "words"),
    [(403, "you may not"), (404, "the pod is gone"), (418, "the server says 418")],
)
def test_a_refused_connection_into_a_pod_says_which(status: int, words: str) -> None:
    told = refused(TEAM, "/api/v1/namespaces/shop/pods/web-0/attach", status)
    assert told.message == f"the cluster team refuses attach for the pod web-0: {words}"
    assert told.status == status
