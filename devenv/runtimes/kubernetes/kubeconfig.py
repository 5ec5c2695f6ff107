"""The user's kubeconfig: which server a context leads to, and whether that is the pinned one."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from kubernetes.aio import config
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.config.kube_config import KubeConfigMerger

from devenv.errors import DevenvError
from devenv.model.preview import Cluster
from devenv.runtimes.kubernetes.plugins import Credential, Plugin, plugin_of

_EXTENSION = "client.authentication.k8s.io/exec"
"""What of a cluster is for the plugins of its users."""
_TOLD = (
    "server",
    "tls-server-name",
    "insecure-skip-tls-verify",
    "proxy-url",
    "disable-compression",
)
UNLIMITED = 0
"""Each log that is followed holds a connection, and would keep requests waiting."""


def pin(name: str, context: str, kubeconfig: str) -> Cluster:
    """Take down where a context leads now. DevenvError: there is none of this name."""
    return _pinned(name, context, kubeconfig, _merged(kubeconfig))


def _pinned(name: str, context: str, kubeconfig: str, merged: Any) -> Cluster:
    cluster = _cluster_of(context, kubeconfig, merged)
    return Cluster(
        name,
        context,
        str(cluster.get("server") or ""),
        _hash(_authority(cluster)),
        kubeconfig,
        server_name=str(cluster.get("tls-server-name") or ""),
        unverified=bool(cluster.get("insecure-skip-tls-verify")),
        proxy=_hash(str(cluster.get("proxy-url") or "").encode()),
    )


def plugin_in(cluster: Cluster) -> Plugin | None:
    """The program that gives credentials for a cluster, where it is one that does."""
    merged = _merged(cluster.kubeconfig)
    contexts = {one.value["name"]: one.value["context"] for one in merged.value["contexts"]}
    wanted = (contexts.get(cluster.context) or {}).get("user")
    for one in merged.value["users"]:
        user = one.value.get("user") or {}
        if one.value["name"] == wanted and "exec" in user and "auth-provider" not in user:
            told = _told(_cluster_of(cluster.context, cluster.kubeconfig, merged))
            return plugin_of(user["exec"], os.path.dirname(one.path), told)
    return None


def _told(cluster: Mapping[str, Any]) -> dict[str, Any]:
    """What a plugin may be told of a cluster (client-go's ExecCredential)."""
    told = {key: cluster[key] for key in _TOLD if cluster.get(key)}
    if authority := _authority(cluster):
        told["certificate-authority-data"] = base64.b64encode(authority).decode()
    for one in cluster.get("extensions") or ():
        if one["name"] == _EXTENSION:
            told["config"] = one["extension"]
    return told


class _Loader(config.kube_config.KubeConfigLoader):
    """Takes the credentials of a plugin that was run by us, or by somebody at a terminal."""

    given: Credential | None = None

    async def load_from_exec_plugin(self) -> bool:
        if self.given is not None and self.given.token:
            self.token = f"Bearer {self.given.token}"
        return self.given is not None


async def open_client(cluster: Cluster, given: Credential | None = None) -> ApiClient:
    """A client of the pinned server. DevenvError: the context leads elsewhere by now.

    ``given``: what its plugin gave. It is in no file. What takes its time is done beside the event
    loop: parsing, and taking in certificates.
    """
    merged, found = await asyncio.to_thread(_read, cluster)
    if found != cluster:
        raise DevenvError(
            _moved(cluster, found),
            f"if that is right: devenv cluster remove {cluster.name}, and add it again",
        )
    configuration = Configuration()
    configuration.connection_pool_maxsize = UNLIMITED
    loader: Any = _Loader(merged, cluster.context, config_base_path=None)  # type: ignore[no-untyped-call] # it has no types
    loader.given = given
    try:
        await loader.load_and_set(configuration)
        with ExitStack() as files:
            if given is not None and given.certificate:
                configuration.cert_file = files.enter_context(_as_file(given.certificate))
                configuration.key_file = files.enter_context(_as_file(given.key))
            return await asyncio.to_thread(ApiClient, configuration)
    except (config.ConfigException, OSError, ValueError) as error:
        raise DevenvError(f"the context {cluster.context} cannot be used: {error}") from error


def _read(cluster: Cluster) -> tuple[Any, Cluster]:
    """All that a kubeconfig says, and where its context leads now."""
    merged = _merged(cluster.kubeconfig)
    return merged, _pinned(cluster.name, cluster.context, cluster.kubeconfig, merged)


@contextmanager
def _as_file(content: str) -> Iterator[str]:
    """A path that leads to a text, which is only in memory (memfd_create(2))."""
    descriptor = os.memfd_create("credential")
    try:
        os.write(descriptor, content.encode())
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)


def _moved(pinned: Cluster, found: Cluster) -> str:
    """Say where a context leads by now."""
    if found.server != pinned.server:
        return (
            f"the context {pinned.context} leads to {found.server} now, which is not the cluster "
            f"that {pinned.name} was added for: {pinned.server}"
        )
    changed = [
        key for key, name in _PINNED.items() if getattr(found, name) != getattr(pinned, name)
    ]
    return (
        f"the context {pinned.context} does not lead to {pinned.server} as it did when "
        f"{pinned.name} was added: {', '.join(changed)} is another"
    )


_PINNED = {
    "certificate-authority": "authority",
    "tls-server-name": "server_name",
    "insecure-skip-tls-verify": "unverified",
    "proxy-url": "proxy",
}
"""Keys of a kubeconfig that change whom we talk to, beside its server."""


def _cluster_of(context: str, kubeconfig: str, merged: Any) -> dict[str, Any]:
    contexts = {one.value["name"]: one.value["context"] for one in merged.value["contexts"]}
    clusters = {one.value["name"]: one for one in merged.value["clusters"]}
    if context not in contexts:
        known = ", ".join(contexts) or "none"
        raise DevenvError(f"there is no context {context} in {kubeconfig}", f"there is: {known}")
    named = contexts[context].get("cluster")
    if named not in clusters:
        raise DevenvError(f"the context {context} names the cluster {named}, which is not there")
    found, folder = dict(clusters[named].value["cluster"]), os.path.dirname(clusters[named].path)
    if path := found.get("certificate-authority"):
        found["certificate-authority"] = os.path.join(folder, path)
    return found


def _merged(kubeconfig: str) -> Any:
    """All files of it as one. DevenvError: there is none."""
    paths = [path for path in kubeconfig.split(os.pathsep) if os.path.isfile(path)]
    if not paths:
        raise DevenvError(f"there is no kubeconfig at {kubeconfig}", "set KUBECONFIG")
    return KubeConfigMerger(os.pathsep.join(paths)).config


def _authority(cluster: Mapping[str, Any]) -> bytes:
    """The certificates by which the server is known; none where any would do.

    DevenvError: they are not there.
    """
    data, path = cluster.get("certificate-authority-data"), cluster.get("certificate-authority")
    if data or not path:
        return base64.b64decode(data or "")
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise DevenvError(f"the authority of the cluster cannot be read: {error}") from error


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest() if content else ""
