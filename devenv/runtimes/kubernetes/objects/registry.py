"""The Secret by which the nodes of a cluster log in to a registry."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from devenv.runtimes.kubernetes import names
from devenv.runtimes.protocol import Login

HUB, HUB_KEY = "docker.io", "https://index.docker.io/v1/"
"""The one registry that is called otherwise in a configuration than in the names of images."""


def pull_secret(preview: str, login: Login) -> dict[str, Any]:
    """One for each registry; all pods of a preview that need it name it."""
    key = HUB_KEY if login.registry == HUB else login.registry
    pair = base64.b64encode(f"{login.user}:{login.password}".encode()).decode()
    held = {"auths": {key: {"username": login.user, "password": login.password, "auth": pair}}}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": f"registry-{names.digest(login.registry)}",
            "labels": names.labels(preview),
        },
        "type": "kubernetes.io/dockerconfigjson",
        "stringData": {".dockerconfigjson": json.dumps(held)},
    }


def pulling(workload: Mapping[str, Any], secrets: list[dict[str, str]]) -> dict[str, Any]:
    """The workload, its pods with these pull secrets (each ``{"name": …}``)."""
    if not secrets:
        return dict(workload)
    spec, template = workload["spec"], workload["spec"]["template"]
    pod = {**template["spec"], "imagePullSecrets": secrets}
    return {**workload, "spec": {**spec, "template": {**template, "spec": pod}}}
