"""Users of the lab's cluster who are granted what docs/rbac grants, and nothing else."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.cluster import Cluster

RBAC = Path(__file__).resolve().parents[2] / "docs" / "rbac"
HOLDS_WITHIN = 60.0


@pytest.fixture(scope="session")
def team_member(real_cluster: Cluster, tmp_path_factory: Any) -> Cluster:
    """The cluster as somebody sees it who has the grant *team*."""
    for name in ("team.yaml", "addresses.yaml"):
        real_cluster.kubectl("apply", "--server-side", "--filename", str(RBAC / name))
    member = _somebody(real_cluster, "devenv-team", tmp_path_factory.mktemp("team"))
    _until_it_holds(member)
    return member


@pytest.fixture(scope="session")
def lent(real_cluster: Cluster) -> Iterator[tuple[str, ...]]:
    """Two namespaces that are made for previews."""
    made = tuple(f"preview-{os.getpid()}-{number}" for number in (1, 2))
    for name in made:
        text = (RBAC / "namespace.yaml").read_text().replace("preview-1", name)
        real_cluster.kubectl("apply", "--server-side", "--filename", "-", stdin=text)
    yield made
    real_cluster.kubectl("delete", "namespace", *made, "--wait=false")


@pytest.fixture(scope="session")
def lent_member(real_cluster: Cluster, lent: tuple[str, ...], tmp_path_factory: Any) -> Cluster:
    """The cluster as somebody sees it who has the grant *namespace* for both."""
    return _somebody(real_cluster, "devenv-namespaces", tmp_path_factory.mktemp("lent"))


@pytest.fixture(scope="session")
def nobody(real_cluster: Cluster, tmp_path_factory: Any) -> Cluster:
    """The cluster as somebody sees it who has no grant."""
    return _somebody(real_cluster, "strangers", tmp_path_factory.mktemp("nobody"))


def _somebody(cluster: Cluster, group: str, folder: Path) -> Cluster:
    """One who is in ``group``, with a certificate that the cluster has signed."""
    user = f"{group}-{os.getpid()}"
    key, asked = folder / f"{user}.key", folder / f"{user}.csr"
    words = ("openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes")
    names = ("-keyout", str(key), "-out", str(asked), "-subj", f"/O={group}/CN={user}")
    subprocess.run((*words, *names), check=True, capture_output=True)
    certificate = _signed(cluster, user, asked.read_bytes())
    config = json.loads(cluster.kubectl("config", "view", "--raw", "--output", "json"))
    held = {"client-certificate-data": certificate, "client-key-data": _text(key.read_bytes())}
    for one in config["contexts"]:
        one["context"]["user"] = user
    path = folder / f"{user}.kubeconfig"
    path.write_text(json.dumps({**config, "users": [{"name": user, "user": held}]}))
    return Cluster(str(path), cluster.context)


def _signed(cluster: Cluster, user: str, asked: bytes) -> str:
    request = {
        "apiVersion": "certificates.k8s.io/v1",
        "kind": "CertificateSigningRequest",
        "metadata": {"name": user},
        "spec": {
            "request": _text(asked),
            "signerName": "kubernetes.io/kube-apiserver-client",
            "usages": ["client auth"],
        },
    }
    what = f"certificatesigningrequest/{user}"
    cluster.kubectl("delete", what, "--ignore-not-found")
    cluster.kubectl("create", "--filename", "-", stdin=json.dumps(request))
    cluster.kubectl("certificate", "approve", user)
    cluster.kubectl("wait", "--for=jsonpath={.status.certificate}", what, "--timeout=30s")
    (signed,) = cluster.get(what)
    certificate: str = signed["status"]["certificate"]
    return certificate


def _until_it_holds(member: Cluster) -> None:
    """Wait for the fence: a policy is enforced some moments after it was taken in."""
    deadline = time.monotonic() + HOLDS_WITHIN
    words = ("create", "configmap", "devenv-fence", "--namespace", "default", "--dry-run=server")
    while member.kubectl(*words, check=False):
        assert time.monotonic() < deadline, "the fence of docs/rbac/team.yaml does not hold"
        time.sleep(0.2)


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
